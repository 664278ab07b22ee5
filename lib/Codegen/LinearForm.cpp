//===- LinearForm.cpp - Sums of bytes with constant factors ---------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "LinearForm.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace qdot;

std::optional<int64_t> qdot::matchInteger(Value value) {
  APInt constant;
  if (!matchPattern(value, m_ConstantInt(&constant)))
    return std::nullopt;
  return constant.getSExtValue();
}

void LinearForm::add(const LinearForm &other, int64_t by) {
  constant += by * other.constant;
  for (const Term &term : other.terms) {
    auto known = llvm::find_if(terms, [&](const Term &mine) {
      return mine.byte == term.byte && mine.isSigned == term.isSigned;
    });
    if (known != terms.end())
      known->factor += by * term.factor;
    else
      terms.push_back({term.byte, term.isSigned, by * term.factor});
  }
}

static std::optional<LinearForm> matchNested(Value value, unsigned depth) {
  LinearForm form;
  if (std::optional<int64_t> constant = matchInteger(value)) {
    form.constant = *constant;
    return form;
  }
  Operation *op = value.getDefiningOp();
  if (!op || depth > 16)
    return std::nullopt;
  if (isa<arith::ExtSIOp, arith::ExtUIOp>(op)) {
    if (!op->getOperand(0).getType().isInteger(8))
      return std::nullopt;
    form.terms.push_back({op->getOperand(0), isa<arith::ExtSIOp>(op), 1});
    return form;
  }
  if (!isa<arith::AddIOp, arith::SubIOp, arith::MulIOp>(op))
    return std::nullopt;
  auto lhs = matchNested(op->getOperand(0), depth + 1);
  auto rhs = matchNested(op->getOperand(1), depth + 1);
  if (!lhs || !rhs)
    return std::nullopt;
  if (!isa<arith::MulIOp>(op)) {
    form = *lhs;
    form.add(*rhs, isa<arith::AddIOp>(op) ? 1 : -1);
  } else if (rhs->terms.empty()) {
    form.add(*lhs, rhs->constant);
  } else if (lhs->terms.empty()) {
    form.add(*rhs, lhs->constant);
  } else {
    return std::nullopt;
  }
  return form;
}

std::optional<LinearForm> qdot::matchLinear(Value value) {
  return matchNested(value, 0);
}
