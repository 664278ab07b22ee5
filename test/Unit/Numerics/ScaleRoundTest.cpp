//===- ScaleRoundTest.cpp - Rules S1 and S2 -------------------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qdot/Numerics/ScaleRound.h"
#include "Random.h"
#include "gtest/gtest.h"
#include <algorithm>

using namespace qdot::numerics;
using qdot::test::Random;

namespace {

constexpr StorageRange i8{-128, 127};
constexpr StorageRange u8{0, 255};
constexpr StorageRange i32{INT32_MIN, INT32_MAX};
constexpr Contract tosaContracts[] = {Contract::TosaSingle,
                                      Contract::TosaDouble};

/// What the x86 instructions do: vcvtdq2ps, vfmadd, vcvtps2dq, clamp.
int64_t onTheMachine(int32_t acc, ScaleRound by, StorageRange clamp) {
  float sum = std::fmaf(static_cast<float>(acc), by.scale, by.offset);
  if (!(std::fabs(sum) < 2147483648.0f))
    return INT64_MIN; // vcvtps2dq would overflow.
  return std::clamp<int64_t>(std::lrintf(sum), clamp.min, clamp.max);
}

/// The first accumulator of the range whose bytes differ, if any.
std::optional<int64_t> firstDifference(ScaleRound found, StorageRange acc,
                                       FixedPointMultiplier by,
                                       int64_t zeroPoint, StorageRange clamp,
                                       Contract contract) {
  for (int64_t a = acc.min; a <= acc.max; ++a) {
    auto value = static_cast<int32_t>(a);
    if (requantize(value, by, zeroPoint, clamp, contract) !=
        onTheMachine(value, found, clamp))
      return a;
  }
  return std::nullopt;
}

TEST(S1ScaleRound, EqualsTheMachine) {
  Random random(1);
  for (int i = 0; i < 4000000; ++i) {
    int32_t acc = random.nextInt32() >> random.between(0, 31);
    float scale = static_cast<float>(random.logUniform(-40, -1));
    float offset = static_cast<float>(
        (random.unit() - 0.5) * std::ldexp(1.0, int(random.between(-30, 20))));
    if (i % 4 == 0) // A tie, or next to one.
      offset = static_cast<float>(double(random.between(-300, 300)) - 0.5 -
                                  double(static_cast<float>(acc)) * scale);
    ASSERT_EQ(scaleRound(acc, scale, offset, i32),
              onTheMachine(acc, {scale, offset}, i32))
        << acc << " " << scale << " " << offset;
  }
}

TEST(S1ScaleRound, Extremes) {
  for (int32_t acc : {INT32_MIN, INT32_MIN + 1, -1, 0, 1, 16777217, INT32_MAX})
    for (float scale : {0.0f, FLT_MIN, 0x1p-32f, 0x1p-2f, 1.0f})
      for (float offset : {0.0f, -0.0f, FLT_MIN, -0.5f, 0.5f, 1.5f, -128.0f}) {
        if (scale == 1.0f && std::abs(int64_t(acc)) > (1 << 30))
          continue; // Too large for the conversion.
        EXPECT_EQ(scaleRound(acc, scale, offset, i8),
                  onTheMachine(acc, {scale, offset}, i8))
            << acc << " " << scale << " " << offset;
      }
}

/// A multiplier that maps a range of about `steps` steps of 8 bits.
FixedPointMultiplier realistic(Random &random, int64_t size, double steps) {
  return decomposeMultiplier(steps * (0.5 + random.unit()) /
                             (2.0 * double(size)));
}

TEST(S2FindScaleRound, EveryAccumulatorOfSmallRanges) {
  Random random(2);
  int found = 0, tried = 0;
  for (int i = 0; i < 2000; ++i) {
    int64_t size = random.between(1, 20000);
    StorageRange acc{-size, random.between(-size, size)};
    FixedPointMultiplier by = realistic(random, size, 255);
    StorageRange clamp = i % 3 == 0 ? u8 : i8;
    int64_t zeroPoint = random.between(clamp.min, clamp.max);
    if (i % 5 == 0)
      clamp.min = zeroPoint; // ReLU
    if (i % 7 == 0)
      clamp.max = random.between(clamp.min, clamp.max); // ReLU6
    for (Contract contract : tosaContracts) {
      tried += contract == Contract::TosaSingle;
      auto result = findScaleRound(acc, by, zeroPoint, clamp, contract);
      if (!result)
        continue;
      found += contract == Contract::TosaSingle;
      auto difference =
          firstDifference(*result, acc, by, zeroPoint, clamp, contract);
      ASSERT_FALSE(difference) << "acc " << *difference << " of " << size;
      ASSERT_TRUE(
          provesScaleRound(*result, acc, by, zeroPoint, clamp, contract));
    }
  }
  EXPECT_GT(found, tried * 95 / 100);
}

TEST(S2FindScaleRound, EveryAccumulatorOfLargeRanges) {
  Random random(3);
  int found = 0;
  for (int i = 0; i < 60; ++i) {
    int64_t size = random.between(100000, 3000000);
    StorageRange acc{-size, size};
    FixedPointMultiplier by =
        realistic(random, size, double(random.between(4, 300)));
    Contract contract = tosaContracts[i % 2];
    int64_t zeroPoint = random.between(-128, 127);
    auto result = findScaleRound(acc, by, zeroPoint, i8, contract);
    if (!result)
      continue;
    ++found;
    auto difference =
        firstDifference(*result, acc, by, zeroPoint, i8, contract);
    ASSERT_FALSE(difference) << "acc " << *difference << " of " << size;
  }
  EXPECT_GT(found, 5);
}

/// Beyond 2^24 the conversion to f32 rounds, which moves steps.
TEST(S2FindScaleRound, ConversionRounds) {
  Random random(14);
  int found = 0, tried = 0;
  for (int i = 0; i < 4000; ++i) {
    FixedPointMultiplier by{
        i % 3 == 0 ? 1 << 30
                   : static_cast<int32_t>(random.between(1 << 30, INT32_MAX)),
        static_cast<int8_t>(random.between(53, 58))};
    int64_t limit = random.between(1 << 25, INT32_MAX);
    int64_t zeroPoint = random.between(-3, 3);
    ++tried;
    auto result = findScaleRound({-limit, limit}, by, zeroPoint, i8,
                                 Contract::TosaSingle);
    if (!result)
      continue;
    ++found;
    double width = std::ldexp(1.0, by.shift) / by.multiplier;
    for (double tie = 0.5; tie * width < double(limit); ++tie)
      for (int64_t near = -150; near <= 150; ++near)
        for (double side : {-tie, tie}) {
          int64_t acc = static_cast<int64_t>(side * width) + near;
          auto value =
              static_cast<int32_t>(std::clamp<int64_t>(acc, -limit, limit));
          ASSERT_EQ(requantize(value, by, zeroPoint, i8, Contract::TosaSingle),
                    onTheMachine(value, *result, i8))
              << value << " shift " << int(by.shift);
        }
  }
  EXPECT_GT(found, 20);
  EXPECT_LT(found, tried);
}

/// Where the constants say yes on neighbours of ties, ends and random values.
TEST(S2FindScaleRound, EveryShiftOnTheFullRange) {
  Random random(4);
  int found = 0;
  for (int shift = 2; shift <= 62; ++shift)
    for (int i = 0; i < 40; ++i) {
      FixedPointMultiplier by{
          static_cast<int32_t>(random.between(1 << 30, INT32_MAX)),
          static_cast<int8_t>(shift)};
      if (i == 0)
        by.multiplier = 1 << 30;
      int64_t limit =
          i % 4 == 0 ? INT32_MAX : int64_t(1) << random.between(1, 31);
      StorageRange acc{-limit, std::min<int64_t>(limit, INT32_MAX)};
      Contract contract = tosaContracts[i % 2];
      int64_t zeroPoint = random.between(-128, 127);
      auto result = findScaleRound(acc, by, zeroPoint, i8, contract);
      if (!result)
        continue;
      ++found;
      for (int j = 0; j < 3000; ++j) {
        int64_t a = j < 2 ? (j == 0 ? acc.min : acc.max)
                    : j % 2
                        ? random.between(acc.min, acc.max)
                        : int64_t((double(random.between(-256, 256)) - 0.5) *
                                  std::ldexp(1.0, shift) / by.multiplier) +
                              random.between(-1, 1);
        a = std::clamp(a, acc.min, acc.max);
        auto value = static_cast<int32_t>(a);
        ASSERT_EQ(requantize(value, by, zeroPoint, i8, contract),
                  onTheMachine(value, *result, i8))
            << a << " shift " << shift;
      }
    }
  EXPECT_GT(found, 500);
}

TEST(S2FindScaleRound, ZeroMultiplierAndConstantResults) {
  FixedPointMultiplier zero = decomposeMultiplier(0.0);
  auto result = findScaleRound(i32, zero, 5, i8, Contract::TosaSingle);
  ASSERT_TRUE(result);
  EXPECT_EQ(*result, (ScaleRound{0.0f, 5.0f}));
  // Everything is clamped to one value.
  result = findScaleRound({0, 1000}, decomposeMultiplier(0.5), 9, {3, 3},
                          Contract::TosaDouble);
  ASSERT_TRUE(result);
  EXPECT_EQ(scaleRound(1000, result->scale, result->offset, {3, 3}), 3);
}

TEST(S2FindScaleRound, RefusesWhatIsTooWide) {
  FixedPointMultiplier one = decomposeMultiplier(1.0);
  EXPECT_FALSE(findScaleRound(i32, one, 0, i32, Contract::TosaSingle));
  // The conversion would overflow though the clamp is narrow.
  FixedPointMultiplier large = decomposeMultiplier(1024.0);
  EXPECT_FALSE(findScaleRound({-(1 << 30), 1 << 30}, large, 0, i8,
                              Contract::TosaSingle));
}

TEST(S2FindScaleRound, SixteenBitResults) {
  Random random(5);
  int found = 0;
  for (int i = 0; i < 30; ++i) {
    StorageRange acc{-40000, 40000};
    FixedPointMultiplier by = decomposeMultiplier(random.logUniform(-6, 1));
    StorageRange i16{-32768, 32767};
    auto result = findScaleRound(acc, by, 0, i16, Contract::TosaSingle);
    if (!result)
      continue;
    ++found;
    ASSERT_FALSE(
        firstDifference(*result, acc, by, 0, i16, Contract::TosaSingle));
  }
  EXPECT_GT(found, 3);
}

TEST(S2FindScaleRoundF32, EveryAccumulator) {
  Random random(6);
  int found = 0, tried = 200;
  for (int i = 0; i < tried; ++i) {
    int64_t size = random.between(1, 20000);
    StorageRange acc{-size, size};
    auto scale = static_cast<float>(
        realistic(random, size, 255).multiplier *
        std::ldexp(1.0, -realistic(random, size, 255).shift));
    int64_t zeroPoint = random.between(-128, 127);
    auto result = findScaleRoundF32(acc, scale, zeroPoint, i8);
    if (!result)
      continue;
    ++found;
    for (int64_t a = -size; a <= size; ++a)
      ASSERT_EQ(requantizeF32(int32_t(a), scale, zeroPoint, i8),
                onTheMachine(int32_t(a), *result, i8));
  }
  EXPECT_GT(found, tried * 8 / 10);
}

/// vcvtdq2ps, vfmadd, vcvttps2dq on an accumulator that starts from the bias.
int64_t onTheMachine(int32_t acc, ScaleTruncate by, StorageRange clamp) {
  int64_t biased = int64_t(acc) + by.bias;
  auto real = static_cast<float>(static_cast<int32_t>(biased));
  float sum = std::fmaf(real, by.scale, std::fmaf(real, by.fine, by.offset));
  if (biased < INT32_MIN || biased > INT32_MAX ||
      !(std::fabs(sum) < 2147483648.0f))
    return INT64_MIN;
  return std::clamp<int64_t>(static_cast<int32_t>(sum) - by.base, clamp.min,
                             clamp.max);
}

TEST(S3ScaleTruncate, EqualsTheMachine) {
  Random random(8);
  for (int i = 0; i < 2000000; ++i) {
    int32_t acc = random.nextInt32() >> random.between(1, 31);
    auto bias = static_cast<int32_t>(random.between(-1000, 1000));
    auto scale = static_cast<float>(random.logUniform(-40, -1));
    auto offset = static_cast<float>(
        (random.unit() - 0.5) * std::ldexp(1.0, int(random.between(-30, 20))));
    if (i % 4 == 0) // An integer, or next to one.
      offset = static_cast<float>(double(random.between(-300, 300)) -
                                  double(acc + bias) * scale);
    ScaleTruncate by{bias, scale, offset};
    if (i % 2 == 0) {
      by.fine = std::ldexp(scale, -int(random.between(20, 30)));
      by.base = int32_t(random.between(-300, 300));
    }
    ASSERT_EQ(scaleTruncate(acc, by, i32), onTheMachine(acc, by, i32))
        << acc << " " << bias << " " << scale << " " << offset;
  }
}

/// Checks every accumulator; returns whether constants were found.
bool checkTruncate(StorageRange acc, FixedPointMultiplier by, int64_t zeroPoint,
                   StorageRange clamp, Contract contract,
                   std::initializer_list<int32_t> bases = {0}) {
  std::optional<ScaleTruncate> found;
  for (int32_t base : bases)
    if (!found)
      found = findScaleTruncate(acc, by, zeroPoint, clamp, contract, base);
  if (!found)
    return false;
  for (int64_t a = acc.min; a <= acc.max; ++a) {
    auto value = static_cast<int32_t>(a);
    int64_t expected = requantize(value, by, zeroPoint, clamp, contract);
    if (expected == onTheMachine(value, *found, clamp))
      continue;
    ADD_FAILURE() << a << " in " << acc.min << ".." << acc.max << ", bias "
                  << found->bias << " shift " << int(by.shift);
    break;
  }
  return true;
}

TEST(S3FindScaleTruncate, EveryAccumulatorOfSmallRanges) {
  Random random(9);
  int found = 0, tried = 0;
  for (int i = 0; i < 2000; ++i) {
    int64_t size = random.between(1, 20000);
    StorageRange acc{-size, random.between(-size, size)};
    FixedPointMultiplier by = realistic(random, size, 255);
    StorageRange clamp = u8;
    int64_t zeroPoint = random.between(-30, 300);
    if (i % 5 == 0)
      clamp.min = std::clamp<int64_t>(zeroPoint, 0, 255); // ReLU
    if (i % 7 == 0)
      clamp.max = random.between(clamp.min, clamp.max); // ReLU6
    for (Contract contract : tosaContracts) {
      bool success = checkTruncate(acc, by, zeroPoint, clamp, contract);
      found += success && contract == Contract::TosaSingle;
    }
    ++tried;
  }
  EXPECT_EQ(found, tried);
}

TEST(S3FindScaleTruncate, EveryAccumulatorOfLargeRanges) {
  Random random(10);
  int found = 0, tried = 40;
  for (int i = 0; i < tried; ++i) {
    int64_t size = random.between(30000, 150000);
    found += checkTruncate({-20 * size, 20 * size}, // Most of it saturates.
                           realistic(random, size, 255), random.between(0, 255),
                           u8, Contract::TosaSingle);
  }
  EXPECT_GT(found, tried * 3 / 4);
}

TEST(S5FindScaleTruncate, EveryAccumulatorOfLargeRanges) {
  Random random(13);
  int64_t steps[] = {1200, 3000, 6000, 10000};
  for (int i = 0; i < 40; ++i) {
    double multiplier = (0.7 + 0.6 * random.unit()) / double(steps[i % 4]);
    auto limit = static_cast<int64_t>(280 / multiplier);
    StorageRange clamp = u8;
    int64_t zeroPoint = random.between(0, 255);
    if (i % 5 == 0) // ReLU6
      clamp = {std::min<int64_t>(zeroPoint, 200), 250};
    EXPECT_TRUE(checkTruncate({-limit, limit}, decomposeMultiplier(multiplier),
                              zeroPoint, clamp, Contract::TosaSingle,
                              {0, truncateBase}));
  }
}

/// With a base of its own, for all ranges, also those that S3 can do.
TEST(S5FindScaleTruncate, Base) {
  Random random(14);
  int found = 0, tried = 300;
  for (int i = 0; i < tried; ++i) {
    int64_t size = random.between(1, 30000);
    found += checkTruncate({-size, size}, realistic(random, size, 255),
                           random.between(0, 255), u8, Contract::TosaSingle,
                           {truncateBase});
  }
  EXPECT_EQ(found, tried);
}

TEST(S3FindScaleTruncate, EveryShift) {
  Random random(11);
  int found = 0;
  for (int shift = 2; shift <= 62; ++shift)
    for (int i = 0; i < 20; ++i) {
      FixedPointMultiplier by{
          static_cast<int32_t>(random.between(1 << 30, INT32_MAX)),
          static_cast<int8_t>(shift)};
      if (i == 0)
        by.multiplier = 1 << 30;
      int64_t limit = int64_t(1) << random.between(1, 15);
      found += checkTruncate({-limit, limit}, by, random.between(0, 255), u8,
                             tosaContracts[i % 2]);
    }
  EXPECT_GT(found, 600);
}

TEST(S3FindScaleTruncate, BiasStaysInI32) {
  FixedPointMultiplier by = decomposeMultiplier(0.0013);
  int found = 0;
  for (int64_t zeroPoint = 0; zeroPoint < 256; ++zeroPoint)
    if (auto result =
            findScaleTruncate(i32, by, zeroPoint, u8, Contract::TosaSingle)) {
      ++found;
      EXPECT_EQ(result->bias, 0);
    }
  EXPECT_GT(found, 0);
}

TEST(S3FindScaleTruncateF32, EveryAccumulator) {
  Random random(12);
  for (int i = 0; i < 200; ++i) {
    int64_t size = random.between(1, 20000);
    auto scale = static_cast<float>(255.0 / double(2 * size));
    int64_t zeroPoint = random.between(0, 255);
    StorageRange acc{-size, size};
    auto found = findScaleTruncateF32(acc, scale, zeroPoint, u8);
    if (!found)
      continue;
    for (int64_t a = -size; a <= size; ++a)
      ASSERT_EQ(requantizeF32(int32_t(a), scale, zeroPoint, u8),
                onTheMachine(int32_t(a), *found, u8));
  }
}

/// The proof accepts nothing that differs, and refuses nothing that is equal.
TEST(S2ProvesScaleRound, IsExact) {
  Random random(7);
  int equal = 0, different = 0;
  for (int i = 0; i < 100000; ++i) {
    StorageRange acc{-random.between(1, 60), random.between(1, 60)};
    FixedPointMultiplier by = decomposeMultiplier(random.logUniform(-5, 0));
    if (i % 3 == 0) // Many ties.
      by.multiplier = 1 << 30;
    int64_t zeroPoint = random.between(-20, 20);
    StorageRange clamp{-30, 30};
    Contract contract = tosaContracts[i % 2];
    auto scale = static_cast<float>(std::ldexp(by.multiplier, -by.shift));
    // Next to the tie before or after a step.
    double offset = double(zeroPoint) + double(random.between(-1, 1)) * scale +
                    double(random.between(-8, 8)) *
                        std::ldexp(1.0, -int(random.between(3, 30)));
    ScaleRound constants{scale, static_cast<float>(offset)};
    bool same =
        !firstDifference(constants, acc, by, zeroPoint, clamp, contract);
    (same ? equal : different) += 1;
    ASSERT_EQ(provesScaleRound(constants, acc, by, zeroPoint, clamp, contract),
              same)
        << constants.scale << " " << constants.offset;
  }
  EXPECT_GT(equal, 1000);
  EXPECT_GT(different, 1000);
}

} // namespace
