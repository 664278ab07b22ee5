//===- Consistency.cpp - Find records that no values could have produced --===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qdot/Statistics/Format.h"
#include "qdot/Statistics/Histogram.h"
#include <algorithm>

using namespace qdot::statistics;

static constexpr uint32_t signBit = 0x80000000u;
static constexpr uint32_t infinityBits = 0x7f800000u;

static std::string num(uint64_t value) { return std::to_string(value); }

static std::string findCounterProblem(const TensorRecord &record) {
  if (record.count > TensorRecord::maxCount)
    return "count: expected at most 2^53, got " + num(record.count);
  if (record.nanCount > record.count)
    return "nan: expected at most count " + num(record.count) + ", got " +
           num(record.nanCount);
  if (record.infCount > record.count - record.nanCount)
    return "inf: expected at most count - nan = " +
           num(record.count - record.nanCount) + ", got " +
           num(record.infCount);
  if (record.zeroCount > record.bins[0])
    return "zero: expected at most the count of bin 0, " + num(record.bins[0]) +
           ", got " + num(record.zeroCount);
  return "";
}

static std::string findSumProblem(const TensorRecord &record) {
  uint64_t finite = record.finiteCount();
  uint64_t sum = 0;
  const Bins &bins = record.bins;
  for (unsigned bin = bins.findFrom(0); bin != TensorRecord::numBins;
       bin = bins.findFrom(bin + 1)) {
    uint64_t inBin = bins[bin];
    if (!TensorRecord::isFiniteBin(bin))
      return "histogram: expected finite values only, got " + num(inBin) +
             " in bin " + num(bin);
    if (inBin > finite - sum)
      return "histogram: expected a sum of count - nan - inf = " + num(finite) +
             ", got more, up to bin " + num(bin);
    sum += inBin;
  }
  if (sum != finite)
    return "histogram: expected a sum of count - nan - inf = " + num(finite) +
           ", got " + num(sum);
  return "";
}

/// The bins in use that hold the smallest and the largest values. Negative bins
/// grow away from zero, so the smallest values are in the highest of them.
/// Precondition: some bin is in use.
static std::pair<unsigned, unsigned> outermostBins(const TensorRecord &record) {
  constexpr unsigned half = TensorRecord::numBins / 2;
  const Bins &bins = record.bins;
  unsigned lowest = bins.findFrom(0), highest = lowest;
  for (unsigned bin = lowest; bin < half; bin = bins.findFrom(bin + 1))
    highest = bin;
  unsigned negative = bins.findFrom(half);
  if (lowest >= half)
    highest = negative;
  for (unsigned bin = negative; bin != TensorRecord::numBins;
       bin = bins.findFrom(bin + 1))
    lowest = bin;
  return {lowest, highest};
}

static std::string findBoundProblem(const char *name, float bound,
                                    unsigned bin) {
  std::string expected = std::string(name) + ": expected a value in bin " +
                         num(bin) + ", the outermost in use, got ";
  if ((bitsOf(bound) & ~signBit) >= infinityBits)
    return expected + "none";
  if (bitsOf(bound) == signBit || TensorRecord::binOf(bound) != bin)
    return expected + printFloat(bound);
  return "";
}

static std::string findRangeProblem(const TensorRecord &record) {
  auto [lowest, highest] = outermostBins(record);
  std::string problem = findBoundProblem("min", record.min, lowest);
  if (problem.empty())
    problem = findBoundProblem("max", record.max, highest);
  if (!problem.empty())
    return problem;
  int32_t low = orderOf(bitsOf(record.min)), high = orderOf(bitsOf(record.max));
  bool oneValue = lowest == highest && record.bins[lowest] == 1;
  if (low > high || (oneValue && low != high))
    return "max: expected " + std::string(oneValue ? "" : "at least ") +
           "min, " + printFloat(record.min) + ", got " + printFloat(record.max);
  // Bin 0 holds zeros and positive denormals.
  bool hasZero = record.zeroCount != 0,
       onlyZeros = record.zeroCount == record.bins[0];
  if (lowest == 0 && hasZero != (low == 0))
    return "min: expected it to be 0 exactly when zero is not, got " +
           printFloat(record.min) + " and zero " + num(record.zeroCount);
  if (highest == 0 && onlyZeros != (high == 0))
    return "max: expected it to be 0 exactly when bin 0 holds zeros only, "
           "got " +
           printFloat(record.max) + ", zero " + num(record.zeroCount) + " of " +
           num(record.bins[0]);
  return "";
}

//===----------------------------------------------------------------------===//
// Exact sums
//===----------------------------------------------------------------------===//

template <typename Sum>
static std::string findSumOutside(const char *name, const Sum &sum,
                                  const Sum &low, const Sum &high) {
  if (!(sum < low) && !(high < sum))
    return "";
  return std::string(name) + ": expected at least " + low.print() +
         " and at most " + high.print() + ", got " + sum.print();
}

/// The sums must be possible for values anywhere in their bins.
static std::string findMomentProblem(const TensorRecord &record) {
  ValueSum low, high;
  SquareSum lowSquares, highSquares;
  const Bins &bins = record.bins;
  for (unsigned bin = bins.findFrom(0); bin != TensorRecord::numBins;
       bin = bins.findFrom(bin + 1)) {
    float inner = TensorRecord::lowerEdge(bin),
          outer = TensorRecord::lastInBin(bin);
    bool isNegative = bin >= TensorRecord::numBins / 2;
    addValue(low, isNegative ? outer : inner, bins[bin]);
    addValue(high, isNegative ? inner : outer, bins[bin]);
    addSquare(lowSquares, inner, bins[bin]);
    addSquare(highSquares, outer, bins[bin]);
  }
  std::string problem = findSumOutside("sum", record.sum, low, high);
  if (problem.empty())
    problem = findSumOutside("sum_squares", record.sumOfSquares, lowSquares,
                             highSquares);
  return problem;
}

static std::string findSampleProblem(const TensorRecord &record) {
  if (record.sampleCount > record.finiteCount())
    return "samples: expected at most count - nan - inf = " +
           num(record.finiteCount()) + ", got " + num(record.sampleCount);
  ValueSum low, high;
  if (record.sampleCount != 0) {
    addValue(low, record.min, record.sampleCount);
    addValue(high, record.max, record.sampleCount);
  }
  std::string problem =
      findSumOutside("sum_min", record.sumOfMinima, low, high);
  if (problem.empty())
    problem =
        findSumOutside("sum_max", record.sumOfMaxima, record.sumOfMinima, high);
  return problem;
}

/// Channels count what the tensor counts, each value once.
static std::string findChannelProblem(const TensorRecord &record) {
  if (record.channels.empty())
    return "";
  TensorRecord all;
  for (size_t i = 0; i != record.channels.size(); ++i) {
    const TensorRecord &channel = record.channels[i];
    std::string prefix = "channels[" + num(i) + "]: ";
    std::string problem = channel.findProblem();
    if (!problem.empty())
      return prefix + problem;
    if (!channel.channels.empty() || channel.sampleCount != 0)
      return prefix + "expected neither channels nor samples";
    all.merge(channel);
  }
  return all.hasSameValues(record)
             ? ""
             : "channels: expected them to add up to the tensor";
}

std::string TensorRecord::findProblem() const {
  std::string problem = findCounterProblem(*this);
  if (problem.empty())
    problem = findSumProblem(*this);
  if (!problem.empty())
    return problem;
  TensorRecord empty;
  if (hasRange())
    problem = findRangeProblem(*this);
  else if (bitsOf(min) != bitsOf(empty.min) || bitsOf(max) != bitsOf(empty.max))
    problem = "min: expected no range without finite values";
  if (problem.empty())
    problem = findMomentProblem(*this);
  if (problem.empty())
    problem = findSampleProblem(*this);
  if (problem.empty())
    problem = findChannelProblem(*this);
  return problem;
}
