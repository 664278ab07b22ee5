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
#include "llvm/ADT/MapVector.h"

using namespace mlir;
using namespace qdot;

namespace {
class DepthwiseEmitter : public KernelEmitter {
public:
  DepthwiseEmitter(OpBuilder &builder, ContractOp op, const KernelPlan &plan)
      : KernelEmitter(builder, op, plan), groups(plan.getTapGroups()) {
    tapStride = plan.reductions.empty() ? 0 : plan.reductions[0].lhs;
    auto parts = op->getAttrOfType<DenseI64ArrayAttr>(tapPartsAttrName);
    isProved = parts && parts.size() == int64_t(groups.size());
    int64_t start = 0;
    for (size_t group = 0; group < groups.size(); ++group) {
      starts.push_back(start);
      start += isProved ? parts[group] : 1;
    }
    starts.push_back(start);
  }

protected:
  int64_t getBlockColumns() const override { return 4 * kernel.getLanes(); }
  int64_t getBlockBytes(int64_t) const override {
    return starts.back() * 16 * kernel.getLanes();
  }

  /// Each interleaved column of taps in turn, for all outputs that read it.
  LogicalResult emitTile(const TilePosition &at, int64_t rows, int64_t,
                         int64_t valid) override {
    SmallVector<Value> accumulators;
    SmallVector<Value> start = createStart(at, 4, valid);
    for (int64_t row = 0; row < rows; ++row)
      llvm::append_range(accumulators, start);
    llvm::MapVector<std::pair<int64_t, int64_t>,
                    SmallVector<std::pair<int64_t, int64_t>>>
        readers;
    for (auto [number, group] : llvm::enumerate(groups))
      for (int64_t row = 0; row < rows; ++row)
        readers[{group.lhs + row * plan.row.lhs, group.taps}].push_back(
            {row, number});
    auto columns = readers.takeVector();
    llvm::sort(columns, llvm::less_first());
    for (const auto &[place, uses] : columns) {
      SmallVector<Value> column =
          loadColumn(at, place.first, groups[uses[0].second], valid);
      for (auto [row, number] : uses)
        for (int64_t part = starts[number]; part < starts[number + 1]; ++part)
          addGroup(MutableArrayRef<Value>(accumulators).slice(4 * row, 4),
                   column, loadWeights(at, part));
    }
    return finish(at, accumulators, 4, valid);
  }

private:
  VectorType getBytes() {
    return VectorType::get({4 * kernel.getLanes()}, builder.getI8Type());
  }

  SmallVector<Value> loadWeights(const TilePosition &at, int64_t part) {
    SmallVector<Value> weights;
    int64_t width = 4 * kernel.getLanes();
    for (int64_t vector = 0; vector < 4; ++vector)
      weights.push_back(vector::LoadOp::create(
          builder, loc, getBytes(), rhs,
          addConstant(at.rhs, (part * 4 + vector) * width)));
    return weights;
  }

  void addGroup(MutableArrayRef<Value> accumulators, ArrayRef<Value> column,
                ArrayRef<Value> weights) {
    for (int64_t vector = 0; vector < 4; ++vector)
      accumulators[vector] = DotOp::create(
          builder, loc, accumulators[vector], ValueRange(column[vector]),
          ValueRange(weights[vector]), op.getLhsSign(), op.getRhsSign(),
          isProved);
  }

  /// The interleaved taps of a group whose first tap is `offset` away.
  SmallVector<Value> loadColumn(const TilePosition &at, int64_t offset,
                                const TapGroup &group, int64_t valid) {
    SmallVector<Value> taps;
    for (int64_t tap = 0; tap < group.taps; ++tap)
      taps.push_back(loadLanes(builder, loc, lhs,
                               addConstant(at.lhs, offset + tap * tapStride),
                               4 * kernel.getLanes(), valid));
    Value zero =
        arith::ConstantOp::create(builder, loc, builder.getZeroAttr(getBytes()));
    SmallVector<Value> rows;
    for (int64_t tap : group.slots)
      rows.push_back(tap < 0 ? zero : taps[tap]);
    return interleaveBytes(builder, loc, rows);
  }

  SmallVector<TapGroup> groups;
  /// Of every group, its first packed part; then the number of all.
  SmallVector<int64_t> starts;
  int64_t tapStride = 0;
  bool isProved = false;
};
} // namespace

LogicalResult qdot::emitDepthwiseKernel(OpBuilder &builder, ContractOp op,
                                        const KernelPlan &plan) {
  return DepthwiseEmitter(builder, op, plan).emit();
}
