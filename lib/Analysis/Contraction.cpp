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

int64_t ContractionChannels::channelOf(ArrayRef<int64_t> weightIndex) const {
  int64_t channel = 0;
  for (auto [axis, size] : llvm::zip_equal(weightAxes, shape))
    channel = channel * size + weightIndex[axis];
  return channel;
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
  // Where each output dimension of the bias is found among the channels.
  SmallVector<int64_t> index(channels.shape.size(), 0);
  int64_t channel = 0;
  do {
    SmallVector<int64_t> biasIndex(init.shape.size(), 0);
    int64_t element = 0;
    do {
      bool meets = true;
      for (auto [dim, at] : llvm::zip_equal(init.outputDims, biasIndex)) {
        const auto *it = llvm::find(channels.outputDims, dim);
        if (it != channels.outputDims.end())
          meets &= index[it - channels.outputDims.begin()] == at;
      }
      if (meets)
        magnitudes[channel] =
            std::max(magnitudes[channel], std::abs(init.values[element]));
      ++element;
    } while (advanceIndex(biasIndex, init.shape));
    ++channel;
  } while (advanceIndex(index, channels.shape));
  return magnitudes;
}
