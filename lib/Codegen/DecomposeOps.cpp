//===- DecomposeOps.cpp - Ops that bufferization does not know ------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Bufferization/IR/BufferizableOpInterface.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Tensor/Transforms/Transforms.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/Transforms/WalkPatternRewriteDriver.h"
#include "qdot/Codegen/Passes.h"

namespace qdot {
#define GEN_PASS_DEF_DECOMPOSEOPS
#include "qdot/Codegen/Passes.h.inc"
} // namespace qdot

using namespace mlir;

namespace {
/// linalg.softmax and its like say themselves what they consist of.
struct DecomposeAggregate
    : public OpInterfaceRewritePattern<linalg::AggregatedOpInterface> {
  using OpInterfaceRewritePattern::OpInterfaceRewritePattern;

  LogicalResult matchAndRewrite(linalg::AggregatedOpInterface op,
                                PatternRewriter &rewriter) const override {
    FailureOr<SmallVector<Value>> values = op.decomposeOperation(rewriter);
    if (failed(values))
      return failure();
    rewriter.replaceOp(op, *values);
    return success();
  }
};

/// tensor.gather as an elementwise op that extracts from its captured operands.
struct DecomposeGather : public OpRewritePattern<tensor::GatherOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(tensor::GatherOp op,
                                PatternRewriter &rewriter) const override {
    RankedTensorType type = op.getResultType();
    AffineMap map = rewriter.getMultiDimIdentityMap(type.getRank());
    SmallVector<utils::IteratorType> iterators(type.getRank(),
                                               utils::IteratorType::parallel);
    Value init = tensor::EmptyOp::create(
        rewriter, op.getLoc(), getSizes(op, rewriter), type.getElementType());
    rewriter.replaceOpWithNewOp<linalg::GenericOp>(
        op, type, ValueRange(), init, map, iterators,
        [&](OpBuilder &builder, Location loc, ValueRange) {
          Value element = tensor::ExtractOp::create(
              builder, loc, op.getSource(), getCoordinates(op, builder));
          linalg::YieldOp::create(builder, loc, element);
        });
    return success();
  }

private:
  static int64_t getBatchRank(tensor::GatherOp op) {
    return op.getIndicesType().getRank() - 1;
  }

  /// The result's dimension for each one of the source; -1 for those that are
  /// gathered. They are dropped from the result, or have size 1 there.
  static SmallVector<int64_t> getSourceDims(tensor::GatherOp op) {
    int64_t batchRank = getBatchRank(op);
    int64_t sourceRank = op.getSourceType().getRank();
    bool keepsRank = op.getResultType().getRank() == batchRank + sourceRank;
    SmallVector<int64_t> dims;
    int64_t next = batchRank;
    for (int64_t dim = 0; dim < sourceRank; ++dim) {
      bool isGathered = llvm::is_contained(op.getGatherDims(), dim);
      dims.push_back(isGathered ? -1 : next);
      next += !isGathered || keepsRank;
    }
    return dims;
  }

  static SmallVector<OpFoldResult> getSizes(tensor::GatherOp op,
                                            OpBuilder &builder) {
    SmallVector<OpFoldResult> sizes(op.getResultType().getRank(),
                                    builder.getIndexAttr(1));
    Location loc = op.getLoc();
    for (int64_t dim = 0; dim < getBatchRank(op); ++dim)
      sizes[dim] = tensor::getMixedSize(builder, loc, op.getIndices(), dim);
    for (auto [dim, at] : llvm::enumerate(getSourceDims(op)))
      if (at >= 0)
        sizes[at] = tensor::getMixedSize(builder, loc, op.getSource(), dim);
    return sizes;
  }

  /// The place in the source of the element of the current iteration.
  static SmallVector<Value> getCoordinates(tensor::GatherOp op,
                                           OpBuilder &builder) {
    Location loc = op.getLoc();
    SmallVector<Value> place;
    for (int64_t dim = 0; dim <= getBatchRank(op); ++dim)
      place.push_back(dim < getBatchRank(op)
                          ? linalg::IndexOp::create(builder, loc, dim)
                          : Value());
    SmallVector<Value> coordinates;
    for (auto [dim, at] : llvm::enumerate(getSourceDims(op))) {
      if (at >= 0) {
        coordinates.push_back(linalg::IndexOp::create(builder, loc, at));
        continue;
      }
      int64_t column = llvm::find(op.getGatherDims(), int64_t(dim)) -
                       op.getGatherDims().begin();
      place.back() = arith::ConstantIndexOp::create(builder, loc, column);
      Value index =
          tensor::ExtractOp::create(builder, loc, op.getIndices(), place);
      coordinates.push_back(
          index.getType().isIndex()
              ? index
              : arith::IndexCastOp::create(builder, loc, builder.getIndexType(),
                                           index));
    }
    return coordinates;
  }
};

/// A large tensor.pad as an insertion between filled borders: filling the
/// inside too would write it twice. Small ones are left to upstream's pattern,
/// which fills all in one block.
struct DecomposeLargePad : public OpRewritePattern<tensor::PadOp> {
  explicit DecomposeLargePad(MLIRContext *context)
      : OpRewritePattern(context, /*benefit=*/2) {}

  LogicalResult matchAndRewrite(tensor::PadOp op,
                                PatternRewriter &rewriter) const override {
    constexpr int64_t leastBytes = 32 * 1024;
    RankedTensorType type = op.getResultType();
    Value fill = op.getConstantPaddingValue();
    if (!fill || !type.hasStaticShape() ||
        !op.getSourceType().hasStaticShape() ||
        !type.getElementType().isIntOrFloat() ||
        llvm::divideCeil(op.getSourceType().getNumElements() *
                             type.getElementTypeBitWidth(),
                         8) < leastBytes)
      return failure();
    ArrayRef<int64_t> low = op.getStaticLow(),
                      inside = op.getSourceType().getShape();
    // The constant may be inside of the pad's body.
    if (fill.getParentBlock() == op.getBody())
      rewriter.moveOpBefore(fill.getDefiningOp(), op);
    // Slabs of the first dimensions are whole; those of later ones lie between.
    SmallVector<int64_t> offsets(type.getRank(), 0), sizes(type.getShape());
    Value result = tensor::EmptyOp::create(rewriter, op.getLoc(), sizes,
                                           type.getElementType());
    for (int64_t dim = 0; dim < type.getRank(); ++dim) {
      int64_t high = type.getDimSize(dim) - low[dim] - inside[dim];
      for (auto [offset, size] : {std::pair(int64_t(0), low[dim]),
                                  std::pair(low[dim] + inside[dim], high)}) {
        offsets[dim] = offset;
        sizes[dim] = size;
        if (size > 0)
          result =
              fillSlab(rewriter, op.getLoc(), fill, result, offsets, sizes);
      }
      offsets[dim] = low[dim];
      sizes[dim] = inside[dim];
    }
    auto toAttributes = [&](ArrayRef<int64_t> values) {
      return getAsIndexOpFoldResult(rewriter.getContext(), values);
    };
    rewriter.replaceOpWithNewOp<tensor::InsertSliceOp>(
        op, op.getSource(), result, toAttributes(offsets), toAttributes(sizes),
        SmallVector<OpFoldResult>(type.getRank(), rewriter.getIndexAttr(1)));
    return success();
  }

private:
  static Value fillSlab(OpBuilder &builder, Location loc, Value fill,
                        Value tensor, ArrayRef<int64_t> offsets,
                        ArrayRef<int64_t> sizes) {
    MLIRContext *context = builder.getContext();
    SmallVector<OpFoldResult> at = getAsIndexOpFoldResult(context, offsets),
                              extent = getAsIndexOpFoldResult(context, sizes),
                              steps(at.size(), builder.getIndexAttr(1));
    Value slab =
        tensor::ExtractSliceOp::create(builder, loc, tensor, at, extent, steps);
    slab = linalg::FillOp::create(builder, loc, fill, slab).getResult(0);
    return tensor::InsertSliceOp::create(builder, loc, slab, tensor, at, extent,
                                         steps);
  }
};

/// True for tensors as operands or results.
bool isOnTensors(Operation *op) {
  auto isTensor = [](Type type) { return isa<TensorType>(type); };
  return llvm::any_of(op->getOperandTypes(), isTensor) ||
         llvm::any_of(op->getResultTypes(), isTensor);
}

struct DecomposeOps : public qdot::impl::DecomposeOpsBase<DecomposeOps> {
  using DecomposeOpsBase::DecomposeOpsBase;

  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns.add<DecomposeAggregate, DecomposeGather, DecomposeLargePad>(
        &getContext());
    tensor::populateDecomposeTensorConcatPatterns(patterns);
    linalg::populateElementwiseToLinalgConversionPatterns(patterns);
    linalg::populateDecomposePackUnpackPatterns(patterns);
    linalg::populateDecomposePadPatterns(patterns);
    walkAndApplyPatterns(getOperation(), std::move(patterns));
    if (partial)
      return;
    WalkResult result = getOperation().walk([](Operation *op) -> WalkResult {
      if (!isOnTensors(op) || op->hasTrait<OpTrait::ConstantLike>() ||
          isa<bufferization::BufferizableOpInterface>(op))
        return WalkResult::advance();
      return op->emitOpError("on tensors cannot be lowered to loops");
    });
    if (result.wasInterrupted())
      signalPassFailure();
  }
};
} // namespace
