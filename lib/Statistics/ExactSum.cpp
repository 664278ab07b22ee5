//===- ExactSum.cpp - Sums of floats without rounding ---------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qdot/Statistics/ExactSum.h"
#include "qdot/Statistics/Histogram.h"
#include <charconv>
#include <cmath>

namespace qdot::statistics {

//===----------------------------------------------------------------------===//
// Arithmetic
//===----------------------------------------------------------------------===//

template <unsigned NumWords, int UnitExponent>
void ExactSum<NumWords, UnitExponent>::add(uint128_t magnitude, unsigned shift,
                                           bool isNegative) {
  unsigned first = shift / 64, bits = shift % 64;
  uint64_t low = static_cast<uint64_t>(magnitude);
  uint64_t high = static_cast<uint64_t>(magnitude >> 64);
  const uint64_t term[3] = {low << bits,
                            high << bits | (bits ? low >> (64 - bits) : 0),
                            bits ? high >> (64 - bits) : 0};
  uint64_t carry = 0;
  for (unsigned i = first; i < NumWords; ++i) {
    bool isCarryOnly = i - first >= 3;
    if (isCarryOnly && carry == 0)
      return;
    uint128_t operand = isCarryOnly ? 0 : term[i - first];
    operand += carry;
    uint128_t result = isNegative ? words[i] - operand : words[i] + operand;
    words[i] = static_cast<uint64_t>(result);
    carry = static_cast<uint64_t>(result >> 64) & 1;
  }
}

template <unsigned NumWords, int UnitExponent>
void ExactSum<NumWords, UnitExponent>::operator+=(const ExactSum &other) {
  uint128_t carry = 0;
  for (unsigned i = 0; i != NumWords; ++i) {
    carry += uint128_t(words[i]) + other.words[i];
    words[i] = static_cast<uint64_t>(carry);
    carry >>= 64;
  }
}

template <unsigned NumWords, int UnitExponent>
bool ExactSum<NumWords, UnitExponent>::operator<(const ExactSum &other) const {
  if (isNegative() != other.isNegative())
    return isNegative();
  for (unsigned i = NumWords; i-- != 0;)
    if (words[i] != other.words[i])
      return words[i] < other.words[i];
  return false;
}

template <unsigned NumWords, int UnitExponent>
void ExactSum<NumWords, UnitExponent>::negate() {
  uint64_t carry = 1;
  for (uint64_t &word : words) {
    word = ~word + carry;
    carry = carry && word == 0;
  }
}

template <unsigned NumWords, int UnitExponent>
ExactSum<NumWords, UnitExponent>
ExactSum<NumWords, UnitExponent>::shiftedRight(unsigned bits) const {
  ExactSum magnitude = *this, result;
  if (isNegative())
    magnitude.negate();
  auto word = [&](unsigned i) {
    return i < NumWords ? magnitude.words[i] : uint64_t(0);
  };
  for (unsigned i = 0; i != NumWords; ++i) {
    unsigned from = i + bits / 64;
    result.words[i] = word(from) >> bits % 64;
    if (bits % 64)
      result.words[i] |= word(from + 1) << (64 - bits % 64);
  }
  return result;
}

template <unsigned NumWords, int UnitExponent>
unsigned ExactSum<NumWords, UnitExponent>::countTrailingZeros() const {
  for (unsigned i = 0; i != NumWords; ++i)
    if (words[i])
      return i * 64 + static_cast<unsigned>(__builtin_ctzll(words[i]));
  return NumWords * 64;
}

template <unsigned NumWords, int UnitExponent>
unsigned ExactSum<NumWords, UnitExponent>::countBits() const {
  for (unsigned i = NumWords; i-- != 0;)
    if (words[i])
      return i * 64 + 64 - static_cast<unsigned>(__builtin_clzll(words[i]));
  return 0;
}

template <unsigned NumWords, int UnitExponent>
double ExactSum<NumWords, UnitExponent>::toDouble() const {
  ExactSum magnitude = shiftedRight(0);
  unsigned bits = magnitude.countBits();
  unsigned dropped = bits > 64 ? bits - 64 : 0;
  uint64_t top = magnitude.shiftedRight(dropped).words[0];
  // What was dropped decides between the ties only.
  if (dropped > magnitude.countTrailingZeros())
    top |= 1;
  double value = std::ldexp(static_cast<double>(top),
                            UnitExponent + static_cast<int>(dropped));
  return isNegative() ? -value : value;
}

//===----------------------------------------------------------------------===//
// Text
//===----------------------------------------------------------------------===//

template <unsigned NumWords, int UnitExponent>
std::string ExactSum<NumWords, UnitExponent>::print() const {
  if (isZero())
    return "0x0p+0";
  unsigned zeros = countTrailingZeros();
  ExactSum odd = shiftedRight(zeros);
  std::string text = isNegative() ? "-0x" : "0x";
  for (unsigned digit = (odd.countBits() + 3) / 4; digit-- != 0;)
    text += "0123456789abcdef"[odd.words[digit / 16] >> digit % 16 * 4 & 15];
  int exponent = UnitExponent + static_cast<int>(zeros);
  return text + (exponent < 0 ? "p" : "p+") + std::to_string(exponent);
}

template <unsigned NumWords, int UnitExponent>
bool ExactSum<NumWords, UnitExponent>::parse(std::string_view text) {
  *this = ExactSum();
  if (text.size() > maxTextBytes)
    return false;
  std::string_view rest = text;
  bool isMinus = !rest.empty() && rest.front() == '-';
  rest.remove_prefix(isMinus);
  size_t end = rest.find('p');
  if (rest.substr(0, 2) != "0x" || end == std::string_view::npos)
    return false;
  std::string_view digits = rest.substr(2, end - 2),
                   power = rest.substr(end + 1);
  power.remove_prefix(!power.empty() && power.front() == '+');
  int exponent = 0;
  auto [stop, error] =
      std::from_chars(power.data(), power.data() + power.size(), exponent);
  if (error != std::errc() || stop != power.data() + power.size() ||
      exponent < UnitExponent)
    return false;
  // Digits that do not fit are noticed by the comparison below.
  unsigned shift = static_cast<unsigned>(exponent - UnitExponent);
  for (size_t i = digits.size(); i-- != 0; shift += 4) {
    int digit = 0;
    auto [last, bad] =
        std::from_chars(&digits[i], &digits[i] + 1, digit, /*base=*/16);
    if (bad != std::errc() || last != &digits[i] + 1 || shift >= NumWords * 64)
      return false;
    add(static_cast<unsigned>(digit), shift, isMinus);
  }
  return print() == text;
}

template class ExactSum<6, -149>;
template class ExactSum<10, -298>;

//===----------------------------------------------------------------------===//
// Values
//===----------------------------------------------------------------------===//

namespace {
/// A finite f32 as `mantissa * 2^(shift - 149)`.
struct Parts {
  explicit Parts(float value) {
    uint32_t bits = bitsOf(value), exponent = bits >> 23 & 255;
    mantissa = (bits & 0x7fffff) | (exponent ? 1u << 23 : 0);
    shift = exponent ? exponent - 1 : 0;
    isNegative = bits >> 31;
  }
  uint64_t mantissa;
  unsigned shift;
  bool isNegative;
};
} // namespace

void addValue(ValueSum &sum, float value, uint64_t times) {
  Parts parts(value);
  sum.add(uint128_t(parts.mantissa) * times, parts.shift, parts.isNegative);
}

void addSquare(SquareSum &sum, float value, uint64_t times) {
  Parts parts(value);
  sum.add(uint128_t(parts.mantissa * parts.mantissa) * times, 2 * parts.shift,
          /*isNegative=*/false);
}

} // namespace qdot::statistics
