//===- ErrorTest.cpp - What the interpreter refuses -----------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "InterpreterTest.h"

using namespace qdot;
using namespace qdot::test;
using ::testing::HasSubstr;

namespace {

class Errors : public InterpreterTest {};

TEST_F(Errors, NamesLocationOpAndCause) {
  EXPECT_EQ(fail(R"(
    func.func @main(%a: tensor<2xi32>, %b: tensor<2xi32>) -> tensor<2xi32> {
      %0 = arith.divsi %a, %b : tensor<2xi32> loc("model.mlir":7:3)
      return %0 : tensor<2xi32>
    })",
                 {i32({2}, {1, 2}), i32({2}, {1, 0})}),
            "model.mlir:7:3: 'arith.divsi': division by zero");
}

TEST_F(Errors, UnsupportedOps) {
  EXPECT_THAT(fail(R"(
    func.func @main(%a: tensor<2xf32>) -> tensor<2xf32> {
      %0 = "other.op"(%a) : (tensor<2xf32>) -> tensor<2xf32>
      return %0 : tensor<2xf32>
    })",
                   {f32({2}, {1, 2})}),
              HasSubstr("'other.op': operation is not supported"));
  EXPECT_THAT(fail(R"(
    func.func @main(%a: tensor<2xf16>) -> tensor<2xf16> {
      return %a : tensor<2xf16>
    })",
                   {f32({2}, {1, 2})}),
              HasSubstr("argument 0: type is not supported"));
  EXPECT_THAT(fail(R"(
    #v = affine_map<(i) -> (i)>
    func.func @main(%a: tensor<2xf32>) -> tensor<2xf32> {
      %0 = linalg.generic {indexing_maps = [#v],
          iterator_types = ["parallel"]} outs(%a : tensor<2xf32>) {
        ^bb0(%x: f32):
          %y = "other.op"(%x) : (f32) -> f32
          linalg.yield %y : f32
      } -> tensor<2xf32>
      return %0 : tensor<2xf32>
    })",
                   {f32({2}, {1, 2})}),
              HasSubstr("'other.op': operation is not supported"));
}

TEST_F(Errors, Arguments) {
  const char *text = R"(
    func.func @main(%a: tensor<2x?xi8>, %s: f32) -> f32 {
      return %s : f32
    })";
  HostTensor good = i8({2, 3}, {1, 2, 3, 4, 5, 6}), scalar = f32({}, {1});
  EXPECT_THAT(fail(text, {good}), HasSubstr("expected 2 arguments, got 1"));
  EXPECT_THAT(fail(text, {i8({3, 2}, {1, 2, 3, 4, 5, 6}), scalar}),
              HasSubstr("argument 0: expected shape 2x?, got 3x2"));
  EXPECT_THAT(fail(text, {good, f32({1}, {1})}),
              HasSubstr("argument 1: expected shape scalar, got 1"));
  EXPECT_THAT(fail(text, {f32({2, 1}, {1, 2}), scalar}),
              HasSubstr("argument 0: element type does not match"));
  HostTensor broken = good;
  broken.bytes.pop_back();
  EXPECT_THAT(fail(text, {broken, scalar}),
              HasSubstr("argument 0: expected 6 bytes, got 5"));
  HostTensor negative = good;
  negative.shape = {2, -3};
  EXPECT_THAT(fail(text, {negative, scalar}), HasSubstr("not negative"));
  HostTensor huge = good;
  huge.shape = {2, INT64_MAX};
  EXPECT_THAT(fail(text, {huge, scalar}), HasSubstr("tensor needs more than"));
  EXPECT_EQ(run(text, {u8({2, 1}, {1, 2}), scalar})[0], scalar);
  auto missing = interpreter->call("other", {});
  ASSERT_FALSE(bool(missing));
  EXPECT_EQ(llvm::toString(missing.takeError()),
            "module has no function 'other'");
}

TEST_F(Errors, OutOfBounds) {
  const char *extract = R"(
    func.func @main(%a: tensor<4xf32>, %i: index) -> f32 {
      %0 = tensor.extract %a[%i] : tensor<4xf32>
      return %0 : f32
    })";
  for (int64_t i : {-1, 4})
    EXPECT_THAT(fail(extract, {f32({4}, iota(4)), indices({}, {i})}),
                HasSubstr("is outside of size 4"));
  const char *slice = R"(
    func.func @main(%a: tensor<4xf32>, %i: index) -> tensor<2xf32> {
      %0 = tensor.extract_slice %a[%i] [2] [2] : tensor<4xf32> to tensor<2xf32>
      return %0 : tensor<2xf32>
    })";
  EXPECT_THAT(fail(slice, {f32({4}, iota(4)), indices({}, {2})}),
              HasSubstr("slice from 2 to 4 of dimension 0"));
  const char *gather = R"(
    func.func @main(%a: tensor<4xf32>, %i: tensor<1x1xindex>) -> tensor<1x1xf32> {
      %0 = tensor.gather %a[%i] gather_dims([0])
          : (tensor<4xf32>, tensor<1x1xindex>) -> tensor<1x1xf32>
      return %0 : tensor<1x1xf32>
    })";
  EXPECT_THAT(fail(gather, {f32({4}, iota(4)), indices({1, 1}, {4})}),
              HasSubstr("index 4 of dimension 0"));
}

TEST_F(Errors, DynamicShapesThatDoNotFit) {
  const char *matmul = R"(
    func.func @main(%a: tensor<?x?xf32>, %b: tensor<?x?xf32>,
                    %c: tensor<?x?xf32>) -> tensor<?x?xf32> {
      %0 = linalg.matmul ins(%a, %b : tensor<?x?xf32>, tensor<?x?xf32>)
          outs(%c : tensor<?x?xf32>) -> tensor<?x?xf32>
      return %0 : tensor<?x?xf32>
    })";
  EXPECT_THAT(fail(matmul, {f32({1, 2}, iota(2)), f32({3, 1}, iota(3)),
                            f32({1, 1}, {0})}),
              HasSubstr("'linalg.matmul': size 3 of dimension 0 differs"));
  const char *conv = R"(
    func.func @main(%a: tensor<?xf32>, %k: tensor<3xf32>, %o: tensor<?xf32>)
        -> tensor<?xf32> {
      %0 = linalg.conv_1d ins(%a, %k : tensor<?xf32>, tensor<3xf32>)
          outs(%o : tensor<?xf32>) -> tensor<?xf32>
      return %0 : tensor<?xf32>
    })";
  EXPECT_THAT(
      fail(conv, {f32({5}, iota(5)), f32({3}, iota(3)), f32({4}, iota(4))}),
      HasSubstr("index range [0, 5] of dimension 0 is outside of size 5"));
  const char *cast = R"(
    func.func @main(%a: tensor<?xf32>) -> tensor<3xf32> {
      %0 = tensor.cast %a : tensor<?xf32> to tensor<3xf32>
      return %0 : tensor<3xf32>
    })";
  EXPECT_THAT(fail(cast, {f32({2}, {1, 2})}),
              HasSubstr("'tensor.cast': computed shape 2 does not match"));
}

TEST_F(Errors, SizesFromValues) {
  const char *text = R"(
    func.func @main(%n: index) -> tensor<?xf32> {
      %0 = tensor.empty(%n) : tensor<?xf32>
      return %0 : tensor<?xf32>
    })";
  EXPECT_THAT(fail(text, {indices({}, {-1})}),
              HasSubstr("not negative, got -1"));
  EXPECT_THAT(fail(text, {indices({}, {int64_t(1) << 60})}),
              HasSubstr("tensor needs more than"));
}

TEST_F(Errors, Resources) {
  EXPECT_THAT(fail(R"(
    func.func @main() -> tensor<2xf32> {
      %0 = arith.constant dense_resource<nowhere> : tensor<2xf32>
      return %0 : tensor<2xf32>
    })",
                   {}),
              HasSubstr("resource 'nowhere' is missing"));
  EXPECT_THAT(fail(R"(
    func.func @main() -> tensor<3xf32> {
      %0 = arith.constant dense_resource<short> : tensor<3xf32>
      return %0 : tensor<3xf32>
    }
    {-# dialect_resources: { builtin: {
      short: "0x040000000000803F000000C0"
    } } #-})",
                   {}),
              HasSubstr("resource 'short' has 8 bytes, expected 12"));
}

TEST_F(Errors, Calls) {
  EXPECT_THAT(fail(R"(
    func.func @main() {
      call @main() : () -> ()
      return
    })",
                   {}),
              HasSubstr("calls are nested too deeply"));
  EXPECT_THAT(fail(R"(
    func.func private @outside()
    func.func @main() {
      call @outside() : () -> ()
      return
    })",
                   {}),
              HasSubstr("function has no body"));
}

TEST_F(Errors, MultiplierOutOfRange) {
  const char *text = R"(
    func.func @main(%a: i32, %m: i32, %s: i8) -> i8 {
      %0 = qdot.requantize %a, %m, %s zero_point(0) clamp(-128, 127)
          contract tosa_single : i32, i32 -> i8
      return %0 : i8
    })";
  EXPECT_EQ(run(text, {i32({}, {100}), i32({}, {1 << 30}), i8({}, {32})})[0],
            i8({}, {25}));
  for (auto [multiplier, shift] :
       {std::pair<int32_t, int8_t>{-1, 30}, {1 << 30, 1}, {1 << 30, 63}})
    EXPECT_THAT(
        fail(text, {i32({}, {100}), i32({}, {multiplier}), i8({}, {shift})}),
        HasSubstr("expected multiplier >= 0 and shift in [2, 62]"));
}

} // namespace
