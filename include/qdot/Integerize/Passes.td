//===- Passes.td - Passes of the step Integerize -*- tablegen -*-===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QDOT_INTEGERIZE_PASSES_TD
#define QDOT_INTEGERIZE_PASSES_TD

include "mlir/Pass/PassBase.td"

def IntegerizeOps : Pass<"qdot-integerize-ops", "::mlir::ModuleOp"> {
  let summary = "Replace annotated float operations by integer ones";
  let description = [{
    In: float linalg between `qdot.dequantize` and `qdot.quantize`. Out: integer
    linalg on the storage types, with `qdot.requantize` and `qdot.lookup` in the
    bodies. Contractions and sums accumulate in i32 and carry the proof that
    they cannot overflow (`qdot.accumulator`); zero points and biases are folded
    into their initial values. A function of one value is a table of 256
    entries. `quant.scast` connects storage values with what remains of
    `qdot.quantize` and `qdot.dequantize`: at arguments, at results, and around
    operations that stay in float. Those are marked `qdot.island = "reason"`,
    and each gets a remark of category `qdot` with the reason.

    Example:

    ```mlir
    func.func @main(%x: tensor<4xf32>, %init: tensor<4xf32>) -> tensor<4xf32> {
      %xq = qdot.quantize %x : tensor<4xf32> -> tensor<4x!quant.uniform<i8:f32, 0.5>>
      %xd = qdot.dequantize %xq : tensor<4x!quant.uniform<i8:f32, 0.5>> -> tensor<4xf32>
      %y = linalg.mul ins(%xd, %xd : tensor<4xf32>, tensor<4xf32>) outs(%init : tensor<4xf32>) -> tensor<4xf32>
      %yq = qdot.quantize %y : tensor<4xf32> -> tensor<4x!quant.uniform<i8:f32, 0.25>>
      %yd = qdot.dequantize %yq : tensor<4x!quant.uniform<i8:f32, 0.25>> -> tensor<4xf32>
      return %yd : tensor<4xf32>
    }
    ```

    becomes (with `--cse`, which merges the two casts of `%xq`)

    ```mlir
    #map = affine_map<(d0) -> (d0)>
    func.func @main(%x: tensor<4xf32>, %init: tensor<4xf32>) -> tensor<4xf32> {
      %xq = qdot.quantize %x : tensor<4xf32> -> tensor<4x!quant.uniform<i8:f32, 0.5>>
      %xi = quant.scast %xq : tensor<4x!quant.uniform<i8:f32, 0.5>> to tensor<4xi8>
      %e0 = tensor.empty() : tensor<4xi32>
      %products = linalg.generic {indexing_maps = [#map, #map, #map], iterator_types = ["parallel"]} ins(%xi, %xi : tensor<4xi8>, tensor<4xi8>) outs(%e0 : tensor<4xi32>) {
      ^bb0(%a: i8, %b: i8, %o: i32):
        %1 = arith.extsi %a : i8 to i32
        %2 = arith.extsi %b : i8 to i32
        %3 = arith.muli %1, %2 : i32
        linalg.yield %3 : i32
      } -> tensor<4xi32>
      %e1 = tensor.empty() : tensor<4xi8>
      %m = arith.constant 1073741824 : i32
      %s = arith.constant 30 : i8
      %yi = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel"]} ins(%products : tensor<4xi32>) outs(%e1 : tensor<4xi8>) attrs = {qdot.quantized = #qdot.quantized<!quant.uniform<i8:f32, 0.25>>} {
      ^bb0(%a: i32, %o: i8):
        %1 = qdot.requantize %a, %m, %s zero_point(0) clamp(-128, 127) contract tosa_single : i32, i32 -> i8
        linalg.yield %1 : i8
      } -> tensor<4xi8>
      %yq = quant.scast %yi : tensor<4xi8> to tensor<4x!quant.uniform<i8:f32, 0.25>>
      %yd = qdot.dequantize %yq : tensor<4x!quant.uniform<i8:f32, 0.25>> -> tensor<4xf32>
      return %yd : tensor<4xf32>
    }
    ```
  }];
  let options = [
    Option<"numerics", "numerics", "std::string", "\"tosa-single\"",
           "requantization contract: tosa-single, tosa-double or f32">
  ];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::linalg::LinalgDialect",
    "::mlir::quant::QuantDialect", "::mlir::tensor::TensorDialect",
    "::qdot::QdotDialect"
  ];
}

def VerifyInteger : Pass<"qdot-verify-integer", "::mlir::ModuleOp"> {
  let summary = "Fail when float remains between quantized values";
  let description = [{
    In and out: what `qdot-integerize-ops` made. An operation on float tensors
    that lies between a `qdot.dequantize` and a `qdot.quantize` is an error that
    names the operation and the cause, unless its `qdot.island` reason is in
    `allow` (comma separated; `all` allows every reason, `none` no reason).
    Quantization of arguments and dequantization of results are no errors, nor is
    float behind the last `qdot.dequantize`.

    Example (`--qdot-verify-integer=allow=none`):

    ```mlir
    func.func @main(%q: tensor<4x!quant.uniform<i8:f32, 0.5>>, %init: tensor<4xf32>) -> tensor<4x!quant.uniform<i8:f32, 0.5>> {
      %x = qdot.dequantize %q : tensor<4x!quant.uniform<i8:f32, 0.5>> -> tensor<4xf32>
      // error: 'linalg.exp' op stays in float between quantized values: ...
      %y = linalg.exp ins(%x : tensor<4xf32>) outs(%init : tensor<4xf32>) -> tensor<4xf32>
      %r = qdot.quantize %y : tensor<4xf32> -> tensor<4x!quant.uniform<i8:f32, 0.5>>
      return %r : tensor<4x!quant.uniform<i8:f32, 0.5>>
    }
    ```
  }];
  let options = [
    Option<"allow", "allow", "std::string",
           "\"softmax,normalization,keep-float\"",
           "reasons that are allowed between quantized values">
  ];
}

def QuantizeSignature : Pass<"qdot-quantize-signature", "::mlir::ModuleOp"> {
  let summary = "Make quantized arguments and results integers";
  let description = [{
    In: integerized functions. Out: an argument whose elements only one `qdot.quantize`
    reads, and a result that a `qdot.dequantize` makes, have the storage type
    instead of f32; the argument or result attribute `qdot.quantized` says what
    the integers stand for. Functions that are called are refused. Arguments and
    results that stay in float get a remark.

    Example:

    ```mlir
    func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
      %xq = qdot.quantize %x : tensor<4xf32> -> tensor<4x!quant.uniform<i8:f32, 0.5>>
      %xd = qdot.dequantize %xq : tensor<4x!quant.uniform<i8:f32, 0.5>> -> tensor<4xf32>
      return %xd : tensor<4xf32>
    }
    ```

    becomes

    ```mlir
    func.func @main(%x: tensor<4xi8> {qdot.quantized = #qdot.quantized<!quant.uniform<i8:f32, 0.5>>}) -> (tensor<4xi8> {qdot.quantized = #qdot.quantized<!quant.uniform<i8:f32, 0.5>>}) {
      return %x : tensor<4xi8>
    }
    ```
  }];
  let dependentDialects = ["::mlir::quant::QuantDialect"];
}

#endif // QDOT_INTEGERIZE_PASSES_TD
