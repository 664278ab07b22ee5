#===- kernels.py - Data, model and exact result of one kernel -------------===#
#
# Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
#===-----------------------------------------------------------------------===#
"""One kernel: its operands, the model in the integer form that `qdot quantize
--io=quantized` prints for such a layer, and its exact result. Names of rules
(R1, P2, ...) are those of docs/Numerics.md."""

import dataclasses

import numpy as np

from shapes import RANGES, Gemm, seed

# The code of real 0 of the result: the middle, so that neither end dominates.
OUTPUT_ZERO_POINT = 128


@dataclasses.dataclass
class Operands:
    """What every implementation gets. The zero point of `x` is in `bias`."""
    x: np.ndarray          # u8
    w: np.ndarray          # s8
    bias: np.ndarray       # i32 per channel, without the output's zero point
    scale: np.ndarray      # f32 per channel: accumulator to code of the result
    zero_point: int        # of x


def zero_point_of(shape, activations):
    """The middle of the range for a dense layer; 0, as after a ReLU, for a
    convolution, so that padding is 0 for every rival."""
    return (RANGES[activations] + 1) // 2 if isinstance(shape, Gemm) else 0


def make_operands(shape, activations):
    """Uniform over the whole range; results spread over most codes."""
    random = np.random.RandomState(seed(shape, activations))
    largest = RANGES[activations]
    x = random.randint(0, largest + 1, shape.x_shape).astype(np.uint8)
    w = random.randint(-127, 128, shape.w_shape).astype(np.int8)
    zero_point = zero_point_of(shape, activations)
    deviation = np.sqrt(shape.terms) * 73.3 * largest / (
        3.46 if zero_point else 1.73)
    scale = (random.uniform(0.8, 1.25, shape.channels) * 45 / deviation)
    sums = w.reshape(-1, shape.channels).astype(np.int64).sum(0)
    bias = (0 if isinstance(shape, Gemm)
            else random.randint(-500, 500, shape.channels)) - zero_point * sums
    return Operands(x, w, bias.astype(np.int32), scale.astype(np.float32),
                    zero_point)


# --- the exact result ------------------------------------------------------


def windows(shape, x):
    """[oh * ow, r, r, c] of a padded image, as a copy."""
    p = shape.pad
    padded = np.pad(x[0], ((p, p), (p, p), (0, 0)))
    view = np.lib.stride_tricks.sliding_window_view(
        padded, (shape.r, shape.r), axis=(0, 1))[::shape.stride, ::shape.stride]
    return view.transpose(0, 1, 3, 4, 2).reshape(-1, shape.r, shape.r, shape.c)


def accumulate(shape, operands):
    """The i32 sums. Products and sums are below 2^53: f64 is exact."""
    x, w = operands.x.astype(np.float64), operands.w.astype(np.float64)
    if isinstance(shape, Gemm):
        y = x @ w
    elif shape.o:
        y = windows(shape, x).reshape(-1, shape.terms) @ w.reshape(
            shape.terms, shape.o)
    else:
        y = (windows(shape, x) * w).sum((1, 2))
    return (y.astype(np.int64) + operands.bias).reshape(shape.y_shape)


def multipliers(scale):
    """R1: (m, s) of each scale."""
    fraction, exponent = np.frexp(scale.astype(np.float64))
    m = np.floor(fraction * 2.0**31 + 0.5).astype(np.int64)
    carry = m == 2**31
    return np.where(carry, 2**30, m), 31 - exponent - carry


def requantize(sums, scale):
    """R2 and R4, contract tosa_single, as u8."""
    m, s = multipliers(scale)
    rounded = (sums * m + (np.int64(1) << (s - 1).astype(np.int64))) >> s
    return np.clip(rounded + OUTPUT_ZERO_POINT, 0, 255).astype(np.uint8)


# --- the model -------------------------------------------------------------


def hex_dense(array):
    """A constant of MLIR; a splat must not be written in hexadecimal."""
    if (array == array.flat[0]).all():
        return f"dense<{array.flat[0]}>"
    return f'dense<"0x{array.tobytes().hex().upper()}">'


def tensor(dims, element):
    return f"tensor<{'x'.join(map(str, dims))}x{element}>"


def accumulator_bounds(shape, operands, activations, low):
    """A1, for activations in [low, low + largest] and the bias as written."""
    largest = RANGES[activations]
    w = operands.w.reshape(-1, shape.channels).astype(np.int64)
    ends = np.stack([w * low, w * (low + largest)])
    bias = operands.bias - low * w.sum(0)
    lowest = np.minimum(ends.min(0), 0).sum(0) + np.minimum(bias, 0)
    highest = np.maximum(ends.max(0), 0).sum(0) + np.maximum(bias, 0)
    return lowest.min(), highest.max()


def loops(shape):
    """(dimensions, maps of x, w and y, iterator types)."""
    if isinstance(shape, Gemm):
        return "d0, d1, d2", ["d0, d2", "d2, d1", "d0, d1"], 2, 1
    step = "" if shape.stride == 1 else f" * {shape.stride}"
    rows, columns = f"d1{step} + d4", f"d2{step} + d5"
    if shape.o:
        return ("d0, d1, d2, d3, d4, d5, d6",
                [f"d0, {rows}, {columns}, d6", "d4, d5, d6, d3",
                 "d0, d1, d2, d3"], 4, 3)
    return ("d0, d1, d2, d3, d4, d5",
            [f"d0, {rows}, {columns}, d3", "d4, d5, d3", "d0, d1, d2, d3"],
            4, 2)


def pad_text(shape, low):
    """Padding with the code of 0 (P2), where there is any."""
    if isinstance(shape, Gemm) or not shape.pad:
        return "", "%x", shape.x_shape
    p = shape.pad
    dims = (1, shape.h + 2 * p, shape.w + 2 * p, shape.c)
    text = f"""
  %zero = arith.constant {low} : i8
  %padded = tensor.pad %x low[0, {p}, {p}, 0] high[0, {p}, {p}, 0] {{
  ^bb0(%i: index, %j: index, %k: index, %l: index):
    tensor.yield %zero : i8
  }} : {tensor(shape.x_shape, "i8")} to {tensor(dims, "i8")}"""
    return text, "%padded", dims


def model_text(shape, operands, activations, signed=False):
    """The model. Activations come as u8, or, if `signed`, as s8 = u8 - 128;
    the result is always s8 = u8 - 128, which is the same byte but for its top
    bit."""
    low = -128 if signed else 0
    kind, extend = ("i8", "extsi") if signed else ("u8", "extui")
    if RANGES[activations] < 255:
        kind += f"<{low}:{low + RANGES[activations]}>"
    dims, maps, parallel, reduction = loops(shape)
    sums = operands.w.reshape(-1, shape.channels).astype(np.int64).sum(0)
    bias = (operands.bias - low * sums).astype(np.int32)
    m, s = multipliers(operands.scale)
    pad, source, x_dims = pad_text(shape, low)
    n = shape.channels
    x_type, w_type = tensor(x_dims, "i8"), tensor(shape.w_shape, "i8")
    acc, out = tensor(shape.y_shape, "i32"), tensor(shape.y_shape, "i8")
    rank = len(shape.y_shape)
    ds = ", ".join(f"d{i}" for i in range(rank))
    bounds = accumulator_bounds(shape, operands, activations, low)
    per_channel = ", ".join(str(i) for i in range(rank - 1))
    iterators = ['"parallel"'] * parallel + ['"reduction"'] * reduction
    contraction = ", ".join(f"affine_map<({dims}) -> ({m})>" for m in maps)
    same = f"affine_map<({ds}) -> ({ds})>"
    last = f"affine_map<({ds}) -> (d{rank - 1})>"
    quantized = "qdot.quantized = #qdot.quantized<!quant.uniform"
    return f"""\
func.func @main(%x: {tensor(shape.x_shape, "i8")}
    {{{quantized}<{kind}:f32, 1.0:{operands.zero_point + low}>>}})
    -> ({out} {{{quantized}<i8:f32, 1.0:{OUTPUT_ZERO_POINT - 128}>>}}) {{
  %w = arith.constant {hex_dense(operands.w)} : {w_type}
  %bias = arith.constant {hex_dense(bias)} : tensor<{n}xi32>
  %m = arith.constant {hex_dense(m.astype(np.int32))} : tensor<{n}xi32>
  %s = arith.constant {hex_dense(s.astype(np.int8))} : tensor<{n}xi8>{pad}
  %e = tensor.empty() : {acc}
  %init = linalg.broadcast ins(%bias : tensor<{n}xi32>) outs(%e : {acc})
      dimensions = [{per_channel}]
  %acc = linalg.generic {{indexing_maps = [{contraction}],
      iterator_types = [{", ".join(iterators)}]}}
      ins({source}, %w : {x_type}, {w_type}) outs(%init : {acc})
      attrs = {{qdot.accumulator =
        #qdot.accumulator<{bounds[0]} to {bounds[1]}>}} {{
  ^bb0(%a: i8, %b: i8, %c: i32):
    %a32 = arith.{extend} %a : i8 to i32
    %b32 = arith.extsi %b : i8 to i32
    %product = arith.muli %a32, %b32 : i32
    %sum = arith.addi %c, %product : i32
    linalg.yield %sum : i32
  }} -> {acc}
  %o = tensor.empty() : {out}
  %y = linalg.generic {{indexing_maps = [{same}, {last}, {last}, {same}],
      iterator_types = [{", ".join(['"parallel"'] * rank)}]}}
      ins(%acc, %m, %s : {acc}, tensor<{n}xi32>, tensor<{n}xi8>)
      outs(%o : {out}) {{
  ^bb0(%a: i32, %b: i32, %c: i8, %d: i8):
    %q = qdot.requantize %a, %b, %c zero_point({OUTPUT_ZERO_POINT - 128})
        clamp(-128, 127) contract tosa_single : i32, i32 -> i8
    linalg.yield %q : i8
  }} -> {out}
  return %y : {out}
}}
"""
