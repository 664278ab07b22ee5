//===- WidenMasks.cpp - Masks in signatures are bytes ---------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "qdot/Prepare/Passes.h"

namespace qdot {
#define GEN_PASS_DEF_WIDENMASKS
#include "qdot/Prepare/Passes.h.inc"
} // namespace qdot

using namespace mlir;
using namespace qdot;

/// The type of a mask, a ranked tensor of i1, or null.
static RankedTensorType getMaskType(Value value) {
  auto type = dyn_cast<RankedTensorType>(value.getType());
  return type && type.getElementType().isInteger(1) ? type : RankedTensorType();
}

/// `value` with other elements, each made by `body` from one of `value`.
static Value convert(OpBuilder &builder, Location loc, Value value,
                     Type element,
                     function_ref<Value(OpBuilder &, Location, Value)> body) {
  Value empty = tensor::EmptyOp::create(
      builder, loc, tensor::getMixedSizes(builder, loc, value), element);
  int64_t rank = cast<RankedTensorType>(value.getType()).getRank();
  SmallVector<AffineMap> maps(2, builder.getMultiDimIdentityMap(rank));
  SmallVector<utils::IteratorType> kinds(rank, utils::IteratorType::parallel);
  return linalg::GenericOp::create(
             builder, loc, TypeRange(empty.getType()), ValueRange(value),
             ValueRange(empty), maps, kinds,
             [&](OpBuilder &b, Location at, ValueRange args) {
               linalg::YieldOp::create(b, at, body(b, at, args[0]));
             })
      .getResult(0);
}

static Value isNotZero(OpBuilder &builder, Location loc, Value byte) {
  Value zero =
      arith::ConstantOp::create(builder, loc, builder.getI8IntegerAttr(0));
  return arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::ne, byte,
                               zero);
}

static Value extend(OpBuilder &builder, Location loc, Value bit) {
  return arith::ExtUIOp::create(builder, loc, builder.getI8Type(), bit);
}

static void widenArguments(func::FuncOp function) {
  OpBuilder builder = OpBuilder::atBlockBegin(&function.front());
  for (BlockArgument argument : function.getArguments()) {
    RankedTensorType type = getMaskType(argument);
    if (!type)
      continue;
    argument.setType(type.clone(builder.getI8Type()));
    Value mask = convert(builder, argument.getLoc(), argument,
                         builder.getI1Type(), isNotZero);
    argument.replaceUsesWithIf(mask, [&](OpOperand &use) {
      return use.getOwner() != mask.getDefiningOp() &&
             !isa<tensor::DimOp>(use.getOwner());
    });
  }
}

static void widenResults(func::ReturnOp op) {
  OpBuilder builder(op);
  for (OpOperand &operand : op->getOpOperands())
    if (getMaskType(operand.get()))
      operand.set(convert(builder, op.getLoc(), operand.get(),
                          builder.getI8Type(), extend));
}

namespace {
struct WidenMasks : public qdot::impl::WidenMasksBase<WidenMasks> {
  void runOnOperation() override {
    llvm::DenseSet<StringRef> called;
    getOperation().walk(
        [&](func::CallOp call) { called.insert(call.getCallee()); });
    for (auto function : getOperation().getOps<func::FuncOp>()) {
      // One block: what returns elsewhere is refused behind this.
      if (function.isDeclaration() || called.contains(function.getName()) ||
          !function.getBody().hasOneBlock())
        continue;
      auto end = dyn_cast<func::ReturnOp>(function.front().getTerminator());
      if (!end)
        continue;
      widenArguments(function);
      widenResults(end);
      function.setType(FunctionType::get(&getContext(),
                                         function.front().getArgumentTypes(),
                                         end->getOperandTypes()));
    }
  }
};
} // namespace
