//===- Pipelines.h - Order of the passes, per phase -----------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QDOT_PIPELINES_PIPELINES_H
#define QDOT_PIPELINES_PIPELINES_H

#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassOptions.h"

namespace qdot {

/// Options of the lowering to the LLVM dialect.
struct LoweringOptions
    : public mlir::PassPipelineOptions<LoweringOptions> {
  Option<std::string> prefix{
      *this, "prefix",
      llvm::cl::desc("Entry points are called <prefix>_<function>"),
      llvm::cl::init("qdot")};
  Option<std::string> entry{
      *this, "entry",
      llvm::cl::desc("Only this function becomes an entry point (default: "
                     "every public one)"),
      llvm::cl::init("")};
  Option<bool> hasRoundInstruction{
      *this, "has-round-instruction",
      llvm::cl::desc("The target rounds to nearest even in one instruction; "
                     "otherwise arithmetic that gives the same bits is used"),
      llvm::cl::init(false)};
};

/// Builtin module to linalg on tensors: converts TOSA where it occurs, inlines
/// calls, canonicalizes.
void buildImportPipeline(mlir::OpPassManager &pm);

/// Linalg on tensors (float or integer, with scalar qdot ops) to the LLVM
/// dialect, portable: entry points, globals, bufferization without leaks,
/// loops. `qdot.observe` becomes calls of the runtime.
void buildLowerToLLVMPipeline(mlir::OpPassManager &pm,
                              const LoweringOptions &options);

/// Registers every pipeline by name (`qdot-import`, `qdot-lower-to-llvm`), for
/// builtin.module.
void registerPipelines();

} // namespace qdot

#endif // QDOT_PIPELINES_PIPELINES_H
