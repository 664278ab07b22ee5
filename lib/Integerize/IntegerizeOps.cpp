//===- IntegerizeOps.cpp - Annotated float to integer --------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "qdot/Analysis/Remarks.h"
#include "qdot/Dialect/CheckInput.h"
#include "qdot/Integerize/IntegerBuilder.h"
#include "qdot/Integerize/Passes.h"

namespace qdot {
#define GEN_PASS_DEF_INTEGERIZEOPS
#include "qdot/Integerize/Passes.h.inc"
} // namespace qdot

using namespace mlir;
using namespace qdot;

static std::optional<numerics::Contract> parseContract(StringRef name) {
  if (name == "tosa-single")
    return numerics::Contract::TosaSingle;
  if (name == "tosa-double")
    return numerics::Contract::TosaDouble;
  if (name == "f32")
    return numerics::Contract::F32;
  return std::nullopt;
}

static IntegerizeResult integerizeLayer(const Layer &layer,
                                        const QuantizedView &result,
                                        IntegerBuilder &builder) {
  switch (layer.kind) {
  case LayerKind::Contraction:
    return integerizeContraction(layer, result, builder);
  case LayerKind::Sum:
    return integerizeSum(layer, result, builder);
  case LayerKind::Add:
  case LayerKind::Sub:
    return integerizeAdd(layer, result, builder);
  case LayerKind::Mul:
    return integerizeMul(layer, result, builder);
  case LayerKind::Affine:
    return integerizeAffine(layer, result, builder);
  case LayerKind::Unary:
    return integerizeUnary(layer, result, builder);
  case LayerKind::SameScale:
    return integerizeMove(layer, result, builder);
  }
  llvm_unreachable("unknown layer kind");
}

/// Lets nothing read the size of a float value that will be gone, and no such
/// reader hide that a value has one user.
static void resolveSizes(func::FuncOp function) {
  SmallVector<tensor::DimOp> ops;
  function.walk([&](tensor::DimOp op) {
    auto type = dyn_cast<RankedTensorType>(op.getSource().getType());
    std::optional<int64_t> index = op.getConstantIndex();
    if (type && index && *index >= 0 && *index < type.getRank())
      ops.push_back(op);
  });
  for (tensor::DimOp op : ops) {
    OpBuilder builder(op);
    OpFoldResult size =
        getSize(builder, op.getLoc(), op.getSource(), *op.getConstantIndex());
    op.replaceAllUsesWith(
        getValueOrCreateConstantIndexOp(builder, op.getLoc(), size));
    op.erase();
  }
}

namespace {
/// Integerizes one function.
class FunctionIntegerizer {
public:
  FunctionIntegerizer(func::FuncOp function, numerics::Contract contract)
      : function(function), layers(function), contract(contract) {}

  void run() {
    for (const Layer &layer : layers.getLayers())
      integerize(layer);
    convertRequantizations();
    eraseDeadOps();
    markIslands();
  }

private:
  void integerize(const Layer &layer) {
    if (layer.op->hasAttr(keepFloatAttrName))
      return refuse(layer, {"keep-float", "kept in float by request"});
    SmallVector<QuantizeOp> quantizes;
    for (Operation *user : layer.result.getUsers())
      if (auto quantize = dyn_cast<QuantizeOp>(user))
        quantizes.push_back(quantize);
    if (quantizes.empty())
      return refuse(layer, {"not-quantized", "the result has no quantized type"});
    for (QuantizeOp quantize : quantizes)
      replace(layer, quantize);
  }

  void replace(const Layer &layer, QuantizeOp quantize) {
    auto type = cast<RankedTensorType>(quantize.getType());
    QuantizedView view = *viewQuantizedType(type.getElementType());
    if (!view.isPerTensor())
      return refuse(layer, {"per-axis-activation",
                            "the result has more than one scale"});
    if (layer.kind != LayerKind::SameScale &&
        !isRequantizationTarget(view))
      return refuse(layer, {"unsupported-storage",
                            "the result has unsigned or less than 8 bits"});
    IntegerBuilder builder(layer.op, contract);
    IntegerizeResult result = integerizeLayer(layer, view, builder);
    if (!result.storage)
      return refuse(layer, result.reason);
    connect(quantize, result.storage, view);
  }

  /// Lets the readers of `quantize` read `storage`.
  void connect(QuantizeOp quantize, Value storage, const QuantizedView &view) {
    Operation *producer = storage.getDefiningOp();
    if (producer && !producer->hasAttr(quantizedAttrName))
      setQuantized(storage, view, quantize.getSiteAttr());
    OpBuilder builder(quantize);
    Value quantized = quant::StorageCastOp::create(
        builder, quantize.getLoc(), quantize.getType(), storage);
    quantize.replaceAllUsesWith(quantized);
    quantize.erase();
  }

  void refuse(const Layer &layer, FloatReason reason) {
    refusals[layer.op] = reason;
    for (Operation *op : layer.fused)
      refusals[op] = reason;
  }

  /// `quantize(dequantize(x))` on another type is a requantization.
  void convertRequantizations() {
    SmallVector<QuantizeOp> candidates;
    function.walk([&](QuantizeOp op) {
      if (op.getInput().getDefiningOp<DequantizeOp>())
        candidates.push_back(op);
    });
    for (QuantizeOp op : candidates) {
      IntegerBuilder builder(op, contract);
      auto type = cast<RankedTensorType>(op.getType());
      QuantizedView view = *viewQuantizedType(type.getElementType());
      std::optional<StorageValue> storage = builder.getStorage(op.getInput());
      bool isByte = storage &&
                    storage->view.type.getStorageTypeIntegralWidth() <= 16 &&
                    view.type.getStorageTypeIntegralWidth() <= 16 &&
                    isRequantizationTarget(view);
      if (!isByte || !storage->view.isPerTensor() || !view.isPerTensor())
        continue;
      connect(op, builder.convert(*storage, view), view);
    }
  }

  /// Erases what nothing reads any more, users before definitions.
  void eraseDeadOps() {
    for (Block &block : function.getBody())
      for (Operation &op : llvm::make_early_inc_range(llvm::reverse(block)))
        if (isOpTriviallyDead(&op))
          op.erase();
  }

  /// Explains every float operation that is left. The layers that were
  /// replaced are gone, so only pointers of living operations are looked up.
  void markIslands() {
    function.walk([&](Operation *op) {
      if (op->getParentOp() != function || !isExplained(op))
        return;
      FloatReason reason = getReason(op);
      op->setAttr(islandAttrName,
                  StringAttr::get(op->getContext(), reason.reason));
      emitMissedRemark(op, "Integerize", reason.reason, reason.message);
    });
  }

  /// True for integer operations whose multipliers are f32, as in contract f32.
  static bool isRequantization(Operation *op) {
    auto generic = dyn_cast<linalg::GenericOp>(op);
    return generic && !generic.getBody()->getOps<RequantizeOp>().empty();
  }

  /// True for operations that compute in float.
  static bool isExplained(Operation *op) {
    return isFloatTensorOp(op) && !isRequantization(op) && !op->hasTrait<OpTrait::IsTerminator>() &&
           !op->hasTrait<OpTrait::ConstantLike>() &&
           !isa<QuantizeOp, DequantizeOp, ObserveOp, tensor::EmptyOp,
                tensor::DimOp, linalg::FillOp>(op);
  }

  FloatReason getReason(Operation *op) const {
    auto it = refusals.find(op);
    if (it != refusals.end())
      return it->second;
    if (const FloatReason *reason = layers.getReason(op))
      return *reason;
    return {"constant", "an operand of an operation that stays in float"};
  }

  func::FuncOp function;
  LayerAnalysis layers;
  numerics::Contract contract;
  llvm::DenseMap<Operation *, FloatReason> refusals;
};

struct IntegerizeOps : public qdot::impl::IntegerizeOpsBase<IntegerizeOps> {
  using IntegerizeOpsBase::IntegerizeOpsBase;

  void runOnOperation() override {
    std::optional<numerics::Contract> contract = parseContract(numerics);
    if (!contract) {
      getOperation().emitError()
          << "expected numerics=tosa-single, tosa-double or f32, got '"
          << numerics << "'";
      return signalPassFailure();
    }
    if (failed(checkInput(getOperation())))
      return signalPassFailure();
    for (auto function : getOperation().getOps<func::FuncOp>())
      if (!function.isDeclaration()) {
        resolveSizes(function);
        FunctionIntegerizer(function, *contract).run();
      }
  }
};
} // namespace
