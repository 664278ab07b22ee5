//===- LowerDot.cpp - qdot.dot as portable vector code --------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "qdot/Dialect/Qdot.h"
#include "qdot/Target/Generic/Passes.h"

namespace qdot {
#define GEN_PASS_DEF_LOWERDOT
#include "qdot/Target/Generic/Passes.h.inc"
} // namespace qdot

using namespace mlir;
using namespace qdot;

namespace {
struct LowerDot : public qdot::impl::LowerDotBase<LowerDot> {
  void runOnOperation() override {
    getOperation().walk([](DotOp op) {
      OpBuilder builder(op);
      Value sum = op.getAccumulator();
      for (auto [lhs, rhs] : llvm::zip(op.getLhs(), op.getRhs()))
        for (int64_t part = 0; part < 4; ++part) {
          Value product = arith::MulIOp::create(
              builder, op.getLoc(), extract(builder, lhs, op.getLhsSign(), part),
              extract(builder, rhs, op.getRhsSign(), part));
          sum = arith::AddIOp::create(builder, op.getLoc(), sum, product);
        }
      op.replaceAllUsesWith(sum);
      op.erase();
    });
    getOperation().walk([](NarrowOp op) {
      OpBuilder builder(op);
      op.replaceAllUsesWith(narrow(builder, op));
      op.erase();
    });
  }

private:
  static Value narrow(OpBuilder &builder, NarrowOp op) {
    Location loc = op.getLoc();
    auto type = cast<VectorType>(op.getA().getType());
    int64_t lanes = type.getDimSize(0);
    auto bound = [&](int32_t value) -> Value {
      return arith::ConstantOp::create(
          builder, loc,
          DenseElementsAttr::get(type, builder.getI32IntegerAttr(value)));
    };
    SmallVector<Value> bytes;
    for (Value operand : op.getOperands()) {
      Value value = arith::MaxSIOp::create(builder, loc, operand, bound(0));
      value = arith::MinSIOp::create(builder, loc, value, bound(255));
      bytes.push_back(arith::TruncIOp::create(
          builder, loc, VectorType::get({lanes}, builder.getI8Type()), value));
    }
    // Joined one after the other, then put into order.
    auto join = [&](Value a, Value b, int64_t size) -> Value {
      return vector::ShuffleOp::create(
          builder, loc, a, b, llvm::to_vector(llvm::seq<int64_t>(0, 2 * size)));
    };
    Value all = join(join(bytes[0], bytes[1], lanes),
                     join(bytes[2], bytes[3], lanes), 2 * lanes);
    SmallVector<int64_t> mask;
    for (int64_t block = 0; block < lanes; block += 4)
      for (int64_t operand = 0; operand < 4; ++operand)
        for (int64_t at = 0; at < 4; ++at)
          mask.push_back(operand * lanes + block + at);
    return vector::ShuffleOp::create(builder, loc, all, all, mask);
  }

  /// Every fourth byte from `part` on, in i32.
  static Value extract(OpBuilder &builder, Value bytes, Sign sign,
                       int64_t part) {
    int64_t size = cast<VectorType>(bytes.getType()).getDimSize(0);
    SmallVector<int64_t> mask;
    for (int64_t at = part; at < size; at += 4)
      mask.push_back(at);
    Location loc = bytes.getLoc();
    Value quarter =
        vector::ShuffleOp::create(builder, loc, bytes, bytes, mask);
    Type wide = VectorType::get({size / 4}, builder.getI32Type());
    if (sign == Sign::Signed)
      return arith::ExtSIOp::create(builder, loc, wide, quarter);
    return arith::ExtUIOp::create(builder, loc, wide, quarter);
  }
};
} // namespace
