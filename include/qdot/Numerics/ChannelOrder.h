//===- ChannelOrder.h - Channels in an order for 16-bit sums --------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// Which channels of an activation lie side by side decides which products
// vpmaddubsw adds. Where their producer can write them in any order, that order
// is free. No IR. Rule numbers refer to docs/Numerics.md.
//
//===----------------------------------------------------------------------===//

#ifndef QDOT_NUMERICS_CHANNELORDER_H
#define QDOT_NUMERICS_CHANNELORDER_H

#include "qdot/Numerics/Quantization.h"
#include <cstdint>
#include <vector>

namespace qdot::numerics {

/// The weights of one layer that reads the channels, or that makes them.
struct ChannelWeights {
  /// [taps][rows][columns]: products of neighbouring rows are added.
  std::vector<int8_t> weights;
  int64_t taps;
  int64_t rows;
  int64_t columns;
  /// What is multiplied with the rows; within [0, 255].
  StorageRange activation;
  /// How often the layer reads all of its weights.
  double uses;
  /// The channels are the columns, not the rows.
  bool isProducer;

  int64_t getNumChannels() const { return isProducer ? columns : rows; }
};

/// Rule D5: about how many vector instructions the products of one inference
/// take with these weights, channel `order[i]` being at place i. Precondition:
/// `order` is a permutation of the channels.
double estimateInstructions(const ChannelWeights &layer,
                            const std::vector<int64_t> &order);

/// Rule D5: an order of the channels that makes the instructions of all layers
/// few, by exchanging two at a time; the same one for the same weights. Time is
/// linear in the weights. Precondition: one layer or more, all of the same
/// number of channels.
std::vector<int64_t>
findChannelOrder(const std::vector<ChannelWeights> &layers);

} // namespace qdot::numerics

#endif // QDOT_NUMERICS_CHANNELORDER_H
