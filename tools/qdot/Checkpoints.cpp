//===- Checkpoints.cpp - What an interrupted calibration leaves -----------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Checkpoints.h"
#include "Support.h"
#include "llvm/Support/FileSystem.h"
#include <csignal>

using namespace llvm;
using namespace qdot;
using namespace qdot::driver;

//===----------------------------------------------------------------------===//
// Signals
//===----------------------------------------------------------------------===//

static volatile std::sig_atomic_t isInterrupted = 0;

struct InterruptionGuard::Handlers {
  struct sigaction interrupt, terminate;
};

InterruptionGuard::InterruptionGuard() : old(new Handlers) {
  struct sigaction action = {};
  // A second signal ends the process.
  action.sa_flags = static_cast<int>(SA_RESETHAND | SA_RESTART);
  action.sa_handler = [](int) { isInterrupted = 1; };
  sigaction(SIGINT, &action, &old->interrupt);
  sigaction(SIGTERM, &action, &old->terminate);
}

InterruptionGuard::~InterruptionGuard() {
  sigaction(SIGINT, &old->interrupt, nullptr);
  sigaction(SIGTERM, &old->terminate, nullptr);
  delete old;
}

bool InterruptionGuard::isRequested() { return isInterrupted != 0; }

//===----------------------------------------------------------------------===//
// Files
//===----------------------------------------------------------------------===//

Checkpoints::Checkpoints(StringRef outputPath, double seconds)
    : seconds(seconds) {
  if (!outputPath.empty() && outputPath != "-")
    path = (outputPath + ".partial").str();
}

bool Checkpoints::isDue() const {
  std::chrono::duration<double> passed = Clock::now() - last;
  return isEnabled() && passed.count() >= seconds;
}

Expected<std::optional<statistics::StatisticsFile>>
Checkpoints::load(const statistics::Checkpoint &wanted) const {
  if (!sys::fs::exists(path))
    return std::nullopt;
  statistics::StatisticsFile file;
  std::string error;
  if (!statistics::readFile(path, file, error))
    return makeError(error);
  if (!file.unfinished)
    return makeError(path + ": expected the state of a calibration");
  const statistics::Checkpoint &state = *file.unfinished;
  if (state.run != wanted.run)
    return makeError(path + ": the model, the data or the options have changed "
                            "since this calibration was interrupted; delete "
                            "the file to start again");
  if (state.begin != wanted.begin || state.end != wanted.end)
    return makeError(path + ": expected the state of samples " +
                     Twine(wanted.begin) + ":" + Twine(wanted.end) +
                     ", got that of " + Twine(state.begin) + ":" +
                     Twine(state.end) + "; delete the file to start again");
  return file;
}

Error Checkpoints::write(statistics::StatisticsFile file,
                         const statistics::Checkpoint &state) {
  file.unfinished = state;
  last = Clock::now();
  return statistics::writeStatistics(file, path);
}

void Checkpoints::remove() const {
  if (isEnabled())
    sys::fs::remove(path);
}
