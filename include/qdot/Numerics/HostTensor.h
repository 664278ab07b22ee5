//===- HostTensor.h - A dense tensor outside of IR ------------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QDOT_NUMERICS_HOSTTENSOR_H
#define QDOT_NUMERICS_HOSTTENSOR_H

#include <cstdint>
#include <cstring>
#include <vector>

namespace qdot {

/// Element type of a HostTensor. I1 takes one byte, 0 or 1; Index 64 bits.
enum class HostElement { F32, F64, I1, I8, U8, I16, I32, I64, Index };

/// Bytes of one element.
inline size_t getByteSize(HostElement element) {
  switch (element) {
  case HostElement::I1:
  case HostElement::I8:
  case HostElement::U8:
    return 1;
  case HostElement::I16:
    return 2;
  case HostElement::F32:
  case HostElement::I32:
    return 4;
  case HostElement::F64:
  case HostElement::I64:
  case HostElement::Index:
    return 8;
  }
  return 0;
}

/// A dense row-major tensor. A scalar has rank 0. Invariant: `bytes` holds
/// exactly the product of `shape` elements.
struct HostTensor {
  HostElement element = HostElement::F32;
  std::vector<int64_t> shape;
  std::vector<char> bytes;

  /// The number of elements that `shape` names.
  int64_t getNumElements() const {
    int64_t count = 1;
    for (int64_t size : shape)
      count *= size;
    return count;
  }

  /// A tensor of `values`. Precondition: T has the size of `element`.
  template <typename T>
  static HostTensor create(HostElement element, std::vector<int64_t> shape,
                           const std::vector<T> &values) {
    HostTensor tensor{element, std::move(shape), {}};
    tensor.bytes.resize(values.size() * sizeof(T));
    if (!values.empty())
      std::memcpy(tensor.bytes.data(), values.data(), tensor.bytes.size());
    return tensor;
  }

  /// The elements. Precondition: T has the size of `element`.
  template <typename T>
  std::vector<T> values() const {
    std::vector<T> result(bytes.size() / sizeof(T));
    if (!result.empty())
      std::memcpy(result.data(), bytes.data(), result.size() * sizeof(T));
    return result;
  }

  /// Same type, shape and bytes.
  bool operator==(const HostTensor &other) const {
    return element == other.element && shape == other.shape &&
           bytes == other.bytes;
  }
};

} // namespace qdot

#endif // QDOT_NUMERICS_HOSTTENSOR_H
