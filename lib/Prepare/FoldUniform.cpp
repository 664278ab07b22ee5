//===- FoldUniform.cpp - Compute what is the same number everywhere -------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "PrepareUtils.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "qdot/Analysis/ScalarAnalysis.h"
#include "qdot/Prepare/Passes.h"

namespace qdot {
#define GEN_PASS_DEF_FOLDUNIFORM
#include "qdot/Prepare/Passes.h.inc"
} // namespace qdot

using namespace mlir;
using namespace qdot;

/// The number that a linalg op writes everywhere, whatever it reads.
static std::optional<Scalar> evaluateUniform(linalg::LinalgOp op) {
  if (isa<linalg::FillOp>(op.getOperation()) || !op.hasPureTensorSemantics() ||
      op->getNumResults() != 1)
    return std::nullopt;
  FailureOr<ScalarProgram> program = ScalarProgram::get(op, Rounding::EachStep);
  if (failed(program) || program->getSlots()[program->getResult()].kind !=
                             ScalarProgram::SlotKind::Constant)
    return std::nullopt;
  return program->createValues()[program->getResult()];
}

/// The number that every element moved by a tensor op is.
static std::optional<Scalar> getMovedNumber(Operation *op) {
  if (!isa<tensor::CollapseShapeOp, tensor::ExpandShapeOp, tensor::CastOp,
           tensor::ExtractSliceOp, tensor::ExtractOp>(op))
    return std::nullopt;
  return getUniformConstant(op->getOperand(0));
}

TypedAttr qdot::createAttribute(Scalar number, Type type) {
  if (auto real = dyn_cast<FloatType>(type))
    return FloatAttr::get(real, number.real);
  unsigned width = type.isIndex() ? 64 : type.getIntOrFloatBitWidth();
  return IntegerAttr::get(type, APInt(width, number.integer, /*isSigned=*/true,
                                      /*implicitTrunc=*/true));
}

/// A constant of `type`, or a fill of the destination of `op` where its size is
/// dynamic; null when there is no destination either.
static Value createUniform(OpBuilder &builder, Operation *op, Scalar number) {
  Type type = op->getResult(0).getType();
  TypedAttr element = createAttribute(number, getElementTypeOrSelf(type));
  auto tensor = dyn_cast<RankedTensorType>(type);
  if (!tensor)
    return arith::ConstantOp::create(builder, op->getLoc(), element);
  if (tensor.hasStaticShape())
    return arith::ConstantOp::create(builder, op->getLoc(),
                                     DenseElementsAttr::get(tensor, element));
  auto linalgOp = dyn_cast<linalg::LinalgOp>(op);
  if (!linalgOp)
    return {};
  Value scalar = arith::ConstantOp::create(builder, op->getLoc(), element);
  return linalg::FillOp::create(builder, op->getLoc(), scalar,
                                linalgOp.getDpsInits()[0])
      .getResult(0);
}

bool qdot::foldUniform(Operation *op) {
  if (op->getNumResults() != 1 || op->use_empty() ||
      !isEvaluableType(getElementTypeOrSelf(op->getResult(0).getType())))
    return false;
  auto linalgOp = dyn_cast<linalg::LinalgOp>(op);
  std::optional<Scalar> number =
      linalgOp ? evaluateUniform(linalgOp) : getMovedNumber(op);
  if (!number)
    return false;
  OpBuilder builder(op);
  Value value = createUniform(builder, op, *number);
  if (!value)
    return false;
  op->getResult(0).replaceAllUsesWith(value);
  return true;
}

/// True when all tensors that `op` reads and makes have elements of f32: such
/// ops may be quantization written in arithmetic.
static bool isPlainF32(Operation *op) {
  auto isF32 = [](Type type) { return getElementTypeOrSelf(type).isF32(); };
  return llvm::all_of(op->getOperandTypes(), isF32) &&
         llvm::all_of(op->getResultTypes(), isF32);
}

namespace {
struct FoldUniform : public qdot::impl::FoldUniformBase<FoldUniform> {
  void runOnOperation() override {
    if (failed(checkInput(getOperation())))
      return signalPassFailure();
    // Operands come before their users, so one walk sees chains.
    getOperation().walk([](Operation *op) {
      if (!isPlainF32(op))
        foldUniform(op);
    });
    eraseDeadOps(getOperation());
  }
};
} // namespace
