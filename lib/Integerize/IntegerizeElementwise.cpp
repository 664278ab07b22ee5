//===- IntegerizeElementwise.cpp - Add, sub, mul, affine, unary ----------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qdot/Analysis/ScalarAnalysis.h"
#include "qdot/Analysis/StructuralBody.h"
#include "qdot/Integerize/IntegerBuilder.h"
#include "qdot/Numerics/Elementwise.h"
#include <cmath>

using namespace mlir;
using namespace qdot;

static IntegerizeResult refuseOperand() {
  return IntegerizeResult::refuse(
      "not-quantized", "an operand has no 8-bit type with one scale");
}

/// The storage of an 8-bit operand with one scale and zero point.
static std::optional<StorageValue> getByteStorage(Value real,
                                                  IntegerBuilder &builder) {
  std::optional<StorageValue> storage = builder.getStorage(real);
  if (!storage || !storage->view.isPerTensor() ||
      storage->view.type.getStorageTypeIntegralWidth() != 8)
    return std::nullopt;
  return storage;
}

/// An elementwise op on storage values with i32 (or i8) result: the inputs'
/// maps are those of `op`.
static Value
createElementwise(linalg::LinalgOp op, ArrayRef<std::pair<OpOperand *, Value>> inputs,
                  Type element, IntegerBuilder &builder,
                  function_ref<Value(OpBuilder &, ValueRange)> createBody) {
  Value empty = builder.createEmpty(op.getDpsInits()[0], element);
  SmallVector<Value> values;
  SmallVector<AffineMap> maps;
  for (auto [operand, value] : inputs) {
    values.push_back(value);
    maps.push_back(op.getMatchingIndexingMap(operand));
  }
  maps.push_back(op.getMatchingIndexingMap(op.getDpsInitOperand(0)));
  auto generic = linalg::GenericOp::create(
      builder.builder, builder.loc, TypeRange{empty.getType()}, values,
      ValueRange{empty}, maps, op.getIteratorTypesArray(),
      [&](OpBuilder &body, Location loc, ValueRange args) {
        linalg::YieldOp::create(body, loc, createBody(body, args));
      });
  return generic.getResult(0);
}

static Value createI32(OpBuilder &body, Location loc, int64_t value) {
  return arith::ConstantOp::create(
      body, loc, body.getI32IntegerAttr(static_cast<int32_t>(value)));
}

namespace {
/// The two operands of an elementwise op of two activations, in the order of
/// the formula.
struct OperandPair {
  OpOperand *operands[2];
  StorageValue storage[2];
};
} // namespace

static std::optional<OperandPair> getOperandPair(const Layer &layer,
                                                 IntegerBuilder &builder) {
  auto op = cast<linalg::LinalgOp>(layer.op);
  StructuralBody body = matchBody(op);
  OperandPair pair;
  for (unsigned i = 0; i < 2; ++i) {
    pair.operands[i] = op.getDpsInputOperand(body.inputs[i]);
    std::optional<StorageValue> storage =
        getByteStorage(pair.operands[i]->get(), builder);
    if (!storage)
      return std::nullopt;
    pair.storage[i] = *storage;
  }
  return pair;
}

/// Rule E1: `x1 * M1 +- x2 * M2 + C`, the zero points folded into C.
IntegerizeResult qdot::integerizeAdd(const Layer &layer,
                                     const QuantizedView &result,
                                     IntegerBuilder &builder) {
  std::optional<OperandPair> pair = getOperandPair(layer, builder);
  if (!pair)
    return refuseOperand();
  auto params = numerics::chooseAddParams(pair->storage[0].view.scales[0],
                                          pair->storage[1].view.scales[0],
                                          result.scales[0]);
  if (!params)
    return IntegerizeResult::refuse(
        "accumulator-overflow",
        "the operands' scales are too large for the result's");
  int64_t factors[2] = {params->multipliers[0], params->multipliers[1]};
  if (layer.kind == LayerKind::Sub)
    factors[1] = -factors[1];
  int64_t offset = 0;
  for (unsigned i = 0; i < 2; ++i)
    offset -= factors[i] * pair->storage[i].view.zeroPoints[0];
  Value sums = createElementwise(
      cast<linalg::LinalgOp>(layer.op),
      {{pair->operands[0], pair->storage[0].value},
       {pair->operands[1], pair->storage[1].value}},
      builder.builder.getI32Type(), builder,
      [&](OpBuilder &body, ValueRange args) {
        Location loc = builder.loc;
        Value sum = createI32(body, loc, offset);
        for (unsigned i = 0; i < 2; ++i) {
          Value term = arith::MulIOp::create(body, loc,
                                             builder.extend(body, args[i], 0),
                                             createI32(body, loc, factors[i]));
          sum = arith::AddIOp::create(body, loc, sum, term);
        }
        return sum;
      });
  return {builder.createRequantize(
              sums, Multipliers::uniform(params->realMultiplier()), result,
              layer.clampMin, layer.clampMax),
          {}};
}

/// Rule E2: `(x1 - Z1) * (x2 - Z2)`; at most 255^2, so i32 always holds it.
IntegerizeResult qdot::integerizeMul(const Layer &layer,
                                     const QuantizedView &result,
                                     IntegerBuilder &builder) {
  std::optional<OperandPair> pair = getOperandPair(layer, builder);
  if (!pair)
    return refuseOperand();
  Value products = createElementwise(
      cast<linalg::LinalgOp>(layer.op),
      {{pair->operands[0], pair->storage[0].value},
       {pair->operands[1], pair->storage[1].value}},
      builder.builder.getI32Type(), builder,
      [&](OpBuilder &body, ValueRange args) -> Value {
        Value lhs = builder.extend(body, args[0],
                                   pair->storage[0].view.zeroPoints[0]);
        Value rhs = builder.extend(body, args[1],
                                   pair->storage[1].view.zeroPoints[0]);
        return arith::MulIOp::create(body, builder.loc, lhs, rhs);
      });
  double multiplier =
      builder.combine(pair->storage[0].view.scales[0],
                      pair->storage[1].view.scales[0], result.scales[0]);
  return {builder.createRequantize(products, Multipliers::uniform(multiplier),
                                   result, layer.clampMin, layer.clampMax),
          {}};
}

//===----------------------------------------------------------------------===//
// Affine
//===----------------------------------------------------------------------===//

/// Rule E3: `(x - Z) * W_c + B_c` with one multiplier per channel.
IntegerizeResult qdot::integerizeAffine(const Layer &layer,
                                        const QuantizedView &result,
                                        IntegerBuilder &builder) {
  auto op = cast<linalg::LinalgOp>(layer.op);
  std::optional<Affine> affine = matchAffine(op);
  std::optional<StorageValue> input =
      affine ? getByteStorage(affine->input, builder) : std::nullopt;
  if (!input)
    return refuseOperand();
  auto params = numerics::chooseAffineParams(
      std::vector<double>(affine->a.begin(), affine->a.end()),
      std::vector<double>(affine->b.begin(), affine->b.end()),
      input->view.scales[0], result.scales[0]);
  if (!params)
    return IntegerizeResult::refuse(
        "accumulator-overflow", "a factor or an offset is not finite");
  OpBuilder &b = builder.builder;
  SmallVector<int64_t> dims(affine->dims.begin(), affine->dims.end());
  SmallVector<int64_t> weights(params->weights.begin(), params->weights.end());
  SmallVector<int64_t> biases(params->biases.begin(), params->biases.end());
  Value weight =
      builder.createConstant(affine->shape, b.getI32Type(), weights);
  Value bias = builder.createConstant(affine->shape, b.getI32Type(), biases);
  Value empty = builder.createEmpty(op.getDpsInits()[0], b.getI32Type());
  int64_t rank = cast<RankedTensorType>(empty.getType()).getRank();
  SmallVector<AffineExpr> exprs = llvm::map_to_vector(
      dims, [&](int64_t dim) { return b.getAffineDimExpr(dim); });
  AffineMap channelMap = AffineMap::get(rank, 0, exprs, b.getContext());
  SmallVector<utils::IteratorType> kinds(rank, utils::IteratorType::parallel);
  auto generic = linalg::GenericOp::create(
      b, builder.loc, TypeRange{empty.getType()},
      ValueRange{input->value, weight, bias}, ValueRange{empty},
      ArrayRef<AffineMap>{affine->inputMap, channelMap, channelMap,
                          b.getMultiDimIdentityMap(rank)},
      kinds, [&](OpBuilder &body, Location loc, ValueRange args) {
        Value centered =
            builder.extend(body, args[0], input->view.zeroPoints[0]);
        Value scaled = arith::MulIOp::create(body, loc, centered, args[1]);
        linalg::YieldOp::create(
            body, loc,
            arith::AddIOp::create(body, loc, scaled, args[2]).getResult());
      });
  Multipliers multipliers;
  multipliers.values.assign(params->realMultipliers.begin(),
                            params->realMultipliers.end());
  multipliers.dims = dims;
  multipliers.shape = affine->shape;
  return {builder.createRequantize(generic.getResult(0), multipliers, result,
                                   layer.clampMin, layer.clampMax),
          {}};
}

//===----------------------------------------------------------------------===//
// Unary
//===----------------------------------------------------------------------===//

/// Rule T1: a table of 256 entries, computed from the op's own body.
IntegerizeResult qdot::integerizeUnary(const Layer &layer,
                                       const QuantizedView &result,
                                       IntegerBuilder &builder) {
  auto op = cast<linalg::LinalgOp>(layer.op);
  FailureOr<UnaryFunction> function = UnaryFunction::get(op);
  std::optional<StorageValue> input =
      getByteStorage(layer.activations.front(), builder);
  if (failed(function) || !input ||
      result.type.getStorageTypeIntegralWidth() != 8)
    return refuseOperand();
  OpOperand *operand = function->getInput();
  std::optional<float> undefined;
  std::vector<int64_t> table = numerics::tabulate(
      [&](float x) {
        FailureOr<float> y = function->evaluate(x);
        if (failed(y) && !undefined)
          undefined = x;
        return succeeded(y) ? *y : 0.0f;
      },
      input->view.params(), {-128, 127}, result.params(), result.storage);
  if (undefined)
    return IntegerizeResult::refuse(
        "undefined-function",
        "the body is undefined at " + Twine(std::to_string(*undefined)));
  Type i8 = builder.builder.getI8Type();
  Value entries = builder.createConstant(
      {256}, i8, SmallVector<int64_t>(table.begin(), table.end()));
  return {createElementwise(op, {{operand, input->value}}, i8, builder,
                            [&](OpBuilder &body, ValueRange args) -> Value {
                              return LookupOp::create(body, builder.loc, i8,
                                                      args[0], entries);
                            }),
          {}};
}
