//===- Dispatch.cpp - One model for several targets -----------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Dispatch.h"
#include "CpuDetection.h"
#include "Support.h"
#include "qdot/Codegen/EntryPoint.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/IR/Module.h"
#include "llvm/Linker/Linker.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Transforms/IPO/ConstantMerge.h"
#include "llvm/Transforms/IPO/GlobalDCE.h"
#include <algorithm>

using namespace llvm;
using namespace qdot;
using namespace qdot::driver;

/// Status of an entry point that found no variant.
static constexpr int32_t noVariant = 2;

static std::string addSuffix(StringRef name, const TargetSpec &target) {
  std::string suffix = target.name;
  llvm::replace(suffix, '-', '_');
  return (name + "." + suffix).str();
}

std::string qdot::driver::getTargetQueryName(StringRef entry) {
  return (entry + "_target").str();
}

/// Names that no other variant has, and the target's features on each function,
/// because the module is compiled as one for the baseline.
static void prepareVariant(Variant &variant) {
  const TargetSpec &target = variant.target;
  SmallVector<GlobalValue *> values;
  for (GlobalValue &value : variant.module->global_values())
    if (!value.isDeclaration() && value.hasName())
      values.push_back(&value);
  for (GlobalValue *value : values)
    value->setName(addSuffix(value->getName(), target));
  for (llvm::Function &function : *variant.module) {
    if (function.isDeclaration())
      continue;
    function.addFnAttr("target-cpu", target.cpu);
    // Some have more, which only tune the code.
    if (!target.features.empty() && !function.hasFnAttribute("target-features"))
      function.addFnAttr("target-features", target.features);
  }
}

namespace {
/// Builds the entry points in front of the linked variants.
class DispatchBuilder {
public:
  DispatchBuilder(llvm::Module &module, ArrayRef<Variant> variants)
      : module(module), variants(variants), builder(module.getContext()) {}

  Error run(ArrayRef<EntryPoint> entries) {
    chosen = new GlobalVariable(module, builder.getInt32Ty(),
                                /*isConstant=*/false,
                                GlobalValue::InternalLinkage,
                                builder.getInt32(0), "qdot_chosen");
    chosen->setAlignment(Align(4));
    if (Error error = createChooser())
      return error;
    for (const EntryPoint &entry : entries) {
      createDispatcher(entry.symbol);
      if (entry.workspaceBytes) {
        createDispatcher(getWorkspaceEntryName(entry.symbol));
        createSizeFunction(entry);
      }
      createTargetQuery(entry);
    }
    return Error::success();
  }

private:
  BasicBlock *createBlock(const Twine &name, llvm::Function *function) {
    return BasicBlock::Create(module.getContext(), name, function);
  }

  llvm::Function *createFunction(llvm::FunctionType *type, const Twine &name,
                                 GlobalValue::LinkageTypes linkage) {
    auto *function = llvm::Function::Create(type, linkage, name, module);
    function->setDoesNotThrow();
    builder.SetInsertPoint(createBlock("", function));
    return function;
  }

  Constant *createString(StringRef text) {
    Constant *&string = strings[text];
    if (!string)
      string = builder.CreateGlobalString(text, "qdot_name", 0, &module);
    return string;
  }

  /// Whether QDOT_TARGET asks for anything, and a function of the name whether
  /// it is the one. strcmp and getenv are called at the first call only.
  Value *createWish() {
    FunctionCallee getenv = module.getOrInsertFunction(
        "getenv", builder.getPtrTy(), builder.getPtrTy());
    Value *text = builder.CreateCall(getenv, {createString("QDOT_TARGET")});
    return builder.CreateSelect(builder.CreateIsNull(text), createString(""),
                                text);
  }

  Value *createIsEqual(Value *text, StringRef other) {
    FunctionCallee strcmp =
        module.getOrInsertFunction("strcmp", builder.getInt32Ty(),
                                   builder.getPtrTy(), builder.getPtrTy());
    return builder.CreateICmpEQ(
        builder.CreateCall(strcmp, {text, createString(other)}),
        builder.getInt32(0));
  }

  /// `int32_t qdot_choose(void)`: the number of the best variant, counted from
  /// 1, or -1; never 0. It stores what it returns. Threads that race here
  /// store the same.
  Error createChooser() {
    auto *type = llvm::FunctionType::get(builder.getInt32Ty(), false);
    chooser = createFunction(type, "qdot_choose", GlobalValue::InternalLinkage);
    chooser->addFnAttr(Attribute::NoInline);
    chooser->addFnAttr(Attribute::Cold);
    Value *wish = createWish();
    Value *isFree = createIsEqual(wish, "");
    auto detection = CpuDetection::create(module.getTargetTriple(), builder);
    if (!detection)
      return makeError("cannot choose between targets at run time on '" +
                       module.getTargetTriple().str() + "'");
    Value *number = builder.getInt32(-1);
    for (auto [index, variant] : llvm::enumerate(variants)) {
      Expected<Value *> test = detection->createTest(variant.target.features);
      if (!test)
        return test.takeError();
      Value *isWanted = builder.CreateOr(
          isFree, createIsEqual(wish, variant.target.name));
      number = builder.CreateSelect(builder.CreateAnd(*test, isWanted),
                                    builder.getInt32(index + 1), number);
    }
    builder.CreateAlignedStore(number, chosen, Align(4))
        ->setAtomic(AtomicOrdering::Monotonic);
    builder.CreateRet(number);
    return Error::success();
  }

  /// The number of the variant, as code behind the builder's position.
  Value *createChoice() {
    llvm::Function *function = builder.GetInsertBlock()->getParent();
    BasicBlock *before = builder.GetInsertBlock();
    BasicBlock *first = createBlock("first", function);
    BasicBlock *known = createBlock("known", function);
    LoadInst *load =
        builder.CreateAlignedLoad(builder.getInt32Ty(), chosen, Align(4));
    load->setAtomic(AtomicOrdering::Monotonic);
    builder.CreateCondBr(builder.CreateICmpEQ(load, builder.getInt32(0)), first,
                         known);
    builder.SetInsertPoint(first);
    Value *fresh = builder.CreateCall(chooser);
    builder.CreateBr(known);
    builder.SetInsertPoint(known);
    PHINode *number = builder.CreatePHI(builder.getInt32Ty(), 2);
    number->addIncoming(load, before);
    number->addIncoming(fresh, first);
    return number;
  }

  /// A switch on the chosen variant; `create` returns the result for the
  /// variant of an index.
  void createSwitch(Value *otherwise, function_ref<Value *(size_t)> create) {
    llvm::Function *function = builder.GetInsertBlock()->getParent();
    Value *number = createChoice();
    BasicBlock *none = createBlock("none", function);
    SwitchInst *choice = builder.CreateSwitch(number, none, variants.size());
    builder.SetInsertPoint(none);
    builder.CreateRet(otherwise);
    for (auto [index, variant] : llvm::enumerate(variants)) {
      BasicBlock *block =
          createBlock(addSuffix("variant", variant.target), function);
      choice->addCase(builder.getInt32(index + 1), block);
      builder.SetInsertPoint(block);
      builder.CreateRet(create(index));
    }
  }

  llvm::Function *getVariant(StringRef name, size_t index) {
    return module.getFunction(addSuffix(name, variants[index].target));
  }

  /// The exported `name`, which passes its arguments on.
  void createDispatcher(StringRef name) {
    llvm::Function *model = getVariant(name, 0);
    llvm::Function *function = createFunction(model->getFunctionType(), name,
                                              GlobalValue::ExternalLinkage);
    SmallVector<Value *> arguments;
    for (Argument &argument : function->args())
      arguments.push_back(&argument);
    createSwitch(builder.getInt32(noVariant), [&](size_t index) {
      CallInst *call = builder.CreateCall(getVariant(name, index), arguments);
      call->setTailCall();
      return call;
    });
  }

  void createSizeFunction(const EntryPoint &entry) {
    createFunction(llvm::FunctionType::get(builder.getInt64Ty(), false),
                   getWorkspaceSizeName(entry.symbol),
                   GlobalValue::ExternalLinkage);
    builder.CreateRet(builder.getInt64(*entry.workspaceBytes));
  }

  void createTargetQuery(const EntryPoint &entry) {
    createFunction(llvm::FunctionType::get(builder.getPtrTy(), false),
                   getTargetQueryName(entry.symbol),
                   GlobalValue::ExternalLinkage);
    createSwitch(ConstantPointerNull::get(builder.getPtrTy()),
                 [&](size_t index) {
                   return createString(variants[index].target.name);
                 });
  }

  llvm::Module &module;
  ArrayRef<Variant> variants;
  IRBuilder<> builder;
  GlobalVariable *chosen = nullptr;
  llvm::Function *chooser = nullptr;
  StringMap<Constant *> strings;
};
} // namespace

/// The entry points of all variants: the largest workspace.
static SmallVector<EntryPoint> mergeEntries(ArrayRef<Variant> variants) {
  SmallVector<EntryPoint> entries(variants.front().entries);
  for (const Variant &variant : variants)
    for (auto [entry, other] : llvm::zip_equal(entries, variant.entries))
      if (entry.workspaceBytes)
        entry.workspaceBytes =
            std::max(*entry.workspaceBytes, *other.workspaceBytes);
  for (EntryPoint &entry : entries)
    for (const Variant &variant : variants)
      entry.targets.push_back(variant.target.name);
  return entries;
}

/// Constants that variants have in common are kept once; the functions that
/// tell the size of a variant's workspace go.
static void removeDuplicates(llvm::Module &module) {
  LoopAnalysisManager loops;
  FunctionAnalysisManager functions;
  CGSCCAnalysisManager graph;
  ModuleAnalysisManager modules;
  PassBuilder builder;
  builder.registerModuleAnalyses(modules);
  builder.registerCGSCCAnalyses(graph);
  builder.registerFunctionAnalyses(functions);
  builder.registerLoopAnalyses(loops);
  builder.crossRegisterProxies(loops, functions, graph, modules);
  ModulePassManager passes;
  passes.addPass(GlobalDCEPass());
  passes.addPass(ConstantMergePass());
  passes.run(module, modules);
}

/// Another entry point may have the name of a function that dispatch adds.
static Error checkNames(ArrayRef<EntryPoint> entries) {
  StringSet<> names;
  for (const EntryPoint &entry : entries)
    for (const std::string &symbol : entry.getSymbols())
      if (!names.insert(symbol).second)
        return makeError("several targets need the name '" + symbol +
                         "' twice; rename a function or choose one by --entry");
  return Error::success();
}

Expected<CompiledModel>
qdot::driver::linkVariants(std::unique_ptr<LLVMContext> context,
                           std::vector<Variant> variants,
                           std::unique_ptr<TargetMachine> machine) {
  CompiledModel model;
  model.module = nullptr;
  model.context = std::move(context);
  model.machine = std::move(machine);
  model.module = std::make_unique<llvm::Module>("qdot", *model.context);
  llvm::Module &module = *model.module;
  module.setTargetTriple(model.machine->getTargetTriple());
  module.setDataLayout(model.machine->createDataLayout());
  Linker linker(module);
  for (Variant &variant : variants) {
    prepareVariant(variant);
    if (linker.linkInModule(std::move(variant.module)))
      return makeError("linking the variants failed");
  }
  for (GlobalValue &value : module.global_values())
    if (!value.isDeclaration())
      value.setLinkage(GlobalValue::InternalLinkage);
  model.entries = mergeEntries(variants);
  if (Error error = checkNames(model.entries))
    return {std::move(error)};
  if (Error error = DispatchBuilder(module, variants).run(model.entries))
    return {std::move(error)};
  removeDuplicates(module);
  return model;
}
