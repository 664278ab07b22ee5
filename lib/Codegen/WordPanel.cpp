//===- WordPanel.cpp - Rows of the activation widened to words ------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "WordPanel.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace qdot;

/// A panel should stay near the first-level cache, and must fit the stack of a
/// thread.
static constexpr int64_t usualBytes = 48 << 10;
static constexpr int64_t mostBytes = 64 << 10;
/// Bytes that are widened at once.
static constexpr int64_t minRun = 16;
/// Bytes from row to row, in runs: what lies between is widened for nothing.
static constexpr int64_t maxRunsApart = 2;

std::optional<WordPanel> qdot::getWordPanel(const KernelPlan &plan,
                                            KernelAttr kernel) {
  if (plan.kind != KernelKind::Dot || plan.isGather || plan.run < minRun ||
      plan.row.lhs < 0 || plan.row.lhs > maxRunsApart * plan.run)
    return std::nullopt;
  WordPanel panel{0, 0, 1};
  for (const PlanReduction &reduction : plan.reductions)
    panel.strips *= reduction.size;
  // Of an unknown number of rows, as many as fit.
  int64_t size = plan.row.isDynamic() ? usualBytes : plan.row.size;
  int64_t step = kernel.getRows();
  auto setRows = [&](int64_t rows) {
    panel.rows = rows;
    panel.strip = (rows - 1) * plan.row.lhs + plan.run;
    return 2 * panel.getWords();
  };
  if (!plan.row.isDynamic() && setRows(size) <= usualBytes)
    return panel;
  if (setRows(std::min(size, step)) > mostBytes)
    return std::nullopt;
  int64_t rows = step;
  while (rows + step < size && setRows(rows + step) <= usualBytes)
    rows += step;
  setRows(std::min(size, rows));
  return panel;
}

SmallVector<int64_t> qdot::getWordOffsets(const KernelPlan &plan,
                                          const WordPanel &panel) {
  SmallVector<int64_t> offsets;
  for (int64_t strip = 0; strip < panel.strips; ++strip)
    for (const PlanGroup &group : plan.getRunGroups())
      offsets.push_back(strip * panel.strip + group.lhs);
  return offsets;
}

//===----------------------------------------------------------------------===//
// Code
//===----------------------------------------------------------------------===//

void WordPanelEmitter::allocate(bool isOnStack) {
  auto type = MemRefType::get({panel.getWords()}, builder.getI16Type());
  IntegerAttr alignment = builder.getI64IntegerAttr(64);
  if (isOnStack)
    buffer = memref::AllocaOp::create(builder, loc, type, alignment);
  else
    buffer = memref::AllocOp::create(builder, loc, type, alignment);
}

void WordPanelEmitter::release() {
  memref::DeallocOp::create(builder, loc, buffer);
}

void WordPanelEmitter::widen(Value from, Value left, Value rows,
                             std::pair<Value, Value> range) {
  source = from;
  first = left;
  slowest = range;
  std::optional<int64_t> count = getConstantIntValue(rows);
  length = count ? constant((*count - 1) * plan.row.lhs + plan.run)
                 : addConstant(multiply(rows, plan.row.lhs),
                               plan.run - plan.row.lhs);
  widenLevel(0, left, constant(0));
}

/// The reductions from `level` inwards, to word `to` of the panel.
void WordPanelEmitter::widenLevel(size_t level, Value left, Value to) {
  if (level == plan.reductions.size())
    return widenStrip(left, to);
  int64_t words = panel.strip;
  for (size_t inner = level + 1; inner < plan.reductions.size(); ++inner)
    words *= plan.reductions[inner].size;
  auto [begin, end] =
      level == 0 ? slowest
                 : std::pair(constant(0), constant(plan.reductions[level].size));
  auto loop = scf::ForOp::create(builder, loc, begin, end, constant(1));
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(loop.getBody());
  Value at = loop.getInductionVar();
  widenLevel(level + 1, add(left, multiply(at, plan.reductions[level].lhs)),
             add(to, multiply(at, words)));
}

/// Whole vectors, then one that ends with the strip.
void WordPanelEmitter::widenStrip(Value left, Value to) {
  Value step = constant(minRun);
  Value last = arith::SubIOp::create(builder, loc, length, step);
  auto loop = scf::ForOp::create(builder, loc, constant(0), last, step);
  {
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToStart(loop.getBody());
    widenVector(left, to, loop.getInductionVar());
  }
  widenVector(left, to, last);
}

void WordPanelEmitter::widenVector(Value left, Value to, Value at) {
  auto bytes = VectorType::get({minRun}, builder.getI8Type());
  auto words = VectorType::get({minRun}, builder.getI16Type());
  Value loaded =
      vector::LoadOp::create(builder, loc, bytes, source, add(left, at));
  Value wide = arith::ExtUIOp::create(builder, loc, words, loaded);
  vector::StoreOp::create(builder, loc, wide, buffer, add(to, at));
}

Value WordPanelEmitter::load(Value left, Value offset, int64_t lanes) {
  Type i16 = builder.getI16Type(), i32 = builder.getI32Type();
  Value row = arith::SubIOp::create(builder, loc, left, first);
  Value two = vector::LoadOp::create(builder, loc, VectorType::get({2}, i16),
                                     buffer, add(row, offset));
  Value word = vector::ExtractOp::create(
      builder, loc,
      vector::BitCastOp::create(builder, loc, VectorType::get({1}, i32), two),
      ArrayRef<int64_t>{0});
  Value repeated = vector::BroadcastOp::create(
      builder, loc, VectorType::get({lanes}, i32), word);
  return vector::BitCastOp::create(builder, loc,
                                   VectorType::get({2 * lanes}, i16), repeated);
}
