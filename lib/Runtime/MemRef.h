//===- MemRef.h - Walk the values behind an MLIR descriptor ---------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QDOT_RUNTIME_MEMREF_H
#define QDOT_RUNTIME_MEMREF_H

#include "qdot/Runtime/Runtime.h"
#include <cstddef>
#include <type_traits>
#include <vector>

namespace qdot::runtime {

/// One axis of a strided view, in elements.
struct Axis {
  int64_t size;
  int64_t stride;
};

/// A strided view of values whose type the caller knows. Without axes it is one
/// value.
struct View {
  const void *aligned; ///< what the offset counts from
  int64_t offset;      ///< of the first value, in elements
  std::vector<Axis> axes;

  /// The values that a descriptor describes.
  explicit View(const qdot_unranked_memref &memref);

  /// The number of values.
  size_t size() const;
  /// The values at one index of an axis, without the axis.
  View at(size_t axis, int64_t index) const;
  /// Joins axes that lie behind each other in memory and drops those of size 1.
  /// The values and their order stay.
  void simplify();
};

/// Calls `use(const float *, size_t)` with runs of values, as f32, until every
/// value of `view` was passed once. f32 values that are contiguous in memory
/// are passed in place; others are gathered and converted first.
/// Precondition: `view` is of `Element` values, simplified and not empty.
template <typename Element, typename Use>
void forEachRun(const View &view, Use use) {
  static constexpr int64_t bufferSize = 2048;
  float buffer[bufferSize];
  int64_t buffered = 0;
  size_t rank = view.axes.size();
  Axis inner = rank == 0 ? Axis{1, 1} : view.axes[rank - 1];
  // Of the outer axes; without them nothing is allocated.
  std::vector<int64_t> index(rank > 1 ? rank - 1 : 0, 0);
  const Element *row = static_cast<const Element *>(view.aligned) + view.offset;
  for (;;) {
    bool inPlace = std::is_same_v<Element, float> && inner.stride == 1 &&
                   inner.size >= bufferSize / 16;
    if (inPlace)
      use(reinterpret_cast<const float *>(row),
          static_cast<size_t>(inner.size));
    for (int64_t i = 0; !inPlace && i != inner.size; ++i) {
      buffer[buffered++] = static_cast<float>(row[i * inner.stride]);
      if (buffered == bufferSize) {
        use(buffer, static_cast<size_t>(buffered));
        buffered = 0;
      }
    }
    // The next row: count up from the second innermost axis.
    size_t axis = rank == 0 ? 0 : rank - 1;
    for (; axis != 0; --axis) {
      const Axis &outer = view.axes[axis - 1];
      row += outer.stride;
      if (++index[axis - 1] != outer.size)
        break;
      row -= outer.size * outer.stride;
      index[axis - 1] = 0;
    }
    if (axis == 0)
      break;
  }
  if (buffered != 0)
    use(buffer, static_cast<size_t>(buffered));
}

} // namespace qdot::runtime

#endif // QDOT_RUNTIME_MEMREF_H
