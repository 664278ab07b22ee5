//===- InitAll.cpp - Registration of everything in libqdot ---------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qdot/InitAll.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Quant/IR/Quant.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "qdot/Annotate/Passes.h"
#include "qdot/Codegen/Passes.h"
#include "qdot/Dialect/Qdot.h"
#include "qdot/Integerize/Passes.h"
#include "qdot/Observe/Passes.h"
#include "qdot/Pipelines/Pipelines.h"
#include "qdot/Prepare/Passes.h"
#include "qdot/Target/AArch64/Passes.h"
#include "qdot/Target/Generic/Passes.h"
#include "qdot/Target/X86/Passes.h"

void qdot::registerAllDialects(mlir::DialectRegistry &registry) {
  registry.insert<QdotDialect, mlir::arith::ArithDialect,
                  mlir::bufferization::BufferizationDialect,
                  mlir::func::FuncDialect, mlir::linalg::LinalgDialect,
                  mlir::LLVM::LLVMDialect, mlir::math::MathDialect,
                  mlir::memref::MemRefDialect, mlir::quant::QuantDialect,
                  mlir::scf::SCFDialect, mlir::tensor::TensorDialect,
                  mlir::vector::VectorDialect>();
  registerUpstreamInterfaces(registry);
  registerBufferizableOpInterfaceExternalModels(registry);
}

void qdot::registerAllPasses() {
  registerQdotPreparePasses();
  registerQdotObservePasses();
  registerQdotAnnotatePasses();
  registerQdotIntegerizePasses();
  registerQdotCodegenPasses();
  registerQdotTargetAArch64Passes();
  registerQdotTargetGenericPasses();
  registerQdotTargetX86Passes();
  registerPipelines();
}
