//===- ScaleRound.cpp - Requantization in three f32 instructions ----------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qdot/Numerics/ScaleRound.h"
#include "RoundingBounds.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include <algorithm>
#include <cassert>
#include <cfenv>
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

/// Rules S3 and S5 before the clamp.
static int64_t truncateSum(int64_t acc, const ScaleTruncate &by) {
  Number converted =
      soft::roundTo(soft::fromInteger(acc + by.bias), soft::f32);
  Number inner =
      fusedMultiplyAdd(converted, by.fine, soft::fromFloat(by.offset));
  return soft::truncateToInteger(fusedMultiplyAdd(converted, by.scale, inner));
}

// Rules S3 and S5.
int64_t scaleTruncate(int32_t acc, const ScaleTruncate &by,
                      StorageRange clamp) {
  return std::clamp(truncateSum(acc, by) - by.base, clamp.min, clamp.max);
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
  int64_t result;
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
    steps.reached.push_back({acc.min, getSumBound(first, rounding), first});
  if (last < clamp.max)
    steps.missed.push_back(
        {acc.max, getSumBound(last + 1, rounding), last + 1});
  for (int64_t result = first + 1; result <= last; ++result) {
    int64_t step = findStep(exact, acc, result);
    SumBound bound = getSumBound(result, rounding);
    steps.reached.push_back({step, bound, result});
    steps.missed.push_back({step - 1, bound, result});
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

/// Calls `attempt` with the scales up to `places` floats around `multiplier`,
/// nearest first, until it returns something. The feasible scales are an
/// interval about the multiplier; if it is wider than this, the multiplier
/// itself is feasible.
template <typename Result>
static std::optional<Result>
searchScales(float multiplier, int places,
             llvm::function_ref<std::optional<Result>(float)> attempt) {
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
      multiplier, /*places=*/12, [&](float scale) -> std::optional<ScaleRound> {
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

//===----------------------------------------------------------------------===//
// S5: a slope of two floats
//===----------------------------------------------------------------------===//

namespace {
/// A line through all demands, in doubles: only a guess, proved afterwards.
struct Line {
  double slope;
  double offset;
  double width; ///< of the interval in whose middle the offset lies
};

/// The demands as points that a line must not be below, or above.
class LineSearch {
public:
  explicit LineSearch(const Steps &steps) {
    for (const Demand &demand : steps.reached)
      floors.push_back(getPoint(demand));
    for (const Demand &demand : steps.missed)
      ceilings.push_back(getPoint(demand));
  }

  /// The line with the widest interval of offsets. The width is a concave
  /// function of the slope, so a search by thirds finds its maximum.
  Line find(double multiplier) const {
    constexpr int rounds = 48;
    double low = multiplier * (1 - 0x1p-8), high = multiplier * (1 + 0x1p-8);
    for (int round = 0; round < rounds; ++round) {
      double third = (high - low) / 3;
      bool isLeft =
          place(low + third).width > place(high - third).width;
      (isLeft ? high : low) = isLeft ? high - third : low + third;
    }
    return place(low + (high - low) / 2);
  }

private:
  struct Point {
    double acc, bound;
  };

  static Point getPoint(const Demand &demand) {
    return {double(toF32(demand.acc)),
            std::ldexp(double(demand.bound.value), -boundBits)};
  }

  Line place(double slope) const {
    double low = -0x1p40, high = 0x1p40;
    for (const Point &point : floors)
      low = std::max(low, point.bound - slope * point.acc);
    for (const Point &point : ceilings)
      high = std::min(high, point.bound - slope * point.acc);
    return {slope, low + (high - low) / 2, high - low};
  }

  std::vector<Point> floors, ceilings;
};
} // namespace

/// Whether the sum never decreases: from one accumulator to the next, the outer
/// product grows by `scale` or more, and the inner sum shrinks by at most
/// `fine` and the rounding of two inner sums.
static bool isMonotone(const ScaleTruncate &by, StorageRange acc) {
  double most = std::max(std::abs(double(acc.min) + by.bias),
                         std::abs(double(acc.max) + by.bias));
  double inner = most * std::abs(double(by.fine)) + std::abs(double(by.offset));
  return double(by.scale) > std::abs(double(by.fine)) + 0x1p-22 * inner &&
         most * double(by.scale) + inner < 0x1p29;
}

/// `truncateSum` as the machine computes it, which is much faster.
static bool reaches(int64_t acc, const ScaleTruncate &by, int64_t result) {
  auto real = static_cast<float>(acc + by.bias);
  float sum = std::fma(real, by.scale, std::fma(real, by.fine, by.offset));
  return std::trunc(sum) >= static_cast<float>(result);
}

/// Every demand. The sum never decreases, so that is every accumulator.
static bool provesTruncate(const ScaleTruncate &by, const Steps &steps) {
  return isMonotone(by, steps.accumulators) &&
         llvm::all_of(steps.reached,
                      [&](const Demand &demand) {
                        return reaches(demand.acc, by, demand.result);
                      }) &&
         llvm::none_of(steps.missed, [&](const Demand &demand) {
           return reaches(demand.acc, by, demand.result);
         });
}

// Rule S5.
static std::optional<ScaleTruncate>
findTwoSlopes(const Steps &steps, const Line &line, StorageRange acc,
              int32_t base) {
  double bias = std::nearbyint(line.offset / line.slope);
  if (!(double(acc.min) + bias >= INT32_MIN && double(acc.max) + bias <= INT32_MAX &&
        std::abs(bias) <= INT32_MAX))
    bias = 0;
  ScaleTruncate by{static_cast<int32_t>(bias), static_cast<float>(line.slope),
                   static_cast<float>(line.offset - bias * line.slope), 0.0f,
                   base};
  by.fine = static_cast<float>(line.slope - double(by.scale));
  constexpr float least = 0x1p-100f;
  for (float *constant : {&by.offset, &by.fine})
    if (std::abs(*constant) < least)
      *constant = 0.0f;
  if (!provesTruncate(by, steps))
    return std::nullopt;
  return by;
}

namespace {
/// The machine rounds to nearest while this lives: the search is in doubles.
class RoundToNearest {
public:
  RoundToNearest() : before(std::fegetround()) { std::fesetround(FE_TONEAREST); }
  ~RoundToNearest() { std::fesetround(before); }

private:
  int before;
};
} // namespace

// In a function of its own, so that nothing moves out of the rounding mode.
[[gnu::noinline]] static std::optional<ScaleTruncate>
findTruncateNearest(const Exact &exact, StorageRange acc, StorageRange clamp,
                    int32_t base);

static std::optional<ScaleTruncate> findTruncate(const Exact &exact,
                                                 StorageRange acc,
                                                 StorageRange clamp,
                                                 int32_t base) {
  RoundToNearest mode;
  return findTruncateNearest(exact, acc, clamp, base);
}

static std::optional<ScaleTruncate> findTruncateNearest(const Exact &exact,
                                                 StorageRange acc,
                                                 StorageRange clamp,
                                                 int32_t base) {
  assert(clamp.min >= 0 && "truncation is monotone on positive numbers only");
  auto raised = [&](int32_t value) { return exact(value) + base; };
  auto steps = findSteps({raised, exact.multiplier, exact.zeroPoint + base}, acc,
                         {clamp.min + base, clamp.max + base},
                         Rounding::TowardZero);
  if (!steps)
    return std::nullopt;
  if (exact(acc.min) == exact(acc.max))
    return ScaleTruncate{0, 0.0f, static_cast<float>(raised(acc.min)), 0.0f,
                         base};
  auto tryScale = [&](float scale) -> std::optional<ScaleTruncate> {
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
  };
  if (base == 0)
    if (auto found = searchScales<ScaleTruncate>(
            static_cast<float>(exact.multiplier), /*places=*/1, tryScale))
      return found;
  // Without a line through the demands, no slope of however many bits helps;
  // doubles are far more precise than what is given up here. The feasible
  // slopes are an interval about that of the line.
  Line line = LineSearch(*steps).find(exact.multiplier);
  if (!(line.width > 0) || !(line.slope > 0x1p-37))
    return std::nullopt;
  if (base == 0)
    if (auto found = searchScales<ScaleTruncate>(
            static_cast<float>(line.slope), /*places=*/1, tryScale))
      return found;
  return findTwoSlopes(*steps, line, acc, base);
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
                  StorageRange clamp, Contract contract, int32_t base) {
  auto function = [&](int32_t value) {
    return requantize(value, by, zeroPoint, clamp, contract);
  };
  Exact exact{function, toReal(by), zeroPoint};
  return findTruncate(exact, acc, clamp, base);
}

std::optional<ScaleTruncate> findScaleTruncateF32(StorageRange acc,
                                                  float multiplier,
                                                  int64_t zeroPoint,
                                                  StorageRange clamp,
                                                  int32_t base) {
  auto function = [&](int32_t value) {
    return requantizeF32(value, multiplier, zeroPoint, clamp);
  };
  Exact exact{function, double(multiplier), zeroPoint};
  return findTruncate(exact, acc, clamp, base);
}

} // namespace qdot::numerics
