//===- AccumulatorTest.cpp - Rules A1 and A2 ------------------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qdot/Numerics/Accumulator.h"
#include "Random.h"
#include "gtest/gtest.h"
#include <algorithm>

using namespace qdot::numerics;
using qdot::test::Random;

namespace {

constexpr StorageRange u8{0, 255};
constexpr StorageRange s8{-128, 127};
constexpr StorageRange s16{-32768, 32767};

/// The most products that fit signed `bits`.
int64_t maxTerms(StorageRange lhs, StorageRange rhs, unsigned bits) {
  int64_t low = 0, high = int64_t(1) << 40;
  while (low < high) {
    int64_t middle = (low + high + 1) / 2;
    AccumulatorBound bound(lhs);
    bound.addProducts(rhs, middle);
    if (bound.fitsSigned(bits))
      low = middle;
    else
      high = middle - 1;
  }
  return low;
}

TEST(A1, LargestContractionsInI32) {
  EXPECT_EQ(maxTerms(u8, {-127, 127}, 32), 66311);
  EXPECT_EQ(maxTerms(u8, s8, 32), 65793);
  EXPECT_EQ(maxTerms(s8, s8, 32), 131071);
  EXPECT_EQ(maxTerms(u8, u8, 32), 33025);
  EXPECT_EQ(maxTerms(s16, s8, 32), 511);
  EXPECT_EQ(maxTerms(s16, s16, 32), 1);
}

TEST(A1, PairsInI16) {
  // vpmaddubsw adds two products of u8 and s8.
  EXPECT_EQ(maxTerms(u8, {-127, 127}, 16), 1);
  EXPECT_EQ(maxTerms(u8, {-64, 64}, 16), 2);
  AccumulatorBound pair(u8);
  pair.addWeight(64);
  pair.addWeight(64);
  EXPECT_EQ(pair.fitsSigned(16)->max, 32640);
  AccumulatorBound wide(u8);
  wide.addWeight(127);
  wide.addWeight(127);
  EXPECT_FALSE(wide.fitsSigned(16));
  EXPECT_EQ(wide.fitsSigned(17)->max, 64770);
}

TEST(A1, EdgeOfI32) {
  for (int64_t slack : {0, 1}) {
    AccumulatorBound above({0, 1});
    above.addConstant(INT32_MAX - 1);
    above.addWeight(1 + slack);
    EXPECT_EQ(above.fitsSigned(32).has_value(), slack == 0);
    AccumulatorBound below({0, 1});
    below.addConstant(INT32_MIN + 1);
    below.addWeight(-1 - slack);
    EXPECT_EQ(below.fitsSigned(32).has_value(), slack == 0);
  }
}

TEST(A1, APartialSumCountsEvenWhereTheTotalCancels) {
  AccumulatorBound bound({1, 1});
  bound.addWeight(40000);
  bound.addWeight(-40000);
  EXPECT_FALSE(bound.fitsSigned(16));
  EXPECT_EQ(*bound.fitsSigned(32), (StorageRange{-40000, 40000}));
}

TEST(A1, EmptyAndSaturated) {
  EXPECT_EQ(*AccumulatorBound(s8).fitsSigned(1), (StorageRange{0, 0}));
  AccumulatorBound none(s8);
  none.addProducts(s8, 0);
  none.addProducts(s8, -5);
  EXPECT_EQ(*none.fitsSigned(8), (StorageRange{0, 0}));
  AccumulatorBound huge({INT64_MIN, INT64_MAX});
  for (int i = 0; i < 100; ++i)
    huge.addProducts({INT64_MIN, INT64_MAX}, INT64_MAX);
  huge.addConstant(INT64_MIN);
  EXPECT_FALSE(huge.fitsSigned(64));
  AccumulatorBound exact({INT64_MIN, INT64_MAX});
  exact.addWeight(1);
  EXPECT_EQ(*exact.fitsSigned(64), (StorageRange{INT64_MIN, INT64_MAX}));
}

/// Lowest and highest partial sum over every order of the terms and every
/// activation, by visiting every subset: a partial sum is the sum of one.
StorageRange bruteForce(StorageRange activation,
                        const std::vector<int64_t> &weights, int64_t constant) {
  StorageRange seen{0, 0};
  int64_t values = activation.max - activation.min + 2; // One more: left out.
  int64_t combinations = 2;
  for (size_t i = 0; i < weights.size(); ++i)
    combinations *= values;
  for (int64_t code = 0; code < combinations; ++code) {
    int64_t rest = code / 2, sum = code % 2 ? constant : 0;
    for (int64_t weight : weights) {
      int64_t choice = rest % values;
      rest /= values;
      if (choice != values - 1)
        sum += (activation.min + choice) * weight;
    }
    seen.min = std::min(seen.min, sum);
    seen.max = std::max(seen.max, sum);
  }
  return seen;
}

TEST(A1, EqualsBruteForceOverAllPartialSums) {
  Random random(1);
  for (int i = 0; i < 3000; ++i) {
    StorageRange activation{random.between(-4, 2), 0};
    activation.max = random.between(activation.min, 4);
    std::vector<int64_t> weights(random.between(0, 4));
    AccumulatorBound bound(activation);
    for (int64_t &weight : weights) {
      weight = random.between(-9, 9);
      bound.addWeight(weight);
    }
    int64_t constant = random.between(-20, 20);
    bound.addConstant(constant);
    StorageRange expected = bruteForce(activation, weights, constant);
    ASSERT_EQ(*bound.fitsSigned(32), expected);
    for (unsigned bits = 1; bits <= 12; ++bits) {
      int64_t max = (int64_t(1) << (bits - 1)) - 1;
      bool fits = expected.min >= -max - 1 && expected.max <= max;
      ASSERT_EQ(bound.fitsSigned(bits).has_value(), fits);
    }
  }
}

TEST(A1, ProductsOfRangesEqualTheWorstWeights) {
  Random random(2);
  for (int i = 0; i < 100000; ++i) {
    StorageRange activation{random.between(-200, 200), 0};
    activation.max = random.between(activation.min, 300);
    StorageRange other{random.between(-200, 200), 0};
    other.max = random.between(other.min, 300);
    int64_t min = 0, max = 0;
    for (int64_t a : {activation.min, activation.max})
      for (int64_t b : {other.min, other.max}) {
        min = std::min(min, a * b);
        max = std::max(max, a * b);
      }
    int64_t count = random.between(1, 50);
    AccumulatorBound bound(activation);
    bound.addProducts(other, count);
    ASSERT_EQ(*bound.fitsSigned(64), (StorageRange{min * count, max * count}));
  }
}

} // namespace
