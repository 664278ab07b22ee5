//===- ChooseKernels.cpp - A kernel for every contraction -----------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/IR/BuiltinOps.h"
#include "qdot/Analysis/Remarks.h"
#include "qdot/Codegen/KernelPlan.h"
#include "qdot/Codegen/KernelTable.h"
#include "qdot/Codegen/Passes.h"
#include <algorithm>

namespace qdot {
#define GEN_PASS_DEF_CHOOSEKERNELS
#include "qdot/Codegen/Passes.h.inc"
} // namespace qdot

using namespace mlir;
using namespace qdot;

/// Rows that are assumed for a dynamic extent.
static constexpr int64_t assumedRows = 1024;
/// Reductions with gathered bytes are unrolled, so they must be short.
static constexpr int64_t maxGatherGroups = 64;
/// Rows that a right side packed at run time must be used for.
static constexpr int64_t minPackedRows = 4;
/// Dot products of one iteration that still pay for more unrolling.
static constexpr int64_t unrollGoal = 8;
/// The same where an instruction does all of it and little time is left for the
/// loop.
static constexpr int64_t exactUnrollGoal = 24;
/// What a shape costs more that has tiles with too few independent sums.
static constexpr double waitingCost = 1.02;
/// Vectors of a single row on AVX2: more of them spill when a group is widened.
static constexpr int64_t maxWidenedRow = 6;
/// Steps of eight per iteration of a matrix kernel.
static constexpr int64_t matrixUnroll = 4;
static constexpr int64_t scalableUnroll = 6;
/// The same where tiles of two sizes are in loops of a reduction, whose addresses
/// take registers.
static constexpr int64_t scalableMixedUnroll = 5;
/// Pairs of rows from which LLVM's loads of more than four steps of scalable
/// vectors take more registers than there are.
static constexpr int64_t manyPairs = 5;
/// Steps of four per iteration of a single row, on AArch64: every dot product has
/// a load of its own, so that nothing else finds room beside them.
static constexpr int64_t rowUnroll = 16;
/// The same for scalable vectors, which need an address per step: more of them,
/// where there are columns enough for long vectors.
static constexpr int64_t scalableRowUnroll = 8;
static constexpr int64_t scalableRowVectors = 16, scalableRowColumns = 512;
/// Bytes between rows from which LLVM does not join or advance the loads of two
/// steps, which would take more registers than there are.
static constexpr int64_t wideRow = 384;
/// Rows above which a step of 16 bytes has products enough by itself.
static constexpr int64_t tallTile = 8;
/// Registers of AArch64 for accumulators, one load of every row, and two vectors
/// of weights.
static constexpr int64_t armRegisters = 30;
/// The same where one load of every row is followed by shorter ones without a
/// loop between them: LLVM has both in flight.
static constexpr int64_t straightRegisters = 26;
/// Operands with lanes are the first eight registers: two loads of every row.
static constexpr int64_t scalableStraightRows = 4;
static constexpr int64_t scalableStraightRegisters = 21;
/// The same for scalable vectors, of which LLVM keeps more in flight.
static constexpr int64_t scalableRegisters = 27;

namespace {
/// Estimated cycles of a contraction for one tile shape.
class TileCost {
public:
  TileCost(const KernelPlan &plan, const KernelTarget &target, int64_t lanes,
           bool isMatrix = false)
      : target(target), lanes(lanes), isMatrix(isMatrix),
        rows(plan.row.isDynamic() ? assumedRows : plan.row.size),
        columns(plan.column.size), groups(plan.getNumGroups()) {}

  double estimate(int64_t tileRows, int64_t vectors) const {
    int64_t width = vectors * lanes;
    int64_t tail = llvm::divideCeil(columns % width, lanes);
    double cycles = (columns / width) * estimateBlock(tileRows, vectors);
    if (tail)
      cycles += estimateBlock(tileRows, tail);
    bool waits = isWaiting(tileRows, vectors) ||
                 (tail && isWaiting(tileRows, tail));
    if (waits)
      cycles *= waitingCost;
    // The copy: a load and half a store for 16 bytes of every row.
    return isMatrix ? cycles + 0.25 * groups * rows : cycles;
  }

private:
  /// All rows of one block of columns.
  double estimateBlock(int64_t tileRows, int64_t vectors) const {
    RowTiles tiles = getTiles(tileRows);
    double cycles = tiles.full * estimateTile(tileRows, vectors);
    if (tiles.rest)
      cycles += tiles.rest * estimateTile(tiles.restRows, vectors);
    return cycles;
  }
  RowTiles getTiles(int64_t tileRows) const {
    return getRowTiles(isMatrix ? KernelKind::Matrix : KernelKind::Dot, rows,
                       tileRows);
  }

  /// Whether some tile has fewer independent sums than hide their latency.
  bool isWaiting(int64_t tileRows, int64_t vectors) const {
    if (!target.isExact || target.load != 4)
      return false;
    RowTiles tiles = getTiles(tileRows);
    auto waits = [&](int64_t count) {
      return getParts(count, vectors) * count * vectors <
             countChains(count, target.chains);
    };
    return waits(tileRows) || (tiles.rest && waits(tiles.restRows));
  }
  int64_t getParts(int64_t tileRows, int64_t vectors) const {
    return target.load == 4 && target.isExact
               ? countParts(tileRows, vectors, lanes, target.chains)
               : 1;
  }
  /// One tile: per group the slowest of dot products, loads and latency; the
  /// epilogue costs a few cycles per vector.
  double estimateTile(int64_t tileRows, int64_t vectors) const {
    if (isMatrix)
      return estimateMatrix(tileRows, vectors);
    double dots = tileRows * vectors * target.dotCycles;
    double latency =
        target.dotCycles * target.chains / getParts(tileRows, vectors);
    if (target.load == 16) {
      // Instructions: a load of the activation serves four groups. Those of the
      // weights are joined to pairs, which only some cores take as one.
      double others = 0.25 * tileRows + vectors + 0.4;
      return groups * std::max(latency, dots + target.dotCycles * others) +
             1.75 * tileRows * vectors + 4.0;
    }
    double loads = 0.5 * (tileRows + vectors);
    return groups * std::max({dots, loads, latency, 0.25 * (dots + loads) + dots}) +
           3.0 * tileRows * vectors + 6.0;
  }

  /// The same with two rows and two columns per product, eight deep.
  double estimateMatrix(int64_t tileRows, int64_t vectors) const {
    double pairs = (tileRows + 1) / 2;
    double dots = pairs * 2 * vectors * target.dotCycles;
    double loads = 0.4 * (pairs + 2 * vectors);
    double latency = target.dotCycles * target.chains;
    return 0.5 * groups * std::max({dots, loads, latency, 0.25 * loads + dots}) +
           3.5 * tileRows * vectors + 6.0;
  }

  const KernelTarget &target;
  int64_t lanes;
  bool isMatrix;
  int64_t rows, columns, groups;
};

struct ChooseKernels : public qdot::impl::ChooseKernelsBase<ChooseKernels> {
  using ChooseKernelsBase::ChooseKernelsBase;

  void runOnOperation() override {
    const KernelTarget *table = getKernelTarget(getOperation(), target);
    if (!table)
      return signalPassFailure();
    WalkResult result = getOperation().walk([&](ContractOp op) {
      if (op.getKernel())
        return WalkResult(checkKind(op, *table));
      if (isa<MemRefType>(op.getInit().getType()))
        choose(op, *table);
      return WalkResult::advance();
    });
    if (result.wasInterrupted())
      signalPassFailure();
  }

private:
  /// A kernel that is there already is one of the target.
  static LogicalResult checkKind(ContractOp op, const KernelTarget &target) {
    KernelKind kind = op.getKernelAttr().getKind();
    bool isScalable = kind == KernelKind::ScalableDot ||
                      kind == KernelKind::ScalableMatrix;
    bool isMatrix =
        kind == KernelKind::Matrix || kind == KernelKind::ScalableMatrix;
    if ((!isScalable || target.isScalable) && (!isMatrix || target.hasMatrix))
      return success();
    return op.emitOpError() << "cannot use " << op.getKernelAttr() << ": "
                            << target.name << " has no kernels of this kind";
  }

  static void choose(ContractOp op, const KernelTarget &target) {
    std::string reason;
    std::optional<KernelPlan> plan = getKernelPlan(op, reason);
    if (plan && !isConstantGlobal(op.getRhs()))
      reason = checkVariable(op, *plan, target).str();
    if (!reason.empty())
      plan.reset();
    if (plan && plan->isGather && plan->getNumGroups() > maxGatherGroups)
      reason = "the reduction is not contiguous";
    else if (plan && target.isUnsigned && op.getLhsSign() != Sign::Unsigned)
      reason = "the activation is signed";
    else if (plan)
      return setKernel(op, *plan, target);
    emitMissedRemark(op, "ChooseKernels", "no-kernel", reason);
  }

  /// Why a right side that must be packed at run time has no kernel.
  static StringRef checkVariable(ContractOp op, const KernelPlan &plan,
                                 const KernelTarget &target) {
    if (plan.kind != KernelKind::Dot)
      return "the weights are no constant";
    if (!getLoopStrides(op.getRhsMap(), cast<MemRefType>(op.getRhs().getType())))
      return "the weights have no known strides";
    if (target.isUnsigned && op.getRhsSign() != Sign::Signed)
      return "the weights are unsigned and no constant";
    int64_t rows = plan.row.isDynamic() ? assumedRows : plan.row.size;
    for (const PlanLoop &loop : plan.outer)
      if (!loop.isInRhs)
        rows *= loop.isDynamic() ? assumedRows : loop.size;
    return rows < minPackedRows ? "too few rows to pay for packing the weights"
                                : "";
  }

  static void setKernel(ContractOp op, const KernelPlan &plan,
                        const KernelTarget &target) {
    int64_t lanes = target.lanes;
    int64_t width = plan.kind == KernelKind::Depthwise ? 4 : 1;
    while (lanes > 4 && (lanes / 2) * width >= plan.column.size)
      lanes /= 2;
    auto [rows, vectors] = plan.kind == KernelKind::Depthwise
                               ? chooseDepthwise(plan, target, lanes)
                               : chooseDot(plan, target, lanes);
    std::pair<int64_t, int64_t> tile(rows, vectors);
    // Only the dot kernel packs its weights at run time.
    bool isPacked = isConstantGlobal(op.getRhs());
    bool hasMatrix =
        target.hasMatrix && plan.kind == KernelKind::Dot && isPacked &&
        !(op.getLhsSign() == Sign::Signed && op.getRhsSign() == Sign::Unsigned);
    bool isScalable = target.isScalable && isPacked && canScale(op, plan);
    KernelKind kind = plan.kind;
    if (hasMatrix && chooseMatrix(plan, target, isScalable, tile))
      kind = isScalable ? KernelKind::ScalableMatrix : KernelKind::Matrix;
    else if (isScalable)
      kind = KernelKind::ScalableDot;
    bool isMatrix =
        kind == KernelKind::Matrix || kind == KernelKind::ScalableMatrix;
    bool isScalableRow = kind == KernelKind::ScalableDot && tile.first == 1 &&
                         plan.column.size >= scalableRowColumns;
    if (isScalableRow)
      tile.second = scalableRowVectors;
    int64_t unroll = isMatrix ? chooseMatrixUnroll(plan, tile, isScalable)
                     : isScalableRow ? scalableRowUnroll
                                     : chooseUnroll(target, plan, tile);
    bool hasParts =
        kind == KernelKind::Dot && target.isExact && target.load == 4;
    op.setKernelAttr(KernelAttr::get(op.getContext(), kind, tile.first,
                                     tile.second, lanes, unroll, target.load,
                                     hasParts ? target.chains : 1));
  }

  /// A dot kernel whose extras are read with vectors.
  static bool canScale(ContractOp op, const KernelPlan &plan) {
    return plan.kind == KernelKind::Dot && !plan.isGather &&
           plan.column.size >= 4 &&
           llvm::all_of(plan.column.extras,
                        [](int64_t stride) { return stride <= 1; });
  }

  /// Steps of four per iteration. Whole loads of 16 bytes; two of them where
  /// registers are left for the loads that LLVM moves ahead.
  static int64_t chooseUnroll(const KernelTarget &target,
                              const KernelPlan &plan,
                              std::pair<int64_t, int64_t> tile) {
    bool isExact = target.isExact && plan.kind == KernelKind::Dot;
    int64_t goal = isExact ? exactUnrollGoal : unrollGoal;
    if (target.load == 4)
      return std::clamp<int64_t>(goal / (tile.first * tile.second), 1, 4);
    if (tile.first == 1)
      return rowUnroll;
    bool isWide = plan.row.lhs >= wideRow;
    bool isTall = tile.first > tallTile;
    return tile.first >= tile.second && isWide && !isTall ? 8 : 4;
  }

  static int64_t chooseMatrixUnroll(const KernelPlan &plan,
                                    std::pair<int64_t, int64_t> tile,
                                    bool isScalable) {
    if (!isScalable || (tile.first + 1) / 2 >= manyPairs)
      return matrixUnroll;
    bool isMixed = !plan.row.isDynamic() && !plan.reductions.empty() &&
                   plan.row.size > tile.first &&
                   plan.row.size % tile.first != 0;
    return isMixed ? scalableMixedUnroll : scalableUnroll;
  }

  /// True when `smmla` is faster than the best tile of `sdot`; `best` is then
  /// its tile. One row would waste half of every product.
  static bool chooseMatrix(const KernelPlan &plan, const KernelTarget &target,
                           bool isScalable,
                           std::pair<int64_t, int64_t> &best) {
    int64_t maxRows = plan.row.isDynamic() ? 16 : plan.row.size;
    if (plan.run < 8 || maxRows < 2)
      return false;
    TileCost cost(plan, target, 4, /*isMatrix=*/true);
    double least =
        TileCost(plan, target, 4).estimate(best.first, best.second);
    bool isFound = false;
    int64_t maxVectors = llvm::divideCeil(plan.column.size, 4);
    for (int64_t rows = 2; rows <= std::min<int64_t>(maxRows, 12); ++rows)
      for (int64_t vectors = 1; vectors <= std::min<int64_t>(maxVectors, 12);
           ++vectors) {
        int64_t pairs = (rows + 1) / 2;
        if (pairs * 2 * vectors > target.accumulators ||
            pairs * 2 * vectors + pairs + 2 >
                (isScalable ? scalableRegisters : armRegisters))
          continue;
        double cycles = cost.estimate(rows, vectors);
        if (cycles >= least * 0.999)
          continue;
        least = cycles;
        best = {rows, vectors};
        isFound = true;
      }
    return isFound;
  }

  /// Accumulators of a tile. A single row on x86 needs no registers for weights
  /// where an instruction does it all, and many for parts of products if not.
  static int64_t getMaxSums(const KernelTarget &target, int64_t rows) {
    if (rows > 1 || target.load != 4 || target.lanes > 8)
      return target.accumulators;
    return target.isExact ? avxRegisters - 2 : maxWidenedRow;
  }

  static std::pair<int64_t, int64_t> chooseDot(const KernelPlan &plan,
                                               const KernelTarget &target,
                                               int64_t lanes) {
    TileCost cost(plan, target, lanes);
    int64_t maxRows = plan.row.isDynamic() ? 32 : plan.row.size;
    int64_t maxVectors = llvm::divideCeil(plan.column.size, lanes);
    std::pair<int64_t, int64_t> best(1, 1);
    double least = cost.estimate(1, 1);
    bool isStraight =
        plan.run < 32 && (plan.run > 16 || plan.reductions.empty());
    int64_t limit = isStraight ? straightRegisters : armRegisters;
    if (isStraight && target.isScalable) {
      limit = scalableStraightRegisters;
      maxRows = std::min(maxRows, scalableStraightRows);
    }
    for (int64_t rows = 1; rows <= std::min<int64_t>(maxRows, 16); ++rows)
      for (int64_t vectors = 1; vectors <= std::min<int64_t>(maxVectors, 16);
           ++vectors) {
        if (rows * vectors > getMaxSums(target, rows))
          continue;
        if (target.load == 16 && rows * vectors + rows + 2 > limit)
          continue;
        // A vector of every accumulator, one activation, and the weights, which
        // a single row takes from memory.
        if (target.isExact && target.load == 4 && lanes <= 8 &&
            rows * vectors + (rows > 1 ? vectors : 0) + 1 > avxRegisters)
          continue;
        // Proofs hold for more groups when a block has few columns.
        if (!target.isExact && vectors > 1 && maxRows >= 4)
          continue;
        double cycles = cost.estimate(rows, vectors);
        if (cycles < least * 0.999) {
          least = cycles;
          best = {rows, vectors};
        }
      }
    return best;
  }

  /// Outputs side by side share the taps that they both read. A fourth row
  /// takes more registers than AArch64 has.
  static std::pair<int64_t, int64_t>
  chooseDepthwise(const KernelPlan &plan, const KernelTarget &target,
                  int64_t lanes) {
    int64_t rows = isAArch64(target) ? 3 : target.lanes == 16 ? 4 : 2;
    if (!plan.row.isDynamic())
      rows = std::min(rows, plan.row.size);
    return {rows, 4};
  }
};
} // namespace
