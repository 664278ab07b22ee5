//===- ConstantValues.cpp - Constants behind quantize --------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qdot/Analysis/ConstantValues.h"
#include "qdot/Analysis/Contraction.h"
#include "qdot/Dialect/Constants.h"
#include "qdot/Dialect/Qdot.h"

using namespace mlir;
using namespace qdot;

SmallVector<int64_t> QuantizedConstant::getStrides() const {
  return getAxisStrides(type.getRank(), view.axes, view.shape);
}

QuantizedConstant qdot::quantizeConstant(const RealConstant &constant,
                                         RankedTensorType type) {
  QuantizedConstant result;
  result.type = type;
  result.view = *viewQuantizedType(type.getElementType());
  result.values.resize(constant.values.size());
  bool isBias = result.view.type.getStorageTypeIntegralWidth() == 32;
  forEachElement(
      type.getShape(), result.getStrides(),
      [&](int64_t number, int64_t channel) {
        numerics::QuantParams params = result.view.params(channel);
        double value = constant.values[number];
        result.values[number] =
            isBias ? numerics::quantizeExact(value, params.scale,
                                             result.view.storage)
                   : numerics::quantize(static_cast<float>(value), params,
                                        result.view.storage);
      });
  return result;
}

static FailureOr<QuantizedConstant> readStorage(quant::StorageCastOp cast) {
  auto type = dyn_cast<RankedTensorType>(cast.getType());
  if (!type || !isa<quant::QuantizedType>(type.getElementType()))
    return failure();
  FailureOr<SmallVector<int64_t>> values = readIntegers(cast.getInput());
  FailureOr<QuantizedView> view = viewQuantizedType(type.getElementType());
  if (failed(values) || failed(view) || !view->type.isSigned())
    return failure();
  return QuantizedConstant{type, *view, *values};
}

FailureOr<QuantizedConstant> qdot::getQuantizedConstant(Value quantized) {
  if (auto cast = quantized.getDefiningOp<quant::StorageCastOp>())
    return readStorage(cast);
  auto quantize = quantized.getDefiningOp<QuantizeOp>();
  if (!quantize)
    return failure();
  FailureOr<RealConstant> real = getRealConstant(quantize.getInput());
  if (failed(real))
    return failure();
  return quantizeConstant(*real, cast<RankedTensorType>(quantize.getType()));
}

static RealConstant dequantizeConstant(const QuantizedConstant &constant) {
  RealConstant real;
  real.type = RankedTensorType::get(constant.type.getShape(),
                                    constant.view.type.getExpressedType());
  real.values.resize(constant.values.size());
  bool isBias = constant.view.type.getStorageTypeIntegralWidth() == 32;
  forEachElement(
      real.type.getShape(), constant.getStrides(),
      [&](int64_t number, int64_t channel) {
        numerics::QuantParams params = constant.view.params(channel);
        int64_t q = constant.values[number];
        real.values[number] =
            isBias ? static_cast<double>(q - params.zeroPoint) * params.scale
                   : numerics::dequantize(q, params);
      });
  return real;
}

FailureOr<RealConstant> qdot::getRealConstant(Value value) {
  if (auto dequantize = value.getDefiningOp<DequantizeOp>()) {
    FailureOr<QuantizedConstant> quantized =
        getQuantizedConstant(dequantize.getInput());
    if (failed(quantized))
      return failure();
    return dequantizeConstant(*quantized);
  }
  FailureOr<SmallVector<float>> floats = readFloats(value);
  if (failed(floats))
    return failure();
  return RealConstant{cast<RankedTensorType>(value.getType()),
                      SmallVector<double>(floats->begin(), floats->end())};
}
