//===- NormalizeElementwise.cpp - One spelling for elementwise ops --------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "PrepareUtils.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "qdot/Analysis/ScalarAnalysis.h"
#include "qdot/Prepare/Passes.h"
#include <cmath>

namespace qdot {
#define GEN_PASS_DEF_NORMALIZEELEMENTWISE
#include "qdot/Prepare/Passes.h.inc"
} // namespace qdot

using namespace mlir;
using namespace qdot;

//===----------------------------------------------------------------------===//
// Named ops and attributes
//===----------------------------------------------------------------------===//

/// True for named ops whose name says more than a body does.
static bool keepsName(linalg::LinalgOp op) {
  return isa<linalg::GenericOp, linalg::FillOp, linalg::CopyOp,
             linalg::BroadcastOp, linalg::TransposeOp>(op) ||
         linalg::isaContractionOpInterface(op) ||
         isa<linalg::ConvolutionOpInterface>(op.getOperation());
}

static void generalize(linalg::LinalgOp op) {
  if (keepsName(op) || !op.hasPureTensorSemantics())
    return;
  IRRewriter rewriter(op->getContext());
  rewriter.setInsertionPoint(op);
  (void)linalg::generalizeNamedOp(rewriter, op);
}

/// Gives `strides` and `dilations` of convolutions and pooling tensor type.
static void normalizeWindow(linalg::LinalgOp op) {
  for (StringRef name : {"strides", "dilations"}) {
    auto attribute = op->getAttrOfType<DenseIntElementsAttr>(name);
    if (!attribute || isa<RankedTensorType>(attribute.getType()))
      continue;
    auto type = RankedTensorType::get(attribute.getType().getShape(),
                                      attribute.getElementType());
    op->setAttr(name, attribute.reshape(type));
  }
}

//===----------------------------------------------------------------------===//
// Bodies
//===----------------------------------------------------------------------===//

static Value createScalar(OpBuilder &builder, Location loc, float value) {
  return arith::ConstantOp::create(builder, loc,
                                   builder.getF32FloatAttr(value));
}

/// Replaces an elementwise op by one on `input` alone (an operand of `op`),
/// whose body `createBody` makes.
static void
replaceByUnary(linalg::GenericOp op, Value input, AffineMap inputMap,
               llvm::function_ref<Value(OpBuilder &, Location, Value)> create) {
  OpBuilder builder(op);
  AffineMap outputMap = op.getMatchingIndexingMap(op.getDpsInitOperand(0));
  auto unary = linalg::GenericOp::create(
      builder, op.getLoc(), op->getResultTypes(), ValueRange{input},
      op.getDpsInits(), {inputMap, outputMap}, op.getIteratorTypesArray(),
      [&](OpBuilder &nested, Location loc, ValueRange arguments) {
        linalg::YieldOp::create(nested, loc, create(nested, loc, arguments[0]));
      });
  op->replaceAllUsesWith(unary);
  op->erase();
}

/// The map through which `op` reads `input`.
static AffineMap getMapOf(linalg::GenericOp op, Value input) {
  for (OpOperand &operand : op->getOpOperands())
    if (operand.get() == input)
      return op.getMatchingIndexingMap(&operand);
  llvm_unreachable("expected an operand of the op");
}

static bool normalizeClamp(linalg::GenericOp op) {
  std::optional<Clamp> clamp = matchClamp(op);
  if (!clamp)
    return false;
  OpBuilder builder(op);
  Value hi, lo;
  if (std::isfinite(clamp->hi))
    hi = createScalar(builder, op.getLoc(), clamp->hi);
  if (std::isfinite(clamp->lo))
    lo = createScalar(builder, op.getLoc(), clamp->lo);
  replaceByUnary(op, clamp->input, getMapOf(op, clamp->input),
                 [&](OpBuilder &nested, Location loc, Value x) {
                   if (hi)
                     x = arith::MinimumFOp::create(nested, loc, x, hi);
                   if (lo)
                     x = arith::MaximumFOp::create(nested, loc, x, lo);
                   return x;
                 });
  return true;
}

/// The number of terms that `op` adds up for each element of its result, or 0
/// when it is no plain sum over static loops.
static int64_t getNumTerms(linalg::LinalgOp op) {
  if (op->getNumResults() != 1 || op.getNumReductionLoops() == 0)
    return 0;
  auto sum = op.getBlock()
                 ->getTerminator()
                 ->getOperand(0)
                 .getDefiningOp<arith::AddFOp>();
  Value out = op.getRegionOutputArgs()[0];
  if (!sum || (sum.getLhs() != out && sum.getRhs() != out))
    return 0;
  Value term = sum.getLhs() == out ? sum.getRhs() : sum.getLhs();
  if (!isa<BlockArgument>(term) || term == out)
    return 0;
  int64_t count = 1;
  for (auto [size, kind] :
       llvm::zip_equal(op.getStaticLoopRanges(), op.getIteratorTypesArray()))
    if (kind == utils::IteratorType::reduction)
      count *= ShapedType::isDynamic(size) ? 0 : size;
  return count;
}

/// The number by which `affine` divides, as an f32, or nothing when it does
/// more than divide.
static std::optional<float> getDivisor(const Affine &affine) {
  if (!affine.dims.empty() || affine.b[0] != 0.0)
    return std::nullopt;
  double multiplier = affine.multipliers[0], divisor = affine.divisors[0];
  if (multiplier == 1.0 && divisor != 1.0 &&
      static_cast<float>(divisor) == divisor)
    return static_cast<float>(divisor);
  auto producer = affine.input.getDefiningOp<linalg::LinalgOp>();
  float terms = producer ? static_cast<float>(getNumTerms(producer)) : 0.0f;
  if (terms > 1.0f && divisor == 1.0 && multiplier == double(1.0f / terms))
    return terms;
  return std::nullopt;
}

static bool normalizeDivision(linalg::GenericOp op) {
  std::optional<Affine> affine = matchAffine(op);
  if (!affine)
    return false;
  std::optional<float> divisor = getDivisor(*affine);
  if (!divisor)
    return false;
  OpBuilder builder(op);
  Value by = createScalar(builder, op.getLoc(), *divisor);
  replaceByUnary(op, affine->input, getMapOf(op, affine->input),
                 [&](OpBuilder &nested, Location loc, Value x) -> Value {
                   return arith::DivFOp::create(nested, loc, x, by);
                 });
  return true;
}

/// Turns operands that are one number everywhere into captured scalars.
static void captureScalars(linalg::GenericOp op) {
  SmallVector<Value> inputs;
  SmallVector<AffineMap> maps;
  llvm::BitVector captured(op.getBody()->getNumArguments());
  OpBuilder builder(op);
  for (OpOperand *operand : op.getDpsInputOperands()) {
    std::optional<Scalar> value = getUniformConstant(operand->get());
    BlockArgument argument = op.getMatchingBlockArgument(operand);
    if (!value || !isEvaluableType(argument.getType())) {
      inputs.push_back(operand->get());
      maps.push_back(op.getMatchingIndexingMap(operand));
      continue;
    }
    captured.set(argument.getArgNumber());
    argument.replaceAllUsesWith(arith::ConstantOp::create(
        builder, op.getLoc(), createAttribute(*value, argument.getType())));
  }
  if (captured.none())
    return;
  maps.push_back(op.getMatchingIndexingMap(op.getDpsInitOperand(0)));
  op.getBody()->eraseArguments(captured);
  op.getInputsMutable().assign(inputs);
  op.setIndexingMapsAttr(builder.getAffineMapArrayAttr(maps));
}

/// Turns a body that yields a scalar from outside into a fill.
static bool normalizeFill(linalg::GenericOp op) {
  if (!op.hasPureTensorSemantics() || op->getNumResults() != 1 ||
      op.getNumDpsInputs() != 0 || !isPointwise(op))
    return false;
  Value number = op.getBody()->getTerminator()->getOperand(0);
  if (number.getParentBlock() == op.getBody())
    return false;
  OpBuilder builder(op);
  op->replaceAllUsesWith(linalg::FillOp::create(builder, op.getLoc(), number,
                                                op.getDpsInits()[0]));
  return true;
}

/// True when another input than a uniform constant is left to iterate over, and
/// the op is one that `captureScalars` may change.
static bool canCapture(linalg::GenericOp op) {
  return isPointwise(op) && llvm::any_of(op.getDpsInputs(), [](Value input) {
           return !getUniformConstant(input);
         });
}

namespace {
struct NormalizeElementwise
    : public qdot::impl::NormalizeElementwiseBase<NormalizeElementwise> {
  void runOnOperation() override {
    if (failed(checkInput(getOperation())))
      return signalPassFailure();
    forEach<linalg::LinalgOp>([](linalg::LinalgOp op) {
      normalizeWindow(op);
      generalize(op);
    });
    forEach<linalg::GenericOp>([](linalg::GenericOp op) {
      if (!isPointwise(op) || normalizeFill(op) || normalizeClamp(op) ||
          normalizeDivision(op))
        return;
      if (canCapture(op))
        captureScalars(op);
    });
    eraseDeadOps(getOperation());
  }

  /// Calls `function` on all ops of one kind that are there now.
  template <typename OpT>
  void forEach(llvm::function_ref<void(OpT)> function) {
    SmallVector<OpT> ops;
    getOperation().walk([&](OpT op) { ops.push_back(op); });
    llvm::for_each(ops, function);
  }
};
} // namespace
