//===- VectorizeLookups.cpp - Tables, 16 bytes at a time ------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "qdot/Codegen/Passes.h"
#include "qdot/Codegen/VectorBody.h"
#include "qdot/Dialect/Qdot.h"

namespace qdot {
#define GEN_PASS_DEF_VECTORIZELOOKUPS
#include "qdot/Codegen/Passes.h.inc"
} // namespace qdot

using namespace mlir;
using namespace qdot;

static constexpr int64_t width = 16;

namespace {
struct VectorizeLookups
    : public qdot::impl::VectorizeLookupsBase<VectorizeLookups> {
  void runOnOperation() override {
    getOperation().walk([](linalg::GenericOp op) {
      if (std::optional<ByteLookup> lookup = match(op)) {
        expand(op, *lookup);
        op.erase();
      }
    });
  }

private:
  /// The lookup that is all that the body does.
  static std::optional<ByteLookup> match(linalg::GenericOp op) {
    if (op.getNumDpsInputs() != 1 || op.getNumDpsInits() != 1 ||
        !op.hasPureBufferSemantics() ||
        op.getNumParallelLoops() != op.getNumLoops())
      return std::nullopt;
    for (OpOperand &operand : op->getOpOperands()) {
      auto type = dyn_cast<MemRefType>(operand.get().getType());
      if (!type || !type.getElementType().isInteger(8) ||
          !type.getLayout().isIdentity() ||
          !op.getMatchingIndexingMap(&operand).isIdentity())
        return std::nullopt;
    }
    Block *body = op.getBody();
    std::optional<ByteLookup> lookup =
        matchByteLookup(body->getTerminator()->getOperand(0));
    if (!lookup || lookup->index != body->getArgument(0))
      return std::nullopt;
    return lookup;
  }

  static Value flatten(OpBuilder &builder, Location loc, Value memref) {
    auto type = cast<MemRefType>(memref.getType());
    if (type.getRank() == 1)
      return memref;
    if (type.getRank() == 0) {
      auto one = MemRefType::get({1}, type.getElementType());
      return memref::ExpandShapeOp::create(builder, loc, one, memref,
                                           ArrayRef<ReassociationIndices>{});
    }
    ReassociationIndices all;
    for (int64_t dim = 0; dim < type.getRank(); ++dim)
      all.push_back(dim);
    return memref::CollapseShapeOp::create(builder, loc, memref,
                                           ArrayRef<ReassociationIndices>{all});
  }

  static void expand(linalg::GenericOp op, const ByteLookup &lookup) {
    OpBuilder builder(op);
    Location loc = op.getLoc();
    auto constant = [&](int64_t value) -> Value {
      return arith::ConstantIndexOp::create(builder, loc, value);
    };
    Value from = flatten(builder, loc, op.getDpsInputs()[0]);
    Value to = flatten(builder, loc, op.getDpsInits()[0]);
    Value zero = constant(0),
          size = memref::DimOp::create(builder, loc, to, zero);
    Value rest = arith::RemUIOp::create(builder, loc, size, constant(width));
    Value full = arith::SubIOp::create(builder, loc, size, rest);
    auto createLoop = [&](Value begin, Value end, int64_t step,
                          function_ref<void(Value)> body) {
      auto loop = scf::ForOp::create(builder, loc, begin, end, constant(step));
      OpBuilder::InsertionGuard guard(builder);
      builder.setInsertionPointToStart(loop.getBody());
      body(loop.getInductionVar());
    };
    createLoop(zero, full, width, [&](Value at) {
      vector::StoreOp::create(builder, loc,
                              lookUp(builder, loc, lookup, from, at), to, at);
    });
    createLoop(full, size, 1, [&](Value at) {
      Value byte = memref::LoadOp::create(builder, loc, from, at);
      Value index = createIndex(builder, loc, lookup, byte);
      Value entry = memref::LoadOp::create(builder, loc, lookup.table, index);
      memref::StoreOp::create(builder, loc, entry, to, at);
    });
  }

  static Value lookUp(OpBuilder &builder, Location loc,
                      const ByteLookup &lookup, Value from, Value at) {
    auto type = VectorType::get({width}, builder.getI8Type());
    Value bytes = vector::LoadOp::create(builder, loc, type, from, at);
    if (lookup.isSigned) {
      Value top = arith::ConstantOp::create(
          builder, loc,
          DenseElementsAttr::get(type, builder.getI8IntegerAttr(-128)));
      bytes = arith::XOrIOp::create(builder, loc, bytes, top);
    }
    return LookupBytesOp::create(builder, loc, bytes, lookup.table);
  }

  static Value createIndex(OpBuilder &builder, Location loc,
                           const ByteLookup &lookup, Value byte) {
    Type index = builder.getIndexType();
    if (!lookup.isSigned)
      return arith::IndexCastUIOp::create(builder, loc, index, byte);
    Value value = arith::IndexCastOp::create(builder, loc, index, byte);
    Value offset = arith::ConstantIndexOp::create(builder, loc, 128);
    return arith::AddIOp::create(builder, loc, value, offset);
  }
};
} // namespace
