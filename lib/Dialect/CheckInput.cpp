//===- CheckInput.cpp - What valid IR may hold that no pass can use -------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qdot/Dialect/CheckInput.h"

#include "mlir/Analysis/FlatLinearValueConstraints.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "mlir/IR/Matchers.h"
#include "qdot/Dialect/Constants.h"
#include "qdot/Dialect/Qdot.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/raw_ostream.h"
#include <cmath>

using namespace mlir;

namespace qdot {

InFlightDiagnostic emitConstantError(Operation *constant) {
  if (isa<UnknownLoc>(constant->getLoc()))
    for (Operation *user : constant->getUsers())
      if (!isa<UnknownLoc>(user->getLoc()))
        return emitError(user->getLoc());
  return constant->emitError();
}

/// True for more than `maxElements`, dynamic dimensions counted as 1.
static bool isTooLarge(Type type) {
  auto shaped = dyn_cast<ShapedType>(type);
  if (!shaped || !shaped.hasRank() || llvm::is_contained(shaped.getShape(), 0))
    return false;
  int64_t count = 1;
  for (int64_t size : shaped.getShape())
    if (!ShapedType::isDynamic(size) &&
        (llvm::MulOverflow(count, size, count) || count > maxElements))
      return true;
  return false;
}

static LogicalResult checkSizes(Operation *op) {
  auto check = [](ValueRange values, Location loc) -> LogicalResult {
    for (Value value : values)
      if (isTooLarge(value.getType()))
        return emitError(loc) << value.getType() << " has more than "
                              << maxElements << " elements";
    return success();
  };
  if (failed(check(op->getResults(), op->getLoc())))
    return failure();
  for (Region &region : op->getRegions())
    for (Block &block : region)
      if (failed(check(block.getArguments(), op->getLoc())))
        return failure();
  return success();
}

static LogicalResult checkResource(Operation *op) {
  DenseResourceElementsAttr resource;
  if (!op->hasTrait<OpTrait::ConstantLike>() ||
      !matchPattern(op, m_Constant(&resource)) || !resource)
    return success();
  if (!resource.getType().hasStaticShape())
    return emitConstantError(op) << "expected a constant of static shape, got "
                                 << resource.getType();
  bool reported = false;
  (void)ConstantTensor::get(resource, [&] {
    reported = true;
    return emitConstantError(op);
  });
  return failure(reported);
}

/// The index of `tensor.dim` or `memref.dim` of a value of known rank.
template <typename DimOp> static LogicalResult checkIndex(DimOp op) {
  auto type = dyn_cast<ShapedType>(op.getSource().getType());
  std::optional<int64_t> index = op.getConstantIndex();
  if (!type || !type.hasRank() || !index ||
      (*index >= 0 && *index < type.getRank()))
    return success();
  return op.emitError() << "index " << *index << " is no dimension of " << type;
}

static LogicalResult checkInterval(Operation *op, Type type, int64_t dim,
                                   int64_t size, int64_t low, int64_t high) {
  if (low >= 0 && high < size)
    return success();
  return op->emitError() << "indices from " << low << " to " << high
                         << " are outside of dimension " << dim << " of " << type;
}

/// The indices that static loops reach. Upstream compares those of the first
/// and of the last position, which are no extremes where strides of both signs
/// meet.
static LogicalResult checkLoops(linalg::LinalgOp op) {
  SmallVector<int64_t> ranges = op.getStaticLoopRanges();
  if (llvm::is_contained(ranges, 0))
    return success();
  for (OpOperand &operand : op->getOpOperands()) {
    auto type = dyn_cast<ShapedType>(operand.get().getType());
    if (!type)
      continue;
    AffineMap map = op.getMatchingIndexingMap(&operand);
    for (auto [dim, expr] : llvm::enumerate(map.getResults())) {
      SmallVector<int64_t> factors;
      if (type.isDynamicDim(dim) ||
          failed(getFlattenedAffineExpr(expr, ranges.size(), 0, &factors)) ||
          factors.size() != ranges.size() + 1)
        continue;
      int64_t low = factors.back(), high = low;
      bool isKnown = true;
      for (auto [factor, range] : llvm::zip(factors, ranges)) {
        if (factor != 0 && ShapedType::isDynamic(range))
          isKnown = false;
        else if (factor != 0)
          (factor < 0 ? low : high) += factor * (range - 1);
      }
      if (isKnown && failed(checkInterval(op, type, dim, type.getDimSize(dim),
                                          low, high)))
        return failure();
    }
  }
  return success();
}

/// The elements that a slice of static offset, size and stride takes.
static LogicalResult checkSlice(tensor::ExtractSliceOp op) {
  RankedTensorType type = op.getSourceType();
  for (auto [dim, size] : llvm::enumerate(type.getShape())) {
    int64_t offset = op.getStaticOffsets()[dim];
    int64_t count = op.getStaticSizes()[dim];
    int64_t stride = op.getStaticStrides()[dim], reach;
    if (ShapedType::isDynamic(size) || ShapedType::isDynamic(offset) ||
        ShapedType::isDynamic(count) || ShapedType::isDynamic(stride) ||
        count == 0)
      continue;
    if (llvm::MulOverflow(count - 1, stride, reach) ||
        llvm::AddOverflow(reach, offset, reach))
      return op.emitError() << "stride " << stride << " is too large for "
                            << type;
    if (failed(checkInterval(op, type, dim, size, std::min(offset, reach),
                             std::max(offset, reach))))
      return failure();
  }
  return success();
}

/// The tensor whose elements `scalar` stands for in the body of `linalg.generic`
/// or `qdot.contract`, or `scalar` itself.
static Value getSource(Value scalar) {
  auto argument = dyn_cast<BlockArgument>(scalar);
  if (!argument)
    return scalar;
  Operation *op = argument.getOwner()->getParentOp();
  unsigned number = argument.getArgNumber();
  if (auto generic = dyn_cast_or_null<linalg::GenericOp>(op))
    return generic->getOperand(number);
  auto contract = dyn_cast_or_null<ContractOp>(op);
  if (!contract || number == 0 || number > contract.getExtras().size())
    return scalar;
  return contract.getExtras()[number - 1];
}

/// Calls `check` for every element of the i8, i32 or f32 constant behind
/// `scalar`, until it fails. Succeeds for other values.
static LogicalResult checkEach(Value scalar,
                               function_ref<LogicalResult(double)> check) {
  Value source = getSource(scalar);
  APInt integer;
  FloatAttr real;
  if (matchPattern(source, m_ConstantInt(&integer)))
    return check(static_cast<double>(integer.getSExtValue()));
  if (matchPattern(source, m_Constant(&real)))
    return check(real.getValueAsDouble());
  if (!ConstantTensor::isConstant(source))
    return success();
  FailureOr<ConstantTensor> tensor = ConstantTensor::get(source);
  if (failed(tensor))
    return success();
  bool isFloat = tensor->getType().getElementType().isF32();
  int64_t count = tensor->isSplat() ? std::min<int64_t>(tensor->getNumElements(), 1)
                                    : tensor->getNumElements();
  for (int64_t i = 0; i < count; ++i)
    if (failed(check(isFloat ? tensor->getFloat(i)
                             : static_cast<double>(tensor->getInteger(i)))))
      return failure();
  return success();
}

/// Without an exponent: multipliers are i32.
static std::string printNumber(double value) {
  std::string text;
  llvm::raw_string_ostream(text) << llvm::format("%.12g", value);
  return text;
}

/// Constant multipliers and shifts for which the contract defines a result.
static LogicalResult checkRequantize(RequantizeOp op) {
  auto expect = [&](bool isMet, StringRef what, double value) -> LogicalResult {
    if (isMet)
      return success();
    return op.emitOpError() << "expected " << what << ", got " << printNumber(value);
  };
  if (op.getContract() == ContractKind::F32)
    return checkEach(op.getMultiplier(), [&](double value) {
      return expect(std::isfinite(value), "a finite multiplier", value);
    });
  if (failed(checkEach(op.getMultiplier(), [&](double value) {
        return expect(value >= 0, "a multiplier of at least 0", value);
      })))
    return failure();
  return checkEach(op.getShift(), [&](double value) {
    return expect(value >= 2 && value <= 62, "a shift between 2 and 62", value);
  });
}

LogicalResult checkInput(ModuleOp module) {
  WalkResult result = module.walk([](Operation *op) {
    if (auto dim = dyn_cast<tensor::DimOp>(op))
      return WalkResult(checkIndex(dim));
    if (auto dim = dyn_cast<memref::DimOp>(op))
      return WalkResult(checkIndex(dim));
    if (auto requantize = dyn_cast<RequantizeOp>(op))
      return WalkResult(checkRequantize(requantize));
    if (failed(checkSizes(op)))
      return WalkResult::interrupt();
    if (auto linalgOp = dyn_cast<linalg::LinalgOp>(op))
      return WalkResult(checkLoops(linalgOp));
    if (auto slice = dyn_cast<tensor::ExtractSliceOp>(op))
      return WalkResult(checkSlice(slice));
    return WalkResult(checkResource(op));
  });
  return failure(result.wasInterrupted());
}

} // namespace qdot
