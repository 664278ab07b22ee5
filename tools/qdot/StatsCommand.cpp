//===- StatsCommand.cpp - qdot stats --------------------------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Commands.h"
#include "Files.h"
#include "Support.h"
#include "qdot/Statistics/Statistics.h"
#include "llvm/Support/raw_ostream.h"

using namespace llvm;
using namespace qdot;
using namespace qdot::driver;

static cl::SubCommand command("stats", "Show, merge or compare statistics "
                                       "files");
static cl::opt<std::string> action(cl::Positional, cl::Required,
                                   cl::desc("<show|merge|diff>"),
                                   cl::sub(command));
static cl::list<std::string> paths(cl::Positional, cl::OneOrMore,
                                   cl::desc("<stats.json>..."),
                                   cl::sub(command));
static cl::opt<std::string> outputPath("o", cl::init("-"),
                                       cl::value_desc("file"),
                                       cl::sub(command),
                                       cl::desc("Output of merge (stdout)"));

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

static Error merge(ArrayRef<statistics::StatisticsFile> files) {
  statistics::StatisticsFile merged;
  for (const statistics::StatisticsFile &file : files)
    merged.merge(file);
  OutputFiles output;
  if (Error error =
          output.add(outputPath, statistics::printStatistics(merged)))
    return error;
  return output.commit();
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

static Error runStats() {
  if (action != "show" && action != "merge" && action != "diff")
    return makeError("expected 'qdot stats show', 'merge' or 'diff', got '" +
                     action + "'");
  auto files = readAll();
  if (!files)
    return files.takeError();
  if (action == "show")
    return show(*files);
  return action == "merge" ? merge(*files) : diff(*files);
}

Command qdot::driver::getStatsCommand() { return {command, runStats}; }
