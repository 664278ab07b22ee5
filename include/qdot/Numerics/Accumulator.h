//===- Accumulator.h - Proofs that an accumulator cannot overflow ---------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QDOT_NUMERICS_ACCUMULATOR_H
#define QDOT_NUMERICS_ACCUMULATOR_H

#include "qdot/Numerics/Quantization.h"
#include <cstdint>
#include <optional>

namespace qdot::numerics {

/// Running bound of `bias + sum_k a_k * w_k` for known weights w_k and any
/// activations a_k of one storage range. Covers every partial sum in every
/// order, so it holds for any loop order and any tiling. Computed in 128 bits.
class AccumulatorBound {
public:
  explicit AccumulatorBound(StorageRange activation) : activation(activation) {}

  /// Adds a term whose weight is known.
  void addWeight(int64_t weight);
  /// Adds `count` terms whose two factors are only known by range.
  void addProducts(StorageRange other, int64_t count);
  /// Adds a constant (bias, folded zero point).
  void addConstant(int64_t value);

  /// The interval that contains every partial sum, or nullopt when it leaves
  /// the signed integers of `bits` bits.
  std::optional<StorageRange> fitsSigned(unsigned bits) const;

private:
  StorageRange activation;
  __int128 low = 0;
  __int128 high = 0;
};

} // namespace qdot::numerics

#endif // QDOT_NUMERICS_ACCUMULATOR_H
