//===- QdotDialect.td - The qdot dialect -------------------*- tablegen -*-===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QDOT_DIALECT_QDOTDIALECT_TD
#define QDOT_DIALECT_QDOTDIALECT_TD

include "mlir/IR/OpBase.td"

def Qdot_Dialect : Dialect {
  let name = "qdot";
  let summary = "Observation, quantization and integer arithmetic of tensors";
  let description = [{
    The operations that carry a float model to integer code. Tensor operations
    (`qdot.observe`, `qdot.quantize`, `qdot.dequantize`) mark values; scalar
    operations (`qdot.requantize`, `qdot.lookup`) occur in the bodies of
    `linalg.generic`. Quantized types are those of the upstream `quant` dialect,
    checked by a stricter verifier than upstream's.

    Discardable attributes of the dialect:

    * `qdot.quantized` on an operation with one result: the observation site and
      the quantized type of the integers that it produces.
    * `qdot.accumulator` on a contraction: the proved interval of every partial
      sum.
    * `qdot.island` on an operation that stays in float: the machine-readable
      reason.
    * `qdot.keep_float` on an operation: set by hand or by
      `qdot-annotate-values{keep-float=...}`; the operation is not quantized.
    * `qdot.range` on `qdot.quantize`: why the value has its range
      (`qdot-annotate-values{range=auto}`).
    * `qdot.quantization` on a module: the options of `qdot quantize`.
    * `qdot.signature` on an entry point (`qdot-create-entry-points`): the types
      of the tensors behind its pointers.
    * `qdot.lhs_range` on `qdot.contract`: the smallest and the largest
      activation, proved (`qdot-fuse-epilogues`).
    * `qdot.lhs_border` on `qdot.contract`: how many of the first and of the
      last indices of each dimension hold nothing but zeros in the activation
      (`qdot-mark-borders`).
    * `qdot.workspace` on an entry point (`qdot-plan-memory`): the bytes that its
      `_in_workspace` twin needs.
    * `qdot.min_work` on `qdot.contract` or a linalg operation on memrefs
      (`qdot-choose-splits`): threads may share it, in parts of at least this
      many products (`qdot.contract` with a kernel) or scalar operations.
    * `qdot.grain` on a call (`qdot-outline-parallel`): its last two arguments
      are a range of units, which threads may share in parts of at least this
      many.

    `qdot.quantized` may also stand on an argument or result of a function.
  }];
  let cppNamespace = "::qdot";
  let dependentDialects = [
    "::mlir::quant::QuantDialect"
  ];
  let useDefaultAttributePrinterParser = 1;
  let hasOperationAttrVerify = 1;

  let extraClassDeclaration = [{
    /// Adds the attribute kinds to the dialect.
    void registerAttributes();
  }];
}

#endif // QDOT_DIALECT_QDOTDIALECT_TD
