//===- ImportQuant.cpp - quant.qcast/dcast to qdot -----------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "qdot/Annotate/Passes.h"
#include "qdot/Dialect/CheckInput.h"
#include "qdot/Dialect/Constants.h"
#include "qdot/Dialect/Qdot.h"
#include "qdot/Dialect/QuantizedType.h"

namespace qdot {
#define GEN_PASS_DEF_IMPORTQUANT
#include "qdot/Annotate/Passes.h.inc"
} // namespace qdot

using namespace mlir;
using namespace qdot;

//===----------------------------------------------------------------------===//
// Unsigned storage to signed storage: q - 2^(bits-1), zero point likewise
//===----------------------------------------------------------------------===//

static int64_t getSignOffset(quant::QuantizedType type) {
  return type.isSigned() ? 0
                         : int64_t(1) << (type.getStorageTypeIntegralWidth() - 1);
}

static SmallVector<int64_t> subtract(ArrayRef<int64_t> values, int64_t offset) {
  return llvm::map_to_vector(values, [&](int64_t v) { return v - offset; });
}

/// The signed type with the same real values; null for sub-channel types with
/// unsigned storage.
static Type getSignedType(quant::QuantizedType type) {
  int64_t offset = getSignOffset(type);
  if (offset == 0)
    return type;
  Type storage = getStorageType(type);
  int64_t min = type.getStorageTypeMin() - offset;
  int64_t max = type.getStorageTypeMax() - offset;
  unsigned flags = quant::QuantizationFlags::Signed;
  if (auto perTensor = dyn_cast<quant::UniformQuantizedType>(type))
    return quant::UniformQuantizedType::get(
        flags, storage, type.getExpressedType(), perTensor.getScale(),
        perTensor.getZeroPoint() - offset, min, max);
  if (auto perAxis = dyn_cast<quant::UniformQuantizedPerAxisType>(type))
    return quant::UniformQuantizedPerAxisType::get(
        flags, storage, type.getExpressedType(), perAxis.getScales(),
        subtract(perAxis.getZeroPoints(), offset),
        perAxis.getQuantizedDimension(), min, max);
  return {};
}

namespace {
struct ImportQuant : public qdot::impl::ImportQuantBase<ImportQuant> {
  void runOnOperation() override {
    if (failed(checkInput(getOperation())) || failed(checkSignatures()) ||
        failed(checkTypes()))
      return signalPassFailure();
    getOperation().walk([&](quant::StorageCastOp op) { importStorage(op); });
    getOperation().walk([](quant::QuantizeCastOp op) {
      replace<QuantizeOp>(op, getSignedTensor(op.getType()));
    });
    getOperation().walk([](quant::DequantizeCastOp op) {
      replace<DequantizeOp>(op, op.getType());
    });
  }

  static RankedTensorType getSignedTensor(Type type) {
    auto tensor = cast<RankedTensorType>(type);
    return tensor.clone(
        getSignedType(cast<quant::QuantizedType>(tensor.getElementType())));
  }

  template <typename To, typename From>
  static void replace(From op, Type type) {
    OpBuilder builder(op);
    auto created = [&] {
      if constexpr (std::is_same_v<To, QuantizeOp>)
        return To::create(builder, op.getLoc(), type, op.getInput(),
                          SiteAttr());
      else
        return To::create(builder, op.getLoc(), type, op.getInput());
    }();
    op.replaceAllUsesWith(created.getResult());
    op.erase();
  }

  /// Integer constants of unsigned storage move by the sign offset.
  static void importStorage(quant::StorageCastOp op) {
    auto type = cast<RankedTensorType>(op.getType());
    auto element = dyn_cast<quant::QuantizedType>(type.getElementType());
    if (!element || getSignOffset(element) == 0)
      return;
    FailureOr<ConstantTensor> constant = ConstantTensor::get(op.getInput());
    int64_t mask = (int64_t(1) << element.getStorageTypeIntegralWidth()) - 1;
    SmallVector<APInt> values;
    for (int64_t i = 0; i < constant->getNumElements(); ++i)
      values.emplace_back(element.getStorageTypeIntegralWidth(),
                          (constant->getInteger(i) & mask) -
                              getSignOffset(element),
                          /*isSigned=*/true);
    OpBuilder builder(op);
    auto storage = RankedTensorType::get(type.getShape(),
                                         getStorageType(element));
    Value moved = arith::ConstantOp::create(
        builder, op.getLoc(), DenseElementsAttr::get(storage, values));
    auto cast = quant::StorageCastOp::create(builder, op.getLoc(),
                                             getSignedTensor(type), moved);
    op.replaceAllUsesWith(cast.getResult());
    op.erase();
  }

  LogicalResult checkSignatures() {
    for (auto function : getOperation().getOps<func::FuncOp>())
      for (Type type : llvm::concat<const Type>(function.getArgumentTypes(),
                                                function.getResultTypes()))
        if (isa<quant::QuantizedType>(getElementTypeOrSelf(type)))
          return function.emitOpError()
                 << "has the quantized type " << type
                 << " in its signature; run strip-func-quant-types first";
    return success();
  }

  LogicalResult checkTypes() {
    WalkResult result = getOperation().walk([](Operation *op) {
      if (!isa<quant::QuantizeCastOp, quant::DequantizeCastOp,
               quant::StorageCastOp>(op))
        return WalkResult::advance();
      return WalkResult(check(op));
    });
    return failure(result.wasInterrupted());
  }

  static LogicalResult check(Operation *op) {
    Type type = op->getResult(0).getType();
    if (!isa<quant::QuantizedType>(getElementTypeOrSelf(type)))
      type = op->getOperand(0).getType();
    auto tensor = dyn_cast<RankedTensorType>(type);
    if (!tensor)
      return op->emitOpError() << "expected a ranked tensor, got " << type;
    if (failed(verifyQuantizedTensor(tensor, [&] { return op->emitOpError(); })))
      return failure();
    auto element = cast<quant::QuantizedType>(tensor.getElementType());
    if (!getSignedType(element))
      return op->emitOpError() << "has unsigned sub-channel storage " << element;
    bool isUnsignedStorage =
        isa<quant::StorageCastOp>(op) && getSignOffset(element) != 0;
    if (isUnsignedStorage && failed(ConstantTensor::get(op->getOperand(0))))
      return op->emitOpError()
             << "has unsigned storage " << element << " on no constant";
    return success();
  }
};
} // namespace
