//===- FuseElementwise.cpp - Elementwise ops that read each other ---------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/PatternMatch.h"
#include "qdot/Codegen/Passes.h"

namespace qdot {
#define GEN_PASS_DEF_FUSEELEMENTWISE
#include "qdot/Codegen/Passes.h.inc"
} // namespace qdot

using namespace mlir;
using namespace qdot;

static bool isElementwise(linalg::GenericOp op) {
  return op && op.getNumLoops() == op.getNumParallelLoops() &&
         op->getNumResults() == 1 && op.hasPureTensorSemantics();
}

/// True when the body reads what the result held before. Upstream keeps such a
/// producer's result beside that of its reader.
static bool readsInit(linalg::GenericOp op) {
  return op.payloadUsesValueFromOperand(op.getDpsInitOperand(0));
}

/// The operand of `op` whose producer becomes a part of it, or null. What is
/// repeated along a loop of the reader would be computed again and again.
static OpOperand *findProducer(linalg::GenericOp op, bool hasFloats) {
  for (OpOperand *operand : op.getDpsInputOperands()) {
    auto producer = operand->get().getDefiningOp<linalg::GenericOp>();
    Type element = getElementTypeOrSelf(operand->get().getType());
    if (isElementwise(producer) && !readsInit(producer) &&
        operand->get().hasOneUse() &&
        (hasFloats || element.isInteger()) &&
        op.getMatchingIndexingMap(operand).isPermutation() &&
        linalg::areElementwiseOpsFusable(operand))
      return operand;
  }
  return nullptr;
}

namespace {
struct FuseElementwise
    : public qdot::impl::FuseElementwiseBase<FuseElementwise> {
  using FuseElementwiseBase::FuseElementwiseBase;

  void runOnOperation() override {
    SmallVector<linalg::GenericOp> ops;
    getOperation().walk([&](linalg::GenericOp op) {
      if (isElementwise(op))
        ops.push_back(op);
    });
    // Readers last: each takes all that is in front of it.
    IRRewriter rewriter(&getContext());
    llvm::DenseSet<Operation *> dead;
    for (linalg::GenericOp op : llvm::reverse(ops))
      if (!dead.contains(op))
        fuse(op, rewriter, dead);
  }

private:
  void fuse(linalg::GenericOp op, IRRewriter &rewriter,
            llvm::DenseSet<Operation *> &dead) {
    while (OpOperand *operand = findProducer(op, floats)) {
      Operation *producer = operand->get().getDefiningOp();
      rewriter.setInsertionPoint(op);
      FailureOr<linalg::ElementwiseOpFusionResult> fused =
          linalg::fuseElementwiseOps(rewriter, operand);
      if (failed(fused))
        return;
      auto next = cast<linalg::GenericOp>(fused->fusedOp);
      rewriter.replaceOp(op, fused->replacements.lookup(op->getResult(0)));
      dead.insert(producer);
      rewriter.eraseOp(producer);
      op = next;
    }
  }
};
} // namespace
