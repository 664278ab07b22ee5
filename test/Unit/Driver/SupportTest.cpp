//===- SupportTest.cpp - Progress, ranges and digests of the driver -------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Support.h"
#include "Calibration.h"
#include "DataDigest.h"
#include "Npz.h"
#include "gtest/gtest.h"
#include <set>

using namespace qdot::driver;

TEST(Progress, SaysRateAndTimeLeft) {
  EXPECT_EQ(describeProgress("calibrate", 0, 0, 1000, 0),
            "calibrate: 0/1000 samples (0 %)");
  EXPECT_EQ(describeProgress("calibrate", 0, 640, 1000, 5),
            "calibrate: 640/1000 samples (64 %), 128/s, 3 s left");
  // What an earlier run did has no part in the rate.
  EXPECT_EQ(describeProgress("run", 500, 100, 1000, 50),
            "run: 600/1000 samples (60 %), 2.0/s, 3 min 20 s left");
  EXPECT_EQ(describeProgress("run", 0, 1, 7201, 1),
            "run: 1/7201 samples (0 %), 1.0/s, 2 h 0 min left");
  EXPECT_EQ(describeProgress("run", 0, 10, 10, 4),
            "run: 10/10 samples (100 %), 2.5/s, 0 s left");
}

static std::pair<int64_t, int64_t> range(llvm::StringRef text, int64_t total) {
  auto parsed = parseSampleRange(text, total);
  EXPECT_TRUE(static_cast<bool>(parsed)) << llvm::toString(parsed.takeError());
  return parsed ? *parsed : std::pair<int64_t, int64_t>();
}

TEST(SampleRange, Bounds) {
  using Range = std::pair<int64_t, int64_t>;
  EXPECT_EQ(range("3:7", 10), Range(3, 7));
  EXPECT_EQ(range(":7", 10), Range(0, 7));
  EXPECT_EQ(range("3:", 10), Range(3, 10));
  EXPECT_EQ(range(":", 10), Range(0, 10));
  for (const char *bad : {"", "3", "7:3", "3:3", "0:11", "-1:3", "a:b", "1:2:3",
                          "3/3", "/3", "0/", "0/0", "0/11/2", "0x1:3"})
    EXPECT_TRUE(llvm::errorToBool(parseSampleRange(bad, 10).takeError()))
        << bad;
  // More parts than samples: some would be empty.
  EXPECT_TRUE(llvm::errorToBool(parseSampleRange("0/11", 10).takeError()));
}

TEST(SampleRange, PartsCoverEverySampleOnce) {
  for (int64_t total : {1, 7, 100, 1000003})
    for (int64_t parts = 1; parts <= std::min<int64_t>(total, 9); ++parts) {
      int64_t next = 0;
      for (int64_t part = 0; part != parts; ++part) {
        auto [begin, end] =
            range(std::to_string(part) + "/" + std::to_string(parts), total);
        EXPECT_EQ(begin, next);
        EXPECT_LE(end - begin, total / parts + 1);
        next = end;
      }
      EXPECT_EQ(next, total);
    }
}

TEST(DataDigest, EveryByteAndTheLengthCount) {
  std::string bytes(21, '\0');
  std::set<uint64_t> digests = {mixDigest(0, bytes),
                                mixDigest(~0ull, bytes)};
  for (size_t size = 0; size != bytes.size(); ++size)
    digests.insert(mixDigest(0, llvm::StringRef(bytes).take_front(size)));
  for (size_t at = 0; at != bytes.size(); ++at) {
    std::string changed = bytes;
    changed[at] = 1;
    digests.insert(mixDigest(0, changed));
  }
  EXPECT_EQ(digests.size(), 2 + 21 + 21u);
}

TEST(Inflate, StopsAtTheEndOfBoth) {
  // "aaaaaaaaaa" by zlib: two literals and a match.
  const unsigned char stream[] = {0x4b, 0x4c, 0x84, 0x01, 0x00};
  llvm::StringRef in(reinterpret_cast<const char *>(stream), sizeof(stream));
  for (size_t size = 0; size != 13; ++size) {
    std::vector<char> out(size);
    EXPECT_EQ(inflate(in, out), size == 10) << size;
  }
  std::vector<char> out(10);
  for (size_t size = 0; size != in.size() - 1; ++size)
    EXPECT_FALSE(inflate(in.take_front(size), out)) << size;
  EXPECT_TRUE(inflate(in, out));
  EXPECT_EQ(std::string(out.begin(), out.end()), "aaaaaaaaaa");
}
