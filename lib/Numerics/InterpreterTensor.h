//===- InterpreterTensor.h - Values of the interpreter --------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QDOT_LIB_NUMERICS_INTERPRETERTENSOR_H
#define QDOT_LIB_NUMERICS_INTERPRETERTENSOR_H

#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/Operation.h"
#include "qdot/Numerics/HostTensor.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/Support/Error.h"
#include <memory>
#include <optional>

namespace qdot::interpreter {

/// One scalar. Integers of every width are kept sign-extended (true is -1).
union Scalar {
  int64_t i;
  float f;
  double d;
};

/// How elements are computed with and stored.
struct ElementType {
  enum Kind : uint8_t { F32, F64, Integer };
  Kind kind;
  /// Bits, at most 64. An index has 64.
  unsigned width;

  /// 1, 2, 4 or 8.
  unsigned getByteSize() const;
  bool operator==(ElementType other) const {
    return kind == other.kind && width == other.width;
  }
};

/// nullopt for a type that the interpreter does not know. Quantized types are
/// their storage.
std::optional<ElementType> getElementType(mlir::Type type);

/// Sign-extends the low `width` bits.
inline int64_t wrapInteger(int64_t value, unsigned width) {
  unsigned unused = 64 - width;
  return static_cast<int64_t>(static_cast<uint64_t>(value) << unused) >> unused;
}

/// Zero-extends the low `width` bits.
inline uint64_t asUnsigned(int64_t value, unsigned width) {
  unsigned unused = 64 - width;
  return (static_cast<uint64_t>(value) << unused) >> unused;
}

/// A dense row-major tensor.
struct Tensor {
  ElementType type;
  llvm::SmallVector<int64_t> shape;
  std::vector<char> bytes;

  int64_t getNumElements() const;
  /// Elements between neighbours of each dimension.
  llvm::SmallVector<int64_t> getStrides() const;
  /// Precondition for both: 0 <= index < getNumElements().
  Scalar load(int64_t index) const;
  void store(int64_t index, Scalar value);
  /// `count` elements from `index` on, `stride` apart, to and from `lanes`.
  void loadLanes(int64_t index, int64_t stride, int count, Scalar *lanes) const;
  void storeLanes(int64_t index, int64_t stride, int count,
                  const Scalar *lanes);
};

using TensorRef = std::shared_ptr<const Tensor>;

/// Value of one SSA value: a tensor or a scalar.
struct RuntimeValue {
  TensorRef tensor;
  Scalar scalar{0};
};

/// An error that names location and op.
llvm::Error failAt(mlir::Operation *op, const llvm::Twine &cause);

/// A tensor with arbitrary but fixed contents. Errors: negative or too large
/// sizes.
llvm::Expected<std::shared_ptr<Tensor>>
allocateTensor(mlir::Operation *op, ElementType type,
               llvm::ArrayRef<int64_t> shape);

/// The contents of `dense`, splat and `dense_resource` attributes.
llvm::Expected<TensorRef> decodeElements(mlir::Operation *op,
                                         mlir::ElementsAttr attribute);
/// An integer or float attribute.
std::optional<Scalar> decodeScalar(mlir::Attribute attribute);

/// Copies `sizes` elements between two strided layouts (in elements); both
/// have the element type of `target`. Precondition: in bounds.
struct StridedLayout {
  int64_t offset;
  llvm::SmallVector<int64_t> strides;
};
void copyStrided(const Tensor &source, const StridedLayout &from,
                 Tensor &target, const StridedLayout &to,
                 llvm::ArrayRef<int64_t> sizes);

} // namespace qdot::interpreter

#endif // QDOT_LIB_NUMERICS_INTERPRETERTENSOR_H
