//===- ChannelChoice.cpp - Which dimensions belong at the end -------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ChannelChoice.h"
#include "mlir/Dialect/Utils/IndexingUtils.h"
#include "mlir/IR/AffineExpr.h"
#include "mlir/IR/BuiltinTypeInterfaces.h"

using namespace mlir;
using namespace qdot;

/// A reduction shorter than one dot product is no reason to move anything.
static constexpr int64_t minReduction = 4;
/// Columns that fill the shortest vectors well.
static constexpr int64_t minColumns = 8;

/// The permutation that makes dimension `dim` the last one.
static SmallVector<int64_t> moveToEnd(int64_t rank, int64_t dim) {
  SmallVector<int64_t> order;
  for (int64_t at = 0; at < rank; ++at)
    if (at != dim)
      order.push_back(at);
  order.push_back(dim);
  return order;
}

namespace {
/// What one contraction wants moved to the end.
class ChannelChoice {
public:
  explicit ChannelChoice(const ContractionMaps &maps)
      : lhs(maps.lhs), rhs(maps.rhs), out(maps.out), sizes(maps.sizes) {}

  std::optional<ChannelOrders> choose() {
    std::optional<int64_t> column = findColumn();
    if (!column)
      return std::nullopt;
    unsigned loop = getLoop(out.getResult(*column));
    std::optional<int64_t> channel =
        lhs.isFunctionOfDim(loop) ? findResult(lhs, loop) : findReduction();
    ChannelOrders orders{
        *column, channel.value_or(-1),
        moveToEnd(lhs.getNumResults(), channel.value_or(lhs.getNumResults() - 1)),
        moveToEnd(out.getNumResults(), *column)};
    if (isIdentityPermutation(orders.out) && isIdentityPermutation(orders.lhs))
      return std::nullopt;
    return orders;
  }

private:
  int64_t getSize(unsigned loop) { return sizes[loop]; }
  static unsigned getLoop(AffineExpr expr) {
    return cast<AffineDimExpr>(expr).getPosition();
  }

  /// The result of `map` that is `loop` alone.
  static std::optional<int64_t> findResult(AffineMap map, unsigned loop) {
    if (auto at = map.getResultPosition(getAffineDimExpr(loop, map.getContext())))
      return *at;
    return std::nullopt;
  }

  bool isLong(unsigned loop, int64_t size) {
    return ShapedType::isStatic(getSize(loop)) && getSize(loop) >= size;
  }

  /// The dimension of the result for the lanes of a kernel, if another one than
  /// the last, or if the last one is right and something else is not.
  std::optional<int64_t> findColumn() {
    std::optional<int64_t> last, plain, shared;
    for (auto [at, expr] : llvm::enumerate(out.getResults())) {
      auto dim = dyn_cast<AffineDimExpr>(expr);
      if (!dim || getSize(dim.getPosition()) == 1)
        continue;
      unsigned loop = dim.getPosition();
      last = at;
      if (!rhs.isFunctionOfDim(loop))
        continue;
      if (!lhs.isFunctionOfDim(loop))
        plain = at;
      else if (findResult(lhs, loop))
        shared = at;
    }
    // Few results per channel and short sums: the channels are the lanes.
    if (shared && isLong(getLoop(out.getResult(*shared)), minColumns) &&
        (!plain || !isLong(getLoop(out.getResult(*plain)), minColumns)) &&
        !findReduction())
      return shared;
    if (plain)
      return plain;
    return last && shared ? shared : std::nullopt;
  }

  /// The longest reduction that is a dimension of the left side by itself.
  std::optional<int64_t> findReduction() {
    std::optional<int64_t> best;
    int64_t most = minReduction - 1;
    for (auto [at, expr] : llvm::enumerate(lhs.getResults())) {
      auto dim = dyn_cast<AffineDimExpr>(expr);
      if (!dim || out.isFunctionOfDim(dim.getPosition()) ||
          !rhs.isFunctionOfDim(dim.getPosition()))
        continue;
      int64_t size = getSize(dim.getPosition());
      // The last one of equal ones is the one that is there already.
      if (ShapedType::isStatic(size) && size > most) {
        most = size;
        best = at;
      }
    }
    // A run that is there already will do.
    if (best && isContiguousRun())
      return int64_t(lhs.getNumResults()) - 1;
    return best;
  }

  /// Whether the last dimensions of the left side are reductions by themselves
  /// that are long enough together.
  bool isContiguousRun() {
    int64_t run = 1;
    for (AffineExpr expr : llvm::reverse(lhs.getResults())) {
      if (isa<AffineConstantExpr>(expr))
        continue;
      auto dim = dyn_cast<AffineDimExpr>(expr);
      if (!dim || (getSize(dim.getPosition()) != 1 &&
                   out.isFunctionOfDim(dim.getPosition())))
        break;
      if (ShapedType::isStatic(getSize(dim.getPosition())))
        run *= getSize(dim.getPosition());
    }
    return run >= minReduction;
  }

  AffineMap lhs, rhs, out;
  ArrayRef<int64_t> sizes;
};
} // namespace

std::optional<ChannelOrders>
qdot::chooseChannelOrders(const ContractionMaps &maps) {
  return ChannelChoice(maps).choose();
}
