//===- RuntimePacking.cpp - Packing of weights that are not constant ------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "RuntimePacking.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "qdot/Codegen/VectorBody.h"

using namespace mlir;
using namespace qdot;

int64_t qdot::getPackedBytes(ContractOp op, const KernelPlan &plan) {
  int64_t lanes = op.getKernelAttr().getLanes();
  return llvm::divideCeil(plan.column.size, lanes) * lanes * 4 *
         plan.getNumGroups();
}

namespace {
/// Vectors of columns that are packed together: a whole block.
struct ColumnBlock {
  int64_t vectors, valid;
};

class Packer {
public:
  Packer(OpBuilder &builder, ContractOp op, const KernelPlan &plan, Value rhs,
         Value packed)
      : builder(builder), loc(op.getLoc()), op(op), plan(plan),
        strides(*getLoopStrides(op.getRhsMap(),
                                cast<MemRefType>(op.getRhs().getType()))),
        rhs(rhs), packed(packed), lanes(op.getKernelAttr().getLanes()),
        columnStride(plan.column.loops.empty()
                         ? 0
                         : strides[plan.column.loops[0]]) {
    findRunStride();
  }

  void pack(Value offset) {
    int64_t vectors = op.getKernelAttr().getVectors();
    int64_t columns = vectors * lanes;
    int64_t full = plan.column.size / columns, rest = plan.column.size % columns;
    int64_t bytes = plan.getNumGroups() * columns * 4;
    auto packFull = [&](Value number) {
      packBlock({vectors, columns},
                add(offset, multiply(number, columns * columnStride)),
                multiply(number, bytes));
    };
    if (full == 1)
      packFull(constant(0));
    else if (full > 1)
      emitLoop(full, packFull);
    if (rest)
      packBlock({int64_t(llvm::divideCeil(rest, lanes)), rest},
                addConstant(offset, full * columns * columnStride),
                constant(full * bytes));
  }

private:
  Value constant(int64_t value) {
    return arith::ConstantIndexOp::create(builder, loc, value);
  }
  Value add(Value a, Value b) {
    return arith::AddIOp::create(builder, loc, a, b);
  }
  Value addConstant(Value a, int64_t b) {
    return b == 0 ? a : add(a, constant(b));
  }
  Value multiply(Value a, int64_t b) {
    return b == 1 ? a
                  : arith::MulIOp::create(builder, loc, a, constant(b))
                        .getResult();
  }
  void emitLoop(int64_t size, function_ref<void(Value)> body) {
    auto loop = scf::ForOp::create(builder, loc, constant(0), constant(size),
                                   constant(1));
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToStart(loop.getBody());
    body(loop.getInductionVar());
  }

  /// The distance of neighbours along the run, if it is the same everywhere.
  void findRunStride() {
    int64_t size = 1;
    for (unsigned loop : llvm::reverse(plan.runLoops)) {
      if (size == 1)
        runStride = strides[loop];
      else if (strides[loop] != *runStride * size)
        runStride.reset();
      if (!runStride)
        return;
      size *= op.getLoopSizes()[loop];
    }
    if (plan.runLoops.empty())
      runStride = 0;
  }

  /// Where the right side has element `at` of the run.
  Value getRunOffset(Value at) {
    if (runStride)
      return multiply(at, *runStride);
    Value offset;
    for (auto [number, loop] : llvm::enumerate(llvm::reverse(plan.runLoops))) {
      Value digit = at, size = constant(op.getLoopSizes()[loop]);
      if (number + 1 < plan.runLoops.size()) {
        digit = arith::RemUIOp::create(builder, loc, at, size);
        at = arith::DivUIOp::create(builder, loc, at, size);
      }
      Value part = multiply(digit, strides[loop]);
      offset = offset ? add(offset, part) : part;
    }
    return offset;
  }

  int64_t getGroupBytes(const ColumnBlock &block) const {
    return block.vectors * lanes * 4;
  }

  void packBlock(const ColumnBlock &block, Value from, Value to) {
    packLevel(block, 0, from, to);
  }

  /// The reductions from `level` inwards, then the run.
  void packLevel(const ColumnBlock &block, size_t level, Value from, Value to) {
    if (level == plan.reductions.size())
      return packRun(block, from, to);
    int64_t bytes =
        int64_t(plan.getRunGroups().size()) * getGroupBytes(block);
    for (size_t inner = level + 1; inner < plan.reductions.size(); ++inner)
      bytes *= plan.reductions[inner].size;
    const PlanReduction &reduction = plan.reductions[level];
    emitLoop(reduction.size, [&](Value at) {
      packLevel(block, level + 1,
                add(from, multiply(at, strides[reduction.loop])),
                add(to, multiply(at, bytes)));
    });
  }

  void packRun(const ColumnBlock &block, Value from, Value to) {
    SmallVector<PlanGroup> groups = plan.getRunGroups();
    int64_t full = 0;
    while (full < int64_t(groups.size()) && groups[full].lhs == 4 * full &&
           llvm::all_of(groups[full].counts, [](bool counts) { return counts; }))
      ++full;
    auto packFull = [&](Value number) {
      Value first = multiply(number, 4);
      std::array<Value, 4> offsets;
      for (int64_t at = 0; at < 4; ++at)
        offsets[at] = add(from, getRunOffset(addConstant(first, at)));
      packGroup(block, offsets, add(to, multiply(number, getGroupBytes(block))));
    };
    if (full == 1)
      packFull(constant(0));
    else if (full > 1)
      emitLoop(full, packFull);
    // The others end with the run; some of their elements do not count.
    for (int64_t number = full; number < int64_t(groups.size()); ++number) {
      const PlanGroup &group = groups[number];
      std::array<Value, 4> offsets;
      for (int64_t at = 0; at < 4; ++at)
        if (group.counts[at])
          offsets[at] = add(from, getRunOffset(constant(group.lhs + at)));
      packGroup(block, offsets,
                addConstant(to, number * getGroupBytes(block)));
    }
  }

  /// Four reduction elements of all columns; those without offset are 0.
  void packGroup(const ColumnBlock &block, ArrayRef<Value> offsets, Value to) {
    if (columnStride == 1)
      return packRows(block, offsets, to);
    bool isWord = runStride == 1 && llvm::all_of(offsets, [](Value offset) {
      return bool(offset);
    });
    for (int64_t vector = 0; vector < block.vectors; ++vector)
      for (int64_t lane = 0; lane < lanes; ++lane)
        packLane(offsets, isWord, block,
                 getColumnOfLane(block.vectors, lanes, vector, lane),
                 addConstant(to, (vector * lanes + lane) * 4));
  }

  VectorType getBytes(int64_t count) {
    return VectorType::get({count}, builder.getI8Type());
  }
  Value getZero(int64_t count) {
    return arith::ConstantOp::create(builder, loc,
                                     builder.getZeroAttr(getBytes(count)));
  }

  /// One column: four bytes, which may be neighbours.
  void packLane(ArrayRef<Value> offsets, bool isWord, const ColumnBlock &block,
                int64_t column, Value to) {
    Value word;
    if (column >= block.valid) {
      word = getZero(4);
    } else if (isWord) {
      word = vector::LoadOp::create(
          builder, loc, getBytes(4), rhs,
          addConstant(offsets[0], column * columnStride));
    } else {
      word = getZero(4);
      for (auto [at, offset] : llvm::enumerate(offsets)) {
        if (!offset)
          continue;
        Value byte = memref::LoadOp::create(
            builder, loc, rhs,
            ValueRange(addConstant(offset, column * columnStride)));
        word = vector::InsertOp::create(builder, loc, byte, word,
                                        ArrayRef<int64_t>{int64_t(at)});
      }
    }
    store(word, to);
  }

  void store(Value vector, Value to) {
    vector::StoreOp::create(builder, loc, vector, packed, to);
  }

  /// Rows of neighbouring columns, interleaved byte by byte.
  void packRows(const ColumnBlock &block, ArrayRef<Value> offsets, Value to) {
    int64_t vector = 0;
    for (; vector + 4 <= block.vectors; vector += 4) {
      SmallVector<Value> rows =
          loadRows(block, offsets, vector * lanes, 4 * lanes);
      SmallVector<Value> parts = interleaveBytes(builder, loc, rows);
      for (auto [at, part] : llvm::enumerate(parts))
        store(part, addConstant(to, (vector + at) * lanes * 4));
    }
    for (; vector < block.vectors; ++vector) {
      SmallVector<Value> rows = loadRows(block, offsets, vector * lanes, lanes);
      Value all = alternate(alternate(rows[0], rows[2]),
                            alternate(rows[1], rows[3]));
      store(all, addConstant(to, vector * lanes * 4));
    }
  }

  SmallVector<Value> loadRows(const ColumnBlock &block, ArrayRef<Value> offsets,
                              int64_t first, int64_t count) {
    return llvm::map_to_vector(offsets, [&](Value offset) {
      return offset ? loadLanes(builder, loc, rhs, addConstant(offset, first),
                                count, std::min(count, block.valid - first))
                    : getZero(count);
    });
  }

  /// The elements of both, one by one.
  Value alternate(Value a, Value b) {
    int64_t size = cast<VectorType>(a.getType()).getDimSize(0);
    SmallVector<int64_t> mask;
    for (int64_t at = 0; at < size; ++at)
      mask.append({at, size + at});
    return vector::ShuffleOp::create(builder, loc, a, b, mask);
  }

  OpBuilder &builder;
  Location loc;
  ContractOp op;
  const KernelPlan &plan;
  SmallVector<int64_t> strides;
  Value rhs, packed;
  int64_t lanes, columnStride;
  std::optional<int64_t> runStride;
};
} // namespace

void qdot::emitPacking(OpBuilder &builder, ContractOp op,
                       const KernelPlan &plan, Value rhs, Value offset,
                       Value packed) {
  Packer(builder, op, plan, rhs, packed).pack(offset);
}
