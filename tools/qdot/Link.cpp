//===- Link.cpp - Shared libraries from objects ---------------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Link.h"
#include "Support.h"
#include "llvm/ADT/ScopeExit.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Program.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/TargetParser/Triple.h"

using namespace llvm;
using namespace qdot::driver;

static Expected<std::string> findLinker() {
  for (StringRef name : {"ld.lld", "ld.lld-22"}) {
    if (auto path = sys::findProgramByName(name, {QDOT_LLVM_TOOLS_DIR}))
      return *path;
    if (auto path = sys::findProgramByName(name))
      return *path;
  }
  return makeError("no linker found; install lld-22, or write an object (.o)");
}

/// The system's `name` for the target, or "" when it is not installed.
static std::string findLibrary(const Triple &triple, StringRef name) {
  std::string gnu = (triple.getArchName() + "-linux-gnu").str();
  for (const std::string &folder :
       {"/lib/" + gnu, "/usr/lib/" + gnu, "/usr/" + gnu + "/lib",
        std::string("/lib64"), std::string("/usr/lib64")}) {
    SmallString<128> path(folder);
    sys::path::append(path, name);
    if (sys::fs::exists(path))
      return std::string(path);
  }
  return "";
}

static Error writeObject(StringRef path, ArrayRef<char> object) {
  std::error_code opened;
  raw_fd_ostream os(path, opened);
  os.write(object.data(), object.size());
  os.flush();
  if (!os.has_error())
    return Error::success();
  std::error_code code = os.error();
  os.clear_error();
  return makeError("cannot write a temporary file: " + code.message());
}

Expected<SmallVector<char, 0>>
qdot::driver::linkShared(ArrayRef<char> object, StringRef triple,
                         StringRef name, StringRef archive) {
  Expected<std::string> linker = findLinker();
  if (!linker)
    return linker.takeError();
  SmallString<128> input, library, output, log;
  if (sys::fs::createTemporaryFile("qdot", "o", input) ||
      sys::fs::createTemporaryFile("qdot", "a", library) ||
      sys::fs::createTemporaryFile("qdot", "so", output) ||
      sys::fs::createTemporaryFile("qdot", "log", log))
    return makeError("cannot create a temporary file");
  scope_exit cleanup([&] {
    for (StringRef path : {StringRef(input), StringRef(library),
                           StringRef(output), StringRef(log)})
      sys::fs::remove(path);
  });
  if (Error error = writeObject(input, object))
    return {std::move(error)};
  if (Error error =
          writeObject(library, ArrayRef(archive.data(), archive.size())))
    return {std::move(error)};

  SmallVector<std::string> arguments = {
      *linker, "-shared",      "-soname",   name.str(),
      "-o",    output.c_str(), "-z",        "noexecstack",
      "-O1",   input.c_str()};
  if (!archive.empty())
    arguments.push_back(library.c_str());
  arguments.push_back("--as-needed");
  // libpthread is part of libc since glibc 2.34.
  for (StringRef system : {"libm.so.6", "libpthread.so.0", "libc.so.6"}) {
    std::string path = findLibrary(Triple(triple), system);
    if (!path.empty())
      arguments.push_back(path);
  }
  SmallVector<StringRef> references(arguments.begin(), arguments.end());
  std::string message;
  int status = sys::ExecuteAndWait(*linker, references, std::nullopt,
                                   {std::nullopt, StringRef(log), StringRef(log)},
                                   0, 0, &message);
  if (status != 0) {
    auto text = MemoryBuffer::getFile(log);
    return makeError("linking failed: " +
                     (text ? (*text)->getBuffer().str() : message));
  }
  auto result = MemoryBuffer::getFile(output);
  if (!result)
    return makeError("the linker wrote nothing");
  StringRef bytes = (*result)->getBuffer();
  return SmallVector<char, 0>(bytes.begin(), bytes.end());
}
