//===- Constants.cpp - Reading and creating constant tensors --------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qdot/Dialect/Constants.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "mlir/IR/Matchers.h"
#include "qdot/Dialect/CheckInput.h"
#include <cstring>

using namespace mlir;

namespace qdot {

/// Bits of one element, or 0 for an element type that is not supported.
static unsigned getElementWidth(Type type) {
  if (type.isIndex())
    return 64;
  if (!type.isIntOrFloat() || type.getIntOrFloatBitWidth() > 64)
    return 0;
  return type.getIntOrFloatBitWidth();
}

/// The value of `dense<...> : tensor<...xi1>`, which packs eight in a byte, as
/// one byte per element, or a single one that stands for all.
static std::shared_ptr<SmallVector<char>> unpackBits(DenseElementsAttr dense) {
  auto result = std::make_shared<SmallVector<char>>();
  if (dense.isSplat())
    result->push_back(dense.getSplatValue<bool>());
  else
    for (bool bit : dense.getValues<bool>())
      result->push_back(bit);
  return result;
}

bool ConstantTensor::isConstant(Value value) {
  ElementsAttr attribute;
  return isa<RankedTensorType>(value.getType()) &&
         matchPattern(value, m_Constant(&attribute));
}

FailureOr<ConstantTensor> ConstantTensor::get(Value value) {
  ElementsAttr attribute;
  if (!isa<RankedTensorType>(value.getType()) ||
      !matchPattern(value, m_Constant(&attribute)))
    return failure();
  return get(attribute,
             [&] { return emitConstantError(value.getDefiningOp()); });
}

/// The bytes of a resource, or an error.
static FailureOr<ArrayRef<char>>
readResource(DenseResourceElementsAttr resource, size_t expectedSize,
             llvm::function_ref<InFlightDiagnostic()> emitError) {
  StringRef key = resource.getRawHandle().getKey();
  const AsmResourceBlob *blob = resource.getRawHandle().getBlob();
  if (!blob)
    return emitError() << "dense_resource '" << key << "' has no data";
  if (blob->getData().size() != expectedSize)
    return emitError() << "dense_resource '" << key << "' has "
                       << blob->getData().size() << " bytes, expected "
                       << expectedSize;
  return blob->getData();
}

FailureOr<ConstantTensor>
ConstantTensor::get(ElementsAttr attribute,
                    llvm::function_ref<InFlightDiagnostic()> emitError) {
  ConstantTensor result;
  result.type = dyn_cast<RankedTensorType>(attribute.getShapedType());
  if (!result.type || !result.type.hasStaticShape())
    return failure();
  unsigned width = getElementWidth(result.type.getElementType());
  if (width == 0)
    return failure();
  result.width = width;
  result.isZeroExtended =
      width == 1 || result.type.getElementType().isUnsignedInteger();
  result.numElements = result.type.getNumElements();
  result.elementSize = llvm::divideCeil(width, 8u);

  if (auto resource = dyn_cast<DenseResourceElementsAttr>(attribute)) {
    FailureOr<ArrayRef<char>> bytes = readResource(
        resource, result.getNumElements() * result.elementSize, emitError);
    if (failed(bytes))
      return failure();
    result.bytes = *bytes;
    return result;
  }
  auto dense = dyn_cast<DenseElementsAttr>(attribute);
  if (!dense)
    return failure();
  result.single = dense.isSplat();
  result.bytes = dense.getRawData();
  if (width == 1) {
    result.unpacked = unpackBits(dense);
    result.bytes = *result.unpacked;
  }
  return result;
}

ArrayRef<char> ConstantTensor::getBytes(int64_t index) const {
  return bytes.slice(single ? 0 : index * elementSize, elementSize);
}

float ConstantTensor::getFloat(int64_t index) const {
  assert(type.getElementType().isF32() && "expected f32 elements");
  float result;
  std::memcpy(&result, getBytes(index).data(), sizeof(result));
  return result;
}

/// The bytes of an element as the low bits of an integer.
static uint64_t loadBits(ArrayRef<char> bytes) {
  uint64_t bits = 0;
  std::memcpy(&bits, bytes.data(), bytes.size());
  return bits;
}

int64_t ConstantTensor::getInteger(int64_t index) const {
  uint64_t bits = loadBits(getBytes(index));
  if (width == 64)
    return static_cast<int64_t>(bits);
  if (isZeroExtended)
    return static_cast<int64_t>(bits & ((uint64_t(1) << width) - 1));
  return llvm::SignExtend64(bits, width);
}

bool ConstantTensor::isSplat() const {
  if (single || getNumElements() == 0)
    return true;
  ArrayRef<char> first = getBytes(0);
  for (int64_t i = 1, e = getNumElements(); i < e; ++i)
    if (getBytes(i) != first)
      return false;
  return true;
}

FailureOr<SmallVector<float>> readFloats(Value value) {
  FailureOr<ConstantTensor> tensor = ConstantTensor::get(value);
  if (failed(tensor) || !tensor->getType().getElementType().isF32())
    return failure();
  SmallVector<float> result(tensor->getNumElements());
  for (auto [i, element] : llvm::enumerate(result))
    element = tensor->getFloat(i);
  return result;
}

FailureOr<SmallVector<int64_t>> readIntegers(Value value) {
  FailureOr<ConstantTensor> tensor = ConstantTensor::get(value);
  if (failed(tensor) || !tensor->getType().getElementType().isIntOrIndex())
    return failure();
  SmallVector<int64_t> result(tensor->getNumElements());
  for (auto [i, element] : llvm::enumerate(result))
    element = tensor->getInteger(i);
  return result;
}

/// True when `bytes` repeats its first `size` bytes.
static bool isRepeated(ArrayRef<char> bytes, size_t size) {
  return bytes.size() >= size && bytes.drop_front(size) == bytes.drop_back(size);
}

DenseElementsAttr createElements(RankedTensorType type, ArrayRef<char> bytes) {
  assert(type.hasStaticShape() && "expected a static shape");
  if (getElementWidth(type.getElementType()) == 1) {
    SmallVector<bool> bits(bytes.begin(), bytes.end());
    if (!bits.empty() && llvm::all_equal(bits))
      bits.resize(1);
    return DenseElementsAttr::get(type, bits);
  }
  size_t size =
      llvm::divideCeil(getElementWidth(type.getElementType()), 8u);
  assert(bytes.size() == size * type.getNumElements() && "wrong size");
  if (isRepeated(bytes, size))
    bytes = bytes.take_front(size);
  return DenseElementsAttr::getFromRawBuffer(type, bytes);
}

Value createFloatConstant(OpBuilder &builder, Location loc,
                          RankedTensorType type, ArrayRef<float> values) {
  assert(type.getElementType().isF32() && "expected f32 elements");
  ArrayRef<char> bytes(reinterpret_cast<const char *>(values.data()),
                       values.size() * sizeof(float));
  return arith::ConstantOp::create(builder, loc, type,
                                   createElements(type, bytes));
}

/// The finalizer of splitmix64: a bijection whose outputs look independent.
static uint64_t mixBits(uint64_t x) {
  x += 0x9e3779b97f4a7c15u;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

uint64_t digestElements(const ConstantTensor &tensor) {
  uint64_t seed = mixBits(tensor.getElementSize());
  uint64_t sum = 0;
  if (tensor.getElementSize() == sizeof(uint32_t) && !tensor.isSplat()) {
    // The weights of a float model: as many bytes as the model has.
    const char *data = tensor.getBytes(0).data();
    for (int64_t i = 0, e = tensor.getNumElements(); i < e; ++i) {
      uint32_t bits;
      std::memcpy(&bits, data + i * sizeof(bits), sizeof(bits));
      sum += mixBits(bits ^ seed);
    }
    return sum;
  }
  for (int64_t i = 0, e = tensor.getNumElements(); i < e; ++i)
    sum += mixBits(loadBits(tensor.getBytes(i)) ^ seed);
  return sum;
}

} // namespace qdot
