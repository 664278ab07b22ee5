//===- RowBlocks.cpp - Rows reduced side by side --------------------------===//
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

using namespace mlir;
using namespace qdot;

Value RowReduction::loadPerRow(unsigned operand, ArrayRef<Value> loops) {
  Value from = op->getOperand(operand);
  SmallVector<Value> at = index(operand, loops);
  auto type = VectorType::get(
      {lanes}, cast<MemRefType>(from.getType()).getElementType());
  if (op.getIndexingMapsArray()[operand].isFunctionOfDim(block))
    return vector::LoadOp::create(builder, loc, type, from, at);
  Value scalar = memref::LoadOp::create(builder, loc, from, at);
  return vector::BroadcastOp::create(builder, loc, type, scalar);
}

void RowReduction::storePerRow(Value value, ArrayRef<Value> loops) {
  vector::StoreOp::create(builder, loc, value, op.getDpsInits()[0],
                          index(op.getNumDpsInputs(), loops));
}

SmallVector<Value> RowReduction::loadRows(SmallVector<Value> loops, Value at) {
  SmallVector<Value> rows;
  Value first = loops[block];
  loops[row] = at;
  for (int64_t next = 0; next < lanes; ++next) {
    loops[block] = arith::AddIOp::create(builder, loc, first, constant(next));
    rows.push_back(loadVector(loops));
  }
  return rows;
}

void RowReduction::emitSums(ArrayRef<Value> loops) {
  SmallVector<Value> inputs(op.getNumDpsInputs());
  for (unsigned input = 1; input < inputs.size(); ++input)
    inputs[input] = loadPerRow(input, loops);
  auto addColumns = [&](Value at, int64_t first, Value sum) {
    SmallVector<Value> columns =
        transposeVectors(builder, loc, loadRows(SmallVector<Value>(loops), at));
    for (Value column : llvm::drop_begin(columns, first)) {
      inputs[0] = column;
      sum = evaluate(inputs, sum);
    }
    return sum;
  };
  Value sum = loadPerRow(op.getNumDpsInputs(), loops);
  int64_t full = size / lanes * lanes;
  auto loop = scf::ForOp::create(builder, loc, constant(0), constant(full),
                                 constant(lanes), sum);
  {
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToStart(loop.getBody());
    Value next =
        addColumns(loop.getInductionVar(), 0, loop.getRegionIterArg(0));
    scf::YieldOp::create(builder, loc, next);
  }
  sum = loop.getResult(0);
  // The last vector ends with the row; what it repeats is left out.
  if (full < size)
    sum = addColumns(constant(size - lanes), full - (size - lanes), sum);
  storePerRow(sum, loops);
}

Value RowReduction::select(Value a, Value b) {
  auto predicate = isa<arith::MaximumFOp>(combine) ? arith::CmpFPredicate::OGT
                                                   : arith::CmpFPredicate::OLT;
  Value isFirst = arith::CmpFOp::create(builder, loc, predicate, a, b);
  return arith::SelectOp::create(builder, loc, isFirst, a, b);
}

RowReduction::State
RowReduction::foldRows(ArrayRef<Value> loops,
                       llvm::function_ref<State(Rows)> first,
                       llvm::function_ref<void(Rows, State &)> next) {
  SmallVector<Value> indices(loops);
  State state = first(loadRows(indices, constant(0)));
  int64_t full = size / lanes * lanes;
  if (full > lanes) {
    auto loop = scf::ForOp::create(builder, loc, constant(lanes),
                                   constant(full), constant(lanes), state);
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToStart(loop.getBody());
    State values(loop.getRegionIterArgs());
    next(loadRows(indices, loop.getInductionVar()), values);
    scf::YieldOp::create(builder, loc, values);
    state.assign(loop.result_begin(), loop.result_end());
  }
  if (full < size)
    next(loadRows(indices, constant(size - lanes)), state);
  return state;
}

void RowReduction::emitExtremes(ArrayRef<Value> loops) {
  constexpr unsigned traces = 4;
  auto trace = [&](Rows rows, MutableArrayRef<Value> sums) {
    for (auto [at, vector] : llvm::enumerate(rows))
      sums[at % traces] =
          arith::AddFOp::create(builder, loc, sums[at % traces], vector);
  };
  State state = foldRows(
      loops,
      [&](Rows rows) {
        State state(rows);
        state.append(rows.begin(), rows.begin() + traces);
        trace(rows.drop_front(traces),
              MutableArrayRef<Value>(state).drop_front(lanes));
        return state;
      },
      [&](Rows rows, State &state) {
        for (auto [value, vector] : llvm::zip(state, rows))
          value = select(vector, value);
        trace(rows, MutableArrayRef<Value>(state).drop_front(lanes));
      });
  Value old = loadPerRow(1, loops), result = old, sum = old;
  for (Value column :
       transposeVectors(builder, loc, Rows(state).take_front(lanes)))
    result = select(column, result);
  for (Value part : llvm::drop_begin(state, lanes))
    sum = arith::AddFOp::create(builder, loc, sum, part);
  Value isNan =
      arith::CmpFOp::create(builder, loc, arith::CmpFPredicate::UNO, sum, sum);
  auto branch = scf::IfOp::create(builder, loc, isAny(isNan),
                                  /*withElseRegion=*/true);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(branch.thenBlock());
  emitBlockByRows(SmallVector<Value>(loops));
  builder.setInsertionPointToStart(branch.elseBlock());
  storePerRow(signZeros(result, loops), loops);
}

Value RowReduction::isAny(Value bits) {
  return vector::ReductionOp::create(builder, loc, vector::CombiningKind::OR,
                                     bits);
}

void RowReduction::emitBlockByRows(SmallVector<Value> loops) {
  Value begin = loops[block];
  auto loop = scf::ForOp::create(
      builder, loc, begin,
      arith::AddIOp::create(builder, loc, begin, constant(lanes)), constant(1));
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(loop.getBody());
  loops[block] = loop.getInductionVar();
  emitRow(loops);
}

Value RowReduction::signZeros(Value result, ArrayRef<Value> loops) {
  auto type = cast<VectorType>(result.getType());
  Value zero =
      arith::ConstantOp::create(builder, loc, builder.getZeroAttr(type));
  Value isZero = arith::CmpFOp::create(builder, loc, arith::CmpFPredicate::OEQ,
                                       result, zero);
  auto branch = scf::IfOp::create(builder, loc, type, isAny(isZero),
                                  /*withElseRegion=*/true);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(branch.elseBlock());
  scf::YieldOp::create(builder, loc, result);
  builder.setInsertionPointToStart(branch.thenBlock());
  auto signedZero =
      arith::BitcastOp::create(builder, loc, type, emitSigns(loops));
  scf::YieldOp::create(
      builder, loc,
      Value(arith::SelectOp::create(builder, loc, isZero, signedZero, result)));
  return branch.getResult(0);
}

Value RowReduction::emitSigns(ArrayRef<Value> loops) {
  auto type = VectorType::get({lanes}, builder.getI32Type());
  auto toBits = [&](Value vector) -> Value {
    return arith::BitcastOp::create(builder, loc, type, vector);
  };
  auto join = [&](Value a, Value b) -> Value {
    if (isa<arith::MaximumFOp>(combine))
      return arith::AndIOp::create(builder, loc, a, b);
    return arith::OrIOp::create(builder, loc, a, b);
  };
  State state = foldRows(
      loops, [&](Rows rows) { return State(llvm::map_range(rows, toBits)); },
      [&](Rows rows, State &state) {
        for (auto [bits, vector] : llvm::zip(state, rows))
          bits = join(bits, toBits(vector));
      });
  Value bits = toBits(loadPerRow(1, loops));
  for (Value column : transposeVectors(builder, loc, state))
    bits = join(bits, column);
  Value sign = arith::ConstantOp::create(
      builder, loc, DenseElementsAttr::get(type, llvm::APInt::getSignMask(32)));
  return arith::AndIOp::create(builder, loc, bits, sign);
}
