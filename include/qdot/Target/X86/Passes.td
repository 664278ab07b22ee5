//===- Passes.td - Passes of the x86 target ----------------*- tablegen -*-===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QDOT_TARGET_X86_PASSES_TD
#define QDOT_TARGET_X86_PASSES_TD

include "mlir/Pass/PassBase.td"

def LowerDotX86 : Pass<"qdot-lower-dot-x86", "::mlir::ModuleOp"> {
  let summary = "Lower dot products, narrowing and lookups to x86 instructions";
  let description = [{
    In: `qdot.dot`, `qdot.narrow`, `qdot.lookup_bytes`. Out: intrinsics of the target's instructions where its
    vectors have 4, 8 or 16 lanes: `vpdpbusd` (AVX512-VNNI; AVX-VNNI up to 8
    lanes), `vpdpbssd` and `vpdpbuud` with AVX-VNNI-INT8 for equal signs. On
    AVX2, and for signs without an instruction: `vpmaddubsw`, `vpaddw` and
    `vpmaddwd` where `fits_i16` says that 16 bits hold every sum, else bytes
    widened to 16 bits and `vpmaddwd`, which is exact, or, where no other product
    has the same weights, the unsigned side as a sum of two (rule D6). `qdot.narrow` becomes
    `vpackssdw` and `vpackuswb`. `qdot.lookup_bytes` of 8, 16 and 32 bytes (64
    with AVX512-VNNI) becomes 16 `vpshufb`, one per row of the table.
    Other shapes stay for `qdot-lower-dot`.

    The names of targets are those of the kernel table; an unknown one is
    refused.

    Example (`target=x86-avx512vnni`):

    ```mlir
    %r = qdot.dot %acc, (%a) unsigned, (%b) signed : vector<16xi32>, vector<64xi8>
    ```

    becomes

    ```mlir
    %r = llvm.call_intrinsic "llvm.x86.avx512.vpdpbusd.512"(%acc, %a, %b) : (vector<16xi32>, vector<64xi8>, vector<64xi8>) -> vector<16xi32>
    ```
  }];
  let options = [
    Option<"target", "target", "std::string", "\"x86-avx2\"",
           "Target of the kernel table">
  ];
  let dependentDialects = ["::mlir::arith::ArithDialect",
                           "::mlir::LLVM::LLVMDialect",
                           "::mlir::vector::VectorDialect"];
}

#endif // QDOT_TARGET_X86_PASSES_TD
