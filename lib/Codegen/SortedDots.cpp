//===- SortedDots.cpp - Dot products in the order of a proof --------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "SortedDots.h"
#include "PackedOperands.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace qdot;

/// Dot products of one tile up to which its groups are unrolled, and of all
/// blocks together.
static constexpr int64_t maxUnrolledSortedDots = 128;
static constexpr int64_t maxStaticDots = 512;

SortedDotEmitter::SortedDotEmitter(OpBuilder &builder, ContractOp op,
                                   const KernelPlan &plan)
    : KernelEmitter(builder, op, plan), counts(readTable(op, dotCountsAttrName)),
      offsets(readTable(op, dotOffsetsAttrName)) {
  if (isSorted() && op->hasAttr(dotWordsAttrName))
    words.emplace(builder, op.getLoc(), plan, *getWordPanel(plan, kernel));
}

bool SortedDotEmitter::isUsed(int64_t kind) const {
  for (size_t at = kind; at < counts.size(); at += NumKinds)
    if (counts[at])
      return true;
  return false;
}

/// Few enough groups that every block gets its own code.
bool SortedDotEmitter::hasStaticBlocks() const {
  int64_t perBlock =
      getSegmentGroups() * kernel.getRows() * kernel.getVectors();
  return isSorted() && getSegments() == 1 &&
         perBlock <= maxUnrolledSortedDots &&
         int64_t(counts.size()) / NumKinds * perBlock <= maxStaticDots;
}

void SortedDotEmitter::beginPanel(const TilePosition &at, Value panelRows) {
  if (plan.reductions.empty())
    return words->widen(lhs, at.lhs, panelRows, {});
  // What every row leaves out is not widened. One segment leaves out nothing.
  bool isSame = getSegments() > 1 &&
                !(plan.border->loop &&
                  llvm::is_contained(plan.row.loops, *plan.border->loop));
  std::pair<Value, Value> range =
      isSame ? getInnerRange(at)
             : std::pair(constant(0), constant(plan.reductions.front().size));
  words->widen(lhs, at.lhs, panelRows, range);
}

SmallVector<Value> SortedDotEmitter::reduceSorted(Values accumulators,
                                                  const TilePosition &at) {
  if (staticBlock)
    return reduceStatic(accumulators, at);
  int64_t segments = getSegments();
  if (segments == 1)
    return reduceSegment(accumulators, at, at.rhs, at.block);
  int64_t bytes = getSegmentGroups() * getGroupBytes(vectors);
  return emitReduction(
      getInnerRange(at), 1, accumulators, [&](Value number, Values values) {
        return reduceSegment(values, at,
                             add(at.rhs, multiply(number, bytes)),
                             add(multiply(at.block, segments), number));
      });
}

SmallVector<Value> SortedDotEmitter::reduceSegment(Values accumulators,
                                                   const TilePosition &at,
                                                   Value weights,
                                                   Value number) {
  Value table = getTable(dotOffsetsAttrName);
  Value numbers = getTable(dotCountsAttrName);
  Value position = multiply(number, getSegmentGroups());
  for (int64_t kind = 0; kind < NumKinds; ++kind) {
    if (!isUsed(kind))
      continue;
    int64_t entries = countEntries(kind);
    int64_t bytes = entries * getGroupBytes(vectors);
    Value count =
        loadIndex(numbers, addConstant(multiply(number, NumKinds), kind));
    accumulators = emitReduction(
        count, 1, accumulators, [&](Value by, Values values) {
          Value entry = add(position, multiply(by, entries));
          Values own;
          for (int64_t number = 0; number < entries; ++number)
            own.push_back(loadIndex(table, addConstant(entry, number)));
          return emitKind(kind, values, at, own,
                          add(weights, multiply(by, bytes)));
        });
    position = add(position, multiply(count, entries));
    weights = add(weights, multiply(count, bytes));
  }
  return accumulators;
}

SmallVector<Value> SortedDotEmitter::reduceStatic(Values accumulators,
                                                  const TilePosition &at) {
  int64_t entry = *staticBlock * getSegmentGroups(), done = 0;
  for (int64_t kind = 0; kind < NumKinds; ++kind)
    for (int64_t number = 0; number < counts[*staticBlock * NumKinds + kind];
         ++number) {
      Value weights = addConstant(at.rhs, done * getGroupBytes(vectors));
      Values own;
      for (int64_t end = done + countEntries(kind); done < end; ++done)
        own.push_back(constant(offsets[entry + done]));
      accumulators = emitKind(kind, accumulators, at, own, weights);
    }
  return accumulators;
}

SmallVector<Value> SortedDotEmitter::emitKind(int64_t kind, Values accumulators,
                                              const TilePosition &at,
                                              ValueRange entries,
                                              Value weights) {
  if (kind == Widened && words)
    return emitWords(accumulators, at.lhs, entries, weights);
  Values lefts;
  for (Value entry : entries)
    lefts.push_back(add(at.lhs, entry));
  return emitDots(accumulators, lefts, weights, kind != Widened);
}

SmallVector<Value> SortedDotEmitter::emitWords(Values accumulators, Value left,
                                               ValueRange entries,
                                               Value right) {
  int64_t lanes = kernel.getLanes();
  auto bytes = VectorType::get({4 * lanes}, builder.getI8Type());
  auto type = VectorType::get({2 * lanes}, builder.getI16Type());
  Values weights;
  for (int64_t at = 0; at < 2 * vectors; ++at) {
    Value loaded = vector::LoadOp::create(builder, loc, bytes, rhs,
                                          addConstant(right, at * 4 * lanes));
    weights.push_back(vector::BitCastOp::create(builder, loc, type, loaded));
  }
  // The second entry follows from the first.
  Value halves[] = {entries.front(), addConstant(entries.front(), 2)};
  for (int64_t row = 0; row < rows; ++row)
    for (int64_t half = 0; half < 2; ++half) {
      Value two = words->load(addConstant(left, row * plan.row.lhs),
                              halves[half], lanes);
      for (int64_t vector = 0; vector < vectors; ++vector) {
        Value &accumulator = accumulators[row * vectors + vector];
        accumulator = DotOp::create(
            builder, loc, accumulator, ValueRange(two),
            ValueRange(weights[half * vectors + vector]), Sign::Signed,
            Sign::Signed, /*fits_i16=*/false);
      }
    }
  return accumulators;
}

Value SortedDotEmitter::getTable(StringRef name) {
  auto symbol = op->getAttrOfType<FlatSymbolRefAttr>(name);
  int64_t size = name == dotCountsAttrName ? counts.size() : offsets.size();
  return memref::GetGlobalOp::create(
      builder, loc, MemRefType::get({size}, builder.getI32Type()),
      symbol.getValue());
}
Value SortedDotEmitter::loadIndex(Value table, Value at) {
  Value entry = memref::LoadOp::create(builder, loc, table, ValueRange(at));
  return arith::IndexCastOp::create(builder, loc, builder.getIndexType(),
                                    entry);
}

SmallVector<Value> SortedDotEmitter::emitDots(Values accumulators,
                                              ValueRange lefts, Value right,
                                              bool fits) {
  int64_t width = kernel.getLanes() * 4;
  auto bytes = VectorType::get({width}, builder.getI8Type());
  SmallVector<SmallVector<Value>> weights(vectors);
  for (size_t pair = 0; pair < lefts.size(); ++pair)
    for (int64_t vector = 0; vector < vectors; ++vector)
      weights[vector].push_back(vector::LoadOp::create(
          builder, loc, bytes, rhs,
          addConstant(right, (pair * vectors + vector) * width)));
  for (int64_t row = 0; row < rows; ++row) {
    SmallVector<Value> activations;
    for (Value left : lefts) {
      Value four = loadFour(addConstant(left, row * plan.row.lhs));
      Value repeated = vector::BroadcastOp::create(
          builder, loc,
          VectorType::get({kernel.getLanes()}, builder.getI32Type()), four);
      activations.push_back(
          vector::BitCastOp::create(builder, loc, bytes, repeated));
    }
    for (int64_t vector = 0; vector < vectors; ++vector) {
      Value &accumulator = accumulators[row * vectors + vector];
      accumulator = DotOp::create(builder, loc, accumulator, activations,
                                  weights[vector], op.getLhsSign(),
                                  op.getRhsSign(), fits);
    }
  }
  return accumulators;
}

Value SortedDotEmitter::loadFour(Value index) {
  Type i8 = builder.getI8Type(), i32 = builder.getI32Type();
  if (!plan.isGather) {
    Value four = vector::LoadOp::create(builder, loc, VectorType::get({4}, i8),
                                        lhs, index);
    Value word = vector::BitCastOp::create(builder, loc,
                                           VectorType::get({1}, i32), four);
    return vector::ExtractOp::create(builder, loc, word,
                                     ArrayRef<int64_t>{0});
  }
  Value result;
  for (int64_t at = 0; at < plan.run; ++at) {
    Value byte = memref::LoadOp::create(builder, loc, lhs,
                                        ValueRange(addConstant(index, at)));
    Value wide = arith::ExtUIOp::create(builder, loc, i32, byte);
    if (!result) {
      result = wide;
      continue;
    }
    Value shift = arith::ConstantOp::create(
        builder, loc, builder.getI32IntegerAttr(int32_t(8 * at)));
    wide = arith::ShLIOp::create(builder, loc, wide, shift);
    result = arith::OrIOp::create(builder, loc, result, wide);
  }
  return result;
}
