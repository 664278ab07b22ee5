//===- Histogram.cpp - Mergeable record of the values of one tensor -------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qdot/Statistics/Histogram.h"
#include <algorithm>

using namespace qdot::statistics;

static constexpr unsigned shift = 32 - TensorRecord::binBits;
static constexpr uint32_t signBit = 0x80000000u;
static constexpr uint32_t infinityBits = 0x7f800000u;

/// Without the sign of a zero.
static uint32_t canonicalBits(float value) {
  uint32_t bits = bitsOf(value);
  return bits == signBit ? 0 : bits;
}

//===----------------------------------------------------------------------===//
// Bins
//===----------------------------------------------------------------------===//

Bins &Bins::operator=(const Bins &other) {
  for (unsigned i = 0; i != pages.size(); ++i)
    pages[i] = other.pages[i] ? std::make_unique<Page>(*other.pages[i])
                              : std::unique_ptr<Page>();
  return *this;
}

void Bins::operator+=(const Bins &other) {
  for (unsigned i = 0; i != pages.size(); ++i) {
    if (!other.pages[i])
      continue;
    if (!pages[i])
      pages[i] = std::make_unique<Page>();
    for (unsigned bin = 0; bin != pageBins; ++bin)
      (*pages[i])[bin] += (*other.pages[i])[bin];
  }
}

bool Bins::operator==(const Bins &other) const {
  for (unsigned bin = 0;; ++bin) {
    bin = std::min(findFrom(bin), other.findFrom(bin));
    if (bin == numBins)
      return true;
    if ((*this)[bin] != other[bin])
      return false;
  }
}

unsigned Bins::findFrom(unsigned bin) const {
  while (bin < numBins) {
    const std::unique_ptr<Page> &page = pages[bin / pageBins];
    if (!page)
      bin = (bin / pageBins + 1) * pageBins;
    else if ((*page)[bin % pageBins] == 0)
      ++bin;
    else
      return bin;
  }
  return numBins;
}

unsigned Bins::countUsed() const {
  unsigned used = 0;
  for (unsigned bin = findFrom(0); bin != numBins; bin = findFrom(bin + 1))
    ++used;
  return used;
}

size_t Bins::heapBytes() const {
  size_t bytes = 0;
  for (const std::unique_ptr<Page> &page : pages)
    bytes += page ? sizeof(Page) : 0;
  return bytes;
}

//===----------------------------------------------------------------------===//
// Records
//===----------------------------------------------------------------------===//

unsigned TensorRecord::binOf(float value) {
  return canonicalBits(value) >> shift;
}

float TensorRecord::lowerEdge(unsigned bin) { return floatOf(bin << shift); }

float TensorRecord::lastInBin(unsigned bin) {
  return floatOf((bin << shift) | ((1u << shift) - 1));
}

bool TensorRecord::isFiniteBin(unsigned bin) {
  return bin < numBins && (bin << shift & ~signBit) < infinityBits;
}

void TensorRecord::addToRange(float value) {
  uint32_t bits = canonicalBits(value);
  if (orderOf(bits) < orderOf(bitsOf(min)))
    min = floatOf(bits);
  if (orderOf(bits) > orderOf(bitsOf(max)))
    max = floatOf(bits);
}

void TensorRecord::add(float value) {
  ++count;
  uint32_t magnitude = bitsOf(value) & ~signBit;
  if (magnitude > infinityBits) {
    ++nanCount;
    return;
  }
  if (magnitude == infinityBits) {
    ++infCount;
    return;
  }
  if (magnitude == 0)
    ++zeroCount;
  ++bins[binOf(value)];
  addToRange(value);
  addValue(sum, value);
  addSquare(sumOfSquares, value);
}

void TensorRecord::addSample(float minimum, float maximum) {
  ++sampleCount;
  addValue(sumOfMinima, minimum);
  addValue(sumOfMaxima, maximum);
}

void TensorRecord::merge(const TensorRecord &other) {
  uint64_t total = count + other.count;
  count = total < count ? std::numeric_limits<uint64_t>::max() : total;
  nanCount += other.nanCount;
  infCount += other.infCount;
  zeroCount += other.zeroCount;
  // The bounds of an empty record are infinities of the neutral sign.
  if (orderOf(bitsOf(other.min)) < orderOf(bitsOf(min)))
    min = other.min;
  if (orderOf(bitsOf(other.max)) > orderOf(bitsOf(max)))
    max = other.max;
  sum += other.sum;
  sumOfSquares += other.sumOfSquares;
  sampleCount += other.sampleCount;
  sumOfMinima += other.sumOfMinima;
  sumOfMaxima += other.sumOfMaxima;
  bins += other.bins;
  if (channels.size() < other.channels.size())
    channels.resize(other.channels.size());
  for (size_t i = 0; i != other.channels.size(); ++i)
    channels[i].merge(other.channels[i]);
}

size_t TensorRecord::totalBytes() const {
  size_t bytes = sizeof(TensorRecord) + bins.heapBytes();
  for (const TensorRecord &channel : channels)
    bytes += channel.totalBytes();
  return bytes;
}

bool TensorRecord::hasSameValues(const TensorRecord &other) const {
  return count == other.count && nanCount == other.nanCount &&
         infCount == other.infCount && zeroCount == other.zeroCount &&
         bitsOf(min) == bitsOf(other.min) && bitsOf(max) == bitsOf(other.max) &&
         sum == other.sum && sumOfSquares == other.sumOfSquares &&
         bins == other.bins;
}

bool TensorRecord::operator==(const TensorRecord &other) const {
  return hasSameValues(other) && sampleCount == other.sampleCount &&
         sumOfMinima == other.sumOfMinima &&
         sumOfMaxima == other.sumOfMaxima && channels == other.channels;
}
