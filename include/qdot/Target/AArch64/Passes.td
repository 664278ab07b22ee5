//===- Passes.td - Passes of the AArch64 target ------------*- tablegen -*-===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QDOT_TARGET_AARCH64_PASSES_TD
#define QDOT_TARGET_AARCH64_PASSES_TD

include "mlir/Pass/PassBase.td"

def LowerDotAArch64 : Pass<"qdot-lower-dot-aarch64", "::mlir::ModuleOp"> {
  let summary = "Lower qdot.dot and other vector ops to AArch64 instructions";
  let description = [{
    In: `qdot.dot`, `qdot.dot_2x2`, `qdot.dot_2x2_panels`, `qdot.repeat`,
    `qdot.narrow`, `qdot.lookup_bytes`, `qdot.rescale`. Out: intrinsics of the
    target's instructions where its vectors have 4 lanes: `sdot` and `udot` for
    equal signs, `usdot` for different ones, `smmla`, `ummla` and `usmmla`,
    `sqxtn` and `sqxtun`, `tbl` and `tbx`, `sqdmulh` or `sqrdmulh` and `srshl`
    (rule S6). A constant that is added before `qdot.narrow` is added to 16-bit
    values instead. Where `qdot.dot` repeats four bytes of another vector,
    LLVM forms the lane-indexed instruction. Scalable vectors (SVE) take the
    same instructions, with a lane where an operand is a `qdot.repeat`.
    `qdot.dot_2x2_panels` of four pairs of rows by six pairs of columns becomes
    a loop in assembly, whose order of loads and products LLVM keeps.

    Without i8mm there is no `usdot`; an unsigned byte u is then taken as
    (u - 128) + 64 + 64, which is three `sdot` and exact. `qdot.dot_2x2` and
    `qdot.dot_2x2_panels` without i8mm and scalable vectors without SVE are refused, so is an unknown target. Other shapes stay for
    `qdot-lower-dot`.

    Example (`target=aarch64-dotprod`):

    ```mlir
    %r = qdot.dot %acc, (%a) signed, (%b) signed : vector<4xi32>, vector<16xi8>
    ```

    becomes

    ```mlir
    %r = llvm.call_intrinsic "llvm.aarch64.neon.sdot.v4i32.v16i8"(%acc, %b, %a) : (vector<4xi32>, vector<16xi8>, vector<16xi8>) -> vector<4xi32>
    ```
  }];
  let options = [
    Option<"target", "target", "std::string", "\"aarch64-dotprod\"",
           "Target of the kernel table">
  ];
  let dependentDialects = ["::mlir::arith::ArithDialect",
                           "::mlir::LLVM::LLVMDialect",
                           "::mlir::memref::MemRefDialect",
                           "::mlir::ub::UBDialect",
                           "::mlir::vector::VectorDialect"];
}

#endif // QDOT_TARGET_AARCH64_PASSES_TD
