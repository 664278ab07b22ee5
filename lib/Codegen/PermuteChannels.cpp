//===- PermuteChannels.cpp - Channels in the order of cheap sums ----------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ChannelSet.h"
#include "ContractBody.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/Matchers.h"
#include "qdot/Analysis/Remarks.h"
#include "qdot/Codegen/ConstantData.h"
#include "qdot/Codegen/Passes.h"
#include "qdot/Numerics/ChannelOrder.h"
#include <numeric>

namespace qdot {
#define GEN_PASS_DEF_PERMUTECHANNELS
#include "qdot/Codegen/Passes.h.inc"
} // namespace qdot

using namespace mlir;
using namespace qdot;
using numerics::ChannelWeights;

/// Weights per channel of all layers together, above which one order can hardly
/// be good for all of them.
static constexpr int64_t maxWeights = 4096;
/// What is left of the instructions when it is worth a change.
static constexpr double worthwhile = 0.98;
/// How often every set gets a new order.
static constexpr int numTurns = 2;

static unsigned getLoop(AffineExpr expr) {
  return cast<AffineDimExpr>(expr).getPosition();
}

/// The reduction that runs along the activation's last dimension, if groups of
/// four of it are multiplied in 16 bits.
static std::optional<unsigned> getChannelLoop(ContractOp op) {
  AffineMap lhs = op.getLhsMap(), rhs = op.getRhsMap(), out = op.getOutMap();
  if (op.getNumResults() == 0 || op.getKernel() ||
      op.getLhsSign() != Sign::Unsigned || op.getRhsSign() != Sign::Signed ||
      lhs.getNumResults() == 0 || !isa<AffineDimExpr>(lhs.getResults().back()))
    return std::nullopt;
  unsigned loop = getLoop(lhs.getResults().back());
  if (out.isFunctionOfDim(loop) || op.getLoopSizes()[loop] % 4 != 0 ||
      op.getLoopSizes()[loop] < 8 || !rhs.isFunctionOfDim(loop))
    return std::nullopt;
  bool isPlain = llvm::all_of(rhs.getResults(), [&](AffineExpr expr) {
    return isa<AffineDimExpr>(expr);
  });
  return isPlain ? std::optional<unsigned>(loop) : std::nullopt;
}

/// How often every weight is read.
static double countUses(ContractOp op) {
  double uses = 1;
  for (auto [loop, size] : llvm::enumerate(op.getLoopSizes()))
    if (!op.getRhsMap().isFunctionOfDim(loop) && size > 0)
      uses *= size;
  return uses;
}

static bool isColumn(ContractOp op, unsigned loop) {
  return op.getOutMap().isFunctionOfDim(loop) &&
         !op.getLhsMap().isFunctionOfDim(loop);
}

/// `data` as rule D5 reads it.
static ChannelWeights getWeights(ContractOp op, DenseElementsAttr data) {
  ChannelWeights result{{}, 1, 1, 1, getActivationRange(op), countUses(op),
                        false};
  SmallVector<int64_t> order, rows, columns;
  for (auto [dim, expr] : llvm::enumerate(op.getRhsMap().getResults())) {
    bool isRow = getLoop(expr) == *getChannelLoop(op);
    bool isLane = isColumn(op, getLoop(expr));
    (isRow ? rows : isLane ? columns : order).push_back(dim);
    (isRow ? result.rows : isLane ? result.columns : result.taps) *=
        data.getType().getDimSize(dim);
  }
  llvm::append_range(order, rows);
  llvm::append_range(order, columns);
  DenseElementsAttr ordered = transposeConstant(data, order);
  result.weights.assign(ordered.value_begin<int8_t>(),
                        ordered.value_end<int8_t>());
  return result;
}

static bool hasWeights(ContractOp op) {
  ElementsAttr elements;
  std::string reason;
  return matchPattern(op.getRhs(), m_Constant(&elements)) &&
         elements.getElementType().isInteger(8) &&
         hasConstantData(elements, reason);
}

static std::vector<int64_t> getIdentity(int64_t count) {
  std::vector<int64_t> order(count);
  std::iota(order.begin(), order.end(), 0);
  return order;
}

namespace {
/// Channels with a free order, and the layers whose products it changes.
class FreeChannels {
public:
  explicit FreeChannels(ChannelSet free) : set(std::move(free)) {
    for (auto [layer, loop] : set.getLoops()) {
      std::optional<unsigned> row = getChannelLoop(layer);
      if (!row || !hasWeights(layer))
        continue;
      layers.insert(layer);
      count = layer.getLoopSizes()[loop];
      auto type = cast<ShapedType>(layer.getRhs().getType());
      if (*row == loop)
        numWeights += type.getNumElements() / count;
      if (*row == loop || isColumn(layer, loop))
        roles.push_back({layer, *row != loop});
    }
  }

  int64_t getNumWeights() const { return numWeights; }

  /// Puts them into a better order, if there is one.
  void improve() {
    std::vector<int64_t> given = getIdentity(count);
    std::vector<ChannelWeights> weights;
    for (auto [layer, isProducer] : roles) {
      weights.push_back(getWeights(
          layer, set.getPermuted(layer.getRhsMutable(), given)));
      weights.back().isProducer = isProducer;
      if (weights.back().getNumChannels() != count)
        weights.pop_back();
    }
    std::vector<int64_t> order = numerics::findChannelOrder(weights);
    double now = estimate(given);
    if (before == 0)
      before = after = now;
    double then = estimate(order);
    if (then >= now * worthwhile)
      return;
    after = then;
    set.permute(order);
  }

  void remark() {
    emitAnalysisRemark(layers.front(), "PermuteChannels",
                       {{"Channels", count},
                        {"Layers", int64_t(layers.size())},
                        {"Before", std::llround(before)},
                        {"After", std::llround(after)}},
                       "vector instructions for the products, estimated");
  }

private:
  /// Of all layers with weights in the set.
  double estimate(ArrayRef<int64_t> order) {
    double sum = 0;
    for (ContractOp layer : layers) {
      ChannelWeights weights =
          getWeights(layer, set.getPermuted(layer.getRhsMutable(), order));
      sum += numerics::estimateInstructions(weights, getIdentity(weights.rows));
    }
    return sum;
  }

  ChannelSet set;
  SetVector<ContractOp> layers;
  /// The layers, and whether the channels are their columns.
  SmallVector<std::pair<ContractOp, bool>> roles;
  int64_t count = 0;
  int64_t numWeights = 0; ///< of every channel, in layers that read it
  double before = 0, after = 0;
};

struct PermuteChannels
    : public qdot::impl::PermuteChannelsBase<PermuteChannels> {
  void runOnOperation() override {
    collect();
    // The order of one set decides what another can gain.
    for (int turn = 0; turn < numTurns; ++turn)
      for (FreeChannels &channels : free)
        channels.improve();
    for (FreeChannels &channels : free)
      channels.remark();
  }

private:
  void collect() {
    DenseSet<TensorDim> seen;
    getOperation().walk([&](ContractOp op) {
      if (!getChannelLoop(op) || !hasWeights(op))
        return;
      TensorDim start(op.getLhs(), op.getLhsMap().getNumResults() - 1);
      if (seen.contains(start))
        return;
      ChannelSet set(start);
      seen.insert(set.getMembers().begin(), set.getMembers().end());
      if (!set.getReason().empty())
        return emitMissedRemark(op, "PermuteChannels", "order-is-fixed",
                                set.getReason());
      FreeChannels channels(std::move(set));
      if (channels.getNumWeights() > maxWeights)
        return emitMissedRemark(
            op, "PermuteChannels", "many-weights",
            "one order cannot be good for this many weights");
      free.push_back(std::move(channels));
    });
  }

  std::vector<FreeChannels> free;
};
} // namespace
