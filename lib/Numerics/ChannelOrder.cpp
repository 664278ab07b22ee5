//===- ChannelOrder.cpp - Channels in an order for 16-bit sums ------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qdot/Numerics/ChannelOrder.h"
#include <algorithm>
#include <array>
#include <cassert>
#include <numeric>
#include <random>

namespace qdot::numerics {

/// Columns of a vector, which share the sequence of their groups.
static constexpr int64_t lanes = 8;

/// Instructions of one group of four rows and one vector, by the largest share
/// of the 16 bits that one of its pairs of products takes: several groups
/// together, two, one, or two parts.
static float getInstructions(float share) {
  constexpr float together = 2.25f, two = 2.5f, one = 3.0f, split = 5.25f;
  if (share > 1.0f)
    return split;
  if (share > 0.5f)
    return two + (one - two) * (share - 0.5f) * 2.0f;
  return together + (two - together) * std::max(share - 0.25f, 0.0f) * 4.0f;
}

namespace {
/// The estimate of one layer, some neighbouring channels at a time.
class Estimate {
public:
  /// Both pairs of a group decide what it takes. For a search, `hint` is the
  /// share that each counts by itself: mending one of two is no gain otherwise.
  Estimate(const ChannelWeights &layer, float hint)
      : layer(layer), hint(hint),
        vectors((layer.columns + lanes - 1) / lanes) {
    int64_t most = std::max<int64_t>(layer.activation.max, 1);
    for (size_t sum = 0; sum < instructions.size(); ++sum)
      instructions[sum] = getInstructions(float(sum * most) / 32767.0f);
    if (layer.isProducer)
      addPairs();
    else
      addRows();
  }

  /// Channels that are estimated together.
  int64_t getPartSize() const { return layer.isProducer ? lanes : 4; }
  int64_t getNumParts() const {
    int64_t channels = layer.getNumChannels();
    return layer.isProducer ? vectors : channels / 4;
  }

  /// Instructions for the channels at the places of one part.
  double getPart(const std::vector<int64_t> &order, int64_t part) const {
    double sum = layer.isProducer ? getColumns(order, lanes * part)
                                  : getGroup(order, 4 * part);
    return sum * layer.uses;
  }

private:
  /// Parts of the weights of either sign, rows filled up to whole vectors.
  void addRows() {
    int64_t width = vectors * lanes;
    positive.resize(layer.taps * layer.rows * width);
    negative.resize(positive.size());
    for (int64_t row = 0; row < layer.taps * layer.rows; ++row)
      for (int64_t column = 0; column < layer.columns; ++column) {
        int8_t weight = layer.weights[row * layer.columns + column];
        positive[row * width + column] = std::max<int16_t>(weight, 0);
        negative[row * width + column] = std::max<int16_t>(-weight, 0);
      }
  }

  /// Four rows, over all taps and columns.
  double getGroup(const std::vector<int64_t> &order, int64_t place) const {
    float sum = 0;
    for (int64_t tap = 0; tap < layer.taps; ++tap)
      for (int64_t vector = 0; vector < vectors; ++vector) {
        int16_t a = getPair(order, place, tap, vector);
        int16_t b = getPair(order, place + 2, tap, vector);
        sum += (1 - hint) * instructions[std::max(a, b)] +
               hint / 2 * (instructions[a] + instructions[b]);
      }
    return sum;
  }

  /// The largest sum of one sign in the lanes of two neighbours.
  int16_t getPair(const std::vector<int64_t> &order, int64_t place,
                  int64_t tap, int64_t vector) const {
    size_t width = vectors * lanes;
    size_t a = (tap * layer.rows + order[place]) * width + vector * lanes;
    size_t b = (tap * layer.rows + order[place + 1]) * width + vector * lanes;
    int16_t sums[lanes];
    for (int64_t lane = 0; lane < lanes; ++lane)
      sums[lane] =
          std::max<int16_t>(positive[a + lane] + positive[b + lane],
                            negative[a + lane] + negative[b + lane]);
    for (int64_t half = lanes / 2; half > 0; half /= 2)
      for (int64_t lane = 0; lane < half; ++lane)
        sums[lane] = std::max(sums[lane], sums[lane + half]);
    return sums[0];
  }

  /// The largest sums of the groups of every column: no order changes them.
  void addPairs() {
    int64_t perTap = layer.rows / 4;
    sums.resize(layer.columns * layer.taps * perTap);
    for (int64_t group = 0; group < layer.taps * perTap; ++group)
      for (int64_t column = 0; column < layer.columns; ++column)
        sums[column * layer.taps * perTap + group] =
            getSum(group / perTap, group % perTap * 4, column);
  }
  int16_t getSum(int64_t tap, int64_t row, int64_t column) const {
    int worst = 0;
    for (int64_t at : {row, row + 2}) {
      size_t start = (tap * layer.rows + at) * layer.columns + column;
      int a = layer.weights[start], b = layer.weights[start + layer.columns];
      worst = std::max({worst, std::max(a, 0) + std::max(b, 0),
                        std::max(-a, 0) + std::max(-b, 0)});
    }
    return static_cast<int16_t>(worst);
  }

  /// The columns of one vector, over all groups.
  double getColumns(const std::vector<int64_t> &order, int64_t first) const {
    int64_t groups = layer.taps * (layer.rows / 4);
    int64_t last = std::min(first + lanes, layer.columns);
    std::vector<int16_t> worst(groups, 0);
    for (int64_t place = first; place < last; ++place)
      for (int64_t group = 0; group < groups; ++group)
        worst[group] =
            std::max(worst[group], sums[order[place] * groups + group]);
    float sum = 0;
    for (int16_t most : worst)
      sum += instructions[most];
    return sum;
  }

  const ChannelWeights &layer;
  float hint;
  int64_t vectors; ///< of the columns
  /// What a group takes by the largest sum of two weights of one sign.
  std::array<float, 257> instructions;
  std::vector<int16_t> positive, negative; ///< of a reader: [tap][row][column]
  std::vector<int16_t> sums; ///< of a producer: [column][tap and group]
};
} // namespace

double estimateInstructions(const ChannelWeights &layer,
                            const std::vector<int64_t> &order) {
  Estimate estimate(layer, 0);
  double sum = 0;
  for (int64_t part = 0; part < estimate.getNumParts(); ++part)
    sum += estimate.getPart(order, part);
  return sum;
}

namespace {
/// Exchanges channels, two at a time.
class Search {
public:
  explicit Search(const std::vector<ChannelWeights> &layers)
      : order(layers.front().getNumChannels()) {
    constexpr float hint = 0.5f;
    std::iota(order.begin(), order.end(), 0);
    for (const ChannelWeights &layer : layers) {
      estimates.emplace_back(layer, hint);
      costs.emplace_back();
      for (int64_t part = 0; part < estimates.back().getNumParts(); ++part)
        costs.back().push_back(estimates.back().getPart(order, part));
      total = std::accumulate(costs.back().begin(), costs.back().end(), total);
      weights += layer.weights.size() / order.size();
    }
  }

  std::vector<int64_t> run() {
    // Standard, so that every machine finds the same order.
    std::minstd_rand random(1);
    int64_t channels = order.size();
    int64_t turns =
        channels * std::clamp<int64_t>(turnsTimesWeights / weights, 4, 64);
    double best = total, start = 0.02 * total / double(channels);
    std::vector<int64_t> bestOrder = order;
    for (int64_t turn = 0; turn < turns; ++turn) {
      auto a = static_cast<int64_t>(random() % channels);
      auto b = static_cast<int64_t>(random() % channels);
      // Small steps back, ever smaller ones, lead out of dead ends.
      exchange(a, b, start * double(turns - turn) / double(turns));
      if (total < best) {
        best = total;
        bestOrder = order;
      }
    }
    return bestOrder;
  }

private:
  /// Exchanges of a channel times its weights: what keeps the time linear in
  /// the weights.
  static constexpr int64_t turnsTimesWeights = 8192;

  /// What the parts of places a and b take in layer `number`, as they are or as
  /// `order` now says.
  double getParts(size_t number, int64_t a, int64_t b, bool isNew) {
    const Estimate &estimate = estimates[number];
    int64_t size = estimate.getPartSize(), count = estimate.getNumParts();
    double sum = 0;
    for (int64_t part : {a / size, b / size}) {
      // Behind the last whole group.
      if (part >= count)
        continue;
      sum += isNew ? estimate.getPart(order, part) : costs[number][part];
      if (a / size == b / size)
        break;
    }
    return sum;
  }

  /// Unless it makes the instructions more by over `most`.
  void exchange(int64_t a, int64_t b, double most) {
    // Two that are added anyway.
    if (a / 2 == b / 2)
      return;
    std::swap(order[a], order[b]);
    double more = 0;
    for (size_t number = 0; number < estimates.size(); ++number)
      more += getParts(number, a, b, true) - getParts(number, a, b, false);
    if (more > most) {
      std::swap(order[a], order[b]);
      return;
    }
    total += more;
    for (size_t number = 0; number < estimates.size(); ++number)
      for (int64_t place : {a, b}) {
        int64_t part = place / estimates[number].getPartSize();
        if (part < estimates[number].getNumParts())
          costs[number][part] = estimates[number].getPart(order, part);
      }
  }

  std::vector<Estimate> estimates;
  std::vector<std::vector<double>> costs; ///< of every layer's parts
  std::vector<int64_t> order;
  double total = 0;
  int64_t weights = 0; ///< of every channel
};
} // namespace

std::vector<int64_t>
findChannelOrder(const std::vector<ChannelWeights> &layers) {
  assert(!layers.empty() && "no layer");
  return Search(layers).run();
}

} // namespace qdot::numerics
