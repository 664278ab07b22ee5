//===- ArenaPlanTest.cpp - Offsets of buffers -----------------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qdot/Codegen/ArenaPlan.h"
#include "gtest/gtest.h"
#include <random>

using namespace qdot;

namespace {

/// Two buffers overlap in memory only when they never meet in time.
void expectValid(llvm::ArrayRef<BufferLifetime> buffers, const ArenaPlan &plan,
                 int64_t alignment) {
  ASSERT_EQ(plan.offsets.size(), buffers.size());
  EXPECT_GE(plan.size, plan.peak);
  EXPECT_EQ(plan.size % alignment, 0);
  for (size_t i = 0; i < buffers.size(); ++i) {
    EXPECT_GE(plan.offsets[i], 0);
    EXPECT_EQ(plan.offsets[i] % alignment, 0);
    EXPECT_LE(plan.offsets[i] + buffers[i].size, plan.size);
    for (size_t j = 0; j < i; ++j) {
      bool isApart = plan.offsets[i] + buffers[i].size <= plan.offsets[j] ||
                     plan.offsets[j] + buffers[j].size <= plan.offsets[i];
      EXPECT_TRUE(isApart || !buffers[i].meets(buffers[j])) << i << ' ' << j;
    }
  }
}

TEST(ArenaPlan, IsEmptyWithoutBuffers) {
  ArenaPlan plan = planArena({}, 64);
  EXPECT_EQ(plan.size, 0);
  EXPECT_EQ(plan.peak, 0);
}

TEST(ArenaPlan, BuffersThatMeetInOneStepAreApart) {
  BufferLifetime buffers[] = {{100, 0, 1}, {100, 1, 2}, {100, 2, 3}};
  ArenaPlan plan = planArena(buffers, 64);
  expectValid(buffers, plan, 64);
  EXPECT_EQ(plan.size, 256);
  EXPECT_EQ(plan.peak, 256);
  EXPECT_EQ(plan.offsets, (std::vector<int64_t>{0, 128, 0}));
}

TEST(ArenaPlan, TakesTheSmallestGap) {
  // Behind step 1 there are 192 free bytes at 256 and 128 at 576; the last
  // buffer fits both.
  BufferLifetime buffers[] = {{256, 0, 3}, {192, 0, 1}, {128, 0, 3},
                              {128, 0, 1}, {96, 0, 3},  {70, 2, 3}};
  ArenaPlan plan = planArena(buffers, 64);
  expectValid(buffers, plan, 64);
  EXPECT_EQ(plan.offsets,
            (std::vector<int64_t>{0, 256, 448, 576, 704, 576}));
}

TEST(ArenaPlan, EmptyBuffersTakeNoSpace) {
  BufferLifetime buffers[] = {{0, 0, 9}, {64, 0, 9}, {0, 3, 4}};
  ArenaPlan plan = planArena(buffers, 64);
  expectValid(buffers, plan, 64);
  EXPECT_EQ(plan.size, 64);
}

TEST(ArenaPlan, AShrinkingChainNeedsItsTwoLargestNeighbours) {
  std::vector<BufferLifetime> buffers;
  for (int64_t step = 0; step < 100; ++step)
    buffers.push_back({100000 - 999 * step, step, step + 1});
  ArenaPlan plan = planArena(buffers, 64);
  expectValid(buffers, plan, 64);
  EXPECT_EQ(plan.size, plan.peak);
}

TEST(ArenaPlan, TakesTheBetterOfTwoOrders) {
  // Largest first leaves a gap that the last, smallest buffer does not fit:
  // 13 blocks.
  BufferLifetime buffers[] = {
      {2 * 64, 2, 4}, {5 * 64, 3, 4}, {6 * 64, 0, 1}, {5 * 64, 0, 2}};
  ArenaPlan plan = planArena(buffers, 64);
  expectValid(buffers, plan, 64);
  EXPECT_EQ(plan.size, 11 * 64);
  EXPECT_EQ(plan.size, plan.peak);
}

TEST(ArenaPlan, IsValidAndNearThePeakOnRandomBuffers) {
  std::mt19937 random(1);
  for (int round = 0; round < 500; ++round) {
    std::vector<BufferLifetime> buffers(random() % 60);
    for (BufferLifetime &buffer : buffers) {
      buffer.size = random() % (random() % 8 ? 5000 : 8);
      buffer.first = random() % 100;
      buffer.last = buffer.first + random() % (random() % 8 ? 4 : 60);
    }
    int64_t alignment = int64_t(1) << random() % 8;
    ArenaPlan plan = planArena(buffers, alignment);
    expectValid(buffers, plan, alignment);
    EXPECT_LE(plan.size, 2 * plan.peak);
    EXPECT_EQ(plan.offsets, planArena(buffers, alignment).offsets);
  }
}

} // namespace
