//===- FuseEpilogues.cpp - Contractions with what follows them ------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Transforms/RegionUtils.h"
#include "qdot/Analysis/IntegerContraction.h"
#include "qdot/Analysis/Layers.h"
#include "qdot/Analysis/Remarks.h"
#include "qdot/Codegen/ByteSets.h"
#include "qdot/Codegen/KernelPlan.h"
#include "qdot/Codegen/Passes.h"
#include "qdot/Codegen/VectorBody.h"

namespace qdot {
#define GEN_PASS_DEF_FUSEEPILOGUES
#include "qdot/Codegen/Passes.h.inc"
} // namespace qdot

using namespace mlir;
using namespace qdot;

/// True for sums of loops times positive constants, and for 0.
static bool isLinear(AffineMap map) {
  return llvm::all_of(map.getResults(), [&](AffineExpr expr) {
    if (auto constant = dyn_cast<AffineConstantExpr>(expr))
      return constant.getValue() == 0;
    AffineExpr sum = getAffineConstantExpr(0, map.getContext());
    for (unsigned dim = 0; dim < map.getNumDims(); ++dim) {
      std::optional<int64_t> factor = getCoefficient(expr, dim);
      if (!factor || *factor < 0)
        return false;
      sum = sum + getAffineDimExpr(dim, map.getContext()) * *factor;
    }
    return sum == expr || simplifyAffineExpr(sum - expr, map.getNumDims(), 0) ==
                              getAffineConstantExpr(0, map.getContext());
  });
}

/// Why a contraction has no kernel, or nothing.
static StringRef checkContraction(linalg::GenericOp op,
                                  const IntegerContraction &contraction) {
  if (!op.hasPureTensorSemantics())
    return "not on tensors";
  for (OpOperand *operand : {contraction.lhs, contraction.rhs})
    if (!isa<RankedTensorType>(operand->get().getType()))
      return "an operand is a scalar";
  for (AffineMap map : op.getIndexingMapsArray())
    if (!isLinear(map))
      return "an index is not linear in the loops";
  AffineMap out = op.getMatchingIndexingMap(op.getDpsInitOperand(0));
  if (!out.isProjectedPermutation())
    return "the result is not indexed by distinct loops";
  SmallVector<int64_t> sizes = op.getStaticLoopRanges();
  for (auto [loop, kind] : llvm::enumerate(op.getIteratorTypesArray())) {
    bool isParallel = kind == utils::IteratorType::parallel;
    if (isParallel != out.isFunctionOfDim(loop))
      return "a parallel loop does not index the result";
    if (!isParallel && ShapedType::isDynamic(sizes[loop]))
      return "the reduction has a dynamic size";
  }
  return {};
}

namespace {
/// Builds one qdot.contract from a contraction and its elementwise users.
class EpilogueFusion {
public:
  EpilogueFusion(linalg::GenericOp op, const IntegerContraction &contraction)
      : root(op), contraction(contraction), last(op),
        result(op.getResult(0)), builder(op.getContext()) {
    outMap = op.getMatchingIndexingMap(op.getDpsInitOperand(0));
    init = op.getDpsInits()[0];
    body = std::make_unique<Block>();
    accumulator = body->addArgument(builder.getI32Type(), op.getLoc());
    builder.setInsertionPointToEnd(body.get());
    value = addInit();
    hasStart = value != accumulator;
  }

  ContractOp fuse() {
    while (linalg::GenericOp user = findUser())
      append(user);
    return create();
  }

private:
  /// The accumulator plus the initial value of the accumulation.
  Value addInit() {
    Value start = init;
    AffineMap map = outMap;
    if (auto fill = start.getDefiningOp<linalg::FillOp>()) {
      APInt constant;
      if (matchPattern(fill.getInputs()[0], m_ConstantInt(&constant))) {
        if (constant.isZero())
          return accumulator;
        Value scalar = arith::ConstantOp::create(
            builder, root.getLoc(),
            builder.getI32IntegerAttr(int32_t(constant.getSExtValue())));
        return arith::AddIOp::create(builder, root.getLoc(), accumulator,
                                     scalar);
      }
    }
    if (auto broadcast = start.getDefiningOp<linalg::BroadcastOp>()) {
      start = broadcast.getInput();
      SmallVector<AffineExpr> kept;
      for (auto [dim, expr] : llvm::enumerate(outMap.getResults()))
        if (!llvm::is_contained(broadcast.getDimensions(), int64_t(dim)))
          kept.push_back(expr);
      map = AffineMap::get(outMap.getNumDims(), 0, kept, root.getContext());
    }
    Value sum = inlineStart(start);
    return arith::AddIOp::create(builder, root.getLoc(), accumulator,
                                 sum ? sum : addExtra(start, map));
  }

  /// The scalar that an elementwise op computes as start of the accumulation
  /// (`qdot-split-zero-points`), from its operands; null for another start.
  Value inlineStart(Value start) {
    auto op = start.getDefiningOp<linalg::GenericOp>();
    if (!op || !op->hasOneUse() || op.getNumDpsInits() != 1 ||
        op.getNumLoops() != op.getNumParallelLoops() ||
        !op.hasPureTensorSemantics() ||
        op.payloadUsesValueFromOperand(op.getDpsInitOperand(0)) ||
        !op.getMatchingIndexingMap(op.getDpsInitOperand(0)).isIdentity() ||
        !hasScalarBody(op))
      return {};
    for (OpOperand *operand : op.getDpsInputOperands())
      if (!isa<RankedTensorType>(operand->get().getType()) ||
          !op.getMatchingIndexingMap(operand).isProjectedPermutation())
        return {};
    IRMapping mapping;
    for (OpOperand *operand : op.getDpsInputOperands()) {
      AffineMap map = op.getMatchingIndexingMap(operand).compose(outMap);
      mapping.map(op.getMatchingBlockArgument(operand),
                  addExtra(operand->get(), map));
    }
    for (Operation &inner : op.getBody()->without_terminator())
      builder.clone(inner, mapping);
    return mapping.lookupOrDefault(
        op.getBody()->getTerminator()->getOperand(0));
  }

  /// True when every op of the body works on scalars, one by one.
  static bool hasScalarBody(linalg::GenericOp op) {
    return llvm::all_of(
        op.getBody()->without_terminator(), [](Operation &inner) {
          return isa<RequantizeOp, LookupOp>(inner) ||
                 OpTrait::hasElementwiseMappableTraits(&inner) ||
                 inner.hasTrait<OpTrait::ConstantLike>();
        });
  }

  Value addExtra(Value tensor, AffineMap map) {
    for (auto [at, extra] : llvm::enumerate(extras))
      if (extra == tensor && extraMaps[at] == map)
        return body->getArgument(at + 1);
    extras.push_back(tensor);
    extraMaps.push_back(map);
    return body->addArgument(getElementTypeOrSelf(tensor.getType()),
                             tensor.getLoc());
  }

  /// The only user of the result, when it maps every element on its own.
  linalg::GenericOp findUser() {
    if (!result.hasOneUse())
      return {};
    OpOperand &use = *result.use_begin();
    auto user = dyn_cast<linalg::GenericOp>(use.getOwner());
    if (!user || user->getBlock() != root->getBlock() ||
        user.getNumDpsInits() != 1 || user.getNumLoops() != user.getNumParallelLoops() ||
        user.isDpsInit(&use) || !user.hasPureTensorSemantics() ||
        user.payloadUsesValueFromOperand(user.getDpsInitOperand(0)) ||
        !user.getMatchingIndexingMap(&use).isPermutation())
      return {};
    if (!user.getMatchingIndexingMap(user.getDpsInitOperand(0)).isPermutation())
      return {};
    Type element = getElementTypeOrSelf(user.getResult(0).getType());
    if (!element.isInteger(8) && !element.isInteger(32) &&
        !element.isInteger(16))
      return {};
    for (AffineMap map : user.getIndexingMapsArray())
      if (!map.isProjectedPermutation())
        return {};
    // Kernels read all operands as vectors.
    for (Type operand : user->getOperandTypes())
      if (!hasVectorLayout(getElementTypeOrSelf(operand)))
        return {};
    return hasScalarBody(user) ? user : linalg::GenericOp();
  }

  void append(linalg::GenericOp user) {
    OpOperand &use = *result.use_begin();
    // From the user's loops to those of the contraction.
    AffineMap loops =
        inversePermutation(user.getMatchingIndexingMap(&use)).compose(outMap);
    IRMapping mapping;
    for (OpOperand *operand : user.getDpsInputOperands()) {
      BlockArgument argument = user.getMatchingBlockArgument(operand);
      if (operand == &use) {
        mapping.map(argument, value);
        continue;
      }
      if (!isa<RankedTensorType>(operand->get().getType())) {
        mapping.map(argument, operand->get());
        continue;
      }
      AffineMap map = user.getMatchingIndexingMap(operand).compose(loops);
      mapping.map(argument, addExtra(operand->get(), map));
    }
    for (Operation &op : user.getBody()->without_terminator())
      builder.clone(op, mapping);
    value = mapping.lookupOrDefault(
        user.getBody()->getTerminator()->getOperand(0));
    outMap = user.getMatchingIndexingMap(user.getDpsInitOperand(0)).compose(loops);
    init = user.getDpsInits()[0];
    result = user.getResult(0);
    if (Attribute quantized = user->getAttr(quantizedAttrName))
      attribute = quantized;
    last = user;
    locations.push_back(user.getLoc());
  }

  /// A destination of the result's shape: its own contents are not read.
  Value createDestination(OpBuilder &at) {
    if (init.getDefiningOp<tensor::EmptyOp>())
      return init;
    auto type = cast<RankedTensorType>(result.getType());
    return tensor::EmptyOp::create(at, last->getLoc(),
                                   tensor::getMixedSizes(at, last->getLoc(), init),
                                   type.getElementType());
  }

  /// The proved interval includes the start, which is the first sum of the
  /// body. Where an epilogue makes that sum, nothing is proved of it.
  AccumulatorAttr getAccumulatorRange() {
    bool isAddedTo = llvm::any_of(accumulator.getUsers(), [](Operation *user) {
      return isa<arith::AddIOp>(user);
    });
    if (!hasStart && isAddedTo)
      return {};
    return root->getAttrOfType<AccumulatorAttr>(accumulatorAttrName);
  }

  ContractOp create() {
    YieldOp::create(builder, last->getLoc(), ValueRange(value));
    OpBuilder at(last);
    SmallVector<Attribute> maps;
    auto addMap = [&](AffineMap map) { maps.push_back(AffineMapAttr::get(map)); };
    addMap(root.getMatchingIndexingMap(contraction.lhs));
    addMap(root.getMatchingIndexingMap(contraction.rhs));
    llvm::for_each(extraMaps, addMap);
    addMap(outMap);
    Value destination = createDestination(at);
    MLIRContext *context = root.getContext();
    auto op = ContractOp::create(
        at, at.getFusedLoc(locations, root.getLoc()), TypeRange(result.getType()),
        contraction.lhs->get(), contraction.rhs->get(), extras, destination,
        at.getArrayAttr(maps),
        at.getDenseI64ArrayAttr(root.getStaticLoopRanges()),
        SignAttr::get(context, contraction.lhsSign),
        SignAttr::get(context, contraction.rhsSign),
        getAccumulatorRange(), KernelAttr(), UnitAttr());
    op.getBody().push_back(body.release());
    if (attribute)
      op->setAttr(quantizedAttrName, attribute);
    result.replaceAllUsesWith(op.getResult(0));
    return op;
  }

  linalg::GenericOp root;
  IntegerContraction contraction;
  linalg::GenericOp last;
  Value result, init;
  OpBuilder builder;
  std::unique_ptr<Block> body;
  Value accumulator, value;
  bool hasStart;
  AffineMap outMap;
  SmallVector<Value> extras;
  SmallVector<AffineMap> extraMaps;
  SmallVector<Location> locations;
  Attribute attribute;
};

struct FuseEpilogues : public qdot::impl::FuseEpiloguesBase<FuseEpilogues> {
  void runOnOperation() override {
    SmallVector<linalg::GenericOp> roots;
    getOperation().walk([&](linalg::GenericOp op) { roots.push_back(op); });
    for (linalg::GenericOp op : roots) {
      // Fused into an earlier contraction already.
      if (op->use_empty())
        continue;
      auto contraction = matchIntegerContraction(op);
      if (!contraction)
        continue;
      StringRef reason = checkContraction(op, *contraction);
      if (!reason.empty()) {
        emitMissedRemark(op, "FuseEpilogues", "no-kernel", reason);
        continue;
      }
      EpilogueFusion(op, *contraction).fuse();
    }
    // The ops that were fused, and what only they used.
    IRRewriter rewriter(&getContext());
    for (Region &region : getOperation()->getRegions())
      (void)runRegionDCE(rewriter, region);
    setRanges();
  }

private:
  /// What is proved of the activations, for the kernels.
  void setRanges() {
    ByteSets sets;
    getOperation().walk([&](ContractOp op) {
      if (!isa<RankedTensorType>(op.getLhs().getType()))
        return;
      setRange(op, lhsRangeAttrName, sets.get(op.getLhs()), op.getLhsSign());
      // The kernels read constant weights themselves.
      if (!isConstantTensor(op.getRhs()))
        setRange(op, rhsRangeAttrName, sets.get(op.getRhs()), op.getRhsSign());
    });
  }

  static void setRange(ContractOp op, StringRef name, const ByteSet &bytes,
                       Sign sign) {
    auto [low, high] = getInterval(bytes, sign);
    op->setAttr(name, DenseI64ArrayAttr::get(op.getContext(), {low, high}));
  }
};
} // namespace
