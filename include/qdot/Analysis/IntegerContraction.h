//===- IntegerContraction.h - Contractions on storage types --------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QDOT_ANALYSIS_INTEGERCONTRACTION_H
#define QDOT_ANALYSIS_INTEGERCONTRACTION_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "qdot/Dialect/Qdot.h"
#include <optional>

namespace qdot {

/// `out + ext(lhs) * ext(rhs)` in i32 on two i8 operands of a linalg op. The
/// right side is the constant one where exactly one operand is a constant.
struct IntegerContraction {
  mlir::OpOperand *lhs;
  mlir::OpOperand *rhs;
  Sign lhsSign;
  Sign rhsSign;
  /// The extensions in the body, of lhs and rhs.
  mlir::Operation *lhsExtension;
  mlir::Operation *rhsExtension;
};

/// Recognizes an integer contraction with one result; nullopt for anything
/// else. Works on tensors and memrefs.
std::optional<IntegerContraction>
matchIntegerContraction(mlir::linalg::GenericOp op);

/// `out + (ext(lhs) - lhsZero) * (ext(rhs) - rhsZero)` in i32 on two i8 operands
/// of a linalg op, in the order of the product.
struct CenteredContraction {
  mlir::OpOperand *lhs = nullptr;
  mlir::OpOperand *rhs = nullptr;
  Sign lhsSign = Sign::Signed;
  Sign rhsSign = Sign::Signed;
  int64_t lhsZero = 0;
  int64_t rhsZero = 0;
};

/// Recognizes an integer contraction with zero points in its body, which may
/// all be 0; nullopt for anything else, and for zero points beyond 10 bits.
std::optional<CenteredContraction>
matchCenteredContraction(mlir::linalg::GenericOp op);

/// The operand that is the same for all columns, along the contiguous dimension
/// of the result: the left side of a kernel. Precondition: the result is
/// indexed by distinct loops.
mlir::OpOperand *getRowOperand(mlir::linalg::GenericOp op,
                               const CenteredContraction &contraction);

/// The factor of `dim` in a sum of products of loops and constants: 0 when it
/// does not occur, nullopt when `expr` is not linear in it.
std::optional<int64_t> getCoefficient(mlir::AffineExpr expr, unsigned dim);

} // namespace qdot

#endif // QDOT_ANALYSIS_INTEGERCONTRACTION_H
