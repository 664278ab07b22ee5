//===- FoldAffine.cpp - Bias and normalization into weights ---------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "PrepareUtils.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/IndexingUtils.h"
#include "qdot/Analysis/Remarks.h"
#include "qdot/Analysis/ScalarAnalysis.h"
#include "qdot/Dialect/Constants.h"
#include "qdot/Prepare/Passes.h"
#include "llvm/ADT/SmallBitVector.h"
#include <cmath>

namespace qdot {
#define GEN_PASS_DEF_FOLDAFFINE
#include "qdot/Prepare/Passes.h.inc"
} // namespace qdot

using namespace mlir;
using namespace qdot;

static constexpr StringLiteral passName = "qdot-fold-affine";

//===----------------------------------------------------------------------===//
// Which op, which weight, which channels
//===----------------------------------------------------------------------===//

/// True when `value` is computed from constants alone (a dequantized weight).
static bool isConstantDerived(Value value, unsigned depth = 0) {
  constexpr unsigned maxDepth = 8;
  Operation *op = value.getDefiningOp();
  if (!op || depth > maxDepth || op->getNumRegions() != 0)
    return false;
  if (op->hasTrait<OpTrait::ConstantLike>())
    return true;
  return op->getNumOperands() != 0 &&
         llvm::all_of(op->getOperands(), [&](Value operand) {
           return isConstantDerived(operand, depth + 1);
         });
}

namespace {
/// A sum of products with a weight, and its output channels: the dims of the
/// result whose loops also index the weight.
struct WeightedOp {
  linalg::LinalgOp op;
  OpOperand *weight;
  OpOperand *init;
  bool isPlainConstant; ///< an f32 constant that can be rewritten
  SmallVector<unsigned> dims;
  SmallVector<int64_t> shape;
  /// For each channel dim the dim of the weight that it indexes.
  SmallVector<unsigned> weightDims;

  int64_t getNumChannels() const { return computeProduct(shape); }
};
} // namespace

/// The operand that is a constant, or else computed from constants; null when
/// both are or none is.
static OpOperand *chooseWeight(const Product &product) {
  bool lhs = ConstantTensor::isConstant(product.lhs->get());
  bool rhs = ConstantTensor::isConstant(product.rhs->get());
  if (!lhs && !rhs) {
    lhs = isConstantDerived(product.lhs->get());
    rhs = isConstantDerived(product.rhs->get());
  }
  if (lhs == rhs)
    return nullptr;
  return lhs ? product.lhs : product.rhs;
}

static std::optional<WeightedOp> matchWeightedOp(linalg::LinalgOp op) {
  std::optional<Product> product = matchSumOfProducts(op);
  if (!product || !getElementTypeOrSelf(op->getResult(0)).isF32())
    return std::nullopt;
  OpOperand *weight = chooseWeight(*product);
  if (!weight || !getElementTypeOrSelf(weight->get()).isF32())
    return std::nullopt;
  WeightedOp result{op,
                    weight,
                    op.getDpsInitOperand(0),
                    ConstantTensor::isConstant(weight->get()),
                    {},
                    {},
                    {}};
  AffineMap weightMap = op.getMatchingIndexingMap(weight);
  AffineMap outputMap = op.getMatchingIndexingMap(op.getDpsInitOperand(0));
  auto type = cast<RankedTensorType>(op->getResult(0).getType());
  for (auto [dim, loop] : llvm::enumerate(outputMap.getResults())) {
    if (!isa<AffineDimExpr>(loop))
      return std::nullopt;
    std::optional<unsigned> weightDim = weightMap.getResultPosition(loop);
    if (!weightDim || type.isDynamicDim(dim))
      continue;
    result.dims.push_back(dim);
    result.shape.push_back(type.getDimSize(dim));
    result.weightDims.push_back(*weightDim);
  }
  // A channel must index one dim of the weight and nothing else there.
  for (auto [dim, weightDim] : llvm::zip_equal(result.dims, result.weightDims))
    for (auto [i, expr] : llvm::enumerate(weightMap.getResults()))
      if (i != weightDim &&
          expr.isFunctionOfDim(
              cast<AffineDimExpr>(outputMap.getResult(dim)).getPosition()))
        return std::nullopt;
  return result;
}

//===----------------------------------------------------------------------===//
// Positions behind reshapes
//===----------------------------------------------------------------------===//

/// The groups of dims of a reshape and the shape of its finer side.
static SmallVector<ReassociationIndices> getGroups(Operation *reshape) {
  if (auto collapse = dyn_cast<tensor::CollapseShapeOp>(reshape))
    return collapse.getReassociationIndices();
  return cast<tensor::ExpandShapeOp>(reshape).getReassociationIndices();
}

static ArrayRef<int64_t> getShape(Value value) {
  return cast<RankedTensorType>(value.getType()).getShape();
}

/// The position in the result of a reshape that holds the element at `position`
/// of its source. Entries of dims that `isKnown` excludes do not matter.
static SmallVector<int64_t> reshapePosition(Operation *reshape,
                                            ArrayRef<int64_t> position) {
  bool isCollapse = isa<tensor::CollapseShapeOp>(reshape);
  ArrayRef<int64_t> fine =
      getShape(isCollapse ? reshape->getOperand(0) : reshape->getResult(0));
  SmallVector<int64_t> result(getShape(reshape->getResult(0)).size(), 0);
  for (auto [coarse, group] : llvm::enumerate(getGroups(reshape))) {
    int64_t rest = isCollapse ? 0 : position[coarse];
    for (int64_t dim : llvm::reverse(group)) {
      if (isCollapse || ShapedType::isDynamic(fine[dim]))
        continue;
      result[dim] = rest % fine[dim];
      rest /= fine[dim];
    }
    if (!isCollapse)
      continue;
    for (int64_t dim : group)
      result[coarse] = ShapedType::isDynamic(fine[dim])
                           ? 0
                           : result[coarse] * fine[dim] + position[dim];
  }
  return result;
}

/// Which dims of the result of a reshape are determined by the dims of its
/// source in `known`.
static llvm::SmallBitVector reshapeDims(Operation *reshape,
                                        const llvm::SmallBitVector &known) {
  bool isCollapse = isa<tensor::CollapseShapeOp>(reshape);
  llvm::SmallBitVector result(getShape(reshape->getResult(0)).size(), true);
  for (auto [coarse, group] : llvm::enumerate(getGroups(reshape)))
    for (int64_t dim : group) {
      if (isCollapse && !known.test(dim))
        result.reset(coarse);
      if (!isCollapse && !known.test(coarse))
        result.reset(dim);
    }
  return result;
}

//===----------------------------------------------------------------------===//
// Collecting what follows
//===----------------------------------------------------------------------===//

namespace {
/// An affine op that is folded, and the operand that takes its place.
struct Follower {
  Operation *op;
  Value input;
};

/// Walks from a weighted op over the affine ops that follow it.
class AffineChain {
public:
  explicit AffineChain(const WeightedOp &weighted)
      : weighted(weighted), end(weighted.op->getResult(0)),
        scales(weighted.getNumChannels(), 1.0),
        offsets(weighted.getNumChannels(), 0.0) {}

  /// Takes the initial value as the first offset; false when it is no constant
  /// per channel.
  bool addInit();
  /// Takes the affine op that follows; false when there is none to take.
  bool addNext();

  ArrayRef<double> getScales() const { return scales; }
  ArrayRef<double> getOffsets() const { return offsets; }
  /// The affine ops that were taken, in order.
  ArrayRef<Follower> getFollowers() const { return followers; }

private:
  /// What stops the chain at `user`, as reason and message; empty when nothing.
  std::pair<StringRef, StringRef> findObstacle(const Affine &affine) const;
  bool addFollower(linalg::LinalgOp user, const Affine &affine);
  SmallVector<int64_t> getPosition(int64_t channel) const;

  const WeightedOp &weighted;
  Value end;                         ///< the value that the chain makes
  SmallVector<Operation *> reshapes; ///< passed on the way to `end`
  SmallVector<Follower> followers;
  SmallVector<double> scales, offsets; ///< row-major over the channels
  bool channelInit = false;
};
} // namespace

/// The position in the result of the weighted op of one channel, 0 elsewhere.
SmallVector<int64_t> AffineChain::getPosition(int64_t channel) const {
  SmallVector<int64_t> position(getShape(weighted.op->getResult(0)).size(), 0);
  SmallVector<int64_t> index =
      delinearize(channel, computeStrides(weighted.shape));
  for (auto [dim, value] : llvm::zip_equal(weighted.dims, index))
    position[dim] = value;
  return position;
}

bool AffineChain::addInit() {
  std::optional<BroadcastConstant> init =
      matchBroadcastConstant(weighted.init->get());
  if (!init || !llvm::all_of(init->dims, [&](unsigned dim) {
        return llvm::is_contained(weighted.dims, dim);
      }))
    return false;
  channelInit = true;
  for (auto [channel, offset] : llvm::enumerate(offsets))
    offset = init->at(getPosition(channel));
  return true;
}

std::pair<StringRef, StringRef>
AffineChain::findObstacle(const Affine &affine) const {
  if (!affine.inputMap.isIdentity())
    return {"permuted", "the operand is permuted or broadcast"};
  llvm::SmallBitVector known(getShape(weighted.op->getResult(0)).size());
  for (auto [dim, size] : llvm::enumerate(getShape(weighted.op->getResult(0))))
    if (size == 1 || llvm::is_contained(weighted.dims, dim))
      known.set(dim);
  for (Operation *reshape : reshapes)
    known = reshapeDims(reshape, known);
  for (unsigned dim : affine.dims)
    if (!known.test(dim))
      return {"not-per-channel",
              "the constants vary along a dimension that is no output channel"};
  if (!channelInit)
    return {"init-not-constant",
            "the initial value is no constant per output channel"};
  if (!weighted.isPlainConstant && !affine.isPureOffset())
    return {"weight-not-constant",
            "the weight is no plain constant that could be scaled"};
  return {};
}

bool AffineChain::addFollower(linalg::LinalgOp user, const Affine &affine) {
  auto [reason, message] = findObstacle(affine);
  if (!reason.empty()) {
    emitMissedRemark(user, passName, reason, message);
    return false;
  }
  SmallVector<double> newScales(scales), newOffsets(offsets);
  SmallVector<int64_t> strides = computeStrides(affine.shape);
  for (int64_t channel = 0, e = scales.size(); channel < e; ++channel) {
    SmallVector<int64_t> position = getPosition(channel);
    for (Operation *reshape : reshapes)
      position = reshapePosition(reshape, position);
    int64_t index = 0;
    for (auto [dim, stride] : llvm::zip_equal(affine.dims, strides))
      index += position[dim] * stride;
    newScales[channel] = scales[channel] * affine.a[index];
    double product = offsets[channel] * affine.a[index];
    newOffsets[channel] = product + affine.b[index];
  }
  scales = std::move(newScales);
  offsets = std::move(newOffsets);
  followers.push_back({user, affine.input});
  return true;
}

/// The value behind the reshapes that are the only users one after another;
/// appends them to `path`.
static Value skipReshapes(Value value, SmallVectorImpl<Operation *> &path) {
  while (value.hasOneUse() &&
         isa<tensor::CollapseShapeOp, tensor::ExpandShapeOp>(
             *value.getUsers().begin())) {
    path.push_back(*value.getUsers().begin());
    value = path.back()->getResult(0);
  }
  return value;
}

/// The affine function that `user` applies to `value`, which keeps its type.
static std::optional<Affine> matchFollower(Operation *user, Value value) {
  auto op = dyn_cast<linalg::LinalgOp>(user);
  if (!op || op->getNumResults() != 1 ||
      op->getResult(0).getType() != value.getType())
    return std::nullopt;
  std::optional<Affine> affine = matchAffine(op);
  if (!affine || affine->input != value)
    return std::nullopt;
  return affine;
}

bool AffineChain::addNext() {
  size_t passed = reshapes.size();
  Value value = skipReshapes(end, reshapes);
  bool isOnlyUser = llvm::all_equal(value.getUsers());
  for (Operation *user : value.getUsers()) {
    std::optional<Affine> affine = matchFollower(user, value);
    if (!affine)
      continue;
    if (!isOnlyUser) {
      emitMissedRemark(user, passName, "several-users",
                       "the operand has other users");
      continue;
    }
    if (!addFollower(cast<linalg::LinalgOp>(user), *affine))
      break;
    end = user->getResult(0);
    return true;
  }
  reshapes.truncate(passed);
  return false;
}

//===----------------------------------------------------------------------===//
// Rewriting
//===----------------------------------------------------------------------===//

/// The weight with each element multiplied by the scale of its channel, or
/// null when a product is not finite.
static Value createWeight(OpBuilder &builder, const WeightedOp &weighted,
                          ArrayRef<double> scales) {
  Value weight = weighted.weight->get();
  if (llvm::all_of(scales, [](double scale) { return scale == 1.0; }))
    return weight;
  FailureOr<ConstantTensor> tensor = ConstantTensor::get(weight);
  if (failed(tensor))
    return {};
  SmallVector<int64_t> weightStrides =
      computeStrides(tensor->getType().getShape());
  SmallVector<int64_t> channelStrides = computeStrides(weighted.shape);
  SmallVector<float> values;
  for (int64_t i = 0, e = tensor->getNumElements(); i < e; ++i) {
    int64_t channel = 0;
    for (auto [dim, stride] :
         llvm::zip_equal(weighted.weightDims, channelStrides))
      channel +=
          i / weightStrides[dim] % tensor->getType().getDimSize(dim) * stride;
    values.push_back(static_cast<float>(tensor->getFloat(i) * scales[channel]));
    if (!std::isfinite(values.back()))
      return {};
  }
  return createFloatConstant(builder, weight.getLoc(), tensor->getType(),
                             values);
}

/// An empty tensor like `init`; the sizes of dynamic dims come from the empty
/// tensor behind `init` when there is one.
static Value createEmptyLike(OpBuilder &builder, Location loc, Value init) {
  auto type = cast<RankedTensorType>(init.getType());
  Value source = init;
  while (auto op = source.getDefiningOp<linalg::LinalgOp>())
    source = op.getDpsInits()[0];
  if (auto empty = source.getDefiningOp<tensor::EmptyOp>())
    return tensor::EmptyOp::create(builder, loc, type, empty.getDynamicSizes());
  SmallVector<Value> sizes;
  for (auto [dim, size] : llvm::enumerate(type.getShape()))
    if (ShapedType::isDynamic(size))
      sizes.push_back(tensor::DimOp::create(builder, loc, init, dim));
  return tensor::EmptyOp::create(builder, loc, type, sizes);
}

/// The initial value in its only form: linalg.fill with 0.0 when all offsets
/// are zero, else linalg.broadcast of a constant with one dim per channel dim
/// (the constant itself when there is nothing to broadcast).
static Value createInit(OpBuilder &builder, const WeightedOp &weighted,
                        ArrayRef<float> offsets) {
  Location loc = weighted.op->getLoc();
  Value init = weighted.init->get();
  auto type = cast<RankedTensorType>(init.getType());
  if (llvm::all_of(offsets, [](float offset) { return offset == 0.0f; })) {
    Value zero =
        arith::ConstantOp::create(builder, loc, builder.getF32FloatAttr(0.0f));
    Value empty = createEmptyLike(builder, loc, init);
    return linalg::FillOp::create(builder, loc, zero, empty).getResult(0);
  }
  Value bias = createFloatConstant(
      builder, loc, RankedTensorType::get(weighted.shape, builder.getF32Type()),
      offsets);
  SmallVector<int64_t> dimensions;
  for (int64_t dim = 0; dim < type.getRank(); ++dim)
    if (!llvm::is_contained(weighted.dims, dim))
      dimensions.push_back(dim);
  if (dimensions.empty())
    return bias;
  Value empty = createEmptyLike(builder, loc, init);
  return linalg::BroadcastOp::create(builder, loc, bias, empty, dimensions)
      .getResult()[0];
}

/// Offsets rounded to f32, or nothing when one is not finite then.
static std::optional<SmallVector<float>>
roundOffsets(ArrayRef<double> offsets) {
  SmallVector<float> result;
  for (double offset : offsets) {
    result.push_back(static_cast<float>(offset));
    if (!std::isfinite(result.back()))
      return std::nullopt;
  }
  return result;
}

/// Replaces the weighted op and the followers by one op.
static void rewrite(const WeightedOp &weighted, const AffineChain &chain) {
  linalg::LinalgOp op = weighted.op;
  OpBuilder builder(op);
  std::optional<SmallVector<float>> offsets = roundOffsets(chain.getOffsets());
  Value weight;
  if (offsets)
    weight = createWeight(builder, weighted, chain.getScales());
  if (!weight) {
    emitMissedRemark(op, passName, "not-finite",
                     "folding would make a weight or bias that is not finite");
    return;
  }
  SmallVector<Location> locations{op.getLoc()};
  for (const Follower &follower : chain.getFollowers())
    locations.push_back(follower.op->getLoc());
  op->setLoc(builder.getFusedLoc(locations));
  Value init = createInit(builder, weighted, *offsets);
  weighted.weight->set(weight);
  weighted.init->set(init);
  // From the last to the first: each input is the result of the one before.
  for (const Follower &follower : llvm::reverse(chain.getFollowers()))
    follower.op->getResult(0).replaceAllUsesWith(follower.input);
}

namespace {
struct FoldAffine : public qdot::impl::FoldAffineBase<FoldAffine> {
  void runOnOperation() override {
    if (failed(checkInput(getOperation())))
      return signalPassFailure();
    SmallVector<linalg::LinalgOp> ops;
    getOperation().walk([&](linalg::LinalgOp op) { ops.push_back(op); });
    for (linalg::LinalgOp op : ops)
      fold(op);
    eraseDeadOps(getOperation());
    remarkLeftovers();
  }

  static void fold(linalg::LinalgOp op) {
    std::optional<WeightedOp> weighted = matchWeightedOp(op);
    if (!weighted)
      return;
    AffineChain chain(*weighted);
    bool hasInit = chain.addInit();
    while (chain.addNext())
      ;
    if (hasInit)
      rewrite(*weighted, chain);
  }

  /// Explains the affine ops per channel that no weight can take in.
  void remarkLeftovers() {
    getOperation().walk([](linalg::LinalgOp op) {
      std::optional<Affine> affine = matchAffine(op);
      if (!affine || affine->dims.empty())
        return;
      auto producer = affine->input.getDefiningOp<linalg::LinalgOp>();
      if (!producer || !matchWeightedOp(producer))
        emitMissedRemark(op, passName, "no-weight",
                         "no contraction or convolution makes the operand");
    });
  }
};
} // namespace
