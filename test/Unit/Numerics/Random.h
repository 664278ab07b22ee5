//===- Random.h - Test data that finds rounding errors --------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QDOT_TEST_UNIT_NUMERICS_RANDOM_H
#define QDOT_TEST_UNIT_NUMERICS_RANDOM_H

#include <cfloat>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <vector>

namespace qdot::test {

/// splitmix64: the same sequence on every machine.
class Random {
public:
  explicit Random(uint64_t seed) : state(seed) {}

  uint64_t next() {
    uint64_t z = state += 0x9E3779B97F4A7C15ull;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
    return z ^ (z >> 31);
  }
  int32_t nextInt32() { return static_cast<int32_t>(next()); }
  /// In [min, max].
  int64_t between(int64_t min, int64_t max) {
    return min + static_cast<int64_t>(next() % uint64_t(max - min + 1));
  }
  /// In [0, 1).
  double unit() { return static_cast<double>(next() >> 11) * 0x1p-53; }
  /// Any bit pattern: NaN, infinity and denormals included.
  float anyFloat() {
    uint32_t bits = static_cast<uint32_t>(next());
    float value;
    std::memcpy(&value, &bits, sizeof value);
    return value;
  }
  /// Positive, exponent uniform in [minExponent, maxExponent).
  double logUniform(int minExponent, int maxExponent) {
    int exponent = static_cast<int>(between(minExponent, maxExponent - 1));
    return std::ldexp(1.0 + unit(), exponent);
  }

private:
  uint64_t state;
};

/// Values at which conversions tend to break.
inline std::vector<float> boundaryFloats() {
  const float inf = std::numeric_limits<float>::infinity();
  std::vector<float> values = {0.0f,
                               FLT_TRUE_MIN,
                               FLT_MIN,
                               std::nextafter(FLT_MIN, 0.0f),
                               FLT_MAX,
                               inf,
                               std::numeric_limits<float>::quiet_NaN(),
                               8388608.0f,
                               8388607.5f,
                               16777216.0f,
                               2147483648.0f,
                               2147483520.0f,
                               0x1p62f,
                               0x1p63f};
  for (int i = 0; i <= 300; ++i) {
    float half = static_cast<float>(i) * 0.5f;
    values.insert(values.end(), {half, std::nextafter(half, inf),
                                 std::nextafter(half, 0.0f)});
  }
  size_t count = values.size();
  for (size_t i = 0; i < count; ++i)
    values.push_back(-values[i]);
  return values;
}

} // namespace qdot::test

#endif // QDOT_TEST_UNIT_NUMERICS_RANDOM_H
