//===- InterpreterElementwise.cpp - Scalar and elementwise ops ------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "InterpreterOps.h"
#include "mlir/IR/BuiltinTypes.h"

using namespace mlir;

namespace qdot::interpreter {

/// Runs a compiled op once; its operands are captured or scalars.
static Results runOnce(const Program &program, Frame &frame) {
  program.run(frame, 0, 1);
  if (auto error = Program::takeFailure(frame))
    return error;
  SmallVector<RuntimeValue> results;
  for (unsigned reg : program.getOutputs())
    results.push_back({nullptr, frame.lanes(reg)[0]});
  return results;
}

/// The operand with tensor type that gives the shape.
static llvm::Expected<TensorRef> getShapedOperand(Operation *op,
                                                  Lookup lookup) {
  TensorRef first;
  for (Value operand : op->getOperands()) {
    TensorRef tensor = lookup(operand).tensor;
    if (!tensor)
      continue;
    if (first && tensor->shape != first->shape)
      return failAt(op, "operands differ in shape");
    first = first ? first : tensor;
  }
  return first;
}

static llvm::Error loadInputs(Operation *op, const Program &program,
                              Frame &frame, Lookup lookup, int64_t at,
                              int count) {
  for (auto [operand, reg] :
       llvm::zip(op->getOperands(), program.getInputs())) {
    const RuntimeValue &value = lookup(operand);
    if (value.tensor)
      value.tensor->loadLanes(at, 1, count, frame.lanes(reg));
    else
      std::fill_n(frame.lanes(reg), count, value.scalar);
  }
  return llvm::Error::success();
}

static llvm::Expected<SmallVector<std::shared_ptr<Tensor>>>
allocateResults(Operation *op, ArrayRef<int64_t> shape) {
  SmallVector<std::shared_ptr<Tensor>> tensors;
  for (Value result : op->getResults()) {
    auto type = getElementType(getElementTypeOrSelf(result.getType()));
    if (!type)
      return failAt(op, "type of the result is not supported");
    auto tensor = allocateTensor(op, *type, shape);
    if (!tensor)
      return tensor.takeError();
    tensors.push_back(*tensor);
  }
  return tensors;
}

Results evaluateElementwise(Operation *op, Lookup lookup) {
  auto program = Program::compileOperation(op);
  if (!program)
    return program.takeError();
  Frame frame = program->createFrame(lookup);
  if (op->getNumResults() == 0 ||
      !isa<TensorType>(op->getResult(0).getType())) {
    if (auto error = loadInputs(op, *program, frame, lookup, 0, 1))
      return error;
    return runOnce(*program, frame);
  }
  auto shaped = getShapedOperand(op, lookup);
  if (!shaped)
    return shaped.takeError();
  auto outputs = allocateResults(op, (*shaped)->shape);
  if (!outputs)
    return outputs.takeError();
  int64_t size = (*shaped)->getNumElements();
  for (int64_t at = 0; at < size; at += laneCount) {
    int count = static_cast<int>(std::min<int64_t>(size - at, laneCount));
    if (auto error = loadInputs(op, *program, frame, lookup, at, count))
      return error;
    program->run(frame, 0, count);
    if (auto error = Program::takeFailure(frame))
      return error;
    for (auto [tensor, reg] : llvm::zip(*outputs, program->getOutputs()))
      tensor->storeLanes(at, 1, count, frame.lanes(reg));
  }
  SmallVector<RuntimeValue> results;
  for (std::shared_ptr<Tensor> &tensor : *outputs)
    results.push_back({tensor, Scalar{0}});
  return results;
}

} // namespace qdot::interpreter
