//===- AtomicFile.cpp - Replace a file as a whole or not at all -----------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qdot/Statistics/AtomicFile.h"
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace qdot::statistics;

static int writeAll(int fd, std::string_view content) {
  while (!content.empty()) {
    ssize_t written = ::write(fd, content.data(), content.size());
    if (written < 0 && errno == EINTR)
      continue;
    if (written < 0)
      return errno;
    content.remove_prefix(static_cast<size_t>(written));
  }
  return 0;
}

/// Writes, optionally makes durable, and closes. The first error counts.
static int writeAndClose(int fd, std::string_view content, bool sync) {
  int error = writeAll(fd, content);
  if (error == 0 && sync && ::fsync(fd) != 0)
    error = errno;
  if (::close(fd) != 0 && error == 0)
    error = errno;
  return error;
}

static int writeDirectly(const std::string &path, std::string_view content) {
  int fd = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
  return fd < 0 ? errno : writeAndClose(fd, content, /*sync=*/false);
}

/// Creates a new file beside `path` with the permissions that the process
/// gives to new files. Returns its descriptor, or -1 and errno.
static int createTemporary(const std::string &folder, const std::string &name,
                           std::string &temporary) {
  static std::atomic<unsigned> next{0};
  // A killed process of the same number may have left its own.
  for (unsigned attempt = 0; attempt != 1000; ++attempt) {
    temporary = folder + '.' + name + '.' + std::to_string(::getpid()) + '-' +
                std::to_string(next++) + ".tmp";
    int fd = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
                    0666);
    if (fd >= 0 || errno != EEXIST)
      return fd;
  }
  return -1;
}

/// Makes a rename in `folder` survive a power cut.
static int syncFolder(const std::string &folder) {
  int fd = ::open(folder.empty() ? "." : folder.c_str(),
                  O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0)
    return errno;
  int error = ::fsync(fd) == 0 ? 0 : errno;
  ::close(fd);
  // File systems without this notion say so in one of these ways.
  return error == EINVAL || error == ENOTSUP ? 0 : error;
}

static int replace(const std::string &path, std::string_view content) {
  size_t slash = path.rfind('/');
  std::string folder =
      slash == std::string::npos ? "" : path.substr(0, slash + 1);
  // Short enough for the temporary name to be allowed whenever `path` is.
  std::string name = path.substr(folder.size(), 128);
  if (name.empty())
    return ENOENT;
  std::string temporary;
  int fd = createTemporary(folder, name, temporary);
  if (fd < 0)
    return errno;
  int error = writeAndClose(fd, content, /*sync=*/true);
  if (error == 0 && ::rename(temporary.c_str(), path.c_str()) != 0)
    error = errno;
  if (error != 0) {
    ::unlink(temporary.c_str());
    return error;
  }
  return syncFolder(folder);
}

int qdot::statistics::writeFileAtomically(const std::string &path,
                                          std::string_view content) {
  struct stat status;
  if (::stat(path.c_str(), &status) != 0)
    return replace(path, content);
  if (S_ISDIR(status.st_mode))
    return EISDIR;
  if (!S_ISREG(status.st_mode))
    return writeDirectly(path, content);
  char *target = ::realpath(path.c_str(), nullptr);
  if (!target)
    return errno;
  std::string resolved = target;
  std::free(target);
  return replace(resolved, content);
}

//===----------------------------------------------------------------------===//
// Locking
//===----------------------------------------------------------------------===//

/// The path without symbolic links, also of a file that does not exist yet.
static int resolve(const std::string &path, std::string &resolved) {
  if (char *target = ::realpath(path.c_str(), nullptr)) {
    resolved = target;
    std::free(target);
    return 0;
  }
  if (errno != ENOENT)
    return errno;
  size_t slash = path.rfind('/');
  std::string folder =
      slash == std::string::npos ? "./" : path.substr(0, slash + 1);
  char *target = ::realpath(folder.c_str(), nullptr);
  if (!target)
    return errno;
  resolved = std::string(target) + '/' +
             path.substr(slash == std::string::npos ? 0 : slash + 1);
  std::free(target);
  return 0;
}

/// Whether `path` still names the open file.
static bool isSameFile(int fd, const std::string &path) {
  struct stat open, named;
  return ::fstat(fd, &open) == 0 && ::stat(path.c_str(), &named) == 0 &&
         open.st_dev == named.st_dev && open.st_ino == named.st_ino;
}

int FileLock::acquire(const std::string &path) {
  release();
  std::string resolved;
  if (int error = resolve(path, resolved))
    return error;
  size_t slash = resolved.rfind('/') + 1;
  lockPath =
      resolved.substr(0, slash) + '.' + resolved.substr(slash, 200) + ".lock";
  for (;;) {
    fd = ::open(lockPath.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (fd < 0)
      return errno;
    int result;
    while ((result = ::flock(fd, LOCK_EX)) != 0 && errno == EINTR)
      ;
    // Whoever held the lock has removed the file: the next one is in use.
    if (result == 0 && isSameFile(fd, lockPath))
      return 0;
    int error = errno;
    ::close(fd);
    fd = -1;
    if (result != 0)
      return error;
  }
}

void FileLock::release() {
  if (fd < 0)
    return;
  // Removed before it is unlocked, so that nobody removes another one's.
  ::unlink(lockPath.c_str());
  ::close(fd);
  fd = -1;
}
