//===- RuntimeFilesTest.cpp - Threads, shards and files -------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "RuntimeTest.h"
#include <atomic>
#include <cerrno>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

using namespace qdot::statistics;

//===----------------------------------------------------------------------===//
// Files
//===----------------------------------------------------------------------===//

TEST_F(Runtime, WritesWhatTheToolsWrite) {
  TemporaryFolder folder;
  std::string path = folder.file("s.json");
  StatisticsFile expected;
  for (unsigned i = 0; i != 30; ++i) {
    std::string site = "main/\"ü\\" + std::to_string(i) + "#0123456789abcdef";
    std::vector<float> values = sampleValues(i * 200, i);
    expected.records[site] = callOf(values);
    observe(site.c_str(), values);
  }
  ASSERT_EQ(qdot_rt_write_statistics(path.c_str()), 0);
  EXPECT_EQ(contentOf(path), printStatistics(expected));
  llvm::Expected<StatisticsFile> file = readStatistics(path);
  ASSERT_TRUE(static_cast<bool>(file));
  EXPECT_TRUE(diffStatistics(*file, expected).empty());
}

TEST_F(Runtime, WriteErrorsLeaveTheOldFile) {
  TemporaryFolder folder;
  std::string path = folder.file("s.json");
  observe("a", {1});
  ASSERT_EQ(qdot_rt_write_statistics(path.c_str()), 0);
  std::string old = contentOf(path);
  EXPECT_EQ(qdot_rt_write_statistics(folder.file("no/s.json").c_str()), ENOENT);
  EXPECT_EQ(qdot_rt_write_statistics(folder.path.c_str()), EISDIR);
  observe("\xff", {1});
  EXPECT_EQ(qdot_rt_write_statistics(path.c_str()), EINVAL);
  qdot_rt_reset();
  observe(std::string(5000, 'x').c_str(), {1});
  EXPECT_EQ(qdot_rt_write_statistics(path.c_str()), EINVAL);
  EXPECT_EQ(contentOf(path), old);
}

TEST_F(Runtime, AnyOrderAndNumberOfThreadsGivesOneFile) {
  constexpr unsigned numSites = 5, numSamples = 60;
  std::vector<std::pair<std::string, std::vector<float>>> calls;
  StatisticsFile expected;
  for (unsigned sample = 0; sample != numSamples; ++sample)
    for (unsigned site = 0; site != numSites; ++site) {
      // Sizes on both sides of the switch to a tally.
      calls.push_back({"main/" + std::to_string(site),
                       sampleValues(site * 1000, sample * numSites + site)});
      expected.records[calls.back().first].merge(callOf(calls.back().second));
    }
  std::string text = printStatistics(expected);
  TemporaryFolder folder;
  std::string path = folder.file("s.json");
  std::mt19937 random(2);
  for (unsigned round = 0; round != 24; ++round) {
    qdot_rt_reset();
    std::shuffle(calls.begin(), calls.end(), random);
    unsigned numThreads = 1 + round % 8;
    std::vector<std::thread> threads;
    for (unsigned thread = 0; thread != numThreads; ++thread)
      threads.emplace_back([&, thread] {
        for (size_t i = thread; i < calls.size(); i += numThreads)
          observe(calls[i].first.c_str(), calls[i].second);
      });
    for (std::thread &thread : threads)
      thread.join();
    ASSERT_EQ(qdot_rt_write_statistics(path.c_str()), 0);
    ASSERT_EQ(contentOf(path), text) << numThreads << " threads";
  }
}

TEST_F(Runtime, AnyShardingMergesToOneFile) {
  std::vector<std::vector<float>> samples;
  for (unsigned i = 0; i != 40; ++i)
    samples.push_back(sampleValues(3000, i));
  for (const std::vector<float> &sample : samples)
    observe("a", sample);
  std::string whole = printStatistics(recorded());
  std::mt19937 random(3);
  for (unsigned round = 0; round != 20; ++round) {
    std::shuffle(samples.begin(), samples.end(), random);
    std::vector<StatisticsFile> shards;
    for (size_t i = 0; i != samples.size();) {
      qdot_rt_reset();
      for (size_t end = std::min(samples.size(), i + 1 + random() % 20);
           i != end; ++i)
        observe("a", samples[i]);
      shards.push_back(recorded());
    }
    std::shuffle(shards.begin(), shards.end(), random);
    StatisticsFile merged;
    for (const StatisticsFile &shard : shards) {
      // Through the text, as `qdot stats merge` does.
      auto parsed = parseStatistics(printStatistics(shard), "shard");
      ASSERT_TRUE(static_cast<bool>(parsed));
      merged.merge(*parsed);
    }
    ASSERT_EQ(printStatistics(merged), whole);
  }
}

/// What a shard of samples records, on some threads and in batches.
static StatisticsFile
recordShard(const std::vector<std::vector<float>> &samples, unsigned numThreads,
            int64_t batch) {
  qdot_rt_reset();
  std::vector<std::thread> threads;
  size_t step = static_cast<size_t>(batch);
  for (unsigned thread = 0; thread != numThreads; ++thread)
    threads.emplace_back([&, thread] {
      for (size_t at = thread * step; at < samples.size();
           at += numThreads * step) {
        size_t count = std::min(step, samples.size() - at);
        int64_t size = samples[at].size();
        std::vector<float> rows;
        for (size_t i = 0; i != step; ++i)
          rows.insert(rows.end(), samples[at + (i < count ? i : 0)].begin(),
                      samples[at + (i < count ? i : 0)].end());
        qdot_rt_set_valid_rows(count, batch);
        Descriptor(rows, 0, {batch, size}, {size, 1}).observe("main/a#1");
      }
    });
  for (std::thread &thread : threads)
    thread.join();
  StatisticsFile file;
  qdot::runtime::visitRecords(
      [&](const std::string &site, const TensorRecord &record) {
        file.records[site] = record;
      });
  return file;
}

TEST_F(Runtime, RandomShardingsOrdersBatchesAndThreadsGiveOneFile) {
  std::vector<std::vector<float>> samples;
  for (unsigned i = 0; i != 40; ++i)
    samples.push_back(sampleValues(700, i));
  std::string whole = printStatistics(recordShard(samples, 1, 1));
  std::mt19937 random(8);
  for (unsigned round = 0, end = numRounds(1000, 60); round != end; ++round) {
    std::shuffle(samples.begin(), samples.end(), random);
    std::vector<StatisticsFile> shards;
    for (auto at = samples.begin(); at != samples.end();) {
      auto stop = at + 1 + random() % (samples.end() - at);
      shards.push_back(
          recordShard({at, stop}, 1 + random() % 8, 1 + random() % 9));
      at = stop;
    }
    std::shuffle(shards.begin(), shards.end(), random);
    StatisticsFile merged;
    for (const StatisticsFile &shard : shards) {
      auto parsed = parseStatistics(printStatistics(shard), "shard");
      ASSERT_TRUE(static_cast<bool>(parsed));
      merged.merge(*parsed);
    }
    ASSERT_EQ(printStatistics(merged), whole) << "round " << round;
  }
}

TEST_F(Runtime, BillionValues) {
  std::vector<float> values = sampleValues(1000000, 9);
  observe("a", values);
  size_t bytes = recorded().records.at("a").totalBytes();
  unsigned calls = numRounds(1000, 10);
  for (unsigned call = 1; call != calls; ++call)
    observe("a", values);
  TensorRecord record = recorded().records.at("a");
  EXPECT_EQ(record.count, uint64_t(calls) * 1000000);
  EXPECT_EQ(record.totalBytes(), bytes);
  EXPECT_LT(bytes, size_t(64) << 10);
  EXPECT_EQ(record.findProblem(), "");
}

TEST_F(Runtime, WritingWhileOthersObserveAndReset) {
  TemporaryFolder folder;
  std::string path = folder.file("s.json");
  std::vector<float> values = sampleValues(3000, 1);
  TensorRecord once = callOf(values);
  std::atomic<bool> stop{false};
  std::vector<std::thread> threads;
  for (unsigned thread = 0; thread != 4; ++thread)
    threads.emplace_back([&] {
      while (!stop)
        observe("a", values);
    });
  std::string error;
  for (int round = 0; round != 50 && error.empty(); ++round) {
    EXPECT_EQ(qdot_rt_write_statistics(path.c_str()), 0);
    llvm::Expected<StatisticsFile> file = readStatistics(path);
    if (!file) {
      error = llvm::toString(file.takeError());
      break;
    }
    // A call counts as a whole.
    const TensorRecord &record = file->records["a"];
    uint64_t calls = record.count / once.count;
    EXPECT_EQ(record.count, calls * once.count);
    EXPECT_EQ(record.nanCount, calls * once.nanCount);
    EXPECT_EQ(record.bins[1016], calls * once.bins[1016]);
    if (round % 10 == 9)
      qdot_rt_reset();
  }
  stop = true;
  for (std::thread &thread : threads)
    thread.join();
  EXPECT_EQ(error, "");
}

/// Exits in a child process with QDOT_STATISTICS set, after `work`.
template <typename Work>
static int exitInChild(const std::string &path, Work work) {
  pid_t child = ::fork();
  if (child == 0) {
    ::setenv("QDOT_STATISTICS", path.c_str(), 1);
    work();
    std::exit(0);
  }
  int status = -1;
  ::waitpid(child, &status, 0);
  return status;
}

TEST_F(Runtime, WritesAtExit) {
  TemporaryFolder folder;
  std::string path = folder.file("s.json");
  EXPECT_EQ(exitInChild(path, [] {}), 0);
  EXPECT_FALSE(std::filesystem::exists(path)) << "nothing was observed";
  EXPECT_EQ(exitInChild(path, [] { observe("a", {1, 2}); }), 0);
  llvm::Expected<StatisticsFile> file = readStatistics(path);
  ASSERT_TRUE(static_cast<bool>(file)) << llvm::toString(file.takeError());
  EXPECT_EQ(file->records["a"], callOf({1, 2}));
}
