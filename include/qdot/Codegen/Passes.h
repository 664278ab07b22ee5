//===- Passes.h - Passes of the step Codegen -----------------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QDOT_CODEGEN_PASSES_H
#define QDOT_CODEGEN_PASSES_H

#include "mlir/Pass/Pass.h"

namespace qdot {

#define GEN_PASS_DECL
#include "qdot/Codegen/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "qdot/Codegen/Passes.h.inc"

} // namespace qdot

#endif // QDOT_CODEGEN_PASSES_H
