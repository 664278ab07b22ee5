//===- InterpreterTest.h - Running IR given as text -----------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QDOT_TEST_UNIT_INTERPRETER_INTERPRETERTEST_H
#define QDOT_TEST_UNIT_INTERPRETER_INTERPRETERTEST_H

#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/DialectRegistry.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/Parser/Parser.h"
#include "qdot/InitAll.h"
#include "qdot/Numerics/Interpreter.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include <string>
#include <vector>

namespace qdot::test {

using Shape = std::vector<int64_t>;
using Tensors = std::vector<HostTensor>;

inline HostTensor f32(Shape shape, const std::vector<float> &values) {
  return HostTensor::create(HostElement::F32, std::move(shape), values);
}
inline HostTensor f64(Shape shape, const std::vector<double> &values) {
  return HostTensor::create(HostElement::F64, std::move(shape), values);
}
inline HostTensor i1(Shape shape, const std::vector<int8_t> &values) {
  return HostTensor::create(HostElement::I1, std::move(shape), values);
}
inline HostTensor i8(Shape shape, const std::vector<int8_t> &values) {
  return HostTensor::create(HostElement::I8, std::move(shape), values);
}
inline HostTensor u8(Shape shape, const std::vector<uint8_t> &values) {
  return HostTensor::create(HostElement::U8, std::move(shape), values);
}
inline HostTensor i16(Shape shape, const std::vector<int16_t> &values) {
  return HostTensor::create(HostElement::I16, std::move(shape), values);
}
inline HostTensor i32(Shape shape, const std::vector<int32_t> &values) {
  return HostTensor::create(HostElement::I32, std::move(shape), values);
}
inline HostTensor i64(Shape shape, const std::vector<int64_t> &values) {
  return HostTensor::create(HostElement::I64, std::move(shape), values);
}
inline HostTensor indices(Shape shape, const std::vector<int64_t> &values) {
  return HostTensor::create(HostElement::Index, std::move(shape), values);
}

/// Distinct small values that no symmetric mistake maps onto each other.
inline std::vector<float> iota(size_t count, float step = 1.0f) {
  std::vector<float> values(count);
  for (size_t i = 0; i < count; ++i)
    values[i] = (static_cast<float>(i) + 1.0f) * step;
  return values;
}

class InterpreterTest : public ::testing::Test {
protected:
  InterpreterTest() {
    mlir::DialectRegistry registry;
    registerAllDialects(registry);
    context.appendDialectRegistry(registry);
    context.allowUnregisteredDialects();
  }

  void parse(const std::string &text) {
    module = mlir::parseSourceString<mlir::ModuleOp>(text, &context);
    ASSERT_TRUE(module) << text;
    interpreter = std::make_unique<Interpreter>(*module);
  }

  /// Results of @main of `text`; a failure is a test failure.
  Tensors run(const std::string &text, const Tensors &arguments) {
    parse(text);
    if (!module)
      return {};
    auto results = interpreter->call("main", arguments);
    if (results)
      return *results;
    ADD_FAILURE() << llvm::toString(results.takeError());
    return {};
  }

  /// The error of @main of `text`.
  std::string fail(const std::string &text, const Tensors &arguments) {
    parse(text);
    if (!module)
      return "";
    auto results = interpreter->call("main", arguments);
    return results ? "no error" : llvm::toString(results.takeError());
  }

  mlir::MLIRContext context;
  mlir::OwningOpRef<mlir::ModuleOp> module;
  std::unique_ptr<Interpreter> interpreter;
};

} // namespace qdot::test

#endif // QDOT_TEST_UNIT_INTERPRETER_INTERPRETERTEST_H
