//===- WeightLayout.cpp - Packed constant weights of a kernel -------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "WeightLayout.h"

using namespace mlir;
using namespace qdot;

/// Elements of the longest vectors: what lies behind a constant and may be
/// read.
static constexpr int64_t spareBytes = 256;

void WeightLayout::pack() {
  collectSteps();
  packLoops(0, 0);
  if (isScalable(kernel))
    result.append(spareBytes, 0);
  if (!activation)
    return;
  unsortedBytes = result.size();
  hasWords = wantsWords();
  SmallVector<char> unsorted = std::move(result);
  for (const RawBlock &block : rawBlocks)
    sortBlock(ArrayRef<int8_t>(reinterpret_cast<int8_t *>(unsorted.data()),
                               unsorted.size())
                  .slice(block.start, block.bytes),
              block.columns);
  joinBlocks();
}

/// Vector instructions per row and group: what widening costs less than two
/// summands, and a group's share of the panel.
static constexpr double gainOfWords = 1.25, costOfPanel = 0.5;
/// Rows up to which blocks of columns are around all positions.
static constexpr int64_t shortRows = 24;

/// Bytes that a second-level cache of 1 MiB or more holds twice.
static constexpr size_t nearBytes = 512 << 10;

bool WeightLayout::isStreamed() const {
  return plan.row.size == 1 && unsortedBytes > nearBytes;
}

bool WeightLayout::wantsWords() {
  if (isStreamed())
    return false;
  panel = getWordPanel(plan, kernel);
  if (!panel)
    return false;
  int64_t wide = 0, panels = 0, groups = plan.getNumGroups();
  bool isPerBlock = !plan.row.isDynamic() && plan.row.size < shortRows &&
                    llvm::any_of(plan.outer, [](const PlanLoop &loop) {
                      return !loop.isInRhs;
                    });
  for (const RawBlock &block : rawBlocks) {
    panels = isPerBlock ? panels + 1 : 1;
    size_t bytes = block.columns * 4;
    for (size_t at = 0; at < block.bytes; at += bytes)
      wide += !fits(ArrayRef<char>(result).slice(block.start + at, bytes));
  }
  return gainOfWords * wide > costOfPanel * groups * panels;
}

bool WeightLayout::fits(ArrayRef<char> group) const {
  for (size_t at = 0; at < group.size(); at += 2)
    if (!numerics::fitsPairSums({int8_t(group[at]), int8_t(group[at + 1])},
                                *activation))
      return false;
  return true;
}

SmallVector<int64_t> WeightLayout::splitTaps(numerics::StorageRange range) {
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

bool WeightLayout::isMatrix() const {
  return kernel.getKind() == KernelKind::Matrix ||
         kernel.getKind() == KernelKind::ScalableMatrix;
}

bool WeightLayout::isScalable(KernelAttr kernel) {
  return kernel.getKind() == KernelKind::ScalableDot ||
         kernel.getKind() == KernelKind::ScalableMatrix;
}

void WeightLayout::collectSteps() {
  if (plan.kind == KernelKind::Dot)
    collectRuns(0, 0);
  else
    collectTaps();
}

void WeightLayout::collectRuns(size_t level, int64_t offset) {
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

void WeightLayout::collectUnits(int64_t offset) {
  for (const PlanUnit &unit : plan.getRunUnits())
    for (int64_t half = 0; half < 8; half += 4) {
      Step step;
      for (int64_t at = 0; at < 4; ++at)
        if (unit.counts[half + at])
          step[at] = offset + getRunOffset(unit.lhs + half + at);
      steps.push_back(step);
    }
}

int64_t WeightLayout::getRunOffset(int64_t at) const {
  int64_t offset = 0;
  for (unsigned loop : llvm::reverse(plan.runLoops)) {
    int64_t size = sizes[loop];
    offset += (at % size) * strides[loop];
    at /= size;
  }
  return offset;
}

void WeightLayout::collectTaps() {
  for (const TapGroup &group : plan.getTapGroups()) {
    int64_t offset = 0;
    for (auto [at, index] : llvm::enumerate(group.inner))
      offset += index * strides[plan.reductions[at + 1].loop];
    Step step;
    for (int64_t slot = 0, next = 0; slot < 4; ++slot)
      if (group.slots[slot] == next) {
        int64_t tap = group.first + next++;
        int64_t loop = plan.reductions.empty() ? 0 : plan.reductions[0].loop;
        step[slot] =
            offset + (plan.reductions.empty() ? 0 : tap * strides[loop]);
      }
    steps.push_back(step);
    isShared.push_back(group.slots[3] >= 0 && !step[3]);
  }
}

void WeightLayout::packLoops(size_t level, int64_t offset) {
  if (level < plan.outer.size()) {
    const PlanLoop &loop = plan.outer[level];
    if (!loop.isInRhs)
      return packLoops(level + 1, offset);
    for (int64_t at = 0; at < loop.size; ++at)
      packLoops(level + 1, offset + at * strides[loop.loops[0]]);
    return;
  }
  if (isScalable(kernel))
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

void WeightLayout::packBlock(int64_t offset, int64_t first, int64_t vectors) {
  size_t start = result.size();
  packSteps(offset, first, vectors);
  rawBlocks.push_back(
      {start, result.size() - start, vectors * kernel.getLanes()});
}

void WeightLayout::sortBlock(ArrayRef<int8_t> weights, int64_t columns) {
  SmallVector<int64_t> distances = plan.getGroupOffsets();
  SmallVector<int64_t> words;
  if (hasWords)
    words = getWordOffsets(plan, *panel);
  size_t segments = plan.getNumSegments();
  size_t groups = distances.size() / segments, bytes = groups * columns * 4;
  for (size_t at = 0; at < segments; ++at) {
    ArrayRef<int8_t> own = weights.slice(at * bytes, bytes);
    auto part = [&](ArrayRef<int64_t> all) {
      return all.slice(at * groups, groups);
    };
    if (hasWords)
      appendBlock(planGroups(own, columns), own, part(distances), part(words),
                  columns);
    else
      sortSegment(SmallVector<int8_t>(own),
                  SmallVector<int64_t>(part(distances)), columns);
  }
}

void WeightLayout::sortSegment(SmallVector<int8_t> weights,
                               SmallVector<int64_t> distances,
                               int64_t columns) {
  std::vector<numerics::DotBlock> blocks = planGroups(weights, columns);
  if (isStreamed())
    return appendBlock(blocks, weights, distances, {}, columns);
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
  appendBlock(blocks, weights, distances, {}, columns);
}

std::vector<numerics::DotBlock>
WeightLayout::planGroups(ArrayRef<int8_t> weights, int64_t columns) const {
  return numerics::planDotBlocks(weights, weights.size() / (columns * 4),
                                 columns, *activation, 4);
}

void WeightLayout::splitGroup(SmallVector<int8_t> &weights,
                              SmallVector<int64_t> &distances, unsigned group,
                              int64_t columns) const {
  MutableArrayRef<int8_t> own =
      MutableArrayRef<int8_t>(weights).slice(group * columns * 4, columns * 4);
  numerics::SplitWeights parts = numerics::splitOutliers(own, *activation);
  llvm::copy(parts.main, own.begin());
  weights.append(parts.rest.begin(), parts.rest.end());
  distances.push_back(distances[group]);
}

double WeightLayout::estimate(ArrayRef<numerics::DotBlock> blocks) {
  double cost = 0;
  for (const numerics::DotBlock &block : blocks)
    cost += block.fits ? 2.0 * block.pairs + 1 : 6.4;
  return cost;
}

void WeightLayout::appendBlock(ArrayRef<numerics::DotBlock> blocks,
                               ArrayRef<int8_t> weights,
                               ArrayRef<int64_t> distances,
                               ArrayRef<int64_t> words, int64_t columns) {
  shares.add(numerics::countShares(blocks, weights, columns, *activation));
  std::array<int32_t, 4> number = {};
  SortedBlock block;
  for (const numerics::DotBlock &part : blocks) {
    ++number[!part.fits ? 3 : part.pairs == 4 ? 0 : part.pairs == 2 ? 1 : 2];
    for (unsigned group : part.groups) {
      ArrayRef<int8_t> own = weights.slice(group * columns * 4, columns * 4);
      if (!part.fits && !words.empty()) {
        appendWords(block, own, words[group]);
        continue;
      }
      block.offsets.push_back(static_cast<int32_t>(distances[group]));
      block.weights.append(own.begin(), own.end());
    }
  }
  counts.append(number.begin(), number.end());
  sorted.push_back(std::move(block));
}

void WeightLayout::appendWords(SortedBlock &block, ArrayRef<int8_t> group,
                               int64_t offset) {
  for (size_t half = 0; half < 4; half += 2) {
    block.offsets.push_back(static_cast<int32_t>(offset + half));
    for (size_t lane = 0; lane < group.size(); lane += 4)
      for (int8_t weight : group.slice(lane + half, 2))
        block.weights.append({char(weight), char(weight < 0 ? -1 : 0)});
  }
}

void WeightLayout::joinBlocks() {
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

void WeightLayout::packSteps(int64_t offset, int64_t first, int64_t vectors) {
  if (isMatrix())
    return packColumns(offset, first * 4, vectors * 4);
  for (const Step &step : steps)
    for (int64_t vector = 0; vector < vectors; ++vector)
      for (int64_t lane = 0; lane < kernel.getLanes(); ++lane)
        packLane(offset, step,
                 first * kernel.getLanes() +
                     getColumnOfLane(vectors, kernel.getLanes(), vector, lane));
}

void WeightLayout::packColumns(int64_t offset, int64_t first, int64_t count) {
  size_t depth = isMatrix() ? 2 : 1;
  for (size_t step = 0; step < steps.size(); step += depth)
    for (int64_t column = first; column < first + count; ++column)
      for (size_t part = 0; part < depth; ++part)
        packLane(offset, steps[step + part], column);
}

void WeightLayout::packLane(int64_t offset, const Step &step, int64_t column) {
  int64_t stride =
      plan.column.loops.empty() ? 0 : strides[plan.column.loops[0]];
  for (std::optional<int64_t> element : step) {
    bool isReal = element && column < plan.column.size;
    result.push_back(isReal ? bytes[offset + *element + column * stride] : 0);
  }
}
