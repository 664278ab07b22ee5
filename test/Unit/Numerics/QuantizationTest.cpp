//===- QuantizationTest.cpp - Rules Q1 to Q8 ------------------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qdot/Numerics/Quantization.h"
#include "Random.h"
#include "gtest/gtest.h"
#include <algorithm>

using namespace qdot::numerics;
using qdot::test::Random;

namespace {

constexpr StorageRange u8{0, 255};
constexpr StorageRange i8{-128, 127};
constexpr StorageRange i16{-32768, 32767};
constexpr StorageRange i32{INT32_MIN, INT32_MAX};

/// Nearest integer by comparing the exact distances to both neighbours.
double referenceRound(double value) {
  if (std::fabs(value) >= 0x1p52)
    return value;
  double below = std::floor(value);
  double fraction = value - below; // Exact below 2^52.
  bool isOdd = std::fmod(below, 2.0) != 0.0;
  double rounded =
      fraction > 0.5 || (fraction == 0.5 && isOdd) ? below + 1.0 : below;
  return std::copysign(rounded, value);
}

/// Rule Q6 with the machine's division.
int64_t referenceQuantize(float value, float scale, int64_t zeroPoint,
                          StorageRange range) {
  if (std::isnan(value))
    return std::clamp(zeroPoint, range.min, range.max);
  volatile float divided = value / scale;
  double steps = referenceRound(divided);
  double shifted =
      std::clamp(steps, -0x1p40, 0x1p40) + static_cast<double>(zeroPoint);
  return static_cast<int64_t>(std::clamp(
      shifted, static_cast<double>(range.min), static_cast<double>(range.max)));
}

bool isNormalF32(double scale) {
  return scale == static_cast<double>(static_cast<float>(scale)) &&
         scale >= FLT_MIN && scale <= FLT_MAX;
}

TEST(Q1, TiesGoToEven) {
  for (int64_t i = -100000; i <= 100000; ++i) {
    double tie = static_cast<double>(i) + 0.5;
    double even = static_cast<double>(i % 2 == 0 ? i : i + 1);
    ASSERT_EQ(roundHalfEven(tie), even) << tie;
    ASSERT_EQ(roundHalfEven(std::nextafter(tie, INFINITY)), i + 1) << tie;
    ASSERT_EQ(roundHalfEven(std::nextafter(tie, -INFINITY)), i) << tie;
    ASSERT_EQ(roundHalfEven(static_cast<double>(i)), i);
  }
}

TEST(Q1, EqualsReferenceOnAnyDouble) {
  Random random(1);
  for (int i = 0; i < 2000000; ++i) {
    uint64_t bits = random.next();
    // Half of the samples near the exponents where rounding happens.
    if (i % 2)
      bits = (bits & 0x800FFFFFFFFFFFFFull) |
             (uint64_t(random.between(1020, 1080)) << 52);
    double value;
    std::memcpy(&value, &bits, sizeof value);
    if (std::isnan(value)) {
      ASSERT_TRUE(std::isnan(roundHalfEven(value)));
      continue;
    }
    double rounded = roundHalfEven(value);
    ASSERT_EQ(rounded, referenceRound(value)) << value;
    ASSERT_EQ(std::signbit(rounded), std::signbit(value)) << value;
  }
}

TEST(Q1, LargeAndInfinite) {
  EXPECT_EQ(roundHalfEven(INFINITY), INFINITY);
  EXPECT_EQ(roundHalfEven(-INFINITY), -INFINITY);
  EXPECT_EQ(roundHalfEven(4503599627370495.5), 4503599627370496.0);
  EXPECT_EQ(roundHalfEven(4503599627370494.5), 4503599627370494.0);
  EXPECT_EQ(roundHalfEven(DBL_MAX), DBL_MAX);
}

TEST(Q2, ScaleIsAlwaysANormalF32) {
  EXPECT_EQ(normalizeScale(0.0), FLT_MIN);
  EXPECT_EQ(normalizeScale(-1.0), FLT_MIN);
  EXPECT_EQ(normalizeScale(1e-40), FLT_MIN);
  EXPECT_EQ(normalizeScale(4.9e-324), FLT_MIN);
  EXPECT_EQ(normalizeScale(std::nextafter(double(FLT_MIN), 0.0)), FLT_MIN);
  EXPECT_EQ(normalizeScale(1e300), FLT_MAX);
  EXPECT_EQ(normalizeScale(INFINITY), FLT_MAX);
  EXPECT_EQ(normalizeScale(double(FLT_MAX) * (1 - 1e-12)), FLT_MAX);
  EXPECT_EQ(normalizeScale(1.0), 1.0);
  Random random(2);
  for (int i = 0; i < 1000000; ++i) {
    double scale = random.logUniform(-126, 127);
    ASSERT_EQ(normalizeScale(scale), double(float(scale)));
  }
}

TEST(Q3, SeedCase) {
  QuantParams params = chooseAsymmetric(-1.5, 2.5, u8);
  EXPECT_EQ(params.scale, double(4.0f / 255.0f));
  EXPECT_EQ(params.zeroPoint, 96);
  EXPECT_EQ(quantize(0.5f, params, u8), 128);
  EXPECT_FLOAT_EQ(dequantize(128, params), 0.501961f);
  // Signed storage is the same code minus 128.
  QuantParams shifted = chooseAsymmetric(-1.5, 2.5, i8);
  EXPECT_EQ(shifted.scale, params.scale);
  EXPECT_EQ(shifted.zeroPoint, -32);
  EXPECT_EQ(quantize(0.5f, shifted, i8), 0);
}

TEST(Q3, OnlyZerosGiveScaleOne) {
  for (double zero : {0.0, -0.0}) {
    EXPECT_EQ(chooseAsymmetric(zero, zero, u8).scale, 1.0);
    EXPECT_EQ(chooseAsymmetric(zero, zero, u8).zeroPoint, 0);
    EXPECT_EQ(chooseAsymmetric(zero, zero, i8).zeroPoint, 0);
    EXPECT_EQ(chooseAsymmetric(zero, zero, {5, 9}).zeroPoint, 5);
    EXPECT_EQ(chooseAsymmetric(zero, zero, {-9, -5}).zeroPoint, -5);
  }
}

TEST(Q3, OneSidedAndConstantRangesAreExtendedToZero) {
  QuantParams positive = chooseAsymmetric(3.0, 5.1, u8);
  EXPECT_EQ(positive.scale, double(float(5.1 / 255)));
  EXPECT_EQ(positive.zeroPoint, 0);
  QuantParams negative = chooseAsymmetric(-5.1, -3.0, u8);
  EXPECT_EQ(negative.scale, positive.scale);
  EXPECT_EQ(negative.zeroPoint, 255);
  QuantParams constant = chooseAsymmetric(7.0, 7.0, i8);
  EXPECT_EQ(constant.zeroPoint, -128);
  EXPECT_EQ(quantize(7.0f, constant, i8), 127);
}

TEST(Q3, HugeRange) {
  QuantParams params = chooseAsymmetric(-FLT_MAX, FLT_MAX, i8);
  EXPECT_TRUE(isNormalF32(params.scale));
  EXPECT_EQ(params.scale, double(float(2.0 * FLT_MAX / 255)));
  EXPECT_LE(std::abs(params.zeroPoint), 1);
  EXPECT_EQ(quantize(FLT_MAX, params, i8), 127);
  EXPECT_EQ(quantize(-FLT_MAX, params, i8), -128);
  // A range wider than f64 itself.
  QuantParams wider = chooseAsymmetric(-DBL_MAX, DBL_MAX, i8);
  EXPECT_EQ(wider.scale, FLT_MAX);
  EXPECT_EQ(wider.zeroPoint, 127);
}

TEST(Q3, DenormalRange) {
  QuantParams positive = chooseAsymmetric(0.0, 1e-44, u8);
  EXPECT_EQ(positive.scale, FLT_MIN);
  EXPECT_EQ(positive.zeroPoint, 0);
  QuantParams negative = chooseAsymmetric(-1e-44, 0.0, u8);
  EXPECT_EQ(negative.scale, FLT_MIN);
  EXPECT_EQ(negative.zeroPoint, 0);
  QuantParams smallest = chooseAsymmetric(-4.9e-324, 0.0, u8);
  EXPECT_EQ(smallest.scale, FLT_MIN);
}

TEST(Q3, EveryRangeKeepsZeroExactAndCoversItsEnds) {
  Random random(3);
  for (int i = 0; i < 300000; ++i) {
    double a = random.logUniform(-130, 128) * (random.next() & 1 ? 1 : -1);
    double b = random.logUniform(-130, 128) * (random.next() & 1 ? 1 : -1);
    float rmin = float(std::min(a, b)), rmax = float(std::max(a, b));
    for (StorageRange range : {u8, i8, i16, weightRange}) {
      QuantParams params = chooseAsymmetric(rmin, rmax, range);
      ASSERT_TRUE(isNormalF32(params.scale));
      ASSERT_GE(params.zeroPoint, range.min);
      ASSERT_LE(params.zeroPoint, range.max);
      ASSERT_EQ(dequantize(params.zeroPoint, params), 0.0f);
      ASSERT_EQ(quantize(0.0f, params, range), params.zeroPoint);
      if (params.scale == FLT_MIN)
        continue;
      // The zero point's rounding may cut half a step off one end.
      for (double end : {double(rmin), double(rmax)}) {
        int64_t q = quantize(float(end), params, range);
        double back = params.scale * double(q - params.zeroPoint);
        ASSERT_LE(std::fabs(back - end), params.scale * 0.505)
            << rmin << " " << rmax;
      }
    }
  }
}

TEST(Q4, Symmetric) {
  EXPECT_EQ(chooseSymmetric(0.0, weightRange).scale, 1.0);
  EXPECT_EQ(chooseSymmetric(127.0, weightRange).scale, 1.0);
  EXPECT_EQ(chooseSymmetric(1e-44, weightRange).scale, FLT_MIN);
  QuantParams huge = chooseSymmetric(FLT_MAX, weightRange);
  EXPECT_TRUE(isNormalF32(huge.scale));
  EXPECT_EQ(quantize(-FLT_MAX, huge, weightRange), -127);
  Random random(4);
  for (int i = 0; i < 300000; ++i) {
    float maxAbs = float(random.logUniform(-100, 127));
    QuantParams params = chooseSymmetric(maxAbs, weightRange);
    ASSERT_EQ(params.zeroPoint, 0);
    ASSERT_EQ(params.scale, double(float(double(maxAbs) / 127.0)));
    ASSERT_EQ(quantize(maxAbs, params, weightRange), 127);
    ASSERT_EQ(quantize(-maxAbs, params, weightRange), -127);
  }
}

TEST(Q5, ScaleStaysWhereTheBiasFits) {
  EXPECT_EQ(chooseWeightScale(1.0, 0.0, 0.1, weightRange),
            chooseSymmetric(1.0, weightRange).scale);
  EXPECT_EQ(chooseWeightScale(1.0, 100.0, 0.1, weightRange),
            chooseSymmetric(1.0, weightRange).scale);
  EXPECT_EQ(chooseWeightScale(0.0, 0.0, 0.1, weightRange), 1.0);
}

TEST(Q5, BiasNeverNeedsMoreThan30Bits) {
  Random random(5);
  constexpr int64_t limit = (1 << 29) - 1;
  int raised = 0;
  for (int i = 0; i < 300000; ++i) {
    double maxAbs = i % 7 == 0 ? 0.0 : random.logUniform(-60, 10);
    double bias = random.logUniform(-30, 20) * (i & 1 ? 1 : -1);
    double inputScale = normalizeScale(random.logUniform(-30, 10));
    double scale = chooseWeightScale(maxAbs, bias, inputScale, weightRange);
    ASSERT_TRUE(isNormalF32(scale));
    int64_t q = quantizeExact(bias, inputScale * scale, biasRange);
    ASSERT_LE(std::abs(q), limit);
    double own = maxAbs == 0 ? 0 : chooseSymmetric(maxAbs, weightRange).scale;
    if (scale == own)
      continue;
    // Raised no further than needed.
    ++raised;
    ASSERT_GT(scale, own);
    ASSERT_GE(std::abs(q), limit - 200);
  }
  EXPECT_GT(raised, 10000);
}

TEST(Q6, ExhaustiveEightBitCodesAndTies) {
  Random random(6);
  for (int i = 0; i < 300; ++i) {
    // A power of two makes q * scale and every tie exact.
    double scale = i % 2 ? std::ldexp(1.0, int(random.between(-20, 20)))
                         : normalizeScale(random.logUniform(-20, 20));
    QuantParams params{scale, random.between(-128, 127)};
    for (int64_t q = -128; q <= 127; ++q)
      ASSERT_EQ(quantize(dequantize(q, params), params, i8), q);
    if (i % 2 == 0)
      continue;
    for (int64_t step = -300; step <= 300; ++step) {
      int64_t even = step % 2 == 0 ? step : step + 1;
      int64_t expected =
          std::clamp<int64_t>(even + params.zeroPoint, -128, 127);
      ASSERT_EQ(quantize(float((step + 0.5) * scale), params, i8), expected);
    }
  }
}

TEST(Q6, ZeroPointIsAddedAfterRounding) {
  // x/s = 0.5, zp = 1: ONNX's QuantizeLinear gives 1; rounding the sum gives 2.
  EXPECT_EQ(quantize(0.5f, {1.0, 1}, i8), 1);
  EXPECT_EQ(quantize(1.5f, {1.0, 1}, i8), 3);
}

TEST(Q6, NanIsTheZeroPointAndInfinitySaturates) {
  EXPECT_EQ(quantize(NAN, {0.1, 7}, i8), 7);
  EXPECT_EQ(quantize(-NAN, {0.1, -3}, i8), -3);
  EXPECT_EQ(quantize(INFINITY, {0.1, 7}, i8), 127);
  EXPECT_EQ(quantize(-INFINITY, {0.1, 7}, i8), -128);
  EXPECT_EQ(quantize(FLT_MAX, {FLT_MIN, 7}, i32), INT32_MAX);
  EXPECT_EQ(quantize(-FLT_MAX, {FLT_MIN, 7}, i32), INT32_MIN);
}

TEST(Q6, EqualsReferenceOnBoundariesAndRandomFloats) {
  Random random(7);
  std::vector<float> boundary = qdot::test::boundaryFloats();
  for (int i = 0; i < 2000; ++i) {
    float scale =
        float(normalizeScale(i == 0       ? 1.0
                             : i % 5 == 0 ? random.logUniform(-126, 127)
                                          : random.logUniform(-12, 4)));
    StorageRange range = i % 3 == 0 ? u8 : i % 3 == 1 ? i8 : i16;
    int64_t zeroPoint = random.between(range.min, range.max);
    QuantParams params{scale, zeroPoint};
    for (float value : boundary)
      ASSERT_EQ(quantize(value, params, range),
                referenceQuantize(value, scale, zeroPoint, range))
          << value << " / " << scale;
    for (int j = 0; j < 2000; ++j) {
      float value = j % 2 ? random.anyFloat()
                          : float((random.unit() - 0.5) * 600 * scale);
      ASSERT_EQ(quantize(value, params, range),
                referenceQuantize(value, scale, zeroPoint, range))
          << value << " / " << scale;
    }
  }
}

TEST(Q6, DivisionIsNotReciprocalMultiplication) {
  // Some value shows that the two differ, so the tests above can tell them
  // apart.
  Random random(8);
  const float scale = 0.0314159f, reciprocal = 1.0f / scale;
  int differences = 0;
  for (int i = 0; i < 4000000; ++i) {
    float value = float((random.unit() - 0.5) * 8.0);
    volatile float product = value * reciprocal;
    differences +=
        quantize(value, {scale, 0}, i16) != int64_t(referenceRound(product));
  }
  EXPECT_GT(differences, 0);
}

TEST(Q7, EqualsReferenceWithDivisionInF64) {
  Random random(9);
  for (int i = 0; i < 1000000; ++i) {
    double scale = random.logUniform(-60, 10);
    double value = (random.unit() - 0.5) * 5e9 * scale;
    volatile double divided = value / scale;
    double expected =
        std::clamp(referenceRound(divided), -2147483648.0, 2147483647.0);
    ASSERT_EQ(quantizeExact(value, scale, biasRange), int64_t(expected));
  }
  EXPECT_EQ(quantizeExact(2.5, 1.0, i8), 2);
  EXPECT_EQ(quantizeExact(3.5, 1.0, i8), 4);
  EXPECT_EQ(quantizeExact(NAN, 1.0, i8), 0);
  EXPECT_EQ(quantizeExact(INFINITY, 1.0, i8), 127);
  EXPECT_EQ(quantizeExact(-INFINITY, 1.0, i8), -128);
  EXPECT_EQ(quantizeExact(1e308, 1e-308, i32), INT32_MAX);
}

TEST(Q8, ProductInF32) {
  Random random(10);
  for (int i = 0; i < 1000000; ++i) {
    float scale = i % 10 == 0 ? FLT_MIN : float(random.logUniform(-120, 90));
    int64_t zeroPoint = random.between(-128, 127);
    int64_t q = i % 3 ? random.between(-128, 127) : random.nextInt32();
    volatile float steps = static_cast<float>(q - zeroPoint);
    volatile float expected = steps * scale;
    ASSERT_EQ(dequantize(q, {scale, zeroPoint}), expected);
  }
  EXPECT_EQ(dequantize(INT32_MAX, {FLT_MAX, 0}), INFINITY);
}

} // namespace
