//===- ScalarAnalysisTest.cpp - Clamps, affine functions, constants -------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qdot/Analysis/ScalarAnalysis.h"
#include "ParsedModule.h"
#include "gmock/gmock.h"
#include <cfloat>
#include <cmath>

using namespace mlir;
using namespace qdot;
using testing::ElementsAre;
using testing::IsEmpty;

namespace {

std::optional<Clamp> clampOf(const std::string &body) {
  test::ParsedModule module(test::makeUnary(body));
  EXPECT_TRUE(module) << body;
  std::optional<Clamp> clamp = matchClamp(module.getLastLinalgOp());
  return clamp;
}

TEST(MatchClamp, FindsBoundsInAnySpelling) {
  std::string bounds = "%l = arith.constant -1.0 : f32\n"
                       "%h = arith.constant 6.0 : f32\n";
  for (const char *body :
       {"%m = arith.maximumf %a, %l : f32\n%r = arith.minimumf %m, %h : f32",
        "%m = arith.minnumf %h, %a : f32\n%r = arith.maxnumf %l, %m : f32",
        "%r = math.clampf %a to [%l, %h] : f32",
        "%c = arith.cmpf olt, %a, %l : f32\n"
        "%m = arith.select %c, %l, %a : f32\n"
        "%d = arith.cmpf ugt, %m, %h : f32\n"
        "%r = arith.select %d, %h, %m : f32",
        // Both comparisons on the input itself.
        "%c = arith.cmpf ule, %a, %l : f32\n"
        "%d = arith.cmpf oge, %a, %h : f32\n"
        "%m = arith.select %d, %h, %a : f32\n"
        "%r = arith.select %c, %l, %m : f32"}) {
    std::optional<Clamp> clamp = clampOf(bounds + body);
    ASSERT_TRUE(clamp) << body;
    EXPECT_EQ(clamp->lo, -1.0f);
    EXPECT_EQ(clamp->hi, 6.0f);
  }
}

TEST(MatchClamp, LargeAndInfiniteBoundsAreNone) {
  std::optional<Clamp> clamp =
      clampOf("%l = arith.constant 0.0 : f32\n"
              "%h = arith.constant 3.40282347E+38 : f32\n"
              "%m = arith.minimumf %a, %h : f32\n"
              "%r = arith.maximumf %m, %l : f32");
  ASSERT_TRUE(clamp);
  EXPECT_EQ(clamp->lo, 0.0f);
  EXPECT_EQ(clamp->hi, INFINITY);
  clamp = clampOf("%l = arith.constant 0xFF800000 : f32\n"
                  "%h = arith.constant 1.0 : f32\n"
                  "%m = arith.minimumf %a, %h : f32\n"
                  "%r = arith.maximumf %m, %l : f32");
  ASSERT_TRUE(clamp);
  EXPECT_EQ(clamp->lo, -INFINITY);
  EXPECT_EQ(clamp->hi, 1.0f);
}

TEST(MatchClamp, DeclinesEverythingElse) {
  std::string zero = "%z = arith.constant 0.0 : f32\n"
                     "%i = arith.constant 1.0 : f32\n";
  for (const char *body :
       {"%r = arith.addf %a, %z : f32",              // arithmetic
        "%h = arith.constant 3.40282347E+38 : f32\n" // no bound at all
        "%r = arith.minimumf %a, %h : f32",
        "%m = arith.maximumf %a, %i : f32\n" // empty range
        "%r = arith.minimumf %m, %z : f32",
        "%c = arith.cmpf ogt, %a, %z : f32\n" // another constant
        "%r = arith.select %c, %a, %i : f32",
        "%c = arith.cmpf ogt, %a, %i : f32\n" // a jump at 1
        "%r = arith.select %c, %a, %z : f32",
        "%n = arith.constant 0x7FC00000 : f32\n" // NaN
        "%r = arith.maximumf %a, %n : f32",
        "%r = math.tanh %a : f32"})
    EXPECT_FALSE(clampOf(zero + body)) << body;
}

std::string makeBinary(const std::string &maps, const std::string &operands,
                       const std::string &types, const std::string &body,
                       const std::string &before = "") {
  return "func.func @f(%x: tensor<2x3xf32>, %z: tensor<2x3xf32>) -> "
         "tensor<2x3xf32> {\n" +
         before +
         "%e = tensor.empty() : tensor<2x3xf32>\n"
         "%y = linalg.generic {indexing_maps = [" +
         maps +
         ", affine_map<(i, j) -> (i, j)>], iterator_types = [\"parallel\", "
         "\"parallel\"]} ins(" +
         operands + " : " + types + ") outs(%e : tensor<2x3xf32>) {\n" + body +
         "linalg.yield %r : f32\n} -> tensor<2x3xf32>\n"
         "return %y : tensor<2x3xf32>\n}";
}

const std::string identity = "affine_map<(i, j) -> (i, j)>";

TEST(MatchAffine, ConstantsKeepTheSmallestSetOfDims) {
  // 1x3 broadcast over rows that happen to be equal along the columns too.
  test::ParsedModule module(makeBinary(
      identity + ", affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (0, j)>",
      "%x, %a, %b", "tensor<2x3xf32>, tensor<2x3xf32>, tensor<1x3xf32>",
      "^bb0(%p: f32, %q: f32, %s: f32, %o: f32):\n"
      "%m = arith.mulf %p, %q : f32\n%r = arith.addf %s, %m : f32\n",
      "%a = arith.constant dense<[[2.0, 2.0, 2.0], [3.0, 3.0, 3.0]]> : "
      "tensor<2x3xf32>\n"
      "%b = arith.constant dense<5.0> : tensor<1x3xf32>\n"));
  ASSERT_TRUE(module);
  std::optional<Affine> affine = matchAffine(module.getLastLinalgOp());
  ASSERT_TRUE(affine);
  EXPECT_THAT(affine->dims, ElementsAre(0));
  EXPECT_THAT(affine->shape, ElementsAre(2));
  EXPECT_THAT(affine->a, ElementsAre(2.0, 3.0));
  EXPECT_THAT(affine->b, ElementsAre(5.0, 5.0));
  EXPECT_TRUE(affine->inputMap.isIdentity());
}

TEST(MatchAffine, IsComputedInF64) {
  test::ParsedModule module(test::makeUnary("%c = arith.constant 3.0 : f32\n"
                                            "%d = arith.constant 0.1 : f32\n"
                                            "%m = arith.divf %a, %c : f32\n"
                                            "%n = arith.negf %m : f32\n"
                                            "%r = arith.subf %d, %n : f32"));
  std::optional<Affine> affine = matchAffine(module.getLastLinalgOp());
  ASSERT_TRUE(affine);
  EXPECT_THAT(affine->dims, IsEmpty());
  EXPECT_EQ(affine->a[0], 1.0 / 3.0);
  EXPECT_EQ(affine->multipliers[0], 1.0);
  EXPECT_EQ(affine->divisors[0], 3.0);
  EXPECT_EQ(affine->b[0], static_cast<double>(0.1f));
}

TEST(MatchAffine, ChainsAndSums) {
  test::ParsedModule module(
      test::makeUnary("%c = arith.constant 4.0 : f32\n"
                      "%m = arith.mulf %a, %c : f32\n"
                      "%s = arith.addf %m, %a : f32\n"
                      "%t = arith.subf %s, %c : f32\n"
                      "%u = arith.mulf %t, %c : f32\n"
                      "%w = arith.extf %u : f32 to f64\n"
                      "%r = arith.truncf %w : f64 to f32"));
  std::optional<Affine> affine = matchAffine(module.getLastLinalgOp());
  ASSERT_TRUE(affine);
  EXPECT_EQ(affine->a[0], 20.0);
  EXPECT_EQ(affine->b[0], -16.0);
  EXPECT_FALSE(affine->isPureOffset());
}

TEST(MatchAffine, DeclinesWhatIsNotAffineOrNotConstant) {
  std::string c = "%c = arith.constant 0.0 : f32\n";
  for (const char *body :
       {"%r = arith.mulf %a, %a : f32", "%r = arith.divf %c, %a : f32",
        "%r = arith.divf %a, %c : f32", "%r = math.absf %a : f32",
        "%r = arith.maximumf %a, %c : f32",
        "%i = arith.constant 0x7F800000 : f32\n%r = arith.addf %a, %i : f32",
        "%r = arith.addf %c, %c : f32"}) {
    test::ParsedModule module(test::makeUnary(c + body));
    ASSERT_TRUE(module) << body;
    EXPECT_FALSE(matchAffine(module.getLastLinalgOp())) << body;
  }
  test::ParsedModule two(makeBinary(
      identity + ", " + identity, "%x, %z", "tensor<2x3xf32>, tensor<2x3xf32>",
      "^bb0(%p: f32, %q: f32, %o: f32):\n%r = arith.addf %p, %q : f32\n"));
  EXPECT_FALSE(matchAffine(two.getLastLinalgOp()));
}

TEST(MatchAffine, DivisorsFromIndices) {
  test::ParsedModule module(makeBinary(
      identity, "%x", "tensor<2x3xf32>",
      "^bb0(%p: f32, %o: f32):\n"
      "%j = linalg.index 1 : index\n%one = arith.constant 1 : index\n"
      "%k = arith.addi %j, %one : index\n"
      "%n = arith.index_cast %k : index to i32\n"
      "%f = arith.sitofp %n : i32 to f32\n%r = arith.divf %p, %f : f32\n"));
  ASSERT_TRUE(module);
  std::optional<Affine> affine = matchAffine(module.getLastLinalgOp());
  ASSERT_TRUE(affine);
  EXPECT_THAT(affine->dims, ElementsAre(1));
  EXPECT_THAT(affine->divisors, ElementsAre(1.0, 2.0, 3.0));
}

TEST(UnaryFunction, DependsOnOneOperandOnly) {
  std::string twice = "^bb0(%p: f32, %q: f32, %o: f32):\n"
                      "%r = arith.mulf %p, %q : f32\n";
  std::string types = "tensor<2x3xf32>, tensor<2x3xf32>";
  test::ParsedModule square(
      makeBinary(identity + ", " + identity, "%x, %x", types, twice));
  FailureOr<UnaryFunction> function =
      UnaryFunction::get(square.getLastLinalgOp());
  ASSERT_TRUE(succeeded(function));
  EXPECT_EQ(*function->evaluate(3.0f), 9.0f);
  EXPECT_EQ(*evaluateChain({*function, *function}, 3.0f), 81.0f);

  test::ParsedModule product(
      makeBinary(identity + ", " + identity, "%x, %z", types, twice));
  EXPECT_TRUE(failed(UnaryFunction::get(product.getLastLinalgOp())));

  test::ParsedModule filled(makeBinary(
      identity + ", " + identity, "%x, %f", types, twice,
      "%c = arith.constant 0.5 : f32\n%i = tensor.empty() : tensor<2x3xf32>\n"
      "%f = linalg.fill ins(%c : f32) outs(%i : tensor<2x3xf32>) -> "
      "tensor<2x3xf32>\n"));
  EXPECT_EQ(*evaluateUnary(filled.getLastLinalgOp(), 3.0f), 1.5f);

  test::ParsedModule varying(makeBinary(
      identity + ", " + identity, "%x, %c", types, twice,
      "%c = arith.constant dense<[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]> : "
      "tensor<2x3xf32>\n"));
  EXPECT_TRUE(failed(UnaryFunction::get(varying.getLastLinalgOp())));

  test::ParsedModule position(makeBinary(
      identity, "%x", "tensor<2x3xf32>",
      "^bb0(%p: f32, %o: f32):\n%j = linalg.index 1 : index\n"
      "%n = arith.index_cast %j : index to i32\n"
      "%f = arith.sitofp %n : i32 to f32\n%r = arith.addf %p, %f : f32\n"));
  EXPECT_TRUE(failed(UnaryFunction::get(position.getLastLinalgOp())));
}

TEST(BroadcastConstant, SeesThroughFillsBroadcastsAndReshapes) {
  test::ParsedModule module(R"mlir(
    func.func @f(%n: index) -> (tensor<?x3xf32>, tensor<?x3xf32>, tensor<2x3xf32>, tensor<3x2xf32>, tensor<1x2x1x3xf32>) {
      %c = arith.constant dense<[1.0, 2.0, 3.0]> : tensor<3xf32>
      %d = arith.constant dense<[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]> : tensor<2x3xf32>
      %s = arith.constant 7.0 : f32
      %e = tensor.empty(%n) : tensor<?x3xf32>
      %0 = linalg.broadcast ins(%c : tensor<3xf32>) outs(%e : tensor<?x3xf32>) dimensions = [0]
      %1 = linalg.fill ins(%s : f32) outs(%e : tensor<?x3xf32>) -> tensor<?x3xf32>
      %e2 = tensor.empty() : tensor<2x3xf32>
      %2 = linalg.generic {indexing_maps = [affine_map<(i, j) -> (0, j)>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]} ins(%d : tensor<2x3xf32>) outs(%e2 : tensor<2x3xf32>) {
      ^bb0(%a: f32, %o: f32):
        linalg.yield %a : f32
      } -> tensor<2x3xf32>
      %e3 = tensor.empty() : tensor<3x2xf32>
      %3 = linalg.transpose ins(%d : tensor<2x3xf32>) outs(%e3 : tensor<3x2xf32>) permutation = [1, 0]
      %4 = tensor.expand_shape %d [[0, 1, 2], [3]] output_shape [1, 2, 1, 3] : tensor<2x3xf32> into tensor<1x2x1x3xf32>
      return %0, %1, %2, %3, %4 : tensor<?x3xf32>, tensor<?x3xf32>, tensor<2x3xf32>, tensor<3x2xf32>, tensor<1x2x1x3xf32>
    })mlir");
  ASSERT_TRUE(module);
  OperandRange values = module.getResults();
  std::optional<BroadcastConstant> constant = matchBroadcastConstant(values[0]);
  ASSERT_TRUE(constant);
  EXPECT_THAT(constant->dims, ElementsAre(1));
  EXPECT_THAT(constant->values, ElementsAre(1, 2, 3));
  constant = matchBroadcastConstant(values[1]);
  ASSERT_TRUE(constant);
  EXPECT_THAT(constant->dims, IsEmpty());
  EXPECT_THAT(constant->values, ElementsAre(7));
  EXPECT_FALSE(isZeroFill(values[1]));
  constant = matchBroadcastConstant(values[2]);
  ASSERT_TRUE(constant);
  EXPECT_THAT(constant->dims, ElementsAre(1));
  EXPECT_THAT(constant->values, ElementsAre(1, 2, 3));
  constant = matchBroadcastConstant(values[3]);
  ASSERT_TRUE(constant);
  EXPECT_THAT(constant->dims, ElementsAre(0, 1));
  EXPECT_THAT(constant->values, ElementsAre(1, 4, 2, 5, 3, 6));
  EXPECT_EQ(constant->at({2, 1}), 6.0f);
  constant = matchBroadcastConstant(values[4]);
  ASSERT_TRUE(constant);
  EXPECT_THAT(constant->dims, ElementsAre(1, 3));
}

} // namespace
