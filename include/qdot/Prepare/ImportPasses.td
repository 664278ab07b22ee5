//===- ImportPasses.td - What a model brings along -*- tablegen -*-===//
//
// Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QDOT_PREPARE_IMPORTPASSES_TD
#define QDOT_PREPARE_IMPORTPASSES_TD

include "mlir/Pass/PassBase.td"

def CheckModel : Pass<"qdot-check-model", "::mlir::ModuleOp"> {
  let summary = "Reject models that cannot be quantized";
  let description = [{
    Changes nothing. It is an error, with the value and its place, when
    * the module holds no function, a function has no body or calls itself;
    * an argument has rank 0, any tensor is unranked, has a dimension of size 0,
      or has elements of another float type than f32;
    * a constant is NaN, a constant tensor holds NaN or (unless all its elements
      are the same) an infinity, or a `dense_resource` has no data.

    Scalars of other float types and infinite scalars are fine: imported bodies
    use them for epsilons and bounds. So is a constant tensor of f64 whose
    elements are all the same.

    Example:

    ```mlir
    func.func @main(%x: tensor<1x4xf32>) -> tensor<1x4xf32> {
      return %x : tensor<1x4xf32>
    }
    ```

    passes.
  }];
}

def UnrollLoops : Pass<"qdot-unroll-loops", "::mlir::ModuleOp"> {
  let summary = "Write out the steps of recurrent networks";
  let description = [{
    In: linalg on tensors in `scf.for`, and in `scf.while` that only counts, as
    importers leave recurrent layers. Out: a loop with a constant number of
    steps that computes with floats on tensors is its body, once per step, so
    that every step has layers of its own, with own ranges. Left alone: loops
    of unknown length, loops without such operations, and those whose steps
    would take more than `max-operations` operations together. Layers within
    loops stay in float.

    Example: two steps.

    ```mlir
    %h = scf.for %t = %c0 to %c2 step %c1 iter_args(%a = %x) -> (tensor<1x4xf32>) {
      %n = linalg.exp ins(%a : tensor<1x4xf32>) outs(%e : tensor<1x4xf32>) -> tensor<1x4xf32>
      scf.yield %n : tensor<1x4xf32>
    }
    ```

    becomes

    ```mlir
    %0 = linalg.exp ins(%x : tensor<1x4xf32>) outs(%e : tensor<1x4xf32>) -> tensor<1x4xf32>
    %h = linalg.exp ins(%0 : tensor<1x4xf32>) outs(%e : tensor<1x4xf32>) -> tensor<1x4xf32>
    ```
  }];
  let options = [
    Option<"maxOperations", "max-operations", "int64_t", /*default=*/"5000",
           "Operations that one loop may become">
  ];
  let dependentDialects = ["::mlir::arith::ArithDialect",
                           "::mlir::scf::SCFDialect"];
}

def JoinSlices : Pass<"qdot-join-slices", "::mlir::ModuleOp"> {
  let summary = "Write concatenations as one operation";
  let description = [{
    In: any. Out: `tensor.insert_slice` one into the other that cover a tensor
    along one dimension, each element once, as importers leave concatenations,
    are one `tensor.concat`. Tensors that are in part what was written and in
    part not are no values of the model: nothing of them is observed. Left
    alone: insertions that somebody else reads, overlap, leave something out,
    or whose place along that dimension is not constant.

    Example:

    ```mlir
    %0 = tensor.empty() : tensor<1x5xf32>
    %1 = tensor.insert_slice %a into %0[0, 0] [1, 2] [1, 1] : tensor<1x2xf32> into tensor<1x5xf32>
    %2 = tensor.insert_slice %b into %1[0, 2] [1, 3] [1, 1] : tensor<1x3xf32> into tensor<1x5xf32>
    ```

    becomes

    ```mlir
    %2 = tensor.concat dim(1) %a, %b : (tensor<1x2xf32>, tensor<1x3xf32>) -> tensor<1x5xf32>
    ```
  }];
  let dependentDialects = ["::mlir::tensor::TensorDialect"];
}

def ImportGlobals : Pass<"qdot-import-globals", "::mlir::ModuleOp"> {
  let summary = "Read weights that are kept in global variables";
  let description = [{
    In: `ml_program.global` with a value, and loads of it. Out: the loads are
    constants. Left alone: globals without a value, mutable ones that are stored
    to or that are public.

    Example:

    ```mlir
    ml_program.global private @w(dense<[1.0, 2.0]> : tensor<2xf32>) : tensor<2xf32>
    func.func @main() -> tensor<2xf32> {
      %w = ml_program.global_load_const @w : tensor<2xf32>
      return %w : tensor<2xf32>
    }
    ```

    returns a constant.
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect"];
}

def FoldUniform : Pass<"qdot-fold-uniform", "::mlir::ModuleOp"> {
  let summary = "Compute numbers that front ends keep in tensors";
  let description = [{
    In: linalg on tensors. Out: an op that makes the same number everywhere,
    whatever its size, because all it reads are numbers, is a constant (a
    `linalg.fill` where the size is dynamic): scalars that torch-mlir keeps in
    `tensor<i64>` and `tensor<f64>`, masks without effect. Ops on f32 alone are
    left to `qdot-fold-constants`: they may be weights that are fake quantized. A
    `dense_resource` without data is an error.

    Example:

    ```mlir
    func.func @main() -> tensor<f32> {
      %six = arith.constant 6 : i64
      %e = tensor.empty() : tensor<i64>
      %n = linalg.fill ins(%six : i64) outs(%e : tensor<i64>) -> tensor<i64>
      %f = tensor.empty() : tensor<f32>
      %y = linalg.generic {
          indexing_maps = [affine_map<() -> ()>, affine_map<() -> ()>],
          iterator_types = []} ins(%n : tensor<i64>) outs(%f : tensor<f32>) {
      ^bb0(%a: i64, %o: f32):
        %0 = arith.sitofp %a : i64 to f32
        linalg.yield %0 : f32
      } -> tensor<f32>
      return %y : tensor<f32>
    }
    ```

    becomes

    ```mlir
    func.func @main() -> tensor<f32> {
      %y = arith.constant dense<6.000000e+00> : tensor<f32>
      return %y : tensor<f32>
    }
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect",
                           "::mlir::linalg::LinalgDialect"];
}

def LegalizeTosa : Pass<"qdot-legalize-tosa", "::mlir::ModuleOp"> {
  let summary = "Rewrite TOSA that upstream's conversion gets wrong or tears apart";
  let description = [{
    In: TOSA. Out: the same values, in forms that MLIR 22 converts rightly.
    * A bilinear `tosa.resize` of integers that starts in front of the first row
      or column (a negative offset, as half-pixel centers have) reads an input
      whose first row or column stands twice, with an offset that is higher by
      one of them. Upstream divides positions with truncation and would
      extrapolate there.
    * A padded 1x1 `tosa.depthwise_conv2d` of integers has a `tosa.pad` with the
      input's zero point in front, and no padding of its own. Upstream pads
      products, with a value of another type.
    * `tosa.reduce_sum` over neighbouring static dimensions, one behind the other,
      is one over the product of their sizes (the mean over height and width):
      what stands between them has no scale.
    * A strided `tosa.transpose_conv2d` with constant weights (dequantized ones as
      well) is a `tosa.conv2d` with stride 1 and the bias, whose channels are the
      phases of the result, and data movement behind it. Upstream adds the bias
      behind the movement and reverses the weights with ops.

    Everything else is left as it is.

    Example:

    ```mlir
    func.func @main(%x: tensor<1x2x2x1xi8>) -> tensor<1x4x2x1xi32> {
      %scale = tosa.const_shape {values = dense<[4, 2, 1, 1]> : tensor<4xindex>} : () -> !tosa.shape<4>
      %offset = tosa.const_shape {values = dense<[-1, 0]> : tensor<2xindex>} : () -> !tosa.shape<2>
      %border = tosa.const_shape {values = dense<[1, 0]> : tensor<2xindex>} : () -> !tosa.shape<2>
      %y = tosa.resize %x, %scale, %offset, %border {mode = BILINEAR} : (tensor<1x2x2x1xi8>, !tosa.shape<4>, !tosa.shape<2>, !tosa.shape<2>) -> tensor<1x4x2x1xi32>
      return %y : tensor<1x4x2x1xi32>
    }
    ```

    becomes

    ```mlir
    %first = tensor.extract_slice %x[0, 0, 0, 0] [1, 1, 2, 1] [1, 1, 1, 1] : tensor<1x2x2x1xi8> to tensor<1x1x2x1xi8>
    %x1 = tensor.concat dim(1) %first, %x : (tensor<1x1x2x1xi8>, tensor<1x2x2x1xi8>) -> tensor<1x3x2x1xi8>
    %offset = tosa.const_shape {values = dense<[3, 0]> : tensor<2xindex>} : () -> !tosa.shape<2>
    %y = tosa.resize %x1, %scale, %offset, %border {mode = BILINEAR} : (tensor<1x3x2x1xi8>, !tosa.shape<4>, !tosa.shape<2>, !tosa.shape<2>) -> tensor<1x4x2x1xi32>
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect",
                           "::mlir::quant::QuantDialect",
                           "::mlir::tensor::TensorDialect",
                           "::mlir::tosa::TosaDialect",
                           "::qdot::QdotDialect"];
}

def WidenFloats : Pass<"qdot-widen-floats", "::mlir::ModuleOp"> {
  let summary = "Compute in f32 what a model computes in 16-bit floats";
  let description = [{
    In: linalg on tensors in which values are f16 or bf16. Out: the same with f32
    for both, constants, arguments and results of functions included; extensions
    and truncations between them are gone, and so is their rounding. A module
    without such values is left as it is.

    It is an error when their bits are needed (`arith.bitcast`), when scales are
    for 16-bit floats, and when a `dense_resource` has no data.

    Example:

    ```mlir
    func.func @main(%x: tensor<2xbf16>) -> tensor<2xbf16> {
      %w = arith.constant dense<[1.5, -0.25]> : tensor<2xbf16>
      %e = tensor.empty() : tensor<2xbf16>
      %y = linalg.mul ins(%x, %w : tensor<2xbf16>, tensor<2xbf16>) outs(%e : tensor<2xbf16>) -> tensor<2xbf16>
      return %y : tensor<2xbf16>
    }
    ```

    becomes the same with `f32` for `bf16`.
  }];
}

def WidenMasks : Pass<"qdot-widen-masks", "::mlir::ModuleOp"> {
  let summary = "Take and give masks as bytes";
  let description = [{
    In: functions on tensors. Out: the same, but that arguments and results of i1
    are i8. A byte of an argument stands for true unless it is 0; a result is 0
    or 1. So bool arrays of numpy and C fit. Functions that another one calls
    (none behind the inliner), and those of several blocks, are left as they are.

    Example:

    ```mlir
    func.func @main(%x: tensor<2xf32>, %m: tensor<2xi1>) -> tensor<2xf32> {
      %z = arith.constant dense<0.0> : tensor<2xf32>
      %y = arith.select %m, %x, %z : tensor<2xi1>, tensor<2xf32>
      return %y : tensor<2xf32>
    }
    ```

    becomes

    ```mlir
    func.func @main(%x: tensor<2xf32>, %m: tensor<2xi8>) -> tensor<2xf32> {
      %z = arith.constant dense<0.0> : tensor<2xf32>
      %e = tensor.empty() : tensor<2xi1>
      %mask = linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]} ins(%m : tensor<2xi8>) outs(%e : tensor<2xi1>) {
      ^bb0(%in: i8, %out: i1):
        %zero = arith.constant 0 : i8
        %is = arith.cmpi ne, %in, %zero : i8
        linalg.yield %is : i1
      } -> tensor<2xi1>
      %y = arith.select %mask, %x, %z : tensor<2xi1>, tensor<2xf32>
      return %y : tensor<2xf32>
    }
    ```
  }];
}

def ImportFakeQuant : Pass<"qdot-import-fake-quant", "::mlir::ModuleOp"> {
  let summary = "Recognize quantization that is written in arithmetic";
  let description = [{
    In: linalg on tensors in which quantization is spelled out elementwise, in
    one op or in several that follow each other, with constants per tensor or
    per channel: `x / s` (or `x * (1 / s)`), `math.roundeven`, optionally a zero
    point added, a clamp in any spelling, optionally a conversion to integers
    and back, the zero point subtracted, `* s`. Out: `qdot.quantize` and
    `qdot.dequantize` instead, on activations and on constant weights. Integers
    from elsewhere (constant weights in i8) that are only dequantized become
    `quant.scast` and `qdot.dequantize`. The values are the same for every x that
    is not NaN; with a multiplication by `1 / s`, except where x / s is within
    rounding of a tie. Storage is i8: unsigned ranges move by their lower end.
    Must run before `qdot-fold-constants`, which would compute the weights.

    Left alone, with a remark: rounding half away from zero (round-half-away), a
    zero point added before rounding (zero-point-before-rounding), scales that
    are no normal f32 numbers (scale-not-normal), ranges of more than 8 bits or
    without 0 (range-not-8-bit), zero points along several axes (several-axes),
    unsigned integers that are no constants (unsigned-activation). A
    `dense_resource` without data is an error.

    Example:

    ```mlir
    func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
      %s = arith.constant 0.5 : f32
      %lo = arith.constant -128.0 : f32
      %hi = arith.constant 127.0 : f32
      %e = tensor.empty() : tensor<4xf32>
      %y = linalg.generic {
          indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>],
          iterator_types = ["parallel"]} ins(%x : tensor<4xf32>) outs(%e : tensor<4xf32>) {
      ^bb0(%a: f32, %o: f32):
        %0 = arith.divf %a, %s : f32
        %1 = math.roundeven %0 : f32
        %2 = arith.maximumf %1, %lo : f32
        %3 = arith.minimumf %2, %hi : f32
        %4 = arith.mulf %3, %s : f32
        linalg.yield %4 : f32
      } -> tensor<4xf32>
      return %y : tensor<4xf32>
    }
    ```

    becomes

    ```mlir
    func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
      %q = qdot.quantize %x : tensor<4xf32> -> tensor<4x!quant.uniform<i8:f32, 5.000000e-01>>
      %y = qdot.dequantize %q : tensor<4x!quant.uniform<i8:f32, 5.000000e-01>> -> tensor<4xf32>
      return %y : tensor<4xf32>
    }
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect",
                           "::mlir::quant::QuantDialect",
                           "::qdot::QdotDialect"];
}

def PlaceBiases : Pass<"qdot-place-biases", "::mlir::ModuleOp"> {
  let summary = "Let contractions start from their quantized bias";
  let description = [{
    In: a contraction that starts from zero, and one op behind it that alone
    reads it and adds a constant in 32-bit storage, dequantized, as models that
    hold their scales have it. Out: the contraction starts from that constant,
    so that its integers become part of the accumulator without rounding.
    Biases in f32 are left to `qdot-fold-affine`.

    Example:

    ```mlir
    func.func @main(%x: tensor<2x4xf32>, %w: tensor<4x3xf32>) -> tensor<2x3xf32> {
      %bi = arith.constant dense<[5, -7, 100]> : tensor<3xi32>
      %bq = quant.scast %bi : tensor<3xi32> to tensor<3x!quant.uniform<i32:f32, 1.250000e-01>>
      %bd = qdot.dequantize %bq : tensor<3x!quant.uniform<i32:f32, 1.250000e-01>> -> tensor<3xf32>
      %zero = arith.constant 0.0 : f32
      %e = tensor.empty() : tensor<2x3xf32>
      %i = linalg.fill ins(%zero : f32) outs(%e : tensor<2x3xf32>) -> tensor<2x3xf32>
      %m = linalg.matmul ins(%x, %w : tensor<2x4xf32>, tensor<4x3xf32>) outs(%i : tensor<2x3xf32>) -> tensor<2x3xf32>
      %y = linalg.generic {
          indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (j)>, affine_map<(i, j) -> (i, j)>],
          iterator_types = ["parallel", "parallel"]} ins(%m, %bd : tensor<2x3xf32>, tensor<3xf32>) outs(%e : tensor<2x3xf32>) {
      ^bb0(%a: f32, %c: f32, %o: f32):
        %0 = arith.addf %a, %c : f32
        linalg.yield %0 : f32
      } -> tensor<2x3xf32>
      return %y : tensor<2x3xf32>
    }
    ```

    becomes

    ```mlir
    %i = linalg.broadcast ins(%bd : tensor<3xf32>) outs(%e : tensor<2x3xf32>) dimensions = [0]
    %y = linalg.matmul ins(%x, %w : tensor<2x4xf32>, tensor<4x3xf32>) outs(%i : tensor<2x3xf32>) -> tensor<2x3xf32>
    return %y : tensor<2x3xf32>
    ```
  }];
  let dependentDialects = ["::mlir::linalg::LinalgDialect",
                           "::mlir::tensor::TensorDialect"];
}

def PropagateScales : Pass<"qdot-propagate-scales", "::mlir::ModuleOp"> {
  let summary = "Give values that were only moved the scale of what they are";
  let description = [{
    In: models that hold their scales, as `qdot.quantize` and
    `qdot.dequantize`, not necessarily around every op. Out: the same numbers,
    with a quantize and a dequantize also around ops that only move or select
    values (reshape, transpose, slice, pad, concat, maximum): behind those whose
    operands have all the same scale (numbers that a tensor is filled with have
    it, if it has a code for them), and in front of those that alone read
    their operand and whose result is only quantized. A convolution whose
    padding stands behind the dequantize of its input can so become an integer
    one.

    Left alone: scales per axis, operands of several scales, padding with a
    number that has no code, ops with `qdot.keep_float`. Without a dequantize
    nothing happens.

    Example:

    ```mlir
    func.func @main(%q: tensor<2x4x!quant.uniform<i8:f32, 5.000000e-01>>) -> tensor<8xf32> {
      %x = qdot.dequantize %q : tensor<2x4x!quant.uniform<i8:f32, 5.000000e-01>> -> tensor<2x4xf32>
      %y = tensor.collapse_shape %x [[0, 1]] : tensor<2x4xf32> into tensor<8xf32>
      return %y : tensor<8xf32>
    }
    ```

    becomes

    ```mlir
    %x = qdot.dequantize %q : tensor<2x4x!quant.uniform<i8:f32, 5.000000e-01>> -> tensor<2x4xf32>
    %y = tensor.collapse_shape %x [[0, 1]] : tensor<2x4xf32> into tensor<8xf32>
    %r = qdot.quantize %y : tensor<8xf32> -> tensor<8x!quant.uniform<i8:f32, 5.000000e-01>>
    %z = qdot.dequantize %r : tensor<8x!quant.uniform<i8:f32, 5.000000e-01>> -> tensor<8xf32>
    return %z : tensor<8xf32>
    ```
  }];
  let dependentDialects = ["::qdot::QdotDialect"];
}

#endif // QDOT_PREPARE_IMPORTPASSES_TD
