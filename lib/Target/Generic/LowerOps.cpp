//===- LowerOps.cpp - qdot ops to arith, linalg and tensor ---------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/BuiltinOps.h"
#include "qdot/Analysis/ConstantValues.h"
#include "qdot/Dialect/CheckInput.h"
#include "qdot/Dialect/Constants.h"
#include "qdot/Target/Generic/LowerScalars.h"
#include "qdot/Target/Generic/Passes.h"

namespace qdot {
#define GEN_PASS_DEF_LOWEROPS
#include "qdot/Target/Generic/Passes.h.inc"
} // namespace qdot

using namespace mlir;
using namespace qdot;

static bool hasQuantizedType(Type type) {
  return isa<quant::QuantizedType>(getElementTypeOrSelf(type));
}

namespace {
/// Builds the elementwise form of one tensor conversion.
class ConversionBuilder {
public:
  ConversionBuilder(Operation *op, const QuantizedView &view)
      : builder(op), loc(op->getLoc()), view(view),
        isUniform(view.isPerTensor()) {}

  /// `convert(body, value, scale, zero point)` on every element of `input`.
  Value build(Value input, Type element,
              function_ref<Value(OpBuilder &, Value, Value, Value)> convert) {
    auto type = cast<RankedTensorType>(input.getType());
    Value empty = tensor::EmptyOp::create(
        builder, loc, tensor::getMixedSizes(builder, loc, input), element);
    AffineMap identity = builder.getMultiDimIdentityMap(type.getRank());
    SmallVector<Value> inputs{input};
    SmallVector<AffineMap> maps{identity};
    addParameters(type.getRank(), inputs, maps);
    maps.push_back(identity);
    SmallVector<utils::IteratorType> kinds(type.getRank(),
                                           utils::IteratorType::parallel);
    return linalg::GenericOp::create(
               builder, loc, TypeRange{empty.getType()}, inputs,
               ValueRange{empty}, maps, kinds,
               [&](OpBuilder &body, Location, ValueRange args) {
                 auto [scale, zero] = getParameters(body, args);
                 linalg::YieldOp::create(body, loc,
                                         convert(body, args[0], scale, zero));
               })
        .getResult(0);
  }

private:
  /// Scales and zero points of several channels are operands.
  void addParameters(int64_t rank, SmallVectorImpl<Value> &inputs,
                     SmallVectorImpl<AffineMap> &maps) {
    if (isUniform)
      return;
    SmallVector<float> scales(view.scales.begin(), view.scales.end());
    SmallVector<int32_t> zeros(view.zeroPoints.begin(), view.zeroPoints.end());
    auto f32 = RankedTensorType::get(view.shape, builder.getF32Type());
    auto i32 = RankedTensorType::get(view.shape, builder.getI32Type());
    inputs.push_back(arith::ConstantOp::create(
        builder, loc, DenseElementsAttr::get(f32, ArrayRef<float>(scales))));
    inputs.push_back(arith::ConstantOp::create(
        builder, loc, DenseElementsAttr::get(i32, ArrayRef<int32_t>(zeros))));
    SmallVector<AffineExpr> exprs = llvm::map_to_vector(
        view.axes, [&](int64_t axis) { return builder.getAffineDimExpr(axis); });
    maps.append(2, AffineMap::get(rank, 0, exprs, builder.getContext()));
  }

  std::pair<Value, Value> getParameters(OpBuilder &body, ValueRange args) {
    if (!isUniform)
      return {args[1], args[2]};
    Value scale = arith::ConstantOp::create(
        body, loc, body.getF32FloatAttr(static_cast<float>(view.scales[0])));
    Value zero = arith::ConstantOp::create(
        body, loc,
        body.getI32IntegerAttr(static_cast<int32_t>(view.zeroPoints[0])));
    return {scale, zero};
  }

  OpBuilder builder;
  Location loc;
  const QuantizedView &view;
  bool isUniform;
};

struct LowerOps : public qdot::impl::LowerOpsBase<LowerOps> {
  using LowerOpsBase::LowerOpsBase;

  void runOnOperation() override {
    if (failed(checkInput(getOperation())) || failed(checkTypes()))
      return signalPassFailure();
    foldConstants();
    // Bodies of kernels are vectorized as they are.
    getOperation().walk([](RequantizeOp op) {
      OpBuilder builder(op);
      if (!isa<ContractOp>(op->getParentOp()))
        replace(op, createRequantize(builder, op));
    });
    getOperation().walk([&](RoundOp op) {
      OpBuilder builder(op);
      if (!keepRounds && !isa<ContractOp>(op->getParentOp()))
        replace(op, createRound(builder, op));
    });
    getOperation().walk([](LookupOp op) {
      OpBuilder builder(op);
      replace(op, createLookup(builder, op));
    });
    getOperation().walk([&](Operation *op) {
      if (isa<QuantizeOp, DequantizeOp, quant::StorageCastOp>(op))
        lowerConversion(op);
    });
    for (Operation *op : llvm::reverse(dead))
      op->erase();
    getOperation().walk([](Operation *op) {
      op->removeDiscardableAttr(quantizedAttrName);
    });
  }

private:
  static void replace(Operation *op, Value value) {
    op->getResult(0).replaceAllUsesWith(value);
    op->erase();
  }

  /// `dequantize` of a constant becomes a constant; what feeds it dies later.
  void foldConstants() {
    getOperation().walk([](DequantizeOp op) {
      FailureOr<RealConstant> constant = getRealConstant(op);
      if (failed(constant))
        return;
      OpBuilder builder(op);
      SmallVector<float> values(constant->values.begin(),
                                constant->values.end());
      replace(op, createFloatConstant(builder, op.getLoc(), constant->type,
                                      values));
    });
    getOperation().walk([](QuantizeOp op) {
      if (op.use_empty())
        op.erase();
    });
  }

  /// Storage values stand in for quantized values, definitions before users.
  void lowerConversion(Operation *op) {
    if (!visited.insert(op).second)
      return;
    if (auto reinterpret = dyn_cast<quant::StorageCastOp>(op)) {
      Value input = getStorage(reinterpret.getInput());
      if (hasQuantizedType(reinterpret.getType()))
        storage[reinterpret.getResult()] = input;
      else
        reinterpret.replaceAllUsesWith(input);
    } else if (auto quantize = dyn_cast<QuantizeOp>(op)) {
      storage[quantize.getResult()] = lower(quantize);
    } else {
      auto dequantize = cast<DequantizeOp>(op);
      dequantize.replaceAllUsesWith(lower(dequantize));
    }
    dead.push_back(op);
  }

  /// The storage values of a quantized value; a storage value itself.
  Value getStorage(Value value) {
    if (!hasQuantizedType(value.getType()))
      return value;
    // In the text, a block may stand in front of the one that defines its values.
    lowerConversion(value.getDefiningOp());
    return storage.lookup(value);
  }

  Value lower(QuantizeOp op) {
    auto type = cast<RankedTensorType>(op.getType());
    QuantizedView view = *viewQuantizedType(type.getElementType());
    Type element = getStorageType(view.type);
    return ConversionBuilder(op, view).build(
        op.getInput(), element,
        [&](OpBuilder &body, Value real, Value scale, Value zero) {
          return createQuantize(body, op.getLoc(), real, scale, zero,
                                view.storage, element, fuseMultiplyAdd);
        });
  }

  Value lower(DequantizeOp op) {
    auto type = cast<RankedTensorType>(op.getInput().getType());
    QuantizedView view = *viewQuantizedType(type.getElementType());
    return ConversionBuilder(op, view).build(
        getStorage(op.getInput()), view.type.getExpressedType(),
        [&](OpBuilder &body, Value stored, Value scale, Value zero) {
          return createDequantize(body, op.getLoc(), stored, scale, zero,
                                  view.type.isSigned());
        });
  }

  /// Quantized values may only pass between the ops that are lowered here.
  LogicalResult checkTypes() {
    WalkResult result = getOperation().walk([](Operation *op) {
      if (auto function = dyn_cast<func::FuncOp>(op)) {
        for (Type type : llvm::concat<const Type>(
                 function.getArgumentTypes(), function.getResultTypes()))
          if (hasQuantizedType(type)) {
            function.emitOpError()
                << "has the quantized type " << type << " in its signature";
            return WalkResult::interrupt();
          }
        return WalkResult::advance();
      }
      if (isa<QuantizeOp, DequantizeOp, quant::StorageCastOp>(op))
        return WalkResult::advance();
      for (Type type : llvm::concat<const Type>(
               SmallVector<Type>(op->getOperandTypes()),
               SmallVector<Type>(op->getResultTypes())))
        if (hasQuantizedType(type)) {
          op->emitOpError() << "has no lowering for the quantized type " << type;
          return WalkResult::interrupt();
        }
      return WalkResult::advance();
    });
    return failure(result.wasInterrupted());
  }

  llvm::DenseMap<Value, Value> storage;
  llvm::DenseSet<Operation *> visited;
  SmallVector<Operation *> dead;
};
} // namespace
