//===- InterpreterQuantization.cpp - Between real and quantized tensors ---===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "InterpreterOps.h"
#include "mlir/Dialect/Quant/IR/Quant.h"
#include "mlir/IR/Matchers.h"
#include "qdot/Dialect/Qdot.h"
#include "qdot/Dialect/QuantizedType.h"

using namespace mlir;

namespace qdot::interpreter {
namespace {

/// Which scale belongs to an element: `sum strides[d] * index_d`.
SmallVector<int64_t> getChannelStrides(const QuantizedView &view, size_t rank) {
  SmallVector<int64_t> strides(rank, 0);
  int64_t stride = 1;
  for (size_t i = view.axes.size(); i-- > 0;) {
    strides[view.axes[i]] = stride;
    stride *= view.shape[i];
  }
  return strides;
}

llvm::Error checkChannels(Operation *op, const QuantizedView &view,
                          const Tensor &tensor) {
  for (auto [axis, size] : llvm::zip(view.axes, view.shape)) {
    if (axis < 0 || axis >= int64_t(tensor.shape.size()))
      return failAt(op, "quantized axis " + Twine(axis) +
                            " is outside of rank " +
                            Twine(tensor.shape.size()));
    if (tensor.shape[axis] != size)
      return failAt(op, "expected " + Twine(size) + " channels on axis " +
                            Twine(axis) + ", got " + Twine(tensor.shape[axis]));
  }
  return llvm::Error::success();
}

/// Calls `function(element, channel)` for every element in order.
template <typename Function>
void forEachElement(const Tensor &tensor, const QuantizedView &view,
                    Function function) {
  SmallVector<int64_t> strides = getChannelStrides(view, tensor.shape.size());
  SmallVector<int64_t> index(tensor.shape.size(), 0);
  int64_t channel = 0;
  for (int64_t at = 0, end = tensor.getNumElements(); at < end; ++at) {
    function(at, channel);
    for (size_t dim = index.size(); dim-- > 0;) {
      channel += strides[dim];
      if (++index[dim] < tensor.shape[dim])
        break;
      channel -= strides[dim] * index[dim];
      index[dim] = 0;
    }
  }
}

/// A bias: rule Q7 instead of Q6.
bool isBias(Operation *op, const QuantizedView &view) {
  return view.type.getStorageTypeIntegralWidth() == 32 &&
         matchPattern(op->getOperand(0), m_Constant()) &&
         llvm::all_of(view.zeroPoints, [](int64_t zero) { return zero == 0; });
}

Results quantizeTensor(Operation *op, const Tensor &input,
                       const QuantizedView &view) {
  auto type = getElementType(view.type);
  auto result = allocateTensor(op, *type, input.shape);
  if (!result)
    return result.takeError();
  bool isExact = isBias(op, view);
  forEachElement(input, view, [&](int64_t at, int64_t channel) {
    float value = input.load(at).f;
    numerics::QuantParams params = view.params(channel);
    int64_t q = isExact
                    ? numerics::quantizeExact(value, params.scale, view.storage)
                    : numerics::quantize(value, params, view.storage);
    (*result)->store(at, Scalar{q});
  });
  return SmallVector<RuntimeValue>{{*result, Scalar{0}}};
}

Results dequantizeTensor(Operation *op, const Tensor &input,
                         const QuantizedView &view) {
  auto result = allocateTensor(op, {ElementType::F32, 32}, input.shape);
  if (!result)
    return result.takeError();
  unsigned width = view.type.getStorageTypeIntegralWidth();
  forEachElement(input, view, [&](int64_t at, int64_t channel) {
    int64_t q = input.load(at).i;
    if (!view.type.isSigned())
      q = static_cast<int64_t>(asUnsigned(q, width));
    Scalar real;
    real.f = numerics::dequantize(q, view.params(channel));
    (*result)->store(at, real);
  });
  return SmallVector<RuntimeValue>{{*result, Scalar{0}}};
}

} // namespace

bool isQuantizationOp(Operation *op) {
  return isa<QuantizeOp, DequantizeOp, quant::QuantizeCastOp,
             quant::DequantizeCastOp, quant::StorageCastOp>(op);
}

Results evaluateQuantization(Operation *op, Lookup lookup) {
  const RuntimeValue &input = lookup(op->getOperand(0));
  if (!input.tensor)
    return failAt(op, "expected an operand of tensor type");
  if (isa<quant::StorageCastOp>(op))
    return SmallVector<RuntimeValue>{input};
  bool quantizes = isa<QuantizeOp, quant::QuantizeCastOp>(op);
  Type from = getElementTypeOrSelf(op->getOperand(0).getType());
  Type to = getElementTypeOrSelf(op->getResult(0).getType());
  FailureOr<QuantizedView> view = viewQuantizedType(quantizes ? to : from);
  if (failed(view))
    return failAt(op, "quantized type is not supported");
  if (!(quantizes ? from : to).isF32())
    return failAt(op, "expected f32 as the expressed type");
  if (auto error = checkChannels(op, *view, *input.tensor))
    return error;
  return quantizes ? quantizeTensor(op, *input.tensor, *view)
                   : dequantizeTensor(op, *input.tensor, *view);
}

} // namespace qdot::interpreter
