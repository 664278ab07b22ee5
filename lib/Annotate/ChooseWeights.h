//===- ChooseWeights.h - Scales and codes of constant weights --*- C++ -*-===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QDOT_LIB_ANNOTATE_CHOOSEWEIGHTS_H
#define QDOT_LIB_ANNOTATE_CHOOSEWEIGHTS_H

#include "InputMoments.h"
#include "qdot/Analysis/ConstantValues.h"
#include "qdot/Analysis/Contraction.h"
#include "qdot/Annotate/AnnotationRules.h"
#include <optional>

namespace qdot {

/// How the weights of one layer are to be quantized.
struct WeightRequest {
  statistics::RangeMethod method;
  WeightGranularity granularity;
  numerics::Scheme scheme;
  /// Of the activation that the weights meet: its scale, and the moments that
  /// the method `auto` weighs errors with.
  double inputScale = 1;
  InputMoments inputs;
};

/// One scale per channel (all equal, granularity Tensor), and the codes where
/// they are not what `qdot.quantize` would make of the weights.
struct WeightChoice {
  llvm::SmallVector<double> scales;
  numerics::StorageRange storage;
  std::optional<llvm::SmallVector<int64_t>> codes;
};

/// Chooses scales such that the bias fits (rule Q5). `biases` holds the largest
/// magnitude that meets each channel. Values are finite. Granularity Block
/// (rule C7) needs codes of 4 bits.
WeightChoice chooseWeights(const RealConstant &weight,
                           const ContractionChannels &channels,
                           llvm::ArrayRef<double> biases,
                           const WeightRequest &request);

} // namespace qdot

#endif // QDOT_LIB_ANNOTATE_CHOOSEWEIGHTS_H
