//===- Reader.h - Tokens of a statistics file -----------------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QDOT_STATISTICS_READER_H
#define QDOT_STATISTICS_READER_H

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace qdot::statistics {

/// Reads a text from front to back. Every `read`, `expect` and `fail` returns
/// false after the first error, which is kept with its place.
class Reader {
public:
  Reader(std::string_view text, std::string_view fileName)
      : text(text), fileName(fileName) {}

  const std::string &getError() const { return message; }

protected:
  using Keys = std::initializer_list<std::string_view>;

  void skipSpace();
  /// Whether the next character is `c`, or the next ones are `token`.
  bool peek(char c);
  bool peek(std::string_view token);
  bool expect(char c);
  bool expect(std::string_view token, const char *why);
  bool readString(size_t maxBytes, std::string &value);
  bool readCount(uint64_t &value);
  bool readFloat(float &value);
  /// Reads 16 lower-case hexadecimal digits in a string.
  bool readDigest(uint64_t &value);
  /// Reads `"key":`, and `,` before it unless `key` is the first of `keys`,
  /// which are all keys of this object in their order.
  bool readKey(std::string_view key, Keys keys);

  bool fail(size_t at, std::string_view what);
  bool failExpected(size_t at, std::string_view what);
  /// The token at `at`, printable and short.
  std::string quoteToken(size_t at) const;
  /// `scope` without its last dot: the object being read.
  std::string getObject() const;

  std::string_view text;
  std::string_view fileName;
  size_t pos = 0;
  std::string path;  ///< of the value being read: values[3].nan
  std::string scope; ///< what the keys are appended to: values[3].

private:
  std::string_view takeNumber();

  std::string message;
};

} // namespace qdot::statistics

#endif // QDOT_STATISTICS_READER_H
