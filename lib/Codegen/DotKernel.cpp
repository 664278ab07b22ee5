//===- DotKernel.cpp - Tiles of the dot kernel ----------------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "SortedDots.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "qdot/Codegen/KernelTable.h"
#include "qdot/Codegen/ByteSets.h"
#include "qdot/Codegen/VectorBody.h"
#include "qdot/Numerics/DotProof.h"

using namespace mlir;
using namespace qdot;

/// Dot products of one tile up to which its reduction is unrolled completely.
static constexpr int64_t maxUnrolledDots = 96;

/// Blocks of columns that pay for a copy of a tile's rows, and bytes of weights
/// that all of them may have: every tile reads them again.
static constexpr int64_t minPanelBlocks = 4;
static constexpr int64_t maxPanelWeights = 320 << 10;

namespace {
class DotEmitter : public SortedDotEmitter {
public:
  DotEmitter(OpBuilder &builder, ContractOp op, const KernelPlan &plan)
      : SortedDotEmitter(builder, op, plan), hasPanel(wantsPanel()) {}

protected:
  int64_t getBufferBytes() const override {
    return hasPanel ? kernel.getRows() * plan.run
                    : SortedDotEmitter::getBufferBytes();
  }
  void createBuffers(bool isOnStack) override {
    if (!hasPanel)
      return SortedDotEmitter::createBuffers(isOnStack);
    auto type = MemRefType::get({getBufferBytes()}, builder.getI8Type());
    IntegerAttr alignment = builder.getI64IntegerAttr(64);
    panel = isOnStack
                ? memref::AllocaOp::create(builder, loc, type, alignment)
                      .getResult()
                : memref::AllocOp::create(builder, loc, type, alignment)
                      .getResult();
  }
  void releaseBuffers() override {
    if (!hasPanel)
      return SortedDotEmitter::releaseBuffers();
    memref::DeallocOp::create(builder, loc, panel);
  }
  bool hasTilesOutside() const override { return hasPanel; }

  /// [16 bytes of K][row][16]: what all blocks of columns read.
  LogicalResult beginTile(const TilePosition &at, int64_t tileRows) override {
    if (!hasPanel)
      return success();
    // Two loads of a row are joined to one.
    int64_t step = plan.run % 32 ? 16 : 32;
    auto loop = scf::ForOp::create(builder, loc, constant(0),
                                   constant(plan.run), constant(step));
    keepLoop(loop);
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToStart(loop.getBody());
    Value from = add(at.lhs, loop.getInductionVar());
    Value to = multiply(loop.getInductionVar(), tileRows);
    auto type = VectorType::get({16}, builder.getI8Type());
    SmallVector<std::pair<Value, int64_t>> loaded;
    for (int64_t row = 0; row < tileRows; ++row)
      for (int64_t byte = 0; byte < step; byte += 16)
        loaded.push_back(
            {vector::LoadOp::create(
                 builder, loc, type, lhs,
                 addConstant(from, row * plan.row.lhs + byte)),
             byte * tileRows + row * 16});
    for (auto [value, offset] : loaded)
      vector::StoreOp::create(builder, loc, value, panel,
                              addConstant(to, offset));
    return success();
  }

  int64_t getBlockColumns() const override {
    return kernel.getVectors() * kernel.getLanes();
  }
  LogicalResult emitTile(const TilePosition &at, int64_t tileRows,
                         int64_t tileVectors, int64_t valid) override {
    rows = tileRows;
    vectors = tileVectors;
    groups = plan.getRunGroups();
    SmallVector<Value> start = createStart(at, vectors, valid);
    SmallVector<Value> accumulators;
    for (int64_t row = 0; row < rows; ++row)
      llvm::append_range(accumulators, start);
    position = &at;
    Value left = hasPanel ? constant(0) : at.lhs;
    if (!isSorted()) {
      addParts(accumulators);
      accumulators = reduce(0, accumulators, left, at.rhs);
      joinParts(accumulators);
    } else {
      accumulators = reduceSorted(accumulators, at);
    }
    return finish(at, accumulators, vectors, valid);
  }

private:
  /// Whether the rows of a tile are copied, so that loads of the activation can
  /// be joined to pairs: one contiguous reduction, and enough columns.
  bool wantsPanel() const {
    int64_t blocks = llvm::divideCeil(plan.column.size, getBlockColumns());
    return plan.load == 16 && !isSorted() && plan.reductions.empty() &&
           !plan.isGather && plan.run >= 64 && plan.run % 16 == 0 &&
           kernel.getRows() >= 4 && blocks >= minPanelBlocks &&
           blocks * getBlockBytes(kernel.getVectors()) <= maxPanelWeights;
  }
  /// Bytes from a row to the next, and how far apart neighbouring bytes of K
  /// are: 16 of them at a time.
  int64_t getRowStride() const { return hasPanel ? 16 : plan.row.lhs; }
  int64_t getLeftOffset(int64_t byte) const {
    return hasPanel ? byte * rows : byte;
  }

  /// Further accumulators, so that enough of them are independent: a group adds
  /// to one part of every sum, the next one to the next part.
  void addParts(SmallVector<Value> &accumulators) {
    parts = plan.load == 4 && !isUnrolled(countGroups(0))
                ? countParts(rows, vectors, kernel.getLanes(), kernel.getChains())
                : 1;
    if (parts == 1)
      return;
    Type type = accumulators[0].getType();
    Value zero = arith::ConstantOp::create(builder, loc,
                                           builder.getZeroAttr(type));
    accumulators.resize(parts * rows * vectors, zero);
  }
  void joinParts(SmallVector<Value> &accumulators) {
    for (int64_t at = rows * vectors; at < int64_t(accumulators.size()); ++at) {
      Value &sum = accumulators[at % (rows * vectors)];
      sum = arith::AddIOp::create(builder, loc, sum, accumulators[at]);
    }
    accumulators.truncate(rows * vectors);
  }

  int64_t countGroups(size_t level) const {
    int64_t count = groups.size();
    for (; level < plan.reductions.size(); ++level)
      count *= plan.reductions[level].size;
    return count;
  }
  bool isUnrolled(int64_t count) const {
    if (count * rows * vectors > maxUnrolledDots)
      return false;
    // Weights of the whole reduction are the same for every tile, so LLVM keeps
    // them in registers, or spills what does not fit.
    bool isSmallFile = kernel.getLanes() <= 8 && plan.load == 4;
    return count < countGroups(0) || !isSmallFile || count == 1 ||
           (count + rows) * vectors + 1 <= avxRegisters;
  }

  /// The reduction loops from `level` inwards, then the run.
  SmallVector<Value> reduce(size_t level, SmallVector<Value> accumulators,
                            Value left, Value right) {
    if (level == plan.reductions.size())
      return reduceRun(accumulators, left, right);
    const PlanReduction &loop = plan.reductions[level];
    int64_t bytes = countGroups(level + 1) * getGroupBytes(vectors);
    if (isUnrolled(countGroups(level)) || loop.size == 1 || plan.isGather) {
      for (int64_t at = 0; at < loop.size; ++at)
        accumulators = reduce(level + 1, accumulators,
                              addConstant(left, at * loop.lhs),
                              addConstant(right, at * bytes));
      return accumulators;
    }
    auto body = [&](Value at, SmallVector<Value> values) {
      return reduce(level + 1, values, add(left, multiply(at, loop.lhs)),
                    add(right, multiply(at, bytes)));
    };
    if (level == 0 && plan.border)
      return emitReduction(getInnerRange(*position), 1, accumulators, body);
    return emitReduction(loop.size, 1, accumulators, body);
  }

  /// Full groups in a loop with `unroll` per iteration, then the others.
  SmallVector<Value> reduceRun(SmallVector<Value> accumulators, Value left,
                               Value right) {
    int64_t bytes = getGroupBytes(vectors);
    int64_t count = groups.size(), looped = 0;
    if (!isUnrolled(count)) {
      int64_t full = plan.run / plan.load * (plan.load / 4);
      int64_t unroll = llvm::alignTo(kernel.getUnroll(), parts);
      looped = full / unroll * unroll;
      accumulators = emitReduction(
          looped, unroll, accumulators,
          [&](Value at, SmallVector<Value> values) {
            Value l = add(left, multiply(at, getLeftOffset(4)));
            Value r = add(right, multiply(at, bytes));
            SmallVector<int64_t> offsets;
            for (int64_t step = 0; step < unroll; ++step)
              offsets.push_back(4 * step);
            return emitGroups(values, l, offsets, r);
          });
    }
    SmallVector<int64_t> offsets;
    for (int64_t at = looped; at < count; ++at)
      offsets.push_back(groups[at].lhs);
    return emitGroups(accumulators, left, offsets,
                      addConstant(right, looped * bytes));
  }

  /// Groups at these distances from `left`; their weights follow each other.
  SmallVector<Value> emitGroups(SmallVector<Value> accumulators, Value left,
                                ArrayRef<int64_t> offsets, Value right) {
    int64_t bytes = getGroupBytes(vectors);
    int64_t part = 0;
    while (!offsets.empty()) {
      int64_t count = countTogether(offsets);
      if (count > 1) {
        accumulators = emitTogether(
            accumulators, addConstant(left, getLeftOffset(offsets[0])), count,
            right);
      } else {
        MutableArrayRef<Value> own = MutableArrayRef(accumulators)
                                         .slice(part * rows * vectors,
                                                rows * vectors);
        llvm::copy(emitGroup(llvm::to_vector(own),
                             addConstant(left, offsets[0]), right),
                   own.begin());
        part = (part + 1) % parts;
      }
      right = addConstant(right, count * bytes);
      offsets = offsets.drop_front(count);
    }
    return accumulators;
  }

  /// How many of the first groups one load of the activation takes: 4, 2 or 1.
  int64_t countTogether(ArrayRef<int64_t> offsets) const {
    auto isContiguous = [&](size_t count) {
      return offsets.size() >= count &&
             offsets[count - 1] == offsets[0] + int64_t(count - 1) * 4;
    };
    if (plan.load != 16 || plan.isGather)
      return 1;
    return isContiguous(4) ? 4 : isContiguous(2) ? 2 : 1;
  }

  SmallVector<Value> emitGroup(SmallVector<Value> accumulators, Value left,
                               Value right) {
    return emitDots(accumulators, left, right, rawRhs && fitsAnyWeights());
  }

  /// Whether two products of any elements of both sides fit 16 bits together.
  bool fitsAnyWeights() {
    auto range = op->getAttrOfType<DenseI64ArrayAttr>(rhsRangeAttrName);
    std::pair<int64_t, int64_t> lhs = getLhsRange(op);
    if (!range || range.size() != 2 || op.getLhsSign() != Sign::Unsigned ||
        op.getRhsSign() != Sign::Signed || lhs.first < 0 || lhs.second > 255 ||
        range[0] < -128 || range[1] > 127)
      return false;
    return llvm::all_of(range.asArrayRef(), [&](int64_t weight) {
      int8_t same = static_cast<int8_t>(weight);
      return numerics::fitsPairSums({same, same}, {lhs.first, lhs.second});
    });
  }

  /// Several groups whose bytes follow each other in the activation: one load
  /// per row, of which every dot product repeats four bytes. Weights are outside
  /// of the rows, so that few of them are alive at a time.
  SmallVector<Value> emitTogether(SmallVector<Value> accumulators, Value left,
                                  int64_t count, Value right) {
    int64_t width = kernel.getLanes() * 4;
    auto bytes = VectorType::get({width}, builder.getI8Type());
    SmallVector<Value> words;
    for (int64_t row = 0; row < rows; ++row) {
      Value part = vector::LoadOp::create(
          builder, loc, VectorType::get({4 * count}, builder.getI8Type()),
          hasPanel ? panel : lhs, addConstant(left, row * getRowStride()));
      words.push_back(vector::BitCastOp::create(
          builder, loc, VectorType::get({count}, builder.getI32Type()), part));
    }
    for (int64_t group = 0; group < count; ++group)
      for (int64_t vector = 0; vector < vectors; ++vector) {
        Value weights = vector::LoadOp::create(
            builder, loc, bytes, rhs,
            addConstant(right, (group * vectors + vector) * width));
        SmallVector<int64_t> mask(kernel.getLanes(), group);
        for (int64_t row = 0; row < rows; ++row) {
          Value repeated = vector::ShuffleOp::create(builder, loc, words[row],
                                                     words[row], mask);
          Value four = vector::BitCastOp::create(builder, loc, bytes, repeated);
          Value &accumulator = accumulators[row * vectors + vector];
          accumulator = DotOp::create(builder, loc, accumulator, ValueRange(four),
                                      ValueRange(weights), op.getLhsSign(),
                                      op.getRhsSign(), /*fits_i16=*/false);
        }
      }
    return accumulators;
  }

  int64_t parts = 1; ///< accumulators of every result
  const TilePosition *position = nullptr;
  SmallVector<PlanGroup> groups;
  bool hasPanel;
  Value panel; ///< the rows of a tile
};
} // namespace

LogicalResult qdot::emitDotKernel(OpBuilder &builder, ContractOp op,
                                  const KernelPlan &plan) {
  return DotEmitter(builder, op, plan).emit();
}
