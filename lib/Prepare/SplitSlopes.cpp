//===- SplitSlopes.cpp - PReLU as clamps and factors ----------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "PrepareUtils.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Quant/IR/Quant.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/IndexingUtils.h"
#include "qdot/Analysis/ScalarAnalysis.h"
#include "qdot/Dialect/Constants.h"
#include "qdot/Dialect/Qdot.h"
#include "qdot/Dialect/QuantizedType.h"
#include "qdot/Prepare/Passes.h"
#include <cmath>

namespace qdot {
#define GEN_PASS_DEF_SPLITSLOPES
#include "qdot/Prepare/Passes.h.inc"
} // namespace qdot

using namespace mlir;
using namespace qdot;

namespace {
/// `positive * max(x, 0) + negative * min(x, 0)` with constants that vary along
/// `dims` of the result.
struct Slopes {
  OpOperand *input;
  SmallVector<unsigned> dims;
  SmallVector<int64_t> shape;
  SmallVector<float> positive, negative; ///< row-major over `shape`
};

/// Finds the slopes of one op.
class SlopeMatcher {
public:
  explicit SlopeMatcher(ScalarProgram program)
      : program(std::move(program)), op(this->program.getOp()) {}

  std::optional<Slopes> match() {
    if (!classifyArguments() || !isHomogeneous() || !chooseDims())
      return std::nullopt;
    for (int64_t i = 0, e = computeProduct(slopes.shape); i < e; ++i)
      if (!evaluate(i))
        return std::nullopt;
    return slopes;
  }

private:
  struct ConstantOperand {
    unsigned slot;
    BroadcastConstant constant;
    AffineMap map;
  };

  /// Splits the arguments into x and constants.
  bool classifyArguments() {
    slopes.input = nullptr;
    for (unsigned slot :
         program.getSlotsOf(ScalarProgram::SlotKind::Argument)) {
      OpOperand &operand = op->getOpOperand(program.getSlots()[slot].number);
      if (auto constant = matchBroadcastConstant(operand.get())) {
        constants.push_back(
            {slot, std::move(*constant), op.getMatchingIndexingMap(&operand)});
        continue;
      }
      if (!slopes.input)
        slopes.input = &operand;
      if (!getElementTypeOrSelf(operand.get()).isF32() ||
          operand.get() != slopes.input->get() ||
          op.getMatchingIndexingMap(&operand) !=
              op.getMatchingIndexingMap(slopes.input))
        return false;
      variables.push_back(slot);
    }
    return slopes.input && !constants.empty() &&
           program.getSlotsOf(ScalarProgram::SlotKind::Index).empty();
  }

  /// Degree 0 for constants, 1 for what is multiplied by t when x is, any t > 0.
  /// The constant 0 has both. -1 for a condition that t does not change.
  enum class Degree { Constant, Zero, Linear, Condition };

  bool isHomogeneous() {
    SmallVector<Scalar> values = program.createValues();
    degrees.assign(program.getSlots().size(), Degree::Constant);
    for (auto [number, slot] : llvm::enumerate(program.getSlots()))
      if (slot.kind == ScalarProgram::SlotKind::Constant &&
          values[number].real == 0.0)
        degrees[number] = Degree::Zero;
    for (unsigned variable : variables)
      degrees[variable] = Degree::Linear;
    for (const ScalarStep &step : program.getSteps()) {
      std::optional<Degree> degree = getDegree(step);
      if (!degree)
        return false;
      degrees[step.result] = *degree;
    }
    return degrees[program.getResult()] == Degree::Linear;
  }

  bool isLinear(unsigned slot) const {
    return degrees[slot] == Degree::Linear || degrees[slot] == Degree::Zero;
  }

  std::optional<Degree> getDegree(const ScalarStep &step) const {
    ArrayRef<unsigned> operands = step.operands;
    if (llvm::all_of(operands, [&](unsigned slot) {
          return degrees[slot] == Degree::Constant ||
                 degrees[slot] == Degree::Zero;
        }))
      return Degree::Constant;
    bool allLinear =
        llvm::all_of(operands, [&](unsigned slot) { return isLinear(slot); });
    if (isa<arith::CmpFOp>(step.op) && allLinear)
      return Degree::Condition;
    if (isa<arith::SelectOp>(step.op) &&
        degrees[operands[0]] == Degree::Condition && isLinear(operands[1]) &&
        isLinear(operands[2]))
      return Degree::Linear;
    if (isa<arith::MulFOp>(step.op) &&
        (degrees[operands[0]] == Degree::Constant) !=
            (degrees[operands[1]] == Degree::Constant))
      return Degree::Linear;
    if (isa<arith::AddFOp, arith::SubFOp, arith::NegFOp, arith::MaximumFOp,
            arith::MinimumFOp, arith::MaxNumFOp, arith::MinNumFOp,
            math::AbsFOp>(step.op) &&
        allLinear)
      return Degree::Linear;
    return std::nullopt;
  }

  /// The dims of the result along which the constants vary.
  bool chooseDims() {
    auto type = cast<RankedTensorType>(op->getResult(0).getType());
    AffineMap outputMap = op.getMatchingIndexingMap(op.getDpsInitOperand(0));
    llvm::SmallBitVector used(type.getRank());
    for (const ConstantOperand &operand : constants)
      for (unsigned dim : operand.constant.dims)
        if (auto loop = dyn_cast<AffineDimExpr>(operand.map.getResult(dim)))
          used.set(*outputMap.getResultPosition(loop));
    for (unsigned dim : used.set_bits()) {
      if (type.isDynamicDim(dim))
        return false;
      slopes.dims.push_back(dim);
      slopes.shape.push_back(type.getDimSize(dim));
    }
    constexpr int64_t maxPositions = int64_t(1) << 20;
    return computeProduct(slopes.shape) <= maxPositions;
  }

  /// The values of x = 1 and of x = -1 at position `number` of the constants.
  bool evaluate(int64_t number) {
    AffineMap outputMap = op.getMatchingIndexingMap(op.getDpsInitOperand(0));
    SmallVector<int64_t> position(outputMap.getNumResults(), 0);
    SmallVector<int64_t> index =
        delinearize(number, computeStrides(slopes.shape));
    for (auto [dim, value] : llvm::zip_equal(slopes.dims, index))
      position[dim] = value;
    SmallVector<int64_t> loops = inversePermutation(outputMap).compose(position);
    for (double x : {1.0, -1.0}) {
      SmallVector<Scalar> values = program.createValues();
      for (unsigned variable : variables)
        values[variable].real = x;
      for (const ConstantOperand &operand : constants)
        values[operand.slot].real =
            operand.constant.at(operand.map.compose(loops));
      if (!program.run(values))
        return false;
      auto y = static_cast<float>(values[program.getResult()].real * x);
      if (!std::isfinite(y))
        return false;
      (x > 0 ? slopes.positive : slopes.negative).push_back(y);
    }
    return true;
  }

  ScalarProgram program;
  linalg::LinalgOp op;
  SmallVector<unsigned> variables; ///< slots that hold x
  SmallVector<ConstantOperand> constants;
  SmallVector<Degree> degrees;
  Slopes slopes;
};

/// Builds elementwise ops that take the place of one.
class ElementwiseBuilder {
public:
  explicit ElementwiseBuilder(linalg::GenericOp op)
      : builder(op), op(op),
        outputMap(op.getMatchingIndexingMap(op.getDpsInitOperand(0))) {}

  using Body = llvm::function_ref<Value(OpBuilder &, Location, ValueRange)>;

  Value create(ValueRange inputs, ArrayRef<AffineMap> maps, Body body) {
    SmallVector<AffineMap> all(maps);
    all.push_back(outputMap);
    return linalg::GenericOp::create(
               builder, op.getLoc(), op->getResultTypes(), inputs,
               op.getDpsInits(), all, op.getIteratorTypesArray(),
               [&](OpBuilder &nested, Location loc, ValueRange arguments) {
                 linalg::YieldOp::create(nested, loc,
                                         body(nested, loc, arguments));
               })
        .getResult(0);
  }

  /// max(x, 0), or min(x, 0).
  Value createPart(OpOperand *input, bool isPositive) {
    Value zero = arith::ConstantOp::create(builder, op.getLoc(),
                                           builder.getF32FloatAttr(0.0f));
    return create(
        input->get(), op.getMatchingIndexingMap(input),
        [&](OpBuilder &nested, Location loc, ValueRange arguments) -> Value {
          if (isPositive)
            return arith::MaximumFOp::create(nested, loc, arguments[0], zero);
          return arith::MinimumFOp::create(nested, loc, arguments[0], zero);
        });
  }

  /// `value` times factors along some dims of the result; itself when all are 1.
  Value createProduct(Value value, const Slopes &slopes,
                      ArrayRef<float> factors) {
    if (llvm::all_of(factors, [](float factor) { return factor == 1.0f; }))
      return value;
    Value constant = createFloatConstant(
        builder, op.getLoc(),
        RankedTensorType::get(slopes.shape, builder.getF32Type()), factors);
    SmallVector<AffineExpr> loops;
    for (unsigned dim : slopes.dims)
      loops.push_back(outputMap.getResult(dim));
    auto map = AffineMap::get(outputMap.getNumDims(), 0, loops, op.getContext());
    return create({value, constant}, {outputMap, map},
                  [](OpBuilder &nested, Location loc, ValueRange arguments) {
                    return arith::MulFOp::create(nested, loc, arguments[0],
                                                 arguments[1]);
                  });
  }

  /// `value`, rounded to the codes of `element`.
  Value round(Value value, Type element) {
    auto type = cast<RankedTensorType>(value.getType());
    auto quantize = QuantizeOp::create(builder, op.getLoc(),
                                       type.clone(element), value, SiteAttr());
    return DequantizeOp::create(builder, op.getLoc(), type, quantize);
  }

  Value createSum(Value lhs, Value rhs) {
    return create({lhs, rhs}, {outputMap, outputMap},
                  [](OpBuilder &nested, Location loc, ValueRange arguments) {
                    return arith::AddFOp::create(nested, loc, arguments[0],
                                                 arguments[1]);
                  });
  }

private:
  OpBuilder builder;
  linalg::GenericOp op;
  AffineMap outputMap;
};
} // namespace

/// The type of bytes with one scale that `value` is dequantized from, or null.
static quant::UniformQuantizedType getByteType(Value value) {
  auto dequantize = value.getDefiningOp<DequantizeOp>();
  auto type = dequantize
                  ? dyn_cast<quant::UniformQuantizedType>(
                        getElementTypeOrSelf(dequantize.getInput().getType()))
                  : quant::UniformQuantizedType();
  return type && type.isSigned() && type.getStorageTypeIntegralWidth() == 8
             ? type
             : quant::UniformQuantizedType();
}

/// Bytes for the products of one part of a value of `type` with `factors`.
static Type chooseProductType(quant::UniformQuantizedType type, bool isPositive,
                              ArrayRef<float> factors) {
  int64_t end =
      isPositive ? type.getStorageTypeMax() : type.getStorageTypeMin();
  double extreme = type.getScale() * (end - type.getZeroPoint());
  double low = 0.0, high = 0.0;
  for (float factor : factors) {
    low = std::min(low, extreme * factor);
    high = std::max(high, extreme * factor);
  }
  numerics::StorageRange range{INT8_MIN, INT8_MAX};
  return getPerTensorType(type.getContext(), range,
                          numerics::chooseAsymmetric(low, high, range));
}

/// One part of a value times its factors. Where the value has a scale, so have
/// both: the part that of the value, exactly.
static Value createTerm(ElementwiseBuilder &builder, const Slopes &slopes,
                        bool isPositive) {
  ArrayRef<float> factors = isPositive ? slopes.positive : slopes.negative;
  quant::UniformQuantizedType type = getByteType(slopes.input->get());
  Value part = builder.createPart(slopes.input, isPositive);
  if (type)
    part = builder.round(part, type);
  Value product = builder.createProduct(part, slopes, factors);
  if (type && product != part)
    product = builder.round(product,
                            chooseProductType(type, isPositive, factors));
  return product;
}

static void splitSlopes(linalg::GenericOp op) {
  if (!isPointwise(op) || !getElementTypeOrSelf(op->getResult(0)).isF32())
    return;
  FailureOr<ScalarProgram> program = ScalarProgram::get(op, Rounding::EachStep);
  if (failed(program))
    return;
  std::optional<Slopes> slopes = SlopeMatcher(std::move(*program)).match();
  // One slope per channel is a scaling, no slopes along dims a table.
  if (!slopes || slopes->dims.empty() || slopes->positive == slopes->negative)
    return;
  ElementwiseBuilder builder(op);
  Value positive = createTerm(builder, *slopes, true);
  Value negative = createTerm(builder, *slopes, false);
  op->replaceAllUsesWith(
      ValueRange(builder.createSum(positive, negative)));
  op->erase();
}

/// True for what a selection can have in its body: a comparison, or what is
/// computed from an activation that the selection reads as well.
static bool belongsToSelection(linalg::GenericOp producer,
                               linalg::GenericOp selection) {
  if (!producer || !isPointwise(producer) || !producer->hasOneUse())
    return false;
  if (getElementTypeOrSelf(producer->getResult(0)).isInteger(1))
    return true;
  return llvm::all_of(producer.getDpsInputs(), [&](Value input) {
    return llvm::is_contained(selection.getDpsInputs(), input) ||
           matchBroadcastConstant(input);
  });
}

/// Reads each tensor that is read several times through one map once.
static void mergeInputs(linalg::GenericOp op) {
  SmallVector<Value> inputs;
  SmallVector<AffineMap> maps;
  SmallVector<BlockArgument> arguments;
  llvm::BitVector merged(op.getBody()->getNumArguments());
  for (OpOperand *operand : op.getDpsInputOperands()) {
    AffineMap map = op.getMatchingIndexingMap(operand);
    BlockArgument argument = op.getMatchingBlockArgument(operand);
    auto same = llvm::find_if(llvm::seq<size_t>(0, inputs.size()), [&](size_t i) {
      return inputs[i] == operand->get() && maps[i] == map;
    });
    if (static_cast<size_t>(*same) < inputs.size()) {
      argument.replaceAllUsesWith(arguments[*same]);
      merged.set(argument.getArgNumber());
      continue;
    }
    inputs.push_back(operand->get());
    maps.push_back(map);
    arguments.push_back(argument);
  }
  maps.push_back(op.getMatchingIndexingMap(op.getDpsInitOperand(0)));
  op.getBody()->eraseArguments(merged);
  op.getInputsMutable().assign(inputs);
  op.setIndexingMapsAttr(OpBuilder(op).getAffineMapArrayAttr(maps));
}

/// Makes one op of a selection and the ops that alone feed it; returns it.
static linalg::GenericOp fuseSelection(linalg::GenericOp op) {
  IRRewriter rewriter(op->getContext());
  for (bool changed = true; changed;) {
    changed = false;
    for (OpOperand *operand : op.getDpsInputOperands()) {
      auto producer = operand->get().getDefiningOp<linalg::GenericOp>();
      if (!belongsToSelection(producer, op) ||
          !linalg::areElementwiseOpsFusable(operand))
        continue;
      rewriter.setInsertionPoint(op);
      FailureOr<linalg::ElementwiseOpFusionResult> fused =
          linalg::fuseElementwiseOps(rewriter, operand);
      if (failed(fused) || fused->fusedOp->getNumResults() != 1)
        return op;
      op->replaceAllUsesWith(fused->fusedOp);
      rewriter.eraseOp(op);
      rewriter.eraseOp(producer);
      op = cast<linalg::GenericOp>(fused->fusedOp);
      changed = true;
      break;
    }
  }
  return op;
}

/// True for an elementwise op that selects by a condition from outside.
static bool isSelection(linalg::GenericOp op) {
  return isPointwise(op) &&
         getElementTypeOrSelf(op->getResult(0)).isF32() &&
         op.getBody()
             ->getTerminator()
             ->getOperand(0)
             .getDefiningOp<arith::SelectOp>() &&
         llvm::any_of(op.getDpsInputs(), [](Value input) {
           return getElementTypeOrSelf(input).isInteger(1);
         });
}

namespace {
struct SplitSlopes : public qdot::impl::SplitSlopesBase<SplitSlopes> {
  void runOnOperation() override {
    if (failed(checkInput(getOperation())))
      return signalPassFailure();
    SmallVector<linalg::GenericOp> selections, ops;
    getOperation().walk([&](linalg::GenericOp op) {
      if (isSelection(op))
        selections.push_back(op);
    });
    for (linalg::GenericOp op : selections)
      mergeInputs(fuseSelection(op));
    getOperation().walk([&](linalg::GenericOp op) { ops.push_back(op); });
    llvm::for_each(ops, splitSlopes);
    eraseDeadOps(getOperation());
  }
};
} // namespace
