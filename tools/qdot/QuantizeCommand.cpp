//===- QuantizeCommand.cpp - qdot quantize --------------------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Calibration.h"
#include "Commands.h"
#include "Files.h"
#include "LayerSearch.h"
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
static cl::list<std::string> activationBits(
    "activation-bits", cl::CommaSeparated, cl::value_desc("4|7|8|16|auto"),
    cl::sub(command),
    cl::desc("Bits of activations (8); REGEX=7 for those whose id "
             "matches. 7 is fastest on CPUs with AVX2 only; auto "
             "takes 7 where it costs little accuracy; layers with "
             "16 stay in float"));
static cl::list<std::string>
    range("range", cl::CommaSeparated, cl::value_desc("method"),
          cl::sub(command),
          cl::desc("How ranges are chosen (minmax): minmax, percentile:P, mse, "
                   "entropy, aciq-gauss, aciq-laplace, octav, "
                   "mean-extremes, moving-average or auto; "
                   "REGEX=METHOD for values whose id matches"));
static cl::list<std::string>
    activationScheme("activation-scheme", cl::CommaSeparated,
                     cl::value_desc("words"), cl::sub(command),
                     cl::desc("asymmetric (default), symmetric or unsigned; "
                              "narrow or full (default); power-of-two"));
static cl::list<std::string> weightRange(
    "weight-range", cl::CommaSeparated, cl::value_desc("method"),
    cl::sub(command),
    cl::desc("The same as --range for weights (minmax, or auto with "
             "--range=auto)"));
static cl::list<std::string>
    weightBits("weight-bits", cl::CommaSeparated, cl::value_desc("4|8"),
               cl::sub(command),
               cl::desc("Bits of weights (8); REGEX=4 for layers whose id "
                        "matches"));
static cl::list<std::string>
    weightGranularity("weight-granularity", cl::CommaSeparated,
                      cl::value_desc("tensor|channel|block:N"),
                      cl::sub(command),
                      cl::desc("Which weights share a scale (channel)"));
static cl::list<std::string>
    weightScheme("weight-scheme", cl::CommaSeparated, cl::value_desc("words"),
                 cl::sub(command),
                 cl::desc("narrow (default) or full; power-of-two"));
static cl::opt<std::string> preset(
    "preset", cl::value_desc("tool"), cl::sub(command),
    cl::desc("Formulas of another tool: tflite, onnxruntime, tensorrt or "
             "pytorch"));
static cl::opt<std::string>
    allow("allow", cl::init("softmax,normalization,keep-float"),
          cl::value_desc("reasons"), cl::sub(command),
          cl::desc("Reasons for which an operation may stay in float between "
                   "integer ones: all, none or a list "
                   "(softmax,normalization,keep-float)"));
static cl::opt<bool>
    correctBiases("correct-biases", cl::sub(command),
                  cl::desc("Take back what rounded weights add to the mean of "
                           "layers"));
static cl::opt<bool>
    equalize("equalize", cl::sub(command),
             cl::desc("Give the channels between two layers similar ranges; "
                      "--stats must come from 'calibrate --equalize'"));
static cl::opt<double> targetDrop(
    "target-drop", cl::value_desc("points"), cl::sub(command),
    cl::desc("Leave the fewest layers in float that are needed to "
             "lose at most this, measured on --test: points of top-1 "
             "(without labels: percent of the samples with another "
             "top-1), or percent of the root mean square"));
static cl::list<std::string>
    testPaths("test", cl::value_desc("file.npy"), cl::sub(command),
              cl::desc("With --target-drop: input, once per argument"));
static cl::opt<std::string>
    labelsPath("labels", cl::value_desc("file.npy"), cl::sub(command),
               cl::desc("With --target-drop: classes (integers) or targets "
                        "(floats) of --test"));
static cl::opt<unsigned>
    batch("batch", cl::init(32), cl::value_desc("n"), cl::sub(command),
          cl::desc("Samples per call where the model leaves it open (32)"));
static cl::opt<std::string>
    entryName("entry", cl::value_desc("function"), cl::sub(command),
              cl::desc("With --data or --test: function to run"));
static cl::opt<unsigned> threads("threads", cl::init(1), cl::value_desc("n"),
                                 cl::sub(command),
                                 cl::desc("With --data: threads (1)"));

static Error checkTarget() {
  bool isAsked = targetDrop.getNumOccurrences();
  if (!isAsked && (!testPaths.empty() || !labelsPath.empty()))
    return makeError("--test and --labels need --target-drop");
  if (!isAsked)
    return Error::success();
  if (!(targetDrop >= 0))
    return makeError("--target-drop must be at least 0, got " +
                     Twine(std::to_string(targetDrop)));
  if (testPaths.empty())
    return makeError("--target-drop needs --test");
  if (statsPath.empty() && dataPaths.empty())
    return makeError("--target-drop needs --stats or --data");
  return Error::success();
}

static Error checkOptions() {
  if (!statsPath.empty() && !dataPaths.empty())
    return makeError("give --stats or --data, not both");
  if (inOut != "float" && inOut != "quantized")
    return makeError("--io is float or quantized, not '" + inOut + "'");
  if (threads == 0)
    return makeError("--threads must be at least 1, got 0");
  if (batch == 0)
    return makeError("--batch must be at least 1, got 0");
  if (Error error = checkTarget())
    return error;
  std::vector<std::string> inputs(dataPaths.begin(), dataPaths.end());
  inputs.insert(inputs.end(), testPaths.begin(), testPaths.end());
  inputs.insert(inputs.end(), {modelPath, statsPath, labelsPath});
  return checkOutputPath(outputPath, inputs);
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

static void readOptions(StringRef stats, QuantizationOptions &options) {
  options.stats = stats.str();
  options.numerics = numerics;
  options.keepFloat = keepFloat;
  auto copy = [](auto &to, const cl::list<std::string> &from) {
    for (const std::string &entry : from)
      to.push_back(entry);
  };
  copy(options.range, range);
  copy(options.activationBits, activationBits);
  copy(options.activationScheme, activationScheme);
  copy(options.weightRange, weightRange);
  copy(options.weightBits, weightBits);
  copy(options.weightGranularity, weightGranularity);
  copy(options.weightScheme, weightScheme);
  options.preset = preset;
  options.correctBiases = correctBiases;
  options.allow = allow;
  options.quantizeSignature = inOut == "quantized";
}

/// Adds to `keep-float` the layers that must stay in float for the target.
static Error meetTarget(Session &session, mlir::ModuleOp module,
                        QuantizationOptions &options) {
  EvaluationRequest request{
      {testPaths.begin(), testPaths.end()}, labelsPath, entryName, batch};
  auto search =
      LayerSearch::create(session, module, options, request, isQuiet());
  if (!search)
    return search.takeError();
  auto layers = (*search)->findFloatLayers(targetDrop);
  if (!layers)
    return layers.takeError();
  if (!isQuiet()) {
    outs() << layers->size() << " of " << (*search)->getLayers().size()
           << " layers stay in float" << (layers->empty() ? "" : ":");
    for (const std::string &layer : *layers)
      outs() << ' ' << layer;
    outs() << '\n';
  }
  options.keepFloat = LayerSearch::getKeepFloat(options.keepFloat, *layers);
  return Error::success();
}

static Error quantize(Session &session, mlir::ModuleOp module,
                      StringRef stats) {
  QuantizationOptions options;
  readOptions(stats, options);
  if (targetDrop.getNumOccurrences())
    if (Error error = meetTarget(session, module, options))
      return error;
  if (!isQuiet())
    session.printRemarks();
  std::string text = printOptions(options);
  if (!text.empty())
    module->setAttr(quantizationAttrName,
                    mlir::StringAttr::get(module.getContext(), text));
  return session.runPasses(
      module, "quantizing the model",
      [&](mlir::OpPassManager &pm) { buildQuantizePipeline(pm, options); });
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
  if (equalize)
    if (Error error = equalizeChannels(session, **module))
      return error;
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
  if (Error error = quantize(session, **module, stats))
    return error;
  if (!isQuantized(**module))
    return makeError("nothing was quantized: give --stats or --data, or a "
                     "model that holds its scales");
  return writeModel(**module, outputPath);
}

Command qdot::driver::getQuantizeCommand() { return {command, runQuantize}; }
