//===- CheckModel.cpp - Reject models that cannot be quantized ------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "PrepareUtils.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Utils/IndexingUtils.h"
#include "mlir/IR/Matchers.h"
#include "qdot/Analysis/Softmax.h"
#include "qdot/Dialect/Constants.h"
#include "qdot/Prepare/Passes.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/StringExtras.h"
#include <cmath>

namespace qdot {
#define GEN_PASS_DEF_CHECKMODEL
#include "qdot/Prepare/Passes.h.inc"
} // namespace qdot

using namespace mlir;
using namespace qdot;

/// What is wrong with a type, or nothing. Types other than tensors are fine.
static std::optional<std::string> findFault(Type type) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  if (isa<UnrankedTensorType>(type)) {
    stream << "expected a ranked tensor, got " << type;
    return text;
  }
  auto tensor = dyn_cast<RankedTensorType>(type);
  if (!tensor)
    return std::nullopt;
  for (auto [dim, size] : llvm::enumerate(tensor.getShape())) {
    if (size != 0)
      continue;
    stream << "dimension " << dim << " of " << type << " has size 0";
    return text;
  }
  Type element = tensor.getElementType();
  if ((isa<FloatType>(element) && !element.isF32()) ||
      isa<ComplexType>(element)) {
    stream << "expected f32 elements, got " << element;
    return text;
  }
  return std::nullopt;
}

static LogicalResult checkArguments(func::FuncOp function) {
  if (function.isExternal())
    return function.emitError()
           << "function '" << function.getName() << "' has no body";
  for (BlockArgument argument : function.getArguments()) {
    auto report = [&]() {
      return function.emitError() << "argument " << argument.getArgNumber()
                                  << " of '" << function.getName() << "': ";
    };
    if (std::optional<std::string> fault = findFault(argument.getType()))
      return report() << *fault;
    auto type = dyn_cast<RankedTensorType>(argument.getType());
    if (type && type.getRank() == 0)
      return report() << "expected a tensor of rank 1 or more, got " << type;
  }
  return success();
}

/// The text of an index, `[1, 2]`.
static std::string printIndex(ArrayRef<int64_t> index) {
  std::string text = "[";
  llvm::raw_string_ostream stream(text);
  llvm::interleaveComma(index, stream);
  return text + "]";
}

/// True where a constant is a mask of a softmax.
static bool isMask(Operation *op) {
  auto function = op->getParentOfType<func::FuncOp>();
  return function &&
         feedsSoftmaxAlone(op->getResult(0), findSoftmaxOps(function));
}

/// Weights must be numbers. An infinity in all elements (where a maximum
/// starts), as a scalar (a bound) or, if negative, in the mask of a softmax is
/// meant; elsewhere among others it is an accident.
static LogicalResult checkElements(Operation *op,
                                   const ConstantTensor &tensor) {
  std::optional<bool> isMasking;
  bool isSplat = tensor.isSplat();
  ArrayRef<int64_t> shape = tensor.getType().getShape();
  for (int64_t i = 0, e = isSplat ? 1 : tensor.getNumElements(); i < e; ++i) {
    float value = tensor.getFloat(i);
    if (std::isfinite(value) || (isSplat && std::isinf(value)))
      continue;
    if (std::isinf(value) && value < 0) {
      if (!isMasking)
        isMasking = isMask(op);
      if (*isMasking)
        continue;
    }
    return emitConstantError(op) << "constant holds "
                           << (std::isnan(value) ? "nan"
                               : value > 0       ? "inf"
                                                 : "-inf")
                           << " at "
                           << printIndex(delinearize(i, computeStrides(shape)));
  }
  return success();
}

static LogicalResult checkConstant(Operation *op) {
  FloatAttr scalar;
  if (matchPattern(op, m_Constant(&scalar)) && scalar.getValue().isNaN())
    return emitConstantError(op) << "constant is nan";
  if (op->getNumResults() != 1 || !ConstantTensor::isConstant(op->getResult(0)))
    return success();
  FailureOr<ConstantTensor> tensor = ConstantTensor::get(op->getResult(0));
  if (failed(tensor) || !tensor->getType().getElementType().isF32())
    return success();
  return checkElements(op, *tensor);
}

/// A number that a front end keeps in a tensor: a constant in f64 whose elements
/// are all the same.
static bool isNumber(Operation *op) {
  if (!op->hasTrait<OpTrait::ConstantLike>() || op->getNumResults() != 1 ||
      !ConstantTensor::isConstant(op->getResult(0)))
    return false;
  FailureOr<ConstantTensor> tensor = ConstantTensor::get(op->getResult(0));
  return succeeded(tensor) && tensor->getType().getElementType().isF64() &&
         tensor->isSplat();
}

/// Checks the types that an op makes and, if it is a constant, its elements.
static LogicalResult checkOp(Operation *op) {
  if (isNumber(op))
    return success();
  for (Type type : op->getResultTypes())
    if (std::optional<std::string> fault = findFault(type))
      return op->emitError() << *fault;
  if (op->hasTrait<OpTrait::ConstantLike>())
    return checkConstant(op);
  return success();
}

namespace {
/// Finds cycles among the functions of a module.
class CallGraph {
public:
  explicit CallGraph(ModuleOp module) : symbols(module) {}

  /// Follows the calls of `function`; an error when one is on the way here.
  LogicalResult visit(func::FuncOp function) {
    if (done.contains(function))
      return success();
    if (!open.insert(function))
      return function.emitError()
             << "function '" << function.getName() << "' calls itself";
    LogicalResult result = visitCalls(function);
    open.remove(function);
    done.insert(function);
    return result;
  }

private:
  LogicalResult visitCalls(func::FuncOp function) {
    WalkResult result = function.walk([&](func::CallOp call) {
      auto callee = symbols.lookup<func::FuncOp>(call.getCallee());
      if (!callee || succeeded(visit(callee)))
        return WalkResult::advance();
      return WalkResult::interrupt();
    });
    return failure(result.wasInterrupted());
  }

  SymbolTable symbols;
  llvm::SetVector<Operation *> open;
  llvm::DenseSet<Operation *> done;
};

struct CheckModel : public qdot::impl::CheckModelBase<CheckModel> {
  void runOnOperation() override {
    if (failed(check(getOperation())))
      signalPassFailure();
    markAllAnalysesPreserved();
  }

  static LogicalResult check(ModuleOp module) {
    if (module.getOps<func::FuncOp>().empty())
      return module.emitError() << "expected a function in the module";
    if (failed(checkInput(module)))
      return failure();
    CallGraph calls(module);
    for (auto function : module.getOps<func::FuncOp>()) {
      if (failed(checkArguments(function)) || failed(calls.visit(function)))
        return failure();
      WalkResult result =
          function.walk([](Operation *op) { return WalkResult(checkOp(op)); });
      if (result.wasInterrupted())
        return failure();
    }
    return success();
  }
};
} // namespace
