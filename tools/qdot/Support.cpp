//===- Support.cpp - Errors and progress of the driver --------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Support.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/raw_ostream.h"
#include <unistd.h>

using namespace llvm;
using namespace qdot::driver;

Error qdot::driver::makeError(const Twine &message) {
  return createStringError(inconvertibleErrorCode(), message);
}

std::string qdot::driver::printShape(ArrayRef<int64_t> shape) {
  if (shape.empty())
    return "scalar";
  std::string text;
  for (int64_t size : shape) {
    if (!text.empty())
      text += 'x';
    text += size < 0 ? "?" : std::to_string(size);
  }
  return text;
}

/// `3 s`, `2 min 5 s`, `1 h 40 min`.
static std::string describeDuration(double seconds) {
  int64_t rounded = static_cast<int64_t>(seconds + 0.5);
  auto pair = [](int64_t value, const char *large, const char *small) {
    return std::to_string(value / 60) + large + std::to_string(value % 60) +
           small;
  };
  if (rounded < 60)
    return std::to_string(rounded) + " s";
  return rounded < 3600 ? pair(rounded, " min ", " s")
                        : pair(rounded / 60, " h ", " min");
}

std::string qdot::driver::describeProgress(StringRef what, int64_t before,
                                           int64_t done, int64_t total,
                                           double seconds) {
  int64_t all = before + done;
  std::string text;
  raw_string_ostream os(text);
  os << what << ": " << all << '/' << total << " samples ("
     << (total > 0 ? all * 100 / total : 100) << " %)";
  if (done == 0 || seconds <= 0)
    return text;
  double rate = done / seconds;
  os << ", " << format(rate < 100 ? "%.1f" : "%.0f", rate) << "/s, "
     << describeDuration((total - all) / rate) << " left";
  return text;
}

Progress::Progress(StringRef what, int64_t total, bool quiet, int64_t before)
    : what(what), total(total), before(before),
      isShown(!quiet && isatty(STDERR_FILENO)) {}

Progress::~Progress() {
  if (isOnScreen)
    errs() << "\r\x1b[K";
}

void Progress::advance(int64_t by) {
  if (!isShown)
    return;
  std::lock_guard<std::mutex> lock(mutex);
  done += by;
  // At most ten updates a second.
  Clock::time_point now = Clock::now();
  if (isOnScreen && now - lastPrint < std::chrono::milliseconds(100) &&
      before + done != total)
    return;
  lastPrint = now;
  isOnScreen = true;
  std::chrono::duration<double> seconds = now - start;
  errs() << '\r'
         << describeProgress(what, before, done, total, seconds.count())
         << "\x1b[K";
  errs().flush();
}
