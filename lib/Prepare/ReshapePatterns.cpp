//===- ReshapePatterns.cpp - What is done in front of reshapes ------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "MoveConstants.h"
#include "PrepareUtils.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/PatternMatch.h"
#include "qdot/Analysis/ScalarAnalysis.h"
#include "qdot/Dialect/Qdot.h"

using namespace mlir;
using namespace qdot;

namespace {
/// A constant is reshaped before it is dequantized.
template <typename ReshapeOp>
struct ReshapeBeforeDequantize : public OpRewritePattern<ReshapeOp> {
  using OpRewritePattern<ReshapeOp>::OpRewritePattern;

  LogicalResult matchAndRewrite(ReshapeOp op,
                                PatternRewriter &rewriter) const override {
    Value moved = foldQuantizedMove(op);
    if (!moved)
      return failure();
    rewriter.replaceOp(op, moved);
    return success();
  }
};

/// A clamp, or a factor and an offset that are the same everywhere, of a
/// reshaped sum comes before the reshape: there it is a part of the sum's layer.
template <typename ReshapeOp>
struct ClampBeforeReshape : public OpRewritePattern<linalg::GenericOp> {
  using OpRewritePattern::OpRewritePattern;

  /// True when `value` is made by sums, of products or not, for one reader.
  static bool isSum(Value value) {
    auto producer = value.getDefiningOp<linalg::LinalgOp>();
    return producer && value.hasOneUse() &&
           producer.getNumReductionLoops() > 0 &&
           producer->getBlock() == value.getParentBlock();
  }

  /// True for a function of `operand`, read once, and of numbers that a layer
  /// can end with.
  static bool endsLayer(linalg::GenericOp op, OpOperand &operand) {
    for (OpOperand *input : op.getDpsInputOperands())
      if (input != &operand && !getUniformConstant(input->get()))
        return false;
    if (std::optional<Clamp> clamp = matchClamp(op))
      return clamp->input == operand.get();
    std::optional<Affine> affine = matchAffine(op);
    return affine && affine->input == operand.get() && affine->dims.empty();
  }

  LogicalResult matchAndRewrite(linalg::GenericOp op,
                                PatternRewriter &rewriter) const override {
    if (!isPointwise(op) || op->hasAttr(keepFloatAttrName) ||
        !op.getMatchingIndexingMap(op.getDpsInitOperand(0)).isIdentity())
      return failure();
    for (OpOperand *operand : op.getDpsInputOperands()) {
      auto reshape = operand->get().getDefiningOp<ReshapeOp>();
      if (!reshape || !reshape->hasOneUse() || !isSum(reshape.getSrc()) ||
          reshape.getType() != op->getResult(0).getType() ||
          !op.getMatchingIndexingMap(operand).isIdentity() ||
          !endsLayer(op, *operand))
        continue;
      Value source = reshape.getSrc();
      rewriter.replaceOp(op, reshapeLike(rewriter, reshape,
                                         applyTo(rewriter, op, *operand,
                                                 source)));
      return success();
    }
    return failure();
  }

private:
  /// `op` on `source` in place of `operand`; all others are numbers.
  static Value applyTo(PatternRewriter &rewriter, linalg::GenericOp op,
                       OpOperand &operand, Value source) {
    SmallVector<Value> inputs;
    SmallVector<AffineMap> maps;
    auto type = cast<RankedTensorType>(source.getType());
    int64_t rank = type.getRank();
    for (OpOperand *input : op.getDpsInputOperands()) {
      if (input == &operand) {
        inputs.push_back(source);
        maps.push_back(rewriter.getMultiDimIdentityMap(rank));
        continue;
      }
      inputs.push_back(arith::ConstantOp::create(
          rewriter, op.getLoc(),
          createAttribute(*getUniformConstant(input->get()),
                          getElementTypeOrSelf(input->get()))));
      maps.push_back(AffineMap::get(rank, 0, rewriter.getContext()));
    }
    maps.push_back(rewriter.getMultiDimIdentityMap(rank));
    Value empty = tensor::EmptyOp::create(
        rewriter, op.getLoc(),
        tensor::getMixedSizes(rewriter, op.getLoc(), source),
        type.getElementType());
    SmallVector<utils::IteratorType> kinds(rank,
                                           utils::IteratorType::parallel);
    auto applied = linalg::GenericOp::create(rewriter, op.getLoc(), type,
                                             inputs, empty, maps, kinds);
    rewriter.cloneRegionBefore(op.getRegion(), applied.getRegion(),
                               applied.getRegion().end());
    return applied.getResult(0);
  }

  static Value reshapeLike(PatternRewriter &rewriter,
                           tensor::CollapseShapeOp reshape, Value value) {
    return tensor::CollapseShapeOp::create(rewriter, reshape.getLoc(),
                                           reshape.getType(), value,
                                           reshape.getReassociationIndices());
  }
  static Value reshapeLike(PatternRewriter &rewriter,
                           tensor::ExpandShapeOp reshape, Value value) {
    return tensor::ExpandShapeOp::create(
        rewriter, reshape.getLoc(), reshape.getType(), value,
        reshape.getReassociationIndices(), reshape.getMixedOutputShape());
  }
};
} // namespace

void qdot::populateReshapePatterns(RewritePatternSet &patterns) {
  patterns.add<ReshapeBeforeDequantize<tensor::CollapseShapeOp>,
               ReshapeBeforeDequantize<tensor::ExpandShapeOp>,
               ClampBeforeReshape<tensor::CollapseShapeOp>,
               ClampBeforeReshape<tensor::ExpandShapeOp>>(
      patterns.getContext());
}
