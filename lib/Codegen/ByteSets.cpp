//===- ByteSets.cpp - Which bytes a tensor may hold -----------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qdot/Codegen/ByteSets.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "mlir/IR/Matchers.h"
#include "qdot/Dialect/Constants.h"
#include "qdot/Dialect/QuantizedType.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace qdot;

static bool isByte(Type type) { return type.isSignlessInteger(8); }

static bool isByteTensor(Value value) {
  auto type = dyn_cast<RankedTensorType>(value.getType());
  return type && isByte(type.getElementType());
}

static int64_t read(unsigned byte, Sign sign) {
  return sign == Sign::Signed ? int64_t(int8_t(byte)) : int64_t(byte);
}

static ByteSet getAll() { return ByteSet().set(); }

/// The bytes of the values from `low` to `high`, both within i8 or within u8.
static ByteSet getBytes(int64_t low, int64_t high) {
  if (high - low >= 255)
    return getAll();
  ByteSet set;
  for (int64_t value = low; value <= high; ++value)
    set.set(value & 255);
  return set;
}

template <typename Function>
static ByteSet mapBytes(const ByteSet &set, Function function) {
  ByteSet result;
  for (unsigned byte = 0; byte < 256; ++byte)
    if (set[byte])
      result.set(function(byte) & 255);
  return result;
}

std::pair<int64_t, int64_t> qdot::getInterval(const ByteSet &set, Sign sign) {
  if (set.none())
    return {0, 0};
  int64_t low = 255, high = -128;
  for (unsigned byte = 0; byte < 256; ++byte)
    if (set[byte]) {
      low = std::min(low, read(byte, sign));
      high = std::max(high, read(byte, sign));
    }
  return {low, high};
}

/// The larger (or smaller) one of an element of `a` and one of `b`.
static ByteSet getExtremes(const ByteSet &a, const ByteSet &b, Sign sign,
                           bool isMax) {
  if (a.none() || b.none())
    return {};
  auto [lowA, highA] = getInterval(a, sign);
  auto [lowB, highB] = getInterval(b, sign);
  int64_t low = isMax ? std::max(lowA, lowB) : std::numeric_limits<int64_t>::min();
  int64_t high = isMax ? std::numeric_limits<int64_t>::max() : std::min(highA, highB);
  ByteSet both = a | b, result;
  for (unsigned byte = 0; byte < 256; ++byte)
    if (both[byte] && read(byte, sign) >= low && read(byte, sign) <= high)
      result.set(byte);
  return result;
}

bool qdot::isReadable(arith::ConstantOp op) {
  if (auto resource = dyn_cast<DenseResourceElementsAttr>(op.getValue())) {
    const AsmResourceBlob *blob = resource.getRawHandle().getBlob();
    return blob && resource.getType().hasStaticShape() &&
           int64_t(blob->getData().size()) ==
                       resource.getType().getNumElements();
  }
  return isa<DenseElementsAttr>(op.getValue());
}

static ByteSet getConstantBytes(arith::ConstantOp op) {
  FailureOr<ConstantTensor> constant = failure();
  if (isReadable(op))
    constant = ConstantTensor::get(op.getResult());
  if (failed(constant))
    return getAll();
  int64_t count = constant->isSplat()
                      ? std::min<int64_t>(constant->getNumElements(), 1)
                      : constant->getNumElements();
  ByteSet set;
  for (int64_t at = 0; at < count; ++at)
    set.set(uint8_t(constant->getBytes(at)[0]));
  return set;
}

/// The storage interval of a quantized type, all bytes for any other type.
static ByteSet getStorageBytes(Type type) {
  auto quantized = dyn_cast<quant::QuantizedType>(type);
  if (!quantized || quantized.getStorageTypeIntegralWidth() != 8)
    return getAll();
  return getBytes(quantized.getStorageTypeMin(), quantized.getStorageTypeMax());
}

static ByteSet getArgumentBytes(BlockArgument argument) {
  auto function = dyn_cast<func::FuncOp>(argument.getOwner()->getParentOp());
  if (!function || !argument.getOwner()->isEntryBlock())
    return getAll();
  auto quantized = function.getArgAttrOfType<QuantizedAttr>(
      argument.getArgNumber(), quantizedAttrName);
  return quantized ? getStorageBytes(quantized.getType()) : getAll();
}

namespace {
/// The bytes of scalars in the body of an op, from those of its arguments.
class BodySets {
public:
  BodySets(ByteSets &tensors) : tensors(tensors) {}

  void set(Value argument, const ByteSet &bytes) { known[argument] = bytes; }

  /// Precondition: `scalar` is an i8.
  ByteSet get(Value scalar) {
    auto at = known.find(scalar);
    if (at != known.end())
      return at->second;
    ByteSet result = compute(scalar);
    known[scalar] = result;
    return result;
  }

private:
  ByteSet compute(Value scalar) {
    APInt constant;
    if (matchPattern(scalar, m_ConstantInt(&constant)))
      return ByteSet().set(constant.getZExtValue());
    Operation *op = scalar.getDefiningOp();
    if (!op)
      return getAll();
    auto extreme = [&](Sign sign, bool isMax) {
      return getExtremes(get(op->getOperand(0)), get(op->getOperand(1)), sign,
                         isMax);
    };
    return llvm::TypeSwitch<Operation *, ByteSet>(op)
        .Case<RequantizeOp, RoundOp>([](auto op) {
          return getBytes(op.getClampMin(), op.getClampMax());
        })
        .Case<LookupOp>([&](LookupOp op) { return getEntries(op); })
        .Case<tensor::ExtractOp>(
            [&](tensor::ExtractOp op) { return tensors.get(op.getTensor()); })
        .Case<arith::SelectOp>([&](arith::SelectOp op) {
          return get(op.getTrueValue()) | get(op.getFalseValue());
        })
        .Case<arith::MaxSIOp>([&](auto) { return extreme(Sign::Signed, true); })
        .Case<arith::MinSIOp>([&](auto) { return extreme(Sign::Signed, false); })
        .Case<arith::MaxUIOp>([&](auto) { return extreme(Sign::Unsigned, true); })
        .Case<arith::MinUIOp>([&](auto) { return extreme(Sign::Unsigned, false); })
        .Case<arith::XOrIOp>([&](arith::XOrIOp op) {
          return shift(op, [](unsigned a, unsigned b) { return a ^ b; });
        })
        .Case<arith::AddIOp>([&](arith::AddIOp op) {
          return shift(op, [](unsigned a, unsigned b) { return a + b; });
        })
        .Case<arith::SubIOp>([&](arith::SubIOp op) {
          return shift(op, [](unsigned a, unsigned b) { return a - b; });
        })
        .Default([](Operation *) { return getAll(); });
  }

  /// A byte and a constant on the right.
  template <typename Op, typename Function>
  ByteSet shift(Op op, Function function) {
    APInt constant;
    if (!matchPattern(op.getRhs(), m_ConstantInt(&constant)))
      return getAll();
    unsigned right = constant.getZExtValue();
    return mapBytes(get(op.getLhs()),
                    [&](unsigned left) { return function(left, right); });
  }

  /// Entry 0 of a table belongs to -128.
  ByteSet getEntries(LookupOp op) {
    FailureOr<ConstantTensor> table = ConstantTensor::get(op.getTable());
    if (failed(table))
      return getAll();
    return mapBytes(get(op.getIndex()), [&](unsigned byte) {
      return uint8_t(table->getBytes(byte ^ 128)[0]);
    });
  }

  ByteSets &tensors;
  llvm::DenseMap<Value, ByteSet> known;
};
} // namespace

/// An element of a result that the body may have read before: what the initial
/// value holds and what the body makes of it, again and again.
static ByteSet getGenericBytes(ByteSets &sets, linalg::GenericOp op,
                               unsigned result) {
  Block &body = *op.getBody();
  OpOperand *init = op.getDpsInitOperand(result);
  Value yielded = body.getTerminator()->getOperand(result);
  BlockArgument old = op.getMatchingBlockArgument(init);
  ByteSet bytes;
  if (!old.use_empty() ||
      !op.getMatchingIndexingMap(init).isProjectedPermutation())
    bytes = sets.get(init->get());
  while (true) {
    BodySets scalars(sets);
    for (OpOperand *input : op.getDpsInputOperands())
      if (isByteTensor(input->get()))
        scalars.set(op.getMatchingBlockArgument(input), sets.get(input->get()));
    scalars.set(old, bytes);
    ByteSet next = bytes | scalars.get(yielded);
    if (next == bytes)
      return bytes;
    bytes = next;
  }
}

static ByteSet getContractBytes(ByteSets &sets, ContractOp op) {
  Block &body = op.getBody().front();
  BodySets scalars(sets);
  for (auto [extra, argument] :
       llvm::zip(op.getExtras(), body.getArguments().drop_front()))
    if (isByteTensor(extra))
      scalars.set(argument, sets.get(extra));
  return scalars.get(body.getTerminator()->getOperand(0));
}

static ByteSet getPadBytes(ByteSets &sets, tensor::PadOp op) {
  Value value = op.getRegion().front().getTerminator()->getOperand(0);
  return sets.get(op.getSource()) | BodySets(sets).get(value);
}

ByteSet ByteSets::compute(Value tensor) {
  if (auto argument = dyn_cast<BlockArgument>(tensor))
    return getArgumentBytes(argument);
  Operation *producer = tensor.getDefiningOp();
  return llvm::TypeSwitch<Operation *, ByteSet>(producer)
      .Case<arith::ConstantOp>(
          [&](arith::ConstantOp op) { return getConstantBytes(op); })
      .Case<tensor::EmptyOp>([](auto) { return ByteSet(); })
      .Case<tensor::CastOp, tensor::CollapseShapeOp, tensor::ExpandShapeOp,
            tensor::ReshapeOp, tensor::ExtractSliceOp, linalg::TransposeOp,
            linalg::BroadcastOp>(
          [&](auto op) { return get(op->getOperand(0)); })
      .Case<linalg::CopyOp>([&](linalg::CopyOp op) {
        Value input = op.getInputs()[0];
        return isByteTensor(input) ? get(input) : getAll();
      })
      .Case<linalg::FillOp>([&](linalg::FillOp op) {
        Value value = op.getInputs()[0];
        return isByte(value.getType()) ? BodySets(*this).get(value) : getAll();
      })
      .Case<tensor::InsertSliceOp>([&](tensor::InsertSliceOp op) {
        return get(op.getSource()) | get(op.getDest());
      })
      .Case<tensor::ConcatOp>([&](tensor::ConcatOp op) {
        ByteSet result;
        for (Value input : op.getInputs())
          result |= get(input);
        return result;
      })
      .Case<tensor::PadOp>(
          [&](tensor::PadOp op) { return getPadBytes(*this, op); })
      .Case<linalg::GenericOp>([&](linalg::GenericOp op) {
        return getGenericBytes(*this, op,
                               cast<OpResult>(tensor).getResultNumber());
      })
      .Case<ContractOp>(
          [&](ContractOp op) { return getContractBytes(*this, op); })
      .Case<quant::StorageCastOp>([](quant::StorageCastOp op) {
        return getStorageBytes(getElementTypeOrSelf(op.getInput().getType()));
      })
      .Default([](Operation *) { return getAll(); });
}

ByteSet ByteSets::get(Value tensor) {
  auto at = known.find(tensor);
  if (at != known.end())
    return at->second;
  ByteSet result = compute(tensor);
  known[tensor] = result;
  return result;
}

std::pair<int64_t, int64_t> qdot::getLhsRange(ContractOp op) {
  if (auto range = op->getAttrOfType<DenseI64ArrayAttr>(lhsRangeAttrName))
    return {range[0], range[1]};
  return getInterval(getAll(), op.getLhsSign());
}
