//===- Softmax.cpp - Find softmax, however it is written -----------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qdot/Analysis/Softmax.h"
#include "IslandUtils.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "qdot/Analysis/ScalarAnalysis.h"
#include "qdot/Analysis/StructuralBody.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;
using namespace qdot;

using OpSet = llvm::DenseSet<Operation *>;

/// True where the result of a scalar body is an exponential: at most masked,
/// scaled or converted. A sigmoid or SiLU in one body computes one on its way,
/// but is none.
static bool isExponential(Value value) {
  llvm::SetVector<Operation *> reached;
  if (Operation *op = value.getDefiningOp())
    reached.insert(op);
  for (unsigned at = 0; at < reached.size(); ++at) {
    Operation *op = reached[at];
    if (isa<math::ExpOp, math::Exp2Op>(op))
      return true;
    if (isa<arith::SelectOp, arith::MulFOp, arith::ExtFOp, arith::TruncFOp>(op))
      for (Value operand : op->getOperands())
        if (Operation *producer = operand.getDefiningOp())
          reached.insert(producer);
  }
  return false;
}

static bool yieldsExponential(linalg::LinalgOp op) {
  return op && isAllParallel(op) &&
         llvm::any_of(op.getBlock()->getTerminator()->getOperands(),
                      isExponential);
}

namespace {
/// Collects the ops of the softmax whose exponentials are summed by `sum`.
class SoftmaxMatcher {
public:
  SoftmaxMatcher(Operation *sum, Value summed) : sum(sum) {
    exponential = skipMovement(summed, ops);
  }

  bool match(OpSet &result) {
    auto expOp = exponential.getDefiningOp<linalg::LinalgOp>();
    if (!yieldsExponential(expOp))
      return false;
    SmallVector<Operation *> skipped;
    if (expOp.getNumDpsInputs() == 1)
      exponent = skipMovement(expOp.getDpsInputOperand(0)->get(), skipped);
    if (!collectQuotient())
      return false;
    ops.push_back(sum);
    ops.push_back(expOp);
    collectMaximum(expOp);
    result.insert(ops.begin(), ops.end());
    return true;
  }

private:
  /// Follows the sum through reciprocals, logarithms and movements, all of them
  /// elementwise, to the op that also reads the exponentials, or what they are
  /// the exponentials of.
  bool collectQuotient() {
    SmallVector<Operation *> path;
    Value value = sum->getResult(0);
    for (unsigned depth = 0; depth < 8; ++depth) {
      if (!value.hasOneUse())
        return false;
      Operation *user = *value.getUsers().begin();
      if (!isOnPath(user))
        return false;
      path.push_back(user);
      if (readsExponential(user)) {
        ops.append(path);
        return true;
      }
      value = user->getResult(0);
    }
    return false;
  }

  bool readsExponential(Operation *user) {
    return llvm::any_of(user->getOperands(), [&](Value operand) {
      SmallVector<Operation *> skipped;
      Value source = skipMovement(operand, skipped);
      if (source != exponential && source != exponent)
        return false;
      ops.append(skipped);
      return true;
    });
  }

  /// Adds `x - max(x)`, within the op of the exponential or in front of it.
  void collectMaximum(linalg::LinalgOp expOp) {
    if (collectMaximumOperand(expOp))
      return;
    if (expOp.getNumDpsInputs() != 1)
      return;
    SmallVector<Operation *> skipped;
    Value difference =
        skipMovement(expOp.getDpsInputOperand(0)->get(), skipped);
    auto subtraction = difference.getDefiningOp<linalg::LinalgOp>();
    if (!subtraction || !collectMaximumOperand(subtraction))
      return;
    ops.append(skipped);
    ops.push_back(subtraction);
  }

  bool collectMaximumOperand(linalg::LinalgOp op) {
    for (Value input : op.getDpsInputs()) {
      SmallVector<Operation *> skipped;
      Value source = skipMovement(input, skipped);
      Operation *maximum = source.getDefiningOp();
      if (!matchReduction(maximum, BodyKind::Max))
        continue;
      ops.append(skipped);
      ops.push_back(maximum);
      return true;
    }
    return false;
  }

  Operation *sum;
  Value exponential, exponent;
  SmallVector<Operation *> ops;
};
} // namespace

/// True for an elementwise op that joins values or constants of each position:
/// the sum with a mask or a bias, a selection. One function for all positions,
/// such as a scaling, is none.
static bool isMask(Operation *op) {
  auto linalgOp = dyn_cast_or_null<linalg::LinalgOp>(op);
  return linalgOp && isPointwise(linalgOp) &&
         matchBody(linalgOp).kind != BodyKind::Copy &&
         failed(UnaryFunction::get(linalgOp)) &&
         llvm::any_of(*linalgOp.getBlock(), [](Operation &inner) {
           return isa<arith::AddFOp, arith::SubFOp, arith::SelectOp>(inner);
         });
}

/// Masks in front of softmax: minus infinity or a large negative number would
/// be the range of an 8-bit value, and nobody else reads it.
static void addMasks(OpSet &softmax) {
  SmallVector<Operation *> worklist(softmax.begin(), softmax.end());
  while (!worklist.empty())
    for (Value operand : worklist.pop_back_val()->getOperands()) {
      SmallVector<Operation *> ops;
      Operation *mask = skipMovement(operand, ops).getDefiningOp();
      ops.push_back(mask);
      bool isInside = isMask(mask) && llvm::all_of(ops, [&](Operation *op) {
        return llvm::all_of(op->getUsers(), [&](Operation *user) {
          return softmax.contains(user) || llvm::is_contained(ops, user);
        });
      });
      if (isInside && softmax.insert(mask).second) {
        softmax.insert(ops.begin(), ops.end());
        worklist.push_back(mask);
      }
    }
}

OpSet qdot::findSoftmaxOps(func::FuncOp function) {
  OpSet result;
  function.walk([&](linalg::LinalgOp op) {
    if (Value summed = matchReduction(op, BodyKind::Sum))
      SoftmaxMatcher(op, summed).match(result);
  });
  function.walk([&](linalg::SoftmaxOp op) { result.insert(op); });
  addMasks(result);
  return result;
}

bool qdot::feedsSoftmaxAlone(Value value, const OpSet &softmax) {
  return !value.use_empty() &&
         llvm::all_of(value.getUsers(), [&](Operation *user) {
           if (softmax.contains(user))
             return true;
           return (isa<tensor::ExtractSliceOp>(user) || movesValues(user)) &&
                  feedsSoftmaxAlone(user->getResult(0), softmax);
         });
}
