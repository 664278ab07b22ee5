//===- SimplifyRequantize.cpp - Requantization in f32 where proved --------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ContractBody.h"
#include "LinearForm.h"
#include "RequantizeHost.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/Matchers.h"
#include "qdot/Analysis/Remarks.h"
#include "qdot/Codegen/Passes.h"
#include "qdot/Codegen/UnsignedBody.h"
#include "qdot/Dialect/CheckInput.h"
#include "qdot/Dialect/Constants.h"
#include "qdot/Dialect/Qdot.h"
#include "qdot/Numerics/AddRound.h"
#include "qdot/Numerics/ScaleRound.h"

namespace qdot {
#define GEN_PASS_DEF_SIMPLIFYREQUANTIZE
#include "qdot/Codegen/Passes.h.inc"
} // namespace qdot

using namespace mlir;
using namespace qdot;

// The dialect's contracts are those of Numerics, by number.
static_assert(static_cast<numerics::Contract>(ContractKind::TosaDouble) ==
                  numerics::Contract::TosaDouble &&
              static_cast<numerics::Contract>(ContractKind::F32) ==
                  numerics::Contract::F32);

static std::optional<float> matchFloat(Value value) {
  FloatAttr constant;
  if (!matchPattern(value, m_Constant(&constant)))
    return std::nullopt;
  return constant.getValue().convertToFloat();
}

static Value createFloat(OpBuilder &builder, Location loc, float value) {
  return arith::ConstantOp::create(builder, loc, builder.getF32FloatAttr(value));
}

namespace {
/// Replaces the requantizations of one op.
class Simplifier {
public:
  explicit Simplifier(Operation *op)
      : host(op), isContract(isa<ContractOp>(op)) {}

  void run() {
    SmallVector<RequantizeOp> all(host.getBody().getOps<RequantizeOp>());
    for (RequantizeOp requantize : all) {
      if (!requantize.getType().isInteger(8))
        continue;
      range = host.getRange(requantize.getAccumulator());
      // Sums of bytes are shorter from the bytes themselves.
      if (simplifySum(requantize) || simplifyF32(requantize) ||
          simplifyAccumulator(requantize))
        continue;
      bool isHalved = simplifyFixed(requantize);
      emitMissedRemark(host.getOperation(), "SimplifyRequantize", "not-proved",
                       isHalved ? "requantization keeps its 64-bit product: no "
                                  "f32 constants give the same bytes"
                                : "requantization stays in 64-bit integers: no "
                                  "f32 constants give the same bytes");
    }
    host.removeUnusedOperands();
  }

private:
  /// One value per channel, or one for all.
  struct Channels {
    SmallVector<int64_t> integers;
    SmallVector<float> floats;
    AffineMap map; ///< null for one value
    RankedTensorType type;
  };

  std::optional<Channels> getChannels(Value value) {
    Channels channels;
    if (std::optional<int64_t> constant = matchInteger(value)) {
      channels.integers.push_back(*constant);
      return channels;
    }
    if (std::optional<float> constant = matchFloat(value)) {
      channels.floats.push_back(*constant);
      return channels;
    }
    std::optional<RequantizeHost::Operand> operand = host.getOperand(value);
    if (!operand || !ConstantTensor::isConstant(operand->tensor))
      return std::nullopt;
    Value tensor = operand->tensor;
    channels.map = operand->map;
    channels.type = cast<RankedTensorType>(tensor.getType());
    if (channels.type.getElementType().isF32()) {
      FailureOr<SmallVector<float>> values = readFloats(tensor);
      if (failed(values))
        return std::nullopt;
      channels.floats = std::move(*values);
    } else {
      FailureOr<SmallVector<int64_t>> values = readIntegers(tensor);
      if (failed(values))
        return std::nullopt;
      channels.integers = std::move(*values);
    }
    return channels;
  }

  /// Rule R5 with the clamp behind the rounding, which is the same for integer
  /// bounds, where the product fits i32.
  bool simplifyF32(RequantizeOp requantize) {
    if (requantize.getShift() || !range)
      return false;
    auto multiplier = getChannels(requantize.getMultiplier());
    if (!multiplier)
      return false;
    double most = 0;
    for (float value : multiplier->floats) {
      if (std::isnan(value))
        return false;
      most = std::max(most, std::abs(double(value)));
    }
    if (!(most * double(std::max(-range->min, range->max)) < 0x1p30))
      return false;
    OpBuilder builder(requantize);
    Location loc = requantize.getLoc();
    Value real = arith::SIToFPOp::create(builder, loc, builder.getF32Type(),
                                         requantize.getAccumulator());
    real = arith::MulFOp::create(builder, loc, real, requantize.getMultiplier());
    real = math::RoundEvenOp::create(builder, loc, real);
    Value value =
        arith::FPToSIOp::create(builder, loc, builder.getI32Type(), real);
    Value zero = createInteger(
        builder, loc,
        static_cast<int64_t>(requantize.getZeroPoint()) + getByteShift(requantize));
    value = arith::AddIOp::create(builder, loc, value, zero);
    replaceRequantize(requantize, createByteClamp(builder, requantize, value));
    return true;
  }

  /// Rule R2 with zero point and rounding in one 64-bit constant, of which only
  /// the upper half is shifted: `hi32(a m + C) >> (s - 32)` with
  /// `C = 2^(s-1) + (zero_point << s)`. Exact for 32 <= s <= 54.
  bool simplifyFixed(RequantizeOp requantize) {
    if (requantize.getContract() != ContractKind::TosaSingle)
      return false;
    auto multiplier = getChannels(requantize.getMultiplier());
    auto shift = getChannels(requantize.getShift());
    if (!multiplier || !shift)
      return false;
    const Channels &widest = multiplier->map ? *multiplier : *shift;
    for (const Channels *part : {&*multiplier, &*shift})
      if (part->map && (part->map != widest.map || part->type.getShape() != widest.type.getShape()))
        return false;
    int64_t count = widest.map ? widest.type.getNumElements() : 1;
    int64_t zero = static_cast<int64_t>(requantize.getZeroPoint()) + getByteShift(requantize);
    SmallVector<int64_t> constants;
    SmallVector<int32_t> factors, shifts;
    for (int64_t channel = 0; channel < count; ++channel) {
      int64_t m = multiplier->integers[multiplier->map ? channel : 0];
      int64_t s = shift->integers[shift->map ? channel : 0];
      if (m == 0)
        s = 32;
      if (m < 0 || s < 32 || s > 54)
        return false;
      factors.push_back(static_cast<int32_t>(m));
      constants.push_back((int64_t(1) << (s - 1)) + zero * (int64_t(1) << s));
      shifts.push_back(static_cast<int32_t>(s - 32));
    }
    OpBuilder builder(requantize);
    Location loc = requantize.getLoc();
    Type i64 = builder.getI64Type(), i32 = builder.getI32Type();
    Value factor, constant, amount;
    if (widest.map) {
      auto type = [&](Type element) {
        return RankedTensorType::get(widest.type.getShape(), element);
      };
      AffineMap map = widest.map;
      factor = host.addOperand(DenseElementsAttr::get(type(i32), ArrayRef<int32_t>(factors)), map);
      constant = host.addOperand(DenseElementsAttr::get(type(i64), ArrayRef<int64_t>(constants)), map);
      amount = host.addOperand(DenseElementsAttr::get(type(i32), ArrayRef<int32_t>(shifts)), map);
    } else {
      factor = createInteger(builder, loc, factors[0]);
      constant = arith::ConstantOp::create(builder, loc, builder.getI64IntegerAttr(constants[0]));
      amount = createInteger(builder, loc, shifts[0]);
    }
    Value wide = arith::ExtSIOp::create(builder, loc, i64, requantize.getAccumulator());
    // Extended in the body, so that the product is one of 32-bit values.
    factor = arith::ExtSIOp::create(builder, loc, i64, factor);
    Value sum = arith::AddIOp::create(
        builder, loc, arith::MulIOp::create(builder, loc, wide, factor), constant);
    Value half = arith::ConstantOp::create(builder, loc, builder.getI64IntegerAttr(32));
    Value high = arith::TruncIOp::create(
        builder, loc, i32, arith::ShRUIOp::create(builder, loc, sum, half));
    replaceRequantize(requantize,
            createByteClamp(builder, requantize,
                        arith::ShRSIOp::create(builder, loc, high, amount)));
    return true;
  }

  /// requantize(accumulator + bias): f32 constants per channel.
  bool simplifyAccumulator(RequantizeOp requantize) {
    if (!range)
      return false;
    Value accumulator = host.getAccumulator();
    Value input = requantize.getAccumulator();
    Value base = input;
    Channels bias;
    bias.integers.push_back(0);
    if (host.isAccumulation(input) && input != accumulator) {
      auto sum = input.getDefiningOp<arith::AddIOp>();
      auto other = getChannels(sum.getLhs() == accumulator ? sum.getRhs()
                                                           : sum.getLhs());
      // A start that is computed at run time stays as it is.
      if (other && !other->integers.empty()) {
        base = accumulator;
        bias = *other;
      }
    }
    auto multiplier = getChannels(requantize.getMultiplier());
    std::optional<Channels> shift = multiplier;
    if (requantize.getShift())
      shift = getChannels(requantize.getShift());
    if (!multiplier || !shift)
      return false;
    // The widest of the three decides the shape; the others are equal or one.
    const Channels *widest = &bias;
    for (const Channels *part : {&*multiplier, &*shift})
      if (part->map && !widest->map)
        widest = part;
    for (const Channels *part : {&bias, &*multiplier, &*shift})
      if (part->map && (part->map != widest->map || part->type.getShape() != widest->type.getShape()))
        return false;
    for (int32_t sumBase : {0, numerics::truncateBase})
      if (replaceChannels(requantize, base, bias, *multiplier, *shift, *widest,
                          sumBase))
        return true;
    return false;
  }

  /// `base` is the accumulator, or its sum with a start that is not constant;
  /// `sumBase` the base of rule S5.
  bool replaceChannels(RequantizeOp requantize, Value base,
                       const Channels &bias, const Channels &multiplier,
                       const Channels &shift, const Channels &widest,
                       int32_t sumBase) {
    int64_t count = widest.map ? widest.type.getNumElements() : 1;
    SmallVector<int32_t> biases;
    SmallVector<float> scales, offsets, fines;
    auto at = [](const auto &values, int64_t index) {
      return values.size() == 1 ? values[0] : values[index];
    };
    for (int64_t channel = 0; channel < count; ++channel) {
      std::optional<numerics::ScaleTruncate> found;
      if (requantize.getShift())
        found = find(requantize, at(multiplier.integers, channel),
                     at(shift.integers, channel), sumBase);
      else
        found = findF32(requantize, at(multiplier.floats, channel), sumBase);
      if (!found)
        return false;
      int64_t start = at(bias.integers, channel) + found->bias;
      biases.push_back(static_cast<int32_t>(start));
      scales.push_back(found->scale);
      offsets.push_back(found->offset);
      fines.push_back(found->fine);
    }
    // The accumulator starts from the bias, so adding it costs nothing.
    OpBuilder builder(requantize);
    Location loc = requantize.getLoc();
    Value start, scale, offset, fine;
    bool hasFine = llvm::any_of(fines, [](float value) { return value != 0; });
    if (widest.map) {
      auto type = [&](Type element) {
        return RankedTensorType::get(widest.type.getShape(), element);
      };
      start = host.addOperand(DenseElementsAttr::get(type(builder.getI32Type()),
                                              ArrayRef<int32_t>(biases)),
                       widest.map);
      scale = host.addOperand(DenseElementsAttr::get(type(builder.getF32Type()),
                                              ArrayRef<float>(scales)),
                       widest.map);
      offset = host.addOperand(DenseElementsAttr::get(type(builder.getF32Type()),
                                               ArrayRef<float>(offsets)),
                        widest.map);
      if (hasFine)
        fine = host.addOperand(DenseElementsAttr::get(type(builder.getF32Type()),
                                               ArrayRef<float>(fines)),
                        widest.map);
    } else {
      start = createInteger(builder, loc, biases[0]);
      scale = createFloat(builder, loc, scales[0]);
      offset = createFloat(builder, loc, offsets[0]);
      if (hasFine)
        fine = createFloat(builder, loc, fines[0]);
    }
    Value sum = arith::AddIOp::create(builder, loc, base, start);
    Value real =
        arith::SIToFPOp::create(builder, loc, builder.getF32Type(), sum);
    Value inner =
        hasFine ? math::FmaOp::create(builder, loc, real, fine, offset) : offset;
    real = math::FmaOp::create(builder, loc, real, scale, inner);
    Value value =
        arith::FPToSIOp::create(builder, loc, builder.getI32Type(), real);
    if (sumBase != 0)
      value = arith::SubIOp::create(builder, loc, value,
                                    createInteger(builder, loc, sumBase));
    replaceRequantize(requantize, createByteClamp(builder, requantize, value));
    return true;
  }

  std::optional<numerics::ScaleTruncate>
  find(RequantizeOp requantize, int64_t multiplier, int64_t shift,
       int32_t base) {
    if (multiplier < 0 || shift < 2 || shift > 62)
      return std::nullopt;
    return numerics::findScaleTruncate(
        *range,
        {static_cast<int32_t>(multiplier), static_cast<int8_t>(shift)},
        static_cast<int64_t>(requantize.getZeroPoint()) + getByteShift(requantize),
        getUnsignedClamp(requantize),
        static_cast<numerics::Contract>(requantize.getContract()), base);
  }

  std::optional<numerics::ScaleTruncate> findF32(RequantizeOp requantize,
                                                 float multiplier,
                                                 int32_t base) {
    if (!(multiplier >= 0) || std::isinf(multiplier))
      return std::nullopt;
    return numerics::findScaleTruncateF32(
        *range, multiplier,
        static_cast<int64_t>(requantize.getZeroPoint()) + getByteShift(requantize),
        getUnsignedClamp(requantize), base);
  }

  /// requantize(c0 + c1 a + c2 b) for two bytes.
  bool simplifySum(RequantizeOp requantize) {
    std::optional<LinearForm> form = matchLinear(requantize.getAccumulator());
    if (!form || form->terms.empty() || form->terms.size() > 2)
      return false;
    auto getRange = [&](const LinearForm::Term &term) {
      return term.isSigned && isContract ? numerics::StorageRange{-128, 127}
                                         : numerics::StorageRange{0, 255};
    };
    // Elementwise ops compute with unsigned bytes alone: nothing is widened
    // with a sign, and results leave through `qdot.narrow`.
    int64_t shift = isContract ? 0 : getByteShift(requantize);
    numerics::StorageRange clamp =
        isContract ? getClamp(requantize) : getUnsignedClamp(requantize);
    int64_t zero = static_cast<int64_t>(requantize.getZeroPoint()) + shift;
    if (!isContract)
      for (LinearForm::Term &term : form->terms)
        if (term.isSigned)
          form->constant -= 128 * term.factor;
    LinearForm::Term a = form->terms[0];
    LinearForm::Term b = form->terms.back();
    bool isOne = form->terms.size() == 1;
    numerics::IntegerSum sum{form->constant, a.factor, isOne ? 0 : b.factor,
                             getRange(a), getRange(b)};
    auto multiplier = matchInteger(requantize.getMultiplier());
    auto real = matchFloat(requantize.getMultiplier());
    std::optional<numerics::AddRound> found;
    if (requantize.getShift()) {
      auto shift = matchInteger(requantize.getShift());
      if (!multiplier || !shift || *multiplier < 0 || *shift < 2 || *shift > 62)
        return false;
      found = numerics::findAddRound(
          sum, {static_cast<int32_t>(*multiplier), static_cast<int8_t>(*shift)},
          zero, clamp,
          static_cast<numerics::Contract>(requantize.getContract()));
    } else if (real && *real >= 0 && !std::isinf(*real)) {
      found = numerics::findAddRoundF32(sum, *real, zero, clamp);
    }
    if (!found)
      return false;
    OpBuilder builder(requantize);
    Location loc = requantize.getLoc();
    Value inner = createFloat(builder, loc, found->offset);
    if (!isOne)
      inner = math::FmaOp::create(builder, loc, createReal(builder, b),
                                  createFloat(builder, loc, found->rhsScale),
                                  inner);
    inner = math::FmaOp::create(builder, loc, createReal(builder, a),
                                createFloat(builder, loc, found->lhsScale),
                                inner);
    Value result = RoundOp::create(builder, loc, requantize.getType(), inner,
                                   static_cast<uint64_t>(clamp.min),
                                   static_cast<uint64_t>(clamp.max));
    replaceRequantize(requantize,
                      shift ? createFlip(builder, loc, result) : result);
    return true;
  }

  /// The byte in f32: of elementwise ops, signed ones 128 higher.
  Value createReal(OpBuilder &builder, const LinearForm::Term &term) {
    Location loc = term.byte.getLoc();
    Type i32 = builder.getI32Type();
    Value byte = term.byte;
    if (term.isSigned && !isContract)
      byte = createFlip(builder, loc, byte);
    Value wide =
        term.isSigned && isContract
            ? arith::ExtSIOp::create(builder, loc, i32, byte).getResult()
            : arith::ExtUIOp::create(builder, loc, i32, byte).getResult();
    return arith::SIToFPOp::create(builder, loc, builder.getF32Type(), wide);
  }

  RequantizeHost host;
  bool isContract;
  /// What is proved of the value that is being requantized.
  std::optional<numerics::StorageRange> range;
};

struct SimplifyRequantize
    : public qdot::impl::SimplifyRequantizeBase<SimplifyRequantize> {
  void runOnOperation() override {
    if (failed(checkInput(getOperation())))
      return signalPassFailure();
    getOperation().walk([](ContractOp op) {
      if (isa<RankedTensorType>(op.getInit().getType()))
        Simplifier(op).run();
    });
    getOperation().walk([](linalg::GenericOp op) {
      if (op.hasPureTensorSemantics() && op->getNumResults() == 1 &&
          op.getNumLoops() == op.getNumParallelLoops() &&
          !op.getBody()->getOps<RequantizeOp>().empty())
        Simplifier(op).run();
    });
  }
};
} // namespace
