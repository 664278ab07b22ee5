//===- MoveConstants.cpp - Constants whose elements are moved -------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "MoveConstants.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Quant/IR/Quant.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/IndexingUtils.h"
#include "mlir/IR/Matchers.h"
#include "qdot/Analysis/IntegerContraction.h"
#include "qdot/Analysis/StructuralBody.h"
#include "qdot/Dialect/Constants.h"
#include "qdot/Dialect/Qdot.h"
#include "qdot/Dialect/QuantizedType.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace qdot;

RankedTensorType qdot::getStaticType(Operation *op) {
  if (op->getNumResults() != 1)
    return {};
  auto type = dyn_cast<RankedTensorType>(op->getResult(0).getType());
  return type && type.hasStaticShape() ? type : RankedTensorType();
}

//===----------------------------------------------------------------------===//
// Gathers
//===----------------------------------------------------------------------===//

/// Calls `visit` with the source of each element of a result of `shape`, in
/// row-major order, and its position.
static void
forEachSource(ArrayRef<int64_t> shape, const Gather &gather,
              function_ref<void(int64_t, ArrayRef<int64_t>)> visit) {
  SmallVector<int64_t> index(shape.size(), 0);
  int64_t offset = gather.base;
  for (int64_t i = 0, e = computeProduct(shape); i < e; ++i) {
    visit(offset, index);
    for (unsigned dim = shape.size(); dim-- > 0;) {
      offset += gather.strides[dim];
      if (++index[dim] < shape[dim])
        break;
      offset -= gather.strides[dim] * shape[dim];
      index[dim] = 0;
    }
  }
}

/// Copies elements bit by bit into a tensor of `type`.
static DenseElementsAttr gatherElements(const ConstantTensor &source,
                                        RankedTensorType type,
                                        const Gather &gather) {
  SmallVector<char> bytes;
  bytes.reserve(type.getNumElements() * source.getElementSize());
  forEachSource(type.getShape(), gather, [&](int64_t from, ArrayRef<int64_t>) {
    llvm::append_range(bytes, source.getBytes(from));
  });
  return createElements(type, bytes);
}

/// A reshape keeps the row-major order.
static Gather createReshape(RankedTensorType type) {
  return {0, computeStrides(type.getShape())};
}

/// A slice, unless offsets, sizes or strides are dynamic.
static std::optional<Gather> createSlice(tensor::ExtractSliceOp slice) {
  if (!slice.getOffsets().empty() || !slice.getSizes().empty() ||
      !slice.getStrides().empty())
    return std::nullopt;
  SmallVector<int64_t> sourceStrides =
      computeStrides(slice.getSourceType().getShape());
  llvm::SmallBitVector dropped = slice.getDroppedDims();
  Gather gather;
  for (auto [dim, stride] : llvm::enumerate(sourceStrides)) {
    gather.base += slice.getStaticOffsets()[dim] * stride;
    if (!dropped.test(dim))
      gather.strides.push_back(slice.getStaticStrides()[dim] * stride);
  }
  return gather;
}

/// The value of `expr` where all loops are 0; nothing when it is no sum of
/// multiples of loops.
static std::optional<int64_t> getOffset(AffineExpr expr, unsigned loops) {
  for (unsigned loop = 0; loop < loops; ++loop)
    if (!getCoefficient(expr, loop))
      return std::nullopt;
  SmallVector<AffineExpr> zeros(
      loops, getAffineConstantExpr(0, expr.getContext()));
  auto offset = dyn_cast<AffineConstantExpr>(expr.replaceDims(zeros));
  return offset ? std::optional(offset.getValue()) : std::nullopt;
}

std::optional<Gather> qdot::createOperandGather(linalg::LinalgOp op,
                                                OpOperand &operand) {
  AffineMap outputMap = op.getMatchingIndexingMap(op.getDpsInitOperand(0));
  AffineMap map = op.getMatchingIndexingMap(&operand);
  auto type = cast<RankedTensorType>(operand.get().getType());
  Gather gather;
  gather.strides.assign(outputMap.getNumResults(), 0);
  for (auto [expr, stride] :
       llvm::zip_equal(map.getResults(), computeStrides(type.getShape()))) {
    std::optional<int64_t> offset = getOffset(expr, op.getNumLoops());
    if (!offset)
      return std::nullopt;
    gather.base += *offset * stride;
    for (auto [dim, loop] : llvm::enumerate(outputMap.getResults()))
      gather.strides[dim] +=
          *getCoefficient(expr, cast<AffineDimExpr>(loop).getPosition()) *
          stride;
  }
  return gather;
}

OpOperand *qdot::getCopiedOperand(linalg::LinalgOp op) {
  Value yielded = op.getBlock()->getTerminator()->getOperand(0);
  auto argument = dyn_cast<BlockArgument>(yielded);
  if (!argument || argument.getOwner() != op.getBlock())
    return nullptr;
  return &op->getOpOperand(argument.getArgNumber());
}

bool qdot::isSmallEnough(RankedTensorType type, unsigned elementSize,
                         int64_t read, int64_t growth) {
  int64_t size;
  return !llvm::MulOverflow(type.getNumElements(), int64_t(elementSize),
                            size) &&
         size - read <= growth;
}

/// What an elementwise op copies, if it does nothing else.
static std::optional<Move> matchCopy(linalg::LinalgOp op) {
  if (op.getNumDpsInits() != 1 || !op.hasPureTensorSemantics() ||
      !isAllParallel(op) ||
      !op.getMatchingIndexingMap(op.getDpsInitOperand(0)).isPermutation())
    return std::nullopt;
  OpOperand *copied = getCopiedOperand(op);
  auto type = copied && op.isDpsInput(copied)
                  ? dyn_cast<RankedTensorType>(copied->get().getType())
                  : RankedTensorType();
  if (!type || !type.hasStaticShape())
    return std::nullopt;
  std::optional<Gather> gather = createOperandGather(op, *copied);
  return gather ? std::optional(Move{copied->get(), *gather}) : std::nullopt;
}

std::optional<Move> qdot::matchMove(Operation *op, RankedTensorType type) {
  if (isa<tensor::CollapseShapeOp, tensor::ExpandShapeOp>(op))
    return Move{op->getOperand(0), createReshape(type)};
  if (auto slice = dyn_cast<tensor::ExtractSliceOp>(op)) {
    std::optional<Gather> gather = createSlice(slice);
    return gather ? std::optional(Move{slice.getSource(), *gather})
                  : std::nullopt;
  }
  auto linalgOp = dyn_cast<linalg::LinalgOp>(op);
  return linalgOp ? matchCopy(linalgOp) : std::nullopt;
}

DenseElementsAttr qdot::foldMove(RankedTensorType type, Value source,
                                 const Gather &gather, int64_t growth) {
  FailureOr<ConstantTensor> constant = ConstantTensor::get(source);
  if (failed(constant) ||
      constant->getType().getElementType() != type.getElementType() ||
      !isSmallEnough(type, constant->getElementSize(),
                     constant->getNumElements() * constant->getElementSize(),
                     growth))
    return {};
  return gatherElements(*constant, type, gather);
}

//===----------------------------------------------------------------------===//
// Quantized constants
//===----------------------------------------------------------------------===//

namespace {
/// Which channel of a quantized source each element of its moved form has.
class ChannelMap {
public:
  ChannelMap(RankedTensorType source, const QuantizedView &view,
             ArrayRef<int64_t> shape, const Gather &gather)
      : view(view), shape(shape), gather(gather),
        sourceStrides(computeStrides(source.getShape())),
        channelStrides(computeStrides(view.shape)) {}

  /// The dims of the result along which the channel varies, ascending.
  SmallVector<int64_t> findAxes() const;
  /// The channels along `axes` alone, row-major; nothing when other dims matter
  /// as well.
  SmallVector<int64_t> getChannels(ArrayRef<int64_t> axes) const;

private:
  int64_t getChannel(int64_t offset) const {
    int64_t channel = 0;
    for (auto [number, axis] : llvm::enumerate(view.axes))
      channel += offset / sourceStrides[axis] % view.shape[number] *
                 channelStrides[number];
    return channel;
  }

  const QuantizedView &view;
  ArrayRef<int64_t> shape;
  const Gather &gather;
  SmallVector<int64_t> sourceStrides, channelStrides;
};
} // namespace

SmallVector<int64_t> ChannelMap::findAxes() const {
  llvm::SmallBitVector varies(shape.size());
  forEachSource(shape, gather, [&](int64_t from, ArrayRef<int64_t> index) {
    int64_t channel = getChannel(from);
    for (auto [dim, at] : llvm::enumerate(index))
      if (at > 0 && !varies.test(dim) &&
          getChannel(from - at * gather.strides[dim]) != channel)
        varies.set(dim);
  });
  return llvm::to_vector_of<int64_t>(varies.set_bits());
}

SmallVector<int64_t> ChannelMap::getChannels(ArrayRef<int64_t> axes) const {
  SmallVector<int64_t> sizes;
  Gather along{gather.base, {}};
  for (int64_t axis : axes) {
    sizes.push_back(shape[axis]);
    along.strides.push_back(gather.strides[axis]);
  }
  SmallVector<int64_t> channels;
  forEachSource(sizes, along, [&](int64_t from, ArrayRef<int64_t>) {
    channels.push_back(getChannel(from));
  });
  return channels;
}

/// `element` for a tensor of `shape` with elements of `source`; null when there
/// is no such type.
static Type moveElementType(quant::QuantizedType element,
                            RankedTensorType source, ArrayRef<int64_t> shape,
                            const Gather &gather) {
  FailureOr<QuantizedView> view = viewQuantizedType(element);
  if (failed(view) || llvm::is_contained(shape, 0))
    return {};
  if (view->isPerTensor())
    return element;
  ChannelMap map(source, *view, shape, gather);
  SmallVector<int64_t> axes = map.findAxes(), sizes, zeroPoints;
  SmallVector<double> scales;
  SmallVector<int64_t> channels = map.getChannels(axes);
  // A reshape that mixes channels would need scales for every element.
  if (channels.size() > view->scales.size())
    return {};
  for (int64_t channel : channels) {
    scales.push_back(view->scales[channel]);
    zeroPoints.push_back(view->zeroPoints[channel]);
  }
  for (int64_t axis : axes)
    sizes.push_back(shape[axis]);
  return changeScales(element, shape.size(), axes, sizes, scales, zeroPoints);
}

/// A constant with zeros around it, in the form of its storage: zero points.
static DenseElementsAttr padElements(const ConstantTensor &source,
                                     RankedTensorType type,
                                     ArrayRef<int64_t> low, int64_t zeroPoint) {
  SmallVector<int64_t> strides = computeStrides(source.getType().getShape());
  Gather gather{0, strides};
  for (auto [first, stride] : llvm::zip_equal(low, strides))
    gather.base -= first * stride;
  SmallVector<char> bytes;
  SmallVector<char> zero(source.getElementSize(), 0);
  for (auto [at, byte] : llvm::enumerate(zero))
    byte = static_cast<char>(zeroPoint >> (8 * at));
  forEachSource(type.getShape(), gather,
                [&](int64_t from, ArrayRef<int64_t> index) {
                  bool isInside = true;
                  for (auto [dim, at] : llvm::enumerate(index))
                    isInside &= at >= low[dim] &&
                                at - low[dim] <
                                    source.getType().getDimSize(dim);
                  llvm::append_range(bytes, isInside ? source.getBytes(from)
                                                     : ArrayRef<char>(zero));
                });
  return createElements(type, bytes);
}

namespace {
/// A constant that is dequantized: what it is, and what makes it so.
struct DequantizedConstant {
  Operation *source; ///< `quant.scast` or `qdot.quantize` of the constant
  Value constant;
  RankedTensorType type; ///< quantized
};
} // namespace

static std::optional<DequantizedConstant> matchConstant(Value real) {
  auto dequantize = real.getDefiningOp<DequantizeOp>();
  Operation *source =
      dequantize ? dequantize.getInput().getDefiningOp() : nullptr;
  if (!isa_and_nonnull<quant::StorageCastOp, QuantizeOp>(source))
    return std::nullopt;
  return DequantizedConstant{
      source, source->getOperand(0),
      cast<RankedTensorType>(source->getResult(0).getType())};
}

/// The new elements, as they were before they were quantized, dequantized.
static Value createDequantized(Operation *op, const DequantizedConstant &from,
                               Type element, DenseElementsAttr value) {
  OpBuilder builder(op);
  Location loc = op->getLoc();
  auto type = cast<RankedTensorType>(op->getResult(0).getType());
  Value moved =
      arith::ConstantOp::create(builder, loc, value.getType(), value);
  if (auto quantize = dyn_cast<QuantizeOp>(from.source))
    moved = QuantizeOp::create(builder, loc, type.clone(element), moved,
                               quantize.getSiteAttr());
  else
    moved = quant::StorageCastOp::create(builder, loc, type.clone(element),
                                         moved);
  return DequantizeOp::create(builder, loc, type, moved);
}

/// A dequantized constant that is padded with zeros.
static Value foldQuantizedPad(tensor::PadOp op, RankedTensorType type) {
  std::optional<DequantizedConstant> from = matchConstant(op.getSource());
  Value padding = op.getConstantPaddingValue();
  if (!from || !padding || !matchPattern(padding, m_AnyZeroFloat()) ||
      !op.getLow().empty() || !op.getHigh().empty())
    return {};
  auto element = cast<quant::QuantizedType>(from->type.getElementType());
  FailureOr<QuantizedView> view = viewQuantizedType(element);
  FailureOr<ConstantTensor> constant = ConstantTensor::get(from->constant);
  if (failed(view) || failed(constant) || !llvm::all_equal(view->zeroPoints) ||
      llvm::any_of(view->axes,
                   [&](int64_t axis) {
                     return type.getDimSize(axis) !=
                            from->type.getDimSize(axis);
                   }) ||
      !isSmallEnough(type, constant->getElementSize(),
                     constant->getNumElements() * constant->getElementSize(),
                     maxGrowth))
    return {};
  bool isReal = isa<QuantizeOp>(from->source);
  DenseElementsAttr value =
      padElements(*constant,
                  type.clone(constant->getType().getElementType()),
                  op.getStaticLow(), isReal ? 0 : view->zeroPoints.front());
  return createDequantized(op, *from, element, value);
}

Value qdot::foldQuantizedMove(Operation *op) {
  RankedTensorType type = getStaticType(op);
  if (!type)
    return {};
  if (auto pad = dyn_cast<tensor::PadOp>(op))
    return foldQuantizedPad(pad, type);
  std::optional<Move> move = matchMove(op, type);
  std::optional<DequantizedConstant> from =
      move ? matchConstant(move->source) : std::nullopt;
  if (!from)
    return {};
  Type element =
      moveElementType(cast<quant::QuantizedType>(from->type.getElementType()),
                      from->type, type.getShape(), move->gather);
  Type stored = getElementTypeOrSelf(from->constant.getType());
  DenseElementsAttr value =
      element ? foldMove(type.clone(stored), from->constant, move->gather,
                         maxMoveGrowth)
              : DenseElementsAttr();
  return value ? createDequantized(op, *from, element, value) : Value();
}
