//===- LinalgTest.cpp - Loop nests against plain loops --------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "InterpreterTest.h"

using namespace qdot;
using namespace qdot::test;

namespace {

class Linalg : public InterpreterTest {};

/// Row-major matmul, the reduction innermost and in order.
std::vector<float> matmul(const std::vector<float> &a,
                          const std::vector<float> &b, int m, int n, int k) {
  std::vector<float> c(size_t(m) * n, 0.0f);
  for (int i = 0; i < m; ++i)
    for (int j = 0; j < n; ++j)
      for (int p = 0; p < k; ++p)
        c[i * n + j] += a[i * k + p] * b[p * n + j];
  return c;
}

TEST_F(Linalg, MatmulWithDynamicBatchIsBitExact) {
  const char *text = R"(
    func.func @main(%a: tensor<?x300xf32>, %b: tensor<300x3xf32>)
        -> tensor<?x3xf32> {
      %c0 = arith.constant 0 : index
      %zero = arith.constant 0.0 : f32
      %m = tensor.dim %a, %c0 : tensor<?x300xf32>
      %e = tensor.empty(%m) : tensor<?x3xf32>
      %f = linalg.fill ins(%zero : f32) outs(%e : tensor<?x3xf32>) -> tensor<?x3xf32>
      %r = linalg.matmul ins(%a, %b : tensor<?x300xf32>, tensor<300x3xf32>)
                         outs(%f : tensor<?x3xf32>) -> tensor<?x3xf32>
      return %r : tensor<?x3xf32>
    })";
  std::vector<float> b = iota(900, 0.011f);
  for (int m : {1, 2, 5, 200}) {
    std::vector<float> a = iota(size_t(m) * 300, 0.0137f);
    EXPECT_EQ(run(text, {f32({m, 300}, a), f32({300, 3}, b)})[0],
              f32({m, 3}, matmul(a, b, m, 3, 300)));
  }
  EXPECT_EQ(run(text, {f32({0, 300}, {}), f32({300, 3}, b)})[0],
            f32({0, 3}, {}));
}

TEST_F(Linalg, IntegerMatmulExtendsAndWraps) {
  const char *text = R"(
    func.func @main(%a: tensor<2x2xi8>, %b: tensor<2x2xi8>,
                    %c: tensor<2x2xi32>) -> tensor<2x2xi32> {
      %r = linalg.matmul ins(%a, %b : tensor<2x2xi8>, tensor<2x2xi8>)
                         outs(%c : tensor<2x2xi32>) -> tensor<2x2xi32>
      return %r : tensor<2x2xi32>
    })";
  EXPECT_EQ(
      run(text, {i8({2, 2}, {-128, 127, 1, 2}), i8({2, 2}, {-128, 3, 4, -5}),
                 i32({2, 2}, {INT32_MAX, 0, 10, 20})})[0],
      i32({2, 2}, {INT32_MIN + 16891, -1019, -110, 13}));
}

TEST_F(Linalg, FullReductionKeepsTheOrder) {
  const char *text = R"(
    func.func @main(%a: tensor<1000xf32>, %init: tensor<f32>) -> tensor<f32> {
      %r = linalg.generic {
          indexing_maps = [affine_map<(d0) -> (d0)>, affine_map<(d0) -> ()>],
          iterator_types = ["reduction"]}
          ins(%a : tensor<1000xf32>) outs(%init : tensor<f32>) {
        ^bb0(%x: f32, %acc: f32):
          %half = arith.constant 0.5 : f32
          %y = arith.mulf %x, %half : f32
          %s = arith.addf %acc, %y : f32
          linalg.yield %s : f32
      } -> tensor<f32>
      return %r : tensor<f32>
    })";
  std::vector<float> a = iota(1000, 0.1f);
  float sum = 7.0f;
  for (float x : a)
    sum += x * 0.5f;
  EXPECT_EQ(run(text, {f32({1000}, a), f32({}, {7.0f})})[0], f32({}, {sum}));
}

struct ConvShape {
  int n, h, w, c, f, kh, kw, stride, dilation;
  int oh() const { return (h - dilation * (kh - 1) - 1) / stride + 1; }
  int ow() const { return (w - dilation * (kw - 1) - 1) / stride + 1; }
};

std::vector<float> convolve(const ConvShape &s, const std::vector<float> &in,
                            const std::vector<float> &filter) {
  std::vector<float> out(size_t(s.n) * s.oh() * s.ow() * s.f, 0.0f);
  size_t at = 0;
  for (int n = 0; n < s.n; ++n)
    for (int y = 0; y < s.oh(); ++y)
      for (int x = 0; x < s.ow(); ++x)
        for (int f = 0; f < s.f; ++f, ++at)
          for (int ky = 0; ky < s.kh; ++ky)
            for (int kx = 0; kx < s.kw; ++kx)
              for (int c = 0; c < s.c; ++c)
                out[at] +=
                    in[((n * s.h + y * s.stride + ky * s.dilation) * s.w +
                        x * s.stride + kx * s.dilation) *
                           s.c +
                       c] *
                    filter[((ky * s.kw + kx) * s.c + c) * s.f + f];
  return out;
}

std::string type(std::initializer_list<int> shape) {
  std::string text = "tensor<";
  for (int size : shape)
    text += std::to_string(size) + "x";
  return text + "f32>";
}

TEST_F(Linalg, ConvolutionWithStrideAndDilation) {
  for (ConvShape s : {ConvShape{1, 5, 6, 2, 3, 3, 2, 1, 1},
                      ConvShape{2, 9, 8, 3, 2, 3, 3, 2, 1},
                      ConvShape{1, 9, 9, 1, 1, 3, 3, 1, 2},
                      ConvShape{1, 11, 10, 2, 130, 2, 3, 3, 2}}) {
    std::string in = type({s.n, s.h, s.w, s.c});
    std::string filter = type({s.kh, s.kw, s.c, s.f});
    std::string out = type({s.n, s.oh(), s.ow(), s.f});
    std::string text =
        "func.func @main(%i: " + in + ", %k: " + filter + ", %o: " + out +
        ") -> " + out +
        " {\n  %r = linalg.conv_2d_nhwc_hwcf {strides = dense<" +
        std::to_string(s.stride) + "> : tensor<2xi64>, dilations = dense<" +
        std::to_string(s.dilation) + "> : tensor<2xi64>} ins(%i, %k : " + in +
        ", " + filter + ") outs(%o : " + out + ") -> " + out +
        "\n  return %r : " + out + "\n}";
    std::vector<float> input = iota(size_t(s.n) * s.h * s.w * s.c, 0.013f);
    std::vector<float> weights = iota(size_t(s.kh) * s.kw * s.c * s.f, 0.17f);
    std::vector<float> expected = convolve(s, input, weights);
    EXPECT_EQ(run(text, {f32({s.n, s.h, s.w, s.c}, input),
                         f32({s.kh, s.kw, s.c, s.f}, weights),
                         f32({s.n, s.oh(), s.ow(), s.f},
                             std::vector<float>(expected.size(), 0.0f))})[0],
              f32({s.n, s.oh(), s.ow(), s.f}, expected));
  }
}

TEST_F(Linalg, GroupedConvolutionByAGeneric) {
  const char *text = R"(
    #i = affine_map<(n, g, f, y, c, k) -> (n, g, c, y * 2 + k)>
    #w = affine_map<(n, g, f, y, c, k) -> (g, f, c, k)>
    #o = affine_map<(n, g, f, y, c, k) -> (n, g, f, y)>
    func.func @main(%i: tensor<1x2x2x5xf32>, %w: tensor<2x1x2x3xf32>,
                    %o: tensor<1x2x1x2xf32>) -> tensor<1x2x1x2xf32> {
      %r = linalg.generic {indexing_maps = [#i, #w, #o],
          iterator_types = ["parallel", "parallel", "parallel", "parallel",
                            "reduction", "reduction"]}
          ins(%i, %w : tensor<1x2x2x5xf32>, tensor<2x1x2x3xf32>)
          outs(%o : tensor<1x2x1x2xf32>) {
        ^bb0(%a: f32, %b: f32, %acc: f32):
          %p = arith.mulf %a, %b : f32
          %s = arith.addf %acc, %p : f32
          linalg.yield %s : f32
      } -> tensor<1x2x1x2xf32>
      return %r : tensor<1x2x1x2xf32>
    })";
  std::vector<float> in = iota(20), weights = iota(12), out(4, 1.0f);
  std::vector<float> expected = out;
  for (int g = 0; g < 2; ++g)
    for (int y = 0; y < 2; ++y)
      for (int c = 0; c < 2; ++c)
        for (int k = 0; k < 3; ++k)
          expected[g * 2 + y] +=
              in[(g * 2 + c) * 5 + y * 2 + k] * weights[(g * 2 + c) * 3 + k];
  EXPECT_EQ(run(text, {f32({1, 2, 2, 5}, in), f32({2, 1, 2, 3}, weights),
                       f32({1, 2, 1, 2}, out)})[0],
            f32({1, 2, 1, 2}, expected));
}

TEST_F(Linalg, DepthwiseAndPooling) {
  const char *text = R"(
    func.func @main(%i: tensor<1x4x4x2xf32>, %k: tensor<3x3x2xf32>,
                    %window: tensor<2x2xf32>, %o: tensor<1x2x2x2xf32>)
        -> (tensor<1x2x2x2xf32>, tensor<1x2x2x2xf32>, tensor<1x2x2x2xf32>) {
      %d = linalg.depthwise_conv_2d_nhwc_hwc
          ins(%i, %k : tensor<1x4x4x2xf32>, tensor<3x3x2xf32>)
          outs(%o : tensor<1x2x2x2xf32>) -> tensor<1x2x2x2xf32>
      %m = linalg.pooling_nhwc_max {strides = dense<2> : tensor<2xi64>}
          ins(%i, %window : tensor<1x4x4x2xf32>, tensor<2x2xf32>)
          outs(%o : tensor<1x2x2x2xf32>) -> tensor<1x2x2x2xf32>
      %s = linalg.pooling_nhwc_sum {strides = dense<2> : tensor<2xi64>}
          ins(%i, %window : tensor<1x4x4x2xf32>, tensor<2x2xf32>)
          outs(%o : tensor<1x2x2x2xf32>) -> tensor<1x2x2x2xf32>
      return %d, %m, %s : tensor<1x2x2x2xf32>, tensor<1x2x2x2xf32>,
          tensor<1x2x2x2xf32>
    })";
  std::vector<float> in = iota(32), kernel = iota(18);
  std::vector<float> depthwise(8, 0.0f), sum(8, 0.0f), max(8, 0.0f);
  for (int y = 0; y < 2; ++y)
    for (int x = 0; x < 2; ++x)
      for (int c = 0; c < 2; ++c) {
        int at = (y * 2 + x) * 2 + c;
        for (int ky = 0; ky < 3; ++ky)
          for (int kx = 0; kx < 3; ++kx)
            depthwise[at] += in[((y + ky) * 4 + x + kx) * 2 + c] *
                             kernel[(ky * 3 + kx) * 2 + c];
        for (int ky = 0; ky < 2; ++ky)
          for (int kx = 0; kx < 2; ++kx) {
            float value = in[((y * 2 + ky) * 4 + x * 2 + kx) * 2 + c];
            sum[at] += value;
            max[at] = std::max(max[at], value);
          }
      }
  Tensors results = run(text, {f32({1, 4, 4, 2}, in), f32({3, 3, 2}, kernel),
                               f32({2, 2}, iota(4)),
                               f32({1, 2, 2, 2}, std::vector<float>(8, 0.0f))});
  ASSERT_EQ(results.size(), 3u);
  EXPECT_EQ(results[0], f32({1, 2, 2, 2}, depthwise));
  EXPECT_EQ(results[1], f32({1, 2, 2, 2}, max));
  EXPECT_EQ(results[2], f32({1, 2, 2, 2}, sum));
}

TEST_F(Linalg, TransposeBroadcastReduceMap) {
  const char *text = R"(
    func.func @main(%a: tensor<2x3xf32>, %t: tensor<3x2xf32>,
                    %b: tensor<2x3x2xf32>, %r: tensor<2xf32>)
        -> (tensor<3x2xf32>, tensor<2x3x2xf32>, tensor<2xf32>, tensor<3x2xf32>) {
      %0 = linalg.transpose ins(%a : tensor<2x3xf32>)
          outs(%t : tensor<3x2xf32>) permutation = [1, 0]
      %1 = linalg.broadcast ins(%a : tensor<2x3xf32>)
          outs(%b : tensor<2x3x2xf32>) dimensions = [2]
      %2 = linalg.reduce { arith.maximumf } ins(%a : tensor<2x3xf32>)
          outs(%r : tensor<2xf32>) dimensions = [1]
      %3 = linalg.map { arith.addf } ins(%0, %0 : tensor<3x2xf32>, tensor<3x2xf32>)
          outs(%t : tensor<3x2xf32>)
      return %0, %1, %2, %3 : tensor<3x2xf32>, tensor<2x3x2xf32>,
          tensor<2xf32>, tensor<3x2xf32>
    })";
  Tensors results =
      run(text, {f32({2, 3}, {1, 2, 3, 4, 5, 6}), f32({3, 2}, iota(6)),
                 f32({2, 3, 2}, iota(12)), f32({2}, {2.5f, 9})});
  ASSERT_EQ(results.size(), 4u);
  EXPECT_EQ(results[0], f32({3, 2}, {1, 4, 2, 5, 3, 6}));
  EXPECT_EQ(results[1], f32({2, 3, 2}, {1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6}));
  EXPECT_EQ(results[2], f32({2}, {3, 9}));
  EXPECT_EQ(results[3], f32({3, 2}, {2, 8, 4, 10, 6, 12}));
}

TEST_F(Linalg, IndexCaptureAndExtractInTheBody) {
  // A causal mask, and a gather by a body that reads another tensor.
  const char *text = R"(
    #id = affine_map<(i, j) -> (i, j)>
    func.func @main(%a: tensor<3x3xf32>, %low: f32, %table: tensor<4xf32>,
                    %idx: tensor<3x3xi32>)
        -> (tensor<3x3xf32>, tensor<3x3xf32>) {
      %e = tensor.empty() : tensor<3x3xf32>
      %0 = linalg.generic {indexing_maps = [#id, #id],
          iterator_types = ["parallel", "parallel"]}
          ins(%a : tensor<3x3xf32>) outs(%e : tensor<3x3xf32>) {
        ^bb0(%x: f32, %o: f32):
          %i = linalg.index 0 : index
          %j = linalg.index 1 : index
          %later = arith.cmpi ugt, %j, %i : index
          %y = arith.select %later, %low, %x : f32
          linalg.yield %y : f32
      } -> tensor<3x3xf32>
      %1 = linalg.generic {indexing_maps = [#id, #id],
          iterator_types = ["parallel", "parallel"]}
          ins(%idx : tensor<3x3xi32>) outs(%e : tensor<3x3xf32>) {
        ^bb0(%x: i32, %o: f32):
          %k = arith.index_cast %x : i32 to index
          %y = tensor.extract %table[%k] : tensor<4xf32>
          linalg.yield %y : f32
      } -> tensor<3x3xf32>
      return %0, %1 : tensor<3x3xf32>, tensor<3x3xf32>
    })";
  Tensors results = run(text, {f32({3, 3}, iota(9)), f32({}, {-1}),
                               f32({4}, {10, 20, 30, 40}),
                               i32({3, 3}, {0, 1, 2, 3, 2, 1, 0, 0, 3})});
  ASSERT_EQ(results.size(), 2u);
  EXPECT_EQ(results[0], f32({3, 3}, {1, -1, -1, 4, 5, -1, 7, 8, 9}));
  EXPECT_EQ(results[1], f32({3, 3}, {10, 20, 30, 40, 30, 20, 10, 10, 40}));
}

TEST_F(Linalg, MapsWithModAndFloordiv) {
  const char *text = R"(
    #in = affine_map<(i) -> (i floordiv 3, i mod 3)>
    #out = affine_map<(i) -> (i)>
    func.func @main(%a: tensor<2x3xf32>, %o: tensor<6xf32>) -> tensor<6xf32> {
      %0 = linalg.generic {indexing_maps = [#in, #out],
          iterator_types = ["parallel"]}
          ins(%a : tensor<2x3xf32>) outs(%o : tensor<6xf32>) {
        ^bb0(%x: f32, %acc: f32):
          %y = arith.addf %x, %acc : f32
          linalg.yield %y : f32
      } -> tensor<6xf32>
      return %0 : tensor<6xf32>
    })";
  EXPECT_EQ(run(text, {f32({2, 3}, iota(6)), f32({6}, iota(6, 10))})[0],
            f32({6}, iota(6, 11)));
}

TEST_F(Linalg, SeveralResultsAndRankZero) {
  const char *text = R"(
    #id = affine_map<() -> ()>
    func.func @main(%a: tensor<f32>, %b: tensor<f32>)
        -> (tensor<f32>, tensor<f32>) {
      %0:2 = linalg.generic {indexing_maps = [#id, #id, #id],
          iterator_types = []} ins(%a : tensor<f32>)
          outs(%a, %b : tensor<f32>, tensor<f32>) {
        ^bb0(%x: f32, %y: f32, %z: f32):
          %s = arith.addf %x, %z : f32
          linalg.yield %z, %s : f32, f32
      } -> (tensor<f32>, tensor<f32>)
      return %0#0, %0#1 : tensor<f32>, tensor<f32>
    })";
  Tensors results = run(text, {f32({}, {2}), f32({}, {5})});
  ASSERT_EQ(results.size(), 2u);
  EXPECT_EQ(results[0], f32({}, {5}));
  EXPECT_EQ(results[1], f32({}, {7}));
}

TEST_F(Linalg, RunningMaximumAndItsPosition) {
  // Two carried values that depend on each other: an arg max.
  const char *text = R"(
    #in = affine_map<(i) -> (i)>
    #out = affine_map<(i) -> ()>
    func.func @main(%a: tensor<200xf32>, %m: tensor<f32>, %p: tensor<i32>)
        -> (tensor<f32>, tensor<i32>) {
      %0:2 = linalg.generic {indexing_maps = [#in, #out, #out],
          iterator_types = ["reduction"]} ins(%a : tensor<200xf32>)
          outs(%m, %p : tensor<f32>, tensor<i32>) {
        ^bb0(%x: f32, %best: f32, %at: i32):
          %i = linalg.index 0 : index
          %i32 = arith.index_cast %i : index to i32
          %more = arith.cmpf ogt, %x, %best : f32
          %b = arith.select %more, %x, %best : f32
          %q = arith.select %more, %i32, %at : i32
          linalg.yield %b, %q : f32, i32
      } -> (tensor<f32>, tensor<i32>)
      return %0#0, %0#1 : tensor<f32>, tensor<i32>
    })";
  std::vector<float> a = iota(200, 0.1f);
  a[150] = 100;
  a[180] = 100;
  Tensors results = run(text, {f32({200}, a), f32({}, {0}), i32({}, {-1})});
  ASSERT_EQ(results.size(), 2u);
  EXPECT_EQ(results[0], f32({}, {100}));
  EXPECT_EQ(results[1], i32({}, {150}));
}

} // namespace
