//===- OrderChannels.cpp - Channels last, where kernels need them ---------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TensorOrder.h"
#include "mlir/Dialect/Utils/IndexingUtils.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Transforms/RegionUtils.h"
#include "qdot/Analysis/Layers.h"
#include "qdot/Analysis/Remarks.h"
#include "qdot/Codegen/Passes.h"
#include "qdot/Dialect/Qdot.h"

namespace qdot {
#define GEN_PASS_DEF_ORDERCHANNELS
#include "qdot/Codegen/Passes.h.inc"
} // namespace qdot

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
class ChannelOrder {
public:
  ChannelOrder(ContractOp op, TensorOrder &order)
      : op(op), order(order), lhs(op.getLhsMap()), rhs(op.getRhsMap()), out(op.getOutMap()) {}

  void apply() {
    std::optional<int64_t> column = findColumn();
    if (!column)
      return;
    unsigned loop = getLoop(out.getResult(*column));
    std::optional<int64_t> channel =
        lhs.isFunctionOfDim(loop) ? findResult(lhs, loop) : findReduction();
    SmallVector<int64_t> outOrder = moveToEnd(out.getNumResults(), *column);
    SmallVector<int64_t> lhsOrder = moveToEnd(
        lhs.getNumResults(), channel.value_or(lhs.getNumResults() - 1));
    if (isIdentityPermutation(outOrder) && isIdentityPermutation(lhsOrder))
      return;
    emitAnalysisRemark(
        op, "OrderChannels",
        {{"Column", *column}, {"Channel", channel.value_or(-1)}},
        "channels are moved to the last dimension for a kernel");
    rewrite(lhsOrder, outOrder);
  }

private:
  int64_t getSize(unsigned loop) { return op.getLoopSizes()[loop]; }
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

  void rewrite(ArrayRef<int64_t> lhsOrder, ArrayRef<int64_t> outOrder) {
    OpBuilder builder(op);
    op.getLhsMutable().assign(order.permute(op.getLhs(), lhsOrder));
    SmallVector<Attribute> maps(op.getIndexingMaps().getValue());
    maps.front() = AffineMapAttr::get(permuteResults(lhs, lhsOrder));
    maps.back() = AffineMapAttr::get(permuteResults(out, outOrder));
    op.setIndexingMapsAttr(builder.getArrayAttr(maps));
    if (isIdentityPermutation(outOrder))
      return;
    permuteExtras(outOrder);
    Value result = op.getResult(0), old = op.getInit();
    SmallVector<OpOperand *> uses;
    for (OpOperand &use : result.getUses())
      uses.push_back(&use);
    op.getInitMutable().assign(
        TensorOrder::createEmpty(builder, op.getLoc(), old, outOrder));
    result.setType(cast<RankedTensorType>(op.getInit().getType()));
    builder.setInsertionPointAfter(op);
    Value back = TensorOrder::createTranspose(
        builder, op.getLoc(), result, invertPermutationVector(outOrder));
    for (OpOperand *use : uses)
      use->set(back);
  }

  /// Bytes that the body reads with the result, such as a residual.
  void permuteExtras(ArrayRef<int64_t> outOrder) {
    SmallVector<Attribute> maps(op.getIndexingMaps().getValue());
    for (unsigned at = 0; at < op.getExtras().size(); ++at) {
      Value extra = op.getExtras()[at];
      if (op.getExtraMap(at) != out ||
          !getElementTypeOrSelf(extra.getType()).isInteger(8))
        continue;
      op.getExtrasMutable().slice(at, 1).assign(order.permute(extra, outOrder));
      maps[at + 2] = AffineMapAttr::get(permuteResults(out, outOrder));
    }
    op.setIndexingMapsAttr(ArrayAttr::get(op.getContext(), maps));
  }

  ContractOp op;
  TensorOrder &order;
  AffineMap lhs, rhs, out;
};

struct OrderChannels : public qdot::impl::OrderChannelsBase<OrderChannels> {
  void runOnOperation() override {
    SmallVector<Operation *> ops;
    getOperation().walk([&](Operation *op) { ops.push_back(op); });
    TensorOrder order;
    for (Operation *op : ops) {
      auto contract = dyn_cast<ContractOp>(op);
      if (!contract)
        order.followOperands(op);
      else if (isa<RankedTensorType>(contract.getInit().getType()) &&
               !contract.getKernel() && isConstantTensor(contract.getRhs()))
        ChannelOrder(contract, order).apply();
    }
    // What was computed in another order before.
    IRRewriter rewriter(&getContext());
    for (Region &region : getOperation()->getRegions())
      (void)runRegionDCE(rewriter, region);
  }
};
} // namespace
