//===- Compiler.h - From a module to an object in memory ------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QDOT_TOOLS_QDOT_COMPILER_H
#define QDOT_TOOLS_QDOT_COMPILER_H

#include "Model.h"
#include "Targets.h"
#include "mlir/IR/BuiltinTypes.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/Support/CodeGen.h"
#include <optional>
#include <string>

namespace llvm {
class LLVMContext;
class Module;
} // namespace llvm

namespace qdot::driver {

/// A function that C code can call: one pointer per input, one per output, then
/// the batch when `hasBatch`.
struct EntryPoint {
  std::string symbol;
  /// With the quantized element type where it is known.
  llvm::SmallVector<mlir::RankedTensorType> inputs;
  llvm::SmallVector<mlir::RankedTensorType> outputs;
  /// Bytes that `<symbol>_in_workspace` needs; nullopt when there is none.
  std::optional<int64_t> workspaceBytes;
  /// What the code chooses from when it runs; empty for a single target.
  llvm::SmallVector<std::string> targets;

  bool hasBatch() const;
  /// Every function of this entry point that the object exports.
  llvm::SmallVector<std::string> getSymbols() const;
};

/// `type` is what qdot.signature holds.
EntryPoint createEntryPoint(llvm::StringRef symbol, mlir::FunctionType type);

/// LLVM IR of a model and its entry points.
struct CompiledModel {
  /// Before `module`, which refers to it and is destroyed first.
  std::unique_ptr<llvm::LLVMContext> context;
  std::unique_ptr<llvm::Module> module;
  llvm::SmallVector<EntryPoint> entries;
  std::unique_ptr<llvm::TargetMachine> machine;

  CompiledModel();
  CompiledModel(CompiledModel &&);
  ~CompiledModel();

  /// Object code or assembly, the same bytes in every run.
  llvm::Expected<llvm::SmallVector<char, 0>> emit(llvm::CodeGenFileType type);
};

struct CompileRequest {
  /// One, or several of one architecture, worst first (see `findTargets`).
  llvm::SmallVector<TargetSpec> targets;
  std::string prefix = "qdot";
  /// Empty: every public function.
  std::string entry;
  /// That share a large layer; 0: as many as there are when it runs.
  unsigned threads = 1;
  /// Products or scalar operations of a thread at least; 0: what pays.
  int64_t minWork = 0;
};

/// Lowers `module` (linalg on tensors or any earlier form; it is changed) to
/// optimized LLVM IR for the target, or for all targets at once with a choice
/// when the code runs (see Dispatch.h).
llvm::Expected<CompiledModel> compileModel(Session &session,
                                           mlir::ModuleOp module,
                                           const CompileRequest &request);

/// Adds `int32_t <symbol>_packed(void **pointers, int64_t batch)`, which calls
/// an entry point with any number of pointers, the last one the workspace where
/// it takes one. Returns its name.
std::string addPackedEntry(CompiledModel &model, const EntryPoint &entry);

} // namespace qdot::driver

#endif // QDOT_TOOLS_QDOT_COMPILER_H
