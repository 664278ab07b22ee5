//===- ComparisonTest.cpp - Float and integer values side by side ---------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Comparison.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/raw_ostream.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include <cmath>

using namespace qdot::driver;
using testing::HasSubstr;

/// scale 0.5, zero point 3: q = 3 stands for 0.
static ValueComparison createValue() {
  ValueComparison value;
  value.name = "main/conv_0#0123456789abcdef";
  value.storage = AffineStorage{0.5, 3, -128, 127};
  return value;
}

TEST(Comparison, ComputesByHand) {
  ValueComparison value = createValue();
  value.add({1.0f, -2.0f}, {5.0f, 0.0f}); // stands for 1.0, -1.5
  value.add({0.25f}, {3.0f});             // stands for 0.0
  EXPECT_EQ(value.count, 3u);
  double signal = 1 + 4 + 0.0625, noise = 0.25 + 0.0625;
  EXPECT_DOUBLE_EQ(value.getSqnr(), 10 * std::log10(signal / noise));
  EXPECT_DOUBLE_EQ(value.getCosine(),
                   (1 + 3) / std::sqrt(signal * (1 + 2.25)));
  EXPECT_EQ(value.maxError, 0.5);
  EXPECT_EQ(value.floatMin, -2);
  EXPECT_EQ(value.floatMax, 1);
  EXPECT_EQ(value.otherMin, 0);
  EXPECT_EQ(value.otherMax, 5);
  EXPECT_EQ(value.saturated, 0u);
}

/// The integers reach from -65.5 to 62; half a step beyond still rounds there.
TEST(Comparison, CountsSaturation) {
  ValueComparison value = createValue();
  value.add({-65.75f, 62.25f, 62.0f}, {-128, 127, 127});
  EXPECT_EQ(value.saturated, 0u);
  value.add({-65.8f, 62.3f, 1000.0f}, {-128, 127, 127});
  EXPECT_EQ(value.saturated, 3u);
}

TEST(Comparison, EqualValuesHaveNoNoise) {
  ValueComparison value = createValue();
  value.add({0.0f, 0.0f}, {3, 3});
  EXPECT_TRUE(std::isinf(value.getSqnr()));
  EXPECT_EQ(value.getCosine(), 1);
}

TEST(Comparison, JsonHasNoInfinity) {
  Comparison comparison;
  comparison.numSamples = 1;
  comparison.values.push_back(createValue());
  comparison.values[0].add({0.0f}, {3});
  std::string text = llvm::formatv("{0}", toJson(comparison)).str();
  EXPECT_THAT(text, HasSubstr("\"sqnr\":null"));
  EXPECT_TRUE(bool(llvm::json::parse(text)));
}

TEST(Comparison, PrintsTop1) {
  Comparison comparison;
  comparison.numSamples = 200;
  comparison.hasLabels = true;
  comparison.classes = ClassComparison{200, 190, 180, 178};
  std::string text;
  llvm::raw_string_ostream os(text);
  printComparison(comparison, os);
  EXPECT_THAT(text, HasSubstr("top-1: float 90.00 %, integer 89.00 %, "
                              "difference -1.00 points"));
  EXPECT_THAT(text, HasSubstr("same top-1: 95.00 %"));
}
