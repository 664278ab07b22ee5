//===- RoundingBoundsTest.cpp - The bounds of rules S2 and S3 -------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "../../../lib/Numerics/RoundingBounds.h"
#include "Random.h"
#include "gtest/gtest.h"

using namespace qdot::numerics;
using qdot::test::Random;

namespace {

/// What the machine makes of a real sum (which a double holds).
int64_t onTheMachine(double sum, Rounding rounding) {
  auto rounded = static_cast<float>(sum);
  return rounding == Rounding::HalfEven ? std::lrintf(rounded)
                                        : static_cast<int64_t>(rounded);
}

/// The bound itself, and a unit of 2^-30 to either side.
void checkBound(int64_t result, Rounding rounding) {
  SumBound bound = getSumBound(result, rounding);
  double value = std::ldexp(double(bound.value), -boundBits);
  for (int side : {-1, 0, 1}) {
    bool reached = side > 0 || (side == 0 && !bound.open);
    int64_t actual = onTheMachine(value + side * 0x1p-30, rounding);
    ASSERT_EQ(actual >= result, reached) << result << " side " << side;
  }
}

TEST(S2RoundingBounds, EveryResult) {
  for (int64_t result = -70000; result <= 70000; ++result)
    checkBound(result, Rounding::HalfEven);
  for (int64_t power = 1; power <= maxResult; power *= 2)
    for (int64_t result : {power - 1, power, power + 1})
      for (int64_t sign : {-1, 1})
        if (result <= maxResult)
          checkBound(sign * result, Rounding::HalfEven);
}

TEST(S3RoundingBounds, EveryResult) {
  for (int64_t result = 1; result <= 70000; ++result)
    checkBound(result, Rounding::TowardZero);
  for (int64_t power = 1; power <= maxResult; power *= 2)
    checkBound(power, Rounding::TowardZero);
}

TEST(S2Interval, PicksOnlyWhatLiesInside) {
  Random random(1);
  FixedUnit unit{40};
  int found = 0;
  for (int i = 0; i < 200000; ++i) {
    int64_t low = static_cast<int64_t>(random.next()) >> random.between(2, 60);
    int64_t width = int64_t(1) << random.between(0, 40);
    Interval interval{low, low + random.between(-1, width)};
    Wide wish = random.between(-1000, 1000);
    auto picked = interval.pickFloat(wish, unit);
    if (!picked)
      continue;
    ++found;
    double units = std::ldexp(double(*picked), unit.unitBits);
    ASSERT_EQ(units, double(int64_t(units)));
    ASSERT_GE(Wide(int64_t(units)), interval.low);
    ASSERT_LE(Wide(int64_t(units)), interval.high);
    ASSERT_TRUE(interval.contains(soft::fromFloat(*picked), unit));
  }
  EXPECT_GT(found, 100000);
}

/// pickFloat finds a float whenever the interval holds one.
TEST(S2Interval, FindsTheOnlyFloat) {
  Random random(2);
  FixedUnit unit{40};
  for (int i = 0; i < 200000; ++i) {
    int64_t exponent = random.between(-40, -2);
    auto value = static_cast<float>(
        std::ldexp(double(random.between(-(1 << 24), 1 << 24)), int(exponent)));
    auto units = static_cast<int64_t>(std::ldexp(double(value), unit.unitBits));
    Interval only{units, units};
    ASSERT_TRUE(only.contains(soft::fromFloat(value), unit));
    auto picked = only.pickFloat(0, unit);
    ASSERT_TRUE(picked);
    ASSERT_EQ(*picked, value);
    ASSERT_FALSE((Interval{units + 1, units}).pickFloat(0, unit));
  }
}

TEST(S2Interval, ContainsIsConservativeBetweenUnits) {
  FixedUnit unit{25};
  soft::Number half{false, 1, -26, false}, minusHalf{true, 1, -26, false};
  EXPECT_FALSE((Interval{0, 0}).contains(half, unit));
  EXPECT_TRUE((Interval{0, 1}).contains(half, unit));
  EXPECT_FALSE((Interval{1, 1}).contains(half, unit));
  EXPECT_TRUE((Interval{-1, 0}).contains(minusHalf, unit));
  EXPECT_FALSE((Interval{0, 5}).contains(minusHalf, unit));
  EXPECT_FALSE((Interval{-5, -1}).contains(minusHalf, unit));
}

} // namespace
