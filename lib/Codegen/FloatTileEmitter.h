//===- FloatTileEmitter.h - Loops and tiles of an f32 contraction ---------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QDOT_LIB_CODEGEN_FLOATTILEEMITTER_H
#define QDOT_LIB_CODEGEN_FLOATTILEEMITTER_H

#include "IndexArithmetic.h"
#include "mlir/IR/Builders.h"
#include "qdot/Codegen/FloatPlan.h"
#include "qdot/Dialect/Qdot.h"

namespace qdot {

/// Where a tile starts, as element offsets into the flat operands.
struct FloatPosition {
  std::array<mlir::Value, 2> inputs;
  mlir::Value out;
};

/// How a packed input lies: blocks of columns, in each of which all its terms
/// follow each other, and in each of these the columns. The last block is filled
/// up to whole vectors.
struct PackedFloats {
  int64_t width = 0;  ///< columns of a full block
  int64_t terms = 1;  ///< per column
  int64_t stride = 0; ///< elements for all columns of one outer position
  /// Terms from one step of each reduction to the next; 0 where the input does
  /// not vary.
  llvm::SmallVector<int64_t> steps;
  /// Elements from one step of each outer loop to the next.
  llvm::SmallVector<int64_t> outer;
};

/// The packed layout of the shared input of `plan`. Precondition: it is packed.
PackedFloats getPackedFloats(const FloatPlan &plan, TileAttr tile);

/// The elements of that layout. `data`: the input, row-major.
llvm::SmallVector<char> packFloats(const FloatPlan &plan, TileAttr tile,
                                   llvm::ArrayRef<char> data);

/// Emits the loop nest of one f32 contraction on memrefs around its tiles, at
/// the insertion point of `builder`.
class FloatTileEmitter : private IndexArithmetic {
public:
  /// `packed`: memory with the packed shared input, or null.
  FloatTileEmitter(mlir::OpBuilder &builder, mlir::linalg::LinalgOp op,
                   const FloatPlan &plan, TileAttr tile, mlir::Value packed);

  /// The whole contraction. `start`: the value of every element of the result
  /// before, or null where memory holds it.
  void emit(mlir::Value start);

private:
  using OnPosition = llvm::function_ref<void(const FloatPosition &)>;
  using OnBlock =
      llvm::function_ref<void(const FloatPosition &, int64_t columns)>;
  using OnTile = llvm::function_ref<void(const FloatPosition &, int64_t rows)>;
  using Values = llvm::SmallVector<mlir::Value>;

  mlir::Value getSize(const FloatLoop &loop);
  void emitLoop(mlir::Value from, mlir::Value to, int64_t step,
                llvm::function_ref<void(mlir::Value)> body);
  FloatPosition advance(const FloatPosition &at, const FloatLoop &loop,
                        mlir::Value by);

  /// The outer loops from `from` up to `to`.
  void forOuter(size_t from, size_t to, const FloatPosition &at,
                OnPosition body);
  void forBlocks(const FloatPosition &at, OnBlock body);
  void forTiles(const FloatPosition &at, OnTile body);
  void forDynamicRest(const FloatPosition &at, mlir::Value size, OnTile body);

  void emitTile(const FloatPosition &at, int64_t rows, int64_t columns);
  /// The reductions from `level` inwards on the sums of a tile.
  Values reduce(size_t level, Values sums, std::array<mlir::Value, 2> at);
  Values reduceRange(size_t level, Values sums, std::array<mlir::Value, 2> at);
  /// One term of every sum.
  Values addTerm(Values sums, std::array<mlir::Value, 2> at);
  mlir::Value loadInput(unsigned input, mlir::Value at, int64_t row,
                        int64_t vector);
  mlir::Value createMask(int64_t vector);
  mlir::Value loadVector(mlir::Value memref, mlir::Value at, int64_t vector);
  void storeVector(mlir::Value value, mlir::Value at, int64_t vector);
  bool isPacked(unsigned input) const;
  /// Elements from one step of a reduction to the next, in the current tile.
  int64_t getStep(size_t level, unsigned input) const;
  /// Terms of the reductions from `level` inwards; nullopt when not known.
  std::optional<int64_t> countTerms(size_t level) const;
  int64_t countVectors() const;

  mlir::linalg::LinalgOp op;
  FloatPlan plan;
  TileAttr tile;
  PackedFloats layout;
  mlir::VectorType vectorType;
  std::array<mlir::Value, 2> inputs; ///< flat
  mlir::Value out;                   ///< flat
  mlir::Value packed, start;
  llvm::SmallVector<mlir::Range> ranges; ///< of all loops of the op
  int64_t rows = 0, columns = 0;         ///< of the current tile
};

} // namespace qdot

#endif // QDOT_LIB_CODEGEN_FLOATTILEEMITTER_H
