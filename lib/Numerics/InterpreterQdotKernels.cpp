//===- InterpreterQdotKernels.cpp - qdot, indices, tensor elements --------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "InterpreterKernels.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "qdot/Dialect/Qdot.h"
#include "qdot/Numerics/Requantize.h"
#include "llvm/ADT/TypeSwitch.h"
#include <cmath>
#include <string>

using namespace mlir;

namespace qdot::interpreter {
namespace {

static int64_t getLaneIndex(const Frame &frame, int64_t dimension, int lane) {
  return frame.indices[dimension] +
         (dimension == frame.laneDimension ? lane : 0);
}

void indexKernel(const Instruction &in, Frame &frame, int begin, int end) {
  for (int i = begin; i < end; ++i)
    frame.lanes(in.results[0])[i].i = getLaneIndex(frame, in.immediate, i);
}

/// Rules R2 to R4.
void requantizeFixedKernel(const Instruction &in, Frame &frame, int begin,
                           int end) {
  auto op = cast<RequantizeOp>(in.op);
  numerics::StorageRange clamp{static_cast<int64_t>(op.getClampMin()),
                               static_cast<int64_t>(op.getClampMax())};
  auto contract = op.getContract() == ContractKind::TosaDouble
                      ? numerics::Contract::TosaDouble
                      : numerics::Contract::TosaSingle;
  for (int i = begin; i < end; ++i) {
    auto value = static_cast<int32_t>(frame.lanes(in.operands[0])[i].i);
    auto multiplier = static_cast<int32_t>(frame.lanes(in.operands[1])[i].i);
    auto shift = static_cast<int8_t>(frame.lanes(in.operands[2])[i].i);
    if (multiplier < 0 || shift < 2 || shift > 62)
      return frame.fail(in, "expected multiplier >= 0 and shift in [2, 62], "
                            "got multiplier " +
                                Twine(multiplier) + ", shift " +
                                Twine(int(shift)));
    frame.lanes(in.results[0])[i].i = wrapInteger(
        numerics::requantize(value, {multiplier, shift},
                             static_cast<int64_t>(op.getZeroPoint()), clamp,
                             contract),
        in.resultWidth);
  }
}

/// Rule R5.
void requantizeF32Kernel(const Instruction &in, Frame &frame, int begin,
                         int end) {
  auto op = cast<RequantizeOp>(in.op);
  numerics::StorageRange clamp{static_cast<int64_t>(op.getClampMin()),
                               static_cast<int64_t>(op.getClampMax())};
  for (int i = begin; i < end; ++i) {
    float multiplier = frame.lanes(in.operands[1])[i].f;
    if (!std::isfinite(multiplier))
      return frame.fail(in, "expected a finite multiplier, got " +
                                Twine(std::to_string(multiplier)));
    frame.lanes(in.results[0])[i].i =
        wrapInteger(numerics::requantizeF32(
                        static_cast<int32_t>(frame.lanes(in.operands[0])[i].i),
                        multiplier, static_cast<int64_t>(op.getZeroPoint()),
                        clamp),
                    in.resultWidth);
  }
}

/// `table[index + 128]`.
void lookupKernel(const Instruction &in, Frame &frame, int begin, int end) {
  const Tensor &table = *frame.tensors[in.immediate];
  for (int i = begin; i < end; ++i) {
    int64_t entry = frame.lanes(in.operands[0])[i].i + 128;
    if (entry >= table.getNumElements())
      return frame.fail(in, "entry " + Twine(entry) + " is outside the table");
    frame.lanes(in.results[0])[i] = table.load(entry);
  }
}

void extractKernel(const Instruction &in, Frame &frame, int begin, int end) {
  const Tensor &tensor = *frame.tensors[in.immediate];
  for (int i = begin; i < end; ++i) {
    int64_t offset = 0;
    for (auto [dim, reg] : llvm::enumerate(in.operands)) {
      int64_t index = frame.lanes(reg)[i].i;
      if (index < 0 || index >= tensor.shape[dim])
        return frame.fail(in, "index " + Twine(index) + " of dimension " +
                                  Twine(dim) + " is outside of size " +
                                  Twine(tensor.shape[dim]));
      offset = offset * tensor.shape[dim] + index;
    }
    frame.lanes(in.results[0])[i] = tensor.load(offset);
  }
}

void dimKernel(const Instruction &in, Frame &frame, int begin, int end) {
  const Tensor &tensor = *frame.tensors[in.immediate];
  for (int i = begin; i < end; ++i) {
    int64_t dimension = frame.lanes(in.operands[0])[i].i;
    if (dimension < 0 || dimension >= int64_t(tensor.shape.size()))
      return frame.fail(in, "dimension " + Twine(dimension) +
                                " is outside of rank " +
                                Twine(tensor.shape.size()));
    frame.lanes(in.results[0])[i].i = tensor.shape[dimension];
  }
}

} // namespace

Kernel findQdotKernel(Operation *op) {
  return llvm::TypeSwitch<Operation *, Kernel>(op)
      .Case([](RequantizeOp op) -> Kernel {
        return op.getContract() == ContractKind::F32 ? requantizeF32Kernel
                                                     : requantizeFixedKernel;
      })
      .Case([](LookupOp) -> Kernel { return lookupKernel; })
      .Case([](linalg::IndexOp) -> Kernel { return indexKernel; })
      .Case([](tensor::ExtractOp) -> Kernel { return extractKernel; })
      .Case([](tensor::DimOp) -> Kernel { return dimKernel; })
      .Default([](Operation *) -> Kernel { return nullptr; });
}

} // namespace qdot::interpreter
