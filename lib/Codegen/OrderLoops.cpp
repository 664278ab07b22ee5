//===- OrderLoops.cpp - Innermost loop parallel and contiguous ------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/IR/AffineExpr.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/PatternMatch.h"
#include "qdot/Analysis/IntegerContraction.h"
#include "qdot/Codegen/ConstantData.h"
#include "qdot/Codegen/Passes.h"

namespace qdot {
#define GEN_PASS_DEF_ORDERLOOPS
#include "qdot/Codegen/Passes.h.inc"
} // namespace qdot

using namespace mlir;
using namespace qdot;

/// Strides up to this many elements still count as contiguous: LLVM loads the
/// whole vectors and shuffles.
static constexpr int64_t maxInterleave = 2;

namespace {
/// How an operand's address moves when one loop advances by one.
enum class Access { Invariant, Contiguous, Strided };
} // namespace

static Access getAccess(AffineMap map, ShapedType type, unsigned dim) {
  bool isLast = true;
  for (int64_t at = int64_t(map.getNumResults()) - 1; at >= 0; --at) {
    AffineExpr expr = map.getResult(at);
    if (expr.isFunctionOfDim(dim)) {
      std::optional<int64_t> factor = getCoefficient(expr, dim);
      bool isNear = factor && *factor > 0 && *factor <= maxInterleave;
      return isLast && isNear ? Access::Contiguous : Access::Strided;
    }
    // Dimensions of extent 1 do not move the address.
    isLast = isLast && type.getDimSize(at) == 1;
  }
  return Access::Invariant;
}

/// The constant behind `value`, or null. A broken `dense_resource` is reported
/// by qdot-outline-constants.
static DenseElementsAttr getConstant(Value value) {
  ElementsAttr attr;
  if (!matchPattern(value, m_Constant(&attr)))
    return {};
  Type element = attr.getElementType();
  if (!element.isIntOrFloat() || element.getIntOrFloatBitWidth() % 8 != 0)
    return {};
  std::string reason;
  return getConstantData(attr, reason);
}

static Value createConstant(OpBuilder &builder, Location loc,
                            DenseElementsAttr value) {
  return arith::ConstantOp::create(builder, loc, value);
}

namespace {
/// Chooses the loop order of one op.
class LoopOrder {
public:
  explicit LoopOrder(linalg::LinalgOp op)
      : op(op), iterators(op.getIteratorTypesArray()) {}

  /// The old loops in their new order, or nullopt when the op stays.
  std::optional<SmallVector<unsigned>> choose() {
    std::optional<unsigned> inner = chooseInnermost();
    if (!inner)
      return std::nullopt;
    SmallVector<unsigned> order;
    for (unsigned dim : getParallelLoops())
      if (dim != *inner)
        order.push_back(dim);
    for (auto [dim, iterator] : llvm::enumerate(iterators))
      if (iterator == utils::IteratorType::reduction)
        order.push_back(dim);
    order.push_back(*inner);
    return order;
  }

private:
  AffineMap getOutputMap() {
    return op.getMatchingIndexingMap(op.getDpsInitOperand(0));
  }
  bool isParallel(unsigned dim) {
    return iterators[dim] == utils::IteratorType::parallel;
  }

  /// In the order of the output's dimensions; others first.
  SmallVector<unsigned> getParallelLoops() {
    SmallVector<unsigned> inOutput, others;
    for (AffineExpr expr : getOutputMap().getResults())
      if (auto dim = dyn_cast<AffineDimExpr>(expr))
        inOutput.push_back(dim.getPosition());
    for (unsigned dim = 0; dim < iterators.size(); ++dim)
      if (isParallel(dim) && !llvm::is_contained(inOutput, dim))
        others.push_back(dim);
    others.append(inOutput);
    return others;
  }

  /// The last dimension of the output that is longer than 1, when it is a
  /// parallel loop along which the inputs are read well enough.
  std::optional<unsigned> chooseInnermost() {
    AffineMap map = getOutputMap();
    auto type = cast<ShapedType>(op.getDpsInitOperand(0)->get().getType());
    for (int64_t at = int64_t(map.getNumResults()) - 1; at >= 0; --at) {
      if (type.getDimSize(at) == 1)
        continue;
      auto dim = dyn_cast<AffineDimExpr>(map.getResult(at));
      if (!dim || !isParallel(dim.getPosition()))
        return std::nullopt;
      if (!isReadWell(dim.getPosition()))
        return std::nullopt;
      return dim.getPosition();
    }
    return std::nullopt;
  }

  bool isReadWell(unsigned dim) {
    bool isAnyContiguous = false, isAnyStrided = false;
    for (OpOperand *operand : op.getDpsInputOperands()) {
      auto type = dyn_cast<ShapedType>(operand->get().getType());
      if (!type)
        continue;
      AffineMap map = op.getMatchingIndexingMap(operand);
      Access access = getAccess(map, type, dim);
      bool canPermute = map.isProjectedPermutation() &&
                        getConstant(operand->get());
      isAnyContiguous |= access == Access::Contiguous ||
                         (access == Access::Strided && canPermute);
      isAnyStrided |= access == Access::Strided && !canPermute;
    }
    return isAnyContiguous || !isAnyStrided;
  }

  linalg::LinalgOp op;
  SmallVector<utils::IteratorType> iterators;
};

struct OrderLoops : public qdot::impl::OrderLoopsBase<OrderLoops> {
  void runOnOperation() override {
    IRRewriter rewriter(&getContext());
    getOperation().walk([&](linalg::TransposeOp op) { fold(op, rewriter); });
    SmallVector<linalg::LinalgOp> ops;
    getOperation().walk([&](linalg::LinalgOp op) {
      if (op.hasPureTensorSemantics() && op.getNumDpsInits() == 1 &&
          op.getNumLoops() > 1)
        ops.push_back(op);
    });
    for (linalg::LinalgOp op : ops)
      order(op, rewriter);
  }

private:
  /// A transposed constant is another constant.
  static void fold(linalg::TransposeOp op, IRRewriter &rewriter) {
    DenseElementsAttr value = getConstant(op.getInput());
    if (!value)
      return;
    rewriter.setInsertionPoint(op);
    rewriter.replaceOp(
        op, createConstant(rewriter, op.getLoc(),
                           transposeConstant(value, op.getPermutation())));
  }

  static void order(linalg::LinalgOp op, IRRewriter &rewriter) {
    std::optional<SmallVector<unsigned>> loops = LoopOrder(op).choose();
    if (!loops)
      return;
    rewriter.setInsertionPoint(op);
    if (!llvm::is_sorted(*loops)) {
      FailureOr<linalg::GenericOp> generic = generalize(op, rewriter);
      if (failed(generic))
        return;
      FailureOr<linalg::GenericOp> ordered =
          linalg::interchangeGenericOp(rewriter, *generic, *loops);
      if (failed(ordered))
        return;
      op = cast<linalg::LinalgOp>(ordered->getOperation());
    }
    if (auto generic = dyn_cast<linalg::GenericOp>(op.getOperation()))
      permuteConstants(generic, rewriter);
  }

  static FailureOr<linalg::GenericOp> generalize(linalg::LinalgOp op,
                                                 IRRewriter &rewriter) {
    if (auto generic = dyn_cast<linalg::GenericOp>(op.getOperation()))
      return generic;
    DictionaryAttr attrs = op->getDiscardableAttrDictionary();
    FailureOr<linalg::GenericOp> generic =
        linalg::generalizeNamedOp(rewriter, op);
    if (succeeded(generic))
      for (NamedAttribute attr : attrs)
        if (attr.getNameDialect())
          (*generic)->setAttr(attr.getName(), attr.getValue());
    return generic;
  }

  /// Lays every constant operand out in the order in which the loops read it.
  static void permuteConstants(linalg::GenericOp op, IRRewriter &rewriter) {
    SmallVector<AffineMap> maps = op.getIndexingMapsArray();
    for (OpOperand *operand : op.getDpsInputOperands()) {
      AffineMap &map = maps[operand->getOperandNumber()];
      if (!map.isProjectedPermutation() || isInLoopOrder(map))
        continue;
      DenseElementsAttr value = getConstant(operand->get());
      if (!value)
        continue;
      auto permutation =
          llvm::to_vector(llvm::seq<int64_t>(0, map.getNumResults()));
      llvm::sort(permutation, [&](int64_t lhs, int64_t rhs) {
        return map.getDimPosition(lhs) < map.getDimPosition(rhs);
      });
      SmallVector<AffineExpr> results;
      for (int64_t dim : permutation)
        results.push_back(map.getResult(dim));
      map = AffineMap::get(map.getNumDims(), 0, results, op.getContext());
      rewriter.setInsertionPoint(op);
      operand->set(createConstant(rewriter, operand->get().getLoc(),
                                  transposeConstant(value, permutation)));
    }
    op.setIndexingMapsAttr(rewriter.getAffineMapArrayAttr(maps));
  }

  static bool isInLoopOrder(AffineMap map) {
    for (unsigned at = 1; at < map.getNumResults(); ++at)
      if (map.getDimPosition(at) < map.getDimPosition(at - 1))
        return false;
    return true;
  }
};
} // namespace
