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
  mlir::PassPipelineRegistration<>(
      "qdot-prepare",
      "Import and bring a model into the form that is observed and annotated",
      buildPreparePipeline);
  mlir::PassPipelineRegistration<>(
      "qdot-observe", "Mark every quantizable value of a prepared model",
      buildObservePipeline);
  mlir::PassPipelineRegistration<QuantizationOptions>(
      "qdot-annotate", "Give a prepared model quantized types from statistics",
      buildAnnotatePipeline);
  mlir::PassPipelineRegistration<QuantizationOptions>(
      "qdot-integerize", "Replace annotated float by integer code and verify it",
      buildIntegerizePipeline);
  mlir::PassPipelineRegistration<QuantizationOptions>(
      "qdot-quantize",
      "Prepare, annotate and integerize: any input form to integer code",
      buildQuantizePipeline);
  mlir::PassPipelineRegistration<LoweringOptions>(
      "qdot-lower-to-llvm",
      "Lower linalg on tensors to the LLVM dialect with plain C entry points",
      buildLowerToLLVMPipeline);
  mlir::PassPipelineRegistration<CompilePipelineOptions>(
      "qdot-compile", "Quantize a model and lower it to the LLVM dialect",
      buildCompilePipeline);
}
