//===- KernelEpilogue.cpp - Start and end of a tile of a kernel -----------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "KernelEmitter.h"
#include "RuntimePacking.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/Matchers.h"
#include "qdot/Codegen/VectorBody.h"
#include "qdot/Dialect/Constants.h"
#include "llvm/Support/SaveAndRestore.h"

using namespace mlir;
using namespace qdot;

SmallVector<Value> KernelEmitter::createStart(const TilePosition &at,
                                              int64_t vectors, int64_t valid) {
  int64_t lanes = kernel.getLanes();
  auto type = VectorType::get({lanes}, builder.getI32Type());
  SmallVector<Value> start;
  if (bias && plan.row.extras[*bias] == 0 && plan.column.extras[*bias] == 1) {
    for (int64_t vector = 0; vector < vectors; ++vector)
      start.push_back(loadExtra(at, *bias, 0, vector, vectors, valid));
    return start;
  }
  // Another sum than a bias per column is left to the body.
  biasAdd = nullptr;
  Value zero = arith::ConstantOp::create(builder, loc, builder.getZeroAttr(type));
  start.assign(vectors, zero);
  return start;
}

Value KernelEmitter::loadExtra(const TilePosition &at, unsigned number,
                               int64_t row, int64_t vector, int64_t vectors,
                               int64_t valid) {
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
  SmallVector<int64_t> columns = getColumns(vector, vectors);
  bool isContiguous = columns.back() - columns.front() == lanes - 1;
  if (stride == 1 && isContiguous)
    return loadLanes(builder, loc, memref, addConstant(index, columns[0]),
                     lanes, std::min(lanes, valid - columns[0]));
  if (stride == 1) {
    // The columns of four vectors, of which this one takes its own.
    int64_t first = vector / 4 * 4 * lanes;
    Value all = loadLanes(builder, loc, memref, addConstant(index, first),
                          4 * lanes, std::min(4 * lanes, valid - first));
    for (int64_t &column : columns)
      column -= first;
    return vector::ShuffleOp::create(builder, loc, all, all, columns);
  }
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

SmallVector<int64_t> KernelEmitter::getColumns(int64_t vector,
                                               int64_t vectors) const {
  SmallVector<int64_t> columns;
  for (int64_t lane = 0; lane < kernel.getLanes(); ++lane)
    columns.push_back(getColumnOfLane(vectors, kernel.getLanes(), vector, lane));
  return columns;
}

FailureOr<Value> KernelEmitter::emitBody(const TilePosition &at,
                                         Value accumulator, int64_t row,
                                         int64_t vector, int64_t vectors,
                                         int64_t valid, Value result,
                                         const IRMapping &known) {
  return vectorize(
      accumulator,
      [&](unsigned number) {
        return loadExtra(at, number, row, vector, vectors, valid);
      },
      kernel.getLanes(), /*isScalable=*/false, result, known);
}

FailureOr<Value> KernelEmitter::vectorize(Value accumulator,
                                          function_ref<Value(unsigned)> load,
                                          int64_t lanes, bool isScalable,
                                          Value result, IRMapping mapping) {
  Block &body = op.getBody().front();
  mapping.map(body.getArgument(0), accumulator);
  if (biasAdd)
    mapping.map(biasAdd->getResult(0), accumulator);
  for (unsigned number = 0; number < extras.size(); ++number) {
    BlockArgument argument = body.getArgument(number + 1);
    bool isRead = llvm::any_of(argument.getUsers(), [&](Operation *user) {
      return user != biasAdd;
    });
    bool isLeftOut = isRareLeftOut && number == rare->extra;
    if (isRead && !isLeftOut)
      mapping.map(argument, load(number));
  }
  if (isRareLeftOut)
    mapping.map(rare->result, mapping.lookup(rare->sum));
  FailureOr<SmallVector<Value>> values =
      vectorizeBody(builder, body, mapping, lanes, isScalable);
  if (failed(values)) {
    op.emitOpError("has an operation in its body that has no vector form");
    return failure();
  }
  return result ? mapping.lookup(result) : values->front();
}

static std::optional<int64_t> matchInteger(Value value) {
  APInt constant;
  if (!matchPattern(value, m_ConstantInt(&constant)))
    return std::nullopt;
  return constant.getSExtValue();
}

std::optional<KernelEmitter::NarrowForm>
KernelEmitter::matchNarrow(Value value) {
  if (!value.getType().isInteger(8))
    return std::nullopt;
  NarrowForm form{{}, 0, 255, false, {}};
  bool isSignedIndex = false;
  if (std::optional<ByteLookup> lookup = matchByteLookup(value)) {
    form.table = lookup->table;
    isSignedIndex = lookup->isSigned;
    value = lookup->index;
  }
  if (auto flip = value.getDefiningOp<arith::XOrIOp>();
      flip && matchInteger(flip.getRhs()) == -128) {
    form.isFlipped = true;
    value = flip.getLhs();
  }
  std::optional<ByteClamp> clamp = matchByteClamp(value);
  if (!clamp)
    return std::nullopt;
  form.value = clamp->value;
  form.min = clamp->min;
  form.max = clamp->max;
  if (form.min < 0 || form.max > 255 || form.min > form.max)
    return std::nullopt;
  // Entry 0 belongs to -128.
  form.isFlipped ^= isSignedIndex;
  return form;
}

/// Body and store of one vector.
LogicalResult KernelEmitter::emitScalarEnd(const TilePosition &at,
                                           Value accumulator, int64_t row,
                                           int64_t vector, int64_t vectors,
                                           int64_t valid) {
  FailureOr<Value> value =
      emitBody(at, accumulator, row, vector, vectors, valid, {});
  if (failed(value))
    return failure();
  int64_t lanes = kernel.getLanes();
  SmallVector<int64_t> columns = getColumns(vector, vectors);
  Value index = addConstant(at.out, row * plan.row.out);
  for (int64_t lane = 0; lane < lanes;) {
    // Runs of neighbouring columns: all lanes, or four at a time.
    int64_t count = 1;
    while (lane + count < lanes &&
           columns[lane + count] == columns[lane] + count)
      ++count;
    Value part = *value;
    if (count < lanes)
      part = vector::ExtractStridedSliceOp::create(
          builder, loc, part, ArrayRef<int64_t>{lane}, ArrayRef<int64_t>{count},
          ArrayRef<int64_t>{1});
    storeLanes(builder, loc, part, out, addConstant(index, columns[lane]),
               std::min(count, valid - columns[lane]));
    lane += count;
  }
  return success();
}

SmallVector<KernelEmitter::InnerLookup> KernelEmitter::findInnerLookups() {
  SmallVector<InnerLookup> lookups;
  Block &body = op.getBody().front();
  Value end = body.getTerminator()->getOperand(0);
  for (auto load : body.getOps<memref::LoadOp>())
    if (load.getResult() != end)
      if (std::optional<NarrowForm> form = matchNarrow(load.getResult()))
        lookups.push_back({load.getResult(), *form});
  return lookups;
}

/// The lane of `qdot.narrow`'s result that lane `lane` of operand `part` goes to.
static int64_t getNarrowedLane(int64_t part, int64_t lane) {
  return lane / 4 * 16 + part * 4 + lane % 4;
}

/// What operand `part` of `qdot.narrow` became: four lanes at a time, as words.
static Value extractPart(OpBuilder &builder, Location loc, Value bytes,
                         int64_t part) {
  int64_t lanes = cast<VectorType>(bytes.getType()).getDimSize(0) / 4;
  Value words = vector::BitCastOp::create(
      builder, loc, VectorType::get({lanes}, builder.getI32Type()), bytes);
  SmallVector<int64_t> mask;
  for (int64_t lane = 0; lane < lanes; lane += 4)
    mask.push_back(getNarrowedLane(part, lane) / 4);
  words = vector::ShuffleOp::create(builder, loc, words, words, mask);
  return vector::BitCastOp::create(
      builder, loc, VectorType::get({lanes}, builder.getI8Type()), words);
}

/// Bodies of four vectors, joined to bytes. Lookups inside of the body take the
/// four at once, too.
FailureOr<Value> KernelEmitter::emitBytes(const TilePosition &at,
                                          const NarrowForm &form,
                                          ArrayRef<RowVector> four,
                                          int64_t vectors, int64_t valid) {
  SmallVector<InnerLookup> lookups = findInnerLookups();
  SmallVector<IRMapping> known(4);
  auto type = VectorType::get({kernel.getLanes()}, builder.getI8Type());
  Value zero = lookups.empty() ? Value()
                               : arith::ConstantOp::create(
                                     builder, loc, builder.getZeroAttr(type))
                                     .getResult();
  // What depends on a lookup is not read before its result is there.
  for (const InnerLookup &lookup : lookups)
    for (IRMapping &mapping : known)
      mapping.map(lookup.result, zero);
  for (const InnerLookup &lookup : lookups) {
    FailureOr<Value> bytes =
        emitNarrow(at, lookup.form, four, known, vectors, valid);
    if (failed(bytes))
      return failure();
    for (auto [part, mapping] : llvm::enumerate(known))
      mapping.map(lookup.result, extractPart(builder, loc, *bytes, part));
  }
  return emitNarrow(at, form, four, known, vectors, valid);
}

FailureOr<Value> KernelEmitter::emitNarrow(const TilePosition &at,
                                           const NarrowForm &form,
                                           ArrayRef<RowVector> four,
                                           ArrayRef<IRMapping> known,
                                           int64_t vectors, int64_t valid) {
  int64_t lanes = kernel.getLanes();
  SmallVector<Value> values;
  for (auto [own, mapping] : llvm::zip(four, known)) {
    FailureOr<Value> value = emitBody(at, own.accumulator, own.row, own.number,
                                      vectors, valid, form.value, mapping);
    if (failed(value))
      return failure();
    if (form.value.getType().isF32())
      *value = roundToInteger(builder, loc, *value);
    values.push_back(*value);
  }
  auto type = VectorType::get({4 * lanes}, builder.getI8Type());
  Value bytes = NarrowOp::create(builder, loc, type, values[0], values[1],
                                 values[2], values[3]);
  auto splat = [&](int64_t value) -> Value {
    return arith::ConstantOp::create(
        builder, loc,
        DenseElementsAttr::get(type, builder.getI8IntegerAttr(int8_t(value))));
  };
  if (form.min > 0)
    bytes = arith::MaxUIOp::create(builder, loc, bytes, splat(form.min));
  if (form.max < 255)
    bytes = arith::MinUIOp::create(builder, loc, bytes, splat(form.max));
  if (form.isFlipped)
    bytes = arith::XOrIOp::create(builder, loc, bytes, splat(-128));
  if (form.table)
    bytes = LookupBytesOp::create(builder, loc, bytes, form.table);
  return bytes;
}

std::optional<KernelEmitter::RareFactor> KernelEmitter::findRareFactor() {
  auto ordered = op->getAttrOfType<DenseI64ArrayAttr>(orderedExtrasAttrName);
  if (!ordered)
    return std::nullopt;
  for (int64_t number : ordered.asArrayRef()) {
    auto get = op.getExtras()[number].getDefiningOp<memref::GetGlobalOp>();
    BlockArgument argument = op.getBody().front().getArgument(number + 1);
    auto fma = argument.hasOneUse()
                   ? dyn_cast<math::FmaOp>(*argument.user_begin())
                   : math::FmaOp();
    if (!get || !fma || fma.getC() == argument ||
        !isa<BlockArgument>(fma.getC()))
      continue;
    auto global = SymbolTable::lookupNearestSymbolFrom<memref::GlobalOp>(
        op, get.getNameAttr());
    auto data = dyn_cast_if_present<ElementsAttr>(
        global.getInitialValue().value_or(Attribute()));
    FailureOr<ConstantTensor> values = failure();
    if (data)
      values = ConstantTensor::get(data, [&] { return op.emitOpError(); });
    if (failed(values) || !values->getType().getElementType().isF32())
      continue;
    RareFactor factor{unsigned(number), fma.getResult(), fma.getC(), {}};
    int64_t columns = getBlockColumns(), count = values->getNumElements();
    for (int64_t first = 0; first < count; first += columns)
      factor.isUsed.push_back(
          llvm::any_of(llvm::seq(first, std::min(first + columns, count)),
                       [&](int64_t at) { return values->getFloat(at) != 0; }));
    if (2 * llvm::count(factor.isUsed, true) <= int64_t(factor.isUsed.size()))
      return factor;
  }
  return std::nullopt;
}

/// Whether a factor of the block at `at` has any bit set.
Value KernelEmitter::isUsed(const TilePosition &at, const RareFactor &factor,
                            int64_t vectors, int64_t valid) {
  auto bits = VectorType::get({kernel.getLanes()}, builder.getI32Type());
  Value any;
  for (int64_t vector = 0; vector < vectors; ++vector) {
    Value own = vector::BitCastOp::create(
        builder, loc, bits,
        loadExtra(at, factor.extra, 0, vector, vectors, valid));
    any = any ? arith::OrIOp::create(builder, loc, any, own).getResult() : own;
  }
  any = vector::ReductionOp::create(builder, loc, vector::CombiningKind::OR, any);
  Value zero = arith::ConstantOp::create(builder, loc, builder.getI32IntegerAttr(0));
  return arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::ne, any, zero);
}

LogicalResult KernelEmitter::finish(const TilePosition &at,
                                    ArrayRef<Value> accumulators,
                                    int64_t vectors, int64_t valid) {
  auto finishWithout = [&] {
    llvm::SaveAndRestore without(isRareLeftOut, true);
    return finishAll(at, accumulators, vectors, valid);
  };
  if (!rare || (staticBlock && rare->isUsed[*staticBlock]))
    return finishAll(at, accumulators, vectors, valid);
  if (staticBlock)
    return finishWithout();
  auto choice =
      scf::IfOp::create(builder, loc, isUsed(at, *rare, vectors, valid),
                        /*withElseRegion=*/true);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(choice.thenBlock());
  if (failed(finishAll(at, accumulators, vectors, valid)))
    return failure();
  builder.setInsertionPointToStart(choice.elseBlock());
  return finishWithout();
}

LogicalResult KernelEmitter::finishAll(const TilePosition &at,
                                       ArrayRef<Value> accumulators,
                                       int64_t vectors, int64_t valid) {
  int64_t lanes = kernel.getLanes();
  int64_t rows = int64_t(accumulators.size()) / vectors;
  std::optional<NarrowForm> form =
      matchNarrow(op.getBody().front().getTerminator()->getOperand(0));
  SmallVector<RowVector> left;
  for (int64_t row = 0; row < rows; ++row)
    for (int64_t number = 0; number < vectors; ++number) {
      Value accumulator = accumulators[row * vectors + number];
      if (!form) {
        if (failed(emitScalarEnd(at, accumulator, row, number, vectors, valid)))
          return failure();
      } else if (number / 4 * 4 + 4 <= vectors) {
        if (number % 4)
          continue;
        SmallVector<RowVector> four;
        for (int64_t part = number; part < number + 4; ++part)
          four.push_back({accumulators[row * vectors + part], row, part});
        FailureOr<Value> bytes = emitBytes(at, *form, four, vectors, valid);
        if (failed(bytes))
          return failure();
        int64_t first = number * lanes;
        storeLanes(builder, loc, *bytes, out,
                   addConstant(at.out, row * plan.row.out + first),
                   std::min(4 * lanes, valid - first));
      } else {
        left.push_back({accumulator, row, number});
      }
    }
  // Of three in a row the first two can be stored at once.
  if (vectors % 4 == 3) {
    SmallVector<RowVector> sorted;
    for (int64_t half : {0, 1})
      llvm::copy_if(left, std::back_inserter(sorted),
                    [&](const RowVector &own) {
                      return own.number % 4 / 2 == half;
                    });
    left = std::move(sorted);
  }
  return finishLeft(at, form, left, vectors, valid);
}

/// Stores the first `valid` bytes of a vector, 8 to 15 of 16, under a mask. The
/// selection of shuffles for AVX512 in LLVM 22 does not end where several halves
/// of 16 bytes are taken out of one vector of 64.
static void storeMasked(OpBuilder &builder, Location loc, Value bytes,
                        Value memref, Value index, int64_t valid) {
  SmallVector<bool> bits(16, false);
  std::fill_n(bits.begin(), valid, true);
  Value mask = arith::ConstantOp::create(
      builder, loc,
      DenseElementsAttr::get(VectorType::get({16}, builder.getI1Type()), bits));
  vector::MaskedStoreOp::create(builder, loc, memref, index, mask, bytes);
}

/// Some neighbouring bytes of a vector. Four of them as one word: LLVM would
/// take them out one by one.
static Value extractBytes(OpBuilder &builder, Location loc, Value bytes,
                          int64_t first, int64_t count) {
  if (count != 4)
    return vector::ExtractStridedSliceOp::create(
        builder, loc, bytes, ArrayRef<int64_t>{first}, ArrayRef<int64_t>{count},
        ArrayRef<int64_t>{1});
  Type i32 = builder.getI32Type();
  int64_t size = cast<VectorType>(bytes.getType()).getDimSize(0);
  Value words = vector::BitCastOp::create(
      builder, loc, VectorType::get({size / 4}, i32), bytes);
  Value word = vector::ExtractStridedSliceOp::create(
      builder, loc, words, ArrayRef<int64_t>{first / 4}, ArrayRef<int64_t>{1},
      ArrayRef<int64_t>{1});
  return vector::BitCastOp::create(
      builder, loc, VectorType::get({4}, builder.getI8Type()), word);
}

/// Vectors that are no four of one row: four of several rows at a time. AArch64
/// fills up the last ones with themselves.
LogicalResult KernelEmitter::finishLeft(const TilePosition &at,
                                        const std::optional<NarrowForm> &form,
                                        ArrayRef<RowVector> left,
                                        int64_t vectors, int64_t valid) {
  int64_t lanes = kernel.getLanes();
  size_t fewest = kernel.getLoad() == 16 ? 1 : 4;
  while (left.size() >= fewest) {
    int64_t last = std::min<int64_t>(4, left.size()) - 1;
    SmallVector<RowVector> four;
    for (int64_t part = 0; part < 4; ++part)
      four.push_back(left[std::min(part, last)]);
    FailureOr<Value> bytes = emitBytes(at, *form, four, vectors, valid);
    if (failed(bytes))
      return failure();
    // The lanes of each vector together.
    SmallVector<int64_t> mask;
    for (int64_t part = 0; part < 4; ++part)
      for (int64_t lane = 0; lane < lanes; ++lane)
        mask.push_back(getNarrowedLane(part, lane));
    Value ordered = vector::ShuffleOp::create(builder, loc, *bytes, *bytes, mask);
    for (int64_t part = 0, count; part <= last; part += count) {
      bool isPair = part < last && four[part].row == four[part + 1].row &&
                    four[part].number + 1 == four[part + 1].number;
      count = isPair ? 2 : 1;
      int64_t first = four[part].number * lanes;
      int64_t total = std::min(count * lanes, valid - first);
      // The last vector of a row may be a half or more of 16 bytes.
      bool hasHalf = lanes == 16 && total % lanes >= 8;
      int64_t whole = hasHalf ? total / lanes : count;
      Value index = addConstant(at.out, four[part].row * plan.row.out + first);
      if (whole > 0)
        storeLanes(builder, loc,
                   extractBytes(builder, loc, ordered, part * lanes,
                                whole * lanes),
                   out, index, std::min(whole * lanes, total));
      if (hasHalf)
        storeMasked(builder, loc,
                    extractBytes(builder, loc, ordered,
                                 (part + whole) * lanes, lanes),
                    out, addConstant(index, whole * lanes), total % lanes);
    }
    left = left.drop_front(last + 1);
  }
  for (const RowVector &own : left)
    if (failed(emitScalarEnd(at, own.accumulator, own.row, own.number, vectors,
                             valid)))
      return failure();
  return success();
}
