//===- ConvertTest.cpp - Statistics in the formats of other tools ---------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qdot/Statistics/Convert.h"
#include "Samples.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include <cmath>

using namespace qdot::statistics;
using testing::HasSubstr;

static std::vector<NamedRange> parsed(llvm::StringRef text,
                                      TableFormat format) {
  auto ranges = parseTable(text, "t", format);
  EXPECT_TRUE(static_cast<bool>(ranges)) << llvm::toString(ranges.takeError());
  return ranges ? *ranges : std::vector<NamedRange>();
}

static std::string errorOf(llvm::StringRef text, TableFormat format) {
  auto ranges = parseTable(text, "t", format);
  return ranges ? "" : llvm::toString(ranges.takeError());
}

static std::string print(const std::vector<NamedRange> &ranges,
                         TableFormat format) {
  auto text = printTable(ranges, format);
  EXPECT_TRUE(static_cast<bool>(text)) << llvm::toString(text.takeError());
  return text ? *text : "";
}

TEST(Convert, TensorRt) {
  // From NVIDIA's sampleINT8: big-endian f32 of amax / 127.
  auto ranges = parsed("TRT-7000-EntropyCalibration2\n"
                       "data: 3c008912\n"
                       "(Unnamed Layer* 4) [Scale]_output: 3f800000\n"
                       "a: b: 0\n",
                       TableFormat::TensorRt);
  ASSERT_EQ(ranges.size(), 3u);
  EXPECT_EQ(ranges[0].name, "data");
  EXPECT_EQ(ranges[0].max, float(double(floatOf(0x3c008912)) * 127));
  EXPECT_EQ(ranges[0].min, -ranges[0].max);
  EXPECT_EQ(ranges[1].name, "(Unnamed Layer* 4) [Scale]_output");
  EXPECT_EQ(ranges[1].max, 127.0f);
  EXPECT_EQ(ranges[2].name, "a: b");
  EXPECT_EQ(ranges[2].max, 0.0f);
  EXPECT_EQ(print({{"x", -127, 3}, {"y", 0, 254}}, TableFormat::TensorRt),
            "TRT-8501-EntropyCalibration2\nx: 3f800000\ny: 40000000\n");
}

TEST(Convert, TensorRtErrors) {
  auto error = [](const std::string &line) {
    return errorOf("TRT-1-X\n" + line, TableFormat::TensorRt);
  };
  EXPECT_EQ(errorOf("data: 3c008912\n", TableFormat::TensorRt),
            "t:1: expected a line TRT-VERSION-ALGORITHM");
  for (const char *line : {"x 3c008912", "x: ", "x: 3c00891g", "x: 123456789"})
    EXPECT_THAT(error(line), HasSubstr("t:2: expected NAME: HEX, got 'x"));
  for (const char *scale : {"bf800000", "7f800000", "7fc00000"})
    EXPECT_THAT(error(std::string("x: ") + scale),
                HasSubstr("t:2: expected a scale of at least 0, got "));
  EXPECT_THAT(error("x: 7f7fffff"), HasSubstr("expected finite numbers"));
  EXPECT_THAT(error("x: 1\nx: 1"), HasSubstr("t:3: the name 'x' occurs twice"));
  EXPECT_THAT(error(""), HasSubstr("expected at least one range"));
}

TEST(Convert, TpuMlir) {
  // From tpu-mlir's user guide.
  auto ranges = parsed("# generated time: 2022-08-11 10:00:59.743675\n"
                       "# histogram number: 2048\n###\n"
                       "# op_name    threshold    min    max\n"
                       "images 1.0000080 0.0000000 1.0000080\n"
                       "122_Conv 56.4281803 -102.5830231 97.6811752\n"
                       "#int4_th\n122_Conv 1 2 1\n",
                       TableFormat::TpuMlir);
  ASSERT_EQ(ranges.size(), 2u);
  EXPECT_EQ(ranges[1].name, "122_Conv");
  EXPECT_EQ(ranges[1].min, -102.5830231f);
  EXPECT_EQ(ranges[1].max, 97.6811752f);
  EXPECT_THAT(print({{"x", -2, 1.5}}, TableFormat::TpuMlir),
              HasSubstr("# op_name    threshold    min    max\nx 2 -2 1.5\n"));
  EXPECT_THAT(
      llvm::toString(
          printTable({{"a b", 0, 1}}, TableFormat::TpuMlir).takeError()),
      HasSubstr("a tpu-mlir table cannot hold the name 'a b'"));
}

TEST(Convert, TpuMlirErrors) {
  for (const char *line : {"x 1 2", "x 1 2 3 4", "x a 2 3", "x 1 -2 1x"})
    EXPECT_THAT(errorOf(line, TableFormat::TpuMlir),
                HasSubstr("t:1: expected NAME THRESHOLD MIN MAX, got 'x"));
  EXPECT_THAT(errorOf("x -1 2 3", TableFormat::TpuMlir),
              HasSubstr("expected a threshold of at least 0, got -1"));
  EXPECT_THAT(errorOf("# c\nx 1 3 2", TableFormat::TpuMlir),
              HasSubstr("t:2: expected min <= max for 'x', got 3 and 2"));
  EXPECT_THAT(errorOf("x 1 -inf 2", TableFormat::TpuMlir),
              HasSubstr("expected finite numbers for 'x'"));
  EXPECT_THAT(errorOf("x 1 nan 2", TableFormat::TpuMlir),
              HasSubstr("expected finite numbers for 'x'"));
}

TEST(Convert, OnnxRuntime) {
  // As its CalibrationCacheEncoder writes TensorsData, and the lists before.
  for (const char *text :
       {R"({"CLS": "TensorsData", "data": {"x": {"lowest": {"data": -1.5,
            "dtype": "float32", "CLS": "numpy.array"}, "highest": {"data":
            [2.0], "dtype": "float32", "CLS": "numpy.array"}, "CLS":
            "TensorData"}}, "calibration_method": {"CLS": "CalibrationMethod",
            "value": "CalibrationMethod.MinMax"}})",
        R"({"CLS": "TensorsData", "data": {"x": {"lowest": {"data": [[0, -1.5],
            [-1, -0.5]], "CLS": "numpy.array"}, "highest": {"data": [[1, 2.0],
            [0.5, -0.25]], "CLS": "numpy.array"}, "hist": {"data": [1, 2]},
            "bins": {"data": 5}, "CLS": "TensorData"}}, "smooth_quant": false})",
        R"({"x": {"lowest": -1.5, "highest": 2, "avg": 0}})",
        R"({"x": [-1.5, 2.0]})"}) {
    auto ranges = parsed(text, TableFormat::OnnxRuntime);
    ASSERT_EQ(ranges.size(), 1u);
    EXPECT_EQ(ranges[0].name, "x");
    EXPECT_EQ(ranges[0].min, -1.5f);
    EXPECT_EQ(ranges[0].max, 2.0f);
  }
}

TEST(Convert, OnnxRuntimeErrors) {
  auto error = [](llvm::StringRef text) {
    return errorOf(text, TableFormat::OnnxRuntime);
  };
  EXPECT_THAT(error("{"), HasSubstr("t: "));
  EXPECT_THAT(error("[]"), HasSubstr("t: expected an object of tensors"));
  EXPECT_THAT(error(R"({"x": [1]})"),
              HasSubstr("t: expected lowest and highest of 'x'"));
  EXPECT_THAT(error(R"({"x": {"lowest": [], "highest": [1]}})"),
              HasSubstr("t: expected lowest and highest of 'x'"));
  EXPECT_THAT(error(R"({"x": {"lowest": [0, "1"], "highest": [1]}})"),
              HasSubstr("t: expected lowest and highest of 'x'"));
  EXPECT_THAT(error(R"({"x": {"lowest": 1}})"),
              HasSubstr("t: expected lowest and highest of 'x'"));
  EXPECT_THAT(error(R"({"x": [1, 2], "y": [0, 1], "x": [3, 4]})"),
              HasSubstr("t: the key \"x\" occurs twice"));
  EXPECT_THAT(error(R"({"x": [1, 1e300]})"),
              HasSubstr("expected finite numbers for 'x'"));
  EXPECT_THAT(error(std::string(1 << 20, '[')),
              HasSubstr("expected at most 16 levels, got more"));
  EXPECT_THAT(error("{}"), HasSubstr("expected at least one range"));
  EXPECT_THAT(error("{\"x"), HasSubstr("t: "));
  EXPECT_THAT(error("{\"x\\"), HasSubstr("t: "));
}

TEST(Convert, Csv) {
  auto ranges = parsed("max,count,\"name\",min\r\n2.5,7,\"a,\"\"b\"\"\",-1\r\n"
                       "1,1,c,1",
                       TableFormat::Csv);
  ASSERT_EQ(ranges.size(), 2u);
  EXPECT_EQ(ranges[0].name, "a,\"b\"");
  EXPECT_EQ(ranges[0].min, -1.0f);
  EXPECT_EQ(ranges[0].max, 2.5f);
  EXPECT_EQ(ranges[1].name, "c");
  EXPECT_EQ(parsed("\xef\xbb\xbfname,min,max\na,0,1\n", TableFormat::Csv).size(),
            1u);
  EXPECT_EQ(print({{"a,\"b", -1, 0.1f}}, TableFormat::Csv),
            "name,min,max\n\"a,\"\"b\",-1,0.1\n");
}

TEST(Convert, CsvErrors) {
  auto error = [](llvm::StringRef text) {
    return errorOf(text, TableFormat::Csv);
  };
  EXPECT_THAT(error("name,max\n"), HasSubstr("t:1: expected a column 'min'"));
  EXPECT_THAT(error("name,min,max,min\na,0,1,2\n"),
              HasSubstr("t:1: expected one column 'min', got several"));
  EXPECT_THAT(error("name,min,max\nx,1\n"),
              HasSubstr("t:2: expected 3 columns, got 2"));
  EXPECT_THAT(error("name,min,max\nx,1,y\n"),
              HasSubstr("t:2: expected numbers, got '1' and 'y'"));
  EXPECT_THAT(error("name,min,max\n\"x,1,2\n"),
              HasSubstr("t:2: expected a field of one line"));
  EXPECT_THAT(error("name,min,max\n\"x\"y,1,2\n"),
              HasSubstr("t:2: expected a comma or the end of the line"));
  EXPECT_THAT(error("name,min,max\n\"x"),
              HasSubstr("t:2: expected '\"' at the end of a field"));
  EXPECT_THAT(error("name,min,max\n\xff,1,2\n"),
              HasSubstr("t:2: expected a site name in UTF-8"));
  EXPECT_THAT(error("name,min,max\n,1,2\n"),
              HasSubstr("expected a site name, got an empty string"));
  EXPECT_THAT(error(std::string(100, ',')),
              HasSubstr("expected at most 64 columns"));
  EXPECT_THAT(error("name,min,max\n" + std::string(1, '\0')),
              HasSubstr("t:2: expected 3 columns, got 1"));
}

TEST(Convert, EveryFormatRoundTrips) {
  std::vector<NamedRange> ranges;
  std::mt19937 random(1);
  std::normal_distribution<float> normal(0, 100);
  for (int i = 0; i != 200; ++i) {
    float a = normal(random), b = normal(random) * 1e-30f;
    ranges.push_back({"main/conv_" + std::to_string(i) + "#0123456789abcdef",
                      std::min(a, b), std::max(a, b)});
  }
  std::sort(ranges.begin(), ranges.end(),
            [](auto &a, auto &b) { return a.name < b.name; });
  for (TableFormat format : {TableFormat::OnnxRuntime, TableFormat::TpuMlir,
                             TableFormat::Csv, TableFormat::TensorRt}) {
    auto again = parsed(print(ranges, format), format);
    ASSERT_EQ(again.size(), ranges.size());
    for (size_t i = 0; i != ranges.size(); ++i) {
      EXPECT_EQ(again[i].name, ranges[i].name);
      if (format == TableFormat::TensorRt) {
        // Symmetric, through one rounded division and one multiplication.
        float limit = std::max(-ranges[i].min, ranges[i].max);
        EXPECT_NEAR(again[i].max, limit, limit * 1.2e-7f);
        EXPECT_EQ(again[i].min, -again[i].max);
        continue;
      }
      EXPECT_EQ(again[i].min, ranges[i].min);
      EXPECT_EQ(again[i].max, ranges[i].max);
    }
  }
}

TEST(Convert, StatisticsAndNames) {
  auto names = parseNameMap("name,site\nx,main/a#1\ny,main/b#2\n", "n");
  ASSERT_TRUE(static_cast<bool>(names));
  auto file = importRanges({{"x", -1, 2}, {"y", 0, 0}}, &*names);
  ASSERT_TRUE(static_cast<bool>(file));
  TensorRecord expected = recordOf({-1, 2});
  expected.addSample(-1, 2);
  EXPECT_EQ(file->records["main/a#1"], expected);
  EXPECT_EQ(file->records["main/b#2"].zeroCount, 2u);
  auto ranges = exportRanges(*file, &*names);
  ASSERT_TRUE(static_cast<bool>(ranges));
  EXPECT_EQ((*ranges)[0].name, "x");
  auto error = [](auto result) { return llvm::toString(result.takeError()); };
  EXPECT_EQ(error(importRanges({{"z", 0, 1}}, &*names)),
            "no site is given for the name 'z'");
  file->records["main/c#3"] = recordOf({1});
  EXPECT_EQ(error(exportRanges(*file, &*names)),
            "no name is given for the site main/c#3");
  file->records["main/c#3"] = recordOf({NAN, 1});
  EXPECT_EQ(error(exportRanges(*file, nullptr)),
            "main/c#3: expected finite values only, got 1 NaN and 0 Inf of 2");
  EXPECT_EQ(error(parseNameMap("name,site\nx,a\nx,b\n", "n")),
            "n:3: the name 'x' occurs twice");
  auto twice = parseNameMap("name,site\nx,a\ny,a\n", "n");
  ASSERT_TRUE(static_cast<bool>(twice));
  EXPECT_EQ(error(importRanges({{"x", 0, 1}, {"y", 0, 1}}, &*twice)),
            "two names stand for the site a");
  EXPECT_EQ(error(parseTableFormat("caffe")),
            "expected a format (qdot, tensorrt, onnxruntime, tpu-mlir or csv), got "
            "'caffe'");
}
