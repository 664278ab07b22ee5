//===- InterpreterTensor.cpp - Values of the interpreter ------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "InterpreterTensor.h"
#include "mlir/Dialect/Quant/IR/QuantTypes.h"
#include "mlir/IR/AsmState.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;

namespace qdot::interpreter {

/// More than any model needs, less than what makes allocation fail.
static constexpr int64_t maxTensorBytes = int64_t(1) << 32;

unsigned ElementType::getByteSize() const {
  return width <= 8 ? 1 : width <= 16 ? 2 : width <= 32 ? 4 : 8;
}

std::optional<ElementType> getElementType(Type type) {
  if (type.isF32())
    return ElementType{ElementType::F32, 32};
  if (type.isF64())
    return ElementType{ElementType::F64, 64};
  if (isa<IndexType>(type))
    return ElementType{ElementType::Integer, 64};
  if (auto quantized = dyn_cast<quant::QuantizedType>(type))
    return ElementType{ElementType::Integer,
                       quantized.getStorageTypeIntegralWidth()};
  auto integer = dyn_cast<IntegerType>(type);
  if (!integer || integer.getWidth() == 0 || integer.getWidth() > 64)
    return std::nullopt;
  return ElementType{ElementType::Integer, integer.getWidth()};
}

int64_t Tensor::getNumElements() const {
  int64_t count = 1;
  for (int64_t size : shape)
    count *= size;
  return count;
}

SmallVector<int64_t> Tensor::getStrides() const {
  SmallVector<int64_t> strides(shape.size());
  int64_t stride = 1;
  for (size_t i = shape.size(); i-- > 0;) {
    strides[i] = stride;
    stride *= shape[i];
  }
  return strides;
}

template <typename T>
static T readAs(const char *from) {
  T value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

/// Integers narrower than their bytes are sign-extended from their width.
template <typename T>
static void loadIntegers(const char *from, int64_t stride, int count,
                         unsigned width, Scalar *lanes) {
  for (int i = 0; i < count; ++i, from += stride * int64_t(sizeof(T)))
    lanes[i].i = readAs<T>(from);
  if (width < sizeof(T) * 8)
    for (int i = 0; i < count; ++i)
      lanes[i].i = wrapInteger(lanes[i].i, width);
}

template <typename T>
static void storeIntegers(char *to, int64_t stride, int count,
                          const Scalar *lanes) {
  for (int i = 0; i < count; ++i, to += stride * int64_t(sizeof(T))) {
    T value = static_cast<T>(lanes[i].i);
    std::memcpy(to, &value, sizeof value);
  }
}

void Tensor::loadLanes(int64_t index, int64_t stride, int count,
                       Scalar *lanes) const {
  const char *from = bytes.data() + index * type.getByteSize();
  if (type.kind == ElementType::F32) {
    for (int i = 0; i < count; ++i)
      lanes[i].f = readAs<float>(from + i * stride * 4);
    return;
  }
  switch (type.getByteSize()) {
  case 1:
    return loadIntegers<int8_t>(from, stride, count, type.width, lanes);
  case 2:
    return loadIntegers<int16_t>(from, stride, count, type.width, lanes);
  case 4:
    return loadIntegers<int32_t>(from, stride, count, type.width, lanes);
  default: // f64 as well: the bits are the value.
    return loadIntegers<int64_t>(from, stride, count, type.width, lanes);
  }
}

void Tensor::storeLanes(int64_t index, int64_t stride, int count,
                        const Scalar *lanes) {
  char *to = bytes.data() + index * type.getByteSize();
  if (type.kind == ElementType::F32) {
    for (int i = 0; i < count; ++i)
      std::memcpy(to + i * stride * 4, &lanes[i].f, 4);
    return;
  }
  if (type.width == 1) {
    for (int i = 0; i < count; ++i)
      to[i * stride] = static_cast<char>(lanes[i].i & 1);
    return;
  }
  switch (type.getByteSize()) {
  case 1:
    return storeIntegers<int8_t>(to, stride, count, lanes);
  case 2:
    return storeIntegers<int16_t>(to, stride, count, lanes);
  case 4:
    return storeIntegers<int32_t>(to, stride, count, lanes);
  default:
    return storeIntegers<int64_t>(to, stride, count, lanes);
  }
}

Scalar Tensor::load(int64_t index) const {
  Scalar value;
  loadLanes(index, 0, 1, &value);
  return value;
}

void Tensor::store(int64_t index, Scalar value) {
  storeLanes(index, 0, 1, &value);
}

llvm::Error failAt(Operation *op, const Twine &cause) {
  std::string message;
  llvm::raw_string_ostream stream(message);
  if (auto file = op->getLoc()->findInstanceOf<FileLineColLoc>())
    stream << file.getFilename().getValue() << ':' << file.getLine() << ':'
           << file.getColumn() << ": ";
  stream << '\'' << op->getName().getStringRef() << "': " << cause;
  return llvm::createStringError(llvm::inconvertibleErrorCode(), "%s",
                                 message.c_str());
}

llvm::Expected<std::shared_ptr<Tensor>>
allocateTensor(Operation *op, ElementType type, ArrayRef<int64_t> shape) {
  int64_t limit = maxTensorBytes / type.getByteSize(), count = 1;
  bool isEmpty = llvm::is_contained(shape, 0);
  for (int64_t size : shape) {
    if (size < 0)
      return failAt(op,
                    "expected sizes that are not negative, got " + Twine(size));
    if (!isEmpty && size > limit / count)
      return failAt(op, "tensor needs more than " + Twine(maxTensorBytes) +
                            " bytes");
    count = isEmpty ? 0 : count * size;
  }
  auto tensor = std::make_shared<Tensor>();
  tensor->type = type;
  tensor->shape.assign(shape.begin(), shape.end());
  // Not zero, so that a read of what was never written does not go unnoticed.
  tensor->bytes.assign(count * type.getByteSize(),
                       type.width == 1 ? char(1) : char(0x7F));
  return tensor;
}

std::optional<Scalar> decodeScalar(Attribute attribute) {
  Scalar scalar{0};
  if (auto integer = dyn_cast<IntegerAttr>(attribute)) {
    if (integer.getValue().getBitWidth() > 64)
      return std::nullopt;
    scalar.i = integer.getValue().getSExtValue();
    return scalar;
  }
  auto real = dyn_cast<FloatAttr>(attribute);
  if (!real)
    return std::nullopt;
  if (real.getType().isF32())
    scalar.f = real.getValue().convertToFloat();
  else if (real.getType().isF64())
    scalar.d = real.getValue().convertToDouble();
  else
    return std::nullopt;
  return scalar;
}

static llvm::Error fillFromResource(Operation *op, Tensor &tensor,
                                    DenseResourceElementsAttr attribute) {
  AsmResourceBlob *blob = attribute.getRawHandle().getBlob();
  StringRef key = attribute.getRawHandle().getKey();
  if (!blob)
    return failAt(op, "resource '" + key + "' is missing");
  ArrayRef<char> data = blob->getData();
  if (data.size() != tensor.bytes.size())
    return failAt(op, "resource '" + key + "' has " + Twine(data.size()) +
                          " bytes, expected " + Twine(tensor.bytes.size()));
  tensor.bytes.assign(data.begin(), data.end());
  return llvm::Error::success();
}

static void fillFromDense(Tensor &tensor, DenseElementsAttr attribute) {
  if (tensor.type.kind == ElementType::Integer) {
    int64_t index = 0;
    for (const APInt &value : attribute.getValues<APInt>())
      tensor.store(index++, Scalar{value.getSExtValue()});
    return;
  }
  ArrayRef<char> data = attribute.getRawData();
  size_t step = data.size();
  for (size_t at = 0; step != 0 && at < tensor.bytes.size(); at += step)
    std::memcpy(tensor.bytes.data() + at, data.data(), step);
}

llvm::Expected<TensorRef> decodeElements(Operation *op,
                                         ElementsAttr attribute) {
  ShapedType shaped = attribute.getShapedType();
  auto type = getElementType(shaped.getElementType());
  if (!type)
    return failAt(op, "element type of the constant is not supported");
  auto tensor = allocateTensor(op, *type, shaped.getShape());
  if (!tensor)
    return tensor.takeError();
  if (auto resource = dyn_cast<DenseResourceElementsAttr>(attribute)) {
    if (auto error = fillFromResource(op, **tensor, resource))
      return error;
    return *tensor;
  }
  auto dense = dyn_cast<DenseElementsAttr>(attribute);
  if (!dense)
    return failAt(op, "kind of constant is not supported");
  fillFromDense(**tensor, dense);
  return *tensor;
}

void copyStrided(const Tensor &source, const StridedLayout &from,
                 Tensor &target, const StridedLayout &to,
                 ArrayRef<int64_t> sizes) {
  if (llvm::is_contained(sizes, 0))
    return;
  int64_t bytes = target.type.getByteSize();
  if (sizes.empty()) {
    std::memcpy(target.bytes.data() + to.offset * bytes,
                source.bytes.data() + from.offset * bytes, bytes);
    return;
  }
  size_t last = sizes.size() - 1;
  int64_t fromStep = from.strides[last] * bytes;
  int64_t toStep = to.strides[last] * bytes;
  bool isContiguous = fromStep == bytes && toStep == bytes;
  SmallVector<int64_t> index(sizes.size(), 0);
  while (true) {
    int64_t fromAt = from.offset, toAt = to.offset;
    for (size_t i = 0; i < last; ++i) {
      fromAt += index[i] * from.strides[i];
      toAt += index[i] * to.strides[i];
    }
    const char *read = source.bytes.data() + fromAt * bytes;
    char *write = target.bytes.data() + toAt * bytes;
    if (isContiguous)
      std::memcpy(write, read, sizes[last] * bytes);
    else
      for (int64_t i = 0; i < sizes[last]; ++i)
        std::memcpy(write + i * toStep, read + i * fromStep, bytes);
    size_t dim = last;
    while (dim-- > 0 && ++index[dim] == sizes[dim])
      index[dim] = 0;
    if (dim == size_t(-1))
      return;
  }
}

} // namespace qdot::interpreter
