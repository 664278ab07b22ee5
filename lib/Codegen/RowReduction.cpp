//===- RowReduction.cpp - Loops over the vectors of one row ---------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "RowReduction.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/IRMapping.h"
#include "qdot/Codegen/VectorBody.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace qdot;

std::optional<vector::CombiningKind> qdot::getCombiningKind(Operation *op) {
  using Kind = vector::CombiningKind;
  using Result = std::optional<Kind>;
  return llvm::TypeSwitch<Operation *, Result>(op)
      .Case<arith::AddIOp>([](auto) { return Kind::ADD; })
      .Case<arith::MaxSIOp>([](auto) { return Kind::MAXSI; })
      .Case<arith::MinSIOp>([](auto) { return Kind::MINSI; })
      .Case<arith::MaxUIOp>([](auto) { return Kind::MAXUI; })
      .Case<arith::MinUIOp>([](auto) { return Kind::MINUI; })
      .Case<arith::MaximumFOp>([](auto) { return Kind::MAXIMUMF; })
      .Case<arith::MinimumFOp>([](auto) { return Kind::MINIMUMF; })
      .Default([](Operation *) { return Result(); });
}

Value RowReduction::constant(int64_t value) {
  return arith::ConstantIndexOp::create(builder, loc, value);
}

SmallVector<Value> RowReduction::index(unsigned operand,
                                       ArrayRef<Value> loops) {
  AffineMap map = op.getIndexingMapsArray()[operand];
  return llvm::map_to_vector(map.getResults(), [&](AffineExpr expr) -> Value {
    if (auto dim = dyn_cast<AffineDimExpr>(expr))
      return loops[dim.getPosition()];
    return constant(0);
  });
}

Value RowReduction::evaluate(ValueRange inputs, Value out) {
  Block &body = *op.getBody();
  IRMapping values;
  values.map(body.getArguments().drop_back(), inputs);
  values.map(body.getArguments().back(), out);
  if (isa<VectorType>(out.getType()))
    return vectorizeBody(builder, body, values, lanes)->front();
  for (Operation &inner : body.without_terminator())
    builder.clone(inner, values);
  return values.lookup(body.getTerminator()->getOperand(0));
}

void RowReduction::emitSum(SmallVector<Value> loops) {
  SmallVector<Value> inputs(op.getNumDpsInputs());
  for (unsigned input = 1; input < inputs.size(); ++input)
    inputs[input] = memref::LoadOp::create(builder, loc, op.getInputs()[input],
                                           index(input, loops));
  Value init = op.getDpsInits()[0];
  SmallVector<Value> to = index(op.getNumDpsInputs(), loops);
  Value old = memref::LoadOp::create(builder, loc, init, to);
  auto loop = scf::ForOp::create(builder, loc, constant(0), constant(size),
                                 constant(1), old);
  {
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToStart(loop.getBody());
    loops[row] = loop.getInductionVar();
    inputs[0] = memref::LoadOp::create(builder, loc, op.getInputs()[0],
                                       index(0, loops));
    Value next = evaluate(inputs, loop.getRegionIterArg(0));
    scf::YieldOp::create(builder, loc, next);
  }
  memref::StoreOp::create(builder, loc, loop.getResult(0), init, to);
}

void RowReduction::emitRow(SmallVector<Value> loops) {
  auto load = [&](Value at) {
    loops[row] = at;
    return loadVector(loops);
  };
  int64_t full = size / lanes * lanes;
  Value sum = load(constant(0));
  if (full > lanes) {
    auto loop = scf::ForOp::create(builder, loc, constant(lanes),
                                   constant(full), constant(lanes), sum);
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToStart(loop.getBody());
    Value next = apply(load(loop.getInductionVar()), loop.getRegionIterArg(0));
    scf::YieldOp::create(builder, loc, next);
    sum = loop.getResult(0);
  }
  bool isSum = isa<arith::AddIOp>(combine);
  // What was read before does no harm to a maximum.
  if (full < size && !isSum)
    sum = apply(load(constant(size - lanes)), sum);
  Value total = vector::ReductionOp::create(builder, loc,
                                            *getCombiningKind(combine), sum);
  for (int64_t at = full; isSum && at < size; ++at) {
    loops[row] = constant(at);
    Value element = memref::LoadOp::create(builder, loc, op.getInputs()[0],
                                           index(0, loops));
    total = apply(extend(element), total);
  }
  Value init = op.getDpsInits()[0];
  SmallVector<Value> to = index(1, loops);
  Value old = memref::LoadOp::create(builder, loc, init, to);
  memref::StoreOp::create(builder, loc, apply(total, old), init, to);
}

Value RowReduction::loadVector(ArrayRef<Value> loops) {
  auto type = cast<MemRefType>(op.getInputs()[0].getType());
  return extend(vector::LoadOp::create(
      builder, loc, VectorType::get({lanes}, type.getElementType()),
      op.getInputs()[0], index(0, loops)));
}

Value RowReduction::extend(Value value) {
  return extension ? repeat(extension, value) : value;
}

Value RowReduction::apply(Value value, Value other) {
  return repeat(combine, ValueRange{value, other});
}

Value RowReduction::repeat(Operation *scalar, ValueRange operands) {
  Type type = scalar->getResult(0).getType();
  if (isa<VectorType>(operands[0].getType()))
    type = VectorType::get({lanes}, type);
  OperationState state(loc, scalar->getName(), operands, TypeRange(type),
                       scalar->getAttrs());
  return builder.create(state)->getResult(0);
}
