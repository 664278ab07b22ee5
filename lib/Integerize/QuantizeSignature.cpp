//===- QuantizeSignature.cpp - Integer arguments and results -------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/SymbolTable.h"
#include "qdot/Analysis/Remarks.h"
#include "qdot/Dialect/Qdot.h"
#include "qdot/Dialect/QuantizedType.h"
#include "qdot/Integerize/Passes.h"

namespace qdot {
#define GEN_PASS_DEF_QUANTIZESIGNATURE
#include "qdot/Integerize/Passes.h.inc"
} // namespace qdot

using namespace mlir;
using namespace qdot;

/// The only reader of the elements of `argument`, when it is a quantize.
static QuantizeOp getQuantize(BlockArgument argument) {
  QuantizeOp quantize;
  for (Operation *user : argument.getUsers()) {
    if (isa<tensor::DimOp>(user))
      continue;
    if (quantize || !isa<QuantizeOp>(user))
      return {};
    quantize = cast<QuantizeOp>(user);
  }
  return quantize;
}

namespace {
struct QuantizeSignature
    : public qdot::impl::QuantizeSignatureBase<QuantizeSignature> {
  void runOnOperation() override {
    for (auto function : getOperation().getOps<func::FuncOp>()) {
      if (function.isDeclaration())
        continue;
      if (!SymbolTable::symbolKnownUseEmpty(function, getOperation())) {
        function.emitOpError() << "is called, so its signature cannot change";
        return signalPassFailure();
      }
    }
    for (auto function : getOperation().getOps<func::FuncOp>())
      if (!function.isDeclaration())
        convert(function);
  }

  static void convert(func::FuncOp function) {
    if (!function.getBody().hasOneBlock())
      return emitMissedRemark(function, "QuantizeSignature", "several-blocks",
                              "the function has more than one block");
    for (BlockArgument argument : function.getArguments())
      convertArgument(function, argument);
    Operation *terminator = function.getBody().back().getTerminator();
    for (OpOperand &operand : terminator->getOpOperands())
      convertResult(function, operand);
    function.setType(FunctionType::get(function.getContext(),
                                       function.getBody().getArgumentTypes(),
                                       terminator->getOperandTypes()));
  }

  static void convertArgument(func::FuncOp function, BlockArgument argument) {
    QuantizeOp quantize = getQuantize(argument);
    if (!quantize) {
      if (isa<FloatType>(getElementTypeOrSelf(argument.getType())))
        emitMissedRemark(function, "QuantizeSignature", "float-argument",
                         "argument " +
                             std::to_string(argument.getArgNumber()) +
                             " is read in float");
      return;
    }
    auto type = cast<RankedTensorType>(quantize.getType());
    function.setArgAttr(
        argument.getArgNumber(), quantizedAttrName,
        QuantizedAttr::get(function.getContext(), type.getElementType(),
                           quantize.getSiteAttr()));
    argument.setType(getStorageTensor(type));
    OpBuilder builder(quantize);
    Value quantized = quant::StorageCastOp::create(builder, quantize.getLoc(),
                                                   type, argument);
    quantize.replaceAllUsesWith(quantized);
    quantize.erase();
    foldCasts(quantized);
  }

  static void convertResult(func::FuncOp function, OpOperand &operand) {
    auto dequantize = operand.get().getDefiningOp<DequantizeOp>();
    if (!dequantize) {
      if (isa<FloatType>(getElementTypeOrSelf(operand.get().getType())))
        emitMissedRemark(function, "QuantizeSignature", "float-result",
                         "result " +
                             std::to_string(operand.getOperandNumber()) +
                             " is made in float");
      return;
    }
    Value quantized = dequantize.getInput();
    auto type = cast<RankedTensorType>(quantized.getType());
    function.setResultAttr(
        operand.getOperandNumber(), quantizedAttrName,
        QuantizedAttr::get(function.getContext(), type.getElementType(),
                           SiteAttr()));
    if (auto cast = quantized.getDefiningOp<quant::StorageCastOp>()) {
      operand.set(cast.getInput());
    } else {
      OpBuilder builder(operand.getOwner());
      operand.set(quant::StorageCastOp::create(
          builder, dequantize.getLoc(), getStorageTensor(type), quantized));
    }
    if (dequantize.use_empty())
      dequantize.erase();
    if (quantized.use_empty())
      quantized.getDefiningOp()->erase();
  }

  /// `scast(scast(x))` is `x`.
  static void foldCasts(Value quantized) {
    Value storage = quantized.getDefiningOp()->getOperand(0);
    for (Operation *user : llvm::make_early_inc_range(quantized.getUsers()))
      if (auto cast = dyn_cast<quant::StorageCastOp>(user)) {
        cast.replaceAllUsesWith(storage);
        cast.erase();
      }
    if (quantized.use_empty())
      quantized.getDefiningOp()->erase();
  }
};
} // namespace
