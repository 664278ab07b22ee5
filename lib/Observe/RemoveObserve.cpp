//===- RemoveObserve.cpp - Erase every qdot.observe ----------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qdot/Dialect/Qdot.h"
#include "qdot/Observe/Passes.h"
#include "mlir/IR/BuiltinOps.h"

namespace qdot {
#define GEN_PASS_DEF_REMOVEOBSERVE
#include "qdot/Observe/Passes.h.inc"
} // namespace qdot

using namespace mlir;
using namespace qdot;

namespace {
struct RemoveObserve : public qdot::impl::RemoveObserveBase<RemoveObserve> {
  void runOnOperation() override {
    getOperation().walk([](ObserveOp observe) { observe.erase(); });
  }
};
} // namespace
