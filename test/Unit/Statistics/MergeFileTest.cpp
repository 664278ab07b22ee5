//===- MergeFileTest.cpp - Many writers of one file -----------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Samples.h"
#include "qdot/Statistics/AtomicFile.h"
#include "qdot/Statistics/Statistics.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include <csignal>
#include <fstream>
#include <sstream>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

using namespace qdot::statistics;
using testing::HasSubstr;

static std::string contentOf(const std::string &path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream content;
  content << file.rdbuf();
  return content.str();
}

/// What writer `writer` adds in round `round`.
static StatisticsFile partOf(unsigned writer, unsigned round) {
  StatisticsFile file;
  for (const char *site : {"main/a#1", "main/b#2"})
    file.records[site] = recordOf(sampleValues(20, writer * 1000 + round));
  file.data = {1, writer * 7919ull + round};
  return file;
}

static std::string add(const std::string &path, const StatisticsFile &part) {
  return mergeIntoFile(path, viewsOf(part), part.data);
}

/// Runs `work` in a process of its own.
template <typename Work>
static pid_t start(Work work) {
  pid_t child = ::fork();
  if (child == 0)
    ::_exit(work() ? 0 : 1);
  return child;
}

static bool succeeded(pid_t child) {
  int status = -1;
  return ::waitpid(child, &status, 0) == child && WIFEXITED(status) &&
         WEXITSTATUS(status) == 0;
}

TEST(MergeFile, SixteenWriters) {
  constexpr unsigned numWriters = 16;
  unsigned rounds = numRounds(100, 5);
  TemporaryFolder folder;
  std::string path = folder.file("s.json");
  std::vector<pid_t> children;
  for (unsigned writer = 0; writer != numWriters; ++writer)
    children.push_back(start([&] {
      for (unsigned round = 0; round != rounds; ++round)
        if (!add(path, partOf(writer, round)).empty())
          return false;
      return true;
    }));
  for (pid_t child : children)
    EXPECT_TRUE(succeeded(child));
  StatisticsFile expected;
  for (unsigned writer = 0; writer != numWriters; ++writer)
    for (unsigned round = 0; round != rounds; ++round)
      expected.merge(partOf(writer, round));
  EXPECT_EQ(contentOf(path), printStatistics(expected));
  // Nothing but the file is left.
  std::filesystem::directory_iterator files(folder.path);
  EXPECT_EQ(std::distance(begin(files), end(files)), 1);
}

TEST(MergeFile, ThreadsOfOneProcess) {
  TemporaryFolder folder;
  std::string path = folder.file("s.json");
  std::vector<std::thread> threads;
  for (unsigned writer = 0; writer != 4; ++writer)
    threads.emplace_back([&, writer] {
      for (unsigned round = 0; round != 5; ++round)
        EXPECT_EQ(add(path, partOf(writer, round)), "");
    });
  for (std::thread &thread : threads)
    thread.join();
  auto file = readStatistics(path);
  ASSERT_TRUE(static_cast<bool>(file));
  EXPECT_EQ(file->data.samples, 20u);
}

TEST(MergeFile, KillsLoseAndTearNothing) {
  TemporaryFolder folder;
  std::string path = folder.file("s.json");
  std::mt19937 random(1);
  uint64_t merged = 0;
  for (unsigned round = 0, end = numRounds(200, 25); round != end; ++round) {
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    pid_t child = start([&] {
      for (;;) {
        if (!add(path, partOf(0, 0)).empty())
          return false;
        if (::write(ends[1], "x", 1) != 1) // this one is done
          return false;
      }
    });
    ::close(ends[1]);
    ::usleep(random() % 20000);
    ::kill(child, SIGKILL);
    int status = 0;
    ::waitpid(child, &status, 0);
    EXPECT_TRUE(WIFSIGNALED(status));
    uint64_t acknowledged = 0;
    char buffer[4096];
    for (ssize_t got; (got = ::read(ends[0], buffer, sizeof(buffer))) > 0;)
      acknowledged += got;
    ::close(ends[0]);
    if (merged + acknowledged == 0 && !std::filesystem::exists(path))
      continue;
    auto file = readStatistics(path);
    ASSERT_TRUE(static_cast<bool>(file)) << llvm::toString(file.takeError());
    // The last one may be in the file though nobody was told.
    uint64_t now = file->data.samples;
    ASSERT_TRUE(now == merged + acknowledged ||
                now == merged + acknowledged + 1)
        << now << ", " << merged << " + " << acknowledged;
    ASSERT_EQ(file->records["main/a#1"].count, now * 20);
    merged = now;
  }
  EXPECT_GT(merged, 0u);
}

TEST(MergeFile, ThroughLinksAndOtherPaths) {
  TemporaryFolder folder;
  std::string path = folder.file("s.json"), link = folder.file("link");
  ASSERT_EQ(add(path, partOf(0, 0)), "");
  std::filesystem::create_symlink(path, link);
  std::vector<pid_t> children;
  for (const std::string &name : {path, link, folder.path + "/./s.json"})
    children.push_back(start([&] {
      for (unsigned round = 0; round != 10; ++round)
        if (!add(name, partOf(1, round)).empty())
          return false;
      return true;
    }));
  for (pid_t child : children)
    EXPECT_TRUE(succeeded(child));
  auto file = readStatistics(path);
  ASSERT_TRUE(static_cast<bool>(file));
  EXPECT_EQ(file->data.samples, 31u);
  EXPECT_TRUE(std::filesystem::is_symlink(link));
}

TEST(MergeFile, RefusesAndLeavesTheFile) {
  TemporaryFolder folder;
  std::string path = folder.file("s.json");
  ASSERT_EQ(add(path, partOf(0, 0)), "");
  std::string old = contentOf(path);
  StatisticsFile other;
  other.records["main/a#9"];
  other.records["main/c#1"];
  EXPECT_EQ(add(path, other),
            path + ": was recorded on another model: 1 new, 1 changed, 1 "
                   "missing values; new: main/c#1; changed: main/a#9; missing: "
                   "main/b#2");
  EXPECT_EQ(contentOf(path), old);
  EXPECT_THAT(add(folder.file("no/s.json"), partOf(0, 0)),
              HasSubstr("cannot lock statistics: No such file"));
  std::ofstream(path) << "{}";
  EXPECT_THAT(add(path, partOf(0, 0)), HasSubstr("expected a string, got }"));
  EXPECT_EQ(contentOf(path), "{}");
  StatisticsFile full = partOf(0, 0);
  full.data.samples = uint64_t(1) << 53;
  std::filesystem::remove(path);
  ASSERT_EQ(add(path, full), "");
  EXPECT_THAT(add(path, full),
              HasSubstr("data.samples: expected at most 2^53"));
}

TEST(MergeFile, RefusesTheStateOfACalibration) {
  TemporaryFolder folder;
  std::string path = folder.file("s.json");
  StatisticsFile state = partOf(0, 0);
  state.unfinished = Checkpoint{1, 0, 4, 9};
  ASSERT_FALSE(static_cast<bool>(writeStatistics(state, path)));
  EXPECT_THAT(add(path, partOf(0, 1)),
              HasSubstr("it is the state of an unfinished calibration"));
  EXPECT_THAT(llvm::toString(readStatistics(path).takeError()),
              HasSubstr("got the state of a calibration of samples 0:9 that "
                        "was interrupted at 4"));
}
