//===- ScaleRound.cpp - Requantization in three f32 instructions ----------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qdot/Numerics/ScaleRound.h"
#include "RoundingBounds.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include <algorithm>
#include <cassert>
#include <cmath>
#include <vector>

namespace qdot::numerics {

using soft::Number;

/// `f32(acc) * scale + offset`, before it becomes an integer.
static Number scaleAndOffset(int64_t acc, float scale, float offset) {
  Number converted = soft::roundTo(soft::fromInteger(acc), soft::f32);
  return fusedMultiplyAdd(converted, scale, soft::fromFloat(offset));
}

// Rule S1.
int64_t scaleRound(int32_t acc, float scale, float offset, StorageRange clamp) {
  return std::clamp(soft::roundToInteger(scaleAndOffset(acc, scale, offset)),
                    clamp.min, clamp.max);
}

// Rule S3.
int64_t scaleTruncate(int32_t acc, const ScaleTruncate &by,
                      StorageRange clamp) {
  Number sum = scaleAndOffset(int64_t(acc) + by.bias, by.scale, by.offset);
  return std::clamp(soft::truncateToInteger(sum), clamp.min, clamp.max);
}

//===----------------------------------------------------------------------===//
// The contract that is replaced
//===----------------------------------------------------------------------===//

namespace {

/// A contract as a function of the accumulator. It never decreases (rule S2).
struct Exact {
  llvm::function_ref<int64_t(int32_t)> function;
  /// The slope and the result at 0, about; they only serve to guess.
  double multiplier;
  int64_t zeroPoint;

  int64_t operator()(int64_t acc) const {
    return function(static_cast<int32_t>(acc));
  }
};

/// `round(fma(f32(acc + bias), scale, offset))` must reach the bound, or must
/// not reach it.
struct Demand {
  int64_t acc;
  SumBound bound;
};

/// What a contract demands at both sides of each of its steps.
struct Steps {
  StorageRange accumulators;
  std::vector<Demand> reached;
  std::vector<Demand> missed;
};

} // namespace

/// The first accumulator whose result is `result` or more. Precondition: that
/// of acc.min is less, that of acc.max is not.
static int64_t findStep(const Exact &exact, StorageRange acc, int64_t result) {
  int64_t low = acc.min, high = acc.max;
  double tie = double(result - exact.zeroPoint) - 0.5;
  double guess = std::clamp(std::ceil(tie / exact.multiplier), double(low) + 1,
                            double(high));
  int64_t probe = static_cast<int64_t>(guess);
  bool down = exact(probe) >= result;
  (down ? high : low) = probe;
  for (int64_t distance = 1; high - low > 1; distance *= 2) {
    probe = down ? high - distance : low + distance;
    if (probe <= low || probe >= high)
      break;
    bool reached = exact(probe) >= result;
    (reached ? high : low) = probe;
    if (reached != down)
      break;
  }
  while (high - low > 1) {
    probe = low + (high - low) / 2;
    (exact(probe) >= result ? high : low) = probe;
  }
  return high;
}

/// The demands of `exact` on `acc`, or nullopt when they are too many or too
/// large.
static std::optional<Steps> findSteps(const Exact &exact, StorageRange acc,
                                      StorageRange clamp, Rounding rounding) {
  constexpr int64_t maxSteps = 65536;
  int64_t first = exact(acc.min), last = exact(acc.max);
  if (first < -maxResult || last >= maxResult || last - first > maxSteps)
    return std::nullopt;
  Steps steps{acc, {}, {}};
  if (first > clamp.min)
    steps.reached.push_back({acc.min, getSumBound(first, rounding)});
  if (last < clamp.max)
    steps.missed.push_back({acc.max, getSumBound(last + 1, rounding)});
  for (int64_t result = first + 1; result <= last; ++result) {
    int64_t step = findStep(exact, acc, result);
    SumBound bound = getSumBound(result, rounding);
    steps.reached.push_back({step, bound});
    steps.missed.push_back({step - 1, bound});
    acc.min = step - 1; // Its result is less than the next one, too.
  }
  return steps;
}

//===----------------------------------------------------------------------===//
// Solving the demands
//===----------------------------------------------------------------------===//

/// f32(acc), which is an integer.
static int64_t toF32(int64_t acc) {
  constexpr int64_t exactLimit = int64_t(1) << 24;
  if (acc >= -exactLimit && acc <= exactLimit)
    return acc;
  Number number = soft::roundTo(soft::fromInteger(acc), soft::f32);
  int64_t magnitude = static_cast<int64_t>(number.magnitude) << number.exponent;
  return number.negative ? -magnitude : magnitude;
}

/// The offsets with which every demand is met: an interval, because each is
/// linear in the offset. It includes that the sum stays within +-2^30.
static Interval solveOffsets(const Steps &steps, float scale, int64_t bias,
                             FixedUnit unit) {
  Wide factor = unit.toUnits(scale);
  auto product = [&](int64_t acc) { return toF32(acc + bias) * factor; };
  Wide limit = unit.toUnits(int64_t(1) << 30);
  Interval offsets{-limit - product(steps.accumulators.min),
                   limit - product(steps.accumulators.max)};
  for (const Demand &demand : steps.reached)
    offsets.low =
        std::max(offsets.low, unit.toUnits(demand.bound) - product(demand.acc));
  for (const Demand &demand : steps.missed)
    offsets.high = std::min(offsets.high, unit.toUnits(demand.bound) -
                                              product(demand.acc) - 1);
  return offsets;
}

/// Calls `attempt` with the scales around `multiplier`, nearest first, until it
/// returns something. The feasible scales are an interval about the multiplier;
/// if it is wider than this, the multiplier itself is feasible.
template <typename Result>
static std::optional<Result>
searchScales(float multiplier,
             llvm::function_ref<std::optional<Result>(float)> attempt) {
  constexpr int places = 12;
  for (int i = 0; i <= 2 * places; ++i) {
    float scale = moveBy(multiplier, (i & 1) != 0 ? (i + 1) / 2 : -(i / 2));
    if (!isUsableScale(scale))
      return std::nullopt;
    if (std::optional<Result> result = attempt(scale))
      return result;
  }
  return std::nullopt;
}

static std::optional<ScaleRound> findRound(const Exact &exact, float multiplier,
                                           StorageRange acc,
                                           StorageRange clamp) {
  auto steps = findSteps(exact, acc, clamp, Rounding::HalfEven);
  if (!steps)
    return std::nullopt;
  if (exact(acc.min) == exact(acc.max))
    return ScaleRound{0.0f, static_cast<float>(exact(acc.min))};
  return searchScales<ScaleRound>(
      multiplier, [&](float scale) -> std::optional<ScaleRound> {
        FixedUnit unit = FixedUnit::forScale(scale);
        Wide wish = unit.toUnits(exact.zeroPoint);
        auto offset =
            solveOffsets(*steps, scale, 0, unit).pickFloat(wish, unit);
        if (!offset)
          return std::nullopt;
        return ScaleRound{scale, *offset};
      });
}

/// The integer bias that leaves the least offset, 0 if it leaves i32.
static int64_t chooseBias(const Interval &offsets, float scale,
                          StorageRange acc) {
  Wide factor = FixedUnit::forScale(scale).toUnits(scale);
  Wide bias = (offsets.low + (offsets.high - offsets.low) / 2) / factor;
  if (acc.min + bias < INT32_MIN || acc.max + bias > INT32_MAX)
    return 0;
  return static_cast<int64_t>(bias);
}

static std::optional<ScaleTruncate> findTruncate(const Exact &exact,
                                                 float multiplier,
                                                 StorageRange acc,
                                                 StorageRange clamp) {
  assert(clamp.min >= 0 && "truncation is monotone on positive numbers only");
  auto steps = findSteps(exact, acc, clamp, Rounding::TowardZero);
  if (!steps)
    return std::nullopt;
  if (exact(acc.min) == exact(acc.max))
    return ScaleTruncate{0, 0.0f, static_cast<float>(exact(acc.min))};
  return searchScales<ScaleTruncate>(
      multiplier, [&](float scale) -> std::optional<ScaleTruncate> {
        FixedUnit unit = FixedUnit::forScale(scale);
        Wide half = Wide(1) << (unit.unitBits - 1);
        Wide wish = unit.toUnits(exact.zeroPoint) + half;
        Interval offsets = solveOffsets(*steps, scale, 0, unit);
        if (auto offset = offsets.pickFloat(wish, unit))
          return ScaleTruncate{0, scale, *offset};
        if (offsets.isEmpty())
          return std::nullopt;
        int64_t bias = chooseBias(offsets, scale, acc);
        auto offset =
            solveOffsets(*steps, scale, bias, unit).pickFloat(0, unit);
        if (!offset)
          return std::nullopt;
        return ScaleTruncate{static_cast<int32_t>(bias), scale, *offset};
      });
}

//===----------------------------------------------------------------------===//
// Entry points
//===----------------------------------------------------------------------===//

/// The value of `by`, which a double holds.
static double toReal(FixedPointMultiplier by) {
  return std::ldexp(double(by.multiplier), -int(by.shift));
}

/// The f32 nearest to `by`.
static float toFloat(FixedPointMultiplier by) {
  Number power{false, 1, -int(by.shift), false};
  return soft::toFloat(soft::roundTo(
      soft::multiply(soft::fromInteger(by.multiplier), power), soft::f32));
}

std::optional<ScaleRound> findScaleRound(StorageRange acc,
                                         FixedPointMultiplier by,
                                         int64_t zeroPoint, StorageRange clamp,
                                         Contract contract) {
  auto function = [&](int32_t value) {
    return requantize(value, by, zeroPoint, clamp, contract);
  };
  Exact exact{function, toReal(by), zeroPoint};
  return findRound(exact, toFloat(by), acc, clamp);
}

std::optional<ScaleRound> findScaleRoundF32(StorageRange acc, float multiplier,
                                            int64_t zeroPoint,
                                            StorageRange clamp) {
  auto function = [&](int32_t value) {
    return requantizeF32(value, multiplier, zeroPoint, clamp);
  };
  Exact exact{function, double(multiplier), zeroPoint};
  return findRound(exact, multiplier, acc, clamp);
}

bool provesScaleRound(ScaleRound constants, StorageRange acc,
                      FixedPointMultiplier by, int64_t zeroPoint,
                      StorageRange clamp, Contract contract) {
  auto function = [&](int32_t value) {
    return requantize(value, by, zeroPoint, clamp, contract);
  };
  Exact exact{function, toReal(by), zeroPoint};
  auto steps = findSteps(exact, acc, clamp, Rounding::HalfEven);
  if (!steps || !(constants.scale >= 0.0f) || !isUsableScale(constants.scale) ||
      soft::isNaN(constants.offset) || soft::isInfinite(constants.offset))
    return false;
  Number offset = soft::fromFloat(constants.offset);
  FixedUnit unit = FixedUnit::forScale(constants.scale);
  constexpr int mostUnitBits = 48;
  if (offset.magnitude != 0)
    unit.unitBits =
        std::max(unit.unitBits, std::min(-offset.exponent, mostUnitBits));
  return solveOffsets(*steps, constants.scale, 0, unit).contains(offset, unit);
}

std::optional<ScaleTruncate>
findScaleTruncate(StorageRange acc, FixedPointMultiplier by, int64_t zeroPoint,
                  StorageRange clamp, Contract contract) {
  auto function = [&](int32_t value) {
    return requantize(value, by, zeroPoint, clamp, contract);
  };
  Exact exact{function, toReal(by), zeroPoint};
  return findTruncate(exact, toFloat(by), acc, clamp);
}

std::optional<ScaleTruncate> findScaleTruncateF32(StorageRange acc,
                                                  float multiplier,
                                                  int64_t zeroPoint,
                                                  StorageRange clamp) {
  auto function = [&](int32_t value) {
    return requantizeF32(value, multiplier, zeroPoint, clamp);
  };
  Exact exact{function, double(multiplier), zeroPoint};
  return findTruncate(exact, multiplier, acc, clamp);
}

} // namespace qdot::numerics
