//===- Threads.h - Models whose layers threads share ----------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QDOT_TOOLS_QDOT_THREADS_H
#define QDOT_TOOLS_QDOT_THREADS_H

#include "Executable.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

namespace qdot::driver {

/// The value of `option`: a number of threads up to QDOT_MAX_THREADS; 0, or no
/// text, stands for as many as there are when the model runs.
llvm::Expected<unsigned> parseThreads(llvm::StringRef option,
                                      llvm::StringRef text);

/// Whether the code of `model` calls the pool of threads.
bool usesThreads(const CompiledModel &model);

/// Gives code that calls a pool, for a shared library that holds none, one
/// thread to fall back on where the program brings no pool.
void addOneThread(CompiledModel &model);

/// The pool of this process, for `loadCompiled`.
llvm::ArrayRef<HostSymbol> getThreadSymbols();

/// The pool as a static library, for machines like this one.
llvm::StringRef getThreadArchive();

} // namespace qdot::driver

#endif // QDOT_TOOLS_QDOT_THREADS_H
