//===- ExponentialTest.cpp - e^x in f32 -----------------------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qdot/Numerics/Exponential.h"
#include "gtest/gtest.h"
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>

using qdot::numerics::exponential;

static float toFloat(uint32_t bits) {
  float value;
  std::memcpy(&value, &bits, sizeof(value));
  return value;
}

/// Distance from e^x in units of the last place of the exact value.
static double measureError(float x, float y) {
  double exact = std::exp(static_cast<double>(x));
  int exponent;
  std::frexp(exact, &exponent);
  return std::abs(y - exact) / std::ldexp(1.0, std::max(exponent - 24, -149));
}

TEST(Exponential, IsWithinOneUnit) {
  for (uint64_t bits = 0; bits <= UINT32_MAX; bits += 1009) {
    float x = toFloat(static_cast<uint32_t>(bits));
    float y = exponential(x);
    if (std::isnan(x))
      ASSERT_TRUE(std::isnan(y));
    else if (std::isinf(static_cast<float>(std::exp(static_cast<double>(x)))))
      ASSERT_TRUE(std::isinf(y) && y > 0) << x;
    else
      ASSERT_LT(measureError(x, y), 1.0) << x;
  }
}

TEST(Exponential, Ends) {
  float infinity = std::numeric_limits<float>::infinity();
  EXPECT_EQ(exponential(0.0f), 1.0f);
  EXPECT_EQ(exponential(-0.0f), 1.0f);
  EXPECT_EQ(exponential(infinity), infinity);
  EXPECT_EQ(exponential(-infinity), 0.0f);
  EXPECT_EQ(exponential(-1e9f), 0.0f);
  EXPECT_EQ(exponential(-104.0f), 0.0f);
  EXPECT_EQ(exponential(-103.0f), std::exp(-103.0f)); // Subnormal.
  EXPECT_TRUE(std::isfinite(exponential(88.72f)));
  EXPECT_EQ(exponential(88.73f), infinity);
  EXPECT_TRUE(std::isnan(exponential(std::nanf(""))));
}
