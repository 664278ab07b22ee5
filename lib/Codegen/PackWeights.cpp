//===- PackWeights.cpp - Constant weights in the order of a kernel --------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ContractBody.h"
#include "WeightLayout.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/SymbolTable.h"
#include "qdot/Codegen/ConstantData.h"
#include "qdot/Codegen/KernelPlan.h"
#include "qdot/Codegen/Passes.h"
#include "qdot/Codegen/KernelTable.h"
#include "qdot/Analysis/Remarks.h"
#include "qdot/Dialect/Constants.h"

namespace qdot {
#define GEN_PASS_DEF_PACKWEIGHTS
#include "qdot/Codegen/Passes.h.inc"
} // namespace qdot

using namespace mlir;
using namespace qdot;

namespace {
struct PackWeights : public qdot::impl::PackWeightsBase<PackWeights> {
  using PackWeightsBase::PackWeightsBase;

  void runOnOperation() override {
    const KernelTarget *table = getKernelTarget(getOperation(), target);
    if (!table)
      return signalPassFailure();
    needsProof = !table->isExact;
    SymbolTable symbols(getOperation());
    WalkResult result = getOperation().walk([&](ContractOp op) {
      // A module inside of this one has constants of its own.
      if (!op.getKernel() || op.getPacked() ||
          op->getParentOfType<ModuleOp>() != getOperation())
        return WalkResult::advance();
      if (!isa<MemRefType>(op.getInit().getType())) {
        op.emitOpError("is still on tensors; bufferize first");
        return WalkResult::interrupt();
      }
      // Other weights are packed at run time by the kernel itself.
      if (!isConstantGlobal(op.getRhs()))
        return WalkResult::advance();
      return failed(pack(op, symbols)) ? WalkResult::interrupt()
                                       : WalkResult::advance();
    });
    if (result.wasInterrupted())
      signalPassFailure();
  }

private:
  LogicalResult pack(ContractOp op, SymbolTable &symbols) {
    std::string reason;
    std::optional<KernelPlan> plan = getKernelPlan(op, reason);
    if (!plan || plan->kind != getSchedule(op.getKernelAttr().getKind()))
      return op.emitOpError()
             << "cannot use " << op.getKernelAttr() << ": "
             << (plan ? "the schedule does not fit the contraction" : reason);
    KernelKind kind = op.getKernelAttr().getKind();
    if ((kind == KernelKind::Matrix || kind == KernelKind::ScalableMatrix) &&
        plan->run < 8)
      return op.emitOpError() << "cannot use " << op.getKernelAttr()
                              << ": runs of " << plan->run
                              << " bytes, and it takes 8";
    memref::GlobalOp global = getGlobal(op.getRhs(), symbols);
    FailureOr<ConstantTensor> data = getData(global);
    auto strides =
        getLoopStrides(op.getRhsMap(), cast<MemRefType>(op.getRhs().getType()));
    if (failed(data) || !strides)
      return op.emitOpError() << "has weights that cannot be read";
    SmallVector<char> bytes;
    for (int64_t at = 0; at < global.getType().getNumElements(); ++at)
      bytes.push_back(static_cast<char>(data->getInteger(at)));
    WeightLayout layout(op, *plan, bytes, *strides);
    bool isProved = needsProof && op.getLhsSign() == Sign::Unsigned &&
                    op.getRhsSign() == Sign::Signed;
    bool isSorted = isProved && plan->kind == KernelKind::Dot && !plan->isGather;
    if (isSorted)
      layout.sortGroups(getActivationRange(op));
    layout.pack();
    if (isSorted) {
      setTable(op, dotCountsAttrName, layout.getCounts(), symbols);
      setTable(op, dotOffsetsAttrName, layout.getOffsets(), symbols);
      if (layout.usesWords())
        op->setAttr(dotWordsAttrName, UnitAttr::get(&getContext()));
      remarkShares(op, layout.getShares());
    } else if (isProved && plan->kind == KernelKind::Depthwise) {
      op->setAttr(tapPartsAttrName,
                  DenseI64ArrayAttr::get(&getContext(),
                                         layout.splitTaps(getActivationRange(op))));
    }
    setGlobal(op, 1, layout.getBytes(), OpBuilder(op).getI8Type(), symbols,
              "qdot_weights");
    op.setPacked(true);
    SmallVector<int64_t> ordered;
    for (unsigned at = 0; at < op.getExtras().size(); ++at)
      if (padColumns(op, *plan, at, symbols))
        ordered.push_back(at);
    op->setAttr(orderedExtrasAttrName,
                DenseI64ArrayAttr::get(&getContext(), ordered));
    return success();
  }

  void setTable(ContractOp op, StringRef name, ArrayRef<int32_t> values,
                SymbolTable &symbols) {
    OpBuilder builder(&getContext());
    int64_t count = values.size();
    auto type = RankedTensorType::get({count}, builder.getI32Type());
    auto global = memref::GlobalOp::create(
        builder, op.getLoc(), "qdot_table", builder.getStringAttr("private"),
        MemRefType::get({count}, builder.getI32Type()),
        DenseElementsAttr::get(type, values), /*constant=*/true,
        builder.getI64IntegerAttr(64));
    StringAttr symbol =
        symbols.insert(global, getOperation().getBody()->begin());
    op->setAttr(name, FlatSymbolRefAttr::get(symbol));
  }

  /// How much of the work is done in which way, and what the proof found.
  static void remarkShares(ContractOp op, const numerics::DotShares &shares) {
    emitAnalysisRemark(
        op, "PackWeights",
        {{"Quads", shares.quads}, {"Pairs", shares.twos},
         {"Singles", shares.singles}, {"Widened", shares.wide},
         {"LargestSum", shares.largestSum}},
        "groups of four products added in 16 bits by four, two, one, and "
        "widened");
  }

  static memref::GlobalOp getGlobal(Value value, SymbolTable &symbols) {
    auto get = value.getDefiningOp<memref::GetGlobalOp>();
    auto global =
        get ? symbols.lookup<memref::GlobalOp>(get.getName()) : nullptr;
    return global && global.getConstant() && global.getInitialValue()
               ? global
               : memref::GlobalOp();
  }

  FailureOr<ConstantTensor> getData(memref::GlobalOp global) {
    auto elements = dyn_cast<ElementsAttr>(*global.getInitialValue());
    if (!elements)
      return failure();
    return ConstantTensor::get(elements, [&] { return global.emitOpError(); });
  }

  /// A constant per column, filled up to whole vectors and put into the order
  /// of the lanes, so that every load is one of a whole vector.
  bool padColumns(ContractOp op, const KernelPlan &plan, unsigned at,
                  SymbolTable &symbols) {
    if (!isColumnConstant(plan, at))
      return false;
    Value extra = op.getExtras()[at];
    memref::GlobalOp global = getGlobal(extra, symbols);
    if (!global || global.getType().getNumElements() != plan.column.size)
      return false;
    FailureOr<ConstantTensor> data = getData(global);
    if (failed(data))
      return false;
    KernelAttr kernel = op.getKernelAttr();
    int64_t lanes = kernel.getLanes();
    int64_t unit = plan.kind == KernelKind::Depthwise ? 4 : 1;
    int64_t vectors = llvm::divideCeil(plan.column.size, unit * lanes) * unit;
    int64_t perBlock = plan.kind == KernelKind::Depthwise ? 4 : kernel.getVectors();
    if (WeightLayout::isScalable(kernel)) {
      vectors = plan.column.size + spareColumns;
      lanes = perBlock = 1;
    }
    SmallVector<char> bytes;
    for (int64_t at = 0; at < vectors * lanes; ++at) {
      int64_t first = at / lanes / perBlock * perBlock;
      int64_t column =
          first * lanes + getColumnOfLane(std::min(perBlock, vectors - first),
                                          lanes, at / lanes - first, at % lanes);
      column = std::min(column, plan.column.size - 1);
      ArrayRef<char> element = data->getBytes(column);
      bytes.append(element.begin(), element.end());
    }
    setGlobal(op, 2 + at, bytes, global.getType().getElementType(), symbols,
              "qdot_columns");
    return true;
  }

  static bool isColumnConstant(const KernelPlan &plan, unsigned at) {
    return plan.column.extras[at] == 1 && plan.row.extras[at] == 0 &&
           llvm::all_of(plan.outer, [&](const PlanLoop &loop) {
             return loop.extras[at] == 0;
           });
  }

  void setGlobal(ContractOp op, unsigned operand, ArrayRef<char> bytes,
                 Type element, SymbolTable &symbols, StringRef name) {
    OpBuilder builder(&getContext());
    int64_t width = element.getIntOrFloatBitWidth() / 8;
    int64_t count = int64_t(bytes.size()) / width;
    auto tensor = RankedTensorType::get({count}, element);
    auto type = MemRefType::get({count}, element);
    auto data = createElements(tensor, bytes);
    std::string symbol;
    auto [known, isNew] = globals.try_emplace(data);
    if (isNew) {
      auto global = memref::GlobalOp::create(
          builder, op.getLoc(), name, builder.getStringAttr("private"), type,
          data, /*constant=*/true, builder.getI64IntegerAttr(64));
      known->second = symbols.insert(global, getOperation().getBody()->begin());
    }
    builder.setInsertionPoint(op);
    Value value = memref::GetGlobalOp::create(builder, op.getLoc(), type,
                                              known->second.getValue());
    op->setOperand(operand, value);
    if (operand >= 2) {
      // One dimension, indexed by the columns alone.
      SmallVector<Attribute> maps(op.getIndexingMaps().getValue());
      unsigned loop = columnLoop(op);
      maps[operand] = AffineMapAttr::get(
          AffineMap::get(op.getNumLoops(), 0, builder.getAffineDimExpr(loop)));
      op.setIndexingMapsAttr(builder.getArrayAttr(maps));
    }
  }

  static unsigned columnLoop(ContractOp op) {
    std::string reason;
    return getKernelPlan(op, reason)->column.loops[0];
  }

  bool needsProof = false;
  llvm::DenseMap<Attribute, StringAttr> globals;
};
} // namespace
