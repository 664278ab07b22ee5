//===- LowerCopies.cpp - Loops for copies that are not one block ----------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Linalg/Utils/Utils.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/BuiltinOps.h"
#include "qdot/Codegen/Passes.h"

namespace qdot {
#define GEN_PASS_DEF_LOWERCOPIES
#include "qdot/Codegen/Passes.h.inc"
} // namespace qdot

using namespace mlir;

static bool isContiguous(Value buffer) {
  auto type = dyn_cast<MemRefType>(buffer.getType());
  return type && type.getLayout().isIdentity();
}

/// True for one memref, or for two equal views of one.
static bool isSame(Value a, Value b) {
  if (a == b)
    return true;
  auto first = a.getDefiningOp<memref::SubViewOp>();
  auto second = b.getDefiningOp<memref::SubViewOp>();
  return first && second &&
         OperationEquivalence::isEquivalentTo(
             first, second, OperationEquivalence::IgnoreLocations);
}

namespace {
struct LowerCopies : public qdot::impl::LowerCopiesBase<LowerCopies> {
  void runOnOperation() override {
    getOperation().walk([](memref::CopyOp op) {
      Value source = op.getSource(), target = op.getTarget();
      if (isSame(source, target)) {
        op.erase();
        return;
      }
      if (isContiguous(source) && isContiguous(target))
        return;
      if (!isa<MemRefType>(source.getType()) ||
          !isa<MemRefType>(target.getType()))
        return;
      OpBuilder builder(op);
      if (!copyBlocks(builder, op.getLoc(), source, target))
        linalg::makeMemRefCopyOp(builder, op.getLoc(), source, target);
      op.erase();
    });
  }

private:
  /// Loops over the outer dimensions around copies of the inner ones that are
  /// one block of memory in both. False when no block is worth it.
  static bool copyBlocks(OpBuilder &builder, Location loc, Value source,
                         Value target) {
    auto type = cast<MemRefType>(source.getType());
    if (!type.getElementType().isIntOrFloat())
      return false;
    int64_t inner = std::min(countContiguousDims(type),
                             countContiguousDims(cast<MemRefType>(target.getType())));
    int64_t outer = type.getRank() - inner, bytes = type.getElementTypeBitWidth() / 8;
    for (int64_t dim = outer; dim < type.getRank(); ++dim)
      bytes *= type.getDimSize(dim);
    if (bytes < minBlockBytes)
      return false;
    SmallVector<OpFoldResult> offsets(type.getRank(), builder.getIndexAttr(0));
    SmallVector<OpFoldResult> sizes(outer, builder.getIndexAttr(1));
    SmallVector<OpFoldResult> strides(type.getRank(), builder.getIndexAttr(1));
    for (int64_t dim = outer; dim < type.getRank(); ++dim)
      sizes.push_back(builder.getIndexAttr(type.getDimSize(dim)));
    Value zero = arith::ConstantIndexOp::create(builder, loc, 0);
    Value one = arith::ConstantIndexOp::create(builder, loc, 1);
    for (int64_t dim = 0; dim < outer; ++dim) {
      Value size = memref::DimOp::create(builder, loc, source, dim);
      auto loop = scf::ForOp::create(builder, loc, zero, size, one);
      builder.setInsertionPointToStart(loop.getBody());
      offsets[dim] = loop.getInductionVar();
    }
    auto shape = type.getShape().drop_front(outer);
    auto view = [&](Value memref) -> Value {
      auto reduced = cast<MemRefType>(memref::SubViewOp::inferRankReducedResultType(
          shape, cast<MemRefType>(memref.getType()), offsets, sizes, strides));
      return memref::SubViewOp::create(builder, loc, reduced, memref, offsets,
                                       sizes, strides);
    };
    memref::CopyOp::create(builder, loc, view(source), view(target));
    return true;
  }

  /// How many of the last dimensions, of static size, are one block of memory.
  static int64_t countContiguousDims(MemRefType type) {
    SmallVector<int64_t> strides;
    int64_t offset, expected = 1, count = 0;
    if (failed(type.getStridesAndOffset(strides, offset)))
      return 0;
    for (int64_t dim = type.getRank() - 1; dim >= 0; --dim) {
      if (type.isDynamicDim(dim) ||
          (strides[dim] != expected && type.getDimSize(dim) != 1))
        break;
      expected *= type.getDimSize(dim);
      ++count;
    }
    return count;
  }

  /// Smaller blocks are copied element by element.
  static constexpr int64_t minBlockBytes = 16;
};
} // namespace
