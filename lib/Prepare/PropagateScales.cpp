//===- PropagateScales.cpp - Scales of values that were only moved --------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"
#include "qdot/Analysis/Layers.h"
#include "qdot/Dialect/Qdot.h"
#include "qdot/Dialect/QuantizedType.h"
#include "qdot/Prepare/Passes.h"

namespace qdot {
#define GEN_PASS_DEF_PROPAGATESCALES
#include "qdot/Prepare/Passes.h.inc"
} // namespace qdot

using namespace mlir;
using namespace qdot;

/// The quantized element type of what `value` is dequantized from; null when it
/// is not, or has several scales.
static Type getScale(Value value) {
  auto dequantize = value.getDefiningOp<DequantizeOp>();
  if (!dequantize)
    return {};
  Type element = getElementTypeOrSelf(dequantize.getInput().getType());
  return isa<quant::UniformQuantizedType>(element) ? element : Type();
}

static bool isQuantized(Value value) {
  return llvm::any_of(value.getUsers(), llvm::IsaPred<QuantizeOp>);
}

/// True when a code of `element` stands for exactly this number.
static bool isExact(float number, Type element) {
  QuantizedView view = *viewQuantizedType(element);
  int64_t code = numerics::quantize(number, view.params(), view.storage);
  return numerics::dequantize(code, view.params()) == number;
}

/// The number that a tensor is filled with, if it is known.
static std::optional<float> getFill(Value value) {
  auto fill = value.getDefiningOp<linalg::FillOp>();
  FloatAttr number;
  if (!fill || !matchPattern(fill.getInputs()[0], m_Constant(&number)))
    return std::nullopt;
  return number.getValue().convertToFloat();
}

/// Lets all readers of `value` read it quantized to `element` and dequantized.
static void round(Value value, Type element) {
  OpBuilder builder(value.getContext());
  builder.setInsertionPointAfterValue(value);
  auto type = cast<RankedTensorType>(value.getType());
  auto quantize = QuantizeOp::create(builder, value.getLoc(),
                                     type.clone(element), value, SiteAttr());
  Value rounded =
      DequantizeOp::create(builder, value.getLoc(), type, quantize);
  value.replaceAllUsesExcept(rounded, quantize);
}

/// The type that all values have which the move `layer` reads; null when there
/// is none, or when it adds numbers that have no code.
static Type getCommonScale(const Layer &layer) {
  Type common;
  SmallVector<float> numbers;
  if (layer.padValue)
    numbers.push_back(*layer.padValue);
  for (OpOperand &operand : layer.op->getOpOperands()) {
    if (!isF32Tensor(operand.get()) ||
        operand.get().getDefiningOp<tensor::EmptyOp>())
      continue;
    auto structured = dyn_cast<linalg::LinalgOp>(layer.op);
    if (structured && structured.isDpsInit(&operand))
      continue;
    // Zeros between the elements of a transposed convolution.
    if (std::optional<float> number = getFill(operand.get())) {
      numbers.push_back(*number);
      continue;
    }
    Type element = getScale(operand.get());
    if (!element || (common && element != common))
      return {};
    common = element;
  }
  bool isPossible = common && llvm::all_of(numbers, [&](float number) {
                      return isExact(number, common);
                    });
  return isPossible ? common : Type();
}

/// The operands of a move that nothing else reads and that have no scale yet.
static SmallVector<Value> getOwnOperands(const Layer &layer) {
  SmallVector<Value> values;
  for (Value value : layer.op->getOperands())
    if (isF32Tensor(value) && value.hasOneUse() && value.getDefiningOp() &&
        !value.getDefiningOp<DequantizeOp>() && !isConstantTensor(value) &&
        !isa<tensor::EmptyOp, linalg::FillOp>(value.getDefiningOp()))
      values.push_back(value);
  return values;
}

/// The only type to which the readers of `value` quantize it; null when one of
/// them does not.
static Type getOnlyTarget(Value value) {
  Type target;
  for (Operation *user : value.getUsers()) {
    auto quantize = dyn_cast<QuantizeOp>(user);
    Type element = quantize ? getElementTypeOrSelf(quantize.getType()) : Type();
    if (!isa_and_nonnull<quant::UniformQuantizedType>(element) ||
        (target && element != target))
      return {};
    target = element;
  }
  return target;
}

namespace {
struct PropagateScales
    : public qdot::impl::PropagateScalesBase<PropagateScales> {
  void runOnOperation() override {
    for (auto function : getOperation().getOps<func::FuncOp>())
      if (!function.isDeclaration())
        propagate(function);
  }

private:
  static void propagate(func::FuncOp function) {
    LayerAnalysis layers(function);
    SmallVector<const Layer *> moves;
    for (const Layer &layer : layers.getLayers())
      if (layer.kind == LayerKind::SameScale &&
          !layer.op->hasAttr(keepFloatAttrName))
        moves.push_back(&layer);
    for (const Layer *move : moves)
      if (!isQuantized(move->result))
        if (Type element = getCommonScale(*move))
          round(move->result, element);
    for (const Layer *move : llvm::reverse(moves))
      if (Type element = getOnlyTarget(move->result))
        for (Value value : getOwnOperands(*move))
          round(value, element);
  }
};
} // namespace
