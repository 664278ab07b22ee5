//===- ParsedModule.h - IR from text for unit tests -----------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QDOT_TEST_UNIT_ANALYSIS_PARSEDMODULE_H
#define QDOT_TEST_UNIT_ANALYSIS_PARSEDMODULE_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/Parser/Parser.h"
#include "qdot/InitAll.h"
#include <string>

namespace qdot::test {

/// A context with every dialect that the library registers.
class ParsedModule {
public:
  explicit ParsedModule(const std::string &text) {
    mlir::DialectRegistry registry;
    registerAllDialects(registry);
    context.appendDialectRegistry(registry);
    context.loadAllAvailableDialects();
    module = mlir::parseSourceString<mlir::ModuleOp>(text, &context);
  }

  mlir::MLIRContext &getContext() { return context; }
  explicit operator bool() const { return static_cast<bool>(module); }

  /// The last linalg op of the module.
  mlir::linalg::LinalgOp getLastLinalgOp() {
    mlir::linalg::LinalgOp last;
    module->walk([&](mlir::linalg::LinalgOp op) { last = op; });
    return last;
  }

  /// The operands of the last terminator of a function.
  mlir::OperandRange getResults() {
    mlir::Operation *function = &module->getBody()->back();
    return function->getRegion(0).front().getTerminator()->getOperands();
  }

private:
  mlir::MLIRContext context;
  mlir::OwningOpRef<mlir::ModuleOp> module;
};

/// A function with one linalg.generic over `tensor<4xf32>` whose body, on %a of
/// f32 and yielding %r, is `body`.
inline std::string makeUnary(const std::string &body) {
  return R"mlir(
    func.func @f(%x: tensor<4xf32>) -> tensor<4xf32> {
      %e = tensor.empty() : tensor<4xf32>
      %y = linalg.generic {
          indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>],
          iterator_types = ["parallel"]}
          ins(%x : tensor<4xf32>) outs(%e : tensor<4xf32>) {
      ^bb0(%a: f32, %o: f32):
  )mlir" +
         body + R"mlir(
        linalg.yield %r : f32
      } -> tensor<4xf32>
      return %y : tensor<4xf32>
    })mlir";
}

} // namespace qdot::test

#endif // QDOT_TEST_UNIT_ANALYSIS_PARSEDMODULE_H
