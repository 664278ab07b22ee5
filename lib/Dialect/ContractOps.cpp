//===- ContractOps.cpp - qdot.contract, qdot.dot, qdot.round -------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/IR/AffineExpr.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/TypeUtilities.h"
#include "qdot/Dialect/Qdot.h"

using namespace mlir;
using namespace qdot;

//===----------------------------------------------------------------------===//
// RoundOp
//===----------------------------------------------------------------------===//

LogicalResult RoundOp::verify() {
  auto low = static_cast<int64_t>(getClampMin());
  auto high = static_cast<int64_t>(getClampMax());
  bool isSigned = low >= -128 && high <= 127;
  bool isUnsigned = low >= 0 && high <= 255;
  if (low > high || (!isSigned && !isUnsigned))
    return emitOpError() << "clamp(" << low << ", " << high
                         << ") is no interval of signed or unsigned bytes";
  return success();
}

//===----------------------------------------------------------------------===//
// ContractOp
//===----------------------------------------------------------------------===//

void ContractOp::getEffects(
    SmallVectorImpl<SideEffects::EffectInstance<MemoryEffects::Effect>>
        &effects) {
  auto add = [&](OpOperand &operand, MemoryEffects::Effect *effect) {
    if (isa<BaseMemRefType>(operand.get().getType()))
      effects.emplace_back(effect, &operand,
                           SideEffects::DefaultResource::get());
  };
  for (OpOperand &operand : (*this)->getOpOperands())
    add(operand, &operand == &getInitMutable()
                     ? static_cast<MemoryEffects::Effect *>(
                           MemoryEffects::Write::get())
                     : MemoryEffects::Read::get());
}

/// True for sums of loops times positive constants.
static bool isLinear(AffineExpr expr) {
  if (isa<AffineDimExpr>(expr))
    return true;
  auto binary = dyn_cast<AffineBinaryOpExpr>(expr);
  if (!binary)
    return false;
  if (expr.getKind() == AffineExprKind::Add)
    return isLinear(binary.getLHS()) && isLinear(binary.getRHS());
  auto factor = dyn_cast<AffineConstantExpr>(binary.getRHS());
  return expr.getKind() == AffineExprKind::Mul && factor &&
         factor.getValue() > 0 && isLinear(binary.getLHS());
}

/// Checks the map of one operand; the extents that it reaches lie within it.
static LogicalResult verifyMap(ContractOp op, unsigned at, ShapedType type,
                               AffineMap map) {
  ArrayRef<int64_t> sizes = op.getLoopSizes();
  if (map.getNumDims() != sizes.size() || map.getNumSymbols() != 0)
    return op.emitOpError() << "expected indexing map " << at << " over "
                            << sizes.size() << " loops, got " << AffineMapAttr::get(map);
  if (int64_t(map.getNumResults()) != type.getRank())
    return op.emitOpError() << "indexing map " << at << " has "
                            << map.getNumResults() << " results for " << type;
  for (auto [expr, extent] : llvm::zip(map.getResults(), type.getShape())) {
    if (auto constant = dyn_cast<AffineConstantExpr>(expr)) {
      if (constant.getValue() == 0)
        continue;
    }
    if (!isLinear(expr))
      return op.emitOpError()
             << "expected linear indexing maps without constants, got "
             << AffineMapAttr::get(map);
    if (ShapedType::isDynamic(extent))
      continue;
    // One loop runs over all of a dimension; `qdot-pack-weights` fills extras up.
    bool isExtra = at >= 2 && at + 1 != op->getNumOperands();
    if (auto dim = dyn_cast<AffineDimExpr>(expr); dim && !isExtra) {
      int64_t size = sizes[dim.getPosition()];
      if (size >= 0 && size < extent)
        return op.emitOpError() << "expected " << extent << " as size of loop "
                                << dim.getPosition() << " over a dimension of "
                                << type << ", got " << size;
    }
    // The largest index, from the largest value of every loop.
    SmallVector<AffineExpr> last;
    bool isKnown = true;
    for (auto [dim, size] : llvm::enumerate(sizes)) {
      isKnown &= !expr.isFunctionOfDim(dim) || size >= 0;
      last.push_back(
          getAffineConstantExpr(std::max<int64_t>(size - 1, 0), op.getContext()));
    }
    auto reached = dyn_cast<AffineConstantExpr>(expr.replaceDims(last));
    if (isKnown && reached && reached.getValue() >= extent &&
        !llvm::is_contained(sizes, 0))
      return op.emitOpError() << "loops reach index " << reached.getValue()
                              << " of a dimension of " << extent << " in "
                              << type;
  }
  return success();
}

static LogicalResult verifyBody(ContractOp op) {
  Block &body = op.getBody().front();
  if (body.getNumArguments() != op.getExtras().size() + 1)
    return op.emitOpError() << "expected " << op.getExtras().size() + 1
                            << " block arguments, got "
                            << body.getNumArguments();
  if (!body.getArgument(0).getType().isInteger(32))
    return op.emitOpError() << "expected an i32 accumulator, got "
                            << body.getArgument(0).getType();
  for (auto [extra, argument] :
       llvm::zip(op.getExtras(), body.getArguments().drop_front()))
    if (getElementTypeOrSelf(extra.getType()) != argument.getType())
      return op.emitOpError() << "body reads " << argument.getType() << " from "
                              << extra.getType();
  auto yield = cast<YieldOp>(body.getTerminator());
  Type element = getElementTypeOrSelf(op.getInit().getType());
  if (yield.getNumOperands() != 1 ||
      yield.getOperand(0).getType() != element)
    return op.emitOpError() << "expected the body to yield one " << element;
  return success();
}

/// All operands are ranked tensors, or all are ranked memrefs.
static LogicalResult verifyOperandTypes(ContractOp op) {
  bool isTensor = isa<RankedTensorType>(op.getInit().getType());
  for (Value operand : op->getOperands()) {
    Type type = operand.getType();
    if (isTensor ? !isa<RankedTensorType>(type) : !isa<MemRefType>(type))
      return op.emitOpError()
             << "expected ranked tensors or ranked memrefs, got " << type
             << " beside a result in " << op.getInit().getType();
  }
  return success();
}

LogicalResult ContractOp::verify() {
  if (failed(verifyOperandTypes(*this)))
    return failure();
  if (getIndexingMaps().size() != getExtras().size() + 3)
    return emitOpError() << "expected " << getExtras().size() + 3
                         << " indexing maps, got " << getIndexingMaps().size();
  for (int64_t size : getLoopSizes())
    if (size < 0 && !ShapedType::isDynamic(size))
      return emitOpError() << "negative loop size " << size;
  for (Value operand : {getLhs(), getRhs()})
    if (!getElementTypeOrSelf(operand.getType()).isInteger(8))
      return emitOpError() << "expected i8 operands, got "
                           << operand.getType();
  if (getPacked() && !getKernel())
    return emitOpError() << "'packed' needs a 'kernel'";
  AffineMap out = getOutMap();
  if (!out.isProjectedPermutation())
    return emitOpError() << "expected distinct loops in the out map, got "
                         << AffineMapAttr::get(out);
  for (auto [at, operand] : llvm::enumerate(getOperands())) {
    if (at == 1 && getPacked())
      continue;
    if (failed(verifyMap(*this, at, cast<ShapedType>(operand.getType()),
                         getMap(at))))
      return failure();
  }
  bool isTensor = isa<RankedTensorType>(getInit().getType());
  if (getResults().size() != (isTensor ? 1u : 0u) ||
      (isTensor && getResult(0).getType() != getInit().getType()))
    return emitOpError() << "expected one result of type "
                         << getInit().getType() << " on tensors, none on memrefs";
  return verifyBody(*this);
}

/// The terminator before the value that it yields is known.
void YieldOp::build(OpBuilder &, OperationState &) {}

//===----------------------------------------------------------------------===//
// DotOp
//===----------------------------------------------------------------------===//

/// One type stands for every byte operand.
static ParseResult
parseSameTypes(OpAsmParser &parser,
               ArrayRef<OpAsmParser::UnresolvedOperand> lhs,
               ArrayRef<OpAsmParser::UnresolvedOperand> rhs,
               SmallVectorImpl<Type> &lhsTypes,
               SmallVectorImpl<Type> &rhsTypes) {
  Type type;
  if (parser.parseType(type))
    return failure();
  lhsTypes.assign(lhs.size(), type);
  rhsTypes.assign(rhs.size(), type);
  return success();
}

static void printSameTypes(OpAsmPrinter &printer, Operation *, OperandRange,
                           OperandRange, TypeRange lhsTypes, TypeRange) {
  printer << lhsTypes.front();
}

LogicalResult DotOp::verify() {
  bool isScalable = cast<VectorType>(getResult().getType()).isScalable();
  for (Type type : getOperandTypes())
    if (cast<VectorType>(type).isScalable() != isScalable)
      return emitOpError() << "expected all vectors or none to be scalable, got "
                           << type << " beside " << getResult().getType();
  size_t pairs = getLhs().size();
  if (pairs != getRhs().size())
    return emitOpError() << "expected as many left as right operands, got "
                         << pairs << " and " << getRhs().size();
  if (pairs != 1 && pairs != 2 && pairs != 4)
    return emitOpError() << "expected 1, 2 or 4 operand pairs, got " << pairs;
  int64_t lanes = cast<VectorType>(getResult().getType()).getDimSize(0);
  int64_t size = (hasWords() ? 2 : 4) * lanes;
  for (Value operand : llvm::concat<Value>(getLhs(), getRhs()))
    if (cast<VectorType>(operand.getType()).getDimSize(0) != size)
      return emitOpError() << "expected " << size
                           << (hasWords() ? " words" : " bytes") << " for "
                           << lanes << " lanes, got " << operand.getType();
  for (Value operand : llvm::concat<Value>(getLhs(), getRhs()))
    if (operand.getType() != getLhs().front().getType())
      return emitOpError() << "expected operands of one type, got "
                           << getLhs().front().getType() << " and "
                           << operand.getType();
  if (hasWords() && (getLhsSign() == Sign::Unsigned ||
                     getRhsSign() == Sign::Unsigned || getFitsI16()))
    return emitOpError() << "expected signed words, without 'fits_i16'";
  return success();
}

//===----------------------------------------------------------------------===//
// Dot2x2Op
//===----------------------------------------------------------------------===//

LogicalResult Dot2x2Op::verify() {
  auto expect = [&](Type type, int64_t size) -> LogicalResult {
    auto vector = cast<VectorType>(type);
    if (vector.getDimSize(0) == size)
      return success();
    return emitOpError() << "expected a vector of " << size << " elements, got "
                         << type;
  };
  auto bytes = cast<VectorType>(getLhs().getType());
  if (failed(expect(getResult().getType(), 4)) || failed(expect(bytes, 16)))
    return failure();
  if (bytes.isScalable() !=
      cast<VectorType>(getResult().getType()).isScalable())
    return emitOpError() << "expected all vectors or none to be scalable, got "
                         << bytes << " beside " << getResult().getType();
  return success();
}

//===----------------------------------------------------------------------===//
// Dot2x2PanelsOp
//===----------------------------------------------------------------------===//

LogicalResult Dot2x2PanelsOp::verify() {
  if (getAccumulators().empty() || getAccumulators().size() % getPairs())
    return emitOpError() << "expected a multiple of " << getPairs()
                         << " accumulators, got " << getAccumulators().size();
  for (Value side : {getLhs(), getRhs()}) {
    SmallVector<int64_t> strides;
    int64_t offset;
    auto type = cast<MemRefType>(side.getType());
    if (failed(type.getStridesAndOffset(strides, offset)) ||
        strides[0] != 1 || offset != 0)
      return emitOpError() << "expected contiguous bytes without an offset, got "
                           << type;
  }
  return success();
}

//===----------------------------------------------------------------------===//
// LookupBytesOp
//===----------------------------------------------------------------------===//

LogicalResult LookupBytesOp::verify() {
  if (cast<VectorType>(getResult().getType()).isScalable())
    return emitOpError() << "expected vectors of fixed length, got "
                         << getResult().getType();
  auto type = cast<MemRefType>(getTable().getType());
  if (type.getShape() != ArrayRef<int64_t>{256} ||
      !type.getLayout().isIdentity())
    return emitOpError() << "expected a table of 256 contiguous bytes, got "
                         << type;
  return success();
}

//===----------------------------------------------------------------------===//
// RepeatOp
//===----------------------------------------------------------------------===//

LogicalResult RepeatOp::verify() {
  auto bytes = cast<VectorType>(getBytes().getType());
  auto result = cast<VectorType>(getResult().getType());
  if (bytes.isScalable())
    return emitOpError() << "expected a source of fixed length, got " << bytes;
  for (VectorType type : {bytes, result})
    if (type.getDimSize(0) % 4 != 0)
      return emitOpError() << "expected a multiple of 4 bytes, got " << type;
  if (getWord()) {
    auto word = static_cast<int64_t>(*getWord());
    if (word < 0 || word >= bytes.getDimSize(0) / 4)
      return emitOpError() << "word " << word << " is not in " << bytes;
  } else if (result.getDimSize(0) % bytes.getDimSize(0) != 0) {
    return emitOpError() << "expected a multiple of " << bytes.getDimSize(0)
                         << " bytes, got " << result;
  }
  return success();
}

//===----------------------------------------------------------------------===//
// NarrowOp
//===----------------------------------------------------------------------===//

LogicalResult NarrowOp::verify() {
  for (Type type : {getA().getType(), getResult().getType()})
    if (cast<VectorType>(type).isScalable())
      return emitOpError() << "expected vectors of fixed length, got " << type;
  int64_t lanes = cast<VectorType>(getA().getType()).getDimSize(0);
  if (lanes % 4 != 0)
    return emitOpError() << "expected a multiple of 4 lanes, got " << lanes;
  if (cast<VectorType>(getResult().getType()).getDimSize(0) != 4 * lanes)
    return emitOpError() << "expected " << 4 * lanes << " bytes, got "
                         << getResult().getType();
  return success();
}

#define GET_OP_CLASSES
#include "qdot/Dialect/QdotOps.cpp.inc"
