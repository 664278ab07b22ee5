//===- Accumulator.cpp - Proofs that an accumulator cannot overflow -------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qdot/Numerics/Accumulator.h"
#include <algorithm>

namespace qdot::numerics {

/// Beyond this nothing fits in 64 bits any more; staying below it keeps the
/// bound itself from overflowing.
static constexpr __int128 limit = __int128(1) << 100;

static __int128 saturate(__int128 value) {
  return std::clamp(value, -limit, limit);
}

/// Rule A1: moves `low` and `high` by a term that lies in [min, max] and that
/// occurs `count` times, or not yet.
static void widen(__int128 &low, __int128 &high, __int128 min, __int128 max,
                  int64_t count) {
  // A single product beyond 2^64 already fails every width.
  constexpr __int128 factorLimit = __int128(1) << 64;
  __int128 down = std::clamp<__int128>(min, -factorLimit, 0);
  __int128 up = std::clamp<__int128>(max, 0, factorLimit);
  constexpr int64_t countLimit = int64_t(1) << 61;
  count = std::min(count, countLimit);
  low = saturate(low + saturate(down * count));
  high = saturate(high + saturate(up * count));
}

void AccumulatorBound::addWeight(int64_t weight) {
  addProducts({weight, weight}, 1);
}

void AccumulatorBound::addProducts(StorageRange other, int64_t count) {
  if (count <= 0)
    return;
  auto [min, max] = std::minmax({__int128(activation.min) * other.min,
                                 __int128(activation.min) * other.max,
                                 __int128(activation.max) * other.min,
                                 __int128(activation.max) * other.max});
  widen(low, high, min, max, count);
}

void AccumulatorBound::addConstant(int64_t value) {
  widen(low, high, value, value, 1);
}

// Rule A2.
std::optional<StorageRange> AccumulatorBound::fitsSigned(unsigned bits) const {
  __int128 max = (__int128(1) << (bits - 1)) - 1;
  if (low < -max - 1 || high > max)
    return std::nullopt;
  return StorageRange{static_cast<int64_t>(low), static_cast<int64_t>(high)};
}

} // namespace qdot::numerics
