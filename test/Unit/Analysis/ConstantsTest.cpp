//===- ConstantsTest.cpp - Reading and creating constant tensors ----------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qdot/Dialect/Constants.h"
#include "ParsedModule.h"
#include "mlir/IR/Diagnostics.h"
#include "gmock/gmock.h"

using namespace mlir;
using namespace qdot;
using testing::ElementsAre;

namespace {

const char *const constants = R"mlir(
  func.func @f() -> (tensor<4xf32>, tensor<2x2xf32>, tensor<2x2xf32>,
                     tensor<3xf32>, tensor<3xi8>, tensor<2xui8>, tensor<2xi1>,
                     tensor<2xindex>, tensor<0xf32>, tensor<4xi32>) {
    %0 = arith.constant dense<[1.0, 2.0, 3.0, 4.0]> : tensor<4xf32>
    %1 = arith.constant dense<[[1.0, 3.0], [2.0, 4.0]]> : tensor<2x2xf32>
    %2 = arith.constant dense_resource<r> : tensor<2x2xf32>
    %3 = arith.constant dense<-0.5> : tensor<3xf32>
    %4 = arith.constant dense<[-128, 0, 127]> : tensor<3xi8>
    %5 = "arith.constant"() {value = dense<[255, 1]> : tensor<2xui8>} : () -> tensor<2xui8>
    %6 = arith.constant dense<[true, false]> : tensor<2xi1>
    %7 = arith.constant dense<[-1, 5]> : tensor<2xindex>
    %8 = arith.constant dense<[]> : tensor<0xf32>
    %9 = arith.constant dense<[1, 2, 3, 4]> : tensor<4xi32>
    return %0, %1, %2, %3, %4, %5, %6, %7, %8, %9 :
      tensor<4xf32>, tensor<2x2xf32>, tensor<2x2xf32>, tensor<3xf32>,
      tensor<3xi8>, tensor<2xui8>, tensor<2xi1>, tensor<2xindex>,
      tensor<0xf32>, tensor<4xi32>
  }
  {-# dialect_resources: { builtin: {
    r: "0x04000000000080400000404000000040 0000803F"
  } } #-}
)mlir";

/// The text above, with the hex string in one piece.
std::string getText() {
  std::string text = constants;
  text.erase(text.find(" 0000803F"), 1);
  return text;
}

TEST(Constants, ReadsEveryFormAndType) {
  test::ParsedModule module(getText());
  ASSERT_TRUE(module);
  OperandRange values = module.getResults();
  EXPECT_THAT(*readFloats(values[0]), ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(*readFloats(values[1]), ElementsAre(1, 3, 2, 4));
  EXPECT_THAT(*readFloats(values[2]), ElementsAre(4, 3, 2, 1));
  EXPECT_THAT(*readFloats(values[3]), ElementsAre(-0.5, -0.5, -0.5));
  EXPECT_THAT(*readIntegers(values[4]), ElementsAre(-128, 0, 127));
  EXPECT_THAT(*readIntegers(values[5]), ElementsAre(255, 1));
  EXPECT_THAT(*readIntegers(values[6]), ElementsAre(1, 0));
  EXPECT_THAT(*readIntegers(values[7]), ElementsAre(-1, 5));
  EXPECT_TRUE(readFloats(values[8])->empty());
}

TEST(Constants, KnowsWhatIsNoConstantOfTheKind) {
  test::ParsedModule module(getText());
  OperandRange values = module.getResults();
  EXPECT_TRUE(failed(readFloats(values[4])));
  EXPECT_TRUE(failed(readIntegers(values[0])));
  EXPECT_TRUE(ConstantTensor::isConstant(values[2]));
  test::ParsedModule other(test::makeUnary("%r = arith.negf %a : f32"));
  EXPECT_FALSE(ConstantTensor::isConstant(other.getResults()[0]));
  EXPECT_TRUE(failed(ConstantTensor::get(other.getResults()[0])));
}

TEST(Constants, FindsSplatsInAnyForm) {
  test::ParsedModule module(getText());
  OperandRange values = module.getResults();
  EXPECT_TRUE(ConstantTensor::get(values[3])->isSplat());
  EXPECT_TRUE(ConstantTensor::get(values[8])->isSplat());
  EXPECT_FALSE(ConstantTensor::get(values[0])->isSplat());
  auto type =
      RankedTensorType::get({2}, Float32Type::get(&module.getContext()));
  float same[] = {1.5f, 1.5f};
  ArrayRef<char> bytes(reinterpret_cast<char *>(same), sizeof(same));
  EXPECT_TRUE(createElements(type, bytes).isSplat());
}

TEST(Constants, DigestIgnoresOrderShapeAndForm) {
  test::ParsedModule module(getText());
  OperandRange values = module.getResults();
  auto digest = [&](unsigned i) {
    return digestElements(*ConstantTensor::get(values[i]));
  };
  EXPECT_EQ(digest(0), digest(1));
  EXPECT_EQ(digest(0), digest(2));
  EXPECT_NE(digest(0), digest(3));
  EXPECT_NE(digest(0), digest(9));
}

TEST(Constants, DigestSeesEachElement) {
  MLIRContext context;
  auto type = RankedTensorType::get({3}, Float32Type::get(&context));
  auto digest = [&](std::array<float, 3> values) {
    ArrayRef<char> bytes(reinterpret_cast<char *>(values.data()), 12);
    return digestElements(
        *ConstantTensor::get(createElements(type, bytes), [&] {
          return emitError(UnknownLoc::get(&context));
        }));
  };
  EXPECT_EQ(digest({1, 2, 3}), digest({3, 1, 2}));
  EXPECT_NE(digest({1, 2, 3}), digest({1, 2, 4}));
  EXPECT_NE(digest({1, 1, 2}), digest({1, 2, 2}));
  EXPECT_NE(digest({0.0f, 0, 0}), digest({-0.0f, 0, 0}));
  EXPECT_EQ(digest({2, 2, 2}), digest({2, 2, 2}));
}

TEST(Constants, ReportsMissingAndShortResources) {
  for (auto [resource, message] :
       {std::pair("", "dense_resource 'r' has no data"),
        std::pair("{-# dialect_resources: { builtin: { r: "
                  "\"0x040000000000803F\" } } #-}",
                  "dense_resource 'r' has 4 bytes, expected 8")}) {
    test::ParsedModule module(
        std::string("func.func @f() -> tensor<2xf32> {"
                    "%0 = arith.constant dense_resource<r> : tensor<2xf32>\n"
                    "return %0 : tensor<2xf32> }\n") +
        resource);
    ASSERT_TRUE(module);
    std::string reported;
    ScopedDiagnosticHandler handler(
        &module.getContext(),
        [&](Diagnostic &diagnostic) { reported = diagnostic.str(); });
    EXPECT_TRUE(failed(readFloats(module.getResults()[0])));
    EXPECT_EQ(reported, message);
  }
}

} // namespace
