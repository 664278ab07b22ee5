//===- ResolveSizes.cpp - Dynamic sizes from where they come from ---------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "PrepareUtils.h"
#include "SizeAnalysis.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"
#include "qdot/Analysis/ScalarAnalysis.h"
#include "qdot/Prepare/Passes.h"

namespace qdot {
#define GEN_PASS_DEF_RESOLVESIZES
#include "qdot/Prepare/Passes.h.inc"
} // namespace qdot

using namespace mlir;
using namespace qdot;

//===----------------------------------------------------------------------===//
// Sizes
//===----------------------------------------------------------------------===//

/// The size as a value in front of `op`, or null when it has to be computed.
static Value createSize(Operation *op, const Size &size) {
  OpBuilder builder(op);
  if (size.isConstant())
    return arith::ConstantIndexOp::create(builder, op->getLoc(), size.factor);
  if (size.factor != 1)
    return {};
  if (size.dim < 0)
    return size.origin;
  return tensor::DimOp::create(builder, op->getLoc(), size.origin, size.dim);
}

/// True when `op` is a tensor.dim of the origin itself.
static bool isOrigin(Operation *op, const Size &size) {
  auto dim = dyn_cast<tensor::DimOp>(op);
  return dim && dim.getSource() == size.origin;
}

static void resolveIndex(Operation *op) {
  if (op->getNumResults() != 1 || !op->getResult(0).getType().isIndex() ||
      op->hasTrait<OpTrait::ConstantLike>())
    return;
  Size size = getSizeOfIndex(op->getResult(0));
  if (size.origin == op->getResult(0) || isOrigin(op, size))
    return;
  if (Value value = createSize(op, size))
    op->getResult(0).replaceAllUsesWith(value);
}

//===----------------------------------------------------------------------===//
// Broadcasting at run time
//===----------------------------------------------------------------------===//

/// The value that `branch` yields when it yields one.
static Value getYielded(Region &branch) {
  if (!llvm::hasSingleElement(branch))
    return {};
  Operation *yield = branch.front().getTerminator();
  return yield->getNumOperands() == 1 ? yield->getOperand(0) : Value();
}

/// The size that `condition` compares with 1, or null.
static Value getComparedWithOne(Value condition) {
  auto compare = condition.getDefiningOp<arith::CmpIOp>();
  if (!compare || compare.getPredicate() != arith::CmpIPredicate::eq)
    return {};
  if (matchPattern(compare.getRhs(), m_One()))
    return compare.getLhs();
  if (matchPattern(compare.getLhs(), m_One()))
    return compare.getRhs();
  return {};
}

/// True when `copy` writes `value` unchanged, provided that the dimensions of
/// size `one` have size 1.
static bool isCopyOf(linalg::LinalgOp copy, Value value, const Size &one) {
  if (!copy || !isPointwise(copy) || copy.getNumDpsInputs() != 1 ||
      copy.getDpsInputs()[0] != value ||
      copy->getResult(0).getType() != value.getType())
    return false;
  auto argument =
      dyn_cast<BlockArgument>(copy.getBlock()->getTerminator()->getOperand(0));
  AffineMap map = copy.getMatchingIndexingMap(copy.getDpsInputOperand(0));
  if (!argument || argument != copy.getBlock()->getArgument(0) ||
      !copy.getMatchingIndexingMap(copy.getDpsInitOperand(0)).isIdentity())
    return false;
  for (auto [dim, expr] : llvm::enumerate(map.getResults())) {
    Size size = getSizeOfDim(value, dim);
    if (!(getSizeOfDim(copy->getResult(0), dim) == size))
      return false;
    auto loop = dyn_cast<AffineDimExpr>(expr);
    if (loop ? loop.getPosition() != dim
             : !(size == one) && !(size == Size{{}, -1, 1}))
      return false;
  }
  return true;
}

/// TOSA's way to broadcast a dimension that may be 1 at run time:
///   if size == 1 { copy of x along that dimension } else { x }
/// With as many copies as the dimension has elements, it is x.
static void resolveBroadcast(scf::IfOp op) {
  if (op->getNumResults() != 1 || op.getElseRegion().empty())
    return;
  Value compared = getComparedWithOne(op.getCondition());
  Value copied = getYielded(op.getThenRegion());
  Value value = getYielded(op.getElseRegion());
  if (!compared || !copied || !value ||
      !isa<RankedTensorType>(value.getType()) ||
      op->isAncestor(value.getParentBlock()->getParentOp()))
    return;
  if (isCopyOf(copied.getDefiningOp<linalg::LinalgOp>(), value,
               getSizeOfIndex(compared)))
    op->getResult(0).replaceAllUsesWith(value);
}

namespace {
struct ResolveSizes : public qdot::impl::ResolveSizesBase<ResolveSizes> {
  void runOnOperation() override {
    // Operands come before their users, so sizes are followed one step at a
    // time.
    getOperation().walk<WalkOrder::PreOrder>([](Operation *op) {
      if (auto branch = dyn_cast<scf::IfOp>(op))
        resolveBroadcast(branch);
      else
        resolveIndex(op);
    });
    eraseDeadOps(getOperation());
  }
};
} // namespace
