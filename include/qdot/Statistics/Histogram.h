//===- Histogram.h - Mergeable record of the values of one tensor ---------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Shared by the runtime, so it depends on nothing but the C++ library.
//
//===----------------------------------------------------------------------===//

#ifndef QDOT_STATISTICS_HISTOGRAM_H
#define QDOT_STATISTICS_HISTOGRAM_H

#include <array>
#include <cstdint>
#include <limits>

namespace qdot::statistics {

/// Integer counts on a fixed grid: one bin per sign, exponent and the three
/// leading mantissa bits of an f32 (the top 12 bits of its representation).
/// Needs no range beforehand; merging is integer addition, so the result does
/// not depend on order, sharding or threads. 32 KiB per tensor.
struct TensorRecord {
  static constexpr unsigned binBits = 12;
  static constexpr unsigned numBins = 1u << binBits;

  uint64_t count = 0;    ///< all values seen, finite or not
  uint64_t nanCount = 0; ///< NaN values
  uint64_t infCount = 0; ///< +Inf and -Inf
  uint64_t zeroCount = 0; ///< +0.0 and -0.0
  float min = std::numeric_limits<float>::infinity();   ///< of finite values
  float max = -std::numeric_limits<float>::infinity();  ///< of finite values
  std::array<uint64_t, numBins> bins{}; ///< finite values only

  /// The bin of a finite value; -0.0 counts as +0.0.
  static unsigned binOf(float value);
  /// The values [low, high) that fall into a bin (high exclusive in magnitude).
  static float lowerEdge(unsigned bin);

  void add(float value);
  void merge(const TensorRecord &other);

  /// True when at least one finite value was seen, so that min and max hold.
  bool hasRange() const { return count > nanCount + infCount; }
};

} // namespace qdot::statistics

#endif // QDOT_STATISTICS_HISTOGRAM_H
