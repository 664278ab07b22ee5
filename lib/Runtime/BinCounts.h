//===- BinCounts.h - Count values per bin ---------------------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QDOT_RUNTIME_BINCOUNTS_H
#define QDOT_RUNTIME_BINCOUNTS_H

#include "ChunkSummary.h"
#include "qdot/Statistics/Histogram.h"
#include <cstddef>
#include <optional>

namespace qdot::runtime {

/// Counts of the bins of a record, fast to add to. Neighbours count in different
/// lanes: equal neighbours would wait for each other's store otherwise.
class BinCounts {
public:
  static constexpr size_t maxChunk = 1024;

  /// Writes those of `values[0]` to `values[count - 1]` that are not zero to
  /// `to`, which has room for `count` and 16 more, where the CPU does that fast;
  /// returns their number, or nothing. Other values of `to` may change.
  static std::optional<size_t> dropZeros(const float *values, size_t count,
                                         float *to);

  /// Counts `values[0]` to `values[count - 1]`; `summary` is theirs, and may tell
  /// of zeros that are not among them if `hasZeros` is false. NaN and Inf
  /// count in the bins of their bits, zeros of either sign in no bin.
  /// Precondition: count <= maxChunk.
  void add(const float *values, size_t count, const ChunkSummary &summary,
           bool hasZeros);
  /// The count of a bin, which becomes 0.
  uint64_t take(unsigned bin) {
    Lanes &lanes = bins[bin];
    uint64_t pairs[2];
    std::memcpy(pairs, &lanes, sizeof(pairs));
    if ((pairs[0] | pairs[1]) == 0)
      return 0;
    uint32_t sum = 0; // A lane alone may have wrapped around.
    for (uint32_t &lane : lanes.counts) {
      sum += lane;
      lane = 0;
    }
    return sum;
  }

private:
  static constexpr size_t numLanes = 4;
  struct alignas(16) Lanes {
    uint32_t counts[numLanes];
  };
  Lanes bins[statistics::TensorRecord::numBins] = {};
};

} // namespace qdot::runtime

#endif // QDOT_RUNTIME_BINCOUNTS_H
