//===- KeepLoops.cpp - Annotations of loops for LLVM ----------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/BuiltinOps.h"
#include "qdot/Codegen/Passes.h"

namespace qdot {
#define GEN_PASS_DEF_KEEPLOOPS
#include "qdot/Codegen/Passes.h.inc"
} // namespace qdot

using namespace mlir;
using namespace qdot;

static constexpr StringLiteral carriedName = "llvm.loop_annotation";

namespace {
struct KeepLoops : public qdot::impl::KeepLoopsBase<KeepLoops> {
  void runOnOperation() override {
    getOperation().walk([](LLVM::BrOp op) { keep(op); });
    getOperation().walk([](LLVM::CondBrOp op) { keep(op); });
  }

private:
  template <typename Branch>
  static void keep(Branch op) {
    auto carried =
        op->template getAttrOfType<LLVM::LoopAnnotationAttr>(carriedName);
    if (!carried)
      return;
    op->removeAttr(carriedName);
    op.setLoopAnnotationAttr(carried);
  }
};
} // namespace
