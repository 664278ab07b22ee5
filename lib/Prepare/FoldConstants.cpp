//===- FoldConstants.cpp - Compute what depends on constants only ---------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "PrepareUtils.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Quant/IR/Quant.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/IndexingUtils.h"
#include "qdot/Analysis/ScalarAnalysis.h"
#include "qdot/Dialect/Constants.h"
#include "qdot/Dialect/Qdot.h"
#include "qdot/Dialect/QuantizedType.h"
#include "qdot/Prepare/Passes.h"
#include "llvm/Support/MathExtras.h"

namespace qdot {
#define GEN_PASS_DEF_FOLDCONSTANTS
#include "qdot/Prepare/Passes.h.inc"
} // namespace qdot

using namespace mlir;
using namespace qdot;

/// An op may make this many bytes more than it reads, and more when it computes
/// or only serves ops that do.
static constexpr int64_t maxMoveGrowth = 4096;
static constexpr int64_t maxGrowth = 1 << 20;

/// The static type of the only result of `op`, if that is a tensor.
static RankedTensorType getStaticType(Operation *op) {
  if (op->getNumResults() != 1)
    return {};
  auto type = dyn_cast<RankedTensorType>(op->getResult(0).getType());
  return type && type.hasStaticShape() ? type : RankedTensorType();
}

namespace {
/// Where the elements of a result come from in a row-major source: the element
/// at `base` plus the sum of index times stride over the dims of the result.
struct Gather {
  int64_t base = 0;
  SmallVector<int64_t> strides;
};
} // namespace

/// Copies elements bit by bit into a tensor of `type`.
static DenseElementsAttr gatherElements(const ConstantTensor &source,
                                        RankedTensorType type,
                                        const Gather &gather) {
  ArrayRef<int64_t> shape = type.getShape();
  SmallVector<int64_t> index(shape.size(), 0);
  SmallVector<char> bytes;
  bytes.reserve(type.getNumElements() * source.getElementSize());
  int64_t offset = gather.base;
  for (int64_t i = 0, e = type.getNumElements(); i < e; ++i) {
    llvm::append_range(bytes, source.getBytes(offset));
    for (unsigned dim = shape.size(); dim-- > 0;) {
      offset += gather.strides[dim];
      if (++index[dim] < shape[dim])
        break;
      offset -= gather.strides[dim] * shape[dim];
      index[dim] = 0;
    }
  }
  return createElements(type, bytes);
}

/// A reshape keeps the row-major order.
static Gather createReshape(RankedTensorType type) {
  return {0, computeStrides(type.getShape())};
}

/// A slice, unless offsets, sizes or strides are dynamic.
static std::optional<Gather> createSlice(tensor::ExtractSliceOp slice) {
  if (!slice.getOffsets().empty() || !slice.getSizes().empty() ||
      !slice.getStrides().empty())
    return std::nullopt;
  SmallVector<int64_t> sourceStrides =
      computeStrides(slice.getSourceType().getShape());
  llvm::SmallBitVector dropped = slice.getDroppedDims();
  Gather gather;
  for (auto [dim, stride] : llvm::enumerate(sourceStrides)) {
    gather.base += slice.getStaticOffsets()[dim] * stride;
    if (!dropped.test(dim))
      gather.strides.push_back(slice.getStaticStrides()[dim] * stride);
  }
  return gather;
}

/// How the elements of one operand are read by an elementwise op.
static Gather createOperandGather(linalg::LinalgOp op, OpOperand &operand) {
  AffineMap outputMap = op.getMatchingIndexingMap(op.getDpsInitOperand(0));
  AffineMap map = op.getMatchingIndexingMap(&operand);
  auto type = cast<RankedTensorType>(operand.get().getType());
  Gather gather;
  gather.strides.assign(outputMap.getNumResults(), 0);
  for (auto [expr, stride] :
       llvm::zip_equal(map.getResults(), computeStrides(type.getShape()))) {
    if (auto index = dyn_cast<AffineConstantExpr>(expr))
      gather.base += index.getValue() * stride;
    else
      gather.strides[*outputMap.getResultPosition(expr)] += stride;
  }
  return gather;
}

/// The operand that an elementwise op copies, or null.
static OpOperand *getCopiedOperand(linalg::LinalgOp op) {
  Value yielded = op.getBlock()->getTerminator()->getOperand(0);
  auto argument = dyn_cast<BlockArgument>(yielded);
  if (!argument || argument.getOwner() != op.getBlock())
    return nullptr;
  return &op->getOpOperand(argument.getArgNumber());
}

/// True when making `type` out of `read` bytes adds at most `growth` bytes.
static bool isSmallEnough(RankedTensorType type, unsigned elementSize,
                          int64_t read, int64_t growth) {
  int64_t size;
  return !llvm::MulOverflow(type.getNumElements(), int64_t(elementSize),
                            size) &&
         size - read <= growth;
}

namespace {
/// An op that only moves elements of `source`.
struct Move {
  Value source;
  Gather gather;
};
} // namespace

/// What `op` moves, if it makes a tensor of `type` by moving elements.
static std::optional<Move> matchMove(Operation *op, RankedTensorType type) {
  if (isa<tensor::CollapseShapeOp, tensor::ExpandShapeOp>(op))
    return Move{op->getOperand(0), createReshape(type)};
  if (auto slice = dyn_cast<tensor::ExtractSliceOp>(op)) {
    std::optional<Gather> gather = createSlice(slice);
    return gather ? std::optional(Move{slice.getSource(), *gather})
                  : std::nullopt;
  }
  auto linalgOp = dyn_cast<linalg::LinalgOp>(op);
  if (!linalgOp || !isPointwise(linalgOp))
    return std::nullopt;
  OpOperand *copied = getCopiedOperand(linalgOp);
  if (!copied || !isa<RankedTensorType>(copied->get().getType()))
    return std::nullopt;
  return Move{copied->get(), createOperandGather(linalgOp, *copied)};
}

/// `source`, moved, as elements of `type`, if it is constant and at most
/// `growth` bytes smaller.
static DenseElementsAttr foldMove(RankedTensorType type, Value source,
                                  const Gather &gather, int64_t growth) {
  FailureOr<ConstantTensor> constant = ConstantTensor::get(source);
  if (failed(constant) ||
      constant->getType().getElementType() != type.getElementType() ||
      !isSmallEnough(type, constant->getElementSize(),
                     constant->getNumElements() * constant->getElementSize(),
                     growth))
    return {};
  return gatherElements(*constant, type, gather);
}

//===----------------------------------------------------------------------===//
// Quantized constants
//===----------------------------------------------------------------------===//

/// The dimension of a result of `shape` that runs along the whole `axis` of
/// `source`, as `gather` tells.
static std::optional<int32_t> findAxis(RankedTensorType source, int32_t axis,
                                       ArrayRef<int64_t> shape,
                                       const Gather &gather) {
  int64_t size = source.getDimSize(axis);
  int64_t stride = computeStrides(source.getShape())[axis];
  for (auto [dim, count] : llvm::enumerate(shape))
    if (count == size && (size == 1 || gather.strides[dim] == stride))
      return dim;
  return std::nullopt;
}

/// The dimensions of a result of `shape` that together run along the whole
/// `axis` of `source`, outer ones first; none when there are no such.
static SmallVector<int64_t> findSplitAxis(RankedTensorType source, int32_t axis,
                                          ArrayRef<int64_t> shape,
                                          const Gather &gather) {
  int64_t stride = computeStrides(source.getShape())[axis];
  int64_t end = stride * source.getDimSize(axis);
  SmallVector<int64_t> axes;
  for (auto [dim, count] : llvm::enumerate(shape))
    if (count != 1 && gather.strides[dim] >= stride &&
        gather.strides[dim] < end)
      axes.push_back(dim);
  for (int64_t dim : llvm::reverse(axes)) {
    if (gather.strides[dim] != stride)
      return {};
    stride *= shape[dim];
  }
  return stride == end ? axes : SmallVector<int64_t>();
}

/// `element` for a tensor of `shape` with elements of `source`; null when its
/// scales belong to no dimensions.
static Type moveElementType(quant::QuantizedType element,
                            RankedTensorType source, ArrayRef<int64_t> shape,
                            const Gather &gather) {
  if (isa<quant::UniformQuantizedType>(element))
    return element;
  auto perAxis = dyn_cast<quant::UniformQuantizedPerAxisType>(element);
  if (!perAxis)
    return {};
  std::optional<int32_t> axis =
      findAxis(source, perAxis.getQuantizedDimension(), shape, gather);
  if (!axis) {
    SmallVector<int64_t> axes = findSplitAxis(
        source, perAxis.getQuantizedDimension(), shape, gather);
    auto sizes =
        llvm::map_to_vector(axes, [&](int64_t dim) { return shape[dim]; });
    return axes.empty() ? Type()
                        : splitAxis(perAxis, shape.size(), axes, sizes);
  }
  return quant::UniformQuantizedPerAxisType::get(
      perAxis.getFlags(), perAxis.getStorageType(), perAxis.getExpressedType(),
      perAxis.getScales(), perAxis.getZeroPoints(), *axis,
      perAxis.getStorageTypeMin(), perAxis.getStorageTypeMax());
}

/// Moves a constant before it is dequantized: weights that are transposed or
/// reshaped behind their `qdot.dequantize`. Returns the new value, or null.
static Value foldQuantized(Operation *op) {
  RankedTensorType type = getStaticType(op);
  std::optional<Move> move = type ? matchMove(op, type) : std::nullopt;
  auto dequantize =
      move ? move->source.getDefiningOp<DequantizeOp>() : DequantizeOp();
  Operation *source =
      dequantize ? dequantize.getInput().getDefiningOp() : nullptr;
  if (!isa_and_nonnull<quant::StorageCastOp, QuantizeOp>(source))
    return {};
  Value constant = source->getOperand(0);
  auto constantType = cast<RankedTensorType>(constant.getType());
  auto quantized = cast<RankedTensorType>(source->getResult(0).getType());
  Type element =
      moveElementType(cast<quant::QuantizedType>(quantized.getElementType()),
                      quantized, type.getShape(), move->gather);
  RankedTensorType newType = type.clone(constantType.getElementType());
  DenseElementsAttr value =
      element ? foldMove(newType, constant, move->gather, maxMoveGrowth)
              : DenseElementsAttr();
  if (!value)
    return {};
  OpBuilder builder(op);
  Location loc = op->getLoc();
  Value moved = arith::ConstantOp::create(builder, loc, newType, value);
  if (auto quantize = dyn_cast<QuantizeOp>(source))
    moved = QuantizeOp::create(builder, loc, type.clone(element), moved,
                               quantize.getSiteAttr());
  else
    moved = quant::StorageCastOp::create(builder, loc, type.clone(element),
                                         moved);
  return DequantizeOp::create(builder, loc, type, moved);
}

//===----------------------------------------------------------------------===//
// Arithmetic
//===----------------------------------------------------------------------===//

namespace {
/// An operand of an elementwise op while all positions are visited.
struct OperandReader {
  unsigned slot;
  ConstantTensor tensor;
  Gather gather;

  Scalar read(ArrayRef<int64_t> position) const {
    int64_t offset = gather.base;
    for (auto [index, stride] : llvm::zip_equal(position, gather.strides))
      offset += index * stride;
    Scalar value;
    if (tensor.getType().getElementType().isF32())
      value.real = tensor.getFloat(offset);
    else
      value.integer = tensor.getInteger(offset);
    return value;
  }
};
} // namespace

/// Readers for all arguments of `program`, or failure when one is no constant.
static FailureOr<SmallVector<OperandReader>>
createReaders(linalg::LinalgOp op, const ScalarProgram &program) {
  SmallVector<OperandReader> readers;
  for (unsigned slot : program.getSlotsOf(ScalarProgram::SlotKind::Argument)) {
    OpOperand &operand = op->getOpOperand(program.getSlots()[slot].number);
    FailureOr<ConstantTensor> tensor = ConstantTensor::get(operand.get());
    if (failed(tensor) || (!tensor->getType().getElementType().isF32() &&
                           !tensor->getType().getElementType().isIntOrIndex()))
      return failure();
    readers.push_back({slot, *tensor, createOperandGather(op, operand)});
  }
  return readers;
}

/// Appends the bits of a value of `type`.
static void appendBits(SmallVectorImpl<char> &bytes, Scalar value, Type type,
                       unsigned elementSize) {
  float real = static_cast<float>(value.real);
  const void *data = &value.integer;
  if (type.isF32())
    data = &real;
  const char *begin = static_cast<const char *>(data);
  bytes.append(begin, begin + elementSize);
}

/// Runs the body of an elementwise op on constants at every position.
static DenseElementsAttr evaluateElements(linalg::LinalgOp op,
                                          RankedTensorType type) {
  Type element = type.getElementType();
  if (!element.isF32() && !(element.isIntOrIndex() && isEvaluableType(element)))
    return {};
  FailureOr<ScalarProgram> program = ScalarProgram::get(op, Rounding::EachStep);
  if (failed(program))
    return {};
  FailureOr<SmallVector<OperandReader>> readers = createReaders(op, *program);
  // Without readers and indices the op fills; that form is wanted as it is.
  if (failed(readers) ||
      (readers->empty() &&
       program->getSlotsOf(ScalarProgram::SlotKind::Index).empty()))
    return {};
  unsigned elementSize =
      element.isIndex() ? 8
                        : llvm::divideCeil(element.getIntOrFloatBitWidth(), 8u);
  int64_t read = 0;
  for (const OperandReader &reader : *readers)
    read += reader.tensor.getNumElements() * reader.tensor.getElementSize();
  if (!isSmallEnough(type, elementSize, read, maxGrowth))
    return {};

  AffineMap outputMap = op.getMatchingIndexingMap(op.getDpsInitOperand(0));
  AffineMap toLoops = inversePermutation(outputMap);
  SmallVector<int64_t> strides = computeStrides(type.getShape());
  SmallVector<Scalar> values = program->createValues();
  SmallVector<char> bytes;
  for (int64_t i = 0, e = type.getNumElements(); i < e; ++i) {
    SmallVector<int64_t> position = delinearize(i, strides);
    SmallVector<int64_t> loops = toLoops.compose(position);
    for (unsigned slot : program->getSlotsOf(ScalarProgram::SlotKind::Index))
      values[slot].integer = loops[program->getSlots()[slot].number];
    for (const OperandReader &reader : *readers)
      values[reader.slot] = reader.read(position);
    if (!program->run(values))
      return {};
    appendBits(bytes, values[program->getResult()], element, elementSize);
  }
  return createElements(type, bytes);
}

/// True when the result only serves as the initial value of linalg ops.
static bool isOnlyInit(Operation *op) {
  return llvm::all_of(op->getUses(), [](OpOperand &use) {
    auto user = dyn_cast<linalg::LinalgOp>(use.getOwner());
    return user && user.isDpsInit(&use);
  });
}

/// True when all that read the result read constants otherwise, and so will be
/// constants themselves.
static bool servesConstants(Operation *op) {
  return llvm::all_of(op->getUsers(), [&](Operation *user) {
    if (!isa<linalg::GenericOp, tensor::ConcatOp, tensor::ExpandShapeOp,
             tensor::CollapseShapeOp, tensor::ExtractSliceOp>(user))
      return false;
    return llvm::all_of(user->getOpOperands(), [&](OpOperand &operand) {
      auto linalgOp = dyn_cast<linalg::LinalgOp>(user);
      return operand.get().getDefiningOp() == op ||
             ConstantTensor::isConstant(operand.get()) ||
             (linalgOp && linalgOp.isDpsInit(&operand));
    });
  });
}

/// Constants side by side.
static DenseElementsAttr foldConcat(tensor::ConcatOp concat,
                                    RankedTensorType type) {
  SmallVector<ConstantTensor> parts;
  int64_t read = 0;
  for (Value input : concat.getInputs()) {
    FailureOr<ConstantTensor> part = ConstantTensor::get(input);
    if (failed(part))
      return {};
    parts.push_back(*part);
    read += part->getNumElements() * part->getElementSize();
  }
  if (!isSmallEnough(type, parts.front().getElementSize(), read, 0))
    return {};
  ArrayRef<int64_t> shape = type.getShape();
  int64_t outer = computeProduct(shape.take_front(concat.getDim()));
  SmallVector<char> bytes;
  for (int64_t i = 0; i < outer; ++i)
    for (const ConstantTensor &part : parts) {
      int64_t count = part.getNumElements() / outer;
      for (int64_t j = 0; j < count; ++j)
        llvm::append_range(bytes, part.getBytes(i * count + j));
    }
  return createElements(type, bytes);
}

/// True for a linalg op that only gives others a start: that form is wanted.
static bool isInit(Operation *op) {
  return isa<linalg::LinalgOp>(op) && isOnlyInit(op);
}

/// The constant that `op` computes, or null.
static DenseElementsAttr foldOp(Operation *op) {
  RankedTensorType type = getStaticType(op);
  if (!type || op->use_empty())
    return {};
  auto linalgOp = dyn_cast<linalg::LinalgOp>(op);
  if (isInit(op))
    return {};
  if (std::optional<Move> move = matchMove(op, type))
    return foldMove(type, move->source, move->gather,
                    servesConstants(op) ? maxGrowth : maxMoveGrowth);
  if (auto concat = dyn_cast<tensor::ConcatOp>(op))
    return foldConcat(concat, type);
  if (!linalgOp || !isPointwise(linalgOp) || getCopiedOperand(linalgOp))
    return {};
  return evaluateElements(linalgOp, type);
}

namespace {
struct FoldConstants : public qdot::impl::FoldConstantsBase<FoldConstants> {
  void runOnOperation() override {
    if (failed(checkInput(getOperation())))
      return signalPassFailure();
    // Operands come before their users, so one walk sees chains.
    getOperation().walk([](Operation *op) {
      if (Value moved = foldQuantized(op))
        return op->replaceAllUsesWith(ValueRange(moved));
      if (!isInit(op) && foldUniform(op))
        return;
      DenseElementsAttr value = foldOp(op);
      if (!value)
        return;
      OpBuilder builder(op);
      op->replaceAllUsesWith(arith::ConstantOp::create(builder, op->getLoc(),
                                                       value.getType(), value));
    });
    eraseDeadOps(getOperation());
  }
};
} // namespace
