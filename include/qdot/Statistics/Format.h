//===- Format.h - The text of a statistics file ---------------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The one definition of how records become text (docs/Statistics.md). Shared by
// the runtime, so it depends on nothing but the C++ library.
//
//===----------------------------------------------------------------------===//

#ifndef QDOT_STATISTICS_FORMAT_H
#define QDOT_STATISTICS_FORMAT_H

#include "qdot/Statistics/Histogram.h"
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace qdot::statistics {

/// The value of the key "format".
inline constexpr std::string_view formatName = "qdot-statistics";
/// Raised by one whenever a key, its meaning or its order changes.
inline constexpr unsigned formatVersion = 2;
/// What the checksum starts with: the name of its algorithm.
inline constexpr std::string_view checksumPrefix = "fnv1a64:";

/// Limits of what is written and read.
inline constexpr size_t maxFileBytes = size_t(256) << 20;
inline constexpr size_t maxSites = 32768;
inline constexpr size_t maxSiteBytes = 4096;
inline constexpr size_t maxToolBytes = 256;
inline constexpr size_t maxChannels = 16384;

/// A record and its site, owned by somebody else.
struct RecordView {
  std::string_view site;
  const TensorRecord *record;
};

/// What was fed to the model: how many samples, and the sum modulo 2^64 of the
/// digests of all of them, so that their order does not matter. A writer that
/// does not know the samples writes zeros.
struct DataSet {
  uint64_t samples = 0;
  uint64_t digest = 0;

  void merge(const DataSet &other) {
    samples += other.samples;
    digest += other.digest;
  }
  bool operator==(const DataSet &other) const {
    return samples == other.samples && digest == other.digest;
  }
};

/// How far a calibration of the samples [begin, end) got: the records hold
/// [begin, next). Precondition of writing: begin <= next <= end.
struct Checkpoint {
  uint64_t run = 0; ///< digest of everything that a continuation must share
  uint64_t begin = 0, next = 0, end = 0;
};

/// 64-bit FNV-1a (http://www.isthe.com/chongo/tech/comp/fnv/): `hash` is the
/// state so far. Each step is a bijection of the state, so two texts of one
/// length that differ in one byte never have the same hash.
uint64_t fnv1a64(std::string_view bytes, uint64_t hash = 0xcbf29ce484222325ull);

/// 16 lower-case hexadecimal digits.
std::string toHex(uint64_t value);

/// Digest of the site names: fnv1a64 over each name and a newline, in hex.
/// Precondition: `records` is sorted by site.
std::string fingerprintOf(const std::vector<RecordView> &records);

/// The shortest decimal number that reads back as exactly this f32.
/// Precondition: `value` is finite.
std::string printFloat(float value);

/// Why a site cannot be written, or an empty string: empty, longer than
/// `maxSiteBytes`, with control characters or not UTF-8.
std::string findSiteProblem(std::string_view site);

/// Why records cannot be written, or an empty string: too many, unsorted or
/// repeated sites, a site or a record with a problem of its own.
std::string findProblem(const std::vector<RecordView> &records);
/// Why a set of samples cannot be written, or an empty string: too many.
std::string findProblem(const DataSet &data);

/// The text of a file with these records: deterministic, byte for byte, the
/// same from the runtime and from the tools. Precondition: `findProblem`
/// finds none.
std::string
printRecords(const std::vector<RecordView> &records, const DataSet &data = {},
             const std::optional<Checkpoint> &unfinished = std::nullopt);

} // namespace qdot::statistics

#endif // QDOT_STATISTICS_FORMAT_H
