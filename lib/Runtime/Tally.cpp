//===- Tally.cpp - Count many values fast ---------------------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Tally.h"
#include "ChunkSummary.h"
#include <algorithm>
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

using namespace qdot::runtime;
using qdot::statistics::bitsOf;
using qdot::statistics::TensorRecord;
using qdot::statistics::uint128_t;
using qdot::statistics::valueOf;

static constexpr unsigned lowBits = 32 - TensorRecord::binBits;
static constexpr uint32_t lowMask = (1u << lowBits) - 1;
static constexpr unsigned countShift = 44;
/// Bins of one sign, and of one exponent.
static constexpr unsigned half = TensorRecord::numBins / 2;
static constexpr unsigned binsOfExponent = 8;

void Tally::Extremes::include(const Extremes &other) {
  min = std::min(min, other.min);
  max = std::max(max, other.max);
}

//===----------------------------------------------------------------------===//
// Adding
//===----------------------------------------------------------------------===//

void Tally::addToBins(const float *values, size_t count) {
  const float *end = values + count;
#if defined(__SSE2__)
  static_assert(numLanes == 4, "one vector of values is one step");
  const __m128i mask = _mm_set1_epi32(static_cast<int>(lowMask));
  const __m128i one = _mm_set1_epi64x(int64_t(1) << countShift);
  auto addTo = [](Cell &cell, __m128i term) {
    auto *at = reinterpret_cast<__m128i *>(&cell);
    _mm_store_si128(at, _mm_add_epi64(_mm_load_si128(at), term));
  };
  for (; end - values >= 4; values += 4) {
    __m128i low = _mm_and_si128(
        _mm_loadu_si128(reinterpret_cast<const __m128i *>(values)), mask);
    __m128i low01 = _mm_unpacklo_epi32(low, _mm_setzero_si128());
    __m128i low23 = _mm_unpackhi_epi32(low, _mm_setzero_si128());
    __m128i squares01 = _mm_mul_epu32(low01, low01);
    __m128i squares23 = _mm_mul_epu32(low23, low23);
    low01 = _mm_add_epi64(low01, one);
    low23 = _mm_add_epi64(low23, one);
    uint64_t pair01, pair23;
    std::memcpy(&pair01, values, sizeof(pair01));
    std::memcpy(&pair23, values + 2, sizeof(pair23));
    addTo(bins[static_cast<uint32_t>(pair01) >> lowBits].lanes[0],
          _mm_unpacklo_epi64(low01, squares01));
    addTo(bins[pair01 >> (32 + lowBits)].lanes[1],
          _mm_unpackhi_epi64(low01, squares01));
    addTo(bins[static_cast<uint32_t>(pair23) >> lowBits].lanes[2],
          _mm_unpacklo_epi64(low23, squares23));
    addTo(bins[pair23 >> (32 + lowBits)].lanes[3],
          _mm_unpackhi_epi64(low23, squares23));
  }
#endif
  for (size_t lane = 0; values != end; ++values, lane = (lane + 1) % numLanes) {
    uint64_t low = bitsOf(*values) & lowMask;
    Cell &cell = bins[bitsOf(*values) >> lowBits].lanes[lane];
    cell.countAndLowBits += low + (uint64_t(1) << countShift);
    cell.squares += low * low;
  }
}

void Tally::addChunk(const float *values, size_t count) {
  ChunkSummary s = summarize(values, count);
  nanCount += s.nanCount;
  infCount += s.infCount;
  zeroCount += s.zeroCount;
  negativeZeroCount += s.negativeZeroCount;
  lowMagnitude = std::min(lowMagnitude, s.lowMagnitude);
  highMagnitude = std::max(highMagnitude, s.highMagnitude);
  sample.include({s.minOrder, s.maxOrder});
  all.include({s.minOrder, s.maxOrder});
  addToBins(values, count);
}

void Tally::add(const float *values, size_t count) {
  // A chunk stays in the first-level cache between the two loops over it.
  constexpr size_t chunk = 2048;
  total += count;
  for (; count > chunk; values += chunk, count -= chunk)
    addChunk(values, chunk);
  addChunk(values, count);
}

void Tally::endSample() {
  if (!sample.isEmpty()) {
    ++sampleCount;
    addValue(sumOfMinima, valueOf(sample.min));
    addValue(sumOfMaxima, valueOf(sample.max));
  }
  sample = Extremes();
}

//===----------------------------------------------------------------------===//
// Flushing
//===----------------------------------------------------------------------===//

Tally::BinSums Tally::takeBin(unsigned bin) {
  BinSums sums = {0, 0, 0};
  Cell *cells = bins[bin].lanes;
  if ((cells[0].countAndLowBits | cells[1].countAndLowBits |
       cells[2].countAndLowBits | cells[3].countAndLowBits) == 0)
    return sums;
  for (Cell &cell : bins[bin].lanes) {
    sums.count += cell.countAndLowBits >> countShift;
    sums.lowBits += cell.countAndLowBits & ((uint64_t(1) << countShift) - 1);
    sums.squares += cell.squares;
    cell = Cell();
  }
  return sums;
}

/// Bins of one exponent and sign, so that their sums have one unit: a value of
/// bin `b` is `((8 + b % 8) << 20) + low` of them, without the 8 for denormals.
void Tally::flushExponent(TensorRecord &record, unsigned firstBin,
                          unsigned endBin) {
  unsigned exponent = firstBin % half / binsOfExponent;
  bool isNegative = firstBin >= half;
  uint64_t sum = 0;
  uint128_t squares = 0;
  for (unsigned bin = firstBin; bin != endBin; ++bin) {
    BinSums sums = takeBin(bin);
    // -0.0 counts as +0.0.
    if (bin == 0)
      sums.count += negativeZeroCount;
    if (bin == half)
      sums.count -= negativeZeroCount;
    if (sums.count == 0)
      continue;
    record.bins[bin] += sums.count;
    uint64_t base =
        uint64_t(bin % binsOfExponent + (exponent == 0 ? 0 : binsOfExponent))
        << lowBits;
    sum += base * sums.count + sums.lowBits;
    squares += uint128_t(base * base) * sums.count +
               uint128_t(2 * base) * sums.lowBits + sums.squares;
  }
  if (squares == 0)
    return;
  unsigned shift = exponent == 0 ? 0 : exponent - 1;
  record.sum.add(sum, shift, isNegative);
  record.sumOfSquares.add(squares, 2 * shift, /*isNegative=*/false);
}

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

void Tally::flush(TensorRecord &record) {
  constexpr unsigned numExponents = half / binsOfExponent;
  unsigned low = std::min(lowMagnitude, highMagnitude) >> 23;
  for (unsigned sign : {0u, half}) {
    if (low != 0)
      flushExponent(record, sign, sign + 1);
    for (unsigned exponent = low; exponent <= highestExponent(sign != 0);
         ++exponent) {
      unsigned bin = sign + exponent * binsOfExponent;
      // Inf and NaN were counted to save a branch.
      if (exponent == numExponents - 1)
        std::fill_n(&bins[bin], binsOfExponent, Bin());
      else
        flushExponent(record, bin, bin + binsOfExponent);
    }
  }
  if (!all.isEmpty()) {
    record.addToRange(valueOf(all.min));
    record.addToRange(valueOf(all.max));
  }
  record.count += total;
  record.nanCount += nanCount;
  record.infCount += infCount;
  record.zeroCount += zeroCount;
  record.sampleCount += sampleCount;
  record.sumOfMinima += sumOfMinima;
  record.sumOfMaxima += sumOfMaxima;
  all = Extremes();
  total = 0;
  nanCount = infCount = zeroCount = negativeZeroCount = sampleCount = 0;
  lowMagnitude = UINT32_MAX;
  highMagnitude = 0;
  sumOfMinima = sumOfMaxima = {};
}
