//===- Parse.cpp - Read a statistics file as hostile input ----------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Reader.h"
#include "qdot/Statistics/File.h"
#include <algorithm>

using namespace qdot::statistics;

namespace {

/// Reads the format of docs/Statistics.md.
class FileReader : public Reader {
public:
  using Reader::Reader;

  /// Parses the whole file; keeps the records when `file` is not null.
  bool readFile(StatisticsFile *file);

private:
  static inline const Keys fileKeys = {"format", "version", "tool",
                                       "model",  "data",    "unfinished",
                                       "values", "checksum"};
  static inline const Keys dataKeys = {"samples", "digest"};
  static inline const Keys unfinishedKeys = {"run", "begin", "next", "end"};
  static inline const Keys recordKeys = {
      "site",    "count",   "nan",     "inf",         "zero",
      "min",     "max",     "sum",     "sum_squares", "histogram",
      "samples", "sum_min", "sum_max", "channels"};
  static inline const Keys channelKeys = {"count", "nan",         "inf",
                                          "zero",  "min",         "max",
                                          "sum",   "sum_squares", "histogram"};

  bool readHeader();
  bool readVersion();
  bool readData(DataSet &data);
  bool readUnfinished(StatisticsFile *file);
  bool readRecords(StatisticsFile *file);
  bool readRecord(std::string &site, TensorRecord &record);
  bool readSite(std::string &site);
  bool readValues(TensorRecord &record, Keys keys);
  bool readBound(const char *key, const TensorRecord &record, float &bound,
                 Keys keys);
  template <typename Sum>
  bool readSum(const char *key, Sum &sum, Keys keys);
  bool readHistogram(TensorRecord &record);
  bool readBin(TensorRecord &record, int64_t &lastBin);
  bool readChannels(TensorRecord &record);
  bool readChecksum();

  bool isKeeping = false;          ///< what is read, not only checking it
  std::string lastSite;            ///< read so far
  uint64_t siteHash = fnv1a64(""); ///< of the sites read so far
};

} // namespace

//===----------------------------------------------------------------------===//
// Header
//===----------------------------------------------------------------------===//

bool FileReader::readVersion() {
  size_t start = pos;
  uint64_t version;
  if (!readCount(version))
    return false;
  return version == formatVersion ||
         failExpected(start, "version " + std::to_string(formatVersion));
}

bool FileReader::readHeader() {
  std::string string;
  if (!expect('{') || !readKey("format", fileKeys))
    return false;
  size_t start = pos;
  if (!readString(maxToolBytes, string))
    return false;
  if (string != formatName)
    return failExpected(start, '"' + std::string(formatName) + '"');
  if (!readKey("version", fileKeys) || !readVersion() ||
      !readKey("tool", fileKeys))
    return false;
  start = pos;
  if (!readString(maxToolBytes, string))
    return false;
  return findSiteProblem(string).empty() ||
         failExpected(start, "the name of a tool in UTF-8");
}

bool FileReader::readData(DataSet &data) {
  if (!readKey("data", fileKeys) || !expect('{'))
    return false;
  scope = "data.";
  if (!readKey("samples", dataKeys) || !readCount(data.samples) ||
      !readKey("digest", dataKeys) || !readDigest(data.digest))
    return false;
  scope.clear();
  return expect('}');
}

bool FileReader::readUnfinished(StatisticsFile *file) {
  size_t start = pos;
  bool isPresent = expect(',') && peek("\"unfinished\"");
  pos = start;
  if (!isPresent)
    return true;
  Checkpoint checkpoint;
  if (!readKey("unfinished", fileKeys))
    return false;
  start = pos;
  if (!expect('{'))
    return false;
  scope = "unfinished.";
  if (!readKey("run", unfinishedKeys) || !readDigest(checkpoint.run) ||
      !readKey("begin", unfinishedKeys) || !readCount(checkpoint.begin) ||
      !readKey("next", unfinishedKeys) || !readCount(checkpoint.next) ||
      !readKey("end", unfinishedKeys) || !readCount(checkpoint.end))
    return false;
  path = getObject();
  if (checkpoint.begin > checkpoint.next || checkpoint.next > checkpoint.end)
    return fail(start, "expected begin <= next <= end, got " +
                           std::to_string(checkpoint.begin) + ", " +
                           std::to_string(checkpoint.next) + ", " +
                           std::to_string(checkpoint.end));
  if (file)
    file->unfinished = checkpoint;
  scope.clear();
  return expect('}');
}

//===----------------------------------------------------------------------===//
// Records
//===----------------------------------------------------------------------===//

/// Reads one of min and max, which are null exactly without finite values.
bool FileReader::readBound(const char *key, const TensorRecord &record,
                           float &bound, Keys keys) {
  if (!readKey(key, keys))
    return false;
  return record.hasRange() ? readFloat(bound)
                           : expect("null", ", as count - nan - inf is 0");
}

template <typename Sum>
bool FileReader::readSum(const char *key, Sum &sum, Keys keys) {
  if (!readKey(key, keys))
    return false;
  size_t start = pos;
  std::string spelling;
  if (!readString(Sum::maxTextBytes, spelling))
    return false;
  return sum.parse(spelling) ||
         failExpected(start, "the shortest spelling of an exact sum");
}

/// Reads `[bin, count]`.
bool FileReader::readBin(TensorRecord &record, int64_t &lastBin) {
  uint64_t bin, count;
  if (!expect('['))
    return false;
  skipSpace();
  size_t start = pos;
  if (!readCount(bin))
    return false;
  if (bin >= TensorRecord::numBins || !TensorRecord::isFiniteBin(bin))
    return failExpected(start, "a bin of finite values");
  if (static_cast<int64_t>(bin) <= lastBin)
    return failExpected(start, "a bin above " + std::to_string(lastBin));
  lastBin = static_cast<int64_t>(bin);
  if (!expect(','))
    return false;
  skipSpace();
  start = pos;
  if (!readCount(count))
    return false;
  if (count == 0)
    return failExpected(start, "a count above 0");
  record.bins[static_cast<unsigned>(bin)] = count;
  return expect(']');
}

bool FileReader::readHistogram(TensorRecord &record) {
  int64_t lastBin = -1;
  if (!expect('['))
    return false;
  if (peek(']'))
    return expect(']');
  do {
    if (!readBin(record, lastBin))
      return false;
  } while (peek(',') && expect(','));
  return expect(']');
}

bool FileReader::readValues(TensorRecord &record, Keys keys) {
  return readKey("count", keys) && readCount(record.count) &&
         readKey("nan", keys) && readCount(record.nanCount) &&
         readKey("inf", keys) && readCount(record.infCount) &&
         readKey("zero", keys) && readCount(record.zeroCount) &&
         readBound("min", record, record.min, keys) &&
         readBound("max", record, record.max, keys) &&
         readSum("sum", record.sum, keys) &&
         readSum("sum_squares", record.sumOfSquares, keys) &&
         readKey("histogram", keys) && readHistogram(record);
}

/// Channels are checked one by one and added up, so that a file that is refused
/// costs no memory for them.
bool FileReader::readChannels(TensorRecord &record) {
  if (!readKey("channels", recordKeys))
    return false;
  std::string prefix = path, outer = scope;
  size_t start = pos, numChannels = 0;
  TensorRecord sum;
  if (!expect('['))
    return false;
  for (bool more = !peek(']'); more; more = peek(',') && expect(',')) {
    skipSpace();
    size_t channelStart = pos;
    path = prefix;
    if (numChannels == maxChannels)
      return fail(pos, "expected at most " + std::to_string(maxChannels) +
                           " channels, got more");
    path += '[' + std::to_string(numChannels++) + ']';
    scope = path + '.';
    TensorRecord channel;
    if (!expect('{') || !readValues(channel, channelKeys))
      return false;
    path = getObject();
    if (!expect('}'))
      return false;
    std::string problem = channel.findProblem();
    if (!problem.empty())
      return fail(channelStart, problem);
    sum.merge(channel);
    if (isKeeping)
      record.channels.push_back(std::move(channel));
  }
  scope = outer;
  path = prefix;
  if (numChannels != 0 && !sum.hasSameValues(record))
    return fail(start, "expected them to add up to the tensor");
  return expect(']');
}

/// Reads a site name, which must come after `lastSite`.
bool FileReader::readSite(std::string &site) {
  size_t start = pos;
  if (!readString(maxSiteBytes, site))
    return false;
  std::string problem = findSiteProblem(site);
  if (!problem.empty())
    return fail(start, problem);
  if (site <= lastSite)
    return failExpected(start,
                        "a site after \"" + lastSite + "\" in ascending order");
  return true;
}

bool FileReader::readRecord(std::string &site, TensorRecord &record) {
  size_t start = pos;
  if (!expect('{') || !readKey("site", recordKeys) || !readSite(site) ||
      !readValues(record, recordKeys) || !readKey("samples", recordKeys) ||
      !readCount(record.sampleCount) ||
      !readSum("sum_min", record.sumOfMinima, recordKeys) ||
      !readSum("sum_max", record.sumOfMaxima, recordKeys) ||
      !readChannels(record))
    return false;
  path = getObject();
  if (!expect('}'))
    return false;
  std::string problem = record.findProblem();
  return problem.empty() || fail(start, problem);
}

bool FileReader::readRecords(StatisticsFile *file) {
  if (!readKey("values", fileKeys) || !expect('['))
    return false;
  if (peek(']'))
    return expect(']');
  size_t numSites = 0;
  do {
    skipSpace();
    if (numSites == maxSites)
      return fail(pos, "expected at most " + std::to_string(maxSites) +
                           " sites, got more");
    path = "values[" + std::to_string(numSites++) + "]";
    scope = path + ".";
    std::string site;
    TensorRecord record;
    if (!readRecord(site, record))
      return false;
    if (file)
      file->records.emplace_hint(file->records.end(), site, std::move(record));
    siteHash = fnv1a64("\n", fnv1a64(site, siteHash));
    lastSite = std::move(site);
  } while (peek(',') && expect(','));
  scope.clear();
  path = "values";
  return expect(']');
}

//===----------------------------------------------------------------------===//
// File
//===----------------------------------------------------------------------===//

/// All that follows the bytes that the checksum covers has one form only.
bool FileReader::readChecksum() {
  path.clear();
  if (!peek(','))
    return failExpected(pos, "','");
  size_t keyStart = std::min(text.find('"', pos), text.size());
  if (!readKey("checksum", fileKeys))
    return false;
  std::string checksum =
      std::string(checksumPrefix) + toHex(fnv1a64(text.substr(0, keyStart)));
  size_t start = pos;
  std::string got;
  if (!readString(checksum.size(), got))
    return false;
  if (got != checksum)
    return failExpected(start, "\"" + checksum +
                                   "\" for this content, which "
                                   "was damaged or edited");
  path.clear();
  if (text.substr(keyStart) != "\"checksum\": \"" + checksum + "\"\n}\n")
    return fail(keyStart, "expected the file to end in '\"checksum\": \"" +
                              checksum + "\"', a newline, '}' and a newline");
  return true;
}

bool FileReader::readFile(StatisticsFile *file) {
  isKeeping = file != nullptr;
  uint64_t model;
  DataSet data;
  if (!readHeader() || !readKey("model", fileKeys))
    return false;
  size_t modelStart = pos;
  if (!readDigest(model) || !readData(data) || !readUnfinished(file) ||
      !readRecords(file))
    return false;
  path = "model";
  if (model != siteHash)
    return failExpected(modelStart,
                        "\"" + toHex(siteHash) + "\", the digest of the sites");
  if (file)
    file->data = data;
  return readChecksum();
}

bool qdot::statistics::parseFile(std::string_view text,
                                 std::string_view fileName,
                                 StatisticsFile &file, std::string &error) {
  // First without keeping anything, so that a file that is refused costs no
  // memory: the smallest record takes 1 KiB and its text some 200 bytes.
  FileReader checker(text, fileName);
  if (!checker.readFile(nullptr)) {
    error = checker.getError();
    return false;
  }
  StatisticsFile parsed;
  FileReader reader(text, fileName);
  reader.readFile(&parsed);
  file = std::move(parsed);
  return true;
}
