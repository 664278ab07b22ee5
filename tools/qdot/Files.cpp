//===- Files.cpp - Output files that appear whole or not at all -----------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Files.h"
#include "Support.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"

using namespace llvm;
using namespace qdot::driver;

OutputFiles::~OutputFiles() {
  for (Pending &file : pending)
    consumeError(file.file.discard());
}

/// True for what cannot be replaced by a rename: pipes, terminals, /dev/null.
static bool isSpecialFile(StringRef path) {
  sys::fs::file_status status;
  if (path == "-")
    return true;
  if (sys::fs::status(path, status))
    return false;
  return status.type() != sys::fs::file_type::regular_file &&
         status.type() != sys::fs::file_type::directory_file;
}

Error qdot::driver::checkInputPath(StringRef path) {
  sys::fs::file_status status;
  if (path != "-" && !sys::fs::status(path, status) &&
      (status.type() == sys::fs::file_type::character_file ||
       status.type() == sys::fs::file_type::block_file))
    return makeError("cannot read '" + path +
                     "': expected a file or a pipe, got a device");
  return Error::success();
}

static Error writeTo(raw_fd_ostream &os, StringRef path,
                     function_ref<Error(raw_ostream &)> write) {
  if (Error error = write(os))
    return error;
  os.flush();
  if (!os.has_error())
    return Error::success();
  std::error_code code = os.error();
  os.clear_error();
  return makeError("cannot write '" + path + "': " + code.message());
}

Error OutputFiles::add(StringRef path,
                       function_ref<Error(raw_ostream &)> write) {
  if (isSpecialFile(path)) {
    std::error_code code;
    raw_fd_ostream os(path, code);
    if (code)
      return makeError("cannot write '" + path + "': " + code.message());
    return writeTo(os, path, write);
  }
  if (Error error = checkOutputPath(path))
    return error;
  Expected<sys::fs::TempFile> file =
      sys::fs::TempFile::create(path + ".tmp-%%%%%%%%");
  if (!file)
    return makeError("cannot write '" + path +
                     "': " + toString(file.takeError()));
  pending.push_back({path.str(), std::move(*file)});
  raw_fd_ostream os(pending.back().file.FD, /*shouldClose=*/false);
  return writeTo(os, path, write);
}

Error OutputFiles::add(StringRef path, StringRef content) {
  return add(path, [&](raw_ostream &os) -> Error {
    os << content;
    return Error::success();
  });
}

Error OutputFiles::commit() {
  SmallVector<std::string> done;
  while (!pending.empty()) {
    Pending file = pending.pop_back_val();
    if (Error error = file.file.keep(file.path)) {
      for (const std::string &path : done)
        sys::fs::remove(path);
      return makeError("cannot write '" + file.path +
                       "': " + toString(std::move(error)));
    }
    done.push_back(file.path);
  }
  return Error::success();
}

/// True for two names of one regular file, or of one that is yet to be written.
static bool isSameFile(StringRef a, StringRef b) {
  if (a.empty() || b.empty() || isSpecialFile(a) || isSpecialFile(b))
    return false;
  return sys::path::remove_leading_dotslash(a) ==
             sys::path::remove_leading_dotslash(b) ||
         sys::fs::equivalent(a, b);
}

Error qdot::driver::checkOutputPath(StringRef path,
                                    ArrayRef<std::string> others) {
  for (StringRef other : others)
    if (isSameFile(path, other) || isSameFile(path, other.rsplit(':').first))
      return makeError("cannot write '" + path +
                       "': the command uses this file, too");
  return checkOutputPath(path);
}

Error qdot::driver::checkOutputPath(StringRef path) {
  if (path == "-")
    return Error::success();
  if (path.empty())
    return makeError("the output path is empty");
  if (sys::fs::is_directory(path))
    return makeError("cannot write '" + path + "': it is a directory");
  StringRef folder = sys::path::parent_path(path);
  if (!folder.empty() && !sys::fs::is_directory(folder))
    return makeError("cannot write '" + path + "': there is no directory '" +
                     folder + "'");
  return Error::success();
}
