//===- InterpreterOps.h - Ops of the interpreter by kind ------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QDOT_LIB_NUMERICS_INTERPRETEROPS_H
#define QDOT_LIB_NUMERICS_INTERPRETEROPS_H

#include "InterpreterProgram.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace qdot::interpreter {

using Results = llvm::Expected<llvm::SmallVector<RuntimeValue>>;

/// An op with the linalg interface on tensors: one result per init.
Results evaluateLinalg(mlir::linalg::LinalgOp op, Lookup lookup);

/// A scalar op, or an elementwise op on tensors.
Results evaluateElementwise(mlir::Operation *op, Lookup lookup);

/// Whether `evaluateTensor` knows `op`.
bool isTensorOp(mlir::Operation *op);
/// Ops of the tensor dialect that make a tensor.
Results evaluateTensor(mlir::Operation *op, Lookup lookup);

/// Whether `evaluateQuantization` knows `op`.
bool isQuantizationOp(mlir::Operation *op);
/// qdot.quantize, qdot.dequantize, the same of the quant dialect, quant.scast.
Results evaluateQuantization(mlir::Operation *op, Lookup lookup);

} // namespace qdot::interpreter

#endif // QDOT_LIB_NUMERICS_INTERPRETEROPS_H
