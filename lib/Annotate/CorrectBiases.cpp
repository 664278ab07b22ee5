//===- CorrectBiases.cpp - Take back what rounded weights add -------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/BuiltinOps.h"
#include "qdot/Analysis/ConstantValues.h"
#include "qdot/Analysis/Contraction.h"
#include "qdot/Analysis/Remarks.h"
#include "qdot/Annotate/Passes.h"
#include "qdot/Dialect/CheckInput.h"
#include "qdot/Dialect/Constants.h"
#include "qdot/Dialect/Qdot.h"
#include "qdot/Statistics/Distribution.h"
#include "qdot/Statistics/Statistics.h"

namespace qdot {
#define GEN_PASS_DEF_CORRECTBIASES
#include "qdot/Annotate/Passes.h.inc"
} // namespace qdot

using namespace mlir;
using namespace qdot;

namespace {
/// One contraction whose bias can change.
struct CorrectableLayer {
  linalg::LinalgOp op;
  ContractionChannels channels;
  ConstantInit bias;
  /// Codes times scale minus the original weight, summed per channel.
  SmallVector<double> weightErrors;
  double inputMean;
};

struct CorrectBiases : public qdot::impl::CorrectBiasesBase<CorrectBiases> {
  using CorrectBiasesBase::CorrectBiasesBase;

  void runOnOperation() override {
    if (failed(checkInput(getOperation())))
      return signalPassFailure();
    if (stats.empty()) {
      getOperation().emitError()
          << "qdot-correct-biases needs a statistics file (stats=FILE)";
      return signalPassFailure();
    }
    auto file = statistics::readStatistics(stats);
    if (!file) {
      getOperation().emitError() << llvm::toString(file.takeError());
      return signalPassFailure();
    }
    for (auto function : getOperation().getOps<func::FuncOp>())
      if (!function.isDeclaration())
        correct(function, *file);
  }

private:
  static void correct(func::FuncOp function,
                      const statistics::StatisticsFile &file) {
    LayerAnalysis layers(function);
    for (const Layer &layer : layers.getLayers())
      if (layer.kind == LayerKind::Contraction && layer.weight &&
          layer.weight->get().getDefiningOp<DequantizeOp>())
        correct(layer, file);
  }

  static void correct(const Layer &layer,
                      const statistics::StatisticsFile &file) {
    StringRef reason;
    std::optional<CorrectableLayer> found = match(layer, file, reason);
    if (found)
      return replaceBias(*found);
    emitMissedRemark(layer.op, "CorrectBiases", reason,
                     "the bias keeps its value");
  }

  static std::optional<CorrectableLayer>
  match(const Layer &layer, const statistics::StatisticsFile &file,
        StringRef &reason) {
    CorrectableLayer found{
        cast<linalg::LinalgOp>(layer.op), getChannels(layer), {}, {}, 0};
    auto mean = getMean(layer.activations.front(), file);
    reason = "no-statistics";
    if (!mean)
      return std::nullopt;
    found.inputMean = *mean;
    auto bias = getConstantInit(found.op.getDpsInits()[0]);
    reason = "bias-form";
    if (failed(bias) || found.channels.outputDims.size() > 1 ||
        (bias->values.size() != 1 &&
         bias->outputDims != found.channels.outputDims))
      return std::nullopt;
    found.bias = std::move(*bias);
    reason = "no-original-weights";
    if (failed(sumWeightErrors(layer, found)))
      return std::nullopt;
    return found;
  }

  /// The mean of what was recorded about a quantized activation.
  static std::optional<double> getMean(Value activation,
                                       const statistics::StatisticsFile &file) {
    auto dequantize = activation.getDefiningOp<DequantizeOp>();
    auto quantize = dequantize
                        ? dequantize.getInput().getDefiningOp<QuantizeOp>()
                        : QuantizeOp();
    if (!quantize || !quantize.getSiteAttr())
      return std::nullopt;
    auto record = file.records.find(quantize.getSiteAttr().getKey().str());
    if (record == file.records.end() || !record->second.hasRange())
      return std::nullopt;
    return statistics::Distribution::of(record->second).getMean();
  }

  static LogicalResult sumWeightErrors(const Layer &layer,
                                       CorrectableLayer &found) {
    auto dequantize = layer.weight->get().getDefiningOp<DequantizeOp>();
    auto quantize = dequantize.getInput().getDefiningOp<QuantizeOp>();
    if (!quantize)
      return failure();
    FailureOr<RealConstant> exact = getRealConstant(quantize.getInput());
    FailureOr<RealConstant> rounded = getRealConstant(dequantize);
    if (failed(exact) || failed(rounded))
      return failure();
    found.weightErrors.assign(found.channels.size(), 0.0);
    forEachElement(exact->type.getShape(),
                   found.channels.getStrides(exact->type.getRank()),
                   [&](int64_t element, int64_t channel) {
                     found.weightErrors[channel] +=
                         rounded->values[element] - exact->values[element];
                   });
    return success();
  }

  static void replaceBias(CorrectableLayer &layer) {
    SmallVector<float> values;
    for (auto [channel, error] : llvm::enumerate(layer.weightErrors)) {
      double before =
          layer.bias.values[layer.bias.values.size() == 1 ? 0 : channel];
      values.push_back(static_cast<float>(before - layer.inputMean * error));
    }
    OpBuilder builder(layer.op);
    Location loc = layer.op->getLoc();
    // One channel has no dimension of its own.
    Value constant = createFloatConstant(
        builder, loc,
        RankedTensorType::get(layer.channels.shape, builder.getF32Type()),
        values);
    Value init = layer.op.getDpsInits()[0];
    SmallVector<int64_t> others;
    auto type = cast<RankedTensorType>(init.getType());
    for (int64_t dim = 0; dim < type.getRank(); ++dim)
      if (!llvm::is_contained(layer.channels.outputDims, dim))
        others.push_back(dim);
    auto broadcast = linalg::BroadcastOp::create(
        builder, loc, keepType(builder, layer, constant),
        getDestination(builder, init), others);
    layer.op.getDpsInitOperand(0)->set(broadcast->getResult(0));
  }

  /// A bias that was quantized stays so, on its own type.
  static Value keepType(OpBuilder &builder, const CorrectableLayer &layer,
                        Value constant) {
    if (!layer.bias.constant)
      return constant;
    auto before = layer.bias.constant.getDefiningOp<DequantizeOp>();
    if (!before || before.getType() != constant.getType())
      return constant;
    Value quantized =
        QuantizeOp::create(builder, constant.getLoc(),
                           before.getInput().getType(), constant, SiteAttr());
    return DequantizeOp::create(builder, constant.getLoc(), constant.getType(),
                                quantized);
  }

  /// What the old initial value was written to, or a new tensor.
  static Value getDestination(OpBuilder &builder, Value init) {
    if (auto op = init.getDefiningOp<DestinationStyleOpInterface>())
      return op.getDpsInits()[0];
    auto type = cast<RankedTensorType>(init.getType());
    return tensor::EmptyOp::create(builder, init.getLoc(), type.getShape(),
                                   type.getElementType());
  }
};
} // namespace
