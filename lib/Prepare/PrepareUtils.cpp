//===- PrepareUtils.cpp - Shared by the passes of the step Prepare --------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "PrepareUtils.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Iterators.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "qdot/Dialect/Constants.h"
#include "llvm/ADT/APFloat.h"
#include <cstring>

using namespace mlir;

namespace qdot {

bool isHalf(Type type) { return type.isF16() || type.isBF16(); }

DenseElementsAttr widenElements(const ConstantTensor &tensor) {
  RankedTensorType type = tensor.getType();
  const llvm::fltSemantics &semantics =
      cast<FloatType>(type.getElementType()).getFloatSemantics();
  SmallVector<char> bytes;
  bytes.reserve(tensor.getNumElements() * sizeof(float));
  for (int64_t i = 0, e = tensor.getNumElements(); i < e; ++i) {
    uint16_t bits;
    std::memcpy(&bits, tensor.getBytes(i).data(), sizeof(bits));
    float value =
        llvm::APFloat(semantics, llvm::APInt(16, bits)).convertToFloat();
    const char *data = reinterpret_cast<const char *>(&value);
    bytes.append(data, data + sizeof(value));
  }
  return createElements(type.clone(Float32Type::get(type.getContext())), bytes);
}

void eraseDeadOps(ModuleOp module) {
  module.walk<WalkOrder::PostOrder, ReverseIterator>([](Operation *op) {
    if (isOpTriviallyDead(op))
      op->erase();
  });
}

/// The operand whose element a block argument of `op` is, or null.
static OpOperand *getOperandOf(linalg::LinalgOp op, Value value) {
  auto argument = dyn_cast<BlockArgument>(value);
  if (!argument || argument.getOwner() != op.getBlock())
    return nullptr;
  return &op->getOpOperand(argument.getArgNumber());
}

/// The factors of `value` when it is a product of two inputs of `op`.
static std::optional<Product> matchProduct(linalg::LinalgOp op, Value value) {
  auto product = value.getDefiningOp<arith::MulFOp>();
  if (!product)
    return std::nullopt;
  OpOperand *lhs = getOperandOf(op, product.getLhs());
  OpOperand *rhs = getOperandOf(op, product.getRhs());
  if (!lhs || !rhs || lhs == rhs || !op.isDpsInput(lhs) || !op.isDpsInput(rhs))
    return std::nullopt;
  return Product{lhs, rhs};
}

std::optional<Product> matchSumOfProducts(linalg::LinalgOp op) {
  if (!op.hasPureTensorSemantics() || op->getNumResults() != 1 ||
      op.getNumReductionLoops() == 0)
    return std::nullopt;
  auto sum = op.getBlock()
                 ->getTerminator()
                 ->getOperand(0)
                 .getDefiningOp<arith::AddFOp>();
  if (!sum)
    return std::nullopt;
  OpOperand *init = op.getDpsInitOperand(0);
  if (getOperandOf(op, sum.getLhs()) == init)
    return matchProduct(op, sum.getRhs());
  if (getOperandOf(op, sum.getRhs()) == init)
    return matchProduct(op, sum.getLhs());
  return std::nullopt;
}

} // namespace qdot
