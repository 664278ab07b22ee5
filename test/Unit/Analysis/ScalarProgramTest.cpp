//===- ScalarProgramTest.cpp - Host evaluation of scalar bodies -----------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ParsedModule.h"
#include "qdot/Analysis/ScalarAnalysis.h"
#include "gtest/gtest.h"
#include <cfloat>
#include <cmath>
#include <cstring>
#include <random>

using namespace mlir;
using namespace qdot;

namespace {

/// f32 values of every magnitude, from random bits, and the special ones.
std::vector<float> createSamples() {
  std::vector<float> samples{0.0f,        -0.0f,         1.0f,       -1.0f,
                             0.5f,        1.5f,          2.5f,       -0.5f,
                             -2.5f,       FLT_MAX,       -FLT_MAX,   FLT_MIN,
                             FLT_MIN / 2, 1e-45f,        -1e-45f,    INFINITY,
                             -INFINITY,   std::nanf(""), 16777216.0f};
  std::mt19937 random(1);
  for (int i = 0; i < 20000; ++i) {
    uint32_t bits = random();
    float value;
    std::memcpy(&value, &bits, sizeof(value));
    samples.push_back(value);
  }
  return samples;
}

bool sameValue(float a, float b) {
  if (std::isnan(a) || std::isnan(b))
    return std::isnan(a) && std::isnan(b);
  return std::memcmp(&a, &b, sizeof(a)) == 0;
}

/// Compares a body with a reference on all samples.
void expectEqual(const std::string &body, float (*reference)(float)) {
  test::ParsedModule module(test::makeUnary(body));
  ASSERT_TRUE(module);
  FailureOr<UnaryFunction> function =
      UnaryFunction::get(module.getLastLinalgOp());
  ASSERT_TRUE(succeeded(function)) << body;
  for (float x : createSamples()) {
    FailureOr<float> value = function->evaluate(x);
    ASSERT_TRUE(succeeded(value)) << body << " at " << x;
    ASSERT_TRUE(sameValue(*value, reference(x)))
        << body << " at " << x << ": " << *value << ", not " << reference(x);
  }
}

TEST(ScalarProgram, BasicArithmeticIsThatOfF32) {
  std::string three = "%c = arith.constant 3.1415927 : f32\n";
  expectEqual(three + "%r = arith.addf %a, %c : f32",
              [](float x) { return x + 3.1415927f; });
  expectEqual(three + "%r = arith.subf %c, %a : f32",
              [](float x) { return 3.1415927f - x; });
  expectEqual(three + "%r = arith.mulf %a, %c : f32",
              [](float x) { return x * 3.1415927f; });
  expectEqual(three + "%r = arith.divf %a, %c : f32",
              [](float x) { return x / 3.1415927f; });
  expectEqual(three + "%r = arith.divf %c, %a : f32",
              [](float x) { return 3.1415927f / x; });
  expectEqual(three + "%r = arith.remf %a, %c : f32",
              [](float x) { return std::fmod(x, 3.1415927f); });
  expectEqual("%r = arith.mulf %a, %a : f32", [](float x) { return x * x; });
  expectEqual("%r = math.sqrt %a : f32", [](float x) { return std::sqrt(x); });
  expectEqual(three + "%r = math.fma %a, %a, %c : f32",
              [](float x) { return std::fma(x, x, 3.1415927f); });
}

TEST(ScalarProgram, EachStepRounds) {
  expectEqual(R"(%c = arith.constant 16777216.0 : f32
                 %s = arith.addf %a, %c : f32
                 %r = arith.subf %s, %c : f32)",
              [](float x) {
                volatile float sum = x + 16777216.0f;
                return sum - 16777216.0f;
              });
  expectEqual(R"(%w = arith.extf %a : f32 to f64
                 %c = arith.constant 0.1 : f64
                 %s = arith.mulf %w, %c : f64
                 %r = arith.truncf %s : f64 to f32)",
              [](float x) { return static_cast<float>(x * 0.1); });
}

TEST(ScalarProgram, RoundingFunctions) {
  expectEqual("%r = math.roundeven %a : f32",
              [](float x) { return std::nearbyint(x); });
  expectEqual("%r = math.round %a : f32",
              [](float x) { return std::round(x); });
  expectEqual("%r = math.floor %a : f32",
              [](float x) { return std::floor(x); });
  expectEqual("%r = math.ceil %a : f32", [](float x) { return std::ceil(x); });
  expectEqual("%r = math.trunc %a : f32",
              [](float x) { return std::trunc(x); });
}

TEST(ScalarProgram, TranscendentalsAreRoundedFromF64) {
  expectEqual("%r = math.exp %a : f32", [](float x) {
    return static_cast<float>(std::exp(static_cast<double>(x)));
  });
  expectEqual("%r = math.tanh %a : f32", [](float x) {
    return static_cast<float>(std::tanh(static_cast<double>(x)));
  });
  expectEqual("%r = math.erf %a : f32", [](float x) {
    return static_cast<float>(std::erf(static_cast<double>(x)));
  });
  expectEqual("%r = math.rsqrt %a : f32", [](float x) {
    return static_cast<float>(1.0 / std::sqrt(static_cast<double>(x)));
  });
}

TEST(ScalarProgram, MaximaAndMinima) {
  std::string half = "%c = arith.constant 0.5 : f32\n";
  expectEqual(half + "%r = arith.maximumf %a, %c : f32",
              [](float x) { return std::isnan(x) ? x : std::max(x, 0.5f); });
  expectEqual(half + "%r = arith.minnumf %a, %c : f32",
              [](float x) { return std::isnan(x) ? 0.5f : std::min(x, 0.5f); });
  expectEqual("%z = arith.constant -0.0 : f32\n"
              "%r = arith.maximumf %z, %a : f32",
              [](float x) {
                return std::isnan(x) ? x : x == 0.0f ? x : std::max(x, -0.0f);
              });
}

TEST(ScalarProgram, EveryComparison) {
  struct Case {
    const char *name;
    bool less, equal, greater, unordered;
  };
  const Case cases[] = {
      {"false", false, false, false, false}, {"oeq", false, true, false, false},
      {"ogt", false, false, true, false},    {"oge", false, true, true, false},
      {"olt", true, false, false, false},    {"ole", true, true, false, false},
      {"one", true, false, true, false},     {"ord", true, true, true, false},
      {"ueq", false, true, false, true},     {"ugt", false, false, true, true},
      {"uge", false, true, true, true},      {"ult", true, false, false, true},
      {"ule", true, true, false, true},      {"une", true, false, true, true},
      {"uno", false, false, false, true},    {"true", true, true, true, true}};
  for (const Case &c : cases) {
    test::ParsedModule module(test::makeUnary(
        std::string("%c = arith.constant 1.0 : f32\n%b = arith.cmpf ") +
        c.name + ", %a, %c : f32\n%r = arith.uitofp %b : i1 to f32"));
    linalg::LinalgOp op = module.getLastLinalgOp();
    EXPECT_EQ(*evaluateUnary(op, 0.5f), c.less) << c.name;
    EXPECT_EQ(*evaluateUnary(op, 1.0f), c.equal) << c.name;
    EXPECT_EQ(*evaluateUnary(op, 1.5f), c.greater) << c.name;
    EXPECT_EQ(*evaluateUnary(op, std::nanf("")), c.unordered) << c.name;
  }
}

/// The result of an i8 body (on %i, yielding %j) for one number.
FailureOr<float> evaluateInteger(const std::string &body, float x) {
  test::ParsedModule module(
      test::makeUnary("%i = arith.fptosi %a : f32 to i8\n" + body +
                      "\n%r = arith.sitofp %j : i8 to f32"));
  EXPECT_TRUE(module) << body;
  return evaluateUnary(module.getLastLinalgOp(), x);
}

/// Compares an i8 body (on %i and the constant %c = 100, yielding %j) with a
/// reference on all 256 numbers.
void expectIntegers(const std::string &body, int (*reference)(int)) {
  test::ParsedModule module(test::makeUnary(
      "%i = arith.fptosi %a : f32 to i8\n%c = arith.constant 100 : i8\n"
      "%two = arith.constant 2 : i8\n" +
      body + "\n%r = arith.sitofp %j : i8 to f32"));
  ASSERT_TRUE(module) << body;
  FailureOr<UnaryFunction> function =
      UnaryFunction::get(module.getLastLinalgOp());
  ASSERT_TRUE(succeeded(function)) << body;
  for (int x = -128; x <= 127; ++x)
    EXPECT_EQ(*function->evaluate(x), static_cast<int8_t>(reference(x)))
        << body << " at " << x;
}

int asUnsigned(int x) { return static_cast<uint8_t>(x); }

TEST(ScalarProgram, IntegersWrapToTheirWidth) {
  expectIntegers("%j = arith.addi %i, %c : i8", [](int x) { return x + 100; });
  expectIntegers("%j = arith.muli %i, %c : i8", [](int x) { return x * 100; });
  expectIntegers("%j = arith.subi %c, %i : i8", [](int x) { return 100 - x; });
  expectIntegers("%j = arith.shli %i, %two : i8", [](int x) { return x * 4; });
  expectIntegers("%j = math.absi %i : i8", [](int x) { return std::abs(x); });
}

TEST(ScalarProgram, IntegerDivisions) {
  expectIntegers("%j = arith.divsi %i, %c : i8", [](int x) { return x / 100; });
  expectIntegers("%j = arith.remsi %i, %c : i8", [](int x) { return x % 100; });
  expectIntegers("%j = arith.divui %i, %c : i8",
                 [](int x) { return asUnsigned(x) / 100; });
  expectIntegers("%j = arith.remui %i, %c : i8",
                 [](int x) { return asUnsigned(x) % 100; });
  expectIntegers("%j = arith.floordivsi %i, %c : i8",
                 [](int x) { return int(std::floor(x / 100.0)); });
  expectIntegers("%j = arith.ceildivsi %i, %c : i8",
                 [](int x) { return int(std::ceil(x / 100.0)); });
  expectIntegers("%j = arith.ceildivui %i, %c : i8",
                 [](int x) { return int(std::ceil(asUnsigned(x) / 100.0)); });
}

TEST(ScalarProgram, IntegerOrderAndBits) {
  expectIntegers("%j = arith.maxsi %i, %c : i8",
                 [](int x) { return std::max(x, 100); });
  expectIntegers("%j = arith.minsi %i, %c : i8",
                 [](int x) { return std::min(x, 100); });
  expectIntegers("%j = arith.maxui %i, %c : i8",
                 [](int x) { return std::max(asUnsigned(x), 100); });
  expectIntegers("%j = arith.minui %i, %c : i8",
                 [](int x) { return std::min(asUnsigned(x), 100); });
  expectIntegers("%j = arith.andi %i, %c : i8", [](int x) { return x & 100; });
  expectIntegers("%j = arith.ori %i, %c : i8", [](int x) { return x | 100; });
  expectIntegers("%j = arith.xori %i, %c : i8", [](int x) { return x ^ 100; });
  expectIntegers("%j = arith.shrsi %i, %two : i8",
                 [](int x) { return x >> 2; });
  expectIntegers("%j = arith.shrui %i, %two : i8",
                 [](int x) { return asUnsigned(x) >> 2; });
  expectIntegers("%b = arith.cmpi ult, %i, %c : i8\n"
                 "%j = arith.select %b, %i, %c : i8",
                 [](int x) { return asUnsigned(x) < 100 ? x : 100; });
  expectIntegers("%b = arith.cmpi slt, %i, %c : i8\n"
                 "%j = arith.select %b, %i, %c : i8",
                 [](int x) { return std::min(x, 100); });
}

TEST(ScalarProgram, ExtensionsKnowTheSign) {
  auto run = [](const std::string &body, float x) {
    test::ParsedModule module(
        test::makeUnary("%i = arith.fptosi %a : f32 to i8\n" + body));
    return *evaluateUnary(module.getLastLinalgOp(), x);
  };
  EXPECT_EQ(run("%j = arith.extui %i : i8 to i32\n"
                "%r = arith.sitofp %j : i32 to f32",
                -1.0f),
            255.0f);
  EXPECT_EQ(run("%j = arith.extsi %i : i8 to i32\n"
                "%r = arith.sitofp %j : i32 to f32",
                -1.0f),
            -1.0f);
  EXPECT_EQ(run("%r = arith.uitofp %i : i8 to f32", -1.0f), 255.0f);
  EXPECT_EQ(run("%z = arith.constant 0 : i8\n"
                "%b = arith.cmpi slt, %i, %z : i8\n"
                "%r = arith.sitofp %b : i1 to f32",
                -1.0f),
            -1.0f);
}

TEST(ScalarProgram, UndefinedResultsFail) {
  EXPECT_TRUE(succeeded(evaluateInteger("%j = arith.addi %i, %i : i8", 127)));
  EXPECT_TRUE(failed(evaluateInteger("%j = arith.addi %i, %i : i8", 128)));
  EXPECT_TRUE(failed(evaluateInteger("%j = arith.addi %i, %i : i8", -129)));
  EXPECT_TRUE(
      failed(evaluateInteger("%j = arith.addi %i, %i : i8", std::nanf(""))));
  EXPECT_TRUE(failed(evaluateInteger("%j = arith.divsi %i, %i : i8", 0)));
  EXPECT_TRUE(failed(evaluateInteger(
      "%s = arith.constant 8 : i8\n%j = arith.shli %i, %s : i8", 1)));
}

} // namespace
