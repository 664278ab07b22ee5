//===- Ranges.cpp - From a record to the range to quantize ----------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qdot/Statistics/Ranges.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/raw_ostream.h"
#include <algorithm>
#include <cmath>
#include <optional>

using namespace qdot::statistics;
using qdot::numerics::QuantParams;
using qdot::numerics::Scheme;
using Kind = RangeMethod::Kind;

static llvm::Error refuse(const llvm::Twine &message) {
  return llvm::createStringError(llvm::inconvertibleErrorCode(), message);
}

//===----------------------------------------------------------------------===//
// Names
//===----------------------------------------------------------------------===//

static llvm::Expected<RangeMethod> parsePercentile(llvm::StringRef text) {
  RangeMethod method{Kind::Percentile};
  if (text.getAsDouble(method.percentile) || !(method.percentile > 50) ||
      !(method.percentile <= 100))
    return refuse("expected a percentile above 50 and at most 100, got '" +
                  text + "'");
  return method;
}

llvm::Expected<RangeMethod>
qdot::statistics::parseRangeMethod(llvm::StringRef name) {
  if (name.consume_front("percentile:"))
    return parsePercentile(name);
  auto kind = llvm::StringSwitch<std::optional<Kind>>(name)
                  .Case("minmax", Kind::MinMax)
                  .Case("mse", Kind::Mse)
                  .Case("entropy", Kind::Entropy)
                  .Case("aciq-gauss", Kind::AciqGauss)
                  .Case("aciq-laplace", Kind::AciqLaplace)
                  .Case("octav", Kind::Octav)
                  .Case("mean-extremes", Kind::MeanExtremes)
                  .Case("moving-average", Kind::MovingAverage)
                  .Case("auto", Kind::Auto)
                  .Default(std::nullopt);
  if (kind)
    return RangeMethod{*kind};
  return refuse(
      "expected a range method (minmax, percentile:P, mse, entropy, "
      "aciq-gauss, aciq-laplace, octav, mean-extremes, moving-average or "
      "auto), got '" +
      name + "'");
}

std::string qdot::statistics::printRangeMethod(RangeMethod method) {
  std::string text;
  switch (method.kind) {
  case Kind::MinMax:
    return "minmax";
  case Kind::Percentile:
    llvm::raw_string_ostream(text)
        << llvm::format("percentile:%.10g", method.percentile);
    return text;
  case Kind::Mse:
    return "mse";
  case Kind::Entropy:
    return "entropy";
  case Kind::AciqGauss:
    return "aciq-gauss";
  case Kind::AciqLaplace:
    return "aciq-laplace";
  case Kind::Octav:
    return "octav";
  case Kind::MeanExtremes:
    return "mean-extremes";
  case Kind::MovingAverage:
    return "moving-average";
  case Kind::Auto:
    return "auto";
  }
  llvm_unreachable("every kind returns");
}

//===----------------------------------------------------------------------===//
// Ranges
//===----------------------------------------------------------------------===//

static bool isOverSamples(RangeMethod method) {
  return method.kind == Kind::MeanExtremes ||
         method.kind == Kind::MovingAverage;
}

llvm::Error qdot::statistics::checkRecord(const TensorRecord &record,
                                          RangeMethod method) {
  if (record.nanCount != 0 || record.infCount != 0)
    return refuse("expected finite values, got " +
                  llvm::Twine(record.nanCount) + " NaN and " +
                  llvm::Twine(record.infCount) + " Inf of " +
                  llvm::Twine(record.count));
  if (!record.hasRange())
    return refuse("expected at least one finite value, got none of " +
                  llvm::Twine(record.count));
  if (isOverSamples(method) && record.sampleCount == 0)
    return refuse("expected samples for '" + printRangeMethod(method) +
                  "', got values without samples");
  return llvm::Error::success();
}

RealRange qdot::statistics::estimateRange(const Distribution &values,
                                          RangeMethod method,
                                          const Scheme &scheme) {
  switch (method.kind) {
  case Kind::MinMax:
  case Kind::MeanExtremes:
  case Kind::MovingAverage:
    return {values.getMin(), values.getMax()};
  case Kind::Percentile:
    return {values.getQuantile(1 - method.percentile / 100),
            values.getQuantile(method.percentile / 100)};
  case Kind::Mse:
    return searchRange(values, scheme, [&](const QuantParams &params) {
      return values.getError(params, scheme.storage).meanSquare;
    });
  case Kind::Entropy:
    return estimateEntropy(values, scheme);
  case Kind::AciqGauss:
    return estimateAciq(values, /*isLaplace=*/false, scheme);
  case Kind::AciqLaplace:
    return estimateAciq(values, /*isLaplace=*/true, scheme);
  case Kind::Octav:
    return estimateOctav(values, scheme);
  case Kind::Auto:
    break;
  }
  llvm_unreachable("auto is resolved where layers are known");
}

llvm::Expected<RealRange>
qdot::statistics::estimateRange(const TensorRecord &record, RangeMethod method,
                                const Scheme &scheme) {
  if (llvm::Error error = checkRecord(record, method))
    return {std::move(error)};
  double samples = double(record.sampleCount);
  if (isOverSamples(method))
    return RealRange{record.sumOfMinima.toDouble() / samples,
                     record.sumOfMaxima.toDouble() / samples};
  if (method.kind == Kind::MinMax)
    return RealRange{record.min, record.max};
  return estimateRange(Distribution::of(record), method, scheme);
}
