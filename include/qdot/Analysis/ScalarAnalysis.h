//===- ScalarAnalysis.h - What the body of an elementwise op computes -----===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Answers by structure, for any op of the linalg interface whose loops are all
// parallel: named ops, linalg.generic, linalg.map alike.
//
//===----------------------------------------------------------------------===//

#ifndef QDOT_ANALYSIS_SCALARANALYSIS_H
#define QDOT_ANALYSIS_SCALARANALYSIS_H

#include "qdot/Analysis/ScalarProgram.h"

namespace qdot {

/// True for an op on tensors with one result, only parallel loops, a
/// permutation as output map, and input maps whose results are loops (each at
/// most once) or constants.
bool isPointwise(mlir::linalg::LinalgOp op);

//===----------------------------------------------------------------------===//
// Functions of one value
//===----------------------------------------------------------------------===//

/// An elementwise op that computes the same function of one tensor operand at
/// every position.
class UnaryFunction {
public:
  /// Fails when the body depends on more than one varying operand, on the
  /// position, or on something that cannot be evaluated. An operand that is the
  /// same constant everywhere does not count as varying; one tensor read twice
  /// through one map counts once.
  static mlir::FailureOr<UnaryFunction> get(mlir::linalg::LinalgOp op);

  /// The operand that the function is applied to.
  mlir::OpOperand *getInput() const { return input; }
  const ScalarProgram &getProgram() const { return program; }

  /// The result for one f32 argument, with f32 arithmetic exactly as arith
  /// defines it and math.* through the f64 C library, rounded to f32. Fails
  /// where the body is undefined, or when argument or result is not f32.
  mlir::FailureOr<float> evaluate(float argument) const;

private:
  UnaryFunction(ScalarProgram program) : program(std::move(program)) {}
  ScalarProgram program;
  mlir::OpOperand *input = nullptr;
};

/// `UnaryFunction::get(op)->evaluate(x)`. For many values keep the function.
mlir::FailureOr<float> evaluateUnary(mlir::linalg::LinalgOp op, float x);

/// Applies `chain[0]` first, then `chain[1]` to its result, and so on.
mlir::FailureOr<float> evaluateChain(llvm::ArrayRef<UnaryFunction> chain,
                                     float x);

/// An elementwise op that bounds its input.
struct Clamp {
  mlir::Value input;
  float lo; ///< -inf when there is no lower bound
  float hi; ///< +inf when there is no upper bound
};

/// Matches a body that equals `min(max(x, lo), hi)` for every x that is not
/// NaN, in whatever form of maximum, minimum, comparison and select. Bounds of
/// FLT_MAX magnitude or infinite count as none. A body without any bound (a
/// copy) and a constant one are no clamps.
std::optional<Clamp> matchClamp(mlir::linalg::LinalgOp op);

//===----------------------------------------------------------------------===//
// Affine functions with constant coefficients
//===----------------------------------------------------------------------===//

/// An elementwise op that computes `a * x + b` with constants that may depend
/// on the position in the result.
struct Affine {
  mlir::Value input; ///< x
  /// Position in the result to position in x: a projected permutation, or 0
  /// where x has size 1.
  mlir::AffineMap inputMap;
  /// The dims of the result along which the constants vary, ascending, and
  /// their sizes. No smaller set would do.
  llvm::SmallVector<unsigned> dims;
  llvm::SmallVector<int64_t> shape;
  /// Row-major over `shape`, one value when that is empty; all finite.
  /// Computed in f64 from the constants without rounding to f32 in between.
  llvm::SmallVector<double> a, b;
  /// `a[i]` before the division, and what it was divided by (not 0), so that a
  /// division by n can be told from a multiplication by 1/n.
  llvm::SmallVector<double> multipliers, divisors;

  /// True when every `a` is exactly 1.
  bool isPureOffset() const;
  /// True when the result is x, unchanged.
  bool isIdentity() const;
};

/// Matches bias addition, multiplication, subtraction and division by constants
/// in any order, negation, float casts, whole batch normalization (constants
/// computed in the body from other constants), divisors computed from loop
/// indices (average pooling in TOSA's form). Declines when a dimension along
/// which constants vary is dynamic or there are more than 2^22 positions.
std::optional<Affine> matchAffine(mlir::linalg::LinalgOp op);

//===----------------------------------------------------------------------===//
// Constants in any form
//===----------------------------------------------------------------------===//

/// A tensor of f32 that is constant along all but some dims.
struct BroadcastConstant {
  /// Dims of the tensor along which it varies, ascending, and their sizes. No
  /// smaller set would do.
  llvm::SmallVector<unsigned> dims;
  llvm::SmallVector<int64_t> shape;
  llvm::SmallVector<float> values; ///< row-major over `shape`

  /// True when all values are zero (of either sign).
  bool isZero() const;
  /// The value at a position of the tensor (one index per tensor dim).
  float at(llvm::ArrayRef<int64_t> position) const;
};

/// Matches arith.constant, linalg.fill, linalg.broadcast, linalg.transpose and
/// any elementwise op that only copies a constant. The tensor may be dynamic
/// along the dims along which it does not vary. A missing resource is reported.
std::optional<BroadcastConstant> matchBroadcastConstant(mlir::Value value);

/// True when the tensor holds only zeros, by `matchBroadcastConstant`.
bool isZeroFill(mlir::Value value);

} // namespace qdot

#endif // QDOT_ANALYSIS_SCALARANALYSIS_H
