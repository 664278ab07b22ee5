//===- Interpreter.h - Scalar reference for tensor-level IR ---------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Executes functions on tensors one scalar at a time, in the order in which the
// IR names them: float IR (arith, math, linalg, tensor) and the integer IR that
// qdot makes. It is the oracle of all execution tests and shares no code with
// the lowering passes; the meaning of qdot's own ops comes from lib/Numerics.
//
//===----------------------------------------------------------------------===//

#ifndef QDOT_NUMERICS_INTERPRETER_H
#define QDOT_NUMERICS_INTERPRETER_H

#include "mlir/IR/BuiltinOps.h"
#include "qdot/Numerics/HostTensor.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include <functional>
#include <memory>
#include <vector>

namespace qdot {

/// Interprets the functions of one verified module.
///
/// Order: loops of a linalg op run in the order of its iteration space, the
/// last dimension innermost, so float sums equal those of the plain loop nest.
/// Floats: f32 operations are f32 operations of the machine, math functions
/// those of its libm; nothing is fused.
/// Undefined values are fixed: a float that does not fit the integer type
/// saturates, NaN becomes 0; a shift by the width or more gives what shifting
/// out all bits gives. Division by zero and accesses out of bounds are errors.
class Interpreter {
public:
  /// Receives the observed tensor and the site's key.
  using ObserveCallback =
      std::function<void(llvm::StringRef site, const HostTensor &value)>;
  /// Receives a tensor result of an op at function level.
  using ResultCallback = std::function<void(
      mlir::Operation *op, unsigned result, const HostTensor &value)>;

  /// `module` must outlive the interpreter and not change meanwhile.
  explicit Interpreter(mlir::ModuleOp module);
  ~Interpreter();

  /// Called for each `qdot.observe`; without one they are ignored.
  void onObserve(ObserveCallback callback);
  /// Called for each tensor result of each op at function level.
  void onResult(ResultCallback callback);

  /// Runs `function` (no leading '@'). Arguments must have the element types
  /// and static sizes of the signature; signless i8 takes I8 and U8. Quantized
  /// types are passed as their storage. The error names location, op and cause.
  /// Calls from several threads at once are allowed, if the callbacks allow it.
  llvm::Expected<std::vector<HostTensor>>
  call(llvm::StringRef function, llvm::ArrayRef<HostTensor> arguments) const;

private:
  struct Implementation;
  std::unique_ptr<Implementation> implementation;
};

} // namespace qdot

#endif // QDOT_NUMERICS_INTERPRETER_H
