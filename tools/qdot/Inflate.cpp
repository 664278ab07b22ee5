//===- Inflate.cpp - Unpack a DEFLATE stream ------------------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// RFC 1951. LLVM's wrapper of zlib reads streams with a header of zlib only,
// which ZIP archives do not have.
//
//===----------------------------------------------------------------------===//

#include "Npz.h"
#include <array>

using namespace llvm;
using namespace qdot::driver;

namespace {

/// A canonical Huffman code (RFC 1951, section 3.2.2).
class HuffmanCode {
public:
  static constexpr unsigned maxBits = 15;

  /// `lengths` per symbol, 0 for those without a code. False when the lengths
  /// give some code to two symbols.
  bool build(ArrayRef<uint8_t> lengths) {
    counts.fill(0);
    for (uint8_t length : lengths)
      ++counts[length];
    counts[0] = 0;
    int left = 1;
    for (unsigned length = 1; length <= maxBits; ++length) {
      left = 2 * left - counts[length];
      if (left < 0)
        return false;
    }
    std::array<uint16_t, maxBits + 2> offsets{};
    for (unsigned length = 1; length <= maxBits; ++length)
      offsets[length + 1] = offsets[length] + counts[length];
    for (unsigned symbol = 0; symbol != lengths.size(); ++symbol)
      if (lengths[symbol])
        symbols[offsets[lengths[symbol]]++] = symbol;
    return true;
  }

  std::array<uint16_t, maxBits + 1> counts{};
  std::array<uint16_t, 288> symbols{};
};

class Inflater {
public:
  Inflater(StringRef in, MutableArrayRef<char> out) : in(in), out(out) {}

  bool run() {
    bool isLast;
    do {
      isLast = takeBits(1);
      if (!readBlock(takeBits(2)))
        return false;
    } while (!isLast);
    return !hasFailed && written == out.size();
  }

private:
  /// Zeros and failure behind the end.
  unsigned takeBits(unsigned count) {
    while (numBits < count) {
      if (pos == in.size()) {
        hasFailed = true;
        return 0;
      }
      bits |= uint32_t(uint8_t(in[pos++])) << numBits;
      numBits += 8;
    }
    unsigned value = bits & ((1u << count) - 1);
    bits >>= count;
    numBits -= count;
    return value;
  }

  /// The next symbol, or -1.
  int takeSymbol(const HuffmanCode &code) {
    int value = 0, first = 0, index = 0;
    for (unsigned length = 1; length <= HuffmanCode::maxBits; ++length) {
      value |= static_cast<int>(takeBits(1));
      int count = code.counts[length];
      if (hasFailed)
        return -1;
      if (value - count < first)
        return code.symbols[index + (value - first)];
      index += count;
      first = (first + count) << 1;
      value <<= 1;
    }
    return -1;
  }

  bool readBlock(unsigned kind) {
    if (hasFailed)
      return false;
    if (kind == 0)
      return copyStored();
    HuffmanCode literals, distances;
    if (kind == 1)
      buildFixed(literals, distances);
    else if (kind != 2 || !readCodes(literals, distances))
      return false;
    return readSymbols(literals, distances);
  }

  bool copyStored() {
    bits = numBits = 0;
    if (in.size() - pos < 4)
      return false;
    auto word = [&](size_t at) {
      return uint8_t(in[at]) | uint8_t(in[at + 1]) << 8;
    };
    size_t length = word(pos);
    if ((word(pos + 2) ^ 0xffff) != int(length))
      return false;
    pos += 4;
    if (in.size() - pos < length || out.size() - written < length)
      return false;
    llvm::copy(in.substr(pos, length), out.begin() + written);
    pos += length;
    written += length;
    return true;
  }

  static void buildFixed(HuffmanCode &literals, HuffmanCode &distances) {
    std::array<uint8_t, 288> lengths;
    for (unsigned i = 0; i != 288; ++i)
      lengths[i] = i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8;
    literals.build(lengths);
    std::array<uint8_t, 30> fives;
    fives.fill(5);
    distances.build(fives);
  }

  bool readCodes(HuffmanCode &literals, HuffmanCode &distances) {
    static constexpr uint8_t order[19] = {16, 17, 18, 0, 8,  7, 9,  6, 10, 5,
                                          11, 4,  12, 3, 13, 2, 14, 1, 15};
    unsigned numLiterals = takeBits(5) + 257, numDistances = takeBits(5) + 1,
             numLengths = takeBits(4) + 4;
    if (numLiterals > 286 || numDistances > 30)
      return false;
    std::array<uint8_t, 19> codeLengths{};
    for (unsigned i = 0; i != numLengths; ++i)
      codeLengths[order[i]] = takeBits(3);
    HuffmanCode code;
    std::array<uint8_t, 286 + 30> lengths{};
    if (!code.build(codeLengths) ||
        !readLengths(code, MutableArrayRef(lengths).take_front(numLiterals +
                                                               numDistances)))
      return false;
    // Without the end of the block there would be none.
    return lengths[256] != 0 &&
           literals.build(ArrayRef(lengths).take_front(numLiterals)) &&
           distances.build(ArrayRef(lengths).slice(numLiterals, numDistances));
  }

  bool readLengths(const HuffmanCode &code, MutableArrayRef<uint8_t> lengths) {
    for (size_t at = 0; at != lengths.size();) {
      int symbol = takeSymbol(code);
      if (symbol < 0)
        return false;
      if (symbol < 16) {
        lengths[at++] = symbol;
        continue;
      }
      if (symbol == 16 && at == 0)
        return false;
      uint8_t length = symbol == 16 ? lengths[at - 1] : 0;
      size_t repeat = symbol == 16   ? 3 + takeBits(2)
                      : symbol == 17 ? 3 + takeBits(3)
                                     : 11 + takeBits(7);
      if (repeat > lengths.size() - at)
        return false;
      while (repeat--)
        lengths[at++] = length;
    }
    return !hasFailed;
  }

  bool readSymbols(const HuffmanCode &literals, const HuffmanCode &distances) {
    for (;;) {
      int symbol = takeSymbol(literals);
      if (symbol == 256)
        return true;
      if (symbol < 0 || symbol > 285)
        return false;
      if (symbol > 256) {
        if (!copyMatch(symbol - 257, distances))
          return false;
        continue;
      }
      if (written == out.size())
        return false;
      out[written++] = static_cast<char>(symbol);
    }
  }

  bool copyMatch(unsigned symbol, const HuffmanCode &distances) {
    // Four codes share their number of extra bits, two for distances.
    size_t length = symbol < 8    ? symbol + 3
                    : symbol < 28 ? ((4 + symbol % 4) << (symbol / 4 - 1)) + 3 +
                                        takeBits(symbol / 4 - 1)
                                  : 258;
    int code = takeSymbol(distances);
    if (code < 0 || code > 29)
      return false;
    size_t distance = code < 4 ? code + 1
                               : ((2 + code % 2) << (code / 2 - 1)) + 1 +
                                     takeBits(code / 2 - 1);
    if (hasFailed || distance > written || length > out.size() - written)
      return false;
    for (; length != 0; --length, ++written)
      out[written] = out[written - distance];
    return true;
  }

  StringRef in;
  MutableArrayRef<char> out;
  size_t pos = 0, written = 0;
  uint32_t bits = 0;
  unsigned numBits = 0;
  bool hasFailed = false;
};

} // namespace

bool qdot::driver::inflate(StringRef in, MutableArrayRef<char> out) {
  return Inflater(in, out).run();
}
