//===- SimplifyShapes.cpp - Dims, reshapes and slices that mean nothing ---===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "PrepareUtils.h"
#include "SizeAnalysis.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Tensor/Transforms/Transforms.h"
#include "mlir/Dialect/Utils/ReshapeOpsUtils.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include "qdot/Analysis/ScalarAnalysis.h"
#include "qdot/Dialect/Constants.h"
#include "qdot/Dialect/Qdot.h"
#include "qdot/Prepare/Passes.h"
#include "llvm/ADT/SmallBitVector.h"

namespace qdot {
#define GEN_PASS_DEF_SIMPLIFYSHAPES
#include "qdot/Prepare/Passes.h.inc"
} // namespace qdot

using namespace mlir;
using namespace qdot;

//===----------------------------------------------------------------------===//
// Dropping dims of one tensor
//===----------------------------------------------------------------------===//

/// `type` without the dims in `dropped`.
static RankedTensorType dropDims(RankedTensorType type,
                                 const llvm::SmallBitVector &dropped) {
  SmallVector<int64_t> shape;
  for (auto [dim, size] : llvm::enumerate(type.getShape()))
    if (!dropped.test(dim))
      shape.push_back(size);
  return RankedTensorType::get(shape, type.getElementType());
}

/// Groups that attach each dropped dim to the kept dim before it, or to the
/// first one. No groups when every dim is dropped.
static SmallVector<ReassociationIndices>
createGroups(unsigned rank, const llvm::SmallBitVector &dropped) {
  SmallVector<ReassociationIndices> groups;
  ReassociationIndices leading;
  for (unsigned dim = 0; dim < rank; ++dim) {
    if (dropped.test(dim)) {
      (groups.empty() ? leading : groups.back()).push_back(dim);
      continue;
    }
    groups.push_back(std::move(leading));
    groups.back().push_back(dim);
    leading.clear();
  }
  return groups;
}

/// The same constant with another shape of as many elements. Resources are
/// shared, not copied.
static ElementsAttr reshapeConstant(ElementsAttr value, RankedTensorType type) {
  if (auto dense = dyn_cast<DenseElementsAttr>(value))
    return dense.reshape(type);
  if (auto resource = dyn_cast<DenseResourceElementsAttr>(value))
    return DenseResourceElementsAttr::get(type, resource.getRawHandle());
  return {};
}

/// `value` without the unit dims in `dropped`.
static Value createCollapsed(OpBuilder &builder, Location loc, Value value,
                             const llvm::SmallBitVector &dropped) {
  auto type = cast<RankedTensorType>(value.getType());
  RankedTensorType newType = dropDims(type, dropped);
  ElementsAttr constant;
  if (matchPattern(value, m_Constant(&constant)))
    if (ElementsAttr reshaped = reshapeConstant(constant, newType))
      return arith::ConstantOp::create(builder, value.getLoc(), newType,
                                       reshaped);
  return tensor::CollapseShapeOp::create(builder, loc, newType, value,
                                         createGroups(type.getRank(), dropped));
}

/// The dims of an operand that `map` reads with one of the loops in `loops`.
static llvm::SmallBitVector findDims(AffineMap map,
                                     const llvm::SmallBitVector &loops) {
  llvm::SmallBitVector dims(map.getNumResults());
  for (auto [dim, expr] : llvm::enumerate(map.getResults()))
    if (auto loop = dyn_cast<AffineDimExpr>(expr))
      if (loops.test(loop.getPosition()))
        dims.set(dim);
  return dims;
}

//===----------------------------------------------------------------------===//
// Contractions
//===----------------------------------------------------------------------===//

/// True when the maps are those of linalg.matmul and no operand is converted.
static bool isMatmul(linalg::LinalgOp op, ArrayRef<AffineMap> maps) {
  return llvm::equal(maps, linalg::MatmulOp::getDefaultIndexingMaps(
                               op->getContext())) &&
         llvm::all_equal(llvm::map_range(op->getOperands(), [](Value value) {
           return getElementTypeOrSelf(value);
         }));
}

/// The op with new operands and maps and the iterators of the loops that stay.
static linalg::LinalgOp
createContraction(OpBuilder &builder, linalg::LinalgOp op, ValueRange operands,
                  ArrayRef<AffineMap> maps, const llvm::SmallBitVector &loops) {
  if (isMatmul(op, maps))
    return linalg::MatmulOp::create(
        builder, op.getLoc(), operands.take_front(2), operands.drop_front(2));
  SmallVector<utils::IteratorType> iterators;
  for (auto [loop, kind] : llvm::enumerate(op.getIteratorTypesArray()))
    if (!loops.test(loop))
      iterators.push_back(kind);
  auto generic = linalg::GenericOp::create(
      builder, op.getLoc(), operands.back().getType(), operands.take_front(2),
      operands.drop_front(2), maps, iterators);
  IRMapping mapping;
  op->getRegion(0).cloneInto(&generic.getRegion(), mapping);
  return generic;
}

/// The batch loops of size 1 of a contraction.
static llvm::SmallBitVector findUnitBatch(linalg::LinalgOp op) {
  llvm::SmallBitVector loops(op.getNumLoops());
  FailureOr<linalg::ContractionDimensions> dims =
      linalg::inferContractionDims(op);
  if (failed(dims))
    return loops;
  SmallVector<int64_t> sizes = op.getStaticLoopRanges();
  for (unsigned loop : dims->batch)
    if (sizes[loop] == 1)
      loops.set(loop);
  return loops;
}

namespace {
struct DropUnitBatch : public OpInterfaceRewritePattern<linalg::LinalgOp> {
  using OpInterfaceRewritePattern::OpInterfaceRewritePattern;

  LogicalResult matchAndRewrite(linalg::LinalgOp op,
                                PatternRewriter &rewriter) const override {
    if (!op.hasPureTensorSemantics() || op->getNumResults() != 1 ||
        !linalg::isaContractionOpInterface(op))
      return failure();
    // A reshape behind a dequantize would be of real values.
    if (llvm::any_of(op->getOperands(), [](Value operand) {
          return operand.getDefiningOp<DequantizeOp>() != nullptr;
        }))
      return failure();
    llvm::SmallBitVector loops = findUnitBatch(op);
    if (loops.none())
      return failure();
    SmallVector<Value> operands;
    SmallVector<AffineMap> maps;
    for (OpOperand &operand : op->getOpOperands()) {
      AffineMap map = op.getMatchingIndexingMap(&operand);
      llvm::SmallBitVector dims = findDims(map, loops);
      operands.push_back(
          createCollapsed(rewriter, op.getLoc(), operand.get(), dims));
      maps.push_back(compressDims(map.dropResults(dims), loops));
    }
    linalg::LinalgOp reduced =
        createContraction(rewriter, op, operands, maps, loops);
    AffineMap outputMap = op.getMatchingIndexingMap(op.getDpsInitOperand(0));
    auto type = cast<RankedTensorType>(op->getResult(0).getType());
    rewriter.replaceOpWithNewOp<tensor::ExpandShapeOp>(
        op, type, reduced->getResult(0),
        createGroups(type.getRank(), findDims(outputMap, loops)));
    return success();
  }
};

//===----------------------------------------------------------------------===//
// Operands of elementwise ops
//===----------------------------------------------------------------------===//

/// Drops unit dims of operands that are only there for broadcasting.
struct DropBroadcastDims : public OpRewritePattern<linalg::GenericOp> {
  using OpRewritePattern::OpRewritePattern;

  /// The unit dims of `operand` that mean nothing.
  static llvm::SmallBitVector findDroppable(OpOperand &operand, AffineMap map) {
    auto type = cast<RankedTensorType>(operand.get().getType());
    llvm::SmallBitVector dims(type.getRank());
    bool isConstant = ConstantTensor::isConstant(operand.get());
    auto expand = operand.get().getDefiningOp<tensor::ExpandShapeOp>();
    if (!isConstant && !expand)
      return dims;
    for (int64_t dim = 0; dim < type.getRank(); ++dim)
      if (type.getDimSize(dim) == 1 &&
          (isConstant || isa<AffineConstantExpr>(map.getResult(dim))))
        dims.set(dim);
    if (expand)
      for (const ReassociationIndices &group : expand.getReassociationIndices())
        if (group.size() == 1)
          dims.reset(group.front());
    return dims;
  }

  LogicalResult matchAndRewrite(linalg::GenericOp op,
                                PatternRewriter &rewriter) const override {
    if (!isPointwise(op))
      return failure();
    SmallVector<Value> inputs;
    SmallVector<AffineMap> maps = op.getIndexingMapsArray();
    bool changed = false;
    for (OpOperand *operand : op.getDpsInputOperands()) {
      inputs.push_back(operand->get());
      if (!isa<RankedTensorType>(operand->get().getType()))
        continue;
      AffineMap &map = maps[operand->getOperandNumber()];
      llvm::SmallBitVector dims = findDroppable(*operand, map);
      if (dims.none())
        continue;
      changed = true;
      inputs.back() =
          createCollapsed(rewriter, op.getLoc(), operand->get(), dims);
      map = map.dropResults(dims);
    }
    if (!changed)
      return failure();
    rewriter.modifyOpInPlace(op, [&] {
      op.getInputsMutable().assign(inputs);
      op.setIndexingMapsAttr(rewriter.getAffineMapArrayAttr(maps));
    });
    return success();
  }
};

//===----------------------------------------------------------------------===//
// Reshapes
//===----------------------------------------------------------------------===//

/// Unit dims can belong to either neighbour; this makes one choice.
template <typename ReshapeOp>
struct NormalizeGroups : public OpRewritePattern<ReshapeOp> {
  using OpRewritePattern<ReshapeOp>::OpRewritePattern;

  LogicalResult matchAndRewrite(ReshapeOp op,
                                PatternRewriter &rewriter) const override {
    RankedTensorType source = op.getSrcType(), result = op.getResultType();
    if (!source.hasStaticShape() || !result.hasStaticShape())
      return failure();
    std::optional<SmallVector<ReassociationIndices>> groups =
        getReassociationIndicesForReshape(source, result);
    if (!groups || *groups == op.getReassociationIndices())
      return failure();
    rewriter.replaceOpWithNewOp<ReshapeOp>(op, result, op.getSrc(), *groups);
    return success();
  }
};

/// A reshaped constant is a constant, also when a resource holds it.
template <typename ReshapeOp>
struct FoldReshapeOfConstant : public OpRewritePattern<ReshapeOp> {
  using OpRewritePattern<ReshapeOp>::OpRewritePattern;

  LogicalResult matchAndRewrite(ReshapeOp op,
                                PatternRewriter &rewriter) const override {
    ElementsAttr constant;
    if (!matchPattern(op.getSrc(), m_Constant(&constant)) ||
        !op.getResultType().hasStaticShape())
      return failure();
    ElementsAttr reshaped = reshapeConstant(constant, op.getResultType());
    if (!reshaped)
      return failure();
    rewriter.replaceOpWithNewOp<arith::ConstantOp>(op, op.getResultType(),
                                                   reshaped);
    return success();
  }
};

/// A broadcast makes the dims that an expansion would split: the bias of a
/// grouped convolution. The operand is expanded instead.
struct ExpandBeforeBroadcast : public OpRewritePattern<tensor::ExpandShapeOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(tensor::ExpandShapeOp op,
                                PatternRewriter &rewriter) const override {
    auto broadcast = op.getSrc().getDefiningOp<linalg::BroadcastOp>();
    if (!broadcast || !broadcast.hasPureTensorSemantics())
      return failure();
    SmallVector<int64_t> dimensions;
    SmallVector<ReassociationIndices> groups;
    SmallVector<int64_t> shape;
    for (auto [dim, group] : llvm::enumerate(op.getReassociationIndices())) {
      if (llvm::is_contained(broadcast.getDimensions(), int64_t(dim))) {
        llvm::append_range(dimensions, group);
        continue;
      }
      groups.emplace_back();
      for (int64_t to : group) {
        if (op.getResultType().isDynamicDim(to))
          return failure();
        groups.back().push_back(shape.size());
        shape.push_back(op.getResultType().getDimSize(to));
      }
    }
    Location loc = op.getLoc();
    Value operand = broadcast.getInput();
    auto type = cast<RankedTensorType>(operand.getType()).clone(shape);
    if (type != operand.getType())
      operand = tensor::ExpandShapeOp::create(rewriter, loc, type, operand,
                                              groups);
    Value empty = tensor::EmptyOp::create(rewriter, loc,
                                          op.getMixedOutputShape(),
                                          type.getElementType());
    rewriter.replaceOpWithNewOp<linalg::BroadcastOp>(op, operand, empty,
                                                     dimensions);
    return success();
  }
};

//===----------------------------------------------------------------------===//
// Slices
//===----------------------------------------------------------------------===//

/// Reads from the source of a slice that only cuts off elements that the op
/// does not read: TOSA's strided convolutions cut their input to size.
struct DropTailSlice : public OpInterfaceRewritePattern<linalg::LinalgOp> {
  using OpInterfaceRewritePattern::OpInterfaceRewritePattern;

  /// True when `slice` starts at 0, keeps the rank, and keeps whole each dim
  /// that `map` indexes by a single loop (its size is the loop's).
  static bool isTail(tensor::ExtractSliceOp slice, AffineMap map) {
    if (!slice.hasUnitStride() || !slice.hasZeroOffset() ||
        slice.getSourceType().getRank() != slice.getType().getRank())
      return false;
    for (auto [dim, expr] : llvm::enumerate(map.getResults())) {
      bool isWindow = isa<AffineBinaryOpExpr>(expr) &&
                      !slice.getSourceType().isDynamicDim(dim) &&
                      !slice.getType().isDynamicDim(dim);
      if (!isWindow &&
          !(getSizeOfDim(slice.getSource(), dim) == getSizeOfDim(slice, dim)))
        return false;
    }
    return true;
  }

  LogicalResult matchAndRewrite(linalg::LinalgOp op,
                                PatternRewriter &rewriter) const override {
    if (!op.hasPureTensorSemantics())
      return failure();
    for (OpOperand *operand : op.getDpsInputOperands()) {
      auto slice = operand->get().getDefiningOp<tensor::ExtractSliceOp>();
      if (!slice || !isTail(slice, op.getMatchingIndexingMap(operand)))
        continue;
      rewriter.modifyOpInPlace(op, [&] { operand->set(slice.getSource()); });
      return success();
    }
    return failure();
  }
};

struct SimplifyShapes : public qdot::impl::SimplifyShapesBase<SimplifyShapes> {
  void runOnOperation() override {
    if (failed(checkInput(getOperation())))
      return signalPassFailure();
    MLIRContext *context = &getContext();
    RewritePatternSet patterns(context);
    patterns.add<DropUnitBatch, DropBroadcastDims, DropTailSlice,
                 ExpandBeforeBroadcast,
                 FoldReshapeOfConstant<tensor::CollapseShapeOp>,
                 FoldReshapeOfConstant<tensor::ExpandShapeOp>,
                 NormalizeGroups<tensor::CollapseShapeOp>,
                 NormalizeGroups<tensor::ExpandShapeOp>>(context);
    populateReshapePatterns(patterns);
    linalg::populateSimplifyDepthwiseConvPatterns(patterns);
    tensor::populateReassociativeReshapeFoldingPatterns(patterns);
    tensor::CollapseShapeOp::getCanonicalizationPatterns(patterns, context);
    tensor::ExpandShapeOp::getCanonicalizationPatterns(patterns, context);
    tensor::populateFoldTensorEmptyPatterns(patterns);
    // Fills and empty tensors change shape instead of being reshaped.
    linalg::FillOp::getCanonicalizationPatterns(patterns, context);
    GreedyRewriteConfig config;
    config.setRegionSimplificationLevel(GreedySimplifyRegionLevel::Disabled);
    if (failed(
            applyPatternsGreedily(getOperation(), std::move(patterns), config)))
      return signalPassFailure();
    eraseDeadOps(getOperation());
  }
};
} // namespace
