//===- Checkpoints.h - What an interrupted calibration leaves -------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QDOT_TOOLS_QDOT_CHECKPOINTS_H
#define QDOT_TOOLS_QDOT_CHECKPOINTS_H

#include "qdot/Statistics/Statistics.h"
#include <chrono>
#include <string>

namespace qdot::driver {

/// While one of these lives, SIGINT and SIGTERM end nothing, but are noticed.
class InterruptionGuard {
public:
  InterruptionGuard();
  InterruptionGuard(const InterruptionGuard &) = delete;
  InterruptionGuard &operator=(const InterruptionGuard &) = delete;
  ~InterruptionGuard();

  /// True once such a signal came.
  static bool isRequested();

private:
  struct Handlers;
  Handlers *old;
};

/// The file beside the output that holds the state of a run: a statistics file
/// with the key "unfinished" (docs/Statistics.md).
class Checkpoints {
public:
  /// Without an output that can be replaced (empty or "-") there are none.
  Checkpoints(llvm::StringRef outputPath, double seconds);

  bool isEnabled() const { return !path.empty(); }
  llvm::StringRef getPath() const { return path; }
  /// Whether `seconds` went by since the last one.
  bool isDue() const;

  /// The state of a run that has the same `run`, `begin` and `end` as `wanted`,
  /// or nothing when there is no file. Refuses the state of another run.
  llvm::Expected<std::optional<statistics::StatisticsFile>>
  load(const statistics::Checkpoint &wanted) const;
  llvm::Error write(statistics::StatisticsFile file,
                    const statistics::Checkpoint &state);
  /// When the output is written.
  void remove() const;

private:
  using Clock = std::chrono::steady_clock;

  std::string path;
  double seconds;
  Clock::time_point last = Clock::now();
};

} // namespace qdot::driver

#endif // QDOT_TOOLS_QDOT_CHECKPOINTS_H
