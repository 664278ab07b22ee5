//===- TransposedConvolution.cpp - Transposed convolutions by phases ------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Row y of the result, less the padding in front, is s q + r with the phase r.
// It is the sum over t of row q - t of the input times row r + s t of the
// weights: a convolution with stride 1, whose weights are others for each r.
//
//===----------------------------------------------------------------------===//

#include "TransposedConvolution.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Quant/IR/Quant.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Tosa/Utils/ConversionUtils.h"
#include "qdot/Dialect/Constants.h"
#include "qdot/Dialect/Qdot.h"
#include "qdot/Dialect/QuantizedType.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace qdot;

namespace {
/// The sizes of one of the two dimensions.
struct Extent {
  int64_t stride, kernel, front, input, output;

  /// Rows of the weights that one phase has, the first and the number of q.
  int64_t getTaps() const { return llvm::divideCeil(kernel, stride); }
  int64_t getFirst() const { return llvm::divideFloorSigned(-front, stride); }
  int64_t getCount() const {
    return llvm::divideFloorSigned(output - 1 - front, stride) - getFirst() + 1;
  }
  /// Zeros in front of and behind the input; less than none where it is cut.
  int64_t getLow() const { return getTaps() - 1 - getFirst(); }
  int64_t getHigh() const { return getFirst() + getCount() - input; }
};

/// The constant weights, however they are given.
struct Weights {
  ConstantTensor data;
  RankedTensorType type;
  quant::QuantizedType element; ///< null when not quantized
  bool isReal;                  ///< quantized: `data` is before quantization
  int64_t zero;                 ///< what stands for 0
};

class PhaseSplitter {
public:
  explicit PhaseSplitter(tosa::TransposeConv2DOp op)
      : op(op), builder(op), loc(op.getLoc()) {}

  bool match();
  void replace();

private:
  std::optional<Weights> matchWeights();
  std::optional<int64_t> getWeightZero(Type element);
  int64_t getPhases() const { return extents[0].stride * extents[1].stride; }
  Value createWeights();
  Value createBias();
  Value createInput();
  Value createReshape(Value value, ArrayRef<int64_t> shape);

  tosa::TransposeConv2DOp op;
  OpBuilder builder;
  Location loc;
  Extent extents[2];
  std::optional<Weights> weights;
  int64_t channels = 0; ///< of the result
};
} // namespace

/// The zero point of integer weights; 0 for floats.
std::optional<int64_t> PhaseSplitter::getWeightZero(Type element) {
  if (!element.isInteger(8))
    return 0;
  FailureOr<SmallVector<int64_t>> zero = readIntegers(op.getWeightZp());
  return succeeded(zero) && zero->size() == 1 ? std::optional(zero->front())
                                              : std::nullopt;
}

std::optional<Weights> PhaseSplitter::matchWeights() {
  Value value = op.getWeight();
  quant::QuantizedType element;
  bool isReal = false;
  std::optional<int64_t> zero = getWeightZero(getElementTypeOrSelf(value));
  if (auto dequantize = value.getDefiningOp<DequantizeOp>()) {
    Operation *source = dequantize.getInput().getDefiningOp();
    if (!isa_and_nonnull<quant::StorageCastOp, QuantizeOp>(source))
      return std::nullopt;
    element = cast<quant::QuantizedType>(
        getElementTypeOrSelf(dequantize.getInput().getType()));
    FailureOr<QuantizedView> view = viewQuantizedType(element);
    if (failed(view) || !llvm::all_equal(view->zeroPoints) ||
        view->axes.size() > 1 || llvm::any_of(view->axes, [](int64_t axis) {
          return axis != 0;
        }))
      return std::nullopt;
    isReal = isa<QuantizeOp>(source);
    zero = isReal ? 0 : view->zeroPoints.front();
    value = source->getOperand(0);
  }
  FailureOr<ConstantTensor> data = ConstantTensor::get(value);
  if (!zero || failed(data) || data->getType().getRank() != 4 ||
      !(data->getType().getElementType().isF32() ||
        data->getType().getElementType().isInteger(8)))
    return std::nullopt;
  return Weights{*data, data->getType(), element, isReal, *zero};
}

bool PhaseSplitter::match() {
  auto input = dyn_cast<RankedTensorType>(op.getInput().getType());
  auto output = dyn_cast<RankedTensorType>(op.getType());
  weights = matchWeights();
  if (!input || !output || !weights ||
      failed(ConstantTensor::get(op.getBias())) ||
      llvm::all_of(op.getStride(), [](int64_t s) { return s == 1; }))
    return false;
  for (int64_t i : {0, 1}) {
    extents[i] = {op.getStride()[i], weights->type.getDimSize(i + 1),
                  op.getOutPad()[2 * i], input.getDimSize(i + 1),
                  output.getDimSize(i + 1)};
    if (input.isDynamicDim(i + 1) || output.isDynamicDim(i + 1) ||
        extents[i].output < 1)
      return false;
  }
  channels = weights->type.getDimSize(0);
  return !input.isDynamicDim(3);
}

/// Weights of each phase, those of a channel one after the other: the phases are
/// the slow part of the channels of the result.
Value PhaseSplitter::createWeights() {
  const ConstantTensor &data = weights->data;
  ArrayRef<int64_t> shape = weights->type.getShape();
  SmallVector<char> zero(data.getElementSize(), 0);
  zero.front() = static_cast<char>(weights->zero);
  SmallVector<char> bytes;
  const Extent &y = extents[0], &x = extents[1];
  for (int64_t phase = 0; phase < getPhases(); ++phase)
    for (int64_t channel = 0; channel < channels; ++channel)
      for (int64_t down = y.getTaps(); down-- > 0;)
        for (int64_t right = x.getTaps(); right-- > 0;)
          for (int64_t depth = 0; depth < shape[3]; ++depth) {
            int64_t row = phase / x.stride + y.stride * down;
            int64_t column = phase % x.stride + x.stride * right;
            int64_t at = ((channel * shape[1] + row) * shape[2] + column) *
                             shape[3] + depth;
            bool isInside = row < shape[1] && column < shape[2];
            llvm::append_range(bytes, isInside ? data.getBytes(at)
                                               : ArrayRef<char>(zero));
          }
  SmallVector<int64_t> sizes{getPhases() * channels, y.getTaps(), x.getTaps(),
                             shape[3]};
  RankedTensorType type = weights->type.clone(sizes);
  Value value = arith::ConstantOp::create(builder, loc, type,
                                          createElements(type, bytes));
  if (!weights->element)
    return value;
  QuantizedView view = *viewQuantizedType(weights->element);
  SmallVector<double> scales;
  for (int64_t phase = 0; phase < getPhases(); ++phase)
    llvm::append_range(scales, view.scales);
  quant::QuantizedType element = weights->element;
  if (!view.isPerTensor())
    element = changeScales(
        element, 4, {0}, {sizes[0]}, scales,
        SmallVector<int64_t>(scales.size(), view.zeroPoints.front()));
  RankedTensorType quantized = type.clone(element);
  if (weights->isReal)
    value = QuantizeOp::create(builder, loc, quantized, value, SiteAttr());
  else
    value = quant::StorageCastOp::create(builder, loc, quantized, value);
  return DequantizeOp::create(
      builder, loc, type.clone(Float32Type::get(op.getContext())), value);
}

/// The bias of each channel, once per phase.
Value PhaseSplitter::createBias() {
  ConstantTensor data = *ConstantTensor::get(op.getBias());
  SmallVector<char> bytes;
  for (int64_t i = 0; i < getPhases() * channels; ++i)
    llvm::append_range(
        bytes, data.getBytes(data.getNumElements() == 1 ? 0 : i % channels));
  RankedTensorType type = data.getType().clone({getPhases() * channels});
  return arith::ConstantOp::create(builder, loc, type,
                                   createElements(type, bytes));
}

/// The input without what no phase reads.
Value PhaseSplitter::createInput() {
  Value input = op.getInput();
  SmallVector<OpFoldResult> sizes = tensor::getMixedSizes(builder, loc, input);
  SmallVector<OpFoldResult> offsets(4, builder.getIndexAttr(0));
  SmallVector<OpFoldResult> strides(4, builder.getIndexAttr(1));
  bool isWhole = true;
  for (int64_t i : {0, 1}) {
    int64_t low = std::max<int64_t>(0, -extents[i].getLow());
    int64_t high = std::max<int64_t>(0, -extents[i].getHigh());
    offsets[i + 1] = builder.getIndexAttr(low);
    sizes[i + 1] = builder.getIndexAttr(extents[i].input - low - high);
    isWhole &= low == 0 && high == 0;
  }
  if (isWhole)
    return input;
  return tensor::ExtractSliceOp::create(builder, loc, input, offsets, sizes,
                                        strides);
}

Value PhaseSplitter::createReshape(Value value, ArrayRef<int64_t> shape) {
  SmallVector<int64_t> sizes(shape);
  for (int64_t &size : sizes)
    size = ShapedType::isDynamic(size) ? -1 : size;
  ImplicitLocOpBuilder b(loc, builder);
  return tosa::ReshapeOp::create(
      builder, loc, cast<RankedTensorType>(value.getType()).clone(shape), value,
      tosa::getTosaConstShape(b, sizes));
}

void PhaseSplitter::replace() {
  auto output = cast<RankedTensorType>(op.getType());
  const Extent &y = extents[0], &x = extents[1];
  int64_t batch = output.getDimSize(0);
  SmallVector<int64_t> pad;
  for (const Extent &extent : extents)
    pad.append({std::max<int64_t>(0, extent.getLow()),
                std::max<int64_t>(0, extent.getHigh())});
  SmallVector<int64_t> shape{batch, y.getCount(), x.getCount(),
                             getPhases() * channels};
  Value sums = tosa::Conv2DOp::create(
      builder, loc, output.clone(shape), createInput(), createWeights(),
      createBias(), op.getInputZp(), op.getWeightZp(), pad,
      ArrayRef<int64_t>{1, 1}, ArrayRef<int64_t>{1, 1}, op.getAccType(),
      op.getLocalBound());
  Value phases = createReshape(sums, {batch, y.getCount(), x.getCount(),
                                      y.stride, x.stride, channels});
  SmallVector<int64_t> turned{batch, y.getCount(), y.stride,
                              x.getCount(), x.stride, channels};
  phases = tosa::TransposeOp::create(builder, loc, output.clone(turned), phases,
                                     ArrayRef<int32_t>{0, 1, 3, 2, 4, 5});
  Value rows = createReshape(phases, {batch, y.getCount() * y.stride,
                                      x.getCount() * x.stride, channels});
  SmallVector<OpFoldResult> sizes = tensor::getMixedSizes(builder, loc, rows);
  SmallVector<OpFoldResult> offsets(4, builder.getIndexAttr(0));
  SmallVector<OpFoldResult> strides(4, builder.getIndexAttr(1));
  for (int64_t i : {0, 1}) {
    offsets[i + 1] = builder.getIndexAttr(
        -extents[i].front - extents[i].getFirst() * extents[i].stride);
    sizes[i + 1] = builder.getIndexAttr(extents[i].output);
  }
  Value result = tensor::ExtractSliceOp::create(builder, loc, rows, offsets,
                                                sizes, strides);
  if (result.getType() != output)
    result = tensor::CastOp::create(builder, loc, output, result);
  op.replaceAllUsesWith(result);
  op.erase();
}

void qdot::splitPhases(tosa::TransposeConv2DOp op) {
  PhaseSplitter splitter(op);
  if (splitter.match())
    splitter.replace();
}
