//===- SameValuesTest.cpp - Preparing a model keeps its values ------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Interprets every function of the lit tests of a pass before and after it. The
// arguments hold ties of every scale that the tests use, and numbers far out of
// every range.
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"
#include "qdot/InitAll.h"
#include "qdot/Numerics/Interpreter.h"
#include "llvm/Support/MemoryBuffer.h"
#include "gtest/gtest.h"
#include <cmath>
#include <random>

using namespace mlir;
using namespace qdot;

namespace {

/// Size of the dynamic dimensions, and value of index arguments.
constexpr int64_t dynamicSize = 3;

struct Arguments {
  std::mt19937 random{7};

  float nextFloat() {
    switch (random() % 4) {
    case 0: // ties and integers
      return static_cast<float>(static_cast<int>(random() % 2001) - 1000) / 8;
    case 1: // far out
      return static_cast<float>(static_cast<int>(random() % 2001) - 1000) * 50;
    default:
      return static_cast<float>(random()) / 4.0e8f - 5.0f;
    }
  }

  HostTensor create(Type type) {
    auto shaped = dyn_cast<RankedTensorType>(type);
    std::vector<int64_t> shape;
    if (shaped)
      for (int64_t size : shaped.getShape())
        shape.push_back(ShapedType::isDynamic(size) ? dynamicSize : size);
    HostTensor tensor{HostElement::F32, shape, {}};
    int64_t count = tensor.getNumElements();
    Type element = getElementTypeOrSelf(type);
    if (element.isIndex())
      return HostTensor::create(HostElement::Index, shape,
                                std::vector<int64_t>(count, dynamicSize));
    if (element.isInteger(8)) {
      std::vector<int8_t> values(count);
      for (int8_t &value : values)
        value = static_cast<int8_t>(random());
      return HostTensor::create(HostElement::I8, shape, values);
    }
    EXPECT_TRUE(element.isF32());
    std::vector<float> values(count);
    for (float &value : values)
      value = nextFloat();
    return HostTensor::create(HostElement::F32, shape, values);
  }
};

/// Results equal up to `tolerance`, relative to the largest number of the
/// tensor; zeros of either sign are equal, and so are all NaN.
void expectSame(const HostTensor &before, const HostTensor &after,
                double tolerance) {
  ASSERT_EQ(before.shape, after.shape);
  if (before.element != HostElement::F32) {
    EXPECT_TRUE(before == after);
    return;
  }
  std::vector<float> a = before.values<float>(), b = after.values<float>();
  double scale = 0.0;
  for (float value : a)
    if (std::isfinite(value))
      scale = std::max(scale, std::fabs(static_cast<double>(value)));
  for (size_t i = 0; i < a.size(); ++i)
    if (!(std::isnan(a[i]) && std::isnan(b[i])) && a[i] != b[i])
      EXPECT_LE(std::fabs(a[i] - b[i]), tolerance * scale)
          << "element " << i << ": " << a[i] << " became " << b[i];
}

class SameValues : public testing::Test {
protected:
  static void SetUpTestSuite() { registerAllPasses(); }

  void SetUp() override {
    DialectRegistry registry;
    registerAllDialects(registry);
    registry.insert<scf::SCFDialect>();
    context.appendDialectRegistry(registry);
    context.loadAllAvailableDialects();
  }

  /// Compares all functions of one section of a test. Returns how many.
  unsigned compareSection(StringRef text, StringRef pass, double tolerance) {
    auto module = parseSourceString<ModuleOp>(text, &context);
    EXPECT_TRUE(module);
    OwningOpRef<ModuleOp> prepared = module->clone();
    PassManager manager(&context);
    EXPECT_TRUE(succeeded(parsePassPipeline(pass, manager)));
    EXPECT_TRUE(succeeded(manager.run(*prepared)));
    Interpreter before(*module), after(*prepared);
    unsigned count = 0;
    for (auto function : module->getOps<func::FuncOp>())
      count += compareFunction(function, before, after, tolerance);
    return count;
  }

  /// Compares one function on several sets of arguments. Returns 0 when it
  /// cannot be interpreted (undefined by design), else 1.
  unsigned compareFunction(func::FuncOp function, const Interpreter &before,
                           const Interpreter &after, double tolerance) {
    SCOPED_TRACE(function.getName().str());
    Arguments source;
    for (int repetition = 0; repetition < 50; ++repetition) {
      std::vector<HostTensor> arguments;
      for (Type type : function.getArgumentTypes())
        arguments.push_back(source.create(type));
      auto expected = before.call(function.getName(), arguments);
      if (!expected) {
        llvm::consumeError(expected.takeError());
        return 0;
      }
      auto actual = after.call(function.getName(), arguments);
      if (!actual) {
        ADD_FAILURE() << llvm::toString(actual.takeError());
        return 1;
      }
      EXPECT_EQ(expected->size(), actual->size());
      for (auto [a, b] : llvm::zip_equal(*expected, *actual))
        expectSame(a, b, tolerance);
    }
    return 1;
  }

  /// Compares what the lit test of a pass holds, but for bad input. At least
  /// `minimum` functions must have been compared.
  void compareTest(StringRef name, double tolerance, unsigned minimum) {
    std::string path = (QDOT_TEST_DIR "/" + name + ".mlir").str();
    auto file = llvm::MemoryBuffer::getFile(path);
    ASSERT_TRUE(static_cast<bool>(file)) << path;
    SmallVector<StringRef> sections;
    (*file)->getBuffer().split(sections, "// -----");
    unsigned count = 0;
    for (StringRef section : sections)
      if (!section.contains("expected-error"))
        count += compareSection(section, ("qdot-" + name).str(), tolerance);
    EXPECT_GE(count, minimum);
  }

  MLIRContext context;
};

TEST_F(SameValues, FoldConstants) { compareTest("fold-constants", 0.0, 6); }

TEST_F(SameValues, SimplifyShapes) { compareTest("simplify-shapes", 0.0, 9); }

// The interpreter knows no scf.if, so this leaves out broadcasting.
TEST_F(SameValues, ResolveSizes) { compareTest("resolve-sizes", 0.0, 1); }

TEST_F(SameValues, ImportFakeQuant) {
  compareTest("import-fake-quant", 0.0, 8);
}

// A mean by multiplication becomes one by division.
TEST_F(SameValues, NormalizeElementwise) {
  compareTest("normalize-elementwise", 1.2e-7, 15);
}

// Scales are multiplied into weights, and rounded there.
TEST_F(SameValues, FoldAffine) { compareTest("fold-affine", 1e-6, 9); }

} // namespace
