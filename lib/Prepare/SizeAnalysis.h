//===- SizeAnalysis.h - Where dynamic sizes come from ---------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QDOT_PREPARE_SIZEANALYSIS_H
#define QDOT_PREPARE_SIZEANALYSIS_H

#include "mlir/IR/Value.h"
#include <cstdint>

namespace qdot {

/// A size as a multiple of one that is not computed further: `factor` times the
/// dimension `dim` of the tensor `origin`, or times the index `origin` when
/// `dim` is -1, or just `factor` when there is no origin.
struct Size {
  mlir::Value origin;
  int64_t dim = -1;
  int64_t factor = 1;

  bool isConstant() const { return !origin; }
  bool operator==(const Size &other) const {
    return origin == other.origin && dim == other.dim && factor == other.factor;
  }
};

/// The size of a dimension, followed through destinations, reshapes, slices and
/// padding to where it comes from.
Size getSizeOfDim(mlir::Value tensor, int64_t dim);

/// The same for a value of index type.
Size getSizeOfIndex(mlir::Value index);

} // namespace qdot

#endif // QDOT_PREPARE_SIZEANALYSIS_H
