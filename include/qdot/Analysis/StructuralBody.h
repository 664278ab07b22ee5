//===- StructuralBody.h - Recognize the scalar bodies of linalg operations -===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//


#ifndef QDOT_ANALYSIS_STRUCTURALBODY_H
#define QDOT_ANALYSIS_STRUCTURALBODY_H

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

namespace qdot {

/// What one output of a linalg body is made of.
enum class BodyKind {
  MultiplyAdd, ///< out + in0 * in1
  Sum,         ///< out + in
  Max,         ///< max(out, in)
  Min,         ///< min(out, in)
  Copy,        ///< in
  Add,         ///< in0 + in1, `out` unused
  Sub,         ///< in0 - in1
  Mul,         ///< in0 * in1
  Maximum,     ///< max(in0, in1)
  Minimum,     ///< min(in0, in1)
  Other,
};

/// A recognized body. `inputs` are the operand numbers of the block arguments
/// that it reads, in the order of the formula.
struct StructuralBody {
  BodyKind kind = BodyKind::Other;
  llvm::SmallVector<unsigned, 2> inputs;
};

/// Recognizes the body of an op with one output. Works for float bodies; both
/// operand orders of commutative operations are accepted.
StructuralBody matchBody(mlir::linalg::LinalgOp op);

/// The tensor that a gather body reads: an all-parallel op whose body yields
/// `tensor.extract` of a captured float tensor. Null when it is none.
mlir::tensor::ExtractOp matchGather(mlir::linalg::LinalgOp op);

/// The selection that an elementwise body yields: an element of one of two
/// inputs, or of one input and zero, by what no float element takes part in (a
/// mask, an index). Null when it is none.
mlir::arith::SelectOp matchChoice(mlir::linalg::LinalgOp op);

/// True when every iterator is parallel.
bool isAllParallel(mlir::linalg::LinalgOp op);

} // namespace qdot

#endif // QDOT_ANALYSIS_STRUCTURALBODY_H
