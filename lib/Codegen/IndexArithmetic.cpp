//===- IndexArithmetic.cpp - Arithmetic on indices for emitters -----------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "IndexArithmetic.h"
#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace qdot;

Value IndexArithmetic::constant(int64_t value) {
  return arith::ConstantIndexOp::create(builder, loc, value);
}

Value IndexArithmetic::add(Value a, Value b) {
  return arith::AddIOp::create(builder, loc, a, b);
}

Value IndexArithmetic::addConstant(Value a, int64_t b) {
  return b == 0 ? a : add(a, constant(b));
}

Value IndexArithmetic::multiply(Value a, int64_t b) {
  return b == 1 ? a
                : arith::MulIOp::create(builder, loc, a, constant(b))
                      .getResult();
}
