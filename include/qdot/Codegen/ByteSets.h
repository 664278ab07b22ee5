//===- ByteSets.h - Which bytes a tensor may hold ---------------*- C++ -*-===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QDOT_CODEGEN_BYTESETS_H
#define QDOT_CODEGEN_BYTESETS_H

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "qdot/Dialect/Qdot.h"
#include <bitset>
#include <utility>

namespace qdot {

/// Bytes as bit patterns, so that a set means the same read with or without
/// sign.
using ByteSet = std::bitset<256>;

/// False for i8 constants that are sparse and for resources without their data,
/// which another pass reports.
bool isReadable(mlir::arith::ConstantOp op);

/// Smallest and largest value of a set whose bytes are read as `sign` says.
/// The empty set (a tensor that was never written) gives 0, 0.
std::pair<int64_t, int64_t> getInterval(const ByteSet &set, Sign sign);

/// The bytes that i8 tensors may hold, from what their producers guarantee:
/// clamps of requantization, tables, constants, the storage interval of
/// quantized types and of arguments with `qdot.quantized`. Pads, slices,
/// reshapes, concatenations and maxima pass sets on. All 256 bytes where
/// nothing is known. Sets are remembered: use one object while the IR does not
/// change.
class ByteSets {
public:
  /// Precondition: `tensor` is a ranked tensor of i8.
  ByteSet get(mlir::Value tensor);

private:
  ByteSet compute(mlir::Value tensor);

  llvm::DenseMap<mlir::Value, ByteSet> known;
};

/// What `qdot.lhs_range` says of the activations of `op`, or all values of a
/// byte with the sign of lhs where it is missing.
std::pair<int64_t, int64_t> getLhsRange(ContractOp op);

} // namespace qdot

#endif // QDOT_CODEGEN_BYTESETS_H
