//===- DropBroadcasts.cpp - Weights instead of copies of them -------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "PrepareUtils.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include "qdot/Analysis/Layers.h"
#include "qdot/Analysis/ScalarAnalysis.h"
#include "qdot/Prepare/Passes.h"

namespace qdot {
#define GEN_PASS_DEF_DROPBROADCASTS
#include "qdot/Prepare/Passes.h.inc"
} // namespace qdot

using namespace mlir;
using namespace qdot;

namespace {
/// Elements of `value`, one index per dimension; null where the index is
/// unknown, as in a dimension that a reshape merged with others.
struct Access {
  Value value;
  SmallVector<AffineExpr> indices;
};
} // namespace

static bool isUnit(Value value, int64_t dim) {
  return cast<RankedTensorType>(value.getType()).getDimSize(dim) == 1;
}

/// The same elements in front of a collapse_shape.
static Access readBefore(tensor::CollapseShapeOp op, const Access &access) {
  Access result{op.getSrc(), {}};
  AffineExpr zero = getAffineConstantExpr(0, op.getContext());
  for (auto [index, group] :
       llvm::zip(access.indices, op.getReassociationIndices())) {
    int64_t large = llvm::count_if(
        group, [&](int64_t dim) { return !isUnit(op.getSrc(), dim); });
    for (int64_t dim : group)
      result.indices.push_back(isUnit(op.getSrc(), dim) && group.size() > 1
                                   ? zero
                               : large <= 1 ? index
                                            : AffineExpr());
  }
  return result;
}

/// The same elements in front of an expand_shape that makes unit dimensions.
static std::optional<Access> readBefore(tensor::ExpandShapeOp op,
                                        const Access &access) {
  Access result{op.getSrc(), {}};
  for (ArrayRef<int64_t> group : op.getReassociationIndices()) {
    SmallVector<int64_t> large;
    llvm::copy_if(group, std::back_inserter(large), [&](int64_t dim) {
      return !isUnit(op.getResult(), dim);
    });
    if (large.size() > 1)
      return std::nullopt;
    result.indices.push_back(
        access.indices[large.empty() ? group.front() : large.front()]);
  }
  return result;
}

/// The same elements in front of an op that copies its only input.
static std::optional<Access> readBefore(linalg::LinalgOp op,
                                        const Access &access) {
  if (op.getNumDpsInputs() != 1 || op.getNumDpsInits() != 1 ||
      !isPointwise(op))
    return std::nullopt;
  auto copied =
      dyn_cast<BlockArgument>(op.getBlock()->getTerminator()->getOperand(0));
  if (!copied || copied.getOwner() != op.getBlock() ||
      copied.getArgNumber() != 0)
    return std::nullopt;
  AffineMap output = op.getMatchingIndexingMap(op.getDpsInitOperand(0));
  Access result{op.getDpsInputs()[0], {}};
  for (AffineExpr expr :
       op.getMatchingIndexingMap(op.getDpsInputOperand(0)).getResults()) {
    if (!isa<AffineConstantExpr>(expr))
      expr = access.indices[*output.getResultPosition(expr)];
    if (!expr)
      return std::nullopt;
    result.indices.push_back(expr);
  }
  return result;
}

static std::optional<Access> readBefore(const Access &access) {
  Operation *op = access.value.getDefiningOp();
  if (auto collapse = dyn_cast_if_present<tensor::CollapseShapeOp>(op))
    return readBefore(collapse, access);
  if (auto expand = dyn_cast_if_present<tensor::ExpandShapeOp>(op))
    return readBefore(expand, access);
  if (auto linalgOp = dyn_cast_if_present<linalg::LinalgOp>(op))
    if (linalgOp.hasPureTensorSemantics())
      return readBefore(linalgOp, access);
  return std::nullopt;
}

/// True for what is computed from constants alone, in a few steps.
static bool isConstant(Value value, unsigned steps = 8) {
  if (isConstantTensor(value) || value.getDefiningOp<tensor::EmptyOp>())
    return true;
  Operation *op = value.getDefiningOp();
  return op && steps &&
         isa<linalg::LinalgOp, tensor::CollapseShapeOp, tensor::ExpandShapeOp,
             tensor::ExtractSliceOp>(op) &&
         llvm::all_of(op->getOperands(), [&](Value operand) {
           return isConstant(operand, steps - 1);
         });
}

/// True when `access` reads from fewer elements than `copies` has.
static bool isSmaller(const Access &access, Value copies) {
  auto type = cast<RankedTensorType>(access.value.getType());
  auto large = cast<RankedTensorType>(copies.getType());
  return type.hasStaticShape() &&
         (!large.hasStaticShape() ||
          type.getNumElements() < large.getNumElements());
}

/// The constant that `operand` of `op` has copies of, and how `op` reads it.
static std::optional<Access> findSource(linalg::LinalgOp op,
                                        OpOperand *operand) {
  std::optional<Access> source;
  std::optional<Access> access = Access{
      operand->get(),
      llvm::to_vector(op.getMatchingIndexingMap(operand).getResults())};
  while ((access = readBefore(*access)))
    if (!llvm::is_contained(access->indices, AffineExpr()) &&
        isSmaller(*access, operand->get()))
      source = access;
  if (!source || !isConstant(source->value))
    return std::nullopt;
  return source;
}

namespace {
struct ReadSource : public OpInterfaceRewritePattern<linalg::LinalgOp> {
  using OpInterfaceRewritePattern::OpInterfaceRewritePattern;

  LogicalResult matchAndRewrite(linalg::LinalgOp op,
                                PatternRewriter &rewriter) const override {
    if (!op.hasPureTensorSemantics() || op->getNumResults() != 1)
      return failure();
    std::optional<Product> product = matchSumOfProducts(op);
    if (!product)
      return failure();
    SmallVector<Value> inputs = op.getDpsInputs();
    SmallVector<AffineMap> maps = op.getIndexingMapsArray();
    bool changed = false;
    for (OpOperand *operand : {product->lhs, product->rhs}) {
      std::optional<Access> source = findSource(op, operand);
      if (!source)
        continue;
      changed = true;
      inputs[operand->getOperandNumber()] = source->value;
      maps[operand->getOperandNumber()] = AffineMap::get(
          op.getNumLoops(), 0, source->indices, op.getContext());
    }
    // Every loop has a bound: one operand at least runs along it.
    if (!changed || !inversePermutation(concatAffineMaps(maps, getContext())))
      return failure();
    auto generic = linalg::GenericOp::create(
        rewriter, op.getLoc(), op->getResultTypes(), inputs, op.getDpsInits(),
        maps, op.getIteratorTypesArray());
    IRMapping mapping;
    op->getRegion(0).cloneInto(&generic.getRegion(), mapping);
    rewriter.replaceOp(op, generic);
    return success();
  }
};

struct DropBroadcasts : public qdot::impl::DropBroadcastsBase<DropBroadcasts> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns.add<ReadSource>(&getContext());
    GreedyRewriteConfig config;
    config.setRegionSimplificationLevel(GreedySimplifyRegionLevel::Disabled);
    config.enableFolding(false);
    if (failed(
            applyPatternsGreedily(getOperation(), std::move(patterns), config)))
      return signalPassFailure();
    eraseDeadOps(getOperation());
  }
};
} // namespace
