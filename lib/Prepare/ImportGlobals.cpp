//===- ImportGlobals.cpp - Weights that are kept in global variables ------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MLProgram/IR/MLProgram.h"
#include "mlir/IR/SymbolTable.h"
#include "qdot/Prepare/Passes.h"

namespace qdot {
#define GEN_PASS_DEF_IMPORTGLOBALS
#include "qdot/Prepare/Passes.h.inc"
} // namespace qdot

using namespace mlir;
using namespace qdot;

/// The elements that `global` always has, or null: it has none, or is written,
/// here or, when it is mutable and public, elsewhere.
static TypedAttr getConstantValue(ml_program::GlobalOp global,
                                  ModuleOp module) {
  auto value = dyn_cast_if_present<TypedAttr>(global.getValueAttr());
  if (!value || !isa<ElementsAttr>(value) || value.getType() != global.getType())
    return {};
  if (!global.getIsMutable())
    return value;
  if (!global.isPrivate())
    return {};
  WalkResult stores = module.walk([&](ml_program::GlobalStoreOp store) {
    return store.getGlobal().getLeafReference() == global.getSymNameAttr()
               ? WalkResult::interrupt()
               : WalkResult::advance();
  });
  return stores.wasInterrupted() ? TypedAttr() : value;
}

namespace {
struct ImportGlobals : public qdot::impl::ImportGlobalsBase<ImportGlobals> {
  void runOnOperation() override {
    SmallVector<Operation *> loads;
    getOperation().walk([&](Operation *op) {
      if (isa<ml_program::GlobalLoadOp, ml_program::GlobalLoadConstOp>(op))
        loads.push_back(op);
    });
    for (Operation *op : loads)
      replaceLoad(op);
  }

  void replaceLoad(Operation *op) {
    auto global = SymbolTable::lookupNearestSymbolFrom<ml_program::GlobalOp>(
        op, op->getAttrOfType<SymbolRefAttr>("global"));
    TypedAttr value =
        global ? getConstantValue(global, getOperation()) : TypedAttr();
    if (!value)
      return;
    OpBuilder builder(op);
    op->replaceAllUsesWith(
        arith::ConstantOp::create(builder, op->getLoc(), value));
    op->erase();
  }
};
} // namespace
