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
            "aciq-gauss, aciq-laplace, octav or auto), got 'MinMax'");
}

TEST(Ranges, RefusesWhatHasNoRange) {
  EXPECT_EQ(errorOf({}), "expected at least one finite value, got none of 0");
  EXPECT_EQ(errorOf({1.0f, NAN}),
            "expected finite values, got 1 NaN and 0 Inf of 2");
  EXPECT_EQ(errorOf({1.0f, INFINITY, -INFINITY, NAN}),
            "expected finite values, got 1 NaN and 2 Inf of 4");
}

TEST(Ranges, RelativeErrorOfOneValue) {
  // 1.0 is in a bin from 1 to 1.125, but min and max say that it is 1.
  TensorRecord record = recordOf({1.0f, 1.0f, 0.0f});
  EXPECT_DOUBLE_EQ(estimateRelativeError(record, 0.5), 0.5 / std::sqrt(12.0));
}

TEST(Ranges, RelativeErrorCountsZerosAsExact) {
  std::vector<float> values(1000, 0.0f);
  values.push_back(-4.0f);
  double alone = estimateRelativeError(recordOf({-4.0f}), 0.25);
  EXPECT_DOUBLE_EQ(estimateRelativeError(recordOf(values), 0.25), alone);
  EXPECT_DOUBLE_EQ(estimateRelativeError(recordOf({0.0f}), 0.25), 0.0);
}

TEST(Ranges, RelativeErrorIsThatOfRounding) {
  std::mt19937 random(7);
  std::normal_distribution<double> normal(0.0, 1.0);
  std::vector<float> values;
  double noise = 0.0, power = 0.0, scale = 0.05;
  for (int i = 0; i < 100000; ++i) {
    auto value = static_cast<float>(normal(random));
    values.push_back(value);
    double error = std::nearbyint(value / scale) * scale - value;
    noise += error * error;
    power += double(value) * value;
  }
  double measured = std::sqrt(noise / power);
  EXPECT_NEAR(estimateRelativeError(recordOf(values), scale), measured,
              0.02 * measured);
}

TEST(Ranges, RelativeErrorOfTheLargestValues) {
  double error = estimateRelativeError(recordOf({FLT_MAX, -FLT_MAX}), FLT_MAX);
  // The last bin counts as its lower edge.
  EXPECT_NEAR(error, 1.0 / std::sqrt(12.0), 0.03);
}
