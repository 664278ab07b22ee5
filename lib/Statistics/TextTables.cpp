//===- TextTables.cpp - TensorRT, tpu-mlir and CSV ------------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Tables.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/LineIterator.h"
#include "llvm/Support/MemoryBuffer.h"
#include <algorithm>
#include <cmath>

using namespace qdot::statistics;

static std::string placeOf(llvm::StringRef fileName, int64_t line) {
  return (fileName + ":" + llvm::Twine(line)).str();
}

static float largestMagnitude(const NamedRange &range) {
  return std::max(std::fabs(range.min), std::fabs(range.max));
}

//===----------------------------------------------------------------------===//
// TensorRT
//===----------------------------------------------------------------------===//

llvm::Error qdot::statistics::parseTensorRt(llvm::StringRef text,
                                            llvm::StringRef fileName,
                                            RangeTable &table) {
  if (!text.starts_with("TRT-"))
    return refuseTable(fileName + ":1: expected a line TRT-VERSION-ALGORITHM");
  llvm::line_iterator line(llvm::MemoryBufferRef(text, fileName));
  for (++line; !line.is_at_end(); ++line) {
    std::string place = placeOf(fileName, line.line_number());
    auto [name, digits] = line->rtrim('\r').rsplit(": ");
    uint32_t bits;
    if (name.empty() || digits.empty() || digits.size() > 8 ||
        digits.getAsInteger(16, bits))
      return refuseTable(place + ": expected NAME: HEX, got '" +
                         line->take_front(80) + "'");
    float scale = floatOf(bits);
    if (!(scale >= 0) || std::isinf(scale))
      return refuseTable(place + ": expected a scale of at least 0, got " +
                         digits);
    double limit = double(scale) * 127.0;
    if (llvm::Error error = table.add(name, -limit, limit, place))
      return error;
  }
  return llvm::Error::success();
}

llvm::Expected<std::string>
qdot::statistics::printTensorRt(llvm::ArrayRef<NamedRange> ranges) {
  std::string text = "TRT-8501-EntropyCalibration2\n";
  for (const NamedRange &range : ranges) {
    float scale = largestMagnitude(range) / 127.0f;
    text += range.name + ": " +
            llvm::utohexstr(bitsOf(scale), /*LowerCase=*/true, /*Width=*/8) +
            '\n';
  }
  return text;
}

//===----------------------------------------------------------------------===//
// tpu-mlir
//===----------------------------------------------------------------------===//

llvm::Error qdot::statistics::parseTpuMlir(llvm::StringRef text,
                                           llvm::StringRef fileName,
                                           RangeTable &table) {
  llvm::line_iterator line(llvm::MemoryBufferRef(text, fileName));
  for (; !line.is_at_end(); ++line) {
    std::string place = placeOf(fileName, line.line_number());
    llvm::StringRef content = line->trim(" \t\r");
    if (content.starts_with("#int4_th") || content.starts_with("#weight_scale"))
      break;
    if (content.empty() || content.starts_with("#"))
      continue;
    llvm::SmallVector<llvm::StringRef, 4> fields;
    llvm::SplitString(content, fields, " \t");
    double threshold, min, max;
    if (fields.size() != 4 || fields[1].getAsDouble(threshold) ||
        fields[2].getAsDouble(min) || fields[3].getAsDouble(max))
      return refuseTable(place + ": expected NAME THRESHOLD MIN MAX, got '" +
                         content.take_front(80) + "'");
    if (!(threshold >= 0))
      return refuseTable(place + ": expected a threshold of at least 0, got " +
                         fields[1]);
    if (llvm::Error error = table.add(fields[0], min, max, place))
      return error;
  }
  return llvm::Error::success();
}

llvm::Expected<std::string>
qdot::statistics::printTpuMlir(llvm::ArrayRef<NamedRange> ranges) {
  std::string text = "# written by qdot " QDOT_VERSION "\n###\n"
                     "# op_name    threshold    min    max\n";
  for (const NamedRange &range : ranges) {
    if (llvm::StringRef(range.name).find_first_of(" \t#") == 0 ||
        llvm::StringRef(range.name).find_first_of(" \t") !=
            llvm::StringRef::npos)
      return refuseTable("a tpu-mlir table cannot hold the name '" +
                         range.name + "'");
    text += range.name + ' ' + printFloat(largestMagnitude(range)) + ' ' +
            printFloat(range.min) + ' ' + printFloat(range.max) + '\n';
  }
  return text;
}

//===----------------------------------------------------------------------===//
// CSV
//===----------------------------------------------------------------------===//

namespace {
/// Reads rows of RFC 4180, with either line end.
class CsvReader {
public:
  CsvReader(llvm::StringRef text, llvm::StringRef fileName)
      : text(text), fileName(fileName) {
    // The mark of UTF-8 that spreadsheets write.
    if (text.starts_with("\xef\xbb\xbf"))
      pos = 3;
  }

  bool isAtEnd() const { return pos == text.size(); }
  std::string getPlace() const { return placeOf(fileName, line); }

  llvm::Expected<std::vector<std::string>> readRow() {
    ++line;
    std::vector<std::string> row;
    for (;;) {
      row.emplace_back();
      if (row.size() > maxColumns)
        return fail("expected at most 64 columns");
      if (llvm::Error error = readField(row.back()))
        return error;
      if (isAtEnd() || text[pos] != ',')
        break;
      ++pos;
    }
    if (text.substr(pos).consume_front("\r\n"))
      pos += 2;
    else if (!isAtEnd() && text[pos] == '\n')
      ++pos;
    else if (!isAtEnd())
      return fail("expected a comma or the end of the line");
    return row;
  }

private:
  static constexpr size_t maxColumns = 64;

  llvm::Error fail(const llvm::Twine &what) {
    return refuseTable(getPlace() + ": " + what);
  }

  llvm::Error readField(std::string &field) {
    if (isAtEnd() || text[pos] != '"') {
      size_t end = std::min(text.find_first_of(",\"\r\n", pos), text.size());
      field = text.slice(pos, end).str();
      pos = end;
      return llvm::Error::success();
    }
    for (++pos; !isAtEnd(); ++pos) {
      if (text[pos] == '"' && !text.substr(pos + 1).starts_with("\"")) {
        ++pos;
        return llvm::Error::success();
      }
      pos += text[pos] == '"';
      if (field.size() == maxSiteBytes || text[pos] == '\n')
        return fail("expected a field of one line and at most " +
                    llvm::Twine(maxSiteBytes) + " bytes");
      field += text[pos];
    }
    return fail("expected '\"' at the end of a field");
  }

  llvm::StringRef text, fileName;
  size_t pos = 0;
  int64_t line = 0;
};

/// The rows of a table whose columns are found by their names.
class CsvTable {
public:
  CsvTable(llvm::StringRef text, llvm::StringRef fileName)
      : reader(text, fileName) {}

  /// Reads the header, which must have `wanted`, in any order.
  llvm::Error readHeader(llvm::ArrayRef<llvm::StringRef> wanted) {
    auto header = reader.readRow();
    if (!header)
      return header.takeError();
    numColumns = header->size();
    for (llvm::StringRef name : wanted) {
      auto at = std::find(header->begin(), header->end(), name);
      if (at == header->end())
        return refuseTable(reader.getPlace() + ": expected a column '" + name +
                           "'");
      if (std::find(at + 1, header->end(), name) != header->end())
        return refuseTable(reader.getPlace() + ": expected one column '" +
                           name + "', got several");
      columns.push_back(at - header->begin());
    }
    return llvm::Error::success();
  }

  bool isAtEnd() const { return reader.isAtEnd(); }
  std::string getPlace() const { return reader.getPlace(); }

  /// The wanted fields of the next row.
  llvm::Expected<std::vector<std::string>> readRow() {
    auto row = reader.readRow();
    if (!row)
      return row.takeError();
    if (row->size() != numColumns)
      return refuseTable(getPlace() + ": expected " + llvm::Twine(numColumns) +
                         " columns, got " + llvm::Twine(row->size()));
    std::vector<std::string> fields;
    for (size_t column : columns)
      fields.push_back((*row)[column]);
    return fields;
  }

private:
  CsvReader reader;
  size_t numColumns = 0;
  llvm::SmallVector<size_t> columns;
};
} // namespace

llvm::Error qdot::statistics::parseCsv(llvm::StringRef text,
                                       llvm::StringRef fileName,
                                       RangeTable &table) {
  CsvTable csv(text, fileName);
  if (llvm::Error error = csv.readHeader({"name", "min", "max"}))
    return error;
  while (!csv.isAtEnd()) {
    auto row = csv.readRow();
    if (!row)
      return row.takeError();
    double min, max;
    if (llvm::StringRef((*row)[1]).getAsDouble(min) ||
        llvm::StringRef((*row)[2]).getAsDouble(max))
      return refuseTable(csv.getPlace() + ": expected numbers, got '" +
                         (*row)[1] + "' and '" + (*row)[2] + "'");
    if (llvm::Error error = table.add((*row)[0], min, max, csv.getPlace()))
      return error;
  }
  return llvm::Error::success();
}

llvm::Expected<std::string>
qdot::statistics::printCsv(llvm::ArrayRef<NamedRange> ranges) {
  std::string text = "name,min,max\n";
  for (const NamedRange &range : ranges) {
    text += '"';
    for (char c : range.name)
      text += c == '"' ? std::string("\"\"") : std::string(1, c);
    text += "\"," + printFloat(range.min) + ',' + printFloat(range.max) + '\n';
  }
  return text;
}

llvm::Expected<NameMap>
qdot::statistics::parseNameMap(llvm::StringRef text, llvm::StringRef fileName) {
  NameMap names;
  CsvTable csv(text, fileName);
  if (llvm::Error error = csv.readHeader({"name", "site"}))
    return error;
  while (!csv.isAtEnd()) {
    auto row = csv.readRow();
    if (!row)
      return row.takeError();
    for (const std::string &field : *row) {
      std::string problem = findSiteProblem(field);
      if (!problem.empty())
        return refuseTable(csv.getPlace() + ": " + problem);
    }
    if (!names.try_emplace((*row)[0], (*row)[1]).second)
      return refuseTable(csv.getPlace() + ": the name '" + (*row)[0] +
                         "' occurs twice");
  }
  return names;
}
