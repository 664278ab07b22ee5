//===- LayerPredicates.cpp - Questions about single ops and values --------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Quant/IR/Quant.h"
#include "mlir/IR/BuiltinTypes.h"
#include "qdot/Analysis/Layers.h"
#include "qdot/Analysis/StructuralBody.h"
#include "qdot/Dialect/Qdot.h"

using namespace mlir;
using namespace qdot;

StringRef qdot::getLayerName(LayerKind kind) {
  switch (kind) {
  case LayerKind::Contraction:
    return "matmul";
  case LayerKind::Sum:
    return "sum";
  case LayerKind::Add:
    return "add";
  case LayerKind::Sub:
    return "sub";
  case LayerKind::Mul:
    return "mul";
  case LayerKind::Affine:
    return "affine";
  case LayerKind::Unary:
    return "unary";
  case LayerKind::SameScale:
    return "move";
  }
  llvm_unreachable("unknown layer kind");
}

static bool isFloatTensor(Type type) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  return tensor && isa<FloatType>(tensor.getElementType());
}

bool qdot::isFloatTensorOp(Operation *op) {
  return llvm::any_of(op->getOperandTypes(), isFloatTensor) ||
         llvm::any_of(op->getResultTypes(), isFloatTensor);
}

bool qdot::isConstantTensor(Value value) {
  Operation *op = value.getDefiningOp();
  if (!op)
    return false;
  if (op->hasTrait<OpTrait::ConstantLike>())
    return true;
  if (isa<QuantizeOp, DequantizeOp, quant::StorageCastOp>(op))
    return isConstantTensor(op->getOperand(0));
  return false;
}

bool qdot::isContractionBody(linalg::LinalgOp op) {
  if (op.getNumDpsInputs() != 2 || op.getNumDpsInits() != 1)
    return false;
  StructuralBody body = matchBody(op);
  return body.kind == BodyKind::MultiplyAdd && body.inputs[0] != body.inputs[1];
}

bool qdot::isF32Tensor(Value value) {
  auto type = dyn_cast<RankedTensorType>(value.getType());
  return type && type.getElementType().isF32();
}
