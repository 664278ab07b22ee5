//===- TinyOps.td - The one operation of the foreign compiler -*- tablegen -*-===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TINY_OPS_TD
#define TINY_OPS_TD

include "mlir/IR/OpBase.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

def Tiny_Dialect : Dialect {
  let name = "tiny";
  let summary = "What the front end of the foreign compiler produces";
  let cppNamespace = "::tiny";
}

def Tiny_DenseOp : Op<Tiny_Dialect, "dense", [Pure]> {
  let summary = "Dense layer with ReLU: max(0, x * weights + bias)";
  let arguments = (ins F32Tensor:$x, F32Tensor:$weights, F32Tensor:$bias);
  let results = (outs F32Tensor:$y);
  let assemblyFormat = [{
    $x `,` $weights `,` $bias attr-dict `:` functional-type(operands, results)
  }];
}

#endif // TINY_OPS_TD
