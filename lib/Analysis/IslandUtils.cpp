//===- IslandUtils.cpp - What surrounds a sum in float --------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "IslandUtils.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace qdot;

bool qdot::movesValues(Operation *op) {
  if (isa<tensor::ExpandShapeOp, tensor::CollapseShapeOp, tensor::CastOp>(op))
    return true;
  auto linalgOp = dyn_cast<linalg::LinalgOp>(op);
  return linalgOp && matchBody(linalgOp).kind == BodyKind::Copy;
}

Value qdot::skipMovement(Value value, SmallVectorImpl<Operation *> &skipped) {
  while (Operation *op = value.getDefiningOp()) {
    if (!movesValues(op))
      break;
    skipped.push_back(op);
    value = op->getOperand(0);
  }
  return value;
}

bool qdot::isOnPath(Operation *op) {
  auto linalgOp = dyn_cast<linalg::LinalgOp>(op);
  return op->getNumResults() == 1 &&
         (linalgOp ? isAllParallel(linalgOp) : movesValues(op));
}

Value qdot::matchReduction(Operation *op, BodyKind kind) {
  auto linalgOp = dyn_cast_or_null<linalg::LinalgOp>(op);
  if (!linalgOp || linalgOp.getNumReductionLoops() == 0)
    return {};
  StructuralBody body = matchBody(linalgOp);
  return body.kind == kind
             ? linalgOp.getDpsInputOperand(body.inputs[0])->get()
             : Value();
}
