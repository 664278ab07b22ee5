//===- IslandUtils.h - What surrounds a sum in float ----------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QDOT_LIB_ANALYSIS_ISLANDUTILS_H
#define QDOT_LIB_ANALYSIS_ISLANDUTILS_H

#include "qdot/Analysis/StructuralBody.h"

namespace qdot {

/// True for an op that only moves values.
bool movesValues(mlir::Operation *op);

/// The source of a value behind any number of movements, which are collected.
mlir::Value skipMovement(mlir::Value value,
                         llvm::SmallVectorImpl<mlir::Operation *> &skipped);

/// True for what may stand between a sum and what its quotient or product with
/// the summed values is: movements and elementwise ops. A gate of squeeze and
/// excitation, which also comes back to what was summed, has contractions.
bool isOnPath(mlir::Operation *op);

/// The one real input of `op` as a reduction of kind `kind`, else null.
mlir::Value matchReduction(mlir::Operation *op, BodyKind kind);

} // namespace qdot

#endif // QDOT_LIB_ANALYSIS_ISLANDUTILS_H
