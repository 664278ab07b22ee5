//===- FloatPlan.h - Loops and strides of an f32 contraction ---------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What the passes that choose and expand tiles of f32 contractions must agree
// on: derived from the bufferized operation alone.
//
//===----------------------------------------------------------------------===//

#ifndef QDOT_CODEGEN_FLOATPLAN_H
#define QDOT_CODEGEN_FLOATPLAN_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include <array>
#include <optional>
#include <string>

namespace qdot {

/// One loop of an f32 contraction, or several parallel ones that run over
/// memory like one. Strides count elements; 0 where the operand does not vary.
struct FloatLoop {
  llvm::SmallVector<unsigned, 4> loops; ///< loops of the op, slowest first
  int64_t size = 1;                     ///< ShapedType::kDynamic: not known
  std::array<int64_t, 2> inputs = {0, 0};
  int64_t out = 0;

  bool isDynamic() const { return mlir::ShapedType::isDynamic(size); }
};

/// The loops of one f32 contraction around a tile of rows and columns.
struct FloatPlan {
  /// The contiguous dimension of the result, along which vectors lie.
  FloatLoop column;
  /// The rows of a tile; size 1 when there is none. The operand `shared` does
  /// not vary along it.
  FloatLoop row;
  /// The other parallel loops, slowest first: those along which the shared
  /// operand varies come first.
  llvm::SmallVector<FloatLoop> outer;
  /// Reductions in the order of the op: the order in which an element is summed.
  llvm::SmallVector<FloatLoop> reductions;
  /// The input that all rows of a tile share, 0 or 1.
  unsigned shared = 1;
  /// The shared input is constant, and is packed when the tiles are expanded.
  bool isPacked = false;

  /// Whether an input has an element for every column, rather than one for all
  /// of them.
  bool isVector(unsigned input) const { return column.inputs[input] != 0; }
  /// Terms of one sum; a dynamic loop counts as 64.
  int64_t countTerms() const;
};

/// True for `out + in0 * in1` in f32 as one `math.fma`, with two inputs and one
/// result: what qdot-fuse-products makes of contractions.
bool isFusedContraction(mlir::linalg::LinalgOp op);

/// The multiplication and addition of an f32 contraction whose body is
/// `out + in0 * in1` in any order of operands, or nulls.
struct ProductBody {
  mlir::Operation *product = nullptr;
  mlir::Operation *sum = nullptr;
};
ProductBody matchProductBody(mlir::linalg::LinalgOp op);

/// The plan of `op`, or nullopt with the `reason` why its loops cannot be tiled.
/// Precondition: a fused contraction on memrefs.
std::optional<FloatPlan> getFloatPlan(mlir::linalg::LinalgOp op,
                                      std::string &reason);

} // namespace qdot

#endif // QDOT_CODEGEN_FLOATPLAN_H
