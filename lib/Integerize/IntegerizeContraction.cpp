//===- IntegerizeContraction.cpp - Sums of products ----------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qdot/Analysis/ConstantValues.h"
#include "qdot/Analysis/Contraction.h"
#include "qdot/Integerize/IntegerBuilder.h"
#include "qdot/Numerics/Accumulator.h"
#include "qdot/Numerics/Quantization.h"

using namespace mlir;
using namespace qdot;
using numerics::AccumulatorBound;
using numerics::StorageRange;

static constexpr const char *overflowReason = "accumulator-overflow";

static constexpr const char *overflowMessage =
    "no proof that the i32 accumulator cannot overflow for every input";

static IntegerizeResult refuseOverflow() {
  return IntegerizeResult::refuse(overflowReason, overflowMessage);
}

static int64_t product(ArrayRef<int64_t> sizes) {
  int64_t result = 1;
  for (int64_t size : sizes)
    result *= size;
  return result;
}

/// The narrowest of i8, i16 and i32 that holds every value.
static unsigned getWidth(ArrayRef<int64_t> values) {
  unsigned width = 8;
  for (int64_t value : values)
    while (width < 32 && !llvm::isIntN(width, value))
      width *= 2;
  return width;
}

static void include(std::optional<StorageRange> &total, StorageRange range) {
  if (!total)
    total = range;
  total = StorageRange{std::min(total->min, range.min),
                       std::max(total->max, range.max)};
}

/// `out + extend(in0) * extend(in1)` with the maps of `op`, on i32.
static Value createProducts(linalg::LinalgOp op, ArrayRef<Value> inputs,
                            ArrayRef<int64_t> zeroPoints, Value init,
                            StorageRange bound, IntegerBuilder &builder) {
  auto generic = linalg::GenericOp::create(
      builder.builder, builder.loc, TypeRange{init.getType()}, inputs,
      ValueRange{init}, op.getIndexingMapsArray(), op.getIteratorTypesArray(),
      [&](OpBuilder &body, Location loc, ValueRange args) {
        Value lhs = builder.extend(body, args[0], zeroPoints[0]);
        Value rhs = builder.extend(body, args[1], zeroPoints[1]);
        Value prod = arith::MulIOp::create(body, loc, lhs, rhs);
        Value sum = arith::AddIOp::create(body, loc, args[2], prod);
        linalg::YieldOp::create(body, loc, sum);
      });
  generic->setAttr(accumulatorAttrName,
                   AccumulatorAttr::get(builder.builder.getContext(),
                                        bound.min, bound.max));
  return generic.getResult(0);
}

namespace {
/// A contraction with a constant weight: zero point and bias are folded into
/// the initial value, one scale per output channel.
class WeightedContraction {
public:
  WeightedContraction(const Layer &layer, const QuantizedView &result,
                      IntegerBuilder &builder)
      : layer(layer), op(cast<linalg::LinalgOp>(layer.op)), result(result),
        builder(builder), channels(getChannels(layer)) {}

  IntegerizeResult integerize() {
    if (std::optional<FloatReason> reason = readOperands())
      return {{}, *reason};
    computeInit();
    if (!proveBound())
      return refuseOverflow();
    return {build(), {}};
  }

private:
  /// Reads types and constants; says why when that is not possible.
  std::optional<FloatReason> readOperands() {
    auto dequantize = layer.activations.front().getDefiningOp<DequantizeOp>();
    auto weightDequantize = layer.weight->get().getDefiningOp<DequantizeOp>();
    if (!dequantize || !weightDequantize)
      return FloatReason{"not-quantized", "an operand has no quantized type"};
    input = *viewQuantizedType(
        getElementTypeOrSelf(dequantize.getInput().getType()));
    FailureOr<QuantizedConstant> constant =
        getQuantizedConstant(weightDequantize.getInput());
    FailureOr<ConstantInit> constantInit =
        getConstantInit(op.getDpsInits()[0]);
    if (failed(constant) || failed(constantInit))
      return FloatReason{"not-constant", "weight or bias is no constant"};
    weight = *std::move(constant);
    init = *std::move(constantInit);
    if (!input.type.isSigned())
      return FloatReason{"unsupported-storage",
                         "the activation has unsigned storage"};
    if (!input.isPerTensor())
      return FloatReason{"per-axis-activation",
                         "the activation has more than one scale"};
    if (!isChannelwise())
      return FloatReason{"weight-scales",
                         "the weight's scales vary along a reduction"};
    return checkSizes();
  }

  /// Everything that is folded at compile time must have a size.
  std::optional<FloatReason> checkSizes() {
    if (weight.values.empty() || init.values.empty())
      return FloatReason{"zero-size", "the weight or the bias has no elements"};
    if (repetitions() == 0)
      return FloatReason{"dynamic-reduction",
                         "a reduction size is not known at compile time"};
    if (repetitions() > INT32_MAX)
      return FloatReason{overflowReason, overflowMessage};
    collectInitDims();
    auto type = cast<RankedTensorType>(op->getResult(0).getType());
    if (llvm::any_of(initDims, [&](int64_t dim) {
          return type.isDynamicDim(dim);
        }))
      return FloatReason{"dynamic-channels",
                         "the number of channels of the result is not known at "
                         "compile time"};
    return std::nullopt;
  }

  /// The dimensions of the result along which channels or the bias vary.
  void collectInitDims() {
    initDims = channels.outputDims;
    for (int64_t dim : init.outputDims)
      if (!llvm::is_contained(initDims, dim))
        initDims.push_back(dim);
    llvm::sort(initDims);
  }

  /// Scales may vary along channels only.
  bool isChannelwise() const {
    return llvm::all_of(
        llvm::zip_equal(weight.view.axes, weight.view.shape), [&](auto axis) {
          return std::get<1>(axis) == 1 ||
                 llvm::is_contained(channels.weightAxes, std::get<0>(axis));
        });
  }

  /// How often each weight is met: the size of the reductions that do not
  /// index it. 0 when one is dynamic.
  int64_t repetitions() {
    AffineMap map = op.getMatchingIndexingMap(layer.weight);
    int64_t count = 1;
    for (auto [loop, size, kind] :
         llvm::enumerate(op.getStaticLoopRanges(), op.getIteratorTypesArray()))
      if (kind == utils::IteratorType::reduction &&
          !map.isFunctionOfDim(loop))
        count *= ShapedType::isDynamic(size) ? 0 : size;
    return count;
  }

  /// Per channel: scale of the accumulator, sum of the weights and of those above
  /// zero. Weights fit 32 bits and their number 31, so that no sum wraps.
  void computeChannels() {
    accumulatorScales.assign(channels.size(), 0.0);
    weightScales.assign(channels.size(), 0.0);
    weightSums.assign(channels.size(), 0);
    positiveSums.assign(channels.size(), 0);
    centerWeights();
    ArrayRef<int64_t> shape = weight.type.getShape();
    SmallVector<int64_t> strides = channels.getStrides(shape.size());
    forEachElement(shape, strides, [&](int64_t element, int64_t channel) {
      int64_t value = weight.values[element];
      weightSums[channel] += value;
      positiveSums[channel] += std::max<int64_t>(value, 0);
    });
    // Scales vary along channels only, so any element of a channel will do.
    SmallVector<int64_t> own = weight.getStrides();
    for (int64_t channel = 0; channel < channels.size(); ++channel) {
      int64_t rest = channel, position = 0;
      for (auto [axis, size] : llvm::reverse(
               llvm::zip_equal(channels.weightAxes, channels.shape))) {
        position += rest % size * own[axis];
        rest /= size;
      }
      weightScales[channel] = weight.view.scales[position];
      accumulatorScales[channel] =
          input.scales[0] * weight.view.scales[position];
    }
  }

  void centerWeights() {
    if (llvm::all_of(weight.view.zeroPoints, [](int64_t z) { return z == 0; }))
      return;
    forEachElement(weight.type.getShape(), weight.getStrides(),
                   [&](int64_t element, int64_t own) {
                     weight.values[element] -= weight.view.zeroPoints[own];
                   });
  }

  /// The initial value varies over the channels and over the bias.
  void computeInit() {
    computeChannels();
    int64_t times = repetitions();
    for (int64_t dim : initDims)
      initShape.push_back(
          cast<RankedTensorType>(op.getDpsInits()[0].getType())
              .getDimSize(dim));
    SmallVector<int64_t> index(initDims.size(), 0);
    do {
      int64_t channel = project(index, channels.outputDims, channels.shape);
      double bias = init.values[project(index, init.outputDims, init.shape)];
      int64_t q = numerics::quantizeExact(bias, accumulatorScales[channel],
                                          numerics::biasRange);
      initValues.push_back(q - input.zeroPoints[0] * weightSums[channel] * times);
      initChannels.push_back(channel);
    } while (advanceIndex(index, initShape));
  }

  /// Row-major number over `dims` of a multi-index over `initDims`.
  int64_t project(ArrayRef<int64_t> index, ArrayRef<int64_t> dims,
                  ArrayRef<int64_t> shape) const {
    int64_t number = 0;
    for (auto [dim, size] : llvm::zip_equal(dims, shape))
      number = number * size +
               index[llvm::find(initDims, dim) - initDims.begin()];
    return number;
  }

  /// Bounds every partial sum from the weights and the activation's range. Of
  /// the weights of one sign the bound is linear, so their sums are enough.
  bool proveBound() {
    int64_t times = repetitions();
    for (auto [channel, value] : llvm::zip_equal(initChannels, initValues)) {
      AccumulatorBound sum(input.storage);
      int64_t positive = positiveSums[channel];
      int64_t negative = weightSums[channel] - positive;
      sum.addProducts({positive, positive}, times);
      sum.addProducts({negative, negative}, times);
      sum.addConstant(value);
      std::optional<StorageRange> range = sum.fitsSigned(32);
      if (!range)
        return false;
      include(bound, *range);
    }
    return bound.has_value();
  }

  Value build() {
    Value activation = builder.getStorage(layer.activations.front())->value;
    Value constant = builder.createConstant(
        weight.type.getShape(),
        builder.builder.getIntegerType(getWidth(weight.values)),
        weight.values);
    SmallVector<Value> inputs{activation, constant};
    if (layer.weight == op.getDpsInputOperand(0))
      std::swap(inputs[0], inputs[1]);
    Value start = builder.createInit(op.getDpsInits()[0], initDims, initShape,
                                     initValues);
    Value sums =
        createProducts(op, inputs, {0, 0}, start, *bound, builder);
    return builder.createRequantize(sums, getMultipliers(), result,
                                    layer.clampMin, layer.clampMax);
  }

  Multipliers getMultipliers() const {
    Multipliers multipliers;
    multipliers.dims = channels.outputDims;
    multipliers.shape = channels.shape;
    for (double scale : weightScales)
      multipliers.values.push_back(
          builder.combine(input.scales[0], scale, result.scales[0]));
    return multipliers;
  }

  const Layer &layer;
  linalg::LinalgOp op;
  const QuantizedView &result;
  IntegerBuilder &builder;
  ContractionChannels channels;
  QuantizedView input;
  QuantizedConstant weight;
  ConstantInit init;
  SmallVector<double> accumulatorScales, weightScales;
  SmallVector<int64_t> weightSums, positiveSums;
  SmallVector<int64_t> initDims, initShape, initValues, initChannels;
  std::optional<StorageRange> bound;
};
} // namespace

/// Number of terms of each sum, 0 when not known at compile time.
static int64_t getReductionSize(linalg::LinalgOp op) {
  SmallVector<int64_t> sizes;
  for (auto [size, kind] :
       llvm::zip_equal(op.getStaticLoopRanges(), op.getIteratorTypesArray()))
    if (kind == utils::IteratorType::reduction)
      sizes.push_back(ShapedType::isDynamic(size) ? 0 : size);
  return product(sizes);
}

/// Two activations: the zero points are subtracted in the body.
static IntegerizeResult integerizeActivations(const Layer &layer,
                                              const QuantizedView &result,
                                              IntegerBuilder &builder) {
  auto op = cast<linalg::LinalgOp>(layer.op);
  std::optional<StorageValue> lhs =
      builder.getStorage(op.getDpsInputOperand(0)->get());
  std::optional<StorageValue> rhs =
      builder.getStorage(op.getDpsInputOperand(1)->get());
  FailureOr<ConstantInit> init = getConstantInit(op.getDpsInits()[0]);
  if (!lhs || !rhs || failed(init))
    return IntegerizeResult::refuse("not-quantized",
                                    "an operand has no quantized type");
  if (!lhs->view.isPerTensor() || !rhs->view.isPerTensor())
    return IntegerizeResult::refuse("per-axis-activation",
                                    "an operand has more than one scale");
  int64_t count = getReductionSize(op);
  if (count == 0)
    return IntegerizeResult::refuse(
        "dynamic-reduction", "a reduction size is not known at compile time");
  auto centered = [](const QuantizedView &view) {
    return StorageRange{view.storage.min - view.zeroPoints[0],
                        view.storage.max - view.zeroPoints[0]};
  };
  double scale = lhs->view.scales[0] * rhs->view.scales[0];
  SmallVector<int64_t> start =
      llvm::map_to_vector(init->values, [&](double value) {
        return numerics::quantizeExact(value, scale, numerics::biasRange);
      });
  AccumulatorBound sum(centered(lhs->view));
  sum.addProducts(centered(rhs->view), count);
  std::optional<StorageRange> bound;
  for (int64_t value : start) {
    AccumulatorBound total = sum;
    total.addConstant(value);
    std::optional<StorageRange> range = total.fitsSigned(32);
    if (!range)
      return refuseOverflow();
    include(bound, *range);
  }
  Value sums = createProducts(
      op, {lhs->value, rhs->value},
      {lhs->view.zeroPoints[0], rhs->view.zeroPoints[0]},
      builder.createInit(op.getDpsInits()[0], init->outputDims, init->shape,
                         start),
      *bound, builder);
  double multiplier = builder.combine(lhs->view.scales[0],
                                      rhs->view.scales[0], result.scales[0]);
  return {builder.createRequantize(sums, Multipliers::uniform(multiplier),
                                   result, layer.clampMin, layer.clampMax),
          {}};
}

IntegerizeResult qdot::integerizeContraction(const Layer &layer,
                                             const QuantizedView &result,
                                             IntegerBuilder &builder) {
  if (layer.weight)
    return WeightedContraction(layer, result, builder).integerize();
  return integerizeActivations(layer, result, builder);
}
