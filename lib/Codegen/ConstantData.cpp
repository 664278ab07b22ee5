//===- ConstantData.cpp - Data of tensor constants ------------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qdot/Codegen/ConstantData.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include <cstring>

using namespace mlir;

/// 0 for elements that do not fill bytes.
static size_t getElementBytes(Type type) {
  if (!type.isIntOrFloat() || type.getIntOrFloatBitWidth() % 8 != 0)
    return 0;
  return type.getIntOrFloatBitWidth() / 8;
}

static bool hasResourceData(DenseResourceElementsAttr value,
                            std::string &reason) {
  llvm::raw_string_ostream message(reason);
  message << "dense_resource '" << value.getRawHandle().getKey() << "'";
  AsmResourceBlob *blob = value.getRawHandle().getBlob();
  if (!blob) {
    message << " has no data";
    return false;
  }
  ShapedType type = value.getType();
  if (!type.hasStaticShape()) {
    message << ": expected a static shape, got " << type;
    return false;
  }
  size_t elementBytes = getElementBytes(type.getElementType());
  if (elementBytes == 0) {
    message << ": expected elements of whole bytes, got "
            << type.getElementType();
    return false;
  }
  size_t expected = elementBytes * type.getNumElements();
  if (blob->getData().size() != expected) {
    message << ": expected " << expected << " bytes for " << type << ", got "
            << blob->getData().size();
    return false;
  }
  return true;
}

bool qdot::hasConstantData(ElementsAttr value, std::string &reason) {
  if (isa<DenseElementsAttr>(value))
    return true;
  if (auto resource = dyn_cast<DenseResourceElementsAttr>(value))
    return hasResourceData(resource, reason);
  reason = "expected a dense or dense_resource constant";
  return false;
}

DenseElementsAttr qdot::getConstantData(ElementsAttr value,
                                        std::string &reason) {
  if (!hasConstantData(value, reason))
    return {};
  if (auto dense = dyn_cast<DenseElementsAttr>(value))
    return dense;
  auto resource = cast<DenseResourceElementsAttr>(value);
  return DenseElementsAttr::getFromRawBuffer(
      resource.getType(), resource.getRawHandle().getBlob()->getData());
}

DenseElementsAttr qdot::transposeConstant(DenseElementsAttr value,
                                          ArrayRef<int64_t> permutation) {
  ShapedType type = value.getType();
  SmallVector<int64_t> shape, strides(type.getRank(), 1), sourceStrides;
  for (int64_t dim = type.getRank() - 2; dim >= 0; --dim)
    strides[dim] = strides[dim + 1] * type.getDimSize(dim + 1);
  for (int64_t dim : permutation) {
    shape.push_back(type.getDimSize(dim));
    sourceStrides.push_back(strides[dim]);
  }
  ShapedType resultType = type.clone(shape);
  if (value.isSplat())
    return value.reshape(resultType);

  size_t bytes = getElementBytes(type.getElementType());
  assert(bytes && "elements must fill bytes");
  ArrayRef<char> source = value.getRawData();
  std::vector<char> result(source.size());
  SmallVector<int64_t> index(shape.size(), 0);
  int64_t offset = 0;
  for (size_t at = 0; at < result.size(); at += bytes) {
    std::memcpy(&result[at], &source[offset * bytes], bytes);
    // Counts `index` up like an odometer, `offset` with it.
    for (int64_t dim = shape.size() - 1; dim >= 0; --dim) {
      offset += sourceStrides[dim];
      if (++index[dim] < shape[dim])
        break;
      offset -= sourceStrides[dim] * shape[dim];
      index[dim] = 0;
    }
  }
  return DenseElementsAttr::getFromRawBuffer(resultType, result);
}

DenseElementsAttr qdot::permuteConstant(DenseElementsAttr value, int64_t dim,
                                        ArrayRef<int64_t> order) {
  if (value.isSplat())
    return value;
  ShapedType type = value.getType();
  size_t bytes = getElementBytes(type.getElementType());
  assert(bytes && "elements must fill bytes");
  ArrayRef<int64_t> shape = type.getShape();
  size_t part = bytes * llvm::product_of(shape.drop_front(dim + 1));
  ArrayRef<char> source = value.getRawData();
  std::vector<char> result(source.size());
  for (size_t start = 0; start < result.size(); start += part * order.size())
    for (auto [at, from] : llvm::enumerate(order))
      std::memcpy(&result[start + at * part], &source[start + from * part],
                  part);
  return DenseElementsAttr::getFromRawBuffer(type, result);
}
