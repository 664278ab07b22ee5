//===- Quantization.h - Scale, zero point and rounding --------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Pure arithmetic of affine quantization, `r = scale * (q - zeroPoint)`. No IR.
// Rule numbers refer to docs/Numerics.md.
//
//===----------------------------------------------------------------------===//

#ifndef QDOT_NUMERICS_QUANTIZATION_H
#define QDOT_NUMERICS_QUANTIZATION_H

#include <cstdint>

namespace qdot::numerics {

/// The closed interval of integers that a storage type may hold.
struct StorageRange {
  int64_t min;
  int64_t max;
  bool operator==(const StorageRange &other) const {
    return min == other.min && max == other.max;
  }
};

/// Activations: i8, full range (TFLite int8 specification).
inline constexpr StorageRange activationRange{-128, 127};
/// Activations of 7 bits: moved by 64 they lie in 0..127, where the sum of two
/// products with 8-bit weights always fits 16 bits.
inline constexpr StorageRange narrowActivationRange{-64, 63};
/// Weights: i8, narrow range, so that they are symmetric around zero.
inline constexpr StorageRange weightRange{-127, 127};
/// Biases: i32.
inline constexpr StorageRange biasRange{INT32_MIN, INT32_MAX};

/// Scale and zero point of one tensor or one channel. `scale` is always the
/// value of a normal f32, kept in a double because `!quant.uniform` stores one.
struct QuantParams {
  double scale;
  int64_t zeroPoint;
};

/// Rule Q1: rounds to nearest, ties to even, whatever the FP environment.
double roundHalfEven(double value);

/// Rule Q2: the f32 nearest to `scale`, raised to FLT_MIN when it is zero or
/// denormal, and lowered to FLT_MAX when it overflows. `scale` is not NaN.
double normalizeScale(double scale);

/// Rule Q3: asymmetric parameters for real values in [rmin, rmax]. The range is
/// first extended to contain 0, so that 0.0 is exact:
///   scale = (rmax - rmin) / (qmax - qmin),
///   zeroPoint = clamp(roundHalfEven(qmin - rmin / scale), qmin, qmax).
/// An empty range (only zeros) gives scale 1 and the zero point nearest 0.
/// Precondition: rmin <= rmax, both finite.
QuantParams chooseAsymmetric(double rmin, double rmax, StorageRange range);

/// Rule Q4: symmetric parameters, zero point 0, `scale = maxAbs / qmax`.
/// `maxAbs == 0` gives scale 1. Precondition: maxAbs finite and >= 0.
QuantParams chooseSymmetric(double maxAbs, StorageRange range);

/// Rule Q5: the weight scale of one output channel that carries a bias. The
/// bias is stored as i32 on `inputScale * weightScale`; the scale is raised,
/// if it must be, until the bias needs no more than 30 bits.
double chooseWeightScale(double maxAbs, double bias, double inputScale,
                         StorageRange range);

/// The second half of rule Q5, for a weight scale that was chosen otherwise: the
/// least f32 that is not below `scale` and for which the bias fits 30 bits.
double raiseScaleForBias(double scale, double bias, double inputScale);

/// Rule Q6: `clamp(roundHalfEven(value / scale) + zeroPoint)`, with the
/// division in f32 (ONNX QuantizeLinear). NaN gives the zero point, infinities
/// saturate.
int64_t quantize(float value, const QuantParams &params, StorageRange range);

/// Rule Q7: as `quantize`, with the division in f64. Used for constants whose
/// scale is a product (biases).
int64_t quantizeExact(double value, double scale, StorageRange range);

/// Rule Q8: `(q - zeroPoint) * scale`, the product in f32.
float dequantize(int64_t q, const QuantParams &params);

} // namespace qdot::numerics

#endif // QDOT_NUMERICS_QUANTIZATION_H
