//===- CalibrateCommand.cpp - qdot calibrate ------------------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Calibration.h"
#include "Commands.h"
#include "Files.h"
#include "Support.h"
#include "llvm/Support/raw_ostream.h"

using namespace llvm;
using namespace qdot;
using namespace qdot::driver;

static cl::SubCommand command("calibrate",
                              "Run a float model on samples and record the "
                              "statistics of every quantizable value");
static cl::opt<std::string> modelPath(cl::Positional, cl::Required,
                                      cl::desc("<model.mlir>"),
                                      cl::sub(command));
static cl::list<std::string>
    dataPaths("data", cl::OneOrMore, cl::value_desc("file.npy"),
              cl::sub(command),
              cl::desc("Input, samples on the first axis; once per argument"));
static cl::opt<std::string> outputPath("o", cl::Required,
                                       cl::value_desc("stats.json"),
                                       cl::sub(command),
                                       cl::desc("Statistics file"));
static cl::opt<std::string>
    entryName("entry", cl::value_desc("function"), cl::sub(command),
              cl::desc("Function to run (default: main, or the only one)"));
static cl::opt<unsigned> threads("threads", cl::init(1), cl::value_desc("n"),
                                 cl::sub(command),
                                 cl::desc("Threads over samples (1)"));
static cl::opt<unsigned>
    batch("batch", cl::init(32), cl::value_desc("n"), cl::sub(command),
          cl::desc("Samples per call where the model leaves it open (32)"));
static cl::opt<bool>
    equalize("equalize", cl::sub(command),
             cl::desc("First give the channels between two layers similar "
                      "ranges, for 'quantize --equalize'"));

/// Values that the model computed from finite inputs and that are not finite.
static void warnAboutNonFinite(const statistics::StatisticsFile &file) {
  for (const auto &[site, record] : file.records)
    if (record.nanCount || record.infCount)
      errs() << "qdot: warning: " << site << ": " << record.nanCount
             << " NaN and " << record.infCount << " infinite values\n";
}

static Error runCalibrate() {
  if (threads == 0 || batch == 0)
    return makeError("--threads and --batch must be at least 1");
  if (Error error = checkOutputPath(outputPath))
    return error;
  Session session;
  auto module = session.load(modelPath);
  if (!module)
    return module.takeError();
  if (equalize)
    if (Error error = equalizeChannels(session, **module))
      return error;
  CalibrationRequest request{{dataPaths.begin(), dataPaths.end()},
                             entryName,
                             threads,
                             batch,
                             isQuiet()};
  auto file = calibrate(session, **module, request);
  if (!file)
    return file.takeError();
  warnAboutNonFinite(*file);
  OutputFiles files;
  if (Error error = files.add(outputPath, statistics::printStatistics(*file)))
    return error;
  return files.commit();
}

Command qdot::driver::getCalibrateCommand() { return {command, runCalibrate}; }
