//===- BinCounts.cpp - Count values per bin -------------------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "BinCounts.h"
#if defined(__x86_64__)
#include <immintrin.h>
#endif

using namespace qdot::runtime;
using qdot::statistics::bitsOf;
using qdot::statistics::TensorRecord;

static constexpr unsigned lowBits = 32 - TensorRecord::binBits;
static constexpr unsigned half = TensorRecord::numBins / 2;

namespace {
/// The bins of a chunk, and room for a vector behind them.
struct Indices {
  uint32_t bins[BinCounts::maxChunk + 16];
};
} // namespace

/// Writes the bins of all values; returns their number.
static size_t indexAll(const float *values, size_t count, Indices &indices) {
  for (size_t at = 0; at != count; ++at)
    indices.bins[at] = bitsOf(values[at]) >> lowBits;
  return count;
}

#if defined(__x86_64__)
/// Writes the bins of the values that are not zero; returns their number.
__attribute__((target("avx512f"))) static size_t
indexNonZero(const float *values, size_t count, Indices &indices) {
  uint32_t *to = indices.bins;
  for (size_t at = 0; at < count; at += 16) {
    size_t left = count - at;
    auto lanes = static_cast<__mmask16>(left >= 16 ? 0xffff : (1u << left) - 1);
    __m512i bits = _mm512_maskz_loadu_epi32(lanes, values + at);
    __mmask16 used =
        _mm512_test_epi32_mask(bits, _mm512_set1_epi32(INT32_MAX));
    _mm512_storeu_si512(
        to, _mm512_maskz_compress_epi32(used, _mm512_srli_epi32(bits, lowBits)));
    to += __builtin_popcount(used);
  }
  return static_cast<size_t>(to - indices.bins);
}

static bool hasCompress() {
  static const bool result = __builtin_cpu_supports("avx512f");
  return result;
}
#endif

void BinCounts::add(const float *values, size_t count,
                    const ChunkSummary &summary) {
  Indices indices;
#if defined(__x86_64__)
  if (hasCompress()) {
    count = indexNonZero(values, count, indices);
  } else
#endif
  {
    count = indexAll(values, count, indices);
    bins[0].counts[0] -= summary.zeroCount - summary.negativeZeroCount;
    bins[half].counts[0] -= summary.negativeZeroCount;
  }
  // The lanes wrap around, so that the order of these steps does not matter.
  const uint32_t *at = indices.bins, *end = at + count;
  for (; end - at >= int64_t(numLanes); at += numLanes)
    for (size_t lane = 0; lane != numLanes; ++lane)
      ++bins[at[lane]].counts[lane];
  for (size_t lane = 0; at != end; ++at, ++lane)
    ++bins[*at].counts[lane];
}
