//===- Histogram.cpp - Mergeable record of the values of one tensor -------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qdot/Statistics/Histogram.h"
#include "qdot/Statistics/Format.h"

using namespace qdot::statistics;

static constexpr unsigned shift = 32 - TensorRecord::binBits;
static constexpr uint32_t signBit = 0x80000000u;
static constexpr uint32_t infinityBits = 0x7f800000u;

/// Without the sign of a zero.
static uint32_t canonicalBits(float value) {
  uint32_t bits = bitsOf(value);
  return bits == signBit ? 0 : bits;
}

unsigned TensorRecord::binOf(float value) {
  return canonicalBits(value) >> shift;
}

float TensorRecord::lowerEdge(unsigned bin) { return floatOf(bin << shift); }

bool TensorRecord::isFiniteBin(unsigned bin) {
  return bin < numBins && (bin << shift & ~signBit) < infinityBits;
}

void TensorRecord::addToRange(float value) {
  uint32_t bits = canonicalBits(value);
  if (orderOf(bits) < orderOf(bitsOf(min)))
    min = floatOf(bits);
  if (orderOf(bits) > orderOf(bitsOf(max)))
    max = floatOf(bits);
}

void TensorRecord::add(float value) {
  ++count;
  uint32_t magnitude = bitsOf(value) & ~signBit;
  if (magnitude > infinityBits) {
    ++nanCount;
    return;
  }
  if (magnitude == infinityBits) {
    ++infCount;
    return;
  }
  if (magnitude == 0)
    ++zeroCount;
  ++bins[binOf(value)];
  addToRange(value);
}

void TensorRecord::merge(const TensorRecord &other) {
  uint64_t sum = count + other.count;
  count = sum < count ? std::numeric_limits<uint64_t>::max() : sum;
  nanCount += other.nanCount;
  infCount += other.infCount;
  zeroCount += other.zeroCount;
  // The bounds of an empty record are infinities of the neutral sign.
  if (orderOf(bitsOf(other.min)) < orderOf(bitsOf(min)))
    min = other.min;
  if (orderOf(bitsOf(other.max)) > orderOf(bitsOf(max)))
    max = other.max;
  for (unsigned bin = 0; bin != numBins; ++bin)
    bins[bin] += other.bins[bin];
}

bool TensorRecord::operator==(const TensorRecord &other) const {
  return count == other.count && nanCount == other.nanCount &&
         infCount == other.infCount && zeroCount == other.zeroCount &&
         bitsOf(min) == bitsOf(other.min) && bitsOf(max) == bitsOf(other.max) &&
         bins == other.bins;
}

//===----------------------------------------------------------------------===//
// Consistency
//===----------------------------------------------------------------------===//

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
  uint64_t finite = record.count - record.nanCount - record.infCount;
  uint64_t sum = 0;
  for (unsigned bin = 0; bin != TensorRecord::numBins; ++bin) {
    uint64_t inBin = record.bins[bin];
    if (inBin && !TensorRecord::isFiniteBin(bin))
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
  unsigned lowest = TensorRecord::numBins, highest = TensorRecord::numBins;
  for (unsigned i = 0; i != TensorRecord::numBins; ++i) {
    unsigned bin = i < half ? TensorRecord::numBins - 1 - i : i - half;
    if (!record.bins[bin])
      continue;
    if (lowest == TensorRecord::numBins)
      lowest = bin;
    highest = bin;
  }
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

std::string TensorRecord::findProblem() const {
  std::string problem = findCounterProblem(*this);
  if (problem.empty())
    problem = findSumProblem(*this);
  if (!problem.empty())
    return problem;
  if (hasRange())
    return findRangeProblem(*this);
  TensorRecord empty;
  if (bitsOf(min) != bitsOf(empty.min) || bitsOf(max) != bitsOf(empty.max))
    return "min: expected no range without finite values";
  return "";
}
