//===- Format.cpp - The text of a statistics file -------------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qdot/Statistics/Format.h"
#include <charconv>

namespace qdot::statistics {

uint64_t fnv1a64(std::string_view bytes, uint64_t hash) {
  for (unsigned char byte : bytes)
    hash = (hash ^ byte) * 0x100000001b3ull;
  return hash;
}

std::string toHex(uint64_t value) {
  std::string text(16, '0');
  for (unsigned digit = 16; digit-- != 0; value >>= 4)
    text[digit] = "0123456789abcdef"[value & 15];
  return text;
}

std::string fingerprintOf(const std::vector<RecordView> &records) {
  uint64_t hash = fnv1a64("");
  for (const RecordView &view : records)
    hash = fnv1a64("\n", fnv1a64(view.site, hash));
  return toHex(hash);
}

std::string printFloat(float value) {
  char buffer[32];
  auto [end, error] = std::to_chars(buffer, buffer + sizeof(buffer), value);
  return std::string(buffer, end);
}

//===----------------------------------------------------------------------===//
// What can be written
//===----------------------------------------------------------------------===//

/// The length of the well-formed UTF-8 sequence (Unicode 15, table 3-7) that
/// `text` starts with, or 0.
static size_t leadingSequence(std::string_view text) {
  auto byte = [&](size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u;
  };
  unsigned lead = byte(0);
  if (lead < 0x80)
    return 1;
  size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4)
    return 0;
  for (size_t i = 1; i != length; ++i)
    if ((byte(i) & 0xc0) != 0x80)
      return 0;
  bool overlong =
      (lead == 0xe0 && byte(1) < 0xa0) || (lead == 0xf0 && byte(1) < 0x90);
  bool surrogate = lead == 0xed && byte(1) > 0x9f;
  bool beyond = lead == 0xf4 && byte(1) > 0x8f;
  return overlong || surrogate || beyond ? 0 : length;
}

std::string findSiteProblem(std::string_view site) {
  if (site.empty())
    return "expected a site name, got an empty string";
  if (site.size() > maxSiteBytes)
    return "expected a site name of at most " + std::to_string(maxSiteBytes) +
           " bytes, got " + std::to_string(site.size());
  for (size_t at = 0; at != site.size();) {
    unsigned char byte = site[at];
    size_t length = leadingSequence(site.substr(at));
    if (byte < 0x20 || length == 0)
      return "expected a site name in UTF-8 without control characters, got "
             "byte 0x" +
             toHex(byte).substr(14) + " at position " + std::to_string(at);
    at += length;
  }
  return "";
}

std::string findProblem(const std::vector<RecordView> &records) {
  if (records.size() > maxSites)
    return "expected at most " + std::to_string(maxSites) + " sites, got " +
           std::to_string(records.size());
  for (size_t i = 0; i != records.size(); ++i) {
    std::string_view site = records[i].site;
    std::string problem = findSiteProblem(site);
    if (!problem.empty())
      return problem;
    if (i != 0 && records[i - 1].site >= site)
      return "expected sites in ascending order, got " + std::string(site) +
             " after " + std::string(records[i - 1].site);
    problem = records[i].record->findProblem();
    if (!problem.empty())
      return std::string(site) + ": " + problem;
  }
  return "";
}

std::string findProblem(const DataSet &data) {
  if (data.samples <= TensorRecord::maxCount)
    return "";
  return "data.samples: expected at most 2^53, got " +
         std::to_string(data.samples);
}

//===----------------------------------------------------------------------===//
// Printing
//===----------------------------------------------------------------------===//

static void printString(std::string_view string, std::string &out) {
  out += '"';
  for (char c : string) {
    if (c == '"' || c == '\\')
      out += '\\';
    out += c;
  }
  out += '"';
}

static void printKey(const char *key, std::string &out) {
  out += ", \"";
  out += key;
  out += "\": ";
}

static void printCount(const char *key, uint64_t value, std::string &out) {
  printKey(key, out);
  out += std::to_string(value);
}

template <typename Sum>
static void printSum(const char *key, const Sum &sum, std::string &out) {
  printKey(key, out);
  printString(sum.print(), out);
}

static void printHistogram(const TensorRecord &record, std::string &out) {
  printKey("histogram", out);
  out += '[';
  const char *separator = "";
  const Bins &bins = record.bins;
  for (unsigned bin = bins.findFrom(0); bin != TensorRecord::numBins;
       bin = bins.findFrom(bin + 1)) {
    out += separator;
    out += '[' + std::to_string(bin) + ", " + std::to_string(bins[bin]) + ']';
    separator = ", ";
  }
  out += ']';
}

/// What tensors and channels have, from "count" on.
static void printValues(const TensorRecord &record, std::string &out) {
  out += "\"count\": " + std::to_string(record.count);
  printCount("nan", record.nanCount, out);
  printCount("inf", record.infCount, out);
  printCount("zero", record.zeroCount, out);
  // JSON has no infinity for the bounds of nothing.
  bool hasRange = record.hasRange();
  out += ", \"min\": " + (hasRange ? printFloat(record.min) : "null");
  out += ", \"max\": " + (hasRange ? printFloat(record.max) : "null");
  printSum("sum", record.sum, out);
  printSum("sum_squares", record.sumOfSquares, out);
  printHistogram(record, out);
}

static void printRecord(const RecordView &view, std::string &out) {
  const TensorRecord &record = *view.record;
  out += "    {\"site\": ";
  printString(view.site, out);
  out += ", ";
  printValues(record, out);
  printCount("samples", record.sampleCount, out);
  printSum("sum_min", record.sumOfMinima, out);
  printSum("sum_max", record.sumOfMaxima, out);
  printKey("channels", out);
  out += '[';
  for (size_t i = 0; i != record.channels.size(); ++i) {
    out += i == 0 ? "\n      {" : ",\n      {";
    printValues(record.channels[i], out);
    out += '}';
  }
  out += "]}";
}

static void printHeader(const std::string &model, const DataSet &data,
                        const std::optional<Checkpoint> &unfinished,
                        std::string &out) {
  out += "{\n  \"format\": ";
  printString(formatName, out);
  out += ",\n  \"version\": " + std::to_string(formatVersion);
  out += ",\n  \"tool\": ";
  printString("qdot " QDOT_VERSION, out);
  out += ",\n  \"model\": ";
  printString(model, out);
  out += ",\n  \"data\": {\"samples\": " + std::to_string(data.samples);
  out += ", \"digest\": ";
  printString(toHex(data.digest), out);
  out += '}';
  if (!unfinished)
    return;
  out += ",\n  \"unfinished\": {\"run\": ";
  printString(toHex(unfinished->run), out);
  printCount("begin", unfinished->begin, out);
  printCount("next", unfinished->next, out);
  printCount("end", unfinished->end, out);
  out += '}';
}

std::string printRecords(const std::vector<RecordView> &records,
                         const DataSet &data,
                         const std::optional<Checkpoint> &unfinished) {
  std::string out;
  printHeader(fingerprintOf(records), data, unfinished, out);
  out += ",\n  \"values\": [";
  for (size_t i = 0; i != records.size(); ++i) {
    out += i == 0 ? "\n" : ",\n";
    printRecord(records[i], out);
  }
  out += records.empty() ? "],\n  " : "\n  ],\n  ";
  // Last, so that it covers every byte before it.
  std::string checksum(checksumPrefix);
  checksum += toHex(fnv1a64(out));
  out += "\"checksum\": ";
  printString(checksum, out);
  out += "\n}\n";
  return out;
}

} // namespace qdot::statistics
