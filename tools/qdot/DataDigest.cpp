//===- DataDigest.cpp - Recognize a data set in any order -----------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "DataDigest.h"
#include "llvm/Support/Endian.h"
#include <cstring>

using namespace llvm;

static uint64_t mixWord(uint64_t digest, uint64_t word) {
  uint64_t x = (digest + 0x9e3779b97f4a7c15ull) * 0xd6e8feb86659fd93ull ^ word;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ull;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebull;
  return x ^ (x >> 31);
}

uint64_t qdot::driver::mixDigest(uint64_t digest, StringRef bytes) {
  size_t size = bytes.size();
  for (; bytes.size() >= 8; bytes = bytes.drop_front(8))
    digest = mixWord(digest, support::endian::read64le(bytes.data()));
  char tail[8] = {};
  std::memcpy(tail, bytes.data(), bytes.size());
  return mixWord(mixWord(digest, support::endian::read64le(tail)), size);
}
