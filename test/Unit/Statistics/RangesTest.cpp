//===- RangesTest.cpp - From a record to the range to quantize ------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qdot/Statistics/Ranges.h"
#include "Samples.h"
#include "gtest/gtest.h"
#include <cfloat>
#include <cmath>
#include <random>

using namespace qdot::statistics;

static std::string errorOf(const std::vector<float> &values) {
  auto range = estimateRange(recordOf(values), RangeMethod());
  return range ? "" : llvm::toString(range.takeError());
}

TEST(Ranges, MinMax) {
  auto method = parseRangeMethod("minmax");
  ASSERT_TRUE(static_cast<bool>(method));
  auto range = estimateRange(recordOf({0.25f, -1.5f, 2.5f}), *method);
  ASSERT_TRUE(static_cast<bool>(range));
  EXPECT_EQ(range->min, -1.5);
  EXPECT_EQ(range->max, 2.5);
}

TEST(Ranges, UnknownMethod) {
  auto method = parseRangeMethod("MinMax");
  ASSERT_FALSE(static_cast<bool>(method));
  EXPECT_EQ(llvm::toString(method.takeError()),
            "expected a range method (minmax, percentile:P, mse, entropy, "
            "aciq-gauss, aciq-laplace, octav, mean-extremes, moving-average or auto), got 'MinMax'");
}

TEST(Ranges, RefusesWhatHasNoRange) {
  EXPECT_EQ(errorOf({}), "expected at least one finite value, got none of 0");
  EXPECT_EQ(errorOf({1.0f, NAN}),
            "expected finite values, got 1 NaN and 0 Inf of 2");
  EXPECT_EQ(errorOf({1.0f, INFINITY, -INFINITY, NAN}),
            "expected finite values, got 1 NaN and 2 Inf of 4");
}

TEST(Ranges, MethodsByName) {
  for (const char *name :
       {"minmax", "percentile:99.9", "percentile:100", "mse", "entropy",
        "aciq-gauss", "aciq-laplace", "octav", "mean-extremes",
        "moving-average", "auto"}) {
    auto method = parseRangeMethod(name);
    ASSERT_TRUE(static_cast<bool>(method)) << name;
    EXPECT_EQ(printRangeMethod(*method), name);
  }
  for (const char *name : {"percentile:50", "percentile:100.1", "percentile:",
                           "percentile:nan", "percentile"})
    EXPECT_TRUE(llvm::errorToBool(parseRangeMethod(name).takeError())) << name;
}

// The constants of Banner et al. (and those that tpu-mlir ships).
TEST(Ranges, AciqFactors) {
  // They print 3.92403714 and 3.92403337, which are where their searches stop.
  EXPECT_NEAR(getAciqFactor(false, 256), 3.9240355, 1e-7);
  EXPECT_NEAR(getAciqFactor(false, 16), 2.55913642, 1e-7);
  EXPECT_NEAR(getAciqFactor(true, 256), 9.89675982, 1e-7);
  EXPECT_NEAR(getAciqFactor(true, 16), 5.02864014, 1e-7);
  EXPECT_NEAR(getAciqFactor(true, 512), 11.16268772, 1e-2);
}

// A histogram whose bins are filled evenly: integrals against sums.
TEST(Distribution, ErrorIsThatOfTheValues) {
  std::mt19937 random(3);
  std::normal_distribution<float> normal(0.2f, 1.0f);
  std::vector<float> values(200000);
  for (float &value : values)
    value = normal(random);
  Distribution distribution = Distribution::of(recordOf(values));
  qdot::numerics::StorageRange storage{-8, 7};
  for (double scale : {0.1, 0.25, 0.6}) {
    double sum = 0, square = 0;
    for (float value : values) {
      double code = std::clamp(std::nearbyint(value / scale) + 1, -8.0, 7.0);
      double error = scale * (code - 1) - value;
      sum += error;
      square += error * error;
    }
    QuantizationError error = distribution.getError({scale, 1}, storage);
    EXPECT_NEAR(error.meanSquare, square / values.size(),
                0.01 * square / values.size());
    EXPECT_NEAR(error.mean, sum / values.size(), 2e-3);
  }
}

TEST(Distribution, PointsOfConstants) {
  Distribution values =
      Distribution::of(std::vector<double>{2.0, -1.0, 0.0, 2.0});
  EXPECT_EQ(values.getPieces().size(), 3u);
  EXPECT_EQ(values.getCount(), 4);
  EXPECT_EQ(values.getMean(), 0.75);
  EXPECT_EQ(values.getMeanSquare(), 2.25);
  EXPECT_EQ(values.countAbove(1), 2);
  EXPECT_EQ(values.sumAbove(0.5), 5);
  EXPECT_EQ(values.getQuantile(0.25), -1);
  EXPECT_EQ(values.getQuantile(0.5), 0);
  EXPECT_EQ(values.getQuantile(0.51), 2);
}

TEST(Distribution, ZerosAndExtremesAreExact) {
  Distribution values =
      Distribution::of(recordOf({0.0f, 0.0f, 1.3f, 1.31f, 1.32f, -5.0f}));
  EXPECT_EQ(values.getMin(), -5.0);
  EXPECT_EQ(values.getMax(), double(1.32f));
  EXPECT_EQ(values.getCount(), 6);
  EXPECT_EQ(values.countAbove(0), 4);
  EXPECT_EQ(values.getQuantile(1), double(1.32f));
}
