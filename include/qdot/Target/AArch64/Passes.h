//===- Passes.h - Passes of the AArch64 target --------------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QDOT_TARGET_AARCH64_PASSES_H
#define QDOT_TARGET_AARCH64_PASSES_H

#include "mlir/Pass/Pass.h"

namespace qdot {

#define GEN_PASS_DECL
#include "qdot/Target/AArch64/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "qdot/Target/AArch64/Passes.h.inc"

} // namespace qdot

#endif // QDOT_TARGET_AARCH64_PASSES_H
