//===- RuntimeTest.cpp - C interface that instrumented code calls ---------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "RuntimeTest.h"
#include "mlir/ExecutionEngine/CRunnerUtils.h"
#include <cmath>
#include <numeric>
#include <thread>

using namespace qdot::statistics;

TEST_F(Runtime, Version) {
  EXPECT_EQ(qdot_runtime_abi_version(), QDOT_RUNTIME_ABI_VERSION);
}

extern "C" void observeFromC(const char *site); // HeaderIsC.c

TEST_F(Runtime, HeaderIsC) {
  observeFromC("a");
  EXPECT_EQ(recorded().records.at("a"), callOf({1.5f}));
}

TEST_F(Runtime, DescriptorIsMlirs) {
  using Ranked = StridedMemRefType<float, 2>;
  using Unranked = UnrankedMemRefType<float>;
  static_assert(sizeof(Unranked) == sizeof(qdot_unranked_memref));
  static_assert(offsetof(Unranked, descriptor) ==
                offsetof(qdot_unranked_memref, descriptor));
  std::vector<float> data = {9, 1, 2, 9, 3, 4, 9};
  Ranked ranked{data.data(), data.data(), 1, {2, 2}, {3, 1}};
  qdot_unranked_memref memref{2, &ranked};
  _mlir_ciface_qdot_rt_observe_f32("a", &memref);
  EXPECT_EQ(recorded().records.at("a"), callOf({1, 2, 3, 4}));
}

TEST_F(Runtime, EverySizeOfContiguousTensors) {
  // Around the switch to a tally, and the chunks and lanes inside it.
  for (size_t size :
       {0, 1, 3, 100, 2047, 2048, 2049, 2050, 2051, 4096, 4097, 6145, 100003}) {
    qdot_rt_reset();
    std::vector<float> values = sampleValues(size, size);
    observe("a", values);
    observe("a", values);
    TensorRecord expected = callOf(values);
    expected.merge(expected);
    ASSERT_EQ(recorded().records.at("a"), expected) << size;
  }
}

TEST_F(Runtime, OnlySpecialValuesInLargeTensors) {
  for (float value : {NAN, -NAN, INFINITY, -INFINITY, 0.0f, -0.0f, 1e-45f,
                      -1e-45f, 3.4028235e38f, -3.4028235e38f}) {
    qdot_rt_reset();
    std::vector<float> values(5000, value);
    observe("a", values);
    ASSERT_EQ(recorded().records.at("a"), callOf(values)) << value;
  }
}

TEST_F(Runtime, SiteWithoutValuesIsKnown) {
  observe("a", {});
  std::vector<float> data;
  Descriptor(data, 0, {3, 0, 5}, {0, 5, 1}).observe("b");
  EXPECT_EQ(recorded().records.size(), 2u);
  EXPECT_EQ(recorded().records.at("b"), TensorRecord());
}

TEST_F(Runtime, RankZero) {
  std::vector<float> data = {1, 2, 3};
  Descriptor(data, 1, {}, {}).observe("a");
  EXPECT_EQ(recorded().records.at("a"), callOf({2}));
}

/// The values of a strided view by plain recursion.
static void collect(const float *data, const std::vector<int64_t> &sizes,
                    const std::vector<int64_t> &strides, size_t axis,
                    std::vector<float> &values) {
  if (axis == sizes.size()) {
    values.push_back(*data);
    return;
  }
  for (int64_t i = 0; i != sizes[axis]; ++i)
    collect(data + i * strides[axis], sizes, strides, axis + 1, values);
}

TEST_F(Runtime, RandomStridedViews) {
  std::mt19937 random(1);
  for (int round = 0; round != 400; ++round) {
    qdot_rt_reset();
    // Axes in random order of memory, with gaps, reversed, or broadcast.
    size_t rank = random() % 6;
    std::vector<int64_t> sizes(rank), strides(rank);
    std::vector<size_t> order(rank);
    std::iota(order.begin(), order.end(), 0);
    if (random() % 2)
      std::shuffle(order.begin(), order.end(), random);
    int64_t extent = 1, offset = 0;
    for (size_t axis : llvm::reverse(order)) {
      sizes[axis] = 1 + random() % (rank < 3 ? 80 : 8);
      strides[axis] = extent;
      unsigned kind = random() % 8;
      if (kind == 0)
        strides[axis] = 0;
      extent *= kind == 1 ? sizes[axis] + 3 : sizes[axis];
      if (kind == 2) {
        offset += strides[axis] * (sizes[axis] - 1);
        strides[axis] = -strides[axis];
      }
    }
    offset += random() % 5;
    std::vector<float> data = sampleValues(extent + 5, round), values;
    collect(data.data() + offset, sizes, strides, 0, values);
    Descriptor(data, offset, sizes, strides).observe("a");
    ASSERT_EQ(recorded().records.at("a"), callOf(values)) << round;
  }
}

TEST_F(Runtime, OverlappingRows) {
  std::vector<float> data = {1, 2, 4, 8, 16, 32};
  Descriptor(data, 0, {3, 4}, {1, 1}).observe("a");
  EXPECT_EQ(recorded().records.at("a"),
            callOf({1, 2, 4, 8, 2, 4, 8, 16, 4, 8, 16, 32}));
}

TEST_F(Runtime, Integers) {
  std::vector<int8_t> bytes(5000);
  std::vector<int32_t> words(5000);
  std::vector<float> expectedBytes, expectedWords;
  std::mt19937 random(7);
  for (size_t i = 0; i != bytes.size(); ++i) {
    bytes[i] = static_cast<int8_t>(i);
    words[i] = static_cast<int32_t>(random()) >> random() % 32;
    if (i % 2 == 1) {
      expectedBytes.push_back(bytes[i]);
      expectedWords.push_back(words[i]);
    }
  }
  StridedMemRefType<int8_t, 1> i8{bytes.data(), bytes.data(), 1, {2500}, {2}};
  StridedMemRefType<int32_t, 1> i32{words.data(), words.data(), 1, {2500}, {2}};
  qdot_unranked_memref memref8{1, &i8}, memref32{1, &i32};
  _mlir_ciface_qdot_rt_observe_i8("i8", &memref8);
  _mlir_ciface_qdot_rt_observe_i32("i32", &memref32);
  EXPECT_EQ(recorded().records.at("i8"), callOf(expectedBytes));
  EXPECT_EQ(recorded().records.at("i32"), callOf(expectedWords));
  EXPECT_EQ(recorded().records.at("i8").min, -127);
  EXPECT_EQ(recorded().records.at("i8").max, 127);
}

TEST_F(Runtime, PartialBatch) {
  std::vector<float> data(24);
  std::iota(data.begin(), data.end(), 1.0f);
  auto firstSamples = [&](size_t count) {
    TensorRecord record;
    for (auto at = data.begin(); count-- != 0; at += 6)
      record.merge(callOf({at, at + 6}));
    return record;
  };
  qdot_rt_set_valid_rows(3, 4);
  Descriptor(data, 0, {4, 6}, {6, 1}).observe("batch");
  Descriptor(data, 0, {8, 3}, {3, 1}).observe("collapsed");
  Descriptor(data, 0, {6, 4}, {4, 1}).observe("other");
  Descriptor(data, 5, {}, {}).observe("scalar");
  std::thread([&] {
    Descriptor(data, 0, {4, 6}, {6, 1}).observe("another thread");
  }).join();
  qdot_rt_set_valid_rows(9, 4);
  Descriptor(data, 0, {4, 6}, {6, 1}).observe("more than all");
  qdot_rt_set_valid_rows(-1, 4);
  Descriptor(data, 0, {4, 6}, {6, 1}).observe("none");
  qdot_rt_set_valid_rows(0, 0);
  Descriptor(data, 0, {4, 6}, {6, 1}).observe("lifted");
  StatisticsFile file = recorded();
  EXPECT_EQ(file.records.at("batch"), firstSamples(3));
  EXPECT_EQ(file.records.at("collapsed"), firstSamples(3));
  // Neither holds samples that could be told apart.
  EXPECT_EQ(file.records.at("other"), recordOf(data));
  EXPECT_EQ(file.records.at("scalar"), recordOf({6}));
  EXPECT_EQ(file.records.at("another thread"), callOf(data));
  EXPECT_EQ(file.records.at("more than all"), firstSamples(4));
  EXPECT_EQ(file.records.at("none"), TensorRecord());
  EXPECT_EQ(file.records.at("lifted"), callOf(data));
}

TEST_F(Runtime, LargeTensorsAreOneCallAndOneSample) {
  // More than a tally holds, with the extremes in its first part.
  std::vector<float> values(3000000, 1.0f);
  values[1] = -5;
  values[2] = 7;
  observe("a", values);
  TensorRecord record = recorded().records.at("a");
  EXPECT_EQ(record.count, values.size());
  EXPECT_EQ(record.sampleCount, 1u);
  EXPECT_EQ(record.sumOfMinima.toDouble(), -5);
  EXPECT_EQ(record.sumOfMaxima.toDouble(), 7);
  EXPECT_EQ(record.sum.toDouble(), 3e6);
  EXPECT_EQ(record.sumOfSquares.toDouble(), 2999998.0 + 25 + 49);
}

TEST_F(Runtime, SamplesOfAnyBatch) {
  // Nothing depends on how many samples a call gets.
  std::vector<float> data = sampleValues(12 * 50, 5);
  TensorRecord expected;
  for (auto at = data.begin(); at != data.end(); at += 50)
    expected.merge(callOf({at, at + 50}));
  EXPECT_GT(expected.sampleCount, 0u);
  for (int64_t batch : {1, 2, 3, 5, 12}) {
    qdot_rt_reset();
    std::vector<float> padded = data;
    padded.resize(15 * 50);
    for (int64_t first = 0; first < 12; first += batch) {
      qdot_rt_set_valid_rows(std::min<int64_t>(batch, 12 - first), batch);
      Descriptor(padded, first * 50, {5 * batch, 10}, {10, 1}).observe("a");
    }
    EXPECT_EQ(recorded().records.at("a"), expected) << batch;
  }
}

/// Rows of `width` values with `zeros` zeros behind each.
static std::vector<float> withZeros(const std::vector<float> &data,
                                    size_t width, size_t zeros) {
  std::vector<float> moved;
  for (auto at = data.begin(); at != data.end(); at += width) {
    moved.insert(moved.end(), at, at + width);
    moved.insert(moved.end(), zeros, 0.0f);
  }
  return moved;
}

TEST_F(Runtime, MovedTensorsAreCountedWithTheirSource) {
  // As if each had been observed by itself: of few and of many values, more
  // than a tally holds, without samples, NaN only, negative only.
  const float nan = std::numeric_limits<float>::quiet_NaN();
  for (int64_t width : {1, 7, 300, 250000})
    for (int64_t zeros : {0, 1, 40})
      for (int64_t valid : {0, 2, 3})
        for (int64_t batch : {0, 1, 3, 4}) {
          std::vector<float> data(6 * width, -2.5f);
          std::vector<float> special = sampleValues(4 * width, 5);
          std::copy(special.begin(), special.end(), data.begin());
          std::fill(data.begin(), data.begin() + 2 * width, nan);
          std::vector<float> moved = withZeros(data, width, zeros);
          qdot_rt_reset();
          qdot_rt_set_valid_rows(valid, batch);
          Descriptor source(data, 0, {6, width}, {width, 1});
          _mlir_ciface_qdot_rt_observe_moved_f32("a", "b", zeros,
                                                 &source.memref);
          source.observe("source");
          int64_t size = width + zeros;
          Descriptor(moved, 0, {6, size}, {size, 1}).observe("moved");
          StatisticsFile file = recorded();
          EXPECT_EQ(file.records.at("a"), file.records.at("source"));
          EXPECT_EQ(file.records.at("b"), file.records.at("moved"))
              << width << " " << zeros << " " << valid << " of " << batch;
        }
}

TEST_F(Runtime, ThreadsWithPairsOfSitesDoNotWaitForEachOther) {
  std::vector<float> data(300, 1.0f);
  std::vector<std::thread> threads;
  for (int thread = 0; thread != 4; ++thread)
    threads.emplace_back([&, thread] {
      Descriptor source(data, 0, {300}, {1});
      for (int i = 0; i != 3000; ++i) {
        std::string a = std::to_string(i % 100), b = "m" + a;
        bool swap = thread % 2 != 0;
        _mlir_ciface_qdot_rt_observe_moved_f32((swap ? b : a).c_str(),
                                               (swap ? a : b).c_str(), 0,
                                               &source.memref);
        if (i % 500 == 0)
          recorded();
      }
    });
  for (std::thread &thread : threads)
    thread.join();
  for (const auto &[site, record] : recorded().records)
    EXPECT_EQ(record.count, 4u * 30 * 300) << site;
}

TEST_F(Runtime, Channels) {
  std::vector<float> data = sampleValues(4 * 3 * 5, 6);
  qdot_rt_set_valid_rows(3, 4); // the last sample is padding
  auto slice = [&](auto isIn) {
    std::vector<float> values;
    for (int i = 0; i != 3 * 15; ++i)
      if (isIn(i))
        values.push_back(data[i]);
    return recordOf(values);
  };
  Descriptor tensor(data, 0, {4, 3, 5}, {15, 5, 1});
  auto observeAxis = [&](const char *site, int64_t axis) {
    _mlir_ciface_qdot_rt_observe_channels_f32(site, axis, &tensor.memref);
  };
  tensor.observe("plain");
  observeAxis("last", -1);
  observeAxis("second", 1);
  observeAxis("none", 3);
  observeAxis("none", -4);
  observeAxis("last", 2);
  StatisticsFile file = recorded();
  TensorRecord plain = file.records.at("plain");
  EXPECT_EQ(file.records.at("none"), sumOf(plain, plain));
  TensorRecord last = file.records.at("last"),
               second = file.records.at("second");
  ASSERT_EQ(last.channels.size(), 5u);
  ASSERT_EQ(second.channels.size(), 3u);
  for (int c = 0; c != 5; ++c) {
    TensorRecord once = slice([&](int i) { return i % 5 == c; });
    EXPECT_EQ(last.channels[c], sumOf(once, once)) << c;
  }
  for (int c = 0; c != 3; ++c)
    EXPECT_EQ(second.channels[c], slice([&](int i) { return i / 5 % 3 == c; }))
        << c;
  EXPECT_EQ(last.findProblem(), "");
  second.channels.clear();
  EXPECT_EQ(second, plain);
}

TEST_F(Runtime, MemoryDoesNotGrowWithTheValues) {
  std::vector<float> values = sampleValues(1000000, 7);
  size_t bytes = 0;
  for (int call = 0; call != 20; ++call) {
    observe("a", values);
    TensorRecord record = recorded().records.at("a");
    EXPECT_LT(record.totalBytes(), size_t(64) << 10);
    if (call != 0) {
      EXPECT_EQ(record.totalBytes(), bytes);
    }
    bytes = record.totalBytes();
  }
}

TEST_F(Runtime, MergesIntoAFile) {
  TemporaryFolder folder;
  std::string path = folder.file("s.json");
  for (int i = 0; i != 3; ++i) {
    qdot_rt_reset();
    observe("f/a", {float(i)});
    EXPECT_EQ(qdot_rt_merge_statistics(path.c_str()), 0);
  }
  auto file = readStatistics(path);
  ASSERT_TRUE(static_cast<bool>(file)) << llvm::toString(file.takeError());
  EXPECT_EQ(file->records["f/a"],
            sumOf(sumOf(callOf({0}), callOf({1})), callOf({2})));
  std::string old = contentOf(path);
  qdot_rt_reset();
  observe("f/b", {1});
  testing::internal::CaptureStderr();
  EXPECT_EQ(qdot_rt_merge_statistics(path.c_str()), EINVAL);
  EXPECT_EQ(testing::internal::GetCapturedStderr(),
            "qdot_runtime: " + path +
                ": was recorded on another model: 1 new, 0 changed, 1 missing "
                "values; new: f/b; missing: f/a\n");
  EXPECT_EQ(contentOf(path), old);
  // Another function is recorded beside it.
  qdot_rt_reset();
  observe("g/b", {1});
  EXPECT_EQ(qdot_rt_merge_statistics(path.c_str()), 0);
  file = readStatistics(path);
  ASSERT_TRUE(static_cast<bool>(file)) << llvm::toString(file.takeError());
  EXPECT_EQ(file->records.size(), 2u);
}

TEST_F(Runtime, NamesAreComparedByContent) {
  char first[] = "a", second[] = "a", reused[] = "b";
  observe(first, {1});
  observe(second, {2});
  observe(reused, {3});
  reused[0] = 'c'; // the same address, another site
  observe(reused, {4});
  StatisticsFile file = recorded();
  EXPECT_EQ(file.records.size(), 3u);
  EXPECT_EQ(file.records.at("a"), sumOf(callOf({1}), callOf({2})));
  EXPECT_EQ(file.records.at("c"), callOf({4}));
}
