//===- IntegerizeSum.cpp - Sums over windows: average pooling, mean ------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qdot/Analysis/StructuralBody.h"
#include "qdot/Integerize/IntegerBuilder.h"
#include "qdot/Numerics/Accumulator.h"

using namespace mlir;
using namespace qdot;
using numerics::StorageRange;

/// Number of terms of each sum, 0 when not known at compile time.
static int64_t getTaps(linalg::LinalgOp op) {
  int64_t taps = 1;
  for (auto [size, kind] :
       llvm::zip_equal(op.getStaticLoopRanges(), op.getIteratorTypesArray()))
    if (kind == utils::IteratorType::reduction)
      taps *= ShapedType::isDynamic(size) ? 0 : size;
  return taps;
}

/// The operands of a pooling op: the values at `position`, and tensors that
/// give the window its shape and are never read.
static SmallVector<Value> getOperands(linalg::LinalgOp op, unsigned position,
                                      Value storage, IntegerBuilder &builder) {
  SmallVector<Value> operands;
  for (auto [number, input] : llvm::enumerate(op.getDpsInputs()))
    operands.push_back(
        number == position
            ? storage
            : builder.createShape(input, builder.builder.getI8Type()));
  return operands;
}

/// Rule E4: `sum q - taps * Z`, then one multiplication.
IntegerizeResult qdot::integerizeSum(const Layer &layer,
                                     const QuantizedView &result,
                                     IntegerBuilder &builder) {
  auto op = cast<linalg::LinalgOp>(layer.op);
  Value activation = layer.activations.front();
  std::optional<StorageValue> input = builder.getStorage(activation);
  if (!input || !input->view.isPerTensor())
    return IntegerizeResult::refuse("not-quantized",
                                    "the operand has no type with one scale");
  int64_t taps = getTaps(op);
  if (taps == 0)
    return IntegerizeResult::refuse(
        "dynamic-reduction", "the window is not known at compile time");
  int64_t start = -taps * input->view.zeroPoints[0];
  numerics::AccumulatorBound sum(input->view.storage);
  sum.addProducts({1, 1}, taps);
  sum.addConstant(start);
  std::optional<StorageRange> bound = sum.fitsSigned(32);
  if (!bound)
    return IntegerizeResult::refuse(
        "accumulator-overflow",
        "no proof that the i32 accumulator cannot overflow for every input");
  Value init = builder.createInit(op.getDpsInits()[0], {}, {}, {start});
  unsigned position = matchBody(op).inputs[0];
  SmallVector<Value> operands =
      getOperands(op, position, input->value, builder);
  auto generic = linalg::GenericOp::create(
      builder.builder, builder.loc, TypeRange{init.getType()}, operands,
      ValueRange{init}, op.getIndexingMapsArray(), op.getIteratorTypesArray(),
      [&](OpBuilder &body, Location loc, ValueRange args) {
        Value term = builder.extend(body, args[position], 0);
        linalg::YieldOp::create(
            body, loc,
            arith::AddIOp::create(body, loc, args.back(), term).getResult());
      });
  generic->setAttr(accumulatorAttrName,
                   AccumulatorAttr::get(builder.builder.getContext(),
                                        bound->min, bound->max));
  Multipliers multipliers;
  llvm::append_range(multipliers.dims, layer.factorDims);
  llvm::append_range(multipliers.shape, layer.factorShape);
  for (double factor : layer.factors)
    multipliers.values.push_back(builder.combine(input->view.scales[0], factor,
                                                 result.scales[0]));
  return {builder.createRequantize(generic.getResult(0), multipliers, result,
                                   layer.clampMin, layer.clampMax),
          {}};
}
