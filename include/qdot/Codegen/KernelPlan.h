//===- KernelPlan.h - Loops and strides of a contraction ------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What the passes that choose, pack and expand kernels must agree on: derived
// from a bufferized qdot.contract alone, so each of them computes it again.
//
//===----------------------------------------------------------------------===//

#ifndef QDOT_CODEGEN_KERNELPLAN_H
#define QDOT_CODEGEN_KERNELPLAN_H

#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "qdot/Dialect/Qdot.h"
#include <array>
#include <optional>
#include <string>

namespace qdot {

/// Discardable attribute of a packed contraction: the extras that hold one
/// constant per column, filled up to whole vectors and in the order of the
/// lanes.
inline constexpr llvm::StringLiteral orderedExtrasAttrName =
    "qdot.ordered_extras";

/// Discardable attributes of a packed dot kernel whose products are added in
/// 16 bits where that is proved (see numerics::planDotBlocks): symbols of i32
/// constants. `counts` has, for every segment (KernelPlan::getNumSegments) of
/// every block of columns, the number of dot products of 4 pairs, 2 pairs, 1
/// pair, and of single ones that must be widened; they stand in this order.
/// `offsets` has, for every segment, the distance in bytes of every group of
/// four elements from the position of the activation.
inline constexpr llvm::StringLiteral dotCountsAttrName = "qdot.dot_counts";
inline constexpr llvm::StringLiteral dotOffsetsAttrName = "qdot.dot_offsets";

/// Discardable unit attribute beside these: the groups that must be widened have
/// words as weights, two elements per lane and then the other two, and their
/// activations come from a panel of words. They have two entries in `offsets`,
/// in words from the row's place in the panel.
inline constexpr llvm::StringLiteral dotWordsAttrName = "qdot.dot_words";

/// Discardable attribute of a packed depthwise kernel whose products are added
/// in 16 bits: for every group of taps, of how many summands its weights are
/// the sum (1 or 2), each of which is proved to fit.
inline constexpr llvm::StringLiteral tapPartsAttrName = "qdot.tap_parts";

/// Discardable attribute of a contraction whose rhs is no constant: the smallest
/// and the largest value that its producers allow, like `qdot.lhs_range`.
inline constexpr llvm::StringLiteral rhsRangeAttrName = "qdot.rhs_range";

/// One parallel loop of a kernel: one or several loops of the op that run over
/// memory with one stride per operand. Strides count elements; 0 where the
/// operand does not vary.
struct PlanLoop {
  llvm::SmallVector<unsigned> loops; ///< loops of the op, slowest first
  int64_t size = 1;                  ///< ShapedType::kDynamic when not known
  int64_t lhs = 0;
  int64_t out = 0;
  llvm::SmallVector<int64_t> extras;
  bool isInRhs = false; ///< weights vary along it

  bool isDynamic() const { return mlir::ShapedType::isDynamic(size); }
};

/// Joins neighbours among `loops` (slowest first) for which
/// `isJoined(slow, fast)`: they run over memory like one. Only the slowest may
/// be dynamic. `Loop` is PlanLoop, FloatLoop or ByteLoop.
template <typename Loop, typename IsJoined>
void mergeLoops(llvm::SmallVectorImpl<Loop> &loops, IsJoined isJoined) {
  for (size_t at = 0; at + 1 < loops.size();) {
    Loop &slow = loops[at], &fast = loops[at + 1];
    if (fast.isDynamic() || !isJoined(slow, fast)) {
      ++at;
      continue;
    }
    fast.loops.insert(fast.loops.begin(), slow.loops.begin(), slow.loops.end());
    fast.size = slow.isDynamic() ? slow.size : slow.size * fast.size;
    loops.erase(loops.begin() + at);
    at = at ? at - 1 : 0;
  }
}

/// One reduction loop around the innermost contiguous run.
struct PlanReduction {
  unsigned loop;
  int64_t size;
  int64_t lhs; ///< bytes
};

/// Zeros around the activation along the slowest reduction: at position `p` of
/// an outer loop, only `low <= p * step + r * reduction step < end` counts.
struct PlanBorder {
  std::optional<unsigned> loop; ///< of the op; nullopt: position 0 alone
  int64_t step = 0;             ///< indices per position
  int64_t reductionStep = 1;    ///< indices per element of the reduction
  int64_t low = 0;              ///< first index that is no zero
  int64_t end = 0;              ///< index behind the last one
};

/// Four reduction elements that one dot product reads: their distance from the
/// position of the activation in bytes, and which of them count. A byte that
/// does not count has weight 0.
struct PlanGroup {
  int64_t lhs;
  std::array<bool, 4> counts;
};

/// Up to four taps of the slowest reduction of a depthwise kernel, at one place
/// of the other reductions. One dot product takes four bytes of every channel:
/// those of the taps in `slots`. A tap may lie in two slots, which share its
/// weight (numerics::splitSharedTap).
struct TapGroup {
  int64_t lhs;                         ///< bytes from the position to tap 0
  int64_t first;                       ///< index of tap 0 in its reduction
  int64_t taps;                        ///< 1 to 4
  std::array<int64_t, 4> slots;        ///< taps, or -1 for nothing
  llvm::SmallVector<int64_t, 2> inner; ///< indices of the other reductions
};

/// The same for eight elements that the matrix kernel reads.
struct PlanUnit {
  int64_t lhs;
  std::array<bool, 8> counts;
};

/// The loop structure of one contraction.
struct KernelPlan {
  KernelKind kind;
  /// Parallel loops around the tile, slowest first: those along which the
  /// weights vary come first.
  llvm::SmallVector<PlanLoop> outer;
  /// The positions of a tile (`rows` of the kernel); size 1 when there is none.
  PlanLoop row;
  /// The contiguous dimension of the result: output channels of a dot kernel,
  /// channels of a depthwise kernel.
  PlanLoop column;
  /// Reductions, slowest first, around the run. Depthwise: all of them.
  llvm::SmallVector<PlanReduction> reductions;
  /// Dot: what the slowest reduction may leave out.
  std::optional<PlanBorder> border;
  /// Dot: the loops of the run, slowest first, and its length in bytes. The
  /// activation is contiguous along it, unless `isGather`.
  llvm::SmallVector<unsigned> runLoops;
  int64_t run = 1;
  /// The run is shorter than one dot product, so bytes are read one by one.
  bool isGather = false;
  /// Bytes of the activation that one load takes where the run has them.
  int64_t load = 4;

  /// Distance of every dot product of four from the position of the
  /// activation, in the order of the reduction.
  llvm::SmallVector<int64_t> getGroupOffsets() const;
  /// Dot products of four that cover one run. Behind the last full load the
  /// others end with the run; the first of them may overlap what is before.
  llvm::SmallVector<PlanGroup> getRunGroups() const;
  /// The groups of taps of a depthwise kernel, in the order of the packed
  /// weights.
  llvm::SmallVector<TapGroup> getTapGroups() const;
  /// Units of eight that cover one run of at least eight; the last one may
  /// overlap.
  llvm::SmallVector<PlanUnit> getRunUnits() const;
  /// Dot products per output element: runs times groups.
  int64_t getNumGroups() const;
  /// Parts of the reduction whose groups are sorted each by itself: the
  /// elements of the slowest reduction where some of them may be left out and
  /// each has groups enough, else 1.
  int64_t getNumSegments() const;
  /// Blocks of `width` columns (the last one may be partial), for all loops
  /// along which the weights vary.
  int64_t getNumRhsBlocks(int64_t width) const;
};

/// The schedule that a kernel is a form of: Dot or Depthwise.
KernelKind getSchedule(KernelKind kind);

/// The column that a lane of a vector holds, within a block of `vectors`
/// vectors. Four vectors together hold their columns in the order in which
/// `qdot.narrow` joins them; vectors that are left over hold theirs in turn.
int64_t getColumnOfLane(int64_t vectors, int64_t lanes, int64_t vector,
                        int64_t lane);

/// A number of rows as tiles: `full` ones of the kernel's rows, then `rest` ones
/// of `restRows`.
struct RowTiles {
  int64_t full, rest, restRows;
};

/// `size` rows for a kernel of this kind with tiles of `rows`. Where they do not
/// divide it, some tiles have one row fewer, so that none is small; pairs of rows
/// (matrix kernels), and sizes for which that is not possible, have one tile of
/// what is left.
RowTiles getRowTiles(KernelKind kind, int64_t size, int64_t rows);

/// The independent sums that a tile needs on x86, `chains` where its weights are
/// in registers. A single row takes them from memory; that counts into the
/// latency as llvm-mca sees it, 7 cycles instead of 5.
int64_t countChains(int64_t rows, int64_t chains);

/// The parts in which a dot tile of this shape sums every result: as many as
/// give `countChains` independent sums, or as the registers of x86 hold beside the
/// operands (16 for vectors of up to eight lanes, else 32).
int64_t countParts(int64_t rows, int64_t vectors, int64_t lanes,
                   int64_t chains);

/// The plan of `op`, or nullopt and the `reason` why no kernel fits: an operand
/// with unknown strides, a result whose contiguous dimension is no output
/// channel, and so on. Precondition: `op` works on memrefs.
std::optional<KernelPlan> getKernelPlan(ContractOp op, std::string &reason);

/// True for a global whose data is known and does not change: weights that
/// `qdot-pack-weights` can read.
bool isConstantGlobal(mlir::Value value);

/// Strides in elements of `type` along every loop of `map`, or nullopt when
/// one that is used is unknown, or when the loops do not start at the first
/// element (`-d0 + 3` runs backwards from another one).
std::optional<llvm::SmallVector<int64_t>>
getLoopStrides(mlir::AffineMap map, mlir::MemRefType type);

} // namespace qdot

#endif // QDOT_CODEGEN_KERNELPLAN_H
