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

/// The work below which a part of an operation does not pay for a thread. Each
/// is some 5 to 20 microseconds; to hand a part to a thread and to wait for it
/// costs 2, and 20 where the thread sleeps (docs/Performance.md).
inline constexpr int64_t minDotProductsPerLane = 1 << 17;
inline constexpr int64_t minDepthwiseProducts = 1 << 18;
inline constexpr int64_t minScalarOperations = 1 << 17;

/// Products of all loops; a dynamic size counts as 1.
int64_t countProducts(ContractOp op);

/// Iterations times operations of the body; a dynamic size counts as 1.
int64_t countScalarOperations(mlir::linalg::LinalgOp op);

} // namespace qdot

#endif // QDOT_CODEGEN_SPLITCOST_H
