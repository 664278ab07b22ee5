//===- Compiler.cpp - From a module to an object in memory ----------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Compiler.h"
#include "CheckFeatures.h"
#include "Dispatch.h"
#include "Support.h"
#include "Tuning.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "qdot/Codegen/EntryPoint.h"
#include "qdot/Dialect/Qdot.h"
#include "qdot/Pipelines/Pipelines.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Analysis/TargetLibraryInfo.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/IR/Module.h"
#include "llvm/IR/Verifier.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Transforms/IPO/Internalize.h"

using namespace llvm;
using namespace qdot;
using namespace qdot::driver;

CompiledModel::CompiledModel() : context(std::make_unique<LLVMContext>()) {}
CompiledModel::CompiledModel(CompiledModel &&) = default;
CompiledModel::~CompiledModel() = default;

bool EntryPoint::hasBatch() const {
  return llvm::any_of(inputs, [](mlir::RankedTensorType type) {
    return !type.hasStaticShape();
  });
}

SmallVector<std::string> EntryPoint::getSymbols() const {
  SmallVector<std::string> symbols = {symbol};
  if (workspaceBytes)
    symbols.append({getWorkspaceEntryName(symbol), getWorkspaceSizeName(symbol)});
  if (!targets.empty())
    symbols.push_back(getTargetQueryName(symbol));
  return symbols;
}

EntryPoint qdot::driver::createEntryPoint(StringRef symbol,
                                          mlir::FunctionType type) {
  EntryPoint entry;
  entry.symbol = symbol.str();
  for (mlir::Type input : type.getInputs())
    entry.inputs.push_back(mlir::cast<mlir::RankedTensorType>(input));
  for (mlir::Type output : type.getResults())
    entry.outputs.push_back(mlir::cast<mlir::RankedTensorType>(output));
  return entry;
}

/// The functions with a signature, in the order of the module.
static SmallVector<EntryPoint> collectEntries(mlir::ModuleOp module) {
  SmallVector<EntryPoint> entries;
  for (auto func : module.getOps<mlir::LLVM::LLVMFuncOp>()) {
    auto signature = func->getAttrOfType<mlir::TypeAttr>(signatureAttrName);
    if (!signature)
      continue;
    entries.push_back(
        createEntryPoint(func.getSymName(),
                         mlir::cast<mlir::FunctionType>(signature.getValue())));
    if (auto bytes = func->getAttrOfType<mlir::IntegerAttr>(workspaceAttrName))
      entries.back().workspaceBytes = bytes.getInt();
  }
  return entries;
}

/// LLVM may not replace calls of libm (powf(x, 2) by x * x, say): every target
/// calls the same functions. It may know those that only concern memory.
static TargetLibraryInfoImpl createLibraryInfo(const Triple &triple) {
  TargetLibraryInfoImpl info(triple);
  info.disableAllFunctions();
  for (LibFunc function : {LibFunc_malloc, LibFunc_free, LibFunc_memcpy,
                           LibFunc_memmove, LibFunc_memset})
    info.setAvailable(function);
  return info;
}

/// Nothing but the entry points leaves the object; nothing throws.
static void restrictInterface(llvm::Module &module,
                              ArrayRef<EntryPoint> entries) {
  StringSet<> names;
  for (const EntryPoint &entry : entries)
    for (const std::string &symbol : entry.getSymbols())
      names.insert(symbol);
  internalizeModule(module, [&](const GlobalValue &value) {
    return names.contains(value.getName());
  });
  for (llvm::Function &function : module)
    function.setDoesNotThrow();
}

static void optimize(llvm::Module &module, TargetMachine &machine) {
  LoopAnalysisManager loops;
  FunctionAnalysisManager functions;
  CGSCCAnalysisManager graph;
  ModuleAnalysisManager modules;
  functions.registerPass([&] {
    return TargetLibraryAnalysis(createLibraryInfo(machine.getTargetTriple()));
  });
  PassBuilder builder(&machine);
  builder.registerModuleAnalyses(modules);
  builder.registerCGSCCAnalyses(graph);
  builder.registerFunctionAnalyses(functions);
  builder.registerLoopAnalyses(loops);
  builder.crossRegisterProxies(loops, functions, graph, modules);
  builder.buildPerModuleDefaultPipeline(OptimizationLevel::O3)
      .run(module, modules);
}

static Error lower(Session &session, mlir::ModuleOp module,
                   const CompileRequest &request, const TargetSpec &target,
                   const TargetMachine &machine) {
  LoweringOptions lowering;
  lowering.prefix = request.prefix;
  lowering.entry = request.entry;
  lowering.threads = request.threads;
  lowering.minWork = request.minWork;
  lowering.target = getKernelTarget(target);
  lowering.hasRoundInstruction = hasRoundInstruction(machine);
  return session.runPasses(module, "lowering the model",
                           [&](mlir::OpPassManager &pm) {
                             buildImportPipeline(pm);
                             buildLowerToLLVMPipeline(pm, lowering);
                           });
}

/// Lowers `module`, which is changed, to optimized LLVM IR for one target.
static Expected<Variant> compileVariant(Session &session, mlir::ModuleOp module,
                                        const CompileRequest &request,
                                        const TargetSpec &target,
                                        TargetMachine &machine,
                                        LLVMContext &context) {
  if (Error error = lower(session, module, request, target, machine))
    return {std::move(error)};
  Variant variant;
  variant.target = target;
  variant.entries = collectEntries(module);
  variant.module = mlir::translateModuleToLLVMIR(module, context, "qdot");
  if (!variant.module)
    return makeError("translating the model to LLVM IR failed");
  variant.module->setSourceFileName("qdot");
  variant.module->setTargetTriple(machine.getTargetTriple());
  variant.module->setDataLayout(machine.createDataLayout());
  if (Error error = checkFeatures(*variant.module, machine, target.name))
    return {std::move(error)};
  restrictInterface(*variant.module, variant.entries);
  setTuning(*variant.module, target);
  keepLayersApart(*variant.module);
  optimize(*variant.module, machine);
  return variant;
}

static Expected<CompiledModel> compileOne(Session &session,
                                          mlir::ModuleOp module,
                                          const CompileRequest &request) {
  const TargetSpec &target = request.targets.front();
  Expected<std::unique_ptr<TargetMachine>> machine = createMachine(target);
  if (!machine)
    return machine.takeError();
  CompiledModel model;
  Expected<Variant> variant = compileVariant(session, module, request, target,
                                             **machine, *model.context);
  if (!variant)
    return variant.takeError();
  model.module = std::move(variant->module);
  model.entries = std::move(variant->entries);
  model.machine = std::move(*machine);
  return model;
}

static Expected<CompiledModel> compileSeveral(Session &session,
                                              mlir::ModuleOp module,
                                              const CompileRequest &request) {
  Expected<std::unique_ptr<TargetMachine>> baseline =
      createMachine(getBaseline(request.targets.front()));
  if (!baseline)
    return baseline.takeError();
  auto context = std::make_unique<LLVMContext>();
  std::vector<Variant> variants;
  for (const TargetSpec &target : request.targets) {
    Expected<std::unique_ptr<TargetMachine>> machine = createMachine(target);
    if (!machine)
      return machine.takeError();
    mlir::OwningOpRef<mlir::ModuleOp> copy(module.clone());
    Expected<Variant> variant =
        compileVariant(session, *copy, request, target, **machine, *context);
    if (!variant)
      return variant.takeError();
    variants.push_back(std::move(*variant));
  }
  return linkVariants(std::move(context), std::move(variants),
                      std::move(*baseline));
}

Expected<CompiledModel>
qdot::driver::compileModel(Session &session, mlir::ModuleOp module,
                           const CompileRequest &request) {
  if (request.targets.size() == 1)
    return compileOne(session, module, request);
  return compileSeveral(session, module, request);
}

Expected<SmallVector<char, 0>> CompiledModel::emit(CodeGenFileType type) {
  SmallVector<char, 0> code;
  raw_svector_ostream os(code);
  legacy::PassManager passes;
  passes.add(new TargetLibraryInfoWrapperPass(
      createLibraryInfo(machine->getTargetTriple())));
  if (machine->addPassesToEmitFile(passes, os, nullptr, type))
    return makeError("the back end cannot emit this kind of file");
  passes.run(*module);
  return code;
}

std::string qdot::driver::addPackedEntry(CompiledModel &model,
                                         const EntryPoint &entry) {
  std::string name = entry.symbol + "_packed";
  IRBuilder<> builder(*model.context);
  Type *pointer = builder.getPtrTy();
  auto *type = FunctionType::get(builder.getInt32Ty(),
                                 {pointer, builder.getInt64Ty()}, false);
  auto *packed = llvm::Function::Create(type, GlobalValue::ExternalLinkage,
                                        name, *model.module);
  packed->setDoesNotThrow();
  builder.SetInsertPoint(BasicBlock::Create(*model.context, "", packed));
  auto load = [&](size_t at) {
    return builder.CreateLoad(
        pointer, builder.CreateConstGEP1_64(pointer, packed->getArg(0), at));
  };
  size_t numTensors = entry.inputs.size() + entry.outputs.size();
  SmallVector<Value *> arguments;
  for (size_t at = 0; at < numTensors; ++at)
    arguments.push_back(load(at));
  if (entry.hasBatch())
    arguments.push_back(packed->getArg(1));
  std::string callee = entry.symbol;
  if (entry.workspaceBytes) {
    callee = getWorkspaceEntryName(callee);
    arguments.push_back(load(numTensors));
  }
  builder.CreateRet(
      builder.CreateCall(model.module->getFunction(callee), arguments));
  return name;
}
