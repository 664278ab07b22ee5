//===- ScalarAnalysis.h - Scalar bodies as functions ---------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QDOT_ANALYSIS_SCALARANALYSIS_H
#define QDOT_ANALYSIS_SCALARANALYSIS_H
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include <optional>
namespace qdot {
struct Clamp { mlir::Value input; float lo, hi; };
struct Affine { mlir::Value input; llvm::SmallVector<unsigned> dims; llvm::SmallVector<int64_t> shape; llvm::SmallVector<double> a, b; };
mlir::FailureOr<float> evaluateUnary(mlir::linalg::LinalgOp op, float x);
std::optional<Clamp> matchClamp(mlir::linalg::LinalgOp op);
std::optional<Affine> matchAffine(mlir::linalg::LinalgOp op);
}
#endif
