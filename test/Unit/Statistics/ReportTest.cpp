//===- ReportTest.cpp - Statistics for people to read ---------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Samples.h"
#include "qdot/Statistics/Statistics.h"
#include "llvm/Support/raw_ostream.h"
#include "gtest/gtest.h"
#include <cmath>

using namespace qdot::statistics;

TEST(Report, EqualFilesHaveNoDifference) {
  StatisticsFile file;
  file.records["a"] = recordOf(sampleValues(100, 1));
  EXPECT_TRUE(diffStatistics(file, file).empty());
  EXPECT_TRUE(diffStatistics(StatisticsFile(), StatisticsFile()).empty());
}

TEST(Report, NamesEveryDifference) {
  StatisticsFile a, b;
  a.records["same"] = b.records["same"] = recordOf({1.0f});
  a.records["only a"] = recordOf({1.0f});
  b.records["only b"] = recordOf({1.0f});
  a.records["changed"] = recordOf({1.0f, 0.0f});
  b.records["changed"] = recordOf({1.5f, NAN, INFINITY});
  a.records["hist"] = recordOf({1.0f, 2.0f, 4.0f});
  b.records["hist"] = recordOf({1.0f, 3.0f, 4.0f});
  b.records["none"] = recordOf({2.0f});
  a.records["none"];
  a.data = {2, 0xab};
  b.data = {3, 0xab};
  StatisticsDiff diff = diffStatistics(a, b);
  EXPECT_EQ(diff.onlyInA, std::vector<std::string>{"only a"});
  EXPECT_EQ(diff.onlyInB, std::vector<std::string>{"only b"});
  std::string text;
  llvm::raw_string_ostream os(text);
  showDiff(diff, os);
  EXPECT_EQ(os.str(),
            "- only a\n"
            "+ only b\n"
            "! changed: count 2, 3; nan 0, 1; inf 0, 1; zero 1, 0; min 0, 1.5; "
            "max 1, 1.5; sum 0x1p+0 and 0x1p+0, 0x3p-1 and "
            "0x9p-2; 3 bins of the histogram\n"
            "! hist: sum 0x7p+0 and 0x15p+0, 0x1p+3 and 0xdp+1; 2 bins of the "
            "histogram\n"
            "! none: count 0, 1; min none, 2; max none, 2; sum 0x0p+0 and "
            "0x0p+0, 0x1p+1 and 0x1p+2; 1 bin of the histogram\n"
            "! data: samples 2, 3\n");
}

TEST(Report, TableIsAligned) {
  StatisticsFile file;
  file.records["main/conv_0#0123456789abcdef"] = recordOf({1.5f, 0.0f, -0.25f});
  file.records["main/ü"] = recordOf({NAN});
  std::string text;
  llvm::raw_string_ostream os(text);
  showStatistics(file, os);
  EXPECT_EQ(os.str(),
            "site                          count    min   max  zero  nan  inf"
            "  bins\n"
            "main/conv_0#0123456789abcdef      3  -0.25   1.5     1    0    0"
            "     3\n"
            "main/ü                            1   none  none     0    1    0"
            "     0\n"
            "model " +
                file.fingerprint() + ", 2 values, 0 samples\n");
}
