//===- StorageClasses.cpp - Tensors that are stored alike -----------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qdot/Codegen/StorageClasses.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "qdot/Analysis/IntegerContraction.h"
#include "qdot/Analysis/Layers.h"
#include "qdot/Codegen/ByteSets.h"

using namespace mlir;
using namespace qdot;

bool qdot::isBytes(Value value) {
  auto type = dyn_cast<RankedTensorType>(value.getType());
  return type && type.getElementType().isSignlessInteger(8);
}

bool qdot::isMovement(Operation *op) {
  return isa<tensor::PadOp, tensor::CastOp, tensor::CollapseShapeOp,
             tensor::ExpandShapeOp, tensor::ReshapeOp, tensor::ExtractSliceOp,
             tensor::InsertSliceOp, tensor::ConcatOp, linalg::TransposeOp,
             linalg::CopyOp, linalg::BroadcastOp, linalg::FillOp>(op);
}

/// Whether a value is nothing but a place: ops that write to the same one have
/// no bytes in common.
static bool isPlace(Value value) {
  return isa_and_present<tensor::EmptyOp>(value.getDefiningOp());
}

/// True for maxima and minima of bytes: they choose among their operands, in
/// the same order wherever all of them moved.
static bool isSelection(linalg::GenericOp op) {
  return llvm::all_of(op.getBody()->without_terminator(), [](Operation &inner) {
    return isa<arith::MaxSIOp, arith::MinSIOp>(inner) &&
           inner.getResult(0).getType().isInteger(8);
  });
}

StorageClasses::StorageClasses(func::FuncOp function) {
  function.walk([&](Operation *op) { addOp(op); });
  chooseOffsets();
}

int64_t StorageClasses::getOffset(Value value) const {
  if (!isBytes(value))
    return 0;
  auto at = classes.findLeader(value.getAsOpaquePointer());
  return at == classes.member_end() ? 0 : offsets.lookup(*at);
}

void StorageClasses::join(Value a, Value b) {
  classes.unionSets(a.getAsOpaquePointer(), b.getAsOpaquePointer());
}

void StorageClasses::pin(Value value) {
  if (isBytes(value))
    pinnedValues.push_back(value);
}

void StorageClasses::addOp(Operation *op) {
  SmallVector<Value> bytes;
  for (Value value : op->getOperands())
    if (isBytes(value) && !isPlace(value))
      bytes.push_back(value);
  for (Value value : op->getResults())
    if (isBytes(value))
      bytes.push_back(value);
  for (Value value : bytes) {
    classes.insert(value.getAsOpaquePointer());
    members.push_back(value);
  }
  auto constant = dyn_cast<arith::ConstantOp>(op);
  if (constant && !isReadable(constant))
    llvm::for_each(bytes, [&](Value value) { pin(value); });
  if (isMovement(op)) {
    for (Value value : bytes)
      join(bytes.front(), value);
  } else if (auto linalgOp = dyn_cast<linalg::LinalgOp>(op)) {
    addLinalg(linalgOp);
  } else if (isa<quant::StorageCastOp>(op)) {
    // Handled at the boundary, like arguments and results of the function.
  } else if (!isa<func::ReturnOp, tensor::EmptyOp, arith::ConstantOp,
                  tensor::DimOp, tensor::ExtractOp>(op)) {
    llvm::for_each(bytes, [&](Value value) { pin(value); });
  }
  // Arguments of blocks other than the function's entry are left alone.
  for (Region &region : op->getRegions())
    for (Block &block : region)
      if (!isa<func::FuncOp>(op) || !block.isEntryBlock())
        for (Value argument : block.getArguments())
          pin(argument);
}

void StorageClasses::addLinalg(linalg::LinalgOp op) {
  if (!op.hasPureTensorSemantics()) {
    for (Value operand : op->getOperands())
      pin(operand);
    return;
  }
  for (OpOperand &init : op.getDpsInitsMutable())
    if (isBytes(init.get()) && !isPlace(init.get()))
      join(init.get(), op.getTiedOpResult(&init));
  auto generic = dyn_cast<linalg::GenericOp>(op.getOperation());
  if (!generic) {
    // A named op reads bytes as its name says.
    for (Value operand : op->getOperands())
      pin(operand);
    return;
  }
  if (isSelection(generic))
    for (Value operand : op->getOperands())
      if (isBytes(operand) && !isPlace(operand))
        join(op->getResult(0), operand);
  auto contraction = matchIntegerContraction(generic);
  if (!contraction)
    return addProduct(generic);
  pin(contraction->rhs->get());
  if (contraction->lhsSign == Sign::Signed &&
      isConstantTensor(contraction->rhs->get()) &&
      !isConstantTensor(contraction->lhs->get()))
    wantedValues.push_back(contraction->lhs->get());
}

/// A contraction of two tensors that are not constant, with their zero points:
/// kernels want the left side unsigned and the right side signed.
void StorageClasses::addProduct(linalg::GenericOp op) {
  auto contraction = matchCenteredContraction(op);
  if (!contraction || isConstantTensor(contraction->lhs->get()) ||
      isConstantTensor(contraction->rhs->get()))
    return;
  OpOperand *rows = getRowOperand(op, *contraction);
  bool isLeft = rows == contraction->lhs;
  pin((isLeft ? contraction->rhs : contraction->lhs)->get());
  if ((isLeft ? contraction->lhsSign : contraction->rhsSign) == Sign::Signed)
    wantedValues.push_back(rows->get());
}

/// Leaders are final only after every op was added.
void StorageClasses::chooseOffsets() {
  for (const void *leader : getLeaders(wantedValues))
    offsets[leader] = 128;
  for (const void *leader : getLeaders(pinnedValues))
    offsets.erase(leader);
  llvm::DenseMap<const void *, ByteSet> bytes;
  ByteSets sets;
  for (Value value : members) {
    const void *leader = *classes.findLeader(value.getAsOpaquePointer());
    if (offsets.contains(leader))
      bytes[leader] |= sets.get(value);
  }
  for (auto &[leader, set] : bytes) {
    auto [low, high] = getInterval(set, Sign::Signed);
    if (low >= -64 && high < 64)
      offsets[leader] = 64;
  }
}

StorageClasses::Set StorageClasses::getLeaders(ArrayRef<Value> values) {
  Set leaders;
  for (Value value : values)
    leaders.insert(classes.getOrInsertLeaderValue(value.getAsOpaquePointer()));
  return leaders;
}
