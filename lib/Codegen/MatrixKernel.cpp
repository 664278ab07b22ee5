//===- MatrixKernel.cpp - Tiles of the matrix kernel ----------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Two rows times two columns, eight deep, at a time.

#include "KernelEmitter.h"
#include "RowPanel.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "qdot/Codegen/VectorBody.h"

using namespace mlir;
using namespace qdot;

/// Bytes of a pair of columns in one unit.
static constexpr int64_t pairBytes = 16;

/// The tile that takes all registers, and so many units that the order of its
/// loads counts: it is left to the target.
static constexpr int64_t panelPairs = 4, panelVectors = 3, minPanelUnits = 16;

namespace {
class MatrixEmitter : public KernelEmitter {
public:
  MatrixEmitter(OpBuilder &builder, ContractOp op, const KernelPlan &plan)
      : KernelEmitter(builder, op, plan), panel(builder, loc, plan) {}

protected:
  int64_t getBufferBytes() const override {
    return panel.getBytes(kernel.getRows());
  }
  void createBuffers(bool isOnStack) override {
    panel.allocate(kernel.getRows(), isOnStack);
  }
  void releaseBuffers() override { panel.release(); }
  int64_t getBlockColumns() const override { return kernel.getVectors() * 4; }
  int64_t getBlockBytes(int64_t vectors) const override {
    return panel.getNumUnits() * vectors * 2 * pairBytes;
  }
  bool hasTilesOutside() const override { return true; }

  LogicalResult beginTile(const TilePosition &at, int64_t tileRows) override {
    rows = tileRows;
    panel.copy(lhs, at.lhs, rows);
    return success();
  }

  LogicalResult emitTile(const TilePosition &at, int64_t, int64_t vectors,
                         int64_t valid) override {
    SmallVector<Value> accumulators =
        reduce(repeatStart(createStart(at, vectors, valid)), at.rhs, vectors);
    return finish(at, splitRows(accumulators, vectors), vectors, valid);
  }

private:
  Value shuffle(Value a, Value b, ArrayRef<int64_t> mask) {
    return vector::ShuffleOp::create(builder, loc, a, b, mask);
  }
  Value loadWeights(Value index) {
    return vector::LoadOp::create(
        builder, loc, VectorType::get({pairBytes}, builder.getI8Type()), rhs,
        index);
  }

  /// The start of 2x2 tiles: for every pair of rows, pairs of columns.
  SmallVector<Value> repeatStart(ArrayRef<Value> start) {
    SmallVector<Value> tiles, accumulators;
    for (Value four : start) {
      tiles.push_back(shuffle(four, four, {0, 1, 0, 1}));
      tiles.push_back(shuffle(four, four, {2, 3, 2, 3}));
    }
    for (int64_t pair = 0; pair < panel.getNumPairs(); ++pair)
      llvm::append_range(accumulators, tiles);
    return accumulators;
  }

  /// All units, some per iteration.
  SmallVector<Value> reduce(SmallVector<Value> accumulators, Value right,
                            int64_t vectors) {
    int64_t count = panel.getNumUnits();
    if (panel.getNumPairs() == panelPairs && vectors == panelVectors &&
        count >= minPanelUnits)
      return reduceWhole(accumulators, right);
    int64_t unroll = std::min<int64_t>(kernel.getUnroll(), count);
    int64_t looped = count / unroll * unroll;
    int64_t bytes = vectors * 2 * pairBytes;
    auto emitUnits = [&](SmallVector<Value> values, Value unit,
                         int64_t number) {
      for (int64_t at = 0; at < number; ++at) {
        Value own = addConstant(unit, at);
        values =
            emitUnit(values, own, add(right, multiply(own, bytes)), vectors);
      }
      return values;
    };
    if (looped > unroll) {
      accumulators = emitReduction(
          looped, unroll, accumulators,
          [&](Value unit, SmallVector<Value> values) {
            return emitUnits(values, unit, unroll);
          });
    } else {
      looped = 0;
    }
    return emitUnits(accumulators, constant(looped), count - looped);
  }

  /// The loop as one op.
  SmallVector<Value> reduceWhole(ArrayRef<Value> accumulators, Value right) {
    auto loop = Dot2x2PanelsOp::create(
        builder, loc, ValueRange(accumulators).getTypes(), panel.getBuffer(),
        constant(0), rhs, right, accumulators, op.getLhsSign(), op.getRhsSign(),
        panel.getNumPairs(), panel.getNumUnits());
    return llvm::to_vector_of<Value>(loop.getResults());
  }

  SmallVector<Value> emitUnit(SmallVector<Value> accumulators, Value unit,
                              Value right, int64_t vectors) {
    SmallVector<Value> lefts;
    for (int64_t pair = 0; pair < panel.getNumPairs(); ++pair)
      lefts.push_back(panel.load(unit, pair));
    for (int64_t column = 0; column < 2 * vectors; ++column) {
      Value weights = loadWeights(addConstant(right, column * pairBytes));
      for (int64_t pair = 0; pair < panel.getNumPairs(); ++pair) {
        Value &accumulator = accumulators[pair * 2 * vectors + column];
        accumulator =
            Dot2x2Op::create(builder, loc, accumulator, lefts[pair], weights,
                             op.getLhsSign(), op.getRhsSign());
      }
    }
    return accumulators;
  }

  /// Vectors of four columns of one row each.
  SmallVector<Value> splitRows(ArrayRef<Value> tiles, int64_t vectors) {
    SmallVector<Value> result;
    for (int64_t row = 0; row < rows; ++row)
      for (int64_t vector = 0; vector < vectors; ++vector) {
        ArrayRef<Value> two = tiles.slice((row / 2 * vectors + vector) * 2, 2);
        int64_t first = row % 2 * 2;
        result.push_back(
            shuffle(two[0], two[1], {first, first + 1, 4 + first, 5 + first}));
      }
    return result;
  }

  RowPanel panel;
  int64_t rows = 0;
};
} // namespace

LogicalResult qdot::emitMatrixKernel(OpBuilder &builder, ContractOp op,
                                     const KernelPlan &plan) {
  return MatrixEmitter(builder, op, plan).emit();
}
