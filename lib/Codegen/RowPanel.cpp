//===- RowPanel.cpp - Rows of a tile, pair by pair ------------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "RowPanel.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace qdot;

RowPanel::RowPanel(OpBuilder &builder, Location loc, const KernelPlan &plan)
    : IndexArithmetic(builder, loc), plan(plan), units(plan.getRunUnits()) {}

int64_t RowPanel::getBytes(int64_t mostRows) const {
  return getNumUnits() * ((mostRows + 1) / 2) * pairBytes;
}

void RowPanel::allocate(int64_t mostRows, bool isOnStack) {
  auto type = MemRefType::get({getBytes(mostRows)}, builder.getI8Type());
  IntegerAttr alignment = builder.getI64IntegerAttr(64);
  if (isOnStack)
    buffer = memref::AllocaOp::create(builder, loc, type, alignment);
  else
    buffer = memref::AllocOp::create(builder, loc, type, alignment);
}

void RowPanel::release() { memref::DeallocOp::create(builder, loc, buffer); }

int64_t RowPanel::getNumUnits() const {
  int64_t count = units.size();
  for (const PlanReduction &reduction : plan.reductions)
    count *= reduction.size;
  return count;
}

void RowPanel::createLoop(int64_t size, function_ref<void(Value)> body) {
  if (size == 1)
    return body(constant(0));
  auto loop = scf::ForOp::create(builder, loc, constant(0), constant(size),
                                 constant(1));
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(loop.getBody());
  body(loop.getInductionVar());
}

void RowPanel::copy(Value lhs, Value left, int64_t count) {
  source = lhs;
  rows = count;
  copyLevel(0, left, constant(0));
}

/// The reduction loops from `level` inwards; `unit` is the number of the first
/// unit that they reach.
void RowPanel::copyLevel(size_t level, Value left, Value unit) {
  if (level == plan.reductions.size())
    return copyRun(left, unit);
  const PlanReduction &reduction = plan.reductions[level];
  int64_t count = units.size();
  for (const PlanReduction &inner :
       ArrayRef(plan.reductions).drop_front(level + 1))
    count *= inner.size;
  createLoop(reduction.size, [&](Value at) {
    copyLevel(level + 1, add(left, multiply(at, reduction.lhs)),
              add(unit, multiply(at, count)));
  });
}

/// Whole 16 bytes in a loop, then the other units one by one.
void RowPanel::copyRun(Value left, Value unit) {
  int64_t full = plan.run / 16;
  if (full > 0)
    createLoop(full, [&](Value at) {
      copyUnits(add(left, multiply(at, 16)), add(unit, multiply(at, 2)), 2);
    });
  for (size_t at = 2 * full; at < units.size(); ++at)
    copyUnits(add(left, constant(units[at].lhs)), add(unit, constant(at)), 1);
}

/// One or two units of every row.
void RowPanel::copyUnits(Value left, Value unit, int64_t count) {
  auto bytes = VectorType::get({8 * count}, builder.getI8Type());
  auto words = VectorType::get({count}, builder.getI64Type());
  for (int64_t pair = 0; pair < getNumPairs(); ++pair) {
    Value sides[2];
    for (int64_t side = 0; side < 2; ++side) {
      // Behind the last row, the last one again.
      int64_t row = std::min(2 * pair + side, rows - 1);
      Value loaded = vector::LoadOp::create(
          builder, loc, bytes, source, add(left, constant(row * plan.row.lhs)));
      sides[side] = vector::BitCastOp::create(builder, loc, words, loaded);
    }
    for (int64_t part = 0; part < count; ++part)
      store(vector::ShuffleOp::create(builder, loc, sides[0], sides[1],
                                      ArrayRef<int64_t>{part, count + part}),
            add(unit, constant(part)), pair);
  }
}

void RowPanel::store(Value words, Value unit, int64_t pair) {
  auto type = VectorType::get({pairBytes}, builder.getI8Type());
  Value bytes = vector::BitCastOp::create(builder, loc, type, words);
  Value index = add(multiply(unit, getNumPairs() * pairBytes),
                    constant(pair * pairBytes));
  vector::StoreOp::create(builder, loc, bytes, buffer, index);
}

Value RowPanel::load(Value unit, int64_t pair) {
  Value index = add(multiply(unit, getNumPairs() * pairBytes),
                    constant(pair * pairBytes));
  return vector::LoadOp::create(
      builder, loc, VectorType::get({pairBytes}, builder.getI8Type()), buffer,
      index);
}
