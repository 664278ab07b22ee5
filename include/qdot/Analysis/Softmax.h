//===- Softmax.h - Find softmax, however it is written -------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//


#ifndef QDOT_ANALYSIS_SOFTMAX_H
#define QDOT_ANALYSIS_SOFTMAX_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/DenseSet.h"

namespace qdot {

/// The operations of every softmax of a function: `exp(x - max(x))`, its sum,
/// and the division or the multiplication by the reciprocal; with or without
/// the maximum, in one generic or several, with reshapes and broadcasts
/// between them; and masks in front of it that nobody else reads.
llvm::DenseSet<mlir::Operation *> findSoftmaxOps(mlir::func::FuncOp function);

/// True where every reader of `value`, through reshapes, slices and copies, is
/// one of `softmax`, the result of findSoftmaxOps: `value` is a mask then, in
/// which minus infinity is meant. False for a value without a reader.
bool feedsSoftmaxAlone(mlir::Value value,
                       const llvm::DenseSet<mlir::Operation *> &softmax);

} // namespace qdot

#endif // QDOT_ANALYSIS_SOFTMAX_H
