//===- Tally.cpp - Count many values fast ---------------------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Tally.h"
#include <algorithm>

using namespace qdot::runtime;
using qdot::statistics::bitsOf;
using qdot::statistics::floatOf;
using qdot::statistics::TensorRecord;

static constexpr unsigned shift = 32 - TensorRecord::binBits;
static constexpr int32_t infinityBits = 0x7f800000;

namespace {
/// Counters and bounds of one chunk, from one loop that vectorizes.
struct ChunkSummary {
  uint32_t nanCount = 0, infCount = 0, zeroCount = 0, negativeZeroCount = 0;
  int32_t minOrder = INT32_MAX, maxOrder = INT32_MIN;
};
} // namespace

/// Integer arithmetic only: a floating-point environment that flushes denormals
/// must not change a record.
static ChunkSummary summarize(const float *values, size_t count) {
  ChunkSummary s;
  for (size_t i = 0; i != count; ++i) {
    int32_t bits = static_cast<int32_t>(bitsOf(values[i]));
    int32_t magnitude = bits & INT32_MAX;
    int32_t order = bits ^ ((bits >> 31) & INT32_MAX);
    bool finite = magnitude < infinityBits;
    s.nanCount += magnitude > infinityBits;
    s.infCount += magnitude == infinityBits;
    s.zeroCount += magnitude == 0;
    s.negativeZeroCount += bits == INT32_MIN;
    s.minOrder = std::min(s.minOrder, finite ? order : INT32_MAX);
    s.maxOrder = std::max(s.maxOrder, finite ? order : INT32_MIN);
  }
  return s;
}

void Tally::addChunk(const float *values, size_t count) {
  ChunkSummary s = summarize(values, count);
  nanCount += s.nanCount;
  infCount += s.infCount;
  zeroCount += s.zeroCount;
  negativeZeroCount += s.negativeZeroCount;
  minOrder = std::min(minOrder, s.minOrder);
  maxOrder = std::max(maxOrder, s.maxOrder);
  const float *end = values + count;
  for (; end - values >= std::ptrdiff_t(numLanes); values += numLanes)
    for (size_t lane = 0; lane != numLanes; ++lane)
      ++lanes[lane][bitsOf(values[lane]) >> shift];
  for (; values != end; ++values)
    ++lanes[0][bitsOf(*values) >> shift];
}

void Tally::add(const float *values, size_t count) {
  // A chunk stays in the first-level cache between the two loops over it.
  constexpr size_t chunk = 2048;
  total += count;
  for (; count > chunk; values += chunk, count -= chunk)
    addChunk(values, chunk);
  addChunk(values, count);
}

void Tally::flush(TensorRecord &record) {
  // Inf and NaN were thrown in to save a branch; the last bins of each sign.
  constexpr unsigned half = TensorRecord::numBins / 2;
  constexpr unsigned numFinite = infinityBits >> shift;
  flushBins(record, 0, numFinite);
  flushBins(record, half, half + numFinite);
  // -0.0 counts as +0.0.
  record.bins[half] -= negativeZeroCount;
  record.bins[0] += negativeZeroCount;
  record.count += total;
  record.nanCount += nanCount;
  record.infCount += infCount;
  record.zeroCount += zeroCount;
  if (total > nanCount + infCount) {
    // The order of the bits is its own inverse.
    record.addToRange(floatOf(statistics::orderOf(minOrder)));
    record.addToRange(floatOf(statistics::orderOf(maxOrder)));
  }
  *this = Tally();
}

void Tally::flushBins(TensorRecord &record, unsigned begin, unsigned end) {
  for (unsigned bin = begin; bin != end; ++bin)
    record.bins[bin] +=
        uint64_t(lanes[0][bin]) + lanes[1][bin] + lanes[2][bin] + lanes[3][bin];
}
