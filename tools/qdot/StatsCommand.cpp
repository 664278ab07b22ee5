//===- StatsCommand.cpp - qdot stats --------------------------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Commands.h"
#include "Files.h"
#include "Support.h"
#include "qdot/Statistics/Convert.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/raw_ostream.h"

using namespace llvm;
using namespace qdot;
using namespace qdot::driver;

static cl::SubCommand command("stats", "Show, merge, compare or convert "
                                       "statistics files");
static cl::opt<std::string> action(cl::Positional, cl::Required,
                                   cl::desc("<show|merge|diff|convert>"),
                                   cl::sub(command));
static cl::list<std::string> paths(cl::Positional, cl::OneOrMore,
                                   cl::desc("<stats.json>..."),
                                   cl::sub(command));
static cl::opt<std::string>
    outputPath("o", cl::init("-"), cl::value_desc("file"), cl::sub(command),
               cl::desc("Output of merge and convert (stdout)"));

static cl::opt<std::string> fromFormat(
    "from", cl::init("qdot"), cl::value_desc("format"), cl::sub(command),
    cl::desc("Format to convert from: qdot, tensorrt, onnxruntime, tpu-mlir or "
             "csv"));
static cl::opt<std::string> toFormat("to", cl::init("qdot"),
                                     cl::value_desc("format"), cl::sub(command),
                                     cl::desc("Format to convert to"));
static cl::opt<std::string>
    namesPath("names", cl::value_desc("names.csv"), cl::sub(command),
              cl::desc("Names of the other tool: columns name and site"));

static Expected<std::vector<statistics::StatisticsFile>> readAll() {
  std::vector<statistics::StatisticsFile> files;
  for (const std::string &path : paths) {
    auto file = statistics::readStatistics(path);
    if (!file)
      return file.takeError();
    files.push_back(std::move(*file));
  }
  return files;
}

static Error show(ArrayRef<statistics::StatisticsFile> files) {
  for (const statistics::StatisticsFile &file : files)
    statistics::showStatistics(file, outs());
  return Error::success();
}

static Error write(StringRef text) {
  OutputFiles output;
  if (Error error = output.add(outputPath, text))
    return error;
  return output.commit();
}

/// Files that count the same samples twice.
static void warnAboutRepeatedData(ArrayRef<statistics::StatisticsFile> files) {
  for (size_t b = 0; b != files.size(); ++b)
    for (size_t a = 0; a != b; ++a)
      if (files[a].data.samples != 0 && files[a].data == files[b].data)
        errs() << "qdot: warning: " << paths[a] << " and " << paths[b]
               << " hold the same samples, which count twice\n";
}

static Error merge(ArrayRef<statistics::StatisticsFile> files) {
  statistics::StatisticsFile merged = files.front();
  for (size_t i = 1; i != files.size(); ++i) {
    std::string other = statistics::describeOtherModel(
        statistics::viewsOf(files.front()), statistics::viewsOf(files[i]));
    if (!other.empty())
      return makeError(paths[i] + ": " + other);
    merged.merge(files[i]);
  }
  warnAboutRepeatedData(files);
  std::string problem = statistics::findProblem(statistics::viewsOf(merged));
  if (problem.empty())
    problem = statistics::findProblem(merged.data);
  if (!problem.empty())
    return makeError("cannot merge: " + problem);
  return write(statistics::printStatistics(merged));
}

//===----------------------------------------------------------------------===//
// Converting
//===----------------------------------------------------------------------===//

static Expected<std::unique_ptr<MemoryBuffer>> readText(StringRef path) {
  auto buffer = MemoryBuffer::getFile(path);
  if (!buffer)
    return makeError("cannot read '" + path +
                     "': " + buffer.getError().message());
  return std::move(*buffer);
}

static Expected<std::optional<statistics::NameMap>> readNames() {
  if (namesPath.empty())
    return std::nullopt;
  auto text = readText(namesPath);
  if (!text)
    return text.takeError();
  auto names = statistics::parseNameMap((*text)->getBuffer(), namesPath);
  if (!names)
    return names.takeError();
  return std::move(*names);
}

static Expected<statistics::StatisticsFile>
readAs(StringRef format, const statistics::NameMap *names) {
  if (format == "qdot")
    return statistics::readStatistics(paths.front());
  auto table = statistics::parseTableFormat(format);
  if (!table)
    return table.takeError();
  auto text = readText(paths.front());
  if (!text)
    return text.takeError();
  auto ranges =
      statistics::parseTable((*text)->getBuffer(), paths.front(), *table);
  if (!ranges)
    return ranges.takeError();
  return statistics::importRanges(*ranges, names);
}

static Expected<std::string> printAs(StringRef format,
                                     const statistics::StatisticsFile &file,
                                     const statistics::NameMap *names) {
  if (format == "qdot")
    return statistics::printStatistics(file);
  auto table = statistics::parseTableFormat(format);
  if (!table)
    return table.takeError();
  auto ranges = statistics::exportRanges(file, names);
  if (!ranges)
    return ranges.takeError();
  return statistics::printTable(*ranges, *table);
}

static Error convert() {
  if (paths.size() != 1)
    return makeError("stats convert takes one file, got " +
                     Twine(paths.size()));
  auto names = readNames();
  if (!names)
    return names.takeError();
  const statistics::NameMap *map = *names ? &**names : nullptr;
  auto file = readAs(fromFormat, map);
  if (!file)
    return file.takeError();
  auto text = printAs(toFormat, *file, map);
  if (!text)
    return text.takeError();
  return write(*text);
}

static Error diff(ArrayRef<statistics::StatisticsFile> files) {
  if (files.size() != 2)
    return makeError("stats diff takes two files, got " + Twine(files.size()));
  statistics::StatisticsDiff difference =
      statistics::diffStatistics(files[0], files[1]);
  statistics::showDiff(difference, outs());
  return difference.empty() ? Error::success()
                            : makeError("the statistics differ");
}

/// Options that the action does not read.
static Error checkOptions() {
  if (action != "convert")
    for (cl::Option *option : std::initializer_list<cl::Option *>{
             &fromFormat, &toFormat, &namesPath})
      if (option->getNumOccurrences())
        return makeError("--" + option->ArgStr +
                         " is an option of 'qdot stats convert', not of '" +
                         action + "'");
  if ((action == "show" || action == "diff") && outputPath.getNumOccurrences())
    return makeError("-o is an option of 'qdot stats merge' and 'convert', not "
                     "of '" +
                     action + "'");
  if (action != "convert")
    return Error::success();
  std::vector<std::string> inputs(paths.begin(), paths.end());
  inputs.push_back(namesPath);
  return checkOutputPath(outputPath, inputs);
}

static Error runStats() {
  if (Error error = checkOptions())
    return error;
  if (action == "convert")
    return convert();
  if (action != "show" && action != "merge" && action != "diff")
    return makeError("expected 'qdot stats show', 'merge', 'diff' or "
                     "'convert', got '" +
                     action + "'");
  auto files = readAll();
  if (!files)
    return files.takeError();
  if (action == "show")
    return show(*files);
  return action == "merge" ? merge(*files) : diff(*files);
}

Command qdot::driver::getStatsCommand() { return {command, runStats}; }
