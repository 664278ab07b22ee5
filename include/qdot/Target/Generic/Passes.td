//===- Passes.td - Passes of the portable target -----------*- tablegen -*-===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QDOT_TARGET_GENERIC_PASSES_TD
#define QDOT_TARGET_GENERIC_PASSES_TD

include "mlir/Pass/PassBase.td"

def LowerOps : Pass<"qdot-lower-ops", "::mlir::ModuleOp"> {
  let summary = "Lower qdot ops and quantized types to arith, linalg, tensor";
  let description = [{
    In: linalg on tensors with qdot ops. Out: no qdot op but `qdot.observe` (and
    `qdot.round` with `keep-rounds`), no `quant.scast`, no quantized type. Every op becomes exactly its rule of
    docs/Numerics.md: `qdot.quantize` divides, rounds half to even, clamps in
    float and converts (NaN becomes the zero point); `qdot.requantize` multiplies
    in 64 bits (or once in f32, under that contract); `qdot.lookup` is an
    extraction from a constant. Constants behind `qdot.quantize` and
    `qdot.dequantize` are computed at compile time. Quantized types in function
    signatures and on other operations are refused.

    Example:

    ```mlir
    %y = qdot.lookup %x in %table : tensor<256xi8>
    ```

    becomes

    ```mlir
    %0 = arith.index_cast %x : i8 to index
    %c128 = arith.constant 128 : index
    %1 = arith.addi %0, %c128 : index
    %y = tensor.extract %table[%1] : tensor<256xi8>
    ```
  }];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::linalg::LinalgDialect",
    "::mlir::math::MathDialect", "::mlir::tensor::TensorDialect"
  ];
  let options = [
    Option<"keepRounds", "keep-rounds", "bool", "false",
           "Leave qdot.round for qdot-vectorize-bytes">,
    Option<"fuseMultiplyAdd", "fuse-multiply-add", "bool", "false",
           "The target has math.fma as an instruction: constant scales of "
           "qdot.quantize become factors where rule S7 proves it">
  ];
}

def LowerDot : Pass<"qdot-lower-dot", "::mlir::ModuleOp"> {
  let summary = "Lower qdot.dot and other vector ops to portable vector code";
  let description = [{
    In: `qdot.dot`, `qdot.dot_2x2`, `qdot.dot_2x2_panels`, `qdot.repeat`,
    `qdot.lookup_bytes`, `qdot.narrow`, `qdot.rescale`. Out: none; extensions to i32 or i64, products
    and sums, clamps and shuffles, which run on every machine.

    Example:

    ```mlir
    %r = qdot.dot %acc, (%a) unsigned, (%b) signed : vector<4xi32>, vector<16xi8>
    ```

    becomes

    ```mlir
    %0 = vector.shuffle %a, %a [0, 4, 8, 12] : vector<16xi8>, vector<16xi8>
    %1 = arith.extui %0 : vector<4xi8> to vector<4xi32>
    ...
    %r = arith.addi ... : vector<4xi32>
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect",
                           "::mlir::memref::MemRefDialect",
                           "::mlir::scf::SCFDialect",
                           "::mlir::vector::VectorDialect"];
}

#endif // QDOT_TARGET_GENERIC_PASSES_TD
