//===- AddRound.cpp - An integer add in two f32 multiply-adds -------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qdot/Numerics/AddRound.h"
#include "RoundingBounds.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include <algorithm>
#include <cmath>
#include <vector>

namespace qdot::numerics {

using soft::Number;

// Rule S4.
int64_t addRound(int64_t a, int64_t b, const AddRound &by, StorageRange clamp) {
  Number inner = fusedMultiplyAdd(soft::fromInteger(b), by.rhsScale,
                                  soft::fromFloat(by.offset));
  Number sum = fusedMultiplyAdd(soft::fromInteger(a), by.lhsScale, inner);
  return std::clamp(soft::roundToInteger(sum), clamp.min, clamp.max);
}

std::optional<StorageRange> IntegerSum::getRange() const {
  auto [lhsMin, lhsMax] =
      std::minmax(Wide(lhs) * lhsRange.min, Wide(lhs) * lhsRange.max);
  auto [rhsMin, rhsMax] =
      std::minmax(Wide(rhs) * rhsRange.min, Wide(rhs) * rhsRange.max);
  Wide min = constant + lhsMin + rhsMin, max = constant + lhsMax + rhsMax;
  if (min < INT32_MIN || max > INT32_MAX)
    return std::nullopt;
  return StorageRange{static_cast<int64_t>(min), static_cast<int64_t>(max)};
}

namespace {

/// The results of all pairs of operands.
class Results {
public:
  /// nullopt when one is too large.
  static std::optional<Results>
  create(const IntegerSum &sum, StorageRange clamp,
         llvm::function_ref<int64_t(int32_t)> exact) {
    constexpr int64_t limit = 1 << 15;
    Results results(sum, clamp);
    for (int64_t b = sum.rhsRange.min; b <= sum.rhsRange.max; ++b)
      for (int64_t a = sum.lhsRange.min; a <= sum.lhsRange.max; ++a) {
        int64_t result = exact(
            static_cast<int32_t>(sum.constant + sum.lhs * a + sum.rhs * b));
        if (result < -limit || result > limit)
          return std::nullopt;
        results.min = std::min(results.min, result);
        results.max = std::max(results.max, result);
        results.values.push_back(static_cast<int32_t>(result));
      }
    return results;
  }

  /// The inner sums, one interval per b, with which every result is right when
  /// the lhs has this scale. All in units.
  std::vector<Interval> solveInner(int64_t scale, FixedUnit unit) const;

private:
  Results(const IntegerSum &sum, StorageRange clamp) : sum(sum), clamp(clamp) {}

  const IntegerSum &sum;
  StorageRange clamp;
  int64_t min = INT32_MAX;
  int64_t max = INT32_MIN;
  std::vector<int32_t> values;
};

} // namespace

/// Everything fits 62 bits: results are below 2^16, products below 2^20.
static constexpr int maxUnitBits = 40;
static constexpr int64_t unbounded = int64_t(1) << 62;

std::vector<Interval> Results::solveInner(int64_t scale, FixedUnit unit) const {
  // From where on each result is reached. What is clamped has no bound but that
  // of the conversion to an integer.
  std::vector<int64_t> bounds;
  for (int64_t result = min; result <= max + 1; ++result)
    bounds.push_back(static_cast<int64_t>(
        unit.toUnits(getSumBound(result, Rounding::HalfEven))));
  auto limit = static_cast<int64_t>(
      std::min(Wide(unbounded), unit.toUnits(int64_t(1) << 30)));
  if (min == clamp.min)
    bounds.front() = -limit;
  if (max == clamp.max)
    bounds.back() = limit;

  std::vector<Interval> intervals;
  const int32_t *value = values.data();
  for (int64_t b = sum.rhsRange.min; b <= sum.rhsRange.max; ++b) {
    int64_t low = -unbounded, high = unbounded;
    int64_t product = sum.lhsRange.min * scale;
    for (int64_t a = sum.lhsRange.min; a <= sum.lhsRange.max; ++a) {
      const int64_t *bound = &bounds[*value++ - min];
      low = std::max(low, bound[0] - product);
      high = std::min(high, bound[1] - product - 1);
      product += scale;
    }
    intervals.push_back({low, high});
  }
  return intervals;
}

/// The nearest number of 24 significant bits, ties to even, which is what
/// rounding to f32 is in units that no denormal reaches.
static int64_t roundToF32(int64_t value) {
  int64_t magnitude = std::abs(value);
  int drop = 63 - __builtin_clzll(static_cast<uint64_t>(magnitude) | 1) - 23;
  if (drop <= 0)
    return value;
  int64_t half = int64_t(1) << (drop - 1);
  int64_t odd = (magnitude >> drop) & 1;
  int64_t rounded = (magnitude + half - 1 + odd) >> drop << drop;
  return value < 0 ? -rounded : rounded;
}

/// Whether each inner sum, rounded, lies in its interval.
static bool isRight(const std::vector<Interval> &inner, int64_t firstB,
                    int64_t scale, int64_t offset) {
  int64_t sum = firstB * scale + offset;
  for (const Interval &interval : inner) {
    int64_t rounded = roundToF32(sum);
    if (rounded < interval.low || rounded > interval.high)
      return false;
    sum += scale;
  }
  return true;
}

/// An offset, in units, with which every inner sum is right. Candidates lie
/// around the middle of the interval that is right without the rounding of the
/// inner sum; also when it is just empty, because the rounding may help.
static std::optional<int64_t> findOffset(const std::vector<Interval> &inner,
                                         int64_t firstB, int64_t scale) {
  Interval offsets{-unbounded, unbounded};
  int64_t product = firstB * scale;
  for (const Interval &interval : inner) {
    offsets.low = std::max(offsets.low, interval.low - product);
    offsets.high = std::min(offsets.high, interval.high - product);
    product += scale;
  }
  Wide width = offsets.high - offsets.low;
  int64_t middle = static_cast<int64_t>(offsets.low + width / 2);
  constexpr int candidates = 16;
  auto step = static_cast<int64_t>(std::max(width / candidates, Wide(8)));
  for (int i = 0; i <= candidates; ++i) {
    int64_t distance = (i & 1) != 0 ? (i + 1) / 2 : -(i / 2);
    int64_t offset = roundToF32(middle + distance * step);
    if (isRight(inner, firstB, scale, offset))
      return offset;
  }
  return std::nullopt;
}

/// Calls `attempt` with a scale and its neighbours until it returns true.
static bool tryScales(float scale, llvm::function_ref<bool(float)> attempt) {
  constexpr int places = 3;
  if (scale == 0.0f)
    return attempt(scale);
  for (int i = 0; i <= 2 * places; ++i)
    if (attempt(moveBy(scale, (i & 1) != 0 ? (i + 1) / 2 : -(i / 2))))
      return true;
  return false;
}

/// Whether the products with all values of the range fit.
static bool isUsableFor(float scale, StorageRange range) {
  constexpr double largest = 1 << 20;
  int64_t value = std::max(std::abs(range.min), std::abs(range.max));
  return isUsableScale(scale) &&
         std::fabs(double(scale)) * double(value) < largest;
}

/// A unit for both scales, or nullopt if one is too small.
static std::optional<FixedUnit> getUnit(float lhs, float rhs) {
  int bits = std::max(FixedUnit::forScale(lhs).unitBits,
                      FixedUnit::forScale(rhs).unitBits);
  // One more, for the neighbours that are finer.
  if (bits + 1 > maxUnitBits)
    return std::nullopt;
  return FixedUnit{bits + 1};
}

static std::optional<AddRound> search(const Results &results, int64_t firstB,
                                      float lhs, float rhs) {
  std::optional<FixedUnit> unit = getUnit(lhs, rhs);
  if (!unit)
    return std::nullopt;
  std::optional<AddRound> found;
  tryScales(lhs, [&](float lhsScale) {
    auto inner = results.solveInner(int64_t(unit->toUnits(lhsScale)), *unit);
    return tryScales(rhs, [&](float rhsScale) {
      auto offset = findOffset(inner, firstB, int64_t(unit->toUnits(rhsScale)));
      if (offset)
        found = AddRound{lhsScale, rhsScale,
                         static_cast<float>(std::ldexp(
                             static_cast<double>(*offset), -unit->unitBits))};
      return offset.has_value();
    });
  });
  return found;
}

/// `factor * multiplier * 2^-shift` as an f32.
static float scaleBy(int64_t factor, const Number &multiplier) {
  return soft::toFloat(soft::roundTo(
      soft::multiply(soft::fromInteger(factor), multiplier), soft::f32));
}

static std::optional<AddRound>
find(const IntegerSum &sum, const Number &multiplier, StorageRange clamp,
     llvm::function_ref<int64_t(int32_t)> exact) {
  if (!sum.getRange())
    return std::nullopt;
  auto results = Results::create(sum, clamp, exact);
  if (!results)
    return std::nullopt;
  float lhs = scaleBy(sum.lhs, multiplier);
  float rhs = scaleBy(sum.rhs, multiplier);
  if (!isUsableFor(lhs, sum.lhsRange) || !isUsableFor(rhs, sum.rhsRange))
    return std::nullopt;
  return search(*results, sum.rhsRange.min, lhs, rhs);
}

std::optional<AddRound> findAddRound(const IntegerSum &sum,
                                     FixedPointMultiplier by, int64_t zeroPoint,
                                     StorageRange clamp, Contract contract) {
  Number multiplier = soft::fromInteger(by.multiplier);
  multiplier.exponent -= by.shift;
  return find(sum, multiplier, clamp, [&](int32_t value) {
    return requantize(value, by, zeroPoint, clamp, contract);
  });
}

std::optional<AddRound> findAddRoundF32(const IntegerSum &sum, float multiplier,
                                        int64_t zeroPoint, StorageRange clamp) {
  return find(sum, soft::fromFloat(multiplier), clamp, [&](int32_t value) {
    return requantizeF32(value, multiplier, zeroPoint, clamp);
  });
}

} // namespace qdot::numerics
