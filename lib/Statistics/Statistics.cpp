//===- Statistics.cpp - What was recorded about a model -------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qdot/Statistics/Statistics.h"
#include "qdot/Statistics/AtomicFile.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"

using namespace qdot::statistics;

static llvm::Error refuse(llvm::StringRef fileName,
                          const llvm::Twine &message) {
  return llvm::createStringError(llvm::inconvertibleErrorCode(),
                                 fileName + ": " + message);
}

static std::vector<RecordView> viewsOf(const StatisticsFile &file) {
  std::vector<RecordView> views;
  views.reserve(file.records.size());
  for (const auto &[site, record] : file.records)
    views.push_back({site, &record});
  return views;
}

void StatisticsFile::merge(const StatisticsFile &other) {
  for (const auto &[site, record] : other.records)
    records[site].merge(record);
}

std::string StatisticsFile::fingerprint() const {
  return fingerprintOf(viewsOf(*this));
}

std::string qdot::statistics::printStatistics(const StatisticsFile &file) {
  return printRecords(viewsOf(file));
}

/// The content of a regular file of acceptable size.
static llvm::ErrorOr<std::unique_ptr<llvm::MemoryBuffer>>
load(llvm::StringRef fileName, llvm::sys::fs::file_status &status) {
  llvm::Expected<llvm::sys::fs::file_t> handle =
      llvm::sys::fs::openNativeFileForRead(fileName);
  if (!handle)
    return llvm::errorToErrorCode(handle.takeError());
  std::error_code error = llvm::sys::fs::status(*handle, status);
  if (!error && llvm::sys::fs::is_directory(status))
    error = std::make_error_code(std::errc::is_a_directory);
  if (!error && !llvm::sys::fs::is_regular_file(status))
    error = std::make_error_code(std::errc::invalid_seek);
  if (!error && status.getSize() > maxFileBytes)
    error = std::make_error_code(std::errc::file_too_large);
  // Read rather than mapped: nobody can change or shorten it under the parser.
  llvm::ErrorOr<std::unique_ptr<llvm::MemoryBuffer>> buffer = error;
  if (!error)
    buffer =
        llvm::MemoryBuffer::getOpenFile(*handle, fileName, status.getSize(),
                                        /*RequiresNullTerminator=*/false,
                                        /*IsVolatile=*/true);
  llvm::sys::fs::closeFile(*handle);
  return buffer;
}

llvm::Expected<StatisticsFile>
qdot::statistics::readStatistics(llvm::StringRef fileName) {
  llvm::sys::fs::file_status status;
  auto buffer = load(fileName, status);
  std::error_code error = buffer.getError();
  if (error == std::errc::invalid_seek)
    return refuse(fileName, "expected a regular file");
  if (error == std::errc::file_too_large)
    return refuse(fileName, "expected at most " + llvm::Twine(maxFileBytes) +
                                " bytes, got " + llvm::Twine(status.getSize()));
  if (error)
    return refuse(fileName, "cannot read statistics: " + error.message());
  return parseStatistics((*buffer)->getBuffer(), fileName);
}

llvm::Error qdot::statistics::writeStatistics(const StatisticsFile &file,
                                              llvm::StringRef fileName) {
  std::vector<RecordView> views = viewsOf(file);
  std::string problem = findProblem(views);
  if (!problem.empty())
    return refuse(fileName, "cannot write statistics: " + problem);
  std::string text = printRecords(views);
  if (text.size() > maxFileBytes)
    return refuse(fileName, "cannot write statistics: expected at most " +
                                llvm::Twine(maxFileBytes) + " bytes, got " +
                                llvm::Twine(text.size()));
  if (int error = writeFileAtomically(fileName.str(), text))
    return refuse(fileName, "cannot write statistics: " +
                                std::generic_category().message(error));
  return llvm::Error::success();
}
