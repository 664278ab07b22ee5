//===- Qdot.h - The qdot dialect ------------------------------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QDOT_DIALECT_QDOT_H
#define QDOT_DIALECT_QDOT_H

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/Dialect/Quant/IR/Quant.h"
#include "mlir/Dialect/Quant/IR/QuantTypes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/Interfaces/DestinationStyleOpInterface.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

#include "qdot/Dialect/QdotDialect.h.inc"
#include "qdot/Dialect/QdotEnums.h.inc"
#define GET_ATTRDEF_CLASSES
#include "qdot/Dialect/QdotAttributes.h.inc"
#define GET_OP_CLASSES
#include "qdot/Dialect/QdotOps.h.inc"

namespace qdot {

/// Names of the discardable attributes (see the dialect's description).
inline constexpr llvm::StringLiteral quantizedAttrName = "qdot.quantized";
inline constexpr llvm::StringLiteral accumulatorAttrName = "qdot.accumulator";
inline constexpr llvm::StringLiteral islandAttrName = "qdot.island";
inline constexpr llvm::StringLiteral keepFloatAttrName = "qdot.keep_float";
inline constexpr llvm::StringLiteral rangeAttrName = "qdot.range";
inline constexpr llvm::StringLiteral quantizationAttrName = "qdot.quantization";
inline constexpr llvm::StringLiteral signatureAttrName = "qdot.signature";
inline constexpr llvm::StringLiteral lhsRangeAttrName = "qdot.lhs_range";
inline constexpr llvm::StringLiteral lhsBorderAttrName = "qdot.lhs_border";
inline constexpr llvm::StringLiteral workspaceAttrName = "qdot.workspace";
inline constexpr llvm::StringLiteral minWorkAttrName = "qdot.min_work";
inline constexpr llvm::StringLiteral grainAttrName = "qdot.grain";
inline constexpr llvm::StringLiteral tileAttrName = "qdot.tile";

/// Registers the models by which one-shot bufferization handles qdot ops.
void registerBufferizableOpInterfaceExternalModels(
    mlir::DialectRegistry &registry);

} // namespace qdot

#endif // QDOT_DIALECT_QDOT_H
