//===- Comparison.h - Float and integer values side by side ---------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QDOT_TOOLS_QDOT_COMPARISON_H
#define QDOT_TOOLS_QDOT_COMPARISON_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/Support/JSON.h"
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

namespace llvm {
class raw_ostream;
} // namespace llvm

namespace qdot::driver {

/// Meaning of the integers of one value.
struct AffineStorage {
  double scale = 1;
  int64_t zeroPoint = 0;
  int64_t min = 0;
  int64_t max = 0;

  /// `scale * (q - zeroPoint)`, in f64.
  double toReal(double q) const { return scale * (q - zeroPoint); }
};

/// Running comparison of one value; takes no memory per sample.
struct ValueComparison {
  std::string name;
  /// Nothing where the value is float in both models.
  std::optional<AffineStorage> storage;

  uint64_t count = 0;
  double signal = 0;    ///< sum of squares of the float values
  double noise = 0;     ///< sum of squares of the differences
  double quantized = 0; ///< sum of squares of the integer model's reals
  double product = 0;   ///< sum of products of both
  double maxError = 0;
  double floatMin = std::numeric_limits<double>::infinity();
  double floatMax = -std::numeric_limits<double>::infinity();
  /// Of the integers, or of the floats where there is no storage.
  double otherMin = std::numeric_limits<double>::infinity();
  double otherMax = -std::numeric_limits<double>::infinity();
  /// Float values that the integers cannot reach, by more than half a step.
  uint64_t saturated = 0;

  void add(llvm::ArrayRef<float> real, llvm::ArrayRef<float> other);

  /// In dB; infinity when nothing differs.
  double getSqnr() const;
  double getCosine() const;
};

/// Running top-1 of the first result.
struct ClassComparison {
  uint64_t count = 0;
  uint64_t agreeing = 0;
  /// With labels only.
  uint64_t floatRight = 0;
  uint64_t otherRight = 0;

  double getAgreement() const { return 100.0 * agreeing / count; }
  double getFloatAccuracy() const { return 100.0 * floatRight / count; }
  double getOtherAccuracy() const { return 100.0 * otherRight / count; }
};

/// Running mean square error against targets that are no classes.
struct ErrorComparison {
  uint64_t count = 0;
  double floatSum = 0;
  double otherSum = 0;
};

/// One layer that alone was quantized, and what all of them together did to its
/// value.
struct LayerComparison {
  std::string path;
  double isolatedSqnr; ///< of the model's first result, in dB
  double isolatedLoss; ///< of the same, see Score::loss
  /// Of the layer's own value, all layers quantized; NaN where it has none.
  double accumulatedSqnr;
};

/// All that `qdot compare` found.
struct Comparison {
  int64_t numSamples = 0;
  std::vector<ValueComparison> values;
  /// Values of the float model without an integer counterpart.
  std::vector<std::string> floatOnly;
  std::vector<ValueComparison> results;
  std::optional<ClassComparison> classes;
  bool hasLabels = false;
  std::optional<ErrorComparison> errors;
  /// The most harmful one first; only where asked for.
  std::vector<LayerComparison> layers;
};

void printComparison(const Comparison &comparison, llvm::raw_ostream &os);

/// Numbers that JSON does not have (an infinite SQNR) become null.
llvm::json::Value toJson(const Comparison &comparison);

} // namespace qdot::driver

#endif // QDOT_TOOLS_QDOT_COMPARISON_H
