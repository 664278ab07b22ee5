//===- Tables.h - Formats of other tools, one by one ----------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QDOT_STATISTICS_TABLES_H
#define QDOT_STATISTICS_TABLES_H

#include "qdot/Statistics/Convert.h"
#include "llvm/ADT/StringSet.h"

namespace qdot::statistics {

/// The one way to make an error of this part.
llvm::Error refuseTable(const llvm::Twine &message);

/// The ranges that were read so far.
struct RangeTable {
  /// Adds a range; refuses what parseTable says. `place` starts the error.
  llvm::Error add(llvm::StringRef name, double min, double max,
                  const llvm::Twine &place);

  std::vector<NamedRange> ranges;
  llvm::StringSet<> names;
};

/// TensorRT: a line `TRT-VERSION-ALGORITHM`, then `NAME: HEX` per tensor, where
/// HEX is the big-endian f32 of the scale, amax / 127.
llvm::Error parseTensorRt(llvm::StringRef text, llvm::StringRef fileName,
                          RangeTable &table);
llvm::Expected<std::string> printTensorRt(llvm::ArrayRef<NamedRange> ranges);

/// ONNX Runtime's calibration.json: an object of names, each with `lowest` and
/// `highest` (numbers, or arrays of numpy as it encodes them; of one number per
/// channel the outermost counts), possibly within
/// `{"CLS": "TensorsData", "data": ...}`; or, before version 1.16, of names
/// with a list of both.
llvm::Error parseOnnxRuntime(llvm::StringRef text, llvm::StringRef fileName,
                             RangeTable &table);
llvm::Expected<std::string> printOnnxRuntime(llvm::ArrayRef<NamedRange> ranges);

/// tpu-mlir's calibration table: comments with `#`, then `NAME THRESHOLD MIN
/// MAX` per tensor. Where a section `#int4_th` or `#weight_scale` starts, the
/// ranges end.
llvm::Error parseTpuMlir(llvm::StringRef text, llvm::StringRef fileName,
                         RangeTable &table);
llvm::Expected<std::string> printTpuMlir(llvm::ArrayRef<NamedRange> ranges);

/// RFC 4180, with a header that has `name`, `min` and `max`.
llvm::Error parseCsv(llvm::StringRef text, llvm::StringRef fileName,
                     RangeTable &table);
llvm::Expected<std::string> printCsv(llvm::ArrayRef<NamedRange> ranges);

} // namespace qdot::statistics

#endif // QDOT_STATISTICS_TABLES_H
