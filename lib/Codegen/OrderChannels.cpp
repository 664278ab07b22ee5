//===- OrderChannels.cpp - Channels last, where kernels need them ----------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ChannelChoice.h"
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

/// Bytes that the body reads with the result, such as a residual.
static void permuteExtras(ContractOp op, TensorOrder &order,
                          ArrayRef<int64_t> outOrder) {
  SmallVector<Attribute> maps(op.getIndexingMaps().getValue());
  for (unsigned at = 0; at < op.getExtras().size(); ++at) {
    Value extra = op.getExtras()[at];
    if (op.getExtraMap(at) != op.getOutMap() ||
        !getElementTypeOrSelf(extra.getType()).isInteger(8))
      continue;
    op.getExtrasMutable().slice(at, 1).assign(order.permute(extra, outOrder));
    maps[at + 2] = AffineMapAttr::get(permuteResults(op.getOutMap(), outOrder));
  }
  op.setIndexingMapsAttr(ArrayAttr::get(op.getContext(), maps));
}

static void applyOrders(ContractOp op, TensorOrder &order,
                        const ChannelOrders &orders) {
  OpBuilder builder(op);
  if (!isIdentityPermutation(orders.out))
    permuteExtras(op, order, orders.out);
  op.getLhsMutable().assign(order.permute(op.getLhs(), orders.lhs));
  SmallVector<Attribute> maps(op.getIndexingMaps().getValue());
  maps.front() = AffineMapAttr::get(permuteResults(op.getLhsMap(), orders.lhs));
  maps.back() = AffineMapAttr::get(permuteResults(op.getOutMap(), orders.out));
  op.setIndexingMapsAttr(builder.getArrayAttr(maps));
  if (isIdentityPermutation(orders.out))
    return;
  op.getInitMutable().assign(TensorOrder::createEmpty(
      builder, op.getLoc(), op.getInit(), orders.out));
  TensorOrder::changeResult(op->getResult(0), op.getInit().getType(),
                            orders.out);
}

static void orderChannels(ContractOp op, TensorOrder &order) {
  if (!isa<RankedTensorType>(op.getInit().getType()) || op.getKernel() ||
      !isConstantTensor(op.getRhs()))
    return;
  std::optional<ChannelOrders> orders = chooseChannelOrders(
      {op.getLhsMap(), op.getRhsMap(), op.getOutMap(),
       SmallVector<int64_t>(op.getLoopSizes())});
  if (!orders)
    return;
  emitAnalysisRemark(op, "OrderChannels",
                     {{"Column", orders->column}, {"Channel", orders->channel}},
                     "channels are moved to the last dimension for a kernel");
  applyOrders(op, order, *orders);
}

namespace {
struct OrderChannels : public qdot::impl::OrderChannelsBase<OrderChannels> {
  void runOnOperation() override {
    SmallVector<Operation *> ops;
    getOperation().walk([&](Operation *op) { ops.push_back(op); });
    TensorOrder order;
    for (Operation *op : ops) {
      if (auto contract = dyn_cast<ContractOp>(op))
        orderChannels(contract, order);
      else
        order.followOperands(op);
    }
    // What was computed in another order before.
    IRRewriter rewriter(&getContext());
    for (Region &region : getOperation()->getRegions())
      (void)runRegionDCE(rewriter, region);
  }
};
} // namespace
