//===- FloatTileEmitter.cpp - Loops and tiles of an f32 contraction -------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "FloatTileEmitter.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "llvm/Support/MathExtras.h"
#include "qdot/Codegen/VectorBody.h"

using namespace mlir;
using namespace qdot;

/// Multiply-adds of one tile up to which its reduction is unrolled completely,
/// and of one iteration up to which it is unrolled at all.
static constexpr int64_t maxUnrolled = 96, maxIteration = 56;
/// A shared input up to this size stays in the first-level cache.
static constexpr int64_t smallBytes = 16 << 10;

FloatTileEmitter::FloatTileEmitter(OpBuilder &builder, linalg::LinalgOp op,
                                   const FloatPlan &plan, TileAttr tile,
                                   Value packed)
    : IndexArithmetic(builder, op.getLoc()), op(op), plan(plan), tile(tile),
      vectorType(VectorType::get({tile.getLanes()}, builder.getF32Type())),
      packed(packed) {
  if (!packed)
    return;
  layout = getPackedFloats(plan, tile);
  for (auto [loop, stride] : llvm::zip(this->plan.outer, layout.outer))
    loop.inputs[plan.shared] = stride;
}

//===----------------------------------------------------------------------===//
// Indices
//===----------------------------------------------------------------------===//

Value FloatTileEmitter::getSize(const FloatLoop &loop) {
  if (!loop.isDynamic())
    return constant(loop.size);
  Value size = constant(1);
  for (unsigned part : loop.loops)
    size = arith::MulIOp::create(
        builder, loc, size,
        getValueOrCreateConstantIndexOp(builder, loc, ranges[part].size));
  return size;
}

FloatPosition FloatTileEmitter::advance(const FloatPosition &at,
                                        const FloatLoop &loop, Value by) {
  FloatPosition result = at;
  for (unsigned input : {0u, 1u})
    if (loop.inputs[input])
      result.inputs[input] =
          add(at.inputs[input], multiply(by, loop.inputs[input]));
  if (loop.out)
    result.out = add(at.out, multiply(by, loop.out));
  return result;
}

bool FloatTileEmitter::isPacked(unsigned input) const {
  return packed && input == plan.shared;
}

int64_t FloatTileEmitter::countVectors() const {
  return llvm::divideCeil(columns, tile.getLanes());
}

int64_t FloatTileEmitter::getStep(size_t level, unsigned input) const {
  return isPacked(input) ? layout.steps[level] * countVectors() * tile.getLanes()
                         : plan.reductions[level].inputs[input];
}

std::optional<int64_t> FloatTileEmitter::countTerms(size_t level) const {
  int64_t count = 1;
  for (const FloatLoop &loop : ArrayRef(plan.reductions).drop_front(level)) {
    if (loop.isDynamic())
      return std::nullopt;
    count *= loop.size;
  }
  return count;
}

//===----------------------------------------------------------------------===//
// Loops around the tiles
//===----------------------------------------------------------------------===//

void FloatTileEmitter::emitLoop(Value from, Value to, int64_t step,
                                function_ref<void(Value)> body) {
  auto loop = scf::ForOp::create(builder, loc, from, to, constant(step));
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(loop.getBody());
  body(loop.getInductionVar());
}

void FloatTileEmitter::forOuter(size_t from, size_t to, const FloatPosition &at,
                                OnPosition body) {
  if (from == to)
    return body(at);
  const FloatLoop &loop = plan.outer[from];
  emitLoop(constant(0), getSize(loop), 1, [&](Value by) {
    forOuter(from + 1, to, advance(at, loop, by), body);
  });
}

/// Blocks of columns: the full ones, then the rest.
void FloatTileEmitter::forBlocks(const FloatPosition &at, OnBlock body) {
  int64_t width = tile.getVectors() * tile.getLanes();
  int64_t full = plan.column.size / width, rest = plan.column.size % width;
  FloatLoop block = plan.column;
  block.out *= width;
  for (unsigned input : {0u, 1u})
    block.inputs[input] *= isPacked(input) ? 0 : width;
  if (packed)
    block.inputs[plan.shared] = width * layout.terms;
  if (full == 1)
    body(at, width);
  else if (full > 1)
    emitLoop(constant(0), constant(full), 1,
             [&](Value by) { body(advance(at, block, by), width); });
  if (rest)
    body(full ? advance(at, block, constant(full)) : at, rest);
}

void FloatTileEmitter::forTiles(const FloatPosition &at, OnTile body) {
  int64_t step = tile.getRows();
  auto emitRows = [&](Value by, int64_t count) {
    body(advance(at, plan.row, by), count);
  };
  if (plan.row.isDynamic())
    return forDynamicRest(at, getSize(plan.row), body);
  int64_t full = plan.row.size / step * step;
  if (full == step)
    body(at, step);
  else if (full)
    emitLoop(constant(0), constant(full), step,
             [&](Value by) { emitRows(by, step); });
  if (int64_t rest = plan.row.size - full)
    full ? emitRows(constant(full), rest) : body(at, rest);
}

/// Full tiles of an unknown number of rows, then tiles of half as many, and so
/// on.
void FloatTileEmitter::forDynamicRest(const FloatPosition &at, Value size,
                                      OnTile body) {
  Value done = constant(0);
  for (int64_t step = tile.getRows(); step >= 1;
       step = llvm::bit_floor(uint64_t(step - 1))) {
    Value left = arith::SubIOp::create(builder, loc, size, done);
    Value rest = arith::RemUIOp::create(builder, loc, left, constant(step));
    Value end = arith::SubIOp::create(builder, loc, size, rest);
    emitLoop(done, end, step,
             [&](Value by) { body(advance(at, plan.row, by), step); });
    done = end;
    if (step == 1)
      break;
  }
}

void FloatTileEmitter::emit(Value startValue) {
  ranges = op.createLoopRanges(builder, loc);
  FloatPosition at;
  for (unsigned input : {0u, 1u}) {
    if (isPacked(input)) {
      inputs[input] = packed;
      at.inputs[input] = constant(0);
    } else {
      inputs[input] =
          createFlatView(builder, loc, op->getOperand(input), at.inputs[input]);
    }
  }
  out = createFlatView(builder, loc, op->getOperand(2), at.out);
  if (startValue)
    start = vector::BroadcastOp::create(builder, loc, vectorType, startValue);
  size_t shared = llvm::count_if(plan.outer, [&](const FloatLoop &loop) {
    return loop.inputs[plan.shared] != 0;
  });
  bool isSmall = plan.countTerms() * plan.column.size * 4 <= smallBytes;
  forOuter(0, shared, at, [&](const FloatPosition &position) {
    // What is read again stays in a cache: few columns, or all of them.
    if (isSmall)
      return forOuter(shared, plan.outer.size(), position,
                      [&](const FloatPosition &inner) {
                        forTiles(inner, [&](const FloatPosition &tileAt,
                                            int64_t count) {
                          forBlocks(tileAt, [&](const FloatPosition &blockAt,
                                                int64_t width) {
                            emitTile(blockAt, count, width);
                          });
                        });
                      });
    forBlocks(position, [&](const FloatPosition &blockAt, int64_t width) {
      forOuter(shared, plan.outer.size(), blockAt,
               [&](const FloatPosition &inner) {
                 forTiles(inner,
                          [&](const FloatPosition &tileAt, int64_t count) {
                            emitTile(tileAt, count, width);
                          });
               });
    });
  });
}

//===----------------------------------------------------------------------===//
// Tiles
//===----------------------------------------------------------------------===//

/// The lanes of a vector that are columns; null for all of them.
Value FloatTileEmitter::createMask(int64_t vector) {
  int64_t valid = columns - vector * tile.getLanes();
  if (valid >= tile.getLanes())
    return {};
  return vector::ConstantMaskOp::create(
      builder, loc, VectorType::get({tile.getLanes()}, builder.getI1Type()),
      ArrayRef<int64_t>{valid});
}

Value FloatTileEmitter::loadVector(Value memref, Value at, int64_t vector) {
  Value mask = createMask(vector);
  if (!mask)
    return vector::LoadOp::create(builder, loc, vectorType, memref, at);
  Value zeros = arith::ConstantOp::create(builder, loc, vectorType,
                                          builder.getZeroAttr(vectorType));
  return vector::MaskedLoadOp::create(builder, loc, vectorType, memref, at,
                                      mask, zeros);
}

void FloatTileEmitter::storeVector(Value value, Value at, int64_t vector) {
  if (Value mask = createMask(vector))
    vector::MaskedStoreOp::create(builder, loc, out, at, mask, value);
  else
    vector::StoreOp::create(builder, loc, value, out, at);
}

void FloatTileEmitter::emitTile(const FloatPosition &at, int64_t tileRows,
                                int64_t tileColumns) {
  rows = tileRows;
  columns = tileColumns;
  auto forVectors = [&](function_ref<void(Value, int64_t)> body) {
    for (int64_t row = 0; row < rows; ++row)
      for (int64_t vector = 0; vector < countVectors(); ++vector)
        body(addConstant(at.out, row * plan.row.out + vector * tile.getLanes()),
             vector);
  };
  Values sums;
  forVectors([&](Value where, int64_t vector) {
    sums.push_back(start ? start : loadVector(out, where, vector));
  });
  sums = reduce(0, sums, at.inputs);
  size_t next = 0;
  forVectors([&](Value where, int64_t vector) {
    storeVector(sums[next++], where, vector);
  });
}

FloatTileEmitter::Values FloatTileEmitter::reduce(size_t level, Values sums,
                                                  std::array<Value, 2> at) {
  if (level == plan.reductions.size())
    return addTerm(sums, at);
  const FloatLoop &loop = plan.reductions[level];
  std::optional<int64_t> terms = countTerms(level);
  if (!terms || *terms * int64_t(sums.size()) > maxUnrolled)
    return reduceRange(level, sums, at);
  for (int64_t by = 0; by < loop.size; ++by)
    sums = reduce(level + 1, sums,
                  {addConstant(at[0], by * getStep(level, 0)),
                   addConstant(at[1], by * getStep(level, 1))});
  return sums;
}

/// A loop with several steps per iteration, and what is left.
FloatTileEmitter::Values
FloatTileEmitter::reduceRange(size_t level, Values sums,
                              std::array<Value, 2> at) {
  const FloatLoop &loop = plan.reductions[level];
  auto advanceTo = [&](Value by, int64_t more) -> std::array<Value, 2> {
    std::array<Value, 2> result;
    for (unsigned input : {0u, 1u})
      result[input] =
          addConstant(add(at[input], multiply(by, getStep(level, input))),
                      more * getStep(level, input));
    return result;
  };
  int64_t perStep = countTerms(level + 1).value_or(maxIteration) * sums.size();
  int64_t unroll = std::max<int64_t>(1, maxIteration / perStep);
  if (loop.isDynamic() || loop.size < unroll)
    unroll = 1;
  int64_t full = loop.isDynamic() ? 0 : loop.size / unroll * unroll;
  Value end = loop.isDynamic() ? getSize(loop) : constant(full);
  auto loopOp = scf::ForOp::create(builder, loc, constant(0), end,
                                   constant(unroll), sums);
  {
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToStart(loopOp.getBody());
    Values values = llvm::to_vector_of<Value>(loopOp.getRegionIterArgs());
    for (int64_t more = 0; more < unroll; ++more)
      values = reduce(level + 1, values,
                      advanceTo(loopOp.getInductionVar(), more));
    scf::YieldOp::create(builder, loc, values);
  }
  sums = llvm::to_vector_of<Value>(loopOp.getResults());
  for (int64_t by = full; !loop.isDynamic() && by < loop.size; ++by)
    sums = reduce(level + 1, sums, advanceTo(constant(by), 0));
  return sums;
}

/// Column `vector` of row `row` of an input, or its one element for all
/// columns.
Value FloatTileEmitter::loadInput(unsigned input, Value at, int64_t row,
                                  int64_t vector) {
  Value where = addConstant(at, row * plan.row.inputs[input]);
  if (!plan.isVector(input)) {
    Value scalar = memref::LoadOp::create(builder, loc, inputs[input], where);
    return vector::BroadcastOp::create(builder, loc, vectorType, scalar);
  }
  where = addConstant(where, vector * tile.getLanes());
  if (isPacked(input))
    return vector::LoadOp::create(builder, loc, vectorType, inputs[input],
                                  where);
  return loadVector(inputs[input], where, vector);
}

FloatTileEmitter::Values FloatTileEmitter::addTerm(Values sums,
                                                   std::array<Value, 2> at) {
  int64_t vectors = countVectors();
  unsigned shared = plan.shared, other = 1 - plan.shared;
  Values common;
  for (int64_t vector = 0; vector < (plan.isVector(shared) ? vectors : 1);
       ++vector)
    common.push_back(loadInput(shared, at[shared], 0, vector));
  for (int64_t row = 0; row < rows; ++row) {
    Value own;
    for (int64_t vector = 0; vector < vectors; ++vector) {
      if (vector == 0 || plan.isVector(other))
        own = loadInput(other, at[other], row, vector);
      Value &sum = sums[row * vectors + vector];
      sum = math::FmaOp::create(builder, loc, own,
                                common[plan.isVector(shared) ? vector : 0],
                                sum);
    }
  }
  return sums;
}
