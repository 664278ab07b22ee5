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

static Error writeObject(int fd, ArrayRef<char> object) {
  raw_fd_ostream os(fd, /*shouldClose=*/true);
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
                         StringRef name) {
  Expected<std::string> linker = findLinker();
  if (!linker)
    return linker.takeError();
  int fd;
  SmallString<128> input, output, log;
  if (sys::fs::createTemporaryFile("qdot", "o", fd, input) ||
      sys::fs::createTemporaryFile("qdot", "so", output) ||
      sys::fs::createTemporaryFile("qdot", "log", log))
    return makeError("cannot create a temporary file");
  scope_exit cleanup([&] {
    for (StringRef path : {StringRef(input), StringRef(output), StringRef(log)})
      sys::fs::remove(path);
  });
  if (Error error = writeObject(fd, object))
    return {std::move(error)};

  SmallVector<std::string> arguments = {
      *linker, "-shared",      "-soname",   name.str(),
      "-o",    output.c_str(), "-z",        "noexecstack",
      "-O1",   input.c_str(),  "--as-needed"};
  for (StringRef library : {"libm.so.6", "libc.so.6"}) {
    std::string path = findLibrary(Triple(triple), library);
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
  auto library = MemoryBuffer::getFile(output);
  if (!library)
    return makeError("the linker wrote nothing");
  StringRef bytes = (*library)->getBuffer();
  return SmallVector<char, 0>(bytes.begin(), bytes.end());
}
