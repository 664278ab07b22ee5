//===- ArenaPlan.cpp - Offsets of buffers in one block of memory ----------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qdot/Codegen/ArenaPlan.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/MathExtras.h"
#include <map>
#include <numeric>

using namespace qdot;

namespace {
/// Compares the buffers at two indices.
using Order = bool (*)(const BufferLifetime &, const BufferLifetime &);
} // namespace

static bool isLarger(const BufferLifetime &lhs, const BufferLifetime &rhs) {
  return std::make_pair(-lhs.size, lhs.first) <
         std::make_pair(-rhs.size, rhs.first);
}

static bool isEarlier(const BufferLifetime &lhs, const BufferLifetime &rhs) {
  return std::make_pair(lhs.first, -lhs.size) <
         std::make_pair(rhs.first, -rhs.size);
}

/// The indices of the buffers in `order`, lower index first among equals.
static std::vector<size_t> sortBuffers(llvm::ArrayRef<BufferLifetime> buffers,
                                       Order order) {
  std::vector<size_t> indices(buffers.size());
  std::iota(indices.begin(), indices.end(), 0);
  llvm::sort(indices, [&](size_t lhs, size_t rhs) {
    if (order(buffers[lhs], buffers[rhs]))
      return true;
    return !order(buffers[rhs], buffers[lhs]) && lhs < rhs;
  });
  return indices;
}

static int64_t computePeak(llvm::ArrayRef<BufferLifetime> buffers,
                           int64_t alignment) {
  // Change of the living bytes at each step where it changes.
  std::map<int64_t, int64_t> changes;
  for (const BufferLifetime &buffer : buffers) {
    int64_t bytes = llvm::alignTo(buffer.size, alignment);
    changes[buffer.first] += bytes;
    changes[buffer.last + 1] -= bytes;
  }
  int64_t living = 0, peak = 0;
  for (auto [step, change] : changes)
    peak = std::max(peak, living += change);
  return peak;
}

namespace {
/// Memory that one placed buffer occupies.
struct Block {
  int64_t begin, end;
  const BufferLifetime *buffer;
};
} // namespace

/// The start of the smallest gap of at least `size` bytes between the `blocks`,
/// sorted by begin, that `buffer` meets; behind all of them when there is none.
static int64_t findGap(llvm::ArrayRef<Block> blocks,
                       const BufferLifetime &buffer, int64_t size) {
  int64_t best = -1, bestSize = 0, end = 0;
  for (const Block &block : blocks) {
    if (!block.buffer->meets(buffer))
      continue;
    int64_t gap = block.begin - end;
    if (gap >= size && (best < 0 || gap < bestSize)) {
      best = end;
      bestSize = gap;
    }
    end = std::max(end, block.end);
  }
  return best < 0 ? end : best;
}

/// Each buffer, in `order`, goes into the smallest gap.
static ArenaPlan placeGreedily(llvm::ArrayRef<BufferLifetime> buffers,
                               int64_t alignment, Order order) {
  ArenaPlan plan;
  plan.offsets.resize(buffers.size());
  std::vector<Block> blocks;
  for (size_t index : sortBuffers(buffers, order)) {
    const BufferLifetime &buffer = buffers[index];
    int64_t size = llvm::alignTo(buffer.size, alignment);
    int64_t begin = findGap(blocks, buffer, size);
    plan.offsets[index] = begin;
    plan.size = std::max(plan.size, begin + size);
    Block block = {begin, begin + size, &buffer};
    blocks.insert(llvm::upper_bound(blocks, block,
                                    [](const Block &lhs, const Block &rhs) {
                                      return lhs.begin < rhs.begin;
                                    }),
                  block);
  }
  return plan;
}

ArenaPlan qdot::planArena(llvm::ArrayRef<BufferLifetime> buffers,
                          int64_t alignment) {
  ArenaPlan plan = placeGreedily(buffers, alignment, isLarger);
  plan.peak = computePeak(buffers, alignment);
  if (plan.size == plan.peak)
    return plan;
  ArenaPlan other = placeGreedily(buffers, alignment, isEarlier);
  other.peak = plan.peak;
  return other.size < plan.size ? other : plan;
}
