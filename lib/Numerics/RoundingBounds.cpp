//===- RoundingBounds.cpp - When a float sum reaches an integer -----------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "RoundingBounds.h"
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>

namespace qdot::numerics {

using soft::Number;

/// Position of the highest bit. Precondition: value > 0.
static int getExponent(int64_t value) {
  return 63 - __builtin_clzll(static_cast<uint64_t>(value));
}

/// The tie `result - 1/2` is an f32 whose last bit is 0, so what lies within
/// half of its last place becomes the tie, which counts for even results only.
/// Floats below a power of two are twice as dense, but the only ties that are
/// one are 1/2, of the odd result 1, and -1/2, of the even result 0: both look
/// to the side of larger magnitude.
static SumBound getHalfEvenBound(int64_t result) {
  bool even = (result & 1) == 0;
  int64_t halves = 2 * result - 1;
  int64_t place = int64_t(1) << getExponent(std::abs(halves));
  int64_t tie = halves * (int64_t(1) << (boundBits - 1));
  return {even ? tie - place : tie + place, !even};
}

/// `result` is an f32 whose last bit is 0, so what lies within half of the last
/// place below it becomes `result`. The numbers below have the exponent of
/// `result - 1/4`.
static SumBound getTowardZeroBound(int64_t result) {
  int64_t place = int64_t(1) << (getExponent(4 * result - 1) - 1);
  return {result * (int64_t(1) << boundBits) - place, false};
}

SumBound getSumBound(int64_t result, Rounding rounding) {
  return rounding == Rounding::HalfEven ? getHalfEvenBound(result)
                                        : getTowardZeroBound(result);
}

bool isUsableScale(float value) {
  constexpr int minExponent = -60, maxExponent = 10;
  Number number = soft::fromFloat(value);
  return number.magnitude == 0 ||
         (number.exponent >= minExponent && number.exponent <= maxExponent);
}

FixedUnit FixedUnit::forScale(float scale) {
  Number number = soft::fromFloat(scale);
  if (number.magnitude == 0)
    return {};
  return {std::max(boundBits, -number.exponent)};
}

Wide FixedUnit::toUnits(float scale) const {
  Number number = soft::fromFloat(scale);
  if (number.magnitude == 0)
    return 0;
  Wide magnitude = static_cast<Wide>(number.magnitude)
                   << (number.exponent + unitBits);
  return number.negative ? -magnitude : magnitude;
}

Wide FixedUnit::toUnits(SumBound bound) const {
  return Wide(bound.value) * (Wide(1) << (unitBits - boundBits)) +
         (bound.open ? 1 : 0);
}

bool Interval::contains(const Number &value, FixedUnit unit) const {
  constexpr int minExponent = -100, maxExponent = 20;
  if (value.magnitude == 0)
    return low <= 0 && high >= 0;
  if (value.exponent < minExponent || value.exponent > maxExponent)
    return false;
  int shift = value.exponent + unit.unitBits;
  Wide magnitude = static_cast<Wide>(value.magnitude);
  Wide one = Wide(1) << std::max(0, -shift);
  Wide down = shift > 0 ? magnitude << shift : magnitude / one;
  Wide up = shift > 0 ? down : (magnitude + one - 1) / one;
  return value.negative ? low <= -up && high >= -down
                        : low <= down && high >= up;
}

/// The least number of 24 significant bits that is not less than `value`.
static Wide roundUpToF32(Wide value) {
  constexpr int precision = 24;
  Wide magnitude = value < 0 ? -value : value;
  Wide place = 1;
  while (magnitude / place >= (Wide(1) << precision))
    place *= 2;
  Wide kept = magnitude / place * place;
  if (value < 0)
    return -kept;
  // A carry gives a power of two, which is a float as well.
  return kept == value ? kept : kept + place;
}

std::optional<float> Interval::pickFloat(Wide wish, FixedUnit unit) const {
  if (isEmpty())
    return std::nullopt;
  for (Wide candidate : {wish, low + (high - low) / 2, low}) {
    Wide rounded = roundUpToF32(candidate);
    // At most 24 significant bits, so both steps are exact.
    if (rounded >= low && rounded <= high)
      return static_cast<float>(
          std::ldexp(static_cast<double>(rounded), -unit.unitBits));
  }
  return std::nullopt;
}

Number addExact(const Number &lhs, Number rhs) {
  rhs.negative = !rhs.negative;
  return soft::subtract(lhs, rhs);
}

Number fusedMultiplyAdd(const Number &lhs, float rhs, const Number &addend) {
  Number product = soft::multiply(lhs, soft::fromFloat(rhs));
  return soft::roundTo(addExact(product, addend), soft::f32);
}

float moveBy(float value, int places) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  bits += static_cast<uint32_t>(places);
  std::memcpy(&value, &bits, sizeof bits);
  return value;
}

} // namespace qdot::numerics
