//===- CompareModels.h - Running two models side by side ------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QDOT_TOOLS_QDOT_COMPAREMODELS_H
#define QDOT_TOOLS_QDOT_COMPAREMODELS_H

#include "Comparison.h"
#include "Model.h"
#include <string>
#include <vector>

namespace qdot::driver {

struct ComparisonRequest {
  /// One .npy file per argument.
  std::vector<std::string> data;
  /// Classes (integers) or targets (floats), or empty.
  std::string labels;
  /// Empty: main, or the only public function.
  std::string entry;
  int64_t batch = 32;
  bool isQuiet = false;
};

/// Runs both models, which are changed, on every sample, one sample group at a
/// time, and compares each value that the integer model names by its site.
llvm::Expected<Comparison> compareModels(Session &session,
                                         mlir::ModuleOp floatModule,
                                         mlir::ModuleOp intModule,
                                         const ComparisonRequest &request);

} // namespace qdot::driver

#endif // QDOT_TOOLS_QDOT_COMPAREMODELS_H
