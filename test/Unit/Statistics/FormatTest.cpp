//===- FormatTest.cpp - The text of a statistics file ---------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qdot/Statistics/Format.h"
#include "Samples.h"
#include "qdot/Statistics/Statistics.h"
#include "llvm/Support/JSON.h"
#include "gtest/gtest.h"
#include <cmath>

using namespace qdot::statistics;

TEST(Format, HashIsFnv1a) {
  // Values of the reference implementation, test_fnv.c.
  EXPECT_EQ(fnv1a64(""), 0xcbf29ce484222325ull);
  EXPECT_EQ(fnv1a64("a"), 0xaf63dc4c8601ec8cull);
  EXPECT_EQ(fnv1a64("foobar"), 0x85944171f73967e8ull);
  EXPECT_EQ(fnv1a64("bar", fnv1a64("foo")), fnv1a64("foobar"));
  EXPECT_EQ(toHex(0x0123456789abcdefull), "0123456789abcdef");
}

TEST(Format, FloatsRoundTripShortest) {
  EXPECT_EQ(printFloat(0.1f), "0.1");
  EXPECT_EQ(printFloat(-2.0f), "-2");
  EXPECT_EQ(printFloat(1e-45f), "1e-45");
  EXPECT_EQ(printFloat(3.4028235e38f), "3.4028235e+38");
  for (float value : sampleValues(100000, 5)) {
    if (!std::isfinite(value))
      continue;
    std::string text = printFloat(value);
    ASSERT_EQ(bitsOf(std::strtof(text.c_str(), nullptr)), bitsOf(value));
    ASSERT_LE(text.size(), 15u);
  }
}

TEST(Format, EmptyFile) {
  EXPECT_EQ(printStatistics(StatisticsFile()),
            "{\n"
            "  \"format\": \"qdot-statistics\",\n"
            "  \"version\": 2,\n"
            "  \"tool\": \"qdot 0.1.0\",\n"
            "  \"model\": \"cbf29ce484222325\",\n"
            "  \"data\": {\"samples\": 0, \"digest\": "
            "\"0000000000000000\"},\n"
            "  \"values\": [],\n"
            "  \"checksum\": \"fnv1a64:" +
                toHex(fnv1a64("{\n"
                              "  \"format\": \"qdot-statistics\",\n"
                              "  \"version\": 2,\n"
                              "  \"tool\": \"qdot 0.1.0\",\n"
                              "  \"model\": \"cbf29ce484222325\",\n"
                              "  \"data\": {\"samples\": 0, \"digest\": "
                              "\"0000000000000000\"},\n"
                              "  \"values\": [],\n"
                              "  ")) +
                "\"\n}\n");
}

TEST(Format, OneLinePerRecord) {
  StatisticsFile file;
  file.records["b\"\\#1"] = recordOf({NAN});
  file.records["a#1"] = recordOf({-1.5f, 0.0f, 0.0f, INFINITY});
  std::string text = printStatistics(file);
  EXPECT_NE(text.find("\n    {\"site\": \"a#1\", \"count\": 4, \"nan\": 0, "
                      "\"inf\": 1, \"zero\": 2, \"min\": -1.5, \"max\": 0, "
                      "\"sum\": \"-0x3p-1\", \"sum_squares\": \"0x9p-2\", "
                      "\"histogram\": [[0, 2], [3068, 1]], \"samples\": 0, "
                      "\"sum_min\": \"0x0p+0\", \"sum_max\": \"0x0p+0\", "
                      "\"channels\": []},\n"
                      "    {\"site\": \"b\\\"\\\\#1\", \"count\": 1, \"nan\": "
                      "1, \"inf\": 0, \"zero\": 0, \"min\": null, \"max\": "
                      "null, \"sum\": \"0x0p+0\", \"sum_squares\": "
                      "\"0x0p+0\", \"histogram\": [], \"samples\": 0, "
                      "\"sum_min\": \"0x0p+0\", \"sum_max\": \"0x0p+0\", "
                      "\"channels\": []}\n  ],\n"),
            std::string::npos)
      << text;
}

TEST(Format, IsJson) {
  StatisticsFile file;
  for (unsigned seed = 0; seed != 20; ++seed)
    file.records["main/ü\"\\" + std::to_string(seed) + "#0"] =
        recordOf(sampleValues(seed * 10, seed));
  llvm::Expected<llvm::json::Value> json =
      llvm::json::parse(printStatistics(file));
  ASSERT_TRUE(static_cast<bool>(json));
  const llvm::json::Object &root = *json->getAsObject();
  EXPECT_EQ(root.getString("format"), "qdot-statistics");
  EXPECT_EQ(root.getInteger("version"), 2);
  EXPECT_EQ(*root.getString("model"), file.fingerprint());
  const llvm::json::Array &values = *root.getArray("values");
  ASSERT_EQ(values.size(), file.records.size());
  size_t i = 0;
  for (const auto &[site, record] : file.records) {
    const llvm::json::Object &value = *values[i++].getAsObject();
    EXPECT_EQ(*value.getString("site"), site);
    EXPECT_EQ(value.getInteger("count"), int64_t(record.count));
    if (record.hasRange()) {
      EXPECT_EQ(float(*value.getNumber("min")), record.min);
    }
  }
}

TEST(Format, FingerprintIsOfTheSitesOnly) {
  StatisticsFile a, b;
  a.records["x"] = recordOf({1.0f});
  b.records["x"] = recordOf({2.0f, 3.0f});
  EXPECT_EQ(a.fingerprint(), b.fingerprint());
  EXPECT_EQ(a.fingerprint(), toHex(fnv1a64("x\n")));
  b.records["y"];
  EXPECT_NE(a.fingerprint(), b.fingerprint());
  StatisticsFile joined;
  joined.records["xy"];
  EXPECT_NE(joined.fingerprint(), b.fingerprint());
}

TEST(Format, SiteNames) {
  EXPECT_EQ(findSiteProblem("main/conv_0#0123456789abcdef"), "");
  EXPECT_EQ(findSiteProblem("ü€😀"), "");
  EXPECT_EQ(findSiteProblem(std::string(4096, 'x')), "");
  EXPECT_EQ(findSiteProblem(""), "expected a site name, got an empty string");
  EXPECT_EQ(findSiteProblem(std::string(4097, 'x')),
            "expected a site name of at most 4096 bytes, got 4097");
  const char *problem = "expected a site name in UTF-8 without control "
                        "characters, got byte 0x";
  EXPECT_EQ(findSiteProblem("ab\n"), problem + std::string("0a at position 2"));
  for (const char *bad :
       {"\xff", "\x80", "\xc0\x80", "\xc3", "\xc3(", "\xe0\x80\x80",
        "\xed\xa0\x80", "\xf0\x80\x80\x80", "\xf4\x90\x80\x80",
        "\xf5\x80\x80"
        "\x80",
        "\xe2\x82"})
    EXPECT_EQ(findSiteProblem(bad).rfind(problem, 0), 0u) << bad;
}

TEST(Format, FindsWhatCannotBeWritten) {
  TensorRecord good = recordOf({1.0f}), bad = good;
  bad.count = 2;
  EXPECT_EQ(findProblem({{"a", &good}, {"b", &good}}), "");
  EXPECT_EQ(findProblem({{"b", &good}, {"a", &good}}),
            "expected sites in ascending order, got a after b");
  EXPECT_EQ(findProblem({{"a", &good}, {"a", &good}}),
            "expected sites in ascending order, got a after a");
  EXPECT_EQ(findProblem({{"a", &bad}}),
            "a: histogram: expected a sum of count - nan - inf = 2, got 1");
  EXPECT_EQ(findProblem(std::vector<RecordView>(maxSites + 1, {"a", &good})),
            "expected at most 32768 sites, got 32769");
}
