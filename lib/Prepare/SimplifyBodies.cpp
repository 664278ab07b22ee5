//===- SimplifyBodies.cpp - Generics that compute one thing by maps -------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "PrepareUtils.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/IndexingUtils.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "qdot/Analysis/ScalarAnalysis.h"
#include "qdot/Prepare/Passes.h"

namespace qdot {
#define GEN_PASS_DEF_SIMPLIFYBODIES
#include "qdot/Prepare/Passes.h.inc"
} // namespace qdot

using namespace mlir;
using namespace qdot;

/// Indices are evaluated at up to this many positions.
static constexpr int64_t maxPositions = int64_t(1) << 16;

static void eraseDeadBodyOps(linalg::GenericOp op) {
  for (Operation &inner : llvm::make_early_inc_range(llvm::reverse(*op.getBody())))
    if (isOpTriviallyDead(&inner))
      inner.erase();
}

//===----------------------------------------------------------------------===//
// One result per op
//===----------------------------------------------------------------------===//

/// Whether `value` depends on no old element but that of result `own`.
static bool readsOnlyOwnOutput(linalg::GenericOp op, Value value,
                               unsigned own) {
  SmallVector<Value> worklist{value};
  llvm::DenseSet<Value> seen;
  unsigned firstOutput = op.getNumDpsInputs();
  while (!worklist.empty()) {
    Value next = worklist.pop_back_val();
    if (!seen.insert(next).second || next.getParentBlock() != op.getBody())
      continue;
    if (auto argument = dyn_cast<BlockArgument>(next)) {
      if (argument.getArgNumber() >= firstOutput &&
          argument.getArgNumber() != firstOutput + own)
        return false;
      continue;
    }
    if (next.getDefiningOp()->getNumRegions() != 0)
      return false;
    llvm::append_range(worklist, next.getDefiningOp()->getOperands());
  }
  return true;
}

/// The op that computes result `number` of `op` alone.
static Value createSingle(linalg::GenericOp op, unsigned number) {
  OpBuilder builder(op);
  SmallVector<AffineMap> maps = op.getIndexingMapsArray();
  unsigned numInputs = op.getNumDpsInputs();
  AffineMap outputMap = maps[numInputs + number];
  maps.truncate(numInputs);
  SmallVector<Value> inputs = op.getDpsInputs();
  maps.push_back(outputMap);
  // Operands give the loops their sizes: those of other results may be needed.
  if (!inversePermutation(concatAffineMaps(maps, op.getContext())))
    for (auto [i, init] : llvm::enumerate(op.getDpsInits()))
      if (i != number) {
        inputs.push_back(init);
        maps.insert(maps.end() - 1, op.getIndexingMapsArray()[numInputs + i]);
      }
  Block *body = op.getBody();
  auto single = linalg::GenericOp::create(
      builder, op.getLoc(), TypeRange(op->getResult(number).getType()), inputs,
      ValueRange(op.getDpsInits()[number]), maps,
      op.getIteratorTypesArray(),
      [&](OpBuilder &nested, Location loc, ValueRange arguments) {
        IRMapping mapping;
        for (unsigned i = 0; i < numInputs; ++i)
          mapping.map(body->getArgument(i), arguments[i]);
        mapping.map(body->getArgument(numInputs + number), arguments.back());
        for (auto [i, argument] : llvm::enumerate(
                 body->getArguments().drop_front(numInputs)))
          if (i != number)
            mapping.map(argument,
                        argument.getType() == arguments.back().getType()
                            ? arguments.back()
                            : arith::ConstantOp::create(
                                  nested, loc,
                                  nested.getZeroAttr(argument.getType())));
        for (Operation &inner : body->without_terminator())
          nested.clone(inner, mapping);
        linalg::YieldOp::create(
            nested, loc,
            mapping.lookupOrDefault(
                body->getTerminator()->getOperand(number)));
      });
  eraseDeadBodyOps(single);
  return single.getResult(0);
}

/// Gives each used result of an op with several an op of its own.
static void splitResults(linalg::GenericOp op) {
  if (op->getNumResults() < 2)
    return;
  SmallVector<unsigned> used;
  for (auto [number, result] : llvm::enumerate(op->getResults())) {
    if (result.use_empty())
      continue;
    if (!readsOnlyOwnOutput(op, op.getBody()->getTerminator()->getOperand(number),
                            number))
      return;
    used.push_back(number);
  }
  for (unsigned number : used)
    op->getResult(number).replaceAllUsesWith(createSingle(op, number));
  if (isOpTriviallyDead(op))
    op.erase();
}

//===----------------------------------------------------------------------===//
// Operands
//===----------------------------------------------------------------------===//

/// `op` with the input `value` in addition, read through `map`; returns the
/// argument of the body.
static BlockArgument addInput(linalg::GenericOp op, Value value,
                              AffineMap map) {
  unsigned number = op.getNumDpsInputs();
  SmallVector<AffineMap> maps = op.getIndexingMapsArray();
  maps.insert(maps.begin() + number, map);
  op.getInputsMutable().append(value);
  op.setIndexingMapsAttr(OpBuilder(op).getAffineMapArrayAttr(maps));
  return op.getBody()->insertArgument(
      number, getElementTypeOrSelf(value.getType()), op.getLoc());
}

/// An elementwise op that reads its destination gets it as an input.
static void readDestinationAsInput(linalg::GenericOp op) {
  if (op->getNumResults() != 1 ||
      op.getNumLoops() != op.getNumParallelLoops())
    return;
  OpOperand *init = op.getDpsInitOperand(0);
  BlockArgument old = op.getMatchingBlockArgument(init);
  AffineMap map = op.getMatchingIndexingMap(init);
  if (old.use_empty() || !map.isPermutation())
    return;
  Value value = init->get();
  OpBuilder builder(op);
  Value empty = tensor::EmptyOp::create(
      builder, op.getLoc(), tensor::getMixedSizes(builder, op.getLoc(), value),
      old.getType());
  BlockArgument argument = addInput(op, value, map);
  op.getDpsInitsMutable()[0].set(empty);
  op.getBody()
      ->getArgument(op.getNumDpsInputs())
      .replaceAllUsesWith(argument);
}

/// Reads of unit dimensions at index 0, as torch-mlir writes them whatever the
/// size of the result, are reads at the loop that runs once there: nothing is
/// broadcast then.
static void readAtUnitLoops(linalg::GenericOp op) {
  if (op->getNumResults() != 1)
    return;
  AffineMap outputMap = op.getMatchingIndexingMap(op.getDpsInitOperand(0));
  SmallVector<int64_t> sizes = op.getStaticLoopRanges();
  SmallVector<AffineMap> maps = op.getIndexingMapsArray();
  for (AffineMap &map : MutableArrayRef(maps).drop_back()) {
    if (map.getNumResults() > outputMap.getNumResults())
      continue;
    ArrayRef<AffineExpr> aligned =
        outputMap.getResults().take_back(map.getNumResults());
    SmallVector<AffineExpr> results(map.getResults());
    for (auto [result, outer] : llvm::zip_equal(results, aligned)) {
      auto zero = dyn_cast<AffineConstantExpr>(result);
      auto loop = dyn_cast<AffineDimExpr>(outer);
      if (zero && zero.getValue() == 0 && loop &&
          sizes[loop.getPosition()] == 1 &&
          !map.isFunctionOfDim(loop.getPosition()))
        result = outer;
    }
    map = AffineMap::get(map.getNumDims(), 0, results, op.getContext());
  }
  op.setIndexingMapsAttr(OpBuilder(op).getAffineMapArrayAttr(maps));
}

//===----------------------------------------------------------------------===//
// Indices
//===----------------------------------------------------------------------===//

namespace {
/// A scalar of a body that depends on nothing but loop indices.
class IndexFunction {
public:
  static std::optional<IndexFunction> get(linalg::GenericOp op, Value value) {
    FailureOr<ScalarProgram> program =
        ScalarProgram::get(op, value, Rounding::EachStep);
    if (failed(program) ||
        !program->getSlotsOf(ScalarProgram::SlotKind::Argument).empty())
      return std::nullopt;
    IndexFunction function(std::move(*program));
    SmallVector<int64_t> sizes = op.getStaticLoopRanges();
    int64_t count = 1;
    for (unsigned slot :
         function.program.getSlotsOf(ScalarProgram::SlotKind::Index)) {
      int64_t size = sizes[function.program.getSlots()[slot].number];
      if (ShapedType::isDynamic(size) || size == 0 ||
          size > maxPositions / count)
        return std::nullopt;
      count *= size;
      function.sizes.push_back(size);
    }
    return function;
  }

  /// Calls `visit` with the index of each loop in `getLoops()` and the value
  /// there, until it returns false. False also where the value is undefined.
  bool forEach(
      llvm::function_ref<bool(ArrayRef<int64_t>, Scalar)> visit) const {
    SmallVector<unsigned> slots =
        program.getSlotsOf(ScalarProgram::SlotKind::Index);
    SmallVector<int64_t> strides = computeStrides(sizes);
    SmallVector<Scalar> values = program.createValues();
    for (int64_t i = 0, e = computeProduct(sizes); i < e; ++i) {
      SmallVector<int64_t> position = delinearize(i, strides);
      for (auto [slot, index] : llvm::zip_equal(slots, position))
        values[slot].integer = index;
      if (!program.run(values) ||
          !visit(position, values[program.getResult()]))
        return false;
    }
    return true;
  }

  SmallVector<unsigned> getLoops() const {
    SmallVector<unsigned> loops;
    for (unsigned slot : program.getSlotsOf(ScalarProgram::SlotKind::Index))
      loops.push_back(program.getSlots()[slot].number);
    return loops;
  }

private:
  explicit IndexFunction(ScalarProgram program) : program(std::move(program)) {}
  ScalarProgram program;
  SmallVector<int64_t> sizes;
};
} // namespace

/// Replaces scalars that are the same at all indices by constants.
static void foldIndices(linalg::GenericOp op) {
  for (Operation &inner :
       llvm::make_early_inc_range(op.getBody()->without_terminator())) {
    if (!isEvaluable(&inner) || inner.use_empty())
      continue;
    std::optional<IndexFunction> function =
        IndexFunction::get(op, inner.getResult(0));
    std::optional<Scalar> number;
    if (!function || !function->forEach([&](ArrayRef<int64_t>, Scalar value) {
          if (!number)
            number = value;
          return number->integer == value.integer;
        }))
      continue;
    OpBuilder builder(&inner);
    Value constant = arith::ConstantOp::create(
        builder, inner.getLoc(),
        createAttribute(*number, inner.getResult(0).getType()));
    inner.getResult(0).replaceAllUsesWith(constant);
  }
}

/// Replaces selections whose condition is constant.
static void foldSelects(linalg::GenericOp op) {
  op.getBody()->walk([](arith::SelectOp select) {
    IntegerAttr condition;
    if (matchPattern(select.getCondition(), m_Constant(&condition)))
      select.replaceAllUsesWith(condition.getValue().isZero()
                                    ? select.getFalseValue()
                                    : select.getTrueValue());
  });
  eraseDeadBodyOps(op);
}

/// The conditions under which a body adds something else than zero to its
/// result: those of selections around the term.
static SmallVector<Value> getConditions(linalg::GenericOp op) {
  SmallVector<Value> conditions;
  auto sum = op.getBody()
                 ->getTerminator()
                 ->getOperand(0)
                 .getDefiningOp<arith::AddFOp>();
  Value out = op.getRegionOutputArgs()[0];
  if (!sum || (sum.getLhs() == out) == (sum.getRhs() == out))
    return conditions;
  Value term = sum.getLhs() == out ? sum.getRhs() : sum.getLhs();
  while (auto select = term.getDefiningOp<arith::SelectOp>()) {
    if (!matchPattern(select.getFalseValue(), m_AnyZeroFloat()))
      break;
    conditions.push_back(select.getCondition());
    term = select.getTrueValue();
  }
  return conditions;
}

/// Gives a loop another size; false when an operand is read along it.
static bool resizeLoop(linalg::GenericOp op, unsigned loop, int64_t size) {
  AffineExpr dim = getAffineDimExpr(loop, op.getContext());
  SmallVector<OpOperand *> resized;
  for (OpOperand &operand : op->getOpOperands()) {
    AffineMap map = op.getMatchingIndexingMap(&operand);
    if (!map.isFunctionOfDim(loop))
      continue;
    if (!op.isDpsInput(&operand) || !map.isProjectedPermutation() ||
        !op.getMatchingBlockArgument(&operand).use_empty() ||
        !operand.get().getDefiningOp<tensor::EmptyOp>())
      return false;
    resized.push_back(&operand);
  }
  OpBuilder builder(op);
  for (OpOperand *operand : resized) {
    auto type = cast<RankedTensorType>(operand->get().getType());
    SmallVector<int64_t> shape(type.getShape());
    shape[*op.getMatchingIndexingMap(operand).getResultPosition(dim)] = size;
    if (ShapedType::isDynamicShape(shape))
      return false;
    operand->set(tensor::EmptyOp::create(builder, op.getLoc(), shape,
                                         type.getElementType()));
  }
  return !resized.empty();
}

/// Ends reductions where nothing but zeros would be added any more.
static bool shortenReductions(linalg::GenericOp op) {
  bool changed = false;
  SmallVector<int64_t> sizes = op.getStaticLoopRanges();
  SmallVector<utils::IteratorType> kinds = op.getIteratorTypesArray();
  for (Value condition : getConditions(op)) {
    std::optional<IndexFunction> function = IndexFunction::get(op, condition);
    if (!function)
      continue;
    SmallVector<unsigned> loops = function->getLoops();
    SmallVector<int64_t> needed(loops.size(), 0);
    if (!function->forEach([&](ArrayRef<int64_t> position, Scalar value) {
          for (auto [size, index] : llvm::zip_equal(needed, position))
            if (value.integer)
              size = std::max(size, index + 1);
          return true;
        }))
      continue;
    for (auto [loop, size] : llvm::zip_equal(loops, needed))
      if (kinds[loop] == utils::IteratorType::reduction && size > 0 &&
          size < sizes[loop])
        changed |= resizeLoop(op, loop, size);
  }
  return changed;
}

//===----------------------------------------------------------------------===//
// Elements that are read at computed places
//===----------------------------------------------------------------------===//

/// `value` as an expression of the loops, or null.
static AffineExpr getExpression(linalg::GenericOp op, Value value,
                                unsigned depth) {
  IntegerAttr number;
  MLIRContext *context = op.getContext();
  if (matchPattern(value, m_Constant(&number)))
    return getAffineConstantExpr(number.getInt(), context);
  Operation *inner = value.getDefiningOp();
  constexpr unsigned maxDepth = 32;
  if (!inner || inner->getBlock() != op.getBody() || depth > maxDepth)
    return {};
  if (auto index = dyn_cast<linalg::IndexOp>(inner))
    return getAffineDimExpr(index.getDim(), context);
  if (isa<arith::IndexCastOp>(inner))
    return getExpression(op, inner->getOperand(0), depth + 1);
  if (inner->getNumOperands() != 2)
    return {};
  AffineExpr lhs = getExpression(op, inner->getOperand(0), depth + 1);
  AffineExpr rhs = lhs ? getExpression(op, inner->getOperand(1), depth + 1)
                       : AffineExpr();
  if (!rhs)
    return {};
  if (isa<arith::AddIOp>(inner))
    return lhs + rhs;
  if (isa<arith::SubIOp>(inner))
    return lhs - rhs;
  auto constant = dyn_cast<AffineConstantExpr>(rhs);
  if (isa<arith::MulIOp>(inner) && (constant || isa<AffineConstantExpr>(lhs)))
    return lhs * rhs;
  if (isa<arith::FloorDivSIOp>(inner) && constant && constant.getValue() > 0)
    return lhs.floorDiv(constant.getValue());
  return {};
}

/// The smallest and the largest value of a sum of multiples of loops.
struct Interval {
  int64_t low = 0, high = 0;
};

static std::optional<Interval> getInterval(AffineExpr expr,
                                           ArrayRef<int64_t> sizes) {
  if (auto constant = dyn_cast<AffineConstantExpr>(expr))
    return Interval{constant.getValue(), constant.getValue()};
  if (auto dim = dyn_cast<AffineDimExpr>(expr)) {
    int64_t size = sizes[dim.getPosition()];
    return ShapedType::isDynamic(size)
               ? std::nullopt
               : std::optional(Interval{0, size - 1});
  }
  auto binary = cast<AffineBinaryOpExpr>(expr);
  std::optional<Interval> lhs = getInterval(binary.getLHS(), sizes);
  std::optional<Interval> rhs = getInterval(binary.getRHS(), sizes);
  if (!lhs || !rhs)
    return std::nullopt;
  if (binary.getKind() == AffineExprKind::Add)
    return Interval{lhs->low + rhs->low, lhs->high + rhs->high};
  if (binary.getKind() != AffineExprKind::Mul || rhs->low != rhs->high)
    return std::nullopt;
  int64_t a = lhs->low * rhs->low, b = lhs->high * rhs->low;
  return Interval{std::min(a, b), std::max(a, b)};
}

/// True for an index that runs from `[0, size)` and, when it is a loop alone,
/// over all of it, as linalg demands.
static bool fitsDim(AffineExpr expr, int64_t size, ArrayRef<int64_t> sizes) {
  if (ShapedType::isDynamic(size))
    return false;
  std::optional<Interval> interval = getInterval(expr, sizes);
  if (!interval || interval->low < 0 || interval->high >= size)
    return false;
  return !isa<AffineDimExpr>(expr) || interval->high == size - 1;
}

/// Makes `extract` an operand of its op, if its indices are sums of loops.
static void raiseExtract(linalg::GenericOp op, tensor::ExtractOp extract) {
  auto type = cast<RankedTensorType>(extract.getTensor().getType());
  if (extract.getTensor().getParentBlock() == op.getBody())
    return;
  SmallVector<int64_t> sizes = op.getStaticLoopRanges();
  SmallVector<AffineExpr> indices;
  for (auto [index, size] :
       llvm::zip_equal(extract.getIndices(), type.getShape())) {
    AffineExpr expr = getExpression(op, index, 0);
    if (expr)
      expr = simplifyAffineExpr(expr, op.getNumLoops(), 0);
    if (!expr || !fitsDim(expr, size, sizes))
      return;
    indices.push_back(expr);
  }
  auto map = AffineMap::get(op.getNumLoops(), 0, indices, op.getContext());
  BlockArgument argument = addInput(op, extract.getTensor(), map);
  extract.getResult().replaceAllUsesWith(argument);
  extract.erase();
}

namespace {
struct SimplifyBodies : public qdot::impl::SimplifyBodiesBase<SimplifyBodies> {
  void runOnOperation() override {
    forEachGeneric(splitResults);
    forEachGeneric([](linalg::GenericOp op) {
      readDestinationAsInput(op);
      readAtUnitLoops(op);
      if (op->getNumResults() != 1)
        return;
      foldIndices(op);
      foldSelects(op);
      if (shortenReductions(op)) {
        foldIndices(op);
        foldSelects(op);
      }
      SmallVector<tensor::ExtractOp> extracts;
      op.getBody()->walk(
          [&](tensor::ExtractOp extract) { extracts.push_back(extract); });
      for (tensor::ExtractOp extract : extracts)
        raiseExtract(op, extract);
      eraseDeadBodyOps(op);
    });
    eraseDeadOps(getOperation());
  }

  /// Calls `function` on all generics on tensors that are there now.
  void forEachGeneric(llvm::function_ref<void(linalg::GenericOp)> function) {
    SmallVector<linalg::GenericOp> ops;
    getOperation().walk([&](linalg::GenericOp op) {
      if (op.hasPureTensorSemantics())
        ops.push_back(op);
    });
    llvm::for_each(ops, function);
  }
};
} // namespace
