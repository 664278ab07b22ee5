//===- ImportFakeQuant.cpp - Recognize quantization in arithmetic ---------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "FakeQuantMatcher.h"
#include "PrepareUtils.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Quant/IR/Quant.h"
#include "qdot/Analysis/Remarks.h"
#include "qdot/Dialect/Constants.h"
#include "qdot/Dialect/Qdot.h"
#include "qdot/Dialect/QuantizedType.h"
#include "qdot/Prepare/Passes.h"
#include "llvm/ADT/MapVector.h"

namespace qdot {
#define GEN_PASS_DEF_IMPORTFAKEQUANT
#include "qdot/Prepare/Passes.h.inc"
} // namespace qdot

using namespace mlir;
using namespace qdot;

static constexpr StringLiteral passName = "qdot-import-fake-quant";

//===----------------------------------------------------------------------===//
// Types
//===----------------------------------------------------------------------===//

namespace {
/// Storage range and zero points on i8 that stand for the channels.
struct Storage {
  numerics::StorageRange range;
  SmallVector<int64_t> zeroPoints;
};
} // namespace

/// Storage of all channels with zero points chosen by `getZeroPoint`, if they
/// agree in the range, and it lies within i8 and holds every zero point.
static std::optional<Storage> createStorage(
    const FakeQuant &quant,
    llvm::function_ref<int64_t(const FakeQuantChannel &)> getZeroPoint) {
  Storage storage;
  for (const FakeQuantChannel &channel : quant.channels) {
    int64_t zeroPoint = getZeroPoint(channel);
    numerics::StorageRange range{channel.low + zeroPoint,
                                 channel.high + zeroPoint};
    if (storage.zeroPoints.empty())
      storage.range = range;
    if (!(range == storage.range) || range.min < INT8_MIN ||
        range.max > INT8_MAX || zeroPoint < range.min || zeroPoint > range.max)
      return std::nullopt;
    storage.zeroPoints.push_back(zeroPoint);
  }
  return storage;
}

/// The zero points of the original if i8 can hold them, else those that put the
/// lower end at -128.
static std::optional<Storage> chooseStorage(const FakeQuant &quant) {
  std::optional<Storage> storage = createStorage(
      quant, [](const FakeQuantChannel &channel) { return channel.zeroPoint; });
  if (storage)
    return storage;
  return createStorage(quant, [](const FakeQuantChannel &channel) {
    return INT8_MIN - channel.low;
  });
}

/// The `!quant.uniform` type, or null when zero points vary along several axes.
static quant::QuantizedType createType(MLIRContext *context,
                                       const FakeQuant &quant,
                                       const Storage &storage, int64_t rank) {
  if (quant.dims.empty())
    return getPerTensorType(
        context, storage.range,
        {quant.channels.front().scale, storage.zeroPoints.front()});
  auto scales =
      llvm::map_to_vector(quant.channels, [](const FakeQuantChannel &channel) {
        return static_cast<double>(channel.scale);
      });
  if (llvm::all_of(storage.zeroPoints, [](int64_t zero) { return zero == 0; }))
    return getSymmetricType(context, storage.range, rank,
                            llvm::to_vector_of<int64_t>(quant.dims),
                            quant.shape, scales);
  if (quant.dims.size() > 1)
    return {};
  return quant::UniformQuantizedPerAxisType::get(
      quant::QuantizationFlags::Signed, IntegerType::get(context, 8),
      Float32Type::get(context), scales, storage.zeroPoints,
      static_cast<int32_t>(quant.dims.front()), storage.range.min,
      storage.range.max);
}

//===----------------------------------------------------------------------===//
// Finding chains
//===----------------------------------------------------------------------===//

/// Operands of `op` that could be the data: of the shape of the result, those
/// that are no constants first.
static SmallVector<OpOperand *> getDataCandidates(linalg::LinalgOp op) {
  SmallVector<OpOperand *> candidates;
  auto type = cast<RankedTensorType>(op->getResult(0).getType());
  for (bool constant : {false, true})
    for (OpOperand *operand : op.getDpsInputOperands()) {
      auto operandType = dyn_cast<RankedTensorType>(operand->get().getType());
      if (operandType && operandType.getShape() == type.getShape() &&
          ConstantTensor::isConstant(operand->get()) == constant)
        candidates.push_back(operand);
    }
  return candidates;
}

/// The only operand that is a tensor and no constant, or null.
static OpOperand *getOnlyData(linalg::LinalgOp op) {
  OpOperand *only = nullptr;
  for (OpOperand *operand : op.getDpsInputOperands()) {
    if (!isa<RankedTensorType>(operand->get().getType()) ||
        ConstantTensor::isConstant(operand->get()))
      continue;
    if (only && only->get() != operand->get())
      return nullptr;
    only = operand;
  }
  return only;
}

static bool isCandidate(Operation *op) {
  auto linalgOp = dyn_cast_or_null<linalg::LinalgOp>(op);
  return linalgOp && linalgOp->getNumResults() == 1 &&
         isa<RankedTensorType>(linalgOp->getResult(0).getType()) &&
         linalgOp.getNumLoops() == linalgOp.getNumParallelLoops();
}

namespace {
/// A chain that was recognized: its input and what it does.
struct Match {
  Value input;
  FakeQuant quant;
};

/// Looks for the chain that ends in one op.
class ChainFinder {
public:
  /// The chain from f32, or else the longest one from integers.
  std::optional<Match> find(linalg::LinalgOp last);

  /// Why chains that were tried do not count.
  FakeQuantFault fault;

private:
  std::optional<Match> matchChain();
  bool extend();

  SmallVector<FakeQuantLink> chain; ///< first op first
};
} // namespace

/// Matches the chain with each operand of its first op as data.
std::optional<Match> ChainFinder::matchChain() {
  for (OpOperand *data : getDataCandidates(chain.front().op)) {
    chain.front().data = data;
    FakeQuantFault found;
    if (std::optional<FakeQuant> quant = matchFakeQuant(chain, found))
      return Match{data->get(), std::move(*quant)};
    if (!found.reason.empty())
      fault = found;
  }
  return std::nullopt;
}

/// Adds the op that makes the data of the first one.
bool ChainFinder::extend() {
  OpOperand *data = getOnlyData(chain.front().op);
  if (!data || !isCandidate(data->get().getDefiningOp()))
    return false;
  chain.front().data = data;
  chain.insert(chain.begin(),
               {cast<linalg::LinalgOp>(data->get().getDefiningOp()), nullptr});
  return true;
}

std::optional<Match> ChainFinder::find(linalg::LinalgOp last) {
  constexpr size_t maxLength = 12;
  std::optional<Match> fromInteger;
  chain.push_back({last, nullptr});
  do {
    std::optional<Match> match = matchChain();
    if (match && !match->quant.fromInteger)
      return match;
    if (match)
      fromInteger = match;
  } while (chain.size() < maxLength && extend());
  return fromInteger;
}

//===----------------------------------------------------------------------===//
// Rewriting
//===----------------------------------------------------------------------===//

/// Reads unsigned constants as signed ones that are less by 128.
static Value shiftToSigned(OpBuilder &builder, const ConstantTensor &tensor,
                           Location loc) {
  SmallVector<char> bytes;
  for (int64_t i = 0, e = tensor.getNumElements(); i < e; ++i)
    bytes.push_back(static_cast<char>(tensor.getBytes(i).front() ^ 0x80));
  return arith::ConstantOp::create(builder, loc, tensor.getType(),
                                   createElements(tensor.getType(), bytes));
}

/// -127, unless the constant makes use of -128 or of zero points.
static bool isNarrow(const ConstantTensor &tensor, const Storage &storage) {
  for (int64_t zeroPoint : storage.zeroPoints)
    if (zeroPoint != 0)
      return false;
  for (int64_t i = 0, e = tensor.getNumElements(); i < e; ++i)
    if (static_cast<int8_t>(tensor.getBytes(i).front()) == INT8_MIN)
      return false;
  return true;
}

namespace {
struct ImportFakeQuant
    : public qdot::impl::ImportFakeQuantBase<ImportFakeQuant> {
  void runOnOperation() override {
    if (failed(checkInput(getOperation())))
      return signalPassFailure();
    SmallVector<linalg::LinalgOp> ops;
    getOperation().walk([&](linalg::LinalgOp op) {
      if (isCandidate(op) && getElementTypeOrSelf(op->getResult(0)).isF32())
        ops.push_back(op);
    });
    for (linalg::LinalgOp op : ops)
      import(op);
    remarkLeftovers();
    eraseDeadOps(getOperation());
  }

  void import(linalg::LinalgOp op) {
    ChainFinder finder;
    std::optional<Match> match = finder.find(op);
    if (match && succeeded(replace(op, *match)))
      return;
    if (!finder.fault.reason.empty())
      faults[op] = finder.fault;
  }

  LogicalResult replace(linalg::LinalgOp op, const Match &match);
  LogicalResult decline(Operation *op, StringRef reason, StringRef message) {
    faults[op] = {reason, message};
    return failure();
  }
  Value createQuantized(OpBuilder &builder, Location loc, const Match &match,
                        Storage storage, RankedTensorType type);
  void remarkLeftovers();

  /// Last ops of chains that were declined.
  llvm::MapVector<Operation *, FakeQuantFault> faults;
};
} // namespace

/// The quantized tensor: `qdot.quantize` of f32, or a cast of integers.
Value ImportFakeQuant::createQuantized(OpBuilder &builder, Location loc,
                                       const Match &match, Storage storage,
                                       RankedTensorType type) {
  Value input = match.input;
  FailureOr<ConstantTensor> constant = failure();
  if (match.quant.fromInteger)
    constant = ConstantTensor::get(input);
  if (succeeded(constant) && match.quant.isUnsigned)
    input = shiftToSigned(builder, *constant, loc);
  else if (succeeded(constant) && isNarrow(*constant, storage))
    storage.range.min = -INT8_MAX;
  quant::QuantizedType element =
      createType(&getContext(), match.quant, storage, type.getRank());
  RankedTensorType quantized = type.clone(element);
  if (match.quant.fromInteger)
    return quant::StorageCastOp::create(builder, loc, quantized, input);
  return QuantizeOp::create(builder, loc, quantized, input, SiteAttr());
}

LogicalResult ImportFakeQuant::replace(linalg::LinalgOp op,
                                       const Match &match) {
  auto type = cast<RankedTensorType>(op->getResult(0).getType());
  std::optional<Storage> storage = chooseStorage(match.quant);
  if (!storage)
    return decline(op, "range-not-8-bit",
                   "the quantized range is wider than 8 bits or excludes 0");
  if (!createType(&getContext(), match.quant, *storage, type.getRank()))
    return decline(op, "several-axes",
                   "zero points vary along more than one axis");
  if (match.quant.isUnsigned && !ConstantTensor::isConstant(match.input))
    return decline(op, "unsigned-activation",
                   "integers that are no constants are read as unsigned");
  OpBuilder builder(op);
  Value quantized =
      createQuantized(builder, op.getLoc(), match, *storage, type);
  Value real = DequantizeOp::create(builder, op.getLoc(), type, quantized);
  op->getResult(0).replaceAllUsesWith(real);
  return success();
}

/// Reports each chain that was declined at its last op.
void ImportFakeQuant::remarkLeftovers() {
  for (auto &[op, fault] : faults) {
    bool isLast = llvm::none_of(
        op->getUsers(), [&](Operation *user) { return faults.contains(user); });
    if (isLast)
      emitMissedRemark(op, passName, fault.reason, fault.message);
  }
}
