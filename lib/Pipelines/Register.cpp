//===- Register.cpp - Pipelines by name -----------------------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/Pass/PassRegistry.h"
#include "qdot/Pipelines/Pipelines.h"

void qdot::registerPipelines() {
  mlir::PassPipelineRegistration<>(
      "qdot-import", "Convert TOSA to linalg on tensors, inline, canonicalize",
      buildImportPipeline);
  mlir::PassPipelineRegistration<LoweringOptions>(
      "qdot-lower-to-llvm",
      "Lower linalg on tensors to the LLVM dialect with plain C entry points",
      buildLowerToLLVMPipeline);
}
