//===- LowerObserve.cpp - qdot.observe to calls of the runtime -----------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/SymbolTable.h"
#include "qdot/Dialect/Qdot.h"
#include "qdot/Observe/Passes.h"
#include "llvm/ADT/StringMap.h"

namespace qdot {
#define GEN_PASS_DEF_LOWEROBSERVE
#include "qdot/Observe/Passes.h.inc"
} // namespace qdot

using namespace mlir;
using namespace qdot;

namespace {
/// Creates the callees and the site strings of one module, each once.
class RuntimeSymbols {
public:
  explicit RuntimeSymbols(ModuleOp module)
      : symbols(module), builder(module.getBodyRegion()) {}

  func::FuncOp getCallee(Location loc, StringRef name, TypeRange arguments) {
    if (auto callee = symbols.lookup<func::FuncOp>(name))
      return callee;
    auto type = builder.getFunctionType(arguments, {});
    auto callee = func::FuncOp::create(builder, loc, name, type);
    callee.setPrivate();
    callee->setAttr(LLVM::LLVMDialect::getEmitCWrapperAttrName(),
                    builder.getUnitAttr());
    symbols.insert(callee);
    return callee;
  }

  LLVM::GlobalOp getSite(Location loc, StringRef key) {
    LLVM::GlobalOp &site = sites[key];
    if (site)
      return site;
    std::string text = key.str();
    text.push_back('\0');
    auto type =
        LLVM::LLVMArrayType::get(builder.getIntegerType(8), text.size());
    site = LLVM::GlobalOp::create(
        builder, loc, type, /*isConstant=*/true, LLVM::Linkage::Private,
        "qdot_site_" + std::to_string(sites.size() - 1),
        builder.getStringAttr(text));
    symbols.insert(site);
    return site;
  }

private:
  SymbolTable symbols;
  OpBuilder builder;
  llvm::StringMap<LLVM::GlobalOp> sites;
};

struct LowerObserve : public qdot::impl::LowerObserveBase<LowerObserve> {
  void runOnOperation() override {
    SmallVector<ObserveOp> observes;
    getOperation().walk([&](ObserveOp op) { observes.push_back(op); });
    if (llvm::any_of(observes, [](ObserveOp op) { return failed(check(op)); }))
      return signalPassFailure();
    RuntimeSymbols symbols(getOperation());
    for (ObserveOp op : observes)
      lower(op, symbols);
  }

  static LogicalResult check(ObserveOp op) {
    auto type = dyn_cast<MemRefType>(op.getValue().getType());
    if (!type)
      return op.emitOpError() << "expected a ranked memref, got "
                              << op.getValue().getType()
                              << "; run bufferization first";
    Type element = type.getElementType();
    if (element.isF32() || element.isInteger(8) || element.isInteger(32))
      return success();
    return op.emitOpError()
           << "expected f32, i8 or i32 elements, got " << element;
  }

  static void lower(ObserveOp op, RuntimeSymbols &symbols) {
    auto type = cast<MemRefType>(op.getValue().getType());
    Location loc = op.getLoc();
    OpBuilder builder(op);
    auto addressOf = [&](SiteAttr site) -> Value {
      return LLVM::AddressOfOp::create(builder, loc,
                                       symbols.getSite(loc, site.getKey()));
    };
    auto constant = [&](IntegerAttr value) -> Value {
      return arith::ConstantIntOp::create(builder, loc, value.getInt(), 64);
    };
    std::string name = "qdot_rt_observe_" + getSuffix(type.getElementType());
    SmallVector<Value> arguments = {addressOf(op.getSite())};
    auto axis = op->getAttrOfType<IntegerAttr>("qdot.channel_axis");
    auto moved = op->getAttrOfType<SiteAttr>("qdot.moved_site");
    auto zeros = op->getAttrOfType<IntegerAttr>("qdot.moved_zeros");
    if (type.getElementType().isF32() && axis) {
      name = "qdot_rt_observe_channels_f32";
      arguments.push_back(constant(axis));
    } else if (type.getElementType().isF32() && moved && zeros) {
      name = "qdot_rt_observe_moved_f32";
      arguments.append({addressOf(moved), constant(zeros)});
    }
    arguments.push_back(memref::CastOp::create(
        builder, loc,
        UnrankedMemRefType::get(type.getElementType(), type.getMemorySpace()),
        op.getValue()));
    func::FuncOp callee =
        symbols.getCallee(loc, name, ValueRange(arguments).getTypes());
    func::CallOp::create(builder, loc, callee, arguments);
    op.erase();
  }

  static std::string getSuffix(Type element) {
    if (element.isF32())
      return "f32";
    return "i" + std::to_string(element.getIntOrFloatBitWidth());
  }
};
} // namespace
