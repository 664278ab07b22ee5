//===- MatchAffine.cpp - Bodies that are affine in one value --------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Utils/IndexingUtils.h"
#include "qdot/Analysis/ScalarAnalysis.h"
#include "llvm/ADT/SmallBitVector.h"
#include "llvm/ADT/TypeSwitch.h"
#include <cmath>

using namespace mlir;
using namespace qdot;

bool Affine::isPureOffset() const {
  return llvm::all_of(a, [](double scale) { return scale == 1.0; });
}

bool Affine::isIdentity() const {
  return isPureOffset() &&
         llvm::all_of(b, [](double offset) { return offset == 0.0; });
}

namespace {
/// `x * multiplier / divisor + offset`, or a constant when `isConstant` (then
/// only `offset` counts).
struct Linear {
  bool isConstant = true;
  double multiplier = 0.0, divisor = 1.0, offset = 0.0;

  static Linear constant(double value) { return {true, 0.0, 1.0, value}; }
  static Linear variable() { return {false, 1.0, 1.0, 0.0}; }
};
} // namespace

static Linear negate(Linear a) {
  return {a.isConstant, -a.multiplier, a.divisor, -a.offset};
}

static Linear add(Linear a, Linear b) {
  if (a.isConstant)
    std::swap(a, b);
  double offset = a.offset + b.offset;
  if (b.isConstant)
    return {a.isConstant, a.multiplier, a.divisor, offset};
  if (a.divisor == b.divisor)
    return {false, a.multiplier + b.multiplier, a.divisor, offset};
  double scale = a.multiplier / a.divisor + b.multiplier / b.divisor;
  return {false, scale, 1.0, offset};
}

static std::optional<Linear> multiply(Linear a, Linear b) {
  if (a.isConstant)
    std::swap(a, b);
  if (!b.isConstant)
    return std::nullopt;
  double factor = b.offset;
  return Linear{a.isConstant, a.multiplier * factor, a.divisor,
                a.offset * factor};
}

static std::optional<Linear> divide(Linear a, Linear b) {
  if (!b.isConstant)
    return std::nullopt;
  double divisor = b.offset;
  return Linear{a.isConstant, a.multiplier, a.divisor * divisor,
                a.offset / divisor};
}

/// The result of an op with at least one operand that depends on x.
static std::optional<Linear> applyOp(Operation *op, ArrayRef<Linear> operands) {
  using Result = std::optional<Linear>;
  return llvm::TypeSwitch<Operation *, Result>(op)
      .Case<arith::ExtFOp, arith::TruncFOp>(
          [&](auto) -> Result { return operands[0]; })
      .Case([&](arith::NegFOp) -> Result { return negate(operands[0]); })
      .Case([&](arith::AddFOp) -> Result {
        return add(operands[0], operands[1]);
      })
      .Case([&](arith::SubFOp) -> Result {
        return add(operands[0], negate(operands[1]));
      })
      .Case([&](arith::MulFOp) { return multiply(operands[0], operands[1]); })
      .Case([&](arith::DivFOp) { return divide(operands[0], operands[1]); })
      .Default([](Operation *) -> Result { return std::nullopt; });
}

namespace {
/// Evaluates one body at every position of the result.
class AffineMatcher {
public:
  explicit AffineMatcher(ScalarProgram program)
      : program(std::move(program)), op(this->program.getOp()),
        outputMap(op.getMatchingIndexingMap(op.getDpsInitOperand(0))) {}

  std::optional<Affine> match();

private:
  /// An operand that is constant but not the same everywhere.
  struct ConstantOperand {
    unsigned slot;
    BroadcastConstant constant;
    AffineMap map;
  };

  LogicalResult classifyArguments();
  LogicalResult chooseDims();
  bool isVariable(unsigned slot) const {
    return llvm::is_contained(variables, slot);
  }
  void addDimOfLoop(unsigned loop, llvm::SmallBitVector &used) const;
  std::optional<Linear> evaluateAt(ArrayRef<int64_t> loops) const;
  LogicalResult evaluateAll();
  void minimizeDims();

  ScalarProgram program;
  linalg::LinalgOp op;
  AffineMap outputMap;
  OpOperand *input = nullptr;      ///< x
  SmallVector<unsigned> variables; ///< slots that hold x
  SmallVector<ConstantOperand> constants;
  Affine result;
};
} // namespace

/// Splits the arguments into x and constants.
LogicalResult AffineMatcher::classifyArguments() {
  for (unsigned slot : program.getSlotsOf(ScalarProgram::SlotKind::Argument)) {
    OpOperand &operand = op->getOpOperand(program.getSlots()[slot].number);
    AffineMap map = op.getMatchingIndexingMap(&operand);
    std::optional<BroadcastConstant> constant =
        matchBroadcastConstant(operand.get());
    if (constant) {
      constants.push_back({slot, std::move(*constant), map});
      continue;
    }
    if (!input)
      input = &operand;
    if (operand.get() != input->get() ||
        map != op.getMatchingIndexingMap(input))
      return failure();
    variables.push_back(slot);
  }
  if (!input || !getElementTypeOrSelf(input->get()).isF32())
    return failure();
  result.input = input->get();
  AffineMap map = op.getMatchingIndexingMap(input);
  if (!map.isProjectedPermutation(/*allowZeroInResults=*/true))
    return failure();
  result.inputMap = map.compose(inversePermutation(outputMap));
  return success();
}

void AffineMatcher::addDimOfLoop(unsigned loop,
                                 llvm::SmallBitVector &used) const {
  AffineExpr expr = getAffineDimExpr(loop, op->getContext());
  used.set(*outputMap.getResultPosition(expr));
}

/// The dims of the result that the constants read or the indices count.
LogicalResult AffineMatcher::chooseDims() {
  auto type = cast<RankedTensorType>(op->getResult(0).getType());
  llvm::SmallBitVector used(type.getRank());
  for (const ConstantOperand &operand : constants)
    for (unsigned dim : operand.constant.dims)
      if (auto loop = dyn_cast<AffineDimExpr>(operand.map.getResult(dim)))
        addDimOfLoop(loop.getPosition(), used);
  for (unsigned slot : program.getSlotsOf(ScalarProgram::SlotKind::Index))
    addDimOfLoop(program.getSlots()[slot].number, used);

  constexpr int64_t maxPositions = int64_t(1) << 22;
  int64_t count = 1;
  for (unsigned dim : used.set_bits()) {
    if (type.isDynamicDim(dim))
      return failure();
    result.dims.push_back(dim);
    result.shape.push_back(type.getDimSize(dim));
    count *= type.getDimSize(dim);
    if (count == 0 || count > maxPositions)
      return failure();
  }
  return success();
}

/// The function of x at one iteration of the loops.
std::optional<Linear> AffineMatcher::evaluateAt(ArrayRef<int64_t> loops) const {
  SmallVector<Scalar> values = program.createValues();
  for (unsigned slot : program.getSlotsOf(ScalarProgram::SlotKind::Index))
    values[slot].integer = loops[program.getSlots()[slot].number];
  for (const ConstantOperand &operand : constants)
    values[operand.slot].real = operand.constant.at(operand.map.compose(loops));

  llvm::SmallDenseMap<unsigned, Linear> symbolic;
  for (unsigned slot : variables)
    symbolic[slot] = Linear::variable();
  for (const ScalarStep &step : program.getSteps()) {
    bool dependsOnInput = llvm::any_of(
        step.operands, [&](unsigned slot) { return symbolic.contains(slot); });
    if (!dependsOnInput) {
      if (!step.run(values, Rounding::None))
        return std::nullopt;
      continue;
    }
    SmallVector<Linear> operands;
    for (unsigned slot : step.operands) {
      auto known = symbolic.find(slot);
      operands.push_back(known != symbolic.end()
                             ? known->second
                             : Linear::constant(values[slot].real));
    }
    std::optional<Linear> value = applyOp(step.op, operands);
    if (!value)
      return std::nullopt;
    symbolic[step.result] = *value;
  }
  auto value = symbolic.find(program.getResult());
  if (value == symbolic.end())
    return std::nullopt;
  return value->second;
}

/// Fills in the coefficients over all dims that were chosen.
LogicalResult AffineMatcher::evaluateAll() {
  SmallVector<int64_t> strides = computeStrides(result.shape);
  int64_t count = computeProduct(result.shape);
  AffineMap toLoops = inversePermutation(outputMap);
  for (int64_t i = 0; i < count; ++i) {
    SmallVector<int64_t> position(outputMap.getNumResults(), 0);
    SmallVector<int64_t> index = delinearize(i, strides);
    for (auto [dim, value] : llvm::zip_equal(result.dims, index))
      position[dim] = value;
    std::optional<Linear> linear = evaluateAt(toLoops.compose(position));
    if (!linear || linear->divisor == 0.0 ||
        !std::isfinite(linear->multiplier / linear->divisor) ||
        !std::isfinite(linear->multiplier) || !std::isfinite(linear->divisor) ||
        !std::isfinite(linear->offset))
      return failure();
    result.a.push_back(linear->multiplier / linear->divisor);
    result.multipliers.push_back(linear->multiplier);
    result.divisors.push_back(linear->divisor);
    result.b.push_back(linear->offset);
  }
  return success();
}

/// True when `values` of shape `outer x size x inner` does not change along the
/// dimension in the middle.
static bool isConstantAlong(ArrayRef<double> values, int64_t size,
                            int64_t inner) {
  for (int64_t i = 0, e = values.size(); i < e; ++i)
    if (values[i] != values[i - (i / inner % size) * inner])
      return false;
  return true;
}

/// Keeps index 0 of the dimension in the middle.
static void dropMiddle(SmallVectorImpl<double> &values, int64_t size,
                       int64_t inner) {
  SmallVector<double> kept;
  for (int64_t i = 0, e = values.size(); i < e; ++i)
    if (i / inner % size == 0)
      kept.push_back(values[i]);
  values.assign(kept.begin(), kept.end());
}

/// Removes the dims along which no coefficient varies.
void AffineMatcher::minimizeDims() {
  for (unsigned axis = result.dims.size(); axis-- > 0;) {
    int64_t size = result.shape[axis];
    int64_t inner = computeProduct(ArrayRef(result.shape).drop_front(axis + 1));
    SmallVectorImpl<double> *all[] = {&result.multipliers, &result.divisors,
                                      &result.a, &result.b};
    if (!llvm::all_of(all, [&](auto *values) {
          return isConstantAlong(*values, size, inner);
        }))
      continue;
    for (SmallVectorImpl<double> *values : all)
      dropMiddle(*values, size, inner);
    result.dims.erase(result.dims.begin() + axis);
    result.shape.erase(result.shape.begin() + axis);
  }
}

std::optional<Affine> AffineMatcher::match() {
  if (failed(classifyArguments()) || failed(chooseDims()) ||
      failed(evaluateAll()))
    return std::nullopt;
  minimizeDims();
  return result;
}

std::optional<Affine> qdot::matchAffine(linalg::LinalgOp op) {
  if (!isPointwise(op) || !getElementTypeOrSelf(op->getResult(0)).isF32())
    return std::nullopt;
  FailureOr<ScalarProgram> program = ScalarProgram::get(op, Rounding::None);
  if (failed(program))
    return std::nullopt;
  return AffineMatcher(std::move(*program)).match();
}
