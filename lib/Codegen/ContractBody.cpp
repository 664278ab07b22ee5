//===- ContractBody.cpp - Requantizations in the body of a contraction ----===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ContractBody.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "qdot/Codegen/UnsignedBody.h"
#include "qdot/Dialect/Constants.h"

using namespace mlir;
using namespace qdot;

numerics::StorageRange qdot::getClamp(RequantizeOp op) {
  return {static_cast<int64_t>(op.getClampMin()),
          static_cast<int64_t>(op.getClampMax())};
}

int64_t qdot::getByteShift(RequantizeOp op) {
  return getClamp(op).min < 0 ? 128 : 0;
}

numerics::StorageRange qdot::getUnsignedClamp(RequantizeOp op) {
  numerics::StorageRange clamp = getClamp(op);
  int64_t shift = getByteShift(op);
  return {clamp.min + shift, clamp.max + shift};
}

Value qdot::createInteger(OpBuilder &builder, Location loc, int64_t value) {
  return arith::ConstantOp::create(builder, loc,
                                   builder.getI32IntegerAttr(int32_t(value)));
}

Value qdot::createByteClamp(OpBuilder &builder, RequantizeOp op, Value value) {
  Location loc = op.getLoc();
  auto bound = [&](int64_t limit) {
    return createInteger(builder, loc, limit);
  };
  numerics::StorageRange clamp = getUnsignedClamp(op);
  value = arith::MaxSIOp::create(builder, loc, value, bound(clamp.min));
  value = arith::MinSIOp::create(builder, loc, value, bound(clamp.max));
  value = arith::TruncIOp::create(builder, loc, op.getType(), value);
  return getByteShift(op) ? createFlip(builder, loc, value) : value;
}

void qdot::replaceRequantize(RequantizeOp op, Value value) {
  SmallVector<Operation *> dead{op};
  op.replaceAllUsesWith(value);
  // What only the requantization used.
  while (!dead.empty()) {
    Operation *last = dead.pop_back_val();
    if (!last->use_empty() || last->getParentOp() == nullptr)
      continue;
    SmallVector<Operation *> producers;
    for (Value operand : last->getOperands())
      if (Operation *producer = operand.getDefiningOp())
        if (producer->getBlock() == last->getBlock() &&
            !llvm::is_contained(producers, producer))
          producers.push_back(producer);
    last->erase();
    for (Operation *producer : producers)
      if (producer->use_empty() && !llvm::is_contained(dead, producer))
        dead.push_back(producer);
  }
}

std::optional<unsigned> qdot::findConstantExtra(ContractOp op, Value value) {
  auto argument = dyn_cast<BlockArgument>(value);
  if (!argument || argument.getOwner() != &op.getBody().front() ||
      argument.getArgNumber() == 0)
    return std::nullopt;
  unsigned number = argument.getArgNumber() - 1;
  if (!ConstantTensor::isConstant(op.getExtras()[number]))
    return std::nullopt;
  return number;
}

numerics::StorageRange qdot::getActivationRange(ContractOp op) {
  auto range = op->getAttrOfType<DenseI64ArrayAttr>(lhsRangeAttrName);
  if (!range || range.size() != 2 || range[0] < 0 || range[1] > 255)
    return {0, 255};
  return {range[0], range[1]};
}

BlockArgument qdot::addExtra(ContractOp op, DenseElementsAttr value,
                             AffineMap map) {
  OpBuilder builder(op);
  Value tensor = arith::ConstantOp::create(builder, op.getLoc(), value);
  unsigned number = op.getExtras().size();
  op.getExtrasMutable().append(tensor);
  SmallVector<Attribute> maps(op.getIndexingMaps().getValue());
  maps.insert(maps.end() - 1, AffineMapAttr::get(map));
  op.setIndexingMapsAttr(builder.getArrayAttr(maps));
  return op.getBody().front().insertArgument(number + 1, value.getElementType(),
                                             op.getLoc());
}

void qdot::removeUnusedExtras(ContractOp op) {
  Block &body = op.getBody().front();
  SmallVector<Attribute> maps(op.getIndexingMaps().getValue());
  for (int64_t number = int64_t(op.getExtras().size()) - 1; number >= 0;
       --number) {
    if (!body.getArgument(number + 1).use_empty())
      continue;
    body.eraseArgument(number + 1);
    op.getExtrasMutable().erase(number);
    maps.erase(maps.begin() + 2 + number);
  }
  op.setIndexingMapsAttr(ArrayAttr::get(op.getContext(), maps));
}
