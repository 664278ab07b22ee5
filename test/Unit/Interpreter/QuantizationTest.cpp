//===- QuantizationTest.cpp - qdot ops against the rules ------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "InterpreterTest.h"
#include "qdot/Numerics/Requantize.h"
#include <algorithm>

using namespace qdot;
using namespace qdot::test;

namespace {

class QdotOps : public InterpreterTest {};

TEST_F(QdotOps, QuantizeAndDequantizePerTensor) {
  // The seed case: S = 4/255, Z = 96, on unsigned and on signed storage.
  const char *text = R"(
    !u = !quant.uniform<u8:f32, 0.015686275437474251:96>
    !s = !quant.uniform<i8:f32, 0.015686275437474251:-32>
    func.func @main(%x: tensor<4xf32>)
        -> (tensor<4xi8>, tensor<4xf32>, tensor<4xi8>, tensor<4xf32>) {
      %u = qdot.quantize %x : tensor<4xf32> -> tensor<4x!u>
      %ui = quant.scast %u : tensor<4x!u> to tensor<4xi8>
      %uf = qdot.dequantize %u : tensor<4x!u> -> tensor<4xf32>
      %s = qdot.quantize %x : tensor<4xf32> -> tensor<4x!s>
      %si = quant.scast %s : tensor<4x!s> to tensor<4xi8>
      %sf = qdot.dequantize %s : tensor<4x!s> -> tensor<4xf32>
      return %ui, %uf, %si, %sf : tensor<4xi8>, tensor<4xf32>, tensor<4xi8>,
          tensor<4xf32>
    })";
  Tensors results = run(text, {f32({4}, {0.5f, -1.5f, 100, NAN})});
  ASSERT_EQ(results.size(), 4u);
  EXPECT_EQ(results[0], i8({4}, {-128, 0, -1, 96})); // 128, 0, 255, 96
  EXPECT_EQ(results[2], i8({4}, {0, -128, 127, -32}));
  float step = 4.0f / 255.0f;
  std::vector<float> back = {32 * step, -96 * step, 159 * step, 0};
  EXPECT_EQ(results[1], f32({4}, back));
  EXPECT_EQ(results[3], f32({4}, back));
}

TEST_F(QdotOps, PerAxisAndSubChannel) {
  const char *text = R"(
    !axis = !quant.uniform<i8<-127:127>:f32:1, {1.0, 0.5, 0.25}>
    !both = !quant.uniform<i8:f32:{0:1, 1:1}, {{1.0, 0.5, 0.25}, {2.0:1, 4.0, 8.0}}>
    func.func @main(%x: tensor<2x3xf32>)
        -> (tensor<2x3xi8>, tensor<2x3xf32>, tensor<2x3xi8>) {
      %a = qdot.quantize %x : tensor<2x3xf32> -> tensor<2x3x!axis>
      %ai = quant.scast %a : tensor<2x3x!axis> to tensor<2x3xi8>
      %af = qdot.dequantize %a : tensor<2x3x!axis> -> tensor<2x3xf32>
      %b = qdot.quantize %x : tensor<2x3xf32> -> tensor<2x3x!both>
      %bi = quant.scast %b : tensor<2x3x!both> to tensor<2x3xi8>
      return %ai, %af, %bi : tensor<2x3xi8>, tensor<2x3xf32>, tensor<2x3xi8>
    })";
  Tensors results = run(text, {f32({2, 3}, {1, 2, 3, -4, -5, -600})});
  ASSERT_EQ(results.size(), 3u);
  EXPECT_EQ(results[0], i8({2, 3}, {1, 4, 12, -4, -10, -127}));
  EXPECT_EQ(results[1], f32({2, 3}, {1, 2, 3, -4, -5, -31.75f}));
  EXPECT_EQ(results[2], i8({2, 3}, {1, 4, 12, -1, -1, -75}));
}

TEST_F(QdotOps, ConstantBiasDividesInF64) {
  // The quotient, 123456703, is no f32.
  const char *text = R"(
    !b = !quant.uniform<i32:f32, 0.0099999997764825820>
    func.func @main(%x: tensor<1xf32>) -> (tensor<1xi32>, tensor<1xi32>) {
      %c = arith.constant dense<1234567.0> : tensor<1xf32>
      %0 = qdot.quantize %c : tensor<1xf32> -> tensor<1x!b>
      %1 = quant.scast %0 : tensor<1x!b> to tensor<1xi32>
      %2 = qdot.quantize %x : tensor<1xf32> -> tensor<1x!b>
      %3 = quant.scast %2 : tensor<1x!b> to tensor<1xi32>
      return %1, %3 : tensor<1xi32>, tensor<1xi32>
    })";
  float value = 1234567.0f;
  Tensors results = run(text, {f32({1}, {value})});
  ASSERT_EQ(results.size(), 2u);
  double scale = double(0.01f);
  EXPECT_EQ(results[0], i32({1}, {int32_t(numerics::quantizeExact(
                                     value, scale, numerics::biasRange))}));
  EXPECT_EQ(results[1],
            i32({1}, {int32_t(numerics::quantize(value, {scale, 0},
                                                 numerics::biasRange))}));
  EXPECT_NE(results[0].bytes, results[1].bytes);
}

/// One requantize per contract, full-range accumulators.
TEST_F(QdotOps, RequantizeOfEveryContract) {
  const char *text = R"(
    #v = affine_map<(i) -> (i)>
    func.func @main(%a: tensor<6xi32>, %m: tensor<6xi32>, %s: tensor<6xi8>,
                    %f: tensor<6xf32>)
        -> (tensor<6xi8>, tensor<6xi8>, tensor<6xi8>, tensor<6xi16>) {
      %e = tensor.empty() : tensor<6xi8>
      %w = tensor.empty() : tensor<6xi16>
      %0:4 = linalg.generic {indexing_maps = [#v, #v, #v, #v, #v, #v, #v, #v],
          iterator_types = ["parallel"]}
          ins(%a, %m, %s, %f
              : tensor<6xi32>, tensor<6xi32>, tensor<6xi8>, tensor<6xf32>)
          outs(%e, %e, %e, %w
              : tensor<6xi8>, tensor<6xi8>, tensor<6xi8>, tensor<6xi16>) {
        ^bb0(%x: i32, %mul: i32, %shift: i8, %scale: f32, %o0: i8, %o1: i8,
             %o2: i8, %o3: i16):
          %1 = qdot.requantize %x, %mul, %shift zero_point(5)
              clamp(-128, 127) contract tosa_single : i32, i32 -> i8
          %2 = qdot.requantize %x, %mul, %shift zero_point(-3)
              clamp(-100, 100) contract tosa_double : i32, i32 -> i8
          %3 = qdot.requantize %x, %scale zero_point(7)
              clamp(0, 127) contract f32 : i32, f32 -> i8
          %4 = qdot.requantize %x, %mul, %shift zero_point(0)
              clamp(-32768, 32767) contract tosa_single : i32, i32 -> i16
          linalg.yield %1, %2, %3, %4 : i8, i8, i8, i16
      } -> (tensor<6xi8>, tensor<6xi8>, tensor<6xi8>, tensor<6xi16>)
      return %0#0, %0#1, %0#2, %0#3 : tensor<6xi8>, tensor<6xi8>, tensor<6xi8>,
          tensor<6xi16>
    })";
  using namespace numerics;
  std::vector<int32_t> acc = {INT32_MIN, INT32_MAX, 1000, -1001, 3, -54321};
  std::vector<int32_t> multipliers;
  std::vector<int8_t> shifts;
  std::vector<float> scales = {0.001f, 1e-7f, 0.0625f, 0.0371f, 0.5f, 0.002f};
  std::vector<int8_t> single, twice, real;
  std::vector<int16_t> wide;
  for (size_t i = 0; i < acc.size(); ++i) {
    FixedPointMultiplier by = decomposeMultiplier(scales[i]);
    multipliers.push_back(by.multiplier);
    shifts.push_back(by.shift);
    single.push_back(
        int8_t(requantize(acc[i], by, 5, {-128, 127}, Contract::TosaSingle)));
    twice.push_back(
        int8_t(requantize(acc[i], by, -3, {-100, 100}, Contract::TosaDouble)));
    real.push_back(int8_t(requantizeF32(acc[i], scales[i], 7, {0, 127})));
    wide.push_back(int16_t(
        requantize(acc[i], by, 0, {-32768, 32767}, Contract::TosaSingle)));
  }
  Tensors results = run(text, {i32({6}, acc), i32({6}, multipliers),
                               i8({6}, shifts), f32({6}, scales)});
  ASSERT_EQ(results.size(), 4u);
  EXPECT_EQ(results[0], i8({6}, single));
  EXPECT_EQ(results[1], i8({6}, twice));
  EXPECT_EQ(results[2], i8({6}, real));
  EXPECT_EQ(results[3], i16({6}, wide));
  EXPECT_EQ(results[0].values<int8_t>()[4], 7); // 1.5 rounds up to 2, plus 5
}

TEST_F(QdotOps, LookupCoversAllCodes) {
  std::string table;
  for (int i = 0; i < 256; ++i)
    table += (i ? ", " : "") + std::to_string((i * 7) % 256 - 128);
  std::string text = R"(
    #v = affine_map<(i) -> (i)>
    func.func @main(%a: tensor<256xi8>) -> tensor<256xi8> {
      %t = arith.constant dense<[)" +
                     table + R"(]> : tensor<256xi8>
      %e = tensor.empty() : tensor<256xi8>
      %0 = linalg.generic {indexing_maps = [#v, #v],
          iterator_types = ["parallel"]}
          ins(%a : tensor<256xi8>) outs(%e : tensor<256xi8>) {
        ^bb0(%x: i8, %o: i8):
          %y = qdot.lookup %x in %t : tensor<256xi8>
          linalg.yield %y : i8
      } -> tensor<256xi8>
      return %0 : tensor<256xi8>
    })";
  std::vector<int8_t> codes, expected;
  for (int q = 127; q >= -128; --q) {
    codes.push_back(int8_t(q));
    expected.push_back(int8_t(((q + 128) * 7) % 256 - 128));
  }
  EXPECT_EQ(run(text, {i8({256}, codes)})[0], i8({256}, expected));
}

TEST_F(QdotOps, ObserveCallsBackAndIsIgnoredOtherwise) {
  const char *text = R"(
    func.func @main(%a: tensor<2xf32>) -> tensor<2xf32> {
      %0 = arith.negf %a : tensor<2xf32>
      qdot.observe %0 {site = #qdot.site<"main/neg_0#0123456789abcdef">} : tensor<2xf32>
      return %0 : tensor<2xf32>
    })";
  EXPECT_EQ(run(text, {f32({2}, {1, 2})})[0], f32({2}, {-1, -2}));
  std::string site;
  HostTensor seen;
  interpreter->onObserve([&](llvm::StringRef key, const HostTensor &value) {
    site = key.str();
    seen = value;
  });
  ASSERT_TRUE(bool(interpreter->call("main", {f32({2}, {3, 4})})));
  EXPECT_EQ(site, "main/neg_0#0123456789abcdef");
  EXPECT_EQ(seen, f32({2}, {-3, -4}));
}

} // namespace
