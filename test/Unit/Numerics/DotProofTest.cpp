//===- DotProofTest.cpp - Rules D1 to D3 ----------------------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qdot/Numerics/DotProof.h"
#include "Random.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include <algorithm>
#include <array>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

using namespace qdot::numerics;
using qdot::test::Random;

namespace {

constexpr StorageRange u8{0, 255};
constexpr StorageRange u7{0, 127};

/// One lane of vpmaddubsw.
int16_t maddubs(int a0, int w0, int a1, int w1) {
  return static_cast<int16_t>(std::clamp(a0 * w0 + a1 * w1, -32768, 32767));
}

/// What vpmaddubsw and vpaddw make of one lane.
int16_t machineSum(const std::vector<int> &a, const std::vector<int8_t> &w) {
  uint16_t sum = 0;
  for (size_t i = 0; i < w.size(); i += 2)
    sum = uint16_t(sum + uint16_t(maddubs(a[i], w[i], a[i + 1], w[i + 1])));
  return static_cast<int16_t>(sum);
}

int exactSum(const std::vector<int> &a, const std::vector<int8_t> &w) {
  int sum = 0;
  for (size_t i = 0; i < w.size(); ++i)
    sum += a[i] * w[i];
  return sum;
}

/// Whether the machine is right for every choice of 0 or max per activation.
bool isRightOnCorners(const std::vector<int8_t> &w, int max) {
  std::vector<int> a(w.size());
  for (unsigned corner = 0; corner < (1u << w.size()); ++corner) {
    for (size_t i = 0; i < w.size(); ++i)
      a[i] = (corner >> i & 1) != 0 ? max : 0;
    if (machineSum(a, w) != exactSum(a, w))
      return false;
  }
  return true;
}

#if defined(__x86_64__)
__attribute__((target("ssse3"))) int16_t nativeMaddubs(int a0, int w0, int a1,
                                                       int w1) {
  __m128i a = _mm_set1_epi16(int16_t(a0 | a1 << 8));
  __m128i w = _mm_set1_epi16(int16_t((w0 & 255) | (w1 & 255) << 8));
  return int16_t(_mm_extract_epi16(_mm_maddubs_epi16(a, w), 0));
}

TEST(D1FitsPairSums, TheModelIsTheMachine) {
  if (!__builtin_cpu_supports("ssse3"))
    GTEST_SKIP();
  Random random(1);
  for (int a = 0; a < 256; ++a)
    for (int w = -128; w < 128; ++w)
      for (auto [b, v] : {std::pair(255, 127), std::pair(255, -128),
                          std::pair(int(random.between(0, 255)),
                                    int(random.between(-128, 127)))})
        ASSERT_EQ(maddubs(a, w, b, v), nativeMaddubs(a, w, b, v));
}
#endif

TEST(D1FitsPairSums, EveryPairOfWeights) {
  for (int max : {255, 254, 129, 128, 127, 64, 1, 0})
    for (int w0 = -128; w0 < 128; ++w0)
      for (int w1 = -128; w1 < 128; ++w1) {
        std::vector<int8_t> w{int8_t(w0), int8_t(w1)};
        ASSERT_EQ(fitsPairSums(w, {0, max}), isRightOnCorners(w, max))
            << w0 << " " << w1 << " 0.." << max;
      }
}

/// A fitting pair is right for all 65536 activations, not just the corners.
TEST(D1FitsPairSums, EveryOperandPair) {
  Random random(2);
  for (int i = 0; i < 300; ++i) {
    std::vector<int8_t> w{int8_t(random.next()), int8_t(random.next())};
    if (i < 4)
      w = {{int8_t(i & 1 ? 64 : -64), int8_t(i & 2 ? 64 : -64)}};
    if (!fitsPairSums(w, u8))
      continue;
    for (int a0 = 0; a0 < 256; ++a0)
      for (int a1 = 0; a1 < 256; ++a1)
        ASSERT_EQ(machineSum({a0, a1}, w), a0 * w[0] + a1 * w[1]);
  }
}

/// What the halves of an activation, up to 127 and 128, rest on.
TEST(D6Halves, FitWithAnyWeights) {
  int tooLarge = 0;
  for (int w0 = -128; w0 < 128; ++w0)
    for (int w1 = -128; w1 < 128; ++w1) {
      std::vector<int8_t> w{int8_t(w0), int8_t(w1)};
      ASSERT_TRUE(fitsPairSums(w, {0, 128})) << w0 << " " << w1;
      for (int a : {0, 127, 128})
        for (int b : {0, 127, 128})
          ASSERT_EQ(machineSum({a, b}, w), a * w0 + b * w1);
      tooLarge += !fitsPairSums(w, {0, 129});
    }
  EXPECT_GT(tooLarge, 0);
}

TEST(D1FitsPairSums, SeveralProductsInOneLane) {
  Random random(3);
  int fitting = 0, tooLarge = 0;
  for (int i = 0; i < 60000; ++i) {
    std::vector<int8_t> w(i % 3 == 0 ? 8 : 4);
    int64_t size = random.between(8, 128);
    for (int8_t &weight : w)
      weight = int8_t(random.between(-size, std::min<int64_t>(size, 127)));
    int max = i % 2 == 0 ? 255 : 127;
    bool fits = fitsPairSums(w, {0, max});
    (fits ? fitting : tooLarge) += 1;
    ASSERT_EQ(fits, isRightOnCorners(w, max)) << i;
  }
  EXPECT_GT(fitting, 10000);
  EXPECT_GT(tooLarge, 10000);
}

TEST(D1FitsPairSums, EveryOrder) {
  std::vector<int8_t> w{120, 8, -128, 0};
  std::sort(w.begin(), w.end());
  do
    ASSERT_EQ(fitsPairSums(w, u8), isRightOnCorners(w, 255));
  while (std::next_permutation(w.begin(), w.end()));
}

TEST(D1FitsPairSums, SevenBitActivationsAlwaysFitOnce) {
  for (int w : {-128, -127, 127})
    EXPECT_TRUE(fitsPairSums({int8_t(w), int8_t(w)}, u7));
  EXPECT_TRUE(fitsPairSums({}, u8));
  EXPECT_TRUE(fitsPairSums({64, 64}, u8));
  EXPECT_FALSE(fitsPairSums({65, 64}, u8));
  EXPECT_TRUE(fitsPairSums({65, 64}, {200, 250}));
  // 512 * 64 = 32768 fits below 0 only.
  EXPECT_FALSE(fitsPairSums({127, 127, 127, 127, 4}, {0, 64}));
  EXPECT_TRUE(fitsPairSums({127, 127, 127, 127, 3}, {0, 64}));
  EXPECT_TRUE(fitsPairSums({-128, -128, -128, -128}, {0, 64}));
  EXPECT_FALSE(fitsPairSums({-128, -128, -128, -128, -1}, {0, 64}));
}

//===----------------------------------------------------------------------===//
// D2
//===----------------------------------------------------------------------===//

enum class Shape { Gauss, Laplace, Uniform, AnyByte };

double draw(Random &random, Shape shape) {
  double u = random.unit() + 0x1p-54, v = random.unit();
  switch (shape) {
  case Shape::Gauss:
    return std::sqrt(-2 * std::log(u)) * std::cos(6.283185307179586 * v);
  case Shape::Laplace:
    return (v < 0.5 ? 1 : -1) * -std::log(u);
  default:
    return 2 * u - 1;
  }
}

/// [groups][columns][4], each column scaled to +-127.
std::vector<int8_t> makeWeights(Random &random, Shape shape, unsigned groups,
                                unsigned columns) {
  std::vector<int8_t> weights(size_t(groups) * columns * 4);
  for (unsigned c = 0; c < columns; ++c) {
    std::vector<double> values(groups * 4);
    double largest = 0;
    for (double &value : values) {
      value = draw(random, shape);
      largest = std::max(largest, std::fabs(value));
    }
    for (unsigned k = 0; k < groups * 4; ++k)
      weights[(k / 4 * columns + c) * 4 + k % 4] =
          shape == Shape::AnyByte
              ? int8_t(random.next())
              : int8_t(std::lrint(values[k] / largest * 127));
  }
  return weights;
}

/// Checks the partition and the proof of each block from the definitions.
void checkPlan(const std::vector<DotBlock> &blocks,
               const std::vector<int8_t> &weights, unsigned groups,
               unsigned columns, StorageRange activation, unsigned maxPairs) {
  std::vector<int> seen(groups);
  for (const DotBlock &block : blocks) {
    ASSERT_EQ(block.pairs, block.groups.size());
    ASSERT_LE(block.pairs, maxPairs);
    ASSERT_NE(block.pairs, 3u);
    ASSERT_TRUE(std::is_sorted(block.groups.begin(), block.groups.end()));
    bool fits = true;
    for (unsigned lane = 0; lane < columns * 2; ++lane) {
      std::vector<int8_t> met;
      for (unsigned group : block.groups)
        for (unsigned k = 0; k < 2; ++k)
          met.push_back(weights[group * columns * 4 + lane * 2 + k]);
      fits &= fitsPairSums(met, activation);
    }
    ASSERT_EQ(fits, block.fits);
    ASSERT_TRUE(fits || block.pairs == 1);
    for (unsigned group : block.groups)
      ++seen[group];
  }
  ASSERT_THAT(seen, ::testing::Each(1));
}

TEST(D2PlanDotBlocks, PartitionsIntoFittingBlocks) {
  Random random(4);
  for (Shape shape :
       {Shape::Gauss, Shape::Laplace, Shape::Uniform, Shape::AnyByte})
    for (unsigned groups : {0u, 1u, 2u, 3u, 4u, 5u, 7u, 33u, 144u})
      for (unsigned columns : {1u, 3u, 8u, 16u})
        for (unsigned maxPairs : {1u, 2u, 4u})
          for (DotOrder order : {DotOrder::Free, DotOrder::Consecutive})
            for (int max : {255, 128, 127, 15, 1, 0}) {
              auto weights = makeWeights(random, shape, groups, columns);
              auto blocks = planDotBlocks(weights, groups, columns, {0, max},
                                          maxPairs, order);
              checkPlan(blocks, weights, groups, columns, {0, max}, maxPairs);
            }
}

TEST(D2PlanDotBlocks, ComputesTheSameAsTheExactSum) {
  Random random(5);
  const unsigned groups = 64, columns = 8;
  auto weights = makeWeights(random, Shape::Gauss, groups, columns);
  auto blocks = planDotBlocks(weights, groups, columns, u8, 4);
  for (int trial = 0; trial < 200; ++trial) {
    std::vector<int> a(groups * 4);
    for (int &value : a)
      value = trial % 2 == 0 ? int(random.between(0, 255))
                             : int(random.next() & 1) * 255;
    for (unsigned lane = 0; lane < columns * 2; ++lane) {
      int exact = 0, planned = 0;
      for (const DotBlock &block : blocks) {
        std::vector<int> met;
        std::vector<int8_t> by;
        for (unsigned group : block.groups)
          for (unsigned k = 0; k < 2; ++k) {
            met.push_back(a[group * 4 + lane % 2 * 2 + k]);
            by.push_back(weights[group * columns * 4 + lane * 2 + k]);
          }
        exact += exactSum(met, by);
        planned += block.fits ? machineSum(met, by) : exactSum(met, by);
      }
      ASSERT_EQ(planned, exact);
    }
  }
}

TEST(D2PlanDotBlocks, OrdersFreeBlocksByClass) {
  Random random(6);
  auto weights = makeWeights(random, Shape::Laplace, 256, 8);
  auto blocks = planDotBlocks(weights, 256, 8, u8, 4);
  auto rank = [](const DotBlock &block) {
    return !block.fits ? 3 : block.pairs == 4 ? 0 : block.pairs == 2 ? 1 : 2;
  };
  EXPECT_TRUE(std::is_sorted(blocks.begin(), blocks.end(),
                             [&](const DotBlock &lhs, const DotBlock &rhs) {
                               return rank(lhs) < rank(rhs);
                             }));
  EXPECT_EQ(rank(blocks.front()), 0);
  EXPECT_EQ(rank(blocks.back()), 3);
}

DotShares sharesOf(Shape shape, StorageRange activation, DotOrder order) {
  Random random(7);
  DotShares shares;
  for (int i = 0; i < 8; ++i) {
    auto weights = makeWeights(random, shape, 256, 8);
    auto blocks = planDotBlocks(weights, 256, 8, activation, 4, order);
    shares.add(countShares(blocks, weights, 8, activation));
  }
  return shares;
}

/// Reordering pays: the shares of the best class, in percent.
TEST(D2PlanDotBlocks, RaisesTheShares) {
  auto percent = [](int64_t count, const DotShares &shares) {
    return count * 100 / shares.total();
  };
  DotShares gauss = sharesOf(Shape::Gauss, u7, DotOrder::Free);
  EXPECT_GE(percent(gauss.quads, gauss), 98);
  EXPECT_LE(gauss.largestSum, 32767);
  EXPECT_GT(gauss.largestSum, 30000);
  DotShares inOrder = sharesOf(Shape::Gauss, u7, DotOrder::Consecutive);
  EXPECT_LE(percent(inOrder.quads, inOrder), 60);
  DotShares wide = sharesOf(Shape::Gauss, u8, DotOrder::Free);
  EXPECT_GE(percent(wide.twos + wide.quads, wide), 45);
  inOrder = sharesOf(Shape::Gauss, u8, DotOrder::Consecutive);
  EXPECT_LE(percent(inOrder.twos, inOrder), 15);
  EXPECT_EQ(wide.total(), 8 * 256);
}

TEST(D2PlanDotBlocks, NeighboursOnlyWhenAsked) {
  Random random(8);
  auto weights = makeWeights(random, Shape::Laplace, 99, 8);
  unsigned next = 0;
  for (const DotBlock &block :
       planDotBlocks(weights, 99, 8, u7, 4, DotOrder::Consecutive))
    for (unsigned group : block.groups) {
      if (group == block.groups.front()) {
        EXPECT_EQ(group % block.pairs, 0u);
      }
      EXPECT_EQ(group, next++);
    }
  EXPECT_EQ(next, 99u);
}

TEST(D2PlanDotBlocks, AllWeightsAtTheirLimit) {
  std::vector<int8_t> weights(16 * 8 * 4, -128);
  for (const DotBlock &block : planDotBlocks(weights, 16, 8, u8, 4))
    EXPECT_FALSE(block.fits);
  // 256 * 128 = 32768: the negative limit is one larger than the positive one.
  for (const DotBlock &block : planDotBlocks(weights, 16, 8, {0, 128}, 4))
    EXPECT_TRUE(block.fits && block.pairs == 1);
  for (int8_t &weight : weights)
    weight = 127;
  for (const DotBlock &block : planDotBlocks(weights, 16, 8, {0, 32}, 4))
    EXPECT_EQ(block.pairs, 4u);
  for (const DotBlock &block : planDotBlocks(weights, 16, 8, {0, 33}, 4))
    EXPECT_EQ(block.pairs, 2u);
}

//===----------------------------------------------------------------------===//
// D3
//===----------------------------------------------------------------------===//

TEST(D3SplitOutliers, EveryPairOfWeights) {
  for (int max : {255, 200, 129, 128, 127})
    for (int w0 = -128; w0 < 128; ++w0)
      for (int w1 = -128; w1 < 128; ++w1) {
        std::vector<int8_t> w{int8_t(w0), int8_t(w1)};
        StorageRange activation{0, max};
        SplitWeights split = splitOutliers(w, activation);
        ASSERT_EQ(split.main[0] + split.rest[0], w0);
        ASSERT_EQ(split.main[1] + split.rest[1], w1);
        ASSERT_TRUE(fitsPairSums(split.main, activation)) << w0 << " " << w1;
        ASSERT_TRUE(fitsPairSums(split.rest, activation)) << w0 << " " << w1;
        int moved = (split.rest[0] != 0) + (split.rest[1] != 0);
        ASSERT_EQ(moved, fitsPairSums(w, activation) ? 0 : 1);
      }
}

//===----------------------------------------------------------------------===//
// D4
//===----------------------------------------------------------------------===//

TEST(D4SplitSharedTap, FitsIfAnyChoiceDoes) {
  std::vector<int> some{-128, -127, -1, 0, 1, 127};
  for (int w = -125; w < 128; w += 11)
    some.push_back(w);
  auto fits = [](int a, int b, StorageRange activation) {
    int8_t pair[] = {int8_t(a), int8_t(b)};
    return fitsPairSums(pair, activation);
  };
  for (int max : {255, 200, 127})
    for (int first : some)
      for (int last : some)
        for (int shared = -128; shared < 128; ++shared) {
          StorageRange activation{0, max};
          auto [u, v] = splitSharedTap(int8_t(first), int8_t(shared),
                                       int8_t(last), activation);
          ASSERT_EQ(u + v, shared);
          bool exists = false;
          for (int choice = -128; choice < 128 && !exists; ++choice)
            exists = shared - choice >= -128 && shared - choice < 128 &&
                     fits(first, choice, activation) &&
                     fits(last, shared - choice, activation);
          ASSERT_EQ(fits(first, u, activation) && fits(last, v, activation),
                    exists)
              << first << " " << shared << " " << last << " max " << max;
        }
}

} // namespace
