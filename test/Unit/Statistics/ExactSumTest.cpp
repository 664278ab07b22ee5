//===- ExactSumTest.cpp - Sums of floats without rounding -----------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qdot/Statistics/ExactSum.h"
#include "Samples.h"
#include "llvm/ADT/APInt.h"
#include "llvm/ADT/SmallString.h"
#include "gtest/gtest.h"
#include <algorithm>
#include <cmath>

using namespace qdot::statistics;

static std::vector<float> finiteValues(size_t count, unsigned seed) {
  std::vector<float> values = sampleValues(count, seed);
  values.erase(std::remove_if(values.begin(), values.end(),
                              [](float v) { return !std::isfinite(v); }),
               values.end());
  return values;
}

/// In units of 2^-149, by arithmetic of LLVM.
static llvm::APInt unitsOf(float value, unsigned bits) {
  uint32_t exponent = bitsOf(value) >> 23 & 255;
  llvm::APInt units(bits,
                    (bitsOf(value) & 0x7fffff) | (exponent ? 1u << 23 : 0));
  units <<= exponent ? exponent - 1 : 0;
  return bitsOf(value) >> 31 ? -units : units;
}

/// What ExactSum should print for a number of units of 2^`unit`.
static std::string spellingOf(llvm::APInt units, int unit) {
  if (units.isZero())
    return "0x0p+0";
  std::string sign = units.isNegative() ? "-0x" : "0x";
  units = units.abs();
  unsigned zeros = units.countr_zero();
  llvm::SmallString<256> digits;
  units.lshr(zeros).toStringUnsigned(digits, 16);
  std::transform(digits.begin(), digits.end(), digits.begin(), ::tolower);
  int exponent = unit + int(zeros);
  return sign + digits.str().str() + (exponent < 0 ? "p" : "p+") +
         std::to_string(exponent);
}

TEST(ExactSum, AgreesWithBigIntegers) {
  for (unsigned seed = 0; seed != 200; ++seed) {
    ValueSum sum;
    SquareSum squares;
    llvm::APInt expected(512, 0), expectedSquares(768, 0);
    for (float value : finiteValues(1 + seed % 40, seed)) {
      uint64_t times = seed % 3 ? 1 : 0x1fffffffffffffull >> seed % 53;
      addValue(sum, value, times);
      addSquare(squares, value, times);
      expected += unitsOf(value, 512) * llvm::APInt(512, times);
      llvm::APInt units = unitsOf(value, 768);
      expectedSquares += units * units * llvm::APInt(768, times);
      ASSERT_EQ(sum.print(), spellingOf(expected, -149));
      ASSERT_EQ(squares.print(), spellingOf(expectedSquares, -298));
      ASSERT_EQ(sum.isNegative(), expected.isNegative());
    }
  }
}

TEST(ExactSum, OrderAndGroupingDoNotMatter) {
  std::vector<float> values = finiteValues(1000, 1);
  ValueSum expected;
  for (float value : values)
    addValue(expected, value);
  std::mt19937 random(2);
  for (int round = 0; round != 20; ++round) {
    std::shuffle(values.begin(), values.end(), random);
    ValueSum parts[3], all;
    for (float value : values)
      addValue(parts[random() % 3], value);
    for (const ValueSum &part : parts)
      all += part;
    ASSERT_EQ(all, expected);
  }
}

TEST(ExactSum, CancelsExactly) {
  ValueSum sum;
  addValue(sum, 3e38f, uint64_t(1) << 53);
  addValue(sum, -1e-45f);
  EXPECT_FALSE(sum.isZero());
  addValue(sum, -3e38f, uint64_t(1) << 53);
  EXPECT_EQ(sum.print(), "-0x1p-149");
  addValue(sum, 1e-45f);
  EXPECT_TRUE(sum.isZero());
  EXPECT_EQ(sum.toDouble(), 0.0);
}

TEST(ExactSum, Orders) {
  std::vector<float> values = finiteValues(300, 3);
  for (size_t i = 1; i < values.size(); ++i) {
    ValueSum a, b;
    addValue(a, values[i - 1]);
    addValue(b, values[i]);
    EXPECT_EQ(a < b, values[i - 1] < values[i]);
  }
}

TEST(ExactSum, RoundsToTheNearestDouble) {
  for (float value : finiteValues(2000, 4)) {
    ValueSum sum;
    addValue(sum, value);
    EXPECT_EQ(sum.toDouble(), value);
  }
  // 2^53 + 1 is a tie, to even; the least bit above it decides.
  ValueSum tie;
  addValue(tie, 1.0f, (uint64_t(1) << 53));
  addValue(tie, 1.0f);
  EXPECT_EQ(tie.toDouble(), 0x1p53);
  addValue(tie, 1e-45f);
  EXPECT_EQ(tie.toDouble(), 0x1p53 + 2);
  addValue(tie, -1e-45f, 2);
  EXPECT_EQ(tie.toDouble(), 0x1p53);
}

TEST(ExactSum, TextRoundTrips) {
  for (unsigned seed = 0; seed != 300; ++seed) {
    ValueSum sum, again;
    SquareSum squares, squaresAgain;
    for (float value : finiteValues(seed % 9, seed)) {
      addValue(sum, value);
      addSquare(squares, value);
    }
    ASSERT_TRUE(again.parse(sum.print())) << sum.print();
    ASSERT_EQ(again, sum);
    ASSERT_TRUE(squaresAgain.parse(squares.print()));
    ASSERT_EQ(squaresAgain, squares);
    ASSERT_LE(squares.print().size(), SquareSum::maxTextBytes);
  }
}

TEST(ExactSum, RefusesOtherSpellings) {
  ValueSum sum;
  EXPECT_TRUE(sum.parse("0x1p-149"));
  for (const char *bad : {"",
                          "-",
                          "0",
                          "0x",
                          "0xp+0",
                          "0x0p0",
                          "-0x0p+0",
                          "0x2p+0",
                          "0x01p+0",
                          "0x1p0",
                          "0x1p+00",
                          "0X1p+0",
                          "0x1P+0",
                          "0xAp+0",
                          "0x1.8p+0",
                          "1p+0",
                          "0x1p-150",
                          "0x1p+400",
                          "0x1p+99999999999",
                          "+0x1p+0",
                          " 0x1p+0",
                          "0x1p+0 ",
                          "0x-1p+0",
                          "0x1p--1",
                          "nan",
                          "inf"})
    EXPECT_FALSE(sum.parse(bad)) << bad;
  EXPECT_FALSE(sum.parse("0x" + std::string(120, 'f') + "p+0"));
  EXPECT_FALSE(sum.parse("0x" + std::string(10000, '1') + "p+0"));
}
