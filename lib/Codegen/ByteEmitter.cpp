//===- ByteEmitter.cpp - Code for ops on vectors of bytes -----------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ByteEmitter.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "qdot/Codegen/VectorBody.h"

using namespace mlir;
using namespace qdot;

/// Taps of a window that are written out one by one.
static constexpr int64_t maxUnrolled = 16;
/// Taps per iteration of a longer one.
static constexpr int64_t unroll = 8;
/// Bytes whose sum 16 bits hold.
static constexpr int64_t maxWordTaps = 256;

//===----------------------------------------------------------------------===//
// Positions
//===----------------------------------------------------------------------===//

Value ByteEmitter::constant(int64_t value) {
  return arith::ConstantIndexOp::create(builder, loc, value);
}

Value ByteEmitter::splat(VectorType type, int64_t value) {
  return arith::ConstantOp::create(
      builder, loc,
      DenseElementsAttr::get(
          type, builder.getIntegerAttr(type.getElementType(), value)));
}

Value ByteEmitter::move(Value position, int64_t by) {
  if (by == 0)
    return position;
  return arith::AddIOp::create(builder, loc, position, constant(by));
}

Value ByteEmitter::move(Value position, Value by, int64_t stride) {
  if (stride == 0)
    return position;
  if (stride != 1)
    by = arith::MulIOp::create(builder, loc, by, constant(stride));
  return arith::AddIOp::create(builder, loc, position, by);
}

Value ByteEmitter::getSize(const ByteLoop &loop) {
  if (!ShapedType::isDynamic(loop.size))
    return constant(loop.size);
  Value size;
  for (unsigned part : loop.loops) {
    const ByteOperand &result = loops.operands.back();
    Value length = memref::DimOp::create(builder, loc, result.memref,
                                         result.dims[part]);
    size = size ? arith::MulIOp::create(builder, loc, size, length).getResult()
                : length;
  }
  return size;
}

void ByteEmitter::createLoop(Value from, Value to, int64_t step,
                             function_ref<void(Value)> body) {
  auto loop = scf::ForOp::create(builder, loc, from, to, constant(step));
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(loop.getBody());
  body(loop.getInductionVar());
}

ByteEmitter::Values
ByteEmitter::createLoop(int64_t to, int64_t step, Values carried,
                        function_ref<Values(Value, Values)> body) {
  auto loop = scf::ForOp::create(builder, loc, constant(0), constant(to),
                                 constant(step), carried);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(loop.getBody());
  Values next =
      body(loop.getInductionVar(), llvm::to_vector_of<Value>(loop.getRegionIterArgs()));
  scf::YieldOp::create(builder, loc, next);
  return llvm::to_vector_of<Value>(loop.getResults());
}

//===----------------------------------------------------------------------===//
// Parallel loops
//===----------------------------------------------------------------------===//

void ByteEmitter::forPieces(OnPiece piece) {
  Values at;
  for (const ByteOperand &operand : loops.operands) {
    Value offset;
    flat.push_back(createFlatView(builder, loc, operand.memref, offset));
    at.push_back(offset);
  }
  forOuter(0, at, piece);
}

void ByteEmitter::forOuter(size_t level, ArrayRef<Value> at, OnPiece piece) {
  if (level == loops.outer.size())
    return forColumn(at, piece);
  const ByteLoop &loop = loops.outer[level];
  createLoop(constant(0), getSize(loop), 1, [&](Value index) {
    Values next;
    for (auto [position, stride] : llvm::zip(at, loop.strides))
      next.push_back(move(position, index, stride));
    forOuter(level + 1, next, piece);
  });
}

void ByteEmitter::forColumn(ArrayRef<Value> at, OnPiece piece) {
  const ByteLoop &column = loops.column;
  auto advance = [&](Value by) {
    Values next;
    for (auto [position, stride] : llvm::zip(at, column.strides))
      next.push_back(move(position, by, stride));
    return next;
  };
  auto forWidth = [&](Value from, Value to, int64_t lanes) {
    createLoop(from, to, lanes,
               [&](Value index) { piece(advance(index), lanes); });
  };
  if (ShapedType::isDynamic(column.size)) {
    // Whole vectors, then 16 at a time, then one by one.
    Value from = constant(0), size = getSize(column);
    for (int64_t lanes : {width, int64_t(16), int64_t(1)}) {
      Value rest = arith::RemUIOp::create(builder, loc, size, constant(lanes));
      Value to = arith::SubIOp::create(builder, loc, size, rest);
      forWidth(from, to, lanes);
      from = to;
    }
    return;
  }
  int64_t done = column.size / width * width;
  if (done == width)
    piece(at, width);
  else if (done > 0)
    forWidth(constant(0), constant(done), width);
  for (int64_t lanes = width / 2; lanes > 0; lanes /= 2)
    if ((column.size - done) & lanes) {
      piece(advance(constant(done)), lanes);
      done += lanes;
    }
}

//===----------------------------------------------------------------------===//
// Memory
//===----------------------------------------------------------------------===//

Value ByteEmitter::load(size_t operand, Value at, int64_t lanes) {
  auto type = VectorType::get({lanes}, loops.operands[operand].element);
  if (loops.column.strides[operand] == 1)
    return vector::LoadOp::create(builder, loc, type, flat[operand], at);
  Value scalar =
      memref::LoadOp::create(builder, loc, flat[operand], ValueRange(at));
  return vector::BroadcastOp::create(builder, loc, type, scalar);
}

Value ByteEmitter::loadBytes(Value at, int64_t lanes, bool isFlipped) {
  Value bytes = load(0, at, lanes);
  if (!isFlipped)
    return bytes;
  return arith::XOrIOp::create(
      builder, loc, bytes, splat(cast<VectorType>(bytes.getType()), -128));
}

void ByteEmitter::store(Value vector, Value at) {
  vector::StoreOp::create(builder, loc, vector, flat.back(), at);
}

void ByteEmitter::setInput(ByteBody &body, Value argument, size_t operand,
                           Value at) {
  int64_t lanes = body.getLanes() * body.getNumParts();
  if (argument.getType().isInteger(8))
    body.setBytes(argument, load(operand, at, lanes));
  else if (loops.column.strides[operand] == 0)
    body.setParts(argument, Values(body.getNumParts(),
                                   load(operand, at, body.getLanes())));
  else
    body.setParts(argument, body.split(load(operand, at, lanes)));
}

//===----------------------------------------------------------------------===//
// Elementwise ops and extremes
//===----------------------------------------------------------------------===//

void ByteEmitter::emitElementwise(ArrayRef<OpOperand *> inputs) {
  Block &scalars = *op.getBody();
  forPieces([&](ArrayRef<Value> at, int64_t lanes) {
    ByteBody body(builder, loc, scalars, lanes);
    for (auto [number, input] : llvm::enumerate(inputs))
      setInput(body, op.getMatchingBlockArgument(input), number, at[number]);
    store(body.getBytes(scalars.getTerminator()->getOperand(0)), at.back());
  });
}

void ByteEmitter::emitExtreme(Operation *combine, Value start) {
  forPieces([&](ArrayRef<Value> at, int64_t lanes) {
    auto type = VectorType::get({lanes}, builder.getI8Type());
    Value best;
    if (start)
      best = vector::BroadcastOp::create(builder, loc, type, start);
    else
      best = vector::LoadOp::create(builder, loc, type, flat.back(), at.back());
    Values result = forTaps(loops.taps, at[0], {best},
                            [&](Value tap, Values carried) -> Values {
      OperationState state(loc, combine->getName(),
                           {carried[0], load(0, tap, lanes)}, type);
      return {builder.create(state)->getResult(0)};
    });
    store(result[0], at.back());
  });
}

//===----------------------------------------------------------------------===//
// Sums
//===----------------------------------------------------------------------===//

ByteEmitter::Values ByteEmitter::forTaps(ArrayRef<ByteTap> taps, Value at,
                                         Values carried, OnTap step) {
  if (taps.empty())
    return step(at, carried);
  int64_t count = 1;
  for (const ByteTap &tap : taps)
    count *= tap.size;
  ArrayRef<ByteTap> inner = taps.drop_front();
  auto write = [&](Value from, int64_t size) {
    for (int64_t index = 0; index < size; ++index)
      carried = forTaps(inner, move(from, index * taps[0].stride), carried, step);
  };
  if (count <= maxUnrolled) {
    write(at, taps[0].size);
    return carried;
  }
  int64_t each = inner.empty() ? unroll : 1;
  int64_t full = taps[0].size / each * each;
  carried = createLoop(full, each, carried, [&](Value index, Values inLoop) {
    carried = inLoop;
    write(move(at, index, taps[0].stride), each);
    return carried;
  });
  write(move(at, full * taps[0].stride), taps[0].size - full);
  return carried;
}

void ByteEmitter::emitSum(const ByteSum &sum, Value start, OpOperand *sums,
                          ArrayRef<OpOperand *> others) {
  int64_t count = 1;
  for (const ByteTap &tap : loops.taps)
    count *= tap.size;
  // Signed bytes are summed 128 higher.
  int64_t offset = -count * (sum.zero + (sum.isSigned ? 128 : 0));
  Block &scalars = *op.getBody();
  forPieces([&](ArrayRef<Value> at, int64_t lanes) {
    ByteBody body(builder, loc, scalars, lanes);
    auto type = VectorType::get({body.getLanes()}, builder.getI32Type());
    Values parts = addTaps(loops.taps, at[0], sum.isSigned, lanes);
    Values old;
    if (!start)
      old = body.split(vector::LoadOp::create(
          builder, loc, VectorType::get({lanes}, builder.getI32Type()),
          flat.back(), at.back()));
    for (auto [number, part] : llvm::enumerate(parts)) {
      Value first = start ? vector::BroadcastOp::create(builder, loc, type,
                                                        start)
                                .getResult()
                          : old[number];
      first = arith::AddIOp::create(builder, loc, first, splat(type, offset));
      part = arith::AddIOp::create(builder, loc, part, first);
    }
    if (!sums)
      return store(body.join(parts), at.back());
    body.setParts(op.getMatchingBlockArgument(sums), parts);
    for (auto [number, other] : llvm::enumerate(others))
      setInput(body, op.getMatchingBlockArgument(other), number + 1,
               at[number + 1]);
    store(body.getBytes(scalars.getTerminator()->getOperand(0)), at.back());
  });
}

ByteEmitter::Values ByteEmitter::addTaps(ArrayRef<ByteTap> taps, Value at,
                                         bool isSigned, int64_t lanes) {
  int64_t count = 1;
  for (const ByteTap &tap : taps)
    count *= tap.size;
  if (ByteBody::getNumParts(lanes) == 1)
    return addWide(taps, at, isSigned, lanes);
  if (count <= maxWordTaps)
    return addWords(taps, at, isSigned, lanes);
  ByteTap first = taps[0];
  // One long reduction is cut into pieces that fit.
  int64_t each = taps.size() == 1 ? maxWordTaps : 1;
  SmallVector<ByteTap> inner(taps.drop_front());
  if (inner.empty())
    inner.push_back({each, first.stride});
  int64_t numParts = ByteBody::getNumParts(lanes);
  auto type = VectorType::get({lanes / numParts}, builder.getI32Type());
  int64_t full = first.size / each * each;
  auto sum = [&](Values &parts, const Values &more) {
    for (auto [part, other] : llvm::zip(parts, more))
      part = arith::AddIOp::create(builder, loc, part, other);
  };
  Values parts = createLoop(
      full, each, Values(numParts, splat(type, 0)),
      [&](Value index, Values carried) {
        sum(carried,
            addTaps(inner, move(at, index, first.stride), isSigned, lanes));
        return carried;
      });
  if (full < first.size)
    sum(parts, addTaps({ByteTap{first.size - full, first.stride}},
                       move(at, full * first.stride), isSigned, lanes));
  return parts;
}

/// Words of two bytes: the sum of the upper ones, and of the words modulo 2^16,
/// which leaves that of the lower ones.
ByteEmitter::Values ByteEmitter::addWords(ArrayRef<ByteTap> taps, Value at,
                                          bool isSigned, int64_t lanes) {
  auto type = VectorType::get({lanes / 2}, builder.getI16Type());
  Value zero = splat(type, 0), eight = splat(type, 8);
  Values sums =
      forTaps(taps, at, {zero, zero}, [&](Value tap, Values carried) -> Values {
        Value words = vector::BitCastOp::create(
            builder, loc, type, loadBytes(tap, lanes, isSigned));
        Value upper = arith::ShRUIOp::create(builder, loc, words, eight);
        return {arith::AddIOp::create(builder, loc, carried[0], words),
                arith::AddIOp::create(builder, loc, carried[1], upper)};
      });
  Value odd = sums[1];
  Value even = arith::SubIOp::create(
      builder, loc, sums[0], arith::ShLIOp::create(builder, loc, odd, eight));
  // Alternates words from the low or high half of every 128 bits.
  auto unpack = [&](Value a, Value b, int64_t from) -> Value {
    SmallVector<int64_t> mask;
    for (int64_t block = 0; block < lanes / 2; block += 8)
      for (int64_t word = from; word < from + 4; ++word)
        mask.append({block + word, lanes / 2 + block + word});
    return vector::ShuffleOp::create(builder, loc, a, b, mask);
  };
  auto wide = VectorType::get({lanes / 4}, builder.getI32Type());
  Values parts;
  for (int64_t half : {0, 4})
    for (int64_t quarter : {0, 4})
      parts.push_back(vector::BitCastOp::create(
          builder, loc, wide,
          unpack(unpack(even, odd, half), zero, quarter)));
  return parts;
}

ByteEmitter::Values ByteEmitter::addWide(ArrayRef<ByteTap> taps, Value at,
                                         bool isSigned, int64_t lanes) {
  auto type = VectorType::get({lanes}, builder.getI32Type());
  return forTaps(taps, at, {splat(type, 0)},
                 [&](Value tap, Values carried) -> Values {
                   Value term = arith::ExtUIOp::create(
                       builder, loc, type, loadBytes(tap, lanes, isSigned));
                   return {arith::AddIOp::create(builder, loc, carried[0], term)};
                 });
}
