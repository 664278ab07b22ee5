//===- Calibration.h - Recording statistics of a model --------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QDOT_TOOLS_QDOT_CALIBRATION_H
#define QDOT_TOOLS_QDOT_CALIBRATION_H

#include "Model.h"
#include "qdot/Statistics/Statistics.h"
#include <string>
#include <vector>

namespace qdot::driver {

struct CalibrationRequest {
  /// One .npy file per argument.
  std::vector<std::string> data;
  /// Empty: main, or the only public function.
  std::string entry;
  unsigned threads = 1;
  int64_t batch = 32;
  bool isQuiet = false;
};

/// Prepares and observes `module`, which is changed, runs it on all samples and
/// returns what the runtime recorded. The same for any number of threads and
/// any batch.
llvm::Expected<statistics::StatisticsFile>
calibrate(Session &session, mlir::ModuleOp module,
          const CalibrationRequest &request);

/// Prepares `module` and gives the channels between two layers similar ranges
/// (`qdot-equalize-channels`).
llvm::Error equalizeChannels(Session &session, mlir::ModuleOp module);

} // namespace qdot::driver

#endif // QDOT_TOOLS_QDOT_CALIBRATION_H
