//===- Contraction.cpp - Channels and bias of a contraction --------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qdot/Analysis/Contraction.h"
#include "qdot/Analysis/ConstantValues.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"
#include "qdot/Dialect/Qdot.h"
#include <numeric>

using namespace mlir;
using namespace qdot;

bool qdot::advanceIndex(MutableArrayRef<int64_t> index,
                        ArrayRef<int64_t> shape) {
  for (size_t dim = shape.size(); dim-- > 0;) {
    if (++index[dim] < shape[dim])
      return true;
    index[dim] = 0;
  }
  return false;
}

//===----------------------------------------------------------------------===//
// Channels
//===----------------------------------------------------------------------===//

int64_t ContractionChannels::size() const {
  return std::accumulate(shape.begin(), shape.end(), int64_t(1),
                         std::multiplies<>());
}

SmallVector<int64_t> qdot::getAxisStrides(int64_t rank, ArrayRef<int64_t> axes,
                                          ArrayRef<int64_t> shape) {
  SmallVector<int64_t> strides(rank, 0);
  int64_t stride = 1;
  for (auto [axis, size] :
       llvm::zip_equal(llvm::reverse(axes), llvm::reverse(shape))) {
    strides[axis] = stride;
    stride *= size;
  }
  return strides;
}

SmallVector<int64_t> ContractionChannels::getStrides(int64_t rank) const {
  return getAxisStrides(rank, weightAxes, shape);
}

ContractionChannels qdot::getChannels(const Layer &layer) {
  auto op = cast<linalg::LinalgOp>(layer.op);
  AffineMap weightMap = op.getMatchingIndexingMap(layer.weight);
  AffineMap outputMap = op.getMatchingIndexingMap(op.getDpsInitOperand(0));
  auto kinds = op.getIteratorTypesArray();
  ArrayRef<int64_t> shape =
      cast<RankedTensorType>(layer.weight->get().getType()).getShape();
  ContractionChannels channels;
  if (!weightMap.isProjectedPermutation())
    return channels;
  for (auto [axis, expr] : llvm::enumerate(weightMap.getResults())) {
    unsigned loop = cast<AffineDimExpr>(expr).getPosition();
    std::optional<unsigned> output = outputMap.getResultPosition(expr);
    if (kinds[loop] != utils::IteratorType::parallel || !output ||
        shape[axis] == 1)
      continue;
    channels.weightAxes.push_back(axis);
    channels.loops.push_back(loop);
    channels.outputDims.push_back(*output);
    channels.shape.push_back(shape[axis]);
  }
  return channels;
}

//===----------------------------------------------------------------------===//
// Initial values
//===----------------------------------------------------------------------===//

static ConstantInit createScalarInit(double value) {
  ConstantInit init;
  init.values = {value};
  return init;
}

/// The constant operand of a broadcast and the output dimension of each of its
/// dimensions, ascending; nothing when the body is no plain broadcast.
static std::optional<std::pair<Value, SmallVector<int64_t>>>
matchBroadcast(linalg::LinalgOp op) {
  if (op.getNumDpsInputs() != 1 || op.getNumParallelLoops() != op.getNumLoops())
    return std::nullopt;
  auto yielded =
      dyn_cast<BlockArgument>(op.getBlock()->getTerminator()->getOperand(0));
  if (!yielded || yielded.getOwner() != op.getBlock() ||
      yielded.getArgNumber() != 0)
    return std::nullopt;
  AffineMap in = op.getMatchingIndexingMap(op.getDpsInputOperand(0));
  AffineMap out = op.getMatchingIndexingMap(op.getDpsInitOperand(0));
  if (!in.isProjectedPermutation() || !out.isPermutation())
    return std::nullopt;
  SmallVector<int64_t> dims;
  for (AffineExpr expr : in.getResults())
    dims.push_back(*out.getResultPosition(expr));
  if (!llvm::is_sorted(dims))
    return std::nullopt;
  return std::pair{op.getDpsInputOperand(0)->get(), dims};
}

/// Drops dimensions of size 1, along which nothing varies.
static ConstantInit createTensorInit(Value constant, RealConstant real,
                                     ArrayRef<int64_t> dims) {
  ConstantInit init;
  init.constant = constant;
  init.values = std::move(real.values);
  for (auto [dim, size] : llvm::zip_equal(dims, real.type.getShape())) {
    if (size == 1)
      continue;
    init.outputDims.push_back(dim);
    init.shape.push_back(size);
  }
  return init;
}

FailureOr<ConstantInit> qdot::getConstantInit(Value init) {
  auto op = init.getDefiningOp<linalg::LinalgOp>();
  if (auto fill = init.getDefiningOp<linalg::FillOp>()) {
    FloatAttr value;
    if (!matchPattern(fill.getInputs()[0], m_Constant(&value)))
      return failure();
    return createScalarInit(value.getValueAsDouble());
  }
  Value constant = init;
  auto type = dyn_cast<RankedTensorType>(init.getType());
  if (!type)
    return failure();
  auto dims = llvm::to_vector(llvm::seq<int64_t>(0, type.getRank()));
  if (op) {
    auto broadcast = matchBroadcast(op);
    if (!broadcast)
      return failure();
    std::tie(constant, dims) = *broadcast;
  }
  FailureOr<RealConstant> real = getRealConstant(constant);
  if (failed(real))
    return failure();
  return createTensorInit(constant, *std::move(real), dims);
}

SmallVector<double>
qdot::getBiasMagnitudes(const ContractionChannels &channels,
                        const ConstantInit &init) {
  SmallVector<double> magnitudes(channels.size(), 0.0);
  if (llvm::is_contained(channels.shape, 0))
    return magnitudes;
  // The dimensions that bias and channels share, and the largest bias for each
  // position along them.
  SmallVector<int64_t> sizes, channelAxes, biasAxes;
  for (auto [axis, dim] : llvm::enumerate(channels.outputDims)) {
    const auto *at = llvm::find(init.outputDims, dim);
    if (at == init.outputDims.end())
      continue;
    sizes.push_back(channels.shape[axis]);
    channelAxes.push_back(axis);
    biasAxes.push_back(at - init.outputDims.begin());
  }
  SmallVector<double> largest(
      std::accumulate(sizes.begin(), sizes.end(), int64_t(1),
                      std::multiplies<>()),
      0.0);
  forEachElement(init.shape,
                 getAxisStrides(init.shape.size(), biasAxes, sizes),
                 [&](int64_t element, int64_t position) {
                   largest[position] = std::max(largest[position],
                                                std::abs(init.values[element]));
                 });
  forEachElement(channels.shape,
                 getAxisStrides(channels.shape.size(), channelAxes, sizes),
                 [&](int64_t channel, int64_t position) {
                   magnitudes[channel] = largest[position];
                 });
  return magnitudes;
}
