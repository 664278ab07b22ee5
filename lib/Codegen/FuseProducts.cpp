//===- FuseProducts.cpp - Contractions of fused multiply-adds -------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/BuiltinOps.h"
#include "qdot/Codegen/FloatPlan.h"
#include "qdot/Codegen/Passes.h"

namespace qdot {
#define GEN_PASS_DEF_FUSEPRODUCTS
#include "qdot/Codegen/Passes.h.inc"
} // namespace qdot

using namespace mlir;
using namespace qdot;

namespace {
struct FuseProducts : public qdot::impl::FuseProductsBase<FuseProducts> {
  void runOnOperation() override {
    SmallVector<linalg::LinalgOp> ops;
    getOperation().walk([&](linalg::LinalgOp op) {
      if (matchProductBody(op).sum)
        ops.push_back(op);
    });
    IRRewriter rewriter(&getContext());
    for (linalg::LinalgOp op : ops)
      fuse(op, rewriter);
  }

private:
  static void fuse(linalg::LinalgOp op, IRRewriter &rewriter) {
    rewriter.setInsertionPoint(op);
    if (!isa<linalg::GenericOp>(op.getOperation())) {
      DictionaryAttr attributes = op->getDiscardableAttrDictionary();
      FailureOr<linalg::GenericOp> generic =
          linalg::generalizeNamedOp(rewriter, op);
      if (failed(generic))
        return;
      for (NamedAttribute attribute : attributes)
        if (attribute.getNameDialect())
          (*generic)->setAttr(attribute.getName(), attribute.getValue());
      op = cast<linalg::LinalgOp>(generic->getOperation());
    }
    ProductBody body = matchProductBody(op);
    rewriter.setInsertionPoint(body.sum);
    rewriter.replaceOpWithNewOp<math::FmaOp>(
        body.sum, body.product->getOperand(0), body.product->getOperand(1),
        op.getBlock()->getArgument(2));
    if (body.product->use_empty())
      rewriter.eraseOp(body.product);
  }
};
} // namespace
