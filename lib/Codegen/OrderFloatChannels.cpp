//===- OrderFloatChannels.cpp - Channels last, in f32 ----------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ChannelChoice.h"
#include "TensorOrder.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Dialect/Utils/IndexingUtils.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Transforms/RegionUtils.h"
#include "qdot/Analysis/Layers.h"
#include "qdot/Codegen/FloatPlan.h"
#include "qdot/Codegen/Passes.h"
#include "qdot/Dialect/Qdot.h"

namespace qdot {
#define GEN_PASS_DEF_ORDERFLOATCHANNELS
#include "qdot/Codegen/Passes.h.inc"
} // namespace qdot

using namespace mlir;
using namespace qdot;

namespace {
/// A contraction in f32 with weights, and the orders that it wants.
struct FloatContraction {
  OpOperand *lhs; ///< what is no weight
  ChannelOrders orders;
};
} // namespace

/// Nullopt for any other op, and where nothing is to be moved.
static std::optional<FloatContraction> matchContraction(linalg::LinalgOp op) {
  if (!op.hasPureTensorSemantics() || !matchProductBody(op).sum)
    return std::nullopt;
  OpOperand *left = op.getDpsInputOperand(0), *right = op.getDpsInputOperand(1);
  if (isConstantTensor(left->get()))
    std::swap(left, right);
  AffineMap out = op.getMatchingIndexingMap(op.getDpsInitOperand(0));
  if (isConstantTensor(left->get()) || !isConstantTensor(right->get()) ||
      !out.isProjectedPermutation())
    return std::nullopt;
  std::optional<ChannelOrders> orders = chooseChannelOrders(
      {op.getMatchingIndexingMap(left), op.getMatchingIndexingMap(right), out,
       op.getStaticLoopRanges()});
  if (!orders)
    return std::nullopt;
  return FloatContraction{left, *orders};
}

static void orderChannels(linalg::GenericOp op, TensorOrder &order) {
  std::optional<FloatContraction> contraction =
      matchContraction(cast<linalg::LinalgOp>(op.getOperation()));
  if (!contraction)
    return;
  const ChannelOrders &orders = contraction->orders;
  unsigned lhs = contraction->lhs->getOperandNumber();
  SmallVector<AffineMap> maps = op.getIndexingMapsArray();
  maps[lhs] = permuteResults(maps[lhs], orders.lhs);
  maps[2] = permuteResults(maps[2], orders.out);
  op->setOperand(lhs, order.permute(op->getOperand(lhs), orders.lhs));
  op->setOperand(2, order.permute(op->getOperand(2), orders.out));
  op.setIndexingMapsAttr(
      Builder(op.getContext()).getAffineMapArrayAttr(maps));
  if (!isIdentityPermutation(orders.out))
    TensorOrder::changeResult(op->getResult(0), op->getOperand(2).getType(),
                              orders.out);
}

/// Statistics do not depend on the order of what is observed, but for samples,
/// which are the first axis.
static void observeUnordered(ObserveOp op) {
  auto transpose = op.getValue().getDefiningOp<linalg::TransposeOp>();
  if (!transpose || transpose.getPermutation().front() != 0)
    return;
  if (auto axis = op->getAttrOfType<IntegerAttr>("qdot.channel_axis")) {
    ArrayRef<int64_t> order = transpose.getPermutation();
    int64_t at = axis.getInt() + (axis.getInt() < 0 ? order.size() : 0);
    op->setAttr("qdot.channel_axis",
                IntegerAttr::get(axis.getType(), order[at]));
  }
  op->setOperand(0, transpose.getInput());
}

namespace {
struct OrderFloatChannels
    : public qdot::impl::OrderFloatChannelsBase<OrderFloatChannels> {
  void runOnOperation() override {
    for (auto function : getOperation().getOps<func::FuncOp>())
      orderFunction(function);
  }

private:
  static void orderFunction(func::FuncOp function) {
    bool isMoved = function.walk([](linalg::LinalgOp op) {
      return matchContraction(op) ? WalkResult::interrupt()
                                  : WalkResult::advance();
    }).wasInterrupted();
    if (!isMoved)
      return;
    generalize(function);
    SmallVector<Operation *> ops;
    function.walk([&](Operation *op) { ops.push_back(op); });
    TensorOrder order;
    for (Operation *op : ops) {
      auto generic = dyn_cast<linalg::GenericOp>(op);
      if (generic && matchContraction(cast<linalg::LinalgOp>(op)))
        orderChannels(generic, order);
      else
        order.followOperands(op);
    }
    function.walk([](ObserveOp op) { observeUnordered(op); });
    IRRewriter rewriter(function.getContext());
    for (Region &region : function->getRegions())
      (void)runRegionDCE(rewriter, region);
  }

  /// Named ops have their order in their names.
  static void generalize(func::FuncOp function) {
    SmallVector<linalg::LinalgOp> named;
    function.walk([&](linalg::LinalgOp op) {
      if (op.hasPureTensorSemantics() &&
          !isa<linalg::GenericOp, linalg::TransposeOp, linalg::FillOp>(
              op.getOperation()))
        named.push_back(op);
    });
    IRRewriter rewriter(function.getContext());
    for (linalg::LinalgOp op : named) {
      rewriter.setInsertionPoint(op);
      SmallVector<NamedAttribute> kept(op->getDiscardableAttrs());
      FailureOr<linalg::GenericOp> generic =
          linalg::generalizeNamedOp(rewriter, op);
      if (succeeded(generic))
        for (NamedAttribute attribute : kept)
          if (attribute.getName() !=
              linalg::LinalgDialect::kMemoizedIndexingMapsAttrName)
            (*generic)->setAttr(attribute.getName(), attribute.getValue());
    }
  }
};
} // namespace
