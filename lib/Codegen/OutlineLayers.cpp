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
#include "mlir/Interfaces/DataLayoutInterfaces.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
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

/// Allocations and calls stay in the function.
static bool isFixed(Operation *op) {
  return op->hasTrait<OpTrait::IsTerminator>() ||
         isa<CallOpInterface, memref::AllocOp, memref::AllocaOp,
             memref::DeallocOp>(op);
}

/// Can be passed under the bare pointer convention.
static bool isPassable(Value value) {
  auto memref = dyn_cast<MemRefType>(value.getType());
  if (!memref)
    return value.getType().isIntOrIndexOrFloat();
  return memref.hasStaticShape() && memref.getLayout().isIdentity();
}

/// Neighbours that work together: no value, only memory, passes from one layer
/// to the next.
using Layer = SmallVector<Operation *>;

namespace {
/// Bytes of the arena that a planned buffer occupies.
struct Place {
  Value arena;
  int64_t begin, end;

  explicit Place(memref::ViewOp view) : arena(view.getSource()) {
    APInt offset;
    matchPattern(view.getByteShift(), m_ConstantInt(&offset));
    begin = offset.getSExtValue();
    DataLayout layout = DataLayout::closest(view);
    Type element = view.getType().getElementType();
    end = begin + view.getType().getNumElements() *
                      int64_t(layout.getTypeSize(element).getFixedValue());
  }

  bool overlaps(const Place &other) const {
    return arena == other.arena && begin < other.end && other.begin < end;
  }
};

/// The layers of one block, and the operations that each of them may repeat
/// instead of taking their results as arguments: constants, views, and what is
/// computed from sizes.
class BlockLayers {
public:
  explicit BlockLayers(Block &block) : block(block) {
    size_t step = 0;
    for (Operation &op : block) {
      steps[&op] = step++;
      if (canRepeat(op))
        repeatable.insert(&op);
    }
  }

  bool isRepeatable(Operation *op) const { return repeatable.contains(op); }

  /// Cuts the block wherever no value passes from before to behind.
  SmallVector<Layer> find() const {
    SmallVector<Layer> layers;
    Layer layer;
    size_t last = 0;
    for (Operation &op : block) {
      if (isRepeatable(&op))
        continue;
      layer.push_back(&op);
      if (!isFixed(&op))
        last = std::max(last, findLastUse(op));
      if (last > steps.lookup(&op))
        continue;
      if (llvm::none_of(layer, isFixed))
        layers.push_back(layer);
      layer.clear();
    }
    return layers;
  }

private:
  /// Depends on no layer.
  bool canRepeat(Operation &op) const {
    if (!isPure(&op) || op.getNumRegions() > 0 || op.getNumResults() == 0)
      return false;
    return llvm::all_of(op.getOperands(), [&](Value operand) {
      Operation *def = operand.getDefiningOp();
      return !def || isFixed(def) || isRepeatable(def);
    });
  }

  size_t findLastUse(Operation &op) const {
    size_t last = steps.lookup(&op);
    for (Operation *user : op.getUsers())
      last = std::max(last, steps.lookup(block.findAncestorOpInBlock(*user)));
    return last;
  }

  Block &block;
  DenseMap<Operation *, size_t> steps;
  DenseSet<Operation *> repeatable;
};

/// What a layer takes from the function around it.
class LayerInputs {
public:
  LayerInputs(const Layer &layer, const BlockLayers &layers)
      : layers(layers), inside(layer.begin(), layer.end()) {
    for (Operation *op : layer) {
      for (Value operand : op->getOperands())
        add(operand);
      SetVector<Value> captured;
      getUsedValuesDefinedAbove(op->getRegions(), captured);
      llvm::for_each(captured, [&](Value value) { add(value); });
    }
  }

  /// A layer on fewer than two buffers of an arena has nothing to gain.
  bool isWorthwhile() const {
    SmallVector<Place> places;
    for (Value value : arguments) {
      if (!isPassable(value))
        return false;
      if (!isPlanned(value))
        continue;
      Place place(value.getDefiningOp<memref::ViewOp>());
      if (llvm::any_of(places, [&](auto &p) { return p.overlaps(place); }))
        return false;
      places.push_back(place);
    }
    return places.size() >= 2;
  }

  /// Become arguments of the layer.
  SetVector<Value> arguments;
  /// Are repeated in the layer, in this order.
  SetVector<Operation *> repeated;

private:
  void add(Value value) {
    Operation *op = value.getDefiningOp();
    if (op && inside.contains(op))
      return;
    if (!op || isPlanned(value) || !layers.isRepeatable(op)) {
      arguments.insert(value);
      return;
    }
    if (repeated.contains(op))
      return;
    llvm::for_each(op->getOperands(), [&](Value operand) { add(operand); });
    repeated.insert(op);
  }

  const BlockLayers &layers;
  DenseSet<Operation *> inside;
};

struct OutlineLayers
    : public qdot::impl::OutlineLayersBase<OutlineLayers> {
  void runOnOperation() override {
    SymbolTable symbols(getOperation());
    auto functions = llvm::to_vector(getOperation().getOps<func::FuncOp>());
    for (func::FuncOp func : functions)
      if (!func.isExternal() && func.getBody().hasOneBlock())
        outline(func, symbols);
  }

private:
  static void outline(func::FuncOp func, SymbolTable &symbols) {
    StringRef stem = func.getSymName();
    stem.consume_back("_in_workspace");
    unsigned count = 0;
    BlockLayers layers(func.front());
    for (const Layer &layer : layers.find()) {
      LayerInputs inputs(layer, layers);
      bool isCopy = llvm::all_of(layer, llvm::IsaPred<memref::CopyOp>);
      if (isCopy || !inputs.isWorthwhile())
        continue;
      std::string name = (stem + "_layer" + Twine(count++)).str();
      func::FuncOp function = createFunction(func, layer, inputs, name);
      symbols.insert(function);
      OpBuilder builder(layer.back());
      func::CallOp::create(builder, layer.front()->getLoc(), function,
                           inputs.arguments.getArrayRef());
      for (Operation *op : llvm::reverse(layer))
        op->erase();
    }
  }

  static func::FuncOp createFunction(func::FuncOp parent, const Layer &layer,
                                     const LayerInputs &inputs,
                                     StringRef name) {
    OpBuilder builder(parent);
    Location loc = layer.front()->getLoc();
    ValueRange arguments = inputs.arguments.getArrayRef();
    auto function =
        func::FuncOp::create(builder, loc, name,
                             builder.getFunctionType(arguments.getTypes(), {}));
    function.setPrivate();
    function->setAttr("llvm.bareptr", builder.getUnitAttr());
    function->setAttr("llvm.linkage",
                      LLVM::LinkageAttr::get(builder.getContext(),
                                             LLVM::Linkage::Internal));
    for (auto [index, value] : llvm::enumerate(arguments))
      setArgumentAttrs(function, index, value);

    Block *body = function.addEntryBlock();
    IRMapping mapping;
    mapping.map(arguments, body->getArguments());
    builder.setInsertionPointToStart(body);
    for (Operation *repeated : inputs.repeated)
      builder.clone(*repeated, mapping);
    for (Operation *op : layer)
      builder.clone(*op, mapping);
    func::ReturnOp::create(builder, loc);
    return function;
  }

  static void setArgumentAttrs(func::FuncOp function, unsigned index,
                               Value value) {
    if (!isa<MemRefType>(value.getType()))
      return;
    Builder builder(function.getContext());
    function.setArgAttr(index, LLVM::LLVMDialect::getNoAliasAttrName(),
                     builder.getUnitAttr());
    if (isPlanned(value))
      function.setArgAttr(index, LLVM::LLVMDialect::getAlignAttrName(),
                       builder.getI64IntegerAttr(alignment));
  }
};
} // namespace
