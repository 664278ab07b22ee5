//===- DepthwiseKernel.cpp - Tiles of the depthwise kernel ----------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Four taps along the slowest reduction are interleaved byte by byte, so that
// one dot product takes four taps of a channel. Neighbouring outputs share the
// interleaved columns that both of them read.

#include "KernelEmitter.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "qdot/Codegen/VectorBody.h"

using namespace mlir;
using namespace qdot;

namespace {
/// One step: up to four taps of the slowest reduction at one place of the
/// others.
struct TapGroup {
  int64_t lhs;  ///< bytes from the output's position to the first tap
  int64_t taps; ///< how many of the four are real
};

class DepthwiseEmitter : public KernelEmitter {
public:
  DepthwiseEmitter(OpBuilder &builder, ContractOp op, const KernelPlan &plan)
      : KernelEmitter(builder, op, plan) {
    int64_t slow = plan.reductions.empty() ? 1 : plan.reductions[0].size;
    tapStride = plan.reductions.empty() ? 0 : plan.reductions[0].lhs;
    for (int64_t first = 0; first < slow; first += 4)
      collect(1, first * tapStride, std::min<int64_t>(4, slow - first));
  }

protected:
  int64_t getBlockColumns() const override { return 4 * kernel.getLanes(); }
  int64_t getBlockBytes(int64_t) const override {
    return groups.size() * 16 * kernel.getLanes();
  }

  LogicalResult emitTile(const TilePosition &at, int64_t rows, int64_t,
                         int64_t valid) override {
    columns.clear();
    SmallVector<Value> start = createStart(at, 4, valid);
    SmallVector<SmallVector<Value>> accumulators(rows, start);
    for (auto [number, group] : llvm::enumerate(groups)) {
      SmallVector<Value> weights = loadWeights(at, number);
      for (int64_t row = 0; row < rows; ++row)
        addGroup(accumulators[row],
                 getColumn(at, group.lhs + row * plan.row.lhs, group.taps,
                           valid),
                 weights, fits(number));
    }
    SmallVector<Value> all;
    for (ArrayRef<Value> own : accumulators)
      llvm::append_range(all, own);
    return finish(at, all, 4, valid);
  }

private:
  void collect(size_t level, int64_t lhs, int64_t taps) {
    if (level >= plan.reductions.size()) {
      groups.push_back({lhs, taps});
      return;
    }
    const PlanReduction &reduction = plan.reductions[level];
    for (int64_t at = 0; at < reduction.size; ++at)
      collect(level + 1, lhs + at * reduction.lhs, taps);
  }

  VectorType getBytes() {
    return VectorType::get({4 * kernel.getLanes()}, builder.getI8Type());
  }

  SmallVector<Value> loadWeights(const TilePosition &at, int64_t group) {
    SmallVector<Value> weights;
    int64_t width = 4 * kernel.getLanes();
    for (int64_t vector = 0; vector < 4; ++vector)
      weights.push_back(vector::LoadOp::create(
          builder, loc, getBytes(), rhs,
          addConstant(at.rhs, (group * 4 + vector) * width)));
    return weights;
  }

  void addGroup(SmallVector<Value> &accumulators, ArrayRef<Value> column,
                ArrayRef<Value> weights, bool fits) {
    for (int64_t vector = 0; vector < 4; ++vector)
      accumulators[vector] = DotOp::create(
          builder, loc, accumulators[vector], ValueRange(column[vector]),
          ValueRange(weights[vector]), op.getLhsSign(), op.getRhsSign(),
          fits);
  }

  /// Whether the products of a step may be added in 16 bits.
  bool fits(size_t group) {
    auto fits = op->getAttrOfType<DenseBoolArrayAttr>(dotFitsAttrName);
    return fits && fits.size() == int64_t(groups.size()) && fits[group];
  }

  /// The interleaved taps at one position, made once per tile.
  ArrayRef<Value> getColumn(const TilePosition &at, int64_t offset,
                            int64_t taps, int64_t valid) {
    SmallVector<Value> &column = columns[{offset, taps}];
    if (!column.empty())
      return column;
    Value zero =
        arith::ConstantOp::create(builder, loc, builder.getZeroAttr(getBytes()));
    SmallVector<Value> rows;
    for (int64_t tap = 0; tap < 4; ++tap)
      rows.push_back(
          tap < taps
              ? loadLanes(builder, loc, lhs,
                          addConstant(at.lhs, offset + tap * tapStride),
                          4 * kernel.getLanes(), valid)
              : zero);
    Value low01 = unpack(rows[0], rows[1], 1, false);
    Value high01 = unpack(rows[0], rows[1], 1, true);
    Value low23 = unpack(rows[2], rows[3], 1, false);
    Value high23 = unpack(rows[2], rows[3], 1, true);
    column = {unpack(low01, low23, 2, false), unpack(low01, low23, 2, true),
              unpack(high01, high23, 2, false), unpack(high01, high23, 2, true)};
    return column;
  }

  /// Alternates pieces of `width` bytes from the low or high half of every 128
  /// bits (`vpunpckl`, `vpunpckh`).
  Value unpack(Value a, Value b, int64_t width, bool isHigh) {
    int64_t size = 4 * kernel.getLanes();
    SmallVector<int64_t> mask;
    for (int64_t block = 0; block < size; block += 16)
      for (int64_t at = 0; at < 8; at += width)
        for (int64_t side = 0; side < 2; ++side)
          for (int64_t byte = 0; byte < width; ++byte)
            mask.push_back(side * size + block + (isHigh ? 8 : 0) + at + byte);
    return vector::ShuffleOp::create(builder, loc, a, b, mask);
  }

  int64_t tapStride = 0;
  SmallVector<TapGroup> groups;
  llvm::DenseMap<std::pair<int64_t, int64_t>, SmallVector<Value>> columns;
};
} // namespace

LogicalResult qdot::emitDepthwiseKernel(OpBuilder &builder, ContractOp op,
                                        const KernelPlan &plan) {
  return DepthwiseEmitter(builder, op, plan).emit();
}
