//===- OutlineParallel.cpp - Ranges of work as functions ------------------===//
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
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "mlir/Transforms/RegionUtils.h"
#include "qdot/Codegen/Passes.h"
#include "qdot/Dialect/Qdot.h"

namespace qdot {
#define GEN_PASS_DEF_OUTLINEPARALLEL
#include "qdot/Codegen/Passes.h.inc"
} // namespace qdot

using namespace mlir;
using namespace qdot;

/// Can be passed under the bare pointer convention.
static bool isPassable(Value value) {
  auto memref = dyn_cast<MemRefType>(value.getType());
  return !memref ||
         (memref.hasStaticShape() && memref.getLayout().isIdentity());
}

/// True where no other argument of the range can point into the memory of
/// `value`: a buffer of its own, or promised by the function around.
static bool isDistinct(Value value) {
  auto argument = dyn_cast<BlockArgument>(value);
  if (!argument)
    return value.getDefiningOp<memref::AllocOp>() ||
           value.getDefiningOp<memref::AllocaOp>();
  auto func = dyn_cast<func::FuncOp>(argument.getOwner()->getParentOp());
  return func && func.getArgAttr(argument.getArgNumber(),
                                 LLVM::LLVMDialect::getNoAliasAttrName());
}

namespace {
/// One range function in the making.
class RangeOutliner {
public:
  RangeOutliner(ParallelOp op, SymbolTable &symbols)
      : op(op), parent(op->getParentOfType<func::FuncOp>()), symbols(symbols),
        builder(op.getContext()), loc(op.getLoc()) {}

  void run() {
    collect();
    builder.setInsertionPoint(op);
    for (Value input : inputs)
      pass(input);
    func::FuncOp function = createFunction();
    builder.setInsertionPoint(op);
    arguments.push_back(arith::ConstantIndexOp::create(builder, loc, 0));
    arguments.push_back(op.getCount());
    auto call = func::CallOp::create(builder, loc, function, arguments);
    call->setAttr(grainAttrName, op.getGrainAttr());
    op.erase();
  }

private:
  /// Splits what the body uses into inputs and what it computes again.
  void collect() {
    SetVector<Value> captured;
    getUsedValuesDefinedAbove(op.getBody(), captured);
    for (Value value : captured)
      add(value);
  }

  void add(Value value) {
    Operation *def = value.getDefiningOp();
    if (!def || !isPure(def) || def->getNumRegions() > 0) {
      inputs.insert(value);
      return;
    }
    if (repeated.contains(def))
      return;
    for (Value operand : def->getOperands())
      add(operand);
    repeated.insert(def);
  }

  /// A memref that has no bare pointer becomes its base, offset, sizes and
  /// strides.
  void pass(Value input) {
    if (isPassable(input)) {
      arguments.push_back(input);
      return;
    }
    auto parts = memref::ExtractStridedMetadataOp::create(builder, loc, input);
    llvm::append_range(arguments, parts.getResults());
  }

  func::FuncOp createFunction() {
    builder.setInsertionPoint(parent);
    SmallVector<Type> types = llvm::to_vector(TypeRange(ValueRange(arguments)));
    types.append(2, builder.getIndexType());
    std::string name = (parent.getSymName() + "_range").str();
    auto function = func::FuncOp::create(builder, loc, name,
                                         builder.getFunctionType(types, {}));
    function.setPrivate();
    function->setAttr("llvm.bareptr", builder.getUnitAttr());
    function->setAttr("llvm.linkage",
                      LLVM::LinkageAttr::get(builder.getContext(),
                                             LLVM::Linkage::Internal));
    symbols.insert(function);
    fill(function);
    return function;
  }

  void fill(func::FuncOp function) {
    builder.setInsertionPointToStart(function.addEntryBlock());
    IRMapping mapping;
    unsigned next = 0;
    for (Value input : inputs) {
      setAttributes(function, next, input);
      mapping.map(input, receive(function, next, input.getType()));
    }
    mapping.map(op.getBegin(), function.getArgument(next));
    mapping.map(op.getEnd(), function.getArgument(next + 1));
    for (Operation *def : repeated)
      builder.clone(*def, mapping);
    for (Operation &inner : op.getBody().front())
      builder.clone(inner, mapping);
    func::ReturnOp::create(builder, loc);
  }

  /// The input that begins at argument `next`, which moves behind it.
  Value receive(func::FuncOp function, unsigned &next, Type type) {
    Value first = function.getArgument(next++);
    if (first.getType() == type)
      return first;
    auto memref = cast<MemRefType>(type);
    auto take = [&](int64_t count) {
      SmallVector<OpFoldResult> values;
      for (; count > 0; --count)
        values.push_back(Value(function.getArgument(next++)));
      return values;
    };
    SmallVector<OpFoldResult> offset = take(1), sizes = take(memref.getRank()),
                              strides = take(memref.getRank());
    useStatic(memref, offset, sizes, strides);
    return memref::ReinterpretCastOp::create(builder, loc, memref, first,
                                             offset.front(), sizes, strides);
  }

  /// What the type says stays in it.
  void useStatic(MemRefType type, SmallVector<OpFoldResult> &offset,
                 SmallVector<OpFoldResult> &sizes,
                 SmallVector<OpFoldResult> &strides) {
    auto [typeStrides, typeOffset] = type.getStridesAndOffset();
    auto use = [&](ArrayRef<int64_t> known, SmallVector<OpFoldResult> &values) {
      for (auto [number, value] : llvm::zip(known, values))
        if (!ShapedType::isDynamic(number))
          value = builder.getIndexAttr(number);
    };
    use(typeOffset, offset);
    use(type.getShape(), sizes);
    use(typeStrides, strides);
  }

  void setAttributes(func::FuncOp function, unsigned at, Value input) {
    if (!isa<MemRefType>(input.getType()))
      return;
    auto argument = dyn_cast<BlockArgument>(input);
    if (argument && argument.getOwner() == &parent.front() && isPassable(input))
      function.setArgAttrs(at,
                           parent.getArgAttrDict(argument.getArgNumber()));
    if (isDistinct(input))
      function.setArgAttr(at, LLVM::LLVMDialect::getNoAliasAttrName(),
                          builder.getUnitAttr());
  }

  ParallelOp op;
  func::FuncOp parent;
  SymbolTable &symbols;
  OpBuilder builder;
  Location loc;
  SetVector<Value> inputs;
  SetVector<Operation *> repeated;
  SmallVector<Value> arguments;
};

struct OutlineParallel
    : public qdot::impl::OutlineParallelBase<OutlineParallel> {
  void runOnOperation() override {
    SymbolTable symbols(getOperation());
    // Inner ones first: the functions of outer ones then call theirs.
    SmallVector<ParallelOp> ops;
    getOperation().walk([&](ParallelOp op) { ops.push_back(op); });
    for (ParallelOp op : ops) {
      if (!op->getParentOfType<func::FuncOp>()) {
        op.emitOpError("is not in a function");
        return signalPassFailure();
      }
      RangeOutliner(op, symbols).run();
    }
  }
};
} // namespace
