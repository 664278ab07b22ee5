//===- Header.h - C header of a compiled model ----------------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QDOT_TOOLS_QDOT_HEADER_H
#define QDOT_TOOLS_QDOT_HEADER_H

#include "Compiler.h"
#include <string>

namespace qdot::driver {

/// Where code finds the pool of threads that share its layers.
enum class ThreadSource {
  None,     ///< it needs none
  Inside,   ///< in the shared library
  Outside,  ///< the program brings it
  Optional, ///< the program may bring it, else there is one thread
};

/// Text of a header for C and C++: per entry point its prototype, and per input
/// and output macros for shape, size, scale and zero point. `guard` becomes the
/// include guard.
std::string printHeader(llvm::ArrayRef<EntryPoint> entries,
                        llvm::StringRef guard,
                        ThreadSource threads = ThreadSource::None);

} // namespace qdot::driver

#endif // QDOT_TOOLS_QDOT_HEADER_H
