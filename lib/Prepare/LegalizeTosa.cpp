//===- LegalizeTosa.cpp - TOSA that upstream converts rightly -------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Sources: TOSA specification, RESIZE and DEPTHWISE_CONV2D. What goes wrong in
// MLIR 22: TosaToLinalg.cpp, getIndexAndDeltaInt divides with truncation;
// TosaDecomposeDepthwise.cpp pads an i32 tensor with the i8 zero point.
//
//===----------------------------------------------------------------------===//

#include "TransposedConvolution.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Quant/IR/Quant.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Tosa/IR/TosaOps.h"
#include "mlir/Dialect/Tosa/Utils/ConversionUtils.h"
#include "qdot/Dialect/Qdot.h"
#include "qdot/Prepare/Passes.h"

namespace qdot {
#define GEN_PASS_DEF_LEGALIZETOSA
#include "qdot/Prepare/Passes.h.inc"
} // namespace qdot

using namespace mlir;
using namespace qdot;

static bool isIntegerTensor(Value value) {
  return getElementTypeOrSelf(value.getType()).isInteger();
}

//===----------------------------------------------------------------------===//
// Resize
//===----------------------------------------------------------------------===//

/// `input` with its first row of dimension `dim` twice.
static Value repeatFirst(OpBuilder &builder, Location loc, Value input,
                         int64_t dim) {
  auto type = cast<RankedTensorType>(input.getType());
  SmallVector<OpFoldResult> offsets(type.getRank(), builder.getIndexAttr(0));
  SmallVector<OpFoldResult> strides(type.getRank(), builder.getIndexAttr(1));
  SmallVector<OpFoldResult> sizes =
      tensor::getMixedSizes(builder, loc, input);
  sizes[dim] = builder.getIndexAttr(1);
  Value first = tensor::ExtractSliceOp::create(builder, loc, input, offsets,
                                               sizes, strides);
  return tensor::ConcatOp::create(builder, loc, dim,
                                  ValueRange{first, input});
}

static Value createShape(OpBuilder &builder, Location loc,
                         ArrayRef<int64_t> values) {
  ImplicitLocOpBuilder b(loc, builder);
  return tosa::getTosaConstShape(b, values);
}

/// Starts a bilinear resize of integers at or behind the first row and column:
/// position p of the input is p + 1 when the first row stands twice, and in
/// front of it the result is the first row, either way.
static void moveToPositions(tosa::ResizeOp op) {
  auto type = dyn_cast<RankedTensorType>(op.getInput().getType());
  if (!type || !isIntegerTensor(op.getInput()) ||
      op.getMode() != tosa::ResizeMode::BILINEAR)
    return;
  SmallVector<int64_t> scale, offset;
  if (!tosa::getConstShapeValues(op.getScale().getDefiningOp(), scale) ||
      !tosa::getConstShapeValues(op.getOffset().getDefiningOp(), offset))
    return;
  OpBuilder builder(op);
  Value input = op.getInput();
  for (int64_t i : {0, 1}) {
    // A single row is the result everywhere.
    if (offset[i] >= 0 || type.isDynamicDim(i + 1) ||
        type.getDimSize(i + 1) == 1)
      continue;
    input = repeatFirst(builder, op.getLoc(), input, i + 1);
    offset[i] += scale[2 * i];
  }
  if (input == op.getInput())
    return;
  op.getInputMutable().assign(input);
  op.getOffsetMutable().assign(createShape(builder, op.getLoc(), offset));
}

//===----------------------------------------------------------------------===//
// Depthwise convolution
//===----------------------------------------------------------------------===//

/// Pads the integers of a 1x1 depthwise convolution with their zero point, in
/// front of it.
static void padBefore(tosa::DepthwiseConv2DOp op) {
  auto type = dyn_cast<RankedTensorType>(op.getInput().getType());
  auto weight = dyn_cast<RankedTensorType>(op.getWeight().getType());
  ArrayRef<int64_t> pad = op.getPad();
  if (!type || !weight || !isIntegerTensor(op.getInput()) ||
      weight.getDimSize(0) != 1 || weight.getDimSize(1) != 1 ||
      llvm::all_of(pad, [](int64_t size) { return size == 0; }))
    return;
  SmallVector<int64_t> shape(type.getShape());
  for (int64_t i : {0, 1})
    if (!type.isDynamicDim(i + 1))
      shape[i + 1] += pad[2 * i] + pad[2 * i + 1];
  OpBuilder builder(op);
  Value padding = createShape(builder, op.getLoc(),
                              {0, 0, pad[0], pad[1], pad[2], pad[3], 0, 0});
  Value padded = tosa::PadOp::create(builder, op.getLoc(), type.clone(shape),
                                     op.getInput(), padding, op.getInputZp());
  op.getInputMutable().assign(padded);
  op.setPad({0, 0, 0, 0});
}

//===----------------------------------------------------------------------===//
// Sums
//===----------------------------------------------------------------------===//

/// The shape of `type` with the dims from `first` to `last` joined to one of
/// `size`.
static SmallVector<int64_t> joinDims(RankedTensorType type, int64_t first,
                                     int64_t last, int64_t size) {
  SmallVector<int64_t> shape(type.getShape());
  shape[first] = size;
  shape.erase(shape.begin() + first + 1, shape.begin() + last + 1);
  return shape;
}

static Value createReshape(OpBuilder &builder, Location loc, Value value,
                           ArrayRef<int64_t> shape) {
  SmallVector<int64_t> sizes(shape);
  for (int64_t &size : sizes)
    size = ShapedType::isDynamic(size) ? -1 : size;
  return tosa::ReshapeOp::create(
      builder, loc, cast<RankedTensorType>(value.getType()).clone(shape), value,
      createShape(builder, loc, sizes));
}

namespace {
/// A chain of sums, one dimension each.
struct SumChain {
  SmallVector<tosa::ReduceSumOp> ops; ///< last one first
  RankedTensorType type;              ///< of the input of the first
  int64_t first, last;                ///< dims

  bool sums(int64_t dim) {
    return llvm::any_of(ops, [&](tosa::ReduceSumOp op) {
      return int64_t(op.getAxis()) == dim;
    });
  }
};
} // namespace

/// The longest chain that ends with `op`; nothing when it is part of a longer
/// one, or alone.
static std::optional<SumChain> matchSumChain(tosa::ReduceSumOp op) {
  if (op->hasOneUse() && isa<tosa::ReduceSumOp>(*op->user_begin()))
    return std::nullopt;
  SumChain chain;
  while (op && (chain.ops.empty() || op->hasOneUse())) {
    chain.ops.push_back(op);
    op = op.getInput().getDefiningOp<tosa::ReduceSumOp>();
  }
  chain.type =
      dyn_cast<RankedTensorType>(chain.ops.back().getInput().getType());
  if (chain.ops.size() < 2 || !chain.type)
    return std::nullopt;
  chain.first = chain.type.getRank(), chain.last = 0;
  for (tosa::ReduceSumOp sum : chain.ops) {
    chain.first = std::min<int64_t>(chain.first, sum.getAxis());
    chain.last = std::max<int64_t>(chain.last, sum.getAxis());
  }
  return chain;
}

/// Adds up neighbouring dimensions at once: a mean over height and width is one
/// sum. They are static, and at most one other dimension is not.
static void joinSums(tosa::ReduceSumOp op) {
  std::optional<SumChain> chain = matchSumChain(op);
  auto result = dyn_cast<RankedTensorType>(op.getType());
  if (!chain || !result || chain->type.getNumDynamicDims() > 1)
    return;
  int64_t size = 1;
  for (int64_t dim = chain->first; dim <= chain->last; ++dim) {
    int64_t part = chain->type.getDimSize(dim);
    if (ShapedType::isDynamic(part) || (part != 1 && !chain->sums(dim)))
      return;
    size *= part;
  }
  OpBuilder builder(op);
  Location loc = op.getLoc();
  SmallVector<int64_t> shape =
      joinDims(chain->type, chain->first, chain->last, size);
  Value joined =
      createReshape(builder, loc, chain->ops.back().getInput(), shape);
  shape[chain->first] = 1;
  Value sum = tosa::ReduceSumOp::create(
      builder, loc, chain->type.clone(shape), joined,
      builder.getI32IntegerAttr(chain->first));
  op.replaceAllUsesWith(createReshape(builder, loc, sum, result.getShape()));
  for (tosa::ReduceSumOp sum : chain->ops)
    sum.erase();
}

namespace {
struct LegalizeTosa : public qdot::impl::LegalizeTosaBase<LegalizeTosa> {
  void runOnOperation() override {
    if (failed(checkRanks()))
      return signalPassFailure();
    getOperation().walk(moveToPositions);
    getOperation().walk(padBefore);
    SmallVector<tosa::ReduceSumOp> ends;
    getOperation().walk([&](tosa::ReduceSumOp op) {
      if (matchSumChain(op))
        ends.push_back(op);
    });
    for (tosa::ReduceSumOp op : ends)
      joinSums(op);
    getOperation().walk(splitPhases);
  }

  /// Upstream's conversion relies on the ranks of arguments; those of results
  /// it infers from them.
  LogicalResult checkRanks() {
    WalkResult result = getOperation().walk([](Operation *op) {
      if (!isa_and_present<tosa::TosaDialect>(op->getDialect()))
        return WalkResult::advance();
      for (Value operand : op->getOperands())
        if (isa<BlockArgument>(operand) &&
            isa<UnrankedTensorType>(operand.getType()))
          return WalkResult(op->emitError() << "expected a ranked tensor, got "
                                            << operand.getType());
      return WalkResult::advance();
    });
    return failure(result.wasInterrupted());
  }
};
} // namespace
