//===- ChooseFloatTiles.cpp - Register tiles of f32 contractions ----------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/IR/BuiltinOps.h"
#include "qdot/Analysis/Remarks.h"
#include "qdot/Codegen/FloatPlan.h"
#include "qdot/Codegen/KernelTable.h"
#include "qdot/Codegen/Passes.h"
#include "qdot/Dialect/Qdot.h"

namespace qdot {
#define GEN_PASS_DEF_CHOOSEFLOATTILES
#include "qdot/Codegen/Passes.h.inc"
} // namespace qdot

using namespace mlir;
using namespace qdot;

/// Rows that are assumed for a dynamic extent.
static constexpr int64_t assumedRows = 1024;
/// Multiply-adds that must be in flight: two per cycle, four cycles each.
static constexpr double chains = 8;
static constexpr int64_t maxVectors = 8, maxRows = 16;

namespace {
/// Estimated cycles of an f32 contraction for one tile shape.
class TileCost {
public:
  TileCost(const FloatPlan &plan, int64_t lanes)
      : plan(plan), lanes(lanes),
        rows(plan.row.isDynamic() ? assumedRows : plan.row.size),
        columns(plan.column.size), terms(plan.countTerms()) {}

  double estimate(int64_t tileRows, int64_t vectors) const {
    int64_t width = vectors * lanes;
    double cycles = (columns / width) * estimateBlock(tileRows, vectors);
    if (int64_t rest = columns % width)
      cycles += estimateBlock(tileRows, llvm::divideCeil(rest, lanes));
    return cycles;
  }

private:
  /// All rows of one block of columns.
  double estimateBlock(int64_t tileRows, int64_t vectors) const {
    double cycles = (rows / tileRows) * estimateTile(tileRows, vectors);
    if (rows % tileRows)
      cycles += estimateTile(rows % tileRows, vectors);
    return cycles;
  }

  /// Per term the slowest of multiply-adds, loads, latency and instructions;
  /// results are loaded and stored once.
  double estimateTile(int64_t tileRows, int64_t vectors) const {
    double products = tileRows * vectors;
    double loads = 0;
    for (unsigned input : {0u, 1u})
      loads += (plan.row.inputs[input] != 0 ? tileRows : 1) *
               (plan.isVector(input) ? vectors : 1);
    double perTerm = std::max({0.5 * products, 0.5 * loads, 0.5 * chains,
                               0.5 * products + 0.125 * loads});
    return terms * perTerm + 1.5 * products + 8.0;
  }

  const FloatPlan &plan;
  int64_t lanes, rows, columns, terms;
};

struct ChooseFloatTiles
    : public qdot::impl::ChooseFloatTilesBase<ChooseFloatTiles> {
  using ChooseFloatTilesBase::ChooseFloatTilesBase;

  void runOnOperation() override {
    const KernelTarget *table = getKernelTarget(getOperation(), target);
    if (!table)
      return signalPassFailure();
    getOperation().walk([&](linalg::LinalgOp op) {
      if (op.hasPureBufferSemantics() && isFusedContraction(op) &&
          !op->hasAttr(tileAttrName))
        choose(op, *table);
    });
  }

private:
  static void choose(linalg::LinalgOp op, const KernelTarget &target) {
    std::string reason;
    std::optional<FloatPlan> plan = getFloatPlan(op, reason);
    if (!plan)
      return emitMissedRemark(op, "ChooseFloatTiles", "no-tile", reason);
    TileCost cost(*plan, target.lanes);
    double best = std::numeric_limits<double>::infinity();
    TileAttr choice;
    for (int64_t rows = maxRows; rows >= 1; --rows)
      for (int64_t vectors = maxVectors; vectors >= 1; --vectors) {
        // One vector of the shared input each, and one of the other.
        if (rows * vectors + vectors + 1 > target.floatRegisters ||
            !fits(*plan, rows, vectors, target.lanes))
          continue;
        double cycles = cost.estimate(rows, vectors);
        if (cycles >= best)
          continue;
        best = cycles;
        choice = TileAttr::get(op.getContext(), rows, vectors, target.lanes);
      }
    op->setAttr(tileAttrName, choice);
  }

  /// No more rows and vectors than there are.
  static bool fits(const FloatPlan &plan, int64_t rows, int64_t vectors,
                   int64_t lanes) {
    return (plan.row.isDynamic() || rows <= std::max<int64_t>(plan.row.size, 1)) &&
           vectors <= int64_t(llvm::divideCeil(plan.column.size, lanes));
  }
};
} // namespace
