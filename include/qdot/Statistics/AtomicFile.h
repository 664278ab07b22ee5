//===- AtomicFile.h - Replace a file as a whole or not at all -------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Shared by the runtime, so it depends on nothing but the C++ library and
// POSIX.
//
//===----------------------------------------------------------------------===//

#ifndef QDOT_STATISTICS_ATOMICFILE_H
#define QDOT_STATISTICS_ATOMICFILE_H

#include <string>
#include <string_view>

namespace qdot::statistics {

/// Makes `content` the content of the file `path`: writes a temporary file
/// `.NAME.PID-N.tmp` in the same folder, fsync, rename over `path`, fsync of
/// the folder. Whoever reads `path` meanwhile, or after a kill or a power cut
/// at any moment, finds the old or the new content, whole; a kill may leave the
/// temporary file behind. Symbolic links are followed. Of concurrent writers
/// one wins. Something that exists and is no regular file (a pipe, /dev/stdout)
/// is written to directly.
///
/// Returns 0, or an errno value and leaves the old file; only when the last
/// step fails (making the rename durable) the new file is in place already.
int writeFileAtomically(const std::string &path, std::string_view content);

/// Exclusive right to change one file, among all that ask for it: an flock of
/// `.NAME.lock` in the same folder, which is removed when the lock is released.
/// The system releases the lock of a process that is killed; its lock file may
/// stay and does no harm.
class FileLock {
public:
  FileLock() = default;
  FileLock(const FileLock &) = delete;
  FileLock &operator=(const FileLock &) = delete;
  ~FileLock() { release(); }

  /// Waits for the right to change `path`, which need not exist; symbolic links
  /// are followed. Returns 0 or an errno value.
  int acquire(const std::string &path);
  void release();

private:
  std::string lockPath;
  int fd = -1;
};

} // namespace qdot::statistics

#endif // QDOT_STATISTICS_ATOMICFILE_H
