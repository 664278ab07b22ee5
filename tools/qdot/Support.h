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
#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>

namespace qdot::driver {

/// An error that the driver prints after "qdot: error: ".
llvm::Error makeError(const llvm::Twine &message);

/// `1x28x28`, with `?` for negative sizes; `scalar` for rank 0.
std::string printShape(llvm::ArrayRef<int64_t> shape);

/// A counter line on stderr, only when that is a terminal and not `quiet`.
/// May be advanced from any thread.
class Progress {
public:
  Progress(llvm::StringRef what, int64_t total, bool quiet);
  ~Progress();
  void advance(int64_t by);

private:
  void print(int64_t done);

  std::string what;
  int64_t total;
  bool isShown;
  std::atomic<int64_t> done{0};
  std::atomic<int64_t> shown{-1};
  std::mutex mutex;
};

} // namespace qdot::driver

#endif // QDOT_TOOLS_QDOT_SUPPORT_H
