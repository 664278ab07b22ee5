//===- IntegerBuilder.cpp - Pieces of integer code -----------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qdot/Integerize/IntegerBuilder.h"
#include "mlir/IR/AffineMap.h"
#include "mlir/IR/Matchers.h"
#include <cmath>
#include <cstring>

using namespace mlir;
using namespace qdot;

std::optional<StorageValue> IntegerBuilder::getStorage(Value real) {
  auto dequantize = real.getDefiningOp<DequantizeOp>();
  if (!dequantize)
    return std::nullopt;
  Value quantized = dequantize.getInput();
  auto type = cast<RankedTensorType>(quantized.getType());
  StorageValue storage{{}, *viewQuantizedType(type.getElementType())};
  if (!storage.view.type.isSigned())
    return std::nullopt;
  if (auto cast = quantized.getDefiningOp<quant::StorageCastOp>()) {
    storage.value = cast.getInput();
    return storage;
  }
  storage.value = quant::StorageCastOp::create(
      builder, loc, getStorageTensor(type), quantized);
  return storage;
}

OpFoldResult qdot::getSize(OpBuilder &builder, Location loc, Value value,
                           int64_t dim) {
  auto type = cast<RankedTensorType>(value.getType());
  if (!type.isDynamicDim(dim))
    return builder.getIndexAttr(type.getDimSize(dim));
  while (Operation *op = value.getDefiningOp()) {
    if (auto linalgOp = dyn_cast<linalg::LinalgOp>(op))
      value = linalgOp.getDpsInits()[cast<OpResult>(value).getResultNumber()];
    else if (isa<QuantizeOp, DequantizeOp, quant::StorageCastOp>(op))
      value = op->getOperand(0);
    else
      break;
  }
  if (auto empty = value.getDefiningOp<tensor::EmptyOp>())
    return empty.getMixedSizes()[dim];
  return tensor::DimOp::create(builder, loc, value, dim).getResult();
}

Value IntegerBuilder::createEmpty(Value like, Type element) {
  auto type = cast<RankedTensorType>(like.getType());
  SmallVector<OpFoldResult> sizes;
  for (int64_t dim = 0; dim < type.getRank(); ++dim)
    sizes.push_back(getSize(builder, loc, like, dim));
  return tensor::EmptyOp::create(builder, loc, sizes, element);
}

Value IntegerBuilder::createShape(Value like, Type element) {
  return isa<RankedTensorType>(like.getType()) ? createEmpty(like, element)
                                               : like;
}

Value IntegerBuilder::createConstant(ArrayRef<int64_t> shape, Type element,
                                     ArrayRef<int64_t> values) {
  auto type = RankedTensorType::get(shape, element);
  size_t size = element.getIntOrFloatBitWidth() / 8;
  SmallVector<char> bytes(values.size() * size);
  for (auto [at, value] : llvm::enumerate(values))
    std::memcpy(&bytes[at * size], &value, size);
  return arith::ConstantOp::create(
      builder, loc, DenseElementsAttr::getFromRawBuffer(type, bytes));
}

Value IntegerBuilder::createScalar(Type type, int64_t value) {
  return arith::ConstantOp::create(builder, loc,
                                   builder.getIntegerAttr(type, value));
}

Value IntegerBuilder::createInit(Value like, ArrayRef<int64_t> dims,
                                 ArrayRef<int64_t> shape,
                                 ArrayRef<int64_t> values) {
  Type i32 = builder.getI32Type();
  Value empty = createEmpty(like, i32);
  if (llvm::all_equal(values)) {
    Value scalar = createScalar(i32, values.empty() ? 0 : values.front());
    return linalg::FillOp::create(builder, loc, scalar, empty).getResult(0);
  }
  Value constant = createConstant(shape, i32, values);
  int64_t rank = cast<RankedTensorType>(like.getType()).getRank();
  SmallVector<int64_t> added;
  for (int64_t dim = 0; dim < rank; ++dim)
    if (!llvm::is_contained(dims, dim))
      added.push_back(dim);
  if (added.empty())
    return constant;
  return linalg::BroadcastOp::create(builder, loc, constant, empty, added)
      ->getResult(0);
}

Value IntegerBuilder::extend(OpBuilder &body, Value scalar, int64_t zero) {
  Type i32 = body.getI32Type();
  if (scalar.getType() != i32)
    scalar = arith::ExtSIOp::create(body, loc, i32, scalar);
  if (zero == 0)
    return scalar;
  Value constant = arith::ConstantOp::create(
      body, loc, body.getI32IntegerAttr(static_cast<int32_t>(zero)));
  return arith::SubIOp::create(body, loc, scalar, constant);
}

double IntegerBuilder::combine(double inputScale, double weightScale,
                               double outputScale) const {
  if (contract == numerics::Contract::F32)
    return numerics::combineScalesF32(inputScale, weightScale, outputScale);
  return numerics::combineScales(inputScale, weightScale, outputScale);
}

//===----------------------------------------------------------------------===//
// Requantization
//===----------------------------------------------------------------------===//

namespace {
/// Builds `linalg.generic { requantize }` over accumulators.
class RequantizeBuilder {
public:
  RequantizeBuilder(IntegerBuilder &parent, Value accumulators,
                    const Multipliers &multipliers)
      : parent(parent), accumulators(accumulators), multipliers(multipliers),
        isUniform(llvm::all_equal(multipliers.values)) {}

  Value build(const QuantizedView &result, float clampMin, float clampMax) {
    Type storage = getStorageType(result.type);
    Value empty = parent.createEmpty(accumulators, storage);
    addOperands();
    int64_t rank = cast<RankedTensorType>(empty.getType()).getRank();
    AffineMap identity = parent.builder.getMultiDimIdentityMap(rank);
    SmallVector<AffineMap> maps{identity};
    for (size_t i = 1; i < inputs.size(); ++i)
      maps.push_back(getChannelMap(rank));
    maps.push_back(identity);
    SmallVector<utils::IteratorType> kinds(rank,
                                           utils::IteratorType::parallel);
    auto generic = linalg::GenericOp::create(
        parent.builder, parent.loc, TypeRange{empty.getType()}, inputs,
        ValueRange{empty}, maps, kinds,
        [&](OpBuilder &body, Location loc, ValueRange args) {
          buildBody(body, loc, args, storage, result, clampMin, clampMax);
        });
    return generic.getResult(0);
  }

private:
  bool isF32() const { return parent.contract == numerics::Contract::F32; }

  AffineMap getChannelMap(int64_t rank) {
    SmallVector<AffineExpr> exprs =
        llvm::map_to_vector(multipliers.dims, [&](int64_t dim) {
          return parent.builder.getAffineDimExpr(dim);
        });
    return AffineMap::get(rank, 0, exprs, parent.builder.getContext());
  }

  /// Multipliers and shifts: captured scalars when they are the same
  /// everywhere, operands otherwise.
  void addOperands() {
    inputs.push_back(accumulators);
    if (isF32())
      return addF32Operands();
    SmallVector<int64_t> factors, shifts;
    for (double value : multipliers.values) {
      auto fixed = numerics::decomposeMultiplier(value);
      factors.push_back(fixed.multiplier);
      shifts.push_back(fixed.shift);
    }
    OpBuilder &builder = parent.builder;
    if (isUniform) {
      factor = parent.createScalar(builder.getI32Type(), factors.front());
      shift = parent.createScalar(builder.getI8Type(), shifts.front());
      return;
    }
    inputs.push_back(parent.createConstant(multipliers.shape,
                                           builder.getI32Type(), factors));
    inputs.push_back(
        parent.createConstant(multipliers.shape, builder.getI8Type(), shifts));
  }

  void addF32Operands() {
    OpBuilder &builder = parent.builder;
    if (isUniform) {
      factor = arith::ConstantOp::create(
          builder, parent.loc,
          builder.getF32FloatAttr(static_cast<float>(multipliers.values[0])));
      return;
    }
    SmallVector<float> floats(multipliers.values.begin(),
                              multipliers.values.end());
    inputs.push_back(arith::ConstantOp::create(
        builder, parent.loc,
        DenseElementsAttr::get(
            RankedTensorType::get(multipliers.shape, builder.getF32Type()),
            ArrayRef<float>(floats))));
  }

  void buildBody(OpBuilder &body, Location loc, ValueRange args, Type storage,
                 const QuantizedView &result, float clampMin, float clampMax) {
    if (!isUniform) {
      factor = args[1];
      shift = isF32() ? Value() : args[2];
    }
    numerics::QuantParams params = result.params();
    int64_t low = numerics::quantize(clampMin, params, result.storage);
    int64_t high = numerics::quantize(clampMax, params, result.storage);
    Value requantized = RequantizeOp::create(
        body, loc, storage, args[0], factor, shift, params.zeroPoint, low,
        high, static_cast<ContractKind>(parent.contract));
    linalg::YieldOp::create(body, loc, requantized);
  }

  IntegerBuilder &parent;
  Value accumulators;
  const Multipliers &multipliers;
  bool isUniform;
  SmallVector<Value> inputs;
  Value factor, shift;
};
} // namespace

Value IntegerBuilder::createRequantize(Value accumulators,
                                       const Multipliers &multipliers,
                                       const QuantizedView &result,
                                       float clampMin, float clampMax) {
  return RequantizeBuilder(*this, accumulators, multipliers)
      .build(result, clampMin, clampMax);
}

Value IntegerBuilder::convert(StorageValue from, const QuantizedView &to) {
  if (from.view.type == to.type)
    return from.value;
  if (!isRequantizationTarget(to))
    return {};
  Value empty = createEmpty(from.value, builder.getI32Type());
  int64_t rank = from.getType().getRank();
  AffineMap identity = builder.getMultiDimIdentityMap(rank);
  SmallVector<utils::IteratorType> kinds(rank, utils::IteratorType::parallel);
  auto widened = linalg::GenericOp::create(
      builder, loc, TypeRange{empty.getType()}, ValueRange{from.value},
      ValueRange{empty}, ArrayRef<AffineMap>{identity, identity}, kinds,
      [&](OpBuilder &body, Location loc, ValueRange args) {
        linalg::YieldOp::create(
            body, loc, extend(body, args[0], from.view.zeroPoints[0]));
      });
  return createRequantize(
      widened.getResult(0),
      Multipliers::uniform(
          combine(from.view.scales[0], 1.0, to.scales[0])),
      to, -INFINITY, INFINITY);
}

void qdot::setQuantized(Value value, const QuantizedView &view, SiteAttr site) {
  Operation *op = value.getDefiningOp();
  if (op && op->getNumResults() == 1)
    op->setAttr(quantizedAttrName,
                QuantizedAttr::get(op->getContext(), view.type, site));
}
