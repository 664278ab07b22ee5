//===- FakeQuantMatcher.h - Quantization written in arithmetic ------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QDOT_PREPARE_FAKEQUANTMATCHER_H
#define QDOT_PREPARE_FAKEQUANTMATCHER_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace qdot {

/// What a chain does to the elements of one channel:
/// * from f32: `clamp(roundHalfEven(x / scale), low, high) * scale`;
/// * from integers: `(q - zeroPoint) * scale`, low <= q - zeroPoint <= high.
struct FakeQuantChannel {
  float scale = 0.0f; ///< normal and positive
  int64_t low = 0, high = 0;
  int64_t zeroPoint = 0; ///< of the original, 0 when it had none

  bool operator==(const FakeQuantChannel &other) const {
    return scale == other.scale && low == other.low && high == other.high &&
           zeroPoint == other.zeroPoint;
  }
};

/// What a chain of elementwise ops does to its input.
struct FakeQuant {
  bool fromInteger = false; ///< the input holds integers, else f32
  bool isUnsigned = false;  ///< the input's integers are read as unsigned
  /// Dims along which the channels vary, ascending, and their sizes.
  llvm::SmallVector<unsigned> dims;
  llvm::SmallVector<int64_t> shape;
  /// Row-major over `shape`, one entry when that is empty.
  llvm::SmallVector<FakeQuantChannel> channels;
};

/// Why a chain that rounds is no fake quantization: a word for machines and a
/// sentence for people. Both empty when it does not look like one.
struct FakeQuantFault {
  llvm::StringRef reason, message;
};

/// One op of a chain and the operand through which the data passes.
struct FakeQuantLink {
  mlir::linalg::LinalgOp op;
  mlir::OpOperand *data;
};

/// Matches a chain of elementwise ops, first op first, each reading the result
/// of the one before it at the position that it writes. Sets `fault` when the
/// chain quantizes in a way that `qdot.quantize` does not.
///
/// A multiplication by `1 / scale`, rounded to f32, is taken for the division
/// that it stands for; the two can differ where x / scale is within rounding of
/// a tie.
std::optional<FakeQuant> matchFakeQuant(llvm::ArrayRef<FakeQuantLink> chain,
                                        FakeQuantFault &fault);

} // namespace qdot

#endif // QDOT_PREPARE_FAKEQUANTMATCHER_H
