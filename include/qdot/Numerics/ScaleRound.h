//===- ScaleRound.h - Requantization in three f32 instructions ------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// `clamp(roundHalfEven(fma(f32(acc), scale, offset)))` with constants for which
// it gives the bytes of a requantization contract on a whole range of
// accumulators. On x86: vcvtdq2ps, vfmadd, vcvtps2dq. No IR. Rule numbers refer
// to docs/Numerics.md.
//
//===----------------------------------------------------------------------===//

#ifndef QDOT_NUMERICS_SCALEROUND_H
#define QDOT_NUMERICS_SCALEROUND_H

#include "qdot/Numerics/Requantize.h"
#include <cstdint>
#include <optional>

namespace qdot::numerics {

/// The constants of one channel. `scale` is 0 or a normal number >= 0, `offset`
/// is 0 or a normal number, so flush-to-zero does not change the result.
struct ScaleRound {
  float scale;
  float offset;
  bool operator==(const ScaleRound &other) const {
    return scale == other.scale && offset == other.offset;
  }
};

/// Rule S1: `clamp(roundHalfEven(fma(f32(acc), scale, offset)))`; f32(acc) and
/// the fma round half to even. Precondition: finite constants.
int64_t scaleRound(int32_t acc, float scale, float offset, StorageRange clamp);

/// Rule S2: constants with which `scaleRound(a)` equals `requantize(a, by,
/// zeroPoint, clamp, contract)` for every a in `acc`, and with which the fma
/// stays below 2^31 in magnitude, so that the conversion does not overflow.
/// nullopt when the search finds none: about 17 + 8 bits are needed for a range
/// of 2^17 on 8 bits, and f32 has 24. Also nullopt when more than 65536 results
/// occur or a result exceeds 2^20. Precondition: `by` as from
/// `decomposeMultiplier`, both ranges not empty, `acc` within i32, `contract`
/// TosaSingle or TosaDouble.
std::optional<ScaleRound> findScaleRound(StorageRange acc,
                                         FixedPointMultiplier by,
                                         int64_t zeroPoint, StorageRange clamp,
                                         Contract contract);

/// Rule S2 for `requantizeF32`. Precondition: finite multiplier >= 0.
std::optional<ScaleRound> findScaleRoundF32(StorageRange acc, float multiplier,
                                            int64_t zeroPoint,
                                            StorageRange clamp);

/// Rule S2, the proof alone: whether these constants give the same bytes as the
/// contract on the whole range; may be false for offsets with bits below 2^-48
/// though they do. For constants that come from elsewhere (IR).
bool provesScaleRound(ScaleRound constants, StorageRange acc,
                      FixedPointMultiplier by, int64_t zeroPoint,
                      StorageRange clamp, Contract contract);

/// The constants of one channel of rules S3 and S5; `bias` is an integer that
/// the accumulator can start from instead of 0. `scale` and `offset` as above;
/// `fine` is what the slope has beyond `scale`, `base` what is subtracted from
/// the integer; both are 0 for S3.
struct ScaleTruncate {
  int32_t bias;
  float scale;
  float offset;
  float fine = 0.0f;
  int32_t base = 0;
};

/// The base of S5 with which every sum that counts has the same last place.
inline constexpr int32_t truncateBase = 256;

/// Rules S3 and S5: `clamp(truncate(fma(a, scale, fma(a, fine, offset))) - base)`
/// with `a = f32(acc + bias)`, toward zero (x86: vcvttps2dq). Without `fine` the
/// inner fma is `offset`. Precondition: finite constants, acc + bias fits i32.
int64_t scaleTruncate(int32_t acc, const ScaleTruncate &by, StorageRange clamp);

/// Rule S3, else S5 (S5 alone with a base other than 0): as `findScaleRound`, which it outdoes on large ranges,
/// because the rounding errors of the fma have one sign and the bias keeps the
/// offset small. Also, acc + bias stays within i32. Precondition: clamp.min >= 0: for
/// signed storage add 128 to zero point and clamp, and flip the sign bits of
/// the result.
std::optional<ScaleTruncate>
findScaleTruncate(StorageRange acc, FixedPointMultiplier by, int64_t zeroPoint,
                  StorageRange clamp, Contract contract, int32_t base = 0);

/// The same for `requantizeF32`. Precondition: finite multiplier >= 0.
std::optional<ScaleTruncate> findScaleTruncateF32(StorageRange acc,
                                                  float multiplier,
                                                  int64_t zeroPoint,
                                                  StorageRange clamp,
                                                  int32_t base = 0);

} // namespace qdot::numerics

#endif // QDOT_NUMERICS_SCALEROUND_H
