//===- VectorBody.cpp - Scalar bodies on vectors --------------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qdot/Codegen/VectorBody.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/Matchers.h"
#include "qdot/Dialect/Qdot.h"
#include "qdot/Target/Generic/LowerScalars.h"

using namespace mlir;
using namespace qdot;

/// The largest power of two that is at most `value`.
static int64_t floorPowerOf2(int64_t value) {
  return int64_t(1) << llvm::Log2_64(value);
}

static Value createIndex(OpBuilder &builder, Location loc, Value index,
                         int64_t offset) {
  if (offset == 0)
    return index;
  Value constant = arith::ConstantIndexOp::create(builder, loc, offset);
  return arith::AddIOp::create(builder, loc, index, constant);
}

/// Alternates pieces of `width` elements from the low or high half of every 128
/// bits, which are `block` elements (`vpunpckl`, `vpunpckh`).
static Value unpack(OpBuilder &builder, Location loc, Value a, Value b,
                    int64_t width, bool isHigh, int64_t block = 16) {
  int64_t size = cast<VectorType>(a.getType()).getDimSize(0);
  SmallVector<int64_t> mask;
  for (int64_t start = 0; start < size; start += block)
    for (int64_t at = 0; at < block / 2; at += width)
      for (int64_t side = 0; side < 2; ++side)
        for (int64_t element = 0; element < width; ++element)
          mask.push_back(side * size + start + (isHigh ? block / 2 : 0) + at +
                         element);
  return vector::ShuffleOp::create(builder, loc, a, b, mask);
}

SmallVector<Value> qdot::interleaveBytes(OpBuilder &builder, Location loc,
                                         ArrayRef<Value> four) {
  Value low01 = unpack(builder, loc, four[0], four[1], 1, false);
  Value high01 = unpack(builder, loc, four[0], four[1], 1, true);
  Value low23 = unpack(builder, loc, four[2], four[3], 1, false);
  Value high23 = unpack(builder, loc, four[2], four[3], 1, true);
  return {unpack(builder, loc, low01, low23, 2, false),
          unpack(builder, loc, low01, low23, 2, true),
          unpack(builder, loc, high01, high23, 2, false),
          unpack(builder, loc, high01, high23, 2, true)};
}

/// Two vectors that exchange blocks of four lanes: those of `a` whose number
/// has `bit` with those of `b` whose number has not.
static void exchangeBlocks(OpBuilder &builder, Location loc, Value &a, Value &b,
                           int64_t bit) {
  int64_t lanes = cast<VectorType>(a.getType()).getDimSize(0);
  SmallVector<int64_t> first, second;
  for (int64_t lane = 0; lane < lanes; ++lane) {
    bool hasBit = lane / 4 & bit;
    first.push_back(hasBit ? lanes + lane - 4 * bit : lane);
    second.push_back(hasBit ? lanes + lane : lane + 4 * bit);
  }
  Value low = vector::ShuffleOp::create(builder, loc, a, b, first);
  b = vector::ShuffleOp::create(builder, loc, a, b, second);
  a = low;
}

SmallVector<Value> qdot::transposeVectors(OpBuilder &builder, Location loc,
                                          ArrayRef<Value> rows) {
  int64_t lanes = rows.size();
  SmallVector<Value> columns(lanes);
  // columns[4 g + c], block b: column 4 b + c of the rows from 4 g on.
  for (int64_t row = 0; row < lanes; row += 4)
    for (int64_t pair : {0, 1}) {
      Value first = unpack(builder, loc, rows[row], rows[row + 1], 1, pair, 4);
      Value second =
          unpack(builder, loc, rows[row + 2], rows[row + 3], 1, pair, 4);
      for (int64_t high : {0, 1})
        columns[row + 2 * pair + high] =
            unpack(builder, loc, first, second, 2, high, 4);
    }
  for (int64_t bit = 1; bit < lanes / 4; bit *= 2)
    for (int64_t row = 0; row < lanes; ++row)
      if (!(row / 4 & bit))
        exchangeBlocks(builder, loc, columns[row], columns[row + 4 * bit], bit);
  return columns;
}

Value qdot::createFlatView(OpBuilder &builder, Location loc, Value memref,
                           Value &offset) {
  auto type = cast<MemRefType>(memref.getType());
  auto metadata =
      memref::ExtractStridedMetadataOp::create(builder, loc, memref);
  offset = metadata.getOffset();
  auto flat = MemRefType::get({ShapedType::kDynamic}, type.getElementType());
  Value size = arith::ConstantIndexOp::create(
      builder, loc, std::numeric_limits<int64_t>::max());
  return memref::ReinterpretCastOp::create(
      builder, loc, flat, metadata.getBaseBuffer(),
      OpFoldResult(builder.getIndexAttr(0)), ArrayRef<OpFoldResult>{size},
      ArrayRef<OpFoldResult>{builder.getIndexAttr(1)});
}

bool qdot::hasVectorLayout(Type element) {
  if (!element.isIntOrFloat())
    return false;
  unsigned width = element.getIntOrFloatBitWidth();
  return width >= 8 && width <= 64 && llvm::isPowerOf2_32(width);
}

Value qdot::loadLanes(OpBuilder &builder, Location loc, Value memref,
                      Value index, int64_t lanes, int64_t valid) {
  Type element = cast<MemRefType>(memref.getType()).getElementType();
  auto type = VectorType::get({lanes}, element);
  if (valid >= lanes)
    return vector::LoadOp::create(builder, loc, type, memref, index);
  Value result =
      arith::ConstantOp::create(builder, loc, builder.getZeroAttr(type));
  for (int64_t at = 0; at < valid;) {
    int64_t count = floorPowerOf2(valid - at);
    Value part = vector::LoadOp::create(
        builder, loc, VectorType::get({count}, element), memref,
        createIndex(builder, loc, index, at));
    result = vector::InsertStridedSliceOp::create(
        builder, loc, part, result, ArrayRef<int64_t>{at},
        ArrayRef<int64_t>{1});
    at += count;
  }
  return result;
}

void qdot::storeLanes(OpBuilder &builder, Location loc, Value vector,
                      Value memref, Value index, int64_t valid) {
  int64_t lanes = cast<VectorType>(vector.getType()).getDimSize(0);
  if (valid >= lanes) {
    vector::StoreOp::create(builder, loc, vector, memref, index);
    return;
  }
  for (int64_t at = 0; at < valid;) {
    int64_t count = floorPowerOf2(valid - at);
    Value part = vector::ExtractStridedSliceOp::create(
        builder, loc, vector, ArrayRef<int64_t>{at}, ArrayRef<int64_t>{count},
        ArrayRef<int64_t>{1});
    vector::StoreOp::create(builder, loc, part, memref,
                            createIndex(builder, loc, index, at));
    at += count;
  }
}

std::optional<ByteLookup> qdot::matchByteLookup(Value value) {
  auto load = value.getDefiningOp<memref::LoadOp>();
  if (!load || load.getIndices().size() != 1 ||
      load.getMemref().getParentBlock() == load->getBlock())
    return std::nullopt;
  auto type = load.getMemRefType();
  if (type.getShape() != ArrayRef<int64_t>{256} ||
      !type.getElementType().isInteger(8) || !type.getLayout().isIdentity())
    return std::nullopt;
  Value index = load.getIndices()[0];
  if (auto cast = index.getDefiningOp<arith::IndexCastUIOp>())
    if (cast.getIn().getType().isInteger(8))
      return ByteLookup{load.getMemref(), cast.getIn(), false};
  auto sum = index.getDefiningOp<arith::AddIOp>();
  auto cast = sum ? sum.getLhs().getDefiningOp<arith::IndexCastOp>()
                  : arith::IndexCastOp();
  APInt offset;
  if (!cast || !cast.getIn().getType().isInteger(8) ||
      !matchPattern(sum.getRhs(), m_ConstantInt(&offset)) || offset != 128)
    return std::nullopt;
  return ByteLookup{load.getMemref(), cast.getIn(), true};
}

/// A value that was clamped as a float, before its conversion: an integer between
/// the bounds, which are integers, plus a zero point.
static std::optional<ByteClamp> matchFloatClamp(arith::TruncIOp truncation) {
  if (!truncation || !truncation.getIn().getType().isInteger(32))
    return std::nullopt;
  Value value = truncation.getIn();
  APInt zero(32, 0);
  if (auto sum = value.getDefiningOp<arith::AddIOp>();
      sum && matchPattern(sum.getRhs(), m_ConstantInt(&zero)))
    value = sum.getLhs();
  auto conversion = value.getDefiningOp<arith::FPToSIOp>();
  auto upper = conversion
                   ? conversion.getIn().getDefiningOp<arith::MinimumFOp>()
                   : arith::MinimumFOp();
  auto lower = upper ? upper.getLhs().getDefiningOp<arith::MaximumFOp>()
                     : arith::MaximumFOp();
  FloatAttr min, max;
  if (!lower || !lower.getType().isF32() ||
      !matchPattern(lower.getRhs(), m_Constant(&min)) ||
      !matchPattern(upper.getRhs(), m_Constant(&max)))
    return std::nullopt;
  auto toInteger = [&](FloatAttr bound) {
    return static_cast<int64_t>(std::llrint(bound.getValueAsDouble())) +
           zero.getSExtValue();
  };
  double most = std::max(std::abs(min.getValueAsDouble()),
                         std::abs(max.getValueAsDouble()));
  if (!(most < 0x1p24))
    return std::nullopt;
  return ByteClamp{truncation.getIn(), toInteger(min), toInteger(max)};
}

std::optional<ByteClamp> qdot::matchByteClamp(Value value) {
  if (auto round = value.getDefiningOp<RoundOp>())
    return ByteClamp{round.getInput(),
                     static_cast<int64_t>(round.getClampMin()),
                     static_cast<int64_t>(round.getClampMax())};
  auto truncation = value.getDefiningOp<arith::TruncIOp>();
  if (std::optional<ByteClamp> clamp = matchFloatClamp(truncation))
    return clamp;
  auto upper = truncation ? truncation.getIn().getDefiningOp<arith::MinSIOp>()
                          : arith::MinSIOp();
  auto lower =
      upper ? upper.getLhs().getDefiningOp<arith::MaxSIOp>() : arith::MaxSIOp();
  APInt min, max;
  if (!lower || !lower.getType().isInteger(32) ||
      !matchPattern(lower.getRhs(), m_ConstantInt(&min)) ||
      !matchPattern(upper.getRhs(), m_ConstantInt(&max)))
    return std::nullopt;
  return ByteClamp{lower.getLhs(), min.getSExtValue(), max.getSExtValue()};
}

void qdot::keepLoop(scf::ForOp loop) {
  MLIRContext *context = loop.getContext();
  auto unroll = LLVM::LoopUnrollAttr::get(context, BoolAttr::get(context, true),
                                          {}, {}, {}, {}, {}, {});
  auto licm = LLVM::LoopLICMAttr::get(context, BoolAttr::get(context, true), {});
  loop->setAttr("llvm.loop_annotation",
                LLVM::LoopAnnotationAttr::get(context, {}, {}, {}, unroll, {},
                                              licm, {}, {}, {}, {}, {}, {}, {},
                                              {}, {}));
}

Value qdot::roundToInteger(OpBuilder &builder, Location loc, Value real) {
  auto type = cast<VectorType>(real.getType());
  auto integers = VectorType::get(type.getShape(), builder.getI32Type(),
                                  type.getScalableDims());
  if (!type.isScalable())
    return LLVM::LrintOp::create(builder, loc, integers, real);
  // llvm.lrint of scalable vectors saturates in many steps.
  Value even = math::RoundEvenOp::create(builder, loc, real);
  return arith::FPToSIOp::create(builder, loc, integers, even);
}

namespace {
class BodyVectorizer {
public:
  BodyVectorizer(OpBuilder &builder, Block &body, IRMapping &mapping,
                 int64_t lanes, bool isScalable)
      : builder(builder), body(body), mapping(mapping), lanes(lanes),
        isScalable(isScalable) {}

  FailureOr<SmallVector<Value>> run() {
    for (Operation &op : body.without_terminator()) {
      if (op.getNumResults() != 1)
        return failure();
      if (!mapping.contains(op.getResult(0)) && failed(repeat(op)))
        return failure();
    }
    return llvm::map_to_vector(body.getTerminator()->getOperands(),
                               [&](Value value) { return get(value); });
  }

private:
  VectorType getType(Type element) {
    return VectorType::get({lanes}, element, {isScalable});
  }

  /// The vector of a value of the body, or a broadcast.
  Value get(Value value) {
    if (Value vector = mapping.lookupOrNull(value))
      return vector;
    Attribute constant;
    Value vector;
    if (matchPattern(value, m_Constant(&constant)) &&
        isa<IntegerAttr, FloatAttr>(constant))
      vector = arith::ConstantOp::create(
          builder, value.getLoc(),
          DenseElementsAttr::get(getType(value.getType()), constant));
    else
      vector = vector::BroadcastOp::create(builder, value.getLoc(),
                                           getType(value.getType()), value);
    mapping.map(value, vector);
    return vector;
  }

  LogicalResult repeat(Operation &op) {
    if (op.hasTrait<OpTrait::ConstantLike>())
      return success(); // Read through `get`.
    Value result;
    if (auto requantize = dyn_cast<RequantizeOp>(op))
      result = createRequantize(
          builder, requantize, get(requantize.getAccumulator()),
          get(requantize.getMultiplier()),
          requantize.getShift() ? get(requantize.getShift()) : Value());
    else if (auto round = dyn_cast<RoundOp>(op))
      result = createRound(round);
    else if (auto load = dyn_cast<memref::LoadOp>(op))
      result = createGather(load);
    else if (OpTrait::hasElementwiseMappableTraits(&op) &&
             op.getNumResults() == 1)
      result = repeatElementwise(op);
    if (!result)
      return failure();
    mapping.map(op.getResult(0), result);
    return success();
  }

  Value repeatElementwise(Operation &op) {
    OperationState state(op.getLoc(), op.getName());
    for (Value operand : op.getOperands())
      state.addOperands(get(operand));
    state.addTypes(getType(op.getResult(0).getType()));
    state.addAttributes(op.getAttrs());
    state.propertiesAttr = op.getPropertiesAsAttribute();
    return builder.create(state)->getResult(0);
  }

  /// One conversion instruction, then the clamp in i32.
  Value createRound(RoundOp op) {
    Type i32 = builder.getI32Type();
    Value value = roundToInteger(builder, op.getLoc(), get(op.getInput()));
    auto bound = [&](int64_t limit) -> Value {
      return arith::ConstantOp::create(
          builder, op.getLoc(),
          DenseElementsAttr::get(getType(i32),
                                 builder.getI32IntegerAttr(int32_t(limit))));
    };
    value = arith::MaxSIOp::create(builder, op.getLoc(), value,
                                   bound(int64_t(op.getClampMin())));
    value = arith::MinSIOp::create(builder, op.getLoc(), value,
                                   bound(int64_t(op.getClampMax())));
    return arith::TruncIOp::create(builder, op.getLoc(),
                                   getType(builder.getI8Type()), value);
  }

  /// A table lookup, lane by lane.
  Value createGather(memref::LoadOp op) {
    if (op.getIndices().size() != 1 || mapping.contains(op.getMemref()))
      return {};
    Location loc = op.getLoc();
    Value indices = get(op.getIndices()[0]);
    if (isScalable)
      return createScalableGather(op, indices);
    Value result = arith::ConstantOp::create(
        builder, loc, builder.getZeroAttr(getType(op.getType())));
    for (int64_t lane = 0; lane < lanes; ++lane) {
      Value index = vector::ExtractOp::create(builder, loc, indices,
                                              ArrayRef<int64_t>{lane});
      Value entry = memref::LoadOp::create(builder, loc, op.getMemref(),
                                           ValueRange(index));
      result = vector::InsertOp::create(builder, loc, entry, result,
                                        ArrayRef<int64_t>{lane});
    }
    return result;
  }

  /// All lanes at once, where their number is not known.
  Value createScalableGather(memref::LoadOp op, Value indices) {
    Location loc = op.getLoc();
    Value all = arith::ConstantOp::create(
        builder, loc,
        DenseElementsAttr::get(getType(builder.getI1Type()), true));
    Value none = arith::ConstantOp::create(
        builder, loc, builder.getZeroAttr(getType(op.getType())));
    Value zero = arith::ConstantIndexOp::create(builder, loc, 0);
    return vector::GatherOp::create(builder, loc, getType(op.getType()),
                                    op.getMemref(), ValueRange(zero), indices,
                                    all, none);
  }

  OpBuilder &builder;
  Block &body;
  IRMapping &mapping;
  int64_t lanes;
  bool isScalable;
};
} // namespace

FailureOr<SmallVector<Value>> qdot::vectorizeBody(OpBuilder &builder,
                                                  Block &body,
                                                  IRMapping &mapping,
                                                  int64_t lanes,
                                                  bool isScalable) {
  return BodyVectorizer(builder, body, mapping, lanes, isScalable).run();
}
