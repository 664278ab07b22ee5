//===- QuantizedType.cpp - Uniform view of !quant.uniform types ----------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qdot/Dialect/QuantizedType.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "llvm/ADT/STLExtras.h"
#include <cfloat>
#include <cmath>

using namespace mlir;
using namespace qdot;
using numerics::StorageRange;
using quant::QuantizedType;

static void viewPerAxis(quant::UniformQuantizedPerAxisType type,
                        QuantizedView &view) {
  view.axes = {type.getQuantizedDimension()};
  view.shape = {static_cast<int64_t>(type.getScales().size())};
  llvm::append_range(view.scales, type.getScales());
  llvm::append_range(view.zeroPoints, type.getZeroPoints());
}

static LogicalResult
viewSubChannel(quant::UniformQuantizedSubChannelType type,
               QuantizedView &view) {
  for (auto [axis, block] :
       llvm::zip_equal(type.getQuantizedDimensions(), type.getBlockSizes())) {
    if (block != 1)
      return failure();
    view.axes.push_back(axis);
  }
  // The scales have the tensor's rank, with size 1 where nothing varies.
  auto scaleShape = cast<ShapedType>(type.getScales().getType()).getShape();
  for (int64_t axis : view.axes) {
    if (axis >= static_cast<int64_t>(scaleShape.size()))
      return failure();
    view.shape.push_back(scaleShape[axis]);
  }
  if (!llvm::is_sorted(view.axes))
    return failure();
  for (APFloat scale : type.getScales().getValues<APFloat>())
    view.scales.push_back(scale.convertToDouble());
  for (APInt zeroPoint : type.getZeroPoints().getValues<APInt>())
    view.zeroPoints.push_back(zeroPoint.getSExtValue());
  return success();
}

/// Rule Q2: a scale is an f32, however many digits the text has. That of a
/// bias is a product of two, an f64.
static void roundScales(QuantizedView &view) {
  if (view.type.getStorageTypeIntegralWidth() == 32)
    return;
  for (double &scale : view.scales)
    scale = static_cast<double>(static_cast<float>(scale));
}

/// Fills in the scales as they are written.
static FailureOr<QuantizedView> viewAsWritten(QuantizedType type) {
  QuantizedView view;
  view.type = type;
  view.storage = {type.getStorageTypeMin(), type.getStorageTypeMax()};
  if (auto perTensor = dyn_cast<quant::UniformQuantizedType>(type)) {
    view.scales = {perTensor.getScale()};
    view.zeroPoints = {perTensor.getZeroPoint()};
    return view;
  }
  if (auto perAxis = dyn_cast<quant::UniformQuantizedPerAxisType>(type)) {
    viewPerAxis(perAxis, view);
    return view;
  }
  if (auto subChannel = dyn_cast<quant::UniformQuantizedSubChannelType>(type))
    if (succeeded(viewSubChannel(subChannel, view)))
      return view;
  return failure();
}

FailureOr<QuantizedView> qdot::viewQuantizedType(Type type) {
  auto quantized = dyn_cast<QuantizedType>(type);
  if (!quantized)
    return failure();
  FailureOr<QuantizedView> view = viewAsWritten(quantized);
  if (succeeded(view))
    roundScales(*view);
  return view;
}

static bool isNormalScale(double scale) {
  return std::isfinite(scale) && scale >= FLT_MIN && scale <= FLT_MAX;
}

/// Checks one axis of a per-axis or sub-channel type against the tensor.
static LogicalResult
verifyAxis(ShapedType tensor, int64_t axis, int64_t scales,
           function_ref<InFlightDiagnostic()> emitError) {
  if (axis < 0 || axis >= tensor.getRank())
    return emitError() << "quantized axis " << axis
                       << " is outside of a tensor of rank "
                       << tensor.getRank();
  int64_t size = tensor.getDimSize(axis);
  if (ShapedType::isDynamic(size))
    return emitError() << "quantized axis " << axis << " is dynamic";
  if (size != scales)
    return emitError() << "expected " << size << " scales on quantized axis "
                       << axis << ", got " << scales;
  return success();
}

static LogicalResult
verifyStorage(QuantizedType type,
              function_ref<InFlightDiagnostic()> emitError) {
  unsigned bits = type.getStorageTypeIntegralWidth();
  if (!llvm::is_contained({4u, 8u, 16u, 32u}, bits))
    return emitError() << "expected a storage type of 4, 8, 16 or 32 bits, got "
                       << bits;
  if (!type.getExpressedType().isF32())
    return emitError() << "expected the expressed type f32, got "
                       << type.getExpressedType();
  return success();
}

/// A scale of a bias is a product of two f32 scales, so it may lie below
/// FLT_MIN; it must still be a normal f64.
static bool isAllowedScale(double scale, unsigned storageBits) {
  return storageBits == 32 ? std::isnormal(scale) && scale > 0
                           : isNormalScale(scale);
}

LogicalResult qdot::verifyQuantizedTensor(
    ShapedType tensor, function_ref<InFlightDiagnostic()> emitError) {
  auto type = dyn_cast<QuantizedType>(tensor.getElementType());
  if (!type)
    return emitError() << "expected a quantized element type, got "
                       << tensor.getElementType();
  if (failed(verifyStorage(type, emitError)))
    return failure();
  FailureOr<QuantizedView> view = viewQuantizedType(type);
  if (failed(view))
    return emitError() << "expected a uniform type, per tensor, per axis or "
                          "with blocks of one element, got "
                       << type;
  for (auto [axis, size] : llvm::zip_equal(view->axes, view->shape))
    if (failed(verifyAxis(tensor, axis, size, emitError)))
      return failure();
  for (auto [index, scale] : llvm::enumerate(view->scales))
    if (!isAllowedScale(scale, type.getStorageTypeIntegralWidth()))
      return emitError() << "scale " << scale << " of channel " << index
                         << " is not a normal finite number";
  for (auto [index, zeroPoint] : llvm::enumerate(view->zeroPoints))
    if (zeroPoint < view->storage.min || zeroPoint > view->storage.max)
      return emitError() << "zero point " << zeroPoint << " of channel "
                         << index << " is outside of [" << view->storage.min
                         << ", " << view->storage.max << "]";
  return success();
}

static unsigned getStorageBits(StorageRange range) {
  for (unsigned bits : {8u, 16u})
    if (range.min >= -(int64_t(1) << (bits - 1)) &&
        range.max < (int64_t(1) << (bits - 1)))
      return bits;
  return 32;
}

QuantizedType qdot::getPerTensorType(MLIRContext *context, StorageRange range,
                                     numerics::QuantParams params) {
  return quant::UniformQuantizedType::get(
      quant::QuantizationFlags::Signed,
      IntegerType::get(context, getStorageBits(range)),
      Float32Type::get(context), params.scale, params.zeroPoint, range.min,
      range.max);
}

/// Several axes at once: a sub-channel type with blocks of one element.
static QuantizedType getMultiAxisType(MLIRContext *context, StorageRange range,
                                      int64_t rank, ArrayRef<int64_t> axes,
                                      ArrayRef<int64_t> shape,
                                      ArrayRef<double> scales,
                                      ArrayRef<int64_t> zeroPoints) {
  SmallVector<int64_t> scaleShape(rank, 1);
  SmallVector<int32_t> dimensions;
  for (auto [axis, size] : llvm::zip_equal(axes, shape)) {
    scaleShape[axis] = size;
    dimensions.push_back(axis);
  }
  Type f32 = Float32Type::get(context);
  Type storage = IntegerType::get(context, getStorageBits(range));
  SmallVector<APFloat> values = llvm::map_to_vector(scales, [](double scale) {
    return APFloat(static_cast<float>(scale));
  });
  auto scaleAttr =
      DenseElementsAttr::get(RankedTensorType::get(scaleShape, f32), values);
  SmallVector<APInt> zeros = llvm::map_to_vector(zeroPoints, [&](int64_t zero) {
    return APInt(storage.getIntOrFloatBitWidth(), zero, /*isSigned=*/true);
  });
  auto zeroAttr =
      DenseElementsAttr::get(RankedTensorType::get(scaleShape, storage), zeros);
  SmallVector<int64_t> blocks(axes.size(), 1);
  return quant::UniformQuantizedSubChannelType::get(
      quant::QuantizationFlags::Signed, storage, f32, scaleAttr, zeroAttr,
      dimensions, blocks, range.min, range.max);
}

QuantizedType qdot::getSymmetricType(MLIRContext *context, StorageRange range,
                                     int64_t rank, ArrayRef<int64_t> axes,
                                     ArrayRef<int64_t> shape,
                                     ArrayRef<double> scales) {
  if (axes.empty())
    return getPerTensorType(context, range, {scales.front(), 0});
  SmallVector<int64_t> zeroPoints(scales.size(), 0);
  if (axes.size() > 1)
    return getMultiAxisType(context, range, rank, axes, shape, scales,
                            zeroPoints);
  return quant::UniformQuantizedPerAxisType::get(
      quant::QuantizationFlags::Signed,
      IntegerType::get(context, getStorageBits(range)),
      Float32Type::get(context), scales, zeroPoints,
      static_cast<int32_t>(axes.front()), range.min, range.max);
}

QuantizedType qdot::changeScales(QuantizedType type, int64_t rank,
                                 ArrayRef<int64_t> axes,
                                 ArrayRef<int64_t> shape,
                                 ArrayRef<double> scales,
                                 ArrayRef<int64_t> zeroPoints) {
  if (axes.empty())
    return quant::UniformQuantizedType::get(
        type.getFlags(), type.getStorageType(), type.getExpressedType(),
        scales.front(), zeroPoints.front(), type.getStorageTypeMin(),
        type.getStorageTypeMax());
  if (axes.size() == 1)
    return quant::UniformQuantizedPerAxisType::get(
        type.getFlags(), type.getStorageType(), type.getExpressedType(), scales,
        zeroPoints, static_cast<int32_t>(axes.front()),
        type.getStorageTypeMin(), type.getStorageTypeMax());
  StorageRange range = {type.getStorageTypeMin(), type.getStorageTypeMax()};
  if (!type.isSigned() ||
      getStorageBits(range) != type.getStorageTypeIntegralWidth())
    return {};
  return getMultiAxisType(type.getContext(), range, rank, axes, shape, scales,
                          zeroPoints);
}

IntegerType qdot::getStorageType(QuantizedType type) {
  return IntegerType::get(type.getContext(),
                          type.getStorageTypeIntegralWidth());
}

RankedTensorType qdot::getStorageTensor(RankedTensorType tensor) {
  return tensor.clone(
      getStorageType(cast<QuantizedType>(tensor.getElementType())));
}
