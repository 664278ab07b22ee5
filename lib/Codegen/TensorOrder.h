//===- TensorOrder.h - Tensors with permuted dimensions -------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QDOT_LIB_CODEGEN_TENSORORDER_H
#define QDOT_LIB_CODEGEN_TENSORORDER_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Builders.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/DenseSet.h"

namespace qdot {

/// Tensors with permuted dimensions. Pads, pooling, elementwise ops, slices and
/// concatenations are computed in the new order, once;
/// who reads the old order gets a `linalg.transpose` of the new one, which
/// vanishes when that reader asks for the new order, too. What was computed in
/// the old order is left without uses.
class TensorOrder {
public:
  /// `value` with its dimension `order[i]` at place i, for any reader of
  /// `value`. Precondition: `order` is a permutation of the dimensions.
  mlir::Value permute(mlir::Value value, llvm::ArrayRef<int64_t> order);

  /// Computes `op` in the order in which all its operands of the same number of
  /// dimensions stand already, behind their transposes, if there is one.
  void followOperands(mlir::Operation *op);

  /// An empty tensor of the permuted type of `value`.
  static mlir::Value createEmpty(mlir::OpBuilder &builder, mlir::Location loc,
                                 mlir::Value value,
                                 llvm::ArrayRef<int64_t> order);

  /// `value` with its dimension `order[i]` at place i, by a `linalg.transpose`.
  static mlir::Value createTranspose(mlir::OpBuilder &builder,
                                     mlir::Location loc, mlir::Value value,
                                     llvm::ArrayRef<int64_t> order);

  /// Gives the result of an op the type that it has in another order; who reads
  /// it gets it permuted back.
  static void changeResult(mlir::OpResult result, mlir::Type type,
                           llvm::ArrayRef<int64_t> order);

private:
  using Order = llvm::ArrayRef<int64_t>;

  /// `op` in the new order, in front of the old one; null where that is not
  /// possible.
  mlir::Value move(mlir::Operation *op, Order order);
  mlir::Value movePad(mlir::tensor::PadOp op, Order order);
  mlir::Value moveGeneric(mlir::linalg::GenericOp op, Order order);
  mlir::Value moveConcat(mlir::tensor::ConcatOp op, Order order);
  mlir::Value moveInsert(mlir::tensor::InsertSliceOp op, Order order);
  mlir::Value moveExtract(mlir::tensor::ExtractSliceOp op, Order order);
  /// A transpose right behind `value`, the same for all who ask.
  mlir::Value transpose(mlir::Value value, Order order);

  unsigned depth = 0; ///< moves that wait for their operands
  /// Ops that stand in a new order: none of them is moved twice.
  llvm::DenseSet<mlir::Operation *> moved;
  llvm::DenseMap<mlir::Value, llvm::SmallVector<mlir::Value, 1>> transposes;
};

/// `map` with its result `order[i]` at place i.
mlir::AffineMap permuteResults(mlir::AffineMap map,
                               llvm::ArrayRef<int64_t> order);

} // namespace qdot

#endif // QDOT_LIB_CODEGEN_TENSORORDER_H
