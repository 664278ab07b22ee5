//===- LowerDot.cpp - qdot.dot as portable vector code --------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "qdot/Dialect/Qdot.h"
#include "qdot/Target/Generic/LowerScalars.h"
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
    if (failed(checkLengths()))
      return signalPassFailure();
    getOperation().walk([](RepeatOp op) {
      OpBuilder builder(op);
      op.replaceAllUsesWith(repeat(builder, op));
      op.erase();
    });
    getOperation().walk([](DotOp op) {
      OpBuilder builder(op);
      Value sum = op.getAccumulator();
      int64_t parts = op.hasWords() ? 2 : 4;
      for (auto [lhs, rhs] : llvm::zip(op.getLhs(), op.getRhs()))
        for (int64_t part = 0; part < parts; ++part) {
          Value product = arith::MulIOp::create(
              builder, op.getLoc(),
              extract(builder, lhs, op.getLhsSign(), part, parts),
              extract(builder, rhs, op.getRhsSign(), part, parts));
          sum = arith::AddIOp::create(builder, op.getLoc(), sum, product);
        }
      op.replaceAllUsesWith(sum);
      op.erase();
    });
    getOperation().walk([](Dot2x2PanelsOp op) { expand(op); });
    getOperation().walk([](Dot2x2Op op) {
      OpBuilder builder(op);
      op.replaceAllUsesWith(multiply(builder, op));
      op.erase();
    });
    getOperation().walk([](LookupBytesOp op) {
      OpBuilder builder(op);
      op.replaceAllUsesWith(lookUp(builder, op));
      op.erase();
    });
    getOperation().walk([](RescaleOp op) {
      OpBuilder builder(op);
      op.replaceAllUsesWith(createRescale(builder, op));
      op.erase();
    });
    getOperation().walk([](NarrowOp op) {
      OpBuilder builder(op);
      op.replaceAllUsesWith(narrow(builder, op));
      op.erase();
    });
  }

private:
  /// Bytes of scalable vectors cannot be picked by number.
  LogicalResult checkLengths() {
    WalkResult result = getOperation().walk([](Operation *op) {
      auto repeat = dyn_cast<RepeatOp>(op);
      if (!isa<DotOp, Dot2x2Op>(op) && !(repeat && !repeat.getWord()))
        return WalkResult::advance();
      Type type = op->getResult(0).getType();
      if (!cast<VectorType>(type).isScalable())
        return WalkResult::advance();
      op->emitOpError() << "on " << type << " has no portable form";
      return WalkResult::interrupt();
    });
    return failure(result.wasInterrupted());
  }

  /// A loop over the units.
  static void expand(Dot2x2PanelsOp op) {
    OpBuilder builder(op);
    Location loc = op.getLoc();
    auto type = VectorType::get({16}, builder.getI8Type());
    auto constant = [&](int64_t value) -> Value {
      return arith::ConstantIndexOp::create(builder, loc, value);
    };
    auto loop =
        scf::ForOp::create(builder, loc, constant(0), constant(op.getUnits()),
                           constant(1), op.getAccumulators());
    builder.setInsertionPointToStart(loop.getBody());
    auto load = [&](Value side, Value index, int64_t count) {
      Value bytes = arith::MulIOp::create(
          builder, loc, loop.getInductionVar(), constant(16 * count));
      Value first = arith::AddIOp::create(builder, loc, index, bytes);
      SmallVector<Value> loaded;
      for (int64_t at = 0; at < count; ++at)
        loaded.push_back(vector::LoadOp::create(
            builder, loc, type, side,
            arith::AddIOp::create(builder, loc, first, constant(16 * at))
                .getResult()));
      return loaded;
    };
    SmallVector<Value> sums;
    int64_t columns = op.getColumns();
    SmallVector<Value> lefts = load(op.getLhs(), op.getLhsIndex(), op.getPairs());
    SmallVector<Value> rights = load(op.getRhs(), op.getRhsIndex(), columns);
    for (auto [number, sum] : llvm::enumerate(loop.getRegionIterArgs()))
      sums.push_back(Dot2x2Op::create(
          builder, loc, sum, lefts[number / columns], rights[number % columns],
          op.getLhsSign(), op.getRhsSign()));
    scf::YieldOp::create(builder, loc, sums);
    op.replaceAllUsesWith(loop.getResults());
    op.erase();
  }

  /// One lane after the other.
  static Value lookUp(OpBuilder &builder, LookupBytesOp op) {
    Location loc = op.getLoc();
    Value result = arith::ConstantOp::create(
        builder, loc, builder.getZeroAttr(op.getType()));
    for (int64_t lane = 0; lane < cast<VectorType>(op.getType()).getDimSize(0); ++lane) {
      Value byte = vector::ExtractOp::create(builder, loc, op.getIndices(),
                                             ArrayRef<int64_t>{lane});
      Value index = arith::IndexCastUIOp::create(builder, loc,
                                                 builder.getIndexType(), byte);
      Value entry = memref::LoadOp::create(builder, loc, op.getTable(),
                                           ValueRange(index));
      result = vector::InsertOp::create(builder, loc, entry, result,
                                        ArrayRef<int64_t>{lane});
    }
    return result;
  }

  static Value repeat(OpBuilder &builder, RepeatOp op) {
    Location loc = op.getLoc();
    if (!op.getWord()) {
      SmallVector<int64_t> mask;
      int64_t size = cast<VectorType>(op.getBytes().getType()).getDimSize(0);
      for (int64_t at = 0; at < cast<VectorType>(op.getType()).getDimSize(0); ++at)
        mask.push_back(at % size);
      return vector::ShuffleOp::create(builder, loc, op.getBytes(),
                                       op.getBytes(), mask);
    }
    auto words = [&](Type type) {
      auto vector = cast<VectorType>(type);
      return VectorType::get({vector.getDimSize(0) / 4}, builder.getI32Type(),
                             vector.getScalableDims());
    };
    Value source = vector::BitCastOp::create(
        builder, loc, words(op.getBytes().getType()), op.getBytes());
    Value word = vector::ExtractOp::create(builder, loc, source,
                                           ArrayRef<int64_t>{int64_t(*op.getWord())});
    Value all =
        vector::BroadcastOp::create(builder, loc, words(op.getType()), word);
    return vector::BitCastOp::create(builder, loc, op.getType(), all);
  }

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

  /// Eight products per element of the tile, one depth after the other.
  static Value multiply(OpBuilder &builder, Dot2x2Op op) {
    Value sum = op.getAccumulator();
    for (int64_t at = 0; at < 8; ++at) {
      Value product = arith::MulIOp::create(
          builder, op.getLoc(),
          pick(builder, op.getLhs(), op.getLhsSign(), {at, at, 8 + at, 8 + at}),
          pick(builder, op.getRhs(), op.getRhsSign(), {at, 8 + at, at, 8 + at}));
      sum = arith::AddIOp::create(builder, op.getLoc(), sum, product);
    }
    return sum;
  }

  /// Every `step`-th element from `part` on, in i32.
  static Value extract(OpBuilder &builder, Value bytes, Sign sign,
                       int64_t part, int64_t step) {
    int64_t size = cast<VectorType>(bytes.getType()).getDimSize(0);
    SmallVector<int64_t> mask;
    for (int64_t at = part; at < size; at += step)
      mask.push_back(at);
    return pick(builder, bytes, sign, mask);
  }

  /// These bytes in i32.
  static Value pick(OpBuilder &builder, Value bytes, Sign sign,
                    ArrayRef<int64_t> mask) {
    Location loc = bytes.getLoc();
    Value quarter =
        vector::ShuffleOp::create(builder, loc, bytes, bytes, mask);
    Type wide = VectorType::get({int64_t(mask.size())}, builder.getI32Type());
    if (sign == Sign::Signed)
      return arith::ExtSIOp::create(builder, loc, wide, quarter);
    return arith::ExtUIOp::create(builder, loc, wide, quarter);
  }
};
} // namespace
