//===- QuantizableValues.h - Values that carry a scale and zero point ----===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//


#ifndef QDOT_ANALYSIS_QUANTIZABLEVALUES_H
#define QDOT_ANALYSIS_QUANTIZABLEVALUES_H

#include "qdot/Analysis/Layers.h"
#include "qdot/Dialect/Qdot.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/Support/Regex.h"

namespace qdot {

/// One value that is observed, and quantized once its range is known.
struct QuantizableValue {
  mlir::Value value;
  SiteAttr site;
  /// The layer that makes the value, or null (arguments, float islands).
  const Layer *producer = nullptr;
};

/// True when a value needs no range of its own any more: it comes out of a
/// `qdot.dequantize`, or only `qdot.quantize` reads it (QDQ input).
bool isQuantizedAlready(mlir::Value value);

/// The quantizable values of one function, each with its structural site, and
/// the groups that must share scale and zero point.
class QuantizableValues {
public:
  /// `keepFloat`, when given, names by site path the layers that stay in float.
  QuantizableValues(mlir::func::FuncOp function, const LayerAnalysis &layers,
                    llvm::Regex *keepFloat = nullptr);

  /// In the order of definition in the text.
  llvm::ArrayRef<QuantizableValue> getValues() const { return values; }

  /// The site of a value or null when it is not quantizable.
  const QuantizableValue *lookup(mlir::Value value) const;

  /// True when a layer stays in float because its site matched `keepFloat` or
  /// it carries `qdot.keep_float`.
  bool isKeptFloat(const Layer &layer) const { return kept.contains(layer.op); }

  /// True when a layer will be quantized: all its values are.
  bool isQuantized(const Layer &layer) const;

private:
  llvm::SmallVector<QuantizableValue> values;
  llvm::DenseMap<mlir::Value, unsigned> index;
  llvm::DenseSet<mlir::Operation *> kept;
};

} // namespace qdot

#endif // QDOT_ANALYSIS_QUANTIZABLEVALUES_H
