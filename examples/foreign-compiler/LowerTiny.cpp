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

using namespace mlir;

/// `max(0, product + bias)`, the bias along the last dimension.
static Value createBiasAndRelu(OpBuilder &builder, Location loc, Value product,
                               Value bias) {
  auto type = cast<RankedTensorType>(product.getType());
  Value empty = tensor::EmptyOp::create(builder, loc, type.getShape(),
                                        type.getElementType());
  AffineMap identity = builder.getMultiDimIdentityMap(2);
  AffineMap column = AffineMap::get(2, 0, builder.getAffineDimExpr(1));
  SmallVector<utils::IteratorType> kinds(2, utils::IteratorType::parallel);
  auto body = [](OpBuilder &b, Location l, ValueRange args) {
    Value zero = arith::ConstantOp::create(b, l, b.getF32FloatAttr(0));
    Value sum = arith::AddFOp::create(b, l, args[0], args[1]);
    Value relu = arith::MaximumFOp::create(b, l, sum, zero);
    linalg::YieldOp::create(b, l, relu);
  };
  return linalg::GenericOp::create(builder, loc, type,
                                   ValueRange{product, bias}, empty,
                                   ArrayRef{identity, column, identity}, kinds,
                                   body)
      .getResult(0);
}

static void lowerDense(tiny::DenseOp dense) {
  OpBuilder builder(dense);
  Location loc = dense.getLoc();
  auto type = cast<RankedTensorType>(dense.getType());
  Value zero =
      arith::ConstantOp::create(builder, loc, builder.getF32FloatAttr(0));
  Value empty = tensor::EmptyOp::create(builder, loc, type.getShape(),
                                        type.getElementType());
  Value init = linalg::FillOp::create(builder, loc, zero, empty).getResult(0);
  Value product =
      linalg::MatmulOp::create(builder, loc, type,
                               ValueRange{dense.getX(), dense.getWeights()},
                               init)
          .getResult(0);
  dense.replaceAllUsesWith(
      createBiasAndRelu(builder, loc, product, dense.getBias()));
  dense.erase();
}

namespace {
struct LowerTiny : public PassWrapper<LowerTiny, OperationPass<ModuleOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(LowerTiny)

  StringRef getArgument() const override { return "lower-tiny"; }

  void getDependentDialects(DialectRegistry &registry) const override {
    registry.insert<arith::ArithDialect, linalg::LinalgDialect,
                    tensor::TensorDialect>();
  }

  void runOnOperation() override { getOperation().walk(lowerDense); }
};
} // namespace

std::unique_ptr<Pass> tiny::createLowerTiny() {
  return std::make_unique<LowerTiny>();
}
