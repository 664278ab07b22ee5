//===- SortedDots.h - Dot products in the order of a proof ----------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QDOT_LIB_CODEGEN_SORTEDDOTS_H
#define QDOT_LIB_CODEGEN_SORTEDDOTS_H

#include "KernelEmitter.h"
#include "WordPanel.h"

namespace qdot {

/// The part of the dot kernel for weights that `qdot-pack-weights` sorted: the
/// tables, the loops over each kind of groups, and the panel of words.
class SortedDotEmitter : public KernelEmitter {
public:
  SortedDotEmitter(mlir::OpBuilder &builder, ContractOp op,
                   const KernelPlan &plan);

protected:
  using Values = llvm::SmallVector<mlir::Value>;

  /// Whether there are tables.
  bool isSorted() const { return !counts.empty(); }

  int64_t getBufferBytes() const override {
    return words ? words->getBytes() : 0;
  }
  void createBuffers(bool isOnStack) override {
    if (words)
      words->allocate(isOnStack);
  }
  void releaseBuffers() override {
    if (words)
      words->release();
  }
  int64_t getPanelRows() const override { return words ? words->getRows() : 0; }
  void beginPanel(const TilePosition &at, mlir::Value rows) override;
  bool hasStaticBlocks() const override;
  int64_t getBlockBytes(int64_t vectors) const override {
    return getSegments() * getSegmentGroups() * getGroupBytes(vectors);
  }

  int64_t getGroupBytes(int64_t count) const {
    return count * kernel.getLanes() * 4;
  }

  /// All groups of a tile, segment by segment. Precondition: isSorted().
  Values reduceSorted(Values accumulators, const TilePosition &at);

  /// One dot product per accumulator, of one operand pair per element of
  /// `lefts`; the weights of the pairs follow each other.
  Values emitDots(Values accumulators, mlir::ValueRange lefts,
                  mlir::Value right, bool fits);

  int64_t rows = 0, vectors = 0; ///< of the tile

private:
  /// What `qdot.dot_counts` counts.
  enum Kind { Quads, Pairs, Singles, Widened, NumKinds };
  /// Entries in the table of offsets that one of a kind has.
  int64_t countEntries(int64_t kind) const {
    constexpr int64_t entries[] = {4, 2, 1, 1};
    return kind == Widened && words ? 2 : entries[kind];
  }
  bool isUsed(int64_t kind) const;

  /// Parts of the reduction with groups in an order of their own.
  int64_t getSegments() const {
    return counts.empty() ? 1 : plan.getNumSegments();
  }
  /// Groups for which a segment of a block has weights.
  int64_t getSegmentGroups() const {
    return counts.empty() ? plan.getNumGroups()
                          : int64_t(offsets.size()) / (counts.size() / 4);
  }

  /// Loops over the groups of four pairs, of two, of one, and those that are
  /// widened. `number` counts the segments of all blocks.
  Values reduceSegment(Values accumulators, const TilePosition &at,
                       mlir::Value weights, mlir::Value number);
  /// The same with the order of one block known.
  Values reduceStatic(Values accumulators, const TilePosition &at);
  /// One of a kind, whose entries of the table of offsets are `entries`.
  Values emitKind(int64_t kind, Values accumulators, const TilePosition &at,
                  mlir::ValueRange entries, mlir::Value weights);
  /// The halves of one group as words.
  Values emitWords(Values accumulators, mlir::Value left,
                   mlir::ValueRange entries, mlir::Value right);

  mlir::Value getTable(llvm::StringRef name);
  mlir::Value loadIndex(mlir::Value table, mlir::Value at);
  /// Four bytes of the activation as one i32.
  mlir::Value loadFour(mlir::Value index);

  llvm::SmallVector<int64_t> counts, offsets;
  std::optional<WordPanelEmitter> words;
};

} // namespace qdot

#endif // QDOT_LIB_CODEGEN_SORTEDDOTS_H
