//===- UnrollLoops.cpp - Steps of recurrent networks ----------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/SCF/Transforms/Transforms.h"
#include "mlir/Dialect/SCF/Utils/Utils.h"
#include "mlir/IR/PatternMatch.h"
#include "qdot/Prepare/Passes.h"

namespace qdot {
#define GEN_PASS_DEF_UNROLLLOOPS
#include "qdot/Prepare/Passes.h.inc"
} // namespace qdot

using namespace mlir;
using namespace qdot;

/// Whether a layer may be in `loop`: a linalg op with a result of floats.
static bool computesFloats(Operation *loop) {
  WalkResult found = loop->walk([](linalg::LinalgOp op) {
    bool isFloat = llvm::any_of(op->getResultTypes(), [](Type type) {
      return isa<FloatType>(getElementTypeOrSelf(type));
    });
    return isFloat ? WalkResult::interrupt() : WalkResult::advance();
  });
  return found.wasInterrupted();
}

/// The operations of all steps together, where their number is known.
static std::optional<int64_t> countOperations(scf::ForOp loop) {
  std::optional<APInt> steps = loop.getStaticTripCount();
  if (!steps || steps->getActiveBits() > 32)
    return std::nullopt;
  int64_t perStep = 0;
  for (Operation &op : *loop.getBody()) {
    // What a body of scalars holds is part of its op.
    if (isa<linalg::LinalgOp>(op))
      ++perStep;
    else
      op.walk([&](Operation *) { ++perStep; });
  }
  return static_cast<int64_t>(steps->getZExtValue()) * perStep;
}

namespace {
struct UnrollLoops : public qdot::impl::UnrollLoopsBase<UnrollLoops> {
  using UnrollLoopsBase::UnrollLoopsBase;

  void runOnOperation() override {
    IRRewriter rewriter(&getContext());
    getOperation().walk([&](scf::WhileOp loop) {
      rewriter.setInsertionPoint(loop);
      if (computesFloats(loop))
        (void)scf::upliftWhileToForLoop(rewriter, loop);
    });
    // Inner loops first, so that outer ones count what those became.
    getOperation().walk([&](scf::ForOp loop) {
      std::optional<int64_t> count = countOperations(loop);
      if (count && *count <= maxOperations && computesFloats(loop))
        (void)loopUnrollFull(loop);
    });
  }
};
} // namespace
