//===- SoftFloat.h - IEEE arithmetic on integers ---------------*- C++ -*-===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The few floating-point operations that the numerical rules need, done with
// integers: the result depends neither on the rounding mode, nor on
// flush-to-zero, nor on contraction by the compiler (docs/Numerics.md, N1).
//
//===----------------------------------------------------------------------===//

#ifndef QDOT_LIB_NUMERICS_SOFTFLOAT_H
#define QDOT_LIB_NUMERICS_SOFTFLOAT_H

#include <cstdint>

namespace qdot::numerics::soft {

/// A finite real number, `(-1)^negative * (magnitude + t) * 2^exponent`, where
/// t is 0, or some value in (0, 1) when `sticky`.
struct Number {
  bool negative = false;
  unsigned __int128 magnitude = 0;
  int exponent = 0;
  bool sticky = false;

  bool isZero() const { return magnitude == 0 && !sticky; }
};

/// What a binary floating-point format can hold: `precision` bits of
/// significand, whose last bit weighs at least `2^minExponent` and at most
/// `2^maxExponent`.
struct Format {
  int precision;
  int minExponent;
  int maxExponent;
};
inline constexpr Format f32{24, -149, 104};
inline constexpr Format f64{53, -1074, 971};

bool isNaN(float value);
bool isNaN(double value);
bool isInfinite(float value);
bool isInfinite(double value);
bool isNegative(float value);
bool isNegative(double value);

/// Exact. Precondition: finite.
Number fromFloat(float value);
/// Exact. Precondition: finite.
Number fromDouble(double value);
/// Exact.
Number fromInteger(int64_t value);

/// Nearest number of `format`, ties to even, without an upper limit.
Number roundTo(const Number &value, Format format);
/// Nearest integer, ties to even, saturated to +-2^62.
int64_t roundToInteger(const Number &value);
/// The integer part (toward zero), saturated to +-2^62.
int64_t truncateToInteger(const Number &value);

/// Exact or sticky. Precondition: operands not sticky, at most 64 bits.
Number multiply(const Number &lhs, const Number &rhs);
Number divide(const Number &lhs, const Number &rhs);
/// As `divide`, faster. Precondition: operands of at most 24 bits; the quotient
/// has at least 40, enough for f32.
Number divideShort(const Number &lhs, const Number &rhs);
Number subtract(const Number &lhs, const Number &rhs);

/// The value as a float or double; infinity when it is too large. Precondition:
/// `value` came from `roundTo` with the format in question.
float toFloat(const Number &value);
double toDouble(const Number &value);

/// `lhs op rhs` rounded once to f64. Precondition: finite operands.
double multiplyF64(double lhs, double rhs);
double divideF64(double lhs, double rhs);
double subtractF64(double lhs, double rhs);

/// -1, 0 or 1 as `lhs` is less than, equal to or greater than `rhs`, also for
/// denormal and infinite values. Precondition: not NaN.
int compare(double lhs, double rhs);

} // namespace qdot::numerics::soft

#endif // QDOT_LIB_NUMERICS_SOFTFLOAT_H
