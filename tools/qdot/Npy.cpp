//===- Npy.cpp - Strict reader and writer of .npy files -------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Npy.h"
#include "Files.h"
#include "Support.h"
#include "llvm/ADT/APFloat.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/raw_ostream.h"
#include <cmath>
#include <cstring>
#include <limits>
#include <optional>

using namespace llvm;
using namespace qdot::driver;

/// More than numpy ever writes for plain arrays.
static constexpr size_t maxHeaderBytes = 64 * 1024;
static constexpr size_t maxRank = 32;

namespace {
struct ElementInfo {
  Element element;
  StringLiteral descr;
  StringLiteral name;
  size_t size;
};
} // namespace

static constexpr ElementInfo elementInfos[] = {
    {Element::F32, "<f4", "f32", 4}, {Element::F64, "<f8", "f64", 8},
    {Element::I8, "|i1", "i8", 1},   {Element::U8, "|u1", "ui8", 1},
    {Element::I16, "<i2", "i16", 2}, {Element::U16, "<u2", "ui16", 2},
    {Element::I32, "<i4", "i32", 4}, {Element::I64, "<i8", "i64", 8},
    {Element::F16, "<f2", "f16", 2},
};

static const ElementInfo &getInfo(Element element) {
  return elementInfos[static_cast<size_t>(element)];
}

size_t qdot::driver::getElementSize(Element element) {
  return getInfo(element).size;
}

StringRef qdot::driver::getElementName(Element element) {
  return getInfo(element).name;
}

std::optional<Element> qdot::driver::findElement(StringRef name) {
  for (const ElementInfo &info : elementInfos)
    if (info.name == name)
      return info.element;
  return std::nullopt;
}

//===----------------------------------------------------------------------===//
// Header
//===----------------------------------------------------------------------===//

namespace {
/// Parses the Python dictionary of the header, for example
/// `{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }`.
class HeaderParser {
public:
  HeaderParser(StringRef text, StringRef path) : rest(text), path(path) {}

  Error parse() {
    if (!consume('{'))
      return fail("expected '{'");
    while (!consume('}')) {
      if (Error error = parseEntry())
        return error;
      if (!consume(',') && !peek('}'))
        return fail("expected ',' or '}'");
    }
    if (!rest.trim(" \n").empty())
      return fail("text after the dictionary");
    if (!element || !isFortran || !shape)
      return fail("expected the keys 'descr', 'fortran_order' and 'shape'");
    if (*isFortran && shape->size() > 1)
      return makeError(path + ": the array is in Fortran order; save it with "
                              "np.ascontiguousarray");
    return Error::success();
  }

  std::optional<Element> element;
  std::optional<bool> isFortran;
  std::optional<SmallVector<int64_t>> shape;

private:
  Error fail(const Twine &what) {
    return makeError(path + ": malformed .npy header: " + what);
  }
  bool peek(char c) {
    rest = rest.ltrim(' ');
    return rest.starts_with(StringRef(&c, 1));
  }
  bool consume(char c) {
    if (!peek(c))
      return false;
    rest = rest.drop_front();
    return true;
  }

  Error parseString(StringRef &value) {
    char quote = peek('"') ? '"' : '\'';
    if (!consume(quote))
      return fail("expected a string");
    size_t end = rest.find(quote);
    if (end == StringRef::npos)
      return fail("string without an end");
    value = rest.take_front(end);
    rest = rest.drop_front(end + 1);
    return Error::success();
  }

  Error parseEntry() {
    StringRef key;
    if (Error error = parseString(key))
      return error;
    if (!consume(':'))
      return fail("expected ':'");
    if (key == "descr" && !element)
      return parseElement();
    if (key == "fortran_order" && !isFortran)
      return parseOrder();
    if (key == "shape" && !shape)
      return parseShape();
    return fail("unexpected key '" + key + "'");
  }

  Error parseElement() {
    if (peek('['))
      return makeError(path + ": structured arrays are not supported");
    StringRef descr;
    if (Error error = parseString(descr))
      return error;
    for (const ElementInfo &info : elementInfos)
      if (info.descr == descr)
        element = info.element;
    if (descr == "|b1")
      element = Element::U8;
    if (element)
      return Error::success();
    return makeError(path + ": elements of type '" + descr +
                     "' are not supported; expected one of <f2 <f4 <f8 |i1 "
                     "|u1 <i2 <u2 <i4 <i8");
  }

  Error parseOrder() {
    rest = rest.ltrim(' ');
    if (rest.consume_front("True"))
      isFortran = true;
    else if (rest.consume_front("False"))
      isFortran = false;
    else
      return fail("expected True or False");
    return Error::success();
  }

  Error parseShape() {
    if (!consume('('))
      return fail("expected '('");
    shape.emplace();
    while (!consume(')')) {
      uint64_t size;
      rest = rest.ltrim(' ');
      if (!rest.empty() && !isDigit(rest.front()))
        return fail("expected a size");
      if (rest.consumeInteger(10, size) ||
          size > uint64_t(std::numeric_limits<int64_t>::max()))
        return fail("expected a size");
      shape->push_back(size);
      if (shape->size() > maxRank)
        return fail("more than " + Twine(maxRank) + " dimensions");
      if (!consume(',') && !peek(')'))
        return fail("expected ',' or ')'");
    }
    return Error::success();
  }

  StringRef rest;
  StringRef path;
};
} // namespace

/// The header text and the offset of the data, after magic, version and length.
static Expected<StringRef> findHeader(StringRef bytes, StringRef path,
                                      size_t &dataOffset) {
  constexpr StringLiteral magic("\x93NUMPY");
  if (!bytes.starts_with(magic))
    return makeError(path + ": not an .npy file");
  if (bytes.size() < 12)
    return makeError(path + ": truncated .npy header");
  unsigned major = static_cast<unsigned char>(bytes[6]);
  if (major < 1 || major > 3 || bytes[7] != 0)
    return makeError(path + ": unknown .npy version " + Twine(major) + "." +
                     Twine(unsigned(static_cast<unsigned char>(bytes[7]))));
  size_t prefix = major == 1 ? 10 : 12;
  size_t length = major == 1 ? support::endian::read16le(bytes.data() + 8)
                             : support::endian::read32le(bytes.data() + 8);
  if (length > maxHeaderBytes)
    return makeError(path + ": .npy header of " + Twine(length) +
                     " bytes is too long");
  if (bytes.size() < prefix + length)
    return makeError(path + ": truncated .npy header");
  dataOffset = prefix + length;
  return bytes.substr(prefix, length);
}

Expected<NpyFile> NpyFile::read(StringRef path) {
  if (Error error = checkInputPath(path))
    return std::move(error);
  ErrorOr<std::unique_ptr<MemoryBuffer>> file =
      MemoryBuffer::getFile(path, /*IsText=*/false,
                            /*RequiresNullTerminator=*/false);
  if (!file)
    return makeError("cannot read '" + path +
                     "': " + file.getError().message());
  return parse(std::move(*file));
}

Expected<NpyFile> NpyFile::parse(std::unique_ptr<MemoryBuffer> buffer) {
  NpyFile file;
  StringRef path = buffer->getBufferIdentifier();
  StringRef bytes = buffer->getBuffer();
  size_t dataOffset = 0;
  Expected<StringRef> header = findHeader(bytes, path, dataOffset);
  if (!header)
    return header.takeError();
  HeaderParser parser(*header, path);
  if (Error error = parser.parse())
    return {std::move(error)};

  int64_t size = driver::getElementSize(*parser.element);
  for (int64_t dim : *parser.shape)
    if (MulOverflow(size, dim, size))
      return makeError(path + ": shape " + printShape(*parser.shape) +
                       " is too large");
  if (size == 0)
    return makeError(path + ": the array of shape " +
                     printShape(*parser.shape) + " has no elements");
  if (bytes.size() - dataOffset != uint64_t(size))
    return makeError(path + ": expected " + Twine(size) +
                     " bytes of data for shape " + printShape(*parser.shape) +
                     " of " + driver::getElementName(*parser.element) + ", got " +
                     Twine(bytes.size() - dataOffset));
  file.element = *parser.element;
  file.shape = *parser.shape;
  for (int64_t dim : ArrayRef(file.shape).drop_front(!file.shape.empty()))
    file.sampleSize *= dim;
  file.data = bytes.data() + dataOffset;
  file.buffer = std::move(buffer);
  return file;
}

NpyFile NpyFile::createRaw(std::unique_ptr<MemoryBuffer> buffer,
                           Element element, ArrayRef<int64_t> shape) {
  NpyFile file;
  file.element = element;
  file.shape.assign(shape.begin(), shape.end());
  for (int64_t dim : shape.drop_front(!shape.empty()))
    file.sampleSize *= dim;
  file.data = buffer->getBufferStart();
  file.buffer = std::move(buffer);
  return file;
}

//===----------------------------------------------------------------------===//
// Elements
//===----------------------------------------------------------------------===//

namespace {
/// An element of F16, which is only read.
struct Half {
  uint16_t bits;
  operator float() const {
    return APFloat(APFloat::IEEEhalf(), APInt(16, bits)).convertToFloat();
  }
};
} // namespace

/// What a value is computed with.
template <typename T>
using Number = std::conditional_t<std::is_same_v<T, Half>, float, T>;

/// Converts one value; false when `To` does not hold it exactly.
template <typename From, typename To>
static bool convertValue(From from, To &to) {
  if constexpr (std::is_floating_point_v<From>)
    if (!std::isfinite(from))
      return false;
  if constexpr (std::is_floating_point_v<From> && std::is_integral_v<To>) {
    // Bounds that are powers of two, so exact in From.
    From low = static_cast<From>(std::numeric_limits<To>::min());
    From high = std::ldexp(From(1), std::numeric_limits<To>::digits);
    if (from < low || from >= high)
      return false;
    to = static_cast<To>(from);
    return static_cast<From>(to) == from;
  } else if constexpr (std::is_integral_v<From> && std::is_integral_v<To>) {
    to = static_cast<To>(from);
    return static_cast<From>(to) == from && (to < 0) == (from < 0);
  } else if constexpr (std::is_integral_v<From>) {
    to = static_cast<To>(from);
    // An i64 near 2^63 rounds up to 2^63, which is no i64.
    return std::fabs(to) < std::ldexp(To(1), 62) &&
           static_cast<From>(to) == from;
  } else {
    to = static_cast<To>(from);
    return static_cast<From>(to) == from;
  }
}

/// Converts an array; returns the index of the first refused value, or `count`.
template <typename From, typename To>
static int64_t convertArray(const char *in, int64_t count, char *out) {
  for (int64_t i = 0; i < count; ++i) {
    From from;
    Number<To> to;
    std::memcpy(&from, in + i * sizeof(From), sizeof(From));
    if (!convertValue(static_cast<Number<From>>(from), to))
      return i;
    std::memcpy(out + i * sizeof(To), &to, sizeof(To)); // To is never Half.
  }
  return count;
}

template <typename Function>
static auto dispatch(Element element, Function function) {
  switch (element) {
  case Element::F32:
    return function(float());
  case Element::F64:
    return function(double());
  case Element::I8:
    return function(int8_t());
  case Element::U8:
    return function(uint8_t());
  case Element::I16:
    return function(int16_t());
  case Element::U16:
    return function(uint16_t());
  case Element::I32:
    return function(int32_t());
  case Element::I64:
    return function(int64_t());
  case Element::F16:
    return function(Half());
  }
  llvm_unreachable("all elements are handled");
}

static std::string printValue(Element element, const char *at) {
  return dispatch(element, [&](auto zero) -> std::string {
    decltype(zero) stored;
    std::memcpy(&stored, at, sizeof(stored));
    auto value = static_cast<Number<decltype(zero)>>(stored);
    if constexpr (std::is_floating_point_v<decltype(value)>) {
      if (std::isnan(value))
        return "NaN";
      if (std::isinf(value))
        return value < 0 ? "-Inf" : "Inf";
      std::string text;
      raw_string_ostream(text) << format("%.9g", double(value));
      return text;
    } else {
      return std::to_string(value);
    }
  });
}

Error NpyFile::readSamples(int64_t first, int64_t count, Element to,
                           char *out) const {
  int64_t total = count * sampleSize;
  size_t size = driver::getElementSize(element);
  const char *in = data + first * sampleSize * size;
  int64_t bad = dispatch(element, [&](auto from) {
    return dispatch(to, [&](auto target) {
      return convertArray<decltype(from), decltype(target)>(in, total, out);
    });
  });
  if (bad == total)
    return Error::success();
  std::string value = printValue(element, in + bad * size);
  std::string place = (getPath() + ": sample " +
                       Twine(first + bad / sampleSize) + ", element " +
                       Twine(bad % sampleSize))
                          .str();
  if (value == "NaN" || value == "Inf" || value == "-Inf")
    return makeError(place + ": the value is " + value);
  return makeError(place + ": " + value + " is not exactly representable as " +
                   driver::getElementName(to) + ", the model's element type");
}

Error NpyFile::readAll(Element to, char *out) const {
  return readSamples(0, shape.empty() ? 1 : shape.front(), to, out);
}

//===----------------------------------------------------------------------===//
// Writing
//===----------------------------------------------------------------------===//

void qdot::driver::writeNpy(raw_ostream &os, Element element,
                            ArrayRef<int64_t> shape, ArrayRef<char> data) {
  std::string header = ("{'descr': '" + getInfo(element).descr +
                        "', 'fortran_order': False, 'shape': (")
                           .str();
  for (int64_t size : shape)
    header += std::to_string(size) + ", ";
  if (shape.size() > 1)
    header.resize(header.size() - 2);
  else if (shape.size() == 1)
    header.pop_back();
  header += "), }";
  // numpy aligns the data to 64 bytes; magic, version and length take 10.
  size_t total = alignTo(10 + header.size() + 1, 64);
  header.append(total - 10 - header.size() - 1, ' ');
  header += '\n';
  char length[2];
  support::endian::write16le(length, header.size());
  os << StringRef("\x93NUMPY\x01\x00", 8) << StringRef(length, 2) << header
     << StringRef(data.data(), data.size());
}
