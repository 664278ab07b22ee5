//===- KernelEmitter.h - Loops and tiles of a kernel ----------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QDOT_LIB_CODEGEN_KERNELEMITTER_H
#define QDOT_LIB_CODEGEN_KERNELEMITTER_H

#include "IndexArithmetic.h"
#include "mlir/IR/IRMapping.h"
#include "qdot/Codegen/KernelPlan.h"
#include <functional>

namespace qdot {

/// Where a tile starts, as element offsets into the flat operands.
struct TilePosition {
  mlir::Value lhs, rhs, out;
  mlir::Value block; ///< number of the block of columns
  mlir::Value raw;   ///< into a right side that is not packed yet
  mlir::Value border; ///< position of the plan's border; null is 0
  llvm::SmallVector<mlir::Value> extras;
};

/// Emits the loop nest of one packed contraction around its tiles. Subclasses
/// emit a tile.
class KernelEmitter : protected IndexArithmetic {
public:
  KernelEmitter(mlir::OpBuilder &builder, ContractOp op,
                const KernelPlan &plan);
  virtual ~KernelEmitter() = default;

  /// The whole kernel. Fails with a diagnostic where the body has an op
  /// without vector form.
  mlir::LogicalResult emit();

protected:
  /// A tile of `rows` positions by `vectors` vectors, of which the first
  /// `valid` columns are real.
  virtual mlir::LogicalResult emitTile(const TilePosition &at, int64_t rows,
                                       int64_t vectors, int64_t valid) = 0;
  /// Called at every tile before its blocks of columns, when
  /// `hasTilesOutside`.
  virtual mlir::LogicalResult beginTile(const TilePosition &, int64_t) {
    return mlir::success();
  }
  /// Bytes of the buffers that each thread needs for itself.
  virtual int64_t getBufferBytes() const { return 0; }
  /// Creates them: on the stack in the part of a thread, else where
  /// qdot-plan-memory finds them a place. Then `releaseBuffers` is called.
  virtual void createBuffers(bool isOnStack) {}
  virtual void releaseBuffers() {}
  /// Whether all blocks of columns must follow each other within a tile.
  virtual bool hasTilesOutside() const { return false; }
  /// Rows of a panel, a copy of what some rows read, or 0 where there is none.
  /// A multiple of the kernel's rows, or all.
  virtual int64_t getPanelRows() const { return 0; }
  /// Called at the first row of a panel, before its tiles; `rows` is the number
  /// of its rows.
  virtual void beginPanel(const TilePosition &, mlir::Value rows) {}
  /// Columns of one block and vectors per block.
  virtual int64_t getBlockColumns() const = 0;
  /// Bytes of packed weights for a block with `vectors` vectors.
  virtual int64_t getBlockBytes(int64_t vectors) const = 0;

  /// Whether every block of columns gets its own code; `staticBlock` is then
  /// its number.
  virtual bool hasStaticBlocks() const { return false; }
  std::optional<int64_t> staticBlock;

  /// Initial accumulators: the bias where the body starts by adding one,
  /// else zeros. One per vector; the same for every row.
  llvm::SmallVector<mlir::Value> createStart(const TilePosition &at,
                                             int64_t vectors, int64_t valid);
  /// The body on one accumulator, vector `vector` of `vectors` of row `row`:
  /// the vector of its value `result`. `known` has the vectors of other values.
  mlir::FailureOr<mlir::Value> emitBody(const TilePosition &at,
                                        mlir::Value accumulator, int64_t row,
                                        int64_t vector, int64_t vectors,
                                        int64_t valid, mlir::Value result,
                                        const mlir::IRMapping &known = {});

  /// The body with `accumulator` in its place and what `load` gives for every
  /// extra that it reads besides the one that the accumulator starts from.
  mlir::FailureOr<mlir::Value>
  vectorize(mlir::Value accumulator,
            llvm::function_ref<mlir::Value(unsigned)> load, int64_t lanes,
            bool isScalable, mlir::Value result,
            mlir::IRMapping known = {});
  /// A loop from 0 to `size` with the accumulators in registers.
  llvm::SmallVector<mlir::Value> emitReduction(
      mlir::Value size, int64_t step, mlir::ValueRange accumulators,
      llvm::function_ref<llvm::SmallVector<mlir::Value>(
          mlir::Value, llvm::SmallVector<mlir::Value>)>
          body);
  /// The same over [first, second) of `range`.
  llvm::SmallVector<mlir::Value> emitReduction(
      std::pair<mlir::Value, mlir::Value> range, int64_t step,
      mlir::ValueRange accumulators,
      llvm::function_ref<llvm::SmallVector<mlir::Value>(
          mlir::Value, llvm::SmallVector<mlir::Value>)>
          body);
  /// Elements of the slowest reduction that do not lie in the plan's border.
  std::pair<mlir::Value, mlir::Value> getInnerRange(const TilePosition &at);
  /// The same for a known size, a multiple of the step, which may be 0.
  llvm::SmallVector<mlir::Value> emitReduction(
      int64_t size, int64_t step, mlir::ValueRange accumulators,
      llvm::function_ref<llvm::SmallVector<mlir::Value>(
          mlir::Value, llvm::SmallVector<mlir::Value>)>
          body) {
    if (size == 0)
      return llvm::to_vector(accumulators);
    if (plan.load != 16 || step == 1)
      return emitReduction(constant(size), step, accumulators, body);
    // LLVM counts only steps of one down to zero, without a comparison.
    return emitReduction(
        constant(size / step), 1, accumulators,
        [&](mlir::Value at, llvm::SmallVector<mlir::Value> values) {
          return body(multiply(at, step), std::move(values));
        });
  }

  /// One vector of an extra: columns of vector `vector` in the order of the
  /// lanes, for row `row`.
  mlir::Value loadExtra(const TilePosition &at, unsigned number, int64_t row,
                        int64_t vector, int64_t vectors, int64_t valid);
  /// The columns of the lanes of a vector, within their block.
  llvm::SmallVector<int64_t> getColumns(int64_t vector, int64_t vectors) const;

  ContractOp op;
  const KernelPlan &plan;
  KernelAttr kernel;
  mlir::Value lhs, rhs, out; ///< flat
  mlir::Value rawRhs;        ///< flat; null where the weights are packed
  llvm::SmallVector<mlir::Value> extras;

  /// Body and stores of a tile: `accumulators` of its rows, `vectors` each.
  mlir::LogicalResult finish(const TilePosition &at,
                             mlir::ArrayRef<mlir::Value> accumulators,
                             int64_t vectors, int64_t valid);

  using Result = mlir::LogicalResult;
  using OnBlock =
      llvm::function_ref<Result(const TilePosition &, int64_t, int64_t)>;
  using OnTile = llvm::function_ref<Result(const TilePosition &, int64_t)>;
  using OnPosition = llvm::function_ref<Result(const TilePosition &)>;

  /// The loops from `level` inwards, blocks of columns, and tiles.
  virtual Result emitPositions(size_t level, const TilePosition &at,
                               mlir::Value block);
  Result forLoops(size_t level, const TilePosition &at, OnPosition body);
  Result forTiles(const TilePosition &at, OnTile body);
  TilePosition advance(const TilePosition &at, const PlanLoop &loop,
                       mlir::Value by);

  /// The extra that the body adds to the accumulator first, and that addition.
  std::optional<unsigned> bias;
  mlir::Operation *biasAdd = nullptr;

private:
  /// Which loop is around which, so that what is read again is still in a cache.
  enum class Order {
    Blocks, ///< blocks of columns around all positions
    Rows,   ///< blocks around the rows of a tile's loop
    Chunks, ///< blocks around chunks of rows
    Tiles,  ///< blocks within each tile position
    Panels, ///< blocks around the rows of a panel
  };
  Order chooseOrder() const;
  /// Whether there are loops of positions around the rows.
  bool hasLoops() const;

  /// One of the loops that threads may share: positions (1 where that is
  /// dynamic), and the code that counts them.
  struct Level {
    int64_t size;
    std::function<mlir::Value()> create;
  };
  /// What this place computes of one loop: positions [from, to), of which each
  /// has `inner` units (null: one). All null: the loop is not split.
  struct Share {
    mlir::Value from, to, inner;
  };
  int64_t countBlocks() const;
  llvm::SmallVector<Level> collectLevels();
  /// Chooses the levels; their units, and how many of them a thread takes at
  /// least.
  int64_t countUnits(int64_t &grain);
  /// The share of the next loop inwards. Its body is emitted by `inShare`.
  Share takeShare();
  Result inShare(const Share &share, mlir::Value at,
                 llvm::function_ref<Result()> body);
  /// A loop over the positions of a share from `from` up to below `to`.
  Result emitShare(const Share &share, mlir::Value from, mlir::Value to,
                   llvm::function_ref<Result(mlir::Value)> body);
  /// `body` for the one position `at`, if it belongs to the share.
  Result emitAt(const Share &share, mlir::Value at,
                llvm::function_ref<Result()> body);

  llvm::SmallVector<Level> unitLevels;
  llvm::SmallVector<mlir::Value> unitSizes;
  /// Levels around the current place, and its units within them.
  size_t unitLevel = 0;
  mlir::Value unitBegin, unitEnd;

  Result emitOuter(size_t level, TilePosition at, mlir::Value block);
  Result emitPacked(size_t level, const TilePosition &at, mlir::Value block);
  /// Whether threads may share the kernel.
  bool isSplit() const;
  Result emitWhole(const TilePosition &at);
  /// Within `qdot.parallel`, where the kernel is large enough.
  Result emitSplit(const TilePosition &at);
  /// Room for the packed right side: of one position, or of all of them where
  /// threads share the kernel. These are packed before.
  mlir::Value createPackedBuffer();
  int64_t countRhsPositions() const;
  int64_t getRawStride(const PlanLoop &loop);
  void packAll(const TilePosition &at);
  void packPosition(const TilePosition &at, mlir::Value number);
  Result emitChunks(const TilePosition &at, mlir::Value block);

  /// Tiles of one size: `tiles` of them, `rows` each, from row `first` on. Of
  /// all tiles, the first has `number`.
  struct TileSet {
    mlir::Value first, number, tiles;
    int64_t rows;
  };
  /// Calls its second argument with every tile of a panel; the first is the
  /// position of row 0, for any block of columns.
  using ForTiles = llvm::function_ref<Result(const TilePosition &, OnTile)>;
  using OnPanel = llvm::function_ref<Result(ForTiles)>;
  /// Whether one panel covers all rows.
  bool hasOnePanel() const;
  /// The panels of all rows, from position `at` of row 0.
  Result forPanels(const TilePosition &at, OnPanel body);
  Result forPanelsOf(const TileSet &set, const TilePosition &at,
                     const Share &share, OnPanel body);
  Result forDynamicRest(const TilePosition &at, const Share &share,
                        mlir::Value tiles, OnPanel body);
  Result forBlocks(const TilePosition &at, mlir::Value block, OnBlock body);
  Result forFullTiles(const TilePosition &at, const Share &share, OnTile body);
  Result forRest(const TilePosition &at, const Share &share, OnTile body);
  Result emitDynamicRest(const TilePosition &at, mlir::Value from, OnTile body);
  Result emitLoop(mlir::Value from, mlir::Value to, int64_t step,
                  llvm::function_ref<Result(mlir::Value)> body);
  /// Precondition: a known number of rows.
  RowTiles getTiles() const;
  mlir::Value getFullRows();

  /// The end of a body that clamps to unsigned bytes, for `qdot.narrow`.
  struct NarrowForm {
    mlir::Value value;  ///< i32 before the clamp, or f32 before its rounding
    int64_t min, max;   ///< within 0..255
    bool isFlipped;     ///< the top bit changes behind the clamp
    mlir::Value table;  ///< 256 bytes that the result is looked up in, or null
  };
  std::optional<NarrowForm> matchNarrow(mlir::Value value);
  /// A table lookup whose result the body computes on.
  struct InnerLookup {
    mlir::Value result;
    NarrowForm form; ///< of the result
  };
  llvm::SmallVector<InnerLookup> findInnerLookups();

  /// A factor per column of `fma(x, factor, sum)` that is 0 in most blocks.
  struct RareFactor {
    unsigned extra;
    mlir::Value result; ///< of the fma
    mlir::Value sum;    ///< an argument of the body
    llvm::SmallVector<bool> isUsed; ///< by block of columns
  };
  std::optional<RareFactor> findRareFactor();
  mlir::Value isUsed(const TilePosition &at, const RareFactor &factor,
                     int64_t vectors, int64_t valid);
  Result finishAll(const TilePosition &at,
                   mlir::ArrayRef<mlir::Value> accumulators, int64_t vectors,
                   int64_t valid);
  Result emitScalarEnd(const TilePosition &at, mlir::Value accumulator,
                       int64_t row, int64_t vector, int64_t vectors,
                       int64_t valid);
  /// An accumulator with its row and the number of its vector there.
  struct RowVector {
    mlir::Value accumulator;
    int64_t row, number;
  };
  mlir::FailureOr<mlir::Value>
  emitNarrow(const TilePosition &at, const NarrowForm &form,
             mlir::ArrayRef<RowVector> four,
             mlir::ArrayRef<mlir::IRMapping> known, int64_t vectors,
             int64_t valid);
  mlir::FailureOr<mlir::Value> emitBytes(const TilePosition &at,
                                         const NarrowForm &form,
                                         mlir::ArrayRef<RowVector> four,
                                         int64_t vectors, int64_t valid);
  Result finishLeft(const TilePosition &at,
                    const std::optional<NarrowForm> &form,
                    mlir::ArrayRef<RowVector> left, int64_t vectors,
                    int64_t valid);
  mlir::Value getSize(const PlanLoop &loop);
  std::optional<RareFactor> rare; ///< found once
  bool isRareLeftOut = false;     ///< in what is emitted now
  /// The position of the extra that the body adds to the accumulator first.
  std::optional<unsigned> findBias();
};

/// The dot kernel: four consecutive reduction elements at a time.
mlir::LogicalResult emitDotKernel(mlir::OpBuilder &builder, ContractOp op,
                                  const KernelPlan &plan);
/// The depthwise kernel: four taps of every channel at a time.
mlir::LogicalResult emitDepthwiseKernel(mlir::OpBuilder &builder, ContractOp op,
                                        const KernelPlan &plan);

/// The matrix kernel: pairs of rows times pairs of columns, eight deep.
/// Precondition: runs of at least eight bytes.
mlir::LogicalResult emitMatrixKernel(mlir::OpBuilder &builder, ContractOp op,
                                     const KernelPlan &plan);
/// The scalable kernels, dot and matrix.
mlir::LogicalResult emitScalableKernel(mlir::OpBuilder &builder, ContractOp op,
                                       const KernelPlan &plan);

} // namespace qdot

#endif // QDOT_LIB_CODEGEN_KERNELEMITTER_H
