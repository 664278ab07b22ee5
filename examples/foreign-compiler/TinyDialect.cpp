//===- TinyDialect.cpp - The dialect of the foreign compiler --------------===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Tiny.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/OpImplementation.h"

#include "TinyDialect.cpp.inc"
#define GET_OP_CLASSES
#include "TinyOps.cpp.inc"

void tiny::TinyDialect::initialize() {
  addOperations<
#define GET_OP_LIST
#include "TinyOps.cpp.inc"
      >();
}
