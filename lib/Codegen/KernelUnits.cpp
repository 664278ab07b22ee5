//===- KernelUnits.cpp - Shares of a kernel for threads -------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The outermost loops of a kernel, in the order in which it runs them, become
// units: positions of the first loop times positions of the second and so on.
// Threads take ranges of units, so that each of them keeps the kernel's order
// and its use of the caches.
//
//===----------------------------------------------------------------------===//

#include "KernelEmitter.h"
#include "RuntimePacking.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "qdot/Codegen/SplitCost.h"

using namespace mlir;
using namespace qdot;

/// Units above which further loops are not split.
static constexpr int64_t enoughUnits = 32;
/// Bytes of the buffers that a part may have on its thread's stack.
static constexpr int64_t maxStackBytes = 64 << 10;
/// Bytes that pay for a thread to pack.
static constexpr int64_t minPackedBytes = 32 << 10;

int64_t KernelEmitter::countBlocks() const {
  return llvm::divideCeil(plan.column.size, getBlockColumns());
}

/// The loops in the order of emitOuter and emitPositions.
SmallVector<KernelEmitter::Level> KernelEmitter::collectLevels() {
  auto ofLoop = [&](const PlanLoop &loop) {
    return Level{loop.isDynamic() ? 1 : loop.size,
                 [this, &loop] { return getSize(loop); }};
  };
  SmallVector<Level> outer, levels;
  for (const PlanLoop &loop : plan.outer)
    (loop.isInRhs ? levels : outer).push_back(ofLoop(loop));
  Level blocks{countBlocks(), [this] { return constant(countBlocks()); }};
  int64_t rows = plan.row.isDynamic() ? 1 : plan.row.size;
  Level tiles{int64_t(llvm::divideCeil(rows, kernel.getRows())), [this] {
                return Value(arith::CeilDivUIOp::create(
                    builder, loc, getSize(plan.row),
                    constant(kernel.getRows())));
              }};
  switch (chooseOrder()) {
  case Order::Blocks:
    levels.push_back(blocks);
    llvm::append_range(levels, outer);
    levels.push_back(tiles);
    break;
  case Order::Panels:
    llvm::append_range(levels, outer);
    if (hasOnePanel())
      levels.push_back(blocks);
    levels.push_back(tiles);
    break;
  case Order::Rows:
    llvm::append_range(levels, outer);
    levels.append({blocks, tiles});
    break;
  case Order::Chunks:
    levels.push_back(tiles);
    break;
  case Order::Tiles:
    llvm::append_range(levels, outer);
    levels.append({tiles, blocks});
    break;
  }
  return levels;
}

int64_t KernelEmitter::countUnits(int64_t &grain) {
  SmallVector<Level> levels = collectLevels();
  int64_t units = 1;
  size_t split = 0;
  while (split < levels.size() && units < enoughUnits)
    units *= levels[split++].size;
  levels.truncate(split);
  unitLevels = std::move(levels);
  int64_t products = countProducts(op);
  int64_t least = op->getAttrOfType<IntegerAttr>(minWorkAttrName).getInt();
  grain = llvm::divideCeil(least, std::max<int64_t>(1, products / units));
  return units;
}

bool KernelEmitter::isSplit() const {
  // What is packed before the threads start needs a buffer of known size.
  bool isPackable = !rawRhs || llvm::none_of(plan.outer, [](const PlanLoop &loop) {
    return loop.isInRhs && loop.isDynamic();
  });
  return isPackable && op->hasAttr(minWorkAttrName) &&
         getBufferBytes() <= maxStackBytes;
}

LogicalResult KernelEmitter::emitSplit(const TilePosition &at) {
  if (rawRhs)
    packAll(at);
  int64_t grain = 1;
  int64_t units = countUnits(grain);
  bool isStatic = llvm::none_of(op.getLoopSizes(), ShapedType::isDynamic);
  if (isStatic && units / grain < 2) {
    unitLevels.clear();
    return emitWhole(at);
  }
  Value count = constant(1);
  for (const Level &level : unitLevels) {
    unitSizes.push_back(level.create());
    count = arith::MulIOp::create(builder, loc, count, unitSizes.back());
  }
  auto parallel = ParallelOp::create(builder, loc, count, grain);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(&parallel.getBody().front());
  unitBegin = parallel.getBegin();
  unitEnd = parallel.getEnd();
  createBuffers(/*isOnStack=*/true);
  return emitOuter(0, at, constant(0));
}

//===----------------------------------------------------------------------===//
// Packing at run time
//===----------------------------------------------------------------------===//

int64_t KernelEmitter::countRhsPositions() const {
  int64_t count = 1;
  for (const PlanLoop &loop : plan.outer)
    if (loop.isInRhs)
      count *= loop.size;
  return count;
}

Value KernelEmitter::createPackedBuffer() {
  int64_t positions = isSplit() ? countRhsPositions() : 1;
  auto type = MemRefType::get({positions * getPackedBytes(op, plan)},
                              builder.getI8Type());
  return memref::AllocOp::create(builder, loc, type,
                                 builder.getI64IntegerAttr(64));
}

int64_t KernelEmitter::getRawStride(const PlanLoop &loop) {
  auto type = cast<MemRefType>(op.getRhs().getType());
  return (*getLoopStrides(op.getRhsMap(), type))[loop.loops[0]];
}

void KernelEmitter::packAll(const TilePosition &at) {
  int64_t grain = llvm::divideCeil(minPackedBytes, getPackedBytes(op, plan));
  Value count = constant(countRhsPositions());
  auto parallel = ParallelOp::create(builder, loc, count, grain);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(&parallel.getBody().front());
  (void)emitLoop(parallel.getBegin(), parallel.getEnd(), 1, [&](Value number) {
    packPosition(at, number);
    return success();
  });
}

void KernelEmitter::packPosition(const TilePosition &at, Value number) {
  Value raw = at.raw, left = number;
  for (const PlanLoop &loop : llvm::reverse(plan.outer)) {
    if (!loop.isInRhs)
      continue;
    Value size = constant(loop.size);
    Value by = arith::RemUIOp::create(builder, loc, left, size);
    left = arith::DivUIOp::create(builder, loc, left, size);
    raw = add(raw, multiply(by, getRawStride(loop)));
  }
  int64_t bytes = getPackedBytes(op, plan);
  Value packed = memref::SubViewOp::create(
      builder, loc, rhs, OpFoldResult(multiply(number, bytes)),
      OpFoldResult(builder.getIndexAttr(bytes)),
      OpFoldResult(builder.getIndexAttr(1)));
  emitPacking(builder, op, plan, rawRhs, raw, packed);
}

//===----------------------------------------------------------------------===//
// Shares of loops
//===----------------------------------------------------------------------===//

KernelEmitter::Share KernelEmitter::takeShare() {
  if (unitLevel == unitSizes.size())
    return {};
  Share share{unitBegin, unitEnd, {}};
  for (Value size : ArrayRef(unitSizes).drop_front(unitLevel + 1))
    share.inner = share.inner
                      ? arith::MulIOp::create(builder, loc, share.inner, size)
                            .getResult()
                      : size;
  if (share.inner) {
    share.from =
        arith::DivUIOp::create(builder, loc, unitBegin, share.inner);
    share.to =
        arith::CeilDivUIOp::create(builder, loc, unitEnd, share.inner);
  }
  return share;
}

LogicalResult KernelEmitter::inShare(const Share &share, Value at,
                                     function_ref<LogicalResult()> body) {
  if (!share.from)
    return body();
  Value begin = unitBegin, end = unitEnd;
  if (share.inner) {
    // Of the units of position `at`, those within the range.
    Value first = arith::MulIOp::create(builder, loc, at, share.inner);
    unitBegin = arith::SubIOp::create(
        builder, loc, arith::MaxUIOp::create(builder, loc, begin, first),
        first);
    unitEnd = arith::MinUIOp::create(
        builder, loc, arith::SubIOp::create(builder, loc, end, first),
        share.inner);
  }
  ++unitLevel;
  LogicalResult result = body();
  --unitLevel;
  unitBegin = begin;
  unitEnd = end;
  return result;
}

LogicalResult KernelEmitter::emitShare(const Share &share, Value from, Value to,
                                       llvm::function_ref<Result(Value)> body) {
  if (share.from) {
    from = arith::MaxUIOp::create(builder, loc, share.from, from);
    to = arith::MinUIOp::create(builder, loc, share.to, to);
  }
  return emitLoop(from, to, 1, [&](Value at) {
    return inShare(share, at, [&] { return body(at); });
  });
}

LogicalResult KernelEmitter::emitAt(const Share &share, Value at,
                                    function_ref<LogicalResult()> body) {
  if (!share.from)
    return body();
  auto compare = [&](arith::CmpIPredicate kind, Value a, Value b) {
    return arith::CmpIOp::create(builder, loc, kind, a, b);
  };
  Value isMine = arith::AndIOp::create(
      builder, loc, compare(arith::CmpIPredicate::ule, share.from, at),
      compare(arith::CmpIPredicate::ult, at, share.to));
  auto choice = scf::IfOp::create(builder, loc, isMine, /*withElse=*/false);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(&choice.getThenRegion().front());
  return inShare(share, at, body);
}
