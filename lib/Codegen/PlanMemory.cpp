//===- PlanMemory.cpp - Activations in one arena --------------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/Remarks.h"
#include "mlir/IR/SymbolTable.h"
#include "qdot/Analysis/Remarks.h"
#include "qdot/Codegen/EntryPoint.h"
#include "qdot/Codegen/Passes.h"
#include "qdot/Codegen/PlannedBuffers.h"
#include "qdot/Dialect/Qdot.h"

namespace qdot {
#define GEN_PASS_DEF_PLANMEMORY
#include "qdot/Codegen/Passes.h.inc"
} // namespace qdot

using namespace mlir;
using namespace qdot;

/// Bytes: a cache line, and the widest vector.
static constexpr int64_t alignment = 64;
/// Bytes behind the last buffer that kernels may read (never write).
static constexpr int64_t slack = 64;

/// Status of an entry point that got no memory.
static constexpr int32_t outOfMemory = 3;

static MemRefType getByteType(MLIRContext *context, ArrayRef<int64_t> shape) {
  return MemRefType::get(shape, IntegerType::get(context, 8));
}

namespace {
/// The buffers of one function and where they go.
struct FunctionPlan {
  FunctionBuffers buffers;
  ArenaPlan arena;

  explicit FunctionPlan(func::FuncOp func)
      : buffers(collectBuffers(func, alignment)) {
    SmallVector<BufferLifetime> lifetimes;
    for (const PlannedBuffer &buffer : buffers.planned)
      lifetimes.push_back(buffer.lifetime);
    arena = planArena(lifetimes, alignment);
  }

  int64_t getArenaBytes() const {
    return buffers.planned.empty() ? 0 : arena.size + slack;
  }

  /// Of memory of any alignment that holds the arena.
  int64_t getWorkspaceBytes() const {
    return buffers.planned.empty() ? 0 : getArenaBytes() + alignment;
  }

  void emitRemarks(func::FuncOp func) const;
};

/// Rewrites one function and, for an entry point, the interface around it.
class PlanRewriter {
public:
  PlanRewriter(func::FuncOp func, const FunctionPlan &plan, int64_t maxStack)
      : func(func), plan(plan), maxStack(maxStack),
        builder(func.getContext()), loc(func.getLoc()) {}

  /// Memory of a function that only other functions of the module call.
  void useOwnArena();

  /// `@f` becomes `@f_in_workspace` with the arena as last argument; a new `@f`
  /// brings the memory.
  LogicalResult useWorkspace(SymbolTable &symbols);

private:
  bool isOnStack() const { return plan.getWorkspaceBytes() <= maxStack; }

  Value createConstant(int64_t value) {
    return arith::ConstantIndexOp::create(builder, loc, value);
  }

  /// The aligned bytes at `workspace`, which may lie anywhere.
  Value createAlignedArena(Value workspace);
  /// Every buffer becomes a view of `arena`.
  void replaceBuffers(Value arena);
  func::FuncOp createSizeFunction(StringRef name);
  func::FuncOp createWrapper(StringRef name, func::FuncOp body);
  /// Memory for one call of `body`, and the call. Returns the status.
  Value createCall(func::FuncOp body, ValueRange arguments);
  Value createHeapCall(func::FuncOp body, ValueRange arguments);
  /// `memref<Nxi8>` as the rank 0 memref that bare pointers are.
  Value createPointer(Value bytes);

  func::FuncOp func;
  const FunctionPlan &plan;
  int64_t maxStack;
  OpBuilder builder;
  Location loc;
};
} // namespace

void FunctionPlan::emitRemarks(func::FuncOp func) const {
  for (const RefusedBuffer &buffer : buffers.refused)
    emitMissedRemark(buffer.alloc, "plan-memory", buffer.reason,
                     "memory is allocated when the function runs");
  int64_t bytes = 0;
  for (const PlannedBuffer &buffer : buffers.planned)
    bytes += buffer.lifetime.size;
  remark::passed(func.getLoc(), remark::RemarkOpts::name("plan-memory")
                                    .category("qdot")
                                    .function(func.getSymName()))
      << remark::metric("Buffers", int64_t(buffers.planned.size()))
      << remark::metric("Bytes", bytes)
      << remark::metric("Arena", arena.size)
      << remark::metric("Peak", arena.peak);
}

void PlanRewriter::replaceBuffers(Value arena) {
  for (auto [index, buffer] : llvm::enumerate(plan.buffers.planned)) {
    memref::AllocOp alloc = buffer.alloc;
    // Never inside a loop: qdot-outline-layers passes buffers to layers.
    builder.setInsertionPoint(func.front().findAncestorOpInBlock(*alloc));
    Location allocLoc = alloc.getLoc();
    Value offset = arith::ConstantIndexOp::create(builder, allocLoc,
                                                  plan.arena.offsets[index]);
    Value view = memref::ViewOp::create(builder, allocLoc, alloc.getType(),
                                        arena, offset, ValueRange());
    if (memref::DeallocOp dealloc = buffer.dealloc)
      dealloc.erase();
    alloc.replaceAllUsesWith(view);
    alloc.erase();
  }
}

void PlanRewriter::useOwnArena() {
  if (plan.buffers.planned.empty())
    return;
  builder.setInsertionPointToStart(&func.front());
  MemRefType type = getByteType(builder.getContext(), plan.getArenaBytes());
  IntegerAttr alignmentAttr = builder.getI64IntegerAttr(alignment);
  if (isOnStack())
    return replaceBuffers(
        memref::AllocaOp::create(builder, loc, type, alignmentAttr));
  Value arena = memref::AllocOp::create(builder, loc, type, alignmentAttr);
  replaceBuffers(arena);
  builder.setInsertionPoint(func.front().getTerminator());
  memref::DeallocOp::create(builder, loc, arena);
}

Value PlanRewriter::createAlignedArena(Value workspace) {
  Value bytes = memref::ReinterpretCastOp::create(
      builder, loc,
      getByteType(builder.getContext(), plan.getWorkspaceBytes()), workspace,
      builder.getIndexAttr(0),
      SmallVector<OpFoldResult>{builder.getIndexAttr(plan.getWorkspaceBytes())},
      SmallVector<OpFoldResult>{builder.getIndexAttr(1)});
  Value address =
      memref::ExtractAlignedPointerAsIndexOp::create(builder, loc, workspace);
  Value negative =
      arith::SubIOp::create(builder, loc, createConstant(0), address);
  Value shift = arith::AndIOp::create(builder, loc, negative,
                                      createConstant(alignment - 1));
  Value arena = memref::ViewOp::create(
      builder, loc, getByteType(builder.getContext(), plan.getArenaBytes()),
      bytes, shift, ValueRange());
  return memref::AssumeAlignmentOp::create(builder, loc, arena, alignment);
}

Value PlanRewriter::createPointer(Value bytes) {
  return memref::ReinterpretCastOp::create(
      builder, loc, getByteType(builder.getContext(), {}), bytes,
      builder.getIndexAttr(0), ArrayRef<OpFoldResult>(),
      ArrayRef<OpFoldResult>());
}

Value PlanRewriter::createHeapCall(func::FuncOp body, ValueRange arguments) {
  auto type = getByteType(builder.getContext(), plan.getWorkspaceBytes());
  Value bytes = memref::AllocOp::create(builder, loc, type);
  Value address =
      memref::ExtractAlignedPointerAsIndexOp::create(builder, loc, bytes);
  Value isNull = arith::CmpIOp::create(
      builder, loc, arith::CmpIPredicate::eq, address, createConstant(0));
  auto choice = scf::IfOp::create(
      builder, loc, isNull,
      [](OpBuilder &nested, Location loc) {
        Value status =
            arith::ConstantIntOp::create(nested, loc, outOfMemory, 32);
        scf::YieldOp::create(nested, loc, status);
      },
      [&](OpBuilder &nested, Location loc) {
        SmallVector<Value> operands(arguments);
        OpBuilder::InsertionGuard guard(builder);
        builder.restoreInsertionPoint(nested.saveInsertionPoint());
        operands.push_back(createPointer(bytes));
        auto call = func::CallOp::create(builder, loc, body, operands);
        scf::YieldOp::create(builder, loc, call.getResults());
      });
  memref::DeallocOp::create(builder, loc, bytes);
  return choice.getResult(0);
}

Value PlanRewriter::createCall(func::FuncOp body, ValueRange arguments) {
  if (!isOnStack())
    return createHeapCall(body, arguments);
  int64_t size = std::max<int64_t>(1, plan.getWorkspaceBytes());
  Value bytes = memref::AllocaOp::create(
      builder, loc, getByteType(builder.getContext(), size),
      builder.getI64IntegerAttr(alignment));
  SmallVector<Value> operands(arguments);
  operands.push_back(createPointer(bytes));
  return func::CallOp::create(builder, loc, body, operands).getResult(0);
}

func::FuncOp PlanRewriter::createWrapper(StringRef name, func::FuncOp body) {
  auto inputs = body.getArgumentTypes().drop_back();
  auto wrapper = func::FuncOp::create(
      builder, loc, name,
      builder.getFunctionType(inputs, body.getResultTypes()));
  wrapper->setAttr("llvm.bareptr", builder.getUnitAttr());
  wrapper->setAttr(signatureAttrName, body->removeAttr(signatureAttrName));
  wrapper->setAttr(workspaceAttrName,
                   builder.getI64IntegerAttr(plan.getWorkspaceBytes()));
  for (unsigned index = 0; index < inputs.size(); ++index)
    wrapper.setArgAttrs(index, body.getArgAttrDict(index));
  Block *block = wrapper.addEntryBlock();
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(block);
  Value status = createCall(body, block->getArguments());
  func::ReturnOp::create(builder, loc, status);
  return wrapper;
}

func::FuncOp PlanRewriter::createSizeFunction(StringRef name) {
  auto function = func::FuncOp::create(
      builder, loc, name,
      builder.getFunctionType({}, {builder.getI64Type()}));
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(function.addEntryBlock());
  Value size = arith::ConstantIntOp::create(builder, loc,
                                            plan.getWorkspaceBytes(), 64);
  func::ReturnOp::create(builder, loc, size);
  return function;
}

LogicalResult PlanRewriter::useWorkspace(SymbolTable &symbols) {
  std::string name = func.getSymName().str();
  std::string bodyName = getWorkspaceEntryName(name);
  std::string sizeName = getWorkspaceSizeName(name);
  for (StringRef taken : {bodyName, sizeName})
    if (Operation *other = symbols.lookup(taken)) {
      InFlightDiagnostic diag = func.emitOpError()
                                << "needs the name '" << taken
                                << "' for its workspace, which is taken";
      diag.attachNote(other->getLoc()) << "by this";
      return diag;
    }
  symbols.remove(func);
  func.setSymName(bodyName);
  symbols.insert(func);
  auto noalias = builder.getDictionaryAttr(builder.getNamedAttr(
      LLVM::LLVMDialect::getNoAliasAttrName(), builder.getUnitAttr()));
  if (failed(func.insertArgument(func.getNumArguments(),
                                 getByteType(builder.getContext(), {}),
                                 noalias, loc)))
    return failure();
  // Not a second copy of the model in the wrapper.
  func->setAttr("passthrough", builder.getStrArrayAttr({"noinline"}));
  if (!plan.buffers.planned.empty()) {
    builder.setInsertionPointToStart(&func.front());
    replaceBuffers(createAlignedArena(func.getArguments().back()));
  }
  builder.setInsertionPointAfter(func);
  symbols.insert(createWrapper(name, func));
  symbols.insert(createSizeFunction(sizeName));
  return success();
}

std::string qdot::getWorkspaceEntryName(StringRef entry) {
  return entry.str() + "_in_workspace";
}

std::string qdot::getWorkspaceSizeName(StringRef entry) {
  return entry.str() + "_workspace_size";
}

namespace {
struct PlanMemory : public qdot::impl::PlanMemoryBase<PlanMemory> {
  using PlanMemoryBase::PlanMemoryBase;

  void runOnOperation() override {
    SymbolTable symbols(getOperation());
    auto functions = llvm::to_vector(getOperation().getOps<func::FuncOp>());
    for (func::FuncOp func : functions) {
      if (func.isExternal() || func->hasAttr(workspaceAttrName))
        continue;
      FunctionPlan plan(func);
      plan.emitRemarks(func);
      PlanRewriter rewriter(func, plan, maxStack);
      if (!func->hasAttr(signatureAttrName))
        rewriter.useOwnArena();
      else if (failed(rewriter.useWorkspace(symbols)))
        return signalPassFailure();
    }
  }
};
} // namespace
