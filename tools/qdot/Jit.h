//===- Jit.h - Compiled models in this process ----------------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QDOT_TOOLS_QDOT_JIT_H
#define QDOT_TOOLS_QDOT_JIT_H

#include "Compiler.h"
#include "llvm/ExecutionEngine/Orc/LLJIT.h"

namespace qdot::driver {

/// A symbol that compiled code may refer to, such as a runtime function.
struct HostSymbol {
  llvm::StringRef name;
  void *address;
};

/// One entry point, loaded from the same object that `qdot compile` writes.
class LoadedModel {
public:
  /// `options.entry` names the function. Compiled code finds `symbols`, and
  /// beyond them libm and libc only.
  static llvm::Expected<LoadedModel>
  load(Session &session, mlir::ModuleOp module, const CompileOptions &options,
       llvm::ArrayRef<HostSymbol> symbols = {});

  const EntryPoint &getEntry() const { return entry; }

  /// Runs the model: one pointer per input and output. Any thread may call.
  llvm::Error run(llvm::ArrayRef<void *> pointers, int64_t batch) const;

private:
  using Function = int32_t (*)(void *const *pointers, int64_t batch);

  std::unique_ptr<llvm::orc::LLJIT> jit;
  EntryPoint entry;
  Function function = nullptr;
};

} // namespace qdot::driver

#endif // QDOT_TOOLS_QDOT_JIT_H
