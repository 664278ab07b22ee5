//===- CompileCommand.cpp - qdot compile ----------------------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Commands.h"
#include "Compiler.h"
#include "Files.h"
#include "Header.h"
#include "Link.h"
#include "Support.h"
#include "Threads.h"
#include "llvm/IR/Module.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"

using namespace llvm;
using namespace qdot::driver;

static cl::SubCommand command("compile",
                              "Compile a model, float or integer, to native "
                              "code with a C header");
static cl::opt<std::string> modelPath(cl::Positional, cl::Required,
                                      cl::desc("<model.mlir>"),
                                      cl::sub(command));
static cl::opt<std::string>
    outputPath("o", cl::Required, cl::value_desc("file"), cl::sub(command),
               cl::desc("Output; the extension decides: .so, .a, .o, .s or .ll"));
static cl::opt<std::string>
    headerPath("header", cl::value_desc("file"), cl::sub(command),
               cl::desc("C header (default: beside the output, .h)"));
static cl::opt<std::string>
    targetName("target", cl::init("generic"), cl::value_desc("names"),
               cl::sub(command),
               cl::desc("generic (default), host, x86-avx2, x86-avxvnni, "
                        "x86-avxvnniint8, x86-avx512vnni, aarch64-dotprod, "
                        "aarch64-i8mm, aarch64-sve; several, separated by "
                        "commas, in one output that chooses the best when it "
                        "runs"));
static cl::opt<std::string>
    prefix("prefix", cl::init("qdot"), cl::value_desc("name"),
           cl::sub(command),
           cl::desc("Entry points are called <prefix>_<function> (qdot)"));
static cl::opt<std::string>
    entryName("entry", cl::value_desc("function"), cl::sub(command),
              cl::desc("Compile only this function (default: all public ones)"));
static cl::opt<std::string>
    threadsText("threads", cl::init("1"), cl::value_desc("n"),
                cl::ValueOptional, cl::sub(command),
                cl::desc("Threads that share a large layer (1: code without "
                         "threads; 0 or no number: as many as the machine has "
                         "that runs it); results do not depend on it"));
static cl::opt<int64_t>
    minWork("min-work", cl::init(0), cl::value_desc("n"), cl::sub(command),
            cl::desc("With --threads, products or scalar operations that a "
                     "thread takes at least (0: what pays)"));

static bool isIdentifier(StringRef name) {
  return !name.empty() && !isDigit(name.front()) &&
         llvm::all_of(name, [](char c) { return isAlnum(c) || c == '_'; });
}

/// Where the object finds its threads.
static ThreadSource getThreadSource(const CompiledModel &model,
                                    const TargetSpec &target) {
  if (!usesThreads(model))
    return ThreadSource::None;
  if (sys::path::extension(outputPath) != ".so")
    return ThreadSource::Outside;
  return isHostArch(target) ? ThreadSource::Inside : ThreadSource::Optional;
}

/// The bytes of the output file in the form that its extension asks for.
static Expected<SmallVector<char, 0>> createOutput(CompiledModel &model,
                                                   const TargetSpec &target) {
  StringRef extension = sys::path::extension(outputPath);
  if (extension == ".ll") {
    SmallVector<char, 0> text;
    raw_svector_ostream os(text);
    model.module->print(os, nullptr);
    return text;
  }
  if (extension == ".s")
    return model.emit(CodeGenFileType::AssemblyFile);
  ThreadSource threads = getThreadSource(model, target);
  if (threads == ThreadSource::Optional)
    addOneThread(model);
  auto object = model.emit(CodeGenFileType::ObjectFile);
  if (!object || extension == ".o")
    return object;
  if (extension == ".a")
    return createArchive(
        *object, (sys::path::stem(outputPath) + ".o").str());
  bool withPool = threads == ThreadSource::Inside;
  return linkShared(*object, target.triple, sys::path::filename(outputPath),
                    withPool ? getThreadArchive() : StringRef());
}

static std::string getHeaderPath() {
  if (!headerPath.empty())
    return headerPath;
  SmallString<128> path(outputPath);
  sys::path::replace_extension(path, ".h");
  return std::string(path);
}

static Error checkOptions() {
  StringRef extension = sys::path::extension(outputPath);
  if (!is_contained({".so", ".a", ".o", ".s", ".ll"}, extension))
    return makeError("cannot tell the kind of output from '" + outputPath +
                     "'; expected .so, .a, .o, .s or .ll");
  if (minWork < 0)
    return makeError("--min-work must not be negative, got " +
                     Twine(minWork.getValue()));
  if (!isIdentifier(prefix))
    return makeError("--prefix '" + prefix + "' is not a C identifier");
  if (Error error = checkOutputPath(outputPath, {modelPath}))
    return error;
  return checkOutputPath(getHeaderPath(), {modelPath, outputPath});
}

static Error runCompile() {
  if (Error error = checkOptions())
    return error;
  auto targets = findTargets(targetName);
  if (!targets)
    return targets.takeError();
  auto threads = parseThreads("--threads", threadsText);
  if (!threads)
    return threads.takeError();
  Session session;
  auto module = session.load(modelPath);
  if (!module)
    return module.takeError();
  if (!entryName.empty())
    if (auto entry = findEntry(**module, entryName); !entry)
      return entry.takeError();
  CompileRequest request{*targets, prefix, entryName, *threads, minWork};
  Expected<CompiledModel> model = compileModel(session, **module, request);
  if (!model)
    return model.takeError();
  auto output = createOutput(*model, targets->front());
  if (!output)
    return output.takeError();

  OutputFiles files;
  if (Error error =
          files.add(outputPath, StringRef(output->data(), output->size())))
    return error;
  std::string header = getHeaderPath();
  if (Error error = files.add(
          header,
          printHeader(model->entries, sys::path::filename(header),
                      getThreadSource(*model, targets->front()))))
    return error;
  return files.commit();
}

Command qdot::driver::getCompileCommand() { return {command, runCompile}; }
