//===- Convert.cpp - Statistics in the formats of other tools -------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qdot/Statistics/Convert.h"
#include "Tables.h"
#include "llvm/ADT/StringSet.h"
#include <cmath>

using namespace qdot::statistics;

llvm::Error qdot::statistics::refuseTable(const llvm::Twine &message) {
  return llvm::createStringError(llvm::inconvertibleErrorCode(), message);
}

llvm::Expected<TableFormat>
qdot::statistics::parseTableFormat(llvm::StringRef name) {
  if (name == "tensorrt")
    return TableFormat::TensorRt;
  if (name == "onnxruntime")
    return TableFormat::OnnxRuntime;
  if (name == "tpu-mlir")
    return TableFormat::TpuMlir;
  if (name == "csv")
    return TableFormat::Csv;
  return refuseTable(
      "expected a format (qdot, tensorrt, onnxruntime, tpu-mlir or csv), "
      "got '" +
      name + "'");
}

//===----------------------------------------------------------------------===//
// Tables
//===----------------------------------------------------------------------===//

llvm::Error RangeTable::add(llvm::StringRef name, double min, double max,
                            const llvm::Twine &place) {
  std::string problem = findSiteProblem(name);
  if (!problem.empty())
    return refuseTable(place + ": " + problem);
  if (ranges.size() == maxSites)
    return refuseTable(place + ": expected at most " + llvm::Twine(maxSites) +
                       " names, got more");
  if (!names.insert(name).second)
    return refuseTable(place + ": the name '" + name + "' occurs twice");
  // Rounded to f32; what that makes infinite is none.
  float low = static_cast<float>(min), high = static_cast<float>(max);
  if (!std::isfinite(low) || !std::isfinite(high))
    return refuseTable(place + ": expected finite numbers for '" + name + "'");
  if (low > high)
    return refuseTable(place + ": expected min <= max for '" + name +
                       "', got " + printFloat(low) + " and " +
                       printFloat(high));
  ranges.push_back({name.str(), low, high});
  return llvm::Error::success();
}

static llvm::Error parseInto(llvm::StringRef text, llvm::StringRef fileName,
                             TableFormat format, RangeTable &table) {
  switch (format) {
  case TableFormat::TensorRt:
    return parseTensorRt(text, fileName, table);
  case TableFormat::OnnxRuntime:
    return parseOnnxRuntime(text, fileName, table);
  case TableFormat::TpuMlir:
    return parseTpuMlir(text, fileName, table);
  case TableFormat::Csv:
    return parseCsv(text, fileName, table);
  }
  llvm_unreachable("every format returns");
}

llvm::Expected<std::vector<NamedRange>>
qdot::statistics::parseTable(llvm::StringRef text, llvm::StringRef fileName,
                             TableFormat format) {
  if (text.size() > maxFileBytes)
    return refuseTable(fileName + ": expected at most " +
                       llvm::Twine(maxFileBytes) + " bytes, got " +
                       llvm::Twine(text.size()));
  RangeTable table;
  if (llvm::Error error = parseInto(text, fileName, format, table))
    return error;
  if (table.ranges.empty())
    return refuseTable(fileName + ": expected at least one range");
  return std::move(table.ranges);
}

llvm::Expected<std::string>
qdot::statistics::printTable(llvm::ArrayRef<NamedRange> ranges,
                             TableFormat format) {
  switch (format) {
  case TableFormat::TensorRt:
    return printTensorRt(ranges);
  case TableFormat::OnnxRuntime:
    return printOnnxRuntime(ranges);
  case TableFormat::TpuMlir:
    return printTpuMlir(ranges);
  case TableFormat::Csv:
    return printCsv(ranges);
  }
  llvm_unreachable("every format returns");
}

//===----------------------------------------------------------------------===//
// Statistics
//===----------------------------------------------------------------------===//

llvm::Expected<StatisticsFile>
qdot::statistics::importRanges(llvm::ArrayRef<NamedRange> ranges,
                               const NameMap *names) {
  StatisticsFile file;
  for (const NamedRange &range : ranges) {
    std::string site = range.name;
    if (names) {
      auto found = names->find(range.name);
      if (found == names->end())
        return refuseTable("no site is given for the name '" + range.name +
                           "'");
      site = found->second;
    }
    auto [at, isNew] = file.records.try_emplace(site);
    if (!isNew)
      return refuseTable("two names stand for the site " + site);
    at->second.add(range.min);
    at->second.add(range.max);
    at->second.addSample(range.min, range.max);
  }
  return file;
}

llvm::Expected<std::vector<NamedRange>>
qdot::statistics::exportRanges(const StatisticsFile &file,
                               const NameMap *names) {
  llvm::StringMap<std::string> nameOfSite;
  if (names)
    for (const auto &entry : *names)
      nameOfSite[entry.second] = entry.first().str();
  std::vector<NamedRange> ranges;
  for (const auto &[site, record] : file.records) {
    if (!record.hasRange() || record.finiteCount() != record.count)
      return refuseTable(site + ": expected finite values only, got " +
                         llvm::Twine(record.nanCount) + " NaN and " +
                         llvm::Twine(record.infCount) + " Inf of " +
                         llvm::Twine(record.count));
    std::string name = site;
    if (names) {
      auto found = nameOfSite.find(site);
      if (found == nameOfSite.end())
        return refuseTable("no name is given for the site " + site);
      name = found->second;
    }
    ranges.push_back({name, record.min, record.max});
  }
  return ranges;
}
