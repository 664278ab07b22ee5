//===- RangesTest.cpp - From a record to the range to quantize ------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qdot/Statistics/Ranges.h"
#include "Samples.h"
#include "gtest/gtest.h"
#include <cmath>

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
            "expected a range method (minmax), got 'MinMax'");
}

TEST(Ranges, RefusesWhatHasNoRange) {
  EXPECT_EQ(errorOf({}), "expected at least one finite value, got none of 0");
  EXPECT_EQ(errorOf({1.0f, NAN}),
            "expected finite values, got 1 NaN and 0 Inf of 2");
  EXPECT_EQ(errorOf({1.0f, INFINITY, -INFINITY, NAN}),
            "expected finite values, got 1 NaN and 2 Inf of 4");
}
