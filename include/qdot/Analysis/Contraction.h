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
  /// How far each of the `rank` dimensions of the weight moves in the row-major
  /// numbers of the channels.
  llvm::SmallVector<int64_t> getStrides(int64_t rank) const;
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

/// How far each of `rank` dimensions moves in row-major numbers over `shape`, the
/// sizes of the dimensions `axes`; 0 for the others.
llvm::SmallVector<int64_t> getAxisStrides(int64_t rank,
                                          llvm::ArrayRef<int64_t> axes,
                                          llvm::ArrayRef<int64_t> shape);

/// Calls `visit(element, position)` for every element of a row-major tensor;
/// `position` is the sum of its indices times `strides`. Constants are as large
/// as models: the innermost dimension is a plain loop.
template <typename Visit>
void forEachElement(llvm::ArrayRef<int64_t> shape,
                    llvm::ArrayRef<int64_t> strides, Visit visit) {
  if (llvm::is_contained(shape, 0))
    return;
  int64_t size = shape.empty() ? 1 : shape.back();
  int64_t step = shape.empty() ? 0 : strides.back();
  llvm::SmallVector<int64_t> index(shape.empty() ? 0 : shape.size() - 1, 0);
  int64_t element = 0;
  do {
    int64_t position = 0;
    for (size_t dim = 0; dim < index.size(); ++dim)
      position += index[dim] * strides[dim];
    for (int64_t i = 0; i < size; ++i, position += step)
      visit(element++, position);
  } while (advanceIndex(index, shape.take_front(index.size())));
}

/// The largest |bias| that meets each channel. `init` as for the layer's op.
llvm::SmallVector<double> getBiasMagnitudes(const ContractionChannels &channels,
                                            const ConstantInit &init);

} // namespace qdot

#endif // QDOT_ANALYSIS_CONTRACTION_H
