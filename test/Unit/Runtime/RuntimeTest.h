//===- RuntimeTest.h - What the tests of the runtime share ----------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QDOT_TEST_UNIT_RUNTIME_RUNTIMETEST_H
#define QDOT_TEST_UNIT_RUNTIME_RUNTIMETEST_H

#include "../Statistics/Samples.h"
#include "qdot/Runtime/Records.h"
#include "qdot/Runtime/Runtime.h"
#include "qdot/Statistics/Statistics.h"
#include "gtest/gtest.h"
#include <fstream>
#include <sstream>

namespace qdot::statistics {

/// A descriptor of any rank that MLIR could have made.
struct Descriptor {
  Descriptor(std::vector<float> &data, int64_t offset,
             std::vector<int64_t> sizes, std::vector<int64_t> strides)
      : words{reinterpret_cast<int64_t>(nullptr),
              reinterpret_cast<int64_t>(data.data()), offset},
        memref{static_cast<int64_t>(sizes.size()), nullptr} {
    words.insert(words.end(), sizes.begin(), sizes.end());
    words.insert(words.end(), strides.begin(), strides.end());
    memref.descriptor = words.data();
  }
  void observe(const char *site) {
    _mlir_ciface_qdot_rt_observe_f32(site, &memref);
  }
  std::vector<int64_t> words;
  qdot_unranked_memref memref;
};

/// What one call with these values, one sample, records.
inline TensorRecord callOf(const std::vector<float> &values) {
  TensorRecord record = recordOf(values);
  if (record.hasRange())
    record.addSample(record.min, record.max);
  return record;
}

inline TensorRecord sumOf(TensorRecord a, const TensorRecord &b) {
  a.merge(b);
  return a;
}

/// Each test starts and ends with nothing recorded.
class Runtime : public testing::Test {
protected:
  void SetUp() override { forget(); }
  void TearDown() override { forget(); }
  static void forget() {
    qdot_rt_reset();
    qdot_rt_set_valid_rows(0, 0);
  }
  static StatisticsFile recorded() {
    StatisticsFile file;
    qdot::runtime::visitRecords(
        [&](const std::string &site, const TensorRecord &record) {
          file.records[site] = record;
        });
    return file;
  }
};

inline void observe(const char *site, std::vector<float> values) {
  int64_t size = values.size();
  Descriptor(values, 0, {size}, {1}).observe(site);
}

inline std::string contentOf(const std::string &path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream content;
  content << file.rdbuf();
  return content.str();
}

} // namespace qdot::statistics

#endif // QDOT_TEST_UNIT_RUNTIME_RUNTIMETEST_H
