//===- ObserveValues.cpp - Insert qdot.observe ---------------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "qdot/Analysis/QuantizableValues.h"
#include "mlir/IR/BuiltinOps.h"
#include "qdot/Dialect/CheckInput.h"
#include "qdot/Observe/Passes.h"

namespace qdot {
#define GEN_PASS_DEF_OBSERVEVALUES
#include "qdot/Observe/Passes.h.inc"
} // namespace qdot

using namespace mlir;
using namespace qdot;

namespace {
struct ObserveValues : public qdot::impl::ObserveValuesBase<ObserveValues> {
  using ObserveValuesBase::ObserveValuesBase;

  void runOnOperation() override {
    WalkResult present = getOperation().walk([](ObserveOp observe) {
      observe.emitOpError("is already present; run qdot-remove-observe first");
      return WalkResult::interrupt();
    });
    if (present.wasInterrupted() || failed(checkInput(getOperation())))
      return signalPassFailure();
    for (auto function : getOperation().getOps<func::FuncOp>())
      if (!function.isDeclaration())
        observe(function);
  }

  void observe(func::FuncOp function) const {
    LayerAnalysis layers(function);
    QuantizableValues values(function, layers);
    OpBuilder builder(function.getContext());
    for (const QuantizableValue &value : values.getValues()) {
      if (isQuantizedAlready(value.value))
        continue;
      builder.setInsertionPointAfterValue(value.value);
      auto observe = ObserveOp::create(builder, value.value.getLoc(),
                                       value.value, value.site);
      if (hasChannelAxis(value.value))
        observe->setAttr("qdot.channel_axis",
                         builder.getI64IntegerAttr(channelAxis));
    }
  }

  bool hasChannelAxis(Value value) const {
    int64_t rank = cast<ShapedType>(value.getType()).getRank();
    return channelAxis != 0 && channelAxis < rank && channelAxis >= -rank;
  }
};
} // namespace
