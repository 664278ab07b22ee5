//===- ConstantValues.h - Constants behind quantize and dequantize -------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//


#ifndef QDOT_ANALYSIS_CONSTANTVALUES_H
#define QDOT_ANALYSIS_CONSTANTVALUES_H

#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Value.h"
#include "qdot/Dialect/QuantizedType.h"

namespace qdot {

/// A constant tensor of real values.
struct RealConstant {
  mlir::RankedTensorType type;
  llvm::SmallVector<double> values; ///< row-major
};

/// A constant tensor of quantized values.
struct QuantizedConstant {
  mlir::RankedTensorType type; ///< with the quantized element type
  QuantizedView view;
  llvm::SmallVector<int64_t> values; ///< storage values, row-major

  /// How far each dimension moves in the row-major channel numbers over
  /// `view.shape`.
  llvm::SmallVector<int64_t> getStrides() const;
};

/// The real values of an f32 constant, read through dequantize/quantize.
mlir::FailureOr<RealConstant> getRealConstant(mlir::Value value);

/// The storage values behind a quantized constant: `qdot.quantize` of an f32
/// constant (rule Q6; Q7 on i32 storage) or `quant.scast` of an integer one.
mlir::FailureOr<QuantizedConstant> getQuantizedConstant(mlir::Value quantized);

/// Quantizes real values with the parameters of `type`.
QuantizedConstant quantizeConstant(const RealConstant &constant,
                                   mlir::RankedTensorType type);

} // namespace qdot

#endif // QDOT_ANALYSIS_CONSTANTVALUES_H
