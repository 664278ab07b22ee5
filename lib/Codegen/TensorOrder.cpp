//===- TensorOrder.cpp - Tensors with permuted dimensions -----------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TensorOrder.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Utils/IndexingUtils.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/SaveAndRestore.h"

using namespace mlir;
using namespace qdot;

/// Ops in a row that are moved for what reads the last of them.
static constexpr unsigned maxDepth = 256;

AffineMap qdot::permuteResults(AffineMap map, ArrayRef<int64_t> order) {
  return AffineMap::get(map.getNumDims(), 0,
                        applyPermutation(map.getResults(), order),
                        map.getContext());
}

static RankedTensorType permuteType(Type type, ArrayRef<int64_t> order) {
  auto tensor = cast<RankedTensorType>(type);
  return RankedTensorType::get(applyPermutation(tensor.getShape(), order),
                               tensor.getElementType());
}

Value TensorOrder::createEmpty(OpBuilder &builder, Location loc, Value value,
                               ArrayRef<int64_t> order) {
  SmallVector<OpFoldResult> sizes =
      applyPermutation(tensor::getMixedSizes(builder, loc, value), order);
  return tensor::EmptyOp::create(builder, loc, sizes,
                                 getElementTypeOrSelf(value.getType()));
}

Value TensorOrder::createTranspose(OpBuilder &builder, Location loc,
                                   Value value, ArrayRef<int64_t> order) {
  Value empty = createEmpty(builder, loc, value, order);
  return linalg::TransposeOp::create(builder, loc, value, empty, order)
      ->getResult(0);
}

void TensorOrder::changeResult(OpResult result, Type type,
                               ArrayRef<int64_t> order) {
  SmallVector<OpOperand *> uses;
  for (OpOperand &use : result.getUses())
    uses.push_back(&use);
  result.setType(type);
  OpBuilder builder(result.getContext());
  builder.setInsertionPointAfterValue(result);
  Value back = createTranspose(builder, result.getLoc(), result,
                               invertPermutationVector(order));
  for (OpOperand *use : uses)
    use->set(back);
}

/// A tensor that is the same everywhere, or null where `op` makes none.
static Value createConstant(Operation *op, ArrayRef<int64_t> order) {
  OpBuilder builder(op->getContext());
  builder.setInsertionPointAfter(op);
  Location loc = op->getLoc();
  if (isa<tensor::EmptyOp>(op))
    return TensorOrder::createEmpty(builder, loc, op->getResult(0), order);
  if (auto fill = dyn_cast<linalg::FillOp>(op);
      fill && fill.hasPureTensorSemantics())
    return linalg::FillOp::create(
               builder, loc, fill.getInputs()[0],
               TensorOrder::createEmpty(builder, loc, fill->getResult(0), order))
        .getResult(0);
  SplatElementsAttr splat;
  if (matchPattern(op, m_Constant(&splat)))
    return arith::ConstantOp::create(
        builder, loc,
        splat.resizeSplat(permuteType(op->getResult(0).getType(), order)));
  return {};
}

Value TensorOrder::permute(Value value, Order order) {
  if (isIdentityPermutation(order))
    return value;
  if (auto transpose = value.getDefiningOp<linalg::TransposeOp>())
    return permute(transpose.getInput(),
                   applyPermutation(transpose.getPermutation(), order));
  Operation *op = value.getDefiningOp();
  if (!op || op->getNumResults() != 1 || moved.contains(op))
    return transpose(value, order);
  if (Value constant = createConstant(op, order))
    return constant;
  // What lies further away is not worth the stack: it is permuted there.
  if (depth == maxDepth)
    return transpose(value, order);
  llvm::SaveAndRestore guard(depth, depth + 1);
  Value result = move(op, order);
  if (!result)
    return transpose(value, order);
  moved.insert(result.getDefiningOp());
  OpBuilder builder(op);
  value.replaceAllUsesWith(createTranspose(builder, op->getLoc(), result,
                                           invertPermutationVector(order)));
  return result;
}

Value TensorOrder::transpose(Value value, Order order) {
  SmallVector<Value, 1> &known = transposes[value];
  for (Value other : known)
    if (other.getDefiningOp<linalg::TransposeOp>().getPermutation() == order)
      return other;
  OpBuilder builder(value.getContext());
  builder.setInsertionPointAfterValue(value);
  return known.emplace_back(
      createTranspose(builder, value.getLoc(), value, order));
}

Value TensorOrder::move(Operation *op, Order order) {
  return TypeSwitch<Operation *, Value>(op)
      .Case([&](tensor::PadOp pad) { return movePad(pad, order); })
      .Case([&](linalg::GenericOp generic) {
        return moveGeneric(generic, order);
      })
      .Case([&](tensor::ConcatOp concat) { return moveConcat(concat, order); })
      .Case([&](tensor::InsertSliceOp insert) {
        return moveInsert(insert, order);
      })
      .Case([&](tensor::ExtractSliceOp extract) {
        return moveExtract(extract, order);
      })
      .Default([](Operation *) { return Value(); });
}

static bool isSplat(Value value) {
  SplatElementsAttr splat;
  return matchPattern(value, m_Constant(&splat));
}

/// Whether a value is the same everywhere, so that its order does not matter.
static bool isUniform(Value value) {
  return isa_and_present<tensor::EmptyOp, linalg::FillOp>(
             value.getDefiningOp()) ||
         isSplat(value);
}

void TensorOrder::followOperands(Operation *op) {
  if (op->getNumResults() != 1 || moved.contains(op) || op->use_empty() ||
      isa<linalg::TransposeOp>(op))
    return;
  auto type = dyn_cast<RankedTensorType>(op->getResult(0).getType());
  ArrayRef<int64_t> common;
  for (Value operand : op->getOperands()) {
    auto other = dyn_cast<RankedTensorType>(operand.getType());
    if (!type || !other || other.getRank() != type.getRank() ||
        isUniform(operand))
      continue;
    auto transpose = operand.getDefiningOp<linalg::TransposeOp>();
    if (!transpose || (!common.empty() && common != transpose.getPermutation()))
      return;
    common = transpose.getPermutation();
  }
  if (!common.empty())
    permute(op->getResult(0), invertPermutationVector(common));
}

/// The value that a pad writes must be the same everywhere.
Value TensorOrder::movePad(tensor::PadOp op, Order order) {
  Value filled = op.getConstantPaddingValue();
  if (!filled)
    return {};
  OpBuilder builder(op);
  // A constant in the pad's body goes with it.
  if (Operation *inner = filled.getDefiningOp(); inner && op->isAncestor(inner))
    filled = builder.clone(*inner)->getResult(0);
  Value source = permute(op.getSource(), order);
  return tensor::PadOp::create(
      builder, op.getLoc(), permuteType(op.getType(), order), source,
      applyPermutation(op.getMixedLowPad(), order),
      applyPermutation(op.getMixedHighPad(), order), filled);
}

/// Whether every result of `map` belongs to the same dimension of the op's
/// result.
static bool isAlike(linalg::GenericOp op, AffineMap map) {
  AffineMap out = op.getMatchingIndexingMap(op.getDpsInitOperand(0));
  if (map.getNumResults() != out.getNumResults())
    return false;
  for (auto [expr, other] : llvm::zip(map.getResults(), out.getResults())) {
    auto dim = dyn_cast<AffineDimExpr>(other);
    if (!dim || !expr.isFunctionOfDim(dim.getPosition()))
      return false;
  }
  return true;
}

/// An op that computes each element of its result from operands of the same
/// number of dimensions: they are permuted along.
Value TensorOrder::moveGeneric(linalg::GenericOp op, Order order) {
  if (!op.hasPureTensorSemantics() || op.getNumDpsInits() != 1 ||
      op.hasIndexSemantics())
    return {};
  Value init = op.getDpsInits()[0];
  if (!isa_and_present<linalg::FillOp, tensor::EmptyOp>(init.getDefiningOp()))
    return {};
  OpBuilder builder(op);
  Location loc = op.getLoc();
  Value start = createEmpty(builder, loc, init, order);
  if (auto fill = init.getDefiningOp<linalg::FillOp>())
    start = linalg::FillOp::create(builder, loc, fill.getInputs()[0], start)
                .getResult(0);
  SmallVector<Value> inputs;
  SmallVector<AffineMap> maps;
  for (OpOperand *operand : op.getDpsInputOperands()) {
    Value input = operand->get();
    AffineMap map = op.getMatchingIndexingMap(operand);
    if (isAlike(op, map)) {
      input = permute(input, order);
      map = permuteResults(map, order);
    }
    inputs.push_back(input);
    maps.push_back(map);
  }
  AffineMap out = op.getMatchingIndexingMap(op.getDpsInitOperand(0));
  maps.push_back(permuteResults(out, order));
  auto copy = linalg::GenericOp::create(builder, loc, TypeRange(start.getType()),
                                        inputs, ValueRange(start), maps,
                                        op.getIteratorTypesArray());
  IRMapping mapping;
  op.getRegion().cloneInto(&copy.getRegion(), mapping);
  copy->setDiscardableAttrs(op->getDiscardableAttrDictionary());
  return copy.getResult(0);
}

Value TensorOrder::moveConcat(tensor::ConcatOp op, Order order) {
  SmallVector<Value> inputs;
  for (Value input : op.getInputs())
    inputs.push_back(permute(input, order));
  OpBuilder builder(op);
  auto copy = tensor::ConcatOp::create(
      builder, op.getLoc(), permuteType(op.getType(), order),
      llvm::find(order, int64_t(op.getDim())) - order.begin(), inputs);
  copy->setDiscardableAttrs(op->getDiscardableAttrDictionary());
  return copy;
}

/// A part that replaces elements of a tensor.
Value TensorOrder::moveInsert(tensor::InsertSliceOp op, Order order) {
  if (op.getSourceType().getRank() != op.getDestType().getRank())
    return {};
  Value source = permute(op.getSource(), order);
  Value dest = permute(op.getDest(), order);
  OpBuilder builder(op);
  auto copy = tensor::InsertSliceOp::create(
      builder, op.getLoc(), source, dest,
      applyPermutation(op.getMixedOffsets(), order),
      applyPermutation(op.getMixedSizes(), order),
      applyPermutation(op.getMixedStrides(), order));
  copy->setDiscardableAttrs(op->getDiscardableAttrDictionary());
  return copy;
}

/// A slice of a value that has been moved: of any other, the slice alone is
/// permuted.
Value TensorOrder::moveExtract(tensor::ExtractSliceOp op, Order order) {
  if (op.getSourceType().getRank() != op.getType().getRank() ||
      !op.getSource().getDefiningOp<linalg::TransposeOp>())
    return {};
  Value source = permute(op.getSource(), order);
  OpBuilder builder(op);
  auto copy = tensor::ExtractSliceOp::create(
      builder, op.getLoc(), permuteType(op.getType(), order), source,
      applyPermutation(op.getMixedOffsets(), order),
      applyPermutation(op.getMixedSizes(), order),
      applyPermutation(op.getMixedStrides(), order));
  copy->setDiscardableAttrs(op->getDiscardableAttrDictionary());
  return copy;
}
