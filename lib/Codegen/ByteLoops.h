//===- ByteLoops.h - Loops of an op over vectors of bytes -----------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QDOT_LIB_CODEGEN_BYTELOOPS_H
#define QDOT_LIB_CODEGEN_BYTELOOPS_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include <optional>

namespace qdot {

/// A memref that an op reads or writes, as one flat run of elements.
struct ByteOperand {
  mlir::Value memref;
  mlir::Type element;
  llvm::SmallVector<int64_t> strides; ///< elements per step of each loop
  /// The dimension that each loop runs over, or -1.
  llvm::SmallVector<int64_t> dims;

  /// The same operand along other loops: `from[i]` is the loop, of `count`,
  /// that loop i becomes.
  ByteOperand onLoops(mlir::ArrayRef<unsigned> from, unsigned count) const;
};

/// Parallel loops that run over memory like one.
struct ByteLoop {
  int64_t size; ///< ShapedType::kDynamic when not known
  llvm::SmallVector<unsigned> loops;
  llvm::SmallVector<int64_t> strides; ///< per operand

  bool isDynamic() const { return mlir::ShapedType::isDynamic(size); }
};

/// A reduction: its extent and the elements of the input per step.
struct ByteTap {
  int64_t size;
  int64_t stride;
};

/// The loops of one linalg op on memrefs: the operands that its body reads, the
/// result last.
class ByteLoops {
public:
  /// The loops of `op`, or nullopt when strides are not known, a reduction has
  /// a dynamic size, or the result is not contiguous along a loop along which
  /// every operand is contiguous or constant.
  static std::optional<ByteLoops> get(mlir::linalg::GenericOp op,
                                      mlir::ArrayRef<ByteOperand> operands);

  /// Strides of `operand` along the loops of `op`; nullopt when not known.
  static std::optional<ByteOperand> getOperand(mlir::AffineMap map,
                                               mlir::Value memref);

  llvm::SmallVector<ByteOperand> operands;
  llvm::SmallVector<ByteLoop> outer; ///< slowest first
  ByteLoop column;                   ///< contiguous in the result
  llvm::SmallVector<ByteTap> taps;   ///< of operand 0, slowest first
};

} // namespace qdot

#endif // QDOT_LIB_CODEGEN_BYTELOOPS_H
