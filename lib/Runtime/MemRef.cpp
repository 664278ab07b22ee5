//===- MemRef.cpp - Walk the values behind an MLIR descriptor -------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "MemRef.h"

using namespace qdot::runtime;

namespace {
/// The ranked part of a descriptor before its sizes and strides, as MLIR's
/// StridedMemRefType has it (mlir/ExecutionEngine/CRunnerUtils.h).
struct DescriptorHead {
  void *allocated;
  void *aligned;
  int64_t offset;
};
} // namespace

static_assert(std::is_standard_layout_v<DescriptorHead> &&
                  std::is_standard_layout_v<qdot_unranked_memref>,
              "the C interface passes plain structures");
static_assert(offsetof(qdot_unranked_memref, rank) == 0 &&
                  offsetof(qdot_unranked_memref, descriptor) == 8,
              "an unranked memref is a rank and a pointer");
static_assert(offsetof(DescriptorHead, aligned) == sizeof(void *) &&
                  offsetof(DescriptorHead, offset) == 2 * sizeof(void *) &&
                  sizeof(DescriptorHead) == 2 * sizeof(void *) + 8,
              "a descriptor starts with two pointers and an offset");

View::View(const qdot_unranked_memref &memref) {
  const auto *head = static_cast<const DescriptorHead *>(memref.descriptor);
  const auto *sizes = reinterpret_cast<const int64_t *>(head + 1);
  const int64_t *strides = sizes + memref.rank;
  aligned = head->aligned;
  offset = head->offset;
  axes.reserve(static_cast<size_t>(memref.rank));
  for (int64_t i = 0; i != memref.rank; ++i)
    axes.push_back({sizes[i], strides[i]});
}

size_t View::size() const {
  size_t product = 1;
  for (const Axis &axis : axes)
    product *= static_cast<size_t>(axis.size);
  return product;
}

View View::at(size_t axis, int64_t index) const {
  View view = *this;
  view.offset += index * axes[axis].stride;
  view.axes.erase(view.axes.begin() + static_cast<ptrdiff_t>(axis));
  return view;
}

void View::simplify() {
  // In place: most tensors that are observed are small.
  size_t kept = 0;
  for (Axis axis : axes) {
    if (axis.size == 1)
      continue;
    if (kept != 0 && axes[kept - 1].stride == axis.size * axis.stride)
      axes[kept - 1] = {axes[kept - 1].size * axis.size, axis.stride};
    else
      axes[kept++] = axis;
  }
  axes.resize(kept);
}
