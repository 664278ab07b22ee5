//===- SplitZeroPoints.cpp - Zero points out of the products --------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/Matchers.h"
#include "qdot/Analysis/IntegerContraction.h"
#include "qdot/Analysis/Layers.h"
#include "qdot/Analysis/Remarks.h"
#include "qdot/Analysis/StructuralBody.h"
#include "qdot/Codegen/KernelTable.h"
#include "qdot/Codegen/Passes.h"

namespace qdot {
#define GEN_PASS_DEF_SPLITZEROPOINTS
#include "qdot/Codegen/Passes.h.inc"
} // namespace qdot

using namespace mlir;
using namespace qdot;

namespace {
/// One operand of a product: how its bytes are read and its zero point.
struct Side {
  Value tensor;
  AffineMap map;
  Sign sign;
  int64_t zero;
};

/// An i32 tensor and how the loops of the contraction index it.
struct Term {
  Value tensor;
  AffineMap map;
};

/// Rewrites one contraction of two tensors that are not constant.
class ZeroPointSplit {
public:
  ZeroPointSplit(linalg::GenericOp op, const CenteredContraction &match)
      : op(op), builder(op), loc(op.getLoc()),
        lhs(getSide(match.lhs, match.lhsSign, match.lhsZero)),
        rhs(getSide(match.rhs, match.rhsSign, match.rhsZero)) {
    outMap = op.getMatchingIndexingMap(op.getDpsInitOperand(0));
    if (getRowOperand(op, match) != match.lhs)
      std::swap(lhs, rhs);
  }

  /// Why the contraction stays as it is, or nothing.
  StringRef split(bool isUnsigned) {
    for (auto [loop, kind] : llvm::enumerate(op.getIteratorTypesArray()))
      if (kind == utils::IteratorType::reduction &&
          ShapedType::isDynamic(op.getStaticLoopRanges()[loop]))
        return "the reduction has a dynamic size";
    if (!outMap.isProjectedPermutation())
      return "the result is not indexed by distinct loops";
    skipMoves(lhs, /*isLeft=*/true);
    skipMoves(rhs, /*isLeft=*/false);
    int64_t lhsZero = lhs.zero, rhsZero = rhs.zero;
    if (isUnsigned) {
      lhsZero += lhs.sign == Sign::Signed ? 128 : 0;
      rhsZero -= rhs.sign == Sign::Unsigned ? 128 : 0;
    }
    // An operand is summed when the other one has a zero point.
    if ((rhsZero && !lhs.map.isProjectedPermutation()) ||
        (lhsZero && !rhs.map.isProjectedPermutation()))
      return "an operand with a window needs the sums of its windows";
    if (isUnsigned) {
      setSign(lhs, Sign::Unsigned);
      setSign(rhs, Sign::Signed);
    }
    replace(createStart());
    return {};
  }

private:
  Side getSide(OpOperand *operand, Sign sign, int64_t zero) {
    return {operand->get(), op.getMatchingIndexingMap(operand), sign, zero};
  }

  /// Reads what a transpose reads instead of what it writes, where a kernel can:
  /// a left side needs its reduction at the end, a right side is packed.
  void skipMoves(Side &side, bool isLeft) {
    while (auto move = side.tensor.getDefiningOp<linalg::LinalgOp>()) {
      if (!move.hasPureTensorSemantics() ||
          matchBody(move).kind != BodyKind::Copy || move.getNumLoops() == 0)
        return;
      AffineMap from = move.getIndexingMapsArray().front();
      AffineMap to = move.getIndexingMapsArray().back();
      if (!from.isPermutation() || !to.isPermutation())
        return;
      AffineMap map = from.compose(inversePermutation(to)).compose(side.map);
      auto last = dyn_cast<AffineDimExpr>(map.getResults().back());
      if (!last || (isLeft && !isReduction(last.getPosition())))
        return;
      side.tensor = move->getOperand(0);
      side.map = map;
    }
  }

  /// Bytes with the other sign: `x ^ 128` is `x + 128` read without sign.
  void setSign(Side &side, Sign sign) {
    if (side.sign == sign)
      return;
    side.zero += sign == Sign::Unsigned ? 128 : -128;
    side.sign = sign;
    auto type = cast<RankedTensorType>(side.tensor.getType());
    AffineMap identity = builder.getMultiDimIdentityMap(type.getRank());
    side.tensor = createElementwise(
        {{side.tensor, identity}}, type.getElementType(),
        tensor::getMixedSizes(builder, loc, side.tensor),
        [&](OpBuilder &body, ValueRange args) -> Value {
          Value top = arith::ConstantOp::create(body, loc,
                                                body.getI8IntegerAttr(-128));
          return arith::XOrIOp::create(body, loc, args[0], top);
        });
  }

  Value
  createElementwise(ArrayRef<Term> inputs, Type element,
                    ArrayRef<OpFoldResult> sizes,
                    function_ref<Value(OpBuilder &, ValueRange)> compute) {
    Value empty = tensor::EmptyOp::create(builder, loc, sizes, element);
    int64_t rank = int64_t(sizes.size());
    SmallVector<Value> values;
    SmallVector<AffineMap> maps;
    for (const Term &input : inputs) {
      values.push_back(input.tensor);
      maps.push_back(input.map);
    }
    maps.push_back(builder.getMultiDimIdentityMap(rank));
    SmallVector<utils::IteratorType> kinds(rank, utils::IteratorType::parallel);
    return linalg::GenericOp::create(
               builder, loc, TypeRange{empty.getType()}, values,
               ValueRange{empty}, maps, kinds,
               [&](OpBuilder &body, Location, ValueRange args) {
                 linalg::YieldOp::create(body, loc, compute(body, args));
               })
        .getResult(0);
  }

  bool isReduction(unsigned loop) {
    return op.getIteratorTypesArray()[loop] == utils::IteratorType::reduction;
  }

  /// `factor * sum + constant` for every position along the parallel loops of
  /// one side; the sum is that over all reductions of the contraction.
  Term createSums(const Side &side, int64_t factor, int64_t constant) {
    SmallVector<unsigned> loops;
    SmallVector<AffineExpr> kept;
    for (bool reduced : {false, true})
      for (unsigned loop = 0; loop < op.getNumLoops(); ++loop)
        if (side.map.isFunctionOfDim(loop) && isReduction(loop) == reduced) {
          loops.push_back(loop);
          if (!reduced)
            kept.push_back(builder.getAffineDimExpr(loop));
        }
    for (unsigned loop = 0; loop < op.getNumLoops(); ++loop)
      if (isReduction(loop) && !side.map.isFunctionOfDim(loop))
        factor *= op.getStaticLoopRanges()[loop];
    Value sums = reduce(side, loops, kept.size());
    AffineMap identity = builder.getMultiDimIdentityMap(kept.size());
    Value scaled = createElementwise(
        {{sums, identity}}, builder.getI32Type(),
        tensor::getMixedSizes(builder, loc, sums),
        [&](OpBuilder &body, ValueRange args) -> Value {
          Value product = arith::MulIOp::create(body, loc, args[0],
                                                createInteger(body, factor));
          return arith::AddIOp::create(body, loc, product,
                                       createInteger(body, constant));
        });
    return {scaled,
            AffineMap::get(op.getNumLoops(), 0, kept, builder.getContext())};
  }

  /// The sum over all but the first `kept` of the loops of one side.
  Value reduce(const Side &side, ArrayRef<unsigned> loops, int64_t kept) {
    SmallVector<AffineExpr> to(op.getNumLoops(), builder.getAffineConstantExpr(0));
    SmallVector<OpFoldResult> sizes;
    for (auto [at, loop] : llvm::enumerate(loops)) {
      to[loop] = builder.getAffineDimExpr(at);
      unsigned dim = *side.map.getResultPosition(
          getAffineDimExpr(loop, builder.getContext()));
      if (int64_t(at) < kept)
        sizes.push_back(tensor::getMixedSize(builder, loc, side.tensor, dim));
    }
    AffineMap map = side.map.replaceDimsAndSymbols(to, {}, loops.size(), 0);
    // Of no dimension where nothing is kept.
    SmallVector<AffineExpr> keptDims;
    for (int64_t dim = 0; dim < kept; ++dim)
      keptDims.push_back(builder.getAffineDimExpr(dim));
    AffineMap out =
        AffineMap::get(loops.size(), 0, keptDims, builder.getContext());
    Value zero = createInteger(builder, 0);
    Value empty =
        tensor::EmptyOp::create(builder, loc, sizes, builder.getI32Type());
    Value start =
        linalg::FillOp::create(builder, loc, zero, empty).getResult(0);
    SmallVector<utils::IteratorType> kinds(kept, utils::IteratorType::parallel);
    kinds.resize(loops.size(), utils::IteratorType::reduction);
    return linalg::GenericOp::create(
               builder, loc, TypeRange{start.getType()},
               ValueRange{side.tensor}, ValueRange{start},
               ArrayRef<AffineMap>{map, out}, kinds,
               [&](OpBuilder &body, Location, ValueRange args) {
                 Value wide = extend(body, args[0], side.sign);
                 Value sum = arith::AddIOp::create(body, loc, args[1], wide);
                 linalg::YieldOp::create(body, loc, sum);
               })
        .getResult(0);
  }

  Value extend(OpBuilder &body, Value byte, Sign sign) {
    if (sign == Sign::Signed)
      return arith::ExtSIOp::create(body, loc, body.getI32Type(), byte);
    return arith::ExtUIOp::create(body, loc, body.getI32Type(), byte);
  }

  /// Modulo 2^32, like all sums of the contraction.
  Value createInteger(OpBuilder &at, int64_t value) {
    return arith::ConstantOp::create(
        at, loc,
        at.getIntegerAttr(at.getI32Type(),
                          APInt(64, uint64_t(value)).trunc(32)));
  }

  /// `sum (a - za) (b - zb)` is `sum a b - zb sum a - za sum b + K za zb`: all
  /// but the first, plus the given start.
  Value createStart() {
    int64_t count = 1;
    for (unsigned loop = 0; loop < op.getNumLoops(); ++loop)
      if (isReduction(loop))
        count *= op.getStaticLoopRanges()[loop];
    SmallVector<Term> terms;
    int64_t constant = count * lhs.zero * rhs.zero;
    if (lhs.zero) {
      terms.push_back(createSums(rhs, -lhs.zero, constant));
      constant = 0;
    }
    if (rhs.zero)
      terms.push_back(createSums(lhs, -rhs.zero, constant));
    Value init = op.getDpsInits()[0];
    if (terms.empty())
      return init;
    if (!isZero(init))
      terms.push_back({init, outMap});
    // From the loops of the contraction to the dimensions of the result.
    SmallVector<AffineExpr> dims(op.getNumLoops(),
                                 builder.getAffineConstantExpr(0));
    for (auto [at, expr] : llvm::enumerate(outMap.getResults()))
      if (auto dim = dyn_cast<AffineDimExpr>(expr))
        dims[dim.getPosition()] = builder.getAffineDimExpr(at);
    for (Term &term : terms)
      term.map = term.map.replaceDimsAndSymbols(dims, {},
                                                outMap.getNumResults(), 0);
    return createElementwise(
        terms, builder.getI32Type(), tensor::getMixedSizes(builder, loc, init),
        [&](OpBuilder &body, ValueRange args) {
          Value sum = args[0];
          for (Value other : args.drop_front().take_front(terms.size() - 1))
            sum = arith::AddIOp::create(body, loc, sum, other);
          return sum;
        });
  }

  static bool isZero(Value init) {
    auto fill = init.getDefiningOp<linalg::FillOp>();
    return fill && matchPattern(fill.getInputs()[0], m_Zero());
  }

  void replace(Value start) {
    auto product = linalg::GenericOp::create(
        builder, loc, TypeRange{start.getType()},
        ValueRange{lhs.tensor, rhs.tensor}, ValueRange{start},
        ArrayRef<AffineMap>{lhs.map, rhs.map, outMap},
        op.getIteratorTypesArray(),
        [&](OpBuilder &body, Location, ValueRange args) {
          Value value =
              arith::MulIOp::create(body, loc, extend(body, args[0], lhs.sign),
                                    extend(body, args[1], rhs.sign));
          value = arith::AddIOp::create(body, loc, args[2], value);
          linalg::YieldOp::create(body, loc, value);
        });
    product->setDiscardableAttrs(op->getDiscardableAttrDictionary());
    op.getResult(0).replaceAllUsesWith(product.getResult(0));
    op.erase();
  }

  linalg::GenericOp op;
  OpBuilder builder;
  Location loc;
  Side lhs, rhs;
  AffineMap outMap;
};

struct SplitZeroPoints
    : public qdot::impl::SplitZeroPointsBase<SplitZeroPoints> {
  using SplitZeroPointsBase::SplitZeroPointsBase;

  void runOnOperation() override {
    const KernelTarget *table = getKernelTarget(getOperation(), target);
    if (!table)
      return signalPassFailure();
    SmallVector<linalg::GenericOp> ops;
    getOperation().walk([&](linalg::GenericOp op) {
      if (op.hasPureTensorSemantics())
        ops.push_back(op);
    });
    for (linalg::GenericOp op : ops) {
      auto match = matchCenteredContraction(op);
      if (!match || isConstantTensor(match->lhs->get()) ||
          isConstantTensor(match->rhs->get()) ||
          !isa<RankedTensorType>(match->lhs->get().getType()) ||
          !isa<RankedTensorType>(match->rhs->get().getType()))
        continue;
      StringRef reason = ZeroPointSplit(op, *match).split(table->isUnsigned);
      if (!reason.empty())
        emitMissedRemark(op, "SplitZeroPoints", "no-kernel", reason);
    }
  }
};
} // namespace
