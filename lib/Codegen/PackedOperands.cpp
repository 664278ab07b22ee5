//===- PackedOperands.cpp - Are packed operands what a kernel reads? ------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "PackedOperands.h"
#include "WordPanel.h"
#include "llvm/ADT/DenseSet.h"

using namespace mlir;
using namespace qdot;

SmallVector<int64_t> qdot::readTable(ContractOp op, StringRef name) {
  SmallVector<int64_t> values;
  auto symbol = op->getAttrOfType<FlatSymbolRefAttr>(name);
  auto global = symbol ? SymbolTable::lookupNearestSymbolFrom<memref::GlobalOp>(
                             op, symbol)
                       : memref::GlobalOp();
  if (!global || !global.getInitialValue() || !global.getConstant())
    return values;
  if (auto data = dyn_cast<DenseIntElementsAttr>(*global.getInitialValue()))
    for (APInt value : data)
      values.push_back(value.getSExtValue());
  return values;
}

namespace {
class PackedVerifier {
public:
  PackedVerifier(ContractOp op, const KernelPlan &plan)
      : op(op), plan(plan), kernel(op.getKernelAttr()),
        isDepthwise(plan.kind == KernelKind::Depthwise) {
    unit = (isDepthwise ? 4 : 1) * kernel.getLanes();
    perBlock = isDepthwise ? 4 : kernel.getVectors();
    vectors = llvm::divideCeil(plan.column.size, unit) * unit / kernel.getLanes();
    for (const PlanLoop &loop : plan.outer)
      if (loop.isInRhs)
        positions *= loop.size;
  }

  LogicalResult verify() {
    return success(succeeded(verifyTables()) && succeeded(verifyWeights()) &&
                   succeeded(verifyExtras()));
  }

private:
  /// Groups of four reduction elements for which a block has weights.
  int64_t getBlockGroups() const {
    if (!isDepthwise)
      return blockGroups ? plan.getNumSegments() * blockGroups
                         : plan.getNumGroups();
    int64_t count = 1;
    for (auto [level, reduction] : llvm::enumerate(plan.reductions))
      count *= level ? reduction.size
                     : int64_t(llvm::divideCeil(reduction.size, 4));
    return count;
  }

  /// Columns of the weights of one step: whole vectors, but all columns side by
  /// side where vectors have no known length (spare bytes are behind them all).
  int64_t getStepColumns() const {
    bool isScalable = kernel.getKind() == KernelKind::ScalableDot ||
                      kernel.getKind() == KernelKind::ScalableMatrix;
    return isScalable ? plan.column.size : vectors * kernel.getLanes();
  }

  LogicalResult verifyTables() {
    bool hasCounts = op->hasAttr(dotCountsAttrName);
    if (!hasCounts && !op->hasAttr(dotOffsetsAttrName))
      return success();
    SmallVector<int64_t> counts = readTable(op, dotCountsAttrName);
    SmallVector<int64_t> offsets = readTable(op, dotOffsetsAttrName);
    int64_t blocks = plan.getNumRhsBlocks(perBlock * kernel.getLanes()) *
                     plan.getNumSegments();
    if (isDepthwise || plan.isGather || int64_t(counts.size()) != 4 * blocks)
      return op.emitOpError()
             << "expected '" << dotCountsAttrName
             << "' to name a constant of four numbers for each of " << blocks
             << " blocks of a dot kernel";
    blockGroups = int64_t(offsets.size()) / blocks;
    std::optional<WordPanel> panel;
    if (op->hasAttr(dotWordsAttrName) && !(panel = getWordPanel(plan, kernel)))
      return op.emitOpError() << "expected no '" << dotWordsAttrName
                              << "' where rows cannot be widened";
    if (!blockGroups || blockGroups * blocks != int64_t(offsets.size()))
      return refuseOffsets();
    for (int64_t block = 0; block < blocks; ++block) {
      ArrayRef<int64_t> own = ArrayRef<int64_t>(counts).slice(4 * block, 4);
      int64_t bytes = 4 * own[0] + 2 * own[1] + own[2];
      int64_t groups = bytes + (panel ? 2 : 1) * own[3];
      if (llvm::any_of(own, [&](int64_t count) {
            return count < 0 || count > blockGroups;
          }) ||
          groups > blockGroups)
        return op.emitOpError()
               << "expected '" << dotCountsAttrName << "' to count at most "
               << blockGroups << " groups per block";
      auto entries =
          ArrayRef<int64_t>(offsets).slice(block * blockGroups, groups);
      if (!areKnown(entries.take_front(panel ? bytes : groups),
                    plan.getGroupOffsets()) ||
          (panel && !areWords(entries.drop_front(bytes), *panel)))
        return refuseOffsets();
    }
    return success();
  }

  LogicalResult refuseOffsets() {
    return op.emitOpError() << "expected '" << dotOffsetsAttrName
                            << "' to name a constant with distances of the "
                               "groups of the reduction for every block";
  }
  static bool areKnown(ArrayRef<int64_t> entries, ArrayRef<int64_t> known) {
    llvm::DenseSet<int64_t> allowed(known.begin(), known.end());
    return llvm::all_of(entries, [&](int64_t entry) {
      return allowed.contains(entry);
    });
  }
  /// Both halves of every group.
  bool areWords(ArrayRef<int64_t> entries, const WordPanel &panel) const {
    SmallVector<int64_t> firsts;
    for (size_t at = 0; at < entries.size(); at += 2) {
      firsts.push_back(entries[at]);
      if (entries[at + 1] != entries[at] + 2)
        return false;
    }
    return areKnown(firsts, getWordOffsets(plan, panel));
  }

  LogicalResult verifyWeights() {
    int64_t bytes = positions * getStepColumns() * 4 * getBlockGroups();
    auto type = dyn_cast<MemRefType>(op.getRhs().getType());
    if (type && type.getRank() == 1 && type.getLayout().isIdentity() &&
        type.hasStaticShape() && type.getNumElements() >= bytes)
      return success();
    return op.emitOpError() << "is 'packed' for another 'kernel': "
                            << kernel << " reads " << bytes
                            << " bytes of weights, got "
                            << op.getRhs().getType();
  }

  LogicalResult verifyExtras() {
    auto ordered = op->getAttrOfType<DenseI64ArrayAttr>(orderedExtrasAttrName);
    if (!ordered)
      return success();
    int64_t count = vectors * kernel.getLanes();
    for (int64_t number : ordered.asArrayRef()) {
      if (number < 0 || number >= int64_t(op.getExtras().size()))
        return op.emitOpError()
               << "expected '" << orderedExtrasAttrName
               << "' to name extras, got " << number << " of "
               << op.getExtras().size();
      auto type = dyn_cast<MemRefType>(op.getExtras()[number].getType());
      if (!type || type.getRank() != 1 || !type.getLayout().isIdentity() ||
          !type.hasStaticShape() || type.getNumElements() < count)
        return op.emitOpError()
               << "expected '" << orderedExtrasAttrName
               << "' to name extras of " << count << " elements, got "
               << op.getExtras()[number].getType();
    }
    return success();
  }

  ContractOp op;
  const KernelPlan &plan;
  KernelAttr kernel;
  bool isDepthwise;
  int64_t unit, perBlock, vectors, positions = 1, blockGroups = 0;
};
} // namespace

LogicalResult qdot::verifyPacked(ContractOp op, const KernelPlan &plan) {
  return PackedVerifier(op, plan).verify();
}
