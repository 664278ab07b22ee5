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
  let description = [{
    This front end knows its ranges: three `!quant.uniform` types say how the
    input, the weights and the result are to be quantized.
  }];
  let arguments = (ins F32Tensor:$x, F32Tensor:$weights, F32Tensor:$bias,
                       TypeAttr:$x_type, TypeAttr:$weights_type,
                       TypeAttr:$y_type);
  let results = (outs F32Tensor:$y);
  let assemblyFormat = [{
    $x `as` $x_type `,` $weights `as` $weights_type `,` $bias `to` $y_type
    attr-dict `:` functional-type(operands, results)
  }];
}

#endif // TINY_OPS_TD
