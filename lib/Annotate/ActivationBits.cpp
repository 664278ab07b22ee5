//===- ActivationBits.cpp - Storage interval of activations ---------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qdot/Annotate/ActivationBits.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringSwitch.h"
#include <optional>

using namespace qdot;

static llvm::Error refuse(const llvm::Twine &message) {
  return llvm::createStringError(llvm::inconvertibleErrorCode(), message);
}

llvm::Expected<ActivationBitsRules>
ActivationBitsRules::parse(llvm::ArrayRef<std::string> entries) {
  ActivationBitsRules result;
  for (llvm::StringRef entry : entries) {
    // A regular expression may hold '=' itself.
    auto [pattern, bits] = entry.contains('=')
                               ? entry.rsplit('=')
                               : std::pair(llvm::StringRef(), entry);
    auto parsed =
        llvm::StringSwitch<std::optional<ActivationBits>>(bits)
            .Case("8", ActivationBits::Eight)
            .Case("7", ActivationBits::Seven)
            .Case("auto", ActivationBits::Auto)
            .Default(std::nullopt);
    if (!parsed)
      return refuse("expected 8, 7, auto or REGEX= and one of these, got '" +
                    entry + "'");
    // No path is empty.
    llvm::Regex regex(pattern.empty() ? "." : pattern);
    std::string error;
    if (!regex.isValid(error))
      return refuse("'" + entry + "': " + error);
    result.rules.push_back({std::move(regex), *parsed});
  }
  return result;
}

ActivationBits ActivationBitsRules::get(llvm::StringRef path) const {
  for (const Rule &rule : llvm::reverse(rules))
    if (rule.regex.match(path))
      return rule.bits;
  return ActivationBits::Eight;
}
