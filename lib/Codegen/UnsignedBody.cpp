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
#include "qdot/Dialect/Constants.h"
#include "qdot/Dialect/Qdot.h"
#include <optional>

using namespace mlir;
using namespace qdot;

Value qdot::createFlip(OpBuilder &builder, Location loc, Value value) {
  return createShift(builder, loc, value, 128);
}

static bool isFlip(int64_t offset) { return offset == 128 || offset == -128; }

Value qdot::createShift(OpBuilder &builder, Location loc, Value value,
                        int64_t offset) {
  APInt constant;
  if (matchPattern(value, m_ConstantInt(&constant)))
    return arith::ConstantOp::create(
        builder, loc,
        builder.getIntegerAttr(value.getType(),
                               constant + APInt(8, offset & 255)));
  Value distance = arith::ConstantOp::create(
      builder, loc, builder.getI8IntegerAttr(int8_t(offset)));
  if (isFlip(offset))
    return arith::XOrIOp::create(builder, loc, value, distance);
  return arith::AddIOp::create(builder, loc, value, distance,
                               arith::IntegerOverflowFlags::nsw);
}

namespace {
/// `input` moved by `offset`, as `createShift` makes it.
struct Shift {
  Value input;
  int64_t offset; ///< 128 for a flip, in either direction
};
} // namespace

static std::optional<Shift> matchShift(Value value) {
  Operation *op = value.getDefiningOp();
  APInt constant;
  if (!op || !value.getType().isInteger(8) || op->getNumOperands() != 2 ||
      !matchPattern(op->getOperand(1), m_ConstantInt(&constant)))
    return std::nullopt;
  if (isa<arith::XOrIOp>(op) && constant.isMinSignedValue())
    return Shift{op->getOperand(0), 128};
  auto sum = dyn_cast<arith::AddIOp>(op);
  if (sum && bitEnumContainsAll(sum.getOverflowFlags(),
                                arith::IntegerOverflowFlags::nsw))
    return Shift{sum.getLhs(), constant.getSExtValue()};
  return std::nullopt;
}

/// A requantization whose result moves, or null when its clamp leaves a byte.
static Value moveResult(OpBuilder &builder, RequantizeOp op, int64_t offset) {
  int64_t high = int64_t(op.getClampMax()) + offset;
  if (int64_t(op.getClampMin()) + offset < 0 ||
      high > (isFlip(offset) ? 255 : 127))
    return {};
  return RequantizeOp::create(
      builder, op.getLoc(), op.getType(), op.getAccumulator(),
      op.getMultiplier(), op.getShift(), op.getZeroPoint() + offset,
      op.getClampMin() + offset, op.getClampMax() + offset, op.getContract());
}

/// A lookup in a table whose entries moved, or null where the table is no
/// constant.
static Value moveEntries(OpBuilder &builder, LookupOp op, int64_t offset) {
  auto type = cast<RankedTensorType>(op.getTable().getType());
  FailureOr<SmallVector<int64_t>> entries = readIntegers(op.getTable());
  if (failed(entries))
    return {};
  SmallVector<char> moved;
  for (int64_t entry : *entries)
    moved.push_back(static_cast<char>(entry + offset));
  OpBuilder beside(op.getTable().getDefiningOp());
  Value table = arith::ConstantOp::create(beside, op.getTable().getLoc(),
                                          createElements(type, moved));
  return LookupOp::create(builder, op.getLoc(), op.getType(), op.getIndex(),
                          table);
}

/// An operand of a maximum or minimum that moves: nothing may wrap, unless the
/// comparison becomes unsigned.
static Value moveOperand(OpBuilder &builder, Value value, int64_t offset) {
  std::optional<Shift> inner = matchShift(value);
  if (inner && (isFlip(offset) ? isFlip(inner->offset)
                               : inner->offset == -offset))
    return inner->input;
  APInt constant;
  bool isConstant = matchPattern(value, m_ConstantInt(&constant));
  if (isFlip(offset) ||
      (isConstant && llvm::isInt<8>(constant.getSExtValue() + offset)))
    return createShift(builder, value.getLoc(), value, offset);
  return {};
}

template <typename SignedOp, typename UnsignedOp>
static Value moveExtreme(OpBuilder &builder, SignedOp op, int64_t offset) {
  Value lhs = moveOperand(builder, op.getLhs(), offset);
  Value rhs = lhs ? moveOperand(builder, op.getRhs(), offset) : Value();
  if (!rhs)
    return {};
  if (isFlip(offset))
    return UnsignedOp::create(builder, op.getLoc(), lhs, rhs);
  return SignedOp::create(builder, op.getLoc(), lhs, rhs);
}

/// Another form of a shifted value, or null.
static Value simplifyShift(OpBuilder &builder, Operation &op) {
  std::optional<Shift> outer = matchShift(op.getResult(0));
  if (!outer)
    return {};
  if (std::optional<Shift> inner = matchShift(outer->input)) {
    if (isFlip(outer->offset) && isFlip(inner->offset))
      return inner->input;
    if (outer->offset == -inner->offset)
      return inner->input;
  }
  Operation *producer = outer->input.getDefiningOp();
  if (!producer || !producer->hasOneUse())
    return {};
  if (auto requantize = dyn_cast<RequantizeOp>(producer))
    return moveResult(builder, requantize, outer->offset);
  if (auto lookup = dyn_cast<LookupOp>(producer))
    return moveEntries(builder, lookup, outer->offset);
  if (auto max = dyn_cast<arith::MaxSIOp>(producer))
    return moveExtreme<arith::MaxSIOp, arith::MaxUIOp>(builder, max,
                                                       outer->offset);
  if (auto min = dyn_cast<arith::MinSIOp>(producer))
    return moveExtreme<arith::MinSIOp, arith::MinUIOp>(builder, min,
                                                       outer->offset);
  return {};
}

/// `extsi(u - offset)` is `ext(u) - offset`, unsigned when it was a flip.
static Value simplifyExtension(OpBuilder &builder, arith::ExtSIOp op) {
  std::optional<Shift> shift = matchShift(op.getIn());
  if (!shift)
    return {};
  Location loc = op.getLoc();
  Value wide =
      isFlip(shift->offset)
          ? arith::ExtUIOp::create(builder, loc, op.getType(), shift->input)
                .getResult()
          : arith::ExtSIOp::create(builder, loc, op.getType(), shift->input);
  int64_t distance = isFlip(shift->offset) ? 128 : -shift->offset;
  Value offset = arith::ConstantOp::create(
      builder, loc, builder.getIntegerAttr(op.getType(), distance));
  return arith::SubIOp::create(builder, loc, wide, offset);
}

void qdot::simplifyUnsignedBody(Block &body) {
  bool isChanged = true;
  while (isChanged) {
    isChanged = false;
    for (Operation &op : llvm::make_early_inc_range(body)) {
      OpBuilder builder(&op);
      Value value;
      if (isa<arith::XOrIOp, arith::AddIOp>(op))
        value = simplifyShift(builder, op);
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
