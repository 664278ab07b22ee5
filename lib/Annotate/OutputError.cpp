//===- OutputError.cpp - What an error does to the outputs of layers ------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "OutputError.h"
#include "qdot/Analysis/ConstantValues.h"
#include "qdot/Analysis/Contraction.h"
#include "llvm/ADT/SetVector.h"
#include <cmath>

using namespace mlir;
using namespace qdot;
using numerics::QuantParams;
using numerics::Scheme;
using statistics::Distribution;
using statistics::QuantizationError;
using statistics::RealRange;

void ErrorGain::add(const ErrorGain &other) {
  variance += other.variance;
  bias += other.bias;
  isResult |= other.isResult;
}

double ErrorGain::apply(const QuantizationError &error) const {
  double square = error.mean * error.mean;
  return variance * std::max(0.0, error.meanSquare - square) + bias * square;
}

//===----------------------------------------------------------------------===//
// Gains
//===----------------------------------------------------------------------===//

/// Mean square of the recorded values of `value`; 1 where nothing is known.
double OutputError::getPower(Value value) const {
  const QuantizableValue *known = plan.values.lookup(value);
  if (!known)
    return 1;
  auto record = file.records.find(known->site.getKey().str());
  if (record == file.records.end() || !record->second.hasRange())
    return 1;
  double power = Distribution::of(record->second).getMeanSquare();
  return power > 0 ? power : 1;
}

/// With independent errors of its inputs, a channel with weights w has the
/// variance times `sum w^2`; a common shift arrives times `sum w`.
ErrorGain OutputError::getWeightGain(const Layer &layer) {
  FailureOr<RealConstant> weight = getRealConstant(layer.weight->get());
  if (failed(weight))
    return {1, 1, false};
  ContractionChannels channels = getChannels(layer);
  SmallVector<double> sums(channels.size(), 0.0);
  double squares = 0;
  forEachElement(weight->type.getShape(),
                 channels.getStrides(weight->type.getRank()),
                 [&](int64_t element, int64_t channel) {
                   double w = weight->values[element];
                   squares += w * w;
                   sums[channel] += w;
                 });
  double shifts = 0;
  for (double sum : sums)
    shifts += sum * sum;
  double power = getPower(layer.result) * double(channels.size());
  return {squares / power, shifts / power, false};
}

/// Activations times activations: the other operand is the weight.
static double getOtherPower(const Layer &layer, Value value,
                            function_ref<double(Value)> getPower) {
  double terms = 1;
  auto op = cast<linalg::LinalgOp>(layer.op);
  for (auto [size, kind] :
       llvm::zip_equal(op.getStaticLoopRanges(), op.getIteratorTypesArray()))
    if (kind == utils::IteratorType::reduction && size > 0)
      terms *= double(size);
  for (Value other : layer.activations)
    if (other != value)
      return terms * getPower(other);
  return terms * getPower(value);
}

ErrorGain OutputError::getGain(const Layer &layer, Value value) {
  if (layer.kind == LayerKind::SameScale)
    return getGain(layer.result);
  if (layer.kind == LayerKind::Contraction && layer.weight)
    return getWeightGain(layer);
  double gain = 1 / getPower(layer.result);
  if (layer.kind == LayerKind::Contraction)
    gain *= getOtherPower(layer, value,
                          [&](Value other) { return getPower(other); });
  return {gain, gain, false};
}

/// The quantized layer of each reader of `value`; null for other readers.
static SmallVector<const Layer *> getReaders(const FunctionPlan &plan,
                                             Value value) {
  // A gather reads its table inside of its body.
  llvm::SmallSetVector<Operation *, 4> users;
  for (Operation *user : value.getUsers())
    users.insert(value.getParentBlock()->findAncestorOpInBlock(*user));
  return llvm::map_to_vector(users, [&](Operation *user) {
    const Layer *layer = plan.layers.getLayer(user);
    bool isReader = layer && plan.values.isQuantized(*layer) &&
                    llvm::is_contained(layer->activations, value);
    return isReader ? layer : nullptr;
  });
}

ErrorGain OutputError::getGain(Value value) {
  ErrorGain gain;
  for (const Layer *layer : getReaders(plan, value)) {
    if (layer)
      gain.add(getGain(*layer, value));
    else
      gain.add({1 / getPower(value), 1 / getPower(value), true});
  }
  return gain;
}

bool OutputError::feedsContraction(Value value) {
  return llvm::any_of(getReaders(plan, value), [&](const Layer *layer) {
    return layer && (layer->kind == LayerKind::Contraction ||
                     (layer->kind == LayerKind::SameScale &&
                      feedsContraction(layer->result)));
  });
}

//===----------------------------------------------------------------------===//
// Choice
//===----------------------------------------------------------------------===//

static double toSqnr(double noise) {
  // A finite number, however small the noise.
  return -10 * std::log10(std::max(noise, 1e-20));
}

double OutputError::getSqnr(const QuantizableValue &value,
                            const QuantParams &params, const Scheme &scheme) {
  Distribution values = Distribution::of(getRecord(file, value));
  return toSqnr(
      getGain(value.value).apply(values.getError(params, scheme.storage)));
}

std::pair<RealRange, RangeChoice>
OutputError::chooseRange(const QuantizableValue &value, const Scheme &scheme) {
  // Samples that were not recorded may lie outside; so clipping must pay.
  constexpr double leastGain = 0.9;
  Distribution values = Distribution::of(getRecord(file, value));
  ErrorGain gain = getGain(value.value);
  auto cost = [&](const QuantParams &params) {
    return gain.apply(values.getError(params, scheme.storage));
  };
  auto costOf = [&](RealRange range) {
    return cost(numerics::chooseParams(range.min, range.max, scheme));
  };
  RealRange whole{values.getMin(), values.getMax()};
  double wholeCost = costOf(whole);
  RangeChoice choice{"minmax", toSqnr(wholeCost), toSqnr(wholeCost)};
  if (gain.isResult)
    return {whole, choice};
  RealRange best = statistics::searchRange(values, scheme, cost);
  double bestCost = costOf(best);
  if (!(bestCost < leastGain * wholeCost))
    return {whole, choice};
  choice.method = "output";
  choice.sqnr = toSqnr(bestCost);
  return {best, choice};
}
