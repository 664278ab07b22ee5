//===- LowerExtremes.cpp - Maxima and minima that keep the sign of zero ---===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/TypeUtilities.h"
#include "qdot/Codegen/Passes.h"

namespace qdot {
#define GEN_PASS_DEF_LOWEREXTREMES
#include "qdot/Codegen/Passes.h.inc"
} // namespace qdot

using namespace mlir;

/// Replaces `op` by the intrinsic, if it computes with a type that LLVM has.
template <typename Intrinsic, typename Op>
static void replace(Op op) {
  Type type = op.getType();
  auto vector = dyn_cast<VectorType>(type);
  if (!isa<Float32Type, Float64Type>(getElementTypeOrSelf(type)) ||
      (isa<ShapedType>(type) && (!vector || vector.getRank() != 1)))
    return;
  OpBuilder builder(op);
  op.replaceAllUsesWith(
      Intrinsic::create(builder, op.getLoc(), type, op.getLhs(), op.getRhs())
          .getResult());
  op.erase();
}

namespace {
struct LowerExtremes : public qdot::impl::LowerExtremesBase<LowerExtremes> {
  void runOnOperation() override {
    getOperation().walk([](Operation *op) {
      if (auto maximum = dyn_cast<arith::MaximumFOp>(op))
        replace<LLVM::MaximumOp>(maximum);
      else if (auto minimum = dyn_cast<arith::MinimumFOp>(op))
        replace<LLVM::MinimumOp>(minimum);
    });
  }
};
} // namespace
