//===- RunCommand.cpp - qdot run ------------------------------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Commands.h"
#include "Files.h"
#include "Samples.h"
#include "Support.h"
#include "Threads.h"
#include "qdot/Threads/Threads.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"
#include <algorithm>
#include <cstring>

using namespace llvm;
using namespace qdot::driver;

static cl::SubCommand command("run", "Run a model, float or integer, on .npy "
                                     "data with the compiled code");
static cl::opt<std::string> modelPath(cl::Positional, cl::Required,
                                      cl::desc("<model.mlir>"),
                                      cl::sub(command));
static cl::list<std::string>
    dataPaths("data", cl::OneOrMore, cl::value_desc("file"),
              cl::sub(command),
              cl::desc("Input, samples on the first axis, once per argument; "
                       "the kinds of files that 'qdot calibrate' reads"));
static cl::list<std::string>
    outputPaths("o", cl::value_desc("file.npy"), cl::sub(command),
                cl::desc("Output, once per result; one name stands for "
                         "name.0.npy, name.1.npy, ... of several results"));
static cl::opt<std::string>
    entryName("entry", cl::value_desc("function"), cl::sub(command),
              cl::desc("Function to run (default: main, or the only one)"));
static cl::opt<std::string>
    targetName("target", cl::init("host"), cl::value_desc("name"),
               cl::sub(command),
               cl::desc("Target to compile for, or several, as in 'qdot "
                        "compile' (host); 'reference' interprets the model one "
                        "scalar at a time"));
static cl::opt<unsigned> threads("threads", cl::init(1), cl::value_desc("n"),
                                 cl::sub(command),
                                 cl::desc("Threads over samples (1)"));
static cl::opt<std::string>
    layerThreadsText("layer-threads", cl::init("1"), cl::value_desc("n"),
                     cl::ValueOptional, cl::sub(command),
                     cl::desc("Threads that share a large layer, as "
                              "'qdot compile --threads' (1)"));
static cl::opt<unsigned>
    batch("batch", cl::init(32), cl::value_desc("n"), cl::sub(command),
          cl::desc("Samples per call where the model leaves it open (32)"));
static cl::opt<bool>
    printTime("time", cl::sub(command),
              cl::desc("Print the time per inference on standard output"));

/// One path per result.
static Expected<SmallVector<std::string>> getOutputPaths(size_t numResults) {
  SmallVector<std::string> paths(outputPaths.begin(), outputPaths.end());
  if (paths.empty() || paths.size() == numResults)
    return paths;
  if (paths.size() != 1)
    return makeError("expected one -o file per result, " + Twine(numResults) +
                     ", got " + Twine(paths.size()));
  SmallVector<std::string> numbered;
  for (size_t index = 0; index < numResults; ++index) {
    SmallString<128> path(paths.front());
    sys::path::replace_extension(path, "." + Twine(index) +
                                           sys::path::extension(paths.front()));
    numbered.push_back(std::string(path));
  }
  return numbered;
}

/// Each is another file than the inputs and than those before.
static Error checkOutputs(ArrayRef<std::string> paths) {
  std::vector<std::string> others(dataPaths.begin(), dataPaths.end());
  others.push_back(modelPath);
  for (const std::string &path : paths) {
    if (Error error = checkOutputPath(path, others))
      return error;
    others.push_back(path);
  }
  return Error::success();
}

static Error checkOptions() {
  if (threads == 0)
    return makeError("--threads must be at least 1, got 0");
  if (batch == 0)
    return makeError("--batch must be at least 1, got 0");
  if (outputPaths.empty() && !printTime)
    return makeError("give -o for the results, or --time");
  return checkOutputs(outputPaths);
}

/// Seconds per sample.
static void reportTime(std::vector<double> times, int64_t groupSize) {
  // The first call also loads pages.
  if (times.size() > 1)
    times.erase(times.begin());
  llvm::sort(times);
  outs() << "time per inference: median "
         << format("%.3f", times[times.size() / 2] / groupSize * 1e6)
         << " us, best " << format("%.3f", times.front() / groupSize * 1e6)
         << " us (" << times.size() << " calls of " << groupSize
         << (groupSize == 1 ? " sample" : " samples") << ")\n";
}

/// All samples through the model, into one array per result.
static Expected<std::vector<std::vector<char>>>
computeResults(const Executable &model, const SampleRunner &runner) {
  std::vector<std::vector<char>> arrays;
  for (const ResultShape &result : runner.getResults())
    arrays.emplace_back(result.sampleBytes * runner.getLayout().numSamples);
  std::vector<double> times(runner.getLayout().getNumGroups());
  Progress progress("run", runner.getLayout().numSamples, isQuiet());
  auto store = [&](int64_t group, const GroupResult &result) -> Error {
    for (auto [index, array] : llvm::enumerate(arrays)) {
      int64_t bytes = runner.getResults()[index].sampleBytes;
      std::memcpy(array.data() + result.firstSample * bytes,
                  result.outputs[index], result.count * bytes);
    }
    times[group] = result.seconds;
    progress.advance(result.count);
    return Error::success();
  };
  if (Error error = runner.run(model, threads, {nullptr, store}))
    return {std::move(error)};
  if (printTime)
    reportTime(times, runner.getLayout().groupSize);
  return arrays;
}

static Error writeResults(ArrayRef<std::string> paths,
                          const SampleRunner &runner,
                          const std::vector<std::vector<char>> &arrays) {
  OutputFiles files;
  for (auto [index, path] : llvm::enumerate(paths)) {
    const ResultShape &result = runner.getResults()[index];
    Error error = files.add(path, [&, index = index](raw_ostream &os) -> Error {
      ArrayRef<int64_t> shape = result.shape;
      shape = shape.drop_front(runner.getLayout().isOneCall);
      writeNpy(os, result.element, shape, arrays[index]);
      return Error::success();
    });
    if (error)
      return error;
  }
  return files.commit();
}

/// By the target's name: compiled, in QEMU where this machine cannot run it, or
/// interpreted by the reference.
static Expected<std::unique_ptr<Executable>>
loadModel(Session &session, mlir::ModuleOp module, StringRef entry) {
  auto layerThreads = parseThreads("--layer-threads", layerThreadsText);
  if (!layerThreads)
    return layerThreads.takeError();
  if (targetName == "reference") {
    if (*layerThreads != 1)
      return makeError("--layer-threads needs compiled code; --target=reference "
                       "has none");
    return loadReference(session, module, entry);
  }
  auto targets = findTargets(targetName);
  if (!targets)
    return targets.takeError();
  CompileRequest request{*targets, "qdot", entry.str(), *layerThreads};
  if (!needsEmulator(*targets)) {
    if (*layerThreads > 1)
      qdot_set_threads(int32_t(*layerThreads));
    return loadCompiled(session, module, request, getThreadSymbols());
  }
  if (printTime)
    return makeError("--time of target '" + targets->front().name +
                     "' needs a machine that can run it; here QEMU would");
  return loadEmulated(session, module, request);
}

static Error runRun() {
  if (Error error = checkOptions())
    return error;
  Session session;
  auto module = session.load(modelPath);
  if (!module)
    return module.takeError();
  auto entry = findEntry(**module, entryName);
  if (!entry)
    return entry.takeError();
  auto model = loadModel(session, **module, entry->getName());
  if (!model)
    return model.takeError();
  auto data = readData(ArrayRef(&*dataPaths.begin(), dataPaths.size()),
                       (*model)->getEntry());
  if (!data)
    return data.takeError();
  auto paths = getOutputPaths((*model)->getEntry().outputs.size());
  if (!paths)
    return paths.takeError();
  if (Error error = checkOutputs(*paths))
    return error;
  auto runner = SampleRunner::create((*model)->getEntry(), *data, batch);
  if (!runner)
    return runner.takeError();
  auto arrays = computeResults(**model, *runner);
  if (!arrays)
    return arrays.takeError();
  return writeResults(*paths, *runner, *arrays);
}

Command qdot::driver::getRunCommand() { return {command, runRun}; }
