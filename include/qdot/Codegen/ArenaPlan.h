//===- ArenaPlan.h - Offsets of buffers in one block of memory ------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QDOT_CODEGEN_ARENAPLAN_H
#define QDOT_CODEGEN_ARENAPLAN_H

#include "llvm/ADT/ArrayRef.h"
#include <cstdint>
#include <vector>

namespace qdot {

/// A buffer and when it holds something.
struct BufferLifetime {
  /// Bytes, at least 0.
  int64_t size = 0;
  /// Steps of the program, both inclusive: two buffers that meet in one step
  /// never share memory. Precondition: first <= last.
  int64_t first = 0;
  int64_t last = 0;

  bool meets(const BufferLifetime &other) const {
    return first <= other.last && other.first <= last;
  }
};

/// Where each buffer lies.
struct ArenaPlan {
  /// Bytes from the start of the arena, multiples of the alignment.
  std::vector<int64_t> offsets;
  /// Bytes of the arena, a multiple of the alignment.
  int64_t size = 0;
  /// No plan is smaller: the most bytes, rounded up to the alignment per
  /// buffer, that are alive in one step.
  int64_t peak = 0;
};

/// Places the buffers one after the other, largest first, each into the
/// smallest gap between those placed earlier that it meets ("greedy by size
/// for offset calculation": Pisarchyk and Lee, Efficient Memory Management for
/// Deep Neural Net Inference, arXiv:2001.03288; TensorFlow Lite uses the same).
/// Where that misses the peak, earliest first is tried as well and the smaller
/// arena taken. The result depends on the arguments alone. Precondition: `alignment` > 0,
/// the sum of all sizes fits 62 bits.
ArenaPlan planArena(llvm::ArrayRef<BufferLifetime> buffers, int64_t alignment);

} // namespace qdot

#endif // QDOT_CODEGEN_ARENAPLAN_H
