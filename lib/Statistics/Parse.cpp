//===- Parse.cpp - Read a statistics file as hostile input ----------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Not on llvm::json::parse: that keeps the last of two equal keys without a
// word, overflows the stack on deep nesting, and builds a tree of some 30 times
// the size of the text. The format has one order of keys and fixed depth, so it
// is read straight into records, without recursion.
//
//===----------------------------------------------------------------------===//

#include "qdot/Statistics/Statistics.h"
#include "llvm/ADT/StringExtras.h"
#include <charconv>

using namespace qdot::statistics;

namespace {

/// Reads a text from front to back. Every `read` and `expect` returns false
/// after the first error, which is kept with its place.
class Reader {
public:
  Reader(llvm::StringRef text, llvm::StringRef fileName)
      : text(text), fileName(fileName) {}

  /// Parses the whole file; keeps the records when `file` is not null.
  bool readFile(StatisticsFile *file);
  llvm::Error takeError() {
    return llvm::createStringError(llvm::inconvertibleErrorCode(), message);
  }

private:
  // Tokens.
  void skipSpace();
  bool peek(char c);
  bool expect(char c);
  bool readString(size_t maxBytes, std::string &value);
  bool readCount(uint64_t &value);
  bool readFloat(float &value);
  llvm::StringRef takeNumber();

  // The format.
  bool readKey(llvm::StringRef key, llvm::ArrayRef<llvm::StringLiteral> keys);
  bool readHeader();
  bool readVersion();
  bool readValues(StatisticsFile *file);
  bool readRecord(std::string &site, TensorRecord &record);
  bool readSite(std::string &site);
  bool readCounters(TensorRecord &record);
  bool readBound(llvm::StringRef key, const TensorRecord &record, float &bound);
  bool readHistogram(TensorRecord &record);
  bool readBin(TensorRecord &record, int64_t &lastBin);
  bool readChecksum();

  bool fail(size_t at, const llvm::Twine &what);
  bool failExpected(size_t at, const llvm::Twine &what);
  std::string quoteToken(size_t at) const;

  llvm::StringRef text;
  llvm::StringRef fileName;
  size_t pos = 0;
  std::string path;     ///< of the value being read: values[3].nan
  std::string scope;    ///< what the keys are appended to: values[3].
  std::string lastSite; ///< read so far
  uint64_t siteHash = fnv1a64(""); ///< of the sites read so far
  std::string message;
};

constexpr llvm::StringLiteral fileKeys[] = {"format", "version", "tool",
                                            "model",  "values",  "checksum"};
constexpr llvm::StringLiteral recordKeys[] = {
    "site", "count", "nan", "inf", "zero", "min", "max", "histogram"};

} // namespace

//===----------------------------------------------------------------------===//
// Errors
//===----------------------------------------------------------------------===//

bool Reader::fail(size_t at, const llvm::Twine &what) {
  llvm::StringRef before = text.take_front(at);
  size_t line = before.count('\n') + 1;
  size_t column = at - (before.rfind('\n') + 1) + 1;
  message = (fileName + ":" + llvm::Twine(line) + ":" + llvm::Twine(column) +
             ": " + path + (path.empty() ? "" : ": ") + what)
                .str();
  return false;
}

/// The token at `at`, printable and short.
std::string Reader::quoteToken(size_t at) const {
  if (at >= text.size())
    return "end of file";
  llvm::StringRef rest = text.drop_front(at);
  size_t length;
  if (rest.front() == '"')
    length = std::min(rest.find_first_of("\"\n", 1), rest.size() - 1) + 1;
  else
    length = std::max<size_t>(rest.find_first_of(",]}:[{ \n"), 1);
  llvm::StringRef token = rest.take_front(std::min<size_t>(length, 40));
  std::string quoted;
  llvm::raw_string_ostream os(quoted);
  for (unsigned char c : token)
    if (llvm::isPrint(c))
      os << c;
    else
      os << "\\x" << llvm::hexdigit(c >> 4) << llvm::hexdigit(c & 15);
  if (length > 40 && token.size() < rest.size())
    os << "...";
  return quoted;
}

bool Reader::failExpected(size_t at, const llvm::Twine &what) {
  return fail(at, "expected " + what + ", got " + quoteToken(at));
}

//===----------------------------------------------------------------------===//
// Tokens
//===----------------------------------------------------------------------===//

void Reader::skipSpace() {
  pos = std::min(text.find_first_not_of(" \n", pos), text.size());
}

bool Reader::peek(char c) {
  skipSpace();
  return pos < text.size() && text[pos] == c;
}

bool Reader::expect(char c) {
  if (!peek(c))
    return failExpected(pos, llvm::Twine("'") + llvm::Twine(c) + "'");
  ++pos;
  return true;
}

bool Reader::readString(size_t maxBytes, std::string &value) {
  value.clear();
  skipSpace();
  size_t start = pos;
  if (!peek('"'))
    return failExpected(start, "a string");
  for (++pos; pos != text.size() && text[pos] != '"'; ++pos) {
    // The printer escapes nothing but these two.
    if (text[pos] == '\\' &&
        (++pos == text.size() || (text[pos] != '"' && text[pos] != '\\')))
      return failExpected(pos, "'\"' or '\\' after '\\'");
    if (value.size() == maxBytes)
      return fail(start, "expected a string of at most " +
                             llvm::Twine(maxBytes) + " bytes, got " +
                             quoteToken(start));
    value += text[pos];
  }
  if (pos == text.size())
    return failExpected(pos, "'\"' at the end of a string");
  ++pos;
  return true;
}

/// The characters that a number may have, consumed.
llvm::StringRef Reader::takeNumber() {
  skipSpace();
  size_t end =
      std::min(text.find_first_not_of("+-.0123456789eE", pos), text.size());
  llvm::StringRef token = text.slice(pos, end);
  pos = end;
  return token;
}

bool Reader::readCount(uint64_t &value) {
  skipSpace();
  size_t start = pos;
  llvm::StringRef token = takeNumber();
  auto [end, error] = std::from_chars(token.begin(), token.end(), value);
  if (error == std::errc() && end == token.end() &&
      (token.size() == 1 || token[0] != '0') && value <= TensorRecord::maxCount)
    return true;
  return failExpected(start, "an unsigned integer of at most 2^53");
}

bool Reader::readFloat(float &value) {
  size_t start = pos;
  llvm::StringRef token = takeNumber();
  auto [end, error] = std::from_chars(token.begin(), token.end(), value);
  if (error != std::errc() || end != token.end())
    return failExpected(start, "an f32");
  // One value has one spelling; this also holds the token to JSON's grammar.
  std::string shortest = printFloat(value);
  return token == shortest ||
         failExpected(start, "the shortest spelling of an f32, " + shortest);
}

//===----------------------------------------------------------------------===//
// The format
//===----------------------------------------------------------------------===//

/// Reads `"key":`, where `keys` are all keys of this object in their order.
bool Reader::readKey(llvm::StringRef key,
                     llvm::ArrayRef<llvm::StringLiteral> keys) {
  path = llvm::StringRef(scope).rtrim('.').str();
  if (key != keys.front() && !expect(','))
    return false;
  skipSpace();
  size_t start = pos;
  std::string got;
  if (!readString(maxSiteBytes, got))
    return false;
  if (got != key) {
    const auto *expected = llvm::find(keys, key),
               *found = llvm::find(keys, got);
    llvm::StringRef what = found == keys.end() ? "an unknown key"
                           : found < expected  ? "a duplicate key"
                                               : "a later key";
    return fail(start, "expected the key \"" + key + "\", got " + what + ", " +
                           quoteToken(start));
  }
  path = scope + key.str();
  if (!expect(':'))
    return false;
  skipSpace();
  return true;
}

bool Reader::readVersion() {
  size_t start = pos;
  uint64_t version;
  if (!readCount(version))
    return false;
  return version == formatVersion ||
         failExpected(start, "version " + llvm::Twine(formatVersion));
}

bool Reader::readHeader() {
  std::string string;
  if (!expect('{') || !readKey("format", fileKeys))
    return false;
  size_t start = pos;
  if (!readString(maxToolBytes, string))
    return false;
  if (string != formatName)
    return failExpected(start, "\"" + llvm::StringRef(formatName) + "\"");
  if (!readKey("version", fileKeys) || !readVersion() ||
      !readKey("tool", fileKeys))
    return false;
  start = pos;
  if (!readString(maxToolBytes, string))
    return false;
  if (!findSiteProblem(string).empty())
    return failExpected(start, "the name of a tool in UTF-8");
  return readKey("model", fileKeys);
}

bool Reader::readCounters(TensorRecord &record) {
  return readKey("count", recordKeys) && readCount(record.count) &&
         readKey("nan", recordKeys) && readCount(record.nanCount) &&
         readKey("inf", recordKeys) && readCount(record.infCount) &&
         readKey("zero", recordKeys) && readCount(record.zeroCount);
}

/// Reads one of min and max, which are null exactly without finite values.
bool Reader::readBound(llvm::StringRef key, const TensorRecord &record,
                       float &bound) {
  if (!readKey(key, recordKeys))
    return false;
  if (record.hasRange())
    return readFloat(bound);
  if (!text.drop_front(pos).starts_with("null"))
    return failExpected(pos, "null, as count - nan - inf is 0");
  pos += 4;
  return true;
}

/// Reads `[bin, count]`.
bool Reader::readBin(TensorRecord &record, int64_t &lastBin) {
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
    return failExpected(start, "a bin above " + llvm::Twine(lastBin));
  lastBin = bin;
  if (!expect(','))
    return false;
  skipSpace();
  start = pos;
  if (!readCount(count))
    return false;
  if (count == 0)
    return failExpected(start, "a count above 0");
  record.bins[bin] = count;
  return expect(']');
}

bool Reader::readHistogram(TensorRecord &record) {
  int64_t lastBin = -1;
  if (!readKey("histogram", recordKeys) || !expect('['))
    return false;
  if (peek(']'))
    return expect(']');
  do {
    if (!readBin(record, lastBin))
      return false;
  } while (peek(',') && expect(','));
  return expect(']');
}

/// Reads a site name, which must come after `lastSite`.
bool Reader::readSite(std::string &site) {
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

bool Reader::readRecord(std::string &site, TensorRecord &record) {
  size_t start = pos;
  if (!expect('{') || !readKey("site", recordKeys) || !readSite(site) ||
      !readCounters(record) || !readBound("min", record, record.min) ||
      !readBound("max", record, record.max) || !readHistogram(record))
    return false;
  path = llvm::StringRef(scope).rtrim('.').str();
  if (!expect('}'))
    return false;
  std::string problem = record.findProblem();
  return problem.empty() || fail(start, problem);
}

bool Reader::readValues(StatisticsFile *file) {
  if (!readKey("values", fileKeys) || !expect('['))
    return false;
  if (peek(']'))
    return expect(']');
  size_t numSites = 0;
  do {
    skipSpace();
    if (numSites == maxSites)
      return fail(pos, "expected at most " + llvm::Twine(maxSites) +
                           " sites, got more");
    path = "values[" + std::to_string(numSites++) + "]";
    scope = path + ".";
    std::string site;
    TensorRecord record;
    if (!readRecord(site, record))
      return false;
    if (file)
      file->records.emplace_hint(file->records.end(), site, record);
    siteHash = fnv1a64("\n", fnv1a64(site, siteHash));
    lastSite = std::move(site);
  } while (peek(',') && expect(','));
  scope.clear();
  path = "values";
  return expect(']');
}

/// All that follows the bytes that the checksum covers has one form only.
bool Reader::readChecksum() {
  path.clear();
  if (!peek(','))
    return failExpected(pos, "','");
  size_t keyStart = std::min(text.find('"', pos), text.size());
  if (!readKey("checksum", fileKeys))
    return false;
  llvm::StringRef covered = text.take_front(keyStart);
  std::string checksum = std::string(checksumPrefix) + toHex(fnv1a64(covered));
  size_t start = pos;
  std::string got;
  if (!readString(checksum.size(), got))
    return false;
  if (got != checksum)
    return failExpected(start, "\"" + checksum +
                                   "\" for this content, which "
                                   "was damaged or edited");
  path.clear();
  if (text.drop_front(keyStart) != "\"checksum\": \"" + checksum + "\"\n}\n")
    return fail(keyStart, "expected the file to end in '\"checksum\": \"" +
                              checksum + "\"', a newline, '}' and a newline");
  return true;
}

bool Reader::readFile(StatisticsFile *file) {
  std::string model;
  if (!readHeader())
    return false;
  size_t modelStart = pos;
  if (!readString(16, model) || !readValues(file))
    return false;
  path = "model";
  std::string fingerprint = toHex(siteHash);
  if (model != fingerprint)
    return failExpected(modelStart,
                        "\"" + fingerprint + "\", the digest of the sites");
  return readChecksum();
}

llvm::Expected<StatisticsFile>
qdot::statistics::parseStatistics(llvm::StringRef text,
                                  llvm::StringRef fileName) {
  // First without keeping anything, so that a file that is refused costs no
  // memory: a record takes 32 KiB and its text may take 100 bytes.
  Reader checker(text, fileName);
  if (!checker.readFile(nullptr))
    return checker.takeError();
  StatisticsFile file;
  Reader reader(text, fileName);
  if (!reader.readFile(&file))
    return reader.takeError();
  return file;
}
