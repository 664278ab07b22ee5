//===- KernelTable.h - Targets and their register tiles -------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QDOT_CODEGEN_KERNELTABLE_H
#define QDOT_CODEGEN_KERNELTABLE_H

#include "llvm/ADT/StringRef.h"
#include <cstdint>
#include <string>

namespace mlir {
class Operation;
} // namespace mlir

namespace qdot {

/// What the kernel generator knows of a target. One row per target in
/// KernelTable.cpp; the tiles were chosen by measurement (docs/Performance.md).
struct KernelTarget {
  llvm::StringLiteral name;
  /// Lanes of i32 in the widest vector that is used.
  int64_t lanes;
  /// Accumulators that the register file holds beside the operands.
  int64_t accumulators;
  /// Independent dot products that hide the latency of one.
  int64_t chains;
  /// Cycles of one dot product of `lanes` lanes when nothing else limits.
  double dotCycles;
  /// The activation is read as unsigned (`vpdpbusd`, `vpmaddubsw`).
  bool isUnsigned;
  /// An instruction does the whole dot product exactly.
  bool isExact;
  /// Bytes of the activation that one load takes: 4 where an instruction
  /// repeats them in all lanes, 16 where the dot product picks four of them.
  int64_t load = 4;
  /// Rows and columns are multiplied in 2x2 tiles (`smmla`).
  bool hasMatrix = false;
  /// Vectors of a length that is only known at run time.
  bool isScalable = false;
  /// Instructions for `qdot.rescale`, on the vectors of all its kernels.
  bool hasRescale = false;
  /// Vector registers that a tile of an f32 contraction may take without spills.
  int64_t floatRegisters = 32;
};

/// Vector registers of x86 without AVX-512.
inline constexpr int64_t avxRegisters = 16;

/// True for the name of an AArch64 target of the table.
bool isAArch64(const KernelTarget &target);

/// The target called `name`, or null. "generic" is no target of this table: it
/// runs without kernels.
const KernelTarget *findKernelTarget(llvm::StringRef name);

/// The same for the option of a pass: an unknown name is an error at `op`.
const KernelTarget *getKernelTarget(mlir::Operation *op, llvm::StringRef name);

/// The names in the table, comma separated.
std::string listKernelTargets();

} // namespace qdot

#endif // QDOT_CODEGEN_KERNELTABLE_H
