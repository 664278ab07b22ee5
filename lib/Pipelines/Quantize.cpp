//===- Quantize.cpp - From any input form to integer code ----------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/Transforms/Passes.h"
#include "qdot/Annotate/Passes.h"
#include "qdot/Integerize/Passes.h"
#include "qdot/Observe/Passes.h"
#include "qdot/Pipelines/Pipelines.h"
#include "qdot/Prepare/Passes.h"

using namespace mlir;
using namespace qdot;

void qdot::buildPreparePipeline(OpPassManager &pm) {
  buildImportPipeline(pm);
  pm.addPass(createFoldUniform());
  pm.addPass(createCheckModel());
  pm.addPass(createImportFakeQuant());
  pm.addPass(createSimplifyBodies());
  pm.addPass(createDropBroadcasts());
  pm.addPass(createFoldConstants());
  pm.addPass(createResolveSizes());
  pm.addPass(createSimplifyShapes());
  pm.addPass(createJoinSlices());
  pm.addPass(createSplitBodies());
  pm.addPass(createNormalizeElementwise());
  pm.addPass(createSplitSlopes());
  pm.addPass(createPlaceBiases());
  pm.addPass(createFoldAffine());
  pm.addPass(createFuseUnary());
  pm.addPass(createPropagateScales());
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
}

void qdot::buildObservePipeline(OpPassManager &pm) {
  pm.addPass(createObserveValues());
  pm.addPass(createShareObservations());
}

void qdot::buildAnnotatePipeline(OpPassManager &pm,
                                 const QuantizationOptions &options) {
  if (options.stats.empty())
    return;
  AnnotateValuesOptions annotate;
  annotate.stats = options.stats;
  llvm::append_range(annotate.range, options.range);
  annotate.keepFloat = options.keepFloat;
  llvm::append_range(annotate.activationBits, options.activationBits);
  llvm::append_range(annotate.activationScheme, options.activationScheme);
  llvm::append_range(annotate.weightRange, options.weightRange);
  llvm::append_range(annotate.weightBits, options.weightBits);
  llvm::append_range(annotate.weightGranularity, options.weightGranularity);
  llvm::append_range(annotate.weightScheme, options.weightScheme);
  annotate.preset = options.preset;
  pm.addPass(createAnnotateValues(annotate));
  if (!options.correctBiases)
    return;
  CorrectBiasesOptions correct;
  correct.stats = options.stats;
  pm.addPass(createCorrectBiases(correct));
}

void qdot::buildIntegerizePipeline(OpPassManager &pm,
                                   const QuantizationOptions &options) {
  IntegerizeOpsOptions integerize;
  integerize.numerics = options.numerics;
  pm.addPass(createIntegerizeOps(integerize));
  VerifyIntegerOptions verify;
  verify.allow = options.allow;
  pm.addPass(createVerifyInteger(verify));
  if (options.quantizeSignature)
    pm.addPass(createQuantizeSignature());
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
}

void qdot::buildQuantizePipeline(OpPassManager &pm,
                                 const QuantizationOptions &options) {
  buildPreparePipeline(pm);
  buildAnnotatePipeline(pm, options);
  buildIntegerizePipeline(pm, options);
}

void qdot::buildCompilePipeline(OpPassManager &pm,
                                const CompilePipelineOptions &options) {
  buildQuantizePipeline(pm, options);
  buildLowerToLLVMPipeline(pm, options);
}
