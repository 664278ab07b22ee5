//===- RoundingBounds.h - When a float sum reaches an integer ---*- C++ -*-===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// `round(f32(x)) >= v` as a bound on the real number x, and the solution of
// such bounds for the constant term of x, in exact integer arithmetic. Rule S2
// of docs/Numerics.md has the proofs.
//
//===----------------------------------------------------------------------===//

#ifndef QDOT_LIB_NUMERICS_ROUNDINGBOUNDS_H
#define QDOT_LIB_NUMERICS_ROUNDINGBOUNDS_H

#include "SoftFloat.h"
#include <cstdint>
#include <optional>

namespace qdot::numerics {

using Wide = __int128;

/// How the float becomes an integer: vcvtps2dq or vcvttps2dq.
enum class Rounding { HalfEven, TowardZero };

/// Bounds are in units of 2^-25: half of the last bit of a number in [0.5, 1).
inline constexpr int boundBits = 25;
/// Results beyond this are not handled: their ties have fewer spare bits.
inline constexpr int64_t maxResult = int64_t(1) << 20;

/// The reals x with `x >= value * 2^-25`, or `x > value * 2^-25` when open.
struct SumBound {
  int64_t value;
  bool open;
};

/// The reals that round to an f32 (half-even) that rounds to `result` or more.
/// Precondition: |result| <= maxResult; result >= 1 for TowardZero.
SumBound getSumBound(int64_t result, Rounding rounding);

/// Whether numbers of this size are handled: 0, or 2^-37 <= |value| < 2^34.
bool isUsableScale(float value);

/// The unit 2^-unitBits, of which every bound and a given scale are multiples.
struct FixedUnit {
  int unitBits = boundBits;

  /// A unit for one scale. Precondition: usable.
  static FixedUnit forScale(float scale);
  /// The scale in units. Precondition: it is a multiple of the unit.
  Wide toUnits(float scale) const;
  /// The least number of units that satisfies the bound.
  Wide toUnits(SumBound bound) const;
  /// An integer in units.
  Wide toUnits(int64_t value) const {
    return Wide(value) * (Wide(1) << unitBits);
  }
};

/// The numbers from `low` to `high`, in units; empty when low > high.
struct Interval {
  Wide low;
  Wide high;

  bool isEmpty() const { return low > high; }
  /// Whether `value` lies in it. One that is no multiple of the unit must do so
  /// rounded down and rounded up.
  bool contains(const soft::Number &value, FixedUnit unit) const;
  /// An f32 in the interval: `wish` (in units) if possible, else one near the
  /// middle, else any; nullopt if there is none. Always 0 or normal.
  std::optional<float> pickFloat(Wide wish, FixedUnit unit) const;
};

/// Exact `lhs + rhs`. Precondition: not sticky.
soft::Number addExact(const soft::Number &lhs, soft::Number rhs);

/// `f32(lhs * rhs + addend)`, rounded once, half-even. Precondition: finite.
soft::Number fusedMultiplyAdd(const soft::Number &lhs, float rhs,
                              const soft::Number &addend);

/// The float `places` after `value` in magnitude. Precondition: both normal.
float moveBy(float value, int places);

} // namespace qdot::numerics

#endif // QDOT_LIB_NUMERICS_ROUNDINGBOUNDS_H
