//===- LayerSearch.cpp - Which layers should stay in float ----------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "LayerSearch.h"
#include "Support.h"
#include "qdot/Analysis/QuantizableValues.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/raw_ostream.h"
#include <numeric>

using namespace llvm;
using namespace qdot;
using namespace qdot::driver;

//===----------------------------------------------------------------------===//
// Options as text
//===----------------------------------------------------------------------===//

static void append(std::string &text, StringRef name,
                   ArrayRef<std::string> values) {
  if (values.empty() || (values.size() == 1 && values.front().empty()))
    return;
  text +=
      (text.empty() ? "" : " ") + name.str() + "={" + join(values, ",") + "}";
}

std::string qdot::driver::printOptions(const QuantizationOptions &options) {
  std::string text;
  auto appendOption = [&](StringRef name, const std::string &value,
                          StringRef fallback) {
    if (value != fallback)
      append(text, name, value);
  };
  append(text, "range", options.range);
  append(text, "activation-bits", options.activationBits);
  append(text, "activation-scheme", options.activationScheme);
  append(text, "weight-range", options.weightRange);
  append(text, "weight-bits", options.weightBits);
  append(text, "weight-granularity", options.weightGranularity);
  append(text, "weight-scheme", options.weightScheme);
  appendOption("preset", options.preset, "");
  appendOption("keep-float", options.keepFloat, "");
  appendOption("correct-biases", options.correctBiases ? "true" : "", "");
  appendOption("numerics", options.numerics, "tosa-single");
  appendOption("allow", options.allow, "softmax,normalization,keep-float");
  return text;
}

//===----------------------------------------------------------------------===//
// Layers
//===----------------------------------------------------------------------===//

Error LayerSearch::findLayers(StringRef entry) {
  mlir::OwningOpRef<mlir::ModuleOp> copy = floatModule.clone();
  if (Error error = session.runPasses(
          *copy, "preparing the model",
          [](mlir::OpPassManager &pm) { buildPreparePipeline(pm); }))
    return error;
  auto function = findEntry(*copy, entry);
  if (!function)
    return function.takeError();
  Regex keepFloat(options.keepFloat);
  LayerAnalysis analysis(*function);
  QuantizableValues values(*function, analysis,
                           options.keepFloat.empty() ? nullptr : &keepFloat);
  SetVector<StringRef> paths;
  for (const Layer &layer : analysis.getLayers())
    if (layer.kind != LayerKind::SameScale && values.isQuantized(layer))
      paths.insert(values.lookup(layer.result)->site.getPath());
  for (StringRef path : paths)
    layers.push_back(path.str());
  if (layers.empty())
    return makeError("function '" + function->getName() +
                     "' has no layer to quantize");
  return Error::success();
}

std::string LayerSearch::getKeepFloat(StringRef keepFloat,
                                      ArrayRef<std::string> paths) {
  if (paths.empty())
    return keepFloat.str();
  std::string text = keepFloat.empty() ? "" : "(" + keepFloat.str() + ")|";
  text += "^(";
  for (const std::string &path : paths)
    text += (&path == paths.begin() ? "" : "|") + Regex::escape(path);
  return text + ")$";
}

Expected<std::unique_ptr<LayerSearch>>
LayerSearch::create(Session &session, mlir::ModuleOp floatModule,
                    const QuantizationOptions &options,
                    const EvaluationRequest &request, bool isQuiet) {
  std::unique_ptr<LayerSearch> search(
      new LayerSearch(session, floatModule, options, isQuiet));
  if (Error error = search->findLayers(request.entry))
    return {std::move(error)};
  mlir::OwningOpRef<mlir::ModuleOp> copy = floatModule.clone();
  auto evaluator = Evaluator::create(session, *copy, request);
  if (!evaluator)
    return evaluator.takeError();
  search->evaluator = std::move(*evaluator);
  return search;
}

//===----------------------------------------------------------------------===//
// Measurements
//===----------------------------------------------------------------------===//

Expected<Score> LayerSearch::measure(ArrayRef<std::string> floatLayers) {
  mlir::OwningOpRef<mlir::ModuleOp> copy = floatModule.clone();
  QuantizationOptions mine;
  mine.copyOptionValuesFrom(options);
  mine.keepFloat = getKeepFloat(options.keepFloat, floatLayers);
  mine.allow = "all";
  mine.quantizeSignature = false;
  if (Error error = session.runPasses(
          *copy, "quantizing the model",
          [&](mlir::OpPassManager &pm) { buildQuantizePipeline(pm, mine); }))
    return {std::move(error)};
  return evaluator->evaluate(*copy);
}

Expected<std::vector<LayerHarm>> LayerSearch::measureEach() {
  std::vector<LayerHarm> harms;
  Progress progress("layers", layers.size(), isQuiet);
  for (const std::string &layer : layers) {
    std::vector<std::string> others;
    for (const std::string &other : layers)
      if (other != layer)
        others.push_back(other);
    Expected<Score> score = measure(others);
    if (!score)
      return score.takeError();
    harms.push_back({layer, *score});
    progress.advance(1);
  }
  // Layers of the same harm stay in the order of the model.
  std::vector<size_t> order(harms.size());
  std::iota(order.begin(), order.end(), size_t(0));
  llvm::sort(order, [&](size_t a, size_t b) {
    return std::make_pair(harms[a].score.sqnr, a) <
           std::make_pair(harms[b].score.sqnr, b);
  });
  std::vector<LayerHarm> sorted;
  for (size_t number : order)
    sorted.push_back(std::move(harms[number]));
  return sorted;
}

Expected<bool> LayerSearch::isEnough(ArrayRef<std::string> floatLayers,
                                     double target) {
  Expected<Score> score = measure(floatLayers);
  if (!score)
    return score.takeError();
  if (!isQuiet)
    errs() << floatLayers.size() << " of " << layers.size()
           << " layers in float: "
           << format("%.4g %s, SQNR %.2f dB\n", score->loss,
                     evaluator->getLossName().str().c_str(), score->sqnr);
  return score->loss <= target;
}

Expected<std::vector<std::string>> LayerSearch::findFloatLayers(double target) {
  Expected<bool> done = isEnough({}, target);
  if (!done)
    return done.takeError();
  if (*done)
    return std::vector<std::string>();
  auto harms = measureEach();
  if (!harms)
    return harms.takeError();
  std::vector<std::string> order;
  for (const LayerHarm &harm : *harms)
    order.push_back(harm.path);
  // The most harmful first: the least number of these that is enough.
  size_t tooFew = 0, enough = order.size();
  while (tooFew + 1 < enough) {
    size_t middle = (tooFew + enough) / 2;
    done = isEnough(ArrayRef(order).take_front(middle), target);
    if (!done)
      return done.takeError();
    (*done ? enough : tooFew) = middle;
  }
  order.resize(enough);
  // Some may have been needed only by those behind them.
  for (size_t index = order.size(); index-- > 0 && order.size() > 1;) {
    std::vector<std::string> fewer = order;
    fewer.erase(fewer.begin() + index);
    done = isEnough(fewer, target);
    if (!done)
      return done.takeError();
    if (*done)
      order = fewer;
  }
  return order;
}
