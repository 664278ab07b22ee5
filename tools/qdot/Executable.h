//===- Executable.h - Something that computes a model ---------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QDOT_TOOLS_QDOT_EXECUTABLE_H
#define QDOT_TOOLS_QDOT_EXECUTABLE_H

#include "Compiler.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/Support/Error.h"
#include <memory>

namespace qdot::driver {

/// One function of a model, ready to be called.
class Executable {
public:
  explicit Executable(EntryPoint entry) : entry(std::move(entry)) {}
  virtual ~Executable() = default;

  const EntryPoint &getEntry() const { return entry; }

  /// Runs it: one pointer per input and output, contiguous; `batch` rows where
  /// a dimension is dynamic. Any thread may call.
  virtual llvm::Error run(llvm::ArrayRef<void *> pointers,
                          int64_t batch) const = 0;

private:
  EntryPoint entry;
};

/// A symbol that compiled code may refer to, such as a runtime function.
struct HostSymbol {
  llvm::StringRef name;
  void *address;
};

/// Compiles `options.entry` of `module`, which is changed, and loads the same
/// object that `qdot compile` writes. The code finds `symbols`, libm and libc.
llvm::Expected<std::unique_ptr<Executable>>
loadCompiled(Session &session, mlir::ModuleOp module,
             const CompileRequest &request,
             llvm::ArrayRef<HostSymbol> symbols = {});

/// The same for targets of another architecture (AArch64): runs the code in
/// QEMU's user mode, on the processor that QEMU_CPU names (`max`). It finds
/// libm and libc. Errors name the package that is missing.
llvm::Expected<std::unique_ptr<Executable>>
loadEmulated(Session &session, mlir::ModuleOp module,
             const CompileRequest &request);

/// What a status other than 0 of compiled code means.
llvm::Error makeStatusError(int32_t status);

/// Imports `module`, which is changed and must outlive the result, and prepares
/// the scalar reference to interpret its function `entry`.
llvm::Expected<std::unique_ptr<Executable>>
loadReference(Session &session, mlir::ModuleOp module, llvm::StringRef entry);

} // namespace qdot::driver

#endif // QDOT_TOOLS_QDOT_EXECUTABLE_H
