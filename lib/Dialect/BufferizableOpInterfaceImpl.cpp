//===- BufferizableOpInterfaceImpl.cpp - Bufferization -------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Bufferization/IR/BufferizableOpInterface.h"
#include "qdot/Dialect/Qdot.h"

using namespace mlir;
using namespace mlir::bufferization;
using namespace qdot;

namespace {
/// Observation reads its operand and nothing else.
struct ObserveOpInterface
    : public BufferizableOpInterface::ExternalModel<ObserveOpInterface,
                                                    ObserveOp> {
  bool bufferizesToMemoryRead(Operation *, OpOperand &,
                              const AnalysisState &) const {
    return true;
  }
  bool bufferizesToMemoryWrite(Operation *, OpOperand &,
                               const AnalysisState &) const {
    return false;
  }
  AliasingValueList getAliasingValues(Operation *, OpOperand &,
                                      const AnalysisState &) const {
    return {};
  }
  LogicalResult bufferize(Operation *op, RewriterBase &rewriter,
                          const BufferizationOptions &options,
                          BufferizationState &state) const {
    auto observe = cast<ObserveOp>(op);
    FailureOr<Value> buffer =
        getBuffer(rewriter, observe.getValue(), options, state);
    if (failed(buffer))
      return failure();
    replaceOpWithNewBufferizedOp<ObserveOp>(rewriter, op, *buffer,
                                            observe.getSite());
    return success();
  }
};
} // namespace

void qdot::registerBufferizableOpInterfaceExternalModels(
    DialectRegistry &registry) {
  registry.addExtension(+[](MLIRContext *context, QdotDialect *) {
    ObserveOp::attachInterface<ObserveOpInterface>(*context);
  });
}
