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
#include "qdot/Codegen/KernelTable.h"
#include "qdot/Codegen/Passes.h"
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
  RowReduction(linalg::GenericOp op, int64_t lanes)
      : op(op), builder(op), loc(op.getLoc()), lanes(lanes) {}

  /// Replaces the op by loops, or leaves it alone.
  void vectorize() {
    if (!matchLoops() || !matchBody())
      return;
    emitRows(0, {});
    op.erase();
  }

private:
  /// Parallel loops around one reduction, along which the input is contiguous.
  bool matchLoops() {
    if (!op.hasPureBufferSemantics() || op.getNumDpsInputs() != 1 ||
        op.getNumDpsInits() != 1 || op.getNumReductionLoops() != 1)
      return false;
    AffineMap in = op.getIndexingMapsArray()[0];
    auto type = dyn_cast<MemRefType>(op.getInputs()[0].getType());
    if (!type || !in.isPermutation() ||
        !op.getIndexingMapsArray()[1].isProjectedPermutation() ||
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
    if (!combine || !getKind(combine) || combine->getNumOperands() != 2)
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

  Value constant(int64_t value) {
    return arith::ConstantIndexOp::create(builder, loc, value);
  }

  /// Loops over the parallel dimensions from `loop` on.
  void emitRows(unsigned loop, SmallVector<Value> indices) {
    if (loop == op.getNumLoops())
      return emitRow(indices);
    if (loop == row) {
      indices.push_back({});
      return emitRows(loop + 1, indices);
    }
    AffineMap in = op.getIndexingMapsArray()[0];
    unsigned dim = *in.getResultPosition(builder.getAffineDimExpr(loop));
    Value extent =
        memref::DimOp::create(builder, loc, op.getInputs()[0], dim);
    auto body = scf::ForOp::create(builder, loc, constant(0), extent,
                                   constant(1));
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
  unsigned row = 0;
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
      RowReduction(op, table->lanes).vectorize();
  }
};
} // namespace
