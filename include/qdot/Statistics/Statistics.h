//===- Statistics.h - What was recorded about a model ---------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QDOT_STATISTICS_STATISTICS_H
#define QDOT_STATISTICS_STATISTICS_H

#include "qdot/Statistics/File.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include <string>
#include <vector>

namespace llvm {
class raw_ostream;
} // namespace llvm

namespace qdot::statistics {

/// Parses a statistics file as hostile input. Errors name `fileName`, the line
/// and column, the path of the value and the offending value, in one line:
///   stats.json:7:58: values[0].nan: expected an unsigned integer, got "x"
/// Nothing is kept of a file before all of it was found right.
llvm::Expected<StatisticsFile> parseStatistics(llvm::StringRef text,
                                               llvm::StringRef fileName);

/// Reads and parses a file. Refuses more than `maxFileBytes` before reading,
/// and the state of a calibration that was interrupted.
llvm::Expected<StatisticsFile> readStatistics(llvm::StringRef fileName);

/// The text of the file: deterministic, byte for byte, floats round-trip.
/// Precondition: every record could be written (`findProblem`).
std::string printStatistics(const StatisticsFile &file);

/// Writes atomically (AtomicFile.h). Refuses, before it touches the file, what
/// `readStatistics` would refuse.
llvm::Error writeStatistics(const StatisticsFile &file,
                            llvm::StringRef fileName);

/// A site whose records differ, and how: "count 10, 12; max 1.5, 2".
struct RecordDifference {
  std::string site;
  std::string what;
};

/// How two files differ, each list in the order of the sites.
struct StatisticsDiff {
  std::vector<std::string> onlyInA;
  std::vector<std::string> onlyInB;
  std::vector<RecordDifference> different;
  std::string data; ///< how the data sets differ, or empty

  bool empty() const {
    return onlyInA.empty() && onlyInB.empty() && different.empty() &&
           data.empty();
  }
};

/// Compares site by site; equal finished files, and only those, have an empty
/// result.
StatisticsDiff diffStatistics(const StatisticsFile &a, const StatisticsFile &b);

/// Prints one line per difference: `- SITE` (only in a), `+ SITE` (only in b),
/// `! SITE: WHAT`, `! data: WHAT`. Prints nothing for an empty result.
void showDiff(const StatisticsDiff &diff, llvm::raw_ostream &os);

/// Prints an aligned table, one line per site, for people to read.
void showStatistics(const StatisticsFile &file, llvm::raw_ostream &os);

} // namespace qdot::statistics

#endif // QDOT_STATISTICS_STATISTICS_H
