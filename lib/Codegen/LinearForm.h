//===- LinearForm.h - Sums of bytes with constant factors -----------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QDOT_LIB_CODEGEN_LINEARFORM_H
#define QDOT_LIB_CODEGEN_LINEARFORM_H

#include "mlir/IR/Value.h"
#include <optional>

namespace qdot {

/// The value of a constant of integer type; nullopt for other values.
std::optional<int64_t> matchInteger(mlir::Value value);

/// `constant + sum factor * byte` over different bytes.
struct LinearForm {
  struct Term {
    mlir::Value byte; ///< i8
    bool isSigned;
    int64_t factor;
  };
  int64_t constant = 0;
  llvm::SmallVector<Term> terms;

  /// Adds `by` times the other form.
  void add(const LinearForm &other, int64_t by);
};

/// The linear form of an i32 value; nullopt when there is none. Intermediate
/// wrap-around does not matter while the sum itself fits i32.
std::optional<LinearForm> matchLinear(mlir::Value value);

} // namespace qdot

#endif // QDOT_LIB_CODEGEN_LINEARFORM_H
