//===- RowReduction.h - One reduction of contiguous rows ------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QDOT_LIB_CODEGEN_ROWREDUCTION_H
#define QDOT_LIB_CODEGEN_ROWREDUCTION_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "qdot/Codegen/KernelTable.h"

namespace qdot {

/// What an op combines whose result does not depend on the order.
std::optional<mlir::vector::CombiningKind>
getCombiningKind(mlir::Operation *op);

/// One linalg op on memrefs that reduces contiguous rows, and the loops over
/// vectors that replace it. `loops`: the values of the op's loops at which
/// something is emitted.
class RowReduction {
public:
  RowReduction(mlir::linalg::GenericOp op, const KernelTarget &table)
      : op(op), builder(op), loc(op.getLoc()), lanes(table.lanes),
        isX86(!isAArch64(table)) {}

  /// Replaces the op by loops, or leaves it alone.
  void vectorize();

private:
  using Rows = llvm::ArrayRef<mlir::Value>;
  using State = llvm::SmallVector<mlir::Value>;

  /// Parallel loops around one reduction, along which the input is contiguous.
  bool matchLoops();

  /// `combine(extension(in), out)` in either order.
  bool matchBody();

  /// `f(inputs) + out` in f32, where f consists of elementwise ops.
  bool matchFloatSum();

  bool isFloatExtreme() const;

  /// Finds the loop whose rows can be taken `lanes` at a time: in the result
  /// they are neighbours, and the other inputs say one number for each row.
  void matchBlocks();

  /// Loops over the parallel dimensions from `loop` on.
  void emitRows(unsigned loop, llvm::SmallVector<mlir::Value> indices);

  void emitLoop(unsigned loop, mlir::Value begin, mlir::Value end, int64_t step,
                llvm::SmallVector<mlir::Value> indices);

  // One row (RowReduction.cpp).

  mlir::Value constant(int64_t value);
  /// The indices of an operand at the loops' values.
  llvm::SmallVector<mlir::Value> index(unsigned operand,
                                       llvm::ArrayRef<mlir::Value> loops);

  /// The body's new value of `out`, from inputs that are scalars or vectors.
  mlir::Value evaluate(mlir::ValueRange inputs, mlir::Value out);

  /// One row's float sum, in its order.
  void emitSum(llvm::SmallVector<mlir::Value> loops);

  /// One row in vectors, where the order is free.
  void emitRow(llvm::SmallVector<mlir::Value> loops);

  mlir::Value loadVector(llvm::ArrayRef<mlir::Value> loops);

  mlir::Value extend(mlir::Value value);

  mlir::Value apply(mlir::Value value, mlir::Value other);

  /// A scalar op of the body on other operands, scalars or vectors.
  mlir::Value repeat(mlir::Operation *scalar, mlir::ValueRange operands);

  // As many rows as a vector has lanes (RowBlocks.cpp).

  /// A vector with one number of each of the block's rows.
  mlir::Value loadPerRow(unsigned operand, llvm::ArrayRef<mlir::Value> loops);

  void storePerRow(mlir::Value value, llvm::ArrayRef<mlir::Value> loops);

  /// The vectors of the block's rows at one place.
  llvm::SmallVector<mlir::Value> loadRows(llvm::SmallVector<mlir::Value> loops,
                                          mlir::Value at);

  /// Float sums of as many rows as a vector has lanes: column after column, so
  /// that each sum has its order.
  void emitSums(llvm::ArrayRef<mlir::Value> loops);

  /// The larger (smaller) one as x86 selects it: right but for NaN and for the
  /// sign of zero.
  mlir::Value select(mlir::Value a, mlir::Value b);

  /// The state after all vectors of the block's rows: `first` makes it of the
  /// first vector of each row, `next` adds one more of each. The last vectors
  /// end with the rows; elements may come twice.
  State foldRows(llvm::ArrayRef<mlir::Value> loops,
                 llvm::function_ref<State(Rows)> first,
                 llvm::function_ref<void(Rows, State &)> next);

  /// Float maxima of as many rows as a vector has lanes, by one instruction per
  /// vector beside one that any NaN leaves a trace in.
  void emitExtremes(llvm::ArrayRef<mlir::Value> loops);

  /// Whether any lane is true.
  mlir::Value isAny(mlir::Value bits);

  /// The exact operation on one row of the block after the other.
  void emitBlockByRows(llvm::SmallVector<mlir::Value> loops);

  /// Results with their zeros signed: the largest zero is negative if the whole
  /// row is, the smallest if anything is.
  mlir::Value signZeros(mlir::Value result, llvm::ArrayRef<mlir::Value> loops);

  /// Per row, the sign bit of its result if that is zero.
  mlir::Value emitSigns(llvm::ArrayRef<mlir::Value> loops);

  mlir::linalg::GenericOp op;
  mlir::OpBuilder builder;
  mlir::Location loc;
  int64_t lanes, size = 0;
  bool isX86, isBlocked = false;
  unsigned row = 0;
  /// The loop whose rows are taken in blocks, or -1.
  int64_t block = -1;
  mlir::Operation *combine = nullptr, *extension = nullptr;
};

} // namespace qdot

#endif // QDOT_LIB_CODEGEN_ROWREDUCTION_H
