//===- Requantize.h - From an i32 accumulator to a storage type -----------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The three requantization contracts as executable scalar references. No IR.
// Rule numbers refer to docs/Numerics.md.
//
//===----------------------------------------------------------------------===//

#ifndef QDOT_NUMERICS_REQUANTIZE_H
#define QDOT_NUMERICS_REQUANTIZE_H

#include "qdot/Numerics/Quantization.h"
#include <cstdint>

namespace qdot::numerics {

/// How an accumulator is brought to the scale of the result.
enum class Contract : uint32_t {
  /// TOSA RESCALE with SINGLE_ROUND; TFLite with TFLITE_SINGLE_ROUNDING.
  TosaSingle = 0,
  /// TOSA RESCALE with DOUBLE_ROUND; TFLite's default.
  TosaDouble = 1,
  /// One f32 multiplication, half-even; ONNX Runtime (MlasRequantizeOutput).
  F32 = 2,
};

/// A positive real multiplier as `multiplier * 2^-shift` (TOSA's sign of the
/// shift): 2^30 <= multiplier < 2^31 and 2 <= shift <= 62, or multiplier 0.
struct FixedPointMultiplier {
  int32_t multiplier;
  int8_t shift;
  bool operator==(const FixedPointMultiplier &other) const {
    return multiplier == other.multiplier && shift == other.shift;
  }
};

/// Rule R1: the fixed-point form of `real` (TFLite QuantizeMultiplier; round
/// half away). Too small (shift > 62) gives multiplier 0, shift 62; too large
/// (shift < 2) saturates to (2^31 - 1, 2). Precondition: real finite and >= 0.
FixedPointMultiplier decomposeMultiplier(double real);

/// Rule R2: `(value * multiplier + 2^(shift-1)) >> shift` in 64 bits.
int64_t applySingleRound(int32_t value, FixedPointMultiplier by);

/// Rule R3: as R2, but when shift > 31 the rounding term gains +2^30 for
/// value >= 0 and -2^30 for value < 0.
int64_t applyDoubleRound(int32_t value, FixedPointMultiplier by);

/// Rule S6: R2 or R3 for `multiplier >= 0` and 32 <= shift <= 62 in the steps of
/// AArch64's `sqdmulh` or `sqrdmulh`, and `srshl`. `contract` is TosaSingle or
/// TosaDouble.
int32_t rescale(int32_t value, FixedPointMultiplier by, Contract contract);

/// Rule R4: `clamp(apply(value) + zeroPoint)`, with add and clamp in 64 bits,
/// so nothing wraps. `contract` is TosaSingle or TosaDouble.
int64_t requantize(int32_t value, FixedPointMultiplier by, int64_t zeroPoint,
                   StorageRange clamp, Contract contract);

/// Rule R5: f32 contract. `f = float(value) * scale`, clamped to
/// [clamp.min - zeroPoint, clamp.max - zeroPoint], rounded half-even, plus the
/// zero point.
int64_t requantizeF32(int32_t value, float scale, int64_t zeroPoint,
                      StorageRange clamp);

/// Rule R6: the multiplier of an accumulator on scale `inputScale *
/// weightScale` to `outputScale`; TOSA contracts compute it in f64.
double combineScales(double inputScale, double weightScale, double outputScale);

/// Rule R7: the same for the f32 contract, in f32: `(input * weight) / output`.
float combineScalesF32(double inputScale, double weightScale,
                       double outputScale);

} // namespace qdot::numerics

#endif // QDOT_NUMERICS_REQUANTIZE_H
