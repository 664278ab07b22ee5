//===- WeightLayout.h - Packed constant weights of a kernel ---------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QDOT_LIB_CODEGEN_WEIGHTLAYOUT_H
#define QDOT_LIB_CODEGEN_WEIGHTLAYOUT_H

#include "WordPanel.h"
#include "qdot/Numerics/DotProof.h"
#include <array>
#include <optional>
#include <vector>

namespace qdot {

/// Columns that a constant per column has to spare behind its last one for
/// scalable vectors.
constexpr int64_t spareColumns = 64;

/// Lays out the weights of one contraction:
/// dot:       [loops of the weights][block][group][vector][lane][4]
/// depthwise: [loops of the weights][block][tap group][vector][lane][4 taps],
///            channels in the order in which interleaving leaves them.
/// matrix:    [loops of the weights][block][unit][pair of columns][column][8]
/// scalable:  [loops of the weights][group][column][4], or [unit][column][8],
///            and bytes to spare, which the last vector may read.
class WeightLayout {
public:
  WeightLayout(ContractOp op, const KernelPlan &plan,
               llvm::ArrayRef<char> bytes, llvm::ArrayRef<int64_t> strides)
      : plan(plan), kernel(op.getKernelAttr()), sizes(op.getLoopSizes()),
        bytes(bytes), strides(strides) {}

  /// Packs into the bytes that the layout owns.
  void pack();

  /// Groups of four with sums that may be added in 16 bits come first; see
  /// dotCountsAttrName. Precondition: a dot kernel.
  void sortGroups(numerics::StorageRange range) { activation = range; }
  llvm::ArrayRef<int32_t> getCounts() const { return counts; }
  llvm::ArrayRef<int32_t> getOffsets() const { return offsets; }
  const numerics::DotShares &getShares() const { return shares; }
  /// Whether groups that do not fit are words; see dotWordsAttrName.
  bool usesWords() const { return hasWords; }

  /// Makes all sums of two products of a packed depthwise kernel fit 16 bits:
  /// shares out weights that lie in two slots, and splits the steps of which
  /// some lane still does not fit in two. The number of parts of every step.
  llvm::SmallVector<int64_t> splitTaps(numerics::StorageRange range);

  llvm::ArrayRef<char> getBytes() const { return result; }

  /// Whether the kernel's vectors have a length that only the CPU knows.
  static bool isScalable(KernelAttr kernel);

private:
  bool isMatrix() const;

  /// Distance of every reduction element in the weights; nullopt is padding.
  using Step = std::array<std::optional<int64_t>, 4>;

  void collectSteps();

  void collectRuns(size_t level, int64_t offset);

  /// Eight elements as two steps of four.
  void collectUnits(int64_t offset);

  /// Where the weights hold element `at` of the run.
  int64_t getRunOffset(int64_t at) const;

  /// Of a tap in two slots, the first has the weight.
  void collectTaps();

  void packLoops(size_t level, int64_t offset);

  void packBlock(int64_t offset, int64_t first, int64_t vectors);

  /// Whether each weight serves one row, and comes from beyond the second-level
  /// cache: then nothing is worth more bytes.
  bool isStreamed() const;

  /// Whether enough groups do not fit to pay for a panel of words.
  bool wantsWords();

  /// Rule D1 for every lane of a group.
  bool fits(llvm::ArrayRef<char> group) const;

  /// Puts the groups of a packed block into the order of its proof, segment by
  /// segment.
  void sortBlock(llvm::ArrayRef<int8_t> weights, int64_t columns);

  /// The same for one segment. Groups that do not fit are split in two that do
  /// where that is cheaper than widening.
  void sortSegment(llvm::SmallVector<int8_t> weights,
                   llvm::SmallVector<int64_t> distances, int64_t columns);

  std::vector<numerics::DotBlock> planGroups(llvm::ArrayRef<int8_t> weights,
                                             int64_t columns) const;

  /// The group becomes its main part, and the rest joins at the end.
  void splitGroup(llvm::SmallVector<int8_t> &weights,
                  llvm::SmallVector<int64_t> &distances, unsigned group,
                  int64_t columns) const;

  /// Vector instructions per row, without loads: vpmaddubsw each, vpaddw,
  /// vpmaddwd and vpaddd per block; widening takes both halves apart.
  static double estimate(llvm::ArrayRef<numerics::DotBlock> blocks);

  struct SortedBlock {
    llvm::SmallVector<int32_t> offsets;
    llvm::SmallVector<char> weights;
  };

  /// Groups that do not fit are words if `words` has their places in the panel.
  void appendBlock(llvm::ArrayRef<numerics::DotBlock> blocks,
                   llvm::ArrayRef<int8_t> weights,
                   llvm::ArrayRef<int64_t> distances,
                   llvm::ArrayRef<int64_t> words, int64_t columns);

  /// The first two elements of every lane as words, then the others.
  static void appendWords(SortedBlock &block, llvm::ArrayRef<int8_t> group,
                          int64_t offset);

  /// All blocks with as many groups as the largest has, so that they can be
  /// found by number.
  void joinBlocks();

  void packSteps(int64_t offset, int64_t first, int64_t vectors);

  /// Columns one after the other, four or eight elements of each.
  void packColumns(int64_t offset, int64_t first, int64_t count);

  void packLane(int64_t offset, const Step &step, int64_t column);

  const KernelPlan &plan;
  KernelAttr kernel;
  llvm::SmallVector<int64_t> sizes;
  llvm::ArrayRef<char> bytes;
  llvm::ArrayRef<int64_t> strides;
  llvm::SmallVector<Step> steps;
  llvm::SmallVector<bool> isShared; ///< the last slot has the middle tap again
  llvm::SmallVector<char> result;
  std::optional<numerics::StorageRange> activation;
  /// A block of columns before its groups are sorted, within `result`.
  struct RawBlock {
    size_t start, bytes;
    int64_t columns;
  };
  std::vector<RawBlock> rawBlocks;
  std::optional<WordPanel> panel;
  size_t unsortedBytes = 0;
  bool hasWords = false;
  std::vector<SortedBlock> sorted;
  llvm::SmallVector<int32_t> counts, offsets;
  numerics::DotShares shares;
};

} // namespace qdot

#endif // QDOT_LIB_CODEGEN_WEIGHTLAYOUT_H
