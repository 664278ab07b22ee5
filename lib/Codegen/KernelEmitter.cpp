//===- KernelEmitter.cpp - Loops and tiles of a kernel --------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "KernelEmitter.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "qdot/Codegen/VectorBody.h"

using namespace mlir;
using namespace qdot;

KernelEmitter::KernelEmitter(OpBuilder &builder, ContractOp op,
                             const KernelPlan &plan)
    : builder(builder), loc(op.getLoc()), op(op), plan(plan),
      kernel(op.getKernelAttr()) {}

Value KernelEmitter::constant(int64_t value) {
  return arith::ConstantIndexOp::create(builder, loc, value);
}

Value KernelEmitter::add(Value a, Value b) {
  return arith::AddIOp::create(builder, loc, a, b);
}

Value KernelEmitter::addConstant(Value a, int64_t b) {
  return b == 0 ? a : add(a, constant(b));
}

Value KernelEmitter::multiply(Value a, int64_t b) {
  return b == 1 ? a
                : arith::MulIOp::create(builder, loc, a, constant(b))
                      .getResult();
}

/// The memory of `memref` as one dimension without end; `offset` is where its
/// first element lies.
Value KernelEmitter::flatten(Value memref, Value &offset) {
  auto type = cast<MemRefType>(memref.getType());
  auto metadata =
      memref::ExtractStridedMetadataOp::create(builder, loc, memref);
  offset = metadata.getOffset();
  auto flat = MemRefType::get({ShapedType::kDynamic}, type.getElementType());
  return memref::ReinterpretCastOp::create(
      builder, loc, flat, metadata.getBaseBuffer(),
      OpFoldResult(builder.getIndexAttr(0)),
      ArrayRef<OpFoldResult>{constant(std::numeric_limits<int64_t>::max())},
      ArrayRef<OpFoldResult>{builder.getIndexAttr(1)});
}

std::optional<unsigned> KernelEmitter::findBias() {
  Value accumulator = op.getBody().front().getArgument(0);
  if (!accumulator.hasOneUse())
    return std::nullopt;
  auto sum = dyn_cast<arith::AddIOp>(*accumulator.user_begin());
  if (!sum)
    return std::nullopt;
  Value other = sum.getLhs() == accumulator ? sum.getRhs() : sum.getLhs();
  auto argument = dyn_cast<BlockArgument>(other);
  if (!argument || argument.getOwner() != &op.getBody().front() ||
      argument.getArgNumber() == 0)
    return std::nullopt;
  biasAdd = sum;
  return argument.getArgNumber() - 1;
}

LogicalResult KernelEmitter::emit() {
  bias = findBias();
  TilePosition at;
  lhs = flatten(op.getLhs(), at.lhs);
  rhs = flatten(op.getRhs(), at.rhs);
  for (Value extra : op.getExtras())
    extras.push_back(flatten(extra, at.extras.emplace_back()));
  out = flatten(op.getInit(), at.out);
  return emitOuter(0, at, constant(0));
}

Value KernelEmitter::getSize(const PlanLoop &loop) {
  if (!loop.isDynamic())
    return constant(loop.size);
  Value size = constant(1);
  for (unsigned part : loop.loops) {
    int64_t extent = op.getLoopSizes()[part];
    Value length;
    if (ShapedType::isDynamic(extent)) {
      unsigned dim = *op.getOutMap().getResultPosition(
          getAffineDimExpr(part, op.getContext()));
      length = memref::DimOp::create(builder, loc, op.getInit(), dim);
    } else {
      length = constant(extent);
    }
    size = arith::MulIOp::create(builder, loc, size, length);
  }
  return size;
}

TilePosition KernelEmitter::advance(const TilePosition &at,
                                    const PlanLoop &loop, Value by) {
  TilePosition result = at;
  if (loop.lhs)
    result.lhs = add(at.lhs, multiply(by, loop.lhs));
  if (loop.out)
    result.out = add(at.out, multiply(by, loop.out));
  for (auto [extra, stride] : llvm::zip(result.extras, loop.extras))
    if (stride)
      extra = add(extra, multiply(by, stride));
  return result;
}

LogicalResult
KernelEmitter::emitLoop(Value from, Value to, int64_t step,
                        function_ref<LogicalResult(Value)> body) {
  auto loop = scf::ForOp::create(builder, loc, from, to, constant(step));
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(loop.getBody());
  return body(loop.getInductionVar());
}

/// Loops along which the weights vary. `block` counts their positions.
LogicalResult KernelEmitter::emitOuter(size_t level, TilePosition at,
                                       Value block) {
  if (level == plan.outer.size() || !plan.outer[level].isInRhs)
    return emitBlocks(level, at, block);
  const PlanLoop &loop = plan.outer[level];
  return emitLoop(constant(0), constant(loop.size), 1, [&](Value by) {
    return emitOuter(level + 1, advance(at, loop, by),
                     add(multiply(block, loop.size), by));
  });
}

/// Blocks of columns: the full ones in a loop, then the rest.
LogicalResult KernelEmitter::emitBlocks(size_t level, TilePosition at,
                                        Value block) {
  int64_t columns = getBlockColumns();
  int64_t vectors = kernel.getVectors();
  int64_t full = plan.column.size / columns;
  int64_t rest = plan.column.size % columns;
  int64_t restVectors = plan.kind == KernelKind::Depthwise
                            ? vectors
                            : llvm::divideCeil(rest, kernel.getLanes());
  int64_t fullBytes = getBlockBytes(vectors);
  int64_t bytes = full * fullBytes + (rest ? getBlockBytes(restVectors) : 0);
  at.rhs = add(at.rhs, multiply(block, bytes));
  auto emitBlock = [&](Value number, int64_t count, int64_t valid) {
    TilePosition start =
        advance(at, plan.column, multiply(number, columns));
    start.rhs = add(at.rhs, multiply(number, fullBytes));
    start.block = add(multiply(block, full + (rest ? 1 : 0)), number);
    return emitInner(level, start, count, valid);
  };
  bool isStatic = level == 0 && hasStaticBlocks();
  if (isStatic) {
    for (int64_t number = 0; number < full; ++number) {
      staticBlock = number;
      if (failed(emitBlock(constant(number), vectors, columns)))
        return failure();
    }
    staticBlock = full;
  } else if (full == 1) {
    if (failed(emitBlock(constant(0), vectors, columns)))
      return failure();
  } else if (full > 1) {
    if (failed(emitLoop(constant(0), constant(full), 1, [&](Value number) {
          return emitBlock(number, vectors, columns);
        })))
      return failure();
  }
  if (rest)
    return emitBlock(constant(full), restVectors, rest);
  return success();
}

LogicalResult KernelEmitter::emitInner(size_t level, TilePosition at,
                                       int64_t vectors, int64_t valid) {
  if (level == plan.outer.size())
    return emitRows(at, vectors, valid);
  const PlanLoop &loop = plan.outer[level];
  return emitLoop(constant(0), getSize(loop), 1, [&](Value by) {
    return emitInner(level + 1, advance(at, loop, by), vectors, valid);
  });
}

/// Full tiles in a loop, then the rest: one tile when its size is known.
LogicalResult KernelEmitter::emitRows(TilePosition at, int64_t vectors,
                                      int64_t valid) {
  const PlanLoop &row = plan.row;
  int64_t rows = kernel.getRows();
  auto emitAt = [&](int64_t count) {
    return [&, count](Value by) {
      return emitTile(advance(at, row, by), count, vectors, valid);
    };
  };
  if (row.isDynamic()) {
    Value size = getSize(row);
    Value rest =
        arith::RemUIOp::create(builder, loc, size, constant(rows));
    Value full = arith::SubIOp::create(builder, loc, size, rest);
    if (failed(emitLoop(constant(0), full, rows, emitAt(rows))))
      return failure();
    return rows == 1 ? success() : emitLoop(full, size, 1, emitAt(1));
  }
  int64_t full = row.size / rows * rows;
  if (full == rows) {
    if (failed(emitAt(rows)(constant(0))))
      return failure();
  } else if (full && failed(emitLoop(constant(0), constant(full), rows,
                                     emitAt(rows)))) {
    return failure();
  }
  if (row.size == full)
    return success();
  return emitAt(row.size - full)(constant(full));
}

SmallVector<Value> KernelEmitter::createStart(const TilePosition &at,
                                              int64_t vectors, int64_t valid) {
  int64_t lanes = kernel.getLanes();
  auto type = VectorType::get({lanes}, builder.getI32Type());
  SmallVector<Value> start;
  if (bias && plan.row.extras[*bias] == 0 && plan.column.extras[*bias] == 1) {
    for (int64_t vector = 0; vector < vectors; ++vector)
      start.push_back(loadExtra(at, *bias, 0, vector, valid));
    return start;
  }
  // Another sum than a bias per column is left to the body.
  biasAdd = nullptr;
  Value zero = arith::ConstantOp::create(builder, loc, builder.getZeroAttr(type));
  start.assign(vectors, zero);
  return start;
}

Value KernelEmitter::loadExtra(const TilePosition &at, unsigned number,
                               int64_t row, int64_t vector, int64_t valid) {
  int64_t lanes = kernel.getLanes();
  Value memref = extras[number];
  Type element = cast<MemRefType>(memref.getType()).getElementType();
  auto type = VectorType::get({lanes}, element);
  Value index =
      addConstant(at.extras[number], row * plan.row.extras[number]);
  int64_t stride = plan.column.extras[number];
  if (stride == 0) {
    Value scalar =
        memref::LoadOp::create(builder, loc, memref, ValueRange(index));
    return vector::BroadcastOp::create(builder, loc, type, scalar);
  }
  auto ordered = op->getAttrOfType<DenseI64ArrayAttr>(orderedExtrasAttrName);
  if (ordered && llvm::is_contained(ordered.asArrayRef(), int64_t(number)))
    return loadLanes(builder, loc, memref, addConstant(index, vector * lanes),
                     lanes, lanes);
  SmallVector<int64_t> columns = getColumns(vector);
  bool isContiguous = stride == 1 && columns.back() - columns.front() == lanes - 1;
  if (isContiguous)
    return loadLanes(builder, loc, memref, addConstant(index, columns[0]),
                     lanes, std::min(lanes, valid - columns[0]));
  Value result =
      arith::ConstantOp::create(builder, loc, builder.getZeroAttr(type));
  for (int64_t lane = 0; lane < lanes; ++lane) {
    if (columns[lane] >= valid)
      continue;
    Value scalar = memref::LoadOp::create(
        builder, loc, memref,
        ValueRange(addConstant(index, columns[lane] * stride)));
    result = vector::InsertOp::create(builder, loc, scalar, result,
                                      ArrayRef<int64_t>{lane});
  }
  return result;
}

SmallVector<int64_t> KernelEmitter::getColumns(int64_t vector) const {
  SmallVector<int64_t> columns;
  int64_t lanes = kernel.getLanes();
  for (int64_t lane = 0; lane < lanes; ++lane)
    columns.push_back(plan.kind == KernelKind::Depthwise
                          ? lane / 4 * 16 + vector * 4 + lane % 4
                          : vector * lanes + lane);
  return columns;
}

FailureOr<Value> KernelEmitter::emitBody(const TilePosition &at,
                                         Value accumulator, int64_t row,
                                         int64_t vector, int64_t valid) {
  Block &body = op.getBody().front();
  IRMapping mapping;
  mapping.map(body.getArgument(0), accumulator);
  if (biasAdd)
    mapping.map(biasAdd->getResult(0), accumulator);
  for (unsigned number = 0; number < extras.size(); ++number) {
    BlockArgument argument = body.getArgument(number + 1);
    bool isRead = llvm::any_of(argument.getUsers(), [&](Operation *user) {
      return user != biasAdd;
    });
    if (isRead)
      mapping.map(argument, loadExtra(at, number, row, vector, valid));
  }
  FailureOr<SmallVector<Value>> values =
      vectorizeBody(builder, body, mapping, kernel.getLanes());
  if (failed(values)) {
    op.emitOpError("has an operation in its body that has no vector form");
    return failure();
  }
  return values->front();
}
