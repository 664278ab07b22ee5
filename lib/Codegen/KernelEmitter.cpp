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
    : builder(builder), loc(op.getLoc()), op(op), plan(plan),
      kernel(op.getKernelAttr()) {}

Value KernelEmitter::constant(int64_t value) {
  return arith::ConstantIndexOp::create(builder, loc, value);
}

Value KernelEmitter::add(Value a, Value b) {
  return arith::AddIOp::create(builder, loc, a, b);
}

Value KernelEmitter::addConstant(Value a, int64_t b) {
  return b == 0 ? a : add(a, constant(b));
}

Value KernelEmitter::multiply(Value a, int64_t b) {
  return b == 1 ? a
                : arith::MulIOp::create(builder, loc, a, constant(b))
                      .getResult();
}

/// The memory of `memref` as one dimension without end; `offset` is where its
/// first element lies.
Value KernelEmitter::flatten(Value memref, Value &offset) {
  auto type = cast<MemRefType>(memref.getType());
  auto metadata =
      memref::ExtractStridedMetadataOp::create(builder, loc, memref);
  offset = metadata.getOffset();
  auto flat = MemRefType::get({ShapedType::kDynamic}, type.getElementType());
  return memref::ReinterpretCastOp::create(
      builder, loc, flat, metadata.getBaseBuffer(),
      OpFoldResult(builder.getIndexAttr(0)),
      ArrayRef<OpFoldResult>{constant(std::numeric_limits<int64_t>::max())},
      ArrayRef<OpFoldResult>{builder.getIndexAttr(1)});
}

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
  lhs = flatten(op.getLhs(), at.lhs);
  if (op.getPacked()) {
    rhs = flatten(op.getRhs(), at.rhs);
  } else {
    rawRhs = flatten(op.getRhs(), at.raw);
    rhs = createPackedBuffer();
    at.rhs = constant(0);
  }
  for (Value extra : op.getExtras())
    extras.push_back(flatten(extra, at.extras.emplace_back()));
  out = flatten(op.getInit(), at.out);
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

/// Loops along which the weights vary. `block` counts their positions.
LogicalResult KernelEmitter::emitOuter(size_t level, TilePosition at,
                                       Value block) {
  if (level == plan.outer.size() || !plan.outer[level].isInRhs)
    return emitPacked(level, at, block);
  const PlanLoop &loop = plan.outer[level];
  return emitShare(takeShare(), getSize(loop), [&](Value by) {
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

KernelEmitter::Order KernelEmitter::chooseOrder() const {
  if (hasTilesOutside())
    return Order::Tiles;
  int64_t blocks = countBlocks();
  if (blocks == 1)
    return Order::Blocks;
  if (blocks * getBlockBytes(kernel.getVectors()) <= smallWeights)
    return Order::Tiles;
  bool hasLoops = llvm::any_of(
      plan.outer, [](const PlanLoop &loop) { return !loop.isInRhs; });
  bool isLong = plan.row.isDynamic() || plan.row.size >= 24;
  if (!hasLoops)
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
        return rowsOfBlock(position, vectors, valid);
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
    if (failed(emitShare(share, constant(full), [&](Value number) {
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
  return emitShare(takeShare(), getSize(loop), [&](Value by) {
    return forLoops(level + 1, advance(at, loop, by), body);
  });
}

/// Rows of full tiles.
Value KernelEmitter::getFullRows() {
  int64_t rows = kernel.getRows();
  if (!plan.row.isDynamic())
    return constant(plan.row.size / rows * rows);
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
  if (!plan.row.isDynamic() && plan.row.size < rows)
    return success();
  if (!plan.row.isDynamic() && plan.row.size < 2 * rows)
    return emitAt(share, constant(0), [&] { return emitTileAt(constant(0)); });
  if (!share.from)
    return emitLoop(constant(0), getFullRows(), rows, emitTileAt);
  Value full =
      arith::DivUIOp::create(builder, loc, getFullRows(), constant(rows));
  return emitShare(share, full, [&](Value tile) {
    return emitTileAt(multiply(tile, rows));
  });
}

/// The rows behind the full tiles: one tile when their number is known.
LogicalResult KernelEmitter::forRest(const TilePosition &at, const Share &share,
                                     OnTile body) {
  int64_t rows = kernel.getRows();
  if (plan.row.isDynamic()) {
    if (rows == 1)
      return success();
    Value full = getFullRows();
    Value number = arith::DivUIOp::create(builder, loc, full, constant(rows));
    return emitAt(share, number, [&] {
      return emitLoop(full, getSize(plan.row), 1, [&](Value by) {
        return body(advance(at, plan.row, by), 1);
      });
    });
  }
  int64_t tiles = plan.row.size / rows, full = tiles * rows;
  if (plan.row.size == full)
    return success();
  return emitAt(share, constant(tiles), [&] {
    return body(advance(at, plan.row, constant(full)), plan.row.size - full);
  });
}

LogicalResult KernelEmitter::forTiles(const TilePosition &at, OnTile body) {
  Share share = takeShare();
  return success(succeeded(forFullTiles(at, share, body)) &&
                 succeeded(forRest(at, share, body)));
}

SmallVector<Value> KernelEmitter::createStart(const TilePosition &at,
                                              int64_t vectors, int64_t valid) {
  int64_t lanes = kernel.getLanes();
  auto type = VectorType::get({lanes}, builder.getI32Type());
  SmallVector<Value> start;
  if (bias && plan.row.extras[*bias] == 0 && plan.column.extras[*bias] == 1) {
    for (int64_t vector = 0; vector < vectors; ++vector)
      start.push_back(loadExtra(at, *bias, 0, vector, vectors, valid));
    return start;
  }
  // Another sum than a bias per column is left to the body.
  biasAdd = nullptr;
  Value zero = arith::ConstantOp::create(builder, loc, builder.getZeroAttr(type));
  start.assign(vectors, zero);
  return start;
}

Value KernelEmitter::loadExtra(const TilePosition &at, unsigned number,
                               int64_t row, int64_t vector, int64_t vectors,
                               int64_t valid) {
  int64_t lanes = kernel.getLanes();
  Value memref = extras[number];
  Type element = cast<MemRefType>(memref.getType()).getElementType();
  auto type = VectorType::get({lanes}, element);
  Value index =
      addConstant(at.extras[number], row * plan.row.extras[number]);
  int64_t stride = plan.column.extras[number];
  if (stride == 0) {
    Value scalar =
        memref::LoadOp::create(builder, loc, memref, ValueRange(index));
    return vector::BroadcastOp::create(builder, loc, type, scalar);
  }
  auto ordered = op->getAttrOfType<DenseI64ArrayAttr>(orderedExtrasAttrName);
  if (ordered && llvm::is_contained(ordered.asArrayRef(), int64_t(number)))
    return loadLanes(builder, loc, memref, addConstant(index, vector * lanes),
                     lanes, lanes);
  SmallVector<int64_t> columns = getColumns(vector, vectors);
  bool isContiguous = columns.back() - columns.front() == lanes - 1;
  if (stride == 1 && isContiguous)
    return loadLanes(builder, loc, memref, addConstant(index, columns[0]),
                     lanes, std::min(lanes, valid - columns[0]));
  if (stride == 1) {
    // The columns of four vectors, of which this one takes its own.
    int64_t first = vector / 4 * 4 * lanes;
    Value all = loadLanes(builder, loc, memref, addConstant(index, first),
                          4 * lanes, std::min(4 * lanes, valid - first));
    for (int64_t &column : columns)
      column -= first;
    return vector::ShuffleOp::create(builder, loc, all, all, columns);
  }
  Value result =
      arith::ConstantOp::create(builder, loc, builder.getZeroAttr(type));
  for (int64_t lane = 0; lane < lanes; ++lane) {
    if (columns[lane] >= valid)
      continue;
    Value scalar = memref::LoadOp::create(
        builder, loc, memref,
        ValueRange(addConstant(index, columns[lane] * stride)));
    result = vector::InsertOp::create(builder, loc, scalar, result,
                                      ArrayRef<int64_t>{lane});
  }
  return result;
}

SmallVector<int64_t> KernelEmitter::getColumns(int64_t vector,
                                               int64_t vectors) const {
  SmallVector<int64_t> columns;
  for (int64_t lane = 0; lane < kernel.getLanes(); ++lane)
    columns.push_back(getColumnOfLane(vectors, kernel.getLanes(), vector, lane));
  return columns;
}

FailureOr<Value> KernelEmitter::emitBody(const TilePosition &at,
                                         Value accumulator, int64_t row,
                                         int64_t vector, int64_t vectors,
                                         int64_t valid, Value result) {
  Block &body = op.getBody().front();
  IRMapping mapping;
  mapping.map(body.getArgument(0), accumulator);
  if (biasAdd)
    mapping.map(biasAdd->getResult(0), accumulator);
  for (unsigned number = 0; number < extras.size(); ++number) {
    BlockArgument argument = body.getArgument(number + 1);
    bool isRead = llvm::any_of(argument.getUsers(), [&](Operation *user) {
      return user != biasAdd;
    });
    if (isRead)
      mapping.map(argument, loadExtra(at, number, row, vector, vectors, valid));
  }
  FailureOr<SmallVector<Value>> values =
      vectorizeBody(builder, body, mapping, kernel.getLanes());
  if (failed(values)) {
    op.emitOpError("has an operation in its body that has no vector form");
    return failure();
  }
  return result ? mapping.lookup(result) : values->front();
}

static std::optional<int64_t> matchInteger(Value value) {
  APInt constant;
  if (!matchPattern(value, m_ConstantInt(&constant)))
    return std::nullopt;
  return constant.getSExtValue();
}

std::optional<KernelEmitter::NarrowForm> KernelEmitter::matchNarrow() {
  Value value = op.getBody().front().getTerminator()->getOperand(0);
  if (!value.getType().isInteger(8))
    return std::nullopt;
  NarrowForm form{{}, 0, 255, false, {}};
  bool isSignedIndex = false;
  if (std::optional<ByteLookup> lookup = matchByteLookup(value)) {
    form.table = lookup->table;
    isSignedIndex = lookup->isSigned;
    value = lookup->index;
  }
  if (auto flip = value.getDefiningOp<arith::XOrIOp>();
      flip && matchInteger(flip.getRhs()) == -128) {
    form.isFlipped = true;
    value = flip.getLhs();
  }
  if (auto round = value.getDefiningOp<RoundOp>()) {
    form.value = round.getInput();
    form.min = static_cast<int64_t>(round.getClampMin());
    form.max = static_cast<int64_t>(round.getClampMax());
  } else {
    auto truncation = value.getDefiningOp<arith::TruncIOp>();
    auto upper = truncation ? truncation.getIn().getDefiningOp<arith::MinSIOp>()
                            : arith::MinSIOp();
    auto lower =
        upper ? upper.getLhs().getDefiningOp<arith::MaxSIOp>() : arith::MaxSIOp();
    if (!lower || !lower.getType().isInteger(32))
      return std::nullopt;
    auto min = matchInteger(lower.getRhs()), max = matchInteger(upper.getRhs());
    if (!min || !max)
      return std::nullopt;
    form.value = lower.getLhs();
    form.min = *min;
    form.max = *max;
  }
  if (form.min < 0 || form.max > 255 || form.min > form.max)
    return std::nullopt;
  // Entry 0 belongs to -128.
  form.isFlipped ^= isSignedIndex;
  return form;
}

/// Body and store of one vector.
LogicalResult KernelEmitter::emitScalarEnd(const TilePosition &at,
                                           Value accumulator, int64_t row,
                                           int64_t vector, int64_t vectors,
                                           int64_t valid) {
  FailureOr<Value> value =
      emitBody(at, accumulator, row, vector, vectors, valid, {});
  if (failed(value))
    return failure();
  int64_t lanes = kernel.getLanes();
  SmallVector<int64_t> columns = getColumns(vector, vectors);
  Value index = addConstant(at.out, row * plan.row.out);
  for (int64_t lane = 0; lane < lanes;) {
    // Runs of neighbouring columns: all lanes, or four at a time.
    int64_t count = 1;
    while (lane + count < lanes &&
           columns[lane + count] == columns[lane] + count)
      ++count;
    Value part = *value;
    if (count < lanes)
      part = vector::ExtractStridedSliceOp::create(
          builder, loc, part, ArrayRef<int64_t>{lane}, ArrayRef<int64_t>{count},
          ArrayRef<int64_t>{1});
    storeLanes(builder, loc, part, out, addConstant(index, columns[lane]),
               std::min(count, valid - columns[lane]));
    lane += count;
  }
  return success();
}

/// Bodies of four vectors, joined to unsigned bytes.
FailureOr<Value> KernelEmitter::emitNarrow(const TilePosition &at,
                                           const NarrowForm &form,
                                           ArrayRef<Value> four,
                                           ArrayRef<int64_t> rows,
                                           ArrayRef<int64_t> numbers,
                                           int64_t vectors, int64_t valid) {
  int64_t lanes = kernel.getLanes();
  SmallVector<Value> values;
  for (auto [accumulator, row, number] : llvm::zip(four, rows, numbers)) {
    FailureOr<Value> value =
        emitBody(at, accumulator, row, number, vectors, valid, form.value);
    if (failed(value))
      return failure();
    if (form.value.getType().isF32())
      *value = roundToInteger(builder, loc, *value);
    values.push_back(*value);
  }
  auto type = VectorType::get({4 * lanes}, builder.getI8Type());
  Value bytes = NarrowOp::create(builder, loc, type, values[0], values[1],
                                 values[2], values[3]);
  auto splat = [&](int64_t value) -> Value {
    return arith::ConstantOp::create(
        builder, loc,
        DenseElementsAttr::get(type, builder.getI8IntegerAttr(int8_t(value))));
  };
  if (form.min > 0)
    bytes = arith::MaxUIOp::create(builder, loc, bytes, splat(form.min));
  if (form.max < 255)
    bytes = arith::MinUIOp::create(builder, loc, bytes, splat(form.max));
  if (form.isFlipped)
    bytes = arith::XOrIOp::create(builder, loc, bytes, splat(-128));
  if (form.table)
    bytes = LookupBytesOp::create(builder, loc, bytes, form.table);
  return bytes;
}

LogicalResult KernelEmitter::finish(const TilePosition &at,
                                    ArrayRef<Value> accumulators,
                                    int64_t vectors, int64_t valid) {
  int64_t lanes = kernel.getLanes();
  int64_t rows = int64_t(accumulators.size()) / vectors;
  std::optional<NarrowForm> form = matchNarrow();
  SmallVector<int64_t> leftRows, leftNumbers;
  SmallVector<Value> left;
  for (int64_t row = 0; row < rows; ++row)
    for (int64_t number = 0; number < vectors; ++number) {
      Value accumulator = accumulators[row * vectors + number];
      if (!form) {
        if (failed(emitScalarEnd(at, accumulator, row, number, vectors, valid)))
          return failure();
      } else if (number / 4 * 4 + 4 <= vectors) {
        if (number % 4)
          continue;
        FailureOr<Value> bytes =
            emitNarrow(at, *form, accumulators.slice(row * vectors + number, 4),
                       {row, row, row, row},
                       {number, number + 1, number + 2, number + 3}, vectors,
                       valid);
        if (failed(bytes))
          return failure();
        int64_t first = number * lanes;
        storeLanes(builder, loc, *bytes, out,
                   addConstant(at.out, row * plan.row.out + first),
                   std::min(4 * lanes, valid - first));
      } else {
        left.push_back(accumulator);
        leftRows.push_back(row);
        leftNumbers.push_back(number);
      }
    }
  return finishLeft(at, form, left, leftRows, leftNumbers, vectors, valid);
}

/// Vectors that are no four of one row: four of several rows at a time.
LogicalResult KernelEmitter::finishLeft(const TilePosition &at,
                                        const std::optional<NarrowForm> &form,
                                        ArrayRef<Value> left,
                                        ArrayRef<int64_t> rows,
                                        ArrayRef<int64_t> numbers,
                                        int64_t vectors, int64_t valid) {
  int64_t lanes = kernel.getLanes();
  size_t done = 0;
  for (; done + 4 <= left.size(); done += 4) {
    FailureOr<Value> bytes =
        emitNarrow(at, *form, left.slice(done, 4), rows.slice(done, 4),
                   numbers.slice(done, 4), vectors, valid);
    if (failed(bytes))
      return failure();
    // The lanes of each vector together.
    SmallVector<int64_t> mask;
    for (int64_t part = 0; part < 4; ++part)
      for (int64_t lane = 0; lane < lanes; ++lane)
        mask.push_back(lane / 4 * 16 + part * 4 + lane % 4);
    Value ordered = vector::ShuffleOp::create(builder, loc, *bytes, *bytes, mask);
    for (int64_t part = 0; part < 4; ++part) {
      Value own = vector::ExtractStridedSliceOp::create(
          builder, loc, ordered, ArrayRef<int64_t>{part * lanes},
          ArrayRef<int64_t>{lanes}, ArrayRef<int64_t>{1});
      int64_t first = numbers[done + part] * lanes;
      storeLanes(builder, loc, own, out,
                 addConstant(at.out, rows[done + part] * plan.row.out + first),
                 std::min(lanes, valid - first));
    }
  }
  for (; done < left.size(); ++done)
    if (failed(emitScalarEnd(at, left[done], rows[done], numbers[done], vectors,
                             valid)))
      return failure();
  return success();
}
