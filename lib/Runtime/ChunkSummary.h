//===- ChunkSummary.h - Counters and bounds of some values ----------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QDOT_RUNTIME_CHUNKSUMMARY_H
#define QDOT_RUNTIME_CHUNKSUMMARY_H

#include <cstddef>
#include <cstdint>

namespace qdot::runtime {

/// What one pass finds. Integer arithmetic only: a floating-point environment
/// that flushes denormals must not change a record.
struct ChunkSummary {
  int32_t minOrder = INT32_MAX, maxOrder = INT32_MIN; ///< of finite values
  /// Of the values that are not zero, NaN and Inf among them.
  uint32_t lowMagnitude = UINT32_MAX, highMagnitude = 0;
  uint32_t nanCount = 0, infCount = 0, zeroCount = 0, negativeZeroCount = 0;

  /// As if there were `count` zeros more, of either sign.
  void addZeros(size_t count);
};

/// Summarizes `values[0]` to `values[count - 1]`. Precondition: count < 2^31.
ChunkSummary summarize(const float *values, size_t count);

} // namespace qdot::runtime

#endif // QDOT_RUNTIME_CHUNKSUMMARY_H
