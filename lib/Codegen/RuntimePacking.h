//===- RuntimePacking.h - Packing of weights that are not constant --------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QDOT_LIB_CODEGEN_RUNTIMEPACKING_H
#define QDOT_LIB_CODEGEN_RUNTIMEPACKING_H

#include "mlir/IR/Builders.h"
#include "qdot/Codegen/KernelPlan.h"

namespace qdot {

/// Bytes of the right side of one position, packed for the dot kernel of `op`:
/// all columns and all reductions, in the order that PackWeights gives constant
/// weights.
int64_t getPackedBytes(ContractOp op, const KernelPlan &plan);

/// Emits the code that writes them to `packed`, a memref of that many bytes,
/// from the flat memory `rhs`, where the position starts at element `offset`.
/// Lanes without column and elements that do not count become 0. Only elements
/// of the right side are read. Precondition: a dot kernel; the strides of the
/// right side are known.
void emitPacking(mlir::OpBuilder &builder, ContractOp op,
                 const KernelPlan &plan, mlir::Value rhs, mlir::Value offset,
                 mlir::Value packed);

} // namespace qdot

#endif // QDOT_LIB_CODEGEN_RUNTIMEPACKING_H
