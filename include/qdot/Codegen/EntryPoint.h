//===- EntryPoint.h - What C code sees of a function ----------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QDOT_CODEGEN_ENTRYPOINT_H
#define QDOT_CODEGEN_ENTRYPOINT_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Support/LLVM.h"
#include <string>

namespace qdot {

/// Checks that C code can call `func` through an entry point: every argument
/// and result is a ranked tensor of a plain element type, only their first
/// dimension may be dynamic. Emits the first violation.
mlir::LogicalResult checkEntrySignature(mlir::func::FuncOp func);

/// The tensor types behind the pointers of the entry point of `func`: with the
/// quantized element type where an argument or result carries `qdot.quantized`.
mlir::FunctionType getEntrySignature(mlir::func::FuncOp func);

/// The name of the function that runs the entry point `entry` in memory that
/// the caller brings, and of the one that says how many bytes it needs
/// (qdot-plan-memory).
std::string getWorkspaceEntryName(llvm::StringRef entry);
std::string getWorkspaceSizeName(llvm::StringRef entry);

} // namespace qdot

#endif // QDOT_CODEGEN_ENTRYPOINT_H
