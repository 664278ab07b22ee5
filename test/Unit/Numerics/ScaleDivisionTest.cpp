//===- ScaleDivisionTest.cpp - Tests of rule S7 ---------------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qdot/Numerics/ScaleDivision.h"
#include "gtest/gtest.h"
#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

using namespace qdot::numerics;

namespace {

constexpr StorageRange bytes{-128, 127};

/// What compiled code does, on the machine's floats.
int64_t compiled(float x, Reciprocal r, StorageRange range) {
  float q = r.low == 0.0f ? x * r.high : std::fma(x, r.high, x * r.low);
  q = std::isnan(q) ? 0.0f : std::nearbyint(q);
  return static_cast<int64_t>(
      std::clamp(q, float(range.min), float(range.max)));
}

void expectEqual(float x, float scale, Reciprocal r, StorageRange range) {
  // Q6 without a zero point; NaN gives 0.
  ASSERT_EQ(compiled(x, r, range), quantize(x, {scale, 0}, range))
      << x << " / " << scale;
}

TEST(ScaleDivision, EveryFloatOfOneScale) {
  // Both signs, from far below the first threshold to far above the last one.
  const float scale = 0.0123f;
  std::optional<Reciprocal> r = findReciprocal(scale, bytes);
  ASSERT_TRUE(r);
  for (float sign : {1.0f, -1.0f})
    for (float x = 0.25f * scale; x < 130.0f * scale;
         x = std::nextafter(x, 100.0f)) {
      // The machine's division is rule Q6's (QuantizationTest); it is faster.
      float q = std::nearbyint(sign * x / scale);
      ASSERT_EQ(compiled(sign * x, *r, bytes),
                static_cast<int64_t>(std::clamp(q, -128.0f, 127.0f)))
          << sign * x;
    }
}

TEST(ScaleDivision, ThresholdsOfManyScales) {
  std::mt19937 random(3);
  std::uniform_real_distribution<float> exponent(-30.0f, 30.0f);
  int proved = 0, scales = 2000;
  for (int i = 0; i < scales; ++i) {
    float scale = std::exp2(exponent(random));
    int64_t zero = std::uniform_int_distribution<int>(-128, 127)(random);
    StorageRange range{-128 - zero, 127 - zero};
    std::optional<Reciprocal> r = findReciprocal(scale, range);
    if (!r)
      continue;
    ++proved;
    for (int64_t k = range.min - 2; k <= range.max + 2; ++k) {
      float x = (float(k) - 0.5f) * scale;
      for (int step = 0; step < 4; ++step)
        x = std::nextafter(x, -INFINITY);
      for (int step = 0; step < 8; ++step, x = std::nextafter(x, INFINITY))
        expectEqual(x, scale, *r, range);
    }
  }
  // Two floats have 48 bits; ties that need more are rare.
  EXPECT_GT(proved, scales * 99 / 100);
}

TEST(ScaleDivision, OneReciprocalIsNotEnough) {
  // The proof would see it: without the second float, some value differs.
  std::mt19937 random(4);
  std::uniform_real_distribution<float> uniform(0.5f, 1.0f);
  int wrong = 0;
  for (int i = 0; i < 50; ++i) {
    float scale = uniform(random), high = 1.0f / scale;
    for (int64_t k = -127; k <= 127; ++k)
      for (float x : {std::nextafter((float(k) - 0.5f) * scale, -1e9f),
                      (float(k) - 0.5f) * scale,
                      std::nextafter((float(k) - 0.5f) * scale, 1e9f)})
        if (compiled(x, {high, 0.0f}, bytes) !=
            quantize(x, {scale, 0}, bytes)) {
          ++wrong;
          EXPECT_TRUE(multiplyByReciprocal(x, {high, 0.0f}) !=
                      quantize(x, {scale, 0}, {-1000, 1000}));
        }
  }
  EXPECT_GT(wrong, 50);
}

TEST(ScaleDivision, SpecialValues) {
  const float special[] = {0.0f,
                           -0.0f,
                           INFINITY,
                           -INFINITY,
                           NAN,
                           std::numeric_limits<float>::max(),
                           std::numeric_limits<float>::lowest(),
                           std::numeric_limits<float>::denorm_min(),
                           -std::numeric_limits<float>::min()};
  for (float scale : {0.1f, 0.5f, 3.0f, 1e-9f, 1e9f, 1.0f / 255.0f}) {
    std::optional<Reciprocal> r = findReciprocal(scale, bytes);
    ASSERT_TRUE(r);
    EXPECT_GT(r->high, 0.0f);
    EXPECT_GE(r->low, 0.0f);
    for (float x : special)
      expectEqual(x, scale, *r, bytes);
  }
}

TEST(ScaleDivision, PowersOfTwoNeedOneFactor) {
  std::optional<Reciprocal> r = findReciprocal(0.125f, bytes);
  ASSERT_TRUE(r);
  EXPECT_EQ(r->high, 8.0f);
  EXPECT_EQ(r->low, 0.0f);
}

TEST(ScaleDivision, RefusesWhatItCannotProve) {
  EXPECT_FALSE(findReciprocal(1e-30f, bytes));
  EXPECT_FALSE(findReciprocal(1e30f, bytes));
  EXPECT_FALSE(findReciprocal(0.1f, {INT32_MIN, INT32_MAX}));
  EXPECT_FALSE(findReciprocal(0.1f, {int64_t(1) << 40, (int64_t(1) << 40) + 5}));
  EXPECT_TRUE(findReciprocal(0.1f, {-32768, 32767}));
}

} // namespace
