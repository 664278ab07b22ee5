//===- Requantize.cpp - From an i32 accumulator to a storage type ---------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qdot/Numerics/Requantize.h"
#include "SoftFloat.h"
#include <algorithm>

namespace qdot::numerics {

using soft::Number;

static constexpr int minShift = 2;
static constexpr int maxShift = 62;
static constexpr int multiplierBits = 31;

// Rule R1.
FixedPointMultiplier decomposeMultiplier(double real) {
  Number number = soft::fromDouble(real);
  constexpr int significandBits = 53;
  // A denormal double is far below 2^-62.
  if (number.magnitude >> (significandBits - 1) == 0)
    return {0, maxShift};
  constexpr int drop = significandBits - multiplierBits;
  int64_t multiplier = static_cast<int64_t>(
      (number.magnitude + (1 << (drop - 1))) >> drop); // Half away from zero.
  int shift = -(number.exponent + drop);
  if (multiplier == int64_t(1) << multiplierBits) {
    multiplier >>= 1;
    --shift;
  }
  if (shift > maxShift)
    return {0, maxShift};
  if (shift < minShift)
    return {INT32_MAX, minShift};
  return {static_cast<int32_t>(multiplier), static_cast<int8_t>(shift)};
}

// Rule R2.
int64_t applySingleRound(int32_t value, FixedPointMultiplier by) {
  int64_t round = int64_t(1) << (by.shift - 1);
  return (int64_t(value) * by.multiplier + round) >> by.shift;
}

// Rule R3.
int64_t applyDoubleRound(int32_t value, FixedPointMultiplier by) {
  int64_t round = int64_t(1) << (by.shift - 1);
  if (by.shift > 31)
    round += value >= 0 ? int64_t(1) << 30 : -(int64_t(1) << 30);
  return (int64_t(value) * by.multiplier + round) >> by.shift;
}

// Rule S6. The doubled product fits 64 bits, and its upper half does not
// saturate, because the multiplier is not negative.
int32_t rescale(int32_t value, FixedPointMultiplier by, Contract contract) {
  int64_t doubled = 2 * int64_t(value) * by.multiplier;
  int64_t high;
  if (contract == Contract::TosaDouble)
    high = ((doubled + (int64_t(1) << 31)) >> 32) + (value >> 31);
  else
    high = doubled >> 32;
  int right = by.shift - 31;
  return static_cast<int32_t>((high + (int64_t(1) << (right - 1))) >> right);
}

// Rule R4.
int64_t requantize(int32_t value, FixedPointMultiplier by, int64_t zeroPoint,
                   StorageRange clamp, Contract contract) {
  int64_t scaled = contract == Contract::TosaDouble
                       ? applyDoubleRound(value, by)
                       : applySingleRound(value, by);
  return std::clamp(scaled + zeroPoint, clamp.min, clamp.max);
}

// Rule R5. Clamping after the rounding gives the same as before it, because
// both bounds are integers.
int64_t requantizeF32(int32_t value, float scale, int64_t zeroPoint,
                      StorageRange clamp) {
  Number converted = soft::roundTo(soft::fromInteger(value), soft::f32);
  Number product = soft::roundTo(
      soft::multiply(converted, soft::fromFloat(scale)), soft::f32);
  return std::clamp(soft::roundToInteger(product) + zeroPoint, clamp.min,
                    clamp.max);
}

// Rule R6.
double combineScales(double inputScale, double weightScale,
                     double outputScale) {
  return soft::divideF64(soft::multiplyF64(inputScale, weightScale),
                         outputScale);
}

/// The nearest f32, as a number.
static Number toF32(double value) {
  return soft::roundTo(soft::fromDouble(value), soft::f32);
}

// Rule R7.
float combineScalesF32(double inputScale, double weightScale,
                       double outputScale) {
  Number product = soft::roundTo(
      soft::multiply(toF32(inputScale), toF32(weightScale)), soft::f32);
  return soft::toFloat(
      soft::roundTo(soft::divideShort(product, toF32(outputScale)), soft::f32));
}

} // namespace qdot::numerics
