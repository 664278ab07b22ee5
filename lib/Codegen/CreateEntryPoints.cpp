//===- CreateEntryPoints.cpp - C functions around tensor functions --------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/SymbolTable.h"
#include "qdot/Codegen/EntryPoint.h"
#include "qdot/Codegen/Passes.h"
#include "qdot/Dialect/Qdot.h"

namespace qdot {
#define GEN_PASS_DEF_CREATEENTRYPOINTS
#include "qdot/Codegen/Passes.h.inc"
} // namespace qdot

using namespace mlir;
using namespace qdot;

/// True when C has a type for the elements.
static bool isPlainElement(Type type) {
  return type.isF32() || type.isF64() || type.isInteger(8) ||
         type.isInteger(16) || type.isInteger(32) || type.isInteger(64);
}

/// `kind` and `index` name the value in messages.
static LogicalResult checkType(func::FuncOp func, Type type, StringRef kind,
                               unsigned index) {
  auto error = [&] {
    return func.emitOpError() << kind << " #" << index << ": ";
  };
  auto tensor = dyn_cast<RankedTensorType>(type);
  if (!tensor)
    return error() << "expected a ranked tensor, got " << type;
  if (!isPlainElement(tensor.getElementType()))
    return error() << "expected elements of f32, f64, i8, i16, i32 or i64, got "
                   << tensor.getElementType();
  for (int64_t dim = 1; dim < tensor.getRank(); ++dim)
    if (tensor.isDynamicDim(dim))
      return error() << "dimension " << dim << " of " << tensor
                     << " is dynamic; only the first dimension may be";
  return success();
}

static bool isDynamic(Type type) {
  return !cast<RankedTensorType>(type).hasStaticShape();
}

LogicalResult qdot::checkEntrySignature(func::FuncOp func) {
  for (auto [index, type] : llvm::enumerate(func.getArgumentTypes()))
    if (failed(checkType(func, type, "argument", index)))
      return failure();
  for (auto [index, type] : llvm::enumerate(func.getResultTypes()))
    if (failed(checkType(func, type, "result", index)))
      return failure();
  if (func.getNumResults() == 0)
    return func.emitOpError("has no result, so it cannot be an entry point");
  if (llvm::any_of(func.getResultTypes(), isDynamic) &&
      llvm::none_of(func.getArgumentTypes(), isDynamic))
    return func.emitOpError(
        "has a result with a dynamic dimension, but no argument with one");
  return success();
}

/// The tensor type that C code sees: with the quantized element type where the
/// argument or result says what its integers stand for.
static Type getSignatureType(Type type, Attribute attr) {
  auto quantized = dyn_cast_or_null<QuantizedAttr>(attr);
  if (!quantized)
    return type;
  return cast<RankedTensorType>(type).clone(quantized.getType());
}

FunctionType qdot::getEntrySignature(func::FuncOp func) {
  SmallVector<Type> inputs, results;
  for (auto [index, type] : llvm::enumerate(func.getArgumentTypes()))
    inputs.push_back(
        getSignatureType(type, func.getArgAttr(index, quantizedAttrName)));
  for (auto [index, type] : llvm::enumerate(func.getResultTypes()))
    results.push_back(
        getSignatureType(type, func.getResultAttr(index, quantizedAttrName)));
  return FunctionType::get(func.getContext(), inputs, results);
}

namespace {
/// Builds the entry point of one function.
class EntryPointBuilder {
public:
  EntryPointBuilder(func::FuncOp callee, StringRef name)
      : callee(callee), name(name), builder(callee), loc(callee.getLoc()) {}

  func::FuncOp create() {
    builder.setInsertionPointAfter(callee);
    func::FuncOp entry = createFunction();
    Block *body = entry.addEntryBlock();
    builder.setInsertionPointToStart(body);
    if (hasBatch())
      batch = arith::IndexCastOp::create(builder, loc, builder.getIndexType(),
                                         body->getArguments().back());
    unsigned numInputs = callee.getNumArguments();
    Value status = createBody(body->getArguments().take_front(numInputs),
                              body->getArguments().drop_front(numInputs));
    func::ReturnOp::create(builder, loc, status);
    return entry;
  }

private:
  bool hasBatch() {
    return llvm::any_of(callee.getArgumentTypes(), isDynamic);
  }

  /// The declaration: a pointer per argument and result, then the batch.
  func::FuncOp createFunction() {
    SmallVector<Type> arguments;
    auto addPointer = [&](Type type) {
      Type element = cast<RankedTensorType>(type).getElementType();
      arguments.push_back(MemRefType::get({}, element));
    };
    llvm::for_each(callee.getArgumentTypes(), addPointer);
    llvm::for_each(callee.getResultTypes(), addPointer);
    unsigned numPointers = arguments.size();
    if (hasBatch())
      arguments.push_back(builder.getI64Type());

    auto entry = func::FuncOp::create(
        builder, loc, name,
        builder.getFunctionType(arguments, builder.getI32Type()));
    entry->setAttr("llvm.bareptr", builder.getUnitAttr());
    entry->setAttr(signatureAttrName, TypeAttr::get(getEntrySignature(callee)));
    for (unsigned index = 0; index < numPointers; ++index)
      entry.setArgAttr(index, LLVM::LLVMDialect::getNoAliasAttrName(),
                       builder.getUnitAttr());
    return entry;
  }

  Value createBody(ValueRange inputs, ValueRange outputs) {
    SmallVector<Value> operands;
    for (auto [pointer, type] : llvm::zip(inputs, callee.getArgumentTypes())) {
      auto tensor = cast<RankedTensorType>(type);
      operands.push_back(bufferization::ToTensorOp::create(
          builder, loc, tensor, createBuffer(pointer, tensor),
          /*restrict=*/true));
    }
    auto call = func::CallOp::create(builder, loc, callee, operands);
    Value status = createConstant(0);
    for (auto [result, pointer] : llvm::zip(call.getResults(), outputs))
      status = createStore(result, pointer, status);
    return status;
  }

  /// A contiguous buffer of the shape of `tensor` at `pointer`.
  Value createBuffer(Value pointer, RankedTensorType tensor) {
    SmallVector<OpFoldResult> sizes;
    for (int64_t size : tensor.getShape())
      sizes.push_back(ShapedType::isDynamic(size)
                          ? OpFoldResult(batch)
                          : builder.getIndexAttr(size));
    SmallVector<OpFoldResult> strides(tensor.getRank());
    int64_t stride = 1;
    for (int64_t dim = tensor.getRank() - 1; dim >= 0; --dim) {
      strides[dim] = builder.getIndexAttr(stride);
      if (!tensor.isDynamicDim(dim))
        stride *= tensor.getDimSize(dim);
    }
    auto type = MemRefType::get(tensor.getShape(), tensor.getElementType());
    return memref::ReinterpretCastOp::create(builder, loc, type, pointer,
                                             builder.getIndexAttr(0), sizes,
                                             strides);
  }

  /// Writes `result`; a dynamic one only when it has `batch` rows. Returns the
  /// new status.
  Value createStore(Value result, Value pointer, Value status) {
    if (!isDynamic(result.getType())) {
      materialize(builder, result, pointer);
      return status;
    }
    Value zero = arith::ConstantIndexOp::create(builder, loc, 0);
    Value rows = tensor::DimOp::create(builder, loc, result, zero);
    Value isExpected = arith::CmpIOp::create(
        builder, loc, arith::CmpIPredicate::eq, rows, batch);
    scf::IfOp::create(builder, loc, isExpected,
                      [&](OpBuilder &nested, Location) {
                        OpBuilder::InsertionGuard guard(builder);
                        builder.restoreInsertionPoint(
                            nested.saveInsertionPoint());
                        materialize(builder, result, pointer);
                        scf::YieldOp::create(builder, loc);
                      });
    return arith::SelectOp::create(builder, loc, isExpected, status,
                                   createConstant(1));
  }

  void materialize(OpBuilder &builder, Value result, Value pointer) {
    auto tensor = cast<RankedTensorType>(result.getType());
    bufferization::MaterializeInDestinationOp::create(
        builder, loc, /*result=*/Type(), result, createBuffer(pointer, tensor),
        /*restrict=*/true, /*writable=*/true);
  }

  Value createConstant(int32_t value) {
    return arith::ConstantIntOp::create(builder, loc, value, 32);
  }

  func::FuncOp callee;
  StringRef name;
  OpBuilder builder;
  Location loc;
  Value batch;
};

struct CreateEntryPoints
    : public qdot::impl::CreateEntryPointsBase<CreateEntryPoints> {
  using CreateEntryPointsBase::CreateEntryPointsBase;

  void runOnOperation() override {
    SymbolTable symbols(getOperation());
    SmallVector<func::FuncOp> functions;
    for (auto func : getOperation().getOps<func::FuncOp>())
      if (isSelected(func))
        functions.push_back(func);
    if (functions.empty())
      return reportNone();
    for (func::FuncOp func : functions)
      if (failed(checkEntrySignature(func)) || failed(wrap(func, symbols)))
        return signalPassFailure();
    for (auto func : getOperation().getOps<func::FuncOp>())
      if (!func->hasAttr(signatureAttrName) && !func.isExternal())
        makeInternal(func);
  }

private:
  bool isSelected(func::FuncOp func) const {
    if (func.isExternal() || func->hasAttr(signatureAttrName))
      return false;
    return entry.empty() ? func.isPublic() : func.getName() == entry;
  }

  void reportNone() {
    if (entry.empty())
      getOperation().emitError("has no public function to make an entry point");
    else
      getOperation().emitError() << "has no function '" << entry << "'";
    signalPassFailure();
  }

  LogicalResult wrap(func::FuncOp func, SymbolTable &symbols) const {
    std::string name = prefix + "_" + func.getName().str();
    if (Operation *other = symbols.lookup(name)) {
      InFlightDiagnostic diag = func.emitOpError()
                                << "needs the name '" << name
                                << "' for its entry point, which is taken";
      diag.attachNote(other->getLoc()) << "by this";
      return diag;
    }
    symbols.insert(EntryPointBuilder(func, name).create());
    return success();
  }

  static void makeInternal(func::FuncOp func) {
    func.setPrivate();
    func->setAttr("llvm.linkage",
                  LLVM::LinkageAttr::get(func.getContext(),
                                         LLVM::Linkage::Internal));
  }
};
} // namespace
