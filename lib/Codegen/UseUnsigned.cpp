//===- UseUnsigned.cpp - Activations as unsigned bytes --------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/AsmState.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/PatternMatch.h"
#include "qdot/Analysis/Contraction.h"
#include "qdot/Analysis/IntegerContraction.h"
#include "qdot/Analysis/Layers.h"
#include "qdot/Codegen/Passes.h"
#include "qdot/Codegen/StorageClasses.h"
#include "qdot/Codegen/UnsignedBody.h"
#include "qdot/Dialect/CheckInput.h"
#include "qdot/Dialect/Constants.h"
#include "llvm/ADT/SetVector.h"

namespace qdot {
#define GEN_PASS_DEF_USEUNSIGNED
#include "qdot/Codegen/Passes.h.inc"
} // namespace qdot

using namespace mlir;
using namespace qdot;

namespace {
/// A constant i32 tensor, as it varies over the result of a contraction.
struct IntegerInit {
  SmallVector<int64_t> outputDims, shape;
  SmallVector<int64_t> values; ///< row-major over `shape`
};
} // namespace

/// The integers behind the initial value of an accumulation.
static FailureOr<IntegerInit> getIntegerInit(Value init) {
  IntegerInit result;
  if (auto fill = init.getDefiningOp<linalg::FillOp>()) {
    APInt constant;
    if (!matchPattern(fill.getInputs()[0], m_ConstantInt(&constant)))
      return failure();
    result.values.push_back(constant.getSExtValue());
    return result;
  }
  auto type = cast<RankedTensorType>(init.getType());
  ArrayRef<int64_t> added;
  if (auto broadcast = init.getDefiningOp<linalg::BroadcastOp>()) {
    added = broadcast.getDimensions();
    init = broadcast.getInput();
  }
  FailureOr<SmallVector<int64_t>> values = readIntegers(init);
  if (failed(values))
    return failure();
  for (int64_t dim = 0; dim < type.getRank(); ++dim)
    if (!llvm::is_contained(added, dim)) {
      result.outputDims.push_back(dim);
      result.shape.push_back(type.getDimSize(dim));
    }
  result.values = std::move(*values);
  return result;
}

namespace {
/// Changes the storage of one function's tensors.
class StorageChange {
public:
  StorageChange(func::FuncOp function)
      : function(function), builder(function.getContext()), classes(function) {
  }

  void run() {
    // Decided for every op before anything changes.
    function.walk([&](Operation *op) {
      for (OpOperand &operand : op->getOpOperands())
        if (int64_t offset = classes.getOffset(operand.get()))
          uses[&operand] = offset;
      for (Value result : op->getResults())
        if (int64_t offset = classes.getOffset(result))
          results[op] = offset;
      if (auto extract = dyn_cast<tensor::ExtractOp>(op))
        if (classes.getOffset(extract.getTensor()))
          extracts.push_back(extract);
      ops.push_back(op);
    });
    SmallVector<BlockArgument> arguments;
    for (BlockArgument argument : function.getArguments())
      if (classes.getOffset(argument))
        arguments.push_back(argument);
    for (Operation *op : ops)
      change(op);
    for (tensor::ExtractOp extract : extracts)
      changeExtract(extract);
    for (BlockArgument argument : arguments)
      changeArgument(argument);
    for (Operation *op : bodies)
      simplifyUnsignedBody(op->getRegion(0).front());
  }

private:
  /// The offset of an operand's values, or 0 when they keep their form.
  int64_t getUse(OpOperand &operand) const { return uses.lookup(&operand); }
  /// The same for the results of an op.
  int64_t getResult(Operation *op) const { return results.lookup(op); }

  void change(Operation *op) {
    builder.setInsertionPoint(op);
    int64_t offset = getResult(op);
    if (offset)
      op->removeDiscardableAttr(quantizedAttrName);
    if (auto constant = dyn_cast<arith::ConstantOp>(op)) {
      if (offset)
        changeConstant(constant, offset);
    } else if (auto pad = dyn_cast<tensor::PadOp>(op)) {
      if (offset)
        changeYield(pad.getRegion().front(), offset);
    } else if (auto fill = dyn_cast<linalg::FillOp>(op)) {
      if (offset)
        fill->setOperand(0, createShift(builder, op->getLoc(),
                                        fill.getInputs()[0], offset));
    } else if (auto generic = dyn_cast<linalg::GenericOp>(op)) {
      if (generic.hasPureTensorSemantics())
        changeGeneric(generic);
    } else if (isa<func::ReturnOp>(op)) {
      for (OpOperand &operand : op->getOpOperands())
        if (int64_t used = getUse(operand))
          operand.set(createShiftedTensor(operand.get(), -used));
    } else if (isa<quant::StorageCastOp>(op)) {
      changeCast(op);
    }
  }

  void changeCast(Operation *op) {
    if (int64_t offset = getResult(op)) {
      builder.setInsertionPointAfter(op);
      shiftAfterwards(op->getResult(0), offset);
    } else if (int64_t used = getUse(op->getOpOperand(0))) {
      op->setOperand(0, createShiftedTensor(op->getOperand(0), -used));
    }
  }

  void changeArgument(BlockArgument argument) {
    builder.setInsertionPointToStart(&function.getBody().front());
    shiftAfterwards(argument, classes.getOffset(argument));
  }

  /// What reads `value` so far reads it shifted.
  void shiftAfterwards(Value value, int64_t offset) {
    SmallVector<OpOperand *> readers;
    for (OpOperand &use : value.getUses())
      readers.push_back(&use);
    Value shifted = createShiftedTensor(value, offset);
    for (OpOperand *reader : readers)
      reader->set(shifted);
  }

  void changeConstant(arith::ConstantOp constant, int64_t offset) {
    FailureOr<ConstantTensor> data = ConstantTensor::get(constant.getResult());
    auto type = cast<RankedTensorType>(constant.getType());
    SmallVector<char> bytes(type.getNumElements());
    for (auto [at, byte] : llvm::enumerate(bytes))
      byte = static_cast<char>(data->getInteger(at) + offset);
    Value shifted = arith::ConstantOp::create(builder, constant.getLoc(),
                                              createElements(type, bytes));
    constant.getResult().replaceAllUsesWith(shifted);
  }

  /// The terminator of a pad's body.
  void changeYield(Block &block, int64_t offset) {
    Operation *yield = block.getTerminator();
    OpBuilder inside(yield);
    yield->setOperand(0, createShift(inside, yield->getLoc(),
                                     yield->getOperand(0), offset));
  }

  void changeExtract(tensor::ExtractOp extract) {
    OpBuilder after(extract->getContext());
    after.setInsertionPointAfter(extract);
    Value value = createShift(after, extract.getLoc(), extract.getResult(),
                              -getUse(extract.getTensorMutable()));
    extract.getResult().replaceAllUsesExcept(value, value.getDefiningOp());
    bodies.insert(extract->getParentOp());
  }

  void changeGeneric(linalg::GenericOp op) {
    Block &body = *op.getBody();
    auto contraction = matchIntegerContraction(op);
    bool isFolded = contraction && getUse(*contraction->lhs) &&
                    foldOffset(op, *contraction);
    OpBuilder inside = OpBuilder::atBlockBegin(&body);
    for (OpOperand &operand : op->getOpOperands()) {
      int64_t offset = getUse(operand);
      if (!offset || (isFolded && &operand == contraction->lhs))
        continue;
      BlockArgument argument = body.getArgument(operand.getOperandNumber());
      if (argument.use_empty())
        continue;
      Value value = createShift(inside, op.getLoc(), argument, -offset);
      argument.replaceAllUsesExcept(value, value.getDefiningOp());
      bodies.insert(op);
    }
    Operation *yield = body.getTerminator();
    for (OpOperand &operand : yield->getOpOperands())
      if (int64_t offset =
              classes.getOffset(op.getResult(operand.getOperandNumber()))) {
        OpBuilder before(yield);
        operand.set(createShift(before, op.getLoc(), operand.get(), offset));
        bodies.insert(op);
      }
  }

  /// `sum (u - o) w + init = sum u w + (init - o sum w)`: lhs is extended
  /// without sign and the init takes the rest. False where the sum of the
  /// weights is not known or leaves i32.
  bool foldOffset(linalg::GenericOp op, const IntegerContraction &contraction) {
    OpOperand *init = op.getDpsInitOperand(0);
    FailureOr<IntegerInit> constant = getIntegerInit(init->get());
    IntegerInit bias = succeeded(constant) ? *constant : IntegerInit{{}, {}, {0}};
    FailureOr<ConstantTensor> weights =
        ConstantTensor::get(contraction.rhs->get());
    AffineMap outMap = op.getMatchingIndexingMap(init);
    AffineMap rhsMap = op.getMatchingIndexingMap(contraction.rhs);
    auto type = cast<RankedTensorType>(init->get().getType());
    std::optional<int64_t> repeats = countRepeats(op, rhsMap);
    if (failed(weights) || !repeats || !outMap.isProjectedPermutation() ||
        !rhsMap.isProjectedPermutation())
      return false;
    // The dimensions of the result along which bias or weights vary.
    llvm::SmallSetVector<int64_t, 4> varying(bias.outputDims.begin(),
                                             bias.outputDims.end());
    for (auto [dim, expr] : llvm::enumerate(outMap.getResults()))
      if (rhsMap.isFunctionOfDim(cast<AffineDimExpr>(expr).getPosition()))
        varying.insert(dim);
    SmallVector<int64_t> dims = varying.takeVector();
    llvm::sort(dims);
    SmallVector<int64_t> shape;
    for (int64_t dim : dims) {
      if (type.isDynamicDim(dim))
        return false;
      shape.push_back(type.getDimSize(dim));
    }
    SmallVector<int64_t> sums =
        sumWeights(op, contraction, *weights, dims, shape);
    for (int64_t &sum : sums)
      sum *= -getUse(*contraction.lhs) * *repeats;
    addBias(bias, dims, shape, sums);
    if (!llvm::all_of(sums, [](int64_t sum) { return llvm::isInt<32>(sum); }))
      return false;
    Value start = createInit(op.getLoc(), type, dims, shape, sums);
    init->set(succeeded(constant) ? start : createSum(init->get(), start));
    OpBuilder inside(contraction.lhsExtension);
    Value extended = arith::ExtUIOp::create(
        inside, op.getLoc(), inside.getI32Type(),
        contraction.lhsExtension->getOperand(0));
    contraction.lhsExtension->replaceAllUsesWith(ValueRange(extended));
    contraction.lhsExtension->erase();
    return true;
  }

  /// How often every weight is met: the extents of the reductions along which
  /// the weights do not vary.
  static std::optional<int64_t> countRepeats(linalg::GenericOp op,
                                             AffineMap rhsMap) {
    SmallVector<int64_t> sizes = op.getStaticLoopRanges();
    int64_t count = 1;
    for (auto [loop, kind] : llvm::enumerate(op.getIteratorTypesArray())) {
      if (kind != utils::IteratorType::reduction || rhsMap.isFunctionOfDim(loop))
        continue;
      if (ShapedType::isDynamic(sizes[loop]) || sizes[loop] > (1 << 16))
        return std::nullopt;
      count *= sizes[loop];
      if (count > (int64_t(1) << 31))
        return std::nullopt;
    }
    return count;
  }

  /// The sum of two i32 tensors.
  Value createSum(Value a, Value b) {
    auto type = cast<RankedTensorType>(a.getType());
    Location loc = a.getLoc();
    Value empty = tensor::EmptyOp::create(
        builder, loc, tensor::getMixedSizes(builder, loc, a),
        type.getElementType());
    AffineMap identity = builder.getMultiDimIdentityMap(type.getRank());
    SmallVector<utils::IteratorType> kinds(type.getRank(),
                                           utils::IteratorType::parallel);
    return linalg::GenericOp::create(
               builder, loc, TypeRange(type), ValueRange{a, b},
               ValueRange(empty),
               ArrayRef<AffineMap>{identity, identity, identity}, kinds,
               [](OpBuilder &body, Location loc, ValueRange args) {
                 Value sum = arith::AddIOp::create(body, loc, args[0], args[1]);
                 linalg::YieldOp::create(body, loc, sum);
               })
        .getResult(0);
  }

  /// `sum w` for every position along `dims`.
  static SmallVector<int64_t> sumWeights(linalg::GenericOp op,
                                         const IntegerContraction &contraction,
                                         const ConstantTensor &weights,
                                         ArrayRef<int64_t> dims,
                                         ArrayRef<int64_t> shape) {
    AffineMap outMap = op.getMatchingIndexingMap(op.getDpsInitOperand(0));
    AffineMap rhsMap = op.getMatchingIndexingMap(contraction.rhs);
    auto type = cast<RankedTensorType>(contraction.rhs->get().getType());
    // How far each dimension of the weights moves in the sums.
    SmallVector<int64_t> strides(type.getRank(), 0);
    int64_t count = 1;
    for (int64_t at = int64_t(dims.size()) - 1; at >= 0; --at) {
      AffineExpr loop = outMap.getResult(dims[at]);
      if (auto position = rhsMap.getResultPosition(loop))
        strides[*position] = count;
      count *= shape[at];
    }
    // Weights that do not vary along a dimension meet every position of it.
    SmallVector<int64_t> partial(count, 0);
    bool isSigned = contraction.rhsSign == Sign::Signed;
    forEachElement(type.getShape(), strides, [&](int64_t at, int64_t to) {
      int64_t weight = weights.getInteger(at);
      partial[to] += isSigned ? weight : weight & 255;
    });
    return spread(partial, rhsMap, outMap, dims, shape);
  }

  /// Repeats the sums along dimensions that the weights do not have.
  static SmallVector<int64_t> spread(ArrayRef<int64_t> partial,
                                     AffineMap rhsMap, AffineMap outMap,
                                     ArrayRef<int64_t> dims,
                                     ArrayRef<int64_t> shape) {
    SmallVector<int64_t> sums(partial.size()), index(shape.size(), 0);
    for (int64_t &sum : sums) {
      int64_t from = 0;
      for (auto [at, i] : llvm::enumerate(index)) {
        bool varies = rhsMap.isFunctionOfDim(
            cast<AffineDimExpr>(outMap.getResult(dims[at])).getPosition());
        from = from * shape[at] + (varies ? i : 0);
      }
      sum = partial[from];
      advanceIndex(index, shape);
    }
    return sums;
  }

  static void addBias(const IntegerInit &bias, ArrayRef<int64_t> dims,
                      ArrayRef<int64_t> shape, MutableArrayRef<int64_t> sums) {
    SmallVector<int64_t> index(shape.size(), 0);
    for (int64_t &sum : sums) {
      int64_t from = 0;
      for (auto [dim, extent] : llvm::zip(bias.outputDims, bias.shape)) {
        size_t at = llvm::find(dims, dim) - dims.begin();
        from = from * extent + index[at];
      }
      sum += bias.values[from];
      advanceIndex(index, shape);
    }
  }

  Value createInit(Location loc, RankedTensorType type, ArrayRef<int64_t> dims,
                   ArrayRef<int64_t> shape, ArrayRef<int64_t> sums) {
    SmallVector<int32_t> narrow(sums.begin(), sums.end());
    auto small = RankedTensorType::get(shape, type.getElementType());
    Value constant = arith::ConstantOp::create(
        builder, loc, DenseElementsAttr::get(small, ArrayRef<int32_t>(narrow)));
    if (int64_t(dims.size()) == type.getRank())
      return constant;
    SmallVector<int64_t> others;
    for (int64_t dim = 0; dim < type.getRank(); ++dim)
      if (!llvm::is_contained(dims, dim))
        others.push_back(dim);
    Value empty = createEmptyLike(loc, type);
    return linalg::BroadcastOp::create(builder, loc, constant, empty, others)
        ->getResult(0);
  }

  Value createEmptyLike(Location loc, RankedTensorType type) {
    Operation *op = &*builder.getInsertionPoint();
    auto linalgOp = cast<linalg::LinalgOp>(op);
    return tensor::EmptyOp::create(
        builder, loc,
        tensor::getMixedSizes(builder, loc,
                              linalgOp.getDpsInitOperand(0)->get()),
        type.getElementType());
  }

  Value createShiftedTensor(Value value, int64_t offset) {
    auto type = cast<RankedTensorType>(value.getType());
    Location loc = value.getLoc();
    Value empty = tensor::EmptyOp::create(
        builder, loc, tensor::getMixedSizes(builder, loc, value),
        type.getElementType());
    AffineMap identity = builder.getMultiDimIdentityMap(type.getRank());
    SmallVector<utils::IteratorType> kinds(type.getRank(),
                                           utils::IteratorType::parallel);
    return linalg::GenericOp::create(
               builder, loc, TypeRange(type), ValueRange(value),
               ValueRange(empty), ArrayRef<AffineMap>{identity, identity},
               kinds,
               [&](OpBuilder &body, Location loc, ValueRange args) {
                 linalg::YieldOp::create(
                     body, loc, createShift(body, loc, args[0], offset));
               })
        .getResult(0);
  }

  func::FuncOp function;
  OpBuilder builder;
  StorageClasses classes;
  llvm::DenseMap<OpOperand *, int64_t> uses;
  llvm::DenseMap<Operation *, int64_t> results;
  SmallVector<Operation *> ops;
  SmallVector<tensor::ExtractOp> extracts;
  llvm::SetVector<Operation *> bodies;
};

struct UseUnsigned : public qdot::impl::UseUnsignedBase<UseUnsigned> {
  void runOnOperation() override {
    if (failed(checkInput(getOperation())))
      return signalPassFailure();
    generalizeNamedOps();
    for (auto function : getOperation().getOps<func::FuncOp>())
      if (!function.isDeclaration())
        StorageChange(function).run();
  }

private:
  /// Named ops on bytes, so that their bodies can change.
  void generalizeNamedOps() {
    IRRewriter rewriter(&getContext());
    SmallVector<linalg::LinalgOp> named;
    getOperation().walk([&](linalg::LinalgOp op) {
      if (!isa<linalg::GenericOp>(op) && !isMovement(op) &&
          op.hasPureTensorSemantics() &&
          llvm::any_of(op->getOperands(), isBytes))
        named.push_back(op);
    });
    for (linalg::LinalgOp op : named) {
      rewriter.setInsertionPoint(op);
      (void)linalg::generalizeNamedOp(rewriter, op);
    }
  }
};
} // namespace
