//===- LowerToLLVM.cpp - From linalg on tensors to LLVM -------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/Conversion/Passes.h"
#include "mlir/Dialect/Arith/Transforms/Passes.h"
#include "mlir/Dialect/Bufferization/Pipelines/Passes.h"
#include "mlir/Dialect/Bufferization/Transforms/Passes.h"
#include "mlir/Dialect/Linalg/Passes.h"
#include "mlir/Dialect/Math/Transforms/Passes.h"
#include "mlir/Dialect/MemRef/Transforms/Passes.h"
#include "mlir/Transforms/Passes.h"
#include "qdot/Codegen/KernelTable.h"
#include "qdot/Codegen/Passes.h"
#include "qdot/Observe/Passes.h"
#include "qdot/Pipelines/Pipelines.h"
#include "qdot/Target/AArch64/Passes.h"
#include "qdot/Target/Generic/Passes.h"
#include "qdot/Target/X86/Passes.h"

using namespace mlir;
using namespace qdot;

/// Entry points around functions that are inlined into them, where possible.
static void addInterface(OpPassManager &pm, const LoweringOptions &options) {
  CreateEntryPointsOptions entryOptions;
  entryOptions.prefix = options.prefix;
  entryOptions.entry = options.entry;
  pm.addPass(createCreateEntryPoints(entryOptions));
  pm.addPass(createInlinerPass());
  pm.addPass(createSymbolDCEPass());
  // Folds away the check of dynamic results whose rows are known to be `batch`.
  pm.addPass(memref::createResolveRankedShapeTypeResultDimsPass());
  pm.addPass(createCanonicalizerPass());
}

/// From tensors to memrefs; every allocation is freed.
static void addBufferization(OpPassManager &pm) {
  pm.addPass(createSeparateResults());
  pm.addPass(createCarryInPlace());
  pm.addPass(bufferization::createEmptyTensorEliminationPass());
  pm.addPass(createOutlineConstants());
  bufferization::OneShotBufferizePassOptions options;
  options.bufferizeFunctionBoundaries = true;
  options.functionBoundaryTypeConversion =
      bufferization::LayoutMapOption::IdentityLayoutMap;
  pm.addPass(bufferization::createOneShotBufferizePass(options));
  bufferization::buildBufferDeallocationPipeline(pm);
  pm.addPass(createConvertBufferizationToMemRefPass());
  pm.addPass(createLowerCopies());
  pm.addPass(createLowerObserve());
}

/// Tensors: contractions with their epilogues, as the target stores them.
static void addKernelOps(OpPassManager &pm, const std::string &target,
                         const KernelTarget *table) {
  pm.addPass(createProveAccumulators());
  if (!table || table->isUnsigned)
    pm.addPass(createUseUnsigned());
  SplitZeroPointsOptions split;
  split.target = target;
  pm.addPass(createSplitZeroPoints(split));
  pm.addPass(createFuseEpilogues());
  pm.addPass(createOrderChannels());
  pm.addPass(createMarkBorders());
  pm.addPass(createFuseElementwise());
  if (table && table->hasRescale)
    pm.addPass(createUseRescale());
  pm.addPass(createSimplifyRequantize());
  // Where the order of products decides which sums fit 16 bits.
  if (table && !table->isExact)
    pm.addPass(createPermuteChannels());
}

/// Memrefs: contractions to tiles of dot products.
static void addKernels(OpPassManager &pm, const LoweringOptions &options,
                       bool isArm) {
  ChooseKernelsOptions choose;
  choose.target = options.target;
  pm.addPass(createChooseKernels(choose));
  PackWeightsOptions pack;
  pack.target = options.target;
  pm.addPass(createPackWeights(pack));
  if (options.threads != 1)
    pm.addPass(createChooseSplits({options.minWork}));
  pm.addPass(createExpandKernels());
  VectorizeReductionsOptions reductions;
  reductions.target = options.target;
  pm.addPass(createVectorizeReductions(reductions));
  pm.addPass(createSymbolDCEPass());
  if (options.threads != 1)
    pm.addPass(createSplitLoops());
  pm.addPass(createVectorizeTransposes());
  if (isArm) {
    pm.addPass(createVectorizeLookups());
    LowerDotAArch64Options lower;
    lower.target = options.target;
    pm.addPass(createLowerDotAArch64(lower));
  } else {
    VectorizeBytesOptions bytes;
    bytes.target = options.target;
    pm.addPass(createVectorizeBytes(bytes));
    LowerDotX86Options lower;
    lower.target = options.target;
    pm.addPass(createLowerDotX86(lower));
  }
  pm.addPass(createLowerDot());
}

/// Contractions in f32 to tiles of fused multiply-adds.
static void addFloatTiles(OpPassManager &pm, const LoweringOptions &options) {
  ChooseFloatTilesOptions choose;
  choose.target = options.target;
  pm.addPass(createChooseFloatTiles(choose));
  pm.addPass(createExpandFloatTiles());
  pm.addPass(createSymbolDCEPass());
}

/// Large operations in parts for threads.
static void addSplits(OpPassManager &pm, const LoweringOptions &options) {
  pm.addPass(createChooseSplits({options.minWork}));
  pm.addPass(createSplitLoops());
}

/// Contractions that the input brings as such.
static void addPortableKernels(OpPassManager &pm) {
  pm.addPass(createExpandKernels());
  pm.addPass(createLowerDot());
}

/// Every buffer of static size at its place in one arena.
static void addMemoryPlan(OpPassManager &pm, const LoweringOptions &options) {
  PlanMemoryOptions planOptions;
  planOptions.maxStack = options.maxStack;
  pm.addPass(createPlanMemory(planOptions));
  pm.addPass(createOutlineLayers());
}

/// From linalg on memrefs to loops over scalars with plain addresses.
static void addLoops(OpPassManager &pm) {
  pm.addPass(createConvertLinalgToLoopsPass());
  pm.addPass(memref::createExpandStridedMetadataPass());
  pm.addPass(createLowerAffinePass());
  pm.addPass(createLoopInvariantCodeMotionPass());
}

/// Functions of the math dialect and composed arithmetic.
static void addScalars(OpPassManager &pm, const LoweringOptions &options) {
  if (!options.hasRoundInstruction) {
    math::MathExpandOpsPassOptions expand;
    expand.opMnemonics = {"roundeven"};
    pm.addPass(math::createMathExpandOpsPass(expand));
  }
  pm.addPass(createExpandExp());
  pm.addPass(createLowerExtremes());
  pm.addPass(createCallLibm());
  pm.addPass(arith::createArithExpandOpsPass());
}

static void addConversion(OpPassManager &pm) {
  pm.addPass(createSCFToControlFlowPass());
  pm.addPass(createConvertMathToLLVMPass());
  pm.addPass(createConvertVectorToLLVMPass());
  pm.addPass(createFinalizeMemRefToLLVMConversionPass());
  pm.addPass(createArithToLLVMConversionPass());
  pm.addPass(createConvertIndexToLLVMPass());
  pm.addPass(createConvertControlFlowToLLVMPass());
  pm.addPass(createUBToLLVMConversionPass());
  pm.addPass(createConvertFuncToLLVMPass());
  pm.addPass(createReconcileUnrealizedCastsPass());
  pm.addPass(createKeepLoops());
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
}

void qdot::buildLowerToLLVMPipeline(OpPassManager &pm,
                                    const LoweringOptions &options) {
  bool hasKernels = options.target != "generic";
  // An unknown name is refused by the passes.
  const KernelTarget *table = findKernelTarget(options.target);
  if (hasKernels)
    addKernelOps(pm, options.target, table);
  LowerOpsOptions lowerOps;
  lowerOps.fuseMultiplyAdd = hasKernels;
  lowerOps.keepRounds = hasKernels && !(table && isAArch64(*table));
  pm.addPass(createLowerOps(lowerOps));
  if (hasKernels) {
    pm.addPass(createOrderFloatChannels());
    pm.addPass(createFuseElementwise({/*floats=*/true}));
  }
  pm.addPass(createDecomposeOps());
  addInterface(pm, options);
  pm.addPass(createOrderLoops());
  if (hasKernels)
    pm.addPass(createFuseProducts());
  addBufferization(pm);
  if (hasKernels)
    addKernels(pm, options, table && isAArch64(*table));
  else
    addPortableKernels(pm);
  if (options.threads != 1 && !hasKernels)
    addSplits(pm, options);
  if (hasKernels)
    addFloatTiles(pm, options);
  if (options.planMemory)
    addMemoryPlan(pm, options);
  if (options.threads != 1)
    pm.addPass(createOutlineParallel());
  addLoops(pm);
  addScalars(pm, options);
  addConversion(pm);
  if (options.threads != 1)
    pm.addPass(createCallThreads({options.threads}));
}
