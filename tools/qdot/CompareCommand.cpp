//===- CompareCommand.cpp - qdot compare ----------------------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Commands.h"
#include "CompareModels.h"
#include "Files.h"
#include "LayerSearch.h"
#include "Support.h"
#include "qdot/Dialect/Qdot.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/raw_ostream.h"
#include <cmath>

using namespace llvm;
using namespace qdot::driver;

static cl::SubCommand command("compare",
                              "Run a float model and its quantized form on the "
                              "same samples and compare every value");
static cl::opt<std::string> floatPath(cl::Positional, cl::Required,
                                      cl::desc("<model.mlir>"),
                                      cl::sub(command));
static cl::opt<std::string> intPath(cl::Positional, cl::Required,
                                    cl::desc("<quantized.mlir>"),
                                    cl::sub(command));
static cl::list<std::string>
    dataPaths("data", cl::OneOrMore, cl::value_desc("file"),
              cl::sub(command),
              cl::desc("Input, samples on the first axis, once per argument; "
                       "the kinds of files that 'qdot calibrate' reads"));
static cl::opt<std::string>
    labelsPath("labels", cl::value_desc("file.npy"), cl::sub(command),
               cl::desc("Classes (integers: top-1) or targets (floats: mean "
                        "square error)"));
static cl::opt<std::string> jsonPath("json", cl::value_desc("file"),
                                     cl::sub(command),
                                     cl::desc("Write the report as JSON"));
static cl::opt<std::string>
    entryName("entry", cl::value_desc("function"), cl::sub(command),
              cl::desc("Function to run (default: main, or the only one)"));
static cl::opt<unsigned>
    batch("batch", cl::init(32), cl::value_desc("n"), cl::sub(command),
          cl::desc("Samples per call where the model leaves it open (32)"));
static cl::opt<double>
    maxDrop("max-accuracy-drop", cl::value_desc("points"), cl::sub(command),
            cl::desc("Fail when top-1 falls by more than this many points"));
static cl::opt<double>
    minDrop("min-accuracy-drop", cl::value_desc("points"), cl::sub(command),
            cl::desc("Fail when top-1 falls by this many points or more"));
static cl::opt<double>
    minAgreement("min-agreement", cl::value_desc("percent"), cl::sub(command),
                 cl::desc("Fail when fewer samples have the same top-1"));
static cl::opt<double>
    minSqnr("min-sqnr", cl::value_desc("dB"), cl::sub(command),
            cl::desc("Fail when the SQNR of a result is below this"));
static cl::opt<double>
    maxMse("max-mse", cl::value_desc("value"), cl::sub(command),
           cl::desc("Fail when the integer model's mean square error against "
                    "float labels is above this"));

static cl::opt<bool> isolated(
    "isolated", cl::sub(command),
    cl::desc("Quantize each layer alone, as the second model says, and "
             "list them by harm; needs --stats"));
static cl::opt<std::string>
    statsPath("stats", cl::value_desc("stats.json"), cl::sub(command),
              cl::desc("With --isolated: statistics of 'qdot calibrate'"));

static std::string printNumber(double value) {
  std::string text;
  raw_string_ostream(text) << format("%.6g", value);
  return text;
}

static Error checkAccuracy(const Comparison &comparison) {
  bool isAsked = maxDrop.getNumOccurrences() || minDrop.getNumOccurrences();
  if (!isAsked)
    return Error::success();
  if (!comparison.hasLabels || !comparison.classes)
    return makeError("a limit on the accuracy needs --labels with classes");
  double drop = comparison.classes->getFloatAccuracy() -
                comparison.classes->getOtherAccuracy();
  if ((maxDrop.getNumOccurrences() && drop > maxDrop) ||
      (minDrop.getNumOccurrences() && drop >= minDrop))
    return makeError("top-1 falls by " + printNumber(drop) + " points");
  return Error::success();
}

static Error checkLimits(const Comparison &comparison) {
  if (Error error = checkAccuracy(comparison))
    return error;
  if (minAgreement.getNumOccurrences()) {
    if (!comparison.classes)
      return makeError("--min-agreement needs a result with classes");
    double agreement = comparison.classes->getAgreement();
    if (!(agreement >= minAgreement))
      return makeError("only " + printNumber(agreement) +
                       " % have the same top-1");
  }
  if (minSqnr.getNumOccurrences())
    for (const ValueComparison &result : comparison.results)
      if (!(result.getSqnr() >= minSqnr))
        return makeError(result.name + " has an SQNR of " +
                         printNumber(result.getSqnr()) + " dB");
  if (!maxMse.getNumOccurrences())
    return Error::success();
  if (!comparison.errors)
    return makeError("--max-mse needs --labels with floats");
  double mse = comparison.errors->otherSum / comparison.errors->count;
  if (!(mse <= maxMse))
    return makeError("the mean square error is " + printNumber(mse));
  return Error::success();
}

static Error writeJson(const Comparison &comparison) {
  if (jsonPath.empty())
    return Error::success();
  std::string text;
  raw_string_ostream(text) << formatv("{0:2}", toJson(comparison)) << '\n';
  OutputFiles files;
  if (Error error = files.add(jsonPath, text))
    return error;
  return files.commit();
}

/// Nothing is above or below a NaN.
static Error checkLimitValues() {
  for (cl::opt<double> *limit :
       {&maxDrop, &minDrop, &minAgreement, &minSqnr, &maxMse})
    if (std::isnan(limit->getValue()))
      return makeError("--" + limit->ArgStr + " must be a number, got nan");
  return Error::success();
}

static Error checkOptions() {
  if (batch == 0)
    return makeError("--batch must be at least 1, got 0");
  if (isolated && statsPath.empty())
    return makeError("--isolated needs --stats");
  if (!isolated && !statsPath.empty())
    return makeError("--stats needs --isolated");
  if (Error error = checkLimitValues())
    return error;
  if (jsonPath.empty())
    return Error::success();
  std::vector<std::string> inputs(dataPaths.begin(), dataPaths.end());
  inputs.insert(inputs.end(), {floatPath, intPath, labelsPath, statsPath});
  return checkOutputPath(jsonPath, inputs);
}

/// The options by which the second model was quantized.
static std::unique_ptr<qdot::QuantizationOptions>
readOptions(mlir::ModuleOp module) {
  auto text =
      module->getAttrOfType<mlir::StringAttr>(qdot::quantizationAttrName);
  auto options = std::make_unique<qdot::QuantizationOptions>();
  if (text && failed(options->parseFromString(text.getValue())))
    return nullptr;
  options->stats = statsPath;
  return options;
}

static double findSqnr(const Comparison &comparison, StringRef path) {
  for (const ValueComparison &value : comparison.values)
    if (StringRef(value.name).rsplit('#').first == path)
      return value.getSqnr();
  return std::nan("");
}

/// Quantizes each layer of `floatModule` alone.
static Error addLayers(Session &session, mlir::ModuleOp floatModule,
                       const qdot::QuantizationOptions &options,
                       Comparison &comparison) {
  EvaluationRequest request{
      {dataPaths.begin(), dataPaths.end()}, labelsPath, entryName, batch};
  auto search =
      LayerSearch::create(session, floatModule, options, request, isQuiet());
  if (!search)
    return search.takeError();
  auto harms = (*search)->measureEach();
  if (!harms)
    return harms.takeError();
  for (const LayerHarm &harm : *harms)
    comparison.layers.push_back({harm.path, harm.score.sqnr, harm.score.loss,
                                 findSqnr(comparison, harm.path)});
  return Error::success();
}

static Error runCompare() {
  if (Error error = checkOptions())
    return error;
  Session session;
  auto floatModule = session.load(floatPath);
  if (!floatModule)
    return floatModule.takeError();
  auto intModule = session.load(intPath);
  if (!intModule)
    return intModule.takeError();
  ComparisonRequest request{{dataPaths.begin(), dataPaths.end()},
                            labelsPath,
                            entryName,
                            batch,
                            isQuiet()};
  auto options = readOptions(**intModule);
  if (!options)
    return makeError("the second model holds options that are none");
  mlir::OwningOpRef<mlir::ModuleOp> copy(isolated ? (*floatModule)->clone()
                                                  : nullptr);
  auto comparison = compareModels(session, **floatModule, **intModule, request);
  if (!comparison)
    return comparison.takeError();
  if (isolated)
    if (Error error = addLayers(session, *copy, *options, *comparison))
      return error;
  if (!isQuiet())
    printComparison(*comparison, outs());
  if (Error error = writeJson(*comparison))
    return error;
  return checkLimits(*comparison);
}

Command qdot::driver::getCompareCommand() { return {command, runCompare}; }
