//===- CalibrateCommand.cpp - qdot calibrate ------------------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Calibration.h"
#include "Commands.h"
#include "DataDigest.h"
#include "Files.h"
#include "Support.h"
#include "llvm/Support/MemoryBuffer.h"
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
    dataPaths("data", cl::OneOrMore, cl::value_desc("file"), cl::sub(command),
              cl::desc("Input, samples on the first axis, once per argument: "
                       ".npy, .npz (FILE.npz:NAME for one of its arrays), a "
                       "folder of .npy, or raw values (FILE.bin, "
                       "FILE.bin:ui8)"));
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
static cl::opt<std::string>
    samples("samples", cl::value_desc("a:b | i/n"), cl::sub(command),
            cl::desc("Only samples a to b - 1, or the part i (from 0) of n "
                     "equal parts"));
static cl::opt<int64_t> channelAxis(
    "channel-axis", cl::init(0), cl::value_desc("axis"), cl::sub(command),
    cl::desc("Also record each index of this axis by itself: -1 is the last"));
static cl::opt<bool>
    isMerging("merge", cl::sub(command),
              cl::desc("Add to the file, which others may write at the same "
                       "time, instead of replacing it"));
static cl::opt<bool>
    isResuming("resume", cl::sub(command),
               cl::desc("Continue where an interrupted run got to, from "
                        "<stats.json>.partial if it is there"));
static cl::opt<double>
    checkpointSeconds("checkpoint", cl::init(10), cl::value_desc("seconds"),
                      cl::sub(command),
                      cl::desc("How often to write <stats.json>.partial (10)"));
static cl::opt<bool>
    equalize("equalize", cl::sub(command),
             cl::desc("First give the channels between two layers similar "
                      "ranges, for 'quantize --equalize'"));

/// Whether a site holds the values of another one and padding. Minus infinity is
/// what surrounds the input of a maximum.
static bool isPad(StringRef site) {
  return site.rsplit('/').second.starts_with("pad_");
}

/// Values that the model computed from finite inputs and that are not finite.
static void warnAboutNonFinite(const statistics::StatisticsFile &file) {
  for (const auto &[site, record] : file.records)
    if ((record.nanCount || record.infCount) && !isPad(site))
      errs() << "qdot: warning: " << site << ": " << record.nanCount
             << " NaN and " << record.infCount << " infinite values\n";
}

static Error checkOptions() {
  if (threads == 0)
    return makeError("--threads must be at least 1, got 0");
  if (batch == 0)
    return makeError("--batch must be at least 1, got 0");
  if (!(checkpointSeconds >= 0))
    return makeError("--checkpoint must be at least 0, got " +
                     std::to_string(checkpointSeconds));
  if (isMerging && isResuming)
    return makeError("--resume needs a file of its own: leave --merge out and "
                     "use 'qdot stats merge' afterwards");
  if ((isMerging || isResuming) && outputPath == "-")
    return makeError("--merge and --resume need a file, not '-'");
  if (channelAxis.getNumOccurrences() && channelAxis == 0)
    return makeError("--channel-axis=0: expected another axis than 0, which "
                     "holds the samples");
  std::vector<std::string> inputs(dataPaths.begin(), dataPaths.end());
  inputs.push_back(modelPath);
  return checkOutputPath(outputPath, inputs);
}

static Error writeResult(const statistics::StatisticsFile &file) {
  if (isMerging) {
    std::string problem = statistics::mergeIntoFile(
        outputPath, statistics::viewsOf(file), file.data);
    return problem.empty() ? Error::success() : makeError(problem);
  }
  OutputFiles files;
  if (Error error = files.add(outputPath, statistics::printStatistics(file)))
    return error;
  return files.commit();
}

/// Of the bytes of the model's file.
static Expected<uint64_t> digestModel() {
  auto buffer = MemoryBuffer::getFile(modelPath, /*IsText=*/false,
                                      /*RequiresNullTerminator=*/false);
  if (!buffer)
    return makeError("cannot read '" + modelPath +
                     "': " + buffer.getError().message());
  return mixDigest(0, (*buffer)->getBuffer());
}

static Error runCalibrate() {
  if (Error error = checkOptions())
    return error;
  Session session;
  auto module = session.load(modelPath);
  if (!module)
    return module.takeError();
  if (equalize)
    if (Error error = equalizeChannels(session, **module))
      return error;
  // Of many writers of one file, none may keep its state beside it.
  Checkpoints checkpoints(isMerging ? StringRef() : StringRef(outputPath),
                          checkpointSeconds);
  CalibrationRequest request{{dataPaths.begin(), dataPaths.end()},
                             entryName,
                             threads,
                             batch,
                             isQuiet(),
                             samples,
                             channelAxis,
                             isResuming,
                             &checkpoints};
  if (checkpoints.isEnabled()) {
    Expected<uint64_t> digest = digestModel();
    if (!digest)
      return digest.takeError();
    request.modelDigest = *digest ^ (equalize ? 1 : 0);
  }
  auto file = calibrate(session, **module, request);
  if (!file)
    return file.takeError();
  warnAboutNonFinite(*file);
  if (Error error = writeResult(*file))
    return error;
  checkpoints.remove();
  return Error::success();
}

Command qdot::driver::getCalibrateCommand() { return {command, runCalibrate}; }
