//===- Link.h - Shared libraries from objects -----------------------------===//
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

} // namespace qdot::driver

#endif // QDOT_TOOLS_QDOT_LINK_H
