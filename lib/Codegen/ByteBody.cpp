//===- ByteBody.cpp - Scalar bodies on vectors of bytes -------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ByteBody.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/Matchers.h"
#include "qdot/Codegen/VectorBody.h"
#include "qdot/Dialect/Qdot.h"

using namespace mlir;
using namespace qdot;

/// Indices into tables are read through `matchByteLookup` alone.
static bool isIndexOfLookups(Operation &op) {
  return op.getNumResults() == 1 && op.getResult(0).getType().isIndex() &&
         llvm::all_of(op.getUsers(), [](Operation *user) {
           if (auto load = dyn_cast<memref::LoadOp>(user))
             return matchByteLookup(load.getResult()).has_value();
           return isIndexOfLookups(*user);
         });
}

static bool hasVectorForm(Operation &op) {
  if (op.hasTrait<OpTrait::ConstantLike>() || isa<RoundOp>(op) ||
      isIndexOfLookups(op))
    return true;
  if (isa<memref::LoadOp>(op))
    return matchByteLookup(op.getResult(0)).has_value();
  return OpTrait::hasElementwiseMappableTraits(&op) &&
         op.getNumResults() == 1 &&
         op.getResult(0).getType().isIntOrFloat() &&
         llvm::all_of(op.getOperandTypes(),
                      [](Type type) { return type.isIntOrFloat(); });
}

bool ByteBody::isSupported(Block &body) {
  Operation *yield = body.getTerminator();
  return yield->getNumOperands() == 1 &&
         yield->getOperand(0).getType().isInteger(8) &&
         llvm::all_of(body.without_terminator(), hasVectorForm);
}

void ByteBody::setBytes(Value value, Value vector) { bytes[value] = vector; }

void ByteBody::setParts(Value value, ArrayRef<Value> vectors) {
  for (auto [part, vector] : llvm::enumerate(vectors))
    parts[{value, int64_t(part)}] = vector;
}

Value ByteBody::getBytes(Value value) {
  Value known = bytes.lookup(value);
  if (!known) {
    known = createBytes(value);
    bytes[value] = known;
  }
  return known;
}

Value ByteBody::getPart(Value value, int64_t part) {
  Value known = parts.lookup({value, part});
  if (!known) {
    known = createPart(value, part);
    parts[{value, part}] = known;
  }
  return known;
}

SmallVector<int64_t> ByteBody::getElements(int64_t part) const {
  SmallVector<int64_t> elements;
  for (int64_t lane = 0; lane < getLanes(); ++lane)
    elements.push_back(getNumParts() == 1 ? lane
                                          : lane / 4 * 16 + part * 4 + lane % 4);
  return elements;
}

SmallVector<Value> ByteBody::split(Value whole) {
  if (getNumParts() == 1)
    return {whole};
  SmallVector<Value> result;
  for (int64_t part = 0; part < getNumParts(); ++part)
    result.push_back(vector::ShuffleOp::create(builder, loc, whole, whole,
                                               getElements(part)));
  return result;
}

Value ByteBody::join(ArrayRef<Value> vectors) {
  if (vectors.size() == 1)
    return vectors[0];
  auto concatenate = [&](Value a, Value b, int64_t size) -> Value {
    return vector::ShuffleOp::create(
        builder, loc, a, b, llvm::to_vector(llvm::seq<int64_t>(0, 2 * size)));
  };
  int64_t lanes = getLanes();
  Value low = concatenate(vectors[0], vectors[1], lanes);
  Value high = concatenate(vectors[2], vectors[3], lanes);
  SmallVector<int64_t> mask(width);
  for (int64_t part = 0; part < 4; ++part)
    for (auto [lane, element] : llvm::enumerate(getElements(part)))
      mask[element] = part * lanes + int64_t(lane);
  return vector::ShuffleOp::create(builder, loc, low, high, mask);
}

Value ByteBody::createSplat(Value value, int64_t lanes) {
  auto type = VectorType::get({lanes}, value.getType());
  Attribute constant;
  if (matchPattern(value, m_Constant(&constant)))
    return arith::ConstantOp::create(builder, loc,
                                     DenseElementsAttr::get(type, constant));
  if (value.getParentBlock() == &body)
    return {};
  return vector::BroadcastOp::create(builder, loc, type, value);
}

Value ByteBody::splatByte(int64_t value) {
  return arith::ConstantOp::create(
      builder, loc,
      DenseElementsAttr::get(VectorType::get({width}, builder.getI8Type()),
                             builder.getI8IntegerAttr(int8_t(value))));
}

Value ByteBody::createBytes(Value value) {
  if (Value splat = createSplat(value, width))
    return splat;
  if (std::optional<ByteLookup> lookup = matchByteLookup(value))
    return createLookup(lookup->table, lookup->index, lookup->isSigned);
  if (std::optional<ByteClamp> clamp = matchByteClamp(value);
      clamp && getNumParts() == 4 && clamp->min >= 0 && clamp->max <= 255)
    return createNarrow(clamp->value, clamp->min, clamp->max);
  Operation *op = value.getDefiningOp();
  assert(op && "an argument of the body that is read was not set");
  bool isOnBytes = llvm::all_of(op->getOperandTypes(), [](Type type) {
    return type.isInteger(8);
  });
  if (isOnBytes)
    return repeat(op, width, [&](Value operand) { return getBytes(operand); });
  SmallVector<Value> all;
  for (int64_t part = 0; part < getNumParts(); ++part)
    all.push_back(isa<RoundOp>(op) ? createRounded(op, part)
                                   : repeat(op, getLanes(), [&](Value operand) {
                                       return getPart(operand, part);
                                     }));
  return join(all);
}

Value ByteBody::createPart(Value value, int64_t part) {
  if (Value splat = createSplat(value, getLanes()))
    return splat;
  if (value.getType().isInteger(8)) {
    Value all = getBytes(value);
    if (getNumParts() == 1)
      return all;
    return vector::ShuffleOp::create(builder, loc, all, all, getElements(part));
  }
  Operation *op = value.getDefiningOp();
  assert(op && "an argument of the body that is read was not set");
  if (isa<arith::ExtSIOp, arith::ExtUIOp>(op) &&
      op->getOperand(0).getType().isInteger(8) &&
      value.getType().isInteger(32) && getNumParts() == 4)
    return createExtended(op, part);
  return repeat(op, getLanes(),
                [&](Value operand) { return getPart(operand, part); });
}

Value ByteBody::createLookup(Value table, Value index, bool isSigned) {
  Value indices = getBytes(index);
  if (isSigned)
    indices =
        arith::XOrIOp::create(builder, loc, indices, splatByte(-128));
  return LookupBytesOp::create(builder, loc, indices, table);
}

Value ByteBody::createNarrow(Value value, int64_t min, int64_t max) {
  SmallVector<Value> four;
  for (int64_t part = 0; part < 4; ++part) {
    four.push_back(getPart(value, part));
    if (value.getType().isF32())
      four.back() = roundToInteger(builder, loc, four.back());
  }
  auto type = VectorType::get({width}, builder.getI8Type());
  Value result =
      NarrowOp::create(builder, loc, type, four[0], four[1], four[2], four[3]);
  if (min > 0)
    result = arith::MaxUIOp::create(builder, loc, result, splatByte(min));
  if (max < 255)
    result = arith::MinUIOp::create(builder, loc, result, splatByte(max));
  return result;
}

/// A byte and three zeros per lane, from within 128 bits. With a sign, the byte
/// comes last and is shifted down.
Value ByteBody::createExtended(Operation *op, int64_t part) {
  bool isSigned = isa<arith::ExtSIOp>(op);
  SmallVector<int64_t> mask;
  for (int64_t element : getElements(part))
    for (int64_t byte = 0; byte < 4; ++byte)
      mask.push_back(byte == (isSigned ? 3 : 0) ? element : width);
  Value spread = vector::ShuffleOp::create(
      builder, loc, getBytes(op->getOperand(0)), splatByte(0), mask);
  auto type = VectorType::get({getLanes()}, builder.getI32Type());
  Value wide = vector::BitCastOp::create(builder, loc, type, spread);
  if (!isSigned)
    return wide;
  Value amount = arith::ConstantOp::create(
      builder, loc,
      DenseElementsAttr::get(type, builder.getI32IntegerAttr(24)));
  return arith::ShRSIOp::create(builder, loc, wide, amount);
}

Value ByteBody::createRounded(Operation *op, int64_t part) {
  auto round = cast<RoundOp>(op);
  Value value = roundToInteger(builder, loc, getPart(round.getInput(), part));
  auto bound = [&](int64_t limit) -> Value {
    return arith::ConstantOp::create(
        builder, loc,
        DenseElementsAttr::get(cast<VectorType>(value.getType()),
                               builder.getI32IntegerAttr(int32_t(limit))));
  };
  value = arith::MaxSIOp::create(builder, loc, value,
                                 bound(int64_t(round.getClampMin())));
  value = arith::MinSIOp::create(builder, loc, value,
                                 bound(int64_t(round.getClampMax())));
  return arith::TruncIOp::create(
      builder, loc, VectorType::get({getLanes()}, builder.getI8Type()), value);
}

Value ByteBody::repeat(Operation *op, int64_t lanes,
                       function_ref<Value(Value)> get) {
  OperationState state(loc, op->getName());
  for (Value operand : op->getOperands())
    state.addOperands(get(operand));
  state.addTypes(VectorType::get({lanes}, op->getResult(0).getType()));
  state.addAttributes(op->getAttrs());
  state.propertiesAttr = op->getPropertiesAsAttribute();
  return builder.create(state)->getResult(0);
}
