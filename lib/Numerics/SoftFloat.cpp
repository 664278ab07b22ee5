//===- SoftFloat.cpp - IEEE arithmetic on integers ------------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "SoftFloat.h"
#include <cstring>
#include <utility>

namespace qdot::numerics::soft {

using Wide = unsigned __int128;

/// Number of bits up to and including the highest set bit; 0 for 0.
static int bitWidth(Wide value) {
  uint64_t high = static_cast<uint64_t>(value >> 64);
  uint64_t low = static_cast<uint64_t>(value);
  if (high != 0)
    return 128 - __builtin_clzll(high);
  return low == 0 ? 0 : 64 - __builtin_clzll(low);
}

static uint32_t bitsOf(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  return bits;
}

static uint64_t bitsOf(double value) {
  uint64_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  return bits;
}

static constexpr uint32_t exponentMaskF32 = 0x7F800000u;
static constexpr uint64_t exponentMaskF64 = 0x7FF0000000000000ull;

bool isNaN(float value) {
  return (bitsOf(value) & 0x7FFFFFFFu) > exponentMaskF32;
}
bool isNaN(double value) {
  return (bitsOf(value) << 1) > (exponentMaskF64 << 1);
}
bool isInfinite(float value) {
  return (bitsOf(value) & 0x7FFFFFFFu) == exponentMaskF32;
}
bool isInfinite(double value) {
  return (bitsOf(value) << 1) == (exponentMaskF64 << 1);
}
bool isNegative(float value) { return (bitsOf(value) >> 31) != 0; }
bool isNegative(double value) { return (bitsOf(value) >> 63) != 0; }

/// Fields of an IEEE number to a Number; `significandBits` without the hidden
/// bit, `minExponent` the weight of the last bit of a denormal.
static Number unpack(bool negative, uint64_t significand, int exponentField,
                     int significandBits, int minExponent) {
  if (exponentField == 0)
    return {negative, significand, minExponent, false};
  Wide magnitude = significand | (uint64_t(1) << significandBits);
  return {negative, magnitude, minExponent + exponentField - 1, false};
}

Number fromFloat(float value) {
  uint32_t bits = bitsOf(value);
  return unpack(bits >> 31, bits & 0x7FFFFFu, (bits >> 23) & 0xFF, 23,
                f32.minExponent);
}

Number fromDouble(double value) {
  uint64_t bits = bitsOf(value);
  return unpack(bits >> 63, bits & 0xFFFFFFFFFFFFFull, (bits >> 52) & 0x7FF, 52,
                f64.minExponent);
}

Number fromInteger(int64_t value) {
  uint64_t magnitude = static_cast<uint64_t>(value);
  return {value < 0, value < 0 ? 0 - magnitude : magnitude, 0, false};
}

/// Drops the last `count` bits of the magnitude, rounding half to even.
/// Precondition: count >= 1.
static Wide shiftRightHalfEven(const Number &value, int count) {
  if (count > 127)
    return 0; // Less than half: magnitudes have at most 120 bits.
  Wide kept = value.magnitude >> count;
  Wide rest = value.magnitude & ((Wide(1) << count) - 1);
  Wide half = Wide(1) << (count - 1);
  bool tie = rest == half && !value.sticky;
  bool up = tie ? (kept & 1) != 0 : rest >= half;
  return kept + (up ? 1 : 0);
}

Number roundTo(const Number &value, Format format) {
  int drop = bitWidth(value.magnitude) - format.precision;
  if (value.exponent + drop < format.minExponent)
    drop = format.minExponent - value.exponent;
  if (drop <= 0)
    return {value.negative, value.magnitude, value.exponent, false};
  return {value.negative, shiftRightHalfEven(value, drop),
          value.exponent + drop, false};
}

int64_t roundToInteger(const Number &value) {
  constexpr int limitBits = 62;
  Wide magnitude;
  if (value.magnitude == 0)
    return 0; // Whatever its exponent.
  if (bitWidth(value.magnitude) + value.exponent > limitBits)
    magnitude = Wide(1) << limitBits;
  else if (value.exponent >= 0)
    magnitude = value.magnitude << value.exponent;
  else
    magnitude = shiftRightHalfEven(value, -value.exponent);
  int64_t result = static_cast<int64_t>(magnitude);
  return value.negative ? -result : result;
}

int64_t truncateToInteger(const Number &value) {
  Number whole = value;
  if (value.exponent < 0) {
    whole.magnitude =
        value.exponent < -127 ? 0 : value.magnitude >> -value.exponent;
    whole.exponent = 0;
  }
  whole.sticky = false;
  return roundToInteger(whole);
}

Number multiply(const Number &lhs, const Number &rhs) {
  return {lhs.negative != rhs.negative, lhs.magnitude * rhs.magnitude,
          lhs.exponent + rhs.exponent, false};
}

Number divide(const Number &lhs, const Number &rhs) {
  bool negative = lhs.negative != rhs.negative;
  if (lhs.magnitude == 0)
    return {negative, 0, 0, false};
  // At least 55 bits of quotient; at most 120, which `roundTo` expects.
  int shift = 120 - bitWidth(lhs.magnitude);
  Wide dividend = lhs.magnitude << shift;
  return {negative, dividend / rhs.magnitude,
          lhs.exponent - shift - rhs.exponent, dividend % rhs.magnitude != 0};
}

Number divideShort(const Number &lhs, const Number &rhs) {
  bool negative = lhs.negative != rhs.negative;
  if (lhs.magnitude == 0)
    return {negative, 0, 0, false};
  int shift = 64 - bitWidth(lhs.magnitude);
  uint64_t dividend = static_cast<uint64_t>(lhs.magnitude) << shift;
  uint64_t divisor = static_cast<uint64_t>(rhs.magnitude);
  return {negative, dividend / divisor, lhs.exponent - shift - rhs.exponent,
          dividend % divisor != 0};
}

/// Moves the highest bit to position 100, so that two numbers can be aligned.
static Number normalized(const Number &value) {
  int shift = 101 - bitWidth(value.magnitude);
  return {value.negative, value.magnitude << shift, value.exponent - shift,
          false};
}

/// Shifts right until the exponent is `exponent`, keeping lost bits as sticky.
static Number alignedTo(const Number &value, int exponent) {
  int count = exponent - value.exponent;
  if (count == 0)
    return value;
  if (count > 120)
    return {value.negative, 0, exponent, true};
  Wide kept = value.magnitude >> count;
  return {value.negative, kept, exponent, (kept << count) != value.magnitude};
}

/// `big + small`, both positive and aligned.
static Number addMagnitudes(const Number &big, const Number &small) {
  return {big.negative, big.magnitude + small.magnitude, big.exponent,
          small.sticky};
}

/// `big - small` in magnitude, aligned; the sign is that of `big`. Only `small`
/// may be sticky: its lost bits borrow one unit.
static Number subtractMagnitudes(const Number &big, const Number &small) {
  return {big.negative,
          big.magnitude - small.magnitude - (small.sticky ? 1 : 0),
          big.exponent, small.sticky};
}

Number subtract(const Number &lhs, const Number &rhs) {
  Number minusRhs = rhs;
  minusRhs.negative = !rhs.negative;
  if (lhs.magnitude == 0)
    return minusRhs;
  if (rhs.magnitude == 0)
    return lhs;
  Number big = normalized(lhs);
  Number small = normalized(minusRhs);
  bool swap = big.exponent != small.exponent ? big.exponent < small.exponent
                                             : big.magnitude < small.magnitude;
  if (swap)
    std::swap(big, small);
  small = alignedTo(small, big.exponent);
  return big.negative == small.negative ? addMagnitudes(big, small)
                                        : subtractMagnitudes(big, small);
}

/// Significand and exponent fields of `value`, sign excluded; infinity when it
/// is too large.
static uint64_t pack(const Number &value, Format format) {
  if (value.magnitude == 0)
    return 0;
  int shift = format.precision - bitWidth(value.magnitude);
  if (value.exponent - shift < format.minExponent)
    shift = value.exponent - format.minExponent;
  int exponent = value.exponent - shift;
  int hidden = format.precision - 1;
  if (exponent > format.maxExponent)
    return uint64_t(format.maxExponent - format.minExponent + 2) << hidden;
  // A rounded value never loses bits here; it may have trailing zeros.
  uint64_t significand = static_cast<uint64_t>(
      shift >= 0 ? value.magnitude << shift : value.magnitude >> -shift);
  // The hidden bit adds one to the exponent field of a normal number.
  return (uint64_t(exponent - format.minExponent) << hidden) + significand;
}

float toFloat(const Number &value) {
  uint32_t bits = static_cast<uint32_t>(pack(value, f32)) |
                  (value.negative ? 0x80000000u : 0u);
  float result;
  std::memcpy(&result, &bits, sizeof result);
  return result;
}

double toDouble(const Number &value) {
  uint64_t bits = pack(value, f64) | (uint64_t(value.negative) << 63);
  double result;
  std::memcpy(&result, &bits, sizeof result);
  return result;
}

double multiplyF64(double lhs, double rhs) {
  return toDouble(roundTo(multiply(fromDouble(lhs), fromDouble(rhs)), f64));
}

double divideF64(double lhs, double rhs) {
  return toDouble(roundTo(divide(fromDouble(lhs), fromDouble(rhs)), f64));
}

double subtractF64(double lhs, double rhs) {
  return toDouble(roundTo(subtract(fromDouble(lhs), fromDouble(rhs)), f64));
}

int compare(double lhs, double rhs) {
  // The bits of IEEE numbers, read as sign and magnitude, are in order.
  auto ordered = [](double value) {
    int64_t magnitude = static_cast<int64_t>(bitsOf(value) & ~(1ull << 63));
    return isNegative(value) ? -magnitude : magnitude;
  };
  int64_t left = ordered(lhs), right = ordered(rhs);
  return left < right ? -1 : left > right ? 1 : 0;
}

} // namespace qdot::numerics::soft
