//===- AddRound.h - An integer add in two f32 multiply-adds ---------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// `requantize(constant + lhs * a + rhs * b)` on 8-bit a and b (rule E1) as
// `clamp(roundHalfEven(fma(f32(a), s1, fma(f32(b), s2, offset))))`, with
// constants for which every pair of operands gives the same byte. No IR. Rule
// numbers refer to docs/Numerics.md.
//
//===----------------------------------------------------------------------===//

#ifndef QDOT_NUMERICS_ADDROUND_H
#define QDOT_NUMERICS_ADDROUND_H

#include "qdot/Numerics/Requantize.h"
#include <cstdint>
#include <optional>

namespace qdot::numerics {

/// The accumulator `constant + lhs * a + rhs * b`, a in `lhsRange`, b in
/// `rhsRange`. Ranges have at most 256 values, which fit i16.
struct IntegerSum {
  int64_t constant;
  int64_t lhs;
  int64_t rhs;
  StorageRange lhsRange;
  StorageRange rhsRange;

  /// The values that the accumulator takes, or nullopt when one leaves i32.
  std::optional<StorageRange> getRange() const;
};

/// The constants of rule S4. Each is 0 or a normal number.
struct AddRound {
  float lhsScale;
  float rhsScale;
  float offset;
};

/// Rule S4: `clamp(roundHalfEven(fma(f32(a), lhsScale, fma(f32(b), rhsScale,
/// offset))))`. Precondition: finite constants.
int64_t addRound(int64_t a, int64_t b, const AddRound &by, StorageRange clamp);

/// Rule S4: constants with which `addRound(a, b)` equals `requantize(sum(a, b),
/// by, zeroPoint, clamp, contract)` for every a and b. nullopt when the search
/// finds none, when a sum leaves i32, when a scaled operand reaches 2^20 or a
/// scale is below 2^-16 (but not 0), or a result exceeds 2^15. Under a
/// millisecond, for F32 three. Precondition: as `findScaleRound`.
std::optional<AddRound> findAddRound(const IntegerSum &sum,
                                     FixedPointMultiplier by, int64_t zeroPoint,
                                     StorageRange clamp, Contract contract);

/// Rule S4 for `requantizeF32`. Precondition: finite multiplier >= 0.
std::optional<AddRound> findAddRoundF32(const IntegerSum &sum, float multiplier,
                                        int64_t zeroPoint, StorageRange clamp);

} // namespace qdot::numerics

#endif // QDOT_NUMERICS_ADDROUND_H
