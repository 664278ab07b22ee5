//===- CallThreads.cpp - Calls of the thread pool -------------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/SymbolTable.h"
#include "qdot/Codegen/Passes.h"
#include "qdot/Dialect/Qdot.h"

namespace qdot {
#define GEN_PASS_DEF_CALLTHREADS
#include "qdot/Codegen/Passes.h.inc"
} // namespace qdot

using namespace mlir;
using namespace qdot;

/// Of qdot/Threads/Threads.h.
static constexpr StringLiteral parallelForName("qdot_parallel_for");

namespace {
struct CallThreads : public qdot::impl::CallThreadsBase<CallThreads> {
  using CallThreadsBase::CallThreadsBase;

  void runOnOperation() override {
    if (threads < 0) {
      getOperation().emitError()
          << "expected a number of threads, 0 for all, got "
          << int64_t(threads);
      return signalPassFailure();
    }
    SmallVector<LLVM::CallOp> calls;
    getOperation().walk([&](LLVM::CallOp call) {
      if (call->hasAttr(grainAttrName))
        calls.push_back(call);
    });
    if (calls.empty())
      return;
    SymbolTable symbols(getOperation());
    if (failed(declareRuntime(symbols)))
      return signalPassFailure();
    for (LLVM::CallOp call : calls)
      if (failed(lower(call, symbols)))
        return signalPassFailure();
  }

private:
  LogicalResult declareRuntime(SymbolTable &symbols) {
    OpBuilder builder(&getContext());
    Type pointer = LLVM::LLVMPointerType::get(&getContext());
    Type i64 = builder.getI64Type();
    auto type = LLVM::LLVMFunctionType::get(
        LLVM::LLVMVoidType::get(&getContext()),
        {pointer, pointer, i64, i64, i64});
    if (Operation *other = symbols.lookup(parallelForName)) {
      runtime = dyn_cast<LLVM::LLVMFuncOp>(other);
      if (runtime && runtime.isExternal() && runtime.getFunctionType() == type)
        return success();
      return other->emitError() << "the name '" << parallelForName
                                << "' is needed for threads";
    }
    runtime = LLVM::LLVMFuncOp::create(builder, getOperation().getLoc(),
                                       parallelForName, type);
    symbols.insert(runtime);
    return success();
  }

  /// The callee of a call that a range of units can be computed by.
  static LLVM::LLVMFuncOp getCallee(LLVM::CallOp call, SymbolTable &symbols) {
    auto name = call.getCalleeAttr();
    auto callee = name ? symbols.lookup<LLVM::LLVMFuncOp>(name.getAttr())
                       : LLVM::LLVMFuncOp();
    if (!callee || call.getNumResults() != 0)
      return {};
    TypeRange types = call.getArgOperands().getTypes();
    bool hasRange = types.size() >= 2 &&
                    llvm::all_of(types.take_back(2), [](Type type) {
                      return type.isInteger(64);
                    });
    if (!hasRange || !matchPattern(call.getArgOperands().drop_back().back(),
                                   m_Zero()))
      return {};
    return callee;
  }

  LogicalResult lower(LLVM::CallOp call, SymbolTable &symbols) {
    LLVM::LLVMFuncOp callee = getCallee(call, symbols);
    if (!callee)
      return call.emitOpError()
             << "with '" << grainAttrName
             << "' must call a function without results on a range [0, count)";
    OpBuilder builder(call);
    Location loc = call.getLoc();
    SmallVector<Value> inputs(call.getArgOperands().drop_back(2));
    auto type = LLVM::LLVMStructType::getLiteral(
        &getContext(), llvm::to_vector(TypeRange(ValueRange(inputs))));
    Value context = createContext(call, type);
    for (auto [at, input] : llvm::enumerate(inputs))
      LLVM::StoreOp::create(builder, loc, input,
                            getField(builder, loc, type, context, at));
    LLVM::LLVMFuncOp task = getTask(callee, type, symbols);
    auto number = [&](int64_t value) -> Value {
      return LLVM::ConstantOp::create(builder, loc,
                                      builder.getI64IntegerAttr(value));
    };
    auto grain = call->getAttrOfType<IntegerAttr>(grainAttrName);
    LLVM::CallOp::create(
        builder, loc, runtime,
        ValueRange{LLVM::AddressOfOp::create(builder, loc, task), context,
                   call.getArgOperands().back(), number(grain.getInt()),
                   number(threads)});
    call.erase();
    return success();
  }

  /// Room for the inputs, once per call of the function around.
  static Value createContext(LLVM::CallOp call, Type type) {
    auto func = call->getParentOfType<LLVM::LLVMFuncOp>();
    OpBuilder builder = OpBuilder::atBlockBegin(&func.front());
    Value one = LLVM::ConstantOp::create(builder, call.getLoc(),
                                         builder.getI64IntegerAttr(1));
    return LLVM::AllocaOp::create(
        builder, call.getLoc(),
        LLVM::LLVMPointerType::get(builder.getContext()), type, one);
  }

  static Value getField(OpBuilder &builder, Location loc, Type type,
                        Value context, int32_t at) {
    return LLVM::GEPOp::create(
        builder, loc, LLVM::LLVMPointerType::get(builder.getContext()), type,
        context, ArrayRef<LLVM::GEPArg>{0, at});
  }

  /// `void task(void *context, int64_t begin, int64_t end)` around `callee`.
  LLVM::LLVMFuncOp getTask(LLVM::LLVMFuncOp callee, LLVM::LLVMStructType type,
                           SymbolTable &symbols) {
    LLVM::LLVMFuncOp &task = tasks[callee];
    if (task)
      return task;
    OpBuilder builder(callee);
    Location loc = callee.getLoc();
    Type pointer = LLVM::LLVMPointerType::get(&getContext());
    Type i64 = builder.getI64Type();
    task = LLVM::LLVMFuncOp::create(
        builder, loc, (callee.getSymName() + "_task").str(),
        LLVM::LLVMFunctionType::get(LLVM::LLVMVoidType::get(&getContext()),
                                    {pointer, i64, i64}),
        LLVM::Linkage::Internal);
    symbols.insert(task);
    Block *body = task.addEntryBlock(builder);
    builder.setInsertionPointToStart(body);
    SmallVector<Value> arguments;
    for (auto [at, field] : llvm::enumerate(type.getBody()))
      arguments.push_back(LLVM::LoadOp::create(
          builder, loc, field,
          getField(builder, loc, type, body->getArgument(0), at)));
    arguments.append({body->getArgument(1), body->getArgument(2)});
    LLVM::CallOp::create(builder, loc, callee, arguments);
    LLVM::ReturnOp::create(builder, loc, ValueRange());
    return task;
  }

  LLVM::LLVMFuncOp runtime;
  DenseMap<Operation *, LLVM::LLVMFuncOp> tasks;
};
} // namespace
