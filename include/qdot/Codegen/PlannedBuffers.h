//===- PlannedBuffers.h - Allocations that can move into an arena ---------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QDOT_CODEGEN_PLANNEDBUFFERS_H
#define QDOT_CODEGEN_PLANNEDBUFFERS_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "qdot/Codegen/ArenaPlan.h"

namespace qdot {

/// An allocation whose whole life is known.
struct PlannedBuffer {
  mlir::memref::AllocOp alloc;
  /// Null when nothing frees it.
  mlir::memref::DeallocOp dealloc;
  /// Steps are the operations of the function's block, counted up.
  BufferLifetime lifetime;
};

/// An allocation that must stay one.
struct RefusedBuffer {
  mlir::memref::AllocOp alloc;
  /// A word for machines, for example `dynamic-size`.
  llvm::StringRef reason;
};

struct FunctionBuffers {
  llvm::SmallVector<PlannedBuffer> planned;
  llvm::SmallVector<RefusedBuffer> refused;
};

/// Sorts the allocations of `func`, in the order of the text. An allocation is
/// planned when it has a static size and an identity layout, the function is
/// one block, and every alias of it (views, region arguments, results of
/// operations that take it) stays in the function. One nested in `scf.for` or
/// `scf.if` lives as long as the enclosing operation of the function's block;
/// no alias of it may leave its own block by a terminator.
/// `maxAlignment`: larger ones are refused.
FunctionBuffers collectBuffers(mlir::func::FuncOp func, int64_t maxAlignment);

} // namespace qdot

#endif // QDOT_CODEGEN_PLANNEDBUFFERS_H
