//===- Tally.h - Count many values fast -----------------------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QDOT_RUNTIME_TALLY_H
#define QDOT_RUNTIME_TALLY_H

#include "BinCounts.h"
#include "Moments.h"
#include "qdot/Statistics/Histogram.h"
#include <cstddef>

namespace qdot::runtime {

/// What one thread counts before it takes a lock: the same as a TensorRecord,
/// in a form that is fast to add to. Empty between two uses.
class Tally {
public:
  /// The most values to add before `flush`, so that no count overflows.
  static constexpr size_t maxValues = (size_t(1) << 20) - 1;

  /// Counts `values[0]` to `values[count - 1]`.
  void add(const float *values, size_t count);
  /// The values since the last call were one sample; with `hasZeros`, zeros
  /// belong to the same sample of the moved tensor.
  void endSample(bool hasZeros = false);
  /// The values since the last call belong to no sample.
  void dropSample() { sample = Extremes(); }
  /// Adds all values counted to `record`, and to `moved` unless it is null, and
  /// holds none afterwards; samples stay.
  void flush(statistics::TensorRecord &record,
             statistics::TensorRecord *moved = nullptr);
  /// Adds the samples that ended to `record`, and those of the moved tensor to
  /// `moved` unless it is null, and forgets them.
  void flushSamples(statistics::TensorRecord &record,
                    statistics::TensorRecord *moved = nullptr);
  /// Values counted since the last flush.
  size_t size() const { return total; }

private:
  /// Smallest and largest finite value by `orderOf`.
  struct Extremes {
    int32_t min = INT32_MAX, max = INT32_MIN;
    void include(const Extremes &other);
    bool isEmpty() const { return min > max; }
  };

  /// Samples that ended.
  struct Samples {
    uint64_t count = 0;
    statistics::ValueSum sumOfMinima, sumOfMaxima;
    void add(const Extremes &extremes);
    void flush(statistics::TensorRecord &record);
  };

  void addChunk(const float *values, size_t count);
  unsigned highestExponent(bool isNegative) const;
  void flushBins(statistics::TensorRecord &record,
                 statistics::TensorRecord *moved);
  void addTotals(statistics::TensorRecord &record) const;

  bool areZerosUsual = false; ///< in the chunk before
  size_t total = 0;
  uint64_t nanCount = 0, infCount = 0, zeroCount = 0;
  /// Of the magnitudes that are not zero: which bins are in use.
  uint32_t lowMagnitude = UINT32_MAX, highMagnitude = 0;
  Extremes sample; ///< of the open sample
  Extremes all;    ///< since the last flush
  Samples samples;
  Samples movedSamples; ///< with the zeros of the moved tensor
  statistics::ValueSum sum;
  statistics::SquareSum sumOfSquares;
  BinCounts bins;
};

} // namespace qdot::runtime

#endif // QDOT_RUNTIME_TALLY_H
