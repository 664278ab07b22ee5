//===- DotProof.h - Dot products in i16 that cannot overflow --------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// AVX2 multiplies u8 by s8 with vpmaddubsw, which adds two products in i16 and
// saturates. With constant weights it can be proved that nothing leaves i16,
// for one such product (P1) or for the sum of two or four (P2, P4), which then
// share the widening to i32. No IR. Rule numbers refer to docs/Numerics.md.
//
//===----------------------------------------------------------------------===//

#ifndef QDOT_NUMERICS_DOTPROOF_H
#define QDOT_NUMERICS_DOTPROOF_H

#include "qdot/Numerics/Quantization.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"
#include <cstdint>
#include <utility>
#include <vector>

namespace qdot::numerics {

/// Rule D1: whether every sum of some of the products `a_i * weights[i]`, each
/// a_i in `activation`, fits i16. `weights` are all that one i16 lane meets:
/// two for P1, four for P2, eight for P4. Then vpmaddubsw does not saturate and
/// vpaddw does not wrap, in any order. Precondition: activation in [0, 255].
bool fitsPairSums(llvm::ArrayRef<int8_t> weights, StorageRange activation);

/// Groups of four consecutive k of one block of columns that are multiplied
/// together, for each row and each column:
/// `acc += sum over groups g, i < 4: a[4 g + i] * weights[g][column][i]`.
struct DotBlock {
  /// 1, 2 or 4: the number of `groups`, whose products share i16 lanes.
  unsigned pairs;
  /// Whether D1 holds for every lane. When not, `pairs` is 1 and the products
  /// must be widened before they are added.
  bool fits;
  /// Indices into the groups, ascending.
  llvm::SmallVector<unsigned, 4> groups;
};

/// How many groups of four k each class holds, for remarks.
struct DotShares {
  int64_t quads = 0;   ///< In blocks of four (P4).
  int64_t twos = 0;    ///< In blocks of two (P2).
  int64_t singles = 0; ///< Alone and fitting (P1).
  int64_t wide = 0;    ///< Alone and not fitting.
  /// The largest magnitude that an i16 lane of a fitting block can hold.
  int64_t largestSum = 0;

  int64_t total() const { return quads + twos + singles + wide; }
  /// Adds the counts of another column block or layer.
  void add(const DotShares &other);
};

/// Which order of the groups a plan may use.
enum class DotOrder {
  /// Only neighbours share a block: 4i to 4i + 3, or 2i and 2i + 1. The blocks
  /// are in the order of k.
  Consecutive,
  /// Any groups share a block. The blocks are sorted by class (P4, P2, P1,
  /// wide), each class by its first group, so that each is one loop.
  Free,
};

/// Rule D2: a partition of all groups of a column block into fitting blocks of
/// at most `maxPairs` groups, and single ones, that makes the number of
/// instructions small. Each group occurs once. `weights` is
/// [groups][columns][4]; padding is weight 0. Lane (column, 0) adds k 0 and 1
/// of a group, lane (column, 1) k 2 and 3. Time is linear in the weights, up to
/// a sort. Precondition: maxPairs is 1, 2 or 4; activation in [0, 255].
std::vector<DotBlock> planDotBlocks(llvm::ArrayRef<int8_t> weights,
                                    unsigned groups, unsigned columns,
                                    StorageRange activation, unsigned maxPairs,
                                    DotOrder order = DotOrder::Free);

/// What a plan made of these weights.
DotShares countShares(llvm::ArrayRef<DotBlock> blocks,
                      llvm::ArrayRef<int8_t> weights, unsigned columns,
                      StorageRange activation);

/// Weights as a sum, `main[i] + rest[i]`.
struct SplitWeights {
  std::vector<int8_t> main;
  std::vector<int8_t> rest;
};

/// Rule D3: two summands of the weights of which every lane pair (elements 2j
/// and 2j + 1) fits by D1. `rest` is 0 where the pair fits as it is, else it
/// has one element that is not 0. Precondition: weights.size() is even,
/// activation in [0, 255].
SplitWeights splitOutliers(llvm::ArrayRef<int8_t> weights,
                           StorageRange activation);

/// Rule D4: two summands of the weight `shared`, the first for a lane that has
/// the weight `first` too, the second for one with `last`, such that both lanes
/// fit by D1 if that is possible. Precondition: activation in [0, 255].
std::pair<int8_t, int8_t> splitSharedTap(int8_t first, int8_t shared,
                                         int8_t last,
                                         StorageRange activation);

} // namespace qdot::numerics

#endif // QDOT_NUMERICS_DOTPROOF_H
