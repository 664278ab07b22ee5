//===- IntegerContraction.cpp - Contractions on storage types ------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qdot/Analysis/IntegerContraction.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "qdot/Analysis/Layers.h"

using namespace mlir;
using namespace qdot;

/// The i8 block argument that `value` extends to i32, and how.
static std::optional<std::pair<BlockArgument, Sign>> matchExtension(Value value) {
  Operation *op = value.getDefiningOp();
  if (!isa_and_nonnull<arith::ExtSIOp, arith::ExtUIOp>(op))
    return std::nullopt;
  auto argument = dyn_cast<BlockArgument>(op->getOperand(0));
  if (!argument || !argument.getType().isInteger(8))
    return std::nullopt;
  return std::pair(argument,
                   isa<arith::ExtSIOp>(op) ? Sign::Signed : Sign::Unsigned);
}

std::optional<IntegerContraction>
qdot::matchIntegerContraction(linalg::GenericOp op) {
  if (op.getNumDpsInits() != 1 || op.getNumDpsInputs() != 2)
    return std::nullopt;
  Block &body = *op.getBody();
  auto sum =
      body.getTerminator()->getOperand(0).getDefiningOp<arith::AddIOp>();
  if (!sum || !sum.getType().isInteger(32))
    return std::nullopt;
  Value out = body.getArguments().back();
  Value other = sum.getLhs() == out   ? sum.getRhs()
                : sum.getRhs() == out ? sum.getLhs()
                                      : Value();
  auto product = other ? other.getDefiningOp<arith::MulIOp>() : arith::MulIOp();
  if (!product || body.getOperations().size() != 5)
    return std::nullopt;
  auto first = matchExtension(product.getLhs());
  auto second = matchExtension(product.getRhs());
  if (!first || !second || first->first == second->first ||
      first->first.getOwner() != &body || second->first.getOwner() != &body)
    return std::nullopt;
  IntegerContraction result{
      &op->getOpOperand(first->first.getArgNumber()),
      &op->getOpOperand(second->first.getArgNumber()),
      first->second,
      second->second,
      product.getLhs().getDefiningOp(),
      product.getRhs().getDefiningOp()};
  bool isLhsConstant = isConstantTensor(result.lhs->get());
  bool isRhsConstant = isConstantTensor(result.rhs->get());
  bool isSwapped = isLhsConstant != isRhsConstant
                       ? isLhsConstant
                       : result.lhs->getOperandNumber() >
                             result.rhs->getOperandNumber();
  if (isSwapped) {
    std::swap(result.lhs, result.rhs);
    std::swap(result.lhsSign, result.rhsSign);
    std::swap(result.lhsExtension, result.rhsExtension);
  }
  return result;
}

std::optional<int64_t> qdot::getCoefficient(AffineExpr expr, unsigned dim) {
  if (!expr.isFunctionOfDim(dim))
    return 0;
  if (isa<AffineDimExpr>(expr))
    return 1;
  auto binary = dyn_cast<AffineBinaryOpExpr>(expr);
  if (!binary)
    return std::nullopt;
  std::optional<int64_t> lhs = getCoefficient(binary.getLHS(), dim);
  if (!lhs)
    return std::nullopt;
  auto constant = dyn_cast<AffineConstantExpr>(binary.getRHS());
  if (expr.getKind() == AffineExprKind::Mul && constant)
    return *lhs * constant.getValue();
  if (expr.getKind() != AffineExprKind::Add)
    return std::nullopt;
  std::optional<int64_t> rhs = getCoefficient(binary.getRHS(), dim);
  if (!rhs)
    return std::nullopt;
  return *lhs + *rhs;
}
