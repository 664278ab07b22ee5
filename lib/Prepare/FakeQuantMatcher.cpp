//===- FakeQuantMatcher.cpp - Quantization written in arithmetic ----------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The bodies are run once per channel, on constants as numbers and on the data
// as a stage: how far the way from x to clamp(round(x / s)) * s it has come.
//
//===----------------------------------------------------------------------===//

#include "FakeQuantMatcher.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Utils/IndexingUtils.h"
#include "qdot/Analysis/ScalarAnalysis.h"
#include "llvm/ADT/SmallBitVector.h"
#include "llvm/ADT/TypeSwitch.h"
#include <cmath>
#include <map>

using namespace mlir;
using namespace qdot;

namespace {
/// The data on its way.
struct Stage {
  enum Kind {
    Input,    ///< x, an f32
    Scaled,   ///< x / scale, within [low, high]
    Rounded,  ///< round(x / scale) + offset, within [low, high], as a number
    Done,     ///< the number minus its offset, times scale
    Condition ///< a comparison of a number with a constant
  };
  Kind kind = Input;
  bool fromInteger = false;
  bool isUnsigned = false;   ///< fromInteger: how the input was read
  bool isSignKnown = true;   ///< fromInteger: an extension has read it
  bool isReciprocal = false; ///< `factor` multiplies instead of dividing
  float factor = 0.0f;
  double low = -INFINITY, high = INFINITY; ///< including `offset`
  double offset = 0.0;
  double zeroPoint = 0.0;  ///< the last offset that was not 0
  unsigned compared = 0;   ///< Condition: slot of the number
  double bound = 0.0;      ///< Condition: the constant
  bool holdsAbove = false; ///< Condition: true above the bound, else below
};

/// A constant, or data.
struct Operand {
  unsigned slot;
  const Stage *stage; ///< null for a constant
  Scalar constant;
  Type type;
};

using Result = std::optional<Stage>;

/// Runs the bodies of a chain for one channel.
class StageMachine {
public:
  explicit StageMachine(FakeQuantFault &fault) : fault(fault) {}

  Result apply(Operation *op, ArrayRef<Operand> operands);

private:
  Result decline(StringRef reason, StringRef message) {
    fault = {reason, message};
    return std::nullopt;
  }
  Result scale(Stage stage, double factor, bool isReciprocal);
  Result finish(Stage stage, float factor);
  Result multiply(const Stage &stage, double constant);
  Result shift(Stage stage, double amount);
  Result bound(Stage stage, double low, double high);
  Result round(Stage stage);
  Result toInteger(Stage stage, Type type, bool isSigned);
  Result truncate(Stage stage, Type type);
  Result reinterpret(Stage stage, Type from, bool isSigned);
  Result compare(arith::CmpFOp op, ArrayRef<Operand> operands);
  Result select(ArrayRef<Operand> operands);
  Result applyBinary(Operation *op, const Stage &stage, double constant,
                     bool isLeft);
  Result applyUnary(Operation *op, const Stage &stage);

  FakeQuantFault &fault;
};
} // namespace

static bool isInteger(double value) {
  return std::isfinite(value) && value == std::trunc(value) &&
         std::fabs(value) < 1e9;
}

Result StageMachine::scale(Stage stage, double factor, bool isReciprocal) {
  if (stage.kind != Stage::Input || !(factor > 0.0))
    return std::nullopt;
  stage.kind = Stage::Scaled;
  stage.factor = static_cast<float>(factor);
  stage.isReciprocal = isReciprocal;
  return stage;
}

/// Multiplication of the number by the scale.
Result StageMachine::finish(Stage stage, float factor) {
  if ((!stage.fromInteger && stage.offset != 0.0) || !(factor > 0.0f))
    return std::nullopt;
  bool agrees = stage.fromInteger ||
                (stage.isReciprocal ? stage.factor == 1.0f / factor ||
                                          factor == 1.0f / stage.factor
                                    : stage.factor == factor);
  if (!agrees)
    return std::nullopt;
  if (!std::isnormal(factor))
    return decline("scale-not-normal", "the scale is no normal f32 number");
  if (!isInteger(stage.low) || !isInteger(stage.high) || stage.low > stage.high)
    return std::nullopt;
  stage.kind = Stage::Done;
  stage.factor = factor;
  if (stage.fromInteger)
    stage.zeroPoint = -stage.offset;
  return stage;
}

Result StageMachine::multiply(const Stage &stage, double constant) {
  if (stage.kind == Stage::Input)
    return scale(stage, constant, /*isReciprocal=*/true);
  if (stage.kind == Stage::Rounded)
    return finish(stage, static_cast<float>(constant));
  return std::nullopt;
}

/// Addition of an integer to the number.
Result StageMachine::shift(Stage stage, double amount) {
  if (stage.kind == Stage::Scaled && isInteger(amount))
    return decline("zero-point-before-rounding",
                   "the zero point is added before rounding");
  if (stage.kind != Stage::Rounded || !isInteger(amount))
    return std::nullopt;
  stage.low += amount;
  stage.high += amount;
  stage.offset += amount;
  if (stage.offset != 0.0)
    stage.zeroPoint = stage.offset;
  return stage;
}

Result StageMachine::bound(Stage stage, double low, double high) {
  if (stage.kind != Stage::Scaled && stage.kind != Stage::Rounded)
    return std::nullopt;
  if ((std::isfinite(low) && !isInteger(low)) ||
      (std::isfinite(high) && !isInteger(high)))
    return std::nullopt;
  stage.low = std::min(std::max(stage.low, low), high);
  stage.high = std::max(std::min(stage.high, high), low);
  return stage;
}

Result StageMachine::round(Stage stage) {
  if (stage.kind != Stage::Scaled)
    return std::nullopt;
  stage.kind = Stage::Rounded;
  return stage;
}

/// Conversion to an integer type; out of range it is undefined.
Result StageMachine::toInteger(Stage stage, Type type, bool isSigned) {
  if (stage.kind != Stage::Rounded)
    return std::nullopt;
  unsigned width = type.getIntOrFloatBitWidth();
  double end = std::ldexp(1.0, isSigned ? width - 1 : width);
  return bound(stage, isSigned ? -end : 0.0, end - 1.0);
}

/// Dropping bits that a signed or an unsigned reading does not need.
Result StageMachine::truncate(Stage stage, Type type) {
  unsigned width = type.getIntOrFloatBitWidth();
  double half = std::ldexp(1.0, width - 1);
  bool fits = stage.kind == Stage::Rounded && stage.isSignKnown &&
              ((stage.low >= -half && stage.high < half) ||
               (stage.low >= 0.0 && stage.high < 2.0 * half));
  return fits ? Result(stage) : std::nullopt;
}

/// Reading the bits of an integer of type `from` as signed or unsigned.
Result StageMachine::reinterpret(Stage stage, Type from, bool isSigned) {
  if (stage.kind != Stage::Rounded || !from.isInteger())
    return std::nullopt;
  unsigned width = from.getIntOrFloatBitWidth();
  double end = std::ldexp(1.0, isSigned ? width - 1 : width);
  double low = isSigned ? -end : 0.0;
  if (!stage.isSignKnown) {
    stage.isSignKnown = true;
    stage.isUnsigned = !isSigned;
    stage.low = low;
    stage.high = end - 1.0;
    return stage;
  }
  if (stage.low < low || stage.high > end - 1.0)
    return std::nullopt;
  return stage;
}

/// A comparison whose truth says on which side of the constant the number is.
Result StageMachine::compare(arith::CmpFOp op, ArrayRef<Operand> operands) {
  bool numberIsLeft = operands[0].stage != nullptr;
  const Operand &number = operands[numberIsLeft ? 0 : 1];
  const Operand &constant = operands[numberIsLeft ? 1 : 0];
  if (constant.stage || (number.stage->kind != Stage::Scaled &&
                         number.stage->kind != Stage::Rounded))
    return std::nullopt;
  bool holdsAbove;
  switch (op.getPredicate()) {
  case arith::CmpFPredicate::OGT:
  case arith::CmpFPredicate::OGE:
  case arith::CmpFPredicate::UGT:
  case arith::CmpFPredicate::UGE:
    holdsAbove = true;
    break;
  case arith::CmpFPredicate::OLT:
  case arith::CmpFPredicate::OLE:
  case arith::CmpFPredicate::ULT:
  case arith::CmpFPredicate::ULE:
    holdsAbove = false;
    break;
  default:
    return std::nullopt;
  }
  Stage condition = *number.stage;
  condition.kind = Stage::Condition;
  condition.compared = number.slot;
  condition.bound = constant.constant.real;
  condition.holdsAbove = numberIsLeft ? holdsAbove : !holdsAbove;
  return condition;
}

/// The bound instead of the number where that is beyond it.
Result StageMachine::select(ArrayRef<Operand> operands) {
  if (!operands[0].stage || operands[0].stage->kind != Stage::Condition)
    return std::nullopt;
  const Stage &condition = *operands[0].stage;
  bool numberIsTrue = operands[1].stage != nullptr;
  const Operand &number = operands[numberIsTrue ? 1 : 2];
  const Operand &constant = operands[numberIsTrue ? 2 : 1];
  if (constant.stage || !number.stage ||
      constant.constant.real != condition.bound)
    return std::nullopt;
  const Stage &stage = *number.stage;
  if (stage.offset != condition.offset)
    return std::nullopt;
  // The number may have been bounded after the comparison, to an interval that
  // holds this bound.
  if (number.slot != condition.compared &&
      (condition.bound < stage.low || condition.bound > stage.high))
    return std::nullopt;
  bool isLowerBound = numberIsTrue == condition.holdsAbove;
  return isLowerBound ? bound(stage, condition.bound, INFINITY)
                      : bound(stage, -INFINITY, condition.bound);
}

Result StageMachine::applyBinary(Operation *op, const Stage &stage,
                                 double constant, bool isLeft) {
  return llvm::TypeSwitch<Operation *, Result>(op)
      .Case([&](arith::DivFOp) -> Result {
        return isLeft ? scale(stage, constant, false) : std::nullopt;
      })
      .Case([&](arith::MulFOp) { return multiply(stage, constant); })
      .Case<arith::AddFOp, arith::AddIOp>(
          [&](auto) { return shift(stage, constant); })
      .Case<arith::SubFOp, arith::SubIOp>([&](auto) -> Result {
        return isLeft ? shift(stage, -constant) : std::nullopt;
      })
      .Case<arith::MaximumFOp, arith::MaxNumFOp, arith::MaxSIOp>(
          [&](auto) { return bound(stage, constant, INFINITY); })
      .Case<arith::MinimumFOp, arith::MinNumFOp, arith::MinSIOp>(
          [&](auto) { return bound(stage, -INFINITY, constant); })
      .Default([](Operation *) -> Result { return std::nullopt; });
}

Result StageMachine::applyUnary(Operation *op, const Stage &stage) {
  Type from = op->getOperand(0).getType(), to = op->getResult(0).getType();
  return llvm::TypeSwitch<Operation *, Result>(op)
      .Case([&](math::RoundEvenOp) { return round(stage); })
      .Case([&](math::RoundOp) -> Result {
        if (stage.kind != Stage::Scaled)
          return std::nullopt;
        return decline("round-half-away",
                       "ties are rounded away from zero, not to even");
      })
      .Case([&](arith::FPToSIOp) { return toInteger(stage, to, true); })
      .Case([&](arith::FPToUIOp) { return toInteger(stage, to, false); })
      .Case([&](arith::TruncIOp) { return truncate(stage, to); })
      .Case<arith::ExtSIOp, arith::SIToFPOp>(
          [&](auto) { return reinterpret(stage, from, true); })
      .Case<arith::ExtUIOp, arith::UIToFPOp>(
          [&](auto) { return reinterpret(stage, from, false); })
      .Default([](Operation *) -> Result { return std::nullopt; });
}

Result StageMachine::apply(Operation *op, ArrayRef<Operand> operands) {
  if (auto cmp = dyn_cast<arith::CmpFOp>(op))
    return compare(cmp, operands);
  if (isa<arith::SelectOp>(op))
    return select(operands);
  if (operands.size() == 1)
    return applyUnary(op, *operands[0].stage);
  if (operands.size() != 2 || (operands[0].stage && operands[1].stage))
    return std::nullopt;
  bool isLeft = operands[0].stage != nullptr;
  const Operand &constant = operands[isLeft ? 1 : 0];
  double value = isa<FloatType>(constant.type)
                     ? constant.constant.real
                     : static_cast<double>(constant.constant.integer);
  return applyBinary(op, *operands[isLeft ? 0 : 1].stage, value, isLeft);
}

namespace {
/// One op of the chain, ready to be run.
struct Link {
  ScalarProgram program;
  SmallVector<unsigned> dataSlots;
  /// Operands that are constant but vary with the position.
  struct Varying {
    unsigned slot;
    BroadcastConstant constant;
    AffineMap map;
  };
  SmallVector<Varying> varying;
};
} // namespace

static std::optional<Link> createLink(FakeQuantLink link) {
  if (!isPointwise(link.op) ||
      !link.op.getMatchingIndexingMap(link.data).isIdentity() ||
      !link.op.getMatchingIndexingMap(link.op.getDpsInitOperand(0))
           .isIdentity())
    return std::nullopt;
  FailureOr<ScalarProgram> program =
      ScalarProgram::get(link.op, Rounding::EachStep, link.data->get());
  if (failed(program) ||
      !program->getSlotsOf(ScalarProgram::SlotKind::Index).empty())
    return std::nullopt;
  Link result{std::move(*program), {}, {}};
  for (unsigned slot :
       result.program.getSlotsOf(ScalarProgram::SlotKind::Argument)) {
    OpOperand &operand =
        link.op->getOpOperand(result.program.getSlots()[slot].number);
    if (operand.get() == link.data->get()) {
      result.dataSlots.push_back(slot);
      continue;
    }
    std::optional<BroadcastConstant> constant =
        matchBroadcastConstant(operand.get());
    if (!constant)
      return std::nullopt;
    result.varying.push_back(
        {slot, std::move(*constant), link.op.getMatchingIndexingMap(&operand)});
  }
  return result;
}

/// Runs one link at one position.
static Result runLink(const Link &link, const Stage &input,
                      ArrayRef<int64_t> position, StageMachine &machine) {
  SmallVector<Scalar> values = link.program.createValues();
  for (const Link::Varying &varying : link.varying)
    values[varying.slot].real =
        varying.constant.at(varying.map.compose(position));
  std::map<unsigned, Stage> stages;
  for (unsigned slot : link.dataSlots)
    stages[slot] = input;
  auto find = [&](unsigned slot) -> const Stage * {
    auto found = stages.find(slot);
    return found == stages.end() ? nullptr : &found->second;
  };
  for (const ScalarStep &step : link.program.getSteps()) {
    SmallVector<Operand> operands;
    for (auto [slot, type] :
         llvm::zip_equal(step.operands, step.op->getOperandTypes()))
      operands.push_back({slot, find(slot), values[slot], type});
    if (llvm::none_of(operands, [](const Operand &o) { return o.stage; })) {
      if (!step.run(values, Rounding::EachStep))
        return std::nullopt;
      continue;
    }
    Result result = machine.apply(step.op, operands);
    if (!result)
      return std::nullopt;
    stages[step.result] = *result;
  }
  const Stage *result = find(link.program.getResult());
  return result ? Result(*result) : std::nullopt;
}

/// The data before the first op.
static Stage createInput(Value value) {
  Stage stage;
  Type element = getElementTypeOrSelf(value);
  if (element.isF32())
    return stage;
  stage.kind = Stage::Rounded;
  stage.fromInteger = true;
  stage.isSignKnown = false;
  return stage;
}

/// Runs the whole chain at one position.
static Result runChain(ArrayRef<Link> links, const Stage &input,
                       ArrayRef<int64_t> position, StageMachine &machine) {
  Result stage = input;
  for (const Link &link : links)
    if (stage)
      stage = runLink(link, *stage, position, machine);
  if (!stage || stage->kind != Stage::Done)
    return std::nullopt;
  return stage;
}

/// The dims that any constant of the chain varies along.
static LogicalResult chooseDims(ArrayRef<Link> links, RankedTensorType type,
                                FakeQuant &result) {
  constexpr int64_t maxChannels = 1 << 20;
  llvm::SmallBitVector used(type.getRank());
  for (const Link &link : links)
    for (const Link::Varying &varying : link.varying)
      for (unsigned dim : varying.constant.dims)
        if (auto loop = dyn_cast<AffineDimExpr>(varying.map.getResult(dim)))
          used.set(loop.getPosition());
  int64_t count = 1;
  for (unsigned dim : used.set_bits()) {
    if (type.isDynamicDim(dim))
      return failure();
    result.dims.push_back(dim);
    result.shape.push_back(type.getDimSize(dim));
    count *= type.getDimSize(dim);
    if (count > maxChannels)
      return failure();
  }
  return success();
}

std::optional<FakeQuant> qdot::matchFakeQuant(ArrayRef<FakeQuantLink> chain,
                                              FakeQuantFault &fault) {
  Value input = chain.front().data->get();
  Type element = getElementTypeOrSelf(input);
  auto type =
      dyn_cast<RankedTensorType>(chain.back().op->getResult(0).getType());
  if (!type || !type.getElementType().isF32() ||
      (!element.isF32() && !element.isSignlessInteger(8)))
    return std::nullopt;
  std::vector<Link> links;
  for (FakeQuantLink link : chain) {
    std::optional<Link> created = createLink(link);
    if (!created)
      return std::nullopt;
    links.push_back(std::move(*created));
  }
  FakeQuant result;
  if (failed(chooseDims(links, type, result)))
    return std::nullopt;
  StageMachine machine(fault);
  SmallVector<int64_t> strides = computeStrides(result.shape);
  for (int64_t i = 0, e = computeProduct(result.shape); i < e; ++i) {
    SmallVector<int64_t> position(type.getRank(), 0);
    for (auto [dim, index] :
         llvm::zip_equal(result.dims, delinearize(i, strides)))
      position[dim] = index;
    Result stage = runChain(links, createInput(input), position, machine);
    if (!stage)
      return std::nullopt;
    result.fromInteger = stage->fromInteger;
    result.isUnsigned = stage->isUnsigned;
    result.channels.push_back({stage->factor, static_cast<int64_t>(stage->low),
                               static_cast<int64_t>(stage->high),
                               static_cast<int64_t>(stage->zeroPoint)});
  }
  if (llvm::all_equal(result.channels)) {
    result.channels.truncate(1);
    result.dims.clear();
    result.shape.clear();
  }
  return result;
}
