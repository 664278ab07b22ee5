//===- InputMoments.cpp - Means and variances that weights meet -------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "InputMoments.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "qdot/Analysis/Contraction.h"
#include "qdot/Statistics/Distribution.h"
#include <algorithm>
#include <optional>

using namespace mlir;
using namespace qdot;
using statistics::Distribution;
using statistics::TensorRecord;

SmallVector<int64_t, 0>
InputMoments::getInputs(ArrayRef<int64_t> weightShape) const {
  SmallVector<int64_t, 0> inputs(ShapedType::getNumElements(weightShape), 0);
  if (!strides.empty())
    forEachElement(weightShape, strides, [&](int64_t element, int64_t input) {
      inputs[element] = input;
    });
  return inputs;
}

/// The position of a loop among the results of a map, or nothing.
static std::optional<unsigned> findLoop(AffineMap map, unsigned loop) {
  return map.getResultPosition(getAffineDimExpr(loop, map.getContext()));
}

/// The dimension of the weight that runs over the `size` channels of the
/// activation, or nothing where none or several could.
static std::optional<unsigned> findChannels(const Layer &layer, int64_t size) {
  auto op = cast<linalg::LinalgOp>(layer.op);
  // Its operand may be behind a dequantize by now.
  OpOperand *activation = op.getDpsInputOperand(0);
  if (activation == layer.weight)
    activation = op.getDpsInputOperand(1);
  AffineMap inputMap = op.getMatchingIndexingMap(activation);
  AffineMap weightMap = op.getMatchingIndexingMap(layer.weight);
  SmallVector<int64_t> sizes = op.getStaticLoopRanges();
  std::optional<unsigned> found;
  for (unsigned loop = 0; loop != op.getNumLoops(); ++loop) {
    auto axis = findLoop(inputMap, loop), weightAxis = findLoop(weightMap, loop);
    if (!axis || *axis == 0 || !weightAxis || sizes[loop] != size)
      continue;
    if (found)
      return std::nullopt;
    found = weightAxis;
  }
  return found;
}

InputMoments qdot::getInputMoments(const Layer &layer,
                                   const TensorRecord &record) {
  InputMoments moments;
  auto set = [&](size_t at, const TensorRecord &values) {
    auto distribution = Distribution::of(values);
    double mean = distribution.getMean();
    moments.means[at] = mean;
    moments.variances[at] =
        std::max(0.0, distribution.getMeanSquare() - mean * mean);
  };
  set(0, record);
  size_t size = record.channels.size();
  auto axis = findChannels(layer, static_cast<int64_t>(size));
  if (size < 2 || !axis)
    return moments;
  moments.means.assign(size, 0);
  moments.variances.assign(size, 0);
  for (size_t i = 0; i != size; ++i)
    if (record.channels[i].hasRange())
      set(i, record.channels[i]);
  auto rank = cast<ShapedType>(layer.weight->get().getType()).getRank();
  moments.strides.assign(rank, 0);
  moments.strides[*axis] = 1;
  return moments;
}
