//===- Import.cpp - To linalg on tensors ----------------------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/Conversion/TosaToArith/TosaToArith.h"
#include "mlir/Conversion/TosaToLinalg/TosaToLinalg.h"
#include "mlir/Conversion/TosaToTensor/TosaToTensor.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/Passes.h"
#include "mlir/Dialect/Tosa/Transforms/Passes.h"
#include "mlir/Transforms/Passes.h"
#include "qdot/Annotate/Passes.h"
#include "qdot/Pipelines/Pipelines.h"
#include "qdot/Prepare/Passes.h"

using namespace mlir;

/// Upstream's tosa-to-linalg-pipeline without its validation and its
/// canonicalization, so that modules without TOSA pass through unchanged.
static void addTosaConversion(OpPassManager &pm) {
  OpPassManager &funcPm = pm.nest<func::FuncOp>();
  funcPm.addPass(tosa::createTosaOptionalDecompositionsPass());
  funcPm.addPass(tosa::createTosaInferShapesPass());
  funcPm.addPass(tosa::createTosaMakeBroadcastablePass());
  funcPm.addPass(tosa::createTosaToLinalgNamed());
  funcPm.addPass(tosa::createTosaLayerwiseConstantFoldPass());
  funcPm.addPass(tosa::createTosaMakeBroadcastablePass());
  funcPm.addPass(tosa::createTosaToLinalg());
  TosaToArithPassOptions arithOptions;
  arithOptions.includeApplyRescale = true;
  funcPm.addPass(createTosaToArithPass(arithOptions));
  funcPm.addPass(createTosaToTensorPass());
}

void qdot::buildImportPipeline(OpPassManager &pm) {
  // Before any canonicalization, which folds dcast(qcast(x)) to x.
  pm.addPass(createImportQuant());
  pm.addPass(createImportGlobals());
  pm.addPass(createLegalizeTosa());
  addTosaConversion(pm);
  pm.addPass(createWidenFloats());
  pm.addPass(createInlinerPass());
  pm.addPass(createWidenMasks());
  // Arithmetic on tensors (arith, math) is what elementwise generics are.
  pm.addPass(createConvertElementwiseToLinalgPass());
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createUnrollLoops());
  pm.addPass(createCanonicalizerPass());
}
