//===- Link.h - Libraries and programs from objects ------------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QDOT_TOOLS_QDOT_LINK_H
#define QDOT_TOOLS_QDOT_LINK_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

namespace qdot::driver {

/// Links one object of `triple` into a shared library that needs libm (and
/// libc) where they are found, with lld of this LLVM. `name` is its soname;
/// `archive` is a static library whose objects are added where they are needed.
llvm::Expected<llvm::SmallVector<char, 0>>
linkShared(llvm::ArrayRef<char> object, llvm::StringRef triple,
           llvm::StringRef name, llvm::StringRef archive = {});

/// Links one object of `triple` that defines `_start` into a program at `path`
/// that needs libc and libm and is started by `interpreter`. The libraries are
/// looked for as if `root` were the root of the file system (empty: that of
/// this machine, and where Debian's cross packages put them). Error when there
/// is no libc.
llvm::Error linkProgram(llvm::ArrayRef<char> object, llvm::StringRef triple,
                        llvm::StringRef interpreter, llvm::StringRef root,
                        llvm::StringRef path);

/// A static library with one member `name`, the same bytes in every run.
llvm::Expected<llvm::SmallVector<char, 0>>
createArchive(llvm::ArrayRef<char> object, llvm::StringRef name);

} // namespace qdot::driver

#endif // QDOT_TOOLS_QDOT_LINK_H
