//===- Model.cpp - Models as the driver reads them ------------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Model.h"
#include "Files.h"
#include "Support.h"
#include "mlir/Bytecode/BytecodeWriter.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/Remarks.h"
#include "mlir/InitAllDialects.h"
#include "mlir/InitAllExtensions.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Target/LLVMIR/Dialect/All.h"
#include "qdot/InitAll.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/SourceMgr.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace qdot::driver;

static StringRef getSeverityName(DiagnosticSeverity severity) {
  switch (severity) {
  case DiagnosticSeverity::Error:
    return "error";
  case DiagnosticSeverity::Warning:
    return "warning";
  case DiagnosticSeverity::Remark:
    return "remark";
  case DiagnosticSeverity::Note:
    return "note";
  }
  llvm_unreachable("all severities are handled");
}

static void printDiagnostic(const Diagnostic &diagnostic) {
  if (auto location =
          diagnostic.getLocation()->findInstanceOf<FileLineColLoc>())
    llvm::errs() << location.getFilename().getValue() << ':'
                 << location.getLine() << ':' << location.getColumn() << ": ";
  llvm::errs() << getSeverityName(diagnostic.getSeverity()) << ": "
               << diagnostic << '\n';
  for (const Diagnostic &note : diagnostic.getNotes())
    printDiagnostic(note);
}

namespace {
/// Remarks are printed as diagnostics; nothing else is done with them.
struct NullStreamer : public remark::detail::MLIRRemarkStreamerBase {
  void streamOptimizationRemark(const remark::detail::Remark &) override {}
};
} // namespace

static DialectRegistry createRegistry() {
  DialectRegistry registry;
  registerAllDialects(registry);
  registerAllExtensions(registry);
  registerAllToLLVMIRTranslations(registry);
  qdot::registerAllDialects(registry);
  return registry;
}

Session::Session()
    : context(createRegistry()),
      handler(&context, [](Diagnostic &diagnostic) {
        printDiagnostic(diagnostic);
        return success();
      }) {
  context.printOpOnDiagnostic(false);
}

void Session::printRemarks() {
  remark::RemarkCategories categories;
  categories.all = categories.missed = categories.analysis = "qdot";
  (void)remark::enableOptimizationRemarks(
      context, std::make_unique<NullStreamer>(),
      std::make_unique<remark::RemarkEmittingPolicyAll>(), categories,
      /*printAsEmitRemarks=*/true);
}

llvm::Expected<OwningOpRef<ModuleOp>> Session::load(StringRef path) {
  if (llvm::Error error = checkInputPath(path))
    return std::move(error);
  auto file = llvm::MemoryBuffer::getFileOrSTDIN(path);
  if (!file)
    return makeError("cannot read '" + path +
                     "': " + file.getError().message());
  // Resources of bytecode may refer to the buffer, which therefore must live as
  // long as the module; the source manager is shared with the parser for that.
  auto sources = std::make_shared<llvm::SourceMgr>();
  sources->AddNewSourceBuffer(std::move(*file), llvm::SMLoc());
  OwningOpRef<ModuleOp> module =
      parseSourceFile<ModuleOp>(sources, ParserConfig(&context));
  if (!module)
    return makeError("cannot parse '" + path + "'");
  return module;
}

llvm::Error
Session::runPasses(ModuleOp module, StringRef what,
                   llvm::function_ref<void(OpPassManager &)> build) {
  PassManager pm(&context, ModuleOp::getOperationName());
  build(pm);
  if (failed(pm.run(module)))
    return makeError(what + " failed");
  return llvm::Error::success();
}

llvm::Expected<func::FuncOp> qdot::driver::findEntry(ModuleOp module,
                                                     StringRef name) {
  SmallVector<func::FuncOp> candidates;
  for (auto func : module.getOps<func::FuncOp>())
    if (!func.isExternal() && func.isPublic())
      candidates.push_back(func);
  if (candidates.empty())
    return makeError("the model has no public function");
  StringRef wanted = name.empty() ? StringRef("main") : name;
  for (func::FuncOp func : candidates)
    if (func.getName() == wanted)
      return func;
  if (name.empty() && candidates.size() == 1)
    return candidates.front();
  std::string names;
  for (func::FuncOp func : candidates)
    names += (names.empty() ? "" : ", ") + func.getName().str();
  if (name.empty())
    return makeError("choose a function with --entry: " + names);
  return makeError("the model has no public function '" + name +
                   "'; it has: " + names);
}

llvm::Error qdot::driver::writeModel(ModuleOp module, StringRef path) {
  OutputFiles files;
  llvm::Error error = files.add(path, [&](llvm::raw_ostream &os) -> llvm::Error {
    if (!path.ends_with(".mlirbc"))
      module.print(os);
    else if (failed(writeBytecodeToFile(module, os)))
      return makeError("cannot write bytecode to '" + path + "'");
    return llvm::Error::success();
  });
  if (error)
    return error;
  return files.commit();
}
