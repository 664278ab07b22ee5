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
#include "qdot/Codegen/UnsignedBody.h"
#include "qdot/Dialect/Constants.h"
#include "llvm/ADT/EquivalenceClasses.h"
#include "llvm/ADT/SetVector.h"

namespace qdot {
#define GEN_PASS_DEF_USEUNSIGNED
#include "qdot/Codegen/Passes.h.inc"
} // namespace qdot

using namespace mlir;
using namespace qdot;

static bool isBytes(Value value) {
  auto type = dyn_cast<RankedTensorType>(value.getType());
  return type && type.getElementType().isSignlessInteger(8);
}

/// Ops whose i8 operands and results hold the same values.
static bool isMovement(Operation *op) {
  return isa<tensor::PadOp, tensor::CastOp, tensor::CollapseShapeOp,
             tensor::ExpandShapeOp, tensor::ReshapeOp, tensor::ExtractSliceOp,
             tensor::InsertSliceOp, tensor::ConcatOp, linalg::TransposeOp,
             linalg::CopyOp, linalg::BroadcastOp, linalg::FillOp>(op);
}

/// False for sparse constants and for resources without their data, which
/// another pass reports.
static bool isReadable(arith::ConstantOp op) {
  if (auto resource = dyn_cast<DenseResourceElementsAttr>(op.getValue())) {
    const AsmResourceBlob *blob = resource.getRawHandle().getBlob();
    return blob && int64_t(blob->getData().size()) ==
                       resource.getType().getNumElements();
  }
  return isa<DenseElementsAttr>(op.getValue());
}

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
/// Classes of tensors that must be stored alike, and which of them change.
class StorageClasses {
public:
  explicit StorageClasses(func::FuncOp function) {
    function.walk([&](Operation *op) { addOp(op); });
  }

  bool isUnsigned(Value value) const {
    if (!isBytes(value))
      return false;
    auto at = classes.findLeader(value.getAsOpaquePointer());
    return at != classes.member_end() && wanted.contains(*at) &&
           !pinned.contains(*at);
  }

  /// Leaders are final only after every op was added.
  void finish() {
    wanted = getLeaders(wantedValues);
    pinned = getLeaders(pinnedValues);
  }

private:
  using Set = llvm::DenseSet<const void *>;

  void join(Value a, Value b) {
    classes.unionSets(a.getAsOpaquePointer(), b.getAsOpaquePointer());
  }
  void pin(Value value) {
    if (isBytes(value))
      pinnedValues.push_back(value);
  }
  void note(Value value) { classes.insert(value.getAsOpaquePointer()); }

  void addOp(Operation *op) {
    SmallVector<Value> bytes;
    for (Value value : op->getOperands())
      if (isBytes(value))
        bytes.push_back(value);
    for (Value value : op->getResults())
      if (isBytes(value))
        bytes.push_back(value);
    for (Value value : bytes)
      note(value);
    if (auto constant = dyn_cast<arith::ConstantOp>(op)) {
      if (!isReadable(constant))
        llvm::for_each(bytes, [&](Value value) { pin(value); });
    } else if (isMovement(op)) {
      for (Value value : bytes)
        join(bytes.front(), value);
    } else if (auto linalgOp = dyn_cast<linalg::LinalgOp>(op)) {
      addLinalg(linalgOp);
    } else if (auto reinterpret = dyn_cast<quant::StorageCastOp>(op)) {
      // Handled at the boundary, like arguments and results of the function.
    } else if (!isa<func::ReturnOp, tensor::EmptyOp, tensor::DimOp,
                    tensor::ExtractOp>(op)) {
      llvm::for_each(bytes, [&](Value value) { pin(value); });
    }
    // Arguments of blocks other than the function's entry are left alone.
    for (Region &region : op->getRegions())
      for (Block &block : region)
        if (!isa<func::FuncOp>(op) || !block.isEntryBlock())
          for (Value argument : block.getArguments())
            pin(argument);
  }

  void addLinalg(linalg::LinalgOp op) {
    if (!op.hasPureTensorSemantics()) {
      for (Value operand : op->getOperands())
        pin(operand);
      return;
    }
    for (OpOperand &init : op.getDpsInitsMutable())
      if (isBytes(init.get()))
        join(init.get(), op.getTiedOpResult(&init));
    auto generic = dyn_cast<linalg::GenericOp>(op.getOperation());
    if (!generic) {
      // A named op reads bytes as its name says.
      for (Value operand : op->getOperands())
        pin(operand);
      return;
    }
    auto contraction = matchIntegerContraction(generic);
    if (!contraction)
      return;
    pin(contraction->rhs->get());
    if (contraction->lhsSign == Sign::Signed &&
        isConstantTensor(contraction->rhs->get()) &&
        !isConstantTensor(contraction->lhs->get()))
      wantedValues.push_back(contraction->lhs->get());
  }

  Set getLeaders(ArrayRef<Value> values) {
    Set leaders;
    for (Value value : values)
      leaders.insert(classes.getOrInsertLeaderValue(value.getAsOpaquePointer()));
    return leaders;
  }

  llvm::EquivalenceClasses<const void *> classes;
  SmallVector<Value> wantedValues, pinnedValues;
  Set wanted, pinned;
};

/// Changes the storage of one function's tensors.
class StorageChange {
public:
  StorageChange(func::FuncOp function)
      : function(function), builder(function.getContext()), classes(function) {
    classes.finish();
  }

  void run() {
    // Decided for every op before anything changes.
    function.walk([&](Operation *op) {
      for (OpOperand &operand : op->getOpOperands())
        if (classes.isUnsigned(operand.get()))
          uses.insert(&operand);
      for (Value result : op->getResults())
        if (classes.isUnsigned(result))
          results.insert(op);
      if (auto extract = dyn_cast<tensor::ExtractOp>(op))
        if (classes.isUnsigned(extract.getTensor()))
          extracts.push_back(extract);
      ops.push_back(op);
    });
    SmallVector<BlockArgument> arguments;
    for (BlockArgument argument : function.getArguments())
      if (classes.isUnsigned(argument))
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
  bool isUse(OpOperand &operand) const { return uses.contains(&operand); }
  bool isResult(Operation *op) const { return results.contains(op); }

  void change(Operation *op) {
    builder.setInsertionPoint(op);
    if (isResult(op))
      op->removeDiscardableAttr(quantizedAttrName);
    if (auto constant = dyn_cast<arith::ConstantOp>(op)) {
      if (isResult(op))
        changeConstant(constant);
    } else if (auto pad = dyn_cast<tensor::PadOp>(op)) {
      if (isResult(op))
        changeYield(pad.getRegion().front());
    } else if (auto fill = dyn_cast<linalg::FillOp>(op)) {
      if (isResult(op))
        fill->setOperand(0, createFlip(builder, op->getLoc(),
                                       fill.getInputs()[0]));
    } else if (auto generic = dyn_cast<linalg::GenericOp>(op)) {
      if (generic.hasPureTensorSemantics())
        changeGeneric(generic);
    } else if (isa<func::ReturnOp>(op)) {
      for (OpOperand &operand : op->getOpOperands())
        if (isUse(operand))
          operand.set(createFlippedTensor(operand.get()));
    } else if (isa<quant::StorageCastOp>(op)) {
      changeCast(op);
    }
  }

  void changeCast(Operation *op) {
    if (isResult(op)) {
      builder.setInsertionPointAfter(op);
      flipAfterwards(op->getResult(0));
    } else if (isUse(op->getOpOperand(0))) {
      op->setOperand(0, createFlippedTensor(op->getOperand(0)));
    }
  }

  void changeArgument(BlockArgument argument) {
    builder.setInsertionPointToStart(&function.getBody().front());
    flipAfterwards(argument);
  }

  /// What reads `value` so far reads it flipped.
  void flipAfterwards(Value value) {
    SmallVector<OpOperand *> readers;
    for (OpOperand &use : value.getUses())
      readers.push_back(&use);
    Value flipped = createFlippedTensor(value);
    for (OpOperand *reader : readers)
      reader->set(flipped);
  }

  void changeConstant(arith::ConstantOp constant) {
    FailureOr<ConstantTensor> data = ConstantTensor::get(constant.getResult());
    auto type = cast<RankedTensorType>(constant.getType());
    SmallVector<char> bytes;
    for (int64_t at = 0; at < type.getNumElements(); ++at)
      bytes.push_back(static_cast<char>(data->getInteger(at) ^ -128));
    Value flipped = arith::ConstantOp::create(builder, constant.getLoc(),
                                              createElements(type, bytes));
    constant.getResult().replaceAllUsesWith(flipped);
  }

  /// The terminator of a pad's body.
  void changeYield(Block &block) {
    Operation *yield = block.getTerminator();
    OpBuilder inside(yield);
    yield->setOperand(0, createFlip(inside, yield->getLoc(),
                                    yield->getOperand(0)));
  }

  void changeExtract(tensor::ExtractOp extract) {
    OpBuilder after(extract->getContext());
    after.setInsertionPointAfter(extract);
    Value flipped = createFlip(after, extract.getLoc(), extract.getResult());
    extract.getResult().replaceAllUsesExcept(flipped, flipped.getDefiningOp());
    bodies.insert(extract->getParentOp());
  }

  void changeGeneric(linalg::GenericOp op) {
    Block &body = *op.getBody();
    auto contraction = matchIntegerContraction(op);
    bool isFolded = contraction && isUse(*contraction->lhs) &&
                    foldOffset(op, *contraction);
    OpBuilder inside = OpBuilder::atBlockBegin(&body);
    for (OpOperand &operand : op->getOpOperands()) {
      if (!isUse(operand) || (isFolded && &operand == contraction->lhs))
        continue;
      BlockArgument argument = body.getArgument(operand.getOperandNumber());
      if (argument.use_empty())
        continue;
      Value flipped = createFlip(inside, op.getLoc(), argument);
      argument.replaceAllUsesExcept(flipped, flipped.getDefiningOp());
      bodies.insert(op);
    }
    Operation *yield = body.getTerminator();
    for (OpOperand &operand : yield->getOpOperands())
      if (classes.isUnsigned(op.getResult(operand.getOperandNumber()))) {
        OpBuilder before(yield);
        operand.set(createFlip(before, op.getLoc(), operand.get()));
        bodies.insert(op);
      }
  }

  /// `sum (u - 128) w + init = sum u w + (init - 128 sum w)`: lhs is extended
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
    SmallVector<int64_t> sums = sumWeights(op, contraction, *weights, dims, shape);
    for (int64_t &sum : sums)
      sum *= *repeats;
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

  /// `-128 sum w` for every position along `dims`.
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
    SmallVector<int64_t> partial(count, 0), index(type.getRank(), 0);
    for (int64_t at = 0; at < type.getNumElements(); ++at) {
      int64_t to = 0;
      for (auto [i, stride] : llvm::zip(index, strides))
        to += i * stride;
      int64_t weight = contraction.rhsSign == Sign::Signed
                           ? weights.getInteger(at)
                           : weights.getInteger(at) & 255;
      partial[to] -= 128 * weight;
      advanceIndex(index, type.getShape());
    }
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

  Value createFlippedTensor(Value value) {
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
               [](OpBuilder &body, Location loc, ValueRange args) {
                 linalg::YieldOp::create(body, loc,
                                         createFlip(body, loc, args[0]));
               })
        .getResult(0);
  }

  func::FuncOp function;
  OpBuilder builder;
  StorageClasses classes;
  llvm::DenseSet<OpOperand *> uses;
  llvm::DenseSet<Operation *> results;
  SmallVector<Operation *> ops;
  SmallVector<tensor::ExtractOp> extracts;
  llvm::SetVector<Operation *> bodies;
};

struct UseUnsigned : public qdot::impl::UseUnsignedBase<UseUnsigned> {
  void runOnOperation() override {
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
