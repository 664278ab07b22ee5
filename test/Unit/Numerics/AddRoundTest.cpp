//===- AddRoundTest.cpp - Rule S4 -----------------------------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qdot/Numerics/AddRound.h"
#include "Random.h"
#include "qdot/Numerics/Elementwise.h"
#include "gtest/gtest.h"
#include <algorithm>

using namespace qdot::numerics;
using qdot::test::Random;

namespace {

constexpr StorageRange i8{-128, 127};
constexpr StorageRange u8{0, 255};

/// vcvtdq2ps twice, vfmadd twice, vcvtps2dq.
int64_t onTheMachine(int64_t a, int64_t b, const AddRound &by,
                     StorageRange clamp) {
  float inner = std::fmaf(static_cast<float>(b), by.rhsScale, by.offset);
  float sum = std::fmaf(static_cast<float>(a), by.lhsScale, inner);
  if (!(std::fabs(sum) < 2147483648.0f))
    return INT64_MIN;
  return std::clamp<int64_t>(std::lrintf(sum), clamp.min, clamp.max);
}

/// Every pair of operands.
template <typename Exact>
void expectEqual(const IntegerSum &sum, const AddRound &found,
                 StorageRange clamp, Exact exact) {
  for (int64_t a = sum.lhsRange.min; a <= sum.lhsRange.max; ++a)
    for (int64_t b = sum.rhsRange.min; b <= sum.rhsRange.max; ++b) {
      int64_t acc = sum.constant + sum.lhs * a + sum.rhs * b;
      ASSERT_EQ(int64_t(exact(static_cast<int32_t>(acc))),
                onTheMachine(a, b, found, clamp))
          << a << " " << b;
    }
}

TEST(S4AddRound, EqualsTheMachine) {
  Random random(1);
  for (int i = 0; i < 1000000; ++i) {
    AddRound by{static_cast<float>(random.logUniform(-12, 2)),
                static_cast<float>(-random.logUniform(-12, 2)),
                static_cast<float>(random.between(-400, 400)) * 0.5f};
    int64_t a = random.between(-128, 255), b = random.between(-128, 255);
    ASSERT_EQ(addRound(a, b, by, i8), onTheMachine(a, b, by, i8));
  }
}

/// The constants of rule E1 for random scales.
struct Case {
  IntegerSum sum;
  AddParams params;
  int64_t zeroPoint;
  StorageRange clamp;
};

std::optional<Case> makeCase(Random &random, int i) {
  double scale = random.logUniform(-6, 0);
  auto params = chooseAddParams(scale * random.logUniform(-4, 1),
                                scale * random.logUniform(-4, 1), scale);
  if (!params)
    return std::nullopt;
  StorageRange lhs = i % 2 == 0 ? i8 : u8, rhs = i % 4 < 2 ? i8 : u8;
  StorageRange clamp = i % 8 < 4 ? i8 : u8;
  int64_t zeroPoint = random.between(clamp.min, clamp.max);
  if (i % 3 == 0) // ReLU6
    clamp = {zeroPoint, random.between(zeroPoint, clamp.max)};
  int64_t first = params->multipliers[0];
  int64_t second =
      i % 5 == 0 ? -params->multipliers[1] : int64_t(params->multipliers[1]);
  int64_t constant = -first * random.between(lhs.min, lhs.max) -
                     second * random.between(rhs.min, rhs.max);
  return Case{{constant, first, second, lhs, rhs}, *params, zeroPoint, clamp};
}

TEST(S4FindAddRound, EveryPairOfOperands) {
  Random random(2);
  int found = 0, tried = 0;
  for (int i = 0; i < 120; ++i) {
    auto add = makeCase(random, i);
    if (!add)
      continue;
    for (Contract contract : {Contract::TosaSingle, Contract::TosaDouble}) {
      ++tried;
      FixedPointMultiplier by = add->params.requantization();
      auto result =
          findAddRound(add->sum, by, add->zeroPoint, add->clamp, contract);
      if (!result)
        continue;
      ++found;
      expectEqual(add->sum, *result, add->clamp, [&](int32_t acc) {
        return requantize(acc, by, add->zeroPoint, add->clamp, contract);
      });
    }
  }
  EXPECT_GE(found, tried * 95 / 100);
  EXPECT_GT(tried, 200);
}

TEST(S4FindAddRoundF32, EveryPairOfOperands) {
  Random random(3);
  int found = 0, tried = 0;
  for (int i = 0; i < 30; ++i) {
    auto add = makeCase(random, i);
    if (!add)
      continue;
    ++tried;
    auto by = static_cast<float>(add->params.realMultiplier());
    auto result = findAddRoundF32(add->sum, by, add->zeroPoint, add->clamp);
    if (!result)
      continue;
    ++found;
    expectEqual(add->sum, *result, add->clamp, [&](int32_t acc) {
      return requantizeF32(acc, by, add->zeroPoint, add->clamp);
    });
  }
  EXPECT_GE(found, tried * 9 / 10);
}

TEST(S4FindAddRound, AnyConstantsAndShifts) {
  Random random(4);
  int found = 0;
  for (int i = 0; i < 250; ++i) {
    int64_t size = int64_t(1) << random.between(1, 22);
    IntegerSum sum{random.between(-size * 100, size * 100),
                   random.between(-size, size), random.between(-size, size), i8,
                   i % 2 == 0 ? i8 : u8};
    FixedPointMultiplier by = decomposeMultiplier(
        std::ldexp(random.logUniform(-3, 3), 0) / double(size));
    if (i % 5 == 0)
      by.multiplier = 1 << 30; // Ties.
    Contract contract =
        i % 2 == 0 ? Contract::TosaSingle : Contract::TosaDouble;
    auto result = findAddRound(sum, by, 3, i8, contract);
    if (!result)
      continue;
    ++found;
    expectEqual(sum, *result, i8, [&](int32_t acc) {
      return requantize(acc, by, 3, i8, contract);
    });
  }
  EXPECT_GT(found, 100);
}

TEST(S4FindAddRound, OneOperand) {
  IntegerSum sum{-5 * 1000, 1000, 0, i8, {0, 0}};
  FixedPointMultiplier by = decomposeMultiplier(0.7 / 1000);
  auto result = findAddRound(sum, by, -7, i8, Contract::TosaSingle);
  ASSERT_TRUE(result);
  expectEqual(sum, *result, i8, [&](int32_t acc) {
    return requantize(acc, by, -7, i8, Contract::TosaSingle);
  });
}

TEST(S4FindAddRound, ConstantResults) {
  FixedPointMultiplier zero = decomposeMultiplier(0.0);
  IntegerSum sum{17, 1 << 20, 1 << 20, i8, i8};
  auto result = findAddRound(sum, zero, 5, i8, Contract::TosaSingle);
  ASSERT_TRUE(result);
  EXPECT_EQ(onTheMachine(-128, 127, *result, i8), 5);
  result = findAddRound(sum, decomposeMultiplier(1e-6), 5, {9, 9},
                        Contract::TosaSingle);
  ASSERT_TRUE(result);
  EXPECT_EQ(onTheMachine(-128, 127, *result, {9, 9}), 9);
}

TEST(S4FindAddRound, RefusesSumsThatLeaveI32) {
  FixedPointMultiplier by = decomposeMultiplier(1e-7);
  IntegerSum fits{0, 8388608, 8388608, i8, i8};
  ASSERT_TRUE(fits.getRange());
  EXPECT_EQ(*fits.getRange(), (StorageRange{INT32_MIN, 254 * 8388608ll}));
  EXPECT_TRUE(findAddRound(fits, by, 0, i8, Contract::TosaSingle));
  IntegerSum wraps{-1, 8388608, 8388608, i8, i8};
  EXPECT_FALSE(wraps.getRange());
  EXPECT_FALSE(findAddRound(wraps, by, 0, i8, Contract::TosaSingle));
  EXPECT_FALSE(IntegerSum({0, INT64_MAX, INT64_MAX, i8, i8}).getRange());
}

TEST(S4FindAddRound, RefusesWhatIsTooLarge) {
  IntegerSum sum{0, 1 << 23, 1, i8, i8};
  FixedPointMultiplier by = decomposeMultiplier(0.5);
  EXPECT_FALSE(findAddRound(sum, by, 0, i8, Contract::TosaSingle));
  EXPECT_FALSE(findAddRound({0, 1 << 16, 0, i8, {0, 0}}, by, 0,
                            {INT32_MIN, INT32_MAX}, Contract::TosaSingle));
}

} // namespace
