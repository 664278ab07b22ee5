//===- FoldConstants.cpp - Compute what depends on constants only ---------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "MoveConstants.h"
#include "PrepareUtils.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Quant/IR/Quant.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/IndexingUtils.h"
#include "qdot/Analysis/ConstantValues.h"
#include "qdot/Analysis/Layers.h"
#include "qdot/Analysis/ScalarAnalysis.h"
#include "qdot/Analysis/StructuralBody.h"
#include "qdot/Dialect/Constants.h"
#include "qdot/Dialect/Qdot.h"
#include "qdot/Dialect/QuantizedType.h"
#include "qdot/Prepare/Passes.h"
#include "llvm/Support/MathExtras.h"

namespace qdot {
#define GEN_PASS_DEF_FOLDCONSTANTS
#include "qdot/Prepare/Passes.h.inc"
} // namespace qdot

using namespace mlir;
using namespace qdot;

//===----------------------------------------------------------------------===//
// Quantized constants in arithmetic
//===----------------------------------------------------------------------===//

/// True for a sum, a difference, a product, a maximum or a minimum of a constant
/// that varies along several dims and a value: integer code has such ops on two
/// quantized tensors.
static bool isPairOfBytes(linalg::LinalgOp op, DequantizeOp dequantize) {
  Type element = getElementTypeOrSelf(dequantize.getInput().getType());
  auto perTensor = dyn_cast<quant::UniformQuantizedType>(element);
  ArrayRef<int64_t> shape =
      cast<RankedTensorType>(dequantize.getType()).getShape();
  BodyKind kind = matchBody(op).kind;
  return perTensor && perTensor.getStorageTypeIntegralWidth() == 8 &&
         llvm::count_if(shape, [](int64_t size) { return size != 1; }) > 1 &&
         llvm::is_contained({BodyKind::Add, BodyKind::Sub, BodyKind::Mul,
                             BodyKind::Maximum, BodyKind::Minimum},
                            kind);
}

/// True for a bias of 32 bits next to a contraction, which `qdot-place-biases`
/// wants as it is.
static bool isBias(linalg::LinalgOp op, DequantizeOp dequantize) {
  auto element = cast<quant::QuantizedType>(
      getElementTypeOrSelf(dequantize.getInput().getType()));
  return element.getStorageTypeIntegralWidth() == 32 &&
         llvm::any_of(op.getDpsInputs(), [](Value input) {
           auto producer = input.getDefiningOp<linalg::LinalgOp>();
           return producer && isContractionBody(producer);
         });
}

/// Lets an elementwise op read the real numbers of dequantized constants.
static void readRealConstants(linalg::LinalgOp op) {
  if (!isPointwise(op) || getCopiedOperand(op))
    return;
  for (OpOperand *operand : op.getDpsInputOperands()) {
    auto dequantize = operand->get().getDefiningOp<DequantizeOp>();
    if (!dequantize || !isConstantTensor(dequantize) ||
        isPairOfBytes(op, dequantize) || isBias(op, dequantize))
      continue;
    FailureOr<RealConstant> real = getRealConstant(dequantize);
    if (failed(real))
      continue;
    OpBuilder builder(op);
    operand->set(createFloatConstant(
        builder, dequantize.getLoc(), real->type,
        SmallVector<float>(real->values.begin(), real->values.end())));
  }
}

//===----------------------------------------------------------------------===//
// Arithmetic
//===----------------------------------------------------------------------===//

namespace {
/// An operand of an elementwise op while all positions are visited.
struct OperandReader {
  unsigned slot;
  ConstantTensor tensor;
  Gather gather;

  Scalar read(ArrayRef<int64_t> position) const {
    int64_t offset = gather.base;
    for (auto [index, stride] : llvm::zip_equal(position, gather.strides))
      offset += index * stride;
    Scalar value;
    if (tensor.getType().getElementType().isF32())
      value.real = tensor.getFloat(offset);
    else
      value.integer = tensor.getInteger(offset);
    return value;
  }
};
} // namespace

/// Readers for all arguments of `program`, or failure when one is no constant.
static FailureOr<SmallVector<OperandReader>>
createReaders(linalg::LinalgOp op, const ScalarProgram &program) {
  SmallVector<OperandReader> readers;
  for (unsigned slot : program.getSlotsOf(ScalarProgram::SlotKind::Argument)) {
    OpOperand &operand = op->getOpOperand(program.getSlots()[slot].number);
    FailureOr<ConstantTensor> tensor = ConstantTensor::get(operand.get());
    if (failed(tensor) || (!tensor->getType().getElementType().isF32() &&
                           !tensor->getType().getElementType().isIntOrIndex()))
      return failure();
    std::optional<Gather> gather = createOperandGather(op, operand);
    if (!gather)
      return failure();
    readers.push_back({slot, *tensor, std::move(*gather)});
  }
  return readers;
}

/// Appends the bits of a value of `type`.
static void appendBits(SmallVectorImpl<char> &bytes, Scalar value, Type type,
                       unsigned elementSize) {
  float real = static_cast<float>(value.real);
  const void *data = &value.integer;
  if (type.isF32())
    data = &real;
  const char *begin = static_cast<const char *>(data);
  bytes.append(begin, begin + elementSize);
}

/// Runs the body of an elementwise op on constants at every position.
static DenseElementsAttr evaluateElements(linalg::LinalgOp op,
                                          RankedTensorType type) {
  Type element = type.getElementType();
  if (!element.isF32() && !(element.isIntOrIndex() && isEvaluableType(element)))
    return {};
  FailureOr<ScalarProgram> program = ScalarProgram::get(op, Rounding::EachStep);
  if (failed(program))
    return {};
  FailureOr<SmallVector<OperandReader>> readers = createReaders(op, *program);
  // Without readers and indices the op fills; that form is wanted as it is.
  if (failed(readers) ||
      (readers->empty() &&
       program->getSlotsOf(ScalarProgram::SlotKind::Index).empty()))
    return {};
  unsigned elementSize =
      element.isIndex() ? 8
                        : llvm::divideCeil(element.getIntOrFloatBitWidth(), 8u);
  int64_t read = 0;
  for (const OperandReader &reader : *readers)
    read += reader.tensor.getNumElements() * reader.tensor.getElementSize();
  if (!isSmallEnough(type, elementSize, read, maxGrowth))
    return {};

  AffineMap outputMap = op.getMatchingIndexingMap(op.getDpsInitOperand(0));
  AffineMap toLoops = inversePermutation(outputMap);
  SmallVector<int64_t> strides = computeStrides(type.getShape());
  SmallVector<Scalar> values = program->createValues();
  SmallVector<char> bytes;
  for (int64_t i = 0, e = type.getNumElements(); i < e; ++i) {
    SmallVector<int64_t> position = delinearize(i, strides);
    SmallVector<int64_t> loops = toLoops.compose(position);
    for (unsigned slot : program->getSlotsOf(ScalarProgram::SlotKind::Index))
      values[slot].integer = loops[program->getSlots()[slot].number];
    for (const OperandReader &reader : *readers)
      values[reader.slot] = reader.read(position);
    if (!program->run(values))
      return {};
    appendBits(bytes, values[program->getResult()], element, elementSize);
  }
  return createElements(type, bytes);
}

/// True when the result only serves as the initial value of linalg ops.
static bool isOnlyInit(Operation *op) {
  return llvm::all_of(op->getUses(), [](OpOperand &use) {
    auto user = dyn_cast<linalg::LinalgOp>(use.getOwner());
    return user && user.isDpsInit(&use);
  });
}

/// True when all that read the result read constants otherwise, and so will be
/// constants themselves.
static bool servesConstants(Operation *op) {
  return llvm::all_of(op->getUsers(), [&](Operation *user) {
    if (!isa<linalg::GenericOp, tensor::ConcatOp, tensor::ExpandShapeOp,
             tensor::CollapseShapeOp, tensor::ExtractSliceOp>(user))
      return false;
    return llvm::all_of(user->getOpOperands(), [&](OpOperand &operand) {
      auto linalgOp = dyn_cast<linalg::LinalgOp>(user);
      return operand.get().getDefiningOp() == op ||
             ConstantTensor::isConstant(operand.get()) ||
             (linalgOp && linalgOp.isDpsInit(&operand));
    });
  });
}

/// Constants side by side.
static DenseElementsAttr foldConcat(tensor::ConcatOp concat,
                                    RankedTensorType type) {
  SmallVector<ConstantTensor> parts;
  int64_t read = 0;
  for (Value input : concat.getInputs()) {
    FailureOr<ConstantTensor> part = ConstantTensor::get(input);
    if (failed(part))
      return {};
    parts.push_back(*part);
    read += part->getNumElements() * part->getElementSize();
  }
  if (!isSmallEnough(type, parts.front().getElementSize(), read, 0))
    return {};
  ArrayRef<int64_t> shape = type.getShape();
  int64_t outer = computeProduct(shape.take_front(concat.getDim()));
  SmallVector<char> bytes;
  for (int64_t i = 0; i < outer; ++i)
    for (const ConstantTensor &part : parts) {
      int64_t count = part.getNumElements() / outer;
      for (int64_t j = 0; j < count; ++j)
        llvm::append_range(bytes, part.getBytes(i * count + j));
    }
  return createElements(type, bytes);
}

/// True for a linalg op that only gives others a start: that form is wanted.
static bool isInit(Operation *op) {
  return isa<linalg::LinalgOp>(op) && isOnlyInit(op);
}

/// The constant that `op` computes, or null.
static DenseElementsAttr foldOp(Operation *op) {
  RankedTensorType type = getStaticType(op);
  if (!type || op->use_empty())
    return {};
  auto linalgOp = dyn_cast<linalg::LinalgOp>(op);
  if (isInit(op))
    return {};
  if (std::optional<Move> move = matchMove(op, type))
    return foldMove(type, move->source, move->gather,
                    servesConstants(op) ? maxGrowth : maxMoveGrowth);
  if (auto concat = dyn_cast<tensor::ConcatOp>(op))
    return foldConcat(concat, type);
  if (!linalgOp || !isPointwise(linalgOp) || getCopiedOperand(linalgOp))
    return {};
  return evaluateElements(linalgOp, type);
}

namespace {
struct FoldConstants : public qdot::impl::FoldConstantsBase<FoldConstants> {
  void runOnOperation() override {
    if (failed(checkInput(getOperation())))
      return signalPassFailure();
    // Operands come before their users, so one walk sees chains.
    getOperation().walk([](Operation *op) {
      if (Value moved = foldQuantizedMove(op))
        return op->replaceAllUsesWith(ValueRange(moved));
      if (auto linalgOp = dyn_cast<linalg::LinalgOp>(op))
        readRealConstants(linalgOp);
      if (!isInit(op) && foldUniform(op))
        return;
      DenseElementsAttr value = foldOp(op);
      if (!value)
        return;
      OpBuilder builder(op);
      op->replaceAllUsesWith(arith::ConstantOp::create(builder, op->getLoc(),
                                                       value.getType(), value));
    });
    eraseDeadOps(getOperation());
  }
};
} // namespace
