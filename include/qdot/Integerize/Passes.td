//===- Passes.td - Passes of the step Integerize -*- tablegen -*-===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QDOT_INTEGERIZE_PASSES_TD
#define QDOT_INTEGERIZE_PASSES_TD

include "mlir/Pass/PassBase.td"

#endif // QDOT_INTEGERIZE_PASSES_TD
