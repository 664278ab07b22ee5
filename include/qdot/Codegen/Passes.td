//===- Passes.td - Passes of the step Codegen -*- tablegen -*-===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QDOT_CODEGEN_PASSES_TD
#define QDOT_CODEGEN_PASSES_TD

include "qdot/Codegen/FloatPasses.td"
include "qdot/Codegen/KernelPasses.td"
include "qdot/Codegen/ModulePasses.td"
include "qdot/Codegen/ThreadPasses.td"
include "qdot/Codegen/VectorPasses.td"

#endif // QDOT_CODEGEN_PASSES_TD
