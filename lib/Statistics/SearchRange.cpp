//===- SearchRange.cpp - The range of least cost --------------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qdot/Statistics/Ranges.h"
#include <algorithm>
#include <cmath>
#include <optional>

using namespace qdot::statistics;
using qdot::numerics::Scheme;
using qdot::numerics::Symmetry;

namespace {
/// How far both ends are inside of the extremes, as exponents of 2.
struct Inset {
  double low = 0;
  double high = 0;
};

/// Tries ranges and keeps the best.
class RangeSearch {
public:
  RangeSearch(const Distribution &values, const Scheme &scheme, RangeCost cost)
      : min(values.getMin()), max(values.getMax()),
        magnitude(values.getMagnitude()), scheme(scheme), cost(cost) {}

  RealRange run() {
    tryRange({});
    for (int step = 1; step <= numSteps; ++step)
      tryRange({step * stepSize, step * stepSize});
    bool isSeparate =
        scheme.symmetry == Symmetry::Asymmetric && min < 0 && max > 0;
    if (isSeparate)
      while (improveEnds(numSteps, stepSize, /*center=*/false))
        ;
    // Between the neighbours of the best.
    if (isSeparate)
      improveEnds(fineSteps, stepSize / fineSteps, /*center=*/true);
    else
      improveBoth();
    return getRange(best);
  }

private:
  static constexpr double stepSize = 1.0 / 16;
  static constexpr int numSteps = 192;
  static constexpr int fineSteps = 8;

  RealRange getRange(Inset inset) const {
    double low = std::exp2(-inset.low), high = std::exp2(-inset.high);
    if (scheme.symmetry == Symmetry::Asymmetric)
      return {min < 0 ? min * low : min, max > 0 ? max * high : max};
    return {std::max(min, -magnitude * low), std::min(max, magnitude * high)};
  }

  bool tryRange(Inset inset) {
    RealRange range = getRange(inset);
    double value =
        cost(qdot::numerics::chooseParams(range.min, range.max, scheme));
    // Noise of the sums must not narrow a range.
    if (lowest && !(value < *lowest - 1e-9 * std::fabs(*lowest)))
      return false;
    lowest = value;
    best = inset;
    return true;
  }

  /// Moves one end with the other one fixed, then the other way round.
  bool improveEnds(int steps, double size, bool center) {
    Inset start = best;
    int first = center ? -steps : 0;
    bool improved = false;
    for (int step = first; step <= steps; ++step)
      improved |= tryRange(
          {best.low, std::max(0.0, (center ? start.high : 0) + step * size)});
    for (int step = first; step <= steps; ++step)
      improved |= tryRange(
          {std::max(0.0, (center ? start.low : 0) + step * size), best.high});
    return improved;
  }

  void improveBoth() {
    double start = best.high;
    for (int step = -fineSteps; step <= fineSteps; ++step) {
      double inset = std::max(0.0, start + step * stepSize / fineSteps);
      tryRange({inset, inset});
    }
  }

  double min, max, magnitude;
  const Scheme &scheme;
  RangeCost cost;
  std::optional<double> lowest;
  Inset best;
};
} // namespace

RealRange qdot::statistics::searchRange(const Distribution &values,
                                        const Scheme &scheme, RangeCost cost) {
  return RangeSearch(values, scheme, cost).run();
}
