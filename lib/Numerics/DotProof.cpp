//===- DotProof.cpp - Dot products in i16 that cannot overflow ------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qdot/Numerics/DotProof.h"
#include <algorithm>
#include <cassert>
#include <numeric>
#include <tuple>

namespace qdot::numerics {

using llvm::ArrayRef;

//===----------------------------------------------------------------------===//
// D1: loads and limits
//===----------------------------------------------------------------------===//

/// With activations in [0, max] the extreme sums are `max` times the sum of the
/// positive weights and `max` times the sum of the negative ones. So a lane is
/// described by these two sums, its loads, which must not exceed two limits.
struct Limits {
  int32_t positive;
  int32_t negative;

  explicit Limits(StorageRange activation) {
    assert(activation.min >= 0 && activation.max <= 255 && "not u8");
    int32_t max = std::max<int32_t>(1, static_cast<int32_t>(activation.max));
    positive = 32767 / max;
    negative = 32768 / max;
  }
};

// Rule D1.
bool fitsPairSums(ArrayRef<int8_t> weights, StorageRange activation) {
  if (activation.max == 0)
    return true;
  Limits limits(activation);
  int64_t positive = 0, negative = 0;
  for (int8_t weight : weights)
    (weight > 0 ? positive : negative) += weight;
  return positive <= limits.positive && -negative <= limits.negative;
}

//===----------------------------------------------------------------------===//
// D2: planning
//===----------------------------------------------------------------------===//

namespace {

/// Sets of groups that may share i16 lanes, with the loads of their lanes:
/// first the positive ones, then the magnitudes of the negative ones. One group
/// loads a lane with at most 256, so four fit 16 bits.
class Sets {
public:
  Sets(unsigned columns, const Limits &limits)
      : lanes(2 * columns), positiveLimit(atMost(limits.positive)),
        negativeLimit(atMost(limits.negative)) {}

  size_t size() const { return members.size(); }
  ArrayRef<unsigned> getMembers(size_t set) const { return members[set]; }

  /// Adds one group, whose weights are [columns][4], if it fits.
  bool addIfFits(unsigned group, ArrayRef<int8_t> weights) {
    size_t first = loads.size();
    loads.resize(first + 2 * lanes);
    for (size_t lane = 0; lane < lanes; ++lane) {
      int left = weights[2 * lane], right = weights[2 * lane + 1];
      loads[first + lane] = int16_t(std::max(left, 0) + std::max(right, 0));
      loads[first + lanes + lane] =
          int16_t(-std::min(left, 0) - std::min(right, 0));
    }
    bool fits = largest(&loads[first]) <= positiveLimit &&
                largest(&loads[first + lanes]) <= negativeLimit;
    if (fits)
      members.push_back({group});
    else
      loads.resize(first);
    return fits;
  }

  /// Adds the union of two sets of `from`.
  void addUnion(const Sets &from, size_t lhs, size_t rhs) {
    members.push_back(from.members[lhs]);
    members.back().append(from.members[rhs]);
    for (size_t i = 0; i < 2 * lanes; ++i)
      loads.push_back(int16_t(from.loadsOf(lhs)[i] + from.loadsOf(rhs)[i]));
  }

  bool fits(size_t lhs, size_t rhs) const {
    const int16_t *left = loadsOf(lhs), *right = loadsOf(rhs);
    return !exceeds(left, right, positiveLimit) &&
           !exceeds(left + lanes, right + lanes, negativeLimit);
  }
  /// A measure of how hard it is to find a partner for a set.
  int getWeight(size_t set) const {
    const int16_t *load = loadsOf(set);
    return std::max(largest(load), largest(load + lanes));
  }

private:
  /// No load of four groups reaches 2048.
  static int16_t atMost(int32_t limit) {
    return int16_t(std::min<int32_t>(limit, 2048));
  }
  const int16_t *loadsOf(size_t set) const {
    return loads.data() + set * 2 * lanes;
  }
  int16_t largest(const int16_t *load) const {
    return *std::max_element(load, load + lanes);
  }
  bool exceeds(const int16_t *lhs, const int16_t *rhs, int16_t limit) const {
    int16_t over = 0;
    for (size_t i = 0; i < lanes; ++i)
      over |= int16_t(int16_t(lhs[i] + rhs[i]) > limit);
    return over != 0;
  }

  size_t lanes;
  int16_t positiveLimit;
  int16_t negativeLimit;
  std::vector<llvm::SmallVector<unsigned, 4>> members;
  std::vector<int16_t> loads;
};

/// Which partner a set gets.
enum class Partner {
  /// The heaviest that fits: leaves the light ones over.
  Heavy,
  /// The lightest: makes all pairs about equally heavy.
  Light,
};

/// Joins sets in pairs that fit.
class Matching {
public:
  Matching(const Sets &sets, Partner partner) : sets(sets), partner(partner) {
    // Lightest first, so that the heaviest is cheap to remove.
    std::vector<std::pair<int, size_t>> weighted;
    for (size_t set = 0; set < sets.size(); ++set)
      weighted.emplace_back(sets.getWeight(set), set);
    std::sort(weighted.begin(), weighted.end());
    for (auto [weight, set] : weighted)
      remaining.push_back(set);
  }

  /// `pairs` receives the unions and `alone` the sets that found no partner.
  void run(Sets &pairs, std::vector<size_t> &alone) {
    while (!remaining.empty()) {
      size_t set = remaining.back();
      remaining.pop_back();
      size_t place = findPartner(set);
      if (place == remaining.size()) {
        alone.push_back(set);
        continue;
      }
      pairs.addUnion(sets, set, remaining[place]);
      remaining.erase(remaining.begin() + place);
    }
  }

private:
  /// At most this many partners are tried, so that time is linear. They are
  /// spread evenly over the remaining sets.
  static constexpr size_t maxProbes = 64;

  /// The place of a partner that fits; remaining.size() if none was found.
  size_t findPartner(size_t set) const {
    size_t count = remaining.size();
    size_t probes = std::min(count, maxProbes);
    for (size_t i = 0; i < probes; ++i) {
      size_t offset = i * count / probes;
      size_t place = partner == Partner::Heavy ? count - 1 - offset : offset;
      if (sets.fits(set, remaining[place]))
        return place;
    }
    return count;
  }

  const Sets &sets;
  Partner partner;
  std::vector<size_t> remaining;
};

/// The groups of one column block.
struct Groups {
  ArrayRef<int8_t> weights;
  unsigned columns;
  StorageRange activation;

  ArrayRef<int8_t> operator[](unsigned group) const {
    return weights.slice(size_t(group) * columns * 4, size_t(columns) * 4);
  }
  Sets makeSets() const { return Sets(columns, Limits(activation)); }
};

/// Blocks and what they cost.
struct Plan {
  std::vector<DotBlock> blocks;
  int64_t cost = 0;

  void add(ArrayRef<unsigned> groups, bool fits) {
    DotBlock block{unsigned(groups.size()), fits, {}};
    block.groups.append(groups.begin(), groups.end());
    std::sort(block.groups.begin(), block.groups.end());
    cost += getCost(block);
    blocks.push_back(std::move(block));
  }

  /// Groups divided by the measured rate of their class: 157 (widening), 197,
  /// 237 and 260 GOP/s.
  static int64_t getCost(const DotBlock &block) {
    if (!block.fits)
      return 637;
    return block.pairs == 1 ? 508 : block.pairs == 2 ? 844 : 1538;
  }
};

} // namespace

/// Joins the sets as `partner` says. What finds no partner goes to the plan.
static Sets join(const Groups &groups, const Sets &sets, Partner partner,
                 Plan &plan) {
  Sets unions = groups.makeSets();
  std::vector<size_t> alone;
  Matching(sets, partner).run(unions, alone);
  for (size_t set : alone)
    plan.add(sets.getMembers(set), true);
  return unions;
}

/// Joins groups up to `maxPairs`: pairs as `partner` says, then pairs of pairs.
static Plan planFitting(const Groups &groups, Sets sets, unsigned maxPairs,
                        Partner partner) {
  Plan plan;
  if (maxPairs >= 2)
    sets = join(groups, sets, partner, plan);
  if (maxPairs == 4)
    sets = join(groups, sets, Partner::Heavy, plan);
  for (size_t set = 0; set < sets.size(); ++set)
    plan.add(sets.getMembers(set), true);
  return plan;
}

/// Adds the cheapest plan found for the groups [first, last) in any order.
static void planFree(const Groups &groups, unsigned first, unsigned last,
                     unsigned maxPairs, Plan &plan) {
  Sets fitting = groups.makeSets();
  for (unsigned group = first; group < last; ++group)
    if (!fitting.addIfFits(group, groups[group]))
      plan.add(group, false);
  Plan best = planFitting(groups, fitting, maxPairs, Partner::Heavy);
  if (best.blocks.size() * maxPairs > fitting.size() + maxPairs) {
    Plan light = planFitting(groups, fitting, maxPairs, Partner::Light);
    if (light.cost < best.cost)
      best = std::move(light);
  }
  for (DotBlock &block : best.blocks)
    plan.blocks.push_back(std::move(block));
}

/// Every lane of the groups [first, last), which are at most four.
static bool fitsTogether(const Groups &groups, unsigned first, unsigned last) {
  for (unsigned lane = 0; lane < 2 * groups.columns; ++lane) {
    llvm::SmallVector<int8_t, 8> weights;
    for (unsigned group = first; group < last; ++group)
      for (unsigned k = 0; k < 2; ++k)
        weights.push_back(groups[group][2 * lane + k]);
    if (!fitsPairSums(weights, groups.activation))
      return false;
  }
  return true;
}

/// Adds groups in order: `count` neighbours that fit, else two halves of them.
static void planConsecutive(const Groups &groups, unsigned first, unsigned last,
                            unsigned count, Plan &plan) {
  for (; first < last; first += count) {
    unsigned end = std::min(first + count, last);
    bool fits = end - first == count && fitsTogether(groups, first, end);
    if (!fits && count > 1) {
      planConsecutive(groups, first, end, count / 2, plan);
      continue;
    }
    llvm::SmallVector<unsigned, 4> indices(count);
    std::iota(indices.begin(), indices.end(), first);
    plan.add(indices, fits);
  }
}

// Rule D2.
std::vector<DotBlock> planDotBlocks(ArrayRef<int8_t> weights, unsigned groups,
                                    unsigned columns, StorageRange activation,
                                    unsigned maxPairs, DotOrder order) {
  assert(weights.size() == size_t(groups) * columns * 4 && "wrong size");
  assert((maxPairs == 1 || maxPairs == 2 || maxPairs == 4) && "no such block");
  Groups all{weights, columns, activation};
  Plan plan;
  if (order == DotOrder::Consecutive) {
    planConsecutive(all, 0, groups, maxPairs, plan);
    return plan.blocks;
  }
  // In parts, because the matching takes the square of the groups' number, with
  // a small factor.
  constexpr unsigned part = 4096;
  for (unsigned first = 0; first < groups; first += part)
    planFree(all, first, std::min(groups, first + part), maxPairs, plan);
  auto key = [](const DotBlock &block) {
    return std::make_tuple(!block.fits, -int(block.pairs), block.groups[0]);
  };
  std::sort(plan.blocks.begin(), plan.blocks.end(),
            [&](const DotBlock &lhs, const DotBlock &rhs) {
              return key(lhs) < key(rhs);
            });
  return plan.blocks;
}

//===----------------------------------------------------------------------===//
// Shares
//===----------------------------------------------------------------------===//

void DotShares::add(const DotShares &other) {
  quads += other.quads;
  twos += other.twos;
  singles += other.singles;
  wide += other.wide;
  largestSum = std::max(largestSum, other.largestSum);
}

/// The largest load of any lane of the block.
static int64_t getLargestLoad(const Groups &groups, const DotBlock &block) {
  int64_t largest = 0;
  for (unsigned lane = 0; lane < 2 * groups.columns; ++lane) {
    int64_t positive = 0, negative = 0;
    for (unsigned group : block.groups)
      for (int8_t weight : groups[group].slice(2 * lane, 2))
        (weight > 0 ? positive : negative) += weight;
    largest = std::max({largest, positive, -negative});
  }
  return largest;
}

DotShares countShares(ArrayRef<DotBlock> blocks, ArrayRef<int8_t> weights,
                      unsigned columns, StorageRange activation) {
  Groups groups{weights, columns, activation};
  DotShares shares;
  for (const DotBlock &block : blocks) {
    int64_t &count = !block.fits        ? shares.wide
                     : block.pairs == 4 ? shares.quads
                     : block.pairs == 2 ? shares.twos
                                        : shares.singles;
    count += block.pairs;
    if (block.fits)
      shares.largestSum = std::max(
          shares.largestSum, getLargestLoad(groups, block) * activation.max);
  }
  return shares;
}

//===----------------------------------------------------------------------===//
// D3: outliers
//===----------------------------------------------------------------------===//

/// Moves what is too much of one sign in a pair out of its first weight. That
/// is enough: the second is at most 128, which any limit that matters allows.
static void splitPair(int8_t *main, int8_t *rest, int32_t sign, int32_t limit) {
  int32_t left = std::max(0, sign * main[0]);
  int32_t right = std::max(0, sign * main[1]);
  int32_t excess = left + right - limit;
  if (excess <= 0)
    return;
  main[0] = int8_t(main[0] - sign * excess);
  rest[0] = int8_t(sign * excess);
}

// Rule D3.
SplitWeights splitOutliers(ArrayRef<int8_t> weights, StorageRange activation) {
  assert(weights.size() % 2 == 0 && "expected pairs");
  Limits limits(activation);
  SplitWeights split{{weights.begin(), weights.end()},
                     std::vector<int8_t>(weights.size())};
  for (size_t i = 0; i < weights.size(); i += 2) {
    splitPair(&split.main[i], &split.rest[i], 1, limits.positive);
    splitPair(&split.main[i], &split.rest[i], -1, limits.negative);
  }
  return split;
}

//===----------------------------------------------------------------------===//
// D4: a weight in two lanes
//===----------------------------------------------------------------------===//

// Rule D4.
std::pair<int8_t, int8_t> splitSharedTap(int8_t first, int8_t shared, int8_t last,
                                     StorageRange activation) {
  Limits limits(activation);
  int32_t sign = shared < 0 ? -1 : 1;
  int32_t limit = sign < 0 ? limits.negative : limits.positive;
  int32_t room = limit - std::max(0, sign * first);
  int32_t own = std::clamp(sign * shared, 0, std::max(0, room));
  return {int8_t(sign * own), int8_t(shared - sign * own)};
}

} // namespace qdot::numerics
