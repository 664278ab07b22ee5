//===- Link.cpp - Libraries and programs from objects ---------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Link.h"
#include "Support.h"
#include "llvm/Object/ArchiveWriter.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Program.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/TargetParser/Host.h"
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

/// The folder with the target's C library, seen from `root`, or "".
static std::string findLibraries(const Triple &triple, StringRef root) {
  std::string gnu = (triple.getArchName() + "-linux-gnu").str();
  SmallVector<std::string> folders = {"/lib/" + gnu, "/usr/lib/" + gnu};
  if (!root.empty())
    folders.push_back("/lib");
  else
    folders.push_back("/usr/" + gnu + "/lib");
  // Where there is one architecture only.
  if (Triple(sys::getDefaultTargetTriple()).getArch() == triple.getArch())
    folders.append({"/lib64", "/usr/lib64"});
  for (const std::string &folder : folders)
    if (sys::fs::exists(root + folder + "/libc.so.6"))
      return (root + folder).str();
  return "";
}

/// The libraries of `folder` that compiled models call.
static void addLibraries(StringRef folder, SmallVectorImpl<std::string> &to) {
  // libpthread is part of libc since glibc 2.34.
  for (StringRef name : {"libm.so.6", "libpthread.so.0", "libc.so.6"}) {
    SmallString<128> path(folder);
    sys::path::append(path, name);
    if (!folder.empty() && sys::fs::exists(path))
      to.push_back(std::string(path));
  }
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

namespace {
/// A name in the folder for temporary files; what has it goes in the end.
class TemporaryFile {
public:
  ~TemporaryFile() {
    if (!path.empty())
      sys::fs::remove(path);
  }
  Error create(StringRef extension, int *fd = nullptr) {
    std::error_code code =
        fd ? sys::fs::createTemporaryFile("qdot", extension, *fd, path)
           : sys::fs::createTemporaryFile("qdot", extension, path);
    if (code)
      return makeError("cannot create a temporary file: " + code.message());
    return Error::success();
  }
  StringRef getPath() const { return path; }

private:
  SmallString<128> path;
};
} // namespace

/// Runs the linker on `object`; `options` follow its name.
static Error runLinker(ArrayRef<char> object, ArrayRef<std::string> options) {
  Expected<std::string> linker = findLinker();
  if (!linker)
    return linker.takeError();
  TemporaryFile input, log;
  int fd;
  if (Error error = input.create("o", &fd))
    return error;
  if (Error error = writeObject(fd, object))
    return error;
  if (Error error = log.create("log"))
    return error;
  SmallVector<StringRef> arguments = {*linker, input.getPath()};
  arguments.append(options.begin(), options.end());
  StringRef logPath = log.getPath();
  std::string message;
  int status =
      sys::ExecuteAndWait(*linker, arguments, std::nullopt,
                          {std::nullopt, logPath, logPath}, 0, 0, &message);
  if (status == 0)
    return Error::success();
  auto text = MemoryBuffer::getFile(logPath);
  return makeError("linking failed: " +
                   (text ? (*text)->getBuffer().str() : message));
}

Expected<SmallVector<char, 0>>
qdot::driver::linkShared(ArrayRef<char> object, StringRef triple,
                         StringRef name, StringRef archive) {
  TemporaryFile output, library;
  int fd;
  if (Error error = output.create("so"))
    return {std::move(error)};
  if (Error error = library.create("a", &fd))
    return {std::move(error)};
  if (Error error = writeObject(fd, ArrayRef(archive.data(), archive.size())))
    return {std::move(error)};
  SmallVector<std::string> options = {
      "-shared", "-soname",     name.str(), "-o", output.getPath().str(),
      "-z",      "noexecstack", "-O1"};
  if (!archive.empty())
    options.push_back(library.getPath().str());
  options.push_back("--as-needed");
  addLibraries(findLibraries(Triple(triple), ""), options);
  if (Error error = runLinker(object, options))
    return {std::move(error)};
  auto result = MemoryBuffer::getFile(output.getPath());
  if (!result)
    return makeError("the linker wrote nothing");
  StringRef bytes = (*result)->getBuffer();
  return SmallVector<char, 0>(bytes.begin(), bytes.end());
}

Error qdot::driver::linkProgram(ArrayRef<char> object, StringRef triple,
                                StringRef interpreter, StringRef root,
                                StringRef path) {
  std::string folder = findLibraries(Triple(triple), root);
  if (folder.empty())
    return makeError("the C library of '" + triple + "' is missing" +
                     (root.empty() ? "" : " in '" + root + "'"));
  SmallVector<std::string> options = {"-o",
                                      path.str(),
                                      "-dynamic-linker",
                                      interpreter.str(),
                                      "-z",
                                      "noexecstack",
                                      "--as-needed"};
  addLibraries(folder, options);
  return runLinker(object, options);
}

Expected<SmallVector<char, 0>>
qdot::driver::createArchive(ArrayRef<char> object, StringRef name) {
  NewArchiveMember member(
      MemoryBufferRef(StringRef(object.data(), object.size()), name));
  auto archive = writeArchiveToBuffer(
      member, SymtabWritingMode::NormalSymtab, object::Archive::K_GNU,
      /*Deterministic=*/true, /*Thin=*/false);
  if (!archive)
    return archive.takeError();
  StringRef bytes = (*archive)->getBuffer();
  return SmallVector<char, 0>(bytes.begin(), bytes.end());
}
