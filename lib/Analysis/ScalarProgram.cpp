//===- ScalarProgram.cpp - Host evaluation of a linalg body ---------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qdot/Analysis/ScalarProgram.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"
#include "qdot/Dialect/Constants.h"
#include "llvm/ADT/SetVector.h"
#include <cstring>

using namespace mlir;

namespace qdot {

/// How far constants are looked for through the ops that compute them.
static constexpr unsigned maxDepth = 32;
/// Bodies with more ops than this are left alone.
static constexpr unsigned maxSteps = 4096;

/// The value of a float or integer attribute.
static std::optional<Scalar> convertAttribute(Attribute attribute) {
  Scalar result;
  if (auto real = dyn_cast<FloatAttr>(attribute)) {
    if (!isEvaluableType(real.getType()))
      return std::nullopt;
    result.real = real.getValueAsDouble();
    return result;
  }
  auto integer = dyn_cast<IntegerAttr>(attribute);
  if (!integer || !isEvaluableType(integer.getType()))
    return std::nullopt;
  const APInt &value = integer.getValue();
  result.integer = value.getBitWidth() == 1
                       ? static_cast<int64_t>(value.getZExtValue())
                       : value.getSExtValue();
  return result;
}

/// The value that all elements of a constant tensor have.
static std::optional<Scalar> getUniformElement(Value value) {
  FailureOr<ConstantTensor> tensor = ConstantTensor::get(value);
  if (failed(tensor) || tensor->getNumElements() == 0 || !tensor->isSplat())
    return std::nullopt;
  Type element = tensor->getType().getElementType();
  Scalar result;
  if (element.isF32())
    result.real = tensor->getFloat(0);
  else if (element.isF64())
    std::memcpy(&result.real, tensor->getBytes(0).data(), sizeof(double));
  else if (isEvaluableType(element) && element.isIntOrIndex())
    result.integer = tensor->getInteger(0);
  else
    return std::nullopt;
  return result;
}

static std::optional<Scalar> getUniformConstant(Value value, unsigned depth);

/// The constant that a scalar op outside any body computes from constants.
static std::optional<Scalar> foldScalarOp(Operation *op, unsigned depth) {
  if (!isEvaluable(op))
    return std::nullopt;
  SmallVector<Scalar> slots;
  ScalarStep step{op, {}, op->getNumOperands()};
  for (Value operand : op->getOperands()) {
    std::optional<Scalar> value = getUniformConstant(operand, depth + 1);
    if (!value)
      return std::nullopt;
    step.operands.push_back(slots.size());
    slots.push_back(*value);
  }
  slots.push_back(Scalar());
  if (!step.run(slots, Rounding::EachStep))
    return std::nullopt;
  return slots.back();
}

/// The size of a static dimension.
static std::optional<Scalar> foldDim(tensor::DimOp dim) {
  std::optional<int64_t> index = dim.getConstantIndex();
  auto type = dyn_cast<RankedTensorType>(dim.getSource().getType());
  if (!index || !type || *index < 0 || *index >= type.getRank() ||
      type.isDynamicDim(*index))
    return std::nullopt;
  Scalar result;
  result.integer = type.getDimSize(*index);
  return result;
}

/// The constant that a linalg op writes everywhere without reading a tensor.
static std::optional<Scalar> foldFill(linalg::LinalgOp op, unsigned depth) {
  Block *block = op.getBlock();
  if (op->getNumResults() != 1 || op.getNumLoops() != op.getNumParallelLoops())
    return std::nullopt;
  Value yielded = block->getTerminator()->getOperand(0);
  auto argument = dyn_cast<BlockArgument>(yielded);
  if (argument && argument.getOwner() == block)
    yielded = op->getOperand(argument.getArgNumber());
  else if (yielded.getParentBlock() == block &&
           !yielded.getDefiningOp()->hasTrait<OpTrait::ConstantLike>())
    return std::nullopt;
  // The old content of the destination is no constant that is written.
  if (llvm::is_contained(op.getDpsInits(), yielded))
    return std::nullopt;
  return getUniformConstant(yielded, depth + 1);
}

static std::optional<Scalar> getUniformConstant(Value value, unsigned depth) {
  if (depth > maxDepth)
    return std::nullopt;
  Attribute attribute;
  if (matchPattern(value, m_Constant(&attribute)))
    return isa<ShapedType>(value.getType()) ? getUniformElement(value)
                                            : convertAttribute(attribute);
  Operation *op = value.getDefiningOp();
  if (!op)
    return std::nullopt;
  if (auto dim = dyn_cast<tensor::DimOp>(op))
    return foldDim(dim);
  if (auto linalgOp = dyn_cast<linalg::LinalgOp>(op))
    return foldFill(linalgOp, depth);
  return foldScalarOp(op, depth);
}

std::optional<Scalar> getUniformConstant(Value value) {
  return getUniformConstant(value, 0);
}

FailureOr<ScalarProgram> ScalarProgram::get(linalg::LinalgOp op,
                                            Rounding rounding,
                                            Value variable) {
  Operation *yield = op.getBlock()->getTerminator();
  if (yield->getNumOperands() != 1)
    return failure();
  return get(op, yield->getOperand(0), rounding, variable);
}

FailureOr<ScalarProgram> ScalarProgram::get(linalg::LinalgOp op, Value value,
                                            Rounding rounding, Value variable) {
  ScalarProgram program(op, rounding, variable);
  FailureOr<unsigned> result = program.addValue(value, 0);
  if (failed(result))
    return failure();
  program.result = *result;
  return program;
}

unsigned ScalarProgram::addSlot(Value value, SlotKind kind, unsigned number,
                                Scalar initial) {
  unsigned slot = slots.size();
  slots.push_back({kind, number});
  values.push_back(initial);
  slotOf[value] = slot;
  return slot;
}

FailureOr<unsigned> ScalarProgram::addArgument(BlockArgument argument) {
  Value operand = op->getOperand(argument.getArgNumber());
  if (!isEvaluableType(argument.getType()))
    return failure();
  std::optional<Scalar> constant;
  if (operand != variable)
    constant = getUniformConstant(operand);
  if (constant)
    return addSlot(argument, SlotKind::Constant, 0, *constant);
  return addSlot(argument, SlotKind::Argument, argument.getArgNumber(),
                 Scalar());
}

FailureOr<unsigned> ScalarProgram::addValue(Value value, unsigned depth) {
  auto known = slotOf.find(value);
  if (known != slotOf.end())
    return known->second;
  if (depth > maxSteps || steps.size() > maxSteps)
    return failure();
  if (value.getParentBlock() != op.getBlock()) {
    std::optional<Scalar> constant = getUniformConstant(value);
    if (!constant || !isEvaluableType(value.getType()))
      return failure();
    return addSlot(value, SlotKind::Constant, 0, *constant);
  }
  if (auto argument = dyn_cast<BlockArgument>(value))
    return addArgument(argument);
  return addStep(value.getDefiningOp(), depth);
}

FailureOr<unsigned> ScalarProgram::addStep(Operation *step, unsigned depth) {
  Attribute attribute;
  if (matchPattern(step, m_Constant(&attribute))) {
    std::optional<Scalar> constant = convertAttribute(attribute);
    if (!constant)
      return failure();
    return addSlot(step->getResult(0), SlotKind::Constant, 0, *constant);
  }
  if (auto index = dyn_cast<linalg::IndexOp>(step))
    return addSlot(index, SlotKind::Index, index.getDim(), Scalar());
  if (!isEvaluable(step))
    return failure();

  ScalarStep compiled{step, {}, 0};
  for (Value operand : step->getOperands()) {
    FailureOr<unsigned> slot = addValue(operand, depth + 1);
    if (failed(slot))
      return failure();
    compiled.operands.push_back(*slot);
  }
  compiled.result = addSlot(step->getResult(0), SlotKind::Result, 0, Scalar());
  bool isConstant = llvm::all_of(compiled.operands, [&](unsigned slot) {
    return slots[slot].kind == SlotKind::Constant;
  });
  if (!isConstant) {
    steps.push_back(compiled);
    return compiled.result;
  }
  slots[compiled.result].kind = SlotKind::Constant;
  if (!compiled.run(values, rounding))
    return failure();
  return compiled.result;
}

bool ScalarProgram::run(MutableArrayRef<Scalar> slotValues) const {
  return llvm::all_of(steps, [&](const ScalarStep &step) {
    return step.run(slotValues, rounding);
  });
}

SmallVector<unsigned> ScalarProgram::getSlotsOf(SlotKind kind) const {
  SmallVector<unsigned> result;
  for (auto [number, slot] : llvm::enumerate(slots))
    if (slot.kind == kind)
      result.push_back(number);
  return result;
}

} // namespace qdot
