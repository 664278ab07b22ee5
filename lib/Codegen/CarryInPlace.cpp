//===- CarryInPlace.cpp - Tensors that loops carry ------------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/BuiltinOps.h"
#include "qdot/Codegen/Passes.h"

namespace qdot {
#define GEN_PASS_DEF_CARRYINPLACE
#include "qdot/Codegen/Passes.h.inc"
} // namespace qdot

using namespace mlir;
using namespace qdot;

/// Writes each tensor of `operands` to the place of the one in `carried`, at
/// the same position; both are of the terminator `op`'s block.
static void carry(Operation *op, MutableArrayRef<OpOperand> operands,
                  ArrayRef<BlockArgument> carried) {
  OpBuilder builder(op);
  for (auto [operand, argument] : llvm::zip(operands, carried)) {
    Value value = operand.get();
    if (!isa<TensorType>(value.getType()) || value == argument ||
        value.getType() != argument.getType())
      continue;
    operand.set(bufferization::MaterializeInDestinationOp::create(
                    builder, op->getLoc(), argument.getType(), value, argument)
                    .getResult());
  }
}

namespace {
struct CarryInPlace : public qdot::impl::CarryInPlaceBase<CarryInPlace> {
  void runOnOperation() override {
    getOperation().walk([](scf::ForOp loop) {
      Operation *yield = loop.getBody()->getTerminator();
      carry(yield, yield->getOpOperands(),
            llvm::to_vector(loop.getRegionIterArgs()));
    });
    getOperation().walk([](scf::WhileOp loop) {
      scf::ConditionOp condition = loop.getConditionOp();
      carry(condition, condition->getOpOperands().drop_front(),
            llvm::to_vector(loop.getBeforeArguments()));
      scf::YieldOp yield = loop.getYieldOp();
      carry(yield, yield->getOpOperands(),
            llvm::to_vector(loop.getAfterArguments()));
    });
  }
};
} // namespace
