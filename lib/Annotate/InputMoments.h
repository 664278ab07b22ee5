//===- InputMoments.h - Means and variances that weights meet ---------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QDOT_LIB_ANNOTATE_INPUTMOMENTS_H
#define QDOT_LIB_ANNOTATE_INPUTMOMENTS_H

#include "qdot/Analysis/Layers.h"
#include "qdot/Statistics/Histogram.h"
#include "llvm/ADT/SmallVector.h"

namespace qdot {

/// What is known about the inputs that the weights of a layer are multiplied
/// with: one mean and variance for all, or one for each input channel.
struct InputMoments {
  llvm::SmallVector<double> means = {0};
  llvm::SmallVector<double> variances = {1};
  /// How far each dimension of the weight moves in `means`; empty for one mean.
  llvm::SmallVector<int64_t> strides;

  /// The number in `means` for each weight, in row-major order.
  llvm::SmallVector<int64_t, 0>
  getInputs(llvm::ArrayRef<int64_t> weightShape) const;
};

/// The moments in the record of the activation of `layer`. By channel, where the
/// record has channels and one loop runs over exactly that many indices of an
/// axis of the activation (not the first, which holds the samples) and of the
/// weight. Precondition: a Contraction layer with a weight; the record has a
/// range.
InputMoments getInputMoments(const Layer &layer,
                             const statistics::TensorRecord &record);

} // namespace qdot

#endif // QDOT_LIB_ANNOTATE_INPUTMOMENTS_H
