//===- PrepareUtils.h - Shared by the passes of the step Prepare ----------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QDOT_PREPARE_PREPAREUTILS_H
#define QDOT_PREPARE_PREPAREUTILS_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/PatternMatch.h"
#include "qdot/Analysis/ScalarProgram.h"
#include "qdot/Dialect/CheckInput.h"

namespace qdot {

class ConstantTensor;

/// f16 and bf16: every value is one of f32.
bool isHalf(mlir::Type type);

/// The same elements in f32. Precondition: the element type `isHalf`.
mlir::DenseElementsAttr widenElements(const ConstantTensor &tensor);

/// Erases ops without effect whose results nobody uses, also those that become
/// so.
void eraseDeadOps(mlir::ModuleOp module);

/// `number` as an attribute of `type`, which must be evaluable.
mlir::TypedAttr createAttribute(Scalar number, mlir::Type type);

/// Replaces the only result of `op` by a constant, or by a fill where its size
/// is dynamic, if it is the same number everywhere whatever `op` reads.
bool foldUniform(mlir::Operation *op);

/// Patterns that reshape a constant before it is dequantized, and that clamp,
/// scale or offset a sum before it is reshaped.
void populateReshapePatterns(mlir::RewritePatternSet &patterns);

/// The two factors of a sum of products.
struct Product {
  mlir::OpOperand *lhs, *rhs;
};

/// Matches an op with one result and at least one reduction loop whose body is
/// `out + lhs * rhs` of two different tensor operands, in any operand order:
/// contractions and convolutions of every kind, named or generic.
std::optional<Product> matchSumOfProducts(mlir::linalg::LinalgOp op);

} // namespace qdot

#endif // QDOT_PREPARE_PREPAREUTILS_H
