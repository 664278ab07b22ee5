//===- Elementwise.cpp - Integer forms of elementwise operations ----------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qdot/Numerics/Elementwise.h"
#include "SoftFloat.h"

namespace qdot::numerics {

/// Largest |q - Z| of an 8-bit operand.
static constexpr int64_t maxDistance = 255;
/// Fraction bits of the accumulator of rule E1: more than f32 gives no gain.
static constexpr unsigned maxFractionBits = 22;
/// Fraction bits of the slope, and bits of the offset, of rule E3. Together:
/// 255 * 2^20 + 2^30 < 2^31.
static constexpr int slopeBits = 20;
static constexpr int offsetBits = 30;

/// 2^exponent.
static double powerOfTwo(int exponent) {
  return soft::toDouble({false, 1, exponent, false});
}

/// `roundHalfEven(value / unit)`, saturated to i32 and a little beyond.
static int64_t inUnitsOf(double value, double unit) {
  constexpr int64_t limit = int64_t(1) << 40;
  return quantizeExact(value, unit, {-limit, limit});
}

double AddParams::realMultiplier() const {
  return powerOfTwo(-static_cast<int>(fractionBits));
}

FixedPointMultiplier AddParams::requantization() const {
  return {1 << 30, static_cast<int8_t>(fractionBits + 30)};
}

/// Rule E1 for one k.
static std::optional<AddParams>
tryAddParams(const std::vector<double> &inputScales, double outputScale,
             unsigned fractionBits) {
  double unit = soft::multiplyF64(outputScale,
                                  powerOfTwo(-static_cast<int>(fractionBits)));
  AddParams params{{}, fractionBits};
  int64_t bound = int64_t(1) << (fractionBits - 1);
  for (double scale : inputScales) {
    int64_t multiplier = inUnitsOf(scale, unit);
    bound += maxDistance * multiplier;
    if (bound > INT32_MAX)
      return std::nullopt;
    params.multipliers.push_back(static_cast<int32_t>(multiplier));
  }
  return params;
}

// Rule E1.
std::optional<AddParams> chooseAddParams(const std::vector<double> &inputScales,
                                         double outputScale) {
  for (unsigned bits = maxFractionBits; bits >= 1; --bits)
    if (auto params = tryAddParams(inputScales, outputScale, bits))
      return params;
  return std::nullopt;
}

std::optional<AddParams> chooseAddParams(double lhsScale, double rhsScale,
                                         double outputScale) {
  return chooseAddParams({lhsScale, rhsScale}, outputScale);
}

// Rule E2.
double mulMultiplier(double lhsScale, double rhsScale, double outputScale) {
  return combineScales(lhsScale, rhsScale, outputScale);
}

static bool isFinite(double value) {
  return !soft::isNaN(value) && !soft::isInfinite(value);
}

static double absolute(double value) {
  soft::Number number = soft::fromDouble(value);
  number.negative = false;
  return soft::toDouble(number);
}

/// The real value of one unit of the accumulator of rule E3: `step` (one input
/// step times |a|) in 2^-20, unless the offset then needs more than 30 bits.
static double affineUnit(double step, double offset) {
  double forSlope = soft::multiplyF64(step, powerOfTwo(-slopeBits));
  double forOffset =
      soft::multiplyF64(absolute(offset), powerOfTwo(-offsetBits));
  return soft::compare(forSlope, forOffset) >= 0 ? forSlope : forOffset;
}

// Rule E3.
std::optional<AffineParams>
chooseAffineParams(const std::vector<double> &factors,
                   const std::vector<double> &offsets, double inputScale,
                   double outputScale) {
  if (factors.size() != offsets.size())
    return std::nullopt;
  AffineParams params;
  for (size_t c = 0; c < factors.size(); ++c) {
    double step = soft::multiplyF64(factors[c], inputScale);
    if (!isFinite(factors[c]) || !isFinite(offsets[c]) || !isFinite(step))
      return std::nullopt;
    double unit = affineUnit(absolute(step), offsets[c]);
    bool isZero = soft::fromDouble(unit).isZero();
    params.weights.push_back(isZero ? 0 : inUnitsOf(step, unit));
    params.biases.push_back(isZero ? 0 : inUnitsOf(offsets[c], unit));
    params.realMultipliers.push_back(soft::divideF64(unit, outputScale));
  }
  return params;
}

// Rule E4.
double averageMultiplier(double inputScale, int64_t count, double outputScale) {
  double taps = soft::toDouble(soft::fromInteger(count));
  return soft::divideF64(inputScale, soft::multiplyF64(taps, outputScale));
}

// Rule T1.
std::vector<int64_t> tabulate(const std::function<float(float)> &function,
                              const QuantParams &input, StorageRange inputRange,
                              const QuantParams &output,
                              StorageRange outputRange) {
  std::vector<int64_t> table;
  for (int64_t q = inputRange.min; q <= inputRange.max; ++q)
    table.push_back(
        quantize(function(dequantize(q, input)), output, outputRange));
  return table;
}

} // namespace qdot::numerics
