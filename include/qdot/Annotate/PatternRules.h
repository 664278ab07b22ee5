//===- PatternRules.h - A setting per site path -----------------*- C++ -*-===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QDOT_ANNOTATE_PATTERNRULES_H
#define QDOT_ANNOTATE_PATTERNRULES_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/Regex.h"
#include <string>
#include <vector>

namespace qdot {

/// A list of settings such as `minmax,conv_1=mse`: every entry is a setting for
/// all values, or `REGEX=` and one for the values whose site path matches.
template <typename T>
class PatternRules {
public:
  /// What holds where no entry says otherwise.
  explicit PatternRules(T fallback) : fallback(std::move(fallback)) {}

  /// Adds entries; later ones win. `parseSetting` reads one setting.
  llvm::Error
  add(llvm::ArrayRef<std::string> entries,
      llvm::function_ref<llvm::Expected<T>(llvm::StringRef)> parseSetting) {
    for (llvm::StringRef entry : entries) {
      // A regular expression may hold '=' itself.
      auto [pattern, text] = entry.contains('=')
                                 ? entry.rsplit('=')
                                 : std::pair(llvm::StringRef(), entry);
      llvm::Expected<T> setting = parseSetting(text);
      if (!setting)
        return setting.takeError();
      // No path is empty.
      llvm::Regex regex(pattern.empty() ? "." : pattern);
      std::string error;
      if (!regex.isValid(error))
        return llvm::createStringError(llvm::inconvertibleErrorCode(),
                                       "'" + entry + "': " + error);
      rules.push_back({pattern.str(), std::move(regex), std::move(*setting)});
    }
    return llvm::Error::success();
  }

  const T &get(llvm::StringRef path) const {
    for (const Rule &rule : llvm::reverse(rules))
      if (rule.regex.match(path))
        return rule.setting;
    return fallback;
  }

  /// The regular expressions that match none of `paths`.
  std::vector<llvm::StringRef>
  findUnmatched(llvm::ArrayRef<llvm::StringRef> paths) const {
    std::vector<llvm::StringRef> result;
    for (const Rule &rule : rules)
      if (!rule.pattern.empty() &&
          llvm::none_of(paths, [&](llvm::StringRef path) {
            return rule.regex.match(path);
          }))
        result.push_back(rule.pattern);
    return result;
  }

private:
  struct Rule {
    std::string pattern; ///< empty: for all values
    llvm::Regex regex;
    T setting;
  };
  T fallback;
  std::vector<Rule> rules;
};

} // namespace qdot

#endif // QDOT_ANNOTATE_PATTERNRULES_H
