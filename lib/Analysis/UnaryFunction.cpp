//===- UnaryFunction.cpp - Bodies that depend on one value ----------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "qdot/Analysis/ScalarAnalysis.h"
#include <cfloat>
#include <cmath>

using namespace mlir;

namespace qdot {

FailureOr<UnaryFunction> UnaryFunction::get(linalg::LinalgOp op) {
  if (!isPointwise(op))
    return failure();
  FailureOr<ScalarProgram> program = ScalarProgram::get(op, Rounding::EachStep);
  if (failed(program) ||
      !program->getSlotsOf(ScalarProgram::SlotKind::Index).empty())
    return failure();
  UnaryFunction result(*program);
  for (unsigned slot : program->getSlotsOf(ScalarProgram::SlotKind::Argument)) {
    OpOperand &operand = op->getOpOperand(program->getSlots()[slot].number);
    if (!result.input)
      result.input = &operand;
    if (operand.get() != result.input->get() ||
        op.getMatchingIndexingMap(&operand) !=
            op.getMatchingIndexingMap(result.input))
      return failure();
  }
  if (!result.input)
    return failure();
  return result;
}

FailureOr<float> UnaryFunction::evaluate(float argument) const {
  linalg::LinalgOp op = program.getOp();
  if (!getElementTypeOrSelf(input->get()).isF32() ||
      !getElementTypeOrSelf(op->getResult(0)).isF32())
    return failure();
  SmallVector<Scalar> values = program.createValues();
  for (unsigned slot : program.getSlotsOf(ScalarProgram::SlotKind::Argument))
    values[slot].real = argument;
  if (!program.run(values))
    return failure();
  return static_cast<float>(values[program.getResult()].real);
}

FailureOr<float> evaluateUnary(linalg::LinalgOp op, float x) {
  FailureOr<UnaryFunction> function = UnaryFunction::get(op);
  if (failed(function))
    return failure();
  return function->evaluate(x);
}

FailureOr<float> evaluateChain(ArrayRef<UnaryFunction> chain, float x) {
  FailureOr<float> value = x;
  for (const UnaryFunction &function : chain)
    if (succeeded(value))
      value = function.evaluate(*value);
  return value;
}

/// True for ops that only choose between their operands, so that the whole body
/// yields its argument or one of its constants, and changes its choice only at
/// one of the constants.
static bool isSelection(Operation *op) {
  return isa<arith::MaximumFOp, arith::MinimumFOp, arith::MaxNumFOp,
             arith::MinNumFOp, arith::CmpFOp, arith::SelectOp, arith::AndIOp,
             arith::OrIOp, arith::XOrIOp, math::ClampFOp>(op);
}

/// Values that touch every piece of a function that changes only at
/// `constants`: each of them, and its neighbours on both sides.
static SmallVector<float> createSamples(ArrayRef<float> constants) {
  SmallVector<float> samples{-FLT_MAX, 0.0f, FLT_MAX};
  for (float constant : constants) {
    if (std::isinf(constant))
      continue;
    samples.push_back(constant);
    samples.push_back(std::nextafter(constant, -FLT_MAX));
    samples.push_back(std::nextafter(constant, FLT_MAX));
  }
  return samples;
}

/// The f32 constants that the body mentions, or failure when it does more than
/// choose.
static FailureOr<SmallVector<float>>
collectBreakpoints(const ScalarProgram &program) {
  SmallVector<float> constants;
  SmallVector<Scalar> values = program.createValues();
  for (const ScalarStep &step : program.getSteps()) {
    if (!isSelection(step.op))
      return failure();
    for (auto [operand, slot] :
         llvm::zip_equal(step.op->getOperands(), step.operands)) {
      bool isConstant =
          program.getSlots()[slot].kind == ScalarProgram::SlotKind::Constant;
      if (!isConstant || !operand.getType().isF32())
        continue;
      if (std::isnan(values[slot].real))
        return failure();
      constants.push_back(static_cast<float>(values[slot].real));
    }
  }
  return constants;
}

std::optional<Clamp> matchClamp(linalg::LinalgOp op) {
  FailureOr<UnaryFunction> function = UnaryFunction::get(op);
  if (failed(function))
    return std::nullopt;
  FailureOr<SmallVector<float>> constants =
      collectBreakpoints(function->getProgram());
  if (failed(constants))
    return std::nullopt;
  FailureOr<float> low = function->evaluate(-FLT_MAX);
  FailureOr<float> high = function->evaluate(FLT_MAX);
  if (failed(low) || failed(high) || !(*low < *high))
    return std::nullopt;
  for (float sample : createSamples(*constants)) {
    FailureOr<float> value = function->evaluate(sample);
    if (failed(value) || *value != std::min(std::max(sample, *low), *high))
      return std::nullopt;
  }
  Clamp clamp{function->getInput()->get(), *low, *high};
  if (std::fabs(clamp.lo) >= FLT_MAX)
    clamp.lo = -INFINITY;
  if (std::fabs(clamp.hi) >= FLT_MAX)
    clamp.hi = INFINITY;
  if (std::isinf(clamp.lo) && std::isinf(clamp.hi))
    return std::nullopt;
  return clamp;
}

} // namespace qdot
