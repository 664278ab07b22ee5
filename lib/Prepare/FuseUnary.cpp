//===- FuseUnary.cpp - One op for a function of one value -----------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "PrepareUtils.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include "qdot/Analysis/ScalarAnalysis.h"
#include "qdot/Dialect/Qdot.h"
#include "qdot/Prepare/Passes.h"
#include "llvm/ADT/SetVector.h"

namespace qdot {
#define GEN_PASS_DEF_FUSEUNARY
#include "qdot/Prepare/Passes.h.inc"
} // namespace qdot

using namespace mlir;
using namespace qdot;

namespace {
/// Elementwise ops that together compute the result of one of them.
class UnaryTree {
public:
  explicit UnaryTree(linalg::GenericOp root) : root(root) { ops.insert(root); }

  /// Adds producers as long as that makes sense; afterwards the ops are those
  /// with which the result is a function of the single value `input`. False
  /// when that is the root alone.
  bool grow();

  /// One op in the place of all, which are erased.
  void fuse();

  ArrayRef<Operation *> getOps() const { return ops.getArrayRef(); }

private:
  bool canAbsorb(Operation *op) const;
  linalg::GenericOp findNext() const;
  OpOperand *findOnlyInput() const;

  linalg::GenericOp root;
  llvm::SetVector<Operation *> ops; ///< users before producers
  OpOperand *input = nullptr;
};
} // namespace

/// True for an elementwise op that can be evaluated, with elements of its result
/// in the order of its loops.
static bool isCandidate(linalg::GenericOp op) {
  return op && isPointwise(op) && !op->hasAttr(keepFloatAttrName) &&
         succeeded(ScalarProgram::get(op, Rounding::EachStep)) &&
         op.getMatchingIndexingMap(op.getDpsInitOperand(0)).isIdentity();
}

/// True where a layer in front can end with `op`: a clamp or a factor behind a
/// sum.
static bool belongsToSum(linalg::LinalgOp op) {
  if (op.getNumDpsInputs() != 1)
    return false;
  Value value = op.getDpsInputOperand(0)->get();
  auto producer = value.getDefiningOp<linalg::LinalgOp>();
  return producer && producer.getNumReductionLoops() > 0 &&
         value.hasOneUse() && (matchClamp(op) || matchAffine(op));
}

/// True when all that reads `op` is in the tree and reads each element where it
/// writes one.
bool UnaryTree::canAbsorb(Operation *producer) const {
  auto op = dyn_cast_or_null<linalg::GenericOp>(producer);
  if (!isCandidate(op) || op->getBlock() != root->getBlock() ||
      belongsToSum(op))
    return false;
  return llvm::all_of(op->getUses(), [&](OpOperand &use) {
    auto user = dyn_cast<linalg::GenericOp>(use.getOwner());
    return user && ops.contains(user) && user.isDpsInput(&use) &&
           user.getMatchingIndexingMap(&use).isIdentity();
  });
}

/// The last producer in the block that can be absorbed, or null.
linalg::GenericOp UnaryTree::findNext() const {
  Operation *next = nullptr;
  for (Operation *op : ops)
    for (Value operand : cast<linalg::GenericOp>(op).getDpsInputs()) {
      Operation *producer = operand.getDefiningOp();
      if (producer && !ops.contains(producer) && canAbsorb(producer) &&
          (!next || next->isBeforeInBlock(producer)))
        next = producer;
    }
  return dyn_cast_or_null<linalg::GenericOp>(next);
}

/// The only tensor that the ops read and do not make, if it is read in one way.
OpOperand *UnaryTree::findOnlyInput() const {
  OpOperand *only = nullptr;
  for (Operation *member : ops) {
    auto op = cast<linalg::GenericOp>(member);
    for (OpOperand *operand : op.getDpsInputOperands()) {
      if (ops.contains(operand->get().getDefiningOp()) ||
          getUniformConstant(operand->get()))
        continue;
      if (!only)
        only = operand;
      auto first = cast<linalg::GenericOp>(only->getOwner());
      if (operand->get() != only->get() ||
          op.getMatchingIndexingMap(operand) !=
              first.getMatchingIndexingMap(only))
        return nullptr;
    }
  }
  return only && getElementTypeOrSelf(only->get()).isF32() ? only : nullptr;
}

bool UnaryTree::grow() {
  constexpr size_t maxOps = 64;
  size_t best = 1;
  input = findOnlyInput();
  while (ops.size() < maxOps) {
    linalg::GenericOp next = findNext();
    if (!next)
      break;
    ops.insert(next);
    if (OpOperand *only = findOnlyInput()) {
      input = only;
      best = ops.size();
    }
  }
  while (ops.size() > best)
    ops.pop_back();
  return best > 1;
}

void UnaryTree::fuse() {
  OpBuilder builder(root);
  Value source = input->get();
  AffineMap map = cast<linalg::GenericOp>(input->getOwner())
                      .getMatchingIndexingMap(input);
  AffineMap outputMap = root.getMatchingIndexingMap(root.getDpsInitOperand(0));
  auto fused = linalg::GenericOp::create(
      builder, root.getLoc(), root->getResultTypes(), ValueRange{source},
      root.getDpsInits(), ArrayRef<AffineMap>{map, outputMap},
      root.getIteratorTypesArray(),
      [&](OpBuilder &nested, Location loc, ValueRange arguments) {
        IRMapping elements;
        elements.map(source, arguments[0]);
        Value last;
        for (Operation *member : llvm::reverse(ops)) {
          auto op = cast<linalg::GenericOp>(member);
          IRMapping mapping;
          for (OpOperand *operand : op.getDpsInputOperands()) {
            Value element = elements.lookupOrNull(operand->get());
            if (!element)
              element = arith::ConstantOp::create(
                  nested, loc,
                  createAttribute(*getUniformConstant(operand->get()),
                                  getElementTypeOrSelf(operand->get())));
            mapping.map(op.getMatchingBlockArgument(operand), element);
          }
          for (Operation &inner : op.getBody()->without_terminator())
            nested.clone(inner, mapping);
          last = mapping.lookupOrDefault(
              op.getBody()->getTerminator()->getOperand(0));
          elements.map(op->getResult(0), last);
        }
        linalg::YieldOp::create(nested, loc, last);
      });
  root->replaceAllUsesWith(fused);
  for (Operation *op : ops)
    op->erase();
}

namespace {
struct FuseUnary : public qdot::impl::FuseUnaryBase<FuseUnary> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    populateReshapePatterns(patterns);
    GreedyRewriteConfig config;
    config.setRegionSimplificationLevel(GreedySimplifyRegionLevel::Disabled);
    if (failed(
            applyPatternsGreedily(getOperation(), std::move(patterns), config)))
      return signalPassFailure();
    fuseTrees();
    eraseDeadOps(getOperation());
  }

  void fuseTrees() {
    SmallVector<linalg::GenericOp> roots;
    getOperation().walk([&](linalg::GenericOp op) {
      if (isCandidate(op) && getElementTypeOrSelf(op->getResult(0)).isF32())
        roots.push_back(op);
    });
    // The last op of a tree comes last; what it takes is gone.
    llvm::DenseSet<Operation *> erased;
    for (linalg::GenericOp root : llvm::reverse(roots)) {
      if (erased.contains(root))
        continue;
      UnaryTree tree(root);
      if (!tree.grow())
        continue;
      erased.insert(tree.getOps().begin(), tree.getOps().end());
      tree.fuse();
    }
  }
};
} // namespace
