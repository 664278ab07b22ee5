//===- ArithTest.cpp - Scalar ops, one by one -----------------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "InterpreterTest.h"
#include <cmath>
#include <limits>

using namespace qdot;
using namespace qdot::test;

namespace {

constexpr float inf = std::numeric_limits<float>::infinity();
const float nan32 = std::numeric_limits<float>::quiet_NaN();

class Arith : public InterpreterTest {
protected:
  /// `op` on two operands of `type`, elementwise on vectors of values.
  std::string binary(const std::string &op, const std::string &type,
                     size_t count, const std::string &resultType = "") {
    std::string tensor = "tensor<" + std::to_string(count) + "x" + type + ">";
    std::string result =
        resultType.empty()
            ? tensor
            : "tensor<" + std::to_string(count) + "x" + resultType + ">";
    return "func.func @main(%a: " + tensor + ", %b: " + tensor + ") -> " +
           result + " {\n  %r = " + op + " %a, %b : " + tensor +
           "\n  return %r : " + result + "\n}";
  }
  std::string cast(const std::string &op, const std::string &from,
                   const std::string &to, size_t count) {
    std::string source = "tensor<" + std::to_string(count) + "x" + from + ">";
    std::string target = "tensor<" + std::to_string(count) + "x" + to + ">";
    return "func.func @main(%a: " + source + ") -> " + target +
           " {\n  %r = " + op + " %a : " + source + " to " + target +
           "\n  return %r : " + target + "\n}";
  }
  std::vector<int8_t> onI8(const std::string &op, std::vector<int8_t> a,
                           std::vector<int8_t> b) {
    int64_t count = int64_t(a.size());
    Tensors results =
        run(binary(op, "i8", a.size()), {i8({count}, a), i8({count}, b)});
    return results.empty() ? std::vector<int8_t>()
                           : results[0].values<int8_t>();
  }
  std::vector<float> onF32(const std::string &op, std::vector<float> a,
                           std::vector<float> b) {
    int64_t count = int64_t(a.size());
    Tensors results =
        run(binary(op, "f32", a.size()), {f32({count}, a), f32({count}, b)});
    return results.empty() ? std::vector<float>() : results[0].values<float>();
  }
  std::vector<float> onF32(const std::string &op, std::vector<float> a) {
    std::string tensor = "tensor<" + std::to_string(a.size()) + "xf32>";
    Tensors results = run("func.func @main(%a: " + tensor + ") -> " + tensor +
                              " {\n %r = " + op + " %a : " + tensor +
                              "\n return %r : " + tensor + "\n}",
                          {f32({int64_t(a.size())}, a)});
    return results.empty() ? std::vector<float>() : results[0].values<float>();
  }
};

using Bytes = std::vector<int8_t>;
using Floats = std::vector<float>;

TEST_F(Arith, IntegersWrap) {
  EXPECT_EQ(onI8("arith.addi", {127, -128, 5}, {1, -1, -7}),
            (Bytes{-128, 127, -2}));
  EXPECT_EQ(onI8("arith.subi", {-128, 127, 5}, {1, -1, 7}),
            (Bytes{127, -128, -2}));
  EXPECT_EQ(onI8("arith.muli", {64, -128, -7}, {2, -1, 3}),
            (Bytes{-128, -128, -21}));
}

TEST_F(Arith, BitsAndShifts) {
  EXPECT_EQ(onI8("arith.andi", {0x5A}, {0x0F}), (Bytes{0x0A}));
  EXPECT_EQ(onI8("arith.ori", {0x50}, {0x0F}), (Bytes{0x5F}));
  EXPECT_EQ(onI8("arith.xori", {-1}, {0x0F}), (Bytes{-16}));
  EXPECT_EQ(onI8("arith.shli", {-127, 3, 1}, {1, 4, 9}), (Bytes{2, 48, 0}));
  EXPECT_EQ(onI8("arith.shrui", {-128, -1, 64, -1}, {7, 1, 3, 8}),
            (Bytes{1, 127, 8, 0}));
  EXPECT_EQ(onI8("arith.shrsi", {-128, -1, 64, -5}, {7, 1, 3, 100}),
            (Bytes{-1, -1, 8, -1}));
}

TEST_F(Arith, Divisions) {
  Bytes a = {7, -7, 7, -7, 8, -128}, b = {2, 2, -2, -2, 4, 3};
  EXPECT_EQ(onI8("arith.divsi", a, b), (Bytes{3, -3, -3, 3, 2, -42}));
  EXPECT_EQ(onI8("arith.remsi", a, b), (Bytes{1, -1, 1, -1, 0, -2}));
  EXPECT_EQ(onI8("arith.floordivsi", a, b), (Bytes{3, -4, -4, 3, 2, -43}));
  EXPECT_EQ(onI8("arith.ceildivsi", a, b), (Bytes{4, -3, -3, 4, 2, -42}));
  Bytes c = {-1, 7, -128}, d = {2, -1, 3}; // 255/2, 7/255, 128/3
  EXPECT_EQ(onI8("arith.divui", c, d), (Bytes{127, 0, 42}));
  EXPECT_EQ(onI8("arith.remui", c, d), (Bytes{1, 7, 2}));
  EXPECT_EQ(onI8("arith.ceildivui", c, d), (Bytes{-128, 1, 43}));
}

TEST_F(Arith, IntegerMinMax) {
  Bytes a = {-1, 5}, b = {1, -5};
  EXPECT_EQ(onI8("arith.maxsi", a, b), (Bytes{1, 5}));
  EXPECT_EQ(onI8("arith.minsi", a, b), (Bytes{-1, -5}));
  EXPECT_EQ(onI8("arith.maxui", a, b), (Bytes{-1, -5}));
  EXPECT_EQ(onI8("arith.minui", a, b), (Bytes{1, 5}));
}

TEST_F(Arith, EveryIntegerPredicate) {
  Bytes a = {3, 3, -1, 1}, b = {3, 5, 1, -1};
  const std::pair<const char *, Bytes> expected[] = {
      {"eq", {1, 0, 0, 0}},  {"ne", {0, 1, 1, 1}},  {"slt", {0, 1, 1, 0}},
      {"sle", {1, 1, 1, 0}}, {"sgt", {0, 0, 0, 1}}, {"sge", {1, 0, 0, 1}},
      {"ult", {0, 1, 0, 1}}, {"ule", {1, 1, 0, 1}}, {"ugt", {0, 0, 1, 0}},
      {"uge", {1, 0, 1, 0}}};
  for (const auto &[predicate, result] : expected)
    EXPECT_EQ(
        run(binary(std::string("arith.cmpi ") + predicate + ",", "i8", 4, "i1"),
            {i8({4}, a), i8({4}, b)})[0],
        i1({4}, result))
        << predicate;
}

TEST_F(Arith, EveryFloatPredicate) {
  Floats a = {1, 1, 2, nan32}, b = {1, 2, 1, 1}; // equal, less, greater, NaN
  const std::pair<const char *, Bytes> expected[] = {
      {"false", {0, 0, 0, 0}}, {"oeq", {1, 0, 0, 0}}, {"ogt", {0, 0, 1, 0}},
      {"oge", {1, 0, 1, 0}},   {"olt", {0, 1, 0, 0}}, {"ole", {1, 1, 0, 0}},
      {"one", {0, 1, 1, 0}},   {"ord", {1, 1, 1, 0}}, {"ueq", {1, 0, 0, 1}},
      {"ugt", {0, 0, 1, 1}},   {"uge", {1, 0, 1, 1}}, {"ult", {0, 1, 0, 1}},
      {"ule", {1, 1, 0, 1}},   {"une", {0, 1, 1, 1}}, {"uno", {0, 0, 0, 1}},
      {"true", {1, 1, 1, 1}}};
  for (const auto &[predicate, result] : expected)
    EXPECT_EQ(run(binary(std::string("arith.cmpf ") + predicate + ",", "f32", 4,
                         "i1"),
                  {f32({4}, a), f32({4}, b)})[0],
              i1({4}, result))
        << predicate;
}

TEST_F(Arith, FloatOperations) {
  EXPECT_EQ(onF32("arith.addf", {0.1f}, {0.2f}), (Floats{0.1f + 0.2f}));
  EXPECT_EQ(onF32("arith.subf", {0.1f}, {0.3f}), (Floats{0.1f - 0.3f}));
  EXPECT_EQ(onF32("arith.mulf", {0.1f}, {0.3f}), (Floats{0.1f * 0.3f}));
  EXPECT_EQ(onF32("arith.divf", {1.0f, 1.0f}, {3.0f, 0.0f}),
            (Floats{1.0f / 3.0f, inf}));
  EXPECT_EQ(onF32("arith.remf", {-7.5f}, {2.0f}), (Floats{-1.5f}));
  EXPECT_EQ(onF32("arith.negf", {2.5f}), (Floats{-2.5f}));
}

TEST_F(Arith, MinMaxOfNanAndSignedZero) {
  Floats a = {1, nan32, 1, 0.0f, -0.0f}, b = {2, 1, nan32, -0.0f, 0.0f};
  Floats maximum = onF32("arith.maximumf", a, b);
  EXPECT_EQ(maximum[0], 2);
  EXPECT_TRUE(std::isnan(maximum[1]) && std::isnan(maximum[2]));
  EXPECT_FALSE(std::signbit(maximum[3]) || std::signbit(maximum[4]));
  Floats minimum = onF32("arith.minimumf", a, b);
  EXPECT_EQ(minimum[0], 1);
  EXPECT_TRUE(std::isnan(minimum[1]) && std::isnan(minimum[2]));
  EXPECT_TRUE(std::signbit(minimum[3]) && std::signbit(minimum[4]));
  Floats maxnum = onF32("arith.maxnumf", a, b);
  EXPECT_EQ(maxnum[1], 1);
  EXPECT_EQ(maxnum[2], 1);
  Floats minnum = onF32("arith.minnumf", a, b);
  EXPECT_EQ(minnum[0], 1);
  EXPECT_EQ(minnum[1], 1);
  EXPECT_EQ(minnum[2], 1);
}

TEST_F(Arith, IntegerCasts) {
  EXPECT_EQ(run(cast("arith.extsi", "i8", "i32", 2), {i8({2}, {-1, 7})})[0],
            i32({2}, {-1, 7}));
  EXPECT_EQ(run(cast("arith.extui", "i8", "i32", 2), {i8({2}, {-1, 7})})[0],
            i32({2}, {255, 7}));
  EXPECT_EQ(run(cast("arith.extui", "i1", "i8", 2), {i1({2}, {1, 0})})[0],
            i8({2}, {1, 0}));
  EXPECT_EQ(run(cast("arith.extsi", "i1", "i8", 2), {i1({2}, {1, 0})})[0],
            i8({2}, {-1, 0}));
  EXPECT_EQ(
      run(cast("arith.trunci", "i32", "i8", 2), {i32({2}, {300, -129})})[0],
      i8({2}, {44, 127}));
  EXPECT_EQ(run(cast("arith.index_cast", "i8", "index", 1), {i8({1}, {-5})})[0],
            indices({1}, {-5}));
  EXPECT_EQ(
      run(cast("arith.index_castui", "i8", "index", 1), {i8({1}, {-5})})[0],
      indices({1}, {251}));
  EXPECT_EQ(run(cast("arith.index_cast", "index", "i16", 1),
                {indices({1}, {65537})})[0],
            i16({1}, {1}));
}

TEST_F(Arith, FloatCasts) {
  EXPECT_EQ(run(cast("arith.sitofp", "i8", "f32", 2), {i8({2}, {-128, 7})})[0],
            f32({2}, {-128, 7}));
  EXPECT_EQ(run(cast("arith.uitofp", "i8", "f32", 2), {i8({2}, {-128, 7})})[0],
            f32({2}, {128, 7}));
  EXPECT_EQ(run(cast("arith.sitofp", "i32", "f32", 2),
                {i32({2}, {16777217, 16777219})})[0],
            f32({2}, {16777216.0f, 16777220.0f}));
  EXPECT_EQ(
      run(cast("arith.fptosi", "f32", "i8", 7),
          {f32({7}, {-1.9f, 1.9f, 127.9f, 128, -128.9f, -inf, nan32})})[0],
      i8({7}, {-1, 1, 127, 127, -128, -128, 0}));
  EXPECT_EQ(run(cast("arith.fptoui", "f32", "i8", 5),
                {f32({5}, {-1.9f, 255.9f, 256, inf, nan32})})[0],
            i8({5}, {0, -1, -1, -1, 0}));
  EXPECT_EQ(run(cast("arith.fptosi", "f64", "i64", 3),
                {f64({3}, {1e30, -1e30, 3e9})})[0],
            i64({3}, {INT64_MAX, INT64_MIN, 3000000000}));
  EXPECT_EQ(run(cast("arith.extf", "f32", "f64", 1), {f32({1}, {0.1f})})[0],
            f64({1}, {double(0.1f)}));
  EXPECT_EQ(run(cast("arith.truncf", "f64", "f32", 1), {f64({1}, {0.1})})[0],
            f32({1}, {0.1f}));
  EXPECT_EQ(
      run(cast("arith.bitcast", "f32", "i32", 2), {f32({2}, {1.0f, -0.0f})})[0],
      i32({2}, {0x3F800000, INT32_MIN}));
  EXPECT_EQ(
      run(cast("arith.bitcast", "i32", "f32", 1), {i32({1}, {0x40490FDB})})[0],
      f32({1}, {3.14159274f}));
}

TEST_F(Arith, TwoResults) {
  const char *text = R"(
    func.func @main(%a: tensor<2xi8>, %b: tensor<2xi8>)
        -> (tensor<2xi8>, tensor<2xi8>, tensor<2xi8>, tensor<2xi8>,
            tensor<2xi8>, tensor<2xi1>) {
      %sl, %sh = arith.mulsi_extended %a, %b : tensor<2xi8>
      %ul, %uh = arith.mului_extended %a, %b : tensor<2xi8>
      %sum, %carry = arith.addui_extended %a, %b : tensor<2xi8>, tensor<2xi1>
      return %sl, %sh, %ul, %uh, %sum, %carry : tensor<2xi8>, tensor<2xi8>,
          tensor<2xi8>, tensor<2xi8>, tensor<2xi8>, tensor<2xi1>
    })";
  Tensors results = run(text, {i8({2}, {-128, 100}), i8({2}, {-1, 3})});
  ASSERT_EQ(results.size(), 6u);
  EXPECT_EQ(results[0], i8({2}, {-128, 44}));
  EXPECT_EQ(results[1], i8({2}, {0, 1}));
  EXPECT_EQ(results[2], i8({2}, {-128, 44})); // 128 * 255 = 0x7F80
  EXPECT_EQ(results[3], i8({2}, {127, 1}));
  EXPECT_EQ(results[4], i8({2}, {127, 103}));
  EXPECT_EQ(results[5], i1({2}, {1, 0}));
}

TEST_F(Arith, SelectByScalarAndByElement) {
  const char *text = R"(
    func.func @main(%c: i1, %cs: tensor<3xi1>, %a: tensor<3xf32>,
                    %b: tensor<3xf32>) -> (tensor<3xf32>, tensor<3xf32>) {
      %0 = arith.select %c, %a, %b : tensor<3xf32>
      %1 = arith.select %cs, %a, %b : tensor<3xi1>, tensor<3xf32>
      return %0, %1 : tensor<3xf32>, tensor<3xf32>
    })";
  Tensors results = run(text, {i1({}, {0}), i1({3}, {1, 0, 1}),
                               f32({3}, {1, 2, 3}), f32({3}, {4, 5, 6})});
  ASSERT_EQ(results.size(), 2u);
  EXPECT_EQ(results[0], f32({3}, {4, 5, 6}));
  EXPECT_EQ(results[1], f32({3}, {1, 5, 3}));
}

TEST_F(Arith, ScalarsAtFunctionLevel) {
  const char *text = R"(
    func.func @main(%a: index, %x: f32) -> (index, f32) {
      %two = arith.constant 2 : index
      %half = arith.constant 0.5 : f32
      %0 = arith.muli %a, %two : index
      %1 = arith.mulf %x, %half : f32
      return %0, %1 : index, f32
    })";
  Tensors results = run(text, {indices({}, {21}), f32({}, {3})});
  ASSERT_EQ(results.size(), 2u);
  EXPECT_EQ(results[0], indices({}, {42}));
  EXPECT_EQ(results[1], f32({}, {1.5f}));
}

TEST_F(Arith, MathIsTheF32FunctionOfLibm) {
  Floats x = {-2.5f, -0.5f, 0.0f, 0.3f, 0.9f, 1.7f, 30.0f};
  using Function = float (*)(float);
  const std::pair<const char *, Function> functions[] = {
      {"exp2", [](float x) { return std::exp2(x); }},
      {"expm1", [](float x) { return std::expm1(x); }},
      {"log", [](float x) { return std::log(x); }},
      {"log1p", [](float x) { return std::log1p(x); }},
      {"log2", [](float x) { return std::log2(x); }},
      {"log10", [](float x) { return std::log10(x); }},
      {"tanh", [](float x) { return std::tanh(x); }},
      {"erf", [](float x) { return std::erf(x); }},
      {"erfc", [](float x) { return std::erfc(x); }},
      {"sin", [](float x) { return std::sin(x); }},
      {"cos", [](float x) { return std::cos(x); }},
      {"tan", [](float x) { return std::tan(x); }},
      {"asin", [](float x) { return std::asin(x); }},
      {"acos", [](float x) { return std::acos(x); }},
      {"atan", [](float x) { return std::atan(x); }},
      {"sinh", [](float x) { return std::sinh(x); }},
      {"cosh", [](float x) { return std::cosh(x); }},
      {"asinh", [](float x) { return std::asinh(x); }},
      {"acosh", [](float x) { return std::acosh(x); }},
      {"atanh", [](float x) { return std::atanh(x); }},
      {"sqrt", [](float x) { return std::sqrt(x); }},
      {"cbrt", [](float x) { return std::cbrt(x); }},
      {"absf", [](float x) { return std::fabs(x); }},
      {"ceil", [](float x) { return std::ceil(x); }},
      {"floor", [](float x) { return std::floor(x); }},
      {"trunc", [](float x) { return std::trunc(x); }},
      {"round", [](float x) { return std::round(x); }},
      {"roundeven", [](float x) { return std::nearbyint(x); }},
      {"rsqrt", [](float x) { return 1.0f / std::sqrt(x); }}};
  for (const auto &[name, function] : functions) {
    Floats results = onF32(std::string("math.") + name, x);
    ASSERT_EQ(results.size(), x.size());
    for (size_t i = 0; i < x.size(); ++i) {
      float expected = function(x[i]);
      if (std::isnan(expected))
        EXPECT_TRUE(std::isnan(results[i])) << name << " " << x[i];
      else
        EXPECT_EQ(results[i], expected) << name << " " << x[i];
    }
  }
  EXPECT_EQ(onF32("math.powf", {2, 9}, {10, 0.5f}), (Floats{1024, 3}));
  EXPECT_EQ(onF32("math.atan2", {1}, {-1}), (Floats{std::atan2(1.0f, -1.0f)}));
  EXPECT_EQ(onF32("math.copysign", {1}, {-0.0f}), (Floats{-1}));
  EXPECT_EQ(onI8("math.ipowi", {-2, 3, 2, -1}, {7, 3, -1, -3}),
            (Bytes{-128, 27, 0, -1}));
}

TEST_F(Arith, FmaRoundsOnceAndAddOfMulTwice) {
  const char *text = R"(
    func.func @main(%a: f32, %b: f32, %c: f32) -> (f32, f32) {
      %fused = math.fma %a, %b, %c : f32
      %product = arith.mulf %a, %b : f32
      %sum = arith.addf %product, %c : f32
      return %fused, %sum : f32, f32
    })";
  float a = 1.0f + 0x1p-12f, c = -(1.0f + 0x1p-11f);
  Tensors results = run(text, {f32({}, {a}), f32({}, {a}), f32({}, {c})});
  ASSERT_EQ(results.size(), 2u);
  EXPECT_EQ(results[0], f32({}, {0x1p-24f}));
  EXPECT_EQ(results[1], f32({}, {0.0f}));
}

TEST_F(Arith, IntegerAndClassifyingMath) {
  const char *text = R"(
    func.func @main(%a: tensor<4xi8>, %x: tensor<4xf32>, %n: tensor<4xi32>)
        -> (tensor<4xi8>, tensor<4xi8>, tensor<4xi8>, tensor<4xi8>,
            tensor<4xi1>, tensor<4xi1>, tensor<4xf32>, tensor<4xf32>) {
      %0 = math.absi %a : tensor<4xi8>
      %1 = math.ctlz %a : tensor<4xi8>
      %2 = math.cttz %a : tensor<4xi8>
      %3 = math.ctpop %a : tensor<4xi8>
      %4 = math.isnan %x : tensor<4xf32>
      %5 = math.isfinite %x : tensor<4xf32>
      %6 = math.fpowi %x, %n : tensor<4xf32>, tensor<4xi32>
      %lo = arith.constant dense<-1.0> : tensor<4xf32>
      %hi = arith.constant dense<1.0> : tensor<4xf32>
      %7 = math.clampf %x to [%lo, %hi] : tensor<4xf32>
      return %0, %1, %2, %3, %4, %5, %6, %7 : tensor<4xi8>, tensor<4xi8>,
          tensor<4xi8>, tensor<4xi8>, tensor<4xi1>, tensor<4xi1>,
          tensor<4xf32>, tensor<4xf32>
    })";
  Tensors results =
      run(text, {i8({4}, {-128, -1, 0, 12}), f32({4}, {nan32, inf, -3, 0.5f}),
                 i32({4}, {0, 2, 3, -2})});
  ASSERT_EQ(results.size(), 8u);
  EXPECT_EQ(results[0], i8({4}, {-128, 1, 0, 12}));
  EXPECT_EQ(results[1], i8({4}, {0, 0, 8, 4}));
  EXPECT_EQ(results[2], i8({4}, {7, 0, 8, 2}));
  EXPECT_EQ(results[3], i8({4}, {1, 8, 0, 2}));
  EXPECT_EQ(results[4], i1({4}, {1, 0, 0, 0}));
  EXPECT_EQ(results[5], i1({4}, {0, 0, 1, 1}));
  EXPECT_EQ(results[6], f32({4}, {1, inf, -27, 4}));
  EXPECT_EQ(results[7].values<float>()[2], -1);
}

} // namespace
