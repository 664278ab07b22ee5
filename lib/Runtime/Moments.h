//===- Moments.h - Exact sums of many values ------------------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QDOT_RUNTIME_MOMENTS_H
#define QDOT_RUNTIME_MOMENTS_H

#include "ChunkSummary.h"
#include "qdot/Statistics/ExactSum.h"
#include <cstddef>

namespace qdot::runtime {

/// The most values of one call of `addMoments`.
constexpr size_t maxMomentsChunk = 1024;

/// Adds the finite ones of `values[0]` to `values[count - 1]` and their squares,
/// exactly; `summary` is that of all of them. Precondition: count <=
/// maxMomentsChunk.
void addMoments(const float *values, size_t count, const ChunkSummary &summary,
                statistics::ValueSum &sum, statistics::SquareSum &squares);

} // namespace qdot::runtime

#endif // QDOT_RUNTIME_MOMENTS_H
