//===- UseRescale.cpp - Requantization in fixed point ---------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ContractBody.h"
#include "LinearForm.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/BuiltinOps.h"
#include "qdot/Codegen/Passes.h"
#include "qdot/Dialect/CheckInput.h"
#include "qdot/Dialect/Constants.h"

namespace qdot {
#define GEN_PASS_DEF_USERESCALE
#include "qdot/Codegen/Passes.h.inc"
} // namespace qdot

using namespace mlir;
using namespace qdot;

namespace {
/// An integer of the body, one for all or one per element of a constant extra.
struct BodyConstant {
  SmallVector<int64_t> values;
  std::optional<unsigned> extra;
};
} // namespace

static std::optional<BodyConstant> matchConstant(ContractOp op, Value value) {
  if (std::optional<int64_t> constant = matchInteger(value))
    return BodyConstant{{*constant}, std::nullopt};
  std::optional<unsigned> number = findConstantExtra(op, value);
  if (!number)
    return std::nullopt;
  FailureOr<SmallVector<int64_t>> values = readIntegers(op.getExtras()[*number]);
  if (failed(values))
    return std::nullopt;
  return BodyConstant{std::move(*values), number};
}

/// `31 - shift` as i32.
static Value createExponent(ContractOp op, RequantizeOp requantize,
                            const BodyConstant &shift) {
  OpBuilder builder(requantize);
  if (!shift.extra)
    return createInteger(builder, requantize.getLoc(), 31 - shift.values[0]);
  auto exponents = llvm::map_to_vector(
      shift.values, [](int64_t s) { return static_cast<int32_t>(31 - s); });
  auto shape =
      cast<RankedTensorType>(op.getExtras()[*shift.extra].getType()).getShape();
  auto type = RankedTensorType::get(shape, builder.getI32Type());
  return addExtra(op,
                  DenseElementsAttr::get(type, ArrayRef<int32_t>(exponents)),
                  op.getExtraMap(*shift.extra));
}

/// A requantization of bytes has a cheaper form (rule S4).
static bool isByteSum(RequantizeOp requantize) {
  std::optional<LinearForm> form = matchLinear(requantize.getAccumulator());
  return form && form->terms.size() <= 2;
}

static void useRescale(ContractOp op, RequantizeOp requantize) {
  if (!requantize.getShift() || !requantize.getType().isInteger(8) ||
      isByteSum(requantize))
    return;
  auto multiplier = matchConstant(op, requantize.getMultiplier());
  auto shift = matchConstant(op, requantize.getShift());
  if (!multiplier || !shift ||
      !llvm::all_of(multiplier->values, [](int64_t m) { return m >= 0; }) ||
      !llvm::all_of(shift->values,
                    [](int64_t s) { return s >= 32 && s <= 62; }))
    return;
  Value exponent = createExponent(op, requantize, *shift);
  OpBuilder builder(requantize);
  Location loc = requantize.getLoc();
  Value value = RescaleOp::create(builder, loc, requantize.getAccumulator(),
                                  requantize.getMultiplier(), exponent,
                                  requantize.getContract());
  int64_t zero = static_cast<int64_t>(requantize.getZeroPoint()) +
                 getByteShift(requantize);
  if (zero != 0)
    value = arith::AddIOp::create(builder, loc, value,
                                  createInteger(builder, loc, zero));
  replaceRequantize(requantize, createByteClamp(builder, requantize, value));
}

namespace {
struct UseRescale : public qdot::impl::UseRescaleBase<UseRescale> {
  void runOnOperation() override {
    if (failed(checkInput(getOperation())))
      return signalPassFailure();
    getOperation().walk([](ContractOp op) {
      if (!isa<RankedTensorType>(op.getInit().getType()))
        return;
      SmallVector<RequantizeOp> all(
          op.getBody().front().getOps<RequantizeOp>());
      for (RequantizeOp requantize : all)
        useRescale(op, requantize);
      removeUnusedExtras(op);
    });
  }
};
} // namespace
