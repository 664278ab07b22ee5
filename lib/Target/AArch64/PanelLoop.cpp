//===- PanelLoop.cpp - The loop of a whole tile of smmla ------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// 24 products of one unit need ten loads of 16 bytes. `ld1` loads four registers
// with one instruction, but LLVM neither keeps four neighbouring registers free
// beside 24 accumulators, nor the order: Neoverse V2 dispatches six slots per
// cycle, an `ld1` with its increment is five of them and does not begin in one
// cycle to end in the next. A unit as written here is 36 slots, six full cycles.

#include "PanelLoop.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace qdot;

static constexpr int64_t numPairs = 4, numColumns = 6;
static constexpr int64_t numTiles = numPairs * numColumns;
static constexpr int64_t unitsPerIteration = 8;
/// One `mov` holds the number of iterations.
static constexpr int64_t maxUnits = unitsPerIteration * 65535;
/// The first register of four with pairs of rows, and of columns. Accumulators
/// have the registers before.
static constexpr int64_t leftRegister = 24, rightRegister = 28;
/// Operands behind the accumulators: both pointers, the bytes of a unit of the
/// right side, and the number of iterations.
static constexpr int64_t leftPointer = numTiles, rightPointer = numTiles + 1,
                         stepOperand = numTiles + 2, countOperand = numTiles + 3;

static StringRef getProduct(Dot2x2PanelsOp op) {
  if (op.getLhsSign() != op.getRhsSign())
    return "usmmla";
  return op.getLhsSign() == Sign::Signed ? "smmla" : "ummla";
}

/// One pair of columns, in register `right`, times all pairs of rows.
static void writeColumn(raw_ostream &os, StringRef product, int64_t column,
                        int64_t right) {
  for (int64_t pair = 0; pair < numPairs; ++pair)
    os << product << " $" << pair * numColumns + column << ".4s, v"
       << leftRegister + pair << ".16b, v" << right << ".16b\n";
}

static void writeUnit(raw_ostream &os, StringRef product) {
  os << "ld1 {v24.16b, v25.16b, v26.16b, v27.16b}, [$" << leftPointer
     << "], #64\n"
     << "ld1 {v28.16b, v29.16b, v30.16b, v31.16b}, [$" << rightPointer << "], $"
     << stepOperand << "\n";
  for (int64_t column = 0; column < numColumns; ++column) {
    int64_t right = rightRegister + column % 4;
    // What four registers do not hold lies just before the next unit.
    if (column >= 4)
      os << "ldur q" << right << ", [$" << rightPointer << ", #"
         << 16 * (column - numColumns) << "]\n";
    writeColumn(os, product, column, right);
  }
}

static std::string writeLoop(Dot2x2PanelsOp op) {
  std::string text;
  llvm::raw_string_ostream os(text);
  StringRef product = getProduct(op);
  int64_t units = op.getUnits();
  os << "mov $" << stepOperand << ", #" << 16 * numColumns << "\n"
     << "mov $" << countOperand << ", #" << units / unitsPerIteration << "\n"
     << "1:\n";
  for (int64_t unit = 0; unit < unitsPerIteration; ++unit)
    writeUnit(os, product);
  os << "subs $" << countOperand << ", $" << countOperand << ", #1\n"
     << "b.ne 1b\n";
  for (int64_t unit = 0; unit < units % unitsPerIteration; ++unit)
    writeUnit(os, product);
  return text;
}

/// Outputs; the inputs that share their registers; registers written besides.
static std::string writeConstraints() {
  std::string text;
  llvm::raw_string_ostream os(text);
  for (int64_t tile = 0; tile < numTiles; ++tile)
    os << "=w,";
  os << "=r,=r,=&r,=&r";
  for (int64_t operand = 0; operand <= rightPointer; ++operand)
    os << ',' << operand;
  for (int64_t number = leftRegister; number < 32; ++number)
    os << ",~{v" << number << '}';
  os << ",~{memory},~{cc}";
  return text;
}

static Value createPointer(OpBuilder &builder, Location loc, Value memref,
                           Value index) {
  Value base =
      memref::ExtractAlignedPointerAsIndexOp::create(builder, loc, memref);
  Value address = arith::AddIOp::create(builder, loc, base, index);
  Value number = arith::IndexCastOp::create(builder, loc, builder.getI64Type(),
                                            address);
  auto type = LLVM::LLVMPointerType::get(builder.getContext());
  return LLVM::IntToPtrOp::create(builder, loc, type, number);
}

bool qdot::lowerPanelLoop(Dot2x2PanelsOp op) {
  if (op.getPairs() != numPairs || op.getColumns() != numColumns ||
      op.getUnits() < unitsPerIteration || op.getUnits() > maxUnits ||
      (op.getLhsSign() == Sign::Signed && op.getRhsSign() == Sign::Unsigned))
    return false;
  OpBuilder builder(op);
  Location loc = op.getLoc();
  SmallVector<Value> operands(op.getAccumulators());
  operands.push_back(
      createPointer(builder, loc, op.getLhs(), op.getLhsIndex()));
  operands.push_back(
      createPointer(builder, loc, op.getRhs(), op.getRhsIndex()));
  SmallVector<Type> types(ValueRange(operands).getTypes());
  types.append(2, builder.getI64Type());
  auto all = LLVM::LLVMStructType::getLiteral(builder.getContext(), types);
  auto loop = LLVM::InlineAsmOp::create(
      builder, loc, all, operands, writeLoop(op), writeConstraints(),
      /*has_side_effects=*/true, /*is_align_stack=*/false,
      LLVM::tailcallkind::TailCallKind::None,
      LLVM::AsmDialectAttr::get(builder.getContext(), LLVM::AsmDialect::AD_ATT),
      /*operand_attrs=*/ArrayAttr());
  for (auto [number, result] : llvm::enumerate(op.getResults())) {
    Value tile = LLVM::ExtractValueOp::create(builder, loc, loop.getResult(0),
                                              ArrayRef<int64_t>{int64_t(number)});
    result.replaceAllUsesWith(tile);
  }
  op.erase();
  return true;
}
