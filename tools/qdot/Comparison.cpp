//===- Comparison.cpp - Float and integer values side by side -------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Comparison.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/raw_ostream.h"
#include <algorithm>
#include <cmath>

using namespace llvm;
using namespace qdot::driver;

void ValueComparison::add(ArrayRef<float> real, ArrayRef<float> other) {
  for (auto [x, q] : llvm::zip_equal(real, other)) {
    double y = storage ? storage->toReal(q) : double(q);
    double difference = double(x) - y;
    signal += double(x) * x;
    noise += difference * difference;
    quantized += y * y;
    product += double(x) * y;
    maxError = std::max(maxError, std::fabs(difference));
    floatMin = std::min<double>(floatMin, x);
    floatMax = std::max<double>(floatMax, x);
    otherMin = std::min<double>(otherMin, q);
    otherMax = std::max<double>(otherMax, q);
    if (storage && (x < storage->toReal(storage->min - 0.5) ||
                    x > storage->toReal(storage->max + 0.5)))
      ++saturated;
  }
  count += real.size();
}

double ValueComparison::getSqnr() const {
  if (noise == 0)
    return std::numeric_limits<double>::infinity();
  return 10 * std::log10(signal / noise);
}

double ValueComparison::getCosine() const {
  if (signal == 0 || quantized == 0)
    return signal == quantized ? 1 : 0;
  return product / std::sqrt(signal * quantized);
}

//===----------------------------------------------------------------------===//
// Text
//===----------------------------------------------------------------------===//

static void printValues(ArrayRef<ValueComparison> values, raw_ostream &os) {
  size_t width = 5;
  for (const ValueComparison &value : values)
    width = std::max(width, value.name.size());
  os << left_justify("value", width)
     << "  SQNR dB   cosine  max error     float min    float max"
        "   int min  int max  saturated\n";
  for (const ValueComparison &value : values)
    os << left_justify(value.name, width)
       << format("  %7.2f %8.5f  %9.3g  %12.5g %12.5g  %8.5g %8.5g  %9llu\n",
                 value.getSqnr(), value.getCosine(), value.maxError,
                 value.floatMin, value.floatMax, value.otherMin, value.otherMax,
                 static_cast<unsigned long long>(value.saturated));
}

static void printLayers(ArrayRef<LayerComparison> layers, raw_ostream &os) {
  if (layers.empty())
    return;
  size_t width = 5;
  for (const LayerComparison &layer : layers)
    width = std::max(width, layer.path.size());
  os << left_justify("layer", width)
     << "  alone: SQNR dB      loss  with all others: SQNR dB\n";
  for (const LayerComparison &layer : layers)
    os << left_justify(layer.path, width)
       << format("  %14.2f %9.4g  %24.2f\n", layer.isolatedSqnr,
                 layer.isolatedLoss, layer.accumulatedSqnr);
}

void qdot::driver::printComparison(const Comparison &comparison,
                                   raw_ostream &os) {
  std::vector<ValueComparison> rows = comparison.values;
  rows.insert(rows.end(), comparison.results.begin(), comparison.results.end());
  printValues(rows, os);
  for (const std::string &site : comparison.floatOnly)
    os << site << "  stays in float\n";
  printLayers(comparison.layers, os);
  os << comparison.numSamples << " samples\n";
  if (const auto &classes = comparison.classes) {
    if (comparison.hasLabels)
      os << format("top-1: float %.2f %%, integer %.2f %%, difference %+.2f "
                   "points\n",
                   classes->getFloatAccuracy(), classes->getOtherAccuracy(),
                   classes->getOtherAccuracy() - classes->getFloatAccuracy());
    os << format("same top-1: %.2f %%\n", classes->getAgreement());
  }
  if (const auto &errors = comparison.errors)
    os << format("mean square error: float %.4g, integer %.4g\n",
                 errors->floatSum / errors->count,
                 errors->otherSum / errors->count);
}

//===----------------------------------------------------------------------===//
// JSON
//===----------------------------------------------------------------------===//

static json::Value toNumber(double value) {
  return std::isfinite(value) ? json::Value(value) : json::Value(nullptr);
}

static json::Value toJson(const ValueComparison &value) {
  json::Object object{{"name", value.name},
                      {"count", int64_t(value.count)},
                      {"sqnr", toNumber(value.getSqnr())},
                      {"cosine", toNumber(value.getCosine())},
                      {"max_error", toNumber(value.maxError)},
                      {"float_min", toNumber(value.floatMin)},
                      {"float_max", toNumber(value.floatMax)}};
  if (value.storage) {
    object["int_min"] = int64_t(value.otherMin);
    object["int_max"] = int64_t(value.otherMax);
    object["scale"] = value.storage->scale;
    object["zero_point"] = value.storage->zeroPoint;
    object["saturated"] = int64_t(value.saturated);
  }
  return object;
}

static json::Array toJson(ArrayRef<ValueComparison> values) {
  json::Array array;
  for (const ValueComparison &value : values)
    array.push_back(toJson(value));
  return array;
}

json::Value qdot::driver::toJson(const Comparison &comparison) {
  json::Object object{{"samples", comparison.numSamples},
                      {"values", ::toJson(comparison.values)},
                      {"results", ::toJson(comparison.results)},
                      {"float_only", json::Array(comparison.floatOnly)}};
  if (!comparison.layers.empty()) {
    json::Array layers;
    for (const LayerComparison &layer : comparison.layers)
      layers.push_back(
          json::Object{{"path", layer.path},
                       {"isolated_sqnr", toNumber(layer.isolatedSqnr)},
                       {"isolated_loss", toNumber(layer.isolatedLoss)},
                       {"accumulated_sqnr", toNumber(layer.accumulatedSqnr)}});
    object["layers"] = std::move(layers);
  }
  if (const auto &classes = comparison.classes) {
    object["agreement"] = classes->getAgreement();
    if (comparison.hasLabels) {
      object["float_accuracy"] = classes->getFloatAccuracy();
      object["int_accuracy"] = classes->getOtherAccuracy();
    }
  }
  if (const auto &errors = comparison.errors) {
    object["float_mse"] = toNumber(errors->floatSum / errors->count);
    object["int_mse"] = toNumber(errors->otherSum / errors->count);
  }
  return object;
}
