//===- ExpandKernels.cpp - Loops and dot products of the kernels ----------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "KernelEmitter.h"
#include "PackedOperands.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/UB/IR/UBOps.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/IRMapping.h"
#include "qdot/Codegen/Passes.h"
#include "qdot/Target/Generic/LowerScalars.h"

namespace qdot {
#define GEN_PASS_DEF_EXPANDKERNELS
#include "qdot/Codegen/Passes.h.inc"
} // namespace qdot

using namespace mlir;
using namespace qdot;

namespace {
struct ExpandKernels : public qdot::impl::ExpandKernelsBase<ExpandKernels> {
  void runOnOperation() override {
    SmallVector<ContractOp> ops;
    getOperation().walk([&](ContractOp op) { ops.push_back(op); });
    for (ContractOp op : ops) {
      if (!isa<MemRefType>(op.getInit().getType())) {
        op.emitOpError("is still on tensors; bufferize first");
        return signalPassFailure();
      }
      if (failed(op.getKernel() ? expand(op) : expandToLoops(op)))
        return signalPassFailure();
      op.erase();
    }
  }

private:
  static LogicalResult expand(ContractOp op) {
    if (!op.getPacked() && isConstantGlobal(op.getRhs()))
      return op.emitOpError("has a kernel but its weights are not packed");
    std::string reason;
    std::optional<KernelPlan> plan = getKernelPlan(op, reason);
    if (!plan || plan->kind != getSchedule(op.getKernelAttr().getKind()))
      return op.emitOpError()
             << "cannot use " << op.getKernelAttr() << ": "
             << (plan ? "the schedule does not fit the contraction" : reason);
    if (op.getPacked() && failed(verifyPacked(op, *plan)))
      return failure();
    if (!op.getPacked() &&
        (plan->kind != KernelKind::Dot ||
         !getLoopStrides(op.getRhsMap(),
                         cast<MemRefType>(op.getRhs().getType()))))
      return op.emitOpError() << "cannot use " << op.getKernelAttr()
                              << ": its weights cannot be packed at run time";
    OpBuilder builder(op);
    switch (op.getKernelAttr().getKind()) {
    case KernelKind::Dot:
      return emitDotKernel(builder, op, *plan);
    case KernelKind::Depthwise:
      return emitDepthwiseKernel(builder, op, *plan);
    case KernelKind::Matrix:
      return emitMatrixKernel(builder, op, *plan);
    case KernelKind::ScalableDot:
    case KernelKind::ScalableMatrix:
      return emitScalableKernel(builder, op, *plan);
    }
    llvm_unreachable("unknown kernel");
  }

  /// Without a kernel: the accumulation and the body as two linalg ops over
  /// one i32 buffer.
  static LogicalResult expandToLoops(ContractOp op) {
    OpBuilder builder(op);
    Location loc = op.getLoc();
    auto type = cast<MemRefType>(op.getInit().getType());
    SmallVector<Value> dynamic;
    for (int64_t dim = 0; dim < type.getRank(); ++dim)
      if (type.isDynamicDim(dim))
        dynamic.push_back(
            memref::DimOp::create(builder, loc, op.getInit(), dim));
    auto wide = MemRefType::get(type.getShape(), builder.getI32Type());
    Value sums = memref::AllocOp::create(builder, loc, wide, dynamic,
                                         builder.getI64IntegerAttr(64));
    Value zero =
        arith::ConstantOp::create(builder, loc, builder.getI32IntegerAttr(0));
    Operation *parts[] = {linalg::FillOp::create(builder, loc, zero, sums),
                          createAccumulation(builder, op, sums),
                          createEpilogue(builder, op, sums)};
    if (Attribute minWork = op->getAttr(minWorkAttrName))
      for (Operation *part : parts)
        part->setAttr(minWorkAttrName, minWork);
    memref::DeallocOp::create(builder, loc, sums);
    return success();
  }

  static Operation *createAccumulation(OpBuilder &builder, ContractOp op,
                                       Value sums) {
    SmallVector<utils::IteratorType> kinds;
    for (unsigned loop = 0; loop < op.getNumLoops(); ++loop)
      kinds.push_back(op.getOutMap().isFunctionOfDim(loop)
                          ? utils::IteratorType::parallel
                          : utils::IteratorType::reduction);
    auto extend = [](OpBuilder &b, Location loc, Value value, Sign sign) {
      Type i32 = b.getI32Type();
      return sign == Sign::Signed
                 ? arith::ExtSIOp::create(b, loc, i32, value).getResult()
                 : arith::ExtUIOp::create(b, loc, i32, value).getResult();
    };
    return linalg::GenericOp::create(
        builder, op.getLoc(), ValueRange{op.getLhs(), op.getRhs()}, sums,
        ArrayRef<AffineMap>{op.getLhsMap(), op.getRhsMap(), op.getOutMap()},
        kinds, [&](OpBuilder &b, Location loc, ValueRange args) {
          Value product = arith::MulIOp::create(
              b, loc, extend(b, loc, args[0], op.getLhsSign()),
              extend(b, loc, args[1], op.getRhsSign()));
          Value sum = arith::AddIOp::create(b, loc, args[2], product);
          linalg::YieldOp::create(b, loc, sum);
        });
  }

  static Operation *createEpilogue(OpBuilder &builder, ContractOp op,
                                   Value sums) {
    // Only the loops of the result remain.
    AffineMap out = op.getOutMap();
    unsigned rank = out.getNumResults();
    SmallVector<AffineExpr> loops(op.getNumLoops(),
                                  builder.getAffineConstantExpr(0));
    for (auto [at, expr] : llvm::enumerate(out.getResults()))
      if (auto dim = dyn_cast<AffineDimExpr>(expr))
        loops[dim.getPosition()] = builder.getAffineDimExpr(at);
    SmallVector<Value> inputs{sums};
    SmallVector<AffineMap> maps{builder.getMultiDimIdentityMap(rank)};
    for (auto [at, extra] : llvm::enumerate(op.getExtras())) {
      inputs.push_back(extra);
      maps.push_back(op.getExtraMap(at).replaceDimsAndSymbols(loops, {}, rank, 0));
    }
    maps.push_back(builder.getMultiDimIdentityMap(rank));
    SmallVector<utils::IteratorType> kinds(rank, utils::IteratorType::parallel);
    return linalg::GenericOp::create(
        builder, op.getLoc(), inputs, op.getInit(), maps, kinds,
        [&](OpBuilder &b, Location loc, ValueRange args) {
          IRMapping mapping;
          Block &body = op.getBody().front();
          for (auto [from, to] : llvm::zip(body.getArguments(), args))
            mapping.map(from, to);
          for (Operation &inner : body.without_terminator())
            lowerScalar(b, b.clone(inner, mapping), inner, mapping);
          linalg::YieldOp::create(
              b, loc,
              mapping.lookupOrDefault(body.getTerminator()->getOperand(0)));
        });
  }

  /// Replaces a copied qdot op by its arithmetic.
  static void lowerScalar(OpBuilder &b, Operation *copy, Operation &inner,
                          IRMapping &mapping) {
    Value value;
    if (auto requantize = dyn_cast<RequantizeOp>(copy))
      value = createRequantize(b, requantize);
    else if (auto round = dyn_cast<RoundOp>(copy))
      value = createRound(b, round);
    if (!value)
      return;
    mapping.map(inner.getResult(0), value);
    copy->erase();
  }
};
} // namespace
