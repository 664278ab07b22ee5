//===- Statistics.cpp - What was recorded about a model -------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qdot/Statistics/Statistics.h"
#include "qdot/Statistics/AtomicFile.h"

using namespace qdot::statistics;

static llvm::Error refuse(llvm::StringRef fileName,
                          const llvm::Twine &message) {
  return llvm::createStringError(llvm::inconvertibleErrorCode(),
                                 fileName + ": " + message);
}

std::string qdot::statistics::printStatistics(const StatisticsFile &file) {
  return printRecords(viewsOf(file), file.data, file.unfinished);
}

static llvm::Error refuse(const std::string &message) {
  return llvm::createStringError(llvm::inconvertibleErrorCode(),
                                 llvm::Twine(message));
}

llvm::Expected<StatisticsFile>
qdot::statistics::parseStatistics(llvm::StringRef text,
                                  llvm::StringRef fileName) {
  StatisticsFile file;
  std::string error;
  if (!parseFile(text, fileName, file, error))
    return refuse(error);
  return file;
}

llvm::Expected<StatisticsFile>
qdot::statistics::readStatistics(llvm::StringRef fileName) {
  StatisticsFile file;
  std::string error;
  if (!readFile(fileName.str(), file, error))
    return refuse(error);
  if (file.unfinished)
    return refuse(fileName, "expected the statistics of all samples, got the "
                            "state of a calibration of samples " +
                                llvm::Twine(file.unfinished->begin) + ":" +
                                llvm::Twine(file.unfinished->end) +
                                " that was interrupted at " +
                                llvm::Twine(file.unfinished->next));
  return file;
}

llvm::Error qdot::statistics::writeStatistics(const StatisticsFile &file,
                                              llvm::StringRef fileName) {
  std::vector<RecordView> views = viewsOf(file);
  std::string problem = findProblem(views);
  if (problem.empty())
    problem = findProblem(file.data);
  if (!problem.empty())
    return refuse(fileName, "cannot write statistics: " + problem);
  std::string text = printRecords(views, file.data, file.unfinished);
  if (text.size() > maxFileBytes)
    return refuse(fileName, "cannot write statistics: expected at most " +
                                llvm::Twine(maxFileBytes) + " bytes, got " +
                                llvm::Twine(text.size()));
  if (int error = writeFileAtomically(fileName.str(), text))
    return refuse(fileName, "cannot write statistics: " +
                                std::generic_category().message(error));
  return llvm::Error::success();
}
