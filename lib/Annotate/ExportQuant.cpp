//===- ExportQuant.cpp - qdot to quant.qcast/dcast -----------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/IR/BuiltinOps.h"
#include "qdot/Annotate/Passes.h"
#include "qdot/Dialect/Qdot.h"

namespace qdot {
#define GEN_PASS_DEF_EXPORTQUANT
#include "qdot/Annotate/Passes.h.inc"
} // namespace qdot

using namespace mlir;
using namespace qdot;

template <typename To, typename From>
static void replace(From op) {
  OpBuilder builder(op);
  auto cast = To::create(builder, op.getLoc(), op.getType(), op.getInput());
  op.replaceAllUsesWith(cast.getResult());
  op.erase();
}

namespace {
struct ExportQuant : public qdot::impl::ExportQuantBase<ExportQuant> {
  void runOnOperation() override {
    getOperation().walk(replace<quant::QuantizeCastOp, QuantizeOp>);
    getOperation().walk(replace<quant::DequantizeCastOp, DequantizeOp>);
  }
};
} // namespace
