//===- Remarks.h - Why an operation stays in float -----------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//


#ifndef QDOT_ANALYSIS_REMARKS_H
#define QDOT_ANALYSIS_REMARKS_H

#include "mlir/IR/Operation.h"

namespace qdot {

/// Emits a missed-optimization remark of category `qdot`: `name` is the
/// transformation that declined, `reason` a word for machines, `message` a
/// sentence. Shown by `--remarks-filter='qdot.*'`.
void emitMissedRemark(mlir::Operation *op, llvm::StringRef name,
                      llvm::StringRef reason, llvm::StringRef message);

/// Reports numbers that an analysis found, as remark `name` of category `qdot`.
void emitAnalysisRemark(
    mlir::Operation *op, llvm::StringRef name,
    llvm::ArrayRef<std::pair<llvm::StringRef, int64_t>> metrics,
    llvm::StringRef message);

} // namespace qdot

#endif // QDOT_ANALYSIS_REMARKS_H
