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
  /// The most values to add before `flush`, so that no cell overflows.
  static constexpr size_t maxValues = (size_t(1) << 20) - 1;

  /// Counts `values[0]` to `values[count - 1]`.
  void add(const float *values, size_t count);
  /// The values since the last call were one sample.
  void endSample();
  /// The values since the last call belong to no sample.
  void dropSample() { sample = Extremes(); }
  /// Adds everything counted to `record` and becomes empty; an open sample goes
  /// on.
  void flush(statistics::TensorRecord &record);
  /// Values counted since the last flush.
  size_t size() const { return total; }

private:
  /// One bin, in one addition per value: the low 20 bits of the values, which
  /// the bin leaves open, are summed beside the count.
  struct alignas(16) Cell {
    uint64_t countAndLowBits = 0; ///< count in the upper 20 bits
    uint64_t squares = 0;         ///< of the low bits
  };
  /// Neighbours count in different cells: equal neighbours (zeros after a ReLU)
  /// would wait for each other's store otherwise.
  static constexpr size_t numLanes = 4;
  struct alignas(64) Bin {
    Cell lanes[numLanes];
  };
  /// The sums of one bin over its lanes.
  struct BinSums {
    uint64_t count, lowBits, squares;
  };
  /// Smallest and largest finite value by `orderOf`.
  struct Extremes {
    int32_t min = INT32_MAX, max = INT32_MIN;
    void include(const Extremes &other);
    bool isEmpty() const { return min > max; }
  };

  void addChunk(const float *values, size_t count);
  void addToBins(const float *values, size_t count);
  BinSums takeBin(unsigned bin);
  unsigned highestExponent(bool isNegative) const;
  void flushExponent(statistics::TensorRecord &record, unsigned firstBin,
                     unsigned endBin);

  size_t total = 0;
  uint64_t nanCount = 0, infCount = 0, zeroCount = 0, negativeZeroCount = 0;
  /// Of the magnitudes that are not zero: which bins are in use.
  uint32_t lowMagnitude = UINT32_MAX, highMagnitude = 0;
  Extremes sample; ///< of the open sample
  Extremes all;    ///< since the last flush
  uint64_t sampleCount = 0;
  statistics::ValueSum sumOfMinima, sumOfMaxima;
  std::array<Bin, statistics::TensorRecord::numBins> bins;
};

} // namespace qdot::runtime

#endif // QDOT_RUNTIME_TALLY_H
