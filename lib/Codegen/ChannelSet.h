//===- ChannelSet.h - Dimensions that share an order ----------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QDOT_LIB_CODEGEN_CHANNELSET_H
#define QDOT_LIB_CODEGEN_CHANNELSET_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "qdot/Dialect/Qdot.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/SetVector.h"

namespace qdot {

/// A dimension of a tensor.
using TensorDim = std::pair<mlir::Value, int64_t>;

/// All dimensions of tensors whose elements are in the same order as those of a
/// given one: an activation's channels, the columns of the weights and constants
/// that produce them, the rows of the weights that read them, and what lies in
/// between (depthwise layers, residuals, pads, pooling). Where the order is free,
/// permuting all constants of the set changes no value outside it.
class ChannelSet {
public:
  /// The set of `start`.
  explicit ChannelSet(TensorDim start);

  /// Why the order is not free; empty if it is.
  llvm::StringRef getReason() const { return reason; }

  /// Dimensions of tensors that are no constants.
  llvm::ArrayRef<TensorDim> getMembers() const { return members.getArrayRef(); }

  /// The contractions with a loop over the set, and that loop.
  llvm::ArrayRef<std::pair<ContractOp, unsigned>> getLoops() const {
    return loops;
  }

  /// The data of the constant `operand`, with the element `order[i]` at place i
  /// of each dimension that belongs to the set. Precondition: a constant of
  /// whole bytes that can be read.
  mlir::DenseElementsAttr getPermuted(mlir::OpOperand &operand,
                                      llvm::ArrayRef<int64_t> order) const;

  /// Puts all constants into this order. Precondition: the order is free.
  void permute(llvm::ArrayRef<int64_t> order);

private:
  void visit(TensorDim dim);
  /// A constant belongs to the set for this operand only.
  void visit(mlir::OpOperand &operand, int64_t dim);
  /// Everything that shares the loop that `map` has for the dimension, the
  /// `dim`-th of an operand or result of `op`.
  void followLoop(mlir::Operation *op, mlir::AffineMap map, int64_t dim);
  void followContract(ContractOp op, unsigned loop);
  void followLinalg(mlir::linalg::LinalgOp op, unsigned loop);
  /// The dimensions of `operand` that are the loop.
  void visitLoop(mlir::OpOperand &operand, mlir::AffineMap map, unsigned loop);
  /// Ops that move elements: `dim` is one of the first operand, or else of the
  /// result.
  void followMove(mlir::Operation *op, int64_t dim, bool isSource);
  void followResult(mlir::OpResult result, int64_t dim);
  void followUse(mlir::OpOperand &use, int64_t dim);
  /// The first reason counts.
  void refuse(llvm::StringRef why);

  int64_t size;
  llvm::StringRef reason;
  llvm::SetVector<TensorDim> members;
  llvm::DenseSet<std::pair<mlir::Operation *, unsigned>> joined;
  llvm::SmallVector<std::pair<ContractOp, unsigned>> loops;
  llvm::MapVector<mlir::OpOperand *, llvm::SmallSetVector<int64_t, 2>>
      constants;
};

} // namespace qdot

#endif // QDOT_LIB_CODEGEN_CHANNELSET_H
