//===- Reader.cpp - Tokens of a statistics file ---------------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Not on llvm::json::parse: that keeps the last of two equal keys without a
// word, overflows the stack on deep nesting, builds a tree of some 30 times the
// size of the text, and the runtime has no LLVM. The format has one order of
// keys and fixed depth, so it is read straight into records, without recursion.
//
//===----------------------------------------------------------------------===//

#include "Reader.h"
#include "qdot/Statistics/Format.h"
#include <algorithm>
#include <charconv>

using namespace qdot::statistics;

//===----------------------------------------------------------------------===//
// Errors
//===----------------------------------------------------------------------===//

std::string Reader::getObject() const {
  size_t length = scope.size();
  while (length != 0 && scope[length - 1] == '.')
    --length;
  return scope.substr(0, length);
}

bool Reader::fail(size_t at, std::string_view what) {
  std::string_view before = text.substr(0, at);
  size_t line = std::count(before.begin(), before.end(), '\n') + 1;
  size_t column = at - (before.rfind('\n') + 1) + 1;
  message = std::string(fileName) + ":" + std::to_string(line) + ":" +
            std::to_string(column) + ": " + path + (path.empty() ? "" : ": ");
  message += what;
  return false;
}

std::string Reader::quoteToken(size_t at) const {
  constexpr size_t maxShown = 40;
  if (at >= text.size())
    return "end of file";
  std::string_view rest = text.substr(at);
  size_t length;
  if (rest.front() == '"')
    length = std::min(rest.find_first_of("\"\n", 1), rest.size() - 1) + 1;
  else
    length = std::max<size_t>(rest.find_first_of(",]}:[{ \n"), 1);
  std::string_view token = rest.substr(0, std::min(length, maxShown));
  std::string quoted;
  for (unsigned char c : token)
    if (c >= 0x20 && c < 0x7f) {
      quoted += static_cast<char>(c);
    } else {
      quoted += "\\x";
      quoted += "0123456789ABCDEF"[c >> 4];
      quoted += "0123456789ABCDEF"[c & 15];
    }
  if (length > maxShown && token.size() < rest.size())
    quoted += "...";
  return quoted;
}

bool Reader::failExpected(size_t at, std::string_view what) {
  return fail(at, "expected " + std::string(what) + ", got " + quoteToken(at));
}

//===----------------------------------------------------------------------===//
// Tokens
//===----------------------------------------------------------------------===//

void Reader::skipSpace() {
  pos = std::min(text.find_first_not_of(" \n", pos), text.size());
}

bool Reader::peek(char c) {
  skipSpace();
  return pos < text.size() && text[pos] == c;
}

bool Reader::peek(std::string_view token) {
  skipSpace();
  return text.substr(pos, token.size()) == token;
}

bool Reader::expect(char c) {
  if (!peek(c))
    return failExpected(pos, std::string("'") + c + "'");
  ++pos;
  return true;
}

bool Reader::expect(std::string_view token, const char *why) {
  if (!peek(token))
    return failExpected(pos, std::string(token) + why);
  pos += token.size();
  return true;
}

bool Reader::readString(size_t maxBytes, std::string &value) {
  value.clear();
  skipSpace();
  size_t start = pos;
  if (!peek('"'))
    return failExpected(start, "a string");
  for (++pos; pos != text.size() && text[pos] != '"'; ++pos) {
    // The printer escapes nothing but these two.
    if (text[pos] == '\\' &&
        (++pos == text.size() || (text[pos] != '"' && text[pos] != '\\')))
      return failExpected(pos, "'\"' or '\\' after '\\'");
    if (value.size() == maxBytes)
      return fail(start, "expected a string of at most " +
                             std::to_string(maxBytes) + " bytes, got " +
                             quoteToken(start));
    value += text[pos];
  }
  if (pos == text.size())
    return failExpected(pos, "'\"' at the end of a string");
  ++pos;
  return true;
}

/// The characters that a number may have, consumed.
std::string_view Reader::takeNumber() {
  skipSpace();
  size_t end =
      std::min(text.find_first_not_of("+-.0123456789eE", pos), text.size());
  std::string_view token = text.substr(pos, end - pos);
  pos = end;
  return token;
}

bool Reader::readCount(uint64_t &value) {
  constexpr uint64_t maxCount = uint64_t(1) << 53;
  skipSpace();
  size_t start = pos;
  std::string_view token = takeNumber();
  const char *last = token.data() + token.size();
  auto [end, error] = std::from_chars(token.data(), last, value);
  if (error == std::errc() && end == last &&
      (token.size() == 1 || token[0] != '0') && value <= maxCount)
    return true;
  return failExpected(start, "an unsigned integer of at most 2^53");
}

bool Reader::readFloat(float &value) {
  skipSpace();
  size_t start = pos;
  std::string_view token = takeNumber();
  const char *last = token.data() + token.size();
  auto [end, error] = std::from_chars(token.data(), last, value);
  if (error != std::errc() || end != last)
    return failExpected(start, "an f32");
  // One value has one spelling; this also holds the token to JSON's grammar.
  std::string shortest = printFloat(value);
  return token == shortest ||
         failExpected(start, "the shortest spelling of an f32, " + shortest);
}

bool Reader::readDigest(uint64_t &value) {
  skipSpace();
  size_t start = pos;
  std::string digits;
  if (!readString(16, digits))
    return false;
  const char *last = digits.data() + digits.size();
  auto [end, error] = std::from_chars(digits.data(), last, value, /*base=*/16);
  if (error == std::errc() && end == last && digits == toHex(value))
    return true;
  return failExpected(start, "16 lower-case hexadecimal digits");
}

bool Reader::readKey(std::string_view key, Keys keys) {
  path = getObject();
  if (key != *keys.begin() && !expect(','))
    return false;
  skipSpace();
  size_t start = pos;
  std::string got;
  if (!readString(maxSiteBytes, got))
    return false;
  if (got != key) {
    const auto *expected = std::find(keys.begin(), keys.end(), key),
               *found = std::find(keys.begin(), keys.end(), got);
    const char *what = found == keys.end() ? "an unknown key"
                       : found < expected  ? "a duplicate key"
                                           : "a later key";
    return fail(start, "expected the key \"" + std::string(key) + "\", got " +
                           what + ", " + quoteToken(start));
  }
  path = scope;
  path += key;
  if (!expect(':'))
    return false;
  skipSpace();
  return true;
}
