//===- QdotOps.td - Operations of the qdot dialect ---------*- tablegen -*-===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QDOT_DIALECT_QDOTOPS_TD
#define QDOT_DIALECT_QDOTOPS_TD

include "qdot/Dialect/QdotAttributes.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"
include "mlir/Dialect/Quant/IR/QuantBase.td"

class Qdot_Op<string mnemonic, list<Trait> traits = []>
    : Op<Qdot_Dialect, mnemonic, traits>;

def Qdot_ObserveOp : Qdot_Op<"observe",
    [DeclareOpInterfaceMethods<MemoryEffectsOpInterface>]> {
  let summary = "Marks a value whose statistics are to be recorded";
  let description = [{
    Records nothing by itself; `qdot-lower-observe` turns it into a call of the
    runtime. The op is never removed as dead. On tensors before bufferization,
    on memrefs after it.

    Example:

    ```mlir
    qdot.observe %x {site = #qdot.site<"main/conv_0#8d2e1c9b55aa0f31">} : tensor<1x4xf32>
    ```
  }];
  let arguments = (ins AnyTypeOf<[AnyRankedTensor, AnyNon0RankedMemRef, AnyMemRef]>:$value,
                       Qdot_SiteAttr:$site);
  let assemblyFormat = "$value attr-dict `:` type($value)";
}

def Qdot_QuantizeOp : Qdot_Op<"quantize", [Pure]> {
  let summary = "Real values to quantized values";
  let description = [{
    `q = clamp(roundHalfEven(x / scale) + zero_point)`, the division in f32,
    NaN to the zero point (rule Q6). The result has the operand's shape and a
    `!quant.uniform` element type with finite normal scales, zero points within
    the storage type, and as many scales as the quantized axis has elements.
    A constant operand on i32 storage (a bias) divides in f64 (rule Q7).

    Example:

    ```mlir
    %q = qdot.quantize %x : tensor<1x4xf32> -> tensor<1x4x!quant.uniform<i8:f32, 0.015625:-32>>
    ```
  }];
  let arguments = (ins AnyRankedTensor:$input, OptionalAttr<Qdot_SiteAttr>:$site);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = "$input attr-dict `:` type($input) `->` type($result)";
  let hasVerifier = 1;
}

def Qdot_DequantizeOp : Qdot_Op<"dequantize", [Pure]> {
  let summary = "Quantized values to real values";
  let description = [{
    `x = (q - zero_point) * scale`, the product in f32 (rule Q8). The same
    demands on the quantized type as `qdot.quantize`.

    Example:

    ```mlir
    %x = qdot.dequantize %q : tensor<1x4x!quant.uniform<i8:f32, 0.015625:-32>> -> tensor<1x4xf32>
    ```
  }];
  let arguments = (ins AnyRankedTensor:$input);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = "$input attr-dict `:` type($input) `->` type($result)";
  let hasVerifier = 1;
}

def Qdot_RequantizeOp : Qdot_Op<"requantize", [Pure]> {
  let summary = "Accumulator to storage type, under a named contract";
  let description = [{
    `clamp(apply(acc, multiplier, shift) + zero_point, clamp_min, clamp_max)`
    (rules R1 to R7). Contracts `tosa_single` and `tosa_double` take an i32
    multiplier and an i8 shift, 2 <= shift <= 62; contract `f32` takes an f32
    multiplier and no shift. Add and clamp never wrap.

    Example:

    ```mlir
    %y = qdot.requantize %acc, %m, %s zero_point(-128) clamp(-128, 127) contract tosa_single : i32, i32 -> i8
    ```
  }];
  let arguments = (ins I32:$accumulator, AnyTypeOf<[I32, F32]>:$multiplier,
                       Optional<I8>:$shift, I64Attr:$zero_point,
                       I64Attr:$clamp_min, I64Attr:$clamp_max,
                       Qdot_ContractAttr:$contract);
  let results = (outs AnyTypeOf<[I8, I<16>, I32]>:$result);
  let assemblyFormat = [{
    $accumulator `,` $multiplier (`,` $shift^)? `zero_point` `(` $zero_point `)`
    `clamp` `(` $clamp_min `,` $clamp_max `)` `contract` `` $contract
    attr-dict `:` type($accumulator) `,` type($multiplier) `->` type($result)
  }];
  let hasVerifier = 1;
}

def Qdot_LookupOp : Qdot_Op<"lookup", [Pure]> {
  let summary = "Entry of a 256-entry table";
  let description = [{
    `table[index + 128]`, the i8 index read as signed: entry 0 belongs to -128.

    Example:

    ```mlir
    %y = qdot.lookup %q in %table : tensor<256xi8>
    ```
  }];
  let arguments = (ins I8:$index, RankedTensorOf<[I8]>:$table);
  let results = (outs I8:$result);
  let assemblyFormat = "$index `in` $table attr-dict `:` type($table)";
  let hasVerifier = 1;
}

#endif // QDOT_DIALECT_QDOTOPS_TD
