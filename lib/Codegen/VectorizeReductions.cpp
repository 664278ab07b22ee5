//===- VectorizeReductions.cpp - Reductions of rows in vectors ------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/IRMapping.h"
#include "qdot/Codegen/KernelTable.h"
#include "qdot/Codegen/Passes.h"
#include "qdot/Codegen/VectorBody.h"
#include "llvm/ADT/TypeSwitch.h"

namespace qdot {
#define GEN_PASS_DEF_VECTORIZEREDUCTIONS
#include "qdot/Codegen/Passes.h.inc"
} // namespace qdot

using namespace mlir;
using namespace qdot;

/// Operations whose result does not depend on the order.
static std::optional<vector::CombiningKind> getKind(Operation *op) {
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

namespace {
/// One linalg op that reduces contiguous rows.
class RowReduction {
public:
  RowReduction(linalg::GenericOp op, const KernelTarget &table)
      : op(op), builder(op), loc(op.getLoc()), lanes(table.lanes),
        isX86(!isAArch64(table)) {}

  /// Replaces the op by loops, or leaves it alone.
  void vectorize() {
    if (!matchLoops())
      return;
    bool isSum = matchFloatSum();
    if (!isSum && !matchBody())
      return;
    matchBlocks();
    if (isSum && block < 0)
      return;
    // NEON has the maximum of NaN and zeros as one instruction.
    isBlocked = isSum || (isX86 && isFloatExtreme() && block >= 0);
    emitRows(0, {});
    op.erase();
  }

private:
  /// Parallel loops around one reduction, along which the input is contiguous.
  bool matchLoops() {
    if (!op.hasPureBufferSemantics() || op.getNumDpsInputs() == 0 ||
        op.getNumDpsInits() != 1 || op.getNumReductionLoops() != 1)
      return false;
    AffineMap in = op.getIndexingMapsArray()[0];
    auto type = dyn_cast<MemRefType>(op.getInputs()[0].getType());
    if (!type || !in.isPermutation() ||
        !op.getIndexingMapsArray().back().isProjectedPermutation() ||
        in.getNumResults() == 0 || !type.isLastDimUnitStride())
      return false;
    row = cast<AffineDimExpr>(in.getResults().back()).getPosition();
    size = op.getStaticLoopRanges()[row];
    return op.getIteratorTypesArray()[row] == utils::IteratorType::reduction &&
           !ShapedType::isDynamic(size) && size >= lanes;
  }

  /// `combine(extension(in), out)` in either order.
  bool matchBody() {
    Block &body = *op.getBody();
    combine = body.getTerminator()->getOperand(0).getDefiningOp();
    if (!combine || !getKind(combine) || combine->getNumOperands() != 2 ||
        op.getNumDpsInputs() != 1)
      return false;
    Value out = body.getArgument(1), value = combine->getOperand(0);
    if (value == out)
      value = combine->getOperand(1);
    else if (combine->getOperand(1) != out)
      return false;
    extension = value.getDefiningOp();
    if (extension) {
      if (!isa<arith::ExtSIOp, arith::ExtUIOp>(extension))
        return false;
      value = extension->getOperand(0);
    }
    return value == body.getArgument(0) && out.hasOneUse() &&
           combine->getResult(0).getType().getIntOrFloatBitWidth() == 32 &&
           body.getOperations().size() == (extension ? 3u : 2u);
  }

  /// `f(inputs) + out` in f32, where f consists of elementwise ops.
  bool matchFloatSum() {
    Block &body = *op.getBody();
    combine = body.getTerminator()->getOperand(0).getDefiningOp<arith::AddFOp>();
    Value out = body.getArguments().back();
    if (!combine || !out.getType().isF32() || !out.hasOneUse() ||
        *out.user_begin() != combine)
      return false;
    return llvm::all_of(body.without_terminator(), [](Operation &inner) {
      return OpTrait::hasElementwiseMappableTraits(&inner) &&
             inner.getNumResults() == 1;
    });
  }

  bool isFloatExtreme() const {
    return isa<arith::MaximumFOp, arith::MinimumFOp>(combine);
  }

  /// Finds the loop whose rows can be taken `lanes` at a time: in the result
  /// they are neighbours, and the other inputs say one number for each row.
  void matchBlocks() {
    AffineMap out = op.getIndexingMapsArray().back();
    auto type = dyn_cast<MemRefType>(op.getDpsInits()[0].getType());
    if (!type || out.getNumResults() == 0 || !type.isLastDimUnitStride())
      return;
    unsigned loop = cast<AffineDimExpr>(out.getResults().back()).getPosition();
    int64_t rows = op.getStaticLoopRanges()[loop];
    if (ShapedType::isDynamic(rows) || rows < lanes || lanes % 4 != 0)
      return;
    for (OpOperand *input : llvm::drop_begin(op.getDpsInputOperands())) {
      AffineMap map = op.getMatchingIndexingMap(input);
      auto from = dyn_cast<MemRefType>(input->get().getType());
      if (!from || !map.isProjectedPermutation() || map.isFunctionOfDim(row) ||
          (map.isFunctionOfDim(loop) &&
           (map.getResults().back() != builder.getAffineDimExpr(loop) ||
            !from.isLastDimUnitStride())))
        return;
    }
    block = loop;
  }

  Value constant(int64_t value) {
    return arith::ConstantIndexOp::create(builder, loc, value);
  }

  /// Loops over the parallel dimensions from `loop` on.
  void emitRows(unsigned loop, SmallVector<Value> indices) {
    if (loop == op.getNumLoops()) {
      bool isSum = isa<arith::AddFOp>(combine);
      if (isBlocked)
        return isSum ? emitSums(indices) : emitExtremes(indices);
      return isSum ? emitSum(indices) : emitRow(indices);
    }
    if (loop == row) {
      indices.push_back({});
      return emitRows(loop + 1, indices);
    }
    AffineMap in = op.getIndexingMapsArray()[0];
    unsigned dim = *in.getResultPosition(builder.getAffineDimExpr(loop));
    Value extent =
        memref::DimOp::create(builder, loc, op.getInputs()[0], dim);
    if (!isBlocked || static_cast<int64_t>(loop) != block)
      return emitLoop(loop, constant(0), extent, 1, indices);
    int64_t rows = op.getStaticLoopRanges()[loop], full = rows / lanes * lanes;
    emitLoop(loop, constant(0), constant(full), lanes, indices);
    isBlocked = false;
    if (full < rows)
      emitLoop(loop, constant(full), extent, 1, indices);
    isBlocked = true;
  }

  void emitLoop(unsigned loop, Value begin, Value end, int64_t step,
                SmallVector<Value> indices) {
    auto body = scf::ForOp::create(builder, loc, begin, end, constant(step));
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToStart(body.getBody());
    indices.push_back(body.getInductionVar());
    emitRows(loop + 1, indices);
  }

  /// The indices of an operand at the loops' values.
  SmallVector<Value> index(unsigned operand, ArrayRef<Value> loops) {
    AffineMap map = op.getIndexingMapsArray()[operand];
    return llvm::map_to_vector(map.getResults(), [&](AffineExpr expr) -> Value {
      if (auto dim = dyn_cast<AffineDimExpr>(expr))
        return loops[dim.getPosition()];
      return constant(0);
    });
  }

  /// The body's new value of `out`, from inputs that are scalars or vectors.
  Value evaluate(ValueRange inputs, Value out) {
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

  /// One row's float sum, in its order.
  void emitSum(SmallVector<Value> loops) {
    SmallVector<Value> inputs(op.getNumDpsInputs());
    for (unsigned input = 1; input < inputs.size(); ++input)
      inputs[input] = memref::LoadOp::create(
          builder, loc, op.getInputs()[input], index(input, loops));
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

  /// A vector with one number of each of the block's rows.
  Value loadPerRow(unsigned operand, ArrayRef<Value> loops) {
    Value from = op->getOperand(operand);
    SmallVector<Value> at = index(operand, loops);
    auto type = VectorType::get(
        {lanes}, cast<MemRefType>(from.getType()).getElementType());
    if (op.getIndexingMapsArray()[operand].isFunctionOfDim(block))
      return vector::LoadOp::create(builder, loc, type, from, at);
    Value scalar = memref::LoadOp::create(builder, loc, from, at);
    return vector::BroadcastOp::create(builder, loc, type, scalar);
  }

  void storePerRow(Value value, ArrayRef<Value> loops) {
    vector::StoreOp::create(builder, loc, value, op.getDpsInits()[0],
                            index(op.getNumDpsInputs(), loops));
  }

  /// The vectors of the block's rows at one place.
  SmallVector<Value> loadRows(SmallVector<Value> loops, Value at) {
    SmallVector<Value> rows;
    Value first = loops[block];
    loops[row] = at;
    for (int64_t next = 0; next < lanes; ++next) {
      loops[block] =
          arith::AddIOp::create(builder, loc, first, constant(next));
      rows.push_back(loadVector(loops));
    }
    return rows;
  }

  /// Float sums of as many rows as a vector has lanes: column after column, so
  /// that each sum has its order.
  void emitSums(ArrayRef<Value> loops) {
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

  /// The larger (smaller) one as x86 selects it: right but for NaN and for the
  /// sign of zero.
  Value select(Value a, Value b) {
    auto predicate = isa<arith::MaximumFOp>(combine)
                         ? arith::CmpFPredicate::OGT
                         : arith::CmpFPredicate::OLT;
    Value isFirst = arith::CmpFOp::create(builder, loc, predicate, a, b);
    return arith::SelectOp::create(builder, loc, isFirst, a, b);
  }

  /// Float maxima of as many rows as a vector has lanes, by one instruction per
  /// vector beside one that any NaN leaves a trace in. Rows of a block with a
  /// NaN or a result of zero are done again, with the exact operation.
  void emitExtremes(SmallVector<Value> loops) {
    constexpr int64_t traces = 4;
    SmallVector<Value> state = loadRows(loops, constant(0));
    SmallVector<Value> first(state.begin(), state.begin() + traces);
    auto trace = [&](ArrayRef<Value> rows, MutableArrayRef<Value> sums) {
      for (auto [at, vector] : llvm::enumerate(rows))
        sums[at % traces] = arith::AddFOp::create(builder, loc,
                                                  sums[at % traces], vector);
    };
    trace(ArrayRef<Value>(state).drop_front(traces), first);
    state.append(first);
    auto accumulate = [&](Value at, MutableArrayRef<Value> values) {
      SmallVector<Value> rows = loadRows(loops, at);
      for (auto [value, vector] : llvm::zip(values, rows))
        value = select(vector, value);
      trace(rows, values.drop_front(lanes));
    };
    int64_t full = size / lanes * lanes;
    if (full > lanes) {
      auto loop = scf::ForOp::create(builder, loc, constant(lanes),
                                     constant(full), constant(lanes), state);
      OpBuilder::InsertionGuard guard(builder);
      builder.setInsertionPointToStart(loop.getBody());
      SmallVector<Value> values(loop.getRegionIterArgs());
      accumulate(loop.getInductionVar(), values);
      scf::YieldOp::create(builder, loc, values);
      state.assign(loop.result_begin(), loop.result_end());
    }
    if (full < size)
      accumulate(constant(size - lanes), state);
    Value old = loadPerRow(1, loops), result = old;
    SmallVector<Value> rows(state.begin(), state.begin() + lanes);
    for (Value column : transposeVectors(builder, loc, rows))
      result = select(column, result);
    Value sum = old;
    for (Value part : llvm::drop_begin(state, lanes))
      sum = arith::AddFOp::create(builder, loc, sum, part);
    storeExact(result, sum, loops);
  }

  void storeExact(Value result, Value trace, SmallVector<Value> loops) {
    Value zero = arith::ConstantOp::create(
        builder, loc, builder.getZeroAttr(result.getType()));
    Value isZero = arith::CmpFOp::create(
        builder, loc, arith::CmpFPredicate::OEQ, result, zero);
    Value isNan = arith::CmpFOp::create(
        builder, loc, arith::CmpFPredicate::UNO, trace, trace);
    Value isRare = vector::ReductionOp::create(
        builder, loc, vector::CombiningKind::OR,
        arith::OrIOp::create(builder, loc, isZero, isNan));
    auto branch = scf::IfOp::create(builder, loc, isRare,
                                    /*withElseRegion=*/true);
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToStart(branch.elseBlock());
    storePerRow(result, loops);
    builder.setInsertionPointToStart(branch.thenBlock());
    Value begin = loops[block];
    auto loop = scf::ForOp::create(
        builder, loc, begin,
        arith::AddIOp::create(builder, loc, begin, constant(lanes)),
        constant(1));
    builder.setInsertionPointToStart(loop.getBody());
    loops[block] = loop.getInductionVar();
    emitRow(loops);
  }

  void emitRow(SmallVector<Value> loops) {
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
    Value total = vector::ReductionOp::create(builder, loc, *getKind(combine),
                                              sum);
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

  Value loadVector(ArrayRef<Value> loops) {
    auto type = cast<MemRefType>(op.getInputs()[0].getType());
    return extend(vector::LoadOp::create(
        builder, loc, VectorType::get({lanes}, type.getElementType()),
        op.getInputs()[0], index(0, loops)));
  }

  Value extend(Value value) {
    return extension ? repeat(extension, value) : value;
  }
  Value apply(Value value, Value other) {
    return repeat(combine, ValueRange{value, other});
  }
  /// A scalar op of the body on other operands, scalars or vectors.
  Value repeat(Operation *scalar, ValueRange operands) {
    Type type = scalar->getResult(0).getType();
    if (isa<VectorType>(operands[0].getType()))
      type = VectorType::get({lanes}, type);
    OperationState state(loc, scalar->getName(), operands, TypeRange(type),
                         scalar->getAttrs());
    return builder.create(state)->getResult(0);
  }

  linalg::GenericOp op;
  OpBuilder builder;
  Location loc;
  int64_t lanes, size = 0;
  bool isX86, isBlocked = false;
  unsigned row = 0;
  /// The loop whose rows are taken in blocks, or -1.
  int64_t block = -1;
  Operation *combine = nullptr, *extension = nullptr;
};

struct VectorizeReductions
    : public qdot::impl::VectorizeReductionsBase<VectorizeReductions> {
  using VectorizeReductionsBase::VectorizeReductionsBase;

  void runOnOperation() override {
    const KernelTarget *table = getKernelTarget(getOperation(), target);
    if (!table)
      return signalPassFailure();
    SmallVector<linalg::GenericOp> ops;
    getOperation().walk([&](linalg::GenericOp op) { ops.push_back(op); });
    for (linalg::GenericOp op : ops)
      RowReduction(op, *table).vectorize();
  }
};
} // namespace
