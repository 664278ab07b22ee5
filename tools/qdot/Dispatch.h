//===- Dispatch.h - One model for several targets -------------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QDOT_TOOLS_QDOT_DISPATCH_H
#define QDOT_TOOLS_QDOT_DISPATCH_H

#include "Compiler.h"
#include <vector>

namespace qdot::driver {

/// A model compiled for one target.
struct Variant {
  TargetSpec target;
  std::unique_ptr<llvm::Module> module;
  /// Of the same functions in every variant; workspaces differ.
  llvm::SmallVector<EntryPoint> entries;
};

/// Links the variants, worst first, into one module without exports of their
/// own: names get the suffix `.x86_avx2`. Each entry point of the result calls
/// the last variant that the machine supports, chosen at the first call, or
/// returns 2. The environment variable QDOT_TARGET, when it is set and not
/// empty, names the only variant to be considered. `<entry>_target()` returns
/// the name of the chosen target, null without one. A workspace has room for
/// every variant. Precondition: all modules share a context and the
/// architecture of `machine`, which becomes that of the result.
llvm::Expected<CompiledModel>
linkVariants(std::unique_ptr<llvm::LLVMContext> context,
             std::vector<Variant> variants,
             std::unique_ptr<llvm::TargetMachine> machine);

/// The name of the function that names the target chosen for `entry`.
std::string getTargetQueryName(llvm::StringRef entry);

} // namespace qdot::driver

#endif // QDOT_TOOLS_QDOT_DISPATCH_H
