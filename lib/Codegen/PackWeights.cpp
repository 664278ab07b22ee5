//===- PackWeights.cpp - Constant weights in the order of a kernel --------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/SymbolTable.h"
#include "qdot/Codegen/ConstantData.h"
#include "qdot/Codegen/KernelPlan.h"
#include "qdot/Codegen/Passes.h"
#include "qdot/Codegen/KernelTable.h"
#include "qdot/Analysis/Remarks.h"
#include "qdot/Dialect/Constants.h"
#include "qdot/Numerics/DotProof.h"

namespace qdot {
#define GEN_PASS_DEF_PACKWEIGHTS
#include "qdot/Codegen/Passes.h.inc"
} // namespace qdot

using namespace mlir;
using namespace qdot;

/// Elements of the longest vectors: what lies behind a constant and may be read.
static constexpr int64_t spareBytes = 256, spareColumns = 64;

static bool isScalable(KernelAttr kernel) {
  return kernel.getKind() == KernelKind::ScalableDot ||
         kernel.getKind() == KernelKind::ScalableMatrix;
}

namespace {
/// Lays out the weights of one contraction:
/// dot:       [loops of the weights][block][group][vector][lane][4]
/// depthwise: [loops of the weights][block][tap group][vector][lane][4 taps],
///            channels in the order in which interleaving leaves them.
/// matrix:    [loops of the weights][block][unit][pair of columns][column][8]
/// scalable:  [loops of the weights][group][column][4], or [unit][column][8],
///            and bytes to spare, which the last vector may read.
class WeightLayout {
public:
  WeightLayout(ContractOp op, const KernelPlan &plan, ArrayRef<char> bytes,
               ArrayRef<int64_t> strides)
      : plan(plan), kernel(op.getKernelAttr()), bytes(bytes),
        strides(strides) {}

  /// Packs into the bytes that the layout owns.
  void pack() {
    collectSteps();
    packLoops(0, 0);
    if (isScalable())
      result.append(spareBytes, 0);
    if (activation)
      joinBlocks();
  }

  /// Groups of four with sums that may be added in 16 bits come first; see
  /// dotCountsAttrName. Precondition: a dot kernel.
  void sortGroups(numerics::StorageRange range) { activation = range; }
  ArrayRef<int32_t> getCounts() const { return counts; }
  ArrayRef<int32_t> getOffsets() const { return offsets; }
  const numerics::DotShares &getShares() const { return shares; }

  /// Makes all sums of two products of a packed depthwise kernel fit 16 bits:
  /// shares out weights that lie in two slots, and splits the steps of which
  /// some lane still does not fit in two. The number of parts of every step.
  SmallVector<int64_t> splitTaps(numerics::StorageRange range) {
    SmallVector<int64_t> parts(steps.size(), 1);
    size_t stepBytes = 16 * kernel.getLanes();
    MutableArrayRef<int8_t> weights(reinterpret_cast<int8_t *>(result.data()),
                                    result.size());
    for (size_t at = 0; at < weights.size(); at += 4) {
      size_t step = at / stepBytes % steps.size();
      MutableArrayRef<int8_t> lane = weights.slice(at, 4);
      if (isShared[step])
        std::tie(lane[1], lane[3]) =
            numerics::splitSharedTap(lane[0], lane[1], lane[2], range);
      if (!numerics::fitsPairSums(lane.take_front(2), range) ||
          !numerics::fitsPairSums(lane.take_back(2), range))
        parts[step] = 2;
    }
    SmallVector<char> joined;
    for (size_t at = 0; at < weights.size(); at += stepBytes) {
      ArrayRef<int8_t> own = weights.slice(at, stepBytes);
      if (parts[at / stepBytes % steps.size()] == 1) {
        joined.append(own.begin(), own.end());
        continue;
      }
      numerics::SplitWeights split = numerics::splitOutliers(own, range);
      joined.append(split.main.begin(), split.main.end());
      joined.append(split.rest.begin(), split.rest.end());
    }
    result = std::move(joined);
    return parts;
  }

  ArrayRef<char> getBytes() const { return result; }

private:
  bool isMatrix() const {
    return kernel.getKind() == KernelKind::Matrix ||
           kernel.getKind() == KernelKind::ScalableMatrix;
  }
  bool isScalable() const { return ::isScalable(kernel); }

  /// Distance of every reduction element in the weights; nullopt is padding.
  using Step = std::array<std::optional<int64_t>, 4>;

  void collectSteps() {
    if (plan.kind == KernelKind::Dot)
      collectRuns(0, 0);
    else
      collectTaps();
  }

  void collectRuns(size_t level, int64_t offset) {
    if (level < plan.reductions.size()) {
      const PlanReduction &reduction = plan.reductions[level];
      for (int64_t at = 0; at < reduction.size; ++at)
        collectRuns(level + 1, offset + at * strides[reduction.loop]);
      return;
    }
    if (isMatrix())
      return collectUnits(offset);
    for (const PlanGroup &group : plan.getRunGroups()) {
      Step step;
      for (int64_t at = 0; at < 4; ++at)
        if (group.counts[at])
          step[at] = offset + getRunOffset(plan.isGather ? at : group.lhs + at);
      steps.push_back(step);
    }
  }

  /// Eight elements as two steps of four.
  void collectUnits(int64_t offset) {
    for (const PlanUnit &unit : plan.getRunUnits())
      for (int64_t half = 0; half < 8; half += 4) {
        Step step;
        for (int64_t at = 0; at < 4; ++at)
          if (unit.counts[half + at])
            step[at] = offset + getRunOffset(unit.lhs + half + at);
        steps.push_back(step);
      }
  }

  /// Where the weights hold element `at` of the run.
  int64_t getRunOffset(int64_t at) const {
    int64_t offset = 0;
    for (unsigned loop : llvm::reverse(plan.runLoops)) {
      int64_t size = sizes[loop];
      offset += (at % size) * strides[loop];
      at /= size;
    }
    return offset;
  }

  /// Of a tap in two slots, the first has the weight.
  void collectTaps() {
    for (const TapGroup &group : plan.getTapGroups()) {
      int64_t offset = 0;
      for (auto [at, index] : llvm::enumerate(group.inner))
        offset += index * strides[plan.reductions[at + 1].loop];
      Step step;
      for (int64_t slot = 0, next = 0; slot < 4; ++slot)
        if (group.slots[slot] == next) {
          int64_t tap = group.first + next++;
          int64_t loop = plan.reductions.empty() ? 0 : plan.reductions[0].loop;
          step[slot] = offset + (plan.reductions.empty() ? 0 : tap * strides[loop]);
        }
      steps.push_back(step);
      isShared.push_back(group.slots[3] >= 0 && !step[3]);
    }
  }

  void packLoops(size_t level, int64_t offset) {
    if (level < plan.outer.size()) {
      const PlanLoop &loop = plan.outer[level];
      if (!loop.isInRhs)
        return packLoops(level + 1, offset);
      for (int64_t at = 0; at < loop.size; ++at)
        packLoops(level + 1, offset + at * strides[loop.loops[0]]);
      return;
    }
    if (isScalable())
      return packColumns(offset, 0, plan.column.size);
    int64_t lanes = kernel.getLanes();
    int64_t vectors = llvm::divideCeil(plan.column.size, lanes);
    if (plan.kind == KernelKind::Depthwise)
      vectors = llvm::divideCeil(plan.column.size, 4 * lanes) * 4;
    int64_t perBlock =
        plan.kind == KernelKind::Depthwise ? 4 : kernel.getVectors();
    for (int64_t first = 0; first < vectors; first += perBlock)
      packBlock(offset, first, std::min(perBlock, vectors - first));
  }

  void packBlock(int64_t offset, int64_t first, int64_t vectors) {
    size_t start = result.size();
    packSteps(offset, first, vectors);
    if (activation)
      sortBlock(start, vectors * kernel.getLanes());
  }

  /// Puts the groups of a packed block into the order of its proof. Groups that
  /// do not fit are split in two that do where that is cheaper than widening.
  void sortBlock(size_t start, int64_t columns) {
    SmallVector<int8_t> weights(result.begin() + start, result.end());
    SmallVector<int64_t> distances = plan.getGroupOffsets();
    std::vector<numerics::DotBlock> blocks = planGroups(weights, columns);
    SmallVector<int8_t> splitWeights = weights;
    SmallVector<int64_t> splitDistances = distances;
    for (const numerics::DotBlock &block : blocks)
      if (!block.fits)
        splitGroup(splitWeights, splitDistances, block.groups[0], columns);
    if (splitDistances.size() > distances.size()) {
      auto splitBlocks = planGroups(splitWeights, columns);
      if (estimate(splitBlocks) < estimate(blocks)) {
        blocks = std::move(splitBlocks);
        weights = std::move(splitWeights);
        distances = std::move(splitDistances);
      }
    }
    shares.add(numerics::countShares(blocks, weights, columns, *activation));
    result.truncate(start);
    appendBlock(blocks, weights, distances, columns * 4);
  }

  std::vector<numerics::DotBlock> planGroups(ArrayRef<int8_t> weights,
                                             int64_t columns) const {
    return numerics::planDotBlocks(weights, weights.size() / (columns * 4),
                                   columns, *activation, 4);
  }

  /// The group becomes its main part, and the rest joins at the end.
  void splitGroup(SmallVector<int8_t> &weights, SmallVector<int64_t> &distances,
                  unsigned group, int64_t columns) const {
    MutableArrayRef<int8_t> own =
        MutableArrayRef<int8_t>(weights).slice(group * columns * 4, columns * 4);
    numerics::SplitWeights parts = numerics::splitOutliers(own, *activation);
    llvm::copy(parts.main, own.begin());
    weights.append(parts.rest.begin(), parts.rest.end());
    distances.push_back(distances[group]);
  }

  /// Vector instructions per row, without loads: vpmaddubsw each, vpaddw,
  /// vpmaddwd and vpaddd per block; widening takes both halves apart.
  static double estimate(ArrayRef<numerics::DotBlock> blocks) {
    double cost = 0;
    for (const numerics::DotBlock &block : blocks)
      cost += block.fits ? 2.0 * block.pairs + 1 : 6.4;
    return cost;
  }

  void appendBlock(ArrayRef<numerics::DotBlock> blocks, ArrayRef<int8_t> weights,
                   ArrayRef<int64_t> distances, int64_t bytes) {
    std::array<int32_t, 4> number = {};
    SmallVector<int32_t> order;
    SmallVector<char> packed;
    for (const numerics::DotBlock &block : blocks) {
      ++number[!block.fits ? 3 : block.pairs == 4 ? 0 : block.pairs == 2 ? 1 : 2];
      for (unsigned group : block.groups) {
        order.push_back(static_cast<int32_t>(distances[group]));
        ArrayRef<int8_t> own = weights.slice(group * bytes, bytes);
        packed.append(own.begin(), own.end());
      }
    }
    counts.append(number.begin(), number.end());
    sorted.push_back({std::move(order), std::move(packed)});
  }

  /// All blocks with as many groups as the largest has, so that they can be
  /// found by number.
  void joinBlocks() {
    size_t most = 0;
    for (const SortedBlock &block : sorted)
      most = std::max(most, block.offsets.size());
    result.clear();
    for (SortedBlock &block : sorted) {
      size_t bytes = block.weights.size() / block.offsets.size();
      block.weights.resize(most * bytes, 0);
      block.offsets.resize(most, 0);
      result.append(block.weights);
      offsets.append(block.offsets);
    }
  }

  void packSteps(int64_t offset, int64_t first, int64_t vectors) {
    if (isMatrix())
      return packColumns(offset, first * 4, vectors * 4);
    for (const Step &step : steps)
      for (int64_t vector = 0; vector < vectors; ++vector)
        for (int64_t lane = 0; lane < kernel.getLanes(); ++lane)
          packLane(offset, step,
                   first * kernel.getLanes() +
                       getColumnOfLane(vectors, kernel.getLanes(), vector, lane));
  }

  /// Columns one after the other, four or eight elements of each.
  void packColumns(int64_t offset, int64_t first, int64_t count) {
    size_t depth = isMatrix() ? 2 : 1;
    for (size_t step = 0; step < steps.size(); step += depth)
      for (int64_t column = first; column < first + count; ++column)
        for (size_t part = 0; part < depth; ++part)
          packLane(offset, steps[step + part], column);
  }

  void packLane(int64_t offset, const Step &step, int64_t column) {
    int64_t stride = plan.column.loops.empty()
                         ? 0
                         : strides[plan.column.loops[0]];
    for (std::optional<int64_t> element : step) {
      bool isReal = element && column < plan.column.size;
      result.push_back(isReal ? bytes[offset + *element + column * stride] : 0);
    }
  }

public:
  ArrayRef<int64_t> sizes;

private:
  const KernelPlan &plan;
  KernelAttr kernel;
  ArrayRef<char> bytes;
  ArrayRef<int64_t> strides;
  SmallVector<Step> steps;
  SmallVector<bool> isShared; ///< the last slot has the middle tap again
  SmallVector<char> result;
  std::optional<numerics::StorageRange> activation;
  struct SortedBlock {
    SmallVector<int32_t> offsets;
    SmallVector<char> weights;
  };
  std::vector<SortedBlock> sorted;
  SmallVector<int32_t> counts, offsets;
  numerics::DotShares shares;
};

struct PackWeights : public qdot::impl::PackWeightsBase<PackWeights> {
  using PackWeightsBase::PackWeightsBase;

  void runOnOperation() override {
    const KernelTarget *table = getKernelTarget(getOperation(), target);
    if (!table)
      return signalPassFailure();
    needsProof = !table->isExact;
    SymbolTable symbols(getOperation());
    WalkResult result = getOperation().walk([&](ContractOp op) {
      if (!op.getKernel() || op.getPacked())
        return WalkResult::advance();
      if (!isa<MemRefType>(op.getInit().getType())) {
        op.emitOpError("is still on tensors; bufferize first");
        return WalkResult::interrupt();
      }
      // Other weights are packed at run time by the kernel itself.
      if (!isConstantGlobal(op.getRhs()))
        return WalkResult::advance();
      return failed(pack(op, symbols)) ? WalkResult::interrupt()
                                       : WalkResult::advance();
    });
    if (result.wasInterrupted())
      signalPassFailure();
  }

private:
  LogicalResult pack(ContractOp op, SymbolTable &symbols) {
    std::string reason;
    std::optional<KernelPlan> plan = getKernelPlan(op, reason);
    if (!plan || plan->kind != getSchedule(op.getKernelAttr().getKind()))
      return op.emitOpError()
             << "cannot use " << op.getKernelAttr() << ": "
             << (plan ? "the schedule does not fit the contraction" : reason);
    KernelKind kind = op.getKernelAttr().getKind();
    if ((kind == KernelKind::Matrix || kind == KernelKind::ScalableMatrix) &&
        plan->run < 8)
      return op.emitOpError() << "cannot use " << op.getKernelAttr()
                              << ": runs of " << plan->run
                              << " bytes, and it takes 8";
    memref::GlobalOp global = getGlobal(op.getRhs(), symbols);
    FailureOr<ConstantTensor> data = getData(global);
    auto strides =
        getLoopStrides(op.getRhsMap(), cast<MemRefType>(op.getRhs().getType()));
    if (failed(data) || !strides)
      return op.emitOpError() << "has weights that cannot be read";
    SmallVector<char> bytes;
    for (int64_t at = 0; at < global.getType().getNumElements(); ++at)
      bytes.push_back(static_cast<char>(data->getInteger(at)));
    WeightLayout layout(op, *plan, bytes, *strides);
    layout.sizes = op.getLoopSizes();
    bool isProved = needsProof && op.getLhsSign() == Sign::Unsigned &&
                    op.getRhsSign() == Sign::Signed;
    bool isSorted = isProved && plan->kind == KernelKind::Dot && !plan->isGather;
    if (isSorted)
      layout.sortGroups(getRange(op));
    layout.pack();
    if (isSorted) {
      setTable(op, dotCountsAttrName, layout.getCounts(), symbols);
      setTable(op, dotOffsetsAttrName, layout.getOffsets(), symbols);
      remarkShares(op, layout.getShares());
    } else if (isProved && plan->kind == KernelKind::Depthwise) {
      op->setAttr(tapPartsAttrName,
                  DenseI64ArrayAttr::get(&getContext(),
                                         layout.splitTaps(getRange(op))));
    }
    setGlobal(op, 1, layout.getBytes(), OpBuilder(op).getI8Type(), symbols,
              "qdot_weights");
    op.setPacked(true);
    SmallVector<int64_t> ordered;
    for (unsigned at = 0; at < op.getExtras().size(); ++at)
      if (padColumns(op, *plan, at, symbols))
        ordered.push_back(at);
    op->setAttr(orderedExtrasAttrName,
                DenseI64ArrayAttr::get(&getContext(), ordered));
    return success();
  }

  static numerics::StorageRange getRange(ContractOp op) {
    auto range = op->getAttrOfType<DenseI64ArrayAttr>(lhsRangeAttrName);
    if (!range || range.size() != 2 || range[0] < 0 || range[1] > 255)
      return {0, 255};
    return {range[0], range[1]};
  }

  void setTable(ContractOp op, StringRef name, ArrayRef<int32_t> values,
                SymbolTable &symbols) {
    OpBuilder builder(&getContext());
    int64_t count = values.size();
    auto type = RankedTensorType::get({count}, builder.getI32Type());
    auto global = memref::GlobalOp::create(
        builder, op.getLoc(), "qdot_table", builder.getStringAttr("private"),
        MemRefType::get({count}, builder.getI32Type()),
        DenseElementsAttr::get(type, values), /*constant=*/true,
        builder.getI64IntegerAttr(64));
    StringAttr symbol =
        symbols.insert(global, getOperation().getBody()->begin());
    op->setAttr(name, FlatSymbolRefAttr::get(symbol));
  }

  /// How much of the work is done in which way, and what the proof found.
  static void remarkShares(ContractOp op, const numerics::DotShares &shares) {
    emitAnalysisRemark(
        op, "PackWeights",
        {{"Quads", shares.quads}, {"Pairs", shares.twos},
         {"Singles", shares.singles}, {"Widened", shares.wide},
         {"LargestSum", shares.largestSum}},
        "groups of four products added in 16 bits by four, two, one, and "
        "widened");
  }

  static memref::GlobalOp getGlobal(Value value, SymbolTable &symbols) {
    auto get = value.getDefiningOp<memref::GetGlobalOp>();
    auto global =
        get ? symbols.lookup<memref::GlobalOp>(get.getName()) : nullptr;
    return global && global.getConstant() && global.getInitialValue()
               ? global
               : memref::GlobalOp();
  }

  FailureOr<ConstantTensor> getData(memref::GlobalOp global) {
    auto elements = dyn_cast<ElementsAttr>(*global.getInitialValue());
    if (!elements)
      return failure();
    return ConstantTensor::get(elements, [&] { return global.emitOpError(); });
  }

  /// A constant per column, filled up to whole vectors and put into the order
  /// of the lanes, so that every load is one of a whole vector.
  bool padColumns(ContractOp op, const KernelPlan &plan, unsigned at,
                  SymbolTable &symbols) {
    if (!isColumnConstant(plan, at))
      return false;
    Value extra = op.getExtras()[at];
    memref::GlobalOp global = getGlobal(extra, symbols);
    if (!global || global.getType().getNumElements() != plan.column.size)
      return false;
    FailureOr<ConstantTensor> data = getData(global);
    if (failed(data))
      return false;
    KernelAttr kernel = op.getKernelAttr();
    int64_t lanes = kernel.getLanes();
    int64_t unit = plan.kind == KernelKind::Depthwise ? 4 : 1;
    int64_t vectors = llvm::divideCeil(plan.column.size, unit * lanes) * unit;
    int64_t perBlock = plan.kind == KernelKind::Depthwise ? 4 : kernel.getVectors();
    if (isScalable(kernel)) {
      vectors = plan.column.size + spareColumns;
      lanes = perBlock = 1;
    }
    SmallVector<char> bytes;
    for (int64_t at = 0; at < vectors * lanes; ++at) {
      int64_t first = at / lanes / perBlock * perBlock;
      int64_t column =
          first * lanes + getColumnOfLane(std::min(perBlock, vectors - first),
                                          lanes, at / lanes - first, at % lanes);
      column = std::min(column, plan.column.size - 1);
      ArrayRef<char> element = data->getBytes(column);
      bytes.append(element.begin(), element.end());
    }
    setGlobal(op, 2 + at, bytes, global.getType().getElementType(), symbols,
              "qdot_columns");
    return true;
  }

  static bool isColumnConstant(const KernelPlan &plan, unsigned at) {
    return plan.column.extras[at] == 1 && plan.row.extras[at] == 0 &&
           llvm::all_of(plan.outer, [&](const PlanLoop &loop) {
             return loop.extras[at] == 0;
           });
  }

  void setGlobal(ContractOp op, unsigned operand, ArrayRef<char> bytes,
                 Type element, SymbolTable &symbols, StringRef name) {
    OpBuilder builder(&getContext());
    int64_t width = element.getIntOrFloatBitWidth() / 8;
    int64_t count = int64_t(bytes.size()) / width;
    auto tensor = RankedTensorType::get({count}, element);
    auto type = MemRefType::get({count}, element);
    auto data = createElements(tensor, bytes);
    std::string symbol;
    auto [known, isNew] = globals.try_emplace(data);
    if (isNew) {
      auto global = memref::GlobalOp::create(
          builder, op.getLoc(), name, builder.getStringAttr("private"), type,
          data, /*constant=*/true, builder.getI64IntegerAttr(64));
      known->second = symbols.insert(global, getOperation().getBody()->begin());
    }
    builder.setInsertionPoint(op);
    Value value = memref::GetGlobalOp::create(builder, op.getLoc(), type,
                                              known->second.getValue());
    op->setOperand(operand, value);
    if (operand >= 2) {
      // One dimension, indexed by the columns alone.
      SmallVector<Attribute> maps(op.getIndexingMaps().getValue());
      unsigned loop = columnLoop(op);
      maps[operand] = AffineMapAttr::get(
          AffineMap::get(op.getNumLoops(), 0, builder.getAffineDimExpr(loop)));
      op.setIndexingMapsAttr(builder.getArrayAttr(maps));
    }
  }

  static unsigned columnLoop(ContractOp op) {
    std::string reason;
    return getKernelPlan(op, reason)->column.loops[0];
  }

  bool needsProof = false;
  llvm::DenseMap<Attribute, StringAttr> globals;
};
} // namespace
