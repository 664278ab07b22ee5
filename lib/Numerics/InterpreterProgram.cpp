//===- InterpreterProgram.cpp - Scalar code of the interpreter ------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "InterpreterProgram.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/IR/BuiltinTypes.h"

using namespace mlir;

namespace qdot::interpreter {

void Frame::fail(const Instruction &instruction, const Twine &cause) {
  if (failed)
    return;
  failed = &instruction;
  failure = cause.str();
}

llvm::Error Program::takeFailure(const Frame &frame) {
  if (!frame.failed)
    return llvm::Error::success();
  return failAt(frame.failed->op, frame.failure);
}

unsigned Program::createRegister(Value value) {
  registers[value] = numRegisters;
  return numRegisters++;
}

/// A value from outside becomes a captured register on first use.
unsigned Program::getRegister(Value value) {
  auto found = registers.find(value);
  if (found != registers.end())
    return found->second;
  unsigned reg = createRegister(value);
  captures.push_back({value, reg});
  return reg;
}

llvm::Error Program::addConstant(Operation *op) {
  auto value = op->getAttrOfType<TypedAttr>("value");
  auto scalar = value ? decodeScalar(value) : std::nullopt;
  if (!scalar)
    return failAt(op, "type of the constant is not supported");
  constants.push_back({*scalar, createRegister(op->getResult(0))});
  return llvm::Error::success();
}

static Kernel findKernel(Operation *op) {
  if (Kernel kernel = findFloatKernel(op))
    return kernel;
  if (Kernel kernel = findIntegerKernel(op))
    return kernel;
  return findQdotKernel(op);
}

static std::optional<ElementType> getScalarType(Value value) {
  return getElementType(getElementTypeOrSelf(value.getType()));
}

static int64_t getImmediate(Operation *op) {
  if (auto compare = dyn_cast<arith::CmpIOp>(op))
    return static_cast<int64_t>(compare.getPredicate());
  if (auto compare = dyn_cast<arith::CmpFOp>(op))
    return static_cast<int64_t>(compare.getPredicate());
  if (auto index = dyn_cast<linalg::IndexOp>(op))
    return static_cast<int64_t>(index.getDim());
  return 0;
}

llvm::Error Program::add(Operation *op) {
  if (isa<arith::ConstantOp>(op) &&
      !isa<ShapedType>(op->getResult(0).getType()))
    return addConstant(op);
  Instruction instruction;
  instruction.op = op;
  instruction.kernel = findKernel(op);
  instruction.immediate = getImmediate(op);
  if (!instruction.kernel)
    return failAt(op, "operation is not supported by the interpreter");
  for (Value result : op->getResults()) {
    auto type = getScalarType(result);
    if (!type)
      return failAt(op, "type of the result is not supported");
    instruction.resultWidth = type->width;
  }
  for (Value operand : op->getOperands()) {
    auto type = getScalarType(operand);
    if (!type)
      return failAt(op, "type of an operand is not supported");
    if (instruction.operands.empty())
      instruction.operandWidth = type->width;
    bool isTensor = isa<ShapedType>(operand.getType());
    if (isTensor && !registers.count(operand)) {
      // An input of an elementwise op has a register; this is a table.
      instruction.immediate = tensors.size();
      tensors.push_back(operand);
      continue;
    }
    instruction.operands.push_back(getRegister(operand));
  }
  for (Value result : op->getResults())
    instruction.results.push_back(createRegister(result));
  instructions.push_back(std::move(instruction));
  return llvm::Error::success();
}

llvm::Expected<Program> Program::compileBlock(Block &block) {
  Program program;
  for (Value argument : block.getArguments())
    program.inputs.push_back(program.createRegister(argument));
  for (Operation &op : block.without_terminator())
    if (auto error = program.add(&op))
      return error;
  for (Value value : block.getTerminator()->getOperands())
    program.outputs.push_back(program.getRegister(value));
  return program;
}

llvm::Expected<Program> Program::compileOperation(Operation *op) {
  Program program;
  if (OpTrait::hasElementwiseMappableTraits(op)) {
    for (Value operand : op->getOperands())
      if (!program.registers.count(operand))
        program.createRegister(operand);
    for (Value operand : op->getOperands())
      program.inputs.push_back(program.getRegister(operand));
  }
  if (auto error = program.add(op))
    return error;
  for (Value result : op->getResults())
    program.outputs.push_back(program.getRegister(result));
  return program;
}

Frame Program::createFrame(Lookup lookup) const {
  Frame frame;
  frame.registers.resize(size_t(numRegisters) * laneCount);
  for (auto [scalar, reg] : constants)
    std::fill_n(frame.lanes(reg), laneCount, scalar);
  for (auto [value, reg] : captures)
    std::fill_n(frame.lanes(reg), laneCount, lookup(value).scalar);
  for (Value tensor : tensors)
    frame.tensors.push_back(lookup(tensor).tensor);
  return frame;
}

void Program::run(Frame &frame, ArrayRef<Instruction> selected, int begin,
                  int end) {
  for (const Instruction &instruction : selected)
    instruction.kernel(instruction, frame, begin, end);
}

} // namespace qdot::interpreter
