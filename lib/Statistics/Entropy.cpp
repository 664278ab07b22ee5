//===- Entropy.cpp - The range of least divergence ------------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qdot/Statistics/Ranges.h"
#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

using namespace qdot::statistics;
using qdot::numerics::Scheme;
using qdot::numerics::Symmetry;

/// Bins of equal width over the magnitudes, and the step between thresholds.
static constexpr int numBins = 2048;
static constexpr int candidateStep = 8;

/// The magnitudes in bins of equal width; zeros are exact and left out.
static std::vector<double> resample(const Distribution &magnitudes,
                                    double largest) {
  std::vector<double> bins(numBins, 0.0);
  double width = largest / numBins;
  for (const Piece &piece : magnitudes.getPieces()) {
    auto indexOf = [&](double x) {
      return std::clamp(static_cast<int>(x / width), 0, numBins - 1);
    };
    int first = indexOf(piece.low), last = indexOf(piece.high);
    if (first == last) {
      bins[first] += piece.count;
      continue;
    }
    double density = piece.count / (piece.high - piece.low);
    for (int bin = first; bin <= last; ++bin) {
      double low = std::max(piece.low, bin * width);
      double high = bin == last ? piece.high : (bin + 1) * width;
      bins[bin] += density * std::max(0.0, high - low);
    }
  }
  return bins;
}

/// KL(p, q): p are the first `kept` bins, the last of them with all that is cut
/// off; q spreads what is in each of `levels` groups of bins over those of its
/// bins where p is not 0. Infinite when a group has nothing to spread.
static double divergence(const std::vector<double> &bins, int kept, int levels,
                         double total) {
  double inside = std::accumulate(bins.begin(), bins.begin() + kept, 0.0);
  double sum = 0;
  for (int level = 0; level < levels; ++level) {
    int first = int64_t(level) * kept / levels;
    int last = int64_t(level + 1) * kept / levels;
    double mass = 0, used = 0;
    for (int bin = first; bin < last; ++bin) {
      mass += bins[bin];
      used += bins[bin] > 0 || (bin + 1 == kept && total > inside);
    }
    for (int bin = first; bin < last; ++bin) {
      double p = bins[bin] + (bin + 1 == kept ? total - inside : 0.0);
      if (!(p > 0))
        continue;
      if (mass == 0)
        return std::numeric_limits<double>::infinity();
      sum += p / total * std::log(p / total / (mass / used / inside));
    }
  }
  return sum;
}

RealRange qdot::statistics::estimateEntropy(const Distribution &values,
                                            const Scheme &scheme) {
  RealRange whole{values.getMin(), values.getMax()};
  Distribution magnitudes = values.getMagnitudes();
  if (magnitudes.isEmpty())
    return whole;
  double largest = magnitudes.getMax();
  std::vector<double> bins = resample(magnitudes, largest);
  bool usesAllCodes =
      values.isOneSided() && scheme.symmetry != Symmetry::Symmetric;
  int levels = static_cast<int>(std::min<int64_t>(
      numBins,
      usesAllCodes ? scheme.getNumLevels() : (scheme.getNumLevels() + 1) / 2));
  int best = numBins;
  double least = divergence(bins, numBins, levels, magnitudes.getCount());
  for (int kept = numBins - candidateStep; kept >= levels;
       kept -= candidateStep) {
    double value = divergence(bins, kept, levels, magnitudes.getCount());
    if (value < least) {
      least = value;
      best = kept;
    }
  }
  double threshold = best * largest / numBins;
  return {std::max(whole.min, -threshold), std::min(whole.max, threshold)};
}
