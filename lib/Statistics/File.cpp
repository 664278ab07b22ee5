//===- File.cpp - The content of a statistics file ------------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qdot/Statistics/File.h"
#include "qdot/Statistics/AtomicFile.h"
#include <cerrno>
#include <fcntl.h>
#include <set>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

using namespace qdot::statistics;

std::vector<RecordView> qdot::statistics::viewsOf(const StatisticsFile &file) {
  std::vector<RecordView> views;
  views.reserve(file.records.size());
  for (const auto &[site, record] : file.records)
    views.push_back({site, &record});
  return views;
}

void StatisticsFile::merge(const StatisticsFile &other) {
  for (const auto &[site, record] : other.records)
    records[site].merge(record);
  data.merge(other.data);
}

std::string StatisticsFile::fingerprint() const {
  return fingerprintOf(viewsOf(*this));
}

//===----------------------------------------------------------------------===//
// Comparing models
//===----------------------------------------------------------------------===//

static std::string_view pathOf(std::string_view site) {
  return site.substr(0, site.rfind('#'));
}

static std::string_view functionOf(std::string_view site) {
  return site.substr(0, site.find('/'));
}

static std::set<std::string_view>
functionsOf(const std::vector<RecordView> &views) {
  std::set<std::string_view> functions;
  for (const RecordView &view : views)
    functions.insert(functionOf(view.site));
  return functions;
}

namespace {
/// The sites of one model in `functions`, and their paths.
struct SiteSet {
  SiteSet(const std::vector<RecordView> &views,
          const std::set<std::string_view> &functions) {
    for (const RecordView &view : views) {
      if (!functions.count(functionOf(view.site)))
        continue;
      sites.insert(view.site);
      paths.insert(pathOf(view.site));
    }
  }
  std::set<std::string_view> sites, paths;
};
} // namespace

/// Appends "; new: a, b and 3 more" unless `sites` is empty.
static void appendList(std::string &text, const char *what,
                       const std::vector<std::string_view> &sites) {
  constexpr size_t maxListed = 10;
  for (size_t i = 0; i != std::min(sites.size(), maxListed); ++i) {
    text += i == 0 ? std::string("; ") + what + ": " : ", ";
    text += sites[i];
  }
  if (sites.size() > maxListed)
    text += " and " + std::to_string(sites.size() - maxListed) + " more";
}

std::string
qdot::statistics::describeOtherModel(const std::vector<RecordView> &wanted,
                                     const std::vector<RecordView> &file) {
  // Functions are recorded one by one, so each is compared by itself.
  SiteSet model(wanted, functionsOf(file)), recorded(file, functionsOf(wanted));
  std::vector<std::string_view> added, changed, missing;
  for (std::string_view site : model.sites)
    if (!recorded.sites.count(site))
      (recorded.paths.count(pathOf(site)) ? changed : added).push_back(site);
  for (std::string_view site : recorded.sites)
    if (!model.sites.count(site) && !model.paths.count(pathOf(site)))
      missing.push_back(site);
  if (model.sites == recorded.sites)
    return "";
  std::string text =
      "was recorded on another model: " + std::to_string(added.size()) +
      " new, " + std::to_string(changed.size()) + " changed, " +
      std::to_string(missing.size()) + " missing values";
  appendList(text, "new", added);
  appendList(text, "changed", changed);
  appendList(text, "missing", missing);
  return text;
}

//===----------------------------------------------------------------------===//
// Reading
//===----------------------------------------------------------------------===//

static std::string describe(int error) {
  return std::generic_category().message(error);
}

/// Reads `size` bytes, or up to the end.
static int readAll(int fd, size_t size, std::string &text) {
  text.resize(size);
  size_t done = 0;
  while (done != size) {
    ssize_t got = ::read(fd, &text[done], size - done);
    if (got < 0 && errno == EINTR)
      continue;
    if (got < 0)
      return errno;
    if (got == 0)
      break;
    done += static_cast<size_t>(got);
  }
  text.resize(done);
  return 0;
}

/// Returns what is wrong with the file, or an empty string and its text.
static std::string load(int fd, std::string &text) {
  struct stat status;
  if (::fstat(fd, &status) != 0)
    return "cannot read statistics: " + describe(errno);
  if (S_ISDIR(status.st_mode))
    return "cannot read statistics: " + describe(EISDIR);
  if (!S_ISREG(status.st_mode))
    return "expected a regular file";
  size_t size = static_cast<size_t>(status.st_size);
  if (size > maxFileBytes)
    return "expected at most " + std::to_string(maxFileBytes) + " bytes, got " +
           std::to_string(size);
  // Read rather than mapped: nobody can change or shorten it under the parser.
  int error = readAll(fd, size, text);
  return error ? "cannot read statistics: " + describe(error) : "";
}

/// As readFile; `error` is empty and the result false if there is no file.
static bool readIfPresent(const std::string &fileName, StatisticsFile &file,
                          std::string &error) {
  int fd = ::open(fileName.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) {
    if (errno != ENOENT)
      error = fileName + ": cannot read statistics: " + describe(errno);
    return false;
  }
  std::string text;
  error = load(fd, text);
  ::close(fd);
  if (!error.empty()) {
    error = fileName + ": " + error;
    return false;
  }
  return parseFile(text, fileName, file, error);
}

bool qdot::statistics::readFile(const std::string &fileName,
                                StatisticsFile &file, std::string &error) {
  error.clear();
  if (readIfPresent(fileName, file, error))
    return true;
  if (error.empty())
    error = fileName + ": cannot read statistics: " + describe(ENOENT);
  return false;
}

//===----------------------------------------------------------------------===//
// Merging
//===----------------------------------------------------------------------===//

/// Returns what is wrong, or an empty string and the text of old and new.
static std::string mergeTexts(const StatisticsFile &old, bool isPresent,
                              const std::vector<RecordView> &records,
                              const DataSet &data, std::string &text) {
  if (isPresent && old.unfinished)
    return "it is the state of an unfinished calibration";
  std::string other =
      isPresent ? describeOtherModel(records, viewsOf(old)) : "";
  if (!other.empty())
    return other;
  StatisticsFile merged = old;
  for (const RecordView &view : records)
    merged.records[std::string(view.site)].merge(*view.record);
  merged.data.merge(data);
  std::vector<RecordView> views = viewsOf(merged);
  std::string problem = findProblem(views);
  if (problem.empty())
    problem = findProblem(merged.data);
  if (!problem.empty())
    return "cannot write statistics: " + problem;
  text = printRecords(views, merged.data);
  if (text.size() <= maxFileBytes)
    return "";
  return "cannot write statistics: expected at most " +
         std::to_string(maxFileBytes) + " bytes, got " +
         std::to_string(text.size());
}

std::string
qdot::statistics::mergeIntoFile(const std::string &fileName,
                                const std::vector<RecordView> &records,
                                const DataSet &data) {
  FileLock lock;
  if (int error = lock.acquire(fileName))
    return fileName + ": cannot lock statistics: " + describe(error);
  StatisticsFile old;
  std::string error, text;
  bool isPresent = readIfPresent(fileName, old, error);
  if (!error.empty())
    return error;
  error = mergeTexts(old, isPresent, records, data, text);
  if (!error.empty())
    return fileName + ": " + error;
  if (int code = writeFileAtomically(fileName, text))
    return fileName + ": cannot write statistics: " + describe(code);
  return "";
}
