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

#if defined(__x86_64__)
__attribute__((target("avx512f"))) static size_t
compress(const float *values, size_t count, float *to) {
  float *end = to;
  for (size_t at = 0; at < count; at += 16) {
    size_t left = count - at;
    auto lanes = static_cast<__mmask16>(left >= 16 ? 0xffff : (1u << left) - 1);
    __m512i bits = _mm512_maskz_loadu_epi32(lanes, values + at);
    __mmask16 used =
        _mm512_test_epi32_mask(bits, _mm512_set1_epi32(INT32_MAX));
    _mm512_storeu_si512(end, _mm512_maskz_compress_epi32(used, bits));
    end += __builtin_popcount(used);
  }
  return static_cast<size_t>(end - to);
}

std::optional<size_t> BinCounts::dropZeros(const float *values, size_t count,
                                           float *to) {
  static const bool isFast = __builtin_cpu_supports("avx512f");
  if (!isFast)
    return std::nullopt;
  return compress(values, count, to);
}
#else
std::optional<size_t> BinCounts::dropZeros(const float *, size_t, float *) {
  return std::nullopt;
}
#endif

void BinCounts::add(const float *values, size_t count,
                    const ChunkSummary &summary, bool hasZeros) {
  // A lane may wrap around, so that the order of these steps does not matter.
  if (hasZeros) {
    bins[0].counts[0] -= summary.zeroCount - summary.negativeZeroCount;
    bins[half].counts[0] -= summary.negativeZeroCount;
  }
  const float *at = values, *end = values + count;
  for (; end - at >= int64_t(numLanes); at += numLanes)
    for (size_t lane = 0; lane != numLanes; ++lane)
      ++bins[bitsOf(at[lane]) >> lowBits].counts[lane];
  for (size_t lane = 0; at != end; ++at, ++lane)
    ++bins[bitsOf(*at) >> lowBits].counts[lane];
}
