//===- ChannelSet.cpp - Dimensions that share an order --------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ChannelSet.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Matchers.h"
#include "qdot/Codegen/ConstantData.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace qdot;

/// Whether `value` is a constant of whole bytes with data.
static bool isReadable(Value value) {
  ElementsAttr elements;
  std::string reason;
  if (!matchPattern(value, m_Constant(&elements)))
    return false;
  Type type = elements.getElementType();
  return type.isIntOrFloat() && type.getIntOrFloatBitWidth() % 8 == 0 &&
         hasConstantData(elements, reason);
}

/// Whether all elements are the same, or are not read before they are written.
static bool isUniform(Value value) {
  return value.getDefiningOp<tensor::EmptyOp>() ||
         value.getDefiningOp<linalg::FillOp>();
}

static int64_t getSize(TensorDim dim) {
  return cast<ShapedType>(dim.first.getType()).getDimSize(dim.second);
}

ChannelSet::ChannelSet(TensorDim start) : size(getSize(start)) {
  visit(start);
  for (size_t at = 0; at < members.size() && reason.empty(); ++at) {
    auto [value, dim] = members[at];
    if (isUniform(value))
      continue;
    auto result = dyn_cast<OpResult>(value);
    if (!result) {
      refuse("the caller gives the order");
      return;
    }
    followResult(result, dim);
    for (OpOperand &use : value.getUses())
      followUse(use, dim);
  }
}

void ChannelSet::refuse(StringRef why) {
  if (reason.empty())
    reason = why;
}

void ChannelSet::visit(TensorDim dim) {
  if (ShapedType::isDynamic(size) || getSize(dim) != size)
    return refuse("the size is dynamic");
  members.insert(dim);
}

void ChannelSet::visit(OpOperand &operand, int64_t dim) {
  Value value = operand.get();
  if (isReadable(value))
    constants[&operand].insert(dim);
  else
    visit({value, dim});
}

void ChannelSet::followResult(OpResult result, int64_t dim) {
  Operation *op = result.getOwner();
  if (auto contract = dyn_cast<ContractOp>(op))
    return followLoop(op, contract.getOutMap(), dim);
  if (auto linalg = dyn_cast<linalg::LinalgOp>(op))
    return followLoop(op, linalg.getIndexingMapMatchingResult(result), dim);
  followMove(op, dim, /*isSource=*/false);
}

void ChannelSet::followUse(OpOperand &use, int64_t dim) {
  Operation *op = use.getOwner();
  if (isa<tensor::DimOp>(op))
    return;
  if (auto contract = dyn_cast<ContractOp>(op)) {
    // What is overwritten is not read.
    if (&use != &contract.getInitMutable())
      followLoop(op, contract.getMap(use.getOperandNumber()), dim);
    return;
  }
  if (auto linalg = dyn_cast<linalg::LinalgOp>(op))
    return followLoop(op, linalg.getMatchingIndexingMap(&use), dim);
  auto insert = dyn_cast<tensor::InsertSliceOp>(op);
  followMove(op, dim, !insert || &use == &insert.getSourceMutable());
}

void ChannelSet::followLoop(Operation *op, AffineMap map, int64_t dim) {
  auto expr = dyn_cast<AffineDimExpr>(map.getResult(dim));
  if (!expr)
    return refuse("a window slides over the dimension");
  unsigned loop = expr.getPosition();
  if (!joined.insert({op, loop}).second)
    return;
  if (auto contract = dyn_cast<ContractOp>(op))
    followContract(contract, loop);
  else
    followLinalg(cast<linalg::LinalgOp>(op), loop);
}

void ChannelSet::visitLoop(OpOperand &operand, AffineMap map, unsigned loop) {
  for (auto [at, expr] : llvm::enumerate(map.getResults())) {
    if (!expr.isFunctionOfDim(loop))
      continue;
    if (!isa<AffineDimExpr>(expr))
      return refuse("a window slides over the dimension");
    visit(operand, at);
  }
}

void ChannelSet::followContract(ContractOp op, unsigned loop) {
  if (op.getNumResults() == 0 || op.getKernel())
    return refuse("a schedule has been chosen");
  loops.push_back({op, loop});
  for (OpOperand &operand : op->getOpOperands())
    if (&operand != &op.getInitMutable())
      visitLoop(operand, op.getMap(operand.getOperandNumber()), loop);
  for (auto [at, expr] : llvm::enumerate(op.getOutMap().getResults()))
    if (expr.isFunctionOfDim(loop))
      visit({op.getResult(0), int64_t(at)});
}

void ChannelSet::followLinalg(linalg::LinalgOp op, unsigned loop) {
  if (!op.hasPureTensorSemantics() || op.hasIndexSemantics())
    return refuse("values depend on the place");
  // In floats, the order decides how sums are rounded.
  if (op.getIteratorTypesArray()[loop] != utils::IteratorType::parallel)
    return refuse("the dimension is reduced");
  for (OpOperand &operand : op->getOpOperands()) {
    AffineMap map = op.getMatchingIndexingMap(&operand);
    visitLoop(operand, map, loop);
    if (!op.isDpsInit(&operand))
      continue;
    for (auto [at, expr] : llvm::enumerate(map.getResults()))
      if (expr.isFunctionOfDim(loop))
        visit({op.getTiedOpResult(&operand), int64_t(at)});
  }
}

/// The dimension of the collapsed tensor that is `dim` of the expanded one, or
/// the other way round, if all others of its group have size 1.
static std::optional<int64_t> matchReshape(ArrayRef<ReassociationIndices> groups,
                                           ArrayRef<int64_t> expanded,
                                           int64_t dim, bool isExpanded) {
  for (auto [at, group] : llvm::enumerate(groups)) {
    if (isExpanded ? !llvm::is_contained(group, dim) : int64_t(at) != dim)
      continue;
    std::optional<int64_t> real;
    for (int64_t inner : group) {
      if (expanded[inner] == 1)
        continue;
      if (real)
        return std::nullopt;
      real = inner;
    }
    return isExpanded && real == dim ? std::optional<int64_t>(at)
           : isExpanded              ? std::nullopt
                                     : real;
  }
  return std::nullopt;
}

/// The dimension of a slice that is `dim` of the whole tensor, or the other way
/// round, if the slice has all of it.
static std::optional<int64_t> matchSlice(OffsetSizeAndStrideOpInterface op,
                                         RankedTensorType whole,
                                         const llvm::SmallBitVector &dropped,
                                         int64_t dim, bool isWhole) {
  for (int64_t at = 0, part = 0; at < whole.getRank(); ++at) {
    if (dropped.test(at))
      continue;
    if ((isWhole ? at : part) == dim) {
      bool isComplete = op.getStaticOffset(at) == 0 &&
                        op.getStaticStride(at) == 1 &&
                        op.getStaticSize(at) == whole.getDimSize(at);
      return isComplete ? std::optional<int64_t>(isWhole ? part : at)
                        : std::nullopt;
    }
    ++part;
  }
  return std::nullopt;
}

/// The dimension of the other side of an op that moves elements; nullopt if the
/// order of this one matters.
static std::optional<int64_t> matchMove(Operation *op, int64_t dim,
                                        bool isSource) {
  using Match = std::optional<int64_t>;
  return llvm::TypeSwitch<Operation *, Match>(op)
      .Case([&](tensor::CastOp) { return dim; })
      .Case([&](tensor::PadOp pad) {
        bool isFree = pad.getConstantPaddingValue() &&
                      pad.getStaticLow()[dim] == 0 &&
                      pad.getStaticHigh()[dim] == 0;
        return isFree ? Match(dim) : std::nullopt;
      })
      .Case([&](tensor::CollapseShapeOp reshape) {
        return matchReshape(reshape.getReassociationIndices(),
                            reshape.getSrcType().getShape(), dim, isSource);
      })
      .Case([&](tensor::ExpandShapeOp reshape) {
        return matchReshape(reshape.getReassociationIndices(),
                            reshape.getResultType().getShape(), dim, !isSource);
      })
      .Case([&](tensor::ExtractSliceOp slice) {
        return matchSlice(slice, slice.getSourceType(), slice.getDroppedDims(),
                          dim, isSource);
      })
      .Case([&](tensor::InsertSliceOp slice) {
        return matchSlice(slice, slice.getDestType(), slice.getDroppedDims(),
                          dim, !isSource);
      })
      .Case([&](tensor::ConcatOp concat) {
        return int64_t(concat.getDim()) == dim ? std::nullopt : Match(dim);
      })
      .Default([](Operation *) { return std::nullopt; });
}

void ChannelSet::followMove(Operation *op, int64_t dim, bool isSource) {
  std::optional<int64_t> other = matchMove(op, dim, isSource);
  if (!other)
    return refuse("the order is visible");
  int64_t source = isSource ? dim : *other, result = isSource ? *other : dim;
  visit({op->getResult(0), result});
  if (isa<tensor::ConcatOp>(op)) {
    for (OpOperand &operand : op->getOpOperands())
      visit(operand, source);
    return;
  }
  visit(op->getOpOperand(0), source);
  if (auto insert = dyn_cast<tensor::InsertSliceOp>(op))
    visit(insert.getDestMutable(), result);
}

DenseElementsAttr ChannelSet::getPermuted(OpOperand &operand,
                                          ArrayRef<int64_t> order) const {
  ElementsAttr elements;
  std::string reason;
  matchPattern(operand.get(), m_Constant(&elements));
  DenseElementsAttr data = getConstantData(elements, reason);
  auto found = constants.find(&operand);
  if (found == constants.end())
    return data;
  for (int64_t dim : found->second)
    data = permuteConstant(data, dim, order);
  return data;
}

void ChannelSet::permute(ArrayRef<int64_t> order) {
  assert(reason.empty() && "the order must not change");
  for (auto &[operand, dims] : constants) {
    DenseElementsAttr data = getPermuted(*operand, order);
    OpBuilder builder(operand->getOwner());
    Operation *old = operand->get().getDefiningOp();
    operand->set(arith::ConstantOp::create(builder, old->getLoc(),
                                           cast<TypedAttr>(data)));
    if (old->use_empty())
      old->erase();
  }
}
