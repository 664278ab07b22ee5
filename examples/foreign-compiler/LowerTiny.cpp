//===- LowerTiny.cpp - tiny.dense to linalg on tensors --------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Tiny.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/BuiltinOps.h"
#include "qdot/Dialect/Qdot.h"

using namespace mlir;

/// `value` as it reads after a round trip through the quantized `type`.
static Value createRoundTrip(OpBuilder &builder, Value value, Type type) {
  auto real = cast<RankedTensorType>(value.getType());
  Value quantized =
      qdot::QuantizeOp::create(builder, value.getLoc(), real.clone(type), value,
                               qdot::SiteAttr());
  return qdot::DequantizeOp::create(builder, value.getLoc(), real, quantized);
}

/// An elementwise operation of the inputs, each indexed by its map.
static Value
createElementwise(OpBuilder &builder, Location loc, ValueRange inputs,
                  ArrayRef<AffineMap> maps,
                  function_ref<Value(OpBuilder &, ValueRange)> compute) {
  auto type = cast<RankedTensorType>(inputs.front().getType());
  Value empty = tensor::EmptyOp::create(builder, loc, type.getShape(),
                                        type.getElementType());
  SmallVector<utils::IteratorType> kinds(type.getRank(),
                                         utils::IteratorType::parallel);
  auto body = [&](OpBuilder &b, Location l, ValueRange args) {
    linalg::YieldOp::create(b, l, compute(b, args));
  };
  return linalg::GenericOp::create(builder, loc, type, inputs, empty, maps,
                                   kinds, body)
      .getResult(0);
}

static Value createProduct(OpBuilder &builder, Location loc, Value x, Value w,
                           RankedTensorType type) {
  Value zero =
      arith::ConstantOp::create(builder, loc, builder.getF32FloatAttr(0));
  Value empty = tensor::EmptyOp::create(builder, loc, type.getShape(),
                                        type.getElementType());
  Value init = linalg::FillOp::create(builder, loc, zero, empty).getResult(0);
  return linalg::MatmulOp::create(builder, loc, type, ValueRange{x, w}, init)
      .getResult(0);
}

static void lowerDense(tiny::DenseOp dense) {
  OpBuilder builder(dense);
  Location loc = dense.getLoc();
  AffineMap identity = builder.getMultiDimIdentityMap(2);
  AffineMap column = AffineMap::get(2, 0, builder.getAffineDimExpr(1));
  Value x = createRoundTrip(builder, dense.getX(), dense.getXType());
  Value w = createRoundTrip(builder, dense.getWeights(), dense.getWeightsType());
  Value product = createProduct(builder, loc, x, w,
                                cast<RankedTensorType>(dense.getType()));
  Value sum = createElementwise(
      builder, loc, {product, dense.getBias()}, {identity, column, identity},
      [&](OpBuilder &b, ValueRange args) -> Value {
        return arith::AddFOp::create(b, loc, args[0], args[1]);
      });
  Value relu = createElementwise(
      builder, loc, sum, {identity, identity},
      [&](OpBuilder &b, ValueRange args) -> Value {
        Value zero = arith::ConstantOp::create(b, loc, b.getF32FloatAttr(0));
        return arith::MaximumFOp::create(b, loc, args[0], zero);
      });
  dense.replaceAllUsesWith(createRoundTrip(builder, relu, dense.getYType()));
  dense.erase();
}

namespace {
struct LowerTiny : public PassWrapper<LowerTiny, OperationPass<ModuleOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(LowerTiny)

  StringRef getArgument() const override { return "lower-tiny"; }

  void getDependentDialects(DialectRegistry &registry) const override {
    registry.insert<arith::ArithDialect, linalg::LinalgDialect,
                    qdot::QdotDialect, tensor::TensorDialect>();
  }

  void runOnOperation() override { getOperation().walk(lowerDense); }
};
} // namespace

std::unique_ptr<Pass> tiny::createLowerTiny() {
  return std::make_unique<LowerTiny>();
}
