//===- VectorBody.h - Scalar bodies on vectors ----------------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QDOT_CODEGEN_VECTORBODY_H
#define QDOT_CODEGEN_VECTORBODY_H

#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/IRMapping.h"

namespace qdot {

/// The entry of a 256-entry table of bytes that a byte selects.
struct ByteLookup {
  mlir::Value table; ///< memref<256xi8>
  mlir::Value index; ///< i8
  bool isSigned;     ///< entry 0 belongs to index -128
};

/// Matches a load from a table that is defined outside of the load's block.
std::optional<ByteLookup> matchByteLookup(mlir::Value value);

/// A byte that is a clamped value.
struct ByteClamp {
  mlir::Value value; ///< i32, or f32 before its rounding half to even
  int64_t min, max;  ///< constants
};

/// Matches `trunci(minsi(maxsi(x, min), max))` of an i32 x, and `qdot.round`.
std::optional<ByteClamp> matchByteClamp(mlir::Value value);

/// A vector of f32 rounded half to even, in i32; one or two instructions.
/// Precondition: the rounded values fit.
mlir::Value roundToInteger(mlir::OpBuilder &builder, mlir::Location loc,
                           mlir::Value real);

/// Repeats the ops of `body`, without its terminator, on vectors of `lanes`
/// elements (times `vscale` when `isScalable`). `mapping` holds a vector for every block argument, and may hold
/// vectors for results of ops, which are then not repeated. Values from outside
/// of the body are broadcast. Returns the operands of the terminator as
/// vectors. Elementwise arith and math ops, `qdot.requantize`, `qdot.round`
/// and loads from a table with one index are supported; fails on others.
mlir::FailureOr<llvm::SmallVector<mlir::Value>>
vectorizeBody(mlir::OpBuilder &builder, mlir::Block &body,
              mlir::IRMapping &mapping, int64_t lanes, bool isScalable = false);

/// Tells LLVM to leave a loop as it is: it is unrolled as far as registers go,
/// and constants that were loaded before it would have to wait on the stack.
void keepLoop(mlir::scf::ForOp loop);

/// Four vectors of the same bytes, interleaved: part i has, byte by byte, what
/// the four have in the bytes that `vpunpckl` and `vpunpckh` bring together
/// within every 128 bits. The inverse of the order in which `qdot.narrow` joins
/// four vectors. Precondition: whole multiples of 16 bytes.
llvm::SmallVector<mlir::Value> interleaveBytes(mlir::OpBuilder &builder,
                                               mlir::Location loc,
                                               mlir::ArrayRef<mlir::Value> four);

/// The columns of a square of 32-bit elements, given its rows. Shuffles that
/// x86 and NEON have as one instruction each: log2 of the size for each vector.
/// Precondition: as many rows as lanes, a power of two from 4 on.
llvm::SmallVector<mlir::Value>
transposeVectors(mlir::OpBuilder &builder, mlir::Location loc,
                 mlir::ArrayRef<mlir::Value> rows);

/// `memref` as one dimension of unknown length that starts at its base; `offset`
/// is where its first element lies.
mlir::Value createFlatView(mlir::OpBuilder &builder, mlir::Location loc,
                           mlir::Value memref, mlir::Value &offset);

/// True for elements that lie in a vector as they lie in memory: 8, 16, 32 or 64
/// bits. LLVM packs the bits of others, such as i1, i4 and i48, which one by one
/// have bytes of their own; so vectors of them must not be loaded or stored.
bool hasVectorLayout(mlir::Type element);

/// A contiguous vector of `lanes` elements from a 1-d memref, of which the
/// first `valid` are read and the others are 0. Reads no other memory.
mlir::Value loadLanes(mlir::OpBuilder &builder, mlir::Location loc,
                      mlir::Value memref, mlir::Value index, int64_t lanes,
                      int64_t valid);

/// Stores the first `valid` elements of a vector. Writes no other memory.
void storeLanes(mlir::OpBuilder &builder, mlir::Location loc,
                mlir::Value vector, mlir::Value memref, mlir::Value index,
                int64_t valid);

} // namespace qdot

#endif // QDOT_CODEGEN_VECTORBODY_H
