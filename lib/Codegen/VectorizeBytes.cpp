//===- VectorizeBytes.cpp - Pooling and elementwise ops on vectors --------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ByteEmitter.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/Matchers.h"
#include "qdot/Codegen/KernelTable.h"
#include "qdot/Codegen/Passes.h"
#include "qdot/Dialect/Qdot.h"
#include "qdot/Target/Generic/LowerScalars.h"

namespace qdot {
#define GEN_PASS_DEF_VECTORIZEBYTES
#include "qdot/Codegen/Passes.h.inc"
} // namespace qdot

using namespace mlir;
using namespace qdot;

/// Ops that neither read nor write what others do.
static bool isNeutral(Operation &op) {
  return isMemoryEffectFree(&op) || isa<memref::AllocOp>(op);
}

/// The scalar that `op` finds everywhere in its result, and the fill that put
/// it there: nothing else lies between that touches memory.
static linalg::FillOp findFill(linalg::GenericOp op) {
  Value init = op.getDpsInits()[0];
  for (Operation *before = op->getPrevNode(); before;
       before = before->getPrevNode()) {
    auto fill = dyn_cast<linalg::FillOp>(before);
    if (fill && fill.getOutputs()[0] == init)
      return fill;
    // Other fills are of other buffers.
    bool isOther =
        fill && fill.getOutputs()[0].getDefiningOp<memref::AllocOp>() &&
        init.getDefiningOp<memref::AllocOp>();
    if (!isOther && !isNeutral(*before))
      return {};
  }
  return {};
}

/// The i8 input, or input of another type, that the body reads; null when it
/// reads several.
static OpOperand *getOnlyInput(linalg::GenericOp op) {
  OpOperand *only = nullptr;
  for (OpOperand *input : op.getDpsInputOperands())
    if (op.payloadUsesValueFromOperand(input)) {
      if (only)
        return nullptr;
      only = input;
    }
  return only;
}

/// `extreme(in, out)` of bytes.
static Operation *matchExtreme(linalg::GenericOp op, BlockArgument input) {
  Block &body = *op.getBody();
  Operation *combine = body.getTerminator()->getOperand(0).getDefiningOp();
  if (!isa_and_nonnull<arith::MaxSIOp, arith::MinSIOp, arith::MaxUIOp,
                       arith::MinUIOp>(combine) ||
      !input.getType().isInteger(8) || body.getOperations().size() != 2)
    return nullptr;
  Value out = body.getArguments().back();
  Value a = combine->getOperand(0), b = combine->getOperand(1);
  return (a == input && b == out) || (a == out && b == input) ? combine
                                                              : nullptr;
}

/// `out + (extension(in) - zero)` in i32.
static std::optional<ByteSum> matchSum(linalg::GenericOp op,
                                       BlockArgument input) {
  Block &body = *op.getBody();
  auto sum = body.getTerminator()->getOperand(0).getDefiningOp<arith::AddIOp>();
  if (!sum || !sum.getType().isInteger(32))
    return std::nullopt;
  Value out = body.getArguments().back();
  Value term = sum.getLhs() == out ? sum.getRhs() : sum.getLhs();
  if ((sum.getLhs() != out && sum.getRhs() != out) || term == out ||
      !out.hasOneUse())
    return std::nullopt;
  ByteSum result{false, 0};
  APInt zero;
  if (auto centered = term.getDefiningOp<arith::SubIOp>();
      centered && matchPattern(centered.getRhs(), m_ConstantInt(&zero))) {
    result.zero = zero.getSExtValue();
    term = centered.getLhs();
  }
  Operation *extension = term.getDefiningOp();
  if (!isa_and_nonnull<arith::ExtSIOp, arith::ExtUIOp>(extension) ||
      extension->getOperand(0) != input || !input.getType().isInteger(8))
    return std::nullopt;
  result.isSigned = isa<arith::ExtSIOp>(extension);
  return result;
}

/// What an elementwise op reads and writes, or nullopt when its body has no
/// vector form.
static std::optional<SmallVector<OpOperand *>>
matchElementwise(linalg::GenericOp op) {
  if (op.getNumParallelLoops() != op.getNumLoops() ||
      op.getNumDpsInits() != 1 || !op.hasPureBufferSemantics() ||
      op.payloadUsesValueFromOperand(op.getDpsInitOperand(0)) ||
      !ByteBody::isSupported(*op.getBody()))
    return std::nullopt;
  SmallVector<OpOperand *> inputs;
  for (OpOperand *input : op.getDpsInputOperands()) {
    if (!op.payloadUsesValueFromOperand(input))
      continue;
    auto type = dyn_cast<MemRefType>(input->get().getType());
    if (!type || !type.getElementType().isIntOrFloat())
      return std::nullopt;
    inputs.push_back(input);
  }
  if (inputs.empty())
    return std::nullopt;
  return inputs;
}

static std::optional<ByteLoops> getLoops(linalg::GenericOp op,
                                         ArrayRef<OpOperand *> inputs) {
  SmallVector<ByteOperand> operands;
  SmallVector<OpOperand *> all(inputs);
  all.push_back(op.getDpsInitOperand(0));
  for (OpOperand *operand : all) {
    auto known = ByteLoops::getOperand(op.getMatchingIndexingMap(operand),
                                       operand->get());
    if (!known)
      return std::nullopt;
    operands.push_back(*known);
  }
  return ByteLoops::get(op, operands);
}

namespace {
/// The op that alone reads a buffer of sums, what it reads besides, and what
/// dies with the buffer.
struct SumReader {
  linalg::GenericOp op;
  OpOperand *sums;
  SmallVector<OpOperand *> others;
  Operation *release;
};
} // namespace

static std::optional<SumReader> findReader(linalg::GenericOp op,
                                           linalg::FillOp fill) {
  Value buffer = op.getDpsInits()[0];
  if (!buffer.getDefiningOp<memref::AllocOp>())
    return std::nullopt;
  SumReader reader{{}, nullptr, {}, nullptr};
  for (OpOperand &use : buffer.getUses()) {
    Operation *user = use.getOwner();
    if (user == op || user == fill)
      continue;
    auto generic = dyn_cast<linalg::GenericOp>(user);
    if (isa<memref::DeallocOp>(user) && !reader.release) {
      reader.release = user;
    } else if (generic && !reader.op && generic->getBlock() == op->getBlock() &&
               op->isBeforeInBlock(generic) &&
               generic.isDpsInput(&use)) {
      reader.op = generic;
      reader.sums = &use;
    } else {
      return std::nullopt;
    }
  }
  auto inputs = reader.op ? matchElementwise(reader.op) : std::nullopt;
  if (!inputs)
    return std::nullopt;
  for (OpOperand *input : *inputs)
    if (input != reader.sums)
      reader.others.push_back(input);
  for (Operation *between = op->getNextNode(); between != reader.op;
       between = between->getNextNode())
    if (!isNeutral(*between))
      return std::nullopt;
  return reader;
}

/// Strides of the reader's operands along the loops of the sum.
static std::optional<ByteLoops> getFusedLoops(linalg::GenericOp op,
                                              OpOperand *input,
                                              const SumReader &reader) {
  AffineMap sumMap = op.getMatchingIndexingMap(op.getDpsInitOperand(0));
  linalg::GenericOp next = reader.op;
  AffineMap readMap = next.getMatchingIndexingMap(reader.sums);
  if (!sumMap.isProjectedPermutation() || !readMap.isPermutation())
    return std::nullopt;
  SmallVector<ByteOperand> operands;
  auto known = ByteLoops::getOperand(op.getMatchingIndexingMap(input),
                                     input->get());
  if (!known)
    return std::nullopt;
  operands.push_back(*known);
  // The loop of the sum that each loop of the reader is.
  SmallVector<unsigned> loops(next.getNumLoops());
  for (unsigned dim = 0; dim < sumMap.getNumResults(); ++dim)
    loops[readMap.getDimPosition(dim)] = sumMap.getDimPosition(dim);
  SmallVector<OpOperand *> others(reader.others);
  others.push_back(next.getDpsInitOperand(0));
  for (OpOperand *other : others) {
    known = ByteLoops::getOperand(next.getMatchingIndexingMap(other),
                                  other->get());
    if (!known)
      return std::nullopt;
    operands.push_back(known->onLoops(loops, op.getNumLoops()));
  }
  return ByteLoops::get(op, operands);
}

namespace {
struct VectorizeBytes
    : public qdot::impl::VectorizeBytesBase<VectorizeBytes> {
  using VectorizeBytesBase::VectorizeBytesBase;

  void runOnOperation() override {
    const KernelTarget *table = getKernelTarget(getOperation(), target);
    if (!table)
      return signalPassFailure();
    width = 4 * table->lanes;
    SmallVector<linalg::GenericOp> ops;
    getOperation().walk([&](linalg::GenericOp op) {
      if (op.hasPureBufferSemantics() && op.getNumDpsInits() == 1)
        ops.push_back(op);
    });
    // Sums take the op that reads them along.
    for (linalg::GenericOp &op : ops)
      if (op.getNumReductionLoops() != 0)
        reduce(op);
    for (linalg::GenericOp op : ops)
      if (!erased.contains(op) && op.getNumReductionLoops() == 0)
        vectorize(op);
    getOperation().walk([](RoundOp op) {
      OpBuilder builder(op);
      op.replaceAllUsesWith(createRound(builder, op));
      op.erase();
    });
  }

private:
  void erase(Operation *op) {
    erased.insert(op);
    op->erase();
  }

  void vectorize(linalg::GenericOp op) {
    auto inputs = matchElementwise(op);
    auto loops = inputs ? getLoops(op, *inputs) : std::nullopt;
    if (!loops || isPlainCopy(op, *loops))
      return;
    ByteEmitter(op, *loops, width).emitElementwise(*inputs);
    erase(op);
  }

  /// LLVM makes these a memcpy.
  static bool isPlainCopy(linalg::GenericOp op, const ByteLoops &loops) {
    return isa<BlockArgument>(op.getBody()->getTerminator()->getOperand(0)) &&
           loops.outer.empty();
  }

  void reduce(linalg::GenericOp op) {
    OpOperand *input = getOnlyInput(op);
    if (!input)
      return;
    BlockArgument argument = op.getMatchingBlockArgument(input);
    if (Operation *combine = matchExtreme(op, argument)) {
      auto loops = getLoops(op, {input});
      if (!loops)
        return;
      linalg::FillOp fill = findFill(op);
      ByteEmitter(op, *loops, width)
          .emitExtreme(combine, fill ? fill.getInputs()[0] : Value());
      erase(op);
      if (fill)
        erase(fill);
    } else if (std::optional<ByteSum> sum = matchSum(op, argument)) {
      add(op, input, *sum);
    }
  }

  void add(linalg::GenericOp op, OpOperand *input, const ByteSum &sum) {
    linalg::FillOp fill = findFill(op);
    Value start = fill ? fill.getInputs()[0] : Value();
    if (std::optional<SumReader> reader =
            fill ? findReader(op, fill) : std::nullopt) {
      if (auto loops = getFusedLoops(op, input, *reader)) {
        ByteEmitter(reader->op, *loops, width)
            .emitSum(sum, start, reader->sums, reader->others);
        Value buffer = op.getDpsInits()[0];
        for (Operation *dead : {reader->op.getOperation(), op.getOperation(),
                                fill.getOperation(), reader->release})
          if (dead)
            erase(dead);
        if (buffer.use_empty())
          erase(buffer.getDefiningOp());
        return;
      }
    }
    auto loops = getLoops(op, {input});
    if (!loops)
      return;
    ByteEmitter(op, *loops, width).emitSum(sum, start, nullptr, {});
    erase(op);
    if (fill)
      erase(fill);
  }

  int64_t width = 0;
  llvm::DenseSet<Operation *> erased;
};
} // namespace
