//===- QuantizedType.h - Uniform view of !quant.uniform types -------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QDOT_DIALECT_QUANTIZEDTYPE_H
#define QDOT_DIALECT_QUANTIZEDTYPE_H

#include "mlir/Dialect/Quant/IR/QuantTypes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Diagnostics.h"
#include "qdot/Numerics/Quantization.h"
#include "llvm/ADT/SmallVector.h"

namespace qdot {

/// Scales and zero points of a quantized element type, whatever its
/// granularity. `axes` lists the tensor dimensions along which they vary
/// (none: per tensor; one: per axis; more: one value per index tuple, stored
/// upstream as a sub-channel type with blocks of one), `shape` their sizes;
/// `scales` and `zeroPoints` are row-major over `shape`.
struct QuantizedView {
  mlir::quant::QuantizedType type;
  numerics::StorageRange storage;
  llvm::SmallVector<int64_t> axes;
  llvm::SmallVector<int64_t> shape;
  llvm::SmallVector<double> scales;
  llvm::SmallVector<int64_t> zeroPoints;

  bool isPerTensor() const { return axes.empty(); }
  /// Parameters of the per-tensor case or of one channel.
  numerics::QuantParams params(size_t channel = 0) const {
    return {scales[channel], zeroPoints[channel]};
  }
};

/// The view of `type`, or failure when it is no uniform type or has sub-channel
/// blocks larger than one element.
mlir::FailureOr<QuantizedView> viewQuantizedType(mlir::Type type);

/// Checks what upstream does not: normal finite scales, zero points within the
/// storage range, storage of 4, 8, 16 or 32 bits, expressed type f32, axis
/// below the rank, static quantized axis with as many elements as scales.
/// Emits the first violation through `emitError`.
mlir::LogicalResult verifyQuantizedTensor(
    mlir::ShapedType tensor,
    llvm::function_ref<mlir::InFlightDiagnostic()> emitError);

/// `!quant.uniform` for one scale and zero point, on the first of i8, i16 and i32
/// that holds `range` (4 bits are bytes from -8 to 7).
mlir::quant::QuantizedType getPerTensorType(mlir::MLIRContext *context,
                                            numerics::StorageRange range,
                                            numerics::QuantParams params);

/// Zero point 0 on every channel of a tensor of `rank`; `axes` and `shape` as in
/// QuantizedView.
mlir::quant::QuantizedType
getSymmetricType(mlir::MLIRContext *context, numerics::StorageRange range,
                 int64_t rank,
                 llvm::ArrayRef<int64_t> axes, llvm::ArrayRef<int64_t> shape,
                 llvm::ArrayRef<double> scales);

/// `type` with other scales and zero points, which vary along `axes` of a tensor
/// of `rank`; `axes`, `shape`, `scales` and `zeroPoints` as in QuantizedView.
/// Null where several axes have storage other than signed i8, i16 and i32.
mlir::quant::QuantizedType
changeScales(mlir::quant::QuantizedType type, int64_t rank,
             llvm::ArrayRef<int64_t> axes, llvm::ArrayRef<int64_t> shape,
             llvm::ArrayRef<double> scales,
             llvm::ArrayRef<int64_t> zeroPoints);

/// The integer type that holds the storage values (signless).
mlir::IntegerType getStorageType(mlir::quant::QuantizedType type);

/// `tensor` with its quantized element type replaced by the storage type.
mlir::RankedTensorType getStorageTensor(mlir::RankedTensorType tensor);

} // namespace qdot

#endif // QDOT_DIALECT_QUANTIZEDTYPE_H
