//===- Normalization.h - Layer, group and RMS norms -----------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QDOT_ANALYSIS_NORMALIZATION_H
#define QDOT_ANALYSIS_NORMALIZATION_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/DenseSet.h"

namespace qdot {

/// The operations of every normalization by a root of squares of a function
/// (layer, instance, group and RMS norm, the quotient by a Euclidean norm): the
/// squares, their sum, what leads from it through a square root or a reciprocal
/// one to the product or quotient with what was squared; the mean that is
/// subtracted before, and constant factors and offsets behind; in one generic or
/// several, with reshapes and broadcasts between them.
llvm::DenseSet<mlir::Operation *>
findNormalizationOps(mlir::func::FuncOp function);

} // namespace qdot

#endif // QDOT_ANALYSIS_NORMALIZATION_H
