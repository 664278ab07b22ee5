//===- IndexArithmetic.h - Arithmetic on indices for emitters -------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QDOT_LIB_CODEGEN_INDEXARITHMETIC_H
#define QDOT_LIB_CODEGEN_INDEXARITHMETIC_H

#include "mlir/IR/Builders.h"

namespace qdot {

/// Base of what emits loops at the insertion point of a builder: arithmetic on
/// values of type `index`. Adding 0 and multiplying by 1 emit nothing.
class IndexArithmetic {
protected:
  IndexArithmetic(mlir::OpBuilder &builder, mlir::Location loc)
      : builder(builder), loc(loc) {}

  mlir::Value constant(int64_t value);
  mlir::Value add(mlir::Value a, mlir::Value b);
  mlir::Value addConstant(mlir::Value a, int64_t b);
  mlir::Value multiply(mlir::Value a, int64_t b);

  mlir::OpBuilder &builder;
  mlir::Location loc;
};

} // namespace qdot

#endif // QDOT_LIB_CODEGEN_INDEXARITHMETIC_H
