//===- KernelEmitter.cpp - Loops and tiles of a kernel --------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "KernelEmitter.h"
#include "RuntimePacking.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/Matchers.h"
#include "qdot/Codegen/VectorBody.h"

using namespace mlir;
using namespace qdot;

KernelEmitter::KernelEmitter(OpBuilder &builder, ContractOp op,
                             const KernelPlan &plan)
    : IndexArithmetic(builder, op.getLoc()), op(op), plan(plan),
      kernel(op.getKernelAttr()) {}

std::optional<unsigned> KernelEmitter::findBias() {
  Value accumulator = op.getBody().front().getArgument(0);
  if (!accumulator.hasOneUse())
    return std::nullopt;
  auto sum = dyn_cast<arith::AddIOp>(*accumulator.user_begin());
  if (!sum)
    return std::nullopt;
  Value other = sum.getLhs() == accumulator ? sum.getRhs() : sum.getLhs();
  auto argument = dyn_cast<BlockArgument>(other);
  if (!argument || argument.getOwner() != &op.getBody().front() ||
      argument.getArgNumber() == 0)
    return std::nullopt;
  biasAdd = sum;
  return argument.getArgNumber() - 1;
}

LogicalResult KernelEmitter::emit() {
  bias = findBias();
  TilePosition at;
  lhs = createFlatView(builder, loc, op.getLhs(), at.lhs);
  if (op.getPacked()) {
    rhs = createFlatView(builder, loc, op.getRhs(), at.rhs);
  } else {
    rawRhs = createFlatView(builder, loc, op.getRhs(), at.raw);
    rhs = createPackedBuffer();
    at.rhs = constant(0);
  }
  for (Value extra : op.getExtras())
    extras.push_back(createFlatView(builder, loc, extra, at.extras.emplace_back()));
  out = createFlatView(builder, loc, op.getInit(), at.out);
  rare = findRareFactor();
  if (failed(isSplit() ? emitSplit(at) : emitWhole(at)))
    return failure();
  if (rawRhs)
    memref::DeallocOp::create(builder, loc, rhs);
  return success();
}

LogicalResult KernelEmitter::emitWhole(const TilePosition &at) {
  createBuffers(/*isOnStack=*/false);
  if (failed(emitOuter(0, at, constant(0))))
    return failure();
  releaseBuffers();
  return success();
}

Value KernelEmitter::getSize(const PlanLoop &loop) {
  if (!loop.isDynamic())
    return constant(loop.size);
  Value size = constant(1);
  for (unsigned part : loop.loops) {
    int64_t extent = op.getLoopSizes()[part];
    Value length;
    if (ShapedType::isDynamic(extent)) {
      unsigned dim = *op.getOutMap().getResultPosition(
          getAffineDimExpr(part, op.getContext()));
      length = memref::DimOp::create(builder, loc, op.getInit(), dim);
    } else {
      length = constant(extent);
    }
    size = arith::MulIOp::create(builder, loc, size, length);
  }
  return size;
}

TilePosition KernelEmitter::advance(const TilePosition &at,
                                    const PlanLoop &loop, Value by) {
  TilePosition result = at;
  if (plan.border && plan.border->loop && loop.loops.size() == 1 &&
      loop.loops[0] == *plan.border->loop)
    result.border = by;
  if (loop.lhs)
    result.lhs = add(at.lhs, multiply(by, loop.lhs));
  if (loop.out)
    result.out = add(at.out, multiply(by, loop.out));
  for (auto [extra, stride] : llvm::zip(result.extras, loop.extras))
    if (stride)
      extra = add(extra, multiply(by, stride));
  return result;
}

LogicalResult
KernelEmitter::emitLoop(Value from, Value to, int64_t step,
                        function_ref<LogicalResult(Value)> body) {
  auto loop = scf::ForOp::create(builder, loc, from, to, constant(step));
  if (kernel.getLoad() == 16)
    keepLoop(loop);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(loop.getBody());
  return body(loop.getInductionVar());
}

SmallVector<Value> KernelEmitter::emitReduction(
    Value size, int64_t step, ValueRange accumulators,
    function_ref<SmallVector<Value>(Value, SmallVector<Value>)> body) {
  return emitReduction({constant(0), size}, step, accumulators, body);
}

SmallVector<Value> KernelEmitter::emitReduction(
    std::pair<Value, Value> range, int64_t step, ValueRange accumulators,
    function_ref<SmallVector<Value>(Value, SmallVector<Value>)> body) {
  auto loop = scf::ForOp::create(builder, loc, range.first, range.second,
                                 constant(step), accumulators);
  if (plan.load == 16)
    keepLoop(loop);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(loop.getBody());
  SmallVector<Value> values =
      body(loop.getInductionVar(),
           llvm::to_vector_of<Value>(loop.getRegionIterArgs()));
  scf::YieldOp::create(builder, loc, values);
  return llvm::to_vector_of<Value>(loop.getResults());
}

/// First and end of the r with `low <= p * step + r * reductionStep < end`,
/// within the reduction.
std::pair<Value, Value>
KernelEmitter::getInnerRange(const TilePosition &at) {
  const PlanBorder &border = *plan.border;
  Value zero = constant(0), size = constant(plan.reductions.front().size);
  Value start = at.border ? multiply(at.border, border.step) : zero;
  auto getFirst = [&](int64_t index) {
    Value distance =
        arith::SubIOp::create(builder, loc, constant(index), start);
    distance = arith::MaxSIOp::create(builder, loc, distance, zero);
    if (border.reductionStep != 1)
      distance = arith::DivUIOp::create(
          builder, loc, addConstant(distance, border.reductionStep - 1),
          constant(border.reductionStep));
    return arith::MinSIOp::create(builder, loc, distance, size).getResult();
  };
  return {getFirst(border.low), getFirst(border.end)};
}

/// Loops along which the weights vary. `block` counts their positions.
LogicalResult KernelEmitter::emitOuter(size_t level, TilePosition at,
                                       Value block) {
  if (level == plan.outer.size() || !plan.outer[level].isInRhs)
    return emitPacked(level, at, block);
  const PlanLoop &loop = plan.outer[level];
  return emitShare(takeShare(), constant(0), getSize(loop), [&](Value by) {
    TilePosition next = advance(at, loop, by);
    if (rawRhs && !isSplit()) {
      next.raw = add(at.raw, multiply(by, getRawStride(loop)));
      return emitOuter(level + 1, next, block);
    }
    return emitOuter(level + 1, next, add(multiply(block, loop.size), by));
  });
}

/// The weights are packed at each position along which they vary, into memory
/// that all of them share; for several threads, before.
LogicalResult KernelEmitter::emitPacked(size_t level, const TilePosition &at,
                                        Value block) {
  if (rawRhs && !isSplit())
    emitPacking(builder, op, plan, rawRhs, at.raw, rhs);
  return emitPositions(level, at, block);
}

/// Weights up to this size stay in the first-level cache.
static constexpr int64_t smallWeights = 16 << 10;
/// Rows whose activations and results stay in the second-level cache.
static constexpr int64_t chunkRows = 128;
/// Rows from which on a position uses its weights enough.
static constexpr int64_t longRows = 24;
/// Weights that do not stay in the second-level cache.
static constexpr int64_t largeWeights = 1 << 20;

bool KernelEmitter::hasLoops() const {
  return llvm::any_of(plan.outer,
                      [](const PlanLoop &loop) { return !loop.isInRhs; });
}

KernelEmitter::Order KernelEmitter::chooseOrder() const {
  if (hasTilesOutside())
    return Order::Tiles;
  int64_t blocks = countBlocks();
  bool isLong = plan.row.isDynamic() || plan.row.size >= longRows;
  if (getPanelRows()) {
    // Few rows at many positions: large weights pay for new panels.
    return !isLong && hasLoops() && blocks * getBlockBytes(kernel.getVectors()) > largeWeights
               ? Order::Blocks
               : Order::Panels;
  }
  if (blocks == 1)
    return Order::Blocks;
  if (blocks * getBlockBytes(kernel.getVectors()) <= smallWeights)
    return Order::Tiles;
  if (!hasLoops())
    return plan.row.isDynamic() || plan.row.size > chunkRows ? Order::Chunks
                                                             : Order::Blocks;
  return isLong ? Order::Rows : Order::Blocks;
}

LogicalResult KernelEmitter::emitPositions(size_t level, const TilePosition &at,
                                           Value block) {
  auto tile = [&](int64_t vectors, int64_t valid) {
    return [&, vectors, valid](const TilePosition &tileAt, int64_t rows) {
      return emitTile(tileAt, rows, vectors, valid);
    };
  };
  auto rowsOfBlock = [&](const TilePosition &blockAt, int64_t vectors,
                         int64_t valid) {
    return forTiles(blockAt, tile(vectors, valid));
  };
  switch (chooseOrder()) {
  case Order::Blocks:
    return forBlocks(at, block, [&](const TilePosition &blockAt, int64_t vectors,
                                    int64_t valid) {
      return forLoops(level, blockAt, [&](const TilePosition &position) {
        if (!getPanelRows())
          return rowsOfBlock(position, vectors, valid);
        return forPanels(position, [&](ForTiles forEach) {
          return forEach(position, tile(vectors, valid));
        });
      });
    });
  case Order::Panels:
    return forLoops(level, at, [&](const TilePosition &position) {
      return forPanels(position, [&](ForTiles forEach) {
        return forBlocks(position, block,
                         [&](const TilePosition &blockAt, int64_t vectors,
                             int64_t valid) {
                           return forEach(blockAt, tile(vectors, valid));
                         });
      });
    });
  case Order::Rows:
    return forLoops(level, at, [&](const TilePosition &position) {
      return forBlocks(position, block, rowsOfBlock);
    });
  case Order::Chunks:
    return emitChunks(at, block);
  case Order::Tiles:
    return forLoops(level, at, [&](const TilePosition &position) {
      return forTiles(position, [&](const TilePosition &tileAt, int64_t rows) {
        if (failed(beginTile(tileAt, rows)))
          return failure();
        return forBlocks(tileAt, block,
                         [&](const TilePosition &blockAt, int64_t vectors,
                             int64_t valid) {
                           return emitTile(blockAt, rows, vectors, valid);
                         });
      });
    });
  }
  llvm_unreachable("unknown order");
}

/// Rows in chunks, each of which meets all blocks before the next.
LogicalResult KernelEmitter::emitChunks(const TilePosition &at, Value block) {
  int64_t rows = kernel.getRows();
  int64_t chunk = std::max(rows, chunkRows / rows * rows);
  Share share = takeShare();
  Value first = constant(0), full = getFullRows();
  if (share.from) {
    first = multiply(share.from, rows);
    full = arith::MinUIOp::create(builder, loc, multiply(share.to, rows), full);
  }
  auto emitChunk = [&](Value from) {
    Value to = arith::MinUIOp::create(builder, loc, addConstant(from, chunk), full);
    return forBlocks(at, block, [&](const TilePosition &blockAt, int64_t vectors,
                                    int64_t valid) {
      return emitLoop(from, to, rows, [&](Value by) {
        return emitTile(advance(blockAt, plan.row, by), rows, vectors, valid);
      });
    });
  };
  // The tiles are the last level; within them nothing is shared.
  auto emitChunks = [&] { return emitLoop(first, full, chunk, emitChunk); };
  if (failed(inShare(share, first, emitChunks)))
    return failure();
  return forRest(at, share, [&](const TilePosition &tileAt, int64_t count) {
    return forBlocks(tileAt, block, [&](const TilePosition &blockAt,
                                        int64_t vectors, int64_t valid) {
      return emitTile(blockAt, count, vectors, valid);
    });
  });
}

/// Blocks of columns: the full ones in a loop, then the rest.
LogicalResult KernelEmitter::forBlocks(const TilePosition &at, Value block,
                                       OnBlock body) {
  int64_t columns = getBlockColumns();
  int64_t vectors = kernel.getVectors();
  int64_t full = plan.column.size / columns;
  int64_t rest = plan.column.size % columns;
  int64_t restVectors = plan.kind == KernelKind::Depthwise
                            ? vectors
                            : llvm::divideCeil(rest, kernel.getLanes());
  int64_t fullBytes = getBlockBytes(vectors);
  int64_t bytes = full * fullBytes + (rest ? getBlockBytes(restVectors) : 0);
  Value weights = add(at.rhs, multiply(block, bytes));
  auto emitBlock = [&](Value number, int64_t count, int64_t valid) {
    TilePosition start = advance(at, plan.column, multiply(number, columns));
    start.rhs = add(weights, multiply(number, fullBytes));
    start.block = add(multiply(block, full + (rest ? 1 : 0)), number);
    return body(start, count, valid);
  };
  Share share = takeShare();
  bool isStatic = hasStaticBlocks() &&
                  llvm::none_of(plan.outer, [](const PlanLoop &loop) {
                    return loop.isInRhs;
                  });
  auto emitOne = [&](int64_t number, int64_t count, int64_t valid) {
    Value at = constant(number);
    return emitAt(share, at, [&] { return emitBlock(at, count, valid); });
  };
  if (isStatic) {
    for (int64_t number = 0; number < full; ++number) {
      staticBlock = number;
      if (failed(emitOne(number, vectors, columns)))
        return failure();
    }
    staticBlock = full;
  } else if (full == 1) {
    if (failed(emitOne(0, vectors, columns)))
      return failure();
  } else if (full > 1) {
    if (failed(emitShare(share, constant(0), constant(full), [&](Value number) {
          return emitBlock(number, vectors, columns);
        })))
      return failure();
  }
  return rest ? emitOne(full, restVectors, rest) : success();
}

/// The loops over positions around the rows.
LogicalResult KernelEmitter::forLoops(size_t level, const TilePosition &at,
                                      OnPosition body) {
  if (level == plan.outer.size())
    return body(at);
  const PlanLoop &loop = plan.outer[level];
  return emitShare(takeShare(), constant(0), getSize(loop), [&](Value by) {
    return forLoops(level + 1, advance(at, loop, by), body);
  });
}

RowTiles KernelEmitter::getTiles() const {
  return getRowTiles(kernel.getKind(), plan.row.size, kernel.getRows());
}

/// Rows of full tiles.
Value KernelEmitter::getFullRows() {
  int64_t rows = kernel.getRows();
  if (!plan.row.isDynamic())
    return constant(getTiles().full * rows);
  Value size = getSize(plan.row);
  Value rest = arith::RemUIOp::create(builder, loc, size, constant(rows));
  return arith::SubIOp::create(builder, loc, size, rest);
}

LogicalResult KernelEmitter::forFullTiles(const TilePosition &at,
                                          const Share &share, OnTile body) {
  int64_t rows = kernel.getRows();
  auto emitTileAt = [&](Value by) {
    return body(advance(at, plan.row, by), rows);
  };
  int64_t full = plan.row.isDynamic() ? 2 : getTiles().full;
  if (full == 0)
    return success();
  if (full == 1)
    return emitAt(share, constant(0), [&] { return emitTileAt(constant(0)); });
  if (!share.from)
    return emitLoop(constant(0), getFullRows(), rows, emitTileAt);
  Value tiles =
      arith::DivUIOp::create(builder, loc, getFullRows(), constant(rows));
  return emitShare(share, constant(0), tiles, [&](Value tile) {
    return emitTileAt(multiply(tile, rows));
  });
}

/// From row `from` on, tiles of half as many rows each time.
LogicalResult KernelEmitter::emitDynamicRest(const TilePosition &at, Value from,
                                             OnTile body) {
  Value size = getSize(plan.row);
  for (int64_t rows = kernel.getRows() / 2; rows > 0; rows /= 2) {
    Value left = arith::SubIOp::create(builder, loc, size, from);
    Value tiles = arith::DivUIOp::create(builder, loc, left, constant(rows));
    Value to = add(from, multiply(tiles, rows));
    if (failed(emitLoop(from, to, rows, [&](Value by) {
          return body(advance(at, plan.row, by), rows);
        })))
      return failure();
    from = to;
  }
  return success();
}

/// The rows behind the full tiles: smaller tiles when their number is known.
LogicalResult KernelEmitter::forRest(const TilePosition &at, const Share &share,
                                     OnTile body) {
  int64_t rows = kernel.getRows();
  if (plan.row.isDynamic()) {
    if (rows == 1)
      return success();
    Value full = getFullRows();
    Value number = arith::DivUIOp::create(builder, loc, full, constant(rows));
    return emitAt(share, number, [&] { return emitDynamicRest(at, full, body); });
  }
  RowTiles tiles = getTiles();
  auto emitTileAt = [&](Value number) {
    // `number` counts all tiles.
    Value by = addConstant(multiply(number, tiles.restRows),
                           tiles.full * (rows - tiles.restRows));
    return body(advance(at, plan.row, by), tiles.restRows);
  };
  if (tiles.rest == 0)
    return success();
  Value first = constant(tiles.full);
  if (tiles.rest == 1)
    return emitAt(share, first, [&] { return emitTileAt(first); });
  return emitShare(share, first, constant(tiles.full + tiles.rest), emitTileAt);
}

LogicalResult KernelEmitter::forTiles(const TilePosition &at, OnTile body) {
  Share share = takeShare();
  return success(succeeded(forFullTiles(at, share, body)) &&
                 succeeded(forRest(at, share, body)));
}
