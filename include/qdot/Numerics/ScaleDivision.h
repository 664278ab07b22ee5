//===- ScaleDivision.h - Division by a scale as multiplication --*- C++ -*-===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Rule S7 of docs/Numerics.md. No IR.
//
//===----------------------------------------------------------------------===//

#ifndef QDOT_NUMERICS_SCALEDIVISION_H
#define QDOT_NUMERICS_SCALEDIVISION_H

#include "qdot/Numerics/Quantization.h"
#include <optional>

namespace qdot::numerics {

/// A reciprocal in two floats, `high > 0` and `low >= 0`. With it,
///   rhe(fma(x, high, f32(x * low)))
/// takes the place of `rhe(f32(x / scale))`; where `low` is 0, `rhe(x * high)`.
struct Reciprocal {
  float high;
  float low;
};

/// Rule S7: factors that give what the division gives for every float x, NaN and
/// infinities included, once both are clamped to `range`; none where that is not
/// so, or where the range has more than 65,536 integers. `scale` is a positive
/// normal f32.
std::optional<Reciprocal> findReciprocal(float scale, StorageRange range);

/// The integer that the factors give for a finite x, not clamped but to +-2^62.
int64_t multiplyByReciprocal(float x, Reciprocal reciprocal);

} // namespace qdot::numerics

#endif // QDOT_NUMERICS_SCALEDIVISION_H
