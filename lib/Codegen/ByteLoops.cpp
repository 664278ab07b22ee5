//===- ByteLoops.cpp - Loops of an op over vectors of bytes ---------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ByteLoops.h"
#include "qdot/Codegen/KernelPlan.h"
#include "qdot/Codegen/VectorBody.h"

using namespace mlir;
using namespace qdot;

std::optional<ByteOperand> ByteLoops::getOperand(AffineMap map, Value memref) {
  auto type = dyn_cast<MemRefType>(memref.getType());
  auto strides = type && hasVectorLayout(type.getElementType())
                     ? getLoopStrides(map, type)
                     : std::nullopt;
  if (!strides)
    return std::nullopt;
  SmallVector<int64_t> dims(map.getNumDims(), -1);
  for (auto [at, expr] : llvm::enumerate(map.getResults()))
    if (auto dim = dyn_cast<AffineDimExpr>(expr))
      dims[dim.getPosition()] = at;
  return ByteOperand{memref, type.getElementType(), *strides, dims};
}

ByteOperand ByteOperand::onLoops(ArrayRef<unsigned> from,
                                 unsigned count) const {
  ByteOperand result{memref, element, SmallVector<int64_t>(count, 0),
                     SmallVector<int64_t>(count, -1)};
  for (auto [at, loop] : llvm::enumerate(from)) {
    result.strides[loop] = strides[at];
    result.dims[loop] = dims[at];
  }
  return result;
}

/// The parallel loops that have more than one step, as in the result; nullopt
/// when one of them is not in the result.
static std::optional<SmallVector<ByteLoop>>
collectLoops(linalg::GenericOp op, ArrayRef<ByteOperand> operands) {
  SmallVector<int64_t> sizes = op.getStaticLoopRanges();
  SmallVector<ByteLoop> loops;
  unsigned found = 0;
  for (AffineExpr expr :
       op.getMatchingIndexingMap(op.getDpsInitOperand(0)).getResults()) {
    auto dim = dyn_cast<AffineDimExpr>(expr);
    if (!dim)
      continue;
    ++found;
    unsigned loop = dim.getPosition();
    if (sizes[loop] == 1)
      continue;
    loops.push_back({sizes[loop], {loop}, {}});
    for (const ByteOperand &operand : operands)
      loops.back().strides.push_back(operand.strides[loop]);
  }
  if (found != op.getNumParallelLoops())
    return std::nullopt;
  return loops;
}

/// Reductions, those that run over memory like one joined.
static std::optional<SmallVector<ByteTap>>
collectTaps(linalg::GenericOp op, const ByteOperand &input) {
  SmallVector<int64_t> sizes = op.getStaticLoopRanges();
  SmallVector<ByteTap> taps;
  for (auto [loop, kind] : llvm::enumerate(op.getIteratorTypesArray())) {
    if (kind != utils::IteratorType::reduction || sizes[loop] == 1)
      continue;
    if (ShapedType::isDynamic(sizes[loop]) || sizes[loop] == 0)
      return std::nullopt;
    taps.push_back({sizes[loop], input.strides[loop]});
  }
  llvm::sort(taps, [](const ByteTap &a, const ByteTap &b) {
    return a.stride > b.stride;
  });
  for (size_t at = taps.size(); at-- > 1;)
    if (taps[at - 1].stride == taps[at].stride * taps[at].size) {
      taps[at - 1] = {taps[at - 1].size * taps[at].size, taps[at].stride};
      taps.erase(taps.begin() + at);
    }
  return taps;
}

std::optional<ByteLoops> ByteLoops::get(linalg::GenericOp op,
                                        ArrayRef<ByteOperand> operands) {
  auto loops = collectLoops(op, operands);
  auto taps = collectTaps(op, operands.front());
  if (!loops || !taps || loops->empty())
    return std::nullopt;
  mergeLoops(*loops, [](const ByteLoop &slow, const ByteLoop &fast) {
    return llvm::all_of(llvm::zip(slow.strides, fast.strides), [&](auto pair) {
      return std::get<0>(pair) == std::get<1>(pair) * fast.size;
    });
  });
  ByteLoop column = loops->pop_back_val();
  for (int64_t stride : column.strides)
    if (stride != 0 && stride != 1)
      return std::nullopt;
  if (column.strides.back() != 1)
    return std::nullopt;
  return ByteLoops{llvm::to_vector(operands), std::move(*loops),
                   std::move(column), std::move(*taps)};
}
