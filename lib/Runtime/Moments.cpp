//===- Moments.cpp - Exact sums of many values ----------------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Sums of doubles without rounding. Values whose exponents differ by at most 21
// are multiples of one unit that is 45 bits below the largest; 128 of them add
// up to 53 bits at most. Squares have twice as many bits, so each is split into
// a multiple of a unit in the middle and the rest. Normal f32 values and their
// squares are normal doubles, so this holds in any floating-point environment:
// a rounding mode only moves the split, by less than the bit that is spare.
//
//===----------------------------------------------------------------------===//

#include "Moments.h"
#include "qdot/Statistics/Histogram.h"
#include <algorithm>

using namespace qdot::runtime;
using namespace qdot::statistics;

static constexpr size_t numLanes = 8;
/// Exponents that one pass takes.
static constexpr unsigned maxExponents = 22;
static constexpr unsigned infinityExponent = 255;

namespace {
typedef float Floats __attribute__((vector_size(4 * numLanes)));
typedef int32_t Bits __attribute__((vector_size(4 * numLanes)));
typedef double Doubles __attribute__((vector_size(8 * numLanes)));

/// Sums in units of their own.
struct PassSums {
  int64_t sum = 0;     ///< 2^(low - 127 - 23)
  int64_t squares = 0; ///< 2^(2 * (high - 127) - 43)
  int64_t rests = 0;   ///< of the squares: 2^(2 * (low - 127 - 23))
};
} // namespace

/// 2^exponent. Precondition: that is a normal double.
static double powerOfTwo(int exponent) {
  uint64_t bits = static_cast<uint64_t>(exponent + 1023) << 52;
  double value;
  std::memcpy(&value, &bits, sizeof(value));
  return value;
}

static int64_t addLanes(const Doubles &lanes, int unit) {
  double scale = powerOfTwo(-unit);
  int64_t sum = 0;
  for (size_t lane = 0; lane != numLanes; ++lane)
    sum += static_cast<int64_t>(lanes[lane] * scale);
  return sum;
}

/// The sums of the values with exponents `low` to `high`; `isMasked`: there are
/// others.
template <bool isMasked>
__attribute__((always_inline)) static inline PassSums
sumExponents(const float *values, size_t count, unsigned low, unsigned high) {
  int exponent = static_cast<int>(high) - 127;
  int unit = static_cast<int>(low) - 127 - 23, squareUnit = 2 * exponent - 43;
  double middle = 1.5 * powerOfTwo(squareUnit + 52);
  const Bits first = Bits{} + static_cast<int32_t>(low << 23);
  const Bits end = Bits{} + static_cast<int32_t>((high + 1) << 23);
  Doubles sums{}, squares{}, rests{};
  auto add = [&](Floats part) __attribute__((always_inline)) {
    if (isMasked) {
      Bits bits;
      std::memcpy(&bits, &part, sizeof(bits));
      Bits magnitude = bits & INT32_MAX;
      bits &= (magnitude >= first) & (magnitude < end);
      std::memcpy(&part, &bits, sizeof(part));
    }
    Doubles value = __builtin_convertvector(part, Doubles);
    // The product is exact, alone and in a fused multiply-add.
    Doubles upper = (value * value + middle) - middle;
    sums += value;
    squares += upper;
    rests += value * value - upper;
  };
  size_t at = 0;
  for (; at + numLanes <= count; at += numLanes) {
    Floats part;
    std::memcpy(&part, values + at, sizeof(part));
    add(part);
  }
  if (at != count) {
    Floats part{};
    std::memcpy(&part, values + at, (count - at) * sizeof(float));
    add(part);
  }
  return {addLanes(sums, unit), addLanes(squares, squareUnit),
          addLanes(rests, 2 * unit)};
}

__attribute__((always_inline)) static inline PassSums
sumPass(const float *values, size_t count, unsigned low, unsigned high,
        bool isMasked) {
  return isMasked ? sumExponents<true>(values, count, low, high)
                  : sumExponents<false>(values, count, low, high);
}

static PassSums sumPortable(const float *values, size_t count, unsigned low,
                            unsigned high, bool isMasked) {
  return sumPass(values, count, low, high, isMasked);
}

using SumPass = PassSums (*)(const float *, size_t, unsigned, unsigned, bool);

#if defined(__x86_64__)
__attribute__((target("avx2,fma"))) static PassSums
sumAvx2(const float *values, size_t count, unsigned low, unsigned high,
        bool isMasked) {
  return sumPass(values, count, low, high, isMasked);
}

__attribute__((target("avx512f,avx512dq,avx512vl"))) static PassSums
sumAvx512(const float *values, size_t count, unsigned low, unsigned high,
          bool isMasked) {
  return sumPass(values, count, low, high, isMasked);
}

static SumPass chooseSum() {
  if (__builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"))
    return sumAvx512;
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")
             ? sumAvx2
             : sumPortable;
}
#else
static SumPass chooseSum() { return sumPortable; }
#endif

template <typename Sum>
static void addTo(Sum &sum, int64_t value, unsigned shift) {
  if (value != 0)
    sum.add(static_cast<uint64_t>(value < 0 ? -value : value), shift,
            value < 0);
}

void qdot::runtime::addMoments(const float *values, size_t count,
                               const ChunkSummary &summary, ValueSum &sum,
                               SquareSum &squares) {
  static const SumPass sumHere = chooseSum();
  if (summary.lowMagnitude > summary.highMagnitude)
    return;
  unsigned lowest = summary.lowMagnitude >> 23;
  unsigned high = std::min(summary.highMagnitude >> 23, infinityExponent - 1);
  bool isMasked = lowest == 0 || summary.highMagnitude >> 23 != high ||
                  high - lowest >= maxExponents;
  // Denormals, which the environment may take for zeros, one by one.
  for (size_t at = 0; lowest == 0 && at != count; ++at)
    if ((bitsOf(values[at]) & INT32_MAX) < (1u << 23)) {
      addValue(sum, values[at]);
      addSquare(squares, values[at]);
    }
  lowest = std::max(lowest, 1u);
  while (high >= lowest) {
    unsigned low = high - lowest < maxExponents ? lowest : high - maxExponents + 1;
    PassSums part = sumHere(values, count, low, high, isMasked);
    addTo(sum, part.sum, low - 1);
    addTo(squares, part.squares, 2 * high + 1);
    addTo(squares, part.rests, 2 * (low - 1));
    high = low - 1;
  }
}
