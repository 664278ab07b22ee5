//===- Distribution.h - Values as pieces of constant density --------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What range methods see of data: of a record, intervals of constant density
// (docs/Statistics.md says how they follow from the histogram); of a constant,
// its values. All sums and integrals are f64, from the smallest value upward.
//
//===----------------------------------------------------------------------===//

#ifndef QDOT_STATISTICS_DISTRIBUTION_H
#define QDOT_STATISTICS_DISTRIBUTION_H

#include "qdot/Numerics/Quantization.h"
#include "qdot/Statistics/Histogram.h"
#include "llvm/ADT/ArrayRef.h"
#include <vector>

namespace qdot::statistics {

/// `count` values spread evenly over [low, high], or all equal to `low` when
/// `low == high`. No piece has 0 in its interior, and only points are at 0.
struct Piece {
  double low;
  double high;
  double count;

  bool isPoint() const { return low == high; }
  double mean() const { return (low + high) / 2; }
  /// Mean of the squares.
  double meanSquare() const {
    return (low * low + low * high + high * high) / 3;
  }
};

/// What quantization with given parameters does to the values.
struct QuantizationError {
  double mean;       ///< of `quantized - value`
  double meanSquare; ///< of the same
};

/// Finite values, in ascending order.
class Distribution {
public:
  /// The finite values of a record.
  static Distribution of(const TensorRecord &record);
  /// Finite values themselves; more than `maxPoints` become a record first.
  static Distribution of(llvm::ArrayRef<double> values);
  static constexpr size_t maxPoints = 4096;

  llvm::ArrayRef<Piece> getPieces() const { return pieces; }
  bool isEmpty() const { return pieces.empty(); }
  double getCount() const { return count; }
  /// Precondition of the following: not empty.
  double getMin() const { return pieces.front().low; }
  double getMax() const { return pieces.back().high; }
  /// The largest magnitude.
  double getMagnitude() const;
  bool isOneSided() const { return getMin() >= 0 || getMax() <= 0; }

  double getMean() const;
  /// About 0.
  double getMeanSquare() const;
  /// The least x such that a part `p` of the values is at most x; linear within
  /// a piece. 0 <= p <= 1.
  double getQuantile(double p) const;
  /// How many magnitudes exceed `limit`, and the sum of these magnitudes.
  double countAbove(double limit) const;
  double sumAbove(double limit) const;
  /// The distribution of the magnitudes of the values that are not 0.
  Distribution getMagnitudes() const;

  /// Error of `scale * (clamp(round(x / scale) + zeroPoint) - zeroPoint)`.
  QuantizationError getError(const numerics::QuantParams &params,
                             numerics::StorageRange storage) const;

private:
  void add(double low, double high, double number);
  void addBin(double low, double high, double number, double slope);

  std::vector<Piece> pieces;
  double count = 0;
};

} // namespace qdot::statistics

#endif // QDOT_STATISTICS_DISTRIBUTION_H
