//===- Passes.td - Passes of the step Prepare ------------*- tablegen -*-===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QDOT_PREPARE_PASSES_TD
#define QDOT_PREPARE_PASSES_TD

include "mlir/Pass/PassBase.td"

def FoldConstants : Pass<"qdot-fold-constants", "::mlir::ModuleOp"> {
  let summary = "Compute what depends on constant tensors only";
  let description = [{
    In: linalg and tensor ops on tensors. Out: transposes, reshapes, slices and
    elementwise ops that read nothing but constant tensors are constants
    themselves (`dense`, whatever the operands were). Data movement copies bits,
    of any element type; arithmetic is done as on the target, f32 rounded at
    each step.

    Left alone: an op that would make more than 4 KiB more constant data than it
    reads; fills and everything that only initializes the destination of another
    linalg op (the broadcast bias of a contraction); dynamic shapes. A
    `dense_resource` without data is an error.

    Example:

    ```mlir
    func.func @main() -> tensor<2x3xf32> {
      %w = arith.constant dense<[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]> : tensor<3x2xf32>
      %e = tensor.empty() : tensor<2x3xf32>
      %t = linalg.transpose ins(%w : tensor<3x2xf32>) outs(%e : tensor<2x3xf32>) permutation = [1, 0]
      return %t : tensor<2x3xf32>
    }
    ```

    becomes

    ```mlir
    func.func @main() -> tensor<2x3xf32> {
      %t = arith.constant dense<[[1.0, 3.0, 5.0], [2.0, 4.0, 6.0]]> : tensor<2x3xf32>
      return %t : tensor<2x3xf32>
    }
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect"];
}

#endif // QDOT_PREPARE_PASSES_TD
