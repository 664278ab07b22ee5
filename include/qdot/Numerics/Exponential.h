//===- Exponential.h - The exponential function in f32 ----------*- C++ -*-===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// One sequence of IEEE operations instead of a function of libm: every target
// gives the same bits, and a loop around it can be vectorized. No IR. The rule
// number refers to docs/Numerics.md.
//
//===----------------------------------------------------------------------===//

#ifndef QDOT_NUMERICS_EXPONENTIAL_H
#define QDOT_NUMERICS_EXPONENTIAL_H

#include <array>

namespace qdot::numerics {

/// The constants of rule X1, for those who emit its operations.
namespace exponential_constants {
/// Arguments below give 0, arguments above infinity.
inline constexpr float low = -104.0f, high = 89.0f;
inline constexpr float log2e = 1.44269504088896341f;
/// 1.5 * 2^23: adding it rounds to an integer, half to even.
inline constexpr float magic = 12582912.0f;
/// ln 2 as a sum; the first summand has 9 bits, so its products are exact.
inline constexpr float ln2High = 0.693359375f, ln2Low = -2.12194440e-4f;
/// `(exp(r) - 1 - r) / r^2` for |r| <= ln 2 / 2, highest power first.
inline constexpr std::array<float, 6> coefficients = {
    1.9875691500e-4f, 1.3981999507e-3f, 8.3334519073e-3f,
    4.1665795894e-2f, 1.6666665459e-1f, 5.0000001201e-1f};
} // namespace exponential_constants

/// Rule X1: e^x within one unit in the last place; NaN for NaN. No operation is
/// fused.
float exponential(float x);

} // namespace qdot::numerics

#endif // QDOT_NUMERICS_EXPONENTIAL_H
