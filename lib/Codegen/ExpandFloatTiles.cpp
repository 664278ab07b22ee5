//===- ExpandFloatTiles.cpp - Loops over tiles of f32 contractions --------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "FloatTileEmitter.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "qdot/Codegen/Passes.h"
#include "qdot/Dialect/Constants.h"

namespace qdot {
#define GEN_PASS_DEF_EXPANDFLOATTILES
#include "qdot/Codegen/Passes.h.inc"
} // namespace qdot

using namespace mlir;
using namespace qdot;

//===----------------------------------------------------------------------===//
// Packing
//===----------------------------------------------------------------------===//

PackedFloats qdot::getPackedFloats(const FloatPlan &plan, TileAttr tile) {
  PackedFloats layout;
  layout.width = tile.getVectors() * tile.getLanes();
  layout.steps.assign(plan.reductions.size(), 0);
  for (size_t at = plan.reductions.size(); at-- > 0;) {
    if (plan.reductions[at].inputs[plan.shared] == 0)
      continue;
    layout.steps[at] = layout.terms;
    layout.terms *= plan.reductions[at].size;
  }
  int64_t columns = llvm::alignTo(plan.column.size, tile.getLanes());
  int64_t stride = layout.stride = columns * layout.terms;
  layout.outer.assign(plan.outer.size(), 0);
  for (size_t at = plan.outer.size(); at-- > 0;) {
    if (plan.outer[at].inputs[plan.shared] == 0)
      continue;
    layout.outer[at] = stride;
    stride *= plan.outer[at].size;
  }
  return layout;
}

/// Distances in the input of all positions of some loops along which it varies,
/// the last loop fastest.
static SmallVector<int64_t> getDistances(ArrayRef<FloatLoop> loops,
                                         unsigned input) {
  SmallVector<int64_t> distances{0};
  for (const FloatLoop &loop : loops) {
    if (loop.inputs[input] == 0)
      continue;
    SmallVector<int64_t> outer = std::exchange(distances, {});
    for (int64_t distance : outer)
      for (int64_t by = 0; by < loop.size; ++by)
        distances.push_back(distance + by * loop.inputs[input]);
  }
  return distances;
}

SmallVector<char> qdot::packFloats(const FloatPlan &plan, TileAttr tile,
                                   ArrayRef<char> data) {
  constexpr size_t bytes = sizeof(float);
  int64_t width = tile.getVectors() * tile.getLanes();
  int64_t step = plan.column.inputs[plan.shared];
  SmallVector<int64_t> terms = getDistances(plan.reductions, plan.shared);
  SmallVector<int64_t> outer = getDistances(plan.outer, plan.shared);
  int64_t perOuter = getPackedFloats(plan, tile).stride;
  SmallVector<char> result(outer.size() * perOuter * bytes, 0);
  char *to = result.data();
  for (int64_t start : outer)
    for (int64_t first = 0; first < plan.column.size; first += width) {
      int64_t columns = std::min(width, plan.column.size - first);
      int64_t filled = llvm::alignTo(columns, tile.getLanes());
      for (int64_t term : terms) {
        const char *from = data.data() + (start + term + first * step) * bytes;
        for (int64_t column = 0; column < columns; ++column)
          std::memcpy(to + column * bytes, from + column * step * bytes, bytes);
        to += filled * bytes;
      }
    }
  return result;
}

//===----------------------------------------------------------------------===//
// The pass
//===----------------------------------------------------------------------===//

namespace {
struct ExpandFloatTiles
    : public qdot::impl::ExpandFloatTilesBase<ExpandFloatTiles> {
  void runOnOperation() override {
    SmallVector<linalg::LinalgOp> ops;
    getOperation().walk([&](linalg::LinalgOp op) {
      // A module inside of this one has constants of its own.
      if (op->hasAttr(tileAttrName) &&
          op->getParentOfType<ModuleOp>() == getOperation())
        ops.push_back(op);
    });
    SymbolTable symbols(getOperation());
    for (linalg::LinalgOp op : ops)
      if (failed(expand(op, symbols)))
        return signalPassFailure();
  }

private:
  LogicalResult expand(linalg::LinalgOp op, SymbolTable &symbols) {
    auto tile = op->getAttrOfType<TileAttr>(tileAttrName);
    if (!tile)
      return op.emitOpError() << "expected #qdot.tile, got "
                              << op->getAttr(tileAttrName);
    std::string reason = "it is no fused contraction on memrefs";
    std::optional<FloatPlan> plan;
    if (op.hasPureBufferSemantics() && isFusedContraction(op))
      plan = getFloatPlan(op, reason);
    if (!plan)
      return op.emitOpError() << "cannot use " << tile << ": " << reason;
    Value packed;
    if (plan->isPacked && failed(pack(op, *plan, tile, symbols, packed)))
      return failure();
    OpBuilder builder(op);
    linalg::FillOp fill = findFill(op);
    FloatTileEmitter(builder, op, *plan, tile, packed)
        .emit(fill ? fill.getInputs()[0] : Value());
    if (fill)
      fill->erase();
    op->erase();
    return success();
  }

  /// The fill of the whole result before `op` with nothing but calculations in
  /// between.
  static linalg::FillOp findFill(linalg::LinalgOp op) {
    for (Operation *before = op->getPrevNode(); before;
         before = before->getPrevNode()) {
      if (auto fill = dyn_cast<linalg::FillOp>(before))
        return fill.getOutputs()[0] == op->getOperand(2) &&
                       fill.getInputs()[0].getType().isF32()
                   ? fill
                   : linalg::FillOp();
      if (!isMemoryEffectFree(before))
        break;
    }
    return {};
  }

  LogicalResult pack(linalg::LinalgOp op, const FloatPlan &plan, TileAttr tile,
                     SymbolTable &symbols, Value &packed) {
    auto get =
        op->getOperand(plan.shared).getDefiningOp<memref::GetGlobalOp>();
    auto source = symbols.lookup<memref::GlobalOp>(get.getName());
    FailureOr<ConstantTensor> data =
        ConstantTensor::get(cast<ElementsAttr>(*source.getInitialValue()),
                            [&] { return source.emitOpError(); });
    if (failed(data))
      return failure();
    SmallVector<char> elements;
    for (int64_t at = 0; at < data->getNumElements(); ++at)
      llvm::append_range(elements, data->getBytes(at));
    SmallVector<char> bytes = packFloats(plan, tile, elements);
    int64_t count = bytes.size() / sizeof(float);
    OpBuilder builder(op);
    auto attribute = createElements(
        RankedTensorType::get({count}, builder.getF32Type()), bytes);
    auto type = MemRefType::get({count}, builder.getF32Type());
    auto [known, isNew] = globals.try_emplace(attribute);
    if (isNew) {
      OpBuilder detached(&getContext());
      auto global = memref::GlobalOp::create(
          detached, op.getLoc(), "qdot_floats",
          builder.getStringAttr("private"), type, attribute, /*constant=*/true,
          builder.getI64IntegerAttr(64));
      known->second = symbols.insert(global, getOperation().getBody()->begin());
    }
    packed = memref::GetGlobalOp::create(builder, op.getLoc(), type,
                                         known->second.getValue());
    return success();
  }

  llvm::DenseMap<Attribute, StringAttr> globals;
};
} // namespace
