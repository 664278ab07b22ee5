//===- ByteBody.h - Scalar bodies on vectors of bytes ---------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QDOT_LIB_CODEGEN_BYTEBODY_H
#define QDOT_LIB_CODEGEN_BYTEBODY_H

#include "mlir/IR/Builders.h"

namespace qdot {

/// The scalar body of an elementwise op on `width` neighbouring elements at a
/// time (a power of two). Bytes are computed as one vector of `width` bytes as
/// long as that is possible. What is wider is computed in parts: four of
/// `width / 4` lanes in the order that `qdot.narrow` joins (part p has the
/// bytes `16 l + 4 p + i`, i < 4, so nothing crosses 128 bits), or one part
/// where the width is below 16.
class ByteBody {
public:
  ByteBody(mlir::OpBuilder &builder, mlir::Location loc, mlir::Block &body,
           int64_t width)
      : builder(builder), loc(loc), body(body), width(width) {}

  /// Whether every op of the body has a vector form, and its result is a byte.
  static bool isSupported(mlir::Block &body);

  /// How many parts there are for a width, and the lanes of each.
  static int64_t getNumParts(int64_t width) { return width >= 16 ? 4 : 1; }
  int64_t getNumParts() const { return getNumParts(width); }
  int64_t getLanes() const { return width / getNumParts(); }

  /// Sets the bytes of an i8 value of the body.
  void setBytes(mlir::Value value, mlir::Value bytes);
  /// Sets the parts of a value of any other type.
  void setParts(mlir::Value value, mlir::ArrayRef<mlir::Value> parts);

  /// The bytes of an i8 value. Precondition: arguments that are read are set.
  mlir::Value getBytes(mlir::Value value);
  /// One part of a value.
  mlir::Value getPart(mlir::Value value, int64_t part);

  /// A vector of `width` elements in memory's order, as parts.
  llvm::SmallVector<mlir::Value> split(mlir::Value whole);
  /// The inverse: parts in memory's order.
  mlir::Value join(mlir::ArrayRef<mlir::Value> parts);

private:
  mlir::Value createBytes(mlir::Value value);
  mlir::Value createPart(mlir::Value value, int64_t part);
  /// A constant of the body or a value from outside of it, repeated; else null.
  mlir::Value createSplat(mlir::Value value, int64_t lanes);
  mlir::Value createLookup(mlir::Value table, mlir::Value index, bool isSigned);
  /// A clamp of four parts: `qdot.narrow` and what is left of the clamp.
  mlir::Value createNarrow(mlir::Value value, int64_t min, int64_t max);
  /// `extui` or `extsi` of a byte to i32.
  mlir::Value createExtended(mlir::Operation *op, int64_t part);
  mlir::Value createRounded(mlir::Operation *op, int64_t part);
  /// The op on vectors of its operands.
  mlir::Value repeat(mlir::Operation *op, int64_t lanes,
                     llvm::function_ref<mlir::Value(mlir::Value)> get);
  mlir::Value splatByte(int64_t value);
  /// The elements of a part in memory's order.
  llvm::SmallVector<int64_t> getElements(int64_t part) const;

  mlir::OpBuilder &builder;
  mlir::Location loc;
  mlir::Block &body;
  int64_t width;
  llvm::DenseMap<mlir::Value, mlir::Value> bytes;
  llvm::DenseMap<std::pair<mlir::Value, int64_t>, mlir::Value> parts;
};

} // namespace qdot

#endif // QDOT_LIB_CODEGEN_BYTEBODY_H
