//===- WidenConstants.cpp - Weights in 16-bit floats are f32 --------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "PrepareUtils.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "qdot/Dialect/Constants.h"
#include "qdot/Prepare/Passes.h"

namespace qdot {
#define GEN_PASS_DEF_WIDENCONSTANTS
#include "qdot/Prepare/Passes.h.inc"
} // namespace qdot

using namespace mlir;
using namespace qdot;

static bool isExtension(Operation *op) {
  auto extension = dyn_cast<arith::ExtFOp>(op);
  return extension &&
         getElementTypeOrSelf(extension.getType()).isF32();
}

/// The argument of a generic that stands for `use`, if its body only extends
/// it to f32; else null.
static BlockArgument getExtendedArgument(OpOperand &use) {
  auto generic = dyn_cast<linalg::GenericOp>(use.getOwner());
  if (!generic || !generic.isDpsInput(&use))
    return {};
  BlockArgument argument = generic.getMatchingBlockArgument(&use);
  return llvm::all_of(argument.getUsers(), isExtension) ? argument
                                                        : BlockArgument();
}

/// Replaces `extension` of a 16-bit float by `value`, which is f32 already.
static void dropExtension(Operation *extension, Value value) {
  extension->getResult(0).replaceAllUsesWith(value);
  extension->erase();
}

/// Lets `use` read `wide`. Precondition: the use is an extension, or `argument`
/// is what it is in the body of its generic.
static void widenUse(OpOperand &use, BlockArgument argument, Value wide) {
  if (!argument)
    return dropExtension(use.getOwner(), wide);
  use.set(wide);
  argument.setType(getElementTypeOrSelf(wide.getType()));
  for (Operation *extension : llvm::make_early_inc_range(argument.getUsers()))
    dropExtension(extension, argument);
}

/// Widens the constant that `op` makes for all uses that do so themselves.
static void widenConstant(Operation *op) {
  if (op->getNumResults() != 1 || !ConstantTensor::isConstant(op->getResult(0)))
    return;
  Value narrow = op->getResult(0);
  if (!isHalf(getElementTypeOrSelf(narrow.getType())))
    return;
  SmallVector<std::pair<OpOperand *, BlockArgument>> uses;
  for (OpOperand &use : narrow.getUses())
    if (BlockArgument argument = getExtendedArgument(use);
        argument || isExtension(use.getOwner()))
      uses.push_back({&use, argument});
  FailureOr<ConstantTensor> tensor = ConstantTensor::get(narrow);
  if (uses.empty() || failed(tensor))
    return;
  OpBuilder builder(op);
  DenseElementsAttr elements = widenElements(*tensor);
  Value wide = arith::ConstantOp::create(builder, op->getLoc(),
                                         elements.getType(), elements);
  for (auto [use, argument] : uses)
    widenUse(*use, argument, wide);
}

namespace {
struct WidenConstants : public qdot::impl::WidenConstantsBase<WidenConstants> {
  void runOnOperation() override {
    if (failed(checkResources(getOperation())))
      return signalPassFailure();
    SmallVector<Operation *> constants;
    getOperation().walk([&](Operation *op) {
      if (op->hasTrait<OpTrait::ConstantLike>())
        constants.push_back(op);
    });
    llvm::for_each(constants, widenConstant);
    eraseDeadOps(getOperation());
  }
};
} // namespace
