//===- QdotOps.cpp - Operations of the qdot dialect ----------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/IR/Builders.h"
#include "qdot/Dialect/Qdot.h"
#include "qdot/Dialect/QuantizedType.h"

using namespace mlir;
using namespace qdot;

//===----------------------------------------------------------------------===//
// ObserveOp
//===----------------------------------------------------------------------===//

namespace {
/// What observation writes: keeps the op alive and in order without making it
/// a barrier for other memory.
struct StatisticsResource
    : public SideEffects::Resource::Base<StatisticsResource> {
  StringRef getName() final { return "qdot.statistics"; }
};
} // namespace

void ObserveOp::getEffects(
    SmallVectorImpl<SideEffects::EffectInstance<MemoryEffects::Effect>>
        &effects) {
  effects.emplace_back(MemoryEffects::Write::get(), StatisticsResource::get());
  if (isa<BaseMemRefType>(getValue().getType()))
    effects.emplace_back(MemoryEffects::Read::get(), &getValueMutable(),
                         SideEffects::DefaultResource::get());
}

//===----------------------------------------------------------------------===//
// QuantizeOp and DequantizeOp
//===----------------------------------------------------------------------===//

static LogicalResult verifyConversion(Operation *op, RankedTensorType real,
                                      RankedTensorType quantized) {
  if (!real.getElementType().isF32())
    return op->emitOpError()
           << "expected f32 elements, got " << real.getElementType();
  if (real.getShape() != quantized.getShape())
    return op->emitOpError() << "expected equal shapes, got " << real << " and "
                             << quantized;
  return verifyQuantizedTensor(quantized, [&] { return op->emitOpError(); });
}

LogicalResult QuantizeOp::verify() {
  return verifyConversion(*this, cast<RankedTensorType>(getInput().getType()),
                          cast<RankedTensorType>(getResult().getType()));
}

LogicalResult DequantizeOp::verify() {
  return verifyConversion(*this, cast<RankedTensorType>(getResult().getType()),
                          cast<RankedTensorType>(getInput().getType()));
}

//===----------------------------------------------------------------------===//
// RequantizeOp
//===----------------------------------------------------------------------===//

LogicalResult RequantizeOp::verify() {
  bool isF32 = getContract() == ContractKind::F32;
  if (isF32 != getMultiplier().getType().isF32())
    return emitOpError() << "contract " << stringifyContractKind(getContract())
                         << " expects a multiplier of type "
                         << (isF32 ? "f32" : "i32") << ", got "
                         << getMultiplier().getType();
  if (isF32 == static_cast<bool>(getShift()))
    return emitOpError() << "contract " << stringifyContractKind(getContract())
                         << (isF32 ? " takes no shift" : " needs a shift");
  unsigned width = getResult().getType().getIntOrFloatBitWidth();
  // The result is signless: the interval may be one of unsigned values.
  int64_t low = -(int64_t(1) << (width - 1));
  int64_t high = (int64_t(1) << (width - 1)) - 1;
  if (width < 32 && static_cast<int64_t>(getClampMin()) >= 0 &&
      static_cast<int64_t>(getZeroPoint()) >= 0) {
    low = 0;
    high = (int64_t(1) << width) - 1;
  }
  int64_t clampMin = static_cast<int64_t>(getClampMin());
  int64_t clampMax = static_cast<int64_t>(getClampMax());
  int64_t zeroPoint = static_cast<int64_t>(getZeroPoint());
  if (clampMin > clampMax || clampMin < low || clampMax > high)
    return emitOpError() << "clamp(" << clampMin << ", " << clampMax
                         << ") is no interval of " << getResult().getType();
  if (zeroPoint < low || zeroPoint > high)
    return emitOpError() << "zero point " << zeroPoint << " is outside of "
                         << getResult().getType();
  return success();
}

//===----------------------------------------------------------------------===//
// RescaleOp
//===----------------------------------------------------------------------===//

LogicalResult RescaleOp::verify() {
  if (getContract() == ContractKind::F32)
    return emitOpError() << "has no fixed-point multiplier under contract "
                         << stringifyContractKind(getContract());
  return success();
}

//===----------------------------------------------------------------------===//
// LookupOp
//===----------------------------------------------------------------------===//

LogicalResult LookupOp::verify() {
  auto type = cast<RankedTensorType>(getTable().getType());
  if (type.getShape() != ArrayRef<int64_t>{256})
    return emitOpError() << "expected a table of 256 entries, got " << type;
  return success();
}
