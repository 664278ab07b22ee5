//===- AtomicFileTest.cpp - Replace a file as a whole or not at all -------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qdot/Statistics/AtomicFile.h"
#include "Samples.h"
#include "qdot/Statistics/Statistics.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include <atomic>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <fstream>
#include <sstream>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
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

static size_t countFiles(const std::string &folder) {
  auto entries = std::filesystem::directory_iterator(folder);
  return std::distance(begin(entries), end(entries));
}

static StatisticsFile sampleFile(unsigned seed) {
  StatisticsFile file;
  for (unsigned i = 0; i != 20; ++i)
    file.records["site" + std::to_string(i)] =
        recordOf(sampleValues(500, seed * 100 + i));
  return file;
}

TEST(AtomicFile, CreatesAndReplaces) {
  TemporaryFolder folder;
  std::string path = folder.file("a");
  ASSERT_EQ(writeFileAtomically(path, "old"), 0);
  EXPECT_EQ(contentOf(path), "old");
  ASSERT_EQ(writeFileAtomically(path, std::string_view("n\0w", 3)), 0);
  EXPECT_EQ(contentOf(path), std::string("n\0w", 3));
  EXPECT_EQ(countFiles(folder.path), 1u);
}

TEST(AtomicFile, LongestName) {
  TemporaryFolder folder;
  std::string path = folder.file(std::string(255, 'n'));
  EXPECT_EQ(writeFileAtomically(path, "x"), 0);
  EXPECT_EQ(contentOf(path), "x");
  EXPECT_EQ(writeFileAtomically(path + "n", "x"), ENAMETOOLONG);
  EXPECT_EQ(countFiles(folder.path), 1u);
}

TEST(AtomicFile, Errors) {
  TemporaryFolder folder;
  EXPECT_EQ(writeFileAtomically(folder.path, "x"), EISDIR);
  EXPECT_EQ(writeFileAtomically(folder.file("no/file"), "x"), ENOENT);
  ASSERT_EQ(writeFileAtomically(folder.file("a"), "x"), 0);
  EXPECT_EQ(writeFileAtomically(folder.file("a/b"), "x"), ENOTDIR);
  EXPECT_EQ(writeFileAtomically("", "x"), ENOENT);
  EXPECT_EQ(contentOf(folder.file("a")), "x");
}

TEST(AtomicFile, FollowsSymbolicLinks) {
  TemporaryFolder folder;
  ASSERT_EQ(writeFileAtomically(folder.file("target"), "old"), 0);
  ASSERT_EQ(::symlink("target", folder.file("link").c_str()), 0);
  ASSERT_EQ(writeFileAtomically(folder.file("link"), "new"), 0);
  EXPECT_EQ(contentOf(folder.file("target")), "new");
  EXPECT_TRUE(std::filesystem::is_symlink(folder.file("link")));
}

// A pipe stands for all that is no regular file: were a device replaced, by
// root, nothing on the machine would work any more.
TEST(AtomicFile, WritesToPipesInsteadOfReplacingThem) {
  TemporaryFolder folder;
  std::string path = folder.file("pipe");
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  int reader = ::open(path.c_str(), O_RDONLY | O_NONBLOCK);
  ASSERT_GE(reader, 0);
  EXPECT_EQ(writeFileAtomically(path, "text"), 0);
  char buffer[8] = {};
  EXPECT_EQ(::read(reader, buffer, sizeof(buffer)), 4);
  EXPECT_STREQ(buffer, "text");
  ::close(reader);
  EXPECT_TRUE(std::filesystem::is_fifo(path));
  EXPECT_EQ(countFiles(folder.path), 1u);
}

TEST(AtomicFile, FullDiskLeavesTheOldFile) {
  TemporaryFolder folder;
  std::string path = folder.file("a");
  ASSERT_EQ(writeFileAtomically(path, "old"), 0);
  pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    rlimit limit{100, 100};
    ::signal(SIGXFSZ, SIG_IGN);
    ::setrlimit(RLIMIT_FSIZE, &limit);
    _exit(writeFileAtomically(path, std::string(200, 'n')));
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), EFBIG);
  EXPECT_EQ(contentOf(path), "old");
  EXPECT_EQ(countFiles(folder.path), 1u);
}

TEST(AtomicFile, ReadAndWriteStatistics) {
  TemporaryFolder folder;
  std::string path = folder.file("s.json");
  StatisticsFile file = sampleFile(1);
  ASSERT_FALSE(writeStatistics(file, path));
  llvm::Expected<StatisticsFile> again = readStatistics(path);
  ASSERT_TRUE(static_cast<bool>(again));
  EXPECT_TRUE(diffStatistics(file, *again).empty());
}

static std::string readError(const std::string &path) {
  llvm::Expected<StatisticsFile> file = readStatistics(path);
  return file ? "" : llvm::toString(file.takeError());
}

TEST(AtomicFile, ReadErrorsNameTheFile) {
  TemporaryFolder folder;
  std::string path = folder.file("s.json");
  EXPECT_EQ(readError(path),
            path + ": cannot read statistics: No such file or directory");
  EXPECT_EQ(readError(folder.path),
            folder.path + ": cannot read statistics: Is a directory");
  EXPECT_EQ(readError("/dev/zero"), "/dev/zero: expected a regular file");
  ASSERT_EQ(writeFileAtomically(path, ""), 0);
  EXPECT_EQ(readError(path), path + ":1:1: expected '{', got end of file");
  ASSERT_EQ(::truncate(path.c_str(), off_t(1) << 40), 0);
  EXPECT_EQ(readError(path), path + ": expected at most 268435456 bytes, got "
                                    "1099511627776");
}

TEST(AtomicFile, RefusesToWriteWhatCannotBeRead) {
  TemporaryFolder folder;
  std::string path = folder.file("s.json");
  ASSERT_FALSE(writeStatistics(StatisticsFile(), path));
  std::string old = contentOf(path);
  StatisticsFile file;
  file.records["a\xff"];
  EXPECT_THAT(llvm::toString(writeStatistics(file, path)),
              HasSubstr(path + ": cannot write statistics: expected a site "
                               "name in UTF-8"));
  StatisticsFile huge;
  huge.records["a"].count = huge.records["a"].nanCount =
      TensorRecord::maxCount + 1;
  EXPECT_THAT(llvm::toString(writeStatistics(huge, path)),
              HasSubstr("a: count: expected at most 2^53, got "));
  EXPECT_EQ(llvm::toString(writeStatistics(StatisticsFile(), folder.path)),
            folder.path + ": cannot write statistics: Is a directory");
  EXPECT_EQ(contentOf(path), old);
  EXPECT_EQ(countFiles(folder.path), 1u);
}

/// Writes `b` and `a` in turns until it is killed, and counts.
[[noreturn]] static void writeForever(const std::string &path,
                                      const StatisticsFile &a,
                                      const StatisticsFile &b,
                                      std::atomic<unsigned> &started) {
  for (;;)
    if (llvm::Error error = writeStatistics(started++ % 2 == 0 ? b : a, path)) {
      llvm::consumeError(std::move(error));
      _exit(1);
    }
}

TEST(AtomicFile, KillLeavesTheOldOrTheNewFile) {
  TemporaryFolder folder;
  std::string path = folder.file("s.json");
  StatisticsFile a = sampleFile(1), b = sampleFile(2);
  std::string textA = printStatistics(a), textB = printStatistics(b);
  ASSERT_FALSE(writeStatistics(a, path));
  void *page =
      ::mmap(nullptr, sizeof(std::atomic<unsigned>), PROT_READ | PROT_WRITE,
             MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(page, MAP_FAILED);
  auto *started = new (page) std::atomic<unsigned>;
  std::mt19937 random(std::random_device{}());
  bool sawB = false;
  for (int kill = 0; kill != 60; ++kill) {
    *started = 0;
    pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0)
      writeForever(path, a, b, *started);
    // Into some write after the first, at some moment.
    for (unsigned writes = 2 + random() % 2; *started < writes;)
      ASSERT_EQ(::waitpid(child, nullptr, WNOHANG), 0) << "the writer failed";
    ::usleep(random() % 3000);
    ::kill(child, SIGKILL);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status)) << "the writer failed";
    std::string text = contentOf(path);
    ASSERT_TRUE(text == textA || text == textB) << "after kill " << kill;
    sawB |= text == textB;
  }
  ::munmap(page, sizeof(std::atomic<unsigned>));
  EXPECT_TRUE(sawB) << "no kill came after a finished write";
}

TEST(AtomicFile, ConcurrentWritersNeverTear) {
  TemporaryFolder folder;
  std::string path = folder.file("s.json");
  ASSERT_FALSE(writeStatistics(sampleFile(0), path));
  std::atomic<unsigned> running{8}, failures{0};
  std::vector<std::thread> writers;
  for (unsigned seed = 0; seed != 8; ++seed)
    writers.emplace_back([&, seed] {
      StatisticsFile file = sampleFile(seed);
      for (int round = 0; round != 25; ++round)
        if (llvm::Error error = writeStatistics(file, path)) {
          llvm::consumeError(std::move(error));
          ++failures;
        }
      --running;
    });
  std::string error;
  while (running != 0 && error.empty())
    error = readError(path);
  for (std::thread &writer : writers)
    writer.join();
  EXPECT_EQ(error, "");
  EXPECT_EQ(failures, 0u);
  EXPECT_EQ(countFiles(folder.path), 1u);
}
