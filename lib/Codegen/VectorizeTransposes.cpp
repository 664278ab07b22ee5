//===- VectorizeTransposes.cpp - Tiles of bytes, transposed in registers --===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "qdot/Analysis/StructuralBody.h"
#include "qdot/Codegen/Passes.h"

namespace qdot {
#define GEN_PASS_DEF_VECTORIZETRANSPOSES
#include "qdot/Codegen/Passes.h.inc"
} // namespace qdot

using namespace mlir;
using namespace qdot;

/// Rows and columns of a tile, a power of two: registers of 128 bits.
static constexpr int64_t width = 16;

/// `rows` vectors, element i of each in vector i of the result. Each round joins
/// vectors half of all apart, element by element.
static SmallVector<Value> transposeTile(OpBuilder &builder, Location loc,
                                        SmallVector<Value> rows) {
  SmallVector<int64_t> low, high;
  for (int64_t at = 0; at < width / 2; ++at) {
    low.append({at, at + width});
    high.append({at + width / 2, at + width / 2 + width});
  }
  for (int64_t round = 1; round < width; round *= 2) {
    SmallVector<Value> joined;
    for (int64_t row = 0; row < width / 2; ++row)
      for (ArrayRef<int64_t> mask : {ArrayRef(low), ArrayRef(high)})
        joined.push_back(vector::ShuffleOp::create(
            builder, loc, rows[row], rows[row + width / 2], mask));
    rows = std::move(joined);
  }
  return rows;
}

namespace {
/// A copy of bytes with permuted dimensions.
class ByteTranspose {
public:
  explicit ByteTranspose(linalg::LinalgOp op) : op(op) {}

  /// Whether tiles fit.
  bool match() {
    if (!op.hasPureBufferSemantics() || op.getNumDpsInputs() != 1 ||
        op.getNumDpsInits() != 1 || matchBody(op).kind != BodyKind::Copy)
      return false;
    from = op.getIndexingMapsArray().front();
    to = op.getIndexingMapsArray().back();
    if (!from.isPermutation() || !to.isPermutation() || from == to)
      return false;
    for (Value operand : op->getOperands()) {
      auto type = cast<MemRefType>(operand.getType());
      if (!type.getElementType().isInteger(8) || !type.isLastDimUnitStride())
        return false;
    }
    column = from.getDimPosition(from.getNumResults() - 1);
    row = to.getDimPosition(to.getNumResults() - 1);
    SmallVector<int64_t> sizes = op.getStaticLoopRanges();
    // Sizes that are not known are negative.
    return row != column && sizes[row] >= width && sizes[column] >= width;
  }

  void expand() {
    OpBuilder builder(op);
    SmallVector<Value> indices(op.getNumLoops());
    emitLoop(builder, indices, 0);
    op->erase();
  }

private:
  Value input() { return op->getOperand(0); }
  Value output() { return op->getOperand(1); }

  /// The loops from `loop` inwards: tiles along two of them, one position after
  /// the other along the rest.
  void emitLoop(OpBuilder &builder, SmallVectorImpl<Value> &indices,
                unsigned loop) {
    if (loop == op.getNumLoops())
      return emitTile(builder, indices);
    Location loc = op.getLoc();
    auto constant = [&](int64_t value) -> Value {
      return arith::ConstantIndexOp::create(builder, loc, value);
    };
    bool isTiled = loop == row || loop == column;
    unsigned dim =
        *from.getResultPosition(getAffineDimExpr(loop, op.getContext()));
    Value size = memref::DimOp::create(builder, loc, input(), constant(dim));
    auto created = scf::ForOp::create(builder, loc, constant(0), size,
                                      constant(isTiled ? width : 1));
    OpBuilder inside = OpBuilder::atBlockBegin(created.getBody());
    indices[loop] = created.getInductionVar();
    if (isTiled) {
      // The last tile ends with the dimension, over a part of the one before.
      Value last = arith::ConstantIndexOp::create(
          inside, loc, op.getStaticLoopRanges()[loop] - width);
      indices[loop] =
          arith::MinUIOp::create(inside, loc, indices[loop], last);
    }
    emitLoop(inside, indices, loop + 1);
  }

  void emitTile(OpBuilder &builder, ArrayRef<Value> indices) {
    Location loc = op.getLoc();
    auto type = VectorType::get({width}, builder.getI8Type());
    SmallVector<Value> rows;
    for (int64_t at = 0; at < width; ++at)
      rows.push_back(vector::LoadOp::create(
          builder, loc, type, input(),
          getIndices(builder, from, indices, row, at)));
    rows = transposeTile(builder, loc, std::move(rows));
    for (int64_t at = 0; at < width; ++at)
      vector::StoreOp::create(builder, loc, rows[at], output(),
                              getIndices(builder, to, indices, column, at));
  }

  /// The indices of an operand, `distance` further along a loop.
  SmallVector<Value> getIndices(OpBuilder &builder, AffineMap map,
                                ArrayRef<Value> indices, unsigned loop,
                                int64_t distance) {
    SmallVector<Value> result;
    for (unsigned at = 0; at < map.getNumResults(); ++at) {
      unsigned dim = map.getDimPosition(at);
      Value index = indices[dim];
      if (dim == loop)
        index = arith::AddIOp::create(
            builder, op.getLoc(), index,
            arith::ConstantIndexOp::create(builder, op.getLoc(), distance));
      result.push_back(index);
    }
    return result;
  }

  linalg::LinalgOp op;
  AffineMap from, to;
  unsigned row = 0, column = 0; ///< loops that are contiguous in `to`, `from`
};

struct VectorizeTransposes
    : public qdot::impl::VectorizeTransposesBase<VectorizeTransposes> {
  void runOnOperation() override {
    SmallVector<linalg::LinalgOp> ops;
    getOperation().walk([&](linalg::LinalgOp op) { ops.push_back(op); });
    for (linalg::LinalgOp op : ops) {
      ByteTranspose transpose(op);
      if (transpose.match())
        transpose.expand();
    }
  }
};
} // namespace
