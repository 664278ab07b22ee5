//===- FloatPlan.cpp - Loops and strides of an f32 contraction ------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qdot/Codegen/FloatPlan.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "qdot/Codegen/KernelPlan.h"
#include "llvm/ADT/STLExtras.h"

using namespace mlir;
using namespace qdot;

/// Positions that are assumed for a dynamic extent.
static constexpr int64_t assumedSize = 64;
/// Rows beyond which a tile does not get better.
static constexpr int64_t enoughRows = 16;

int64_t FloatPlan::countTerms() const {
  int64_t count = 1;
  for (const FloatLoop &loop : reductions)
    count *= loop.isDynamic() ? assumedSize : loop.size;
  return count;
}

//===----------------------------------------------------------------------===//
// Bodies
//===----------------------------------------------------------------------===//

/// Two inputs and one result, all f32.
static bool isBinary(linalg::LinalgOp op) {
  if (op.getNumDpsInputs() != 2 || op.getNumDpsInits() != 1 ||
      op.hasIndexSemantics() || op.getNumReductionLoops() == 0)
    return false;
  return llvm::all_of(op->getOperands(), [](Value operand) {
    auto type = dyn_cast<ShapedType>(operand.getType());
    return type && type.getElementType().isF32();
  });
}

static bool isArgument(Value value, linalg::LinalgOp op, unsigned number) {
  return value == op.getBlock()->getArgument(number);
}

/// Whether `a` and `b` are the two inputs.
static bool areInputs(Value a, Value b, linalg::LinalgOp op) {
  return (isArgument(a, op, 0) && isArgument(b, op, 1)) ||
         (isArgument(a, op, 1) && isArgument(b, op, 0));
}

static Value getYielded(linalg::LinalgOp op) {
  return op.getBlock()->getTerminator()->getOperand(0);
}

ProductBody qdot::matchProductBody(linalg::LinalgOp op) {
  if (!isBinary(op))
    return {};
  auto sum = getYielded(op).getDefiningOp<arith::AddFOp>();
  if (!sum)
    return {};
  for (auto [init, term] : {std::pair(sum.getLhs(), sum.getRhs()),
                            std::pair(sum.getRhs(), sum.getLhs())}) {
    auto product = term.getDefiningOp<arith::MulFOp>();
    if (product && isArgument(init, op, 2) &&
        areInputs(product.getLhs(), product.getRhs(), op))
      return {product, sum};
  }
  return {};
}

bool qdot::isFusedContraction(linalg::LinalgOp op) {
  if (!isBinary(op))
    return false;
  auto fma = getYielded(op).getDefiningOp<math::FmaOp>();
  return fma && isArgument(fma.getC(), op, 2) &&
         areInputs(fma.getA(), fma.getB(), op);
}

//===----------------------------------------------------------------------===//
// Planning
//===----------------------------------------------------------------------===//

namespace {
/// Derives the plan of one op.
class FloatPlanner {
public:
  FloatPlanner(linalg::LinalgOp op, std::string &reason)
      : op(op), reason(reason) {}

  std::optional<FloatPlan> plan() {
    if (!collectStrides() || !collectLoops() || !chooseColumn())
      return std::nullopt;
    mergeLoops(parallel, [](const FloatLoop &slow, const FloatLoop &fast) {
      bool isJoined = slow.out == fast.out * fast.size;
      for (unsigned input : {0u, 1u})
        isJoined = isJoined &&
                   slow.inputs[input] == fast.inputs[input] * fast.size;
      return isJoined;
    });
    chooseRow();
    if (!checkInputs())
      return std::nullopt;
    for (bool isShared : {true, false})
      for (const FloatLoop &loop : parallel)
        if ((loop.inputs[result.shared] != 0) == isShared)
          result.outer.push_back(loop);
    return result;
  }

private:
  bool refuse(StringRef text) {
    reason = text.str();
    return false;
  }

  bool collectStrides() {
    for (auto [operand, map] :
         llvm::zip(op->getOperands(), op.getIndexingMapsArray())) {
      auto loops = getLoopStrides(map, cast<MemRefType>(operand.getType()));
      if (!loops)
        return refuse("an operand has no known strides");
      strides.push_back(*loops);
    }
    return true;
  }

  FloatLoop createLoop(unsigned loop) {
    FloatLoop result;
    result.loops = {loop};
    result.size = op.getStaticLoopRanges()[loop];
    result.inputs = {strides[0][loop], strides[1][loop]};
    result.out = strides[2][loop];
    return result;
  }

  /// Parallel loops in the order of the result's dimensions, and reductions.
  bool collectLoops() {
    AffineMap map = op.getMatchingIndexingMap(op.getDpsInitOperand(0));
    if (!map.isProjectedPermutation())
      return refuse("the result is not indexed by loops alone");
    for (AffineExpr expr : map.getResults())
      parallel.push_back(createLoop(cast<AffineDimExpr>(expr).getPosition()));
    for (auto [loop, kind] : llvm::enumerate(op.getIteratorTypesArray())) {
      if (map.isFunctionOfDim(loop))
        continue;
      if (kind != utils::IteratorType::reduction)
        return refuse("a parallel loop is missing in the result");
      if (op.getStaticLoopRanges()[loop] != 1)
        result.reductions.push_back(createLoop(loop));
    }
    llvm::erase_if(parallel, [](const FloatLoop &loop) { return loop.size == 1; });
    return true;
  }

  bool chooseColumn() {
    if (parallel.empty() || parallel.back().out != 1)
      return refuse("the result has no contiguous dimension");
    if (parallel.back().isDynamic())
      return refuse("the contiguous dimension of the result is dynamic");
    result.column = parallel.pop_back_val();
    return true;
  }

  /// A constant may be packed into vectors; others must hold them.
  bool canPack(unsigned input) {
    return isConstantGlobal(op->getOperand(input)) &&
           op.getIndexingMapsArray()[input].isProjectedPermutation() &&
           result.column.inputs[input] != 0;
  }

  /// The loop with most rows along which one input does not vary, best one with
  /// a vector; the fastest of several.
  void chooseRow() {
    result.shared = result.isVector(1) ? 1 : 0;
    if (canPack(0) && !canPack(1))
      result.shared = 0;
    int64_t bestScore = 0;
    std::optional<size_t> best;
    for (auto [at, loop] : llvm::enumerate(parallel))
      for (unsigned input : {0u, 1u}) {
        int64_t rows = loop.isDynamic() ? assumedSize : loop.size;
        int64_t score = std::min(rows, enoughRows) +
                        (result.isVector(input) ? 2 * enoughRows : 0);
        if (loop.inputs[input] != 0 || score < bestScore)
          continue;
        bestScore = score;
        best = at;
        result.shared = input;
      }
    if (!best)
      return;
    result.row = parallel[*best];
    parallel.erase(parallel.begin() + *best);
  }

  bool checkInputs() {
    result.isPacked = canPack(result.shared);
    for (unsigned input : {0u, 1u}) {
      bool isPacked = result.isPacked && input == result.shared;
      if (!isPacked && result.column.inputs[input] > 1)
        return refuse("an input is not contiguous along the contiguous "
                      "dimension of the result");
    }
    if (!result.isVector(0) && !result.isVector(1))
      return refuse("no input varies along the contiguous dimension of the "
                    "result");
    return true;
  }

  linalg::LinalgOp op;
  std::string &reason;
  FloatPlan result;
  SmallVector<SmallVector<int64_t>> strides;
  SmallVector<FloatLoop> parallel;
};
} // namespace

std::optional<FloatPlan> qdot::getFloatPlan(linalg::LinalgOp op,
                                            std::string &reason) {
  return FloatPlanner(op, reason).plan();
}
