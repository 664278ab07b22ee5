//===- SplitLoops.cpp - Parts of linalg operations ------------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/Utils/Utils.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/BuiltinOps.h"
#include "qdot/Codegen/Passes.h"
#include "qdot/Codegen/SplitCost.h"

namespace qdot {
#define GEN_PASS_DEF_SPLITLOOPS
#include "qdot/Codegen/Passes.h.inc"
} // namespace qdot

using namespace mlir;
using namespace qdot;

/// Positions that are assumed for a dynamic loop.
static constexpr int64_t assumedSize = 1024;
/// Parts of a loop beyond which an inner loop would not be split better.
static constexpr int64_t enoughParts = 16;

namespace {
/// The loop of an operation that is split, and the positions of a part.
struct LoopSplit {
  unsigned loop;
  int64_t grain;
  int64_t parts;
};

struct SplitLoops : public qdot::impl::SplitLoopsBase<SplitLoops> {
  void runOnOperation() override {
    SmallVector<linalg::LinalgOp> ops;
    getOperation().walk([&](linalg::LinalgOp op) {
      if (op->hasAttr(minWorkAttrName) && op.hasPureBufferSemantics())
        ops.push_back(op);
    });
    for (linalg::LinalgOp op : ops)
      split(op);
  }

private:
  static void split(linalg::LinalgOp op) {
    std::optional<LoopSplit> choice = choose(op);
    op->removeAttr(minWorkAttrName);
    if (!choice)
      return;
    OpBuilder builder(op);
    Location loc = op.getLoc();
    SmallVector<OpFoldResult> sizes, tile;
    for (Range range : op.createLoopRanges(builder, loc))
      sizes.push_back(range.size);
    Value count =
        getValueOrCreateConstantIndexOp(builder, loc, sizes[choice->loop]);
    auto parallel = ParallelOp::create(builder, loc, count, choice->grain);
    builder.setInsertionPointToStart(&parallel.getBody().front());
    Value begin = parallel.getBegin(), end = parallel.getEnd();
    Value length = arith::SubIOp::create(builder, loc, end, begin);
    tile.assign(sizes.size(), builder.getIndexAttr(0));
    tile[choice->loop] = length;
    SmallVector<Value> operands = linalg::makeTiledShapes(
        builder, loc, op, op->getOperands(), {begin}, tile, sizes,
        /*omitPartialTileCheck=*/true);
    auto part = cast<linalg::LinalgOp>(builder.clone(*op));
    part->setOperands(operands);
    SmallVector<OpFoldResult> offsets(sizes.size());
    offsets[choice->loop] = begin;
    linalg::offsetIndices(builder, part, offsets);
    op->erase();
  }

  /// The outermost of the parallel loops that give enough parts, else the one
  /// that gives most.
  static std::optional<LoopSplit> choose(linalg::LinalgOp op) {
    int64_t work = countScalarOperations(op);
    int64_t least = op->getAttrOfType<IntegerAttr>(minWorkAttrName).getInt();
    std::optional<LoopSplit> best;
    for (auto [loop, kind, size] : llvm::enumerate(
             op.getIteratorTypesArray(), op.getStaticLoopRanges())) {
      if (kind != utils::IteratorType::parallel || size == 0)
        continue;
      bool isDynamic = ShapedType::isDynamic(size);
      int64_t perPosition = std::max<int64_t>(1, work / (isDynamic ? 1 : size));
      int64_t grain = llvm::divideCeil(least, perPosition);
      int64_t parts = (isDynamic ? assumedSize : size) / grain;
      parts = std::min(isDynamic ? std::max<int64_t>(parts, 2) : parts,
                       enoughParts);
      if (parts >= 2 && (!best || parts > best->parts))
        best = {unsigned(loop), grain, parts};
    }
    return best;
  }
};
} // namespace
