//===- Passes.h - Passes of the x86 target --------------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QDOT_TARGET_X86_PASSES_H
#define QDOT_TARGET_X86_PASSES_H

#include "mlir/Pass/Pass.h"

namespace qdot {

#define GEN_PASS_DECL
#include "qdot/Target/X86/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "qdot/Target/X86/Passes.h.inc"

} // namespace qdot

#endif // QDOT_TARGET_X86_PASSES_H
