//===- Distribution.cpp - Values as pieces of constant density ------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qdot/Statistics/Distribution.h"
#include "llvm/ADT/STLExtras.h"
#include <algorithm>
#include <cmath>
#include <tuple>

using namespace qdot::statistics;
using qdot::numerics::QuantParams;
using qdot::numerics::StorageRange;

//===----------------------------------------------------------------------===//
// From a record
//===----------------------------------------------------------------------===//

namespace {
/// A bin as an interval of the real line.
struct Interval {
  double low;
  double high;
  double count;

  double width() const { return high - low; }
  double center() const { return (low + high) / 2; }
  double density() const { return width() > 0 ? count / width() : 0; }
};
} // namespace

/// The values of a bin, within [min, max].
static Interval intervalOf(const TensorRecord &record, unsigned bin) {
  double inner = TensorRecord::lowerEdge(bin);
  double outer = TensorRecord::isFiniteBin(bin + 1)
                     ? double(TensorRecord::lowerEdge(bin + 1))
                     : (inner < 0 ? record.min : record.max);
  double low = std::clamp(std::min(inner, outer), double(record.min),
                          double(record.max));
  double high = std::clamp(std::max(inner, outer), double(record.min),
                           double(record.max));
  return {low, high, double(record.bins[bin])};
}

/// The bins in use, in ascending order of their values; zeros are left out, and
/// so are one occurrence of the minimum and one of the maximum, which are known
/// exactly.
static std::vector<Interval> intervalsOf(const TensorRecord &record) {
  constexpr unsigned half = TensorRecord::numBins / 2;
  std::vector<Interval> intervals;
  for (unsigned i = 0; i != TensorRecord::numBins; ++i) {
    unsigned bin = i < half ? TensorRecord::numBins - 1 - i : i - half;
    if (record.bins[bin] == 0)
      continue;
    Interval interval = intervalOf(record, bin);
    if (bin == 0)
      interval.count -= double(record.zeroCount);
    if (record.min != 0.0f && bin == TensorRecord::binOf(record.min))
      interval.count -= 1;
    if (record.max != 0.0f && record.max != record.min &&
        bin == TensorRecord::binOf(record.max))
      interval.count -= 1;
    if (interval.count > 0)
      intervals.push_back(interval);
  }
  return intervals;
}

/// Slope toward a neighbour, which counts as empty when it is not adjacent.
static double slopeToward(const Interval &from, const Interval *to, int sign) {
  double distance = from.width(), density = 0;
  if (to && (sign > 0 ? to->low == from.high : to->high == from.low)) {
    distance = std::fabs(to->center() - from.center());
    density = to->density();
  }
  return sign * (density - from.density()) / distance;
}

/// How the density changes within an interval: the smaller of the slopes toward
/// both neighbours, doubled, or their mean; 0 at an extremum (van Leer's MC
/// limiter, doi:10.1016/0021-9991(77)90095-X). It never makes a density
/// negative and keeps the number of values.
static double limitedSlope(const Interval *before, const Interval &interval,
                           const Interval *after) {
  double left = slopeToward(interval, before, -1);
  double right = slopeToward(interval, after, +1);
  if (!(left * right > 0))
    return 0;
  double magnitude = std::min({2 * std::fabs(left), 2 * std::fabs(right),
                               std::fabs(left + right) / 2,
                               2 * interval.density() / interval.width()});
  return left > 0 ? magnitude : -magnitude;
}

void Distribution::add(double low, double high, double number) {
  if (!(number > 0))
    return;
  pieces.push_back({low, high, number});
  count += number;
}

/// Bins that are wide next to the whole range become eight pieces.
void Distribution::addBin(double low, double high, double number,
                          double slope) {
  constexpr int parts = 8;
  if (slope == 0)
    return add(low, high, number);
  double width = (high - low) / parts, density = number / (high - low);
  for (int part = 0; part < parts; ++part) {
    double begin = low + part * width;
    double end = part + 1 == parts ? high : begin + width;
    double offset = (part + 0.5 - parts / 2.0) * width;
    add(begin, end, (density + slope * offset) * width);
  }
}

Distribution Distribution::of(const TensorRecord &record) {
  Distribution result;
  if (!record.hasRange())
    return result;
  std::vector<Interval> intervals = intervalsOf(record);
  double fine = (double(record.max) - record.min) / 256;
  if (record.min != 0.0f)
    result.add(record.min, record.min, 1);
  bool sawZero = record.zeroCount == 0;
  for (size_t i = 0; i < intervals.size(); ++i) {
    const Interval &interval = intervals[i];
    if (!sawZero && interval.low >= 0) {
      result.add(0, 0, double(record.zeroCount));
      sawZero = true;
    }
    double slope = 0;
    if (interval.width() > fine)
      slope =
          limitedSlope(i > 0 ? &intervals[i - 1] : nullptr, interval,
                       i + 1 < intervals.size() ? &intervals[i + 1] : nullptr);
    result.addBin(interval.low, interval.high, interval.count, slope);
  }
  if (!sawZero)
    result.add(0, 0, double(record.zeroCount));
  if (record.max != 0.0f && record.max != record.min)
    result.add(record.max, record.max, 1);
  return result;
}

Distribution Distribution::of(llvm::ArrayRef<double> values) {
  if (values.size() > maxPoints) {
    TensorRecord record;
    for (double value : values)
      record.add(static_cast<float>(value));
    return of(record);
  }
  std::vector<double> sorted(values.begin(), values.end());
  std::sort(sorted.begin(), sorted.end());
  Distribution result;
  for (double value : sorted) {
    if (!result.isEmpty() && result.pieces.back().low == value) {
      result.pieces.back().count += 1;
      result.count += 1;
    } else {
      result.add(value, value, 1);
    }
  }
  return result;
}

//===----------------------------------------------------------------------===//
// Moments and quantiles
//===----------------------------------------------------------------------===//

double Distribution::getMagnitude() const {
  return std::max(std::fabs(getMin()), std::fabs(getMax()));
}

double Distribution::getMean() const {
  double sum = 0;
  for (const Piece &piece : pieces)
    sum += piece.count * piece.mean();
  return sum / count;
}

double Distribution::getMeanSquare() const {
  double sum = 0;
  for (const Piece &piece : pieces)
    sum += piece.count * piece.meanSquare();
  return sum / count;
}

double Distribution::getQuantile(double p) const {
  double wanted = p * count, below = 0;
  for (const Piece &piece : pieces) {
    if (below + piece.count >= wanted)
      return piece.low + std::clamp((wanted - below) / piece.count, 0.0, 1.0) *
                             (piece.high - piece.low);
    below += piece.count;
  }
  return getMax();
}

/// The part of a piece whose magnitudes exceed `limit`.
static Piece clipBelow(const Piece &piece, double limit) {
  double low = std::min(std::fabs(piece.low), std::fabs(piece.high));
  double high = std::max(std::fabs(piece.low), std::fabs(piece.high));
  if (high <= limit)
    return {high, high, 0};
  if (low >= limit)
    return {low, high, piece.count};
  return {limit, high, piece.count * (high - limit) / (high - low)};
}

double Distribution::countAbove(double limit) const {
  double sum = 0;
  for (const Piece &piece : pieces)
    sum += clipBelow(piece, limit).count;
  return sum;
}

double Distribution::sumAbove(double limit) const {
  double sum = 0;
  for (const Piece &piece : pieces) {
    Piece above = clipBelow(piece, limit);
    sum += above.count * above.mean();
  }
  return sum;
}

Distribution Distribution::getMagnitudes() const {
  Distribution result;
  for (const Piece &piece : pieces) {
    double low = std::fabs(piece.low), high = std::fabs(piece.high);
    if (high != 0 || low != 0)
      result.add(std::min(low, high), std::max(low, high), piece.count);
  }
  llvm::sort(result.pieces, [](const Piece &a, const Piece &b) {
    return std::tuple(a.low, a.high, a.count) <
           std::tuple(b.low, b.high, b.count);
  });
  return result;
}

//===----------------------------------------------------------------------===//
// Error of quantization
//===----------------------------------------------------------------------===//

namespace {
/// Sums of the error and of its square over a part of the values.
struct ErrorSum {
  double linear = 0;
  double square = 0;

  void add(double weight, const ErrorSum &other) {
    linear += weight * other.linear;
    square += weight * other.square;
  }
};
} // namespace

/// Integral of `round(t) - t` and of its square over [0, u].
static ErrorSum integrateRounding(double u) {
  double whole = std::nearbyint(u), rest = u - whole;
  return {-rest * rest / 2, whole / 12 + rest * rest * rest / 3};
}

/// Integral of `bound - x` and of its square over [low, high].
static ErrorSum integrateClipping(double bound, double low, double high) {
  double a = bound - low, b = bound - high;
  return {(a * a - b * b) / 2, (a * a * a - b * b * b) / 3};
}

static ErrorSum errorOfPoint(double value, double scale, double low,
                             double high) {
  double quantized =
      std::clamp(scale * std::nearbyint(value / scale), low, high);
  double error = quantized - value;
  return {error, error * error};
}

/// Of the values of a piece, on average.
static ErrorSum errorOf(const Piece &piece, double scale, double low,
                        double high) {
  if (piece.isPoint())
    return errorOfPoint(piece.low, scale, low, high);
  ErrorSum sum;
  if (piece.low < low)
    sum.add(1, integrateClipping(low, piece.low, std::min(piece.high, low)));
  if (piece.high > high)
    sum.add(1, integrateClipping(high, std::max(piece.low, high), piece.high));
  double begin = std::max(piece.low, low), end = std::min(piece.high, high);
  if (begin < end) {
    ErrorSum until = integrateRounding(end / scale);
    ErrorSum before = integrateRounding(begin / scale);
    sum.linear += scale * scale * (until.linear - before.linear);
    sum.square += scale * scale * scale * (until.square - before.square);
  }
  double width = piece.high - piece.low;
  return {sum.linear / width, sum.square / width};
}

QuantizationError Distribution::getError(const QuantParams &params,
                                         StorageRange storage) const {
  double low = params.scale * double(storage.min - params.zeroPoint);
  double high = params.scale * double(storage.max - params.zeroPoint);
  ErrorSum sum;
  for (const Piece &piece : pieces)
    sum.add(piece.count, errorOf(piece, params.scale, low, high));
  return {sum.linear / count, sum.square / count};
}
