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

void qdot::emitMissedRemark(Operation *op, StringRef name, StringRef reason,
                            StringRef message) {
  StringRef function;
  auto parent = dyn_cast<func::FuncOp>(op);
  if (!parent)
    parent = op->getParentOfType<func::FuncOp>();
  if (parent)
    function = parent.getSymName();
  remark::missed(op->getLoc(), remark::RemarkOpts::name(name)
                                   .category("qdot")
                                   .function(function))
      << remark::metric("Op", op->getName().getStringRef())
      << remark::metric("Reason", reason) << message;
}
