//===- BufferizableOpInterfaceImpl.cpp - Bufferization -------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Bufferization/IR/BufferizableOpInterface.h"
#include "mlir/Dialect/Bufferization/IR/DstBufferizableOpInterfaceImpl.h"
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
    DictionaryAttr marks = observe->getDiscardableAttrDictionary();
    auto buffered = replaceOpWithNewBufferizedOp<ObserveOp>(rewriter, op, *buffer,
                                            observe.getSite());
    buffered->setDiscardableAttrs(marks);
    return success();
  }
};

/// Writes every element of its destination without reading it.
struct ContractOpInterface
    : public DstBufferizableOpInterfaceExternalModel<ContractOpInterface,
                                                     ContractOp> {
  bool bufferizesToMemoryRead(Operation *op, OpOperand &operand,
                              const AnalysisState &) const {
    return !cast<DestinationStyleOpInterface>(op).isDpsInit(&operand);
  }
  LogicalResult bufferize(Operation *op, RewriterBase &rewriter,
                          const BufferizationOptions &options,
                          BufferizationState &state) const {
    SmallVector<Value> buffers;
    for (Value operand : op->getOperands()) {
      FailureOr<Value> buffer = getBuffer(rewriter, operand, options, state);
      if (failed(buffer))
        return failure();
      buffers.push_back(*buffer);
    }
    rewriter.setInsertionPoint(op);
    OperationState created(op->getLoc(), ContractOp::getOperationName(),
                           buffers, TypeRange(), op->getAttrs());
    Region *body = created.addRegion();
    body->takeBody(op->getRegion(0));
    Operation *result = rewriter.create(created);
    replaceOpWithBufferizedValues(rewriter, op, result->getOperands().back());
    return success();
  }
};
} // namespace

void qdot::registerBufferizableOpInterfaceExternalModels(
    DialectRegistry &registry) {
  registry.addExtension(+[](MLIRContext *context, QdotDialect *) {
    ObserveOp::attachInterface<ObserveOpInterface>(*context);
    ContractOp::attachInterface<ContractOpInterface>(*context);
  });
}
