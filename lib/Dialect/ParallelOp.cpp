//===- ParallelOp.cpp - qdot.parallel -------------------------------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/IR/Builders.h"
#include "qdot/Dialect/Qdot.h"

using namespace mlir;
using namespace qdot;

void ParallelOp::build(OpBuilder &builder, OperationState &state, Value count,
                       int64_t grain) {
  state.addOperands(count);
  state.getOrAddProperties<Properties>().grain =
      builder.getI64IntegerAttr(grain);
  OpBuilder::InsertionGuard guard(builder);
  Type index = builder.getIndexType();
  builder.createBlock(state.addRegion(), {}, {index, index},
                      {state.location, state.location});
}

LogicalResult ParallelOp::verify() {
  TypeRange types = getBody().getArgumentTypes();
  if (types.size() != 2 || !types[0].isIndex() || !types[1].isIndex())
    return emitOpError() << "expected a body with the begin and the end of a "
                            "range, two of index, as arguments, got "
                         << types;
  return success();
}

ParseResult ParallelOp::parse(OpAsmParser &parser, OperationState &result) {
  OpAsmParser::Argument begin, end;
  OpAsmParser::UnresolvedOperand count;
  IntegerAttr grain;
  Builder &builder = parser.getBuilder();
  if (parser.parseArgument(begin) || parser.parseKeyword("to") ||
      parser.parseArgument(end) || parser.parseKeyword("of") ||
      parser.parseOperand(count) || parser.parseKeyword("grain") ||
      parser.parseAttribute(grain, builder.getI64Type()) ||
      parser.resolveOperand(count, builder.getIndexType(), result.operands) ||
      parser.parseOptionalAttrDictWithKeyword(result.attributes))
    return failure();
  begin.type = end.type = builder.getIndexType();
  result.getOrAddProperties<Properties>().grain = grain;
  return parser.parseRegion(*result.addRegion(), {begin, end});
}

void ParallelOp::print(OpAsmPrinter &printer) {
  printer << ' ' << getBegin() << " to " << getEnd() << " of " << getCount()
          << " grain " << getGrain();
  printer.printOptionalAttrDictWithKeyword((*this)->getAttrs(),
                                           {getGrainAttrName()});
  printer << ' ';
  printer.printRegion(getBody(), /*printEntryBlockArgs=*/false,
                      /*printBlockTerminators=*/false);
}
