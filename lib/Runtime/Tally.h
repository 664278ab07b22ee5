//===- Tally.h - Count many values fast -----------------------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QDOT_RUNTIME_TALLY_H
#define QDOT_RUNTIME_TALLY_H

#include "qdot/Statistics/Histogram.h"
#include <array>
#include <cstddef>

namespace qdot::runtime {

/// What one thread counts before it takes a lock: the same as a TensorRecord,
/// in a form that is fast to add to. Empty between two uses.
class Tally {
public:
  /// The most values to add before `flush`, so that no count wraps.
  static constexpr size_t maxValues = size_t(1) << 31;

  /// Counts `values[0]` to `values[count - 1]`.
  void add(const float *values, size_t count);
  /// Adds everything counted to `record` and becomes empty.
  void flush(statistics::TensorRecord &record);
  /// Values counted since the last flush.
  size_t size() const { return total; }

private:
  /// Neighbours count in different lanes: equal neighbours (zeros after a ReLU)
  /// would wait for each other's store otherwise.
  static constexpr size_t numLanes = 4;
  using Bins = std::array<uint32_t, statistics::TensorRecord::numBins>;

  void addChunk(const float *values, size_t count);
  void flushBins(statistics::TensorRecord &record, unsigned begin,
                 unsigned end);

  size_t total = 0;
  uint64_t nanCount = 0, infCount = 0, zeroCount = 0, negativeZeroCount = 0;
  int32_t minOrder = INT32_MAX, maxOrder = INT32_MIN; ///< of finite values
  std::array<Bins, numLanes> lanes{};
};

} // namespace qdot::runtime

#endif // QDOT_RUNTIME_TALLY_H
