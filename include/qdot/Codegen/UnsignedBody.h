//===- UnsignedBody.h - Scalar bodies on unsigned bytes -------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QDOT_CODEGEN_UNSIGNEDBODY_H
#define QDOT_CODEGEN_UNSIGNEDBODY_H

#include "mlir/IR/Builders.h"

namespace qdot {

/// `value ^ 0x80`: a signed byte as unsigned byte of the value plus 128, or
/// back. Precondition: an i8.
mlir::Value createFlip(mlir::OpBuilder &builder, mlir::Location loc,
                       mlir::Value value);

/// A signed byte as unsigned byte of the value plus `offset`, or back with a
/// negative one. An offset of 128 is `createFlip`; with any other the sum
/// must lie in -128 to 127 (it carries nsw). Precondition: an i8.
mlir::Value createShift(mlir::OpBuilder &builder, mlir::Location loc,
                        mlir::Value value, int64_t offset);

/// Removes shifts (see `createShift`) from a scalar body where another form of
/// their neighbours gives the same values: requantization to the shifted
/// interval, entries of constant tables, maximum and minimum of shifted bytes,
/// extension of unsigned bytes, and pairs of shifts. Dead ops are erased.
void simplifyUnsignedBody(mlir::Block &body);

} // namespace qdot

#endif // QDOT_CODEGEN_UNSIGNEDBODY_H
