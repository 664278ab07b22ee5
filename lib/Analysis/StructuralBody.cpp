//===- StructuralBody.cpp - Recognize scalar bodies ----------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qdot/Analysis/StructuralBody.h"
#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace qdot;

bool qdot::isAllParallel(linalg::LinalgOp op) {
  return op.getNumParallelLoops() == op.getNumLoops();
}

/// The two operands of a binary op of type `Op` that defines `value`.
template <typename Op>
static std::optional<std::pair<Value, Value>> matchBinary(Value value) {
  auto op = value.getDefiningOp<Op>();
  if (!op)
    return std::nullopt;
  return std::pair{op->getOperand(0), op->getOperand(1)};
}

namespace {
/// Matches one body against the forms of BodyKind.
class BodyMatcher {
public:
  explicit BodyMatcher(linalg::LinalgOp op)
      : numInputs(op.getNumDpsInputs()), block(op.getBlock()) {}

  StructuralBody match() {
    Value yielded = block->getTerminator()->getOperand(0);
    if (std::optional<unsigned> input = getInput(yielded))
      return {BodyKind::Copy, {*input}};
    if (auto sum = matchBinary<arith::AddFOp>(yielded))
      return matchSum(sum->first, sum->second);
    if (auto pair = matchBinary<arith::SubFOp>(yielded))
      return matchPair(BodyKind::Sub, pair->first, pair->second);
    if (auto pair = matchBinary<arith::MulFOp>(yielded))
      return matchPair(BodyKind::Mul, pair->first, pair->second);
    if (auto pair = matchMax(yielded))
      return matchExtremum(BodyKind::Max, BodyKind::Maximum, *pair);
    if (auto pair = matchMin(yielded))
      return matchExtremum(BodyKind::Min, BodyKind::Minimum, *pair);
    return {};
  }

private:
  using Pair = std::pair<Value, Value>;

  std::optional<unsigned> getInput(Value value) const {
    auto argument = dyn_cast<BlockArgument>(value);
    if (!argument || argument.getOwner() != block ||
        argument.getArgNumber() >= numInputs)
      return std::nullopt;
    return argument.getArgNumber();
  }

  bool isOutput(Value value) const {
    auto argument = dyn_cast<BlockArgument>(value);
    return argument && argument.getOwner() == block &&
           argument.getArgNumber() >= numInputs;
  }

  static std::optional<Pair> matchMax(Value value) {
    if (auto pair = matchBinary<arith::MaximumFOp>(value))
      return pair;
    return matchBinary<arith::MaxNumFOp>(value);
  }

  static std::optional<Pair> matchMin(Value value) {
    if (auto pair = matchBinary<arith::MinimumFOp>(value))
      return pair;
    return matchBinary<arith::MinNumFOp>(value);
  }

  StructuralBody matchPair(BodyKind kind, Value lhs, Value rhs) const {
    std::optional<unsigned> first = getInput(lhs), second = getInput(rhs);
    if (!first || !second)
      return {};
    return {kind, {*first, *second}};
  }

  StructuralBody matchSum(Value lhs, Value rhs) const {
    if (!isOutput(lhs))
      std::swap(lhs, rhs);
    if (!isOutput(lhs))
      return matchPair(BodyKind::Add, rhs, lhs);
    if (std::optional<unsigned> input = getInput(rhs))
      return {BodyKind::Sum, {*input}};
    if (auto product = matchBinary<arith::MulFOp>(rhs)) {
      StructuralBody body =
          matchPair(BodyKind::MultiplyAdd, product->first, product->second);
      return body;
    }
    return {};
  }

  StructuralBody matchExtremum(BodyKind reduction, BodyKind elementwise,
                               Pair pair) const {
    auto [lhs, rhs] = pair;
    if (!isOutput(lhs))
      std::swap(lhs, rhs);
    if (!isOutput(lhs))
      return matchPair(elementwise, rhs, lhs);
    if (std::optional<unsigned> input = getInput(rhs))
      return {reduction, {*input}};
    return {};
  }

  unsigned numInputs;
  Block *block;
};
} // namespace

StructuralBody qdot::matchBody(linalg::LinalgOp op) {
  if (op.getNumDpsInits() != 1)
    return {};
  return BodyMatcher(op).match();
}

tensor::ExtractOp qdot::matchGather(linalg::LinalgOp op) {
  if (!isAllParallel(op) || op.getNumDpsInits() != 1)
    return {};
  auto extract = op.getBlock()
                     ->getTerminator()
                     ->getOperand(0)
                     .getDefiningOp<tensor::ExtractOp>();
  if (!extract || !extract.getTensor().getType().getElementType().isF32())
    return {};
  // Indices may be computed in floats, but not from elements.
  bool bodyIsIndexing = llvm::none_of(
      op.getBlock()->getArguments(), [](BlockArgument argument) {
        return isa<FloatType>(argument.getType()) && !argument.use_empty();
      });
  return bodyIsIndexing ? extract : tensor::ExtractOp();
}

arith::SelectOp qdot::matchChoice(linalg::LinalgOp op) {
  if (!isAllParallel(op) || op.getNumDpsInits() != 1)
    return {};
  Block *block = op.getBlock();
  auto choice =
      block->getTerminator()->getOperand(0).getDefiningOp<arith::SelectOp>();
  if (!choice || !choice.getType().isF32())
    return {};
  // The condition may read other elements, but no floats.
  for (BlockArgument argument : block->getArguments())
    for (Operation *user : argument.getUsers())
      if (isa<FloatType>(argument.getType()) && user != choice)
        return {};
  for (Operation &inner : block->without_terminator())
    if (isa<tensor::ExtractOp>(inner))
      return {};
  auto isTaken = [&](Value value) {
    auto argument = dyn_cast<BlockArgument>(value);
    return argument ? argument.getOwner() == block &&
                          argument.getArgNumber() < op.getNumDpsInputs()
                    : matchPattern(value, m_AnyZeroFloat());
  };
  Value first = choice.getTrueValue(), second = choice.getFalseValue();
  bool isFromInput = isa<BlockArgument>(first) || isa<BlockArgument>(second);
  return isFromInput && isTaken(first) && isTaken(second) ? choice
                                                          : arith::SelectOp();
}
