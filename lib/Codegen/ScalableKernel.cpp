//===- ScalableKernel.cpp - Tiles of vectors of unknown length ------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The weights of all columns of a step follow each other, so one layout serves
// every vector length. Full tiles of columns, then one vector at a time whose
// last lanes are masked where memory ends: only stores and loads beside the
// weights need it, because packed constants end with bytes to spare.

#include "KernelEmitter.h"
#include "RowPanel.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/UB/IR/UBOps.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "qdot/Codegen/VectorBody.h"

using namespace mlir;
using namespace qdot;

namespace {
class ScalableEmitter : public KernelEmitter {
public:
  ScalableEmitter(OpBuilder &builder, ContractOp op, const KernelPlan &plan)
      : KernelEmitter(builder, op, plan), panel(builder, loc, plan),
        groups(plan.getRunGroups()),
        isMatrix(kernel.getKind() == KernelKind::ScalableMatrix) {}

  LogicalResult emitAll() {
    vscale = vector::VectorScaleOp::create(builder, loc);
    return emit();
  }

protected:
  int64_t getBufferBytes() const override {
    return isMatrix ? panel.getBytes(kernel.getRows()) : 0;
  }
  void createBuffers(bool isOnStack) override {
    if (isMatrix)
      panel.allocate(kernel.getRows(), isOnStack);
  }
  void releaseBuffers() override {
    if (isMatrix)
      panel.release();
  }
  bool hasTilesOutside() const override { return true; }
  int64_t getBlockColumns() const override { return plan.column.size; }
  int64_t getBlockBytes(int64_t) const override {
    return isMatrix ? panel.getNumUnits() * getStepBytes()
                    : plan.getNumGroups() * getStepBytes();
  }
  LogicalResult emitTile(const TilePosition &, int64_t, int64_t,
                         int64_t) override {
    return failure(); // Never called: emitPositions is replaced.
  }

  LogicalResult emitPositions(size_t level, const TilePosition &at,
                              Value block) override {
    TilePosition start = at;
    start.rhs = add(at.rhs, multiply(block, getBlockBytes(0)));
    return forLoops(level, start, [&](const TilePosition &position) {
      return forTiles(position, [&](const TilePosition &tileAt, int64_t count) {
        rows = count;
        if (isMatrix)
          panel.copy(lhs, tileAt.lhs, rows);
        return emitColumns(tileAt);
      });
    });
  }

private:
  /// Bytes of weights of one step (four or eight elements), all columns.
  int64_t getStepBytes() const { return plan.column.size * (isMatrix ? 8 : 4); }
  VectorType getType(int64_t lanes, unsigned width) {
    return VectorType::get({lanes}, builder.getIntegerType(width), {true});
  }
  /// `number` vectors of four lanes, in lanes.
  Value getWidth(int64_t number) { return multiply(vscale, 4 * number); }

  LogicalResult emitColumns(const TilePosition &at) {
    Value width = getWidth(kernel.getVectors());
    Value size = constant(plan.column.size);
    Value rest = arith::RemUIOp::create(builder, loc, size, width);
    Value full = arith::SubIOp::create(builder, loc, size, rest);
    auto emitFrom = [&](Value from, Value to, Value step, int64_t number,
                        bool isPartial) -> LogicalResult {
      auto loop = scf::ForOp::create(builder, loc, from, to, step);
      keepLoop(loop);
      OpBuilder::InsertionGuard guard(builder);
      builder.setInsertionPointToStart(loop.getBody());
      Value by = loop.getInductionVar();
      TilePosition position = advance(at, plan.column, by);
      position.rhs = add(at.rhs, multiply(by, isMatrix ? 8 : 4));
      vectors = number;
      mask = nullptr;
      if (isPartial) {
        Value left = arith::SubIOp::create(builder, loc, size, by);
        mask = vector::CreateMaskOp::create(builder, loc, getType(4, 1),
                                            ValueRange(left));
      }
      return emitTileAt(position);
    };
    if (failed(emitFrom(constant(0), full, width, kernel.getVectors(), false)))
      return failure();
    return emitFrom(full, size, getWidth(1), 1, true);
  }

  LogicalResult emitTileAt(const TilePosition &at) {
    SmallVector<Value> start = startVectors(at);
    if (isMatrix)
      return finishTile(at, splitRows(reduceUnits(repeatStart(start), at.rhs)));
    SmallVector<Value> accumulators;
    for (int64_t row = 0; row < rows; ++row)
      llvm::append_range(accumulators, start);
    return finishTile(at, reduce(0, accumulators, at.lhs, at.rhs));
  }

  //===--------------------------------------------------------------------===//
  // Four elements at a time
  //===--------------------------------------------------------------------===//

  SmallVector<Value> reduce(size_t level, SmallVector<Value> values, Value left,
                            Value right) {
    if (level == plan.reductions.size())
      return reduceRun(values, left, right);
    const PlanReduction &loop = plan.reductions[level];
    int64_t bytes = groups.size() * getStepBytes();
    for (const PlanReduction &inner :
         ArrayRef(plan.reductions).drop_front(level + 1))
      bytes *= inner.size;
    return emitReduction(
        loop.size, 1, values, [&](Value at, SmallVector<Value> inner) {
          return reduce(level + 1, inner, add(left, multiply(at, loop.lhs)),
                        add(right, multiply(at, bytes)));
        });
  }

  /// Whole loads of 16 bytes in a loop, then the other groups.
  SmallVector<Value> reduceRun(SmallVector<Value> values, Value left,
                               Value right) {
    int64_t unroll = std::max<int64_t>(kernel.getUnroll() / 4 * 4, 4);
    int64_t looped = plan.run / 16 * 4 / unroll * unroll;
    values = emitReduction(
        looped, unroll, values, [&](Value at, SmallVector<Value> inner) {
          Value l = add(left, multiply(at, 4));
          Value r = add(right, multiply(at, getStepBytes()));
          for (int64_t step = 0; step < unroll; step += 4)
            inner = emitGroups(inner, addConstant(l, 4 * step), {0, 4},
                               addConstant(r, step * getStepBytes()));
          return inner;
        });
    for (int64_t at = looped; at < int64_t(groups.size());) {
      Value weights = addConstant(right, at * getStepBytes());
      int64_t count = groups.size() - at;
      if (count < 4 && plan.run >= 16) {
        // The last 16 bytes, of which some were multiplied before.
        Value last = addConstant(left, plan.run - 16);
        return emitGroups(values, last, {4 - count, 4}, weights);
      }
      count = countTogether(at);
      values = emitGroups(values, addConstant(left, groups[at].lhs), {0, count},
                          weights);
      at += count;
    }
    return values;
  }

  /// Groups from number `at` on that one load takes: 4, 2 or 1.
  int64_t countTogether(size_t at) const {
    for (size_t count : {4, 2})
      if (at + count <= groups.size() &&
          groups[at + count - 1].lhs == groups[at].lhs + int64_t(count - 1) * 4)
        return count;
    return 1;
  }

  /// Groups [first, second) of `words` at `left`, one load for all of them.
  SmallVector<Value> emitGroups(SmallVector<Value> values, Value left,
                                std::pair<int64_t, int64_t> words,
                                Value right) {
    SmallVector<Value> loaded;
    for (int64_t row = 0; row < rows; ++row)
      loaded.push_back(vector::LoadOp::create(
          builder, loc, VectorType::get({4 * words.second}, builder.getI8Type()),
          lhs, addConstant(left, row * plan.row.lhs)));
    for (int64_t group = words.first; group < words.second; ++group)
      for (int64_t vector = 0; vector < vectors; ++vector) {
        int64_t step = group - words.first;
        Value weights =
            loadWeights(addConstant(right, step * getStepBytes()), vector);
        for (int64_t row = 0; row < rows; ++row) {
          Value four =
              RepeatOp::create(builder, loc, getType(16, 8), loaded[row],
                               builder.getI64IntegerAttr(group));
          Value &value = values[row * vectors + vector];
          value = DotOp::create(builder, loc, value, ValueRange(four),
                                ValueRange(weights), op.getLhsSign(),
                                op.getRhsSign(), /*fits_i16=*/false);
        }
      }
    return values;
  }

  /// A vector of weights, `number` vectors behind `index`.
  Value loadWeights(Value index, int64_t number) {
    if (number)
      index = add(index, multiply(vscale, 16 * number));
    return vector::LoadOp::create(builder, loc, getType(16, 8), rhs, index);
  }

  //===--------------------------------------------------------------------===//
  // Eight elements of two rows and two columns at a time
  //===--------------------------------------------------------------------===//

  SmallVector<Value> reduceUnits(SmallVector<Value> values, Value right) {
    int64_t count = panel.getNumUnits();
    int64_t unroll = std::min<int64_t>(kernel.getUnroll(), count);
    int64_t looped = count / unroll * unroll;
    values = emitReduction(
        looped, unroll, values, [&](Value at, SmallVector<Value> inner) {
          for (int64_t step = 0; step < unroll; ++step)
            inner = emitUnit(inner, addConstant(at, step), right);
          return inner;
        });
    for (int64_t at = looped; at < count; ++at)
      values = emitUnit(values, constant(at), right);
    return values;
  }

  SmallVector<Value> emitUnit(SmallVector<Value> values, Value unit,
                              Value right) {
    SmallVector<Value> lefts;
    for (int64_t pair = 0; pair < panel.getNumPairs(); ++pair)
      lefts.push_back(RepeatOp::create(builder, loc, getType(16, 8),
                                       panel.load(unit, pair), IntegerAttr()));
    Value start = add(right, multiply(unit, getStepBytes()));
    for (int64_t column = 0; column < 2 * vectors; ++column) {
      Value weights = loadWeights(start, column);
      for (int64_t pair = 0; pair < panel.getNumPairs(); ++pair) {
        Value &value = values[pair * 2 * vectors + column];
        value = Dot2x2Op::create(builder, loc, value, lefts[pair], weights,
                                 op.getLhsSign(), op.getRhsSign());
      }
    }
    return values;
  }

  Value cast(Value value, VectorType type) {
    return vector::BitCastOp::create(builder, loc, type, value);
  }

  /// The start of 2x2 tiles: every pair of columns twice.
  SmallVector<Value> repeatStart(ArrayRef<Value> start) {
    SmallVector<Value> tiles, values;
    for (Value four : start) {
      Value pairs = cast(four, getType(2, 64));
      Value both = vector::InterleaveOp::create(builder, loc, pairs, pairs);
      for (int64_t half : {0, 2})
        tiles.push_back(cast(vector::ScalableExtractOp::create(
                                 builder, loc, getType(2, 64), both, half),
                             getType(4, 32)));
    }
    for (int64_t pair = 0; pair < panel.getNumPairs(); ++pair)
      llvm::append_range(values, tiles);
    return values;
  }

  /// Vectors of the columns of one row each.
  SmallVector<Value> splitRows(ArrayRef<Value> tiles) {
    SmallVector<Value> result(rows * vectors);
    for (int64_t pair = 0; pair < panel.getNumPairs(); ++pair)
      for (int64_t vector = 0; vector < vectors; ++vector) {
        Value both = ub::PoisonOp::create(builder, loc, getType(4, 64));
        for (int64_t half : {0, 1}) {
          Value tile =
              cast(tiles[(pair * vectors + vector) * 2 + half], getType(2, 64));
          both = vector::ScalableInsertOp::create(builder, loc, tile, both,
                                                  2 * half);
        }
        auto split = vector::DeinterleaveOp::create(builder, loc, both);
        for (int64_t side : {0, 1})
          if (int64_t row = 2 * pair + side; row < rows)
            result[row * vectors + vector] =
                cast(split.getResult(side), getType(4, 32));
      }
    return result;
  }

  //===--------------------------------------------------------------------===//
  // Start and end
  //===--------------------------------------------------------------------===//

  SmallVector<Value> startVectors(const TilePosition &at) {
    SmallVector<Value> start;
    bool isBias =
        bias && plan.row.extras[*bias] == 0 && plan.column.extras[*bias] == 1;
    if (!isBias)
      biasAdd = nullptr; // Left to the body.
    for (int64_t vector = 0; vector < vectors; ++vector)
      start.push_back(
          isBias ? loadColumns(at, *bias, 0, vector)
                 : arith::ConstantOp::create(
                       builder, loc, builder.getZeroAttr(getType(4, 32)))
                       .getResult());
    return start;
  }

  /// The columns of one vector of an extra.
  Value loadColumns(const TilePosition &at, unsigned number, int64_t row,
                    int64_t vector) {
    Type element =
        ::cast<MemRefType>(extras[number].getType()).getElementType();
    auto type = VectorType::get({4}, element, {true});
    Value index = addConstant(at.extras[number], row * plan.row.extras[number]);
    if (plan.column.extras[number] == 0) {
      Value scalar = memref::LoadOp::create(builder, loc, extras[number],
                                            ValueRange(index));
      return vector::BroadcastOp::create(builder, loc, type, scalar);
    }
    if (vector)
      index = add(index, getWidth(vector));
    auto ordered = op->getAttrOfType<DenseI64ArrayAttr>(orderedExtrasAttrName);
    bool isPadded = ordered && llvm::is_contained(ordered.asArrayRef(), number);
    if (!mask || isPadded)
      return vector::LoadOp::create(builder, loc, type, extras[number], index);
    Value zero =
        arith::ConstantOp::create(builder, loc, builder.getZeroAttr(type));
    return vector::MaskedLoadOp::create(builder, loc, type, extras[number],
                                        ValueRange(index), mask, zero);
  }

  LogicalResult finishTile(const TilePosition &at, ArrayRef<Value> values) {
    for (int64_t row = 0; row < rows; ++row)
      for (int64_t vector = 0; vector < vectors; ++vector) {
        FailureOr<Value> value =
            createEnd(at, values[row * vectors + vector], row, vector);
        if (failed(value))
          return failure();
        Value index = addConstant(at.out, row * plan.row.out);
        if (vector)
          index = add(index, getWidth(vector));
        if (mask)
          vector::MaskedStoreOp::create(builder, loc, out, ValueRange(index),
                                        mask, *value);
        else
          vector::StoreOp::create(builder, loc, *value, out, index);
      }
    return success();
  }

  FailureOr<Value> createEnd(const TilePosition &at, Value accumulator,
                             int64_t row, int64_t vector) {
    return vectorize(
        accumulator,
        [&](unsigned number) { return loadColumns(at, number, row, vector); },
        /*lanes=*/4, /*isScalable=*/true, /*result=*/{});
  }

  RowPanel panel;
  SmallVector<PlanGroup> groups;
  bool isMatrix;
  Value vscale, mask;
  int64_t rows = 0, vectors = 0;
};
} // namespace

LogicalResult qdot::emitScalableKernel(OpBuilder &builder, ContractOp op,
                                       const KernelPlan &plan) {
  return ScalableEmitter(builder, op, plan).emitAll();
}
