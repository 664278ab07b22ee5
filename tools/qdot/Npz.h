//===- Npz.h - Arrays of an .npz archive ----------------------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QDOT_TOOLS_QDOT_NPZ_H
#define QDOT_TOOLS_QDOT_NPZ_H

#include "Npy.h"
#include <vector>

namespace qdot::driver {

/// Reads the arrays of an .npz archive (a ZIP archive of .npy files, as
/// np.savez and np.savez_compressed write it) in the order of its directory, or
/// only the one called `name`. Arrays that are not compressed stay in the
/// mapped file; others are unpacked into memory. Hostile input: every offset
/// and size is checked, and nothing is allocated that the compressed bytes
/// could not become. Errors name the file and the array.
llvm::Expected<std::vector<NpyFile>> readNpz(llvm::StringRef path,
                                             llvm::StringRef name = "");

/// Unpacks a raw DEFLATE stream (RFC 1951) that must fill `out` exactly. False
/// for anything else.
bool inflate(llvm::StringRef in, llvm::MutableArrayRef<char> out);

} // namespace qdot::driver

#endif // QDOT_TOOLS_QDOT_NPZ_H
