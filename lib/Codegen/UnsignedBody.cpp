//===- UnsignedBody.cpp - Scalar bodies on unsigned bytes -----------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qdot/Codegen/UnsignedBody.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "qdot/Dialect/Qdot.h"

using namespace mlir;
using namespace qdot;

Value qdot::createFlip(OpBuilder &builder, Location loc, Value value) {
  APInt constant;
  if (matchPattern(value, m_ConstantInt(&constant)))
    return arith::ConstantOp::create(
        builder, loc,
        builder.getIntegerAttr(value.getType(), constant ^ APInt(8, 128)));
  Value bit =
      arith::ConstantOp::create(builder, loc, builder.getI8IntegerAttr(-128));
  return arith::XOrIOp::create(builder, loc, value, bit);
}

/// The operand of a flip, or null.
static Value matchFlip(Value value) {
  auto flip = value.getDefiningOp<arith::XOrIOp>();
  APInt bit;
  if (flip && matchPattern(flip.getRhs(), m_ConstantInt(&bit)) &&
      bit.isMinSignedValue())
    return flip.getLhs();
  return {};
}

/// A requantization whose result is read as unsigned.
static Value createUnsigned(OpBuilder &builder, RequantizeOp op) {
  return RequantizeOp::create(
      builder, op.getLoc(), op.getType(), op.getAccumulator(),
      op.getMultiplier(), op.getShift(), op.getZeroPoint() + 128,
      op.getClampMin() + 128, op.getClampMax() + 128, op.getContract());
}

/// Another form of `flip(x)`, or null.
static Value simplifyFlip(OpBuilder &builder, arith::XOrIOp op) {
  Value input = matchFlip(op.getResult());
  if (!input)
    return {};
  if (Value inner = matchFlip(input))
    return inner;
  Operation *producer = input.getDefiningOp();
  if (!producer || !producer->hasOneUse())
    return {};
  if (auto requantize = dyn_cast<RequantizeOp>(producer))
    return createUnsigned(builder, requantize);
  if (!isa<arith::MaxSIOp, arith::MinSIOp>(producer))
    return {};
  auto unflip = [&](Value value) -> Value {
    if (Value inner = matchFlip(value))
      return inner;
    return createFlip(builder, op.getLoc(), value);
  };
  Value lhs = unflip(producer->getOperand(0));
  Value rhs = unflip(producer->getOperand(1));
  if (isa<arith::MaxSIOp>(producer))
    return arith::MaxUIOp::create(builder, op.getLoc(), lhs, rhs);
  return arith::MinUIOp::create(builder, op.getLoc(), lhs, rhs);
}

/// `extsi(flip(u))` is `extui(u) - 128`.
static Value simplifyExtension(OpBuilder &builder, arith::ExtSIOp op) {
  Value input = op.getIn().getType().isInteger(8) ? matchFlip(op.getIn())
                                                  : Value();
  if (!input)
    return {};
  Value wide =
      arith::ExtUIOp::create(builder, op.getLoc(), op.getType(), input);
  Value offset = arith::ConstantOp::create(
      builder, op.getLoc(), builder.getIntegerAttr(op.getType(), 128));
  return arith::SubIOp::create(builder, op.getLoc(), wide, offset);
}

void qdot::simplifyUnsignedBody(Block &body) {
  bool isChanged = true;
  while (isChanged) {
    isChanged = false;
    for (Operation &op : llvm::make_early_inc_range(body)) {
      OpBuilder builder(&op);
      Value value;
      if (auto flip = dyn_cast<arith::XOrIOp>(op))
        value = simplifyFlip(builder, flip);
      else if (auto extension = dyn_cast<arith::ExtSIOp>(op))
        value = simplifyExtension(builder, extension);
      if (!value)
        continue;
      op.getResult(0).replaceAllUsesWith(value);
      op.erase();
      isChanged = true;
    }
  }
  for (Operation &op : llvm::make_early_inc_range(llvm::reverse(body)))
    if (op.use_empty() && !op.hasTrait<OpTrait::IsTerminator>() &&
        isMemoryEffectFree(&op))
      op.erase();
}
