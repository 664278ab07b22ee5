//===- Exponential.cpp - The exponential function in f32 ------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qdot/Numerics/Exponential.h"
#include <cstdint>
#include <cstring>

using namespace qdot::numerics::exponential_constants;

static uint32_t toBits(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof(bits));
  return bits;
}

/// 2^exponent; any bits for exponents that no float has.
static float powerOf2(int32_t exponent) {
  uint32_t bits = (static_cast<uint32_t>(exponent) + 127) << 23;
  float value;
  std::memcpy(&value, &bits, sizeof(value));
  return value;
}

// Compiled with -ffp-contract=off. Every step has its counterpart in
// ExpandExp.cpp.
float qdot::numerics::exponential(float x) {
  bool isTiny = x < low;
  float clamped = isTiny ? low : x;
  clamped = clamped > high ? high : clamped;
  float shifted = clamped * log2e + magic;
  auto exponent = static_cast<int32_t>(toBits(shifted) - toBits(magic));
  float whole = shifted - magic;
  float rest = (clamped - whole * ln2High) - whole * ln2Low;
  float sum = coefficients[0];
  for (size_t at = 1; at < coefficients.size(); ++at)
    sum = sum * rest + coefficients[at];
  float result = (sum * (rest * rest) + rest) + 1.0f;
  // Zero before scaling, so that no product is subnormal without need.
  result = isTiny ? 0.0f : result;
  int32_t half = exponent >> 1;
  return (result * powerOf2(half)) * powerOf2(exponent - half);
}
