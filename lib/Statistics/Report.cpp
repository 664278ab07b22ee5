//===- Report.cpp - Statistics for people to read -------------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qdot/Statistics/Statistics.h"
#include "llvm/Support/Unicode.h"
#include "llvm/Support/raw_ostream.h"
#include <algorithm>

using namespace qdot::statistics;

//===----------------------------------------------------------------------===//
// Differences
//===----------------------------------------------------------------------===//

static std::string num(uint64_t value) { return std::to_string(value); }

static std::string bound(const TensorRecord &record, float value) {
  return record.hasRange() ? printFloat(value) : "none";
}

/// Appends "name a, b" when the two texts differ.
static void appendDifference(std::string &what, llvm::StringRef name,
                             const std::string &a, const std::string &b) {
  if (a == b)
    return;
  if (!what.empty())
    what += "; ";
  what += name.str() + ' ' + a + ", " + b;
}

static std::string describeDifference(const TensorRecord &a,
                                      const TensorRecord &b) {
  std::string what;
  appendDifference(what, "count", num(a.count), num(b.count));
  appendDifference(what, "nan", num(a.nanCount), num(b.nanCount));
  appendDifference(what, "inf", num(a.infCount), num(b.infCount));
  appendDifference(what, "zero", num(a.zeroCount), num(b.zeroCount));
  appendDifference(what, "min", bound(a, a.min), bound(b, b.min));
  appendDifference(what, "max", bound(a, a.max), bound(b, b.max));
  if (a.sum != b.sum || a.sumOfSquares != b.sumOfSquares)
    appendDifference(what, "sum",
                     a.sum.print() + " and " + a.sumOfSquares.print(),
                     b.sum.print() + " and " + b.sumOfSquares.print());
  appendDifference(what, "samples", num(a.sampleCount), num(b.sampleCount));
  appendDifference(what, "sum_min", a.sumOfMinima.print(),
                   b.sumOfMinima.print());
  appendDifference(what, "sum_max", a.sumOfMaxima.print(),
                   b.sumOfMaxima.print());
  unsigned bins = 0;
  for (unsigned bin = 0; bin != TensorRecord::numBins; ++bin)
    bins += a.bins[bin] != b.bins[bin];
  if (bins != 0) {
    what += what.empty() ? "" : "; ";
    what += num(bins) + (bins == 1 ? " bin" : " bins") + " of the histogram";
  }
  if (a.channels != b.channels)
    what += what.empty() ? "channels" : "; channels";
  return what;
}

StatisticsDiff qdot::statistics::diffStatistics(const StatisticsFile &a,
                                                const StatisticsFile &b) {
  StatisticsDiff diff;
  for (const auto &[site, record] : a.records) {
    auto other = b.records.find(site);
    if (other == b.records.end())
      diff.onlyInA.push_back(site);
    else if (record != other->second)
      diff.different.push_back(
          {site, describeDifference(record, other->second)});
  }
  for (const auto &[site, record] : b.records)
    if (!a.records.count(site))
      diff.onlyInB.push_back(site);
  appendDifference(diff.data, "samples", num(a.data.samples),
                   num(b.data.samples));
  appendDifference(diff.data, "digest", toHex(a.data.digest),
                   toHex(b.data.digest));
  return diff;
}

void qdot::statistics::showDiff(const StatisticsDiff &diff,
                                llvm::raw_ostream &os) {
  for (const std::string &site : diff.onlyInA)
    os << "- " << site << '\n';
  for (const std::string &site : diff.onlyInB)
    os << "+ " << site << '\n';
  for (const RecordDifference &difference : diff.different)
    os << "! " << difference.site << ": " << difference.what << '\n';
  if (!diff.data.empty())
    os << "! data: " << diff.data << '\n';
}

//===----------------------------------------------------------------------===//
// Table
//===----------------------------------------------------------------------===//

using Row = std::array<std::string, 8>;

static Row rowOf(const std::string &site, const TensorRecord &record) {
  return {site,
          num(record.count),
          bound(record, record.min),
          bound(record, record.max),
          num(record.zeroCount),
          num(record.nanCount),
          num(record.infCount),
          num(record.bins.countUsed())};
}

/// Columns on a terminal; bytes for what a terminal cannot show.
static size_t widthOf(const std::string &cell) {
  int columns = llvm::sys::unicode::columnWidthUTF8(cell);
  return columns < 0 ? cell.size() : columns;
}

void qdot::statistics::showStatistics(const StatisticsFile &file,
                                      llvm::raw_ostream &os) {
  std::vector<Row> rows = {
      {"site", "count", "min", "max", "zero", "nan", "inf", "bins"}};
  for (const auto &[site, record] : file.records)
    rows.push_back(rowOf(site, record));
  std::array<size_t, 8> widths{};
  for (const Row &row : rows)
    for (size_t column = 0; column != row.size(); ++column)
      widths[column] = std::max(widths[column], widthOf(row[column]));
  for (const Row &row : rows) {
    os << row[0];
    os.indent(widths[0] - widthOf(row[0]));
    for (size_t column = 1; column != row.size(); ++column)
      os.indent(2 + widths[column] - widthOf(row[column])) << row[column];
    os << '\n';
  }
  os << "model " << file.fingerprint() << ", " << file.records.size()
     << " values, " << file.data.samples << " samples\n";
}
