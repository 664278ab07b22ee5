//===- EqualizeChannels.cpp - Similar ranges for all channels -------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/BuiltinOps.h"
#include "qdot/Analysis/ConstantValues.h"
#include "qdot/Analysis/Contraction.h"
#include "qdot/Analysis/Remarks.h"
#include "qdot/Dialect/CheckInput.h"
#include "qdot/Dialect/Constants.h"
#include "qdot/Prepare/Passes.h"
#include <cmath>

namespace qdot {
#define GEN_PASS_DEF_EQUALIZECHANNELS
#include "qdot/Prepare/Passes.h.inc"
} // namespace qdot

using namespace mlir;
using namespace qdot;

namespace {
/// A constant weight on its way to other values.
struct ScaledWeight {
  OpOperand *operand;
  SmallVector<double> values;
  bool isChanged = false;

  RankedTensorType getType() const {
    return cast<RankedTensorType>(operand->get().getType());
  }
};

/// Two contractions; what the first one makes, and only that, the second reads.
struct ChannelPair {
  const Layer *first;
  const Layer *second;
  /// Positions in the list of weights.
  unsigned before, after;
  int64_t beforeAxis, afterAxis;
  /// Product of all factors: channel c of the value in between is divided by
  /// it.
  SmallVector<double> factors;
};

/// Finds and equalizes the pairs of one function.
class ChannelEqualizer {
public:
  explicit ChannelEqualizer(func::FuncOp function) : layers(function) {}

  void run() {
    for (const Layer &layer : layers.getLayers())
      if (hasPlainWeight(layer))
        addPair(layer);
    // Factors are powers of two, so this comes to rest.
    constexpr int maxRounds = 20;
    for (int round = 0; round < maxRounds && equalizeAll(); ++round)
      ;
    for (const ChannelPair &pair : pairs)
      scaleBias(pair);
    for (ScaledWeight &weight : weights)
      replaceWeight(weight);
  }

private:
  //===--------------------------------------------------------------------===//
  // Find
  //===--------------------------------------------------------------------===//

  /// A weight that is not quantized yet.
  static bool hasPlainWeight(const Layer &layer) {
    return layer.kind == LayerKind::Contraction && layer.weight &&
           succeeded(readFloats(layer.weight->get()));
  }

  void addPair(const Layer &first) {
    ContractionChannels channels = getChannels(first);
    auto op = cast<linalg::LinalgOp>(first.op);
    bool isPositivelyHomogeneous =
        std::isinf(first.clampMax) &&
        (std::isinf(first.clampMin) || first.clampMin == 0);
    if (!isPositivelyHomogeneous || channels.outputDims.size() != 1 ||
        failed(getBias(op, channels)))
      return;
    const Layer *second = getOnlyReader(first.result);
    if (!second)
      return;
    std::optional<int64_t> axis =
        getWeightAxis(*second, channels.outputDims.front());
    if (!axis)
      return;
    pairs.push_back({&first, second, addWeight(*first.weight),
                     addWeight(*second->weight), channels.weightAxes.front(),
                     *axis, SmallVector<double>(channels.size(), 1.0)});
  }

  /// The contraction that alone reads a value, directly or padded with zeros.
  const Layer *getOnlyReader(Value value) const {
    if (!value.hasOneUse())
      return nullptr;
    const Layer *reader = layers.getLayer(*value.user_begin());
    if (!reader)
      return nullptr;
    if (auto pad = dyn_cast<tensor::PadOp>(reader->op)) {
      bool isZero = reader->padValue && *reader->padValue == 0;
      return isZero && pad.getSource() == value ? getOnlyReader(reader->result)
                                                : nullptr;
    }
    bool isContraction = hasPlainWeight(*reader) &&
                         reader->activations.size() == 1 &&
                         reader->activations.front() == value;
    return isContraction ? reader : nullptr;
  }

  /// The dimension of the weight that meets dimension `dim` of the activation.
  static std::optional<int64_t> getWeightAxis(const Layer &layer, int64_t dim) {
    auto op = cast<linalg::LinalgOp>(layer.op);
    OpOperand *activation = nullptr;
    for (OpOperand *operand : op.getDpsInputOperands())
      if (operand != layer.weight)
        activation = operand;
    AffineExpr loop = op.getMatchingIndexingMap(activation).getResult(dim);
    if (!isa<AffineDimExpr>(loop))
      return std::nullopt;
    AffineMap map = op.getMatchingIndexingMap(layer.weight);
    std::optional<unsigned> axis = map.getResultPosition(loop);
    if (!axis)
      return std::nullopt;
    return *axis;
  }

  unsigned addWeight(OpOperand &operand) {
    for (auto [index, weight] : llvm::enumerate(weights))
      if (weight.operand == &operand)
        return index;
    FailureOr<RealConstant> constant = getRealConstant(operand.get());
    weights.push_back({&operand, std::move(constant->values)});
    return weights.size() - 1;
  }

  static FailureOr<ConstantInit> getBias(linalg::LinalgOp op,
                                         const ContractionChannels &channels) {
    FailureOr<ConstantInit> init = getConstantInit(op.getDpsInits()[0]);
    if (failed(init))
      return failure();
    bool isZero = llvm::all_of(init->values, [](double x) { return x == 0; });
    if (isZero || (init->constant && init->outputDims == channels.outputDims))
      return init;
    return failure();
  }

  //===--------------------------------------------------------------------===//
  // Scale
  //===--------------------------------------------------------------------===//

  static void forEachAlong(RankedTensorType type, int64_t axis,
                           function_ref<void(int64_t, int64_t)> visit) {
    SmallVector<int64_t> strides(type.getRank(), 0);
    strides[axis] = 1;
    forEachElement(type.getShape(), strides, visit);
  }

  SmallVector<double> getRanges(const ScaledWeight &weight, int64_t axis) {
    SmallVector<double> ranges(weight.getType().getDimSize(axis), 0.0);
    forEachAlong(weight.getType(), axis, [&](int64_t element, int64_t channel) {
      ranges[channel] =
          std::max(ranges[channel], std::fabs(weight.values[element]));
    });
    return ranges;
  }

  static void scale(ScaledWeight &weight, int64_t axis,
                    ArrayRef<double> factors, bool divide) {
    weight.isChanged = true;
    forEachAlong(weight.getType(), axis, [&](int64_t element, int64_t channel) {
      double factor = factors[channel];
      weight.values[element] *= divide ? 1 / factor : factor;
    });
  }

  bool equalizeAll() {
    bool changed = false;
    for (ChannelPair &pair : pairs)
      changed |= equalize(pair);
    return changed;
  }

  /// Both ranges of a channel become their geometric mean, up to a power of
  /// two.
  bool equalize(ChannelPair &pair) {
    SmallVector<double> before =
        getRanges(weights[pair.before], pair.beforeAxis);
    SmallVector<double> after = getRanges(weights[pair.after], pair.afterAxis);
    if (before.size() != after.size())
      return false;
    SmallVector<double> factors(before.size(), 1.0);
    for (size_t channel = 0; channel < factors.size(); ++channel)
      if (before[channel] > 0 && after[channel] > 0)
        factors[channel] = std::exp2(
            std::nearbyint(std::log2(before[channel] / after[channel]) / 2));
    if (llvm::all_of(factors, [](double factor) { return factor == 1; }))
      return false;
    scale(weights[pair.before], pair.beforeAxis, factors, /*divide=*/true);
    scale(weights[pair.after], pair.afterAxis, factors, /*divide=*/false);
    for (auto [total, factor] : llvm::zip_equal(pair.factors, factors))
      total *= factor;
    return true;
  }

  //===--------------------------------------------------------------------===//
  // Apply
  //===--------------------------------------------------------------------===//

  static Value createConstant(OpBuilder &builder, Value like,
                              ArrayRef<double> values) {
    SmallVector<float> floats(values.begin(), values.end());
    return createFloatConstant(builder, like.getLoc(),
                               cast<RankedTensorType>(like.getType()), floats);
  }

  static void replaceWeight(ScaledWeight &weight) {
    if (!weight.isChanged)
      return;
    OpBuilder builder(weight.operand->getOwner());
    weight.operand->set(
        createConstant(builder, weight.operand->get(), weight.values));
  }

  static void scaleBias(const ChannelPair &pair) {
    auto op = cast<linalg::LinalgOp>(pair.first->op);
    FailureOr<ConstantInit> bias = getBias(op, getChannels(*pair.first));
    int64_t changed =
        llvm::count_if(pair.factors, [](double factor) { return factor != 1; });
    if (changed == 0)
      return;
    emitAnalysisRemark(
        pair.first->op, "EqualizeChannels",
        {{"Channels", int64_t(pair.factors.size())}, {"Changed", changed}},
        "channels were scaled by powers of two");
    if (!bias->constant)
      return;
    OpBuilder builder(op);
    for (auto [value, factor] : llvm::zip_equal(bias->values, pair.factors))
      value /= factor;
    Value constant = createConstant(builder, bias->constant, bias->values);
    Value init = op.getDpsInits()[0];
    if (init == bias->constant) {
      op.getDpsInitOperand(0)->set(constant);
      return;
    }
    // The broadcast may serve other operations.
    Operation *clone = builder.clone(*init.getDefiningOp());
    clone->replaceUsesOfWith(bias->constant, constant);
    op.getDpsInitOperand(0)->set(clone->getResult(0));
  }

  LayerAnalysis layers;
  SmallVector<ChannelPair> pairs;
  SmallVector<ScaledWeight> weights;
};

struct EqualizeChannels
    : public qdot::impl::EqualizeChannelsBase<EqualizeChannels> {
  using EqualizeChannelsBase::EqualizeChannelsBase;

  void runOnOperation() override {
    if (failed(checkInput(getOperation())))
      return signalPassFailure();
    for (auto function : getOperation().getOps<func::FuncOp>())
      if (!function.isDeclaration())
        ChannelEqualizer(function).run();
  }
};
} // namespace
