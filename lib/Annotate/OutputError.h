//===- OutputError.h - What an error does to the outputs of layers --------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QDOT_LIB_ANNOTATE_OUTPUTERROR_H
#define QDOT_LIB_ANNOTATE_OUTPUTERROR_H

#include "FunctionPlan.h"

namespace qdot {

/// How an error of a value adds to the noise of the layers that read it,
/// relative to the power of their results: `variance` times the variance of the
/// error plus `bias` times the square of its mean.
struct ErrorGain {
  double variance = 0;
  double bias = 0;
  /// Something else than a quantized layer reads the value, too: its largest
  /// values may be what counts.
  bool isResult = false;

  void add(const ErrorGain &other);
  double apply(const statistics::QuantizationError &error) const;
};

/// Computes gains from constant weights and recorded values.
class OutputError {
public:
  OutputError(FunctionPlan &plan, const statistics::StatisticsFile &file)
      : plan(plan), file(file) {}

  /// The gain of an error of `value`, through moves, up to the results of the
  /// next layers (docs/Statistics.md, "auto").
  ErrorGain getGain(mlir::Value value);

  /// The range of least noise at the outputs, and why.
  std::pair<statistics::RealRange, RangeChoice>
  chooseRange(const QuantizableValue &value, const numerics::Scheme &scheme);

  /// Power of the results of the layers that read `value` over that of the noise
  /// which quantization makes there, in dB.
  double getSqnr(const QuantizableValue &value,
                 const numerics::QuantParams &params,
                 const numerics::Scheme &scheme);

  /// Whether a quantized contraction reads the value, through moves.
  bool feedsContraction(mlir::Value value);

private:
  ErrorGain getGain(const Layer &layer, mlir::Value value);
  ErrorGain getWeightGain(const Layer &layer);
  double getPower(mlir::Value value) const;

  FunctionPlan &plan;
  const statistics::StatisticsFile &file;
};

} // namespace qdot

#endif // QDOT_LIB_ANNOTATE_OUTPUTERROR_H
