//===- KernelPlan.cpp - Loops and strides of a contraction ----------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qdot/Codegen/KernelPlan.h"
#include "qdot/Codegen/KernelTable.h"
#include "qdot/Codegen/VectorBody.h"
#include "qdot/Analysis/IntegerContraction.h"
#include "llvm/ADT/STLExtras.h"

using namespace mlir;
using namespace qdot;

std::optional<SmallVector<int64_t>> qdot::getLoopStrides(AffineMap map,
                                                         MemRefType type) {
  SmallVector<int64_t> strides;
  int64_t offset;
  if (failed(type.getStridesAndOffset(strides, offset)))
    return std::nullopt;
  SmallVector<int64_t> result(map.getNumDims(), 0);
  for (unsigned loop = 0; loop < map.getNumDims(); ++loop)
    for (auto [expr, stride] : llvm::zip(map.getResults(), strides)) {
      std::optional<int64_t> factor = getCoefficient(expr, loop);
      if (!factor)
        return std::nullopt;
      if (*factor == 0)
        continue;
      if (ShapedType::isDynamic(stride))
        return std::nullopt;
      result[loop] += *factor * stride;
    }
  // Kernels start at the first element, and strides say nothing of others.
  SmallVector<int64_t> origin(map.getNumDims(), 0);
  if (llvm::any_of(map.compose(origin), [](int64_t at) { return at != 0; }))
    return std::nullopt;
  return result;
}

bool qdot::isConstantGlobal(Value value) {
  auto get = value.getDefiningOp<memref::GetGlobalOp>();
  auto global = get ? SymbolTable::lookupNearestSymbolFrom<memref::GlobalOp>(
                          get, get.getNameAttr())
                    : memref::GlobalOp();
  return global && global.getConstant() && global.getInitialValue() &&
         isa<ElementsAttr>(*global.getInitialValue());
}

SmallVector<PlanGroup> KernelPlan::getRunGroups() const {
  SmallVector<PlanGroup> groups;
  if (run < 4) {
    PlanGroup group{0, {}};
    for (int64_t at = 0; at < 4; ++at)
      group.counts[at] = at < run;
    return {group};
  }
  int64_t full = run / load * load;
  if (full == 0)
    full = run / 4 * 4;
  for (int64_t at = 0; at < full; at += 4)
    groups.push_back({at, {true, true, true, true}});
  // The last group ends with the run; bytes read before do not count again.
  for (int64_t rest = run - full; rest > 0;) {
    PlanGroup group{run - (rest + 3) / 4 * 4, {}};
    int64_t count = (rest - 1) % 4 + 1;
    for (int64_t at = 0; at < 4; ++at)
      group.counts[at] = at >= 4 - count;
    groups.push_back(group);
    rest -= count;
  }
  return groups;
}

SmallVector<PlanUnit> KernelPlan::getRunUnits() const {
  SmallVector<PlanUnit> units;
  for (int64_t first = 0; first < run; first += 8) {
    PlanUnit unit{std::min(first, run - 8), {}};
    for (int64_t at = 0; at < 8; ++at)
      unit.counts[at] = unit.lhs + at >= first;
    units.push_back(unit);
  }
  return units;
}

SmallVector<int64_t> KernelPlan::getGroupOffsets() const {
  SmallVector<int64_t> offsets{0};
  for (const PlanReduction &reduction : reductions) {
    SmallVector<int64_t> next;
    for (int64_t offset : offsets)
      for (int64_t at = 0; at < reduction.size; ++at)
        next.push_back(offset + at * reduction.lhs);
    offsets = std::move(next);
  }
  SmallVector<int64_t> result;
  for (int64_t offset : offsets)
    for (const PlanGroup &group : getRunGroups())
      result.push_back(offset + group.lhs);
  return result;
}

/// Which taps lie in the four bytes. Two bytes are added in 16 bits, so that two
/// taps are kept apart and of three the middle one lies beside both others.
static std::array<int64_t, 4> getTapSlots(int64_t taps) {
  switch (taps) {
  case 1:
    return {0, -1, -1, -1};
  case 2:
    return {0, -1, 1, -1};
  case 3:
    return {0, 1, 2, 1};
  default:
    return {0, 1, 2, 3};
  }
}

SmallVector<TapGroup> KernelPlan::getTapGroups() const {
  PlanReduction none{0, 1, 0};
  const PlanReduction &slow = reductions.empty() ? none : reductions[0];
  SmallVector<TapGroup> groups;
  // As even as possible: groups of three fit 16 bits more often than of four.
  int64_t count = llvm::divideCeil(slow.size, 4);
  for (int64_t number = 0; number < count; ++number) {
    int64_t first = slow.size * number / count;
    int64_t taps = slow.size * (number + 1) / count - first;
    SmallVector<TapGroup> own = {
        {first * slow.lhs, first, taps, getTapSlots(taps), {}}};
    for (const PlanReduction &inner :
         ArrayRef<PlanReduction>(reductions).drop_front(reductions.empty() ? 0 : 1)) {
      SmallVector<TapGroup> outer = std::exchange(own, {});
      for (const TapGroup &group : outer)
        for (int64_t at = 0; at < inner.size; ++at) {
          own.push_back(group);
          own.back().lhs += at * inner.lhs;
          own.back().inner.push_back(at);
        }
    }
    groups.append(own);
  }
  return groups;
}

int64_t KernelPlan::getNumGroups() const {
  int64_t count = getRunGroups().size();
  for (const PlanReduction &reduction : reductions)
    count *= reduction.size;
  return count;
}

/// Fewer groups do not fill the quads of a proof.
static constexpr int64_t minSegmentGroups = 48;

int64_t KernelPlan::getNumSegments() const {
  if (!border || isGather)
    return 1;
  int64_t size = reductions.front().size;
  return getNumGroups() / size < minSegmentGroups ? 1 : size;
}

int64_t KernelPlan::getNumRhsBlocks(int64_t width) const {
  int64_t count = llvm::divideCeil(column.size, width);
  for (const PlanLoop &loop : outer)
    if (loop.isInRhs)
      count *= loop.size;
  return count;
}

KernelKind qdot::getSchedule(KernelKind kind) {
  return kind == KernelKind::Depthwise ? kind : KernelKind::Dot;
}

RowTiles qdot::getRowTiles(KernelKind kind, int64_t size, int64_t rows) {
  int64_t tiles = llvm::divideCeil(size, rows), missing = tiles * rows - size;
  bool isPaired =
      kind == KernelKind::Matrix || kind == KernelKind::ScalableMatrix;
  if (missing == 0)
    return {tiles, 0, 0};
  if (isPaired || missing > tiles)
    return {tiles - 1, 1, size - (tiles - 1) * rows};
  return {tiles - missing, missing, rows - 1};
}

int64_t qdot::countChains(int64_t rows, int64_t chains) {
  return rows == 1 ? chains * 7 / 5 : chains;
}

int64_t qdot::countParts(int64_t rows, int64_t vectors, int64_t lanes,
                         int64_t chains) {
  int64_t sums = rows * vectors;
  int64_t registers = lanes <= 8 ? avxRegisters : 2 * avxRegisters;
  // One activation, and the weights, which a single row takes from memory.
  int64_t free = registers - 1 - (rows > 1 ? vectors : 0);
  return std::max<int64_t>(
      1, std::min<int64_t>(llvm::divideCeil(countChains(rows, chains), sums),
                           free / sums));
}

int64_t qdot::getColumnOfLane(int64_t vectors, int64_t lanes, int64_t vector,
                              int64_t lane) {
  int64_t group = vector / 4;
  if ((group + 1) * 4 > vectors)
    return vector * lanes + lane;
  return group * 4 * lanes + lane / 4 * 16 + vector % 4 * 4 + lane % 4;
}

namespace {
/// Derives the plan of one op.
class Planner {
public:
  Planner(ContractOp op, std::string &reason) : op(op), reason(reason) {}

  std::optional<KernelPlan> plan() {
    if (!collectStrides() || !splitLoops() || !orderReductions())
      return std::nullopt;
    result.outer = std::move(parallel);
    if (result.kind == KernelKind::Dot && !result.reductions.empty())
      result.border = findBorder(result.reductions.front().loop);
    return std::move(result);
  }

private:
  bool refuse(StringRef text) {
    reason = text.str();
    return false;
  }

  bool collectStrides() {
    SmallVector<AffineMap> maps{op.getLhsMap()};
    SmallVector<Value> operands{op.getLhs()};
    for (auto [at, extra] : llvm::enumerate(op.getExtras())) {
      maps.push_back(op.getExtraMap(at));
      operands.push_back(extra);
    }
    maps.push_back(op.getOutMap());
    operands.push_back(op.getInit());
    for (auto [map, operand] : llvm::zip(maps, operands)) {
      auto type = dyn_cast<MemRefType>(operand.getType());
      auto loops = type ? getLoopStrides(map, type) : std::nullopt;
      if (!loops)
        return refuse("an operand has no known strides");
      if (!hasVectorLayout(type.getElementType()))
        return refuse("elements of an operand are no whole bytes in vectors");
      strides.push_back(*loops);
    }
    return true;
  }

  int64_t lhsStride(unsigned loop) const { return strides.front()[loop]; }
  int64_t outStride(unsigned loop) const { return strides.back()[loop]; }
  bool isInLhs(unsigned loop) { return op.getLhsMap().isFunctionOfDim(loop); }
  bool isInRhs(unsigned loop) { return op.getRhsMap().isFunctionOfDim(loop); }
  bool isInOut(unsigned loop) { return op.getOutMap().isFunctionOfDim(loop); }

  PlanLoop createLoop(unsigned loop) {
    PlanLoop result;
    result.loops = {loop};
    result.size = op.getLoopSizes()[loop];
    result.lhs = lhsStride(loop);
    result.out = outStride(loop);
    for (size_t at = 0; at < op.getExtras().size(); ++at)
      result.extras.push_back(strides[at + 1][loop]);
    result.isInRhs = isInRhs(loop);
    return result;
  }

  /// Parallel loops: the column, the row, and the rest.
  bool splitLoops() {
    std::optional<unsigned> column;
    for (AffineExpr expr : llvm::reverse(op.getOutMap().getResults())) {
      auto dim = dyn_cast<AffineDimExpr>(expr);
      if (!dim)
        continue;
      unsigned loop = dim.getPosition();
      if (op.getLoopSizes()[loop] == 1)
        continue;
      if (!column && outStride(loop) == 1 && isInRhs(loop))
        column = loop;
      else
        parallel.insert(parallel.begin(), createLoop(loop));
    }
    if (!chooseColumn(column))
      return false;
    // The weights of one step stay in the cache while the others run.
    SmallVector<PlanLoop> sorted;
    for (bool isInRhs : {true, false})
      for (const PlanLoop &loop : parallel)
        if (loop.isInRhs == isInRhs)
          sorted.push_back(loop);
    parallel = std::move(sorted);
    mergeLoops(parallel, [](const PlanLoop &slow, const PlanLoop &fast) {
      bool isJoined = !slow.isInRhs && !fast.isInRhs &&
                      slow.lhs == fast.lhs * fast.size &&
                      slow.out == fast.out * fast.size;
      for (auto [a, b] : llvm::zip(slow.extras, fast.extras))
        isJoined = isJoined && a == b * fast.size;
      return isJoined;
    });
    for (const PlanLoop &loop : parallel)
      if (loop.isInRhs && loop.isDynamic() && op.getPacked())
        return refuse("the weights have a dynamic size");
    chooseRow();
    return true;
  }

  bool chooseColumn(std::optional<unsigned> column) {
    result.kind = KernelKind::Dot;
    if (!column) {
      for (const PlanLoop &loop : parallel)
        if (loop.isInRhs)
          return refuse("the contiguous dimension of the result is no channel");
      // One output channel.
      result.column.out = 1;
      result.column.extras.assign(op.getExtras().size(), 0);
      return true;
    }
    result.column = createLoop(*column);
    if (result.column.isDynamic())
      return refuse("the number of channels is dynamic");
    if (isInLhs(*column)) {
      if (result.column.lhs != 1)
        return refuse("the channels of the activation are not contiguous");
      result.kind = KernelKind::Depthwise;
    }
    return true;
  }

  /// The fastest loop along which the weights do not vary.
  void chooseRow() {
    result.row.extras.assign(op.getExtras().size(), 0);
    if (parallel.empty() || parallel.back().isInRhs)
      return;
    result.row = parallel.pop_back_val();
  }

  bool orderReductions() {
    for (unsigned loop = 0; loop < op.getNumLoops(); ++loop) {
      int64_t size = op.getLoopSizes()[loop];
      if (isInOut(loop) || size == 1)
        continue;
      if (ShapedType::isDynamic(size))
        return refuse("a reduction has a dynamic size");
      if (size == 0)
        return refuse("a reduction is empty");
      if (!isInLhs(loop) || !isInRhs(loop))
        return refuse("a reduction does not read both operands");
      result.reductions.push_back({loop, size, lhsStride(loop)});
    }
    llvm::sort(result.reductions,
               [](const PlanReduction &a, const PlanReduction &b) {
                 return std::pair(-a.lhs, a.loop) < std::pair(-b.lhs, b.loop);
               });
    if (result.kind == KernelKind::Dot)
      collectRun();
    return true;
  }

  /// The reductions that together run over contiguous bytes.
  void collectRun() {
    while (!result.reductions.empty() &&
           result.reductions.back().lhs == result.run) {
      PlanReduction reduction = result.reductions.pop_back_val();
      result.run *= reduction.size;
      result.runLoops.insert(result.runLoops.begin(), reduction.loop);
    }
    result.isGather = result.run < 4;
  }

  /// The zeros that the reduction `reduced` meets along with one outer loop.
  std::optional<PlanBorder> findBorder(unsigned reduced) {
    auto zeros = op->getAttrOfType<DenseI64ArrayAttr>(lhsBorderAttrName);
    auto type = cast<MemRefType>(op.getLhs().getType());
    if (!zeros || zeros.size() != 2 * type.getRank())
      return std::nullopt;
    for (auto [dim, expr] : llvm::enumerate(op.getLhsMap().getResults())) {
      if (!expr.isFunctionOfDim(reduced))
        continue;
      std::optional<PlanBorder> border = matchBorder(expr, reduced);
      if (!border || type.isDynamicDim(dim) ||
          (zeros[2 * dim] == 0 && zeros[2 * dim + 1] == 0))
        return std::nullopt;
      border->low = zeros[2 * dim];
      border->end = type.getDimSize(dim) - zeros[2 * dim + 1];
      return border;
    }
    return std::nullopt;
  }

  /// `step * position + reductionStep * reduced` with an outer loop that is not
  /// joined with others.
  std::optional<PlanBorder> matchBorder(AffineExpr expr, unsigned reduced) {
    PlanBorder border;
    for (unsigned loop = 0; loop < op.getNumLoops(); ++loop) {
      std::optional<int64_t> factor = getCoefficient(expr, loop);
      if (!factor || *factor < 0)
        return std::nullopt;
      if (*factor == 0 || op.getLoopSizes()[loop] == 1)
        continue;
      if (loop == reduced) {
        border.reductionStep = *factor;
        continue;
      }
      bool isOuter = llvm::any_of(result.outer, [&](const PlanLoop &outer) {
        return ArrayRef<unsigned>(outer.loops) == ArrayRef<unsigned>(loop);
      });
      if (border.loop || !isOuter)
        return std::nullopt;
      border.loop = loop;
      border.step = *factor;
    }
    AffineExpr zero = getAffineConstantExpr(0, op.getContext());
    SmallVector<AffineExpr> zeros(op.getNumLoops(), zero);
    if (expr.replaceDims(zeros) != zero)
      return std::nullopt;
    return border;
  }

  ContractOp op;
  std::string &reason;
  KernelPlan result;
  SmallVector<SmallVector<int64_t>> strides;
  SmallVector<PlanLoop> parallel;
};
} // namespace

std::optional<KernelPlan> qdot::getKernelPlan(ContractOp op,
                                              std::string &reason) {
  std::optional<KernelPlan> plan = Planner(op, reason).plan();
  if (plan && op.getKernel())
    plan->load = op.getKernelAttr().getLoad();
  return plan;
}
