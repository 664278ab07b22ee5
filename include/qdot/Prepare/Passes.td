//===- Passes.td - Passes of the step Prepare ------------*- tablegen -*-===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QDOT_PREPARE_PASSES_TD
#define QDOT_PREPARE_PASSES_TD

include "qdot/Prepare/FormPasses.td"
include "qdot/Prepare/ImportPasses.td"

#endif // QDOT_PREPARE_PASSES_TD
