//===- QdotDialect.cpp - The qdot dialect --------------------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectImplementation.h"
#include "mlir/Transforms/InliningUtils.h"
#include "qdot/Dialect/Qdot.h"
#include "qdot/Dialect/QuantizedType.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace qdot;

#include "qdot/Dialect/QdotDialect.cpp.inc"

namespace {
/// Calls are inlined whatever qdot operations the callee holds.
struct QdotInlinerInterface : public DialectInlinerInterface {
  using DialectInlinerInterface::DialectInlinerInterface;

  bool isLegalToInline(Operation *, Region *, bool, IRMapping &) const final {
    return true;
  }
  bool isLegalToInline(Region *, Region *, bool, IRMapping &) const final {
    return true;
  }
};
} // namespace

void QdotDialect::initialize() {
  addInterfaces<QdotInlinerInterface>();
  addOperations<
#define GET_OP_LIST
#include "qdot/Dialect/QdotOps.cpp.inc"
      >();
  registerAttributes();
}

static LogicalResult verifyQuantizedAttr(Operation *op, Attribute attr) {
  auto quantized = dyn_cast<QuantizedAttr>(attr);
  if (!quantized)
    return op->emitOpError() << "expected a #qdot.quantized attribute for '"
                             << quantizedAttrName << "', got " << attr;
  if (op->getNumResults() != 1)
    return op->emitOpError() << "'" << quantizedAttrName
                             << "' needs an operation with one result, got "
                             << op->getNumResults();
  auto tensor = dyn_cast<RankedTensorType>(op->getResult(0).getType());
  auto type = dyn_cast<quant::QuantizedType>(quantized.getType());
  if (!tensor || !type || tensor.getElementType() != getStorageType(type))
    return op->emitOpError()
           << "'" << quantizedAttrName << "' type " << quantized.getType()
           << " is not stored in " << op->getResult(0).getType();
  return success();
}

/// The interval of the activations lies within the bytes as they are read.
static LogicalResult verifyLhsRange(Operation *op, Attribute attr) {
  auto contract = dyn_cast<ContractOp>(op);
  if (!contract)
    return op->emitOpError() << "'" << lhsRangeAttrName
                             << "' belongs on 'qdot.contract'";
  // The op's own verifier, which comes later, reports a missing sign.
  if (!contract.getLhsSignAttr())
    return success();
  auto range = dyn_cast<DenseI64ArrayAttr>(attr);
  bool isSigned = contract.getLhsSign() == Sign::Signed;
  int64_t low = isSigned ? -128 : 0;
  if (!range || range.size() != 2 || range[0] > range[1] || range[0] < low ||
      range[1] > low + 255)
    return op->emitOpError() << "expected an interval within " << low << " to "
                             << low + 255 << " for '" << lhsRangeAttrName
                             << "', got " << attr;
  return success();
}

/// Two numbers for each dimension of the activation.
static LogicalResult verifyLhsBorder(Operation *op, Attribute attr) {
  auto contract = dyn_cast<ContractOp>(op);
  if (!contract)
    return op->emitOpError() << "'" << lhsBorderAttrName
                             << "' belongs on 'qdot.contract'";
  auto type = dyn_cast<ShapedType>(contract.getLhs().getType());
  auto border = dyn_cast<DenseI64ArrayAttr>(attr);
  if (!type || !border || border.size() != 2 * type.getRank() ||
      llvm::any_of(border.asArrayRef(), [](int64_t at) { return at < 0; }))
    return op->emitOpError()
           << "expected two counts of zeros for each dimension of "
           << contract.getLhs().getType() << " for '" << lhsBorderAttrName
           << "', got " << attr;
  return success();
}

LogicalResult QdotDialect::verifyOperationAttribute(Operation *op,
                                                    NamedAttribute attr) {
  StringRef name = attr.getName();
  Attribute value = attr.getValue();
  if (name == quantizedAttrName)
    return verifyQuantizedAttr(op, value);
  if (name == lhsRangeAttrName)
    return verifyLhsRange(op, value);
  if (name == lhsBorderAttrName)
    return verifyLhsBorder(op, value);
  if (name == accumulatorAttrName && !isa<AccumulatorAttr>(value))
    return op->emitOpError() << "expected a #qdot.accumulator attribute for '"
                             << name << "', got " << value;
  if (name == rangeAttrName && !isa<RangeAttr>(value))
    return op->emitOpError() << "expected a #qdot.range attribute for '"
                             << name << "', got " << value;
  if ((name == islandAttrName || name == quantizationAttrName) &&
      !isa<StringAttr>(value))
    return op->emitOpError()
           << "expected a string for '" << name << "', got " << value;
  if (name == keepFloatAttrName && !isa<UnitAttr>(value))
    return op->emitOpError()
           << "expected a unit attribute for '" << name << "', got " << value;
  if (name == signatureAttrName) {
    auto type = dyn_cast<TypeAttr>(value);
    if (!type || !isa<FunctionType>(type.getValue()))
      return op->emitOpError()
             << "expected a function type for '" << name << "', got " << value;
  }
  if (name == minWorkAttrName || name == grainAttrName) {
    auto number = dyn_cast<IntegerAttr>(value);
    if (!number || !number.getType().isInteger(64) || number.getInt() < 1)
      return op->emitOpError() << "expected a positive i64 for '" << name
                               << "', got " << value;
  }
  if (name == workspaceAttrName) {
    auto bytes = dyn_cast<IntegerAttr>(value);
    if (!bytes || !bytes.getType().isInteger(64) || bytes.getInt() < 0)
      return op->emitOpError() << "expected a number of bytes, an i64, for '"
                               << name << "', got " << value;
  }
  return success();
}
