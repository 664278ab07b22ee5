//===- FunctionPlan.h - What is decided about one function -----*- C++ -*-===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QDOT_LIB_ANNOTATE_FUNCTIONPLAN_H
#define QDOT_LIB_ANNOTATE_FUNCTIONPLAN_H

#include "qdot/Analysis/QuantizableValues.h"
#include "qdot/Annotate/AnnotationRules.h"
#include "qdot/Statistics/Statistics.h"
#include <optional>

namespace qdot {

/// Why `range=auto` took a method: ratios of signal to noise, in dB.
struct RangeChoice {
  std::string method;
  double sqnr;
  double minmaxSqnr;
};

/// Parameters of one value and the integers that it may take.
struct ActivationType {
  numerics::QuantParams params;
  numerics::StorageRange storage;
  std::optional<RangeChoice> choice;
};

/// A function and what is known about it before anything is changed.
struct FunctionPlan {
  FunctionPlan(mlir::func::FuncOp function, llvm::Regex *keepFloat)
      : function(function), layers(function),
        values(function, layers, keepFloat) {}

  mlir::func::FuncOp function;
  LayerAnalysis layers;
  QuantizableValues values;
  /// The type of each value that gets one; decided by `chooseActivations`.
  llvm::DenseMap<mlir::Value, ActivationType> types;
};

/// The record of a value that is not quantized already. Precondition: the file
/// fits the model (StatisticsLookup.h).
inline const statistics::TensorRecord &
getRecord(const statistics::StatisticsFile &file,
          const QuantizableValue &value) {
  return file.records.at(value.site.getKey().str());
}

/// Chooses scale and zero point of every value of a function. Emits an error
/// for records without a range and for constants that are not finite.
mlir::LogicalResult chooseActivations(FunctionPlan &plan,
                                      const statistics::StatisticsFile &file,
                                      const AnnotationRules &rules);

} // namespace qdot

#endif // QDOT_LIB_ANNOTATE_FUNCTIONPLAN_H
