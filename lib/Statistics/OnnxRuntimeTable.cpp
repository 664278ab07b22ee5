//===- OnnxRuntimeTable.cpp - calibration.json of ONNX Runtime ------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Tables.h"
#include "llvm/Support/JSON.h"

using namespace qdot::statistics;

/// What llvm::json::parse does not notice or survive: deep nesting, and a key
/// that an object has twice. Keys are compared as they are spelled.
static std::string findHazard(llvm::StringRef text) {
  constexpr size_t maxDepth = 16;
  std::vector<llvm::StringSet<>> objects;
  for (size_t at = 0; at < text.size(); ++at) {
    char c = text[at];
    if (c == '{' || c == '[')
      objects.emplace_back();
    if (objects.size() > maxDepth)
      return "expected at most 16 levels, got more";
    if ((c == '}' || c == ']') && !objects.empty())
      objects.pop_back();
    if (c != '"')
      continue;
    size_t start = ++at;
    while (at < text.size() && text[at] != '"')
      at += text[at] == '\\' ? 2 : 1;
    llvm::StringRef string = text.slice(start, std::min(at, text.size()));
    bool isKey = text.drop_front(std::min(at + 1, text.size()))
                     .ltrim(" \t\r\n")
                     .starts_with(":");
    if (isKey && !objects.empty() && !objects.back().insert(string).second)
      return ("the key \"" + string.take_front(80) + "\" occurs twice").str();
  }
  return "";
}

/// One end of a range: a number, or an array of numpy, whose smallest (or
/// largest) element it is: with `per_channel` there is one for each channel.
static std::optional<double> getEnd(const llvm::json::Value *value,
                                    bool isLowest) {
  if (value && value->getAsObject())
    value = value->getAsObject()->get("data");
  const llvm::json::Array *array = value ? value->getAsArray() : nullptr;
  if (!array)
    return value ? value->getAsNumber() : std::nullopt;
  std::optional<double> end;
  for (const llvm::json::Value &element : *array) {
    std::optional<double> number = getEnd(&element, isLowest);
    if (!number)
      return std::nullopt;
    if (!end || (isLowest ? *number < *end : *number > *end))
      end = number;
  }
  return end;
}

/// Adds one tensor: `{"lowest": ..., "highest": ...}` or `[lowest, highest]`.
static llvm::Error addTensor(llvm::StringRef name,
                             const llvm::json::Value &value,
                             llvm::StringRef fileName, RangeTable &table) {
  std::optional<double> low, high;
  if (const llvm::json::Object *object = value.getAsObject()) {
    low = getEnd(object->get("lowest"), true);
    high = getEnd(object->get("highest"), false);
  } else if (const llvm::json::Array *list = value.getAsArray();
             list && list->size() == 2) {
    low = getEnd(&(*list)[0], true);
    high = getEnd(&(*list)[1], false);
  }
  if (!low || !high)
    return refuseTable(fileName + ": expected lowest and highest of '" + name +
                       "'");
  return table.add(name, *low, *high, fileName);
}

llvm::Error qdot::statistics::parseOnnxRuntime(llvm::StringRef text,
                                               llvm::StringRef fileName,
                                               RangeTable &table) {
  std::string hazard = findHazard(text);
  if (!hazard.empty())
    return refuseTable(fileName + ": " + hazard);
  auto json = llvm::json::parse(text);
  if (!json)
    return refuseTable(fileName + ": " + llvm::toString(json.takeError()));
  const llvm::json::Object *tensors = json->getAsObject();
  if (tensors && tensors->getString("CLS") == "TensorsData")
    tensors = tensors->getObject("data");
  if (!tensors)
    return refuseTable(fileName + ": expected an object of tensors");
  // The object has no order of its own.
  std::map<llvm::StringRef, const llvm::json::Value *> sorted;
  for (const auto &entry : *tensors)
    sorted[entry.first] = &entry.second;
  for (const auto &[name, value] : sorted)
    if (llvm::Error error = addTensor(name, *value, fileName, table))
      return error;
  return llvm::Error::success();
}

static llvm::json::Object encode(float value) {
  // Through the shortest decimal number, which reads back as the same f32.
  double shortest = 0;
  (void)llvm::StringRef(printFloat(value)).getAsDouble(shortest);
  return llvm::json::Object{
      {"data", shortest}, {"dtype", "float32"}, {"CLS", "numpy.array"}};
}

llvm::Expected<std::string>
qdot::statistics::printOnnxRuntime(llvm::ArrayRef<NamedRange> ranges) {
  llvm::json::Object tensors;
  for (const NamedRange &range : ranges)
    tensors[range.name] = llvm::json::Object{{"CLS", "TensorData"},
                                             {"lowest", encode(range.min)},
                                             {"highest", encode(range.max)}};
  llvm::json::Object root{
      {"CLS", "TensorsData"},
      {"data", std::move(tensors)},
      {"calibration_method",
       llvm::json::Object{{"CLS", "CalibrationMethod"},
                          {"value", "CalibrationMethod.MinMax"}}}};
  std::string text;
  llvm::raw_string_ostream os(text);
  os << llvm::formatv("{0:2}\n", llvm::json::Value(std::move(root)));
  return text;
}
