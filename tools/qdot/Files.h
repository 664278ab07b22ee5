//===- Files.h - Output files that appear whole or not at all -------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QDOT_TOOLS_QDOT_FILES_H
#define QDOT_TOOLS_QDOT_FILES_H

#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/FileSystem.h"
#include <string>

namespace llvm {
class raw_ostream;
} // namespace llvm

namespace qdot::driver {

/// Several output files of one command. Each is written to a temporary file
/// beside its target; `commit` renames all of them. What was not committed is
/// removed. "-" is standard output, written at once.
class OutputFiles {
public:
  OutputFiles() = default;
  OutputFiles(const OutputFiles &) = delete;
  OutputFiles &operator=(const OutputFiles &) = delete;
  ~OutputFiles();

  /// Adds a file whose content `write` produces.
  llvm::Error add(llvm::StringRef path,
                  llvm::function_ref<llvm::Error(llvm::raw_ostream &)> write);
  llvm::Error add(llvm::StringRef path, llvm::StringRef content);

  llvm::Error commit();

private:
  struct Pending {
    std::string path;
    llvm::sys::fs::TempFile file;
  };
  llvm::SmallVector<Pending, 2> pending;
};

/// Refuses devices, such as /dev/zero, which have no end. What does not exist is
/// left to those who open it.
llvm::Error checkInputPath(llvm::StringRef path);

/// Checks before long work that `path` can be created: its folder exists.
llvm::Error checkOutputPath(llvm::StringRef path);

/// The same, and refuses a path that is one of the files in `others`: what the
/// command reads, or writes besides. `FILE:NAME` stands for FILE there.
llvm::Error checkOutputPath(llvm::StringRef path,
                            llvm::ArrayRef<std::string> others);

} // namespace qdot::driver

#endif // QDOT_TOOLS_QDOT_FILES_H
