//===- ScalarProgram.h - Host evaluation of a linalg body -----------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The scalar body of a linalg op as a list of steps that can be run on the
// host, over numbers (constant folding, 256-entry tables) or over any other
// domain by walking the steps (clamps, affine functions).
//
//===----------------------------------------------------------------------===//

#ifndef QDOT_ANALYSIS_SCALARPROGRAM_H
#define QDOT_ANALYSIS_SCALARPROGRAM_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include <cstdint>
#include <optional>

namespace qdot {

/// A value of f32 or f64 type (`real`), or of `index` or integer type up to 64
/// bits (`integer`, sign extended; `i1` is 0 or 1). The type is kept elsewhere.
union Scalar {
  double real;
  int64_t integer;
};

/// Whether every float result is rounded to its own type, as compiled code
/// does, or kept in f64 (for constants that are to be rounded once).
enum class Rounding { EachStep, None };

/// One scalar op, with its operands and result as numbers of slots.
struct ScalarStep {
  mlir::Operation *op;
  llvm::SmallVector<unsigned, 3> operands;
  unsigned result;

  /// Computes the result from the values in `slots` and stores it there.
  /// Returns false where the op is undefined (division by zero, conversion out
  /// of range).
  bool run(llvm::MutableArrayRef<Scalar> slots, Rounding rounding) const;
};

/// True when ops of this kind can be evaluated: the scalar ops of `arith` and
/// `math` on f32, f64, index and integers up to 64 bits.
bool isEvaluable(mlir::Operation *op);

/// True for a type that a Scalar can hold.
bool isEvaluableType(mlir::Type type);

/// The constant that a scalar value, or every element of a tensor, equals:
/// constants, arith and math on constants, static `tensor.dim`, `linalg.fill`.
std::optional<Scalar> getUniformConstant(mlir::Value value);

/// The steps that lead to the only result of a linalg op. Steps that do not
/// depend on an argument or a loop index have been evaluated already.
class ScalarProgram {
public:
  enum class SlotKind { Constant, Argument, Index, Result };
  struct Slot {
    SlotKind kind;
    unsigned number; ///< operand of the op, or loop of the op
  };

  /// Compiles the body of `op`. Fails on several results, on ops that are not
  /// evaluable, and on captured values that are no constants. Operands that are
  /// the same constant everywhere become constants, but for `variable`.
  static mlir::FailureOr<ScalarProgram> get(mlir::linalg::LinalgOp op,
                                            Rounding rounding,
                                            mlir::Value variable = nullptr);

  /// The same for `value`, any scalar in the body of `op`.
  static mlir::FailureOr<ScalarProgram>
  get(mlir::linalg::LinalgOp op, mlir::Value value, Rounding rounding,
      mlir::Value variable = nullptr);

  mlir::linalg::LinalgOp getOp() const { return op; }
  llvm::ArrayRef<Slot> getSlots() const { return slots; }
  llvm::ArrayRef<ScalarStep> getSteps() const { return steps; }
  unsigned getResult() const { return result; }

  /// Values with the constants filled in, to set arguments and indices in.
  llvm::SmallVector<Scalar> createValues() const { return values; }

  /// Runs all steps; afterwards slot `getResult()` holds the result. Returns
  /// false where a step is undefined.
  bool run(llvm::MutableArrayRef<Scalar> slotValues) const;

  /// Slots of one kind.
  llvm::SmallVector<unsigned> getSlotsOf(SlotKind kind) const;

private:
  ScalarProgram(mlir::linalg::LinalgOp op, Rounding rounding,
                mlir::Value variable)
      : op(op), rounding(rounding), variable(variable) {}
  mlir::FailureOr<unsigned> addValue(mlir::Value value, unsigned depth);
  mlir::FailureOr<unsigned> addArgument(mlir::BlockArgument argument);
  mlir::FailureOr<unsigned> addStep(mlir::Operation *step, unsigned depth);
  unsigned addSlot(mlir::Value value, SlotKind kind, unsigned number,
                   Scalar initial);

  mlir::linalg::LinalgOp op;
  Rounding rounding;
  mlir::Value variable;
  llvm::SmallVector<Slot> slots;
  llvm::SmallVector<Scalar> values;
  llvm::SmallVector<ScalarStep> steps;
  llvm::DenseMap<mlir::Value, unsigned> slotOf;
  unsigned result = 0;
};

} // namespace qdot

#endif // QDOT_ANALYSIS_SCALARPROGRAM_H
