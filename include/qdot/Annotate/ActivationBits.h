//===- ActivationBits.h - Storage interval of activations -------*- C++ -*-===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QDOT_ANNOTATE_ACTIVATIONBITS_H
#define QDOT_ANNOTATE_ACTIVATIONBITS_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/Regex.h"
#include <string>
#include <vector>

namespace qdot {

/// How many bits an activation gets: `Seven` where that costs little accuracy,
/// with `Auto`.
enum class ActivationBits { Eight, Seven, Auto };

/// The rules of the option `activation-bits`.
class ActivationBitsRules {
public:
  /// Every entry is `8`, `7` or `auto`, for all values, or `REGEX=` in front of
  /// one of these, for values whose site path matches. Later entries win.
  static llvm::Expected<ActivationBitsRules>
  parse(llvm::ArrayRef<std::string> entries);

  /// `Eight` where no entry says otherwise.
  ActivationBits get(llvm::StringRef path) const;

private:
  struct Rule {
    llvm::Regex regex;
    ActivationBits bits;
  };
  std::vector<Rule> rules;
};

/// With `Auto` a value gets 7 bits when the root mean square of what rounding
/// changes is at most this part of the root mean square of the values.
inline constexpr double maxAutoError = 0.01;

} // namespace qdot

#endif // QDOT_ANNOTATE_ACTIVATIONBITS_H
