//===- LoadCompiled.cpp - Compiled models in this process -----------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Executable.h"
#include "Support.h"
#include "llvm/ExecutionEngine/Orc/AbsoluteSymbols.h"
#include "llvm/ExecutionEngine/Orc/LLJIT.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/IR/Module.h"
#include "llvm/Support/MemoryBuffer.h"
#include <vector>

using namespace llvm;
using namespace qdot::driver;

static Error defineSymbols(orc::LLJIT &jit, ArrayRef<HostSymbol> symbols) {
  orc::SymbolMap map;
  for (const HostSymbol &symbol : symbols)
    map[jit.mangleAndIntern(symbol.name)] = {
        orc::ExecutorAddr::fromPtr(symbol.address),
        JITSymbolFlags::Exported | JITSymbolFlags::Callable};
  if (map.empty())
    return Error::success();
  return jit.getMainJITDylib().define(orc::absoluteSymbols(std::move(map)));
}

static StringRef explainStatus(int32_t status) {
  if (status == 1)
    return "a result does not have one row per sample";
  if (status == 2)
    return "this machine can run none of its targets, or not the one that "
           "QDOT_TARGET asks for";
  return status == 3 ? "out of memory" : "unknown status";
}

Error qdot::driver::makeStatusError(int32_t status) {
  return makeError("the model returned status " + Twine(status) + ": " +
                   explainStatus(status));
}

namespace {
class CompiledExecutable : public Executable {
public:
  /// `int32_t <symbol>_packed(void **pointers, int64_t batch)`.
  using Function = int32_t (*)(void *const *pointers, int64_t batch);

  CompiledExecutable(EntryPoint entry, std::unique_ptr<orc::LLJIT> jit,
                     Function function)
      : Executable(std::move(entry)), jit(std::move(jit)), function(function) {}

  Error run(ArrayRef<void *> pointers, int64_t batch) const override {
    SmallVector<void *> all(pointers);
    all.push_back(getWorkspace());
    int32_t status = function(all.data(), batch);
    if (status == 0)
      return Error::success();
    return makeStatusError(status);
  }

private:
  /// Of the calling thread; models of one process share it.
  void *getWorkspace() const {
    static thread_local std::vector<char> workspace;
    size_t bytes = getEntry().workspaceBytes.value_or(0);
    if (workspace.size() < bytes)
      workspace.resize(bytes);
    return workspace.data();
  }

  /// Owns the code.
  std::unique_ptr<orc::LLJIT> jit;
  Function function;
};
} // namespace

Expected<std::unique_ptr<Executable>>
qdot::driver::loadCompiled(Session &session, mlir::ModuleOp module,
                           const CompileRequest &request,
                           ArrayRef<HostSymbol> symbols) {
  if (Error error = checkRunnable(request.targets))
    return {std::move(error)};
  Expected<CompiledModel> model = compileModel(session, module, request);
  if (!model)
    return model.takeError();
  EntryPoint entry = model->entries.front();
  std::string name = addPackedEntry(*model, entry);
  auto object = model->emit(CodeGenFileType::ObjectFile);
  if (!object)
    return object.takeError();

  auto jit = orc::LLJITBuilder().create();
  if (!jit)
    return jit.takeError();
  if (Error error = defineSymbols(**jit, symbols))
    return {std::move(error)};
  if (Error error = (*jit)->addObjectFile(MemoryBuffer::getMemBufferCopy(
          StringRef(object->data(), object->size()), "qdot")))
    return {std::move(error)};
  // `lookup` alone does not say which symbols were not found.
  std::string missing;
  (*jit)->getExecutionSession().setErrorReporter([&](Error error) {
    missing += toString(std::move(error)) + "; ";
  });
  auto address = (*jit)->lookup(name);
  if (!address)
    return makeError("cannot load the model: " + missing +
                     toString(address.takeError()));
  return std::make_unique<CompiledExecutable>(
      std::move(entry), std::move(*jit),
      address->toPtr<CompiledExecutable::Function>());
}
