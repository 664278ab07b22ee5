//===- Model.h - Models as the driver reads them --------------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QDOT_TOOLS_QDOT_MODEL_H
#define QDOT_TOOLS_QDOT_MODEL_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/OwningOpRef.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

namespace qdot::driver {

/// The context with every dialect that a model may use. Diagnostics are printed
/// on stderr as `file:line:column: error: message`, without the line itself,
/// which may hold megabytes of weights.
class Session {
public:
  Session();

  /// From now on remarks of category qdot are printed, too.
  void printRemarks();

  mlir::MLIRContext &getContext() { return context; }

  /// Reads a model, text or bytecode, verified. Diagnostics are printed.
  llvm::Expected<mlir::OwningOpRef<mlir::ModuleOp>> load(llvm::StringRef path);

  /// Runs the passes that `build` adds. Diagnostics are printed; the error says
  /// that `what` failed.
  llvm::Error runPasses(mlir::ModuleOp module, llvm::StringRef what,
                        llvm::function_ref<void(mlir::OpPassManager &)> build);

private:
  mlir::MLIRContext context;
  mlir::ScopedDiagnosticHandler handler;
};

/// The function that a command works on: `name`, or when that is empty `main`,
/// or the only public one. The error lists the candidates.
llvm::Expected<mlir::func::FuncOp> findEntry(mlir::ModuleOp module,
                                             llvm::StringRef name);

/// Writes text, or bytecode when `path` ends in `.mlirbc`, atomically.
llvm::Error writeModel(mlir::ModuleOp module, llvm::StringRef path);

} // namespace qdot::driver

#endif // QDOT_TOOLS_QDOT_MODEL_H
