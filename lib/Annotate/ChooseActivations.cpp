//===- ChooseActivations.cpp - Scales and zero points of values ----------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "FunctionPlan.h"
#include "OutputError.h"
#include "qdot/Analysis/Contraction.h"
#include "qdot/Analysis/Remarks.h"
#include "qdot/Analysis/StructuralBody.h"
#include "qdot/Statistics/Ranges.h"
#include "llvm/ADT/EquivalenceClasses.h"
#include "llvm/ADT/StringExtras.h"
#include <cmath>

using namespace mlir;
using namespace qdot;
using numerics::QuantParams;
using numerics::Scheme;
using statistics::RangeMethod;
using statistics::RealRange;

namespace {
/// Chooses scale and zero point of every value of one function.
class ActivationChooser {
public:
  ActivationChooser(FunctionPlan &plan, const statistics::StatisticsFile &file,
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
    if (failed(constant) || constant->values.empty() || layerStartsAt(operand))
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
    RangeMethod method = rules.range.get(value.site.getPath());
    if (llvm::Error error =
            statistics::checkRecord(getRecord(file, value), method))
      return plan.function.emitError()
             << "value " << value.site.getKey() << ": "
             << llvm::toString(std::move(error));
    extend(value.value, estimate(value));
    return success();
  }

  /// The range of one value by the method for its path.
  RealRange estimate(const QuantizableValue &value) {
    StringRef path = value.site.getPath();
    RangeMethod method = rules.range.get(path);
    Scheme scheme =
        rules.getActivationScheme(rules.activationBits.get(path).bits);
    if (method.kind != RangeMethod::Kind::Auto)
      return cantFail(
          statistics::estimateRange(getRecord(file, value), method, scheme));
    auto [range, choice] = OutputError(plan, file).chooseRange(value, scheme);
    reportRange(value, choice);
    choices[value.value] = choice;
    return range;
  }

  void reportRange(const QuantizableValue &value, const RangeChoice &choice) {
    auto toMilli = [](double sqnr) { return std::llround(1000 * sqnr); };
    report(value, "Range",
           {{"SqnrMilliDecibel", toMilli(choice.sqnr)},
            {"MinMaxSqnrMilliDecibel", toMilli(choice.minmaxSqnr)}},
           "range of " + value.site.getPath() + ": " + choice.method +
               ", by the noise that reaches the outputs of the layers that "
               "read it");
  }

  void report(const QuantizableValue &value, StringRef name,
              ArrayRef<std::pair<StringRef, int64_t>> metrics,
              const Twine &message) {
    Operation *op = value.value.getDefiningOp();
    emitAnalysisRemark(op ? op : plan.function.getOperation(), name, metrics,
                       message.str());
  }

  static bool isMoved(const QuantizableValue &value) {
    return value.producer && value.producer->kind == LayerKind::SameScale;
  }

  QuantParams getParams(const void *group, unsigned bits) {
    RealRange range = ranges.lookup(group);
    return numerics::chooseParams(range.min, range.max,
                                  rules.getActivationScheme(bits));
  }

  /// Values that share a type have the fewest bits that one of them is to have.
  void chooseBits() {
    llvm::DenseSet<const void *> expensive, automatic;
    for (const QuantizableValue &value : plan.values.getValues()) {
      if (isQuantizedAlready(value.value))
        continue;
      const void *group = groups.getLeaderValue(value.value);
      ActivationBits wanted = rules.activationBits.get(value.site.getPath());
      auto [it, isNew] = bits.try_emplace(group, wanted.bits);
      it->second = std::min(it->second, wanted.bits);
      if (isMoved(value))
        continue;
      bool isCheap = wanted.isAutomatic &&
                     OutputError(plan, file).feedsContraction(value.value) &&
                     getNarrowSqnr(value) >= minNarrowSqnr;
      (isCheap ? automatic : expensive).insert(group);
    }
    for (const void *group : automatic)
      if (!expensive.contains(group))
        bits[group] = std::min(bits[group], 7u);
    for (const QuantizableValue &value : plan.values.getValues())
      if (bits.lookup(groups.getLeaderValue(value.value)) == 7 &&
          !isMoved(value) && !isQuantizedAlready(value.value))
        reportNarrow(value);
  }

  double getNarrowSqnr(const QuantizableValue &value) {
    return OutputError(plan, file)
        .getSqnr(value, getParams(groups.getLeaderValue(value.value), 7),
                 rules.getActivationScheme(7));
  }

  void reportNarrow(const QuantizableValue &value) {
    int64_t sqnr = std::llround(1000 * getNarrowSqnr(value));
    report(value, "ActivationBits",
           {{"Bits", 7}, {"SqnrMilliDecibel", sqnr}},
           "7 bits for " + value.site.getPath() +
               ": the noise that reaches the outputs of the layers that read it, "
               "four times what 8 bits would add");
  }

  ActivationType getType(Value value) {
    const void *group = groups.getLeaderValue(value);
    unsigned width = bits.lookup(group);
    ActivationType type{getParams(group, width),
                        rules.getActivationScheme(width).storage, std::nullopt};
    auto choice = choices.find(value);
    if (choice != choices.end())
      type.choice = choice->second;
    return type;
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
  llvm::DenseMap<const void *, unsigned> bits; ///< of each group
  llvm::DenseMap<Value, RangeChoice> choices;
};
} // namespace

LogicalResult qdot::chooseActivations(FunctionPlan &plan,
                                      const statistics::StatisticsFile &file,
                                      const AnnotationRules &rules) {
  return ActivationChooser(plan, file, rules).choose();
}
