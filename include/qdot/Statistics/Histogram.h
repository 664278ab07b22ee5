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

#include "qdot/Statistics/ExactSum.h"
#include <array>
#include <cstdint>
#include <cstring>
#include <limits>
#include <memory>
#include <string>
#include <vector>

namespace qdot::statistics {

/// The bits of an f32.
inline uint32_t bitsOf(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof(bits));
  return bits;
}

/// The f32 that has these bits.
inline float floatOf(uint32_t bits) {
  float value;
  std::memcpy(&value, &bits, sizeof(value));
  return value;
}

/// An integer that orders as the numbers do (-0.0 just below +0.0), whatever
/// the floating-point environment makes of denormals. Its own inverse on the
/// bits. Precondition: not NaN.
inline int32_t orderOf(uint32_t bits) {
  return static_cast<int32_t>(bits ^ ((bits >> 31) * 0x7fffffffu));
}

/// The f32 with this order; -0.0 for -1.
inline float valueOf(int32_t order) {
  uint32_t bits = static_cast<uint32_t>(order);
  return floatOf(bits ^ ((bits >> 31) * 0x7fffffffu));
}

/// Neither NaN nor Inf, whatever the compiler assumes about floats.
inline bool isFinite(float value) {
  return (bitsOf(value) & 0x7fffffffu) < 0x7f800000u;
}

/// Counts of the bins of a histogram. Only pages with something in them take
/// memory: a tensor that uses 30 exponents takes some 5 KiB, any takes at most
/// 33 KiB.
class Bins {
public:
  static constexpr unsigned numBins = 4096;
  static constexpr unsigned pageBins = 64;

  Bins() = default;
  Bins(const Bins &other) { *this = other; }
  Bins(Bins &&other) = default;
  Bins &operator=(const Bins &other);
  Bins &operator=(Bins &&other) = default;

  static constexpr unsigned size() { return numBins; }
  uint64_t operator[](unsigned bin) const {
    const std::unique_ptr<Page> &page = pages[bin / pageBins];
    return page ? (*page)[bin % pageBins] : 0;
  }
  /// To write: makes the page if it is missing.
  uint64_t &operator[](unsigned bin) {
    std::unique_ptr<Page> &page = pages[bin / pageBins];
    if (!page)
      page = std::make_unique<Page>();
    return (*page)[bin % pageBins];
  }
  void operator+=(const Bins &other);
  bool operator==(const Bins &other) const;
  bool operator!=(const Bins &other) const { return !(*this == other); }

  /// The first bin from `bin` on that is not empty, or `numBins`.
  unsigned findFrom(unsigned bin) const;
  /// The number of bins that are not empty.
  unsigned countUsed() const;
  /// Bytes on the heap.
  size_t heapBytes() const;

private:
  using Page = std::array<uint64_t, pageBins>;
  std::array<std::unique_ptr<Page>, numBins / pageBins> pages;
};

/// Integer counts on a fixed grid: one bin per sign, exponent and the three
/// leading mantissa bits of an f32 (the top 12 bits of its representation).
/// Needs no range beforehand; merging is integer addition, so the result does
/// not depend on order, sharding or threads. At most 34 KiB per tensor, and as
/// much per channel where channels are recorded.
struct TensorRecord {
  static constexpr unsigned binBits = 12;
  static constexpr unsigned numBins = 1u << binBits;
  /// The most values that a record may hold to be written or read: every count
  /// is then exact in any JSON reader, and none can wrap.
  static constexpr uint64_t maxCount = uint64_t(1) << 53;

  uint64_t count = 0;     ///< all values seen, finite or not
  uint64_t nanCount = 0;  ///< NaN values
  uint64_t infCount = 0;  ///< +Inf and -Inf
  uint64_t zeroCount = 0; ///< +0.0 and -0.0
  float min = std::numeric_limits<float>::infinity();  ///< of finite values
  float max = -std::numeric_limits<float>::infinity(); ///< of finite values
  ValueSum sum;             ///< of the finite values
  SquareSum sumOfSquares;   ///< of the finite values
  uint64_t sampleCount = 0; ///< samples with finite values
  ValueSum sumOfMinima;     ///< of each sample's smallest finite value
  ValueSum sumOfMaxima;     ///< of each sample's largest finite value
  Bins bins;                ///< finite values only
  /// Records of the slices along the channel axis, where asked for; these have
  /// no channels and no samples.
  std::vector<TensorRecord> channels;

  /// The bin of a finite value; -0.0 counts as +0.0.
  static unsigned binOf(float value);
  /// The value of smallest magnitude in a bin, of the bin's sign (so -0.0 for
  /// the bin of negative denormals). A bin holds the values from there to the
  /// lower edge of `bin + 1`, which is exclusive; the outermost bins end at
  /// infinity. Precondition: `isFiniteBin(bin)`, or the bin after such a one.
  static float lowerEdge(unsigned bin);
  /// The value of largest magnitude in a bin. Precondition: isFiniteBin(bin).
  static float lastInBin(unsigned bin);
  /// False for bins whose values would be Inf or NaN: they are always empty.
  static bool isFiniteBin(unsigned bin);

  /// Records one value, of no sample.
  void add(float value);
  /// Records the extremes of one sample, whose values were added. The mean of
  /// the extremes is also what a moving average that starts with the first
  /// sample has on average over all orders of the samples, whatever its factor.
  void addSample(float minimum, float maximum);
  /// Adds the counts of `other`. Associative and commutative; an empty record
  /// is its identity. `count` saturates, so that a sum beyond `maxCount` stays
  /// recognizable.
  void merge(const TensorRecord &other);
  /// Widens min and max by one finite value; -0.0 counts as +0.0.
  void addToRange(float value);

  /// True when at least one finite value was seen, so that min and max hold.
  bool hasRange() const { return count > nanCount + infCount; }
  /// Values that are neither NaN nor Inf.
  uint64_t finiteCount() const { return count - nanCount - infCount; }
  /// Bytes that this record takes, with everything that it owns.
  size_t totalBytes() const;

  /// What no sequence of values could have produced, or an empty string:
  /// counters that exceed each other, bins that do not add up, min or max
  /// outside the outermost bins that are in use, sums that the histogram rules
  /// out. The text starts with the name of the field in the file
  /// (docs/Statistics.md) and names the values.
  std::string findProblem() const;
  /// Whether all but samples and channels agree.
  bool hasSameValues(const TensorRecord &other) const;

  bool operator==(const TensorRecord &other) const;
  bool operator!=(const TensorRecord &other) const { return !(*this == other); }
};

} // namespace qdot::statistics

#endif // QDOT_STATISTICS_HISTOGRAM_H
