//===- Statistics.h - What was recorded about a model ---------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QDOT_STATISTICS_STATISTICS_H
#define QDOT_STATISTICS_STATISTICS_H

#include "qdot/Statistics/Histogram.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include <map>
#include <string>

namespace qdot::statistics {

/// Everything recorded about one tensor, mergeable in any order.
/// (TensorRecord itself, with its counters, is in Histogram.h, which needs no
/// LLVM because the runtime shares it.)

/// The content of one statistics file: records by site, `path#digest`, sorted.
struct StatisticsFile {
  std::map<std::string, TensorRecord> records;

  /// Adds the records of `other`; a site present in both is merged.
  void merge(const StatisticsFile &other);

  /// Digest of the sorted site names: the fingerprint of the observed model.
  std::string fingerprint() const;
};

/// Parses a statistics file as hostile input. Errors name `fileName`, the place
/// and the offending value.
llvm::Expected<StatisticsFile> parseStatistics(llvm::StringRef text,
                                               llvm::StringRef fileName);

/// Reads and parses a file.
llvm::Expected<StatisticsFile> readStatistics(llvm::StringRef fileName);

/// The text of the file: deterministic, byte for byte, floats round-trip.
std::string printStatistics(const StatisticsFile &file);

/// Writes atomically (temporary file, fsync, rename).
llvm::Error writeStatistics(const StatisticsFile &file,
                            llvm::StringRef fileName);

} // namespace qdot::statistics

#endif // QDOT_STATISTICS_STATISTICS_H
