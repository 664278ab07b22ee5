//===- Tiny.h - Dialect and lowering of the foreign compiler --------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TINY_H
#define TINY_H

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "mlir/Pass/Pass.h"

#include "TinyDialect.h.inc"
#define GET_OP_CLASSES
#include "TinyOps.h.inc"

namespace tiny {

/// Makes the pass that turns every `tiny.dense` into linalg on tensors.
std::unique_ptr<mlir::Pass> createLowerTiny();

} // namespace tiny

#endif // TINY_H
