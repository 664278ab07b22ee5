//===- ExpandExp.cpp - The exponential function as plain arithmetic -------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/TypeUtilities.h"
#include "qdot/Codegen/Passes.h"
#include "qdot/Numerics/Exponential.h"
#include "llvm/ADT/bit.h"

namespace qdot {
#define GEN_PASS_DEF_EXPANDEXP
#include "qdot/Codegen/Passes.h.inc"
} // namespace qdot

using namespace mlir;
using namespace qdot::numerics::exponential_constants;

namespace {
/// Emits the steps of numerics::exponential, on a scalar or a vector.
class ExpBuilder {
public:
  explicit ExpBuilder(math::ExpOp op)
      : builder(op), loc(op.getLoc()), real(op.getType()),
        integer(withElement(builder.getI32Type())) {}

  Value build(Value x) {
    Value isTiny = arith::CmpFOp::create(
        builder, loc, arith::CmpFPredicate::OLT, x, constant(low));
    Value clamped =
        arith::SelectOp::create(builder, loc, isTiny, constant(low), x);
    Value isHuge = arith::CmpFOp::create(
        builder, loc, arith::CmpFPredicate::OGT, clamped, constant(high));
    clamped =
        arith::SelectOp::create(builder, loc, isHuge, constant(high), clamped);
    Value shifted = add(multiply(clamped, constant(log2e)), constant(magic));
    Value exponent = arith::SubIOp::create(
        builder, loc, arith::BitcastOp::create(builder, loc, integer, shifted),
        constant(llvm::bit_cast<int32_t>(magic)));
    Value whole = subtract(shifted, constant(magic));
    Value rest =
        subtract(subtract(clamped, multiply(whole, constant(ln2High))),
                 multiply(whole, constant(ln2Low)));
    Value sum = constant(coefficients[0]);
    for (float coefficient : llvm::drop_begin(coefficients))
      sum = add(multiply(sum, rest), constant(coefficient));
    Value result = add(add(multiply(sum, multiply(rest, rest)), rest),
                       constant(1.0f));
    result =
        arith::SelectOp::create(builder, loc, isTiny, constant(0.0f), result);
    Value half =
        arith::ShRSIOp::create(builder, loc, exponent, constant(int32_t(1)));
    Value other = arith::SubIOp::create(builder, loc, exponent, half);
    return multiply(multiply(result, powerOf2(half)), powerOf2(other));
  }

private:
  Type withElement(Type element) const {
    if (auto vector = dyn_cast<VectorType>(real))
      return VectorType::get(vector.getShape(), element,
                             vector.getScalableDims());
    return element;
  }

  Value createConstant(Type type, Attribute value) {
    if (auto vector = dyn_cast<VectorType>(type))
      value = DenseElementsAttr::get(vector, value);
    return arith::ConstantOp::create(builder, loc, cast<TypedAttr>(value));
  }
  Value constant(float value) {
    return createConstant(real, builder.getF32FloatAttr(value));
  }
  Value constant(int32_t value) {
    return createConstant(integer, builder.getI32IntegerAttr(value));
  }

  Value add(Value a, Value b) {
    return arith::AddFOp::create(builder, loc, a, b);
  }
  Value subtract(Value a, Value b) {
    return arith::SubFOp::create(builder, loc, a, b);
  }
  Value multiply(Value a, Value b) {
    return arith::MulFOp::create(builder, loc, a, b);
  }

  Value powerOf2(Value exponent) {
    Value biased = arith::AddIOp::create(builder, loc, exponent,
                                         constant(int32_t(127)));
    Value bits =
        arith::ShLIOp::create(builder, loc, biased, constant(int32_t(23)));
    return arith::BitcastOp::create(builder, loc, real, bits);
  }

  OpBuilder builder;
  Location loc;
  Type real, integer;
};

struct ExpandExp : public qdot::impl::ExpandExpBase<ExpandExp> {
  void runOnOperation() override {
    getOperation().walk([](math::ExpOp op) {
      if (!getElementTypeOrSelf(op.getType()).isF32() ||
          isa<ShapedType>(op.getType()) != isa<VectorType>(op.getType()))
        return;
      op.replaceAllUsesWith(ExpBuilder(op).build(op.getOperand()));
      op.erase();
    });
  }
};
} // namespace
