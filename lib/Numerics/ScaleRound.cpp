//===- ScaleRound.cpp - Requantization in three f32 instructions ----------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qdot/Numerics/ScaleRound.h"
#include "SoftFloat.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

namespace qdot::numerics {

using soft::Number;
using Wide = __int128;

/// The contract that is replaced, as a function of the accumulator. It never
/// decreases (rule S2).
using Exact = llvm::function_ref<int64_t(int32_t)>;

/// Exact `lhs + rhs`.
static Number add(const Number &lhs, Number rhs) {
  rhs.negative = !rhs.negative;
  return soft::subtract(lhs, rhs);
}

// Rule S1.
int64_t scaleRound(int32_t acc, float scale, float offset, StorageRange clamp) {
  Number converted = soft::roundTo(soft::fromInteger(acc), soft::f32);
  Number product = soft::multiply(converted, soft::fromFloat(scale));
  Number sum =
      soft::roundTo(add(product, soft::fromFloat(offset)), soft::f32);
  return std::clamp(soft::roundToInteger(sum), clamp.min, clamp.max);
}

//===----------------------------------------------------------------------===//
// The step function of a contract, as bounds on the fma before its rounding
//===----------------------------------------------------------------------===//

/// Bounds are in units of 2^-25: half of the last bit of a number in [0.5, 1).
static constexpr int boundBits = 25;
static constexpr int64_t maxResult = int64_t(1) << 20;
static constexpr int64_t maxSteps = 65536;

/// `f * scale + offset` must be at least (or less than) `bound * 2^-25` and,
/// when `open`, not equal to (or also equal to) it.
struct Bound {
  int64_t f;
  int64_t bound;
  bool open;
};

/// What a contract demands of the fma at both sides of each of its steps.
struct Steps {
  std::vector<Bound> atLeast;
  std::vector<Bound> below;
  StorageRange accumulators;
};

/// f32(acc), which is an integer.
static int64_t toF32(int64_t acc) {
  Number number = soft::roundTo(soft::fromInteger(acc), soft::f32);
  int64_t magnitude = static_cast<int64_t>(number.magnitude)
                      << number.exponent;
  return number.negative ? -magnitude : magnitude;
}

/// The set of sums that the fma and the conversion round to `result` or more:
/// `x >= bound`, or `x > bound` when open. The tie `result - 1/2` is an f32
/// whose last bit is 0, so sums within half of its last place become the tie,
/// which counts for even results only.
static Bound getBound(int64_t f, int64_t result) {
  bool even = (result & 1) == 0;
  int64_t tie = 2 * result - 1; // In halves.
  int exponent = 63 - __builtin_clzll(static_cast<uint64_t>(std::abs(tie)));
  int64_t half = int64_t(1) << exponent;
  int64_t bound = tie * (int64_t(1) << (boundBits - 1));
  // Below 1/2 floats are twice as dense, but 1/2 itself is the tie of 1, and
  // -1/2 that of 0: both look to the side of larger magnitude.
  return {f, even ? bound - half : bound + half, !even};
}

/// The first accumulator whose result is `result` or more. Precondition: that
/// of acc.min is less, that of acc.max is not. `guess` only saves time.
static int64_t findStep(Exact exact, StorageRange acc, int64_t result,
                        double guess) {
  int64_t low = acc.min, high = acc.max;
  auto reaches = [&](int64_t value) {
    return exact(static_cast<int32_t>(value)) >= result;
  };
  double clamped = std::clamp(guess, double(low) + 1, double(high));
  int64_t probe = static_cast<int64_t>(clamped);
  bool down = reaches(probe);
  (down ? high : low) = probe;
  for (int64_t step = 1; high - low > 1; step *= 2) {
    probe = down ? high - step : low + step;
    if (probe <= low || probe >= high)
      break;
    bool reached = reaches(probe);
    (reached ? high : low) = probe;
    if (reached != down)
      break;
  }
  while (high - low > 1) {
    probe = low + (high - low) / 2;
    (reaches(probe) ? high : low) = probe;
  }
  return high;
}

/// The demands of `exact` on `acc`, or nullopt when they are too many or too
/// large. `multiplier` only serves to guess.
static std::optional<Steps> findSteps(Exact exact, StorageRange acc,
                                      double multiplier, int64_t zeroPoint,
                                      StorageRange clamp) {
  int64_t first = exact(static_cast<int32_t>(acc.min));
  int64_t last = exact(static_cast<int32_t>(acc.max));
  if (first < -maxResult || last > maxResult || last - first > maxSteps)
    return std::nullopt;
  Steps steps{{}, {}, acc};
  if (first > clamp.min)
    steps.atLeast.push_back(getBound(toF32(acc.min), first));
  if (last < clamp.max)
    steps.below.push_back(getBound(toF32(acc.max), last + 1));
  StorageRange rest = acc;
  for (int64_t result = first + 1; result <= last; ++result) {
    double tie = double(result - zeroPoint) - 0.5;
    int64_t step = findStep(exact, rest, result, std::ceil(tie / multiplier));
    steps.atLeast.push_back(getBound(toF32(step), result));
    steps.below.push_back(getBound(toF32(step - 1), result));
    rest.min = step - 1; // Its result is less than the next one, too.
  }
  return steps;
}

//===----------------------------------------------------------------------===//
// Solving the bounds
//===----------------------------------------------------------------------===//

/// A scale as `significand * 2^exponent`, and the unit 2^-unitBits of which it
/// is a multiple, and the bounds as well.
struct Scale {
  int64_t significand;
  int unitBits;
  int boundShift;

  explicit Scale(float value) {
    Number number = soft::fromFloat(value);
    int exponent = number.magnitude == 0 ? 0 : number.exponent;
    unitBits = std::max(boundBits, -exponent);
    boundShift = unitBits - boundBits;
    significand = static_cast<int64_t>(number.magnitude)
                  << (exponent + unitBits);
  }
  /// The least integer x of units, or of offsets, that satisfies the bound.
  Wide solve(const Bound &bound) const {
    Wide value = Wide(bound.bound) * (Wide(1) << boundShift);
    return value + (bound.open ? 1 : 0) - Wide(bound.f) * significand;
  }
};

/// A scale is tried only when numbers of this size still fit.
static constexpr int maxScaleExponent = 10;
static constexpr int minScaleExponent = -60;

static bool isUsable(float scale) {
  if (scale == 0.0f)
    return true;
  Number number = soft::fromFloat(scale);
  return !number.negative && number.exponent >= minScaleExponent &&
         number.exponent <= maxScaleExponent;
}

/// Offsets in [low, high], in units of a scale.
struct Offsets {
  Wide low;
  Wide high;
};

/// The offsets with which every bound holds. The bounds are linear in the
/// offset, so this is an interval, perhaps empty. It includes that the sum
/// stays within +-2^30 on the whole range.
static Offsets solveOffsets(const Steps &steps, const Scale &scale) {
  Wide limit = Wide(1) << (30 + scale.unitBits);
  Wide least = Wide(toF32(steps.accumulators.min)) * scale.significand;
  Wide most = Wide(toF32(steps.accumulators.max)) * scale.significand;
  Offsets offsets{-limit - least, limit - most};
  for (const Bound &bound : steps.atLeast)
    offsets.low = std::max(offsets.low, scale.solve(bound));
  for (const Bound &bound : steps.below)
    offsets.high = std::min(offsets.high, scale.solve(bound) - 1);
  return offsets;
}

/// The least number of 24 significant bits that is not less than `value`.
static Wide roundUpToF32(Wide value) {
  constexpr int precision = 24;
  Wide magnitude = value < 0 ? -value : value;
  int drop = 0;
  while ((magnitude >> drop) >= (Wide(1) << precision))
    ++drop;
  Wide unit = Wide(1) << drop;
  Wide kept = (magnitude / unit) * unit;
  if (value < 0)
    return -kept;
  // A carry gives a power of two, which is a float as well.
  return kept == value ? kept : kept + unit;
}

/// An f32 in the interval: the zero point if possible, else one near the
/// middle, else any.
static std::optional<float> pickOffset(const Offsets &offsets, int unitBits,
                                       int64_t zeroPoint) {
  if (offsets.low > offsets.high)
    return std::nullopt;
  Wide wish = Wide(zeroPoint) * (Wide(1) << unitBits);
  Wide middle = offsets.low + (offsets.high - offsets.low) / 2;
  for (Wide candidate : {wish, middle, offsets.low}) {
    Wide rounded = roundUpToF32(candidate);
    if (rounded < offsets.low || rounded > offsets.high)
      continue;
    // At most 24 significant bits, so both steps are exact.
    return static_cast<float>(
        std::ldexp(static_cast<double>(rounded), -unitBits));
  }
  return std::nullopt;
}

/// The float `ulps` places after `value`. Precondition: the result is normal.
static float moveBy(float value, int ulps) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  bits += static_cast<uint32_t>(ulps);
  std::memcpy(&value, &bits, sizeof bits);
  return value;
}

/// The scales that are tried lie within this many places of the multiplier. The
/// feasible ones are an interval about it; when it is wider than this, the
/// multiplier itself is feasible.
static constexpr int searchPlaces = 12;

static std::optional<ScaleRound>
search(const Steps &steps, float multiplier, int64_t zeroPoint) {
  for (int i = 0; i <= 2 * searchPlaces; ++i) {
    int places = (i & 1) != 0 ? (i + 1) / 2 : -(i / 2);
    float candidate = moveBy(multiplier, places);
    if (!isUsable(candidate))
      return std::nullopt;
    Scale scale(candidate);
    Offsets offsets = solveOffsets(steps, scale);
    if (auto offset = pickOffset(offsets, scale.unitBits, zeroPoint))
      return ScaleRound{candidate, *offset};
  }
  return std::nullopt;
}

/// The value of `by`, which a double holds.
static double toReal(FixedPointMultiplier by) {
  return std::ldexp(double(by.multiplier), -int(by.shift));
}

/// The f32 nearest to `by`.
static float toFloat(FixedPointMultiplier by) {
  return soft::toFloat(soft::roundTo(
      soft::multiply(soft::fromInteger(by.multiplier),
                     {false, 1, -int(by.shift), false}),
      soft::f32));
}

/// Rule S2 for any contract that never decreases.
static std::optional<ScaleRound> find(Exact exact, StorageRange acc,
                                      float multiplier, double realMultiplier,
                                      int64_t zeroPoint, StorageRange clamp) {
  auto steps = findSteps(exact, acc, realMultiplier, zeroPoint, clamp);
  if (!steps)
    return std::nullopt;
  int64_t result = exact(static_cast<int32_t>(acc.min));
  if (result == exact(static_cast<int32_t>(acc.max)))
    return ScaleRound{0.0f, static_cast<float>(result)};
  return search(*steps, multiplier, zeroPoint);
}

std::optional<ScaleRound> findScaleRound(StorageRange acc,
                                         FixedPointMultiplier by,
                                         int64_t zeroPoint, StorageRange clamp,
                                         Contract contract) {
  auto exact = [&](int32_t value) {
    return requantize(value, by, zeroPoint, clamp, contract);
  };
  return find(exact, acc, toFloat(by), toReal(by), zeroPoint, clamp);
}

std::optional<ScaleRound> findScaleRoundF32(StorageRange acc, float multiplier,
                                            int64_t zeroPoint,
                                            StorageRange clamp) {
  auto exact = [&](int32_t value) {
    return requantizeF32(value, multiplier, zeroPoint, clamp);
  };
  return find(exact, acc, multiplier, double(multiplier), zeroPoint, clamp);
}

/// Whether `offset` lies in the interval. One that is no multiple of the unit
/// must do so rounded down and rounded up.
static bool contains(const Offsets &offsets, Number offset, int unitBits) {
  constexpr int minExponent = -100, maxExponent = 20;
  if (offset.magnitude == 0)
    return offsets.low <= 0 && offsets.high >= 0;
  if (offset.exponent < minExponent || offset.exponent > maxExponent)
    return false;
  int shift = offset.exponent + unitBits;
  Wide magnitude = static_cast<Wide>(offset.magnitude);
  Wide unit = Wide(1) << std::max(0, -shift);
  Wide down = shift > 0 ? magnitude << shift : magnitude / unit;
  Wide up = shift > 0 ? down : (magnitude + unit - 1) / unit;
  if (offset.negative)
    return offsets.low <= -up && offsets.high >= -down;
  return offsets.low <= down && offsets.high >= up;
}

bool provesScaleRound(ScaleRound constants, StorageRange acc,
                      FixedPointMultiplier by, int64_t zeroPoint,
                      StorageRange clamp, Contract contract) {
  auto exact = [&](int32_t value) {
    return requantize(value, by, zeroPoint, clamp, contract);
  };
  auto steps = findSteps(exact, acc, toReal(by), zeroPoint, clamp);
  if (!steps || !isUsable(constants.scale))
    return false;
  Scale scale(constants.scale);
  return contains(solveOffsets(*steps, scale),
                  soft::fromFloat(constants.offset), scale.unitBits);
}

} // namespace qdot::numerics
