//===- IntegerBuilder.h - Pieces of integer code -------------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// Internal to the step Integerize: what every kind of layer needs to build its
// integer form.
//
//===----------------------------------------------------------------------===//

#ifndef QDOT_INTEGERIZE_INTEGERBUILDER_H
#define QDOT_INTEGERIZE_INTEGERBUILDER_H

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "qdot/Analysis/Layers.h"
#include "qdot/Dialect/Qdot.h"
#include "qdot/Dialect/QuantizedType.h"
#include "qdot/Numerics/Requantize.h"

namespace qdot {

/// An operand or result in integer form: the tensor of storage values and what
/// they stand for.
struct StorageValue {
  mlir::Value value;
  QuantizedView view;

  mlir::RankedTensorType getType() const {
    return mlir::cast<mlir::RankedTensorType>(value.getType());
  }
};

/// True for what `qdot.requantize` can make: signed storage of at least 8 bits.
inline bool isRequantizationTarget(const QuantizedView &view) {
  return view.type.isSigned() &&
         view.type.getStorageTypeIntegralWidth() >= 8;
}

/// The real multipliers of a requantization: one, or one per index tuple over
/// `dims` of the result tensor.
struct Multipliers {
  llvm::SmallVector<double> values;
  llvm::SmallVector<int64_t> dims;
  llvm::SmallVector<int64_t> shape;

  static Multipliers uniform(double value) { return {{value}, {}, {}}; }
};

/// Builds integer operations in front of one operation. All created operations
/// have its location.
class IntegerBuilder {
public:
  IntegerBuilder(mlir::Operation *op, numerics::Contract contract)
      : builder(op), loc(op->getLoc()), contract(contract) {}

  /// The signed storage values behind a `qdot.dequantize`, or nothing.
  /// (`qdot-import-quant` has made unsigned storage signed.)
  std::optional<StorageValue> getStorage(mlir::Value real);

  /// `tensor.empty` of `shape`, or with the sizes of `like` where dynamic.
  mlir::Value createEmpty(mlir::Value like, mlir::Type element);

  /// What stands for an operand that a body does not read but that gives loops
  /// their sizes: `createEmpty`, or the operand itself when it is a scalar.
  mlir::Value createShape(mlir::Value like, mlir::Type element);

  /// A dense constant of `element` (i8, i16 or i32) from row-major values.
  mlir::Value createConstant(llvm::ArrayRef<int64_t> shape, mlir::Type element,
                             llvm::ArrayRef<int64_t> values);

  /// A scalar constant.
  mlir::Value createScalar(mlir::Type type, int64_t value);

  /// An i32 initial value with the shape of `like`: `values` over `dims` of the
  /// tensor, broadcast along the others.
  mlir::Value createInit(mlir::Value like, llvm::ArrayRef<int64_t> dims,
                         llvm::ArrayRef<int64_t> shape,
                         llvm::ArrayRef<int64_t> values);

  /// Extends a scalar storage value to i32 inside a body and subtracts `zero`.
  mlir::Value extend(mlir::OpBuilder &body, mlir::Value scalar, int64_t zero);

  /// `requantize(accumulators)` on every element: the storage values of
  /// `result` type, clamped to [clampMin, clampMax] in real values.
  mlir::Value createRequantize(mlir::Value accumulators,
                               const Multipliers &multipliers,
                               const QuantizedView &result, float clampMin,
                               float clampMax);

  /// Storage values on another per-tensor type; the same value when the types
  /// agree. Null when `to` is no target of a requantization.
  mlir::Value convert(StorageValue from, const QuantizedView &to);

  /// The multiplier of an accumulator on `accumulatorScale`, in the arithmetic
  /// of the contract.
  double combine(double inputScale, double weightScale,
                 double outputScale) const;

  mlir::OpBuilder builder;
  mlir::Location loc;
  numerics::Contract contract;
};

/// The size of one dimension of a tensor, looked up through the operations that
/// keep the shape, so that no float operation is kept for it.
mlir::OpFoldResult getSize(mlir::OpBuilder &builder, mlir::Location loc,
                           mlir::Value value, int64_t dim);

/// Marks `value`'s operation with what its integers stand for.
void setQuantized(mlir::Value value, const QuantizedView &view, SiteAttr site);

/// What became of one layer: its storage values, or the reason.
struct IntegerizeResult {
  mlir::Value storage;
  FloatReason reason;

  static IntegerizeResult refuse(llvm::StringRef reason,
                                 const llvm::Twine &message) {
    return {{}, {reason.str(), message.str()}};
  }
};

/// The integer forms, one function per kind of layer. Nothing is created when a
/// layer is refused. `result` is the type of the layer's quantized result.
IntegerizeResult integerizeContraction(const Layer &layer,
                                       const QuantizedView &result,
                                       IntegerBuilder &builder);
IntegerizeResult integerizeSum(const Layer &layer, const QuantizedView &result,
                               IntegerBuilder &builder);
IntegerizeResult integerizeAdd(const Layer &layer, const QuantizedView &result,
                               IntegerBuilder &builder);
IntegerizeResult integerizeMul(const Layer &layer, const QuantizedView &result,
                               IntegerBuilder &builder);
IntegerizeResult integerizeAffine(const Layer &layer,
                                  const QuantizedView &result,
                                  IntegerBuilder &builder);
IntegerizeResult integerizeUnary(const Layer &layer,
                                 const QuantizedView &result,
                                 IntegerBuilder &builder);
IntegerizeResult integerizeMove(const Layer &layer, const QuantizedView &result,
                                IntegerBuilder &builder);

} // namespace qdot

#endif // QDOT_INTEGERIZE_INTEGERBUILDER_H
