//===- fuzz_parse.cpp - Statistics files that somebody made up ------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// libFuzzer target, built by fuzz.py. Whatever is accepted must print, parse
// again to the same records, and merge.
//
//===----------------------------------------------------------------------===//

#include "qdot/Statistics/File.h"
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <random>

using namespace qdot::statistics;

extern "C" size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t maxSize);

static void require(bool condition) {
  if (!condition)
    std::abort();
}

static std::string print(const StatisticsFile &file) {
  return printRecords(viewsOf(file), file.data, file.unfinished);
}

/// Every kind of value in a short text.
static std::string makeSeed() {
  StatisticsFile file;
  for (float value : {-1.5f, 0.0f, 0.1f, 1e-45f, 3e38f, INFINITY, NAN})
    file.records["main/conv_0#0123456789abcdef"].add(value);
  file.records["main/ü\"\\#1"].add(NAN);
  TensorRecord &record = file.records["z"];
  record.channels.resize(2);
  for (float value : {1.0f, -2.0f}) {
    record.add(value);
    record.channels[value < 0].add(value);
    record.addSample(value, value);
  }
  file.data = {2, 0x123456789abcdef0};
  file.unfinished = Checkpoint{1, 2, 3, 4};
  return print(file);
}

static const std::string &seed() {
  static const std::string text = makeSeed();
  return text;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  std::string_view text(reinterpret_cast<const char *>(data), size);
  StatisticsFile file;
  std::string error;
  if (!parseFile(text, "fuzz", file, error)) {
    require(error.rfind("fuzz:", 0) == 0 &&
            error.find('\n') == std::string::npos);
    return 0;
  }
  require(error.empty());
  require(findProblem(viewsOf(file)).empty());
  std::string printed = print(file);
  StatisticsFile again;
  require(parseFile(printed, "again", again, error));
  require(print(again) == printed);
  again.merge(file);
  return 0;
}

/// Makes the checksum right in one of two cases, so that the rest of the reader
/// is reached.
static size_t fixChecksum(uint8_t *data, size_t size) {
  std::string_view text(reinterpret_cast<const char *>(data), size);
  size_t key = text.rfind("\"checksum\": \"fnv1a64:");
  if (key == std::string_view::npos || size - key < 37)
    return size;
  std::string digest = toHex(fnv1a64(text.substr(0, key)));
  std::memcpy(data + key + 21, digest.data(), digest.size());
  return size;
}

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size,
                                          size_t maxSize, unsigned number) {
  std::minstd_rand random(number);
  if (random() % 16 == 0 && seed().size() <= maxSize) {
    size = seed().size();
    std::memcpy(data, seed().data(), size);
  }
  for (unsigned rounds = 1 + random() % 3; rounds != 0; --rounds) {
    // A few bytes somewhere rather than all of the text.
    size_t at = size ? random() % size : 0;
    size_t length = std::min<size_t>(size - at, random() % 16);
    std::string rest(reinterpret_cast<char *>(data) + at + length,
                     size - at - length);
    size_t room = std::min<size_t>(maxSize - at - rest.size(), 32);
    size_t now =
        room == 0 ? 0
                  : LLVMFuzzerMutate(data + at, std::min(length, room), room);
    std::memcpy(data + at + now, rest.data(), rest.size());
    size = at + now + rest.size();
  }
  return random() % 2 ? fixChecksum(data, size) : size;
}
