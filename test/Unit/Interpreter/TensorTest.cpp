//===- TensorTest.cpp - Ops of the tensor dialect, constants, calls -------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "InterpreterTest.h"

using namespace qdot;
using namespace qdot::test;

namespace {

class TensorOps : public InterpreterTest {};

TEST_F(TensorOps, Pad) {
  const char *text = R"(
    func.func @main(%a: tensor<2x2xi8>, %z: i8, %high: index)
        -> (tensor<3x?xi8>, tensor<3x2xindex>) {
      %0 = tensor.pad %a low[1, 2] high[0, %high] {
        ^bb0(%i: index, %j: index):
          tensor.yield %z : i8
      } : tensor<2x2xi8> to tensor<3x?xi8>
      %1 = tensor.generate {
        ^bb0(%i: index, %j: index):
          %c10 = arith.constant 10 : index
          %x = arith.muli %i, %c10 : index
          %y = arith.addi %x, %j : index
          tensor.yield %y : index
      } : tensor<3x2xindex>
      return %0, %1 : tensor<3x?xi8>, tensor<3x2xindex>
    })";
  Tensors results =
      run(text, {i8({2, 2}, {1, 2, 3, 4}), i8({}, {-7}), indices({}, {1})});
  ASSERT_EQ(results.size(), 2u);
  EXPECT_EQ(results[0], i8({3, 5}, {-7, -7, -7, -7, -7, -7, -7, 1, 2, -7, -7,
                                    -7, 3, 4, -7}));
  EXPECT_EQ(results[1], indices({3, 2}, {0, 1, 10, 11, 20, 21}));
}

TEST_F(TensorOps, Slices) {
  const char *text = R"(
    func.func @main(%a: tensor<4x6xf32>, %b: tensor<2x2xf32>, %o: index)
        -> (tensor<2x3xf32>, tensor<3xf32>, tensor<4x6xf32>, tensor<4x6xf32>) {
      %0 = tensor.extract_slice %a[%o, 0] [2, 3] [2, 2]
          : tensor<4x6xf32> to tensor<2x3xf32>
      %1 = tensor.extract_slice %a[2, 1] [1, 3] [1, 1]
          : tensor<4x6xf32> to tensor<3xf32>
      %2 = tensor.insert_slice %b into %a[%o, 1] [2, 2] [2, 3]
          : tensor<2x2xf32> into tensor<4x6xf32>
      %3 = tensor.insert_slice %1 into %a[0, 0] [3, 1] [1, 1]
          : tensor<3xf32> into tensor<4x6xf32>
      return %0, %1, %2, %3 : tensor<2x3xf32>, tensor<3xf32>,
          tensor<4x6xf32>, tensor<4x6xf32>
    })";
  std::vector<float> a = iota(24);
  Tensors results = run(
      text, {f32({4, 6}, a), f32({2, 2}, {-1, -2, -3, -4}), indices({}, {1})});
  ASSERT_EQ(results.size(), 4u);
  EXPECT_EQ(results[0], f32({2, 3}, {7, 9, 11, 19, 21, 23}));
  EXPECT_EQ(results[1], f32({3}, {14, 15, 16}));
  std::vector<float> inserted = a;
  inserted[7] = -1, inserted[10] = -2, inserted[19] = -3, inserted[22] = -4;
  EXPECT_EQ(results[2], f32({4, 6}, inserted));
  std::vector<float> column = a;
  column[0] = 14, column[6] = 15, column[12] = 16;
  EXPECT_EQ(results[3], f32({4, 6}, column));
}

TEST_F(TensorOps, Concat) {
  const char *text = R"(
    func.func @main(%a: tensor<2x1xi16>, %b: tensor<2x?xi16>)
        -> (tensor<2x?xi16>, tensor<4x1xi16>) {
      %0 = tensor.concat dim(1) %a, %b : (tensor<2x1xi16>, tensor<2x?xi16>) -> tensor<2x?xi16>
      %1 = tensor.concat dim(0) %a, %a : (tensor<2x1xi16>, tensor<2x1xi16>) -> tensor<4x1xi16>
      return %0, %1 : tensor<2x?xi16>, tensor<4x1xi16>
    })";
  Tensors results = run(text, {i16({2, 1}, {1, 2}), i16({2, 2}, {3, 4, 5, 6})});
  ASSERT_EQ(results.size(), 2u);
  EXPECT_EQ(results[0], i16({2, 3}, {1, 3, 4, 2, 5, 6}));
  EXPECT_EQ(results[1], i16({4, 1}, {1, 2, 1, 2}));
}

TEST_F(TensorOps, Reshapes) {
  const char *text = R"(
    func.func @main(%a: tensor<?x4xf32>, %n: index, %s: tensor<2xindex>)
        -> (tensor<?xf32>, tensor<?x2x2xf32>, tensor<?x?xf32>) {
      %0 = tensor.collapse_shape %a [[0, 1]] : tensor<?x4xf32> into tensor<?xf32>
      %1 = tensor.expand_shape %a [[0], [1, 2]] output_shape [%n, 2, 2]
          : tensor<?x4xf32> into tensor<?x2x2xf32>
      %2 = tensor.reshape %a(%s)
          : (tensor<?x4xf32>, tensor<2xindex>) -> tensor<?x?xf32>
      return %0, %1, %2 : tensor<?xf32>, tensor<?x2x2xf32>, tensor<?x?xf32>
    })";
  Tensors results = run(
      text, {f32({3, 4}, iota(12)), indices({}, {3}), indices({2}, {2, 6})});
  ASSERT_EQ(results.size(), 3u);
  EXPECT_EQ(results[0], f32({12}, iota(12)));
  EXPECT_EQ(results[1], f32({3, 2, 2}, iota(12)));
  EXPECT_EQ(results[2], f32({2, 6}, iota(12)));
}

TEST_F(TensorOps, Gather) {
  const char *text = R"(
    func.func @main(%a: tensor<3x2xf32>, %rows: tensor<2x2x1xindex>,
                    %points: tensor<2x2xi32>)
        -> (tensor<2x2x2xf32>, tensor<2x2x1x2xf32>, tensor<2xf32>,
            tensor<2x1x3x1xf32>) {
      %0 = tensor.gather %a[%rows] gather_dims([0])
          : (tensor<3x2xf32>, tensor<2x2x1xindex>) -> tensor<2x2x2xf32>
      %1 = tensor.gather %a[%rows] gather_dims([0])
          : (tensor<3x2xf32>, tensor<2x2x1xindex>) -> tensor<2x2x1x2xf32>
      %2 = tensor.gather %a[%points] gather_dims([0, 1])
          : (tensor<3x2xf32>, tensor<2x2xi32>) -> tensor<2xf32>
      %c = arith.constant dense<[[[1]], [[0]]]> : tensor<2x1x1xi8>
      %3 = tensor.gather %a[%c] gather_dims([1])
          : (tensor<3x2xf32>, tensor<2x1x1xi8>) -> tensor<2x1x3x1xf32>
      return %0, %1, %2, %3 : tensor<2x2x2xf32>, tensor<2x2x1x2xf32>,
          tensor<2xf32>, tensor<2x1x3x1xf32>
    })";
  Tensors results =
      run(text, {f32({3, 2}, iota(6)), indices({2, 2, 1}, {2, 0, 1, 2}),
                 i32({2, 2}, {0, 1, 2, 0})});
  ASSERT_EQ(results.size(), 4u);
  EXPECT_EQ(results[0], f32({2, 2, 2}, {5, 6, 1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(results[1], f32({2, 2, 1, 2}, {5, 6, 1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(results[2], f32({2}, {2, 5}));
  EXPECT_EQ(results[3], f32({2, 1, 3, 1}, {2, 4, 6, 1, 3, 5}));
}

TEST_F(TensorOps, ElementsDimsAndCasts) {
  const char *text = R"(
    func.func @main(%a: tensor<2x?xf32>, %i: index)
        -> (tensor<3xf32>, tensor<2x2xf32>, index, tensor<2x3xf32>, f32,
            tensor<2x?xf32>, tensor<2xui8>) {
      %c0 = arith.constant 0 : index
      %c1 = arith.constant 1 : index
      %x = tensor.extract %a[%c1, %i] : tensor<2x?xf32>
      %y = tensor.extract %a[%c0, %c0] : tensor<2x?xf32>
      %0 = tensor.from_elements %x, %y, %x : tensor<3xf32>
      %1 = tensor.splat %x : tensor<2x2xf32>
      %2 = tensor.dim %a, %c1 : tensor<2x?xf32>
      %3 = tensor.cast %a : tensor<2x?xf32> to tensor<2x3xf32>
      %4 = tensor.insert %y into %a[%c1, %i] : tensor<2x?xf32>
      %5 = arith.constant dense<[-1, 5]> : tensor<2xi8>
      %6 = tensor.bitcast %5 : tensor<2xi8> to tensor<2xui8>
      return %0, %1, %2, %3, %x, %4, %6 : tensor<3xf32>, tensor<2x2xf32>,
          index, tensor<2x3xf32>, f32, tensor<2x?xf32>, tensor<2xui8>
    })";
  Tensors results = run(text, {f32({2, 3}, iota(6)), indices({}, {2})});
  ASSERT_EQ(results.size(), 7u);
  EXPECT_EQ(results[0], f32({3}, {6, 1, 6}));
  EXPECT_EQ(results[1], f32({2, 2}, {6, 6, 6, 6}));
  EXPECT_EQ(results[2], indices({}, {3}));
  EXPECT_EQ(results[3], f32({2, 3}, iota(6)));
  EXPECT_EQ(results[4], f32({}, {6}));
  EXPECT_EQ(results[5], f32({2, 3}, {1, 2, 3, 4, 5, 1}));
  EXPECT_EQ(results[6], u8({2}, {255, 5}));
}

TEST_F(TensorOps, Constants) {
  const char *text = R"(
    func.func @main() -> (tensor<2x2xf32>, tensor<3xi8>, tensor<3xi1>,
                          tensor<2xf32>, tensor<2xi64>, tensor<2xindex>,
                          tensor<0xf32>, tensor<2xf64>, tensor<2xf32>) {
      %0 = arith.constant dense<1.5> : tensor<2x2xf32>
      %1 = arith.constant dense<[-128, 0, 127]> : tensor<3xi8>
      %2 = arith.constant dense<[true, false, true]> : tensor<3xi1>
      %3 = arith.constant dense_resource<blob> : tensor<2xf32>
      %4 = arith.constant dense<[-1, 9000000000]> : tensor<2xi64>
      %5 = arith.constant dense<7> : tensor<2xindex>
      %6 = arith.constant dense<> : tensor<0xf32>
      %7 = arith.constant dense<[0.1, 0.2]> : tensor<2xf64>
      %8 = arith.constant dense<"0x0000803F000000C0"> : tensor<2xf32>
      return %0, %1, %2, %3, %4, %5, %6, %7, %8 : tensor<2x2xf32>,
          tensor<3xi8>, tensor<3xi1>, tensor<2xf32>, tensor<2xi64>,
          tensor<2xindex>, tensor<0xf32>, tensor<2xf64>, tensor<2xf32>
    }
    {-# dialect_resources: { builtin: {
      blob: "0x040000000000803F000000C0"
    } } #-})";
  Tensors results = run(text, {});
  ASSERT_EQ(results.size(), 9u);
  EXPECT_EQ(results[0], f32({2, 2}, {1.5f, 1.5f, 1.5f, 1.5f}));
  EXPECT_EQ(results[1], i8({3}, {-128, 0, 127}));
  EXPECT_EQ(results[2], i1({3}, {1, 0, 1}));
  EXPECT_EQ(results[3], f32({2}, {1, -2}));
  EXPECT_EQ(results[4], i64({2}, {-1, 9000000000}));
  EXPECT_EQ(results[5], indices({2}, {7, 7}));
  EXPECT_EQ(results[6], f32({0}, {}));
  EXPECT_EQ(results[7], f64({2}, {0.1, 0.2}));
  EXPECT_EQ(results[8], f32({2}, {1, -2}));
}

TEST_F(TensorOps, CallsAndValuesWithSeveralUses) {
  const char *text = R"(
    func.func private @twice(%a: tensor<2xf32>) -> tensor<2xf32> {
      %0 = arith.addf %a, %a : tensor<2xf32>
      return %0 : tensor<2xf32>
    }
    func.func @main(%a: tensor<2xf32>) -> (tensor<2xf32>, tensor<2xf32>) {
      %0 = call @twice(%a) : (tensor<2xf32>) -> tensor<2xf32>
      %1 = call @twice(%0) : (tensor<2xf32>) -> tensor<2xf32>
      %2 = arith.mulf %0, %1 : tensor<2xf32>
      return %2, %1 : tensor<2xf32>, tensor<2xf32>
    })";
  Tensors results = run(text, {f32({2}, {1, 3})});
  ASSERT_EQ(results.size(), 2u);
  EXPECT_EQ(results[0], f32({2}, {8, 72}));
  EXPECT_EQ(results[1], f32({2}, {4, 12}));
}

TEST_F(TensorOps, EveryResultIsReported) {
  parse(R"(
    func.func @main(%a: tensor<2xf32>) -> tensor<2xf32> {
      %0 = arith.negf %a : tensor<2xf32>
      %1 = arith.addf %0, %0 : tensor<2xf32>
      return %1 : tensor<2xf32>
    })");
  std::vector<std::pair<std::string, std::vector<float>>> seen;
  interpreter->onResult([&](mlir::Operation *op, unsigned,
                            const HostTensor &value) {
    seen.push_back({op->getName().getStringRef().str(), value.values<float>()});
  });
  ASSERT_TRUE(bool(interpreter->call("main", {f32({2}, {1, -3})})));
  using Seen = std::pair<std::string, std::vector<float>>;
  EXPECT_THAT(seen, ::testing::ElementsAre(Seen{"arith.negf", {-1, 3}},
                                           Seen{"arith.addf", {-2, 6}}));
}

} // namespace
