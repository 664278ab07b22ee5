//===- TransposedConvolution.h - Transposed convolutions by phases --------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QDOT_PREPARE_TRANSPOSEDCONVOLUTION_H
#define QDOT_PREPARE_TRANSPOSEDCONVOLUTION_H

#include "mlir/Dialect/Tosa/IR/TosaOps.h"

namespace qdot {

/// Replaces a strided `op` by one convolution with stride 1, bias included, that
/// computes the phases of the result as channels, and data movement behind it.
/// Leaves it alone where height or width is dynamic or weights and bias are no
/// constants (weights may be dequantized, with scales per output channel).
void splitPhases(mlir::tosa::TransposeConv2DOp op);

} // namespace qdot

#endif // QDOT_PREPARE_TRANSPOSEDCONVOLUTION_H
