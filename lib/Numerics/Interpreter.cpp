//===- Interpreter.cpp - Functions and calls of the interpreter -----------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qdot/Numerics/Interpreter.h"
#include "InterpreterOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/SymbolTable.h"
#include "qdot/Dialect/Qdot.h"
#include <mutex>

using namespace mlir;
using namespace qdot::interpreter;

namespace qdot {
namespace {

/// Deeper calls are taken for endless recursion.
constexpr unsigned maxCallDepth = 256;

HostElement getHostElement(ElementType type, Type declared) {
  if (type.kind != ElementType::Integer)
    return type.kind == ElementType::F32 ? HostElement::F32 : HostElement::F64;
  if (isa<IndexType>(declared))
    return HostElement::Index;
  if (type.width == 1)
    return HostElement::I1;
  auto quantized = dyn_cast<quant::QuantizedType>(declared);
  bool isUnsigned =
      quantized ? !quantized.isSigned() : declared.isUnsignedInteger();
  switch (type.getByteSize()) {
  case 1:
    return isUnsigned ? HostElement::U8 : HostElement::I8;
  case 2:
    return HostElement::I16;
  case 4:
    return HostElement::I32;
  default:
    return HostElement::I64;
  }
}

HostTensor toHost(const RuntimeValue &value, Type type) {
  Type element = getElementTypeOrSelf(type);
  ElementType known = *getElementType(element);
  HostTensor host;
  host.element = getHostElement(known, element);
  if (value.tensor) {
    host.shape.assign(value.tensor->shape.begin(), value.tensor->shape.end());
    host.bytes = value.tensor->bytes;
    return host;
  }
  Tensor scalar{known, {}, std::vector<char>(known.getByteSize())};
  scalar.store(0, value.scalar);
  host.bytes = std::move(scalar.bytes);
  return host;
}

std::string toString(ArrayRef<int64_t> shape) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  llvm::interleave(
      shape, stream,
      [&](int64_t size) {
        ShapedType::isDynamic(size) ? stream << '?' : stream << size;
      },
      "x");
  return text.empty() ? "scalar" : text;
}

bool isShapeCompatible(ArrayRef<int64_t> shape, Type type) {
  auto shaped = dyn_cast<RankedTensorType>(type);
  if (!shaped)
    return shape.empty() && !isa<ShapedType>(type);
  if (shaped.getRank() != int64_t(shape.size()))
    return false;
  for (auto [size, declared] : llvm::zip(shape, shaped.getShape()))
    if (!ShapedType::isDynamic(declared) && size != declared)
      return false;
  return true;
}

bool isElementCompatible(HostElement given, HostElement expected) {
  return given == expected ||
         (given == HostElement::U8 && expected == HostElement::I8) ||
         (given == HostElement::I8 && expected == HostElement::U8);
}

} // namespace

struct Interpreter::Implementation {
  explicit Implementation(ModuleOp module) : module(module) {}

  llvm::Expected<SmallVector<RuntimeValue>>
  runFunction(func::FuncOp function, ArrayRef<RuntimeValue> arguments,
              unsigned depth);
  Results evaluate(Operation *op, Lookup lookup, unsigned depth);
  Results evaluateConstant(arith::ConstantOp op);
  Results evaluateCall(func::CallOp op, Lookup lookup, unsigned depth);
  Results evaluateObserve(ObserveOp op, Lookup lookup);
  llvm::Error checkResults(Operation *op, ArrayRef<RuntimeValue> results);
  llvm::Expected<RuntimeValue> convertArgument(func::FuncOp function,
                                               unsigned number,
                                               const HostTensor &host);

  ModuleOp module;
  ObserveCallback observe;
  ResultCallback result;
  /// Decoded constants, shared by calls.
  std::mutex mutex;
  llvm::DenseMap<Attribute, TensorRef> constants;
};

Results Interpreter::Implementation::evaluateConstant(arith::ConstantOp op) {
  if (auto scalar = decodeScalar(op.getValue()))
    return SmallVector<RuntimeValue>{{nullptr, *scalar}};
  auto elements = dyn_cast<ElementsAttr>(op.getValue());
  if (!elements)
    return failAt(op, "type of the constant is not supported");
  std::lock_guard<std::mutex> lock(mutex);
  TensorRef &cached = constants[elements];
  if (!cached) {
    auto decoded = decodeElements(op, elements);
    if (!decoded)
      return decoded.takeError();
    cached = *decoded;
  }
  return SmallVector<RuntimeValue>{{cached, Scalar{0}}};
}

Results Interpreter::Implementation::evaluateCall(func::CallOp op,
                                                  Lookup lookup,
                                                  unsigned depth) {
  auto function = SymbolTable::lookupNearestSymbolFrom<func::FuncOp>(
      op, op.getCalleeAttr());
  if (!function)
    return failAt(op, "unknown function '" + op.getCallee() + "'");
  SmallVector<RuntimeValue> arguments;
  for (Value operand : op.getOperands())
    arguments.push_back(lookup(operand));
  return runFunction(function, arguments, depth + 1);
}

Results Interpreter::Implementation::evaluateObserve(ObserveOp op,
                                                     Lookup lookup) {
  const RuntimeValue &value = lookup(op.getValue());
  if (!value.tensor)
    return failAt(op, "expected an operand of tensor type");
  if (observe)
    observe(op.getSite().getKey(), toHost(value, op.getValue().getType()));
  return SmallVector<RuntimeValue>();
}

Results Interpreter::Implementation::evaluate(Operation *op, Lookup lookup,
                                              unsigned depth) {
  if (auto constant = dyn_cast<arith::ConstantOp>(op))
    return evaluateConstant(constant);
  if (auto call = dyn_cast<func::CallOp>(op))
    return evaluateCall(call, lookup, depth);
  if (auto observed = dyn_cast<ObserveOp>(op))
    return evaluateObserve(observed, lookup);
  if (auto structured = dyn_cast<linalg::LinalgOp>(op))
    return evaluateLinalg(structured, lookup);
  if (isTensorOp(op))
    return evaluateTensor(op, lookup);
  if (isQuantizationOp(op))
    return evaluateQuantization(op, lookup);
  return evaluateElementwise(op, lookup);
}

/// What the types say must be what was computed.
llvm::Error
Interpreter::Implementation::checkResults(Operation *op,
                                          ArrayRef<RuntimeValue> results) {
  for (auto [value, result] : llvm::zip(op->getResults(), results)) {
    Type type = value.getType();
    auto element = getElementType(getElementTypeOrSelf(type));
    if (!element)
      return failAt(op, "type of the result is not supported");
    if (!result.tensor && !isa<ShapedType>(type))
      continue;
    if (!result.tensor || !isShapeCompatible(result.tensor->shape, type))
      return failAt(op, "computed shape " +
                            toString(result.tensor ? result.tensor->shape
                                                   : SmallVector<int64_t>()) +
                            " does not match the result's type");
    if (!(result.tensor->type == *element))
      return failAt(op, "computed element type does not match the result's");
  }
  return llvm::Error::success();
}

llvm::Expected<SmallVector<RuntimeValue>>
Interpreter::Implementation::runFunction(func::FuncOp function,
                                         ArrayRef<RuntimeValue> arguments,
                                         unsigned depth) {
  if (depth > maxCallDepth)
    return failAt(function, "calls are nested too deeply");
  if (!llvm::hasSingleElement(function.getBody()))
    return failAt(function, function.isExternal()
                                ? "function has no body"
                                : "control flow is not supported");
  Block &body = function.getBody().front();
  llvm::DenseMap<Value, RuntimeValue> values;
  // The number of uses still to come: a tensor is freed after the last one.
  llvm::DenseMap<Value, unsigned> uses;
  for (auto [argument, value] : llvm::zip(body.getArguments(), arguments))
    values[argument] = value;
  auto lookup = [&](Value value) -> const RuntimeValue & {
    return values.find(value)->second;
  };
  for (Operation &op : body.without_terminator()) {
    auto results = evaluate(&op, lookup, depth);
    if (!results)
      return results.takeError();
    if (auto error = checkResults(&op, *results))
      return error;
    for (auto [value, computed] : llvm::zip(op.getResults(), *results)) {
      if (result && computed.tensor)
        result(&op, value.getResultNumber(), toHost(computed, value.getType()));
      values[value] = std::move(computed);
      uses[value] = std::distance(value.use_begin(), value.use_end());
    }
    // Uses within regions are found as well.
    op.walk([&](Operation *user) {
      for (Value operand : user->getOperands()) {
        auto found = uses.find(operand);
        if (found != uses.end() && --found->second == 0)
          values[operand].tensor.reset();
      }
    });
  }
  SmallVector<RuntimeValue> results;
  for (Value operand : body.getTerminator()->getOperands())
    results.push_back(lookup(operand));
  return results;
}

llvm::Expected<RuntimeValue> Interpreter::Implementation::convertArgument(
    func::FuncOp function, unsigned number, const HostTensor &host) {
  Type declared = function.getArgumentTypes()[number];
  Type element = getElementTypeOrSelf(declared);
  auto type = getElementType(element);
  auto fail = [&](const Twine &cause) {
    return failAt(function, "argument " + Twine(number) + ": " + cause);
  };
  if (!type)
    return fail("type is not supported");
  if (!isElementCompatible(host.element, getHostElement(*type, element)))
    return fail("element type does not match the signature");
  if (!isShapeCompatible(host.shape, declared)) {
    auto shaped = dyn_cast<ShapedType>(declared);
    return fail("expected shape " +
                toString(shaped && shaped.hasRank() ? shaped.getShape()
                                                    : ArrayRef<int64_t>()) +
                ", got " + toString(host.shape));
  }
  auto tensor = allocateTensor(function, *type, host.shape);
  if (!tensor)
    return tensor.takeError();
  if ((*tensor)->bytes.size() != host.bytes.size())
    return fail("expected " + Twine((*tensor)->bytes.size()) + " bytes, got " +
                Twine(host.bytes.size()));
  (*tensor)->bytes = host.bytes;
  if (isa<ShapedType>(declared))
    return RuntimeValue{*tensor, Scalar{0}};
  return RuntimeValue{nullptr, (*tensor)->load(0)};
}

Interpreter::Interpreter(ModuleOp module)
    : implementation(std::make_unique<Implementation>(module)) {}

Interpreter::~Interpreter() = default;

void Interpreter::onObserve(ObserveCallback callback) {
  implementation->observe = std::move(callback);
}

void Interpreter::onResult(ResultCallback callback) {
  implementation->result = std::move(callback);
}

llvm::Expected<std::vector<HostTensor>>
Interpreter::call(StringRef name, ArrayRef<HostTensor> arguments) const {
  auto function = implementation->module.lookupSymbol<func::FuncOp>(name);
  if (!function)
    return llvm::createStringError(llvm::inconvertibleErrorCode(),
                                   "module has no function '%s'",
                                   name.str().c_str());
  if (arguments.size() != function.getNumArguments())
    return failAt(function, "expected " + Twine(function.getNumArguments()) +
                                " arguments, got " + Twine(arguments.size()));
  SmallVector<RuntimeValue> values;
  for (auto [number, host] : llvm::enumerate(arguments)) {
    auto value = implementation->convertArgument(function, number, host);
    if (!value)
      return value.takeError();
    values.push_back(std::move(*value));
  }
  auto results = implementation->runFunction(function, values, 0);
  if (!results)
    return results.takeError();
  std::vector<HostTensor> hosts;
  for (auto [value, type] : llvm::zip(*results, function.getResultTypes()))
    hosts.push_back(toHost(value, type));
  return hosts;
}

} // namespace qdot
