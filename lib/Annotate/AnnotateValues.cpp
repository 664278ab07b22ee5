//===- AnnotateValues.cpp - Types from statistics ------------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ChooseWeights.h"
#include "FunctionPlan.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/BuiltinOps.h"
#include "qdot/Annotate/AnnotationRules.h"
#include "qdot/Annotate/Passes.h"
#include "qdot/Annotate/StatisticsLookup.h"
#include "qdot/Dialect/CheckInput.h"
#include "qdot/Dialect/QuantizedType.h"
#include "llvm/Support/Error.h"

namespace qdot {
#define GEN_PASS_DEF_ANNOTATEVALUES
#include "qdot/Annotate/Passes.h.inc"
} // namespace qdot

using namespace mlir;
using namespace qdot;

namespace {
//===----------------------------------------------------------------------===//
// Apply
//===----------------------------------------------------------------------===//

/// Writes the decisions into one function.
class Annotator {
public:
  Annotator(FunctionPlan &plan, const statistics::StatisticsFile &file,
            const AnnotationRules &rules)
      : plan(plan), file(file), rules(rules),
        builder(plan.function.getContext()) {}

  void apply() {
    markKeptLayers();
    for (const QuantizableValue &value : plan.values.getValues())
      if (plan.types.count(value.value))
        annotateValue(value);
    for (const Layer &layer : plan.layers.getLayers())
      if (layer.weight && plan.values.isQuantized(layer))
        annotateConstants(layer);
  }

private:
  void markKeptLayers() {
    for (const Layer &layer : plan.layers.getLayers())
      if (plan.values.isKeptFloat(layer))
        layer.op->setAttr(keepFloatAttrName, builder.getUnitAttr());
  }

  /// `value -> quantize -> dequantize -> former users`.
  void annotateValue(const QuantizableValue &value) {
    builder.setInsertionPointAfterValue(value.value);
    ActivationType chosen = plan.types.lookup(value.value);
    quant::QuantizedType type =
        getPerTensorType(builder.getContext(), chosen.storage, chosen.params);
    SmallPtrSet<Operation *, 1> own;
    Value replacement = insertPair(value.value, type, value.site, own);
    if (chosen.choice)
      (*own.begin())->setAttr(rangeAttrName, getRangeAttr(*chosen.choice));
    Value former = value.value;
    former.replaceAllUsesExcept(replacement, own);
  }

  RangeAttr getRangeAttr(const RangeChoice &choice) {
    return RangeAttr::get(builder.getContext(), choice.method,
                          builder.getF64FloatAttr(choice.sqnr),
                          builder.getF64FloatAttr(choice.minmaxSqnr));
  }

  Value insertPair(Value value, quant::QuantizedType element, SiteAttr site,
                   SmallPtrSetImpl<Operation *> &own) {
    auto real = cast<RankedTensorType>(value.getType());
    auto type = real.clone(element);
    auto quantize =
        QuantizeOp::create(builder, value.getLoc(), type, value, site);
    own.insert(quantize);
    return DequantizeOp::create(builder, value.getLoc(), real, quantize);
  }

  void annotateConstants(const Layer &layer) {
    // Weights that are annotated already (QDQ input) keep their types.
    if (!layer.weight->get().getDefiningOp()->hasTrait<OpTrait::ConstantLike>())
      return;
    auto op = cast<linalg::LinalgOp>(layer.op);
    std::optional<double> inputScale = getScale(layer.activations.front());
    FailureOr<RealConstant> weight = getRealConstant(layer.weight->get());
    FailureOr<ConstantInit> init = getConstantInit(op.getDpsInits()[0]);
    if (!inputScale || failed(weight) || failed(init))
      return;
    ContractionChannels channels = getChannels(layer);
    WeightChoice choice =
        chooseWeights(*weight, channels, getBiasMagnitudes(channels, *init),
                      getRequest(layer, *inputScale));
    builder.setInsertionPoint(layer.op);
    layer.weight->set(createWeight(layer, channels, *weight, choice));
    annotateBias(op, channels, *init, *inputScale, choice.scales);
  }

  std::optional<double> getScale(Value activation) {
    auto it = plan.types.find(activation);
    if (it != plan.types.end())
      return it->second.params.scale;
    auto dequantize = activation.getDefiningOp<DequantizeOp>();
    if (!dequantize)
      return std::nullopt;
    auto view = viewQuantizedType(
        getElementTypeOrSelf(dequantize.getInput().getType()));
    if (failed(view) || !view->isPerTensor())
      return std::nullopt;
    return view->scales.front();
  }

  /// What is known about the values that meet the weights of a layer.
  WeightRequest getRequest(const Layer &layer, double inputScale) {
    StringRef path = plan.values.lookup(layer.result)->site.getPath();
    WeightRequest request{
        rules.weightRange.get(path), rules.weightGranularity.get(path),
        rules.getWeightScheme(rules.weightBits.get(path)), inputScale, {}};
    if (request.method.kind != statistics::RangeMethod::Kind::Auto)
      return request;
    const QuantizableValue *input =
        plan.values.lookup(layer.activations.front());
    auto record = input ? file.records.find(input->site.getKey().str())
                        : file.records.end();
    if (record == file.records.end() || !record->second.hasRange())
      return request;
    request.inputs = getInputMoments(layer, record->second);
    return request;
  }

  /// The weight behind a dequantize, with all decisions in it.
  Value createWeight(const Layer &layer, const ContractionChannels &channels,
                     const RealConstant &weight, const WeightChoice &choice) {
    bool isShared =
        llvm::all_equal(choice.scales) &&
        rules.weightGranularity
                .get(plan.values.lookup(layer.result)->site.getPath())
                .kind == WeightGranularity::Kind::Tensor;
    quant::QuantizedType type = getSymmetricType(
        builder.getContext(), choice.storage, weight.type.getRank(),
        isShared ? ArrayRef<int64_t>() : ArrayRef<int64_t>(channels.weightAxes),
        isShared ? ArrayRef<int64_t>() : ArrayRef<int64_t>(channels.shape),
        choice.scales);
    if (choice.codes)
      return insertCodes(layer.weight->get(), type, *choice.codes);
    SmallPtrSet<Operation *, 1> own;
    return insertPair(layer.weight->get(), type, SiteAttr(), own);
  }

  /// A constant of codes with the meaning of `element`.
  Value insertCodes(Value value, quant::QuantizedType element,
                    ArrayRef<int64_t> codes) {
    auto real = cast<RankedTensorType>(value.getType());
    auto bytes = llvm::map_to_vector(
        codes, [](int64_t code) { return static_cast<int8_t>(code); });
    auto storage = RankedTensorType::get(real.getShape(), builder.getI8Type());
    Value constant = arith::ConstantOp::create(
        builder, value.getLoc(),
        DenseElementsAttr::get(storage, ArrayRef<int8_t>(bytes)));
    Value quantized = quant::StorageCastOp::create(
        builder, value.getLoc(), real.clone(element), constant);
    return DequantizeOp::create(builder, value.getLoc(), real, quantized);
  }

  /// A bias with one value per channel gets the i32 type of its accumulator.
  void annotateBias(linalg::LinalgOp op, const ContractionChannels &channels,
                    const ConstantInit &init, double inputScale,
                    ArrayRef<double> weightScales) {
    if (!init.constant || init.outputDims != channels.outputDims ||
        channels.outputDims.size() != 1 || init.constant == op.getDpsInits()[0])
      return;
    auto type = cast<RankedTensorType>(init.constant.getType());
    if (type.getRank() != 1)
      return;
    SmallVector<double> scales = llvm::map_to_vector(
        weightScales, [&](double scale) { return scale * inputScale; });
    auto broadcast = op.getDpsInits()[0].getDefiningOp();
    // The broadcast may serve other contractions, on other scales.
    OpBuilder::InsertionGuard guard(builder);
    SmallPtrSet<Operation *, 1> own;
    Value bias =
        insertPair(init.constant,
                   getSymmetricType(builder.getContext(), numerics::biasRange,
                                    1, {0}, channels.shape, scales),
                   SiteAttr(), own);
    Operation *clone = builder.clone(*broadcast);
    clone->replaceUsesOfWith(init.constant, bias);
    op.getDpsInitOperand(0)->set(clone->getResult(0));
  }

  FunctionPlan &plan;
  const statistics::StatisticsFile &file;
  const AnnotationRules &rules;
  OpBuilder builder;
};

//===----------------------------------------------------------------------===//
// The pass
//===----------------------------------------------------------------------===//

struct AnnotateValues : public qdot::impl::AnnotateValuesBase<AnnotateValues> {
  using AnnotateValuesBase::AnnotateValuesBase;

  void runOnOperation() override {
    if (failed(checkInput(getOperation())) || failed(run()))
      signalPassFailure();
  }

private:
  LogicalResult run() {
    llvm::Regex keepFloatRegex(keepFloat);
    std::string error;
    if (!keepFloat.empty() && !keepFloatRegex.isValid(error))
      return getOperation().emitError()
             << "keep-float=" << keepFloat << ": " << error;
    auto rules = AnnotationRules::parse(
        {range, activationBits, activationScheme, weightRange, weightBits,
         weightGranularity, weightScheme, preset});
    if (!rules)
      return getOperation().emitError() << llvm::toString(rules.takeError());
    if (stats.empty())
      return getOperation().emitError()
             << "qdot-annotate-values needs a statistics file (stats=FILE)";
    auto file = statistics::readStatistics(stats);
    if (!file)
      return getOperation().emitError() << llvm::toString(file.takeError());
    return annotate(*file, *rules,
                    keepFloat.empty() ? nullptr : &keepFloatRegex);
  }

  LogicalResult annotate(const statistics::StatisticsFile &file,
                         const AnnotationRules &rules,
                         llvm::Regex *keepFloatRegex) {
    std::vector<std::unique_ptr<FunctionPlan>> plans;
    for (auto function : getOperation().getOps<func::FuncOp>())
      if (!function.isDeclaration())
        plans.push_back(
            std::make_unique<FunctionPlan>(function, keepFloatRegex));
    if (failed(checkSites(plans, file)))
      return failure();
    warnAboutNames(plans, rules, keepFloatRegex);
    for (auto &plan : plans)
      if (failed(checkWeightRules(*plan, rules)))
        return failure();
    for (auto &plan : plans)
      if (failed(chooseActivations(*plan, file, rules)))
        return failure();
    for (auto &plan : plans)
      Annotator(*plan, file, rules).apply();
    return success();
  }

  /// A regular expression that matches nothing is a mistake, or for another model.
  void warnAboutNames(ArrayRef<std::unique_ptr<FunctionPlan>> plans,
                      const AnnotationRules &rules,
                      llvm::Regex *keepFloatRegex) {
    SmallVector<StringRef> paths;
    for (const auto &plan : plans) {
      QuantizableValues all(plan->function, plan->layers);
      for (const QuantizableValue &value : all.getValues())
        paths.push_back(value.site.getPath());
    }
    auto warn = [&](StringRef option, ArrayRef<StringRef> unmatched) {
      for (StringRef pattern : unmatched)
        getOperation().emitWarning()
            << option << "='" << pattern << "' matches no value";
    };
    warn("range", rules.range.findUnmatched(paths));
    warn("activation-bits", rules.activationBits.findUnmatched(paths));
    warn("weight-range", rules.weightRange.findUnmatched(paths));
    warn("weight-bits", rules.weightBits.findUnmatched(paths));
    warn("weight-granularity", rules.weightGranularity.findUnmatched(paths));
    if (keepFloatRegex && llvm::none_of(paths, [&](StringRef path) {
          return keepFloatRegex->match(path);
        }))
      warn("keep-float", StringRef(keepFloat));
  }

  /// A code of 8 bits times the factor of a block is no byte.
  static LogicalResult checkWeightRules(const FunctionPlan &plan,
                                        const AnnotationRules &rules) {
    for (const Layer &layer : plan.layers.getLayers()) {
      const QuantizableValue *result = plan.values.lookup(layer.result);
      if (!layer.weight || !result)
        continue;
      StringRef path = result->site.getPath();
      auto granularity = rules.weightGranularity.get(path);
      unsigned bits = rules.weightBits.get(path);
      if (granularity.kind == WeightGranularity::Kind::Block && bits != 4)
        return layer.op->emitOpError()
               << "expected weights of 4 bits for blocks of "
               << granularity.blockSize << ", got " << bits << " bits";
    }
    return success();
  }

  /// The file must fit the model as it was observed: without `keep-float`.
  LogicalResult checkSites(ArrayRef<std::unique_ptr<FunctionPlan>> plans,
                           const statistics::StatisticsFile &file) {
    SmallVector<QuantizableValue> wanted;
    for (const auto &plan : plans) {
      QuantizableValues all(plan->function, plan->layers);
      llvm::copy_if(all.getValues(), std::back_inserter(wanted),
                    [](const QuantizableValue &value) {
                      return !isQuantizedAlready(value.value);
                    });
    }
    return checkSameModel(getOperation(), wanted, file, stats);
  }
};
} // namespace
