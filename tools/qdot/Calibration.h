//===- Calibration.h - Recording statistics of a model --------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QDOT_TOOLS_QDOT_CALIBRATION_H
#define QDOT_TOOLS_QDOT_CALIBRATION_H

#include "Checkpoints.h"
#include "Model.h"
#include "qdot/Statistics/Statistics.h"
#include <string>
#include <vector>

namespace qdot::driver {

struct CalibrationRequest {
  /// What `readInputs` takes.
  std::vector<std::string> data;
  /// Empty: main, or the only public function.
  std::string entry;
  unsigned threads = 1;
  int64_t batch = 32;
  bool isQuiet = false;
  /// What `parseSampleRange` takes; empty: all samples.
  std::string samples;
  /// Axis to record by channel, negative from the end; 0: none.
  int64_t channelAxis = 0;
  /// Continue from the state that `checkpoints` finds.
  bool isResuming = false;
  /// Null: no state is kept.
  Checkpoints *checkpoints = nullptr;
  /// Of the model's file; part of what a continuation must share.
  uint64_t modelDigest = 0;
};

/// Reads `A:B` (samples A to B - 1; either may be left out), or `I/N` (the
/// part I of N nearly equal parts, counted from 0) for a data set of
/// `numSamples`. Refuses an empty range.
llvm::Expected<std::pair<int64_t, int64_t>>
parseSampleRange(llvm::StringRef text, int64_t numSamples);

/// Prepares and observes `module`, which is changed, runs it on the samples and
/// returns what the runtime recorded. The same for any number of threads, any
/// batch, and any number of interruptions.
llvm::Expected<statistics::StatisticsFile>
calibrate(Session &session, mlir::ModuleOp module,
          const CalibrationRequest &request);

/// Prepares `module` and gives the channels between two layers similar ranges
/// (`qdot-equalize-channels`).
llvm::Error equalizeChannels(Session &session, mlir::ModuleOp module);

} // namespace qdot::driver

#endif // QDOT_TOOLS_QDOT_CALIBRATION_H
