//===- ProveAccumulators.cpp - Intervals of integer sums ------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"
#include "qdot/Analysis/Contraction.h"
#include "qdot/Analysis/IntegerContraction.h"
#include "qdot/Codegen/ByteSets.h"
#include "qdot/Codegen/Passes.h"
#include "qdot/Dialect/CheckInput.h"
#include "qdot/Dialect/Constants.h"
#include "qdot/Numerics/Accumulator.h"
#include "llvm/Support/MathExtras.h"

namespace qdot {
#define GEN_PASS_DEF_PROVEACCUMULATORS
#include "qdot/Codegen/Passes.h.inc"
} // namespace qdot

using namespace mlir;
using namespace qdot;
using numerics::AccumulatorBound;
using numerics::StorageRange;

namespace {
/// A constant i32 tensor along some loops of an op: the start of its sums.
struct Start {
  SmallVector<int64_t> values; ///< row-major over `loops`
  SmallVector<unsigned> loops;
  SmallVector<int64_t> shape;
};

/// Bounds the sums of one op.
class Prover {
public:
  Prover(linalg::GenericOp op, ByteSets &sets)
      : op(op), sets(sets), loopSizes(op.getStaticLoopRanges()) {}

  /// The interval of every partial sum, or nullopt when nothing is proved.
  std::optional<StorageRange> prove() {
    if (op->getNumResults() != 1 || !op.hasPureTensorSemantics())
      return std::nullopt;
    AffineMap out = op.getMatchingIndexingMap(op.getDpsInitOperand(0));
    if (!out.isProjectedPermutation() || !readStart(out))
      return std::nullopt;
    if (auto products = matchCenteredContraction(op))
      return proveProducts(*products);
    return proveSum();
  }

private:
  /// What the sums begin with: a fill, a constant, or a broadcast of one.
  bool readStart(AffineMap out) {
    Value init = op.getDpsInits()[0];
    APInt scalar;
    if (auto fill = init.getDefiningOp<linalg::FillOp>()) {
      if (!matchPattern(fill.getInputs()[0], m_ConstantInt(&scalar)))
        return false;
      start.values.push_back(scalar.getSExtValue());
      return true;
    }
    ArrayRef<int64_t> dropped;
    auto broadcast = init.getDefiningOp<linalg::BroadcastOp>();
    if (broadcast) {
      init = broadcast.getInput();
      dropped = broadcast.getDimensions();
    }
    FailureOr<SmallVector<int64_t>> values = failure();
    if (ConstantTensor::isConstant(init))
      values = readIntegers(init);
    if (failed(values))
      return false;
    start.values = *std::move(values);
    llvm::append_range(start.shape,
                       cast<RankedTensorType>(init.getType()).getShape());
    for (auto [dim, expr] : llvm::enumerate(out.getResults()))
      if (!llvm::is_contained(dropped, int64_t(dim)))
        start.loops.push_back(cast<AffineDimExpr>(expr).getPosition());
    return start.loops.size() == start.shape.size();
  }

  StorageRange getBytes(OpOperand *operand, Sign sign, int64_t zero) {
    auto [low, high] = getInterval(sets.get(operand->get()), sign);
    return {low - zero, high - zero};
  }

  /// How many positions the reduction loops have that `except` does not index;
  /// nullopt where that is not known.
  std::optional<int64_t> countTerms(AffineMap except) {
    int64_t count = 1;
    for (auto [loop, kind] : llvm::enumerate(op.getIteratorTypesArray())) {
      if (kind != utils::IteratorType::reduction ||
          (except && except.isFunctionOfDim(loop)))
        continue;
      if (ShapedType::isDynamic(loopSizes[loop]) ||
          llvm::MulOverflow(count, loopSizes[loop], count))
        return std::nullopt;
    }
    return count;
  }

  void include(std::optional<StorageRange> range) {
    isProved &= range.has_value();
    if (!range)
      return;
    if (!total)
      total = range;
    total = StorageRange{std::min(total->min, range->min),
                         std::max(total->max, range->max)};
  }

  std::optional<StorageRange> finish() {
    return isProved ? total : std::nullopt;
  }

  /// Of factors of which only the interval is known.
  std::optional<StorageRange> proveIntervals(StorageRange lhs,
                                             StorageRange rhs) {
    std::optional<int64_t> count = countTerms({});
    if (!count)
      return std::nullopt;
    if (start.values.empty())
      return std::nullopt;
    auto [low, high] =
        std::minmax_element(start.values.begin(), start.values.end());
    for (int64_t value : {*low, *high}) {
      AccumulatorBound sum(lhs);
      sum.addProducts(rhs, *count);
      sum.addConstant(value);
      include(sum.fitsSigned(32));
    }
    return finish();
  }

  std::optional<StorageRange> proveProducts(const CenteredContraction &by) {
    for (OpOperand *operand : {by.lhs, by.rhs})
      if (!isa<RankedTensorType>(operand->get().getType()))
        return std::nullopt;
    StorageRange lhs = getBytes(by.lhs, by.lhsSign, by.lhsZero);
    StorageRange rhs = getBytes(by.rhs, by.rhsSign, by.rhsZero);
    if (ConstantTensor::isConstant(by.rhs->get()))
      return proveWeights(by.rhs, by.rhsSign, by.rhsZero, lhs, rhs);
    if (ConstantTensor::isConstant(by.lhs->get()))
      return proveWeights(by.lhs, by.lhsSign, by.lhsZero, rhs, lhs);
    return proveIntervals(lhs, rhs);
  }

  /// Of constant weights: for each channel, the sums of its positive and of its
  /// negative weights, and the values that it starts with.
  std::optional<StorageRange> proveWeights(OpOperand *weight, Sign sign,
                                           int64_t zero,
                                           StorageRange activation,
                                           StorageRange weights) {
    AffineMap map = op.getMatchingIndexingMap(weight);
    auto type = cast<RankedTensorType>(weight->get().getType());
    FailureOr<ConstantTensor> values = ConstantTensor::get(weight->get());
    std::optional<int64_t> times = countTerms(map);
    if (failed(values) || !times)
      return std::nullopt;
    if (!map.isProjectedPermutation())
      return proveIntervals(activation, weights);
    // The axes of the weights along parallel loops.
    SmallVector<int64_t> axes, shape;
    SmallVector<unsigned> loops;
    for (auto [axis, expr] : llvm::enumerate(map.getResults())) {
      unsigned loop = cast<AffineDimExpr>(expr).getPosition();
      if (op.getIteratorTypesArray()[loop] != utils::IteratorType::parallel)
        continue;
      axes.push_back(axis);
      shape.push_back(type.getDimSize(axis));
      loops.push_back(loop);
    }
    SmallVector<int64_t> positive(ShapedType::getNumElements(shape), 0);
    SmallVector<int64_t> negative(positive.size(), 0);
    forEachElement(type.getShape(),
                   getAxisStrides(type.getRank(), axes, shape),
                   [&](int64_t element, int64_t channel) {
                     int64_t value = values->getInteger(element);
                     if (sign == Sign::Unsigned)
                       value &= 0xFF;
                     value -= zero;
                     (value > 0 ? positive : negative)[channel] += value;
                   });
    auto includeAll = [&](int64_t channel, int64_t value) {
      AccumulatorBound sum(activation);
      sum.addProducts({positive[channel], positive[channel]}, *times);
      sum.addProducts({negative[channel], negative[channel]}, *times);
      sum.addConstant(value);
      include(sum.fitsSigned(32));
    };
    forEachChannel(loops, shape, includeAll);
    return finish();
  }

  /// Calls `visit(channel, start)` for every start that belongs to a channel.
  template <typename Visit>
  void forEachChannel(ArrayRef<unsigned> loops, ArrayRef<int64_t> shape,
                      Visit visit) {
    // All loops of either; positions along them to numbers in both.
    SmallVector<unsigned> all(loops);
    SmallVector<int64_t> sizes(shape);
    for (auto [loop, size] : llvm::zip_equal(start.loops, start.shape))
      if (!llvm::is_contained(all, loop)) {
        all.push_back(loop);
        sizes.push_back(size);
      }
    SmallVector<int64_t> axes;
    for (unsigned loop : start.loops)
      axes.push_back(llvm::find(all, loop) - all.begin());
    SmallVector<int64_t> startStrides =
        getAxisStrides(all.size(), axes, start.shape);
    int64_t inner = 1;
    for (size_t at = loops.size(); at < sizes.size(); ++at)
      inner *= sizes[at];
    forEachElement(sizes, startStrides, [&](int64_t element, int64_t position) {
      visit(element / inner, start.values[position]);
    });
  }

  /// `out + ext(in)` of bytes, as window sums are.
  std::optional<StorageRange> proveSum() {
    Block &body = *op.getBody();
    auto sum =
        body.getTerminator()->getOperand(0).getDefiningOp<arith::AddIOp>();
    Value out = body.getArguments().back();
    if (!sum || !sum.getType().isInteger(32) ||
        (sum.getLhs() == out) == (sum.getRhs() == out))
      return std::nullopt;
    Value term = sum.getLhs() == out ? sum.getRhs() : sum.getLhs();
    Operation *extension = term.getDefiningOp();
    if (!isa_and_nonnull<arith::ExtSIOp, arith::ExtUIOp>(extension))
      return std::nullopt;
    auto argument = dyn_cast<BlockArgument>(extension->getOperand(0));
    if (!argument || argument.getOwner() != &body ||
        !argument.getType().isInteger(8))
      return std::nullopt;
    OpOperand *operand = &op->getOpOperand(argument.getArgNumber());
    if (!isa<RankedTensorType>(operand->get().getType()))
      return std::nullopt;
    Sign sign =
        isa<arith::ExtSIOp>(extension) ? Sign::Signed : Sign::Unsigned;
    return proveIntervals(getBytes(operand, sign, 0), {1, 1});
  }

  linalg::GenericOp op;
  ByteSets &sets;
  SmallVector<int64_t> loopSizes;
  Start start;
  std::optional<StorageRange> total;
  bool isProved = true;
};

struct ProveAccumulators
    : public qdot::impl::ProveAccumulatorsBase<ProveAccumulators> {
  void runOnOperation() override {
    if (failed(checkInput(getOperation())))
      return signalPassFailure();
    ByteSets sets;
    SmallVector<std::pair<Operation *, AccumulatorAttr>> proofs;
    getOperation().walk([&](Operation *op) {
      auto generic = dyn_cast<linalg::GenericOp>(op);
      proofs.push_back(
          {op, generic ? getProof(generic, sets) : AccumulatorAttr()});
    });
    for (auto [op, proof] : proofs)
      replace(op, proof);
  }

private:
  AccumulatorAttr getProof(linalg::GenericOp op, ByteSets &sets) {
    std::optional<StorageRange> range = Prover(op, sets).prove();
    return range ? AccumulatorAttr::get(&getContext(), range->min, range->max)
                 : AccumulatorAttr();
  }

  /// What was written before was proved of other constants, perhaps.
  static void replace(Operation *op, AccumulatorAttr proof) {
    if (auto contract = dyn_cast<ContractOp>(op))
      contract.removeAccumulatorAttr();
    if (proof)
      op->setAttr(accumulatorAttrName, proof);
    else
      op->removeAttr(accumulatorAttrName);
  }
};
} // namespace
