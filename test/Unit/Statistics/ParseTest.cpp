//===- ParseTest.cpp - Read a statistics file as hostile input ------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Samples.h"
#include "qdot/Statistics/Statistics.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include <cmath>
#include <fstream>
#include <sstream>
#include <sys/resource.h>

using namespace qdot::statistics;
using testing::HasSubstr;

/// Every kind of value and of name in a short text.
static StatisticsFile sampleFile() {
  StatisticsFile file;
  file.records["main/conv_0#0123456789abcdef"] =
      recordOf({-1.5f, 0.0f, 0.1f, 1e-45f, 3e38f, INFINITY, NAN});
  file.records["main/ü\"\\#1"] = recordOf({NAN, NAN});
  file.records["z"];
  TensorRecord channels = recordOf({1.0f, 2.0f, NAN});
  channels.addSample(1.0f, 2.0f);
  channels.channels = {recordOf({1.0f}), recordOf({2.0f, NAN})};
  file.records["y"] = channels;
  file.data = {3, 0x123456789abcdef0};
  file.unfinished = Checkpoint{0xfedcba9876543210, 1, 4, 9};
  return file;
}

/// What parsing says, or an empty string.
static std::string errorOf(llvm::StringRef text) {
  llvm::Expected<StatisticsFile> file = parseStatistics(text, "s.json");
  return file ? "" : llvm::toString(file.takeError());
}

/// The sample with `from` replaced by `to` and, so that the reader gets to
/// the rest, the checksum made right.
static std::string changed(const std::string &from, const std::string &to) {
  std::string text = printStatistics(sampleFile());
  size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  text.replace(at, from.size(), to);
  size_t checksum = text.rfind("\"checksum\"");
  if (checksum == std::string::npos)
    return text;
  text.replace(checksum + 21, 16,
               toHex(fnv1a64(std::string_view(text).substr(0, checksum))));
  return text;
}

static std::string errorOf(const std::string &from, const std::string &to) {
  return errorOf(changed(from, to));
}

TEST(Parse, RoundTrip) {
  for (unsigned seed = 0; seed != 30; ++seed) {
    StatisticsFile file;
    for (unsigned i = 0; i != seed; ++i)
      file.records["f/" + std::to_string(i * seed % 17) + "\\\"ü#"] =
          recordOf(sampleValues(i * i, seed * 100 + i));
    std::string text = printStatistics(file);
    llvm::Expected<StatisticsFile> again = parseStatistics(text, "s.json");
    ASSERT_TRUE(static_cast<bool>(again)) << llvm::toString(again.takeError());
    EXPECT_TRUE(diffStatistics(file, *again).empty());
    EXPECT_EQ(printStatistics(*again), text);
  }
}

TEST(Parse, DocumentedExample) {
  std::ifstream docs(QDOT_SOURCE_DIR "/docs/Statistics.md");
  std::stringstream content;
  content << docs.rdbuf();
  std::string text = content.str();
  size_t begin = text.find("```json\n") + 8, end = text.find("```", begin);
  ASSERT_LT(end, text.size());
  StatisticsFile file;
  TensorRecord input = recordOf({-1.5f, 0, 0, 1});
  input.addSample(-1.5f, 0);
  input.addSample(0, 1);
  input.channels = {recordOf({-1.5f, 0}), recordOf({0, 1})};
  file.records["main/input_0#0123456789abcdef"] = input;
  file.records["main/log_0#fedcba9876543210"] = recordOf({NAN});
  file.data = {2, 0x0f1e2d3c4b5a6978};
  EXPECT_EQ(text.substr(begin, end - begin), printStatistics(file));
}

TEST(Parse, LargestCountIsExact) {
  StatisticsFile file;
  TensorRecord &record = file.records["a"];
  record = recordOf({1.0f, 1.0f, 2.0f});
  record.bins[1016] = TensorRecord::maxCount - 1;
  record.count = TensorRecord::maxCount;
  addValue(record.sum, 1.0f, TensorRecord::maxCount - 3);
  addSquare(record.sumOfSquares, 1.0f, TensorRecord::maxCount - 3);
  auto again = parseStatistics(printStatistics(file), "s.json");
  ASSERT_TRUE(static_cast<bool>(again));
  EXPECT_EQ(again->records["a"].count, uint64_t(1) << 53);
  EXPECT_EQ(again->records["a"].bins[1016], (uint64_t(1) << 53) - 1);
}

TEST(Parse, AcceptsTheSampleItself) {
  std::string text = printStatistics(sampleFile());
  EXPECT_EQ(errorOf(text), "");
  EXPECT_EQ(changed("qdot", "qdot"), text);
}

TEST(Parse, EverySingleByteChangeIsRefused) {
  std::string text = printStatistics(sampleFile());
  for (size_t at = 0; at != text.size(); ++at) {
    char original = text[at];
    for (int change = 1; change != 256; ++change) {
      text[at] = static_cast<char>(original ^ change);
      ASSERT_NE(errorOf(text), "") << "byte " << at << " xor " << change;
    }
    text[at] = original;
  }
}

TEST(Parse, EveryTruncationIsRefused) {
  std::string text = printStatistics(sampleFile());
  for (size_t size = 0; size != text.size(); ++size)
    ASSERT_THAT(errorOf(llvm::StringRef(text).take_front(size)),
                HasSubstr("s.json:"))
        << size;
  EXPECT_NE(errorOf(text + "\n"), "");
  EXPECT_NE(errorOf(text + text), "");
  EXPECT_EQ(errorOf(""), "s.json:1:1: expected '{', got end of file");
}

TEST(Parse, EveryRemovedOrDoubledByteIsRefused) {
  std::string text = printStatistics(sampleFile());
  for (size_t at = 0; at != text.size(); ++at) {
    std::string shorter = text, longer = text;
    shorter.erase(at, 1);
    longer.insert(at, 1, text[at]);
    ASSERT_NE(errorOf(shorter), "") << at;
    ASSERT_NE(errorOf(longer), "") << at;
  }
}

TEST(Parse, Keys) {
  EXPECT_EQ(errorOf("\"inf\": 1", "\"nan\": 1"),
            "s.json:9:68: values[0]: expected the key \"inf\", got a duplicate "
            "key, \"nan\"");
  EXPECT_EQ(errorOf("\"inf\": 1", "\"Inf\": 1"),
            "s.json:9:68: values[0]: expected the key \"inf\", got an unknown "
            "key, \"Inf\"");
  EXPECT_EQ(errorOf("\"inf\": 1, ", ""),
            "s.json:9:68: values[0]: expected the key \"inf\", got a later "
            "key, \"zero\"");
  EXPECT_EQ(errorOf("  \"version\": 2,\n", "  \"format\": 2,\n"),
            "s.json:3:3: expected the key \"version\", got a duplicate key, "
            "\"format\"");
  EXPECT_EQ(errorOf("  ],\n", "  ], \"values\": [],\n"),
            "s.json:15:6: expected the key \"checksum\", got a duplicate key, "
            "\"values\"");
  EXPECT_THAT(errorOf("[]}", "[], \"x\": 1}"),
              HasSubstr(": values[0]: expected '}', got ,"));
}

TEST(Parse, Header) {
  EXPECT_EQ(errorOf("qdot-statistics", "other"),
            "s.json:2:13: format: expected \"qdot-statistics\", got \"other\"");
  EXPECT_EQ(errorOf("\"version\": 2", "\"version\": 1"),
            "s.json:3:14: version: expected version 2, got 1");
  EXPECT_EQ(errorOf("\"version\": 2", "\"version\": \"1\""),
            "s.json:3:14: version: expected an unsigned integer of at most "
            "2^53, got \"1\"");
  EXPECT_EQ(errorOf("qdot 0.1.0", ""),
            "s.json:4:11: tool: expected the name of a tool in UTF-8, got "
            "\"\"");
  EXPECT_THAT(errorOf("qdot 0.1.0", std::string(257, 'x')),
              HasSubstr("s.json:4:11: tool: expected a string of at most 256 "
                        "bytes, got \"xxx"));
  std::string model = sampleFile().fingerprint();
  EXPECT_EQ(errorOf(model, "0000000000000000"),
            "s.json:5:12: model: expected \"" + model +
                "\", the digest of the sites, got \"0000000000000000\"");
  EXPECT_EQ(errorOf("qdot 0.1.0", "qdot 0.2.0"), ""); // another tool is fine
}

TEST(Parse, Types) {
  const char *integer = "expected an unsigned integer of at most 2^53, got ";
  auto nan = [&](const std::string &value) {
    return errorOf("\"nan\": 1", "\"nan\": " + value);
  };
  std::string place = "s.json:9:65: values[0].nan: ";
  for (const char *value :
       {"-1", "+1", "1.0", "1e0", "01", "\"1\"", "null", "true",
        "9007199254740993", "18446744073709551617", "9e99", "x"})
    EXPECT_EQ(nan(value), place + integer + value);
  EXPECT_EQ(nan("[[1]]"), place + integer + "[");
  EXPECT_EQ(nan("\x01"), place + integer + "\\x01");
  EXPECT_EQ(nan(""), place + integer + ",");
}

TEST(Parse, Floats) {
  auto min = [](const std::string &value) {
    return errorOf("\"min\": -1.5", "\"min\": " + value);
  };
  std::string place = "s.json:9:96: values[0].min: ";
  for (const char *value : {"NaN", "nan", "inf", "-inf", "Infinity", "null",
                            "1e99", "1e-99", "", "-", "\"1\""})
    EXPECT_EQ(min(value),
              place + "expected an f32, got " + (*value ? value : ","));
  for (const char *value : {"-1.50", "-1.5e0", "-01.5", "-1.5000000001"})
    EXPECT_EQ(min(value), place +
                              "expected the shortest spelling of an f32, "
                              "-1.5, got " +
                              value);
  EXPECT_EQ(errorOf("\"min\": null", "\"min\": 1"),
            "s.json:10:81: values[1].min: expected null, as count - nan - inf "
            "is 0, got 1");
}

TEST(Parse, CountsThatDoNotAddUp) {
  const char *record = "s.json:9:5: values[0]: ";
  EXPECT_EQ(errorOf("\"count\": 7", "\"count\": 8"),
            std::string(record) + "histogram: expected a sum of count - nan - "
                                  "inf = 6, got 5");
  EXPECT_EQ(errorOf("\"zero\": 1", "\"zero\": 3"),
            std::string(record) +
                "zero: expected at most the count of bin 0, 2, got 3");
  EXPECT_EQ(errorOf("\"min\": -1.5", "\"min\": -2"),
            std::string(record) + "min: expected a value in bin 3068, the "
                                  "outermost in use, got -2");
  EXPECT_EQ(errorOf("\"nan\": 2", "\"nan\": 3"),
            "s.json:10:5: values[1]: nan: expected at most count 2, got 3");
  EXPECT_EQ(errorOf("\"nan\": 2", "\"nan\": 1"),
            "s.json:10:81: values[1].min: expected an f32, got null");
}

TEST(Parse, Histogram) {
  std::string path = "values[0].histogram: ";
  EXPECT_THAT(errorOf("[0, 2]", "[0, 2], [0, 2]"),
              HasSubstr(path + "expected a bin above 0, got 0"));
  EXPECT_THAT(errorOf("[0, 2]", "[4096, 2]"),
              HasSubstr(path + "expected a bin of finite values, got 4096"));
  EXPECT_THAT(errorOf("[0, 2]", "[2040, 2]"),
              HasSubstr(path + "expected a bin of finite values, got 2040"));
  EXPECT_THAT(errorOf("[0, 2]", "[4294967296, 2]"),
              HasSubstr(path + "expected a bin of finite values, got 4294967"));
  EXPECT_THAT(errorOf("[0, 2]", "[0, 0]"),
              HasSubstr(path + "expected a count above 0, got 0"));
  EXPECT_THAT(errorOf("[0, 2]", "[0]"), HasSubstr("expected ',', got ]"));
  EXPECT_THAT(errorOf("[0, 2]", "[0, 2, 3]"), HasSubstr("expected ']', got ,"));
  EXPECT_THAT(errorOf("[0, 2]", "0, 2"), HasSubstr("expected '[', got 0"));
}

TEST(Parse, Sums) {
  std::string sum = "\"sum\": \"0x3p+0\"", place = "values[2].sum: ";
  auto with = [&](const std::string &value) {
    return errorOf(sum, "\"sum\": " + value);
  };
  EXPECT_EQ(with("\"0x3p+0\""), "");
  for (const char *value : {"\"\"", "\"3\"", "\"0x6p-1\"", "\"0X3p+0\""})
    EXPECT_THAT(with(value), HasSubstr(place +
                                       "expected the shortest spelling "
                                       "of an exact sum, got " +
                                       value));
  EXPECT_THAT(with("3"), HasSubstr(place + "expected a string, got 3"));
  EXPECT_THAT(with('"' + std::string(9999, '1') + '"'),
              HasSubstr(place + "expected a string of at most"));
  EXPECT_THAT(with("\"0x7p-1\""),
              HasSubstr("values[2].channels: expected them to add up to the "
                        "tensor"));
  EXPECT_THAT(with("\"0x1p+10\""),
              HasSubstr("values[2].channels: expected them to add up"));
  // Without channels, the histogram bounds the sum.
  EXPECT_THAT(errorOf("\"sum\": \"0x0p+0\"", "\"sum\": \"0x1p+0\""),
              HasSubstr("values[1]: sum: expected at least 0x0p+0 and at most "
                        "0x0p+0, got 0x1p+0"));
  EXPECT_THAT(
      errorOf("\"sum_squares\": \"0x0p+0\"", "\"sum_squares\": \"0x1p-298\""),
      HasSubstr("values[1]: sum_squares: expected at least"));
}

TEST(Parse, SamplesOfARecord) {
  EXPECT_THAT(errorOf("\"samples\": 1", "\"samples\": 3"),
              HasSubstr("values[2]: samples: expected at most count - nan - "
                        "inf = 2, got 3"));
  EXPECT_THAT(errorOf("\"sum_min\": \"0x1p+0\"", "\"sum_min\": \"0x1p-1\""),
              HasSubstr("values[2]: sum_min: expected at least 0x1p+0 and at "
                        "most 0x1p+1, got 0x1p-1"));
  EXPECT_THAT(errorOf("\"sum_max\": \"0x1p+1\"", "\"sum_max\": \"0x3p+0\""),
              HasSubstr("values[2]: sum_max: expected at least 0x1p+0 and at "
                        "most 0x1p+1, got 0x3p+0"));
}

TEST(Parse, Channels) {
  EXPECT_THAT(errorOf("      {\"count\": 1", "      {\"count\": 2"),
              HasSubstr("s.json:12:7: values[2].channels[0]: histogram: "
                        "expected a sum of count - nan - inf = 2, got 1"));
  EXPECT_THAT(errorOf("      {\"count\": 1", "      {\"site\": 1"),
              HasSubstr("values[2].channels[0]: expected the key \"count\", "
                        "got an unknown key, \"site\""));
  EXPECT_THAT(errorOf("\"channels\": []", "\"channels\": [{}]"),
              HasSubstr("channels[0]: expected a string, got }"));
  EXPECT_THAT(errorOf("\"channels\": []", "\"channels\": null"),
              HasSubstr("values[0].channels: expected '[', got null"));
}

TEST(Parse, DataAndUnfinished) {
  EXPECT_EQ(errorOf("123456789abcdef0", "123456789ABCDEF0"),
            "s.json:6:36: data.digest: expected 16 lower-case hexadecimal "
            "digits, got \"123456789ABCDEF0\"");
  EXPECT_EQ(errorOf("\"samples\": 3", "\"samples\": -3"),
            "s.json:6:23: data.samples: expected an unsigned integer of at "
            "most 2^53, got -3");
  EXPECT_EQ(errorOf("\"next\": 4", "\"next\": 10"),
            "s.json:7:17: unfinished: expected begin <= next <= end, got 1, "
            "10, 9");
  EXPECT_THAT(errorOf("\"next\": 4", "\"begin\": 4"),
              HasSubstr("unfinished: expected the key \"next\", got a "
                        "duplicate key, \"begin\""));
}

TEST(Parse, Sites) {
  EXPECT_EQ(errorOf("\"z\"", "\"main\""),
            "s.json:14:14: values[3].site: expected a site after "
            "\"y\" in ascending order, got \"main\"");
  EXPECT_THAT(errorOf("\"z\"", "\"main/ü\\\"\\\\#1\""),
              HasSubstr("values[3].site: expected a site after"));
  EXPECT_THAT(errorOf("\"z\"", "\"\""),
              HasSubstr("expected a site name, got an empty string"));
  EXPECT_THAT(errorOf("\"z\"", "\"z\xff\""),
              HasSubstr("got byte 0xff at position 1"));
  EXPECT_THAT(errorOf("\"z\"", "\"z\n\""),
              HasSubstr("got byte 0x0a at position 1"));
  EXPECT_THAT(errorOf("\"z\"", "\"z\\u0041\""),
              HasSubstr("expected '\"' or '\\' after '\\', got u0041"));
  EXPECT_THAT(errorOf("\"z\"", "\"" + std::string(5000, 'z') + "\""),
              HasSubstr("expected a string of at most 4096 bytes, got \"zzz"));
}

TEST(Parse, Checksum) {
  std::string text = printStatistics(sampleFile());
  size_t at = text.rfind("fnv1a64:") + 8;
  std::string sum = text.substr(at, 16);
  text.replace(at, 16, "0123456789abcdef");
  EXPECT_EQ(errorOf(text), "s.json:16:15: checksum: expected \"fnv1a64:" + sum +
                               "\" for this content, which was damaged or "
                               "edited, got \"fnv1a64:0123456789abcdef\"");
  text.replace(at, 16, sum);
  text.replace(text.size() - 3, 3, " }\n");
  EXPECT_EQ(errorOf(text),
            "s.json:16:3: expected the file to end in '\"checksum\": "
            "\"fnv1a64:" +
                sum + "\"', a newline, '}' and a newline");
}

//===----------------------------------------------------------------------===//
// Hostile sizes
//===----------------------------------------------------------------------===//

/// The most memory that this process ever used, in bytes.
static size_t peakMemory() {
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<size_t>(usage.ru_maxrss) * 1024;
}

static constexpr size_t sixteenMiB = size_t(16) << 20;

/// Expects a text to be refused without much memory.
static void expectCheapRefusal(const std::string &text) {
  size_t before = peakMemory();
  EXPECT_NE(errorOf(text), "");
  EXPECT_LT(peakMemory() - before, size_t(32) << 20);
}

TEST(ParseHostile, Nesting) {
  expectCheapRefusal(std::string(sixteenMiB, '['));
  expectCheapRefusal(std::string(sixteenMiB, '{'));
  expectCheapRefusal(changed("[0, 2]", std::string(sixteenMiB, '[')));
}

TEST(ParseHostile, LongTokens) {
  expectCheapRefusal("{\"" + std::string(sixteenMiB, 'x'));
  expectCheapRefusal(changed("\"z\"", "\"" + std::string(sixteenMiB, 'z')));
  expectCheapRefusal(
      changed("\"nan\": 1", "\"nan\": " + std::string(sixteenMiB, '1')));
  expectCheapRefusal(changed("-1.5", "-1.5" + std::string(sixteenMiB, '0')));
  expectCheapRefusal(std::string(sixteenMiB, ' '));
  expectCheapRefusal(std::string(sixteenMiB, '\0'));
}

TEST(ParseHostile, ManyChannelsAndPages) {
  // Each bin of these takes a page of memory if it is kept.
  std::string bins;
  for (unsigned bin = 0; bin < 2040; bin += 64)
    bins += (bin ? ", [" : "[") + std::to_string(bin) + ", 1]";
  std::string channel = "{\"count\": 32, \"nan\": 0, \"inf\": 0, \"zero\": "
                        "0, \"min\": 1e-45, \"max\": 1e38, \"sum\": "
                        "\"0x1p+0\", \"sum_squares\": \"0x1p+0\", "
                        "\"histogram\": [" +
                        bins + "]}, ",
              channels;
  while (channels.size() < sixteenMiB)
    channels += channel;
  expectCheapRefusal(changed("\"channels\": []", "\"channels\": [" + channels));
}

TEST(ParseHostile, ManyRecords) {
  // Right up to the checksum: 32 KiB for each of them would be 1 GiB.
  std::string values;
  for (unsigned i = 0; i != maxSites; ++i) {
    std::string number = std::to_string(100000 + i);
    values += "{\"site\": \"" + number +
              "\", \"count\": 1, \"nan\": 0, \"inf\""
              ": 0, \"zero\": 0, \"min\": 1, \"max\": 1, \"sum\": \"0x1p+0\", "
              "\"sum_squares\": \"0x1p+0\", \"histogram\": [[1016, 1]], "
              "\"samples\": 0, \"sum_min\": \"0x0p+0\", \"sum_max\": "
              "\"0x0p+0\", \"channels\": []},\n";
  }
  std::string text =
      changed("    {\"site\": \"main", values + "{\"site\": \"x");
  size_t before = peakMemory();
  EXPECT_THAT(errorOf(text),
              HasSubstr("expected at most 32768 sites, got more"));
  EXPECT_LT(peakMemory() - before, size_t(32) << 20);
}
