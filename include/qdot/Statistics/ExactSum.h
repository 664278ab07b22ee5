//===- ExactSum.h - Sums of floats without rounding -----------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Shared by the runtime, so it depends on nothing but the C++ library.
//
//===----------------------------------------------------------------------===//

#ifndef QDOT_STATISTICS_EXACTSUM_H
#define QDOT_STATISTICS_EXACTSUM_H

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace qdot::statistics {

__extension__ typedef unsigned __int128 uint128_t;

/// A multiple of 2^UnitExponent, in two's complement of 64 * NumWords bits:
/// addition is integer addition, so a sum depends on neither the order nor the
/// grouping of its terms. Wraps beyond its width, which 2^53 terms of the
/// instances below do not reach.
template <unsigned NumWords, int UnitExponent>
class ExactSum {
public:
  /// Adds `magnitude * 2^(UnitExponent + shift)`, negated if `isNegative`.
  /// Precondition: shift < 64 * NumWords.
  void add(uint128_t magnitude, unsigned shift, bool isNegative);
  void operator+=(const ExactSum &other);

  bool isZero() const { return *this == ExactSum(); }
  bool isNegative() const { return words[NumWords - 1] >> 63; }
  bool operator==(const ExactSum &other) const { return words == other.words; }
  bool operator!=(const ExactSum &other) const { return !(*this == other); }
  bool operator<(const ExactSum &other) const;

  /// The nearest double, ties to even.
  double toDouble() const;
  /// A hexadecimal floating-point constant of C99 with an odd integer mantissa
  /// of any length: "-0x3p-1", or "0x0p+0". One sum has one spelling.
  std::string print() const;
  /// Reads what `print` wrote; false for anything else.
  bool parse(std::string_view text);

  /// No sum has a longer spelling.
  static constexpr size_t maxTextBytes = 16 * NumWords + 12;

private:
  void negate();
  /// The words of the absolute value, shifted right by `bits`.
  ExactSum shiftedRight(unsigned bits) const;
  unsigned countTrailingZeros() const;
  unsigned countBits() const;

  std::array<uint64_t, NumWords> words{}; ///< least significant first
};

/// Sum of up to 2^53 f32 values: |x| < 2^128, so |sum| < 2^181 = 2^330 units.
using ValueSum = ExactSum<6, -149>;
/// Sum of the squares of up to 2^53 f32 values: below 2^309 = 2^607 units.
using SquareSum = ExactSum<10, -298>;

extern template class ExactSum<6, -149>;
extern template class ExactSum<10, -298>;

/// Adds `times` copies of a finite f32. Precondition: `times` is at most 2^53.
void addValue(ValueSum &sum, float value, uint64_t times = 1);
/// Adds `times` copies of the square of a finite f32.
void addSquare(SquareSum &sum, float value, uint64_t times = 1);

} // namespace qdot::statistics

#endif // QDOT_STATISTICS_EXACTSUM_H
