//===- ShareObservations.cpp - Moved values are observed with their source ===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/Matchers.h"
#include "qdot/Dialect/Qdot.h"
#include "qdot/Observe/Passes.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/TypeSwitch.h"

namespace qdot {
#define GEN_PASS_DEF_SHAREOBSERVATIONS
#include "qdot/Observe/Passes.h.inc"
} // namespace qdot

using namespace mlir;
using namespace qdot;

/// Elements of one index of the first axis, which holds the samples; 0 when
/// there is no such axis or the number is not known.
static int64_t getRowSize(Value value) {
  auto type = dyn_cast<RankedTensorType>(value.getType());
  if (!type || type.getRank() == 0)
    return 0;
  int64_t size = 1;
  for (int64_t dim : type.getShape().drop_front()) {
    if (ShapedType::isDynamic(dim))
      return 0;
    size *= dim;
  }
  return size;
}

/// The rows of the operand `source` are those of `result`, in their order, with
/// other values in between at most.
static bool keepsRows(Value source, Value result) {
  auto from = dyn_cast<RankedTensorType>(source.getType());
  auto to = cast<RankedTensorType>(result.getType());
  return from && from.getRank() > 0 && to.getRank() > 0 &&
         from.getDimSize(0) == to.getDimSize(0) && getRowSize(source) > 0;
}

static bool padsZeros(tensor::PadOp pad) {
  Value value = pad.getConstantPaddingValue();
  bool isRowPadded = pad.getStaticLow()[0] != 0 || pad.getStaticHigh()[0] != 0;
  return value && matchPattern(value, m_AnyZeroFloat()) && !isRowPadded;
}

/// What `value` holds all elements of, and besides them zeros only; or null.
static Value getMovedSource(Value value) {
  Operation *op = value.getDefiningOp();
  if (!op || op->getNumOperands() == 0 ||
      !isa<RankedTensorType>(value.getType()))
    return {};
  bool isMove =
      TypeSwitch<Operation *, bool>(op)
          .Case([](tensor::PadOp pad) { return padsZeros(pad); })
          .Case<tensor::CollapseShapeOp, tensor::ExpandShapeOp>(
              [](auto reshape) {
                return reshape.getReassociationIndices()[0].size() == 1;
              })
          .Case([](linalg::TransposeOp transpose) {
            return transpose.getPermutation()[0] == 0;
          })
          .Default(false);
  Value source = op->getOperand(0);
  return isMove && keepsRows(source, value) ? source : Value();
}

namespace {
struct ShareObservations
    : public qdot::impl::ShareObservationsBase<ShareObservations> {
  void runOnOperation() override {
    llvm::DenseMap<Value, ObserveOp> open;
    SmallVector<ObserveOp> observes;
    getOperation().walk([&](ObserveOp op) {
      observes.push_back(op);
      if (canShare(op))
        open.try_emplace(op.getValue(), op);
    });
    for (ObserveOp op : observes)
      if (canShare(op))
        share(op, open);
  }

  static bool canShare(ObserveOp op) {
    auto type = dyn_cast<RankedTensorType>(op.getValue().getType());
    return type && type.getElementType().isF32() &&
           op->getDiscardableAttrDictionary().empty();
  }

  /// A call has room for one more site.
  static void share(ObserveOp op, llvm::DenseMap<Value, ObserveOp> &open) {
    Value source = getMovedSource(op.getValue());
    auto found = source ? open.find(source) : open.end();
    if (found == open.end())
      return;
    ObserveOp first = found->second;
    int64_t zeros = getRowSize(op.getValue()) - getRowSize(source);
    Builder builder(op);
    first->setAttr("qdot.moved_site", op.getSite());
    first->setAttr("qdot.moved_zeros", builder.getI64IntegerAttr(zeros));
    open.erase(source);
    open.erase(op.getValue());
    op.erase();
  }
};
} // namespace
