//===- File.h - The content of a statistics file --------------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Shared by the runtime, so it depends on nothing but the C++ library and
// POSIX. Statistics.h has the same for users of LLVM.
//
//===----------------------------------------------------------------------===//

#ifndef QDOT_STATISTICS_FILE_H
#define QDOT_STATISTICS_FILE_H

#include "qdot/Statistics/Format.h"
#include "qdot/Statistics/Histogram.h"
#include <map>
#include <string>
#include <string_view>

namespace qdot::statistics {

/// The content of one statistics file: records by site, `path#digest`, sorted.
struct StatisticsFile {
  std::map<std::string, TensorRecord> records;
  DataSet data;
  /// Set only in the state of a calibration that was interrupted.
  std::optional<Checkpoint> unfinished;

  /// Adds the records and the data of `other`; a site present in both is
  /// merged. Associative and commutative. Precondition: both are finished.
  void merge(const StatisticsFile &other);

  /// Digest of the sorted site names: the fingerprint of the observed model.
  std::string fingerprint() const;
};

/// The records, without a copy.
std::vector<RecordView> viewsOf(const StatisticsFile &file);

/// The sites of two files, as text for an error, or an empty string when both
/// are of the same model: "is of another model: 1 new, 0 changed, 2 missing
/// values; new: ...". Functions that only one of them has do not count: each
/// is recorded by a run of its own. `file` is what the error is about.
std::string describeOtherModel(const std::vector<RecordView> &wanted,
                               const std::vector<RecordView> &file);

/// Parses a text as hostile input: see parseStatistics in Statistics.h.
/// Returns false and fills `error`, and leaves `file` alone then.
bool parseFile(std::string_view text, std::string_view fileName,
               StatisticsFile &file, std::string &error);

/// Reads and parses a regular file of at most `maxFileBytes`, finished or not.
/// Returns false and fills `error`, which starts with the file's name.
bool readFile(const std::string &fileName, StatisticsFile &file,
              std::string &error);

/// Merges records into the file `fileName`, which need not exist: locks it
/// against other writers that do the same (AtomicFile.h, FileLock), reads,
/// merges and replaces it. Whatever the number of writers and their order, the
/// file becomes the merge of all of them; a kill at any moment leaves it with
/// or without this merge. Refuses records of another model. Returns an empty
/// string, or an error that starts with the file's name, and leaves the file
/// alone then.
std::string mergeIntoFile(const std::string &fileName,
                          const std::vector<RecordView> &records,
                          const DataSet &data);

} // namespace qdot::statistics

#endif // QDOT_STATISTICS_FILE_H
