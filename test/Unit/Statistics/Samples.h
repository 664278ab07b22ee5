//===- Samples.h - Values and files that the tests share ------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QDOT_TEST_UNIT_STATISTICS_SAMPLES_H
#define QDOT_TEST_UNIT_STATISTICS_SAMPLES_H

#include "qdot/Statistics/Histogram.h"
#include <cstdlib>
#include <filesystem>
#include <random>
#include <string>
#include <vector>

namespace qdot::statistics {

/// Values of every kind: three in four are normally distributed, the rest has
/// random bits (all exponents, Inf, NaN, denormals) or is one of the corners.
inline std::vector<float> sampleValues(size_t count, unsigned seed) {
  static const uint32_t corners[] = {
      0x00000000, 0x80000000, 0x00000001, 0x80000001, 0x007fffff, 0x807fffff,
      0x00800000, 0x80800000, 0x7f7fffff, 0xff7fffff, 0x7f800000, 0xff800000,
      0x7fc00000, 0xffc00000, 0x7f800001, 0xff800001, 0x7fffffff, 0xffffffff};
  std::mt19937 random(seed);
  std::normal_distribution<float> normal(0.5f, 3.0f);
  std::vector<float> values;
  for (size_t i = 0; i != count; ++i) {
    unsigned kind = random() % 8;
    values.push_back(kind == 0   ? floatOf(random())
                     : kind == 1 ? floatOf(corners[random() % 18])
                                 : normal(random));
  }
  return values;
}

inline TensorRecord recordOf(const std::vector<float> &values) {
  TensorRecord record;
  for (float value : values)
    record.add(value);
  return record;
}

/// Rounds of a random test: `full` with QDOT_TEST_FULL=1, fewer otherwise.
inline unsigned numRounds(unsigned full, unsigned usual) {
  const char *variable = std::getenv("QDOT_TEST_FULL");
  return variable && *variable ? full : usual;
}

/// An empty folder that goes away with this object.
struct TemporaryFolder {
  TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "qdot-XXXXXX");
    path = mkdtemp(name.data());
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path); }
  std::string file(const std::string &name) const { return path + "/" + name; }
  std::string path;
};

} // namespace qdot::statistics

#endif // QDOT_TEST_UNIT_STATISTICS_SAMPLES_H
