//===- Quantization.cpp - Scale, zero point and rounding ------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qdot/Numerics/Quantization.h"
#include "SoftFloat.h"
#include <algorithm>
#include <cfloat>
#include <cmath>
#include <cstring>
#include <optional>

namespace qdot::numerics {

using soft::Number;

/// Largest magnitude of a stored bias: a signed integer of 30 bits (rule Q5).
static constexpr int64_t maxBias = (int64_t(1) << 29) - 1;

static int64_t clampTo(int64_t value, StorageRange range) {
  return std::clamp(value, range.min, range.max);
}

/// An integer far outside every storage range, with the sign given.
static int64_t saturated(bool negative, StorageRange range) {
  return negative ? range.min : range.max;
}

static bool isZero(double value) { return soft::fromDouble(value).isZero(); }

static Number scaleF32(double scale) {
  return soft::roundTo(soft::fromDouble(scale), soft::f32);
}

// Rule Q1.
double roundHalfEven(double value) {
  if (soft::isNaN(value) || soft::isInfinite(value))
    return value;
  Number number = soft::fromDouble(value);
  if (number.exponent >= 0)
    return value;
  Number rounded = soft::fromInteger(soft::roundToInteger(number));
  rounded.negative = number.negative; // -0.0 keeps its sign.
  return soft::toDouble(rounded);
}

// Rule Q2.
double normalizeScale(double scale) {
  if (soft::compare(scale, FLT_MIN) < 0)
    return FLT_MIN;
  if (soft::compare(scale, FLT_MAX) >= 0)
    return FLT_MAX;
  double rounded = soft::toDouble(scaleF32(scale));
  return soft::compare(rounded, FLT_MAX) > 0 ? FLT_MAX : rounded;
}

/// `qmin - rmin / scale`, each operation in f64, rounded half to even.
static int64_t nudgeZeroPoint(double rmin, double scale, StorageRange range) {
  double steps = soft::divideF64(rmin, scale);
  if (soft::isInfinite(steps))
    return range.max;
  Number zeroPoint = soft::roundTo(
      soft::subtract(soft::fromInteger(range.min), soft::fromDouble(steps)),
      soft::f64);
  return clampTo(soft::roundToInteger(zeroPoint), range);
}

// Rule Q3.
QuantParams chooseAsymmetric(double rmin, double rmax, StorageRange range) {
  rmin = soft::isNegative(rmin) ? rmin : 0.0;
  rmax = soft::isNegative(rmax) ? 0.0 : rmax;
  if (isZero(rmin) && isZero(rmax))
    return {1.0, clampTo(0, range)};
  double width = soft::subtractF64(rmax, rmin);
  if (soft::isInfinite(width))
    width = DBL_MAX;
  double levels = soft::toDouble(soft::fromInteger(range.max - range.min));
  double scale = normalizeScale(soft::divideF64(width, levels));
  return {scale, nudgeZeroPoint(rmin, scale, range)};
}

/// `maxAbs / qmax` in f64, not yet a legal scale.
static double symmetricStep(double maxAbs, StorageRange range) {
  return soft::divideF64(maxAbs, soft::toDouble(soft::fromInteger(range.max)));
}

// Rule Q4.
QuantParams chooseSymmetric(double maxAbs, StorageRange range) {
  if (isZero(maxAbs))
    return {1.0, 0};
  return {normalizeScale(symmetricStep(maxAbs, range)), 0};
}

static bool isBiasTooLarge(double bias, double inputScale, double scale) {
  int64_t q = quantizeExact(bias, soft::multiplyF64(inputScale, scale),
                            {-maxBias - 1, maxBias + 1});
  return q < -maxBias || q > maxBias;
}

// Rule Q5.
double raiseScaleForBias(double scale, double bias, double inputScale) {
  if (isZero(bias))
    return normalizeScale(scale);
  double steps = soft::divideF64(bias, inputScale);
  double forBias =
      soft::divideF64(steps, soft::toDouble(soft::fromInteger(
                                 soft::isNegative(bias) ? -maxBias : maxBias)));
  double raised =
      normalizeScale(soft::compare(scale, forBias) >= 0 ? scale : forBias);
  // Rounding to f32 may have lowered the scale by a hair.
  while (soft::compare(raised, FLT_MAX) < 0 &&
         isBiasTooLarge(bias, inputScale, raised))
    raised = static_cast<double>(
        std::nextafter(static_cast<float>(raised), FLT_MAX));
  return raised;
}

// Rule Q5.
double chooseWeightScale(double maxAbs, double bias, double inputScale,
                         StorageRange range) {
  if (isZero(bias))
    return chooseSymmetric(maxAbs, range).scale;
  return raiseScaleForBias(symmetricStep(maxAbs, range), bias, inputScale);
}

/// By the bits, so that no mode of the processor matters.
static bool isNormal(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof(bits));
  uint32_t exponent = (bits >> 23) & 255;
  return exponent != 0 && exponent != 255;
}

/// Rule Q6 without the software division where the quotient is so far from the
/// middle between two integers that no rounding of it changes the result,
/// whatever the floating-point environment. Nullopt elsewhere.
static std::optional<int64_t> quantizeFast(float value, double scale) {
  if (!isNormal(value) || !isNormal(static_cast<float>(scale)))
    return std::nullopt;
  double steps = static_cast<double>(value) / scale;
  constexpr double limit = 1024.0;
  if (!(steps > -limit && steps < limit))
    return std::nullopt;
  // Conversion to an integer truncates in every rounding mode.
  auto nearest = static_cast<int64_t>(steps + (steps < 0 ? -0.5 : 0.5));
  double distance = steps - static_cast<double>(nearest);
  if (!(distance > -0.499 && distance < 0.499))
    return std::nullopt;
  return nearest;
}

// Rule Q6.
int64_t quantize(float value, const QuantParams &params, StorageRange range) {
  if (std::optional<int64_t> steps = quantizeFast(value, params.scale))
    return clampTo(*steps + params.zeroPoint, range);
  if (soft::isNaN(value))
    return clampTo(params.zeroPoint, range);
  if (soft::isInfinite(value))
    return saturated(soft::isNegative(value), range);
  Number steps = soft::roundTo(
      soft::divideShort(soft::fromFloat(value), scaleF32(params.scale)),
      soft::f32);
  return clampTo(soft::roundToInteger(steps) + params.zeroPoint, range);
}

// Rule Q7.
int64_t quantizeExact(double value, double scale, StorageRange range) {
  if (soft::isNaN(value))
    return clampTo(0, range);
  if (soft::isInfinite(value))
    return saturated(soft::isNegative(value), range);
  Number steps = soft::roundTo(
      soft::divide(soft::fromDouble(value), soft::fromDouble(scale)),
      soft::f64);
  return clampTo(soft::roundToInteger(steps), range);
}

// Rule Q8.
float dequantize(int64_t q, const QuantParams &params) {
  Number steps =
      soft::roundTo(soft::fromInteger(q - params.zeroPoint), soft::f32);
  return soft::toFloat(
      soft::roundTo(soft::multiply(steps, scaleF32(params.scale)), soft::f32));
}

} // namespace qdot::numerics
