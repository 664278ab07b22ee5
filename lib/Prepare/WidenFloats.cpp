//===- WidenFloats.cpp - Models in 16-bit floats compute in f32 -----------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "PrepareUtils.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Quant/IR/QuantTypes.h"
#include "qdot/Dialect/Constants.h"
#include "qdot/Prepare/Passes.h"

namespace qdot {
#define GEN_PASS_DEF_WIDENFLOATS
#include "qdot/Prepare/Passes.h.inc"
} // namespace qdot

using namespace mlir;
using namespace qdot;

/// `type` with f32 for f16 and bf16, in tensors and in signatures too.
static Type widenType(Type type) {
  if (isHalf(type))
    return Float32Type::get(type.getContext());
  if (auto tensor = dyn_cast<TensorType>(type))
    return tensor.clone(widenType(tensor.getElementType()));
  auto function = dyn_cast<FunctionType>(type);
  if (!function)
    return type;
  auto widenAll = [](TypeRange types) {
    return llvm::map_to_vector(types, widenType);
  };
  return FunctionType::get(type.getContext(), widenAll(function.getInputs()),
                           widenAll(function.getResults()));
}

/// `attribute` with the same numbers in f32, or itself.
static Attribute widenAttribute(Operation *op, Attribute attribute) {
  if (auto type = dyn_cast<TypeAttr>(attribute))
    return TypeAttr::get(widenType(type.getValue()));
  if (auto real = dyn_cast<FloatAttr>(attribute); real && isHalf(real.getType()))
    return FloatAttr::get(widenType(real.getType()), real.getValueAsDouble());
  auto elements = dyn_cast<ElementsAttr>(attribute);
  if (!elements || !isHalf(elements.getElementType()))
    return attribute;
  FailureOr<ConstantTensor> tensor =
      ConstantTensor::get(elements, [&] { return op->emitError(); });
  return succeeded(tensor) ? Attribute(widenElements(*tensor)) : attribute;
}

static bool hasHalf(TypeRange types) {
  return llvm::any_of(types, [](Type type) { return widenType(type) != type; });
}

/// True when a value of the module is in 16-bit floats.
static bool usesHalf(ModuleOp module) {
  return module
      .walk([](Operation *op) {
        bool found = hasHalf(op->getResultTypes());
        for (Region &region : op->getRegions())
          for (Block &block : region)
            found |= hasHalf(block.getArgumentTypes());
        return found ? WalkResult::interrupt() : WalkResult::advance();
      })
      .wasInterrupted();
}

/// Gives an op and its blocks f32 for 16-bit floats.
static void widenOp(Operation *op) {
  for (Region &region : op->getRegions())
    for (Block &block : region)
      for (BlockArgument argument : block.getArguments())
        argument.setType(widenType(argument.getType()));
  for (Value result : op->getResults())
    result.setType(widenType(result.getType()));
  for (NamedAttribute attribute : llvm::to_vector(op->getAttrs())) {
    Attribute wide = widenAttribute(op, attribute.getValue());
    if (wide != attribute.getValue())
      op->setAttr(attribute.getName(), wide);
  }
}

/// What `op` needs 16 bits for: bit patterns, scales for 16-bit floats.
static bool needsHalf(Operation *op) {
  auto hasHalfScale = [](Type type) {
    auto quantized =
        dyn_cast<quant::QuantizedType>(getElementTypeOrSelf(type));
    return quantized && isHalf(quantized.getExpressedType());
  };
  auto isHalfValue = [](Type type) { return isHalf(getElementTypeOrSelf(type)); };
  return llvm::any_of(op->getResultTypes(), hasHalfScale) ||
         (isa<arith::BitcastOp>(op) &&
          (isHalfValue(op->getOperand(0).getType()) ||
           isHalfValue(op->getResult(0).getType())));
}

namespace {
struct WidenFloats : public qdot::impl::WidenFloatsBase<WidenFloats> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    if (!usesHalf(module))
      return;
    WalkResult result = module.walk([](Operation *op) {
      if (!needsHalf(op))
        return WalkResult::advance();
      op->emitError() << "expected f32 or integers, got "
                      << op->getResult(0).getType();
      return WalkResult::interrupt();
    });
    if (result.wasInterrupted() || failed(checkInput(module)))
      return signalPassFailure();
    module.walk(widenOp);
    module.walk([](Operation *op) {
      if (!isa<arith::ExtFOp, arith::TruncFOp>(op) ||
          op->getOperand(0).getType() != op->getResult(0).getType())
        return;
      op->getResult(0).replaceAllUsesWith(op->getOperand(0));
      op->erase();
    });
  }
};
} // namespace
