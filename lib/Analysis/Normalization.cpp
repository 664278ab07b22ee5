//===- Normalization.cpp - Find norms, however written --------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qdot/Analysis/Normalization.h"
#include "IslandUtils.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/Matchers.h"
#include "qdot/Analysis/ScalarAnalysis.h"

using namespace mlir;
using namespace qdot;

using OpSet = llvm::DenseSet<Operation *>;

/// True for an op that takes a square root.
static bool hasRoot(Operation *op) {
  auto linalgOp = dyn_cast<linalg::LinalgOp>(op);
  if (!linalgOp)
    return false;
  return llvm::any_of(*linalgOp.getBlock(), [](Operation &inner) {
    APFloat power(0.0f);
    if (isa<math::PowFOp>(inner) &&
        matchPattern(inner.getOperand(1), m_ConstantFloat(&power)))
      return std::abs(power.convertToDouble()) == 0.5;
    return isa<math::SqrtOp, math::RsqrtOp>(inner);
  });
}

/// The operand of an elementwise square, or null.
static Value matchSquare(Operation *op) {
  auto linalgOp = dyn_cast_or_null<linalg::LinalgOp>(op);
  if (!linalgOp || !isPointwise(linalgOp))
    return {};
  FailureOr<UnaryFunction> function = UnaryFunction::get(linalgOp);
  if (failed(function))
    return {};
  for (float x : {-3.0f, 0.5f, 2.0f}) {
    FailureOr<float> y = function->evaluate(x);
    if (failed(y) || *y != x * x)
      return {};
  }
  return function->getInput()->get();
}

namespace {
/// Collects the ops of the normalization whose squares are summed by `sum`.
class NormMatcher {
public:
  explicit NormMatcher(linalg::LinalgOp sum) : sum(sum) { ops.push_back(sum); }

  bool match(OpSet &result) {
    if (!matchSquares() || !collectPath())
      return false;
    collectFactors(ops.back());
    collectCenter(source);
    SmallVector<Operation *> all = collectSizes(center);
    bool isInside = llvm::all_of(center, [&](Operation *op) {
      return llvm::all_of(op->getUsers(), [&](Operation *user) {
        return llvm::is_contained(all, user);
      });
    });
    if (!isInside)
      all = collectSizes({});
    result.insert(all.begin(), all.end());
    return true;
  }

private:
  /// Finds what is squared: by the sum itself, or in front of it.
  bool matchSquares() {
    StructuralBody body = matchBody(sum);
    if (sum.getNumReductionLoops() && body.kind == BodyKind::MultiplyAdd &&
        body.inputs[0] == body.inputs[1]) {
      source = sum.getDpsInputOperand(body.inputs[0])->get();
    } else if (Value summed = matchReduction(sum, BodyKind::Sum)) {
      SmallVector<Operation *> skipped;
      Value squares = skipMovement(summed, skipped);
      source = matchSquare(squares.getDefiningOp());
      if (!source)
        return false;
      if (squares.hasOneUse() && llvm::all_of(skipped, hasOneUser)) {
        ops.push_back(squares.getDefiningOp());
        ops.append(skipped);
      }
    }
    if (!source)
      return false;
    SmallVector<Operation *> skipped;
    source = skipMovement(source, skipped);
    return true;
  }

  static bool hasOneUser(Operation *op) { return op->hasOneUse(); }

  /// Follows the sum through elementwise ops, one of which takes the root, to
  /// the one that also reads what was squared, which comes last.
  bool collectPath() {
    SmallVector<Operation *> path;
    Value value = sum->getResult(0);
    bool isRoot = false;
    for (unsigned depth = 0; depth < 10; ++depth) {
      if (!value.hasOneUse())
        return false;
      Operation *user = *value.getUsers().begin();
      if (!isOnPath(user))
        return false;
      isRoot |= hasRoot(user);
      path.push_back(user);
      if (readsSource(user, value)) {
        ops.append(path);
        return isRoot;
      }
      value = user->getResult(0);
    }
    return false;
  }

  /// True when `user` reads what was squared, or something elementwise of it,
  /// besides `value`.
  bool readsSource(Operation *user, Value value) {
    return llvm::any_of(user->getOperands(), [&](Value operand) {
      if (operand == value)
        return false;
      SmallVector<Operation *> skipped;
      Value other = skipMovement(operand, skipped);
      if (other == source)
        return true;
      auto producer = other.getDefiningOp<linalg::LinalgOp>();
      if (!producer || !isPointwise(producer))
        return false;
      bool isCentered =
          llvm::any_of(producer.getDpsInputs(), [&](Value input) {
            SmallVector<Operation *> moved;
            return skipMovement(input, moved) == source;
          });
      if (isCentered)
        collectCenter(other);
      return isCentered;
    });
  }

  /// Finds `x - mean(x)`, where `centered` is that.
  void collectCenter(Value centered) {
    auto difference = centered.getDefiningOp<linalg::LinalgOp>();
    if (!difference || !isPointwise(difference) ||
        matchBody(difference).kind != BodyKind::Sub)
      return;
    SmallVector<Operation *> path;
    StructuralBody body = matchBody(difference);
    Value x = difference.getDpsInputOperand(body.inputs[0])->get();
    Value mean = difference.getDpsInputOperand(body.inputs[1])->get();
    for (unsigned depth = 0; depth < 6; ++depth) {
      Operation *op = mean.getDefiningOp();
      if (!op || op->getNumResults() != 1)
        return;
      path.push_back(op);
      if (Value summed = matchReduction(op, BodyKind::Sum)) {
        SmallVector<Operation *> skipped;
        if (skipMovement(summed, skipped) != skipMovement(x, skipped))
          return;
        break;
      }
      auto linalgOp = dyn_cast<linalg::LinalgOp>(op);
      bool isFactor = linalgOp && isPointwise(linalgOp) &&
                      succeeded(UnaryFunction::get(linalgOp));
      if (!movesValues(op) && !isFactor)
        return;
      mean = op->getOperand(0);
    }
    center.push_back(difference);
    center.append(path);
  }

  /// Adds constant factors and offsets behind `last`.
  void collectFactors(Operation *last) {
    while (last->hasOneUse()) {
      auto user = dyn_cast<linalg::LinalgOp>(*last->getUsers().begin());
      if (!user || !isPointwise(user) || !matchAffine(user))
        return;
      ops.push_back(user);
      last = user;
    }
  }

  /// The ops with the center, if it is one of them, and what is computed per
  /// row for them alone, such as the square of the mean, which makes a variance
  /// of a mean of squares.
  SmallVector<Operation *> collectSizes(ArrayRef<Operation *> center) {
    SmallVector<Operation *> all = ops;
    llvm::append_range(all, center);
    for (unsigned i = 0; i < all.size(); ++i)
      for (Value operand : all[i]->getOperands()) {
        auto op = operand.getDefiningOp<linalg::LinalgOp>();
        if (!op || !isPointwise(op) || llvm::is_contained(all, op) ||
            operand.getType() == source.getType())
          continue;
        if (llvm::all_of(op->getUsers(), [&](Operation *user) {
              return llvm::is_contained(all, user);
            }))
          all.push_back(op);
      }
    return all;
  }

  linalg::LinalgOp sum;
  Value source;
  SmallVector<Operation *> ops, center;
};
} // namespace

OpSet qdot::findNormalizationOps(func::FuncOp function) {
  OpSet result;
  function.walk([&](linalg::LinalgOp op) { NormMatcher(op).match(result); });
  return result;
}
