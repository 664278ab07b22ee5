//===- LowerScalars.cpp - Scalar qdot ops as arith -----------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qdot/Target/Generic/LowerScalars.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/TypeUtilities.h"
#include "qdot/Numerics/ScaleDivision.h"
#include <cstdlib>

using namespace mlir;
using namespace qdot;

namespace {
/// Short names for the ops that the formulas need.
struct Arith {
  OpBuilder &b;
  Location loc;

  /// Lanes of the vectors that the values are; 0 for scalars.
  int64_t lanes = 0;
  bool isScalable = false;

  /// `element`, or a vector of it.
  Type shape(Type element) const {
    return lanes ? VectorType::get({lanes}, element, {isScalable}) : element;
  }
  Value splat(TypedAttr value) {
    if (!lanes)
      return arith::ConstantOp::create(b, loc, value);
    auto type = cast<VectorType>(shape(value.getType()));
    return arith::ConstantOp::create(b, loc,
                                     DenseElementsAttr::get(type, value));
  }
  Value constant(Type type, int64_t value) {
    return splat(b.getIntegerAttr(getElementTypeOrSelf(type), value));
  }
  Value constantF32(float value) { return splat(b.getF32FloatAttr(value)); }
  Value clamp(Value value, int64_t low, int64_t high) {
    Type type = value.getType();
    value = arith::MaxSIOp::create(b, loc, value, constant(type, low));
    return arith::MinSIOp::create(b, loc, value, constant(type, high));
  }
  Value truncate(Value value, Type type) {
    if (value.getType() == type)
      return value;
    return arith::TruncIOp::create(b, loc, type, value);
  }
  Value extend(Value value, Type type) {
    if (value.getType() == type)
      return value;
    return arith::ExtSIOp::create(b, loc, type, value);
  }
};
} // namespace

/// Rule R2, and R3 with `isDouble`: `(acc * m + round) >> shift` in i64.
static Value createScaled(Arith a, Value acc, Value multiplier, Value shift,
                          bool isDouble) {
  OpBuilder &b = a.b;
  Type i64 = a.shape(b.getI64Type());
  Value wide = a.extend(acc, i64);
  Value amount = a.extend(shift, i64);
  Value product =
      arith::MulIOp::create(b, a.loc, wide, a.extend(multiplier, i64));
  Value one = a.constant(i64, 1);
  Value below = arith::SubIOp::create(b, a.loc, amount, one);
  Value round = arith::ShLIOp::create(b, a.loc, one, below);
  if (isDouble) {
    Value zero = a.constant(i64, 0);
    Value isNonNegative = arith::CmpIOp::create(
        b, a.loc, arith::CmpIPredicate::sge, wide, zero);
    Value nudge = arith::SelectOp::create(b, a.loc, isNonNegative,
                                          a.constant(i64, int64_t(1) << 30),
                                          a.constant(i64, -(int64_t(1) << 30)));
    Value isLong = arith::CmpIOp::create(b, a.loc, arith::CmpIPredicate::sgt,
                                         amount, a.constant(i64, 31));
    nudge = arith::SelectOp::create(b, a.loc, isLong, nudge, zero);
    round = arith::AddIOp::create(b, a.loc, round, nudge);
  }
  Value rounded = arith::AddIOp::create(b, a.loc, product, round);
  return arith::ShRSIOp::create(b, a.loc, rounded, amount);
}

/// The integer type in which values of `storage` meet zero points: for i32,
/// differences leave 32 bits, and the bounds are no floats.
static Type getConversionType(OpBuilder &builder, Type storage) {
  return storage.getIntOrFloatBitWidth() < 32 ? builder.getI32Type()
                                              : builder.getI64Type();
}

/// Rounds a float in [low, high] after adding `zero`, all of them exact in f32
/// and together within i32.
static Value createRoundedNarrow(Arith a, Value real, int64_t low, int64_t high,
                                 int64_t zero) {
  OpBuilder &b = a.b;
  real = arith::MaximumFOp::create(b, a.loc, real, a.constantF32(low - zero));
  real = arith::MinimumFOp::create(b, a.loc, real, a.constantF32(high - zero));
  real = math::RoundEvenOp::create(b, a.loc, real);
  Type i32 = a.shape(b.getI32Type());
  Value value = arith::FPToSIOp::create(b, a.loc, i32, real);
  return arith::AddIOp::create(b, a.loc, value, a.constant(i32, zero));
}

/// The same for bounds that f32 does not hold: they are applied to an i64.
static Value createRoundedWide(Arith a, Value real, int64_t low, int64_t high,
                               int64_t zero) {
  OpBuilder &b = a.b;
  constexpr float limit = 0x1p62f;
  real = arith::MaximumFOp::create(b, a.loc, real, a.constantF32(-limit));
  real = arith::MinimumFOp::create(b, a.loc, real, a.constantF32(limit));
  real = math::RoundEvenOp::create(b, a.loc, real);
  Type i64 = a.shape(b.getI64Type());
  Value value = arith::FPToSIOp::create(b, a.loc, i64, real);
  value = arith::AddIOp::create(b, a.loc, value, a.constant(i64, zero));
  return a.clamp(value, low, high);
}

/// Rule R5.
static Value createRequantizeF32(Arith a, RequantizeOp op, Value accumulator,
                                 Value multiplier) {
  OpBuilder &b = a.b;
  int64_t zero = static_cast<int64_t>(op.getZeroPoint());
  int64_t low = static_cast<int64_t>(op.getClampMin());
  int64_t high = static_cast<int64_t>(op.getClampMax());
  Value real = arith::SIToFPOp::create(b, a.loc, a.shape(b.getF32Type()),
                                       accumulator);
  real = arith::MulFOp::create(b, a.loc, real, multiplier);
  auto isExact = [](int64_t value) { return std::abs(value) <= 1 << 24; };
  bool isNarrow = isExact(zero) && isExact(low - zero) && isExact(high - zero);
  Value value = isNarrow ? createRoundedNarrow(a, real, low, high, zero)
                         : createRoundedWide(a, real, low, high, zero);
  return a.truncate(value, a.shape(op.getType()));
}

Value qdot::createRequantize(OpBuilder &builder, RequantizeOp op,
                             Value accumulator, Value multiplier, Value shift) {
  auto vector = dyn_cast<VectorType>(accumulator.getType());
  Arith a{builder, op.getLoc(), vector ? vector.getDimSize(0) : 0,
          vector && vector.isScalable()};
  if (op.getContract() == ContractKind::F32)
    return createRequantizeF32(a, op, accumulator, multiplier);
  Value scaled = createScaled(a, accumulator, multiplier, shift,
                              op.getContract() == ContractKind::TosaDouble);
  Value zeroPoint = a.constant(builder.getI64Type(),
                               static_cast<int64_t>(op.getZeroPoint()));
  Value moved = arith::AddIOp::create(builder, a.loc, scaled, zeroPoint);
  return a.truncate(a.clamp(moved, static_cast<int64_t>(op.getClampMin()),
                            static_cast<int64_t>(op.getClampMax())),
                    a.shape(op.getType()));
}

Value qdot::createRescale(OpBuilder &builder, RescaleOp op) {
  auto vector = dyn_cast<VectorType>(op.getType());
  Arith a{builder, op.getLoc(), vector ? vector.getDimSize(0) : 0,
          vector && vector.isScalable()};
  Value most = a.constant(builder.getI32Type(), 31);
  Value shift = arith::SubIOp::create(builder, a.loc, most, op.getExponent());
  Value scaled = createScaled(a, op.getValue(), op.getMultiplier(), shift,
                              op.getContract() == ContractKind::TosaDouble);
  return a.truncate(scaled, op.getType());
}

Value qdot::createRequantize(OpBuilder &builder, RequantizeOp op) {
  return createRequantize(builder, op, op.getAccumulator(), op.getMultiplier(),
                          op.getShift());
}

/// The clamp is done in float, where both bounds are exact.
Value qdot::createRound(OpBuilder &builder, RoundOp op) {
  Arith a{builder, op.getLoc()};
  return a.truncate(createRoundedNarrow(a, op.getInput(),
                                        static_cast<int64_t>(op.getClampMin()),
                                        static_cast<int64_t>(op.getClampMax()),
                                        0),
                    op.getType());
}

Value qdot::createLookup(OpBuilder &builder, LookupOp op) {
  Arith a{builder, op.getLoc()};
  Type index = builder.getIndexType();
  Value position =
      arith::IndexCastOp::create(builder, a.loc, index, op.getIndex());
  position = arith::AddIOp::create(builder, a.loc, position,
                                   a.constant(index, 128));
  return tensor::ExtractOp::create(builder, a.loc, op.getTable(),
                                   ValueRange{position});
}

/// The reciprocal of a constant scale, if rule S7 proves it.
static std::optional<numerics::Reciprocal>
findReciprocal(Value scale, Value zeroPoint, numerics::StorageRange storage) {
  FloatAttr divisor;
  IntegerAttr zero;
  if (!matchPattern(scale, m_Constant(&divisor)) ||
      !matchPattern(zeroPoint, m_Constant(&zero)))
    return std::nullopt;
  int64_t offset = zero.getValue().getSExtValue();
  return numerics::findReciprocal(
      static_cast<float>(divisor.getValueAsDouble()),
      {storage.min - offset, storage.max - offset});
}

static Value multiply(Arith a, Value real, numerics::Reciprocal reciprocal) {
  Value high = a.constantF32(reciprocal.high);
  if (reciprocal.low == 0.0f)
    return arith::MulFOp::create(a.b, a.loc, real, high);
  Value rest = arith::MulFOp::create(a.b, a.loc, real,
                                     a.constantF32(reciprocal.low));
  return math::FmaOp::create(a.b, a.loc, real, high, rest);
}

/// The clamp is done in float, so the conversion to an integer is never out of
/// range.
Value qdot::createQuantize(OpBuilder &builder, Location loc, Value real,
                           Value scale, Value zeroPoint,
                           numerics::StorageRange storage, Type type,
                           bool canFuse) {
  Arith a{builder, loc};
  Type wide = getConversionType(builder, type), f32 = builder.getF32Type();
  std::optional<numerics::Reciprocal> reciprocal;
  if (canFuse)
    reciprocal = findReciprocal(scale, zeroPoint, storage);
  zeroPoint = a.extend(zeroPoint, wide);
  Value quotient =
      reciprocal ? multiply(a, real, *reciprocal)
                 : arith::DivFOp::create(builder, loc, real, scale).getResult();
  Value rounded = math::RoundEvenOp::create(builder, loc, quotient);
  Value isNaN = arith::CmpFOp::create(builder, loc, arith::CmpFPredicate::UNO,
                                      rounded, rounded);
  rounded = arith::SelectOp::create(builder, loc, isNaN, a.constantF32(0.0f),
                                    rounded);
  auto bound = [&](int64_t limit) -> Value {
    // Not every distance between two i32 is an f32: those bounds are applied
    // to the i64.
    if (wide.isInteger(64))
      return a.constantF32(limit < 0 ? -0x1p62f : 0x1p62f);
    Value distance = arith::SubIOp::create(
        builder, loc, a.constant(wide, limit), zeroPoint);
    return arith::SIToFPOp::create(builder, loc, f32, distance);
  };
  // No NaN is left, and an integer has no sign of zero.
  auto flags = arith::FastMathFlags::nnan | arith::FastMathFlags::nsz;
  Value clamped = arith::MaximumFOp::create(builder, loc, rounded,
                                            bound(storage.min), flags);
  clamped = arith::MinimumFOp::create(builder, loc, clamped,
                                      bound(storage.max), flags);
  Value q = arith::FPToSIOp::create(builder, loc, wide, clamped);
  q = arith::AddIOp::create(builder, loc, q, zeroPoint);
  if (wide.isInteger(64))
    q = a.clamp(q, storage.min, storage.max);
  return a.truncate(q, type);
}

Value qdot::createDequantize(OpBuilder &builder, Location loc, Value stored,
                             Value scale, Value zeroPoint, bool isSigned) {
  Arith a{builder, loc};
  Type type = getConversionType(builder, stored.getType());
  Value wide = isSigned ? a.extend(stored, type)
                        : arith::ExtUIOp::create(builder, loc, type, stored);
  Value centered =
      arith::SubIOp::create(builder, loc, wide, a.extend(zeroPoint, type));
  Value real =
      arith::SIToFPOp::create(builder, loc, builder.getF32Type(), centered);
  return arith::MulFOp::create(builder, loc, real, scale);
}
