//===- OutlineConstants.cpp - Tensor constants as globals -----------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "qdot/Codegen/ConstantData.h"
#include "qdot/Codegen/Passes.h"

namespace qdot {
#define GEN_PASS_DEF_OUTLINECONSTANTS
#include "qdot/Codegen/Passes.h.inc"
} // namespace qdot

using namespace mlir;

/// Bytes: a cache line, and the widest vector.
static constexpr int64_t globalAlignment = 64;

namespace {
/// The globals of one module, by content.
class GlobalTable {
public:
  explicit GlobalTable(ModuleOp module)
      : symbols(module), builder(module.getBodyRegion()) {}

  memref::GlobalOp get(Location loc, DenseElementsAttr value) {
    memref::GlobalOp &global = globals[value];
    if (global)
      return global;
    auto type = MemRefType::get(value.getType().getShape(),
                                value.getType().getElementType());
    global = memref::GlobalOp::create(
        builder, loc, "qdot_constant_" + std::to_string(globals.size() - 1),
        builder.getStringAttr("private"), type, value, /*constant=*/true,
        builder.getI64IntegerAttr(globalAlignment));
    symbols.insert(global);
    return global;
  }

private:
  SymbolTable symbols;
  OpBuilder builder;
  DenseMap<Attribute, memref::GlobalOp> globals;
};

struct OutlineConstants
    : public qdot::impl::OutlineConstantsBase<OutlineConstants> {
  void runOnOperation() override {
    GlobalTable table(getOperation());
    for (auto func : getOperation().getOps<FunctionOpInterface>())
      if (!func.isExternal() && failed(outline(func, table)))
        return signalPassFailure();
  }

private:
  /// One read per global and function, at its start, so that one-shot analysis
  /// sees each global once.
  static LogicalResult outline(FunctionOpInterface func, GlobalTable &table) {
    SmallVector<arith::ConstantOp> constants;
    func.walk([&](arith::ConstantOp op) {
      if (isa<RankedTensorType>(op.getType()))
        constants.push_back(op);
    });
    DenseMap<Operation *, Value> reads;
    auto builder = OpBuilder::atBlockBegin(&func.getFunctionBody().front());
    for (arith::ConstantOp op : constants) {
      std::string reason;
      DenseElementsAttr data =
          qdot::getConstantData(cast<ElementsAttr>(op.getValue()), reason);
      if (!data)
        return op.emitOpError() << reason;
      memref::GlobalOp global = table.get(op.getLoc(), data);
      Value &read = reads[global];
      if (!read)
        read = createRead(builder, op.getLoc(), global, op.getType());
      op.replaceAllUsesWith(read);
    }
    // Only now: the first constant may be the builder's insertion point.
    for (arith::ConstantOp op : constants)
      op.erase();
    return success();
  }

  static Value createRead(OpBuilder &builder, Location loc,
                          memref::GlobalOp global, Type type) {
    Value buffer = memref::GetGlobalOp::create(builder, loc, global.getType(),
                                               global.getSymName());
    return bufferization::ToTensorOp::create(builder, loc, type, buffer,
                                             /*restrict=*/true);
  }
};
} // namespace
