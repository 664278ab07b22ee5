//===- Convert.h - Statistics in the formats of other tools ---------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The formats are described in docs/Statistics.md. All of them hold ranges
// only, so that converting to one of them loses the histograms.
//
//===----------------------------------------------------------------------===//

#ifndef QDOT_STATISTICS_CONVERT_H
#define QDOT_STATISTICS_CONVERT_H

#include "qdot/Statistics/Statistics.h"
#include "llvm/ADT/StringMap.h"

namespace qdot::statistics {

/// The formats of other tools.
enum class TableFormat {
  TensorRt,    ///< calibration cache: name and scale, symmetric
  OnnxRuntime, ///< calibration.json: lowest and highest
  TpuMlir,     ///< calibration table: threshold, min and max
  Csv,         ///< name, min, max and more
};

/// `tensorrt`, `onnxruntime`, `tpu-mlir` or `csv`. Errors list the names.
llvm::Expected<TableFormat> parseTableFormat(llvm::StringRef name);

/// The range of one tensor in such a file.
struct NamedRange {
  std::string name;
  float min, max;
};

/// Which name of another tool stands for which site.
using NameMap = llvm::StringMap<std::string>;

/// Reads a CSV file with the columns `name` and `site`.
llvm::Expected<NameMap> parseNameMap(llvm::StringRef text,
                                     llvm::StringRef fileName);

/// Parses a file as hostile input: every name once, finite numbers, min at most
/// max, at most `maxSites` names of `maxSiteBytes`. Errors name `fileName`, the
/// line where there is one, and the value.
llvm::Expected<std::vector<NamedRange>> parseTable(llvm::StringRef text,
                                                   llvm::StringRef fileName,
                                                   TableFormat format);

/// Statistics of which each record saw exactly the two ends of a range. Names
/// are sites, unless `names` says which; a name that it lacks is an error.
llvm::Expected<StatisticsFile>
importRanges(llvm::ArrayRef<NamedRange> ranges, const NameMap *names);

/// The minimum and maximum of every record. Refuses records without a range
/// and with NaN or Inf. `names`, where given, must have a name for every site.
llvm::Expected<std::vector<NamedRange>>
exportRanges(const StatisticsFile &file, const NameMap *names);

/// The text of such a file. Refuses names that the format cannot hold.
llvm::Expected<std::string> printTable(llvm::ArrayRef<NamedRange> ranges,
                                       TableFormat format);

} // namespace qdot::statistics

#endif // QDOT_STATISTICS_CONVERT_H
