//===- tinyc.cpp - A foreign compiler that uses qdot ----------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Usage: tinyc model.mlir PIPELINE
//
// Lowers its own dialect with its own pass, then runs a pipeline of qdot in the
// same pass manager, and prints the module.

#include "Tiny.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"
#include "qdot/InitAll.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;

/// The tiny dialect's lowering, then qdot's pipeline `text`.
static LogicalResult buildPipeline(PassManager &manager, StringRef text) {
  manager.addPass(tiny::createLowerTiny());
  return parsePassPipeline(text, manager);
}

int main(int argc, char **argv) {
  if (argc != 3) {
    llvm::errs() << "usage: tinyc model.mlir PIPELINE\n";
    return 1;
  }
  DialectRegistry registry;
  registry.insert<tiny::TinyDialect, func::FuncDialect>();
  qdot::registerAllDialects(registry);
  qdot::registerAllPasses();

  MLIRContext context(registry);
  OwningOpRef<ModuleOp> module = parseSourceFile<ModuleOp>(argv[1], &context);
  if (!module)
    return 1;
  PassManager manager(&context);
  if (failed(buildPipeline(manager, argv[2])) || failed(manager.run(*module)))
    return 1;
  module->print(llvm::outs());
  return 0;
}
