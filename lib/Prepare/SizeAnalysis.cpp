//===- SizeAnalysis.cpp - Where dynamic sizes come from -------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "SizeAnalysis.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Interfaces/DestinationStyleOpInterface.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace qdot {

/// Chains are followed this far.
static constexpr unsigned maxDepth = 64;

static Size ofDim(Value tensor, int64_t dim, unsigned depth);
static Size ofIndex(Value index, unsigned depth);

static Size ofMixed(OpFoldResult size, unsigned depth) {
  if (std::optional<int64_t> constant = getConstantIntValue(size))
    return {{}, -1, *constant};
  return ofIndex(cast<Value>(size), depth);
}

/// The product, or nothing when both vary or it overflows.
static std::optional<Size> multiply(const Size &a, const Size &b) {
  if (!a.isConstant() && !b.isConstant())
    return std::nullopt;
  Size result = a.isConstant() ? b : a;
  if (llvm::MulOverflow(a.factor, b.factor, result.factor))
    return std::nullopt;
  return result;
}

/// The product of the dims that are collapsed into one.
static std::optional<Size> ofGroup(Value tensor, ArrayRef<int64_t> group,
                                   unsigned depth) {
  std::optional<Size> size = Size{{}, -1, 1};
  for (int64_t dim : group)
    if (size)
      size = multiply(*size, ofDim(tensor, dim, depth));
  return size;
}

/// The dim of a rank-reducing slice before dims of size 1 were dropped.
static int64_t getSlicedDim(tensor::ExtractSliceOp slice, int64_t dim) {
  llvm::SmallBitVector dropped = slice.getDroppedDims();
  for (unsigned i = 0; i < dropped.size(); ++i)
    if (!dropped.test(i) && dim-- == 0)
      return i;
  llvm_unreachable("expected a dim of the slice");
}

/// The size of a dim of the result of `op`, where that is known.
static std::optional<Size> ofResult(Operation *op, OpResult result, int64_t dim,
                                    unsigned depth) {
  using Found = std::optional<Size>;
  return llvm::TypeSwitch<Operation *, Found>(op)
      .Case([&](tensor::CastOp cast) -> Found {
        return ofDim(cast.getSource(), dim, depth);
      })
      .Case([&](tensor::EmptyOp empty) -> Found {
        return ofIndex(empty.getDynamicSize(dim), depth);
      })
      .Case([&](tensor::PadOp pad) -> Found {
        if (pad.getStaticLow()[dim] != 0 || pad.getStaticHigh()[dim] != 0)
          return std::nullopt;
        return ofDim(pad.getSource(), dim, depth);
      })
      .Case([&](tensor::CollapseShapeOp collapse) -> Found {
        return ofGroup(collapse.getSrc(),
                       collapse.getReassociationIndices()[dim], depth);
      })
      .Case([&](tensor::ExpandShapeOp expand) -> Found {
        return ofMixed(expand.getMixedOutputShape()[dim], depth);
      })
      .Case([&](tensor::ExtractSliceOp slice) -> Found {
        return ofMixed(slice.getMixedSizes()[getSlicedDim(slice, dim)], depth);
      })
      .Case([&](DestinationStyleOpInterface destination) -> Found {
        return ofDim(destination.getTiedOpOperand(result)->get(), dim, depth);
      })
      .Default([](Operation *) -> Found { return std::nullopt; });
}

static Size ofDim(Value tensor, int64_t dim, unsigned depth) {
  auto type = cast<RankedTensorType>(tensor.getType());
  if (!type.isDynamicDim(dim))
    return {{}, -1, type.getDimSize(dim)};
  auto result = dyn_cast<OpResult>(tensor);
  if (!result || depth > maxDepth)
    return {tensor, dim, 1};
  return ofResult(result.getOwner(), result, dim, depth + 1)
      .value_or(Size{tensor, dim, 1});
}

/// The size that an op on index values computes, where that is known.
static std::optional<Size> ofIndexOp(Operation *op, unsigned depth) {
  using Found = std::optional<Size>;
  auto operand = [&](unsigned i) { return ofIndex(op->getOperand(i), depth); };
  return llvm::TypeSwitch<Operation *, Found>(op)
      .Case([&](tensor::DimOp dim) -> Found {
        std::optional<int64_t> index = dim.getConstantIndex();
        auto type = dyn_cast<RankedTensorType>(dim.getSource().getType());
        if (!index || !type || *index < 0 || *index >= type.getRank())
          return std::nullopt;
        return ofDim(dim.getSource(), *index, depth);
      })
      .Case([&](arith::MulIOp) { return multiply(operand(0), operand(1)); })
      .Case<arith::DivSIOp, arith::DivUIOp>([&](auto) -> Found {
        Size size = operand(0), divisor = operand(1);
        if (!divisor.isConstant() || divisor.factor <= 0 ||
            size.factor % divisor.factor != 0)
          return std::nullopt;
        size.factor /= divisor.factor;
        return size;
      })
      .Case<arith::MaxSIOp, arith::MaxUIOp, arith::MinSIOp, arith::MinUIOp>(
          [&](auto) -> Found {
            Size size = operand(0);
            return size == operand(1) ? Found(size) : std::nullopt;
          })
      .Default([](Operation *) -> Found { return std::nullopt; });
}

static Size ofIndex(Value index, unsigned depth) {
  APInt constant;
  if (matchPattern(index, m_ConstantInt(&constant)))
    return {{}, -1, constant.getSExtValue()};
  Operation *op = index.getDefiningOp();
  if (!op || depth > maxDepth)
    return {index, -1, 1};
  return ofIndexOp(op, depth + 1).value_or(Size{index, -1, 1});
}

Size getSizeOfDim(Value tensor, int64_t dim) { return ofDim(tensor, dim, 0); }

Size getSizeOfIndex(Value index) { return ofIndex(index, 0); }

} // namespace qdot
