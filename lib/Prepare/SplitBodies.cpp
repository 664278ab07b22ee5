//===- SplitBodies.cpp - One layer per elementwise op ---------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "PrepareUtils.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include "qdot/Analysis/Layers.h"
#include "qdot/Analysis/Normalization.h"
#include "qdot/Analysis/ScalarAnalysis.h"
#include "qdot/Analysis/Softmax.h"
#include "qdot/Analysis/StructuralBody.h"
#include "qdot/Dialect/Qdot.h"
#include "qdot/Prepare/Passes.h"
#include "llvm/ADT/SetVector.h"

namespace qdot {
#define GEN_PASS_DEF_SPLITBODIES
#include "qdot/Prepare/Passes.h.inc"
} // namespace qdot

using namespace mlir;
using namespace qdot;

/// True for elementwise ops with one layer as their body.
static bool isLayer(linalg::LinalgOp op) {
  return matchBody(op).kind != BodyKind::Other ||
         succeeded(UnaryFunction::get(op)) || matchAffine(op);
}

/// True for a body of scalar arithmetic on f32 tensors.
static bool isArithmetic(linalg::GenericOp op) {
  if (!op.hasPureTensorSemantics() || op->getNumResults() != 1 ||
      !isF32Tensor(op->getResult(0)))
    return false;
  for (Value input : op.getDpsInputs())
    if (isa<RankedTensorType>(input.getType()) && !isF32Tensor(input))
      return false;
  for (Operation &scalar : op.getBody()->without_terminator())
    if (!isa<arith::ArithDialect, math::MathDialect>(scalar.getDialect()))
      return false;
  return true;
}

/// True for elementwise arithmetic that is no single layer.
static bool isWorthSplitting(linalg::GenericOp op) {
  return isArithmetic(op) && isPointwise(op) &&
         !op.payloadUsesValueFromOperand(op.getDpsInitOperand(0)) &&
         !isLayer(op);
}

/// One operand is an activation, the others are constants.
static bool hasOneActivation(linalg::GenericOp op) {
  return llvm::count_if(op.getDpsInputs(), [](Value input) {
           return isa<RankedTensorType>(input.getType()) &&
                  !isConstantTensor(input);
         }) == 1;
}

/// The scalar ops of the body of `op` that `value` is computed by, without
/// what `cut` is computed by alone; and the arguments that are read.
static SetVector<Value> collect(linalg::GenericOp op, Value value, Value cut) {
  SetVector<Value> found;
  found.insert(value);
  for (unsigned i = 0; i < found.size(); ++i) {
    Operation *scalar = found[i].getDefiningOp();
    if (found[i] == cut || !scalar || scalar->getBlock() != op.getBody())
      continue;
    found.insert(scalar->operand_begin(), scalar->operand_end());
  }
  return found;
}

/// The tensor operands among what `collect` found.
static SmallVector<unsigned> findTensors(linalg::GenericOp op,
                                         const SetVector<Value> &values) {
  SmallVector<unsigned> inputs;
  for (auto [i, input] : llvm::enumerate(op.getDpsInputs()))
    if (isa<RankedTensorType>(input.getType()) &&
        values.contains(op.getBody()->getArgument(i)))
      inputs.push_back(i);
  return inputs;
}

/// What the result is a function of one number of: computed from several
/// operands, and as early as possible. Null when there is nothing like it.
static Value findInnermost(linalg::GenericOp op, Value root) {
  for (Operation &scalar : op.getBody()->without_terminator()) {
    if (scalar.getNumResults() != 1 || scalar.getResult(0) == root ||
        !scalar.getResult(0).getType().isF32())
      continue;
    Value value = scalar.getResult(0);
    SetVector<Value> after = collect(op, root, value);
    if (after.contains(value) && findTensors(op, after).empty() &&
        findTensors(op, collect(op, value, {})).size() > 1)
      return value;
  }
  return {};
}

/// The operands of the last scalar op that are computed from tensors.
static SmallVector<Value> findOperands(linalg::GenericOp op, Value root) {
  SmallVector<Value> operands;
  Operation *last = root.getDefiningOp();
  if (!last || last->getBlock() != op.getBody())
    return operands;
  for (Value value : last->getOperands()) {
    Operation *scalar = value.getDefiningOp();
    if (!scalar || scalar->getBlock() != op.getBody() ||
        findTensors(op, collect(op, value, {})).empty() ||
        llvm::is_contained(operands, value))
      continue;
    // Conditions are no tensors of floats.
    if (!value.getType().isF32())
      return {};
    operands.push_back(value);
  }
  return operands;
}

/// An elementwise op on `init` that computes `value`, or 1 over it; `getMap`
/// tells how it reads what `op` reads through a map.
static linalg::GenericOp
createPart(OpBuilder &builder, linalg::GenericOp op, Value value, Value init,
           function_ref<AffineMap(AffineMap)> getMap,
           bool isReciprocal = false) {
  SetVector<Value> values = collect(op, value, {});
  SmallVector<Value> inputs;
  SmallVector<AffineMap> maps;
  SmallVector<unsigned> numbers;
  for (auto [i, input] : llvm::enumerate(op.getInputs()))
    if (values.contains(op.getBody()->getArgument(i))) {
      inputs.push_back(input);
      maps.push_back(getMap(op.getIndexingMapsArray()[i]));
      numbers.push_back(i);
    }
  int64_t rank = cast<RankedTensorType>(init.getType()).getRank();
  maps.push_back(getMap({}));
  SmallVector<utils::IteratorType> iterators(rank,
                                             utils::IteratorType::parallel);
  return linalg::GenericOp::create(
      builder, op.getLoc(), init.getType(), inputs, init, maps, iterators,
      [&](OpBuilder &body, Location loc, ValueRange arguments) {
        IRMapping mapping;
        for (auto [argument, number] : llvm::zip(arguments, numbers))
          mapping.map(op.getBody()->getArgument(number), argument);
        for (Operation &scalar : op.getBody()->without_terminator())
          if (values.contains(scalar.getResult(0)))
            body.clone(scalar, mapping);
        Value result = mapping.lookup(value);
        if (isReciprocal) {
          Value one = arith::ConstantOp::create(body, loc,
                                                body.getF32FloatAttr(1.0f));
          result = arith::DivFOp::create(body, loc, one, result);
        }
        linalg::YieldOp::create(body, loc, result);
      });
}

/// `map` as one of the elements of an operand that is read through `whole`:
/// every index is one of its indices, or a constant. Null when it is not.
static AffineMap restrictMap(AffineMap map, AffineMap whole) {
  SmallVector<AffineExpr> results;
  for (AffineExpr expr : map.getResults()) {
    auto found = llvm::find(whole.getResults(), expr);
    if (isa<AffineConstantExpr>(expr))
      results.push_back(expr);
    else if (found == whole.getResults().end())
      return {};
    else
      results.push_back(getAffineDimExpr(
          std::distance(whole.getResults().begin(), found), map.getContext()));
  }
  return AffineMap::get(whole.getNumResults(), 0, results, map.getContext());
}

/// `op`, reading `parts` through `partMaps` where it computed `values`.
static void replaceValues(PatternRewriter &rewriter, linalg::GenericOp op,
                          ArrayRef<Value> values, ArrayRef<Value> parts,
                          ArrayRef<AffineMap> partMaps) {
  SmallVector<Value> inputs = llvm::to_vector(op.getInputs());
  SmallVector<AffineMap> maps = op.getIndexingMapsArray();
  AffineMap output = maps.pop_back_val();
  unsigned first = inputs.size();
  llvm::append_range(inputs, parts);
  llvm::append_range(maps, partMaps);
  maps.push_back(output);
  auto next = linalg::GenericOp::create(
      rewriter, op.getLoc(), op->getResultTypes(), inputs, op.getOutputs(),
      maps, op.getIteratorTypesArray(),
      [&](OpBuilder &body, Location loc, ValueRange arguments) {
        IRMapping mapping;
        mapping.map(op.getBody()->getArguments().take_front(first),
                    arguments.take_front(first));
        mapping.map(op.getBody()->getArguments().back(), arguments.back());
        for (Operation &scalar : op.getBody()->without_terminator())
          body.clone(scalar, mapping);
        for (auto [value, argument] :
             llvm::zip(values, arguments.slice(first, parts.size())))
          mapping.lookup(value).replaceAllUsesWith(argument);
        Value root = op.getBody()->getTerminator()->getOperand(0);
        linalg::YieldOp::create(body, loc, mapping.lookup(root));
      });
  for (Operation &scalar :
       llvm::make_early_inc_range(llvm::reverse(*next.getBody())))
    if (isOpTriviallyDead(&scalar))
      scalar.erase();
  // Operands that only the parts read, last ones first.
  llvm::BitVector unread(inputs.size());
  for (unsigned i = 0; i < inputs.size(); ++i)
    if (next.getBody()->getArgument(i).use_empty())
      unread.set(i);
  maps = next.getIndexingMapsArray();
  for (int i = unread.find_last(); i >= 0; i = unread.find_prev(i)) {
    maps.erase(maps.begin() + i);
    next.getBody()->eraseArgument(i);
    next.getInputsMutable().erase(i);
  }
  next.setIndexingMapsAttr(rewriter.getAffineMapArrayAttr(maps));
  rewriter.replaceOp(op, next);
}

//===----------------------------------------------------------------------===//
// Operands of reductions
//===----------------------------------------------------------------------===//

/// A product of two numbers that both come from tensors.
static bool isProduct(linalg::GenericOp op, Operation &scalar) {
  return isa<arith::MulFOp>(scalar) &&
         llvm::all_of(scalar.getOperands(), [&](Value operand) {
           return !findTensors(op, collect(op, operand, {})).empty();
         });
}

/// The last number that is computed from elements of input `number` and of
/// others that go with them, and from nothing else, and without which the
/// result does not depend on them. A square in front of a sum stays with it.
static Value findFactor(linalg::GenericOp op, unsigned number, Value root) {
  SmallVector<AffineMap> maps = op.getIndexingMapsArray();
  Value out = op.getMatchingBlockArgument(op.getDpsInitOperand(0));
  Value argument = op.getBody()->getArgument(number), factor;
  for (Operation &scalar : op.getBody()->without_terminator()) {
    if (scalar.getNumResults() != 1 || isProduct(op, scalar) ||
        !scalar.getResult(0).getType().isF32())
      continue;
    Value value = scalar.getResult(0);
    SetVector<Value> before = collect(op, value, {});
    SetVector<Value> after = collect(op, root, value);
    if (before.contains(argument) && !before.contains(out) &&
        after.contains(value) && !after.contains(argument) &&
        llvm::all_of(findTensors(op, before), [&](unsigned i) {
          return bool(restrictMap(maps[i], maps[number]));
        }))
      factor = value;
  }
  return factor;
}

namespace {
/// What a sum or a contraction computes from an operand before it adds up.
struct SplitFactor : public OpRewritePattern<linalg::GenericOp> {
  SplitFactor(MLIRContext *context, const llvm::DenseSet<Operation *> &kept)
      : OpRewritePattern(context), kept(kept) {}

  LogicalResult matchAndRewrite(linalg::GenericOp op,
                                PatternRewriter &rewriter) const override {
    if (kept.contains(op) || !isArithmetic(op) || !op.getNumReductionLoops() ||
        matchBody(op).kind != BodyKind::Other)
      return failure();
    Value root = op.getBody()->getTerminator()->getOperand(0);
    for (auto [i, input] : llvm::enumerate(op.getInputs())) {
      Value factor = isF32Tensor(input) ? findFactor(op, i, root) : Value();
      if (!factor)
        continue;
      AffineMap whole = op.getIndexingMapsArray()[i];
      AffineMap identity =
          rewriter.getMultiDimIdentityMap(whole.getNumResults());
      Value empty = tensor::EmptyOp::create(
          rewriter, op.getLoc(),
          tensor::getMixedSizes(rewriter, op.getLoc(), input),
          rewriter.getF32Type());
      Value part = createPart(rewriter, op, factor, empty,
                              [&](AffineMap map) {
                                return map ? restrictMap(map, whole) : identity;
                              })
                       .getResult(0);
      replaceValues(rewriter, op, factor, part, whole);
      return success();
    }
    return failure();
  }

private:
  const llvm::DenseSet<Operation *> &kept;
};
} // namespace

//===----------------------------------------------------------------------===//
// Elementwise ops
//===----------------------------------------------------------------------===//

/// True where the model says how the result or what it is computed from is
/// quantized: numbers in between have no scale.
static bool holdsScales(linalg::GenericOp op) {
  return llvm::any_of(op->getUsers(),
                      [](Operation *user) { return isa<QuantizeOp>(user); }) ||
         llvm::any_of(op->getOperands(), [](Value operand) {
           return operand.getDefiningOp<DequantizeOp>();
         });
}

/// True when `value` is made of functions of one activation, sums, products,
/// quotients and extremes.
static bool isSplittable(linalg::GenericOp op, Value value) {
  SmallVector<unsigned> tensors = findTensors(op, collect(op, value, {}));
  if (llvm::count_if(tensors, [&](unsigned i) {
        return !isConstantTensor(op.getInputs()[i]);
      }) <= 1)
    return true;
  if (Value inner = findInnermost(op, value))
    return isSplittable(op, inner);
  return isa<arith::AddFOp, arith::SubFOp, arith::MulFOp, arith::DivFOp,
             arith::MaximumFOp, arith::MinimumFOp>(value.getDefiningOp()) &&
         llvm::all_of(value.getDefiningOp()->getOperands(), [&](Value operand) {
           return isSplittable(op, operand);
         });
}

/// The quotient by something that is computed from activations, or null.
static arith::DivFOp matchQuotient(linalg::GenericOp op, Value root) {
  auto quotient = root.getDefiningOp<arith::DivFOp>();
  if (!quotient || quotient->getBlock() != op.getBody())
    return {};
  bool isLeft =
      findTensors(op, collect(op, quotient.getLhs(), {})).empty();
  SmallVector<unsigned> tensors =
      findTensors(op, collect(op, quotient.getRhs(), {}));
  bool isRight = llvm::any_of(tensors, [&](unsigned i) {
    return !isConstantTensor(op.getInputs()[i]);
  });
  return isRight && !isLeft ? quotient : arith::DivFOp();
}

namespace {
/// An elementwise op that is no layer, as several.
struct SplitBody : public OpRewritePattern<linalg::GenericOp> {
  SplitBody(MLIRContext *context, const llvm::DenseSet<Operation *> &kept)
      : OpRewritePattern(context), kept(kept) {}

  LogicalResult matchAndRewrite(linalg::GenericOp op,
                                PatternRewriter &rewriter) const override {
    if (kept.contains(op) || !isWorthSplitting(op))
      return failure();
    Value root = op.getBody()->getTerminator()->getOperand(0);
    bool hasOne = hasOneActivation(op);
    if (!hasOne && (holdsScales(op) || !isSplittable(op, root)))
      return splitInnermost(rewriter, op, root);
    if (Value inner = findInnermost(op, root)) {
      split(rewriter, op, inner);
      return success();
    }
    if (arith::DivFOp quotient = matchQuotient(op, root)) {
      splitQuotient(rewriter, op, quotient);
      return success();
    }
    SmallVector<Value> values = findOperands(op, root);
    if (values.empty())
      return failure();
    split(rewriter, op, values);
    return success();
  }

private:
  /// A layer of several activations, and a function of its result.
  LogicalResult splitInnermost(PatternRewriter &rewriter, linalg::GenericOp op,
                               Value root) const {
    Value inner = findInnermost(op, root);
    if (!inner)
      return failure();
    auto [part, map] = createSmallPart(rewriter, op, inner);
    if (!isLayer(part)) {
      rewriter.eraseOp(part);
      return failure();
    }
    replaceValues(rewriter, op, inner, part.getResult(0), map);
    return success();
  }

  static void split(PatternRewriter &rewriter, linalg::GenericOp op,
                    ArrayRef<Value> values) {
    SmallVector<Value> parts;
    SmallVector<AffineMap> maps;
    for (Value value : values) {
      auto [part, map] = createSmallPart(rewriter, op, value);
      parts.push_back(part.getResult(0));
      maps.push_back(map);
    }
    replaceValues(rewriter, op, values, parts, maps);
  }

  /// A product with the reciprocal.
  static void splitQuotient(PatternRewriter &rewriter, linalg::GenericOp op,
                            arith::DivFOp quotient) {
    auto [part, map] =
        createSmallPart(rewriter, op, quotient.getRhs(), /*isReciprocal=*/true);
    Value divisor = quotient.getRhs();
    OpBuilder::InsertionGuard guard(rewriter);
    rewriter.setInsertionPoint(quotient);
    // Stands for the reciprocal until the op reads that.
    Value copy = arith::NegFOp::create(rewriter, op.getLoc(), divisor);
    Value product = arith::MulFOp::create(rewriter, op.getLoc(),
                                          quotient.getLhs(), copy);
    rewriter.replaceOp(quotient, product);
    rewriter.setInsertionPoint(op);
    replaceValues(rewriter, op, copy, part.getResult(0), map);
  }

  /// An op that computes `value` or 1 over it, with as few elements as one of
  /// the operands has where that is enough; and how `op` reads its result.
  static std::pair<linalg::GenericOp, AffineMap>
  createSmallPart(PatternRewriter &rewriter, linalg::GenericOp op, Value value,
                  bool isReciprocal = false) {
    SmallVector<AffineMap> maps = op.getIndexingMapsArray();
    AffineMap output = maps.back();
    SmallVector<unsigned> tensors = findTensors(op, collect(op, value, {}));
    for (unsigned number : tensors) {
      AffineMap whole = maps[number];
      if (whole.isPermutation() || !llvm::all_of(tensors, [&](unsigned i) {
            return bool(restrictMap(maps[i], whole));
          }))
        continue;
      Value empty = tensor::EmptyOp::create(
          rewriter, op.getLoc(),
          tensor::getMixedSizes(rewriter, op.getLoc(), op.getInputs()[number]),
          rewriter.getF32Type());
      AffineMap identity =
          rewriter.getMultiDimIdentityMap(whole.getNumResults());
      return {createPart(
                  rewriter, op, value, empty,
                  [&](AffineMap map) {
                    return map ? restrictMap(map, whole) : identity;
                  },
                  isReciprocal),
              whole};
    }
    return {createPart(
                rewriter, op, value, op.getOutputs()[0],
                [&](AffineMap map) { return map ? map : output; },
                isReciprocal),
            output};
  }

  const llvm::DenseSet<Operation *> &kept;
};

struct SplitBodies : public qdot::impl::SplitBodiesBase<SplitBodies> {
  void runOnOperation() override {
    llvm::DenseSet<Operation *> kept;
    for (auto function : getOperation().getOps<func::FuncOp>()) {
      for (Operation *op : findSoftmaxOps(function))
        kept.insert(op);
      for (Operation *op : findNormalizationOps(function))
        kept.insert(op);
    }
    RewritePatternSet patterns(&getContext());
    patterns.add<SplitBody, SplitFactor>(&getContext(), kept);
    GreedyRewriteConfig config;
    config.setRegionSimplificationLevel(GreedySimplifyRegionLevel::Disabled);
    config.enableFolding(false);
    if (failed(
            applyPatternsGreedily(getOperation(), std::move(patterns), config)))
      return signalPassFailure();
    eraseDeadOps(getOperation());
  }
};
} // namespace
