//===- PackedOperands.h - Are packed operands what a kernel reads? --------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QDOT_LIB_CODEGEN_PACKEDOPERANDS_H
#define QDOT_LIB_CODEGEN_PACKEDOPERANDS_H

#include "qdot/Codegen/KernelPlan.h"

namespace qdot {

/// The constant i32 table that the attribute `name` of a packed kernel names;
/// empty without the attribute, and where it names no such constant.
llvm::SmallVector<int64_t> readTable(ContractOp op, llvm::StringRef name);

/// Fails with an error that names the attribute where a packed contraction was
/// not packed for its kernel: weights or ordered extras that are too small,
/// tables that do not fit the plan. A kernel that passes stays within its
/// operands. Precondition: the kind of the kernel is that of the plan.
mlir::LogicalResult verifyPacked(ContractOp op, const KernelPlan &plan);

} // namespace qdot

#endif // QDOT_LIB_CODEGEN_PACKEDOPERANDS_H
