//===- MoveConstants.h - Constants whose elements are moved ---------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QDOT_PREPARE_MOVECONSTANTS_H
#define QDOT_PREPARE_MOVECONSTANTS_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/IR/BuiltinTypes.h"
#include "llvm/ADT/SmallVector.h"
#include <optional>

namespace qdot {

/// An op may make this many bytes more than it reads, and more when it computes
/// or only serves ops that do.
inline constexpr int64_t maxMoveGrowth = 4096;
inline constexpr int64_t maxGrowth = 1 << 20;

/// Where the elements of a result come from in a row-major source: the element
/// at `base` plus the sum of index times stride over the dims of the result.
struct Gather {
  int64_t base = 0;
  llvm::SmallVector<int64_t> strides;
};

/// An op that only moves elements of `source`.
struct Move {
  mlir::Value source;
  Gather gather;
};

/// The static type of the only result of `op`, if that is a tensor; else null.
mlir::RankedTensorType getStaticType(mlir::Operation *op);

/// How an elementwise op whose result has static shape reads `operand`; nothing
/// when an index is no sum of multiples of loops.
std::optional<Gather> createOperandGather(mlir::linalg::LinalgOp op,
                                          mlir::OpOperand &operand);

/// The operand that an elementwise op copies, or null.
mlir::OpOperand *getCopiedOperand(mlir::linalg::LinalgOp op);

/// What `op` moves, if it makes a tensor of the static `type` by moving
/// elements: reshapes, slices, transposes, broadcasts, reversals.
std::optional<Move> matchMove(mlir::Operation *op, mlir::RankedTensorType type);

/// True when making `type` out of `read` bytes adds at most `growth` bytes.
bool isSmallEnough(mlir::RankedTensorType type, unsigned elementSize,
                   int64_t read, int64_t growth);

/// `source`, moved, as elements of `type`, if it is constant and at most
/// `growth` bytes smaller; else null.
mlir::DenseElementsAttr foldMove(mlir::RankedTensorType type,
                                 mlir::Value source, const Gather &gather,
                                 int64_t growth);

/// Moves a constant before it is dequantized: weights that are transposed,
/// reshaped, reversed or padded behind their `qdot.dequantize`. Scales per axis
/// go along. Returns the new value, created in front of `op`, or null.
mlir::Value foldQuantizedMove(mlir::Operation *op);

} // namespace qdot

#endif // QDOT_PREPARE_MOVECONSTANTS_H
