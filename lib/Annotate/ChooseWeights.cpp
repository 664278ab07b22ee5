//===- ChooseWeights.cpp - Scales and codes of constant weights -----------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ChooseWeights.h"
#include <algorithm>
#include <cmath>

using namespace mlir;
using namespace qdot;
using numerics::Convention;
using numerics::QuantParams;
using statistics::Distribution;
using statistics::RangeMethod;
using statistics::RealRange;

namespace {
/// Chooses for one constant.
class WeightChooser {
public:
  WeightChooser(const RealConstant &weight, const ContractionChannels &channels,
                ArrayRef<double> biases, const WeightRequest &request)
      : weight(weight), channels(channels), biases(biases), request(request),
        inputs(request.inputs.getInputs(weight.type.getShape())) {}

  WeightChoice choose() {
    WeightChoice choice;
    choice.storage = request.scheme.storage;
    if (request.granularity.kind == WeightGranularity::Kind::Block) {
      chooseBlocks(choice);
      return choice;
    }
    choice.scales = llvm::map_to_vector(llvm::zip_equal(getLimits(), biases),
                                        [&](auto pair) {
                                          auto [limit, bias] = pair;
                                          return finish(getStep(limit), bias);
                                        });
    if (request.granularity.kind == WeightGranularity::Kind::Tensor)
      llvm::fill(choice.scales, *llvm::max_element(choice.scales));
    if (request.scheme.convention == Convention::TfLite ||
        request.scheme.convention == Convention::PyTorch)
      choice.codes = getCodes(choice);
    return choice;
  }

private:
  /// Calls `visit(element, channel)` for each weight.
  template <typename Visit>
  void forEachWeight(Visit visit) const {
    forEachElement(weight.type.getShape(),
                   channels.getStrides(weight.type.getRank()), visit);
  }

  /// The scale of weights in [-limit, limit]; 0 when all of them are 0.
  double getStep(double limit) const {
    if (limit == 0)
      return 0;
    return numerics::chooseParams(-limit, limit, request.scheme).scale;
  }

  /// Rule Q5 for any step.
  double finish(double step, double bias) const {
    if (step == 0 && bias == 0)
      return 1;
    double scale = numerics::raiseScaleForBias(step, bias, request.inputScale);
    if (!request.scheme.powerOfTwo)
      return scale;
    double power = std::exp2(std::ceil(std::log2(scale)));
    return numerics::normalizeScale(power);
  }

  /// The largest magnitude that is not clipped, per channel.
  SmallVector<double> getLimits() const {
    if (request.method.kind == RangeMethod::Kind::MinMax)
      return getMaxima();
    std::vector<Members> parts = getMembers();
    if (request.granularity.kind == WeightGranularity::Kind::Tensor)
      return SmallVector<double>(channels.size(), getLimit(parts));
    return llvm::map_to_vector(
        parts, [&](const Members &members) { return getLimit(members); });
  }

  SmallVector<double> getMaxima() const {
    SmallVector<double> maxima(channels.size(), 0.0);
    forEachWeight([&](int64_t element, int64_t channel) {
      maxima[channel] =
          std::max(maxima[channel], std::abs(weight.values[element]));
    });
    return maxima;
  }

  /// The weights of one channel.
  using Members = SmallVector<int64_t, 0>;

  std::vector<Members> getMembers() const {
    std::vector<Members> members(channels.size());
    forEachWeight([&](int64_t element, int64_t channel) {
      members[channel].push_back(element);
    });
    return members;
  }

  /// One limit for all weights of these channels.
  double getLimit(ArrayRef<Members> parts) const {
    SmallVector<double, 0> numbers;
    for (const Members &members : parts)
      for (int64_t element : members)
        numbers.push_back(weight.values[element]);
    Distribution values = Distribution::of(numbers);
    if (values.isEmpty() || values.getMagnitude() == 0)
      return 0;
    RealRange range =
        request.method.kind == RangeMethod::Kind::Auto
            ? searchOutputError(values, parts)
            : statistics::estimateRange(values, request.method, request.scheme);
    double limit = std::max(-range.min, range.max);
    // A method for many values may see nothing worth keeping in a few.
    return limit > 0 ? limit : values.getMagnitude();
  }

  RealRange searchOutputError(const Distribution &values,
                              ArrayRef<Members> parts) const {
    return statistics::searchRange(
        values, request.scheme, [&](const QuantParams &params) {
          double sum = 0;
          for (const Members &members : parts)
            sum += getOutputError(members, params.scale);
          return sum;
        });
  }

  /// What the errors d of the weights of a channel add to an output whose
  /// inputs have means m and variances v: `sum v d^2 + (sum m d)^2`.
  double getOutputError(ArrayRef<int64_t> members, double scale) const {
    double spread = 0, shift = 0;
    for (int64_t element : members) {
      double value = weight.values[element];
      double code = std::clamp(std::nearbyint(value / scale),
                               double(request.scheme.storage.min),
                               double(request.scheme.storage.max));
      double error = code * scale - value;
      spread += request.inputs.variances[inputs[element]] * error * error;
      shift += request.inputs.means[inputs[element]] * error;
    }
    return spread + shift * shift;
  }

  SmallVector<int64_t> getCodes(const WeightChoice &choice) const {
    SmallVector<int64_t> codes(weight.values.size());
    forEachWeight([&](int64_t element, int64_t channel) {
      codes[element] =
          numerics::quantizeConstant(static_cast<float>(weight.values[element]),
                                     {choice.scales[channel], 0},
                                     choice.storage, request.scheme.convention);
    });
    return codes;
  }

  /// Rule C7: a code of few bits times the factor of its block, which is a
  /// small integer, so that one scale per channel is enough.
  void chooseBlocks(WeightChoice &choice) {
    choice.storage = numerics::weightRange;
    choice.scales.resize(channels.size());
    choice.codes.emplace(weight.values.size());
    std::vector<SmallVector<int64_t, 0>> elements(channels.size());
    forEachWeight([&](int64_t element, int64_t channel) {
      elements[channel].push_back(element);
    });
    for (auto [channel, members] : llvm::enumerate(elements))
      choice.scales[channel] =
          chooseChannelBlocks(members, biases[channel], *choice.codes);
  }

  double chooseChannelBlocks(ArrayRef<int64_t> members, double bias,
                             SmallVectorImpl<int64_t> &codes) const {
    int64_t largest = request.scheme.storage.max;
    int64_t maxFactor = numerics::weightRange.max / largest;
    SmallVector<ArrayRef<int64_t>> blocks;
    for (; !members.empty(); members = members.drop_front(blocks.back().size()))
      blocks.push_back(members.take_front(request.granularity.blockSize));
    SmallVector<double> steps =
        llvm::map_to_vector(blocks, [&](ArrayRef<int64_t> block) {
          return getStep(getLimit(Members(block)));
        });
    double step = *llvm::max_element(steps);
    double scale = finish(step / double(maxFactor), bias);
    for (auto [block, wanted] : llvm::zip_equal(blocks, steps)) {
      int64_t factor =
          std::clamp<int64_t>(std::llround(wanted / scale), 1, maxFactor);
      double blockScale = numerics::normalizeScale(scale * double(factor));
      for (int64_t element : block)
        codes[element] =
            factor *
            numerics::quantize(static_cast<float>(weight.values[element]),
                               {blockScale, 0}, {-largest, largest});
    }
    return scale;
  }

  const RealConstant &weight;
  const ContractionChannels &channels;
  ArrayRef<double> biases;
  const WeightRequest &request;
  SmallVector<int64_t, 0> inputs; ///< that each weight meets
};
} // namespace

WeightChoice qdot::chooseWeights(const RealConstant &weight,
                                 const ContractionChannels &channels,
                                 ArrayRef<double> biases,
                                 const WeightRequest &request) {
  return WeightChooser(weight, channels, biases, request).choose();
}
