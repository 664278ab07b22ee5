//===- OutlineLayers.cpp - Layers as functions of their buffers -----------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "mlir/Interfaces/ViewLikeInterface.h"
#include "mlir/Transforms/RegionUtils.h"
#include "qdot/Codegen/Passes.h"

namespace qdot {
#define GEN_PASS_DEF_OUTLINELAYERS
#include "qdot/Codegen/Passes.h.inc"
} // namespace qdot

using namespace mlir;
using namespace qdot;

/// Bytes; views of this alignment are what qdot-plan-memory makes.
static constexpr int64_t alignment = 64;

/// True for a buffer in an arena: a view at a constant offset.
static bool isPlanned(Value value) {
  auto view = value.getDefiningOp<memref::ViewOp>();
  return view && matchPattern(view.getByteShift(), m_Constant()) &&
         view.getType().hasStaticShape();
}

/// Repeated in the layer rather than passed to it.
static bool isRepeated(Operation *op) {
  if (op->hasTrait<OpTrait::ConstantLike>() || isa<memref::GetGlobalOp>(op))
    return true;
  return isa<ViewLikeOpInterface>(op) && isPure(op) && op->getNumResults() == 1;
}

/// Can be passed under the bare pointer convention.
static bool isPassable(Type type) {
  auto memref = dyn_cast<MemRefType>(type);
  if (!memref)
    return type.isIntOrIndexOrFloat();
  return memref.hasStaticShape() && memref.getLayout().isIdentity();
}

namespace {
/// What one operation takes from the function around it.
class LayerInputs {
public:
  explicit LayerInputs(Operation *op) {
    for (Value operand : op->getOperands())
      add(operand);
    SetVector<Value> captured;
    getUsedValuesDefinedAbove(op->getRegions(), captured);
    llvm::for_each(captured, [&](Value value) { add(value); });
  }

  /// An operation on fewer than two buffers of an arena has nothing to gain.
  bool isWorthwhile() const {
    return llvm::count_if(arguments, isPlanned) >= 2 &&
           llvm::all_of(arguments.getArrayRef(), [](Value value) {
             return isPassable(value.getType());
           });
  }

  /// Become arguments of the layer.
  SetVector<Value> arguments;
  /// Are repeated in the layer, in this order.
  SetVector<Operation *> repeated;

private:
  void add(Value value) {
    Operation *op = value.getDefiningOp();
    if (!op || isPlanned(value) || !isRepeated(op)) {
      arguments.insert(value);
      return;
    }
    if (repeated.contains(op))
      return;
    llvm::for_each(op->getOperands(), [&](Value operand) { add(operand); });
    repeated.insert(op);
  }
};

struct OutlineLayers
    : public qdot::impl::OutlineLayersBase<OutlineLayers> {
  void runOnOperation() override {
    SymbolTable symbols(getOperation());
    auto functions = llvm::to_vector(getOperation().getOps<func::FuncOp>());
    for (func::FuncOp func : functions)
      if (!func.isExternal())
        outline(func, symbols);
  }

private:
  static bool isLayer(Operation &op) {
    return op.getNumResults() == 0 && !isPure(&op) &&
           !op.hasTrait<OpTrait::IsTerminator>() &&
           !isa<CallOpInterface, memref::CopyOp, memref::DeallocOp>(op);
  }

  static void outline(func::FuncOp func, SymbolTable &symbols) {
    SmallVector<Operation *> layers;
    for (Block &block : func.getBody())
      for (Operation &op : block)
        if (isLayer(op))
          layers.push_back(&op);
    StringRef stem = func.getSymName();
    stem.consume_back("_in_workspace");
    unsigned count = 0;
    for (Operation *op : layers) {
      LayerInputs inputs(op);
      if (!inputs.isWorthwhile())
        continue;
      std::string name = (stem + "_layer" + Twine(count++)).str();
      func::FuncOp layer = createFunction(func, op, inputs, name);
      symbols.insert(layer);
      OpBuilder builder(op);
      func::CallOp::create(builder, op->getLoc(), layer,
                           inputs.arguments.getArrayRef());
      op->erase();
    }
  }

  static func::FuncOp createFunction(func::FuncOp parent, Operation *op,
                                     const LayerInputs &inputs,
                                     StringRef name) {
    OpBuilder builder(parent);
    ValueRange arguments = inputs.arguments.getArrayRef();
    auto layer = func::FuncOp::create(
        builder, op->getLoc(), name,
        builder.getFunctionType(arguments.getTypes(), {}));
    layer.setPrivate();
    layer->setAttr("llvm.bareptr", builder.getUnitAttr());
    layer->setAttr("llvm.linkage",
                   LLVM::LinkageAttr::get(builder.getContext(),
                                          LLVM::Linkage::Internal));
    for (auto [index, value] : llvm::enumerate(arguments))
      setArgumentAttrs(layer, index, value);

    Block *body = layer.addEntryBlock();
    IRMapping mapping;
    mapping.map(arguments, body->getArguments());
    builder.setInsertionPointToStart(body);
    for (Operation *repeated : inputs.repeated)
      builder.clone(*repeated, mapping);
    builder.clone(*op, mapping);
    func::ReturnOp::create(builder, op->getLoc());
    return layer;
  }

  static void setArgumentAttrs(func::FuncOp layer, unsigned index,
                               Value value) {
    if (!isa<MemRefType>(value.getType()))
      return;
    Builder builder(layer.getContext());
    layer.setArgAttr(index, LLVM::LLVMDialect::getNoAliasAttrName(),
                     builder.getUnitAttr());
    if (isPlanned(value))
      layer.setArgAttr(index, LLVM::LLVMDialect::getAlignAttrName(),
                       builder.getI64IntegerAttr(alignment));
  }
};
} // namespace
