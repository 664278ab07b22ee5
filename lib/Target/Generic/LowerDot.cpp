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
  }

private:
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
