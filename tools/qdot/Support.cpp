//===- Support.cpp - Errors and progress of the driver --------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Support.h"
#include "llvm/ADT/ArrayRef.h"
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

Progress::Progress(StringRef what, int64_t total, bool quiet)
    : what(what), total(total), isShown(!quiet && isatty(STDERR_FILENO)) {}

Progress::~Progress() {
  if (isShown && shown >= 0)
    errs() << "\r\x1b[K";
}

void Progress::advance(int64_t by) {
  int64_t now = done += by;
  if (!isShown)
    return;
  // At most a hundred updates.
  int64_t percent = total > 0 ? now * 100 / total : 100;
  if (shown.exchange(percent) != percent)
    print(now);
}

void Progress::print(int64_t now) {
  std::lock_guard<std::mutex> lock(mutex);
  errs() << '\r' << what << ": " << now << '/' << total << "\x1b[K";
  errs().flush();
}
