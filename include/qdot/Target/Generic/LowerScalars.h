//===- LowerScalars.h - Scalar qdot ops as arith -------------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//


#ifndef QDOT_TARGET_GENERIC_LOWERSCALARS_H
#define QDOT_TARGET_GENERIC_LOWERSCALARS_H

#include "mlir/IR/Builders.h"
#include "qdot/Dialect/Qdot.h"
#include "qdot/Numerics/Quantization.h"

namespace qdot {

/// Rules R2 to R5 in arith: the storage value of one accumulator.
mlir::Value createRequantize(mlir::OpBuilder &builder, RequantizeOp op);

/// The same on values in place of the op's operands: scalars, or vectors of one
/// length.
mlir::Value createRequantize(mlir::OpBuilder &builder, RequantizeOp op,
                             mlir::Value accumulator, mlir::Value multiplier,
                             mlir::Value shift);

/// Rules R2 and R3 in arith, for `qdot.rescale` on scalars and vectors.
mlir::Value createRescale(mlir::OpBuilder &builder, RescaleOp op);

/// `qdot.round` in arith and math.
mlir::Value createRound(mlir::OpBuilder &builder, RoundOp op);

/// The table entry in arith and tensor.
mlir::Value createLookup(mlir::OpBuilder &builder, LookupOp op);

/// Rule Q6 in arith, on one f32: `scale` and `zeroPoint` (i32) may be block
/// arguments; `storage` is the interval, `type` the integer type of the result.
/// With `canFuse` a constant scale is multiplied with where rule S7 proves that.
mlir::Value createQuantize(mlir::OpBuilder &builder, mlir::Location loc,
                           mlir::Value real, mlir::Value scale,
                           mlir::Value zeroPoint, numerics::StorageRange storage,
                           mlir::Type type, bool canFuse);

/// Rule Q8 in arith, on one storage value, which is read as `isSigned` says.
mlir::Value createDequantize(mlir::OpBuilder &builder, mlir::Location loc,
                             mlir::Value stored, mlir::Value scale,
                             mlir::Value zeroPoint, bool isSigned);

} // namespace qdot

#endif // QDOT_TARGET_GENERIC_LOWERSCALARS_H
