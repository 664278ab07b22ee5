//===- ByteEmitter.h - Code for ops on vectors of bytes -------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QDOT_LIB_CODEGEN_BYTEEMITTER_H
#define QDOT_LIB_CODEGEN_BYTEEMITTER_H

#include "ByteBody.h"
#include "ByteLoops.h"

namespace qdot {

/// A sum of bytes: each is extended with or without sign, less `zero`.
struct ByteSum {
  bool isSigned;
  int64_t zero;
};

/// Emits the loops of one op in front of it: `width` bytes of the column at a
/// time, then halves of that down to single elements for the rest.
class ByteEmitter {
public:
  ByteEmitter(mlir::linalg::GenericOp op, const ByteLoops &loops,
              int64_t width)
      : op(op), builder(op), loc(op.getLoc()), loops(loops), width(width) {}

  /// The body of the op; its inputs are the operands of the loops.
  void emitElementwise(mlir::ArrayRef<mlir::OpOperand *> inputs);
  /// The maximum or minimum (`combine`) of a window, and of `start`, or of what
  /// the result held before where that is null.
  void emitExtreme(mlir::Operation *combine, mlir::Value start);
  /// Sums of a window and `start` (i32; null: what the result held before). The
  /// result is a memref of i32, or that of the op whose input `sums` they are
  /// and which reads `others` besides.
  void emitSum(const ByteSum &sum, mlir::Value start, mlir::OpOperand *sums,
               mlir::ArrayRef<mlir::OpOperand *> others);

private:
  using Values = llvm::SmallVector<mlir::Value>;
  /// Emits `width` elements of the column; `at` has a position per operand.
  using OnPiece =
      llvm::function_ref<void(mlir::ArrayRef<mlir::Value>, int64_t)>;
  /// Adds what lies at a position to accumulators.
  using OnTap = llvm::function_ref<Values(mlir::Value, Values)>;

  void forPieces(OnPiece piece);
  void forOuter(size_t level, mlir::ArrayRef<mlir::Value> at, OnPiece piece);
  void forColumn(mlir::ArrayRef<mlir::Value> at, OnPiece piece);
  void createLoop(mlir::Value from, mlir::Value to, int64_t step,
                  llvm::function_ref<void(mlir::Value)> body);
  Values createLoop(int64_t to, int64_t step, Values carried,
                    llvm::function_ref<Values(mlir::Value, Values)> body);

  /// All taps of a window from a position of operand 0 on.
  Values forTaps(mlir::ArrayRef<ByteTap> taps, mlir::Value at, Values carried,
                 OnTap step);
  /// Their sum in i32, as parts.
  Values addTaps(mlir::ArrayRef<ByteTap> taps, mlir::Value at, bool isSigned,
                 int64_t lanes);
  /// The same for at most 256 taps, in 16 bits.
  Values addWords(mlir::ArrayRef<ByteTap> taps, mlir::Value at, bool isSigned,
                  int64_t lanes);
  Values addWide(mlir::ArrayRef<ByteTap> taps, mlir::Value at, bool isSigned,
                 int64_t lanes);

  void setInput(ByteBody &body, mlir::Value argument, size_t operand,
                mlir::Value at);
  mlir::Value load(size_t operand, mlir::Value at, int64_t lanes);
  mlir::Value loadBytes(mlir::Value at, int64_t lanes, bool isFlipped);
  void store(mlir::Value vector, mlir::Value at);

  mlir::Value constant(int64_t value);
  mlir::Value splat(mlir::VectorType type, int64_t value);
  mlir::Value move(mlir::Value position, mlir::Value by, int64_t stride);
  mlir::Value move(mlir::Value position, int64_t by);
  mlir::Value getSize(const ByteLoop &loop);

  mlir::linalg::GenericOp op;
  mlir::OpBuilder builder;
  mlir::Location loc;
  const ByteLoops &loops;
  int64_t width;
  Values flat; ///< memrefs of the operands
};

} // namespace qdot

#endif // QDOT_LIB_CODEGEN_BYTEEMITTER_H
