//===- ChunkSummary.cpp - Counters and bounds of some values --------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ChunkSummary.h"
#include "qdot/Statistics/Histogram.h"
#include <algorithm>

using namespace qdot::runtime;
using qdot::statistics::bitsOf;
using qdot::statistics::orderOf;

void ChunkSummary::addZeros(size_t count) {
  if (count == 0)
    return;
  zeroCount += static_cast<uint32_t>(count);
  minOrder = std::min(minOrder, 0);
  maxOrder = std::max(maxOrder, 0);
}

static constexpr int32_t infinityBits = 0x7f800000;

/// As if all values were finite: the loop that vectorizes. By their bits, values
/// with a sign are behind all others, and further behind the larger they are.
/// Zeros wrap around to the largest `magnitude - 1`.
__attribute__((always_inline)) static inline ChunkSummary
summarizeFinite(const float *values, size_t count) {
  int32_t signedMax = INT32_MIN;
  uint32_t min = UINT32_MAX, max = 0, lowMinusOne = UINT32_MAX, zeroCount = 0;
  for (size_t i = 0; i != count; ++i) {
    uint32_t bits = bitsOf(values[i]);
    uint32_t magnitude = bits & INT32_MAX;
    signedMax = std::max(signedMax, static_cast<int32_t>(bits));
    min = std::min(min, bits);
    max = std::max(max, bits);
    lowMinusOne = std::min(lowMinusOne, magnitude - 1);
    zeroCount += magnitude == 0;
  }
  ChunkSummary summary;
  if (count == 0)
    return summary;
  bool isAnyPositive = signedMax >= 0, isAnyNegative = max > INT32_MAX;
  summary.minOrder = orderOf(isAnyNegative ? max : min);
  summary.maxOrder =
      orderOf(isAnyPositive ? static_cast<uint32_t>(signedMax) : min);
  summary.lowMagnitude = lowMinusOne + (lowMinusOne != UINT32_MAX);
  summary.highMagnitude =
      std::max(isAnyPositive ? static_cast<uint32_t>(signedMax) : 0,
               isAnyNegative ? max & INT32_MAX : 0);
  summary.zeroCount = zeroCount;
  for (size_t i = 0; isAnyNegative && zeroCount != 0 && i != count; ++i)
    summary.negativeZeroCount += bitsOf(values[i]) == uint32_t(1) << 31;
  return summary;
}

/// What NaN and Inf change.
static void separateNonFinite(const float *values, size_t count,
                              ChunkSummary &summary) {
  summary.minOrder = INT32_MAX;
  summary.maxOrder = INT32_MIN;
  for (size_t i = 0; i != count; ++i) {
    int32_t bits = static_cast<int32_t>(bitsOf(values[i]));
    int32_t magnitude = bits & INT32_MAX;
    int32_t order = bits ^ ((bits >> 31) & INT32_MAX);
    bool finite = magnitude < infinityBits;
    summary.nanCount += magnitude > infinityBits;
    summary.infCount += magnitude == infinityBits;
    summary.minOrder = std::min(summary.minOrder, finite ? order : INT32_MAX);
    summary.maxOrder = std::max(summary.maxOrder, finite ? order : INT32_MIN);
  }
}

static ChunkSummary summarizePortable(const float *values, size_t count) {
  return summarizeFinite(values, count);
}

using Summarize = ChunkSummary (*)(const float *, size_t);

#if defined(__x86_64__)
/// The portable loop, compiled for CPUs since 2013.
__attribute__((target("avx2"))) static ChunkSummary
summarizeAvx2(const float *values, size_t count) {
  return summarizeFinite(values, count);
}

/// The same with twice as long vectors.
__attribute__((target("avx512f,avx512bw,avx512vl"))) static ChunkSummary
summarizeAvx512(const float *values, size_t count) {
  return summarizeFinite(values, count);
}

static Summarize chooseSummarize() {
  if (__builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl"))
    return summarizeAvx512;
  return __builtin_cpu_supports("avx2") ? summarizeAvx2 : summarizePortable;
}
#else
static Summarize chooseSummarize() { return summarizePortable; }
#endif

ChunkSummary qdot::runtime::summarize(const float *values, size_t count) {
  static const Summarize summarizeHere = chooseSummarize();
  ChunkSummary summary = summarizeHere(values, count);
  if (summary.highMagnitude >= static_cast<uint32_t>(infinityBits))
    separateNonFinite(values, count, summary);
  return summary;
}
