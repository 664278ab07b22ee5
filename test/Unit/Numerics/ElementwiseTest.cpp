//===- ElementwiseTest.cpp - Rules E1 to E4 and T1 ------------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qdot/Numerics/Elementwise.h"
#include "Random.h"
#include "gtest/gtest.h"
#include <algorithm>

using namespace qdot::numerics;
using qdot::test::Random;

namespace {

constexpr StorageRange i8{-128, 127};

/// `255 * sum M + 2^(k-1)`, the largest magnitude before the shift.
int64_t worstSum(const AddParams &params) {
  int64_t sum = int64_t(1) << (params.fractionBits - 1);
  for (int64_t multiplier : params.multipliers)
    sum += 255 * multiplier;
  return sum;
}

int64_t worstSumFor(const std::vector<double> &scales, double outputScale,
                    unsigned bits) {
  int64_t sum = int64_t(1) << (bits - 1);
  for (double scale : scales)
    sum += 255 * int64_t(std::nearbyint(scale / outputScale *
                                        std::ldexp(1.0, int(bits))));
  return sum;
}

TEST(E1, MultipliersAreTheScaledRatios) {
  auto params = chooseAddParams(0.5, 0.25, 1.0);
  ASSERT_TRUE(params);
  EXPECT_EQ(params->fractionBits, 22u);
  EXPECT_EQ(params->multipliers, (std::vector<int32_t>{1 << 21, 1 << 20}));
  EXPECT_EQ(params->realMultiplier(), 0x1p-22);
  EXPECT_EQ(params->requantization(), (FixedPointMultiplier{1 << 30, 52}));
  EXPECT_EQ(decomposeMultiplier(params->realMultiplier()),
            params->requantization());
}

TEST(E1, FractionBitsAreAsManyAsFitI32) {
  Random random(1);
  for (int i = 0; i < 200000; ++i) {
    std::vector<double> scales(random.between(1, 4));
    for (double &scale : scales)
      scale = normalizeScale(random.logUniform(-20, 12));
    double outputScale = normalizeScale(random.logUniform(-8, 8));
    auto params = chooseAddParams(scales, outputScale);
    if (!params) {
      ASSERT_GT(worstSumFor(scales, outputScale, 1), INT32_MAX);
      continue;
    }
    ASSERT_GE(params->fractionBits, 1u);
    ASSERT_LE(params->fractionBits, 22u);
    ASSERT_LE(worstSum(*params), INT32_MAX);
    if (params->fractionBits < 22) {
      // One bit more would not fit; the margin covers the ratio's rounding.
      ASSERT_GT(worstSumFor(scales, outputScale, params->fractionBits + 1),
                int64_t(INT32_MAX) - 4096);
    }
  }
  EXPECT_FALSE(chooseAddParams(1e9, 1.0, 1.0));
  EXPECT_FALSE(chooseAddParams(FLT_MAX, FLT_MAX, FLT_MIN));
}

TEST(E1, EveryPairOfCodesIsWithinOneStepOfTheRealSum) {
  Random random(2);
  for (int i = 0; i < 20; ++i) {
    QuantParams lhs{normalizeScale(random.logUniform(-6, 0)),
                    random.between(-128, 127)};
    QuantParams rhs{normalizeScale(random.logUniform(-6, 0)),
                    random.between(-128, 127)};
    double range = 255 * (lhs.scale + rhs.scale);
    QuantParams out{normalizeScale(range / 255), random.between(-128, 127)};
    auto params = chooseAddParams(lhs.scale, rhs.scale, out.scale);
    ASSERT_TRUE(params);
    for (int64_t sign : {1, -1})
      for (int64_t a = -128; a <= 127; ++a)
        for (int64_t b = -128; b <= 127; ++b) {
          int64_t acc = (a - lhs.zeroPoint) * params->multipliers[0] +
                        sign * (b - rhs.zeroPoint) * params->multipliers[1];
          ASSERT_EQ(acc, int32_t(acc));
          int64_t got = requantize(int32_t(acc), params->requantization(),
                                   out.zeroPoint, i8, Contract::TosaSingle);
          double real = double(a - lhs.zeroPoint) * lhs.scale +
                        double(sign * (b - rhs.zeroPoint)) * rhs.scale;
          double steps = std::clamp(real / out.scale + double(out.zeroPoint),
                                    -128.0, 127.0);
          ASSERT_LE(std::fabs(double(got) - steps), 0.5001);
        }
  }
}

TEST(E2, EveryPairOfCodesIsWithinHalfAStepOfTheRealProduct) {
  QuantParams lhs{normalizeScale(0.013), 5}, rhs{normalizeScale(0.4), -70};
  QuantParams out{normalizeScale(0.5), 3};
  FixedPointMultiplier by =
      decomposeMultiplier(mulMultiplier(lhs.scale, rhs.scale, out.scale));
  for (int64_t a = -128; a <= 127; ++a)
    for (int64_t b = -128; b <= 127; ++b) {
      auto acc = int32_t((a - lhs.zeroPoint) * (b - rhs.zeroPoint));
      int64_t got =
          requantize(acc, by, out.zeroPoint, i8, Contract::TosaSingle);
      double real = lhs.scale * rhs.scale * acc / out.scale;
      double steps = std::clamp(real + double(out.zeroPoint), -128.0, 127.0);
      ASSERT_LE(std::fabs(double(got) - steps), 0.5001);
    }
}

TEST(E3, EveryCodeIsWithinHalfAStepOfTheRealValue) {
  Random random(3);
  for (int i = 0; i < 20000; ++i) {
    QuantParams in{normalizeScale(random.logUniform(-8, 2)),
                   random.between(-128, 127)};
    double factor = random.logUniform(-40, 6) * (random.next() & 1 ? 1 : -1);
    double offset = random.logUniform(-20, 8) * (random.next() & 1 ? 1 : -1);
    if (i % 5 == 0)
      factor = 0.0;
    if (i % 7 == 0)
      offset = 0.0;
    double width = 255 * in.scale * std::fabs(factor) + std::fabs(offset);
    QuantParams out{normalizeScale(width / 200), random.between(-128, 127)};
    auto params = chooseAffineParams({factor}, {offset}, in.scale, out.scale);
    ASSERT_TRUE(params);
    FixedPointMultiplier by = decomposeMultiplier(params->realMultipliers[0]);
    for (int64_t q = -128; q <= 127; ++q) {
      int64_t acc = (q - in.zeroPoint) * params->weights[0] + params->biases[0];
      ASSERT_EQ(acc, int32_t(acc));
      int64_t got =
          requantize(int32_t(acc), by, out.zeroPoint, i8, Contract::TosaSingle);
      double real = factor * in.scale * double(q - in.zeroPoint) + offset;
      double steps =
          std::clamp(real / out.scale + double(out.zeroPoint), -128.0, 127.0);
      ASSERT_LE(std::fabs(double(got) - steps), 0.501)
          << factor << " x + " << offset;
    }
  }
}

TEST(E3, ChannelsAreIndependent) {
  auto params = chooseAffineParams({2.0, -2.0, 0.0, 0.0}, {0.0, 1.0, 3.0, 0.0},
                                   0.5, 0.25);
  ASSERT_TRUE(params);
  EXPECT_EQ(params->weights, (std::vector<int32_t>{1 << 20, -(1 << 20), 0, 0}));
  EXPECT_EQ(params->biases, (std::vector<int32_t>{0, 1 << 20, 1 << 30, 0}));
  EXPECT_EQ(params->realMultipliers[0], 4.0 * 0x1p-20);
  EXPECT_EQ(params->realMultipliers[2], 12.0 * 0x1p-30);
  EXPECT_EQ(params->realMultipliers[3], 0.0);
}

TEST(E3, RefusesWhatIsNotFinite) {
  EXPECT_FALSE(chooseAffineParams({NAN}, {0.0}, 1.0, 1.0));
  EXPECT_FALSE(chooseAffineParams({1.0}, {INFINITY}, 1.0, 1.0));
  EXPECT_FALSE(chooseAffineParams({DBL_MAX}, {0.0}, 16.0, 1.0));
  EXPECT_FALSE(chooseAffineParams({1.0, 2.0}, {0.0}, 1.0, 1.0));
}

TEST(E4, AverageOfCodes) {
  EXPECT_EQ(averageMultiplier(0.5, 4, 0.25), 0.5);
  EXPECT_EQ(maxAverageTaps, 8421504);
  Random random(4);
  for (int i = 0; i < 200000; ++i) {
    int64_t count = random.between(1, 1000);
    double scale = normalizeScale(random.logUniform(-10, 0));
    double outputScale = normalizeScale(scale * (0.5 + random.unit()));
    auto sum = int32_t(random.between(-255 * count, 255 * count));
    FixedPointMultiplier by =
        decomposeMultiplier(averageMultiplier(scale, count, outputScale));
    double steps = double(sum) / double(count) * scale / outputScale;
    double got =
        double(requantize(sum, by, 0, {-100000, 100000}, Contract::TosaSingle));
    ASSERT_LE(std::fabs(got - steps), 0.5001);
  }
}

TEST(T1, TableIsTheFunctionOnEveryCode) {
  QuantParams in{normalizeScale(0.05), -7},
      out{normalizeScale(1.0 / 256), -128};
  auto logistic = [](float x) { return 1.0f / (1.0f + std::exp(-x)); };
  std::vector<int64_t> table = tabulate(logistic, in, i8, out, i8);
  ASSERT_EQ(table.size(), 256u);
  for (int64_t q = -128; q <= 127; ++q) {
    float x = float(q + 7) * float(in.scale);
    double steps = double(logistic(x)) * 256 - 128;
    ASSERT_EQ(table[q + 128],
              std::clamp<int64_t>(int64_t(std::nearbyint(steps)), -128, 127));
  }
}

TEST(T1, NanAndInfinityHaveEntries) {
  std::vector<int64_t> table = tabulate(
      [](float x) { return 1.0f / x - 1.0f / x; }, {1.0, 0}, i8, {1.0, 9}, i8);
  EXPECT_EQ(table[128], 9); // inf - inf
  EXPECT_EQ(table[129], 9); // 1 - 1
  table =
      tabulate([](float x) { return 1.0f / x; }, {1.0, 0}, i8, {1.0, 9}, i8);
  EXPECT_EQ(table[128], 127);
}

} // namespace
