//===- JoinSlices.cpp - Concatenations in one operation -------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/BuiltinOps.h"
#include "qdot/Prepare/Passes.h"

namespace qdot {
#define GEN_PASS_DEF_JOINSLICES
#include "qdot/Prepare/Passes.h.inc"
} // namespace qdot

using namespace mlir;
using namespace qdot;

/// The insertion that alone reads the result of `op`, on top of it.
static tensor::InsertSliceOp getNext(tensor::InsertSliceOp op) {
  if (!op->hasOneUse())
    return {};
  OpOperand &use = *op->use_begin();
  auto next = dyn_cast<tensor::InsertSliceOp>(use.getOwner());
  return next && use == next.getDestMutable() ? next : tensor::InsertSliceOp();
}

namespace {
/// Insertions one into the other that cover a tensor along one dimension.
class SliceChain {
public:
  explicit SliceChain(tensor::InsertSliceOp last) : type(last.getDestType()) {
    for (auto op = last; op;) {
      parts.push_back(op);
      root = op.getDest();
      op = root.getDefiningOp<tensor::InsertSliceOp>();
      if (op && !op->hasOneUse())
        break;
    }
  }

  /// The dimension, with the parts in order along it; nullopt if they do not
  /// cover the tensor, or one of them another.
  std::optional<int64_t> match() {
    std::optional<int64_t> dim;
    for (tensor::InsertSliceOp part : parts) {
      if (part.getSourceType().getRank() != type.getRank() ||
          !part.hasUnitStride())
        return std::nullopt;
      for (int64_t at = 0; at < type.getRank(); ++at) {
        if (isWhole(part, at))
          continue;
        if (dim.value_or(at) != at || part.isDynamicOffset(at) ||
            part.isDynamicSize(at))
          return std::nullopt;
        dim = at;
      }
    }
    return dim && isCovered(*dim) ? dim : std::nullopt;
  }

  SmallVector<Value> getSources() {
    SmallVector<Value> sources;
    for (tensor::InsertSliceOp part : parts)
      sources.push_back(part.getSource());
    return sources;
  }

private:
  /// Whether a part has all of a dimension.
  bool isWhole(tensor::InsertSliceOp part, int64_t dim) {
    if (part.isDynamicOffset(dim) || part.getStaticOffset(dim) != 0)
      return false;
    if (!type.isDynamicDim(dim))
      return !part.isDynamicSize(dim) &&
             part.getStaticSize(dim) == type.getDimSize(dim);
    auto empty = root.getDefiningOp<tensor::EmptyOp>();
    return empty && part.getMixedSizes()[dim] == empty.getMixedSizes()[dim];
  }

  bool isCovered(int64_t dim) {
    llvm::sort(parts, [&](tensor::InsertSliceOp a, tensor::InsertSliceOp b) {
      return a.getStaticOffset(dim) < b.getStaticOffset(dim);
    });
    int64_t end = 0;
    for (tensor::InsertSliceOp part : parts) {
      if (part.isDynamicOffset(dim) || part.isDynamicSize(dim) ||
          part.getStaticOffset(dim) != end)
        return false;
      end += part.getStaticSize(dim);
    }
    return end == type.getDimSize(dim);
  }

  SmallVector<tensor::InsertSliceOp> parts;
  RankedTensorType type;
  Value root;
};

struct JoinSlices : public qdot::impl::JoinSlicesBase<JoinSlices> {
  void runOnOperation() override {
    SmallVector<tensor::InsertSliceOp> ends;
    getOperation().walk([&](tensor::InsertSliceOp op) {
      if (!getNext(op))
        ends.push_back(op);
    });
    for (tensor::InsertSliceOp last : ends)
      join(last);
  }

private:
  static void join(tensor::InsertSliceOp last) {
    SliceChain chain(last);
    std::optional<int64_t> dim = chain.match();
    if (!dim)
      return;
    SmallVector<Value> sources = chain.getSources();
    if (tensor::ConcatOp::inferResultType(*dim, ValueRange(sources)) !=
        last.getType())
      return;
    OpBuilder builder(last);
    auto concat = tensor::ConcatOp::create(builder, last.getLoc(),
                                           last.getType(), *dim, sources);
    last.replaceAllUsesWith(concat.getResult());
    while (last && last.use_empty()) {
      auto before = last.getDest().getDefiningOp<tensor::InsertSliceOp>();
      last.erase();
      last = before;
    }
  }
};
} // namespace
