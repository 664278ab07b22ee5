//===- Scheme.h - From a range to scale and zero point --------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What one may choose once the range of real values is known, and the formulas
// of other tools. Rule numbers refer to docs/Numerics.md. No IR.
//
//===----------------------------------------------------------------------===//

#ifndef QDOT_NUMERICS_SCHEME_H
#define QDOT_NUMERICS_SCHEME_H

#include "qdot/Numerics/Quantization.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

namespace qdot::numerics {

/// Whose formulas are used (rules C1 to C5).
enum class Convention { Qdot, TfLite, OnnxRuntime, TensorRT, PyTorch };

/// Where the zero point may lie.
enum class Symmetry {
  Asymmetric, ///< anywhere
  Symmetric,  ///< at 0
  Unsigned,   ///< at 0, or at the lower end when no value is negative
};

/// How a range becomes scale and zero point. The default is rule Q3 on i8.
struct Scheme {
  StorageRange storage = activationRange;
  Symmetry symmetry = Symmetry::Asymmetric;
  /// The scale is raised to a power of two.
  bool powerOfTwo = false;
  Convention convention = Convention::Qdot;

  /// The number of codes.
  int64_t getNumLevels() const { return storage.max - storage.min + 1; }
};

/// All integers of `bits` bits, 2 to 16, in two's complement; without the
/// smallest one when `narrow`.
StorageRange getStorageRange(unsigned bits, bool narrow);

/// Scale and zero point of real values in [rmin, rmax] by the rules C1 to C5.
/// Codes are signed: what a tool calls u8 code `q` is `q - 128` here (rule P4).
/// Precondition: rmin <= rmax, both finite.
QuantParams chooseParams(double rmin, double rmax, const Scheme &scheme);

/// The code of a constant by the rounding of the convention: Q6, or what C2 and
/// C5 say. Precondition: `params` came from `chooseParams` or has zero point 0.
int64_t quantizeConstant(float value, const QuantParams &params,
                         StorageRange storage, Convention convention);

/// `qdot`, `tflite`, `onnxruntime`, `tensorrt` or `pytorch`; errors list them.
llvm::Expected<Convention> parseConvention(llvm::StringRef name);

} // namespace qdot::numerics

#endif // QDOT_NUMERICS_SCHEME_H
