//===- FloatEnvironmentTest.cpp - Rule N1 ---------------------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Random.h"
#include "qdot/Numerics/AddRound.h"
#include "qdot/Numerics/Elementwise.h"
#include "qdot/Numerics/Quantization.h"
#include "qdot/Numerics/Requantize.h"
#include "qdot/Numerics/ScaleRound.h"
#include "gtest/gtest.h"
#include <cfenv>
#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

using namespace qdot::numerics;
using qdot::test::Random;

namespace {

uint64_t bitsOf(double value) {
  uint64_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  return bits;
}

void append(std::vector<uint64_t> &results, float first, float second) {
  float parts[] = {first, second};
  uint64_t both;
  std::memcpy(&both, parts, sizeof both);
  results.push_back(both);
}

/// The searches for f32 constants.
void appendConstants(std::vector<uint64_t> &results, int seed) {
  FixedPointMultiplier by{(1 << 30) + seed * 12345, int8_t(36 + seed % 6)};
  StorageRange acc{-seed * 500, seed * 700};
  Contract contract =
      seed % 2 == 0 ? Contract::TosaSingle : Contract::TosaDouble;
  if (auto found = findScaleRound(acc, by, seed % 99, {-128, 127}, contract))
    append(results, found->scale, found->offset);
  if (auto found = findScaleTruncate(acc, by, seed % 99, {0, 255}, contract)) {
    append(results, found->scale, found->offset);
    results.push_back(uint64_t(found->bias));
  }
  if (seed % 50 != 0)
    return;
  IntegerSum sum{seed * 9, 1 << 20, -seed << 12, {-128, 127}, {-128, 127}};
  by.shift = 51;
  if (auto found = findAddRound(sum, by, seed % 99, {-128, 127}, contract)) {
    append(results, found->lhsScale, found->rhsScale);
    append(results, found->offset, 0.0f);
    results.push_back(uint64_t(addRound(seed, -7, *found, {-128, 127})));
  }
}

/// One run over every function, with inputs that were made in advance.
std::vector<uint64_t> runEverything(const std::vector<float> &values,
                                    const std::vector<double> &scales) {
  std::vector<uint64_t> results;
  const StorageRange i8{-128, 127};
  for (size_t i = 0; i + 2 < values.size(); ++i) {
    double s = scales[i], t = scales[i + 1], u = scales[i + 2];
    QuantParams asymmetric = chooseAsymmetric(-t, u, i8);
    results.insert(results.end(),
                   {bitsOf(roundHalfEven(t)), bitsOf(normalizeScale(t)),
                    bitsOf(asymmetric.scale), uint64_t(asymmetric.zeroPoint),
                    bitsOf(chooseSymmetric(t, weightRange).scale),
                    bitsOf(chooseWeightScale(t, u, s, weightRange)),
                    uint64_t(quantize(values[i], {s, 3}, i8)),
                    uint64_t(quantizeExact(t, s, biasRange)),
                    bitsOf(combineScales(s, t, u)),
                    bitsOf(mulMultiplier(s, t, u)),
                    bitsOf(averageMultiplier(s, 9, u)),
                    uint64_t(decomposeMultiplier(t).multiplier)});
    // Compared as bits: widening to double would flush denormals here.
    float parts[] = {dequantize(int64_t(i), {s, 3}), combineScalesF32(s, t, u)};
    uint64_t both;
    std::memcpy(&both, parts, sizeof both);
    results.push_back(both);
    float scale;
    uint32_t scaleBits = 0x30000000u + uint32_t(i) * 977;
    std::memcpy(&scale, &scaleBits, sizeof scale);
    results.push_back(
        uint64_t(requantizeF32(int32_t(i * 2654435761u), scale, 3, i8)));
    if (auto params = chooseAddParams(s, t, u))
      results.push_back(uint64_t(params->multipliers[0]));
    results.push_back(
        uint64_t(scaleRound(int32_t(i * 2654435761u) >> 8, scale, 3.5f, i8)));
    if (auto params = chooseAffineParams({t}, {u}, s, u))
      results.push_back(uint64_t(params->biases[0]));
  }
  for (int i = 1; i < 300; ++i)
    appendConstants(results, i);
  return results;
}

class N1Environment : public ::testing::Test {
protected:
  N1Environment() {
    Random random(1);
    values = qdot::test::boundaryFloats();
    for (int i = 0; i < 20000; ++i)
      values.push_back(random.anyFloat());
    for (size_t i = 0; i < values.size(); ++i)
      scales.push_back(double(float(i % 4 == 0 ? random.logUniform(-149, 127)
                                               : random.logUniform(-9, 3))));
    for (double &scale : scales)
      if (&scale - scales.data() < 100)
        scale = FLT_MIN;
    expected = runEverything(values, scales);
  }
  std::vector<float> values;
  std::vector<double> scales;
  std::vector<uint64_t> expected;
};

TEST_F(N1Environment, RoundingModeDoesNotMatter) {
  for (int mode : {FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO, FE_TONEAREST}) {
    ASSERT_EQ(std::fesetround(mode), 0);
    std::vector<uint64_t> results = runEverything(values, scales);
    std::fesetround(FE_TONEAREST);
    ASSERT_EQ(results, expected) << "mode " << mode;
  }
}

#if defined(__x86_64__)
TEST_F(N1Environment, FlushToZeroDoesNotMatter) {
  unsigned saved = _mm_getcsr();
  _mm_setcsr(saved | 0x8040); // flush to zero, denormals are zero
  std::vector<uint64_t> results = runEverything(values, scales);
  _mm_setcsr(saved);
  ASSERT_EQ(results, expected);
}
#endif

} // namespace
