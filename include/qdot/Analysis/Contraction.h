//===- Contraction.h - Channels and bias of a contraction ----------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//


#ifndef QDOT_ANALYSIS_CONTRACTION_H
#define QDOT_ANALYSIS_CONTRACTION_H

#include "qdot/Analysis/Layers.h"

namespace qdot {

/// The output channels of a contraction with a constant weight: the parallel
/// loops that index the weight. One scale per tuple of channel indices.
struct ContractionChannels {
  /// Dimensions of the weight tensor, ascending, of size above 1.
  llvm::SmallVector<int64_t> weightAxes;
  /// Loop dimension of each of them.
  llvm::SmallVector<unsigned> loops;
  /// Dimension of the output tensor of each of them.
  llvm::SmallVector<int64_t> outputDims;
  /// Their sizes.
  llvm::SmallVector<int64_t> shape;

  /// Number of channel tuples; 1 when there is no channel axis.
  int64_t size() const;
  /// Row-major number of the channel of a weight element.
  int64_t channelOf(llvm::ArrayRef<int64_t> weightIndex) const;
};

/// The channels of `layer`. A weight whose index map is no permutation of loop
/// dimensions has no channel axes (per-tensor scale).
/// Precondition: a Contraction layer with a weight.
ContractionChannels getChannels(const Layer &layer);

/// A constant initial value of an accumulation, as it varies over the output.
struct ConstantInit {
  /// The constant's own tensor value; null for zeros or a filled scalar.
  mlir::Value constant;
  /// Dimensions of the output tensor along which it varies, ascending, and
  /// their sizes; `values` is row-major over them (one value when empty).
  llvm::SmallVector<int64_t> outputDims;
  llvm::SmallVector<int64_t> shape;
  llvm::SmallVector<double> values;
};

/// The constant behind the initial value of an op (zero fill, fill, broadcast
/// or plain constant, also behind quantize/dequantize of a constant), or
/// failure. Values behind a dequantize are the dequantized ones.
mlir::FailureOr<ConstantInit> getConstantInit(mlir::Value init);

/// Advances a row-major multi-index; false after the last one.
bool advanceIndex(llvm::MutableArrayRef<int64_t> index,
                  llvm::ArrayRef<int64_t> shape);

/// The largest |bias| that meets each channel. `init` as for the layer's op.
llvm::SmallVector<double> getBiasMagnitudes(const ContractionChannels &channels,
                                            const ConstantInit &init);

} // namespace qdot

#endif // QDOT_ANALYSIS_CONTRACTION_H
