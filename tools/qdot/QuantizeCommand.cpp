//===- QuantizeCommand.cpp - qdot quantize --------------------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Calibration.h"
#include "Commands.h"
#include "Files.h"
#include "Support.h"
#include "qdot/Dialect/Qdot.h"
#include "qdot/Pipelines/Pipelines.h"
#include "llvm/ADT/ScopeExit.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/raw_ostream.h"

using namespace llvm;
using namespace qdot;
using namespace qdot::driver;

static cl::SubCommand command("quantize", "Turn a float model into integer "
                                          "code with the ranges of statistics");
static cl::opt<std::string> modelPath(cl::Positional, cl::Required,
                                      cl::desc("<model.mlir>"),
                                      cl::sub(command));
static cl::opt<std::string>
    outputPath("o", cl::Required, cl::value_desc("file"), cl::sub(command),
               cl::desc("Quantized model; .mlirbc writes bytecode"));
static cl::opt<std::string>
    statsPath("stats", cl::value_desc("stats.json"), cl::sub(command),
              cl::desc("Statistics of 'qdot calibrate'"));
static cl::list<std::string>
    dataPaths("data", cl::value_desc("file.npy"), cl::sub(command),
              cl::desc("Calibrate on these samples instead of --stats"));
static cl::opt<std::string>
    numerics("numerics", cl::init("tosa-single"), cl::value_desc("contract"),
             cl::sub(command),
             cl::desc("Requantization: tosa-single (default), tosa-double or "
                      "f32"));
static cl::opt<std::string>
    inOut("io", cl::init("float"), cl::value_desc("kind"), cl::sub(command),
          cl::desc("Arguments and results: float (default) or quantized"));
static cl::opt<std::string>
    keepFloat("keep-float", cl::value_desc("regex"), cl::sub(command),
              cl::desc("Layers whose id matches stay in float"));
static cl::list<std::string>
    activationBits("activation-bits", cl::CommaSeparated,
                   cl::value_desc("7|8|auto"), cl::sub(command),
                   cl::desc("Bits of activations (8); REGEX=7 for those whose id "
                            "matches. 7 is fastest on CPUs with AVX2 only; auto "
                            "takes 7 where it costs little accuracy"));
static cl::opt<std::string>
    range("range", cl::init("minmax"), cl::value_desc("method"),
          cl::sub(command),
          cl::desc("How a range is chosen from a record (minmax)"));
static cl::opt<std::string>
    allow("allow", cl::init("softmax,keep-float"), cl::value_desc("reasons"),
          cl::sub(command),
          cl::desc("Reasons for which an operation may stay in float between "
                   "integer ones: all, none or a list (softmax,keep-float)"));
static cl::opt<std::string>
    entryName("entry", cl::value_desc("function"), cl::sub(command),
              cl::desc("With --data: function to calibrate"));
static cl::opt<unsigned> threads("threads", cl::init(1), cl::value_desc("n"),
                                 cl::sub(command),
                                 cl::desc("With --data: threads (1)"));

static Error checkOptions() {
  if (!statsPath.empty() && !dataPaths.empty())
    return makeError("give --stats or --data, not both");
  if (inOut != "float" && inOut != "quantized")
    return makeError("--io is float or quantized, not '" + inOut + "'");
  if (threads == 0)
    return makeError("--threads must be at least 1");
  return checkOutputPath(outputPath);
}

/// Calibrates a copy of the model and writes the statistics to a temporary
/// file, which is where the annotate pass looks for them.
static Error calibrateTo(StringRef path, Session &session,
                         mlir::ModuleOp module) {
  CalibrationRequest request;
  request.data.assign(dataPaths.begin(), dataPaths.end());
  request.entry = entryName;
  request.threads = threads;
  request.isQuiet = isQuiet();
  mlir::OwningOpRef<mlir::ModuleOp> copy = module.clone();
  auto file = calibrate(session, *copy, request);
  if (!file)
    return file.takeError();
  return statistics::writeStatistics(*file, path);
}

static Error quantize(Session &session, mlir::ModuleOp module,
                      StringRef stats) {
  QuantizationOptions options;
  options.stats = stats.str();
  options.numerics = numerics;
  options.keepFloat = keepFloat;
  options.range = range;
  for (const std::string &entry : activationBits)
    options.activationBits.push_back(entry);
  options.allow = allow;
  options.quantizeSignature = inOut == "quantized";
  return session.runPasses(module, "quantizing the model",
                           [&](mlir::OpPassManager &pm) {
                             buildQuantizePipeline(pm, options);
                           });
}

/// True when integer code was made, from statistics or from the model's own
/// scales.
static bool isQuantized(mlir::ModuleOp module) {
  return module
      .walk([](mlir::Operation *op) {
        return op->hasAttr(quantizedAttrName) ||
                       mlir::isa<QuantizeOp, DequantizeOp>(op)
                   ? mlir::WalkResult::interrupt()
                   : mlir::WalkResult::advance();
      })
      .wasInterrupted();
}

static Error runQuantize() {
  if (Error error = checkOptions())
    return error;
  Session session;
  auto module = session.load(modelPath);
  if (!module)
    return module.takeError();
  SmallString<128> stats(statsPath);
  scope_exit cleanup([&] {
    if (statsPath.empty() && !stats.empty())
      sys::fs::remove(stats);
  });
  if (!dataPaths.empty()) {
    if (std::error_code code =
            sys::fs::createTemporaryFile("qdot-stats", "json", stats))
      return makeError("cannot create a temporary file: " + code.message());
    if (Error error = calibrateTo(stats, session, **module))
      return error;
  }
  if (!isQuiet())
    session.printRemarks();
  if (Error error = quantize(session, **module, stats))
    return error;
  if (!isQuantized(**module))
    return makeError("nothing was quantized: give --stats or --data, or a "
                     "model that holds its scales");
  return writeModel(**module, outputPath);
}

Command qdot::driver::getQuantizeCommand() { return {command, runQuantize}; }
