#===- export_tosa.py - The digits network in TOSA -------------------------===#
#
# Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
#===-----------------------------------------------------------------------===#
"""Writes test/Models/digits_tosa.mlir: the same weights in TOSA 1.0, as other
converters write it (weights OHWI, bias an operand, ReLU a clamp)."""

import numpy as np

from export_linalg import HEADER, hexadecimal, shape
from network import EPSILON

LARGEST = "3.40282347E+38"


class Writer:
    """Collects the lines of @main; values are named by the layer."""

    def __init__(self, weights):
        self.weights, self.lines = weights, []

    def line(self, text):
        self.lines.append("    " + text)

    def const(self, name, array):
        t = shape(*array.shape)
        self.line(f'%{name} = "tosa.const"() <{{values = '
                  f'dense<"{hexadecimal(array)}"> : {t}}}> : () -> {t}')
        return f"%{name}", t

    def op(self, name, op, ins, dims, attributes=""):
        """`%name = tosa.op ins {attributes}`; returns (value, type)."""
        values, types = (", ".join(part) for part in zip(*ins))
        attributes = f" {{{attributes}}}" if attributes else ""
        self.line(f"%{name} = tosa.{op} {values}{attributes} : ({types}) -> "
                  f"{shape(*dims)}")
        return f"%{name}", shape(*dims)

    ZERO_POINT = ("%zp", "tensor<1xf32>")
    SHIFT = ("%shift", "tensor<1xi8>")

    def scalars(self):
        self.line('%zp = "tosa.const"() <{values = dense<0.0> : '
                  'tensor<1xf32>}> : () -> tensor<1xf32>')
        self.line('%shift = "tosa.const"() <{values = dense<0> : '
                  'tensor<1xi8>}> : () -> tensor<1xi8>')
        self.line(f'%epsilon = "tosa.const"() <{{values = '
                  f'dense<{EPSILON:.1e}> : tensor<1x1x1x1xf32>}}> : () -> '
                  'tensor<1x1x1x1xf32>')

    def conv(self, name, op, x, weight, bias, dims, pad):
        ins = [x, self.const(f"{name}_weight", weight),
               self.const(f"{name}_bias", bias),
               self.ZERO_POINT, self.ZERO_POINT]
        pads = ", ".join([str(pad)] * 4)
        return self.op(name, op, ins, dims,
                       "acc_type = f32, dilation = array<i64: 1, 1>, "
                       f"pad = array<i64: {pads}>, "
                       "stride = array<i64: 1, 1>")

    def clamp(self, name, x, dims, high=LARGEST):
        return self.op(name, "clamp", [x], dims,
                       f"min_val = 0.0 : f32, max_val = {high} : f32")

    def batch_norm(self, name, x, dims):
        c = dims[-1]
        gamma, beta, mean, variance = (
            self.const(f"{name}_{part}",
                       self.weights[f"{name}_{part}"].reshape(1, 1, 1, c))
            for part in ("gamma", "beta", "mean", "variance"))
        epsilon = ("%epsilon", "tensor<1x1x1x1xf32>")
        y = self.op(f"{name}_centred", "sub", [x, mean], dims)
        v = self.op(f"{name}_sum", "add", [variance, epsilon], (1, 1, 1, c))
        r = self.op(f"{name}_rsqrt", "rsqrt", [v], (1, 1, 1, c))
        y = self.op(f"{name}_normal", "mul", [y, r, self.SHIFT], dims)
        y = self.op(f"{name}_scaled", "mul", [y, gamma, self.SHIFT], dims)
        return self.op(name, "add", [y, beta], dims)

    def conv_norm_relu(self, index, x, dims):
        w = self.weights[f"conv{index}_weight"].transpose(3, 0, 1, 2)
        no_bias = np.zeros(dims[-1], np.float32)
        x = self.conv(f"conv{index}", "conv2d", x, w, no_bias, dims, 1)
        return self.batch_norm(f"bn{index}", x, dims)

    def residual_block(self, x, dims):
        w = self.weights
        y = self.conv("depthwise", "depthwise_conv2d", x,
                      w["depthwise_weight"][..., None], w["depthwise_bias"],
                      dims, 1)
        y = self.clamp("relu6", y, dims, "6.0")
        y = self.conv("pointwise", "conv2d", y,
                      w["pointwise_weight"].transpose(3, 0, 1, 2),
                      w["pointwise_bias"], dims, 0)
        return self.clamp("relu2", self.op("sum", "add", [x, y], dims), dims)

    def pool(self, name, op, x, dims, size):
        zero_points = [self.ZERO_POINT] * 2 if op == "avg_pool2d" else []
        kind = "acc_type = f32, " if op == "avg_pool2d" else ""
        return self.op(name, op, [x] + zero_points, dims,
                       f"{kind}kernel = array<i64: {size}, {size}>, "
                       "pad = array<i64: 0, 0, 0, 0>, "
                       f"stride = array<i64: {size}, {size}>")

    def reshape(self, name, x, dims):
        rank = len(dims)
        self.line(f"%{name}_shape = tosa.const_shape {{values = "
                  f"dense<{list(dims)}> : tensor<{rank}xindex>}} : () -> "
                  f"!tosa.shape<{rank}>")
        return self.op(name, "reshape",
                       [x, (f"%{name}_shape", f"!tosa.shape<{rank}>")], dims)

    def dense(self, x):
        x = self.reshape("features", x, (1, 1, 32))
        w = self.const("dense_weight", self.weights["dense_weight"][None])
        x = self.op("product", "matmul",
                    [x, w, self.ZERO_POINT, self.ZERO_POINT], (1, 1, 10))
        x = self.reshape("dense", x, (1, 10))
        bias = self.const("dense_bias", self.weights["dense_bias"][None])
        return self.op("logits", "add", [x, bias], (1, 10))

    def softmax(self, x):
        wide, axis = (1, 10), "axis = 1 : i32"
        top = self.op("largest", "reduce_max", [x], (1, 1), axis)
        e = self.op("centred", "sub", [x, top], wide)
        e = self.op("exponentials", "exp", [e], wide)
        total = self.op("total", "reduce_sum", [e], (1, 1), axis)
        total = self.op("reciprocal", "reciprocal", [total], (1, 1))
        return self.op("probabilities", "mul", [e, total, self.SHIFT], wide)

    def main(self):
        large, small, deep = (1, 8, 8, 16), (1, 4, 4, 16), (1, 4, 4, 32)
        self.scalars()
        x = self.conv_norm_relu(1, ("%input", shape(1, 8, 8, 1)), large)
        x = self.residual_block(self.clamp("relu1", x, large), large)
        x = self.pool("pool", "max_pool2d", x, small, 2)
        x = self.clamp("relu3", self.conv_norm_relu(2, x, deep), deep)
        x = self.pool("mean", "avg_pool2d", x, (1, 1, 1, 32), 4)
        return self.softmax(self.dense(x))


def write(weights):
    """The text of the model, batch 1."""
    writer = Writer(weights)
    result, kind = writer.main()
    return "\n".join([
        HEADER.format(what="TOSA, batch 1") + "module {",
        f"  func.func @main(%input: {shape(1, 8, 8, 1)}) -> {kind} {{",
        *writer.lines, f"    return {result} : {kind}", "  }", "}", ""])
