//===- AnnotateValues.cpp - Types from statistics ------------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/IR/BuiltinOps.h"
#include "qdot/Analysis/ConstantValues.h"
#include "qdot/Analysis/Contraction.h"
#include "qdot/Analysis/QuantizableValues.h"
#include "qdot/Analysis/Remarks.h"
#include "qdot/Analysis/StructuralBody.h"
#include "qdot/Annotate/ActivationBits.h"
#include "qdot/Annotate/Passes.h"
#include "qdot/Annotate/StatisticsLookup.h"
#include "qdot/Dialect/QuantizedType.h"
#include "qdot/Statistics/Ranges.h"
#include "llvm/ADT/EquivalenceClasses.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Error.h"
#include <cmath>

namespace qdot {
#define GEN_PASS_DEF_ANNOTATEVALUES
#include "qdot/Annotate/Passes.h.inc"
} // namespace qdot

using namespace mlir;
using namespace qdot;
using numerics::QuantParams;
using numerics::StorageRange;
using statistics::RealRange;

namespace {
/// What `annotate-values` was asked for.
struct AnnotationRules {
  statistics::RangeMethod method;
  ActivationBitsRules bits;
};

/// Parameters of one value and the integers that it may take.
struct ActivationType {
  QuantParams params;
  StorageRange storage;
};

/// A function and what is known about it before anything is changed.
struct FunctionPlan {
  explicit FunctionPlan(func::FuncOp function, llvm::Regex *keepFloat)
      : function(function), layers(function),
        values(function, layers, keepFloat) {}

  func::FuncOp function;
  LayerAnalysis layers;
  QuantizableValues values;
  /// The type of each value that gets one; decided by `ParameterChooser`.
  llvm::DenseMap<Value, ActivationType> types;
};

//===----------------------------------------------------------------------===//
// Decide
//===----------------------------------------------------------------------===//

/// Chooses scale and zero point of every value of one function.
class ParameterChooser {
public:
  ParameterChooser(FunctionPlan &plan, const statistics::StatisticsFile &file,
                   const AnnotationRules &rules)
      : plan(plan), file(file), rules(rules) {}

  LogicalResult choose() {
    for (const Layer &layer : plan.layers.getLayers())
      if (plan.values.isQuantized(layer) && failed(checkConstants(layer)))
        return failure();
    for (const QuantizableValue &value : plan.values.getValues())
      groups.insert(value.value);
    for (const Layer &layer : plan.layers.getLayers())
      if (layer.kind == LayerKind::SameScale && plan.values.isQuantized(layer))
        tie(layer);
    for (const QuantizableValue &value : plan.values.getValues())
      if (failed(addRange(value)))
        return failure();
    joinPending();
    chooseBits();
    for (const QuantizableValue &value : plan.values.getValues())
      if (!isQuantizedAlready(value.value))
        plan.types[value.value] = getType(value.value);
    return success();
  }

private:
  /// Constants that become integers: those of a contraction must be finite;
  /// where values only move, infinities saturate, as they do in a pad.
  static LogicalResult checkConstants(const Layer &layer) {
    bool isContraction = layer.kind == LayerKind::Contraction;
    if (!isContraction && layer.kind != LayerKind::SameScale)
      return success();
    for (Value operand : layer.op->getOperands()) {
      FailureOr<ConstantInit> constant = getConstantInit(operand);
      if (failed(constant))
        continue;
      for (double value : constant->values)
        if (std::isnan(value) || (isContraction && std::isinf(value)))
          return layer.op->emitOpError()
                     .append("has a constant that is not finite: ", value)
                     .attachNote(operand.getLoc())
                 << "the constant is here";
    }
    return success();
  }

  /// Operands and result of a move share one type.
  void tie(const Layer &layer) {
    for (Value activation : layer.activations)
      groups.unionSets(layer.result, activation);
    extend(layer.result, {0.0, 0.0});
    if (layer.padValue)
      extend(layer.result, {*layer.padValue, *layer.padValue});
    for (Value operand : layer.op->getOperands())
      extendByConstant(layer.result, operand);
    // The table of a gather is no operand: its body captures it.
    if (auto op = dyn_cast<linalg::LinalgOp>(layer.op))
      if (tensor::ExtractOp gather = matchGather(op))
        extendByConstant(layer.result, gather.getTensor());
  }

  void extendByConstant(Value member, Value operand) {
    FailureOr<ConstantInit> constant = getConstantInit(operand);
    if (failed(constant) || constant->values.empty() ||
        layerStartsAt(operand))
      return;
    for (double value : constant->values)
      if (std::isfinite(value))
        extend(member, {value, value});
  }

  /// The neutral element of a maximum or minimum is no value of the tensor.
  static bool layerStartsAt(Value operand) {
    return llvm::all_of(operand.getUsers(), [&](Operation *user) {
      auto op = dyn_cast<linalg::LinalgOp>(user);
      return op && op.getNumReductionLoops() > 0;
    });
  }

  void extend(Value member, RealRange range) {
    // Unions may follow; ranges are joined per group when they are read.
    pending.push_back({member, range});
  }

  LogicalResult addRange(const QuantizableValue &value) {
    // What a move makes are its operands' values; a pad in front of a maximum
    // may hold the lowest float, which must not become part of the range.
    if (isMoved(value) || isQuantizedAlready(value.value))
      return success();
    llvm::Expected<RealRange> range =
        statistics::estimateRange(getRecord(value), rules.method);
    if (!range)
      return plan.function.emitError()
             << "value " << value.site.getKey() << ": "
             << llvm::toString(range.takeError());
    extend(value.value, *range);
    return success();
  }

  static bool isMoved(const QuantizableValue &value) {
    return value.producer && value.producer->kind == LayerKind::SameScale;
  }

  const statistics::TensorRecord &getRecord(const QuantizableValue &value) {
    return file.records.at(value.site.getKey().str());
  }

  QuantParams getParams(const void *group, StorageRange storage) {
    RealRange range = ranges.lookup(group);
    return numerics::chooseAsymmetric(range.min, range.max, storage);
  }

  /// Values that share a type have 7 bits when one of them is to have 7.
  void chooseBits() {
    llvm::DenseSet<const void *> expensive, automatic;
    for (const QuantizableValue &value : plan.values.getValues()) {
      const void *group = groups.getLeaderValue(value.value);
      ActivationBits bits = rules.bits.get(value.site.getPath());
      if (isQuantizedAlready(value.value) || bits == ActivationBits::Eight)
        continue;
      if (bits == ActivationBits::Seven)
        narrow.insert(group);
      else if (isMoved(value) || getNarrowError(value) <= maxAutoError)
        automatic.insert(group);
      else
        expensive.insert(group);
    }
    for (const void *group : automatic)
      if (!expensive.contains(group))
        narrow.insert(group);
    for (const QuantizableValue &value : plan.values.getValues())
      if (narrow.contains(groups.getLeaderValue(value.value)) &&
          !isMoved(value) && !isQuantizedAlready(value.value))
        reportNarrow(value);
  }

  double getNarrowError(const QuantizableValue &value) {
    QuantParams params = getParams(groups.getLeaderValue(value.value),
                                   numerics::narrowActivationRange);
    return statistics::estimateRelativeError(getRecord(value), params.scale);
  }

  void reportNarrow(const QuantizableValue &value) {
    Operation *op = value.value.getDefiningOp();
    int64_t error = std::llround(1e6 * getNarrowError(value));
    emitAnalysisRemark(
        op ? op : plan.function.getOperation(), "ActivationBits",
        {{"Bits", 7}, {"RelativeErrorPerMillion", error}},
        ("7 bits for " + value.site.getPath() +
         ": rounding changes it by that part of its root mean square, twice as "
         "much as 8 bits would").str());
  }

  ActivationType getType(Value value) {
    const void *group = groups.getLeaderValue(value);
    StorageRange storage = narrow.contains(group)
                               ? numerics::narrowActivationRange
                               : numerics::activationRange;
    return {getParams(group, storage), storage};
  }

  void joinPending() {
    for (auto [member, range] : pending) {
      auto [it, isNew] =
          ranges.try_emplace(groups.getLeaderValue(member), range);
      if (isNew)
        continue;
      it->second.min = std::min(it->second.min, range.min);
      it->second.max = std::max(it->second.max, range.max);
    }
  }

  FunctionPlan &plan;
  const statistics::StatisticsFile &file;
  const AnnotationRules &rules;
  struct Groups {
    llvm::EquivalenceClasses<const void *> classes;
    void insert(Value value) { classes.insert(value.getAsOpaquePointer()); }
    void unionSets(Value a, Value b) {
      classes.unionSets(a.getAsOpaquePointer(), b.getAsOpaquePointer());
    }
    const void *getLeaderValue(Value value) const {
      return classes.getLeaderValue(value.getAsOpaquePointer());
    }
  } groups;
  SmallVector<std::pair<Value, RealRange>> pending;
  llvm::DenseMap<const void *, RealRange> ranges;
  llvm::DenseSet<const void *> narrow; ///< groups of 7 bits
};

//===----------------------------------------------------------------------===//
// Apply
//===----------------------------------------------------------------------===//

/// Writes the decisions into one function.
class Annotator {
public:
  explicit Annotator(FunctionPlan &plan)
      : plan(plan), builder(plan.function.getContext()) {}

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
    quant::QuantizedType type = getPerTensorType(
        builder.getContext(), chosen.storage, chosen.params);
    SmallPtrSet<Operation *, 1> own;
    Value replacement = insertPair(value.value, type, value.site, own);
    Value former = value.value;
    former.replaceAllUsesExcept(replacement, own);
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
    SmallVector<double> scales =
        chooseScales(*weight, channels, *init, *inputScale);
    builder.setInsertionPoint(layer.op);
    SmallPtrSet<Operation *, 1> own;
    layer.weight->set(insertPair(
        layer.weight->get(),
        getSymmetricType(builder.getContext(), numerics::weightRange,
                         weight->type.getRank(), channels.weightAxes,
                         channels.shape, scales),
        SiteAttr(), own));
    annotateBias(op, channels, *init, *inputScale, scales);
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

  static SmallVector<double> chooseScales(const RealConstant &weight,
                                          const ContractionChannels &channels,
                                          const ConstantInit &init,
                                          double inputScale) {
    SmallVector<double> maxima(channels.size(), 0.0);
    forEachElement(weight.type.getShape(),
                   channels.getStrides(weight.type.getRank()),
                   [&](int64_t element, int64_t channel) {
                     maxima[channel] = std::max(
                         maxima[channel], std::abs(weight.values[element]));
                   });
    SmallVector<double> biases = getBiasMagnitudes(channels, init);
    return llvm::map_to_vector(
        llvm::zip_equal(maxima, biases), [&](auto pair) {
          auto [maximum, bias] = pair;
          return numerics::chooseWeightScale(maximum, bias, inputScale,
                                             numerics::weightRange);
        });
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
    Value bias = insertPair(
        init.constant,
        getSymmetricType(builder.getContext(), numerics::biasRange, 1, {0},
                         channels.shape, scales),
        SiteAttr(), own);
    Operation *clone = builder.clone(*broadcast);
    clone->replaceUsesOfWith(init.constant, bias);
    op.getDpsInitOperand(0)->set(clone->getResult(0));
  }

  FunctionPlan &plan;
  OpBuilder builder;
};

//===----------------------------------------------------------------------===//
// The pass
//===----------------------------------------------------------------------===//

struct AnnotateValues : public qdot::impl::AnnotateValuesBase<AnnotateValues> {
  using AnnotateValuesBase::AnnotateValuesBase;

  void runOnOperation() override {
    if (failed(run()))
      signalPassFailure();
  }

private:
  LogicalResult run() {
    llvm::Regex keepFloatRegex(keepFloat);
    std::string error;
    if (!keepFloat.empty() && !keepFloatRegex.isValid(error))
      return emitOptionError("keep-float", keepFloat, error);
    auto method = statistics::parseRangeMethod(rangeMethod);
    if (!method)
      return emitOptionError("range", rangeMethod,
                             llvm::toString(method.takeError()));
    auto bits = ActivationBitsRules::parse(activationBits);
    if (!bits)
      return emitOptionError("activation-bits", llvm::join(activationBits, ","),
                             llvm::toString(bits.takeError()));
    if (stats.empty())
      return getOperation().emitError()
             << "qdot-annotate-values needs a statistics file (stats=FILE)";
    auto file = statistics::readStatistics(stats);
    if (!file)
      return getOperation().emitError() << llvm::toString(file.takeError());
    return annotate(*file, {*method, std::move(*bits)},
                    keepFloat.empty() ? nullptr : &keepFloatRegex);
  }

  LogicalResult emitOptionError(StringRef option, StringRef value,
                                StringRef error) {
    return getOperation().emitError()
           << option << "=" << value << ": " << error;
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
    for (auto &plan : plans)
      if (failed(ParameterChooser(*plan, file, rules).choose()))
        return failure();
    for (auto &plan : plans)
      Annotator(*plan).apply();
    return success();
  }

  /// The file must fit the model as it was observed: without `keep-float`.
  LogicalResult
  checkSites(ArrayRef<std::unique_ptr<FunctionPlan>> plans,
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
