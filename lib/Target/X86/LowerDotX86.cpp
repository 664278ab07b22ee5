//===- LowerDotX86.cpp - qdot.dot as x86 instructions ---------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "qdot/Codegen/KernelTable.h"
#include "qdot/Dialect/Qdot.h"
#include "qdot/Target/X86/Passes.h"

namespace qdot {
#define GEN_PASS_DEF_LOWERDOTX86
#include "qdot/Target/X86/Passes.h.inc"
} // namespace qdot

using namespace mlir;
using namespace qdot;

namespace {
/// Instructions that a target has.
struct InstructionSet {
  bool hasVnni512; ///< vpdpbusd on zmm
  bool hasVnni;    ///< vpdpbusd on xmm and ymm
  bool hasInt8;    ///< vpdpbssd and vpdpbuud on xmm and ymm
};

/// Emits the instructions of one qdot.dot.
class DotLowering {
public:
  DotLowering(DotOp op, const InstructionSet &isa)
      : builder(op), op(op), loc(op.getLoc()), isa(isa),
        lanes(cast<VectorType>(op.getType()).getDimSize(0)) {}

  /// The result, or null when the target has no vector of this length.
  Value lower() {
    bool hasVectors = lanes == 4 || lanes == 8 || (lanes == 16 && isa.hasVnni512);
    if (!hasVectors)
      return {};
    if (op.hasWords())
      return lanes == 16 ? Value() : createWords();
    if (StringRef name = getDotName(); !name.empty())
      return createDots(name);
    if (lanes == 16)
      return {};
    if (op.getFitsI16() && isMixed())
      return createPairSums();
    return hasOwnWeights() ? createHalves() : createWidened();
  }

private:
  bool isMixed() { return op.getLhsSign() != op.getRhsSign(); }

  StringRef getDotName() {
    if (isMixed() && (lanes == 16 ? isa.hasVnni512 : isa.hasVnni))
      return "llvm.x86.avx512.vpdpbusd";
    if (!isMixed() && isa.hasInt8 && lanes <= 8)
      return op.getLhsSign() == Sign::Signed ? "llvm.x86.avx2.vpdpbssd"
                                             : "llvm.x86.avx2.vpdpbuud";
    return {};
  }

  Value call(const Twine &name, Type type, ValueRange operands) {
    return LLVM::CallIntrinsicOp::create(builder, loc, type,
                                         builder.getStringAttr(name), operands)
        .getResult(0);
  }

  /// The unsigned operand first, where the signs differ.
  std::pair<Value, Value> getPair(size_t at) {
    Value lhs = op.getLhs()[at], rhs = op.getRhs()[at];
    if (isMixed() && op.getLhsSign() == Sign::Signed)
      std::swap(lhs, rhs);
    return {lhs, rhs};
  }

  Value createDots(StringRef name) {
    Value sum = op.getAccumulator();
    for (size_t at = 0; at < op.getLhs().size(); ++at) {
      auto [lhs, rhs] = getPair(at);
      sum = call(name + "." + Twine(32 * lanes), op.getType(), {sum, lhs, rhs});
    }
    return sum;
  }

  VectorType getWords() {
    return VectorType::get({2 * lanes}, builder.getI16Type());
  }

  /// `vpmaddwd`: products of words, summed in pairs.
  Value createMultiplyWords(Value a, Value b) {
    return call(lanes == 8 ? "llvm.x86.avx2.pmadd.wd"
                           : "llvm.x86.sse2.pmadd.wd",
                op.getType(), {a, b});
  }

  /// `vpmaddubsw`: products of an unsigned and a signed byte, summed in pairs.
  Value createProducts(Value a, Value b) {
    return call(lanes == 8 ? "llvm.x86.avx2.pmadd.ub.sw"
                           : "llvm.x86.ssse3.pmadd.ub.sw.128",
                getWords(), {a, b});
  }

  Value createOnes() {
    return arith::ConstantOp::create(
        builder, loc,
        DenseElementsAttr::get(getWords(), builder.getI16IntegerAttr(1)));
  }

  Value createWords() {
    Value sum = op.getAccumulator();
    for (auto [lhs, rhs] : llvm::zip(op.getLhs(), op.getRhs()))
      sum = arith::AddIOp::create(builder, loc, sum,
                                  createMultiplyWords(lhs, rhs));
    return sum;
  }

  /// `vpmaddubsw` per pair, sums in 16 bits, then one widening: exact because
  /// of `fits_i16`.
  Value createPairSums() {
    Value sum;
    for (size_t at = 0; at < op.getLhs().size(); ++at) {
      auto [lhs, rhs] = getPair(at);
      Value products = createProducts(lhs, rhs);
      sum = sum ? arith::AddIOp::create(builder, loc, sum, products).getResult()
                : products;
    }
    return arith::AddIOp::create(builder, loc, op.getAccumulator(),
                                 createMultiplyWords(sum, createOnes()));
  }

  /// Even and odd bytes as words.
  std::pair<Value, Value> widen(Value bytes, Sign sign) {
    Value words = vector::BitCastOp::create(builder, loc, getWords(), bytes);
    auto constant = [&](int64_t value) -> Value {
      return arith::ConstantOp::create(
          builder, loc,
          DenseElementsAttr::get(getWords(), builder.getI16IntegerAttr(value)));
    };
    Value eight = constant(8);
    if (sign == Sign::Unsigned)
      return {arith::AndIOp::create(builder, loc, words, constant(255)),
              arith::ShRUIOp::create(builder, loc, words, eight)};
    Value high = arith::ShLIOp::create(builder, loc, words, eight);
    return {arith::ShRSIOp::create(builder, loc, high, eight),
            arith::ShRSIOp::create(builder, loc, words, eight)};
  }

  /// Whether widened weights would serve this dot product alone. Then the
  /// activation, which others share, is taken apart instead.
  bool hasOwnWeights() {
    return isMixed() && op.getLhsSign() == Sign::Unsigned &&
           llvm::all_of(op.getRhs(), [](Value rhs) { return rhs.hasOneUse(); });
  }

  /// Unsigned bytes as sums of two up to 128: two products of these and any
  /// bytes fit 16 bits, 2 * 128 * 127 and 2 * 128 * -128.
  Value createHalves() {
    auto type = VectorType::get({4 * lanes}, builder.getI8Type());
    Value most = arith::ConstantOp::create(
        builder, loc,
        DenseElementsAttr::get(type, builder.getI8IntegerAttr(127)));
    Value sum = op.getAccumulator();
    for (auto [lhs, rhs] : llvm::zip(op.getLhs(), op.getRhs())) {
      Value low = arith::MinUIOp::create(builder, loc, lhs, most);
      Value high = arith::SubIOp::create(builder, loc, lhs, low);
      for (Value half : {low, high})
        sum = arith::AddIOp::create(
            builder, loc, sum,
            createMultiplyWords(createProducts(half, rhs), createOnes()));
    }
    return sum;
  }

  /// Products of words are exact in i32 whatever the bytes are.
  Value createWidened() {
    Value sum = op.getAccumulator();
    for (auto [lhs, rhs] : llvm::zip(op.getLhs(), op.getRhs())) {
      auto [evenLhs, oddLhs] = widen(lhs, op.getLhsSign());
      auto [evenRhs, oddRhs] = widen(rhs, op.getRhsSign());
      sum = arith::AddIOp::create(builder, loc, sum,
                                  createMultiplyWords(evenLhs, evenRhs));
      sum = arith::AddIOp::create(builder, loc, sum,
                                  createMultiplyWords(oddLhs, oddRhs));
    }
    return sum;
  }

  OpBuilder builder;
  DotOp op;
  Location loc;
  const InstructionSet &isa;
  int64_t lanes;
};

/// Emits `vpshufb`, which looks up bytes in 16 entries, for 256. An index that
/// counts down by 16, with saturation, is negative from some row on, and
/// `vpshufb` gives 0 for it: the sum (xor) of the differences of all rows
/// before is the entry of the last one. Each half of the table by itself.
class LookupLowering {
public:
  LookupLowering(LookupBytesOp op)
      : builder(op), loc(op.getLoc()), op(op),
        type(cast<VectorType>(op.getType())) {}

  /// The entries, or null for a vector of another length than 16, 32 and 64.
  Value lower(bool has512) {
    int64_t length = type.getDimSize(0);
    if (length == 8)
      return lowerHalf();
    bool isWide = length == 64 && has512;
    if (length != 16 && length != 32 && !isWide)
      return {};
    name = length == 16   ? "llvm.x86.ssse3.pshuf.b.128"
           : length == 32 ? "llvm.x86.avx2.pshuf.b"
                          : "llvm.x86.avx512.pshuf.b.512";
    Value indices = op.getIndices();
    Value low = lookUpRows(0, indices);
    Value high = lookUpRows(
        8, arith::XOrIOp::create(builder, loc, indices, createBytes(-128)));
    return arith::XOrIOp::create(builder, loc, low, high);
  }

private:
  /// Eight bytes as a half of sixteen.
  Value lowerHalf() {
    auto shuffle = [&](Value value, ArrayRef<int64_t> mask) -> Value {
      return vector::ShuffleOp::create(builder, loc, value, value, mask);
    };
    Value wide = shuffle(op.getIndices(),
                         {0, 1, 2, 3, 4, 5, 6, 7, 0, 1, 2, 3, 4, 5, 6, 7});
    auto both = LookupBytesOp::create(builder, loc, wide, op.getTable());
    Value entries = LookupLowering(both).lower(false);
    both.erase();
    return shuffle(entries, {0, 1, 2, 3, 4, 5, 6, 7});
  }

  Value createBytes(int64_t value) {
    return arith::ConstantOp::create(
        builder, loc,
        DenseElementsAttr::get(type, builder.getI8IntegerAttr(value)));
  }

  Value call(StringRef intrinsic, ValueRange operands) {
    return LLVM::CallIntrinsicOp::create(builder, loc, type,
                                         builder.getStringAttr(intrinsic),
                                         operands)
        .getResult(0);
  }

  /// The entries of eight rows from `first`; 0 for indices from 128 on.
  Value lookUpRows(int64_t first, Value indices) {
    auto rowType = VectorType::get({16}, builder.getI8Type());
    Value sum, before, step = createBytes(16);
    for (int64_t row = first; row < first + 8; ++row) {
      Value at = arith::ConstantIndexOp::create(builder, loc, 16 * row);
      Value entries = vector::LoadOp::create(builder, loc, rowType,
                                             op.getTable(), ValueRange(at));
      Value change = before ? arith::XOrIOp::create(builder, loc, entries, before)
                                  .getResult()
                            : entries;
      if (before)
        indices = call("llvm.ssub.sat", {indices, step});
      Value found = call(name, {repeat(change), indices});
      sum = sum ? arith::XOrIOp::create(builder, loc, sum, found).getResult()
                : found;
      before = entries;
    }
    return sum;
  }

  /// The 16 bytes in every quarter or half of a vector.
  Value repeat(Value row) {
    SmallVector<int64_t> mask;
    for (int64_t at = 0; at < type.getDimSize(0); ++at)
      mask.push_back(at % 16);
    return vector::ShuffleOp::create(builder, loc, row, row, mask);
  }

  OpBuilder builder;
  Location loc;
  LookupBytesOp op;
  VectorType type;
  StringRef name;
};

struct LowerDotX86 : public qdot::impl::LowerDotX86Base<LowerDotX86> {
  using LowerDotX86Base::LowerDotX86Base;

  void runOnOperation() override {
    StringRef name = target;
    if (!findKernelTarget(name) || !name.starts_with("x86-")) {
      getOperation().emitError() << "unknown x86 target '" << target
                                 << "'; expected one of "
                                 << listKernelTargets();
      return signalPassFailure();
    }
    bool is512 = name == "x86-avx512vnni";
    bool isInt8 = name == "x86-avxvnniint8";
    InstructionSet isa{is512, is512 || isInt8 || name == "x86-avxvnni", isInt8};
    getOperation().walk([&](DotOp op) {
      Value result = DotLowering(op, isa).lower();
      if (!result)
        return;
      op.replaceAllUsesWith(result);
      op.erase();
    });
    getOperation().walk([&](NarrowOp op) {
      Value result = lowerNarrow(op, is512);
      if (!result)
        return;
      op.replaceAllUsesWith(result);
      op.erase();
    });
    getOperation().walk([&](LookupBytesOp op) {
      Value result = LookupLowering(op).lower(is512);
      if (!result)
        return;
      op.replaceAllUsesWith(result);
      op.erase();
    });
  }

private:
  /// Two rounds of packing with saturation: i32 to i16, i16 to unsigned bytes.
  static Value lowerNarrow(NarrowOp op, bool has512) {
    OpBuilder builder(op);
    int64_t lanes = cast<VectorType>(op.getA().getType()).getDimSize(0);
    bool is128 = lanes == 4, is256 = lanes == 8;
    if (!is128 && !is256 && !(lanes == 16 && has512))
      return {};
    StringRef words = is128   ? "llvm.x86.sse2.packssdw.128"
                      : is256 ? "llvm.x86.avx2.packssdw"
                              : "llvm.x86.avx512.packssdw.512";
    StringRef bytes = is128   ? "llvm.x86.sse2.packuswb.128"
                      : is256 ? "llvm.x86.avx2.packuswb"
                              : "llvm.x86.avx512.packuswb.512";
    auto pack = [&](StringRef name, Type type, Value a, Value b) -> Value {
      return LLVM::CallIntrinsicOp::create(builder, op.getLoc(), type,
                                           builder.getStringAttr(name),
                                           ValueRange{a, b})
          .getResult(0);
    };
    auto type = VectorType::get({2 * lanes}, builder.getI16Type());
    return pack(bytes, op.getType(), pack(words, type, op.getA(), op.getB()),
                pack(words, type, op.getC(), op.getD()));
  }
};
} // namespace
