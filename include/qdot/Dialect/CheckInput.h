//===- CheckInput.h - What valid IR may hold that no pass can use ---------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QDOT_DIALECT_CHECKINPUT_H
#define QDOT_DIALECT_CHECKINPUT_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/Diagnostics.h"

namespace qdot {

/// Tensors and buffers have at most this many elements: the largest count that
/// vectors of numbers in the compiler hold.
constexpr int64_t maxElements = (int64_t(1) << 32) - 1;

/// Reports what upstream's verifiers accept and passes of qdot, or upstream's
/// behind them, would crash on: constants from a `dense_resource` that has no
/// data, data of the wrong size or a dynamic shape; tensors and buffers with
/// more than `maxElements` elements; a constant index of `tensor.dim` or
/// `memref.dim` that is no dimension; static loops of linalg ops and static
/// slices that read outside of their operands; constant multipliers and shifts
/// of `qdot.requantize` that its contract does not define. Passes that come first in a
/// pipeline, or read constants, call it first.
mlir::LogicalResult checkInput(mlir::ModuleOp module);

/// An error at a constant. Canonicalization takes the locations of constants
/// away that it joins; those are reported where they are read.
mlir::InFlightDiagnostic emitConstantError(mlir::Operation *constant);

} // namespace qdot

#endif // QDOT_DIALECT_CHECKINPUT_H
