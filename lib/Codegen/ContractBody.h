//===- ContractBody.h - Requantizations in the body of a contraction ------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QDOT_LIB_CODEGEN_CONTRACTBODY_H
#define QDOT_LIB_CODEGEN_CONTRACTBODY_H

#include "mlir/IR/Builders.h"
#include "qdot/Dialect/Qdot.h"
#include "qdot/Numerics/Quantization.h"
#include <optional>

namespace qdot {

/// The clamp of `op` as an interval.
numerics::StorageRange getClamp(RequantizeOp op);

/// What is added to signed results while they are computed as unsigned bytes:
/// 128, or 0 for unsigned ones.
int64_t getByteShift(RequantizeOp op);

/// The clamp, moved by `getByteShift`.
numerics::StorageRange getUnsignedClamp(RequantizeOp op);

/// An i32 constant.
mlir::Value createInteger(mlir::OpBuilder &builder, mlir::Location loc,
                          int64_t value);

/// The result of `op` for `value`, an i32 that is `getByteShift` higher than the
/// result before its clamp: clamp, truncation, and the sign bit flipped back.
mlir::Value createByteClamp(mlir::OpBuilder &builder, RequantizeOp op,
                            mlir::Value value);

/// Replaces `op` and erases what nothing else uses.
void replaceRequantize(RequantizeOp op, mlir::Value value);

/// The number of the extra of `op` that `value`, of its body, stands for, if that
/// is a constant.
std::optional<unsigned> findConstantExtra(ContractOp op, mlir::Value value);

/// What the left side of `op` holds as unsigned bytes, as far as that is known.
numerics::StorageRange getActivationRange(ContractOp op);

/// A constant as further operand of `op`; returns its argument of the body.
mlir::BlockArgument addExtra(ContractOp op, mlir::DenseElementsAttr value,
                             mlir::AffineMap map);

/// Erases operands that the body does not read.
void removeUnusedExtras(ContractOp op);

} // namespace qdot

#endif // QDOT_LIB_CODEGEN_CONTRACTBODY_H
