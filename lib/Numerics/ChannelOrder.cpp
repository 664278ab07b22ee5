//===- ChannelOrder.cpp - Channels in an order for 16-bit sums ------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qdot/Numerics/ChannelOrder.h"
#include <algorithm>
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
/// The estimate of one layer, eight channels at a time.
class Estimate {
public:
  /// Both pairs of a group decide what it takes. For a search, `hint` is the
  /// share that each counts by itself: mending one of two is no gain otherwise.
  Estimate(const ChannelWeights &layer, float hint)
      : layer(layer), hint(hint) {
    int64_t most = std::max<int64_t>(layer.activation.max, 1);
    scale = static_cast<float>(most) / 32767.0f;
    if (layer.isProducer)
      addPairs();
    else
      addRows();
  }

  int64_t getNumParts() const {
    return (layer.getNumChannels() + lanes - 1) / lanes;
  }

  /// Instructions for the channels at eight neighbouring places.
  double getPart(const std::vector<int64_t> &order, int64_t part) const {
    double sum = layer.isProducer ? getColumns(order, lanes * part) : 0;
    if (!layer.isProducer)
      for (int64_t place = lanes * part;
           place + 4 <= std::min(lanes * (part + 1), layer.rows); place += 4)
        sum += getGroup(order, place);
    return sum * layer.uses;
  }

private:
  void addRows() {
    for (int8_t weight : layer.weights) {
      positive.push_back(std::max<int16_t>(weight, 0));
      negative.push_back(std::max<int16_t>(-weight, 0));
    }
  }

  /// Four rows, over all taps and columns.
  double getGroup(const std::vector<int64_t> &order, int64_t place) const {
    float sum = 0;
    for (int64_t tap = 0; tap < layer.taps; ++tap)
      for (int64_t first = 0; first < layer.columns; first += lanes) {
        int64_t count = std::min(lanes, layer.columns - first);
        float a = getPair(order, place, tap, first, count) * scale;
        float b = getPair(order, place + 2, tap, first, count) * scale;
        sum += (1 - hint) * getInstructions(std::max(a, b)) +
               hint / 2 * (getInstructions(a) + getInstructions(b));
      }
    return sum;
  }

  /// The largest sum of one sign in the lanes of two neighbours.
  int getPair(const std::vector<int64_t> &order, int64_t place, int64_t tap,
              int64_t first, int64_t count) const {
    size_t a = getStart(order[place], tap) + first;
    size_t b = getStart(order[place + 1], tap) + first;
    int worst = 0;
    for (int64_t lane = 0; lane < count; ++lane)
      worst = std::max({worst, positive[a + lane] + positive[b + lane],
                        negative[a + lane] + negative[b + lane]});
    return worst;
  }
  size_t getStart(int64_t row, int64_t tap) const {
    return (tap * layer.rows + row) * layer.columns;
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
      int a = layer.weights[getStart(at, tap) + column];
      int b = layer.weights[getStart(at + 1, tap) + column];
      worst = std::max({worst, std::max(a, 0) + std::max(b, 0),
                        std::max(-a, 0) + std::max(-b, 0)});
    }
    return static_cast<int16_t>(worst);
  }

  /// The columns of one vector, over all groups.
  double getColumns(const std::vector<int64_t> &order, int64_t first) const {
    int64_t groups = layer.taps * (layer.rows / 4);
    int64_t last = std::min(first + lanes, layer.columns);
    float sum = 0;
    for (int64_t group = 0; group < groups; ++group) {
      int16_t worst = 0;
      for (int64_t place = first; place < last; ++place)
        worst = std::max(worst, sums[order[place] * groups + group]);
      sum += getInstructions(static_cast<float>(worst) * scale);
    }
    return sum;
  }

  const ChannelWeights &layer;
  float hint;
  std::vector<int16_t> positive, negative; ///< parts of the weights of a reader
  std::vector<int16_t> sums; ///< of a producer: [column][tap and group]
  float scale; ///< of a sum of weights, to a share of 16 bits
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
    for (const ChannelWeights &layer : layers)
      estimates.emplace_back(layer, hint);
    std::iota(order.begin(), order.end(), 0);
    for (int64_t part = 0; part < estimates.front().getNumParts(); ++part)
      costs.push_back(getPart(part));
    total = std::accumulate(costs.begin(), costs.end(), 0.0);
  }

  std::vector<int64_t> run() {
    // Standard, so that every machine finds the same order.
    std::minstd_rand random(1);
    int64_t channels = order.size(), turns = 64 * channels;
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
  double getPart(int64_t part) const {
    double sum = 0;
    for (const Estimate &estimate : estimates)
      sum += estimate.getPart(order, part);
    return sum;
  }

  /// Unless it makes the instructions more by over `most`.
  void exchange(int64_t a, int64_t b, double most) {
    // Two that are added anyway.
    if (a / 2 == b / 2)
      return;
    int64_t partA = a / lanes, partB = b / lanes;
    bool isOne = partA == partB;
    std::swap(order[a], order[b]);
    double first = getPart(partA), second = isOne ? 0 : getPart(partB);
    double more = first + second - costs[partA] - (isOne ? 0 : costs[partB]);
    if (more > most) {
      std::swap(order[a], order[b]);
      return;
    }
    costs[partA] = first;
    if (!isOne)
      costs[partB] = second;
    total += more;
  }

  std::vector<Estimate> estimates;
  std::vector<int64_t> order;
  std::vector<double> costs; ///< of every eight places
  double total;
};
} // namespace

std::vector<int64_t>
findChannelOrder(const std::vector<ChannelWeights> &layers) {
  assert(!layers.empty() && "no layer");
  return Search(layers).run();
}

} // namespace qdot::numerics
