//===- ClipRange.cpp - Ranges from a formula for the clipping error -------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qdot/Statistics/Ranges.h"
#include <algorithm>
#include <cmath>

using namespace qdot::statistics;
using qdot::numerics::Scheme;
using qdot::numerics::Symmetry;

/// True when every code can stand for a value of one sign.
static bool usesOneSide(const Distribution &values, const Scheme &scheme) {
  return values.isOneSided() &&
         (scheme.symmetry == Symmetry::Asymmetric ||
          (scheme.symmetry == Symmetry::Unsigned && values.getMin() >= 0));
}

/// [low, high], no wider than the values.
static RealRange limitTo(const Distribution &values, double low, double high) {
  return {std::clamp(low, values.getMin(), values.getMax()),
          std::clamp(high, values.getMin(), values.getMax())};
}

//===----------------------------------------------------------------------===//
// ACIQ
//===----------------------------------------------------------------------===//

/// The derivative of the error by the clipping value `a`, for deviation 1.
static double derivative(bool isLaplace, double levels, double a) {
  double rounding = a / (3 * levels * levels);
  if (isLaplace)
    return rounding - std::exp(-a);
  return rounding + a * std::erfc(a / std::sqrt(2.0)) -
         std::sqrt(2 / M_PI) * std::exp(-a * a / 2);
}

double qdot::statistics::getAciqFactor(bool isLaplace, double levels) {
  // The derivative has one root and is negative below it.
  double low = 0, high = 64;
  for (int i = 0; i < 100; ++i) {
    double middle = (low + high) / 2;
    (derivative(isLaplace, levels, middle) < 0 ? low : high) = middle;
  }
  return low;
}

/// Mean of `|x - center|`.
static double meanDeviation(const Distribution &values, double center) {
  double sum = 0;
  for (const Piece &piece : values.getPieces()) {
    double a = piece.low - center, b = piece.high - center;
    if (piece.isPoint() || a >= 0 || b <= 0)
      sum += piece.count * std::fabs(a + b) / 2;
    else
      sum += piece.count * (a * a + b * b) / (2 * (b - a));
  }
  return sum / values.getCount();
}

static double deviation(const Distribution &values, bool isLaplace,
                        double center) {
  if (isLaplace)
    return meanDeviation(values, center);
  double mean = values.getMean(), shift = center - mean;
  double variance = values.getMeanSquare() - mean * mean;
  return std::sqrt(std::max(0.0, variance) + shift * shift);
}

RealRange qdot::statistics::estimateAciq(const Distribution &values,
                                         bool isLaplace, const Scheme &scheme) {
  double levels = double(scheme.getNumLevels());
  if (usesOneSide(values, scheme)) {
    Distribution magnitudes = values.getMagnitudes();
    if (magnitudes.isEmpty())
      return {0, 0};
    double clip = getAciqFactor(isLaplace, 2 * levels) *
                  deviation(magnitudes, isLaplace, 0);
    return limitTo(values, -clip, clip);
  }
  double center =
      scheme.symmetry == Symmetry::Asymmetric ? values.getMean() : 0;
  double clip =
      getAciqFactor(isLaplace, levels) * deviation(values, isLaplace, center);
  return limitTo(values, center - clip, center + clip);
}

//===----------------------------------------------------------------------===//
// OCTAV
//===----------------------------------------------------------------------===//

RealRange qdot::statistics::estimateOctav(const Distribution &values,
                                          const Scheme &scheme) {
  Distribution magnitudes = values.getMagnitudes();
  if (magnitudes.isEmpty())
    return {0, 0};
  double levels = double(scheme.getNumLevels());
  double noise = 1 / (3 * levels * levels);
  if (usesOneSide(values, scheme))
    noise /= 4;
  double clip = magnitudes.getMean();
  constexpr int maxIterations = 50;
  for (int i = 0; i < maxIterations; ++i) {
    double above = magnitudes.countAbove(clip);
    double inside = magnitudes.getCount() - above;
    double next = above > 0
                      ? magnitudes.sumAbove(clip) / (noise * inside + above)
                      : magnitudes.getMax();
    bool isDone = above == 0 || std::fabs(next - clip) <= 1e-9 * clip;
    clip = next;
    if (isDone)
      break;
  }
  return limitTo(values, -clip, clip);
}
