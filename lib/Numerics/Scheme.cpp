//===- Scheme.cpp - From a range to scale and zero point ------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qdot/Numerics/Scheme.h"
#include "SoftFloat.h"
#include "llvm/ADT/StringSwitch.h"
#include <algorithm>
#include <cfloat>
#include <cmath>
#include <optional>

namespace qdot::numerics {

using soft::Number;

StorageRange getStorageRange(unsigned bits, bool narrow) {
  int64_t half = int64_t(1) << (bits - 1);
  return {narrow ? 1 - half : -half, half - 1};
}

//===----------------------------------------------------------------------===//
// Arithmetic of the formulas
//===----------------------------------------------------------------------===//

static double asF32(const Number &number) {
  return soft::toDouble(soft::roundTo(number, soft::f32));
}

static double divideF32(double lhs, double rhs) {
  return asF32(soft::divide(soft::fromDouble(lhs), soft::fromDouble(rhs)));
}

static double subtractF32(double lhs, double rhs) {
  return asF32(soft::subtract(soft::fromDouble(lhs), soft::fromDouble(rhs)));
}

static double levelsOf(StorageRange storage) {
  return soft::toDouble(soft::fromInteger(storage.max - storage.min));
}

/// `floor(|value| + 1/2)` with the sign of `value`, saturated.
static int64_t roundHalfAway(Number value) {
  bool negative = value.negative;
  value.negative = false;
  ++value.exponent;
  int64_t result = (soft::truncateToInteger(value) + 1) / 2;
  return negative ? -result : result;
}

static int64_t clampTo(int64_t value, StorageRange storage) {
  return std::clamp(value, storage.min, storage.max);
}

//===----------------------------------------------------------------------===//
// Scales
//===----------------------------------------------------------------------===//

namespace {
/// The ends of a range after it was made to contain 0.
struct Ends {
  double min;
  double max;

  double magnitude() const { return soft::compare(-min, max) > 0 ? -min : max; }
  bool isEmpty() const { return min == 0.0 && max == 0.0; }
};
} // namespace

/// The scale of an asymmetric range, before it is normalized.
static double asymmetricStep(Ends ends, const Scheme &scheme) {
  double levels = levelsOf(scheme.storage);
  switch (scheme.convention) {
  case Convention::TfLite:
  case Convention::PyTorch:
    return divideF32(subtractF32(ends.max, ends.min), levels);
  case Convention::OnnxRuntime:
    return soft::divideF64(subtractF32(ends.max, ends.min), levels);
  case Convention::Qdot:
  case Convention::TensorRT:
    break;
  }
  double width = soft::subtractF64(ends.max, ends.min);
  return soft::divideF64(soft::isInfinite(width) ? DBL_MAX : width, levels);
}

/// The scale of a symmetric range, before it is normalized.
static double symmetricStep(double magnitude, const Scheme &scheme) {
  StorageRange storage = scheme.storage;
  double largest = soft::toDouble(soft::fromInteger(storage.max));
  switch (scheme.convention) {
  case Convention::TfLite:
  case Convention::TensorRT:
    return divideF32(magnitude, largest);
  case Convention::OnnxRuntime:
    return soft::divideF64(asF32(soft::fromDouble(2 * magnitude)),
                           levelsOf(storage));
  case Convention::PyTorch:
    return divideF32(magnitude, levelsOf(storage) / 2);
  case Convention::Qdot:
    break;
  }
  return soft::divideF64(magnitude, largest);
}

/// The least power of two that is not below `scale`, as far as f32 has one.
static double raiseToPowerOfTwo(double scale) {
  int exponent;
  double fraction = std::frexp(scale, &exponent);
  double raised = std::ldexp(1.0, fraction == 0.5 ? exponent - 1 : exponent);
  return std::min(raised, std::ldexp(1.0, 127));
}

/// Rule Q2, with the least scale of the convention.
static double finishScale(double step, const Scheme &scheme) {
  double scale = normalizeScale(step);
  if (scheme.convention == Convention::PyTorch)
    scale = std::max(scale, double(FLT_EPSILON));
  return scheme.powerOfTwo ? raiseToPowerOfTwo(scale) : scale;
}

//===----------------------------------------------------------------------===//
// Zero points
//===----------------------------------------------------------------------===//

/// `step` is what divides in the formula: ONNX Runtime divides by the f64 scale
/// that it has before it rounds it to f32.
static int64_t chooseZeroPoint(double rmin, double step, double scale,
                               const Scheme &scheme) {
  StorageRange storage = scheme.storage;
  Number lowest = soft::fromInteger(storage.min);
  switch (scheme.convention) {
  case Convention::TfLite: {
    double steps = divideF32(rmin, scale);
    return clampTo(
        roundHalfAway(soft::roundTo(
            soft::subtract(lowest, soft::fromDouble(steps)), soft::f32)),
        storage);
  }
  case Convention::PyTorch: {
    Number steps = soft::fromDouble(divideF32(rmin, scale));
    return clampTo(storage.min - soft::roundToInteger(steps), storage);
  }
  case Convention::Qdot:
  case Convention::TensorRT:
  case Convention::OnnxRuntime:
    break;
  }
  bool isRounded =
      scheme.convention != Convention::OnnxRuntime || scheme.powerOfTwo;
  double steps = soft::divideF64(rmin, isRounded ? scale : step);
  if (soft::isInfinite(steps))
    return storage.max;
  return clampTo(
      soft::roundToInteger(soft::roundTo(
          soft::subtract(lowest, soft::fromDouble(steps)), soft::f64)),
      storage);
}

static int64_t getMiddle(StorageRange storage) { return clampTo(0, storage); }

static QuantParams chooseSymmetricParams(Ends ends, const Scheme &scheme) {
  return {finishScale(symmetricStep(ends.magnitude(), scheme), scheme),
          getMiddle(scheme.storage)};
}

static QuantParams chooseAsymmetricParams(Ends ends, const Scheme &scheme) {
  double step = asymmetricStep(ends, scheme);
  // ONNX Runtime gives up on what f32 cannot hold as a normal number.
  if (scheme.convention == Convention::OnnxRuntime && step < FLT_MIN)
    return {1.0, getMiddle(scheme.storage)};
  double scale = finishScale(step, scheme);
  return {scale, chooseZeroPoint(ends.min, step, scale, scheme)};
}

QuantParams chooseParams(double rmin, double rmax, const Scheme &scheme) {
  Ends ends{soft::isNegative(rmin) ? rmin : 0.0,
            soft::isNegative(rmax) ? 0.0 : rmax};
  if (ends.isEmpty())
    return {1.0, getMiddle(scheme.storage)};
  bool isOneSided =
      scheme.symmetry == Symmetry::Unsigned && !soft::isNegative(ends.min);
  if (scheme.symmetry != Symmetry::Asymmetric && !isOneSided)
    return chooseSymmetricParams(ends, scheme);
  return chooseAsymmetricParams(ends, scheme);
}

//===----------------------------------------------------------------------===//
// Constants
//===----------------------------------------------------------------------===//

/// `value * f32(1 / scale)` in f32.
static Number multiplyByReciprocal(float value, double scale) {
  Number reciprocal = soft::roundTo(
      soft::divide(soft::fromInteger(1), soft::fromDouble(scale)), soft::f32);
  return soft::roundTo(soft::multiply(soft::fromFloat(value), reciprocal),
                       soft::f32);
}

int64_t quantizeConstant(float value, const QuantParams &params,
                         StorageRange storage, Convention convention) {
  bool byReciprocal =
      convention == Convention::TfLite || convention == Convention::PyTorch;
  if (!byReciprocal || soft::isNaN(value) || soft::isInfinite(value))
    return quantize(value, params, storage);
  Number steps = multiplyByReciprocal(value, params.scale);
  int64_t code = convention == Convention::TfLite ? roundHalfAway(steps)
                                                  : soft::roundToInteger(steps);
  return clampTo(code + params.zeroPoint, storage);
}

//===----------------------------------------------------------------------===//
// Names
//===----------------------------------------------------------------------===//

llvm::Expected<Convention> parseConvention(llvm::StringRef name) {
  auto found = llvm::StringSwitch<std::optional<Convention>>(name)
                   .Case("qdot", Convention::Qdot)
                   .Case("tflite", Convention::TfLite)
                   .Case("onnxruntime", Convention::OnnxRuntime)
                   .Case("tensorrt", Convention::TensorRT)
                   .Case("pytorch", Convention::PyTorch)
                   .Default(std::nullopt);
  if (found)
    return *found;
  return llvm::createStringError(
      llvm::inconvertibleErrorCode(),
      "expected qdot, tflite, onnxruntime, tensorrt or pytorch, got '" + name +
          "'");
}

} // namespace qdot::numerics
