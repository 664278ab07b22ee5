//===- Constants.h - Reading and creating constant tensors ----------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Weights reach the compiler as `dense` (splat or not) or `dense_resource`.
// Everything else in qdot reads them through this file.
//
//===----------------------------------------------------------------------===//

#ifndef QDOT_DIALECT_CONSTANTS_H
#define QDOT_DIALECT_CONSTANTS_H

#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "llvm/ADT/SmallVector.h"
#include <cstdint>

namespace qdot {

/// The elements of one constant tensor of static shape, in row-major order.
/// Elements are integers, `index` or floats of 1 to 64 bits; one element takes
/// `elementSize()` bytes (its width rounded up; `i1` takes one byte).
class ConstantTensor {
public:
  /// True when `value` is the result of a constant op with tensor type. The
  /// data may still be missing (see `get`). Looks through nothing.
  static bool isConstant(mlir::Value value);

  /// The constant behind `value`. Fails without a diagnostic when `value` is no
  /// constant or has an element type that is not supported. A `dense_resource`
  /// without data, or with data of the wrong size, is an error at the constant.
  static mlir::FailureOr<ConstantTensor> get(mlir::Value value);

  /// The elements of `attribute`; a resource that cannot be read is reported
  /// through `emitError`.
  static mlir::FailureOr<ConstantTensor>
  get(mlir::ElementsAttr attribute,
      llvm::function_ref<mlir::InFlightDiagnostic()> emitError);

  mlir::RankedTensorType getType() const { return type; }
  int64_t getNumElements() const { return numElements; }
  unsigned getElementSize() const { return elementSize; }

  /// The bytes of one element. Precondition: 0 <= index < getNumElements().
  llvm::ArrayRef<char> getBytes(int64_t index) const;
  /// The value of one element as f32. Precondition: element type f32.
  float getFloat(int64_t index) const;
  /// The value of one element, sign extended (`index` included; unsigned and
  /// `i1` elements are zero extended). Precondition: integer or index.
  int64_t getInteger(int64_t index) const;

  /// True when every element has the same bits. True for no elements.
  bool isSplat() const;

private:
  mlir::RankedTensorType type;
  // Read per element, so kept apart from the type.
  int64_t numElements = 0;
  unsigned elementSize = 0;
  unsigned width = 0;           ///< bits of one element
  bool isZeroExtended = false;  ///< unsigned and `i1` elements
  bool single = false;        ///< one stored element stands for all
  llvm::ArrayRef<char> bytes; ///< owned by the attribute, or by `unpacked`
  std::shared_ptr<llvm::SmallVector<char>> unpacked; ///< `i1` only
};

/// All elements of an f32 constant. Fails as `ConstantTensor::get`, and
/// silently when the element type is not f32.
mlir::FailureOr<llvm::SmallVector<float>> readFloats(mlir::Value value);

/// All elements of an integer or index constant, extended to 64 bits. Fails as
/// `ConstantTensor::get`, and silently when the elements are no integers.
mlir::FailureOr<llvm::SmallVector<int64_t>> readIntegers(mlir::Value value);

/// A `dense` attribute from `elementSize` bytes per element in row-major order.
/// Elements that are all equal give a splat, so that equal tensors always have
/// the same attribute. Precondition: `type` is static and `bytes` has its size.
mlir::DenseElementsAttr createElements(mlir::RankedTensorType type,
                                       llvm::ArrayRef<char> bytes);

/// An `arith.constant` of f32 elements. Precondition: `type` is static, its
/// element type f32, and `values` has one entry per element.
mlir::Value createFloatConstant(mlir::OpBuilder &builder, mlir::Location loc,
                                mlir::RankedTensorType type,
                                llvm::ArrayRef<float> values);

/// Digest of the multiset of elements: the sum over all elements of a mixed
/// 64-bit hash of the element's bits and width (the finalizer of
/// splitmix64). Neither order nor shape matters, so a tensor and its transposed
/// or reshaped copy have the same digest, whether `dense` or `dense_resource`.
uint64_t digestElements(const ConstantTensor &tensor);

} // namespace qdot

#endif // QDOT_DIALECT_CONSTANTS_H
