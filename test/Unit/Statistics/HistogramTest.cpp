//===- HistogramTest.cpp - Mergeable record of the values of one tensor ---===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qdot/Statistics/Histogram.h"
#include "Samples.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include <algorithm>
#include <cmath>

using namespace qdot::statistics;
using testing::HasSubstr;

/// The bin by arithmetic instead of by bits. Precondition: finite.
static unsigned expectedBin(float value) {
  if (value == 0)
    return 0;
  double magnitude = std::fabs(static_cast<double>(value));
  int exponent = std::ilogb(magnitude);
  unsigned bin;
  if (exponent < -126) // denormals share the lowest exponent
    bin = std::floor(std::ldexp(magnitude, 126) * 8);
  else
    bin = (exponent + 127) * 8 +
          std::floor((std::ldexp(magnitude, -exponent) - 1) * 8);
  return value < 0 ? bin + 2048 : bin;
}

TEST(Histogram, BinsOfCorners) {
  EXPECT_EQ(TensorRecord::binOf(0.0f), 0u);
  EXPECT_EQ(TensorRecord::binOf(-0.0f), 0u);
  EXPECT_EQ(TensorRecord::binOf(1.0f), 1016u);
  EXPECT_EQ(TensorRecord::binOf(-1.0f), 1016u + 2048u);
  EXPECT_EQ(TensorRecord::binOf(1.125f), 1017u);
  EXPECT_EQ(TensorRecord::binOf(1.9999999f), 1023u);
  EXPECT_EQ(TensorRecord::binOf(1e-45f), 0u);
  EXPECT_EQ(TensorRecord::binOf(-1e-45f), 2048u);
}

TEST(Histogram, EveryBinHoldsItsEdges) {
  unsigned finite = 0;
  for (unsigned bin = 0; bin != TensorRecord::numBins; ++bin) {
    float edge = TensorRecord::lowerEdge(bin);
    EXPECT_EQ(TensorRecord::isFiniteBin(bin), std::isfinite(edge)) << bin;
    if (!std::isfinite(edge))
      continue;
    ++finite;
    EXPECT_EQ(std::signbit(edge), bin >= 2048) << bin;
    // Everything from the edge up to the next one, in magnitude, and no more.
    float outward = std::copysign(INFINITY, edge);
    float last = std::nextafter(TensorRecord::lowerEdge(bin + 1), edge);
    if (bin != 2048) { // its edge is -0.0, which counts as +0.0
      EXPECT_EQ(TensorRecord::binOf(edge), bin);
      EXPECT_EQ(expectedBin(edge), bin);
    }
    float second = std::nextafter(edge, outward);
    EXPECT_EQ(TensorRecord::binOf(second), bin);
    EXPECT_EQ(expectedBin(second), bin);
    EXPECT_EQ(TensorRecord::binOf(last), bin);
    EXPECT_EQ(expectedBin(last), bin);
  }
  EXPECT_EQ(finite, 2u * 255 * 8);
  EXPECT_FALSE(TensorRecord::isFiniteBin(TensorRecord::numBins));
}

TEST(Histogram, RandomValuesFallIntoExpectedBins) {
  for (float value : sampleValues(200000, 1))
    if (std::isfinite(value)) {
      ASSERT_EQ(TensorRecord::binOf(value), expectedBin(value)) << value;
    }
}

TEST(Histogram, CountsEveryKind) {
  TensorRecord record = recordOf({0.0f, -0.0f, NAN, -NAN, INFINITY, -INFINITY,
                                  1e-45f, -1e-45f, 3.0f, -2.0f});
  EXPECT_EQ(record.count, 10u);
  EXPECT_EQ(record.nanCount, 2u);
  EXPECT_EQ(record.infCount, 2u);
  EXPECT_EQ(record.zeroCount, 2u);
  EXPECT_EQ(record.min, -2.0f);
  EXPECT_EQ(record.max, 3.0f);
  EXPECT_EQ(record.bins[0], 3u);    // zeros and the positive denormal
  EXPECT_EQ(record.bins[2048], 1u); // the negative denormal
  EXPECT_TRUE(record.hasRange());
  EXPECT_EQ(record.findProblem(), "");
}

TEST(Histogram, RangeKnowsNoNegativeZero) {
  for (auto values :
       {std::vector<float>{-0.0f}, {-0.0f, 0.0f}, {0.0f, -0.0f}}) {
    TensorRecord record = recordOf(values);
    EXPECT_EQ(bitsOf(record.min), 0u);
    EXPECT_EQ(bitsOf(record.max), 0u);
  }
}

TEST(Histogram, WithoutFiniteValuesThereIsNoRange) {
  EXPECT_FALSE(TensorRecord().hasRange());
  TensorRecord record = recordOf({NAN, INFINITY});
  EXPECT_FALSE(record.hasRange());
  EXPECT_EQ(record.findProblem(), "");
}

TEST(Histogram, CountersAgreeWithPlainLoops) {
  std::vector<float> values = sampleValues(5000, 2);
  TensorRecord record = recordOf(values);
  auto count = [&](auto predicate) -> uint64_t {
    return std::count_if(values.begin(), values.end(), predicate);
  };
  EXPECT_EQ(record.nanCount, count([](float v) { return std::isnan(v); }));
  EXPECT_EQ(record.infCount, count([](float v) { return std::isinf(v); }));
  EXPECT_EQ(record.zeroCount, count([](float v) { return v == 0; }));
  EXPECT_GT(record.nanCount, 0u);
  EXPECT_GT(record.infCount, 0u);
  for (unsigned bin = 0; bin != TensorRecord::numBins; ++bin)
    ASSERT_EQ(record.bins[bin], count([&](float v) {
                return std::isfinite(v) && expectedBin(v) == bin;
              }));
  auto finiteEnd = std::remove_if(values.begin(), values.end(),
                                  [](float v) { return !std::isfinite(v); });
  EXPECT_EQ(record.min, *std::min_element(values.begin(), finiteEnd));
  EXPECT_EQ(record.max, *std::max_element(values.begin(), finiteEnd));
}

TEST(Histogram, MergeIsAssociativeCommutativeWithIdentity) {
  for (unsigned seed = 0; seed != 50; ++seed) {
    TensorRecord a = recordOf(sampleValues(seed % 7, seed));
    TensorRecord b = recordOf(sampleValues(100, seed + 1000));
    TensorRecord c = recordOf(sampleValues(seed, seed + 2000));
    auto merged = [](TensorRecord x, const TensorRecord &y) {
      x.merge(y);
      return x;
    };
    EXPECT_EQ(merged(a, merged(b, c)), merged(merged(a, b), c));
    EXPECT_EQ(merged(a, b), merged(b, a));
    EXPECT_EQ(merged(a, TensorRecord()), a);
    EXPECT_EQ(merged(TensorRecord(), a), a);
    EXPECT_EQ(merged(merged(a, b), c).findProblem(), "");
  }
}

TEST(Histogram, AnyShardingGivesOneRecord) {
  std::vector<float> values = sampleValues(5000, 3);
  TensorRecord expected = recordOf(values);
  std::mt19937 random(4);
  for (int round = 0; round != 50; ++round) {
    std::shuffle(values.begin(), values.end(), random);
    std::vector<TensorRecord> shards(1 + random() % 9);
    for (float value : values)
      shards[random() % shards.size()].add(value);
    TensorRecord sum;
    for (const TensorRecord &shard : shards)
      sum.merge(shard);
    ASSERT_EQ(sum, expected);
  }
}

TEST(Histogram, CountSaturatesInsteadOfWrapping) {
  TensorRecord a, b;
  a.count = b.count = uint64_t(3) << 62;
  a.merge(b);
  EXPECT_EQ(a.count, UINT64_MAX);
  a.merge(b);
  EXPECT_EQ(a.count, UINT64_MAX);
  EXPECT_THAT(a.findProblem(), HasSubstr("count: expected at most 2^53, got "
                                         "18446744073709551615"));
}

/// Applies `change` to a record that is right and expects the problem.
template <typename Change>
static void expectProblem(Change change, const std::string &problem) {
  TensorRecord record = recordOf({0.0f, 1.0f, -2.5f, 1e-45f, NAN, INFINITY});
  ASSERT_EQ(record.findProblem(), "");
  change(record);
  EXPECT_EQ(record.findProblem(), problem);
}

TEST(Histogram, FindsWhatNoValuesCouldProduce) {
  using R = TensorRecord;
  expectProblem([](R &r) { r.nanCount = 7; },
                "nan: expected at most count 6, got 7");
  expectProblem([](R &r) { r.infCount = 6; },
                "inf: expected at most count - nan = 5, got 6");
  expectProblem([](R &r) { r.zeroCount = 3; },
                "zero: expected at most the count of bin 0, 2, got 3");
  expectProblem([](R &r) { r.bins[1016] = 2; },
                "histogram: expected a sum of count - nan - inf = 4, got more, "
                "up to bin 3074");
  expectProblem([](R &r) { r.bins[1016] = 0; },
                "histogram: expected a sum of count - nan - inf = 4, got 3");
  expectProblem([](R &r) { r.bins[2040] = 1; },
                "histogram: expected finite values only, got 1 in bin 2040");
  expectProblem([](R &r) { r.bins[5] = UINT64_MAX; },
                "histogram: expected a sum of count - nan - inf = 4, got more, "
                "up to bin 5");
  expectProblem([](R &r) { r.min = -2.0f; },
                "min: expected a value in bin 3074, the outermost in use, got "
                "-2");
  expectProblem([](R &r) { r.max = 1.5f; },
                "max: expected a value in bin 1016, the outermost in use, got "
                "1.5");
  expectProblem([](R &r) { r.max = NAN; },
                "max: expected a value in bin 1016, the outermost in use, got "
                "none");
}

TEST(Histogram, FindsInconsistentBoundsWithinOneBin) {
  TensorRecord one = recordOf({1.0f});
  one.max = 1.05f;
  EXPECT_EQ(one.findProblem(), "max: expected min, 1, got 1.05");
  TensorRecord two = recordOf({1.0f, 1.05f});
  EXPECT_EQ(two.findProblem(), "");
  std::swap(two.min, two.max);
  EXPECT_EQ(two.findProblem(), "max: expected at least min, 1.05, got 1");
}

TEST(Histogram, FindsInconsistentZeros) {
  TensorRecord zeros = recordOf({0.0f, 0.0f});
  zeros.zeroCount = 1;
  EXPECT_THAT(zeros.findProblem(),
              HasSubstr("max: expected it to be 0 exactly when bin 0 holds "
                        "zeros only, got 0, zero 1 of 2"));
  TensorRecord mixed = recordOf({0.0f, 1.0f});
  mixed.min = 1e-45f;
  EXPECT_THAT(mixed.findProblem(), HasSubstr("min: expected it to be 0"));
  TensorRecord negative = recordOf({0.0f});
  negative.min = -0.0f;
  EXPECT_THAT(negative.findProblem(), HasSubstr("got -0"));
}

TEST(Histogram, EmptyRecordWithRangeIsRefused) {
  TensorRecord record;
  record.min = 0;
  EXPECT_EQ(record.findProblem(),
            "min: expected no range without finite values");
}
