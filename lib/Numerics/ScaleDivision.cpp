//===- ScaleDivision.cpp - Division by a scale as multiplication ----------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qdot/Numerics/ScaleDivision.h"
#include "SoftFloat.h"
#include <algorithm>
#include <cmath>
#include <limits>

using namespace qdot::numerics;

int64_t qdot::numerics::multiplyByReciprocal(float x, Reciprocal reciprocal) {
  soft::Number value = soft::fromFloat(x);
  soft::Number product =
      soft::multiply(value, soft::fromFloat(reciprocal.high));
  if (reciprocal.low != 0.0f) {
    soft::Number rest = soft::roundTo(
        soft::multiply(value, soft::fromFloat(reciprocal.low)), soft::f32);
    rest.negative = !rest.negative;
    product = soft::subtract(product, rest);
  }
  return soft::roundToInteger(soft::roundTo(product, soft::f32));
}

/// The largest float that is at most `1 / scale`, and what it lacks, which is
/// never negative: an infinite x then stays infinite.
static Reciprocal getReciprocal(float scale) {
  auto high = static_cast<float>(1.0 / scale);
  // The product of two floats is exact in f64.
  if (double(high) * scale > 1.0)
    high = std::nextafter(high, 0.0f);
  double missing = 1.0 - double(high) * scale;
  return {high, static_cast<float>(missing / scale)};
}

/// The least float that the division takes to `result` or more.
static float findThreshold(int64_t result, float scale) {
  constexpr float infinity = std::numeric_limits<float>::infinity();
  auto reaches = [&](float x) {
    StorageRange around{result - 1, result};
    return quantize(x, {scale, 0}, around) == result;
  };
  auto x = static_cast<float>((double(result) - 0.5) * scale);
  while (reaches(x))
    x = std::nextafter(x, -infinity);
  while (!reaches(x))
    x = std::nextafter(x, infinity);
  return x;
}

std::optional<Reciprocal>
qdot::numerics::findReciprocal(float scale, StorageRange range) {
  // Far from where products or thresholds become subnormal or infinite.
  constexpr float least = 0x1p-60f, most = 0x1p60f;
  if (!(scale >= least && scale <= most) ||
      range.max - range.min >= int64_t(1) << 16 ||
      std::max(std::abs(range.min), std::abs(range.max)) > int64_t(1) << 17)
    return std::nullopt;
  Reciprocal reciprocal = getReciprocal(scale);
  // Both sides only grow with x, so they agree everywhere if they step from one
  // integer to the next at the same float.
  for (int64_t result = range.min + 1; result <= range.max; ++result) {
    float first = findThreshold(result, scale);
    float before =
        std::nextafter(first, -std::numeric_limits<float>::infinity());
    if (multiplyByReciprocal(first, reciprocal) < result ||
        multiplyByReciprocal(before, reciprocal) >= result)
      return std::nullopt;
  }
  return reciprocal;
}
