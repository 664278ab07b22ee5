//===- IntegerizeMove.cpp - Values that only move or are selected --------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Matchers.h"
#include "qdot/Analysis/ConstantValues.h"
#include "qdot/Analysis/StructuralBody.h"
#include "qdot/Integerize/IntegerBuilder.h"
#include "llvm/ADT/TypeSwitch.h"
#include <cmath>

using namespace mlir;
using namespace qdot;

namespace {
/// Builds the integer form of one move: the same operation on storage values of
/// the result's type.
class MoveBuilder {
public:
  MoveBuilder(const Layer &layer, const QuantizedView &result,
              IntegerBuilder &builder)
      : layer(layer), result(result), builder(builder),
        element(getStorageType(result.type)) {}

  /// Null when an operand has no storage values.
  Value build() {
    if (auto op = dyn_cast<linalg::LinalgOp>(layer.op))
      return buildLinalg(op);
    if (auto pad = dyn_cast<tensor::PadOp>(layer.op))
      return buildPad(pad);
    return buildTensorOp();
  }

private:
  int64_t quantize(float value) const {
    return numerics::quantize(value, result.params(), result.storage);
  }

  /// Storage values of one float operand; null when there are none.
  Value getOperand(Value real) {
    auto type = dyn_cast<RankedTensorType>(real.getType());
    if (!type || !type.getElementType().isF32())
      return real;
    if (real.getDefiningOp<tensor::EmptyOp>())
      return builder.createEmpty(real, element);
    if (std::optional<StorageValue> storage = builder.getStorage(real))
      return storage->view.isPerTensor() ? builder.convert(*storage, result)
                                         : Value();
    if (auto fill = real.getDefiningOp<linalg::FillOp>())
      return getFill(fill);
    return getConstant(real, type);
  }

  Value getFill(linalg::FillOp fill) {
    FloatAttr value;
    if (!matchPattern(fill.getInputs()[0], m_Constant(&value)))
      return {};
    Value scalar = builder.createScalar(
        element, quantize(value.getValue().convertToFloat()));
    Value empty = builder.createEmpty(fill.getResult(0), element);
    return linalg::FillOp::create(builder.builder, builder.loc, scalar, empty)
        .getResult(0);
  }

  Value getConstant(Value real, RankedTensorType type) {
    FailureOr<RealConstant> constant = getRealConstant(real);
    if (failed(constant))
      return {};
    QuantizedConstant quantized =
        quantizeConstant(*constant, type.clone(result.type));
    return builder.createConstant(type.getShape(), element, quantized.values);
  }

  /// All float operands in storage form; nothing when one has none.
  std::optional<SmallVector<Value>> getOperands(ValueRange reals) {
    SmallVector<Value> operands;
    for (Value real : reals) {
      operands.push_back(getOperand(real));
      if (!operands.back())
        return std::nullopt;
    }
    return operands;
  }

  /// Reshapes, slices, concatenations, gathers: the op itself, on storage.
  Value buildTensorOp() {
    std::optional<SmallVector<Value>> operands =
        getOperands(layer.op->getOperands());
    if (!operands)
      return {};
    auto type = cast<RankedTensorType>(layer.op->getResult(0).getType());
    OperationState state(builder.loc, layer.op->getName(), *operands,
                         {type.clone(element)}, layer.op->getAttrs());
    state.propertiesAttr = layer.op->getPropertiesAsAttribute();
    return builder.builder.create(state)->getResult(0);
  }

  /// Real zero is the zero point; the lowest float becomes the lowest value.
  Value buildPad(tensor::PadOp pad) {
    Value source = getOperand(pad.getSource());
    FloatAttr value;
    if (!source ||
        !matchPattern(pad.getConstantPaddingValue(), m_Constant(&value)))
      return {};
    Value padding = builder.createScalar(
        element, quantize(value.getValue().convertToFloat()));
    auto type = cast<RankedTensorType>(pad.getType());
    return tensor::PadOp::create(builder.builder, builder.loc,
                                 type.clone(element), source,
                                 pad.getMixedLowPad(), pad.getMixedHighPad(),
                                 padding, pad.getNofold());
  }

  Value buildLinalg(linalg::LinalgOp op) {
    if (tensor::ExtractOp extract = matchGather(op))
      return buildGather(op, extract);
    if (arith::SelectOp choice = matchChoice(op))
      return buildChoice(op, choice);
    StructuralBody body = matchBody(op);
    bool isMax = body.kind == BodyKind::Max || body.kind == BodyKind::Maximum;
    bool isReduction = body.kind == BodyKind::Max || body.kind == BodyKind::Min;
    SmallVector<Value> operands;
    for (auto [number, input] : llvm::enumerate(op.getDpsInputs())) {
      bool isRead = llvm::is_contained(body.inputs, number);
      operands.push_back(isRead ? getOperand(input)
                                : builder.createShape(input, element));
      if (!operands.back())
        return {};
    }
    Value init = builder.createEmpty(op.getDpsInits()[0], element);
    if (isReduction)
      init = linalg::FillOp::create(
                 builder.builder, builder.loc,
                 builder.createScalar(element, isMax ? result.storage.min
                                                     : result.storage.max),
                 init)
                 .getResult(0);
    return linalg::GenericOp::create(
               builder.builder, builder.loc, TypeRange{init.getType()},
               operands, ValueRange{init}, op.getIndexingMapsArray(),
               op.getIteratorTypesArray(),
               [&](OpBuilder &b, Location loc, ValueRange args) {
                 Value lhs = args[body.inputs[0]];
                 Value rhs = isReduction ? args.back()
                             : body.inputs.size() > 1 ? args[body.inputs[1]]
                                                      : Value();
                 Value moved = lhs;
                 if (rhs && isMax)
                   moved = arith::MaxSIOp::create(b, loc, lhs, rhs);
                 else if (rhs)
                   moved = arith::MinSIOp::create(b, loc, lhs, rhs);
                 linalg::YieldOp::create(b, loc, moved);
               })
        .getResult(0);
  }

  /// The same body, with the table in storage form.
  Value buildGather(linalg::LinalgOp op, tensor::ExtractOp extract) {
    Value table = getOperand(extract.getTensor());
    if (!table)
      return {};
    Value init = builder.createEmpty(op.getDpsInits()[0], element);
    SmallVector<Value> inputs = op.getDpsInputs();
    return linalg::GenericOp::create(
               builder.builder, builder.loc, TypeRange{init.getType()}, inputs,
               ValueRange{init}, op.getIndexingMapsArray(),
               op.getIteratorTypesArray(),
               [&](OpBuilder &b, Location loc, ValueRange args) {
                 IRMapping mapping;
                 mapping.map(op.getBlock()->getArguments(), args);
                 for (Operation &inner : op.getBlock()->without_terminator())
                   if (&inner != extract)
                     b.clone(inner, mapping);
                 SmallVector<Value> indices = llvm::map_to_vector(
                     extract.getIndices(), [&](Value index) {
                       return mapping.lookupOrDefault(index);
                     });
                 Value value =
                     tensor::ExtractOp::create(b, loc, table, indices);
                 linalg::YieldOp::create(b, loc, value);
               })
        .getResult(0);
  }

  /// The same body, selecting storage values; real zero is the zero point.
  Value buildChoice(linalg::LinalgOp op, arith::SelectOp choice) {
    std::optional<SmallVector<Value>> operands = getOperands(op.getDpsInputs());
    if (!operands)
      return {};
    Value zero = builder.createScalar(element, quantize(0.0f));
    Value init = builder.createEmpty(op.getDpsInits()[0], element);
    return linalg::GenericOp::create(
               builder.builder, builder.loc, TypeRange{init.getType()},
               *operands, ValueRange{init}, op.getIndexingMapsArray(),
               op.getIteratorTypesArray(),
               [&](OpBuilder &b, Location loc, ValueRange args) {
                 IRMapping mapping;
                 mapping.map(op.getBlock()->getArguments(), args);
                 for (Operation &inner : op.getBlock()->without_terminator())
                   if (&inner != choice)
                     b.clone(inner, mapping);
                 auto take = [&](Value real) {
                   return isa<BlockArgument>(real) ? mapping.lookup(real)
                                                   : zero;
                 };
                 Value taken = arith::SelectOp::create(
                     b, loc, mapping.lookupOrDefault(choice.getCondition()),
                     take(choice.getTrueValue()), take(choice.getFalseValue()));
                 linalg::YieldOp::create(b, loc, taken);
               })
        .getResult(0);
  }

  const Layer &layer;
  const QuantizedView &result;
  IntegerBuilder &builder;
  Type element;
};
} // namespace

IntegerizeResult qdot::integerizeMove(const Layer &layer,
                                      const QuantizedView &result,
                                      IntegerBuilder &builder) {
  if (Value storage = MoveBuilder(layer, result, builder).build())
    return {storage, {}};
  return IntegerizeResult::refuse(
      "not-quantized", "an operand has no type with one scale");
}
