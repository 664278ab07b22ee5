//===- LowerDotAArch64.cpp - qdot.dot as AArch64 instructions -------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "PanelLoop.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/UB/IR/UBOps.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/Matchers.h"
#include "qdot/Codegen/KernelTable.h"
#include "qdot/Dialect/Qdot.h"
#include "qdot/Target/AArch64/Passes.h"

namespace qdot {
#define GEN_PASS_DEF_LOWERDOTAARCH64
#include "qdot/Target/AArch64/Passes.h.inc"
} // namespace qdot

using namespace mlir;
using namespace qdot;

static Value callIntrinsic(OpBuilder &builder, Location loc, const Twine &name,
                           Type type, ValueRange operands) {
  return LLVM::CallIntrinsicOp::create(builder, loc, type,
                                       builder.getStringAttr(name), operands)
      .getResult(0);
}

static int64_t getLanes(Value value) {
  return cast<VectorType>(value.getType()).getDimSize(0);
}

/// The 16 bytes of the source in every 128 bits of a scalable vector.
static Value createQuads(OpBuilder &builder, RepeatOp op) {
  Location loc = op.getLoc();
  auto type = VectorType::get({16}, builder.getI8Type(), {true});
  Value empty = ub::PoisonOp::create(builder, loc, type);
  Value first =
      vector::ScalableInsertOp::create(builder, loc, op.getBytes(), empty, 0);
  Value zero =
      arith::ConstantOp::create(builder, loc, builder.getI64IntegerAttr(0));
  return callIntrinsic(builder, loc, "llvm.aarch64.sve.dupq.lane.nxv16i8", type,
                       {first, zero});
}

namespace {
/// Emits the instructions of one qdot.dot.
class DotLowering {
public:
  DotLowering(DotOp op, bool hasI8mm)
      : builder(op), op(op), loc(op.getLoc()), hasI8mm(hasI8mm) {}

  /// The result, or null when the target has no vector of this length.
  Value lower() {
    if (getLanes(op.getResult()) != 4 || op.hasWords())
      return {};
    bool isScalable = cast<VectorType>(op.getType()).isScalable();
    Value sum = op.getAccumulator();
    for (auto [lhs, rhs] : llvm::zip(op.getLhs(), op.getRhs()))
      sum =
          isScalable ? createScalable(sum, lhs, rhs) : createDot(sum, lhs, rhs);
    return sum;
  }

private:
  Value callScalable(const Twine &name, ValueRange operands) {
    return callIntrinsic(builder, loc, "llvm.aarch64.sve." + name + ".nxv4i32",
                         op.getType(), operands);
  }

  Value createScalable(Value sum, Value lhs, Value rhs) {
    bool isSigned = op.getLhsSign() == Sign::Signed;
    bool isMixed = op.getLhsSign() != op.getRhsSign();
    if (auto repeat = lhs.getDefiningOp<RepeatOp>();
        repeat && repeat.getWord() && getLanes(repeat.getBytes()) == 16) {
      // The operand with a lane is the last one.
      StringRef name = !isMixed   ? (isSigned ? "sdot.lane" : "udot.lane")
                       : isSigned ? "usdot.lane"
                                  : "sudot.lane";
      return callScalable(
          name, {sum, rhs, createQuads(builder, repeat), createWord(repeat)});
    }
    if (isMixed && isSigned)
      std::swap(lhs, rhs);
    return callScalable(isMixed    ? "usdot"
                        : isSigned ? "sdot"
                                   : "udot",
                        {sum, lhs, rhs});
  }

  Value createWord(RepeatOp repeat) {
    return arith::ConstantOp::create(
        builder, loc, builder.getI32IntegerAttr(int32_t(*repeat.getWord())));
  }

  Value call(StringRef name, Value sum, Value lhs, Value rhs) {
    return callIntrinsic(builder, loc,
                         "llvm.aarch64.neon." + name + ".v4i32.v16i8",
                         op.getType(), {sum, lhs, rhs});
  }

  Value createDot(Value sum, Value lhs, Value rhs) {
    // LLVM forms lanes of the last operand only, and the left side repeats.
    if (op.getLhsSign() == op.getRhsSign())
      return call(op.getLhsSign() == Sign::Signed ? "sdot" : "udot", sum, rhs,
                  lhs);
    if (op.getLhsSign() == Sign::Signed)
      std::swap(lhs, rhs);
    return hasI8mm ? call("usdot", sum, lhs, rhs) : createMixed(sum, lhs, rhs);
  }

  /// An unsigned byte u is (u - 128) + 64 + 64, each of them a signed byte.
  Value createMixed(Value sum, Value isUnsigned, Value isSigned) {
    auto splat = [&](int8_t value) -> Value {
      return arith::ConstantOp::create(
          builder, loc,
          DenseElementsAttr::get(cast<VectorType>(isSigned.getType()),
                                 builder.getI8IntegerAttr(value)));
    };
    Value low = arith::XOrIOp::create(builder, loc, isUnsigned, splat(-128));
    sum = call("sdot", sum, isSigned, low);
    sum = call("sdot", sum, isSigned, splat(64));
    return call("sdot", sum, isSigned, splat(64));
  }

  OpBuilder builder;
  DotOp op;
  Location loc;
  bool hasI8mm;
};

/// Emits the instructions of one qdot.narrow and what is around it.
class NarrowLowering {
public:
  explicit NarrowLowering(NarrowOp op)
      : builder(op), op(op), loc(op.getLoc()) {}

  void run() {
    if (getLanes(op.getA()) != 4)
      return;
    SmallVector<Value> values(op.getOperands());
    int64_t offset = takeOffset(values);
    // Flipping the sign bit of unsigned bytes is to subtract 128 before.
    Operation *flip = offset ? findFlip() : nullptr;
    if (flip)
      offset -= 128;
    Value bytes = join(narrow(values[0], values[1], offset, flip),
                       narrow(values[2], values[3], offset, flip));
    Operation *last = flip ? flip : op;
    last->replaceAllUsesWith(ValueRange(bytes));
    last->erase();
    if (flip)
      op.erase();
  }

private:
  static std::optional<int64_t> matchSplat(Value value) {
    DenseIntElementsAttr constant;
    if (!matchPattern(value, m_Constant(&constant)) || !constant.isSplat())
      return std::nullopt;
    return constant.getSplatValue<APInt>().getSExtValue();
  }

  /// A constant that is added to all values; they are then those before it. It
  /// is added in 16 bits instead, to two vectors at a time: what saturates there
  /// stays outside of a byte.
  static int64_t takeOffset(SmallVector<Value> &values) {
    std::optional<int64_t> offset;
    SmallVector<Value> before;
    for (Value value : values) {
      Operation *sum = value.getDefiningOp();
      if (!sum || !isa<arith::AddIOp, arith::SubIOp>(sum))
        return 0;
      std::optional<int64_t> own = matchSplat(sum->getOperand(1));
      if (!own || std::abs(*own) > (1 << 14))
        return 0;
      if (isa<arith::SubIOp>(sum))
        own = -*own;
      if (offset.value_or(*own) != *own)
        return 0;
      offset = own;
      before.push_back(sum->getOperand(0));
    }
    values = before;
    return *offset;
  }

  Operation *findFlip() {
    if (!op->hasOneUse())
      return nullptr;
    auto flip = dyn_cast<arith::XOrIOp>(*op->user_begin());
    return flip && matchSplat(flip.getRhs()) == -128 ? flip : nullptr;
  }

  Value join(Value a, Value b) {
    return vector::ShuffleOp::create(
        builder, loc, a, b,
        llvm::to_vector(llvm::seq<int64_t>(0, 2 * getLanes(a))));
  }
  Value call(StringRef name, VectorType type, ValueRange operands) {
    return callIntrinsic(builder, loc, name, type, operands);
  }

  /// Two vectors of i32 to bytes, with saturation: first to i16.
  Value narrow(Value a, Value b, int64_t offset, bool isSigned) {
    auto half = VectorType::get({4}, builder.getI16Type());
    auto words = VectorType::get({8}, builder.getI16Type());
    auto bytes = VectorType::get({8}, builder.getI8Type());
    Value value = join(call("llvm.aarch64.neon.sqxtn.v4i16", half, a),
                       call("llvm.aarch64.neon.sqxtn.v4i16", half, b));
    if (offset) {
      Value added = arith::ConstantOp::create(
          builder, loc,
          DenseElementsAttr::get(words, builder.getI16IntegerAttr(offset)));
      value = call("llvm.aarch64.neon.sqadd.v8i16", words, {value, added});
    }
    return call(isSigned ? "llvm.aarch64.neon.sqxtn.v8i8"
                         : "llvm.aarch64.neon.sqxtun.v8i8",
                bytes, value);
  }

  OpBuilder builder;
  NarrowOp op;
  Location loc;
};

struct LowerDotAArch64
    : public qdot::impl::LowerDotAArch64Base<LowerDotAArch64> {
  using LowerDotAArch64Base::LowerDotAArch64Base;

  void runOnOperation() override {
    const KernelTarget *table = findKernelTarget(target);
    if (!table || !isAArch64(*table)) {
      getOperation().emitError()
          << "unknown AArch64 target '" << target << "'; expected one of "
          << listKernelTargets();
      return signalPassFailure();
    }
    bool hasI8mm = table->hasMatrix;
    WalkResult dots = getOperation().walk([&](DotOp op) {
      if (cast<VectorType>(op.getType()).isScalable() && !table->isScalable) {
        op.emitOpError() << "on " << op.getType()
                         << " needs feature 'sve', which target '" << target
                         << "' does not have";
        return WalkResult::interrupt();
      }
      replace(op, DotLowering(op, hasI8mm).lower());
      return WalkResult::advance();
    });
    if (dots.wasInterrupted())
      return signalPassFailure();
    getOperation().walk([](RepeatOp op) {
      OpBuilder builder(op);
      auto type = cast<VectorType>(op.getType());
      if (op->use_empty())
        op.erase();
      else if (!op.getWord() && type.isScalable() && type.getDimSize(0) == 16 &&
               getLanes(op.getBytes()) == 16)
        replace(op, createQuads(builder, op));
    });
    getOperation().walk([](RescaleOp op) { replace(op, lowerRescale(op)); });
    SmallVector<NarrowOp> narrows;
    getOperation().walk([&](NarrowOp op) { narrows.push_back(op); });
    for (NarrowOp op : narrows)
      NarrowLowering(op).run();
    getOperation().walk(
        [&](LookupBytesOp op) { replace(op, lowerLookup(op)); });
    WalkResult result = getOperation().walk([&](Operation *op) {
      if (!isa<Dot2x2Op, Dot2x2PanelsOp>(op))
        return WalkResult::advance();
      Type type = op->getResult(0).getType();
      bool isScalable = cast<VectorType>(type).isScalable();
      if (!hasI8mm || (isScalable && !table->isScalable)) {
        op->emitOpError() << "on " << type << " needs feature '"
                          << (hasI8mm ? "sve" : "i8mm") << "', which target '"
                          << target << "' does not have";
        return WalkResult::interrupt();
      }
      if (auto loop = dyn_cast<Dot2x2PanelsOp>(op))
        lowerPanelLoop(loop);
      else
        replace(op, lowerDot2x2(cast<Dot2x2Op>(op)));
      return WalkResult::advance();
    });
    if (result.wasInterrupted())
      signalPassFailure();
  }

private:
  static void replace(Operation *op, Value result) {
    if (!result)
      return;
    op->replaceAllUsesWith(ValueRange(result));
    op->erase();
  }

  static Value lowerDot2x2(Dot2x2Op op) {
    OpBuilder builder(op);
    bool isScalable = cast<VectorType>(op.getType()).isScalable();
    auto call = [&](StringRef name, Value sum, Value lhs, Value rhs) {
      std::string full =
          isScalable ? ("llvm.aarch64.sve." + name + ".nxv4i32").str()
                     : ("llvm.aarch64.neon." + name + ".v4i32.v16i8").str();
      return callIntrinsic(builder, op.getLoc(), full, op.getType(),
                           {sum, lhs, rhs});
    };
    bool isSigned = op.getLhsSign() == Sign::Signed;
    if (op.getLhsSign() == op.getRhsSign())
      return call(isSigned ? "smmla" : "ummla", op.getAccumulator(),
                  op.getLhs(), op.getRhs());
    if (!isSigned)
      return call("usmmla", op.getAccumulator(), op.getLhs(), op.getRhs());
    if (isScalable)
      return {};
    // The transposed product has the unsigned operand first.
    auto transpose = [&](Value tile) -> Value {
      return vector::ShuffleOp::create(builder, op.getLoc(), tile, tile,
                                       ArrayRef<int64_t>{0, 2, 1, 3});
    };
    return transpose(call("usmmla", transpose(op.getAccumulator()), op.getRhs(),
                          op.getLhs()));
  }

  /// Rule S6.
  static Value lowerRescale(RescaleOp op) {
    auto type = dyn_cast<VectorType>(op.getType());
    if (!type || type.isScalable() || type.getDimSize(0) != 4)
      return {};
    OpBuilder builder(op);
    Location loc = op.getLoc();
    bool isDouble = op.getContract() == ContractKind::TosaDouble;
    Value high = callIntrinsic(builder, loc,
                               isDouble ? "llvm.aarch64.neon.sqrdmulh.v4i32"
                                        : "llvm.aarch64.neon.sqdmulh.v4i32",
                               type, {op.getValue(), op.getMultiplier()});
    if (isDouble) {
      Value last = arith::ConstantOp::create(
          builder, loc,
          DenseElementsAttr::get(type, builder.getI32IntegerAttr(31)));
      Value sign = arith::ShRSIOp::create(builder, loc, op.getValue(), last);
      high = arith::AddIOp::create(builder, loc, high, sign);
    }
    return callIntrinsic(builder, loc, "llvm.aarch64.neon.srshl.v4i32", type,
                         {high, op.getExponent()});
  }

  /// Four times 64 entries: an index out of range keeps what was found before.
  static Value lowerLookup(LookupBytesOp op) {
    auto type = cast<VectorType>(op.getType());
    if (type.getDimSize(0) != 16)
      return {};
    OpBuilder builder(op);
    Location loc = op.getLoc();
    Value found, indices = op.getIndices();
    for (int64_t quarter = 0; quarter < 4; ++quarter) {
      SmallVector<Value> operands;
      if (found) {
        Value all = arith::ConstantOp::create(
            builder, loc,
            DenseElementsAttr::get(type, builder.getI8IntegerAttr(64)));
        indices = arith::SubIOp::create(builder, loc, indices, all);
        operands.push_back(found);
      }
      for (int64_t part = 0; part < 4; ++part) {
        Value at = arith::ConstantIndexOp::create(builder, loc,
                                                  64 * quarter + 16 * part);
        operands.push_back(vector::LoadOp::create(
            builder, loc, type, op.getTable(), ValueRange(at)));
      }
      operands.push_back(indices);
      found = callIntrinsic(builder, loc,
                            found ? "llvm.aarch64.neon.tbx4.v16i8"
                                  : "llvm.aarch64.neon.tbl4.v16i8",
                            type, operands);
    }
    return found;
  }
};
} // namespace
