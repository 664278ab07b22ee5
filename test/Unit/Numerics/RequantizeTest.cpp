//===- RequantizeTest.cpp - Rules R1 to R7 --------------------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qdot/Numerics/Requantize.h"
#include "Random.h"
#include "gtest/gtest.h"
#include <algorithm>

using namespace qdot::numerics;
using qdot::test::Random;

namespace {

constexpr StorageRange i8{-128, 127};
constexpr StorageRange i32{INT32_MIN, INT32_MAX};

// Transcriptions of the public formulas, each in its own terms.

/// TensorFlow, `QuantizeMultiplier`; the shift is TFLite's (left is positive).
void tfliteQuantizeMultiplier(double real, int32_t &multiplier, int &shift) {
  if (real == 0.0) {
    multiplier = shift = 0;
    return;
  }
  double q = std::frexp(real, &shift);
  auto fixed = static_cast<int64_t>(std::round(q * 2147483648.0));
  if (fixed == 2147483648ll) {
    fixed /= 2;
    ++shift;
  }
  if (shift < -31)
    shift = 0, fixed = 0;
  if (shift > 30)
    shift = 30, fixed = 2147483647;
  multiplier = static_cast<int32_t>(fixed);
}

/// gemmlowp, `SaturatingRoundingDoublingHighMul`.
int32_t srdhm(int32_t a, int32_t b) {
  if (a == b && a == INT32_MIN)
    return INT32_MAX;
  int64_t product = int64_t(a) * b;
  int64_t nudge = product >= 0 ? (1 << 30) : 1 - (1 << 30);
  return static_cast<int32_t>((product + nudge) / (1ll << 31));
}

/// gemmlowp, `RoundingDivideByPOT`.
int32_t roundingDivideByPot(int32_t x, int exponent) {
  int32_t mask = static_cast<int32_t>((1ll << exponent) - 1);
  int32_t remainder = x & mask;
  int32_t threshold = (mask >> 1) + (x < 0 ? 1 : 0);
  return (x >> exponent) + (remainder > threshold ? 1 : 0);
}

/// TFLite's default `MultiplyByQuantizedMultiplier`, right shifts only.
int32_t tfliteDouble(int32_t x, int32_t multiplier, int rightShift) {
  return roundingDivideByPot(srdhm(x, multiplier), rightShift);
}

/// The same with TFLITE_SINGLE_ROUNDING; `shift` in [-31, 30].
int64_t tfliteSingle(int32_t x, int32_t multiplier, int shift) {
  int totalShift = 31 - shift;
  int64_t round = 1ll << (totalShift - 1);
  return (x * int64_t(multiplier) + round) >> totalShift;
}

/// ONNX Runtime, `MlasRequantizeOutput`, one lane.
int32_t mlasRequantize(int32_t acc, float scale, int32_t zeroPoint, int32_t min,
                       int32_t max) {
  float f = static_cast<float>(acc);
  f = f * scale;
  f = std::max<float>(f, static_cast<float>(min - zeroPoint));
  f = std::min<float>(f, static_cast<float>(max - zeroPoint));
  volatile float magic = f + 12582912.0f;
  float copy = magic;
  int32_t bits;
  std::memcpy(&bits, &copy, sizeof bits);
  return bits - 0x4B400000 + zeroPoint;
}

/// `value * multiplier * 2^-shift`, nearest, ties up: by exact comparison.
int64_t nearestTiesUp(int32_t value, FixedPointMultiplier by) {
  __int128 twice = 2 * __int128(value) * by.multiplier;
  __int128 unit = __int128(1) << by.shift;
  int64_t candidate = static_cast<int64_t>(twice / (2 * unit)) - 2;
  // First integer n with value * multiplier < (n + 1/2) * unit.
  while (twice >= (2 * __int128(candidate) + 1) * unit)
    ++candidate;
  return candidate;
}

const int32_t edges[] = {INT32_MIN,
                         INT32_MIN + 1,
                         -65536,
                         -129,
                         -128,
                         -2,
                         -1,
                         0,
                         1,
                         2,
                         127,
                         128,
                         255,
                         65535,
                         INT32_MAX - 1,
                         INT32_MAX};

FixedPointMultiplier anyMultiplier(Random &random, int minShift, int maxShift) {
  int64_t multiplier = random.between(1ll << 30, (1ll << 31) - 1);
  if (random.next() % 8 == 0)
    multiplier = random.next() & 1 ? 1ll << 30 : (1ll << 31) - 1;
  return {static_cast<int32_t>(multiplier),
          static_cast<int8_t>(random.between(minShift, maxShift))};
}

/// Full range, edges, and values whose product lies next to a tie.
int32_t anyValue(Random &random, FixedPointMultiplier by) {
  switch (random.next() % 4) {
  case 0:
    return edges[random.next() % std::size(edges)];
  case 1:
    return random.nextInt32() >> random.between(0, 31);
  case 2: {
    double tie = (double(random.between(-200, 200)) + 0.5) *
                 std::ldexp(1.0, by.shift) / by.multiplier;
    return static_cast<int32_t>(std::clamp(tie + double(random.between(-1, 1)),
                                           -2147483648.0, 2147483647.0));
  }
  default:
    return random.nextInt32();
  }
}

TEST(R1, EqualsTfliteOverAWideSweep) {
  Random random(1);
  for (int i = 0; i < 4000000; ++i) {
    double real = random.logUniform(-80, 40);
    if (i % 16 == 0) // Just below a power of two: the carry case.
      real = std::ldexp(1.0 - std::ldexp(random.unit(), -31),
                        int(random.between(-70, 35)));
    FixedPointMultiplier ours = decomposeMultiplier(real);
    int32_t multiplier;
    int shift;
    tfliteQuantizeMultiplier(real, multiplier, shift);
    if (multiplier == 0) {
      ASSERT_EQ(ours, (FixedPointMultiplier{0, 62})) << real;
      continue;
    }
    if (31 - shift < 2) {
      ASSERT_EQ(ours, (FixedPointMultiplier{INT32_MAX, 2})) << real;
      continue;
    }
    ASSERT_EQ(ours.multiplier, multiplier) << real;
    ASSERT_EQ(ours.shift, 31 - shift) << real;
    ASSERT_GE(ours.multiplier, 1 << 30);
    double back = std::ldexp(double(ours.multiplier), -ours.shift);
    ASSERT_LE(std::fabs(back - real), real * 0x1p-31);
  }
}

TEST(R1, Edges) {
  EXPECT_EQ(decomposeMultiplier(0.0), (FixedPointMultiplier{0, 62}));
  EXPECT_EQ(decomposeMultiplier(4.9e-324), (FixedPointMultiplier{0, 62}));
  EXPECT_EQ(decomposeMultiplier(DBL_MAX), (FixedPointMultiplier{INT32_MAX, 2}));
  EXPECT_EQ(decomposeMultiplier(1.0), (FixedPointMultiplier{1 << 30, 30}));
  EXPECT_EQ(decomposeMultiplier(0x1p-32), (FixedPointMultiplier{1 << 30, 62}));
  EXPECT_EQ(decomposeMultiplier(0x1p-33), (FixedPointMultiplier{0, 62}));
  EXPECT_EQ(decomposeMultiplier(0x1p28), (FixedPointMultiplier{1 << 30, 2}));
  EXPECT_EQ(decomposeMultiplier(0x1p29), (FixedPointMultiplier{INT32_MAX, 2}));
  EXPECT_EQ(decomposeMultiplier(1.0 - 0x1p-40),
            (FixedPointMultiplier{1 << 30, 30}));
}

TEST(R2, EqualsTfliteSingleAndTheExactNearest) {
  Random random(2);
  for (int i = 0; i < 8000000; ++i) {
    FixedPointMultiplier by = anyMultiplier(random, 2, 62);
    int32_t value = anyValue(random, by);
    int64_t result = applySingleRound(value, by);
    ASSERT_EQ(result, tfliteSingle(value, by.multiplier, 31 - by.shift));
    ASSERT_EQ(result, nearestTiesUp(value, by)) << value;
  }
}

TEST(R2, ExactTiesRoundUp) {
  FixedPointMultiplier half = decomposeMultiplier(0.5);
  EXPECT_EQ(applySingleRound(1, half), 1);
  EXPECT_EQ(applySingleRound(3, half), 2);
  EXPECT_EQ(applySingleRound(-1, half), 0);
  EXPECT_EQ(applySingleRound(-3, half), -1);
}

TEST(R3, EqualsTfliteDouble) {
  Random random(3);
  for (int i = 0; i < 12000000; ++i) {
    FixedPointMultiplier by = anyMultiplier(random, 31, 62);
    int32_t value = anyValue(random, by);
    ASSERT_EQ(applyDoubleRound(value, by),
              tfliteDouble(value, by.multiplier, by.shift - 31))
        << value << " * " << by.multiplier << " >> " << int(by.shift);
  }
}

TEST(R3, EqualsSingleUpToShift31AndDiffersByOneAbove) {
  Random random(4);
  int differences = 0;
  for (int i = 0; i < 1000000; ++i) {
    FixedPointMultiplier by = anyMultiplier(random, 2, 62);
    int32_t value = anyValue(random, by);
    int64_t single = applySingleRound(value, by);
    int64_t twice = applyDoubleRound(value, by);
    ASSERT_LE(std::abs(single - twice), by.shift > 31 ? 1 : 0);
    differences += single != twice;
  }
  EXPECT_GT(differences, 1000);
}

void expectRescaleEqual(int32_t value, FixedPointMultiplier by) {
  ASSERT_EQ(rescale(value, by, Contract::TosaSingle),
            applySingleRound(value, by))
      << value << " * " << by.multiplier << " >> " << int(by.shift);
  ASSERT_EQ(rescale(value, by, Contract::TosaDouble),
            applyDoubleRound(value, by))
      << value << " * " << by.multiplier << " >> " << int(by.shift);
}

TEST(S6, EqualsBothTosaContracts) {
  Random random(6);
  for (int i = 0; i < 8000000; ++i) {
    FixedPointMultiplier by = anyMultiplier(random, 32, 62);
    if (i % 64 == 0)
      by.multiplier = static_cast<int32_t>(random.between(0, 3));
    ASSERT_NO_FATAL_FAILURE(expectRescaleEqual(anyValue(random, by), by));
  }
}

TEST(S6, EveryAccumulatorOfARange) {
  for (int shift = 32; shift <= 62; ++shift)
    for (int32_t multiplier : {0, 1 << 30, 1431655765, INT32_MAX})
      for (int32_t value = -40000; value <= 40000; ++value)
        ASSERT_NO_FATAL_FAILURE(expectRescaleEqual(
            value, {multiplier, static_cast<int8_t>(shift)}));
}

/// With a rounded upper half, one rounding would become two.
TEST(S6, TheContractsDiffer) {
  Random random(7);
  int differences = 0;
  for (int i = 0; i < 100000; ++i) {
    FixedPointMultiplier by = anyMultiplier(random, 32, 40);
    int32_t value = anyValue(random, by);
    differences += rescale(value, by, Contract::TosaSingle) !=
                   rescale(value, by, Contract::TosaDouble);
  }
  EXPECT_GT(differences, 0);
}

TEST(R4, AddsTheZeroPointWithoutWrapping) {
  FixedPointMultiplier one = decomposeMultiplier(1.0);
  FixedPointMultiplier large = decomposeMultiplier(0x1p27);
  for (Contract contract : {Contract::TosaSingle, Contract::TosaDouble}) {
    EXPECT_EQ(requantize(INT32_MAX, one, 127, i8, contract), 127);
    EXPECT_EQ(requantize(INT32_MIN, one, -128, i8, contract), -128);
    EXPECT_EQ(requantize(INT32_MAX, one, INT32_MAX, i32, contract), INT32_MAX);
    EXPECT_EQ(requantize(INT32_MIN, large, -1, i32, contract), INT32_MIN);
    EXPECT_EQ(requantize(5, one, -128, i8, contract), -123);
    EXPECT_EQ(requantize(5, {0, 62}, -7, i8, contract), -7);
    EXPECT_EQ(requantize(100, one, 0, {-10, 20}, contract), 20);
  }
}

TEST(R4, ExhaustiveEightBitToEightBit) {
  Random random(5);
  for (int i = 0; i < 20000; ++i) {
    double real = random.logUniform(-12, 6);
    FixedPointMultiplier by = decomposeMultiplier(real);
    int64_t zeroPoint = random.between(-128, 127);
    for (int32_t value = -255; value <= 255; ++value) {
      int64_t expected =
          std::clamp<int64_t>(nearestTiesUp(value, by) + zeroPoint, -128, 127);
      ASSERT_EQ(requantize(value, by, zeroPoint, i8, Contract::TosaSingle),
                expected);
    }
  }
}

TEST(R5, EqualsMlas) {
  Random random(6);
  for (int i = 0; i < 8000000; ++i) {
    float scale = static_cast<float>(random.logUniform(-34, 6));
    if (i % 8 == 0) // Exact ties.
      scale = std::ldexp(1.0f, int(random.between(-20, 2)));
    FixedPointMultiplier by = decomposeMultiplier(scale);
    int32_t value = anyValue(random, by);
    int32_t zeroPoint = int32_t(random.between(-128, 127));
    int32_t min = -128, max = 127;
    if (i % 4 == 0) {
      min = int32_t(random.between(-128, 127));
      max = int32_t(random.between(min, 127));
    }
    ASSERT_EQ(requantizeF32(value, scale, zeroPoint, {min, max}),
              mlasRequantize(value, scale, zeroPoint, min, max))
        << value << " * " << scale;
  }
}

TEST(R5, TiesGoToEvenBeforeTheZeroPoint) {
  EXPECT_EQ(requantizeF32(1, 0.5f, 1, i8), 1);
  // Zero is zero, times whatever.
  EXPECT_EQ(requantizeF32(0, 1e38f, 1, i8), 1);
  EXPECT_EQ(requantizeF32(3, 0.5f, 1, i8), 3);
  EXPECT_EQ(requantizeF32(-1, 0.5f, 1, i8), 1);
  EXPECT_EQ(requantizeF32(INT32_MAX, FLT_MAX, 0, i32), INT32_MAX);
  EXPECT_EQ(requantizeF32(INT32_MIN, FLT_MAX, 0, i32), INT32_MIN);
}

TEST(R6R7, CombinedScales) {
  Random random(7);
  for (int i = 0; i < 1000000; ++i) {
    float input = float(random.logUniform(-30, 30));
    float weight = float(random.logUniform(-30, 30));
    float output = float(random.logUniform(-30, 30));
    volatile double product = double(input) * double(weight);
    volatile double expected = product / double(output);
    ASSERT_EQ(combineScales(input, weight, output), expected);
    volatile float productF32 = input * weight;
    volatile float expectedF32 = productF32 / output;
    ASSERT_EQ(combineScalesF32(input, weight, output), expectedF32);
  }
  // Denormal and overflowing intermediate products.
  EXPECT_EQ(combineScalesF32(FLT_MIN, 0x1p-10, 1.0), 0x1p-136f);
  EXPECT_EQ(combineScalesF32(FLT_MIN, FLT_MIN, 1.0), 0.0f);
}

} // namespace
