//===- RowPanel.h - Rows of a tile, pair by pair --------------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Kernels that multiply pairs of rows copy the rows of a tile once, in the
// order in which all blocks of columns read them:
// [unit of eight][pair of rows][row][8].
//
//===----------------------------------------------------------------------===//

#ifndef QDOT_LIB_CODEGEN_ROWPANEL_H
#define QDOT_LIB_CODEGEN_ROWPANEL_H

#include "IndexArithmetic.h"
#include "mlir/IR/Builders.h"
#include "qdot/Codegen/KernelPlan.h"

namespace qdot {

/// Emits the copy of a tile's rows, and loads from it.
class RowPanel : private IndexArithmetic {
public:
  /// Bytes of a pair in one unit.
  static constexpr int64_t pairBytes = 16;

  /// Precondition: runs of at least eight bytes.
  RowPanel(mlir::OpBuilder &builder, mlir::Location loc,
           const KernelPlan &plan);

  /// Bytes of the buffer for tiles of up to `rows` rows.
  int64_t getBytes(int64_t rows) const;
  /// Allocates it; what is on the stack needs no `release`.
  void allocate(int64_t rows, bool isOnStack);
  void release();

  /// Copies `rows` rows of `lhs` (flat), the first of them at `left`.
  void copy(mlir::Value lhs, mlir::Value left, int64_t rows);
  /// 16 bytes: a pair of the rows last copied, in one unit.
  mlir::Value load(mlir::Value unit, int64_t pair);

  /// The copy as a whole: units one behind the other.
  mlir::Value getBuffer() const { return buffer; }

  /// Units of eight over the whole reduction.
  int64_t getNumUnits() const;
  int64_t getNumPairs() const { return (rows + 1) / 2; }

private:
  void createLoop(int64_t size, llvm::function_ref<void(mlir::Value)> body);
  void copyLevel(size_t level, mlir::Value left, mlir::Value unit);
  void copyRun(mlir::Value left, mlir::Value unit);
  void copyUnits(mlir::Value left, mlir::Value unit, int64_t count);
  void store(mlir::Value words, mlir::Value unit, int64_t pair);

  const KernelPlan &plan;
  llvm::SmallVector<PlanUnit> units;
  mlir::Value buffer, source;
  int64_t rows = 0;
};

} // namespace qdot

#endif // QDOT_LIB_CODEGEN_ROWPANEL_H
