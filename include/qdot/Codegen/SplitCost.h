//===- SplitCost.h - What is large enough for several threads -------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QDOT_CODEGEN_SPLITCOST_H
#define QDOT_CODEGEN_SPLITCOST_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "qdot/Dialect/Qdot.h"

namespace qdot {

/// The work, in what `countWork` counts, below which a part of an operation
/// does not pay for a thread: five to ten times what it costs to hand a part
/// to a thread that waits actively (docs/Performance.md).
inline constexpr int64_t minDotProducts = 1 << 20;
inline constexpr int64_t minDepthwiseProducts = 1 << 18;
inline constexpr int64_t minScalarOperations = 1 << 17;

/// Products of all loops; a dynamic size counts as 1.
int64_t countProducts(ContractOp op);

/// Iterations times operations of the body; a dynamic size counts as 1.
int64_t countScalarOperations(mlir::linalg::LinalgOp op);

} // namespace qdot

#endif // QDOT_CODEGEN_SPLITCOST_H
