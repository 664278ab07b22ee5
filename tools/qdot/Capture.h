//===- Capture.h - Intermediate values of a running model -----------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QDOT_TOOLS_QDOT_CAPTURE_H
#define QDOT_TOOLS_QDOT_CAPTURE_H

#include "Executable.h"
#include "mlir/Dialect/Quant/IR/QuantTypes.h"
#include "llvm/ADT/MapVector.h"
#include <map>
#include <string>
#include <vector>

namespace qdot::driver {

/// One observed tensor, in row-major order.
struct CapturedTensor {
  llvm::SmallVector<int64_t> shape;
  std::vector<float> values;

  int64_t getRows() const { return shape.empty() ? 1 : shape.front(); }
};

/// The tensors observed since `clear`, by site.
using CapturedTensors = std::map<std::string, CapturedTensor>;

/// Functions under the names of the observation runtime that copy every tensor
/// into the capture of the calling thread.
llvm::ArrayRef<HostSymbol> getCaptureSymbols();

/// What the calling thread's models observed. Integers come as exact floats
/// (i8), i32 as the nearest.
CapturedTensors &getCapture();

/// Inserts `qdot.observe` wherever a quantized model says which site its
/// integers stand for, and returns the type behind each site.
llvm::MapVector<llvm::StringRef, mlir::quant::UniformQuantizedType>
observeIntegers(mlir::ModuleOp module);

} // namespace qdot::driver

#endif // QDOT_TOOLS_QDOT_CAPTURE_H
