//===- Passes.td - Passes of the step Annotate -*- tablegen -*-===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QDOT_ANNOTATE_PASSES_TD
#define QDOT_ANNOTATE_PASSES_TD

include "mlir/Pass/PassBase.td"

def AnnotateValues : Pass<"qdot-annotate-values", "::mlir::ModuleOp"> {
  let summary = "Insert qdot.quantize/dequantize with types from statistics";
  let description = [{
    In: the model that `qdot-observe-values` observed (without the observations),
    and the statistics file that was recorded. Out: behind each quantizable value
    a `qdot.quantize` and a `qdot.dequantize`; the same in front of each
    contraction for its constant weight and bias.

    * Activations: i8, asymmetric, one scale per tensor (rule Q3), from the range
      that `range` chooses (docs/Statistics.md lists the methods). Values tied by
      reshape, transpose, slice, pad, concat, gather, maximum and selections share one type,
      from the union of their ranges. `activation-scheme` and `preset` choose
      other formulas (rules C1 to C6).
      With `range=auto` the range is the one that adds least noise to the results
      of the layers that read the value; a remark and the attribute `qdot.range`
      of the `qdot.quantize` say what it was and what `minmax` would do.
      With `activation-bits=7` they take -64 to 63 only (see docs/Numerics.md):
      twice the rounding error, and on AVX2 the fastest exact code for any
      weights. `activation-bits=REGEX=7` does so for the values whose site path
      matches, and `auto` in place of 7 where contractions read the
      value and their results are at least 26 dB above the noise that 7 bits make
      in them; later entries win. Each such value is reported by a remark with
      that ratio. 4 bits are bytes from -8 to 7;
      layers that read or make values of 16 bits stay in float when integers are
      made.
    * Weights: i8 in [-127, 127], symmetric, one scale per output channel
      (rule Q5), or one per layer (`weight-granularity=tensor`). `weight-bits=4`
      are bytes from -7 to 7. `weight-granularity=block:N` gives each N
      neighbours of a channel a factor of their own, rule C7 (4 bits only).
      `weight-range` clips them by any range method.
    * Bias: i32 on `input scale * weight scale` of its channel.
    * A layer whose site path matches `keep-float` stays in float; it is marked
      `qdot.keep_float`.

    Refuses a file that was recorded on another model (the message lists sites
    that are new, changed or missing), records that saw NaN or Inf, and
    constants that are not finite. Nothing is changed when it fails.
    Settings with `REGEX=` in front hold for the values (activations) or layers
    (weights) whose site path matches; later ones win.

    Example (`--qdot-annotate-values=stats=add.json`):

    ```mlir
    func.func @main(%x: tensor<1x4xf32>, %init: tensor<1x4xf32>) -> tensor<1x4xf32> {
      %y = linalg.add ins(%x, %x : tensor<1x4xf32>, tensor<1x4xf32>) outs(%init : tensor<1x4xf32>) -> tensor<1x4xf32>
      return %y : tensor<1x4xf32>
    }
    ```

    becomes

    ```mlir
    func.func @main(%x: tensor<1x4xf32>, %init: tensor<1x4xf32>) -> tensor<1x4xf32> {
      %xq = qdot.quantize %x {site = #qdot.site<"main/input_0#246f9ee0a8d19396">} : tensor<1x4xf32> -> tensor<1x4x!quant.uniform<i8:f32, 0.015686275437474251:-32>>
      %xd = qdot.dequantize %xq : tensor<1x4x!quant.uniform<i8:f32, 0.015686275437474251:-32>> -> tensor<1x4xf32>
      %y = linalg.add ins(%xd, %xd : tensor<1x4xf32>, tensor<1x4xf32>) outs(%init : tensor<1x4xf32>) -> tensor<1x4xf32>
      %yq = qdot.quantize %y {site = #qdot.site<"main/add_0#9caaba35524c6200">} : tensor<1x4xf32> -> tensor<1x4x!quant.uniform<i8:f32, 0.031372550874948502:-32>>
      %yd = qdot.dequantize %yq : tensor<1x4x!quant.uniform<i8:f32, 0.031372550874948502:-32>> -> tensor<1x4xf32>
      return %yd : tensor<1x4xf32>
    }
    ```
  }];
  let options = [
    Option<"stats", "stats", "std::string", "", "statistics file to read">,
    ListOption<"range", "range", "std::string",
               "how ranges are chosen: METHOD, or REGEX=METHOD for values whose "
               "site path matches (minmax)">,
    Option<"keepFloat", "keep-float", "std::string", "",
           "regular expression on site paths of layers that stay in float">,
    ListOption<"activationBits", "activation-bits", "std::string",
               "bits of activations: 4, 7, 8, 16 or auto for all values, or "
               "REGEX= and one of these for values whose site path matches">,
    ListOption<"activationScheme", "activation-scheme", "std::string",
               "asymmetric, symmetric or unsigned; narrow or full; power-of-two">,
    ListOption<"weightRange", "weight-range", "std::string",
               "range method of weights, or REGEX=METHOD for layers (minmax, or "
               "auto when range is)">,
    ListOption<"weightBits", "weight-bits", "std::string",
               "bits of weights: 4 or 8, or REGEX= and one of these">,
    ListOption<"weightGranularity", "weight-granularity", "std::string",
               "tensor, channel or block:SIZE, or REGEX= and one of these">,
    ListOption<"weightScheme", "weight-scheme", "std::string",
               "narrow or full; power-of-two">,
    Option<"preset", "preset", "std::string", "\"\"",
           "formulas of another tool: tflite, onnxruntime, tensorrt, pytorch">
  ];
  let dependentDialects = ["::qdot::QdotDialect", "::mlir::quant::QuantDialect",
                           "::mlir::arith::ArithDialect"];
}

def CorrectBiases : Pass<"qdot-correct-biases", "::mlir::ModuleOp"> {
  let summary = "Take back what rounded weights add to the mean of a layer";
  let description = [{
    In: what `qdot-annotate-values` made, and the statistics file that it read.
    Out: the same, except that the bias b of channel c of each contraction with a
    quantized constant weight w is `b - m * sum (round(w) - w)`, with m the
    recorded mean of the activation (Nagel et al., arXiv:1906.04721, section 4.2,
    with one mean for all input channels). A quantized bias keeps its type.

    Left alone, with a remark: an activation without a record (no-statistics), a
    bias that is not one value per channel (bias-form), weights that are codes
    already (no-original-weights).

    Example (`--qdot-correct-biases=stats=mean2.json`, the mean of x is 2):

    ```mlir
    func.func @main(%x: tensor<1x2xf32>) -> tensor<1x2xf32> {
      %xq = qdot.quantize %x {site = #qdot.site<"main/input_0#246f9ee0a8d19396">} : tensor<1x2xf32> -> tensor<1x2x!quant.uniform<i8:f32, 0.25>>
      %xd = qdot.dequantize %xq : tensor<1x2x!quant.uniform<i8:f32, 0.25>> -> tensor<1x2xf32>
      %w = arith.constant dense<[[1.25, 1.0], [2.25, 3.0]]> : tensor<2x2xf32>
      %wq = qdot.quantize %w : tensor<2x2xf32> -> tensor<2x2x!quant.uniform<i8<-127:127>:f32, 1.0>>
      %wd = qdot.dequantize %wq : tensor<2x2x!quant.uniform<i8<-127:127>:f32, 1.0>> -> tensor<2x2xf32>
      %b = arith.constant dense<5.0> : tensor<2xf32>
      %e = tensor.empty() : tensor<1x2xf32>
      %i = linalg.broadcast ins(%b : tensor<2xf32>) outs(%e : tensor<1x2xf32>) dimensions = [0]
      %y = linalg.matmul ins(%xd, %wd : tensor<1x2xf32>, tensor<2x2xf32>) outs(%i : tensor<1x2xf32>) -> tensor<1x2xf32>
      return %y : tensor<1x2xf32>
    }
    ```

    adds 2 * 0.5 to the bias of the first channel:

    ```mlir
    %b = arith.constant dense<[6.0, 5.0]> : tensor<2xf32>
    ```
  }];
  let options = [
    Option<"stats", "stats", "std::string", "", "statistics file to read">
  ];
  let dependentDialects = ["::qdot::QdotDialect", "::mlir::quant::QuantDialect",
                           "::mlir::arith::ArithDialect",
                           "::mlir::linalg::LinalgDialect",
                           "::mlir::tensor::TensorDialect"];
}

def ImportQuant : Pass<"qdot-import-quant", "::mlir::ModuleOp"> {
  let summary = "quant.qcast and quant.dcast to qdot.quantize and dequantize";
  let description = [{
    Upstream folds `dcast(qcast(x))` to `x`, so this pass must see a model before
    `canonicalize` does. Unsigned storage types become signed ones (`q - 128`,
    zero point likewise), constants behind `quant.scast` included. Quantized
    types in function signatures and types that fail qdot's verifier are refused.

    Example:

    ```mlir
    %q = quant.qcast %x : tensor<4xf32> to tensor<4x!quant.uniform<u8:f32, 0.5:128>>
    %r = quant.dcast %q : tensor<4x!quant.uniform<u8:f32, 0.5:128>> to tensor<4xf32>
    ```

    becomes

    ```mlir
    %q = qdot.quantize %x : tensor<4xf32> -> tensor<4x!quant.uniform<i8:f32, 0.5>>
    %r = qdot.dequantize %q : tensor<4x!quant.uniform<i8:f32, 0.5>> -> tensor<4xf32>
    ```
  }];
  let dependentDialects = ["::qdot::QdotDialect", "::mlir::quant::QuantDialect",
                           "::mlir::arith::ArithDialect"];
}

def ExportQuant : Pass<"qdot-export-quant", "::mlir::ModuleOp"> {
  let summary = "qdot.quantize and dequantize to quant.qcast and quant.dcast";
  let description = [{
    The reverse of `qdot-import-quant`, for tools that know the upstream ops.
    Sites are dropped.

    Example:

    ```mlir
    %q = qdot.quantize %x : tensor<4xf32> -> tensor<4x!quant.uniform<i8:f32, 0.5>>
    ```

    becomes

    ```mlir
    %q = quant.qcast %x : tensor<4xf32> to tensor<4x!quant.uniform<i8:f32, 0.5>>
    ```
  }];
  let dependentDialects = ["::mlir::quant::QuantDialect"];
}

#endif // QDOT_ANNOTATE_PASSES_TD
