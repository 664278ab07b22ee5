//===- WordPanel.h - Rows of the activation widened to words --------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QDOT_LIB_CODEGEN_WORDPANEL_H
#define QDOT_LIB_CODEGEN_WORDPANEL_H

#include "IndexArithmetic.h"
#include "qdot/Codegen/KernelPlan.h"

namespace qdot {

/// A copy of what some rows of a dot kernel read, every byte as a word: operands
/// of `vpmaddwd`, which multiplies any words exactly. For each position of the
/// reductions around the run, one strip: the bytes from the first row's run to
/// the end of the last row's, so what neighbouring rows share is there once.
struct WordPanel {
  int64_t rows;   ///< positions of `KernelPlan::row` that one panel covers
  int64_t strip;  ///< words of one strip
  int64_t strips; ///< positions of all reductions

  int64_t getWords() const { return strip * strips; }
};

/// The panel of a dot kernel, or nullopt where it would not pay or not fit its
/// buffer: gathered bytes, short runs, rows that are far apart. The rows are a multiple of the kernel's, or all.
std::optional<WordPanel> getWordPanel(const KernelPlan &plan,
                                      KernelAttr kernel);

/// Words from the row's place in the panel to every group of four elements, in
/// the order of KernelPlan::getGroupOffsets.
llvm::SmallVector<int64_t> getWordOffsets(const KernelPlan &plan,
                                          const WordPanel &panel);

/// Emits the code of a panel at the insertion point of a builder.
class WordPanelEmitter : IndexArithmetic {
public:
  /// Precondition: `plan` lives longer.
  WordPanelEmitter(mlir::OpBuilder &builder, mlir::Location loc,
                   const KernelPlan &plan, const WordPanel &panel)
      : IndexArithmetic(builder, loc), plan(plan), panel(panel) {}

  int64_t getBytes() const { return 2 * panel.getWords(); }
  int64_t getRows() const { return panel.rows; }

  /// The buffer: on the stack, or one that `release` ends.
  void allocate(bool isOnStack);
  void release();

  /// Widens what `rows` rows from index `left` of the flat `source` read. Of
  /// the slowest reduction only the positions of `range`.
  void widen(mlir::Value source, mlir::Value left, mlir::Value rows,
             std::pair<mlir::Value, mlir::Value> range);

  /// Two neighbouring words in every lane: words `offset` from what row `left`
  /// reads first. Precondition: `left` lies within the widened rows.
  mlir::Value load(mlir::Value left, mlir::Value offset, int64_t lanes);

private:
  void widenLevel(size_t level, mlir::Value left, mlir::Value to);
  void widenStrip(mlir::Value left, mlir::Value to);
  void widenVector(mlir::Value left, mlir::Value to, mlir::Value at);

  const KernelPlan &plan;
  WordPanel panel;
  mlir::Value buffer;
  mlir::Value source, first;               ///< what is in it
  mlir::Value length;                      ///< bytes of a strip
  std::pair<mlir::Value, mlir::Value> slowest;
};

} // namespace qdot

#endif // QDOT_LIB_CODEGEN_WORDPANEL_H
