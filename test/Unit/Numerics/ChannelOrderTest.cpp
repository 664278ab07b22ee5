//===- ChannelOrderTest.cpp - Rule D5 -------------------------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qdot/Numerics/ChannelOrder.h"
#include "Random.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include <algorithm>
#include <numeric>

using namespace qdot::numerics;
using qdot::test::Random;

namespace {

std::vector<int64_t> identity(int64_t count) {
  std::vector<int64_t> order(count);
  std::iota(order.begin(), order.end(), 0);
  return order;
}

ChannelWeights makeLayer(int64_t taps, int64_t channels, int64_t columns) {
  ChannelWeights layer{{}, taps, channels, columns, {0, 255}, 1.0, false};
  layer.weights.assign(taps * channels * columns, 0);
  return layer;
}

TEST(ChannelOrder, EstimatesBySharesOf16Bits) {
  ChannelWeights layer = makeLayer(1, 4, 9); // two vectors
  EXPECT_EQ(estimateInstructions(layer, identity(4)), 2 * 2.25);
  layer.weights[0] = layer.weights[9] = 64; // 128 * 255: just one
  EXPECT_NEAR(estimateInstructions(layer, identity(4)), 3.0 + 2.25, 1e-2);
  layer.weights[9] = -64; // other signs do not add up
  EXPECT_NEAR(estimateInstructions(layer, identity(4)), 2.5 + 2.25, 1e-2);
  layer.weights[9] = 65; // too much: two parts
  EXPECT_NEAR(estimateInstructions(layer, identity(4)), 5.25 + 2.25, 1e-2);
  layer.activation.max = 127;
  EXPECT_NEAR(estimateInstructions(layer, identity(4)), 2.5 + 2.25, 1e-2);
  layer.uses = 3;
  EXPECT_NEAR(estimateInstructions(layer, identity(4)), 3 * (2.5 + 2.25), 1e-2);
}

// Every even channel is large, every odd one small: neighbours must mix.
TEST(ChannelOrder, LargeWeightsMeetSmallOnes) {
  ChannelWeights layer = makeLayer(1, 64, 8);
  for (int64_t channel = 0; channel < 64; ++channel)
    for (int64_t column = 0; column < 8; ++column)
      layer.weights[channel * 8 + column] = channel < 32 ? 120 : 4;
  EXPECT_NEAR(estimateInstructions(layer, identity(64)), 8 * (5.25 + 2.25), 1e-3);
  std::vector<int64_t> order = findChannelOrder({layer});
  EXPECT_LT(estimateInstructions(layer, order), 16 * 3.0);
}

// Columns with large weights in the same groups share vectors.
TEST(ChannelOrder, ProducersPutAlikeColumnsTogether) {
  ChannelWeights layer = makeLayer(1, 8, 16);
  layer.isProducer = true;
  for (int64_t row = 0; row < 4; ++row)
    layer.weights[row * 16] = layer.weights[row * 16 + 8] = 100;
  EXPECT_EQ(estimateInstructions(layer, identity(16)), 2 * (5.25 + 2.25));
  std::vector<int64_t> order = findChannelOrder({layer});
  EXPECT_EQ(estimateInstructions(layer, order), 5.25 + 3 * 2.25);
  // The same as with the columns themselves in that order.
  ChannelWeights moved = layer;
  for (int64_t row = 0; row < 8; ++row)
    for (int64_t column = 0; column < 16; ++column)
      moved.weights[row * 16 + column] = layer.weights[row * 16 + order[column]];
  moved.isProducer = false;
  EXPECT_EQ(estimateInstructions(moved, identity(8)),
            estimateInstructions(layer, order));
}

TEST(ChannelOrder, IsAPermutationThatIsNoWorse) {
  Random random(7);
  for (int64_t channels : {1, 3, 4, 7, 8, 30, 64}) {
    std::vector<ChannelWeights> layers = {makeLayer(1, channels, 13),
                                          makeLayer(9, channels, 8),
                                          makeLayer(2, 16, channels)};
    layers.back().isProducer = true;
    for (ChannelWeights &layer : layers)
      for (int8_t &weight : layer.weights)
        weight = static_cast<int8_t>(random.between(-127, 127) *
                                     random.between(0, 10) / 10);
    std::vector<int64_t> order = findChannelOrder(layers);
    EXPECT_EQ(order, findChannelOrder(layers));
    EXPECT_THAT(order, testing::UnorderedElementsAreArray(identity(channels)));
    double before = 0, after = 0;
    for (const ChannelWeights &layer : layers) {
      before += estimateInstructions(layer, identity(channels));
      after += estimateInstructions(layer, order);
    }
    EXPECT_LE(after, before * (1 + 1e-6));
    if (channels == 64)
      EXPECT_LT(after, before * 0.95);
  }
}

} // namespace
