//===- MarkBorders.cpp - Zeros around activations -------------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/Matchers.h"
#include "qdot/Codegen/Passes.h"
#include "qdot/Dialect/Qdot.h"

namespace qdot {
#define GEN_PASS_DEF_MARKBORDERS
#include "qdot/Codegen/Passes.h.inc"
} // namespace qdot

using namespace mlir;
using namespace qdot;

/// The zeros that `value` has at both ends of each dimension; empty when there
/// are none.
static SmallVector<int64_t> getBorder(Value value) {
  if (auto cast = value.getDefiningOp<tensor::CastOp>())
    value = cast.getSource();
  auto pad = value.getDefiningOp<tensor::PadOp>();
  Value filled = pad ? pad.getConstantPaddingValue() : Value();
  if (!filled || !matchPattern(filled, m_Zero()))
    return {};
  SmallVector<int64_t> border;
  for (auto [low, high] : llvm::zip(pad.getStaticLow(), pad.getStaticHigh()))
    for (int64_t count : {low, high})
      border.push_back(ShapedType::isDynamic(count) ? 0 : count);
  if (llvm::all_of(border, [](int64_t count) { return count == 0; }))
    return {};
  return border;
}

namespace {
struct MarkBorders : public qdot::impl::MarkBordersBase<MarkBorders> {
  void runOnOperation() override {
    getOperation().walk([&](ContractOp op) {
      SmallVector<int64_t> border = getBorder(op.getLhs());
      if (!border.empty())
        op->setAttr(lhsBorderAttrName,
                    DenseI64ArrayAttr::get(&getContext(), border));
    });
  }
};
} // namespace
