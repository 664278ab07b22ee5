//===- PlaceBiases.cpp - Quantized biases start their contraction ---------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "qdot/Analysis/Layers.h"
#include "qdot/Analysis/ScalarAnalysis.h"
#include "qdot/Analysis/StructuralBody.h"
#include "qdot/Dialect/Qdot.h"
#include "qdot/Prepare/Passes.h"

namespace qdot {
#define GEN_PASS_DEF_PLACEBIASES
#include "qdot/Prepare/Passes.h.inc"
} // namespace qdot

using namespace mlir;
using namespace qdot;

namespace {
/// `contraction + bias`, elementwise.
struct BiasAdd {
  linalg::LinalgOp contraction;
  Value bias;
  SmallVector<int64_t> dims; ///< of the result, for each one of the bias
};
} // namespace

/// A constant of 32-bit integers that is dequantized.
static bool isQuantizedBias(Value value) {
  auto dequantize = value.getDefiningOp<DequantizeOp>();
  if (!dequantize || !isConstantTensor(value))
    return false;
  auto element = cast<quant::QuantizedType>(
      getElementTypeOrSelf(dequantize.getInput().getType()));
  return element.getStorageTypeIntegralWidth() == 32;
}

/// The contraction that makes `value` for one reader, starting from zero.
static linalg::LinalgOp getContraction(Value value) {
  auto op = value.getDefiningOp<linalg::LinalgOp>();
  return op && value.hasOneUse() && isContractionBody(op) &&
                 isZeroFill(op.getDpsInits()[0])
             ? op
             : linalg::LinalgOp();
}

/// The dims of the result that `bias` runs along, if they ascend.
static std::optional<SmallVector<int64_t>> getBiasDims(linalg::LinalgOp op,
                                                       OpOperand *bias) {
  AffineMap map = op.getMatchingIndexingMap(bias);
  if (!map.isProjectedPermutation())
    return std::nullopt;
  SmallVector<int64_t> dims;
  for (unsigned at = 0; at < map.getNumResults(); ++at)
    dims.push_back(map.getDimPosition(at));
  return llvm::is_sorted(dims) ? std::optional(dims) : std::nullopt;
}

static std::optional<BiasAdd> matchBiasAdd(linalg::LinalgOp op) {
  if (op.getNumDpsInits() != 1 || !op.hasPureTensorSemantics() ||
      !isAllParallel(op))
    return std::nullopt;
  StructuralBody body = matchBody(op);
  if (body.kind != BodyKind::Add ||
      !op.getMatchingIndexingMap(op.getDpsInitOperand(0)).isIdentity())
    return std::nullopt;
  for (unsigned at : {0, 1}) {
    OpOperand *sum = op.getDpsInputOperand(body.inputs[at]);
    OpOperand *bias = op.getDpsInputOperand(body.inputs[1 - at]);
    linalg::LinalgOp contraction = getContraction(sum->get());
    if (!contraction || !isQuantizedBias(bias->get()) ||
        sum->get().getType() != op->getResult(0).getType() ||
        !op.getMatchingIndexingMap(sum).isIdentity())
      continue;
    if (auto dims = getBiasDims(op, bias))
      return BiasAdd{contraction, bias->get(), *dims};
  }
  return std::nullopt;
}

/// Starts the contraction from the bias and drops the addition `op`.
static void placeBias(linalg::LinalgOp op, BiasAdd &add) {
  Operation *contraction = add.contraction;
  contraction->moveBefore(op);
  OpBuilder builder(contraction);
  Value init = add.contraction.getDpsInits()[0];
  auto type = cast<RankedTensorType>(init.getType());
  SmallVector<int64_t> broadcast;
  for (int64_t dim = 0; dim < type.getRank(); ++dim)
    if (!llvm::is_contained(add.dims, dim))
      broadcast.push_back(dim);
  SmallVector<OpFoldResult> sizes =
      tensor::getMixedSizes(builder, op.getLoc(), init);
  Value empty = tensor::EmptyOp::create(builder, op.getLoc(), sizes,
                                        type.getElementType());
  Value start = linalg::BroadcastOp::create(builder, op.getLoc(), add.bias,
                                            empty, broadcast)
                    ->getResult(0);
  add.contraction.getDpsInitsMutable()[0].set(start);
  op->replaceAllUsesWith(contraction);
  op->erase();
}

namespace {
struct PlaceBiases : public qdot::impl::PlaceBiasesBase<PlaceBiases> {
  void runOnOperation() override {
    SmallVector<linalg::LinalgOp> ops;
    getOperation().walk([&](linalg::LinalgOp op) { ops.push_back(op); });
    for (linalg::LinalgOp op : ops)
      if (std::optional<BiasAdd> add = matchBiasAdd(op))
        placeBias(op, *add);
  }
};
} // namespace
