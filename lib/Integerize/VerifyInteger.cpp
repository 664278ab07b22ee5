//===- VerifyInteger.cpp - No float between quantized values -------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/BuiltinOps.h"
#include "qdot/Analysis/Layers.h"
#include "qdot/Dialect/Qdot.h"
#include "qdot/Integerize/Passes.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/StringExtras.h"

namespace qdot {
#define GEN_PASS_DEF_VERIFYINTEGER
#include "qdot/Integerize/Passes.h.inc"
} // namespace qdot

using namespace mlir;
using namespace qdot;

using OpSet = llvm::SetVector<Operation *>;

/// True for operations that hand float values on; a size is none.
static bool carriesFloat(Operation *op) {
  return isFloatTensorOp(op) &&
         !isa<QuantizeOp, ObserveOp, tensor::DimOp>(op) &&
         !op->hasTrait<OpTrait::IsTerminator>();
}

/// The operations that read values of `roots`, directly or through float ones.
static OpSet getReaders(ArrayRef<DequantizeOp> roots) {
  OpSet readers;
  SmallVector<Operation *> worklist(roots.begin(), roots.end());
  while (!worklist.empty())
    for (Operation *user : worklist.pop_back_val()->getUsers()) {
      // A user inside the region of a generic stands for the generic.
      while (user->getParentOp() && !isa<func::FuncOp>(user->getParentOp()))
        user = user->getParentOp();
      if (readers.insert(user) && carriesFloat(user))
        worklist.push_back(user);
    }
  return readers;
}

/// The operations among `candidates` whose values reach a quantize.
static OpSet getFeeders(const OpSet &candidates) {
  OpSet feeders;
  SmallVector<Operation *> worklist;
  for (Operation *op : candidates)
    if (isa<QuantizeOp>(op))
      worklist.push_back(op);
  while (!worklist.empty()) {
    Operation *op = worklist.pop_back_val();
    op->walk([&](Operation *inner) {
      for (Value operand : inner->getOperands()) {
        Operation *source = operand.getDefiningOp();
        if (source && candidates.contains(source) && feeders.insert(source))
          worklist.push_back(source);
      }
    });
  }
  return feeders;
}

namespace {
struct VerifyInteger : public qdot::impl::VerifyIntegerBase<VerifyInteger> {
  using VerifyIntegerBase::VerifyIntegerBase;

  void runOnOperation() override {
    bool isInteger = true;
    for (auto function : getOperation().getOps<func::FuncOp>())
      isInteger &= verify(function);
    if (!isInteger)
      signalPassFailure();
    markAllAnalysesPreserved();
  }

  bool verify(func::FuncOp function) {
    SmallVector<DequantizeOp> roots;
    function.walk([&](DequantizeOp op) { roots.push_back(op); });
    OpSet between = getFeeders(getReaders(roots));
    SmallVector<Operation *> islands;
    function.walk([&](Operation *op) {
      if (between.contains(op) && isComputation(op) && !isAllowed(getWord(op)))
        islands.push_back(op);
    });
    report(islands);
    return islands.empty();
  }

  /// An error for each island; the last one tells how to permit them.
  void report(ArrayRef<Operation *> islands) {
    SmallVector<StringRef> permitted;
    if (allow != "none")
      StringRef(allow).split(permitted, ',');
    llvm::SetVector<StringRef> words(permitted.begin(), permitted.end());
    for (Operation *op : islands) {
      InFlightDiagnostic diagnostic = op->emitOpError()
          << "stays in float between quantized values: " << getWord(op);
      words.insert(getWord(op));
      if (op == islands.back())
        diagnostic.attachNote()
            << "'allow=" << llvm::join(words.getArrayRef(), ",")
            << "' permits it";
    }
  }

  /// False for what gives results a shape and a start.
  static bool isComputation(Operation *op) {
    return !isa<tensor::EmptyOp, tensor::DimOp, linalg::FillOp>(op);
  }

  static StringRef getWord(Operation *op) {
    auto reason = op->getAttrOfType<StringAttr>(islandAttrName);
    return reason ? reason.getValue() : "not-integerized";
  }

  bool isAllowed(StringRef reason) {
    if (allow == "all")
      return true;
    SmallVector<StringRef> words;
    StringRef(allow).split(words, ',');
    return llvm::is_contained(words, reason);
  }
};
} // namespace
