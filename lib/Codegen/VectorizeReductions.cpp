//===- VectorizeReductions.cpp - Reductions of rows in vectors ------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "RowReduction.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/BuiltinOps.h"
#include "qdot/Codegen/KernelTable.h"
#include "qdot/Codegen/Passes.h"
#include "qdot/Codegen/VectorBody.h"

namespace qdot {
#define GEN_PASS_DEF_VECTORIZEREDUCTIONS
#include "qdot/Codegen/Passes.h.inc"
} // namespace qdot

using namespace mlir;
using namespace qdot;

void RowReduction::vectorize() {
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

bool RowReduction::matchLoops() {
  if (!op.hasPureBufferSemantics() || op.getNumDpsInputs() == 0 ||
      op.getNumDpsInits() != 1 || op.getNumReductionLoops() != 1)
    return false;
  for (Type operand : op->getOperandTypes())
    if (!hasVectorLayout(getElementTypeOrSelf(operand)))
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

bool RowReduction::matchBody() {
  Block &body = *op.getBody();
  combine = body.getTerminator()->getOperand(0).getDefiningOp();
  if (!combine || !getCombiningKind(combine) ||
      combine->getNumOperands() != 2 || op.getNumDpsInputs() != 1)
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

bool RowReduction::matchFloatSum() {
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

bool RowReduction::isFloatExtreme() const {
  return isa<arith::MaximumFOp, arith::MinimumFOp>(combine);
}

void RowReduction::matchBlocks() {
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

void RowReduction::emitRows(unsigned loop, SmallVector<Value> indices) {
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
  Value extent = memref::DimOp::create(builder, loc, op.getInputs()[0], dim);
  if (!isBlocked || static_cast<int64_t>(loop) != block)
    return emitLoop(loop, constant(0), extent, 1, indices);
  int64_t rows = op.getStaticLoopRanges()[loop], full = rows / lanes * lanes;
  emitLoop(loop, constant(0), constant(full), lanes, indices);
  isBlocked = false;
  if (full < rows)
    emitLoop(loop, constant(full), extent, 1, indices);
  isBlocked = true;
}

void RowReduction::emitLoop(unsigned loop, Value begin, Value end, int64_t step,
                            SmallVector<Value> indices) {
  auto body = scf::ForOp::create(builder, loc, begin, end, constant(step));
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(body.getBody());
  indices.push_back(body.getInductionVar());
  emitRows(loop + 1, indices);
}

namespace {
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
