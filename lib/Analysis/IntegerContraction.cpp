//===- IntegerContraction.cpp - Contractions on storage types ------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qdot/Analysis/IntegerContraction.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Matchers.h"
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

/// The product that a body adds to the old value of its only result.
static arith::MulIOp matchAddedProduct(linalg::GenericOp op) {
  if (op.getNumDpsInits() != 1 || op.getNumDpsInputs() != 2)
    return {};
  Block &body = *op.getBody();
  auto sum =
      body.getTerminator()->getOperand(0).getDefiningOp<arith::AddIOp>();
  if (!sum || !sum.getType().isInteger(32))
    return {};
  Value out = body.getArguments().back();
  Value other = sum.getLhs() == out   ? sum.getRhs()
                : sum.getRhs() == out ? sum.getLhs()
                                      : Value();
  return other ? other.getDefiningOp<arith::MulIOp>() : arith::MulIOp();
}

/// `value` without the constants subtracted from it, which are added to `zero`.
static Value stripZeroPoint(Value value, int64_t &zero) {
  APInt constant;
  while (auto difference = value.getDefiningOp<arith::SubIOp>()) {
    if (!matchPattern(difference.getRhs(), m_ConstantInt(&constant)))
      return value;
    zero += constant.getSExtValue();
    value = difference.getLhs();
  }
  return value;
}

std::optional<CenteredContraction>
qdot::matchCenteredContraction(linalg::GenericOp op) {
  arith::MulIOp product = matchAddedProduct(op);
  if (!product)
    return std::nullopt;
  CenteredContraction result;
  auto first = matchExtension(stripZeroPoint(product.getLhs(), result.lhsZero));
  auto second = matchExtension(stripZeroPoint(product.getRhs(), result.rhsZero));
  Block &body = *op.getBody();
  if (!first || !second || first->first == second->first ||
      first->first.getOwner() != &body || second->first.getOwner() != &body ||
      !llvm::isInt<10>(result.lhsZero) || !llvm::isInt<10>(result.rhsZero))
    return std::nullopt;
  result.lhs = &op->getOpOperand(first->first.getArgNumber());
  result.rhs = &op->getOpOperand(second->first.getArgNumber());
  result.lhsSign = first->second;
  result.rhsSign = second->second;
  return result;
}

OpOperand *qdot::getRowOperand(linalg::GenericOp op,
                               const CenteredContraction &contraction) {
  SmallVector<int64_t> sizes = op.getStaticLoopRanges();
  AffineMap out = op.getMatchingIndexingMap(op.getDpsInitOperand(0));
  AffineMap rhs = op.getMatchingIndexingMap(contraction.rhs);
  for (AffineExpr expr : llvm::reverse(out.getResults())) {
    auto dim = dyn_cast<AffineDimExpr>(expr);
    if (dim && sizes[dim.getPosition()] != 1)
      return rhs.isFunctionOfDim(dim.getPosition()) ? contraction.lhs
                                                    : contraction.rhs;
  }
  return contraction.lhs;
}

std::optional<IntegerContraction>
qdot::matchIntegerContraction(linalg::GenericOp op) {
  arith::MulIOp product = matchAddedProduct(op);
  Block &body = *op.getBody();
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
