//===- OrderChannels.cpp - Channels last, where kernels need them ---------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/IndexingUtils.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/Transforms/RegionUtils.h"
#include "qdot/Analysis/Layers.h"
#include "qdot/Analysis/Remarks.h"
#include "qdot/Codegen/Passes.h"
#include "qdot/Dialect/Qdot.h"

namespace qdot {
#define GEN_PASS_DEF_ORDERCHANNELS
#include "qdot/Codegen/Passes.h.inc"
} // namespace qdot

using namespace mlir;
using namespace qdot;

/// A reduction shorter than one dot product is no reason to move anything.
static constexpr int64_t minReduction = 4;
/// Columns that fill the shortest vectors well.
static constexpr int64_t minColumns = 8;

/// The permutation that makes dimension `dim` the last one.
static SmallVector<int64_t> moveToEnd(int64_t rank, int64_t dim) {
  SmallVector<int64_t> order;
  for (int64_t at = 0; at < rank; ++at)
    if (at != dim)
      order.push_back(at);
  order.push_back(dim);
  return order;
}

static AffineMap permuteResults(AffineMap map, ArrayRef<int64_t> order) {
  return AffineMap::get(map.getNumDims(), 0,
                        applyPermutation(map.getResults(), order),
                        map.getContext());
}

namespace {
/// Tensors with permuted dimensions. What only the permuted tensor needs is
/// computed in that order: pads, pooling, elementwise ops.
class TensorOrder {
public:
  explicit TensorOrder(Operation *at) : builder(at), loc(at->getLoc()) {}

  /// `value` with dimension `order[i]` at place i.
  Value permute(Value value, ArrayRef<int64_t> order) {
    if (isIdentityPermutation(order))
      return value;
    if (auto transpose = value.getDefiningOp<linalg::TransposeOp>())
      return permute(transpose.getInput(),
                     applyPermutation(transpose.getPermutation(), order));
    if (auto pad = value.getDefiningOp<tensor::PadOp>())
      if (Value result = permutePad(pad, order))
        return result;
    if (auto generic = value.getDefiningOp<linalg::GenericOp>())
      if (Value result = permuteGeneric(generic, order))
        return result;
    return linalg::TransposeOp::create(builder, loc, value,
                                       createEmpty(value, order), order)
        ->getResult(0);
  }

  /// An empty tensor of the permuted type of `value`.
  Value createEmpty(Value value, ArrayRef<int64_t> order) {
    SmallVector<OpFoldResult> sizes = applyPermutation(
        tensor::getMixedSizes(builder, loc, value), order);
    return tensor::EmptyOp::create(builder, loc, sizes,
                                   getElementTypeOrSelf(value.getType()));
  }

private:
  static bool isOwned(Operation *op) {
    return op->getNumResults() == 1 && op->getResult(0).hasOneUse();
  }

  /// The value that a pad writes must be the same everywhere.
  Value permutePad(tensor::PadOp pad, ArrayRef<int64_t> order) {
    Value filled = pad.getConstantPaddingValue();
    if (!isOwned(pad) || !filled)
      return {};
    // A constant in the pad's body goes with it.
    if (Operation *inner = filled.getDefiningOp();
        inner && pad->isAncestor(inner))
      filled = builder.clone(*inner)->getResult(0);
    Value source = permute(pad.getSource(), order);
    auto type = cast<RankedTensorType>(pad.getType());
    auto result = RankedTensorType::get(
        applyPermutation(type.getShape(), order), type.getElementType());
    return tensor::PadOp::create(
        builder, loc, result, source,
        applyPermutation(pad.getMixedLowPad(), order),
        applyPermutation(pad.getMixedHighPad(), order), filled);
  }

  /// An op that computes each element of its result from operands of the same
  /// number of dimensions: they are permuted along.
  Value permuteGeneric(linalg::GenericOp op, ArrayRef<int64_t> order) {
    if (!isOwned(op) || !op.hasPureTensorSemantics() ||
        op.getNumDpsInits() != 1 || op.hasIndexSemantics())
      return {};
    Value init = op.getDpsInits()[0];
    Value start = createEmpty(init, order);
    if (auto fill = init.getDefiningOp<linalg::FillOp>())
      start = linalg::FillOp::create(builder, loc, fill.getInputs()[0], start)
                  .getResult(0);
    else if (!init.getDefiningOp<tensor::EmptyOp>())
      return {};
    SmallVector<Value> inputs;
    SmallVector<AffineMap> maps;
    for (OpOperand *operand : op.getDpsInputOperands()) {
      Value input = operand->get();
      AffineMap map = op.getMatchingIndexingMap(operand);
      if (isAlike(op, map)) {
        input = permute(input, order);
        map = permuteResults(map, order);
      }
      inputs.push_back(input);
      maps.push_back(map);
    }
    AffineMap out = op.getMatchingIndexingMap(op.getDpsInitOperand(0));
    maps.push_back(permuteResults(out, order));
    auto copy = linalg::GenericOp::create(builder, loc, TypeRange(start.getType()),
                                          inputs, ValueRange(start), maps,
                                          op.getIteratorTypesArray());
    IRMapping mapping;
    op.getRegion().cloneInto(&copy.getRegion(), mapping);
    copy->setDiscardableAttrs(op->getDiscardableAttrDictionary());
    return copy.getResult(0);
  }

  /// Whether every result of `map` belongs to the same dimension of the op's
  /// result.
  static bool isAlike(linalg::GenericOp op, AffineMap map) {
    AffineMap out = op.getMatchingIndexingMap(op.getDpsInitOperand(0));
    if (map.getNumResults() != out.getNumResults())
      return false;
    for (auto [expr, other] : llvm::zip(map.getResults(), out.getResults())) {
      auto dim = dyn_cast<AffineDimExpr>(other);
      if (!dim || !expr.isFunctionOfDim(dim.getPosition()))
        return false;
    }
    return true;
  }

  OpBuilder builder;
  Location loc;
};

/// What one contraction wants moved to the end.
class ChannelOrder {
public:
  explicit ChannelOrder(ContractOp op)
      : op(op), lhs(op.getLhsMap()), rhs(op.getRhsMap()), out(op.getOutMap()) {}

  void apply() {
    std::optional<int64_t> column = findColumn();
    if (!column)
      return;
    unsigned loop = getLoop(out.getResult(*column));
    std::optional<int64_t> channel =
        lhs.isFunctionOfDim(loop) ? findResult(lhs, loop) : findReduction();
    SmallVector<int64_t> outOrder = moveToEnd(out.getNumResults(), *column);
    SmallVector<int64_t> lhsOrder = moveToEnd(
        lhs.getNumResults(), channel.value_or(lhs.getNumResults() - 1));
    if (isIdentityPermutation(outOrder) && isIdentityPermutation(lhsOrder))
      return;
    emitAnalysisRemark(
        op, "OrderChannels",
        {{"Column", *column}, {"Channel", channel.value_or(-1)}},
        "channels are moved to the last dimension for a kernel");
    rewrite(lhsOrder, outOrder);
  }

private:
  int64_t getSize(unsigned loop) { return op.getLoopSizes()[loop]; }
  static unsigned getLoop(AffineExpr expr) {
    return cast<AffineDimExpr>(expr).getPosition();
  }

  /// The result of `map` that is `loop` alone.
  static std::optional<int64_t> findResult(AffineMap map, unsigned loop) {
    if (auto at = map.getResultPosition(getAffineDimExpr(loop, map.getContext())))
      return *at;
    return std::nullopt;
  }

  bool isLong(unsigned loop, int64_t size) {
    return ShapedType::isStatic(getSize(loop)) && getSize(loop) >= size;
  }

  /// The dimension of the result for the lanes of a kernel, if another one than
  /// the last, or if the last one is right and something else is not.
  std::optional<int64_t> findColumn() {
    std::optional<int64_t> last, plain, shared;
    for (auto [at, expr] : llvm::enumerate(out.getResults())) {
      auto dim = dyn_cast<AffineDimExpr>(expr);
      if (!dim || getSize(dim.getPosition()) == 1)
        continue;
      unsigned loop = dim.getPosition();
      last = at;
      if (!rhs.isFunctionOfDim(loop))
        continue;
      if (!lhs.isFunctionOfDim(loop))
        plain = at;
      else if (findResult(lhs, loop))
        shared = at;
    }
    // Few results per channel and short sums: the channels are the lanes.
    if (shared && isLong(getLoop(out.getResult(*shared)), minColumns) &&
        (!plain || !isLong(getLoop(out.getResult(*plain)), minColumns)) &&
        !findReduction())
      return shared;
    if (plain)
      return plain;
    return last && shared ? shared : std::nullopt;
  }

  /// The longest reduction that is a dimension of the left side by itself.
  std::optional<int64_t> findReduction() {
    std::optional<int64_t> best;
    int64_t most = minReduction - 1;
    for (auto [at, expr] : llvm::enumerate(lhs.getResults())) {
      auto dim = dyn_cast<AffineDimExpr>(expr);
      if (!dim || out.isFunctionOfDim(dim.getPosition()) ||
          !rhs.isFunctionOfDim(dim.getPosition()))
        continue;
      int64_t size = getSize(dim.getPosition());
      // The last one of equal ones is the one that is there already.
      if (ShapedType::isStatic(size) && size > most) {
        most = size;
        best = at;
      }
    }
    // A run that is there already will do.
    if (best && isContiguousRun())
      return int64_t(lhs.getNumResults()) - 1;
    return best;
  }

  /// Whether the last dimensions of the left side are reductions by themselves
  /// that are long enough together.
  bool isContiguousRun() {
    int64_t run = 1;
    for (AffineExpr expr : llvm::reverse(lhs.getResults())) {
      if (isa<AffineConstantExpr>(expr))
        continue;
      auto dim = dyn_cast<AffineDimExpr>(expr);
      if (!dim || (getSize(dim.getPosition()) != 1 &&
                   out.isFunctionOfDim(dim.getPosition())))
        break;
      if (ShapedType::isStatic(getSize(dim.getPosition())))
        run *= getSize(dim.getPosition());
    }
    return run >= minReduction;
  }

  void rewrite(ArrayRef<int64_t> lhsOrder, ArrayRef<int64_t> outOrder) {
    OpBuilder builder(op);
    TensorOrder order(op);
    op.getLhsMutable().assign(order.permute(op.getLhs(), lhsOrder));
    SmallVector<Attribute> maps(op.getIndexingMaps().getValue());
    maps.front() = AffineMapAttr::get(permuteResults(lhs, lhsOrder));
    maps.back() = AffineMapAttr::get(permuteResults(out, outOrder));
    op.setIndexingMapsAttr(builder.getArrayAttr(maps));
    if (isIdentityPermutation(outOrder))
      return;
    permuteExtras(order, outOrder);
    Value result = op.getResult(0), old = op.getInit();
    SmallVector<OpOperand *> uses;
    for (OpOperand &use : result.getUses())
      uses.push_back(&use);
    Type type = result.getType();
    op.getInitMutable().assign(order.createEmpty(old, outOrder));
    result.setType(cast<RankedTensorType>(op.getInit().getType()));
    builder.setInsertionPointAfter(op);
    Location loc = op.getLoc();
    SmallVector<int64_t> back = invertPermutationVector(outOrder);
    SmallVector<OpFoldResult> sizes = applyPermutation(
        tensor::getMixedSizes(builder, loc, result), back);
    Value empty = tensor::EmptyOp::create(builder, loc, sizes,
                                          getElementTypeOrSelf(type));
    auto move =
        linalg::TransposeOp::create(builder, loc, result, empty, back);
    for (OpOperand *use : uses)
      use->set(move->getResult(0));
  }

  /// Bytes that the body reads with the result, such as a residual.
  void permuteExtras(TensorOrder &order, ArrayRef<int64_t> outOrder) {
    SmallVector<Attribute> maps(op.getIndexingMaps().getValue());
    for (unsigned at = 0; at < op.getExtras().size(); ++at) {
      Value extra = op.getExtras()[at];
      if (op.getExtraMap(at) != out ||
          !getElementTypeOrSelf(extra.getType()).isInteger(8))
        continue;
      op.getExtrasMutable().slice(at, 1).assign(order.permute(extra, outOrder));
      maps[at + 2] = AffineMapAttr::get(permuteResults(out, outOrder));
    }
    op.setIndexingMapsAttr(ArrayAttr::get(op.getContext(), maps));
  }

  ContractOp op;
  AffineMap lhs, rhs, out;
};

struct OrderChannels : public qdot::impl::OrderChannelsBase<OrderChannels> {
  void runOnOperation() override {
    SmallVector<ContractOp> ops;
    getOperation().walk([&](ContractOp op) {
      if (isa<RankedTensorType>(op.getInit().getType()) && !op.getKernel() &&
          isConstantTensor(op.getRhs()))
        ops.push_back(op);
    });
    for (ContractOp op : ops)
      ChannelOrder(op).apply();
    // What was computed in another order before.
    IRRewriter rewriter(&getContext());
    for (Region &region : getOperation()->getRegions())
      (void)runRegionDCE(rewriter, region);
  }
};
} // namespace
