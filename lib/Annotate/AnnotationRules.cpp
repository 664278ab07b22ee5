//===- AnnotationRules.cpp - How values are to be quantized ---------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qdot/Annotate/AnnotationRules.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSwitch.h"
#include <optional>

using namespace qdot;
using numerics::Convention;
using numerics::Scheme;
using numerics::Symmetry;
using statistics::RangeMethod;

static llvm::Error refuse(const llvm::Twine &message) {
  return llvm::createStringError(llvm::inconvertibleErrorCode(), message);
}

//===----------------------------------------------------------------------===//
// Single settings
//===----------------------------------------------------------------------===//

static llvm::Expected<ActivationBits>
parseActivationBits(llvm::StringRef text) {
  auto bits = llvm::StringSwitch<std::optional<ActivationBits>>(text)
                  .Case("4", ActivationBits{4, false})
                  .Case("7", ActivationBits{7, false})
                  .Case("8", ActivationBits{8, false})
                  .Case("16", ActivationBits{16, false})
                  .Case("auto", ActivationBits{8, true})
                  .Default(std::nullopt);
  if (bits)
    return *bits;
  return refuse("expected 4, 7, 8, 16 or auto, got '" + text + "'");
}

static llvm::Expected<unsigned> parseWeightBits(llvm::StringRef text) {
  if (text == "4")
    return 4;
  if (text == "8")
    return 8;
  return refuse("expected 4 or 8, got '" + text + "'");
}

static llvm::Expected<WeightGranularity>
parseGranularity(llvm::StringRef text) {
  if (text == "tensor")
    return WeightGranularity{WeightGranularity::Kind::Tensor, 0};
  if (text == "channel")
    return WeightGranularity{WeightGranularity::Kind::Channel, 0};
  llvm::StringRef number = text;
  int64_t size;
  if (number.consume_front("block:") && !number.getAsInteger(10, size) &&
      size > 0)
    return WeightGranularity{WeightGranularity::Kind::Block, size};
  return refuse("expected tensor, channel or block:SIZE, got '" + text + "'");
}

/// Names the option and its value in front of an error.
static llvm::Error inOption(llvm::StringRef option,
                            llvm::ArrayRef<std::string> entries,
                            llvm::Error error) {
  if (!error)
    return llvm::Error::success();
  return refuse(option + "=" + llvm::join(entries, ",") + ": " +
                llvm::toString(std::move(error)));
}

//===----------------------------------------------------------------------===//
// Schemes
//===----------------------------------------------------------------------===//

llvm::Error AnnotationRules::usePreset(llvm::StringRef name) {
  llvm::Expected<Convention> parsed = numerics::parseConvention(name);
  if (!parsed)
    return parsed.takeError();
  convention = *parsed;
  switch (convention) {
  case Convention::Qdot:
  case Convention::TfLite:
    break;
  case Convention::OnnxRuntime:
    weightGranularity =
        PatternRules<WeightGranularity>({WeightGranularity::Kind::Tensor, 0});
    break;
  case Convention::TensorRT:
    activation.symmetry = Symmetry::Symmetric;
    weight.isNarrow = false;
    break;
  case Convention::PyTorch:
    weight.isNarrow = false;
    break;
  }
  return llvm::Error::success();
}

llvm::Error
AnnotationRules::useActivationScheme(llvm::ArrayRef<std::string> words) {
  for (llvm::StringRef word : words) {
    if (word == "asymmetric")
      activation.symmetry = Symmetry::Asymmetric;
    else if (word == "symmetric")
      activation.symmetry = Symmetry::Symmetric;
    else if (word == "unsigned")
      activation.symmetry = Symmetry::Unsigned;
    else if (word == "narrow")
      activation.isNarrow = true;
    else if (word == "full")
      activation.isNarrow = false;
    else if (word == "power-of-two")
      activation.powerOfTwo = true;
    else
      return refuse("expected asymmetric, symmetric, unsigned, narrow, full or "
                    "power-of-two, got '" +
                    word + "'");
  }
  return llvm::Error::success();
}

llvm::Error
AnnotationRules::useWeightScheme(llvm::ArrayRef<std::string> words) {
  for (llvm::StringRef word : words) {
    if (word == "narrow")
      weight.isNarrow = true;
    else if (word == "full")
      weight.isNarrow = false;
    else if (word == "power-of-two")
      weight.powerOfTwo = true;
    else
      return refuse("expected narrow, full or power-of-two, got '" + word +
                    "'");
  }
  return llvm::Error::success();
}

Scheme AnnotationRules::getActivationScheme(unsigned bits) const {
  return {numerics::getStorageRange(bits, activation.isNarrow),
          activation.symmetry, activation.powerOfTwo, convention};
}

Scheme AnnotationRules::getWeightScheme(unsigned bits) const {
  return {numerics::getStorageRange(bits, weight.isNarrow), weight.symmetry,
          weight.powerOfTwo, convention};
}

//===----------------------------------------------------------------------===//
// All options
//===----------------------------------------------------------------------===//

llvm::Expected<AnnotationRules>
AnnotationRules::parse(const AnnotationOptions &options) {
  AnnotationRules rules;
  auto parseRange = [](llvm::StringRef text) {
    return statistics::parseRangeMethod(text);
  };
  std::string preset = options.preset.str();
  // Weights follow `range=auto`, because that looks at both; nothing else.
  bool isAuto = false;
  for (llvm::StringRef entry : options.range)
    if (!entry.contains('='))
      isAuto = entry == "auto";
  if (isAuto)
    rules.weightRange = PatternRules<RangeMethod>({RangeMethod::Kind::Auto, 0});
  llvm::Error error = llvm::Error::success();
  auto check = [&](llvm::StringRef option, llvm::ArrayRef<std::string> entries,
                   llvm::function_ref<llvm::Error()> use) {
    if (!error && !entries.empty())
      error = inOption(option, entries, use());
  };
  if (!preset.empty())
    check("preset", preset, [&] { return rules.usePreset(preset); });
  check("range", options.range,
        [&] { return rules.range.add(options.range, parseRange); });
  check("activation-bits", options.activationBits, [&] {
    return rules.activationBits.add(options.activationBits,
                                    parseActivationBits);
  });
  check("activation-scheme", options.activationScheme,
        [&] { return rules.useActivationScheme(options.activationScheme); });
  check("weight-range", options.weightRange,
        [&] { return rules.weightRange.add(options.weightRange, parseRange); });
  check("weight-bits", options.weightBits, [&] {
    return rules.weightBits.add(options.weightBits, parseWeightBits);
  });
  check("weight-granularity", options.weightGranularity, [&] {
    return rules.weightGranularity.add(options.weightGranularity,
                                       parseGranularity);
  });
  check("weight-scheme", options.weightScheme,
        [&] { return rules.useWeightScheme(options.weightScheme); });
  if (error)
    return {std::move(error)};
  return rules;
}
