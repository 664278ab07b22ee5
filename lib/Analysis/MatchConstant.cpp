//===- MatchConstant.cpp - Constants in any form --------------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/IndexingUtils.h"
#include "qdot/Analysis/ScalarAnalysis.h"
#include "qdot/Dialect/Constants.h"

using namespace mlir;

namespace qdot {

/// True when each result is a loop, no loop twice, or a constant.
static bool isLoopOrConstantMap(AffineMap map) {
  llvm::SmallBitVector seen(map.getNumDims());
  for (AffineExpr result : map.getResults()) {
    auto dim = dyn_cast<AffineDimExpr>(result);
    if (!dim && !isa<AffineConstantExpr>(result))
      return false;
    if (dim && seen.test(dim.getPosition()))
      return false;
    if (dim)
      seen.set(dim.getPosition());
  }
  return true;
}

bool isPointwise(linalg::LinalgOp op) {
  if (!op.hasPureTensorSemantics() || op->getNumResults() != 1 ||
      op.getNumLoops() != op.getNumParallelLoops())
    return false;
  OpOperand *init = op.getDpsInitOperand(0);
  return op.getMatchingIndexingMap(init).isPermutation() &&
         llvm::all_of(op.getIndexingMapsArray(), isLoopOrConstantMap);
}

bool BroadcastConstant::isZero() const {
  return llvm::all_of(values, [](float value) { return value == 0.0f; });
}

float BroadcastConstant::at(ArrayRef<int64_t> position) const {
  int64_t index = 0;
  for (auto [dim, size] : llvm::zip_equal(dims, shape))
    index = index * size + position[dim];
  return values[index];
}

/// True when the bits of `values` do not change along dimension `axis`.
static bool isConstantAlong(ArrayRef<float> values, ArrayRef<int64_t> shape,
                            unsigned axis) {
  int64_t inner = 1;
  for (int64_t size : shape.drop_front(axis + 1))
    inner *= size;
  int64_t block = inner * shape[axis];
  for (int64_t i = 0, e = values.size(); i < e; ++i) {
    int64_t first = i - (i % block) + i % inner;
    if (llvm::bit_cast<uint32_t>(values[i]) !=
        llvm::bit_cast<uint32_t>(values[first]))
      return false;
  }
  return true;
}

/// Keeps index 0 of dimension `axis`.
static void dropDim(BroadcastConstant &constant, unsigned axis) {
  int64_t inner = 1;
  for (int64_t size : ArrayRef(constant.shape).drop_front(axis + 1))
    inner *= size;
  int64_t block = inner * constant.shape[axis];
  SmallVector<float> kept;
  for (int64_t i = 0, e = constant.values.size(); i < e; ++i)
    if (i % block < inner)
      kept.push_back(constant.values[i]);
  constant.values = std::move(kept);
  constant.dims.erase(constant.dims.begin() + axis);
  constant.shape.erase(constant.shape.begin() + axis);
}

/// Removes every dim along which nothing varies.
static void minimizeDims(BroadcastConstant &constant) {
  for (unsigned axis = constant.dims.size(); axis-- > 0;)
    if (isConstantAlong(constant.values, constant.shape, axis))
      dropDim(constant, axis);
}

/// The elements of a constant op.
static std::optional<BroadcastConstant> matchElements(Value value) {
  FailureOr<ConstantTensor> tensor = ConstantTensor::get(value);
  if (failed(tensor) || !tensor->getType().getElementType().isF32() ||
      tensor->getNumElements() == 0)
    return std::nullopt;
  BroadcastConstant result;
  if (tensor->isSplat()) {
    result.values.push_back(tensor->getFloat(0));
    return result;
  }
  for (int64_t i = 0, e = tensor->getNumElements(); i < e; ++i)
    result.values.push_back(tensor->getFloat(i));
  llvm::append_range(result.dims,
                     llvm::seq<unsigned>(tensor->getType().getRank()));
  llvm::append_range(result.shape, tensor->getType().getShape());
  minimizeDims(result);
  return result;
}

/// The copy of `source`, dim `dims[i]` of the result for dim i of the source,
/// or nothing for a dim that is read at one place, `fixed[i]`.
static BroadcastConstant copyThrough(const BroadcastConstant &source,
                                     ArrayRef<std::optional<unsigned>> dims,
                                     ArrayRef<int64_t> fixed) {
  BroadcastConstant result;
  SmallVector<std::pair<unsigned, int64_t>> resultDims;
  for (auto [dim, size] : llvm::zip_equal(source.dims, source.shape))
    if (dims[dim])
      resultDims.push_back({*dims[dim], size});
  llvm::sort(resultDims);
  for (auto [dim, size] : resultDims) {
    result.dims.push_back(dim);
    result.shape.push_back(size);
  }
  int64_t count = computeProduct(result.shape);
  SmallVector<int64_t> strides = computeStrides(result.shape);
  for (int64_t i = 0; i < count; ++i) {
    SmallVector<int64_t> index = delinearize(i, strides);
    SmallVector<int64_t> position(fixed);
    for (auto [sourceDim, resultDim] : llvm::enumerate(dims))
      if (resultDim && llvm::is_contained(result.dims, *resultDim))
        position[sourceDim] =
            index[llvm::find(result.dims, *resultDim) - result.dims.begin()];
    result.values.push_back(source.at(position));
  }
  minimizeDims(result);
  return result;
}

static std::optional<BroadcastConstant> matchConstant(Value value,
                                                      unsigned depth);

/// A linalg op that writes one of its constant operands unchanged.
static std::optional<BroadcastConstant> matchCopy(linalg::LinalgOp op,
                                                  unsigned depth) {
  if (!isPointwise(op))
    return std::nullopt;
  Block *block = op.getBlock();
  auto argument =
      dyn_cast<BlockArgument>(block->getTerminator()->getOperand(0));
  if (!argument || argument.getOwner() != block)
    return std::nullopt;
  OpOperand &operand = op->getOpOperand(argument.getArgNumber());
  std::optional<BroadcastConstant> source =
      matchConstant(operand.get(), depth + 1);
  if (!source)
    return std::nullopt;
  AffineMap outputMap = op.getMatchingIndexingMap(op.getDpsInitOperand(0));
  SmallVector<std::optional<unsigned>> dims;
  SmallVector<int64_t> fixed;
  for (AffineExpr expr : op.getMatchingIndexingMap(&operand).getResults()) {
    auto index = dyn_cast<AffineConstantExpr>(expr);
    fixed.push_back(index ? index.getValue() : 0);
    dims.push_back(index ? std::nullopt : outputMap.getResultPosition(expr));
  }
  return copyThrough(*source, dims, fixed);
}

/// A reshape of a constant that only adds or removes dims of size 1.
static std::optional<BroadcastConstant>
matchUnitReshape(Value source, ArrayRef<int64_t> sourceShape,
                 ArrayRef<int64_t> resultShape, unsigned depth) {
  std::optional<BroadcastConstant> constant = matchConstant(source, depth + 1);
  if (!constant)
    return std::nullopt;
  SmallVector<std::optional<unsigned>> dims(sourceShape.size());
  unsigned next = 0;
  for (auto [dim, size] : llvm::enumerate(sourceShape)) {
    if (size == 1)
      continue;
    while (next < resultShape.size() && resultShape[next] == 1)
      ++next;
    if (next == resultShape.size() || resultShape[next] != size)
      return std::nullopt;
    dims[dim] = next++;
  }
  return copyThrough(*constant, dims,
                     SmallVector<int64_t>(sourceShape.size(), 0));
}

/// A constant whose dims are split: each varies along all dims that it becomes.
static std::optional<BroadcastConstant> matchExpand(tensor::ExpandShapeOp op,
                                                    unsigned depth) {
  std::optional<BroadcastConstant> source =
      matchConstant(op.getSrc(), depth + 1);
  if (!source)
    return std::nullopt;
  BroadcastConstant result;
  result.values = source->values;
  SmallVector<ReassociationIndices> groups = op.getReassociationIndices();
  for (unsigned sourceDim : source->dims)
    for (int64_t dim : groups[sourceDim]) {
      if (op.getResultType().isDynamicDim(dim))
        return std::nullopt;
      result.dims.push_back(dim);
      result.shape.push_back(op.getResultType().getDimSize(dim));
    }
  minimizeDims(result);
  return result;
}

static std::optional<BroadcastConstant> matchConstant(Value value,
                                                      unsigned depth) {
  constexpr unsigned maxDepth = 16;
  auto type = dyn_cast<RankedTensorType>(value.getType());
  if (!type || !type.getElementType().isF32() || depth > maxDepth)
    return std::nullopt;
  if (ConstantTensor::isConstant(value))
    return matchElements(value);
  if (std::optional<Scalar> uniform = getUniformConstant(value)) {
    BroadcastConstant result;
    result.values.push_back(static_cast<float>(uniform->real));
    return result;
  }
  if (auto op = value.getDefiningOp<linalg::LinalgOp>())
    return matchCopy(op, depth);
  if (auto expand = value.getDefiningOp<tensor::ExpandShapeOp>())
    return matchExpand(expand, depth);
  if (auto collapse = value.getDefiningOp<tensor::CollapseShapeOp>())
    return matchUnitReshape(collapse.getSrc(),
                            collapse.getSrcType().getShape(), type.getShape(),
                            depth);
  return std::nullopt;
}

std::optional<BroadcastConstant> matchBroadcastConstant(Value value) {
  return matchConstant(value, 0);
}

bool isZeroFill(Value value) {
  std::optional<BroadcastConstant> constant = matchBroadcastConstant(value);
  return constant && constant->isZero();
}

} // namespace qdot
