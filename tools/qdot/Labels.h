//===- Labels.h - Classes or targets of samples ---------------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QDOT_TOOLS_QDOT_LABELS_H
#define QDOT_TOOLS_QDOT_LABELS_H

#include "Npy.h"
#include "llvm/ADT/ArrayRef.h"
#include <optional>
#include <vector>

namespace qdot::driver {

/// Classes (integers) or targets (floats) of the samples, or neither.
class Labels {
public:
  /// An empty path gives no labels.
  static llvm::Expected<Labels> read(llvm::StringRef path, int64_t numSamples);

  /// Fails unless there is one class per row of a sample's result, or one
  /// target per element. `sampleShape` is the result's, without the samples.
  llvm::Error check(llvm::ArrayRef<int64_t> sampleShape) const;

  bool isGiven() const { return file.has_value(); }
  bool areClasses() const;

  /// Those of `count` samples, as integers or floats.
  llvm::Expected<std::vector<int64_t>> getClasses(int64_t firstSample,
                                                  int64_t count) const;
  llvm::Expected<std::vector<double>> getTargets(int64_t firstSample,
                                                 int64_t count) const;

private:
  std::optional<NpyFile> file;
};

} // namespace qdot::driver

#endif // QDOT_TOOLS_QDOT_LABELS_H
