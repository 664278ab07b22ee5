//===- PlannedBuffers.cpp - Allocations that can move into an arena -------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qdot/Codegen/PlannedBuffers.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Interfaces/DataLayoutInterfaces.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace qdot;

/// A buffer above this is left to malloc, whose failure can be handled; also
/// keeps every sum in range.
static constexpr int64_t maxBytes = int64_t(1) << 40;

/// Bytes of a memref, or -1 when they are unknown or too many. LLVM places
/// integers as far apart as the next power of two: i48 every 8 bytes.
static int64_t getBytes(MemRefType type, const DataLayout &layout) {
  Type element = type.getElementType();
  if (!element.isIntOrIndexOrFloat() && !isa<VectorType>(element))
    return -1;
  int64_t bytes = layout.getTypeSize(element).getFixedValue();
  if (element.isInteger())
    bytes = llvm::PowerOf2Ceil(bytes);
  for (int64_t size : type.getShape())
    if (llvm::MulOverflow(bytes, size, bytes) || bytes > maxBytes)
      return -1;
  return bytes;
}

static bool isScalarOrVector(Type type) {
  if (auto vector = dyn_cast<VectorType>(type))
    type = vector.getElementType();
  return type.isIntOrIndexOrFloat();
}

namespace {
/// Follows one allocation through the function.
class LifeWalk {
public:
  LifeWalk(const DenseMap<Operation *, int64_t> &steps, Block *body)
      : steps(steps), body(body) {}

  /// Empty on success, else the reason.
  StringRef run(memref::AllocOp op) {
    alloc = op;
    isNested = alloc->getBlock() != body;
    push(alloc.getResult());
    while (!worklist.empty()) {
      Value value = worklist.pop_back_val();
      for (OpOperand &use : value.getUses())
        if (StringRef reason = visit(use); !reason.empty())
          return reason;
    }
    if (first < 0)
      touch(alloc);
    return {};
  }

  memref::DeallocOp dealloc;
  /// -1 before the first use.
  int64_t first = -1, last = -1;

private:
  void push(Value value) {
    if (isa<BaseMemRefType>(value.getType()) && seen.insert(value).second)
      worklist.push_back(value);
  }

  void touch(Operation *op) {
    int64_t step = steps.lookup(body->findAncestorOpInBlock(*op));
    first = first < 0 ? step : std::min(first, step);
    last = std::max(last, step);
  }

  StringRef visit(OpOperand &use) {
    Operation *op = use.getOwner();
    if (auto free = dyn_cast<memref::DeallocOp>(op))
      return visitDealloc(free);
    touch(op);
    if (isa<func::ReturnOp, memref::ExtractAlignedPointerAsIndexOp>(op))
      return "escapes";
    auto store = dyn_cast<memref::StoreOp>(op);
    if (store && store.getValue() == use.get())
      return "escapes";
    if (op->hasTrait<OpTrait::IsTerminator>()) {
      if (isNested)
        return "loop-carried";
      pushAliases(op->getParentOp());
    }
    return pushAliases(op);
  }

  /// Where the buffer itself is freed in its own block, its life is known.
  StringRef visitDealloc(memref::DeallocOp op) {
    if (dealloc || op.getMemref() != alloc.getResult() ||
        op->getBlock() != alloc->getBlock())
      return "conditional-dealloc";
    dealloc = op;
    return {};
  }

  /// Whatever an operation that takes the buffer may pass on.
  StringRef pushAliases(Operation *op) {
    for (Value result : op->getResults()) {
      if (!isa<BaseMemRefType>(result.getType()) &&
          !isScalarOrVector(result.getType()))
        return "escapes";
      push(result);
    }
    for (Block *successor : op->getSuccessors())
      llvm::for_each(successor->getArguments(), [&](Value v) { push(v); });
    for (Region &region : op->getRegions())
      for (Block &block : region)
        llvm::for_each(block.getArguments(), [&](Value v) { push(v); });
    return {};
  }

  const DenseMap<Operation *, int64_t> &steps;
  Block *body;
  memref::AllocOp alloc;
  bool isNested = false;
  DenseSet<Value> seen;
  SmallVector<Value> worklist;
};

/// Sorts the allocations of one function.
class BufferCollector {
public:
  BufferCollector(func::FuncOp func, int64_t maxAlignment)
      : func(func), maxAlignment(maxAlignment),
        layout(DataLayout::closest(func)) {}

  FunctionBuffers run() {
    int64_t step = 0;
    for (Operation &op : func.front())
      steps[&op] = step++;
    func.walk([&](memref::AllocOp alloc) {
      PlannedBuffer buffer;
      StringRef reason = classify(alloc, buffer);
      if (reason.empty())
        result.planned.push_back(buffer);
      else
        result.refused.push_back({alloc, reason});
    });
    return std::move(result);
  }

private:
  StringRef classify(memref::AllocOp alloc, PlannedBuffer &buffer) {
    if (StringRef reason = checkType(alloc); !reason.empty())
      return reason;
    if (!func.getBody().hasOneBlock() || !isInSequentialCode(alloc))
      return "control-flow";
    LifeWalk walk(steps, &func.front());
    if (StringRef reason = walk.run(alloc); !reason.empty())
      return reason;
    int64_t bytes = getBytes(alloc.getType(), layout);
    buffer = {alloc, walk.dealloc, {bytes, walk.first, walk.last}};
    return {};
  }

  StringRef checkType(memref::AllocOp alloc) {
    MemRefType type = alloc.getType();
    if (!type.hasStaticShape() || !alloc.getSymbolOperands().empty())
      return "dynamic-size";
    if (!type.getLayout().isIdentity() || type.getMemorySpace())
      return "layout";
    if (int64_t(alloc.getAlignment().value_or(1)) > maxAlignment)
      return "alignment";
    return getBytes(type, layout) < 0 ? "size" : "";
  }

  /// Iterations that run side by side need a buffer each.
  bool isInSequentialCode(Operation *op) {
    for (op = op->getParentOp(); op != func; op = op->getParentOp())
      if (!isa<scf::ForOp, scf::IfOp>(op))
        return false;
    return true;
  }

  func::FuncOp func;
  int64_t maxAlignment;
  DataLayout layout;
  DenseMap<Operation *, int64_t> steps;
  FunctionBuffers result;
};
} // namespace

FunctionBuffers qdot::collectBuffers(func::FuncOp func, int64_t maxAlignment) {
  return BufferCollector(func, maxAlignment).run();
}
