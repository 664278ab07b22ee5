//===- StorageClasses.h - Tensors that are stored alike ---------*- C++ -*-===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QDOT_CODEGEN_STORAGECLASSES_H
#define QDOT_CODEGEN_STORAGECLASSES_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/EquivalenceClasses.h"

namespace qdot {

/// True for ranked tensors of signless i8.
bool isBytes(mlir::Value value);

/// True for ops whose i8 operands and results hold the same values.
bool isMovement(mlir::Operation *op);

/// Classes of the i8 tensors of one function that must be stored alike, and by
/// how much the values of each move when activations become unsigned.
class StorageClasses {
public:
  explicit StorageClasses(mlir::func::FuncOp function);

  /// What is added to the values of a tensor to store them as unsigned bytes;
  /// 0 for tensors that keep their form. 64 where the values are proved to lie
  /// in -64 to 63, so that the stored ones are below 128; else 128.
  int64_t getOffset(mlir::Value value) const;

private:
  using Set = llvm::DenseSet<const void *>;

  void addOp(mlir::Operation *op);
  void addLinalg(mlir::linalg::LinalgOp op);
  void addProduct(mlir::linalg::GenericOp op);
  void chooseOffsets();
  void join(mlir::Value a, mlir::Value b);
  void pin(mlir::Value value);
  Set getLeaders(llvm::ArrayRef<mlir::Value> values);

  llvm::EquivalenceClasses<const void *> classes;
  llvm::SmallVector<mlir::Value> members, wantedValues, pinnedValues;
  llvm::DenseMap<const void *, int64_t> offsets; ///< by leader
};

} // namespace qdot

#endif // QDOT_CODEGEN_STORAGECLASSES_H
