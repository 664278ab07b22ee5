//===- SeparateResults.cpp - Results that share no memory -----------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Interfaces/LoopLikeInterface.h"
#include "qdot/Codegen/Passes.h"

namespace qdot {
#define GEN_PASS_DEF_SEPARATERESULTS
#include "qdot/Codegen/Passes.h.inc"
} // namespace qdot

using namespace mlir;

/// The operand whose memory the result may be in, or null.
static OpOperand *getTiedOperand(OpResult result) {
  Operation *op = result.getOwner();
  if (auto styled = dyn_cast<DestinationStyleOpInterface>(op))
    return styled.getTiedOpOperand(result);
  if (auto loop = dyn_cast<LoopLikeOpInterface>(op))
    return loop.getTiedLoopInit(result);
  if (isa<tensor::CastOp, tensor::ExpandShapeOp, tensor::CollapseShapeOp,
          tensor::ReshapeOp, tensor::ExtractSliceOp>(op))
    return &op->getOpOperand(0);
  return nullptr;
}

/// True when no result of the reader can be in the memory of what it reads.
static bool onlyReads(OpOperand &use) {
  Operation *op = use.getOwner();
  if (isa<tensor::DimOp, tensor::ExtractOp, bufferization::AllocTensorOp>(op))
    return true;
  auto styled = dyn_cast<DestinationStyleOpInterface>(op);
  return styled && !isa<bufferization::MaterializeInDestinationOp>(op) &&
         styled.isDpsInput(&use);
}

/// What the source of `op` is made in, from the last to the first; empty when
/// that is not a `tensor.empty`, so that it never becomes the destination.
static SmallVector<OpOperand *>
getChain(bufferization::MaterializeInDestinationOp op) {
  SmallVector<OpOperand *> chain;
  Value value = op.getSource();
  while (auto result = dyn_cast<OpResult>(value)) {
    if (isa<tensor::EmptyOp>(result.getOwner()))
      return chain;
    OpOperand *tied = getTiedOperand(result);
    if (!tied)
      break;
    chain.push_back(tied);
    value = tied->get();
  }
  return {};
}

/// Gives one use of a value a value of its own: another fill, or a copy.
static void separate(OpOperand &use) {
  OpBuilder builder(use.getOwner());
  Value value = use.get();
  if (auto fill = value.getDefiningOp<linalg::FillOp>()) {
    builder.setInsertionPoint(fill);
    use.set(builder.clone(*fill)->getResult(0));
    return;
  }
  use.set(bufferization::AllocTensorOp::create(
      builder, use.getOwner()->getLoc(), cast<RankedTensorType>(value.getType()),
      ValueRange(), value));
}

/// Gives every reader of a shared `tensor.empty` of static size one of its own.
/// Upstream's analysis of conflicts is quadratic, and more, in the operations
/// that begin in one tensor; `qdot-plan-memory` shares the bytes again.
static void separateEmpty(tensor::EmptyOp op) {
  if (!op.getType().hasStaticShape())
    return;
  OpBuilder builder(op);
  while (!op->use_empty() && !op->hasOneUse()) {
    OpOperand &use = *op->use_begin();
    // Not inside of a loop that begins behind it.
    builder.setInsertionPoint(
        op->getBlock()->findAncestorOpInBlock(*use.getOwner()));
    use.set(builder.clone(*op)->getResult(0));
  }
}

namespace {
struct SeparateResults
    : public qdot::impl::SeparateResultsBase<SeparateResults> {
  void runOnOperation() override {
    getOperation().walk([](bufferization::MaterializeInDestinationOp op) {
      if (!isa<BaseMemRefType>(op.getDest().getType()))
        return;
      for (OpOperand *use : getChain(op)) {
        bool isShared = llvm::any_of(use->get().getUses(), [&](OpOperand &other) {
          return &other != use && !onlyReads(other);
        });
        if (!isShared || use->get().getDefiningOp<tensor::EmptyOp>())
          continue;
        bool isFill = use->get().getDefiningOp<linalg::FillOp>() != nullptr;
        separate(*use);
        // The rest of the chain does not lead to the result any more.
        if (!isFill)
          return;
      }
    });
    // Those of fills made again, too.
    SmallVector<tensor::EmptyOp> empties;
    getOperation().walk([&](tensor::EmptyOp op) { empties.push_back(op); });
    llvm::for_each(empties, separateEmpty);
  }
};
} // namespace
