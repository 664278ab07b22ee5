//===- Support.h - Errors and progress of the driver ----------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QDOT_TOOLS_QDOT_SUPPORT_H
#define QDOT_TOOLS_QDOT_SUPPORT_H

#include "llvm/ADT/StringRef.h"
#include "llvm/ADT/Twine.h"
#include "llvm/Support/Error.h"
#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>

namespace qdot::driver {

/// An error that the driver prints after "qdot: error: ".
llvm::Error makeError(const llvm::Twine &message);

/// `1x28x28`, with `?` for negative sizes; `scalar` for rank 0.
std::string printShape(llvm::ArrayRef<int64_t> shape);

/// `calibrate: 640/1000 samples (64 %), 128.0/s, 3 s left`: the rate over
/// `seconds`, in which `done` of them were done, and what the rest will take.
/// `before` more were done earlier. Without a rate yet, only the counts.
std::string describeProgress(llvm::StringRef what, int64_t before, int64_t done,
                             int64_t total, double seconds);

/// A line about the progress on stderr, only when that is a terminal and not
/// `quiet`. May be advanced from any thread.
class Progress {
public:
  /// `before` of `total` are done already.
  Progress(llvm::StringRef what, int64_t total, bool quiet, int64_t before = 0);
  ~Progress();
  void advance(int64_t by);

private:
  using Clock = std::chrono::steady_clock;

  std::string what;
  int64_t total, before;
  bool isShown;
  std::mutex mutex;
  int64_t done = 0;
  bool isOnScreen = false;
  Clock::time_point start = Clock::now(), lastPrint;
};

} // namespace qdot::driver

#endif // QDOT_TOOLS_QDOT_SUPPORT_H
