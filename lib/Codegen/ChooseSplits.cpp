//===- ChooseSplits.cpp - Operations that threads share -------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Interfaces/DestinationStyleOpInterface.h"
#include "qdot/Codegen/Passes.h"
#include "qdot/Codegen/SplitCost.h"

namespace qdot {
#define GEN_PASS_DEF_CHOOSESPLITS
#include "qdot/Codegen/Passes.h.inc"
} // namespace qdot

using namespace mlir;
using namespace qdot;

int64_t qdot::countProducts(ContractOp op) {
  int64_t count = 1;
  for (int64_t size : op.getLoopSizes())
    count *= ShapedType::isDynamic(size) ? 1 : size;
  return count;
}

int64_t qdot::countScalarOperations(linalg::LinalgOp op) {
  int64_t count = 1;
  for (int64_t size : op.getStaticLoopRanges())
    count *= ShapedType::isDynamic(size) ? 1 : size;
  auto body = op.getBlock()->without_terminator();
  return count * std::max<int64_t>(1, std::distance(body.begin(), body.end()));
}

namespace {
struct ChooseSplits : public qdot::impl::ChooseSplitsBase<ChooseSplits> {
  using ChooseSplitsBase::ChooseSplitsBase;

  void runOnOperation() override {
    if (minWork < 0) {
      getOperation().emitError()
          << "expected the least work of a part, 0 for the default, got "
          << int64_t(minWork);
      return signalPassFailure();
    }
    getOperation().walk([&](ContractOp op) { choose(op); });
    getOperation().walk([&](linalg::LinalgOp op) {
      bool isDynamic =
          llvm::any_of(op.getStaticLoopRanges(), ShapedType::isDynamic);
      if (op.hasPureBufferSemantics())
        mark(op, isDynamic, countScalarOperations(op), minScalarOperations);
    });
  }

private:
  void choose(ContractOp op) {
    if (!isa<MemRefType>(op.getInit().getType()))
      return;
    bool isDynamic = llvm::any_of(op.getLoopSizes(), ShapedType::isDynamic);
    // The loops of one without a kernel widen, multiply and add.
    if (!op.getKernelAttr())
      return mark(op, isDynamic, 4 * countProducts(op), minScalarOperations);
    KernelAttr kernel = op.getKernelAttr();
    mark(op, isDynamic, countProducts(op),
         kernel.getKind() == KernelKind::Dot
             ? minDotProductsPerLane * kernel.getLanes()
             : minDepthwiseProducts);
  }

  /// Work of a dynamic size is known when it runs; then the grain decides.
  void mark(Operation *op, bool isDynamic, int64_t work, int64_t least) {
    if (minWork > 0)
      least = minWork;
    if (op->hasAttr(minWorkAttrName) || (!isDynamic && work / least < 2))
      return;
    op->setAttr(minWorkAttrName,
                Builder(op->getContext()).getI64IntegerAttr(least));
  }
};
} // namespace
