//===- tinyc.cpp - A foreign compiler that uses qdot ----------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Usage: tinyc model.mlir [--integer]
//
// Lowers its own dialect with its own pass, then runs qdot's passes in the same
// pass manager. Prints the module in the LLVM dialect, or as integer code.

#include "Tiny.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "qdot/InitAll.h"
#include "qdot/Pipelines/Pipelines.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;

/// The tiny dialect's own lowering, then qdot's; entry points are called
/// tiny_<function>.
static void buildPipeline(PassManager &manager, bool stopAtIntegers) {
  manager.addPass(tiny::createLowerTiny());
  qdot::buildQuantizePipeline(manager, qdot::QuantizationOptions());
  if (stopAtIntegers)
    return;
  qdot::LoweringOptions options;
  options.prefix = "tiny";
  qdot::buildLowerToLLVMPipeline(manager, options);
}

int main(int argc, char **argv) {
  bool stopAtIntegers = argc == 3 && StringRef(argv[2]) == "--integer";
  if (argc != 2 && !stopAtIntegers) {
    llvm::errs() << "usage: tinyc model.mlir [--integer]\n";
    return 1;
  }
  DialectRegistry registry;
  registry.insert<tiny::TinyDialect, func::FuncDialect>();
  qdot::registerAllDialects(registry);

  MLIRContext context(registry);
  OwningOpRef<ModuleOp> module = parseSourceFile<ModuleOp>(argv[1], &context);
  if (!module)
    return 1;
  PassManager manager(&context);
  buildPipeline(manager, stopAtIntegers);
  if (failed(manager.run(*module)))
    return 1;
  module->print(llvm::outs());
  return 0;
}
