//===- RequantizeHost.cpp - Ops whose bodies requantize -------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "RequantizeHost.h"
#include "ContractBody.h"
#include "LinearForm.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "qdot/Dialect/Constants.h"
#include <algorithm>

using namespace mlir;
using namespace qdot;
using numerics::StorageRange;

Value RequantizeHost::getAccumulator() {
  return contract ? Value(getBody().getArgument(0)) : Value();
}

std::optional<unsigned> RequantizeHost::getNumber(Value value) {
  auto argument = dyn_cast<BlockArgument>(value);
  if (!argument || argument.getOwner() != &getBody())
    return std::nullopt;
  unsigned number = argument.getArgNumber();
  if (contract)
    return number == 0 ? std::nullopt : std::optional<unsigned>(number - 1);
  if (number >= cast<linalg::GenericOp>(op).getInputs().size())
    return std::nullopt;
  return number;
}

std::optional<RequantizeHost::Operand>
RequantizeHost::getOperand(Value argument) {
  std::optional<unsigned> number = getNumber(argument);
  if (!number)
    return std::nullopt;
  if (contract)
    return Operand{contract.getExtras()[*number],
                   contract.getExtraMap(*number)};
  auto generic = cast<linalg::GenericOp>(op);
  return Operand{generic.getInputs()[*number],
                 generic.getIndexingMapsArray()[*number]};
}

bool RequantizeHost::isAccumulation(Value value) {
  if (!contract)
    return false;
  Value accumulator = getAccumulator();
  auto sum = value.getDefiningOp<arith::AddIOp>();
  return value == accumulator || (sum && (sum.getLhs() == accumulator ||
                                          sum.getRhs() == accumulator));
}

std::optional<StorageRange> RequantizeHost::getRange(Value value) {
  if (!isAccumulation(value))
    return getElementwiseRange(value, 0);
  if (!contract.getAccumulator())
    return std::nullopt;
  return StorageRange{contract.getAccumulatorAttr().getMin(),
                      contract.getAccumulatorAttr().getMax()};
}

std::optional<StorageRange>
RequantizeHost::getElementwiseRange(Value value, unsigned depth) {
  if (std::optional<int64_t> constant = matchInteger(value))
    return StorageRange{*constant, *constant};
  if (std::optional<Operand> operand = getOperand(value)) {
    Operation *producer = operand->tensor.getDefiningOp();
    auto known = producer ? producer->getAttrOfType<AccumulatorAttr>(
                                accumulatorAttrName)
                          : AccumulatorAttr();
    if (!known || !value.getType().isInteger(32))
      return std::nullopt;
    return StorageRange{known.getMin(), known.getMax()};
  }
  Operation *by = value.getDefiningOp();
  if (!by || depth > 16)
    return std::nullopt;
  if (isa<arith::ExtSIOp, arith::ExtUIOp>(by)) {
    if (!by->getOperand(0).getType().isInteger(8))
      return std::nullopt;
    return isa<arith::ExtSIOp>(by) ? StorageRange{-128, 127}
                                   : StorageRange{0, 255};
  }
  if (!isa<arith::AddIOp, arith::SubIOp, arith::MulIOp>(by))
    return std::nullopt;
  auto a = getElementwiseRange(by->getOperand(0), depth + 1);
  auto b = getElementwiseRange(by->getOperand(1), depth + 1);
  if (!a || !b)
    return std::nullopt;
  // Ends are i32, so that nothing here leaves 64 bits.
  StorageRange result{a->min + b->min, a->max + b->max};
  if (isa<arith::SubIOp>(by))
    result = {a->min - b->max, a->max - b->min};
  if (isa<arith::MulIOp>(by)) {
    auto ends = std::minmax(
        {a->min * b->min, a->min * b->max, a->max * b->min, a->max * b->max});
    result = {ends.first, ends.second};
  }
  if (!llvm::isInt<32>(result.min) || !llvm::isInt<32>(result.max))
    return std::nullopt;
  return result;
}

BlockArgument RequantizeHost::addOperand(DenseElementsAttr value,
                                         AffineMap map) {
  if (contract)
    return addExtra(contract, value, map);
  auto generic = cast<linalg::GenericOp>(op);
  OpBuilder builder(op);
  Value tensor = arith::ConstantOp::create(builder, op->getLoc(), value);
  unsigned number = generic.getInputs().size();
  generic.getInputsMutable().append(tensor);
  SmallVector<Attribute> maps(generic.getIndexingMaps().getValue());
  maps.insert(maps.begin() + number, AffineMapAttr::get(map));
  generic.setIndexingMapsAttr(builder.getArrayAttr(maps));
  return getBody().insertArgument(number, value.getElementType(), op->getLoc());
}

void RequantizeHost::removeUnusedOperands() {
  if (contract)
    return removeUnusedExtras(contract);
  auto generic = cast<linalg::GenericOp>(op);
  SmallVector<Attribute> maps(generic.getIndexingMaps().getValue());
  for (int64_t number = int64_t(generic.getInputs().size()) - 1; number >= 0;
       --number) {
    if (!getBody().getArgument(number).use_empty() ||
        !ConstantTensor::isConstant(generic.getInputs()[number]))
      continue;
    getBody().eraseArgument(number);
    generic.getInputsMutable().erase(number);
    maps.erase(maps.begin() + number);
  }
  generic.setIndexingMapsAttr(ArrayAttr::get(op->getContext(), maps));
}
