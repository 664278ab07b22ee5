//===- ThreadsTest.cpp - The pool of threads under compiled models --------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Also built with ThreadSanitizer, by test/Threads/pool.test.
//
//===----------------------------------------------------------------------===//

#include "qdot/Threads/Threads.h"
#include <cfenv>
#include <gtest/gtest.h>
#include <mutex>
#include <set>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

namespace {

/// Unlocked on purpose: every unit belongs to one range.
struct Units {
  explicit Units(int64_t count) : visits(count) {}
  std::vector<int> visits;
  std::mutex mutex;
  std::vector<std::pair<int64_t, int64_t>> ranges;
  std::set<std::thread::id> threads;
};

void visit(void *context, int64_t begin, int64_t end) {
  Units &units = *static_cast<Units *>(context);
  for (int64_t at = begin; at < end; ++at)
    ++units.visits[at];
  std::lock_guard<std::mutex> lock(units.mutex);
  units.ranges.push_back({begin, end});
  units.threads.insert(std::this_thread::get_id());
}

/// Every unit once.
void runUnits(int64_t count, int64_t grain, int64_t threads) {
  Units units(count);
  qdot_parallel_for(visit, &units, count, grain, threads);
  for (int visits : units.visits)
    ASSERT_EQ(visits, 1);
  for (auto [begin, end] : units.ranges)
    EXPECT_GE(end - begin, std::min(count, grain));
  if (count > 0)
    EXPECT_FALSE(units.ranges.empty());
}

class Threads : public testing::Test {
protected:
  void TearDown() override {
    qdot_set_threads(0);
    qdot_set_parallel_for(nullptr);
  }
};

TEST_F(Threads, VersionIsThatOfTheHeader) {
  EXPECT_EQ(qdot_threads_abi_version(), QDOT_THREADS_ABI_VERSION);
}

TEST_F(Threads, EveryUnitOnce) {
  for (int threads = 1; threads <= 9; ++threads) {
    qdot_set_threads(threads);
    for (int64_t count = 0; count < 100; ++count)
      for (int64_t grain : {1, 2, 7, 1000})
        runUnits(count, grain, 2);
  }
}

TEST_F(Threads, OneThreadOrOneGrainIsTheCaller) {
  for (int threads : {1, 4}) {
    qdot_set_threads(threads);
    Units units(100);
    qdot_parallel_for(visit, &units, 100, threads == 1 ? 1 : 51, 0);
    EXPECT_EQ(units.ranges.size(), 1u);
    EXPECT_EQ(*units.threads.begin(), std::this_thread::get_id());
  }
}

TEST_F(Threads, NestedCallsRunOnTheirThread) {
  qdot_set_threads(4);
  auto outer = [](void *, int64_t begin, int64_t end) {
    for (int64_t at = begin; at < end; ++at) {
      Units units(50);
      qdot_parallel_for(visit, &units, 50, 1, 0);
      EXPECT_EQ(units.ranges.size(), 1u);
      EXPECT_EQ(*units.threads.begin(), std::this_thread::get_id());
    }
  };
  qdot_parallel_for(outer, nullptr, 20, 1, 0);
}

TEST_F(Threads, SeveralCallersAtOnce) {
  qdot_set_threads(3);
  std::vector<std::thread> callers;
  for (int caller = 0; caller < 4; ++caller)
    callers.emplace_back([] {
      for (int64_t count = 0; count < 200; ++count)
        runUnits(count, 1, 0);
    });
  for (std::thread &caller : callers)
    caller.join();
}

TEST_F(Threads, ChangingTheNumberMeanwhile) {
  std::thread changer([] {
    for (int threads = 0; threads < 200; ++threads)
      qdot_set_threads(threads % 9);
  });
  for (int64_t count = 0; count < 200; ++count)
    runUnits(count, 1, 0);
  changer.join();
}

TEST_F(Threads, SleepingWorkersWakeUp) {
  qdot_set_threads(3);
  for (int turn = 0; turn < 20; ++turn) {
    runUnits(64, 1, 0);
    usleep(1000);
  }
}

TEST_F(Threads, NumberByPrecedence) {
  EXPECT_EQ(qdot_get_threads(1), 1);
  EXPECT_GE(qdot_get_threads(0), 1);
  EXPECT_LE(qdot_get_threads(QDOT_MAX_THREADS), QDOT_MAX_THREADS);
  qdot_set_threads(7);
  EXPECT_EQ(qdot_get_threads(1), 7);
  qdot_set_threads(100000);
  EXPECT_EQ(qdot_get_threads(1), QDOT_MAX_THREADS);
  qdot_set_threads(-3);
  EXPECT_EQ(qdot_get_threads(1), 1);
}

TEST_F(Threads, ProgramBringsItsOwnPool) {
  static int64_t seen[3];
  qdot_set_parallel_for([](qdot_range_function body, void *context,
                           int64_t count, int64_t grain, int64_t threads) {
    seen[0] = count, seen[1] = grain, seen[2] = threads;
    for (int64_t at = count; at-- > 0;)
      body(context, at, at + 1);
  });
  Units units(10);
  qdot_parallel_for(visit, &units, 10, 3, 5);
  EXPECT_EQ(units.ranges.size(), 10u);
  EXPECT_EQ(units.ranges.front().first, 9);
  EXPECT_EQ(seen[0], 10);
  EXPECT_EQ(seen[1], 3);
  EXPECT_EQ(seen[2], 5);
}

TEST_F(Threads, WorkersRoundAsTheCaller) {
  qdot_set_threads(4);
  fesetround(FE_UPWARD);
  auto body = [](void *, int64_t, int64_t) {
    EXPECT_EQ(fegetround(), FE_UPWARD);
    usleep(100);
  };
  qdot_parallel_for(body, nullptr, 64, 1, 0);
  fesetround(FE_TONEAREST);
}

// A sanitizer has threads of its own.
#if !defined(__SANITIZE_THREAD__) && !defined(QDOT_SANITIZED)
TEST_F(Threads, AChildStartsItsOwn) {
  qdot_set_threads(3);
  runUnits(64, 1, 0);
  pid_t child = fork();
  if (child == 0) {
    for (int turn = 0; turn < 10; ++turn)
      runUnits(64, 1, 0);
    Units units(1);
    // Both threads of the child take part, or the second comes too late.
    exit(testing::Test::HasFailure() ? 1 : 0);
  }
  int status = -1;
  waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  runUnits(64, 1, 0);
}
#endif

} // namespace
