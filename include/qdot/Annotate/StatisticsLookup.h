//===- StatisticsLookup.h - Match a statistics file with a model ---------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//


#ifndef QDOT_ANNOTATE_STATISTICSLOOKUP_H
#define QDOT_ANNOTATE_STATISTICSLOOKUP_H

#include "qdot/Analysis/QuantizableValues.h"
#include "qdot/Statistics/Statistics.h"

namespace qdot {

/// Emits an error at `module` unless every one of `wanted` has a record in
/// `file` and every record is wanted by someone. The notes say which sites are
/// new (the model has them, the file does not), changed (same path, other
/// digest) or missing (the file has them, the model does not).
mlir::LogicalResult
checkSameModel(mlir::Operation *module,
               llvm::ArrayRef<QuantizableValue> wanted,
               const statistics::StatisticsFile &file,
               llvm::StringRef fileName);

} // namespace qdot

#endif // QDOT_ANNOTATE_STATISTICSLOOKUP_H
