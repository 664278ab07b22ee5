//===- Elementwise.h - Integer forms of elementwise operations ------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The constants of add, mul, per-channel affine, average and table lookup on
// 8-bit operands: what to multiply with before the one requantization that ends
// each of them. No IR. Rule numbers refer to docs/Numerics.md.
//
//===----------------------------------------------------------------------===//

#ifndef QDOT_NUMERICS_ELEMENTWISE_H
#define QDOT_NUMERICS_ELEMENTWISE_H

#include "qdot/Numerics/Quantization.h"
#include "qdot/Numerics/Requantize.h"
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

namespace qdot::numerics {

/// Rule E1: a sum of 8-bit operands as
/// `requantize(sum_i (x_i - Z_i) * multipliers[i], 2^-fractionBits)`.
struct AddParams {
  /// One per operand, >= 0. A subtracted operand uses the negated value.
  std::vector<int32_t> multipliers;
  /// k: the accumulator holds the result in units of outputScale * 2^-k.
  unsigned fractionBits;

  /// The real multiplier of the requantization, 2^-k.
  double realMultiplier() const;
  /// The same in fixed point: (2^30, k + 30).
  FixedPointMultiplier requantization() const;
};

/// Rule E1: the largest k in [1, 22] such that, with `M_i =
/// roundHalfEven(inputScales[i] / outputScale * 2^k)`,
/// `255 * sum_i M_i + 2^(k-1) < 2^31`: no partial sum, and not the rounding
/// term either, leaves i32 for 8-bit operands. nullopt when there is none: the
/// inputs' scales are too large for the output's. Precondition: normal scales.
std::optional<AddParams> chooseAddParams(const std::vector<double> &inputScales,
                                         double outputScale);
/// The same for two operands.
std::optional<AddParams> chooseAddParams(double lhsScale, double rhsScale,
                                         double outputScale);

/// Rule E2: the real multiplier of `(x1 - Z1) * (x2 - Z2)`.
double mulMultiplier(double lhsScale, double rhsScale, double outputScale);

/// Rule E3: `y = a_c * x + b_c` on one 8-bit operand as
/// `requantize((x - Z) * weights[c] + biases[c], realMultipliers[c])`.
struct AffineParams {
  std::vector<int32_t> weights;
  std::vector<int32_t> biases;
  std::vector<double> realMultipliers;
};

/// Rule E3. `factors` (a) and `offsets` (b) have one value per channel. nullopt
/// when a value is not finite, or the sizes differ; everything else fits: the
/// accumulator stays below 2^31 for every 8-bit x. Precondition: normal scales.
std::optional<AffineParams>
chooseAffineParams(const std::vector<double> &factors,
                   const std::vector<double> &offsets, double inputScale,
                   double outputScale);

/// Rule E4: the real multiplier of `sum over count taps of (q - Z)`, which is
/// the average. Precondition: 1 <= count, normal scales.
double averageMultiplier(double inputScale, int64_t count, double outputScale);

/// Rule E4: the most taps whose sum of 8-bit `q - Z` fits i32.
inline constexpr int64_t maxAverageTaps = INT32_MAX / 255;

/// Rule T1: `table[i] = quantize(function(dequantize(inputRange.min + i)))` for
/// every value of the input's storage type. Precondition: inputRange has at
/// most 65536 values.
std::vector<int64_t> tabulate(const std::function<float(float)> &function,
                              const QuantParams &input, StorageRange inputRange,
                              const QuantParams &output,
                              StorageRange outputRange);

} // namespace qdot::numerics

#endif // QDOT_NUMERICS_ELEMENTWISE_H
