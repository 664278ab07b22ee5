//===- LowerExtremes.cpp - Maxima and minima that keep the sign of zero ---===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/Conversion/ArithCommon/AttrToLLVMConverter.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/TypeUtilities.h"
#include "qdot/Codegen/Passes.h"
#include "llvm/ADT/TypeSwitch.h"

namespace qdot {
#define GEN_PASS_DEF_LOWEREXTREMES
#include "qdot/Codegen/Passes.h.inc"
} // namespace qdot

using namespace mlir;

/// The intrinsic with the semantics of the op; empty for other ops.
static StringRef getIntrinsic(Operation *op) {
  return llvm::TypeSwitch<Operation *, StringRef>(op)
      .Case<arith::MaximumFOp>([](auto) { return "llvm.maximum"; })
      .Case<arith::MinimumFOp>([](auto) { return "llvm.minimum"; })
      .Case<arith::MaxNumFOp>([](auto) { return "llvm.maximumnum"; })
      .Case<arith::MinNumFOp>([](auto) { return "llvm.minimumnum"; })
      .Default([](Operation *) { return StringRef(); });
}

/// Whether LLVM's dialect computes with the type.
static bool isSupported(Type type) {
  auto vector = dyn_cast<VectorType>(type);
  return isa<Float32Type, Float64Type>(getElementTypeOrSelf(type)) &&
         (!isa<ShapedType>(type) || (vector && vector.getRank() == 1));
}

/// `math.clampf` is the maximum of the lower bound and of what is at most the
/// upper one. Upstream's expansion takes the two bounds for each other.
static void expandClamp(math::ClampFOp op) {
  OpBuilder builder(op);
  Value lowered = arith::MinimumFOp::create(builder, op.getLoc(), op.getValue(),
                                            op.getMax(), op.getFastmath());
  Value result = arith::MaximumFOp::create(builder, op.getLoc(), lowered,
                                           op.getMin(), op.getFastmath());
  op.replaceAllUsesWith(result);
  op.erase();
}

namespace {
struct LowerExtremes : public qdot::impl::LowerExtremesBase<LowerExtremes> {
  void runOnOperation() override {
    getOperation().walk(expandClamp);
    getOperation().walk([](Operation *op) {
      StringRef name = getIntrinsic(op);
      if (name.empty() || !isSupported(op->getResult(0).getType()))
        return;
      OpBuilder builder(op);
      auto call = LLVM::CallIntrinsicOp::create(
          builder, op->getLoc(), op->getResult(0).getType(),
          builder.getStringAttr(name), op->getOperands());
      auto flags = cast<arith::ArithFastMathInterface>(op).getFastMathFlagsAttr();
      call.setFastmathFlags(
          arith::convertArithFastMathFlagsToLLVM(flags.getValue()));
      op->replaceAllUsesWith(call);
      op->erase();
    });
  }
};
} // namespace
