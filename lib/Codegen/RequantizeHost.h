//===- RequantizeHost.h - Ops whose bodies requantize ---------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QDOT_LIB_CODEGEN_REQUANTIZEHOST_H
#define QDOT_LIB_CODEGEN_REQUANTIZEHOST_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "qdot/Dialect/Qdot.h"
#include "qdot/Numerics/Quantization.h"
#include <optional>

namespace qdot {

/// A `qdot.contract`, or an elementwise `linalg.generic`, on tensors: what it
/// reads besides its accumulator, and what is known of the values in its body.
class RequantizeHost {
public:
  /// A tensor that the body reads through an argument.
  struct Operand {
    mlir::Value tensor;
    mlir::AffineMap map;
  };

  explicit RequantizeHost(mlir::Operation *op)
      : op(op), contract(mlir::dyn_cast<ContractOp>(op)) {}

  mlir::Operation *getOperation() { return op; }
  mlir::Block &getBody() { return op->getRegion(0).front(); }
  /// The sum of a contraction; null for an elementwise op.
  mlir::Value getAccumulator();

  /// The operand behind an argument of the body; nullopt for other values.
  std::optional<Operand> getOperand(mlir::Value argument);
  /// Whether a value is the sum of a contraction, with or without what is added
  /// to it first.
  bool isAccumulation(mlir::Value value);
  /// The proved interval of an i32 value of the body: the accumulation (whose
  /// proof includes what is added first), or sums and products of bytes,
  /// constants, and tensors with `qdot.accumulator` on their producer.
  std::optional<numerics::StorageRange> getRange(mlir::Value value);

  /// Adds a constant operand and its argument.
  mlir::BlockArgument addOperand(mlir::DenseElementsAttr value,
                                 mlir::AffineMap map);
  /// Removes the operands whose arguments have no use.
  void removeUnusedOperands();

private:
  /// The operand of an argument: position among the inputs of an elementwise
  /// op or the extras of a contraction.
  std::optional<unsigned> getNumber(mlir::Value argument);
  std::optional<numerics::StorageRange>
  getElementwiseRange(mlir::Value value, unsigned depth);

  mlir::Operation *op;
  ContractOp contract; ///< null for an elementwise op
};

} // namespace qdot

#endif // QDOT_LIB_CODEGEN_REQUANTIZEHOST_H
