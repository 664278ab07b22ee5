//===- Tally.cpp - Count many values fast ---------------------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Tally.h"
#include "ChunkSummary.h"
#include <algorithm>

using namespace qdot::runtime;
using qdot::statistics::TensorRecord;
using qdot::statistics::valueOf;

/// Bins of one sign, and of one exponent.
static constexpr unsigned half = TensorRecord::numBins / 2;
static constexpr unsigned binsOfExponent = 8;
static constexpr unsigned numExponents = half / binsOfExponent;

void Tally::Extremes::include(const Extremes &other) {
  min = std::min(min, other.min);
  max = std::max(max, other.max);
}

//===----------------------------------------------------------------------===//
// Adding
//===----------------------------------------------------------------------===//

void Tally::addChunk(const float *values, size_t count) {
  float others[BinCounts::maxChunk + 16];
  // Values behind a ReLU have zeros in every chunk, others in none.
  std::optional<size_t> otherCount;
  if (areZerosUsual)
    otherCount = BinCounts::dropZeros(values, count, others);
  ChunkSummary s = otherCount ? summarize(others, *otherCount)
                              : summarize(values, count);
  if (otherCount)
    s.addZeros(count - *otherCount);
  else if (s.zeroCount != 0)
    otherCount = BinCounts::dropZeros(values, count, others);
  areZerosUsual = s.zeroCount != 0;
  nanCount += s.nanCount;
  infCount += s.infCount;
  zeroCount += s.zeroCount;
  lowMagnitude = std::min(lowMagnitude, s.lowMagnitude);
  highMagnitude = std::max(highMagnitude, s.highMagnitude);
  sample.include({s.minOrder, s.maxOrder});
  all.include({s.minOrder, s.maxOrder});
  if (otherCount) {
    values = others;
    count = *otherCount;
  }
  addMoments(values, count, s, sum, sumOfSquares);
  bins.add(values, count, s, /*hasZeros=*/!otherCount);
}

void Tally::add(const float *values, size_t count) {
  // A chunk stays in the first-level cache between the loops over it.
  constexpr size_t chunk = std::min(maxMomentsChunk, BinCounts::maxChunk);
  total += count;
  for (; count > chunk; values += chunk, count -= chunk)
    addChunk(values, chunk);
  addChunk(values, count);
}

void Tally::Samples::add(const Extremes &extremes) {
  if (extremes.isEmpty())
    return;
  ++count;
  addValue(sumOfMinima, valueOf(extremes.min));
  addValue(sumOfMaxima, valueOf(extremes.max));
}

void Tally::endSample(bool hasZeros) {
  samples.add(sample);
  if (hasZeros)
    sample.include({0, 0});
  movedSamples.add(sample);
  sample = Extremes();
}

//===----------------------------------------------------------------------===//
// Flushing
//===----------------------------------------------------------------------===//

/// Of the values of one sign; not below the one that is in use.
unsigned Tally::highestExponent(bool isNegative) const {
  if (nanCount + infCount != 0)
    return highMagnitude >> 23;
  // The order of -x is the complement of that of x.
  int32_t magnitude = isNegative ? ~all.min : all.max;
  return all.isEmpty() || magnitude < 0
             ? 0
             : static_cast<unsigned>(magnitude) >> 23;
}

void Tally::Samples::flush(TensorRecord &record) {
  record.sampleCount += count;
  record.sumOfMinima += sumOfMinima;
  record.sumOfMaxima += sumOfMaxima;
}

void Tally::flushSamples(TensorRecord &record, TensorRecord *moved) {
  samples.flush(record);
  if (moved)
    movedSamples.flush(*moved);
  samples = movedSamples = Samples();
}

void Tally::flushBins(TensorRecord &record, TensorRecord *moved) {
  unsigned low = std::min(lowMagnitude, highMagnitude) >> 23;
  for (unsigned sign : {0u, half})
    for (unsigned exponent = low; exponent <= highestExponent(sign != 0);
         ++exponent)
      for (unsigned bin = sign + exponent * binsOfExponent,
                    end = bin + binsOfExponent;
           bin != end; ++bin) {
        uint64_t count = bins.take(bin);
        // Inf and NaN were counted to save a branch.
        if (count == 0 || exponent == numExponents - 1)
          continue;
        record.bins[bin] += count;
        if (moved)
          moved->bins[bin] += count;
      }
}

void Tally::addTotals(TensorRecord &record) const {
  if (zeroCount != 0)
    record.bins[0] += zeroCount;
  if (!all.isEmpty()) {
    record.addToRange(valueOf(all.min));
    record.addToRange(valueOf(all.max));
  }
  record.count += total;
  record.nanCount += nanCount;
  record.infCount += infCount;
  record.zeroCount += zeroCount;
  record.sum += sum;
  record.sumOfSquares += sumOfSquares;
}

void Tally::flush(TensorRecord &record, TensorRecord *moved) {
  flushBins(record, moved);
  addTotals(record);
  if (moved)
    addTotals(*moved);
  all = Extremes();
  total = 0;
  nanCount = infCount = zeroCount = 0;
  lowMagnitude = UINT32_MAX;
  highMagnitude = 0;
  sum = {};
  sumOfSquares = {};
}
