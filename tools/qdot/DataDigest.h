//===- DataDigest.h - Recognize a data set in any order -------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QDOT_TOOLS_QDOT_DATADIGEST_H
#define QDOT_TOOLS_QDOT_DATADIGEST_H

#include "llvm/ADT/StringRef.h"
#include <cstdint>

namespace qdot::driver {

/// Mixes the bytes and their number into a digest: 8 bytes at a time (little
/// endian, the last ones padded with zeros) through the finalizer of SplitMix64
/// (Steele, Lea, Flood, "Fast splittable pseudorandom number generators",
/// 2014). Finds accidents; not meant against an adversary.
///
/// The digest of a sample starts with 0 and mixes its arguments in order, as
/// the model reads them; that of a data set is the sum of those of its samples
/// modulo 2^64.
uint64_t mixDigest(uint64_t digest, llvm::StringRef bytes);

} // namespace qdot::driver

#endif // QDOT_TOOLS_QDOT_DATADIGEST_H
