//===- Remarks.cpp - Why an operation stays in float ---------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qdot/Analysis/Remarks.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Remarks.h"

using namespace mlir;

/// Where and under which name a remark is reported.
static remark::RemarkOpts getOptions(Operation *op, StringRef name) {
  StringRef function;
  auto parent = dyn_cast<func::FuncOp>(op);
  if (!parent)
    parent = op->getParentOfType<func::FuncOp>();
  if (parent)
    function = parent.getSymName();
  return remark::RemarkOpts::name(name).category("qdot").function(function);
}

void qdot::emitMissedRemark(Operation *op, StringRef name, StringRef reason,
                            StringRef message) {
  remark::missed(op->getLoc(), getOptions(op, name))
      << remark::metric("Op", op->getName().getStringRef())
      << remark::metric("Reason", reason) << message;
}

void qdot::emitAnalysisRemark(
    Operation *op, StringRef name,
    ArrayRef<std::pair<StringRef, int64_t>> metrics, StringRef message) {
  auto remark = remark::analysis(op->getLoc(), getOptions(op, name));
  for (auto [key, value] : metrics)
    remark << remark::metric(key, value);
  remark << message;
}
