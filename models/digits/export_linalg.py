#===- export_linalg.py - The digits network as linalg on tensors ----------===#
#
# Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
#===-----------------------------------------------------------------------===#
"""Writes digits.mlir and digits_dynamic.mlir: NHWC named convolutions into a
zero-filled result, everything elementwise as its own linalg.generic. The
weights are hexadecimal `dense` constants, so the text holds every bit and
`read_weights` gets them back."""

import re

import numpy as np

from network import EPSILON

HEADER = """\
// The digits network of qdot ({what}), written by models/digits/train.py.
// Batch normalization is not folded into its convolution.
"""

MAPS = """\
#pixel = affine_map<(n, h, w, c) -> (n, h, w, c)>
#channel = affine_map<(n, h, w, c) -> (c)>
#matrix = affine_map<(n, c) -> (n, c)>
#column = affine_map<(n, c) -> (c)>
#row = affine_map<(n, c) -> (n)>
"""


def shape(*dims):
    """The f32 tensor type with these dimensions; strings stay as they are."""
    return f"tensor<{'x'.join(str(d) for d in dims)}xf32>"


def hexadecimal(array):
    """The elements as a little-endian hexadecimal string, without quotes."""
    data = np.ascontiguousarray(array, "<f4").tobytes()
    return "0x" + data.hex().upper()


def read_weights(text, like):
    """Reads back the constants `%<name> = arith.constant dense<"0x...">` of a
    file that `write` made, with the names and shapes of `like`."""
    weights = {}
    for name, array in like.items():
        found = re.search(rf'%{name} = arith\.constant dense<"0x(\w+)">', text)
        if not found:
            raise ValueError(f"no constant %{name} in the model file")
        flat = np.frombuffer(bytes.fromhex(found[1]), "<f4")
        weights[name] = flat.reshape(array.shape).copy()
    return weights


class Writer:
    """Collects the lines of @main. The batch dimension is `batch`: "1", or
    "?", whose run-time size is then the value %batch."""

    def __init__(self, weights, batch):
        self.weights, self.batch, self.lines = weights, batch, []

    def line(self, text):
        self.lines.append("    " + text)

    def constant(self, name):
        array = self.weights[name]
        self.line(f'%{name} = arith.constant dense<"{hexadecimal(array)}"> : '
                  f'{shape(*array.shape)}')
        return f"%{name}", shape(*array.shape)

    def empty(self, name, dims):
        size = "%batch" if dims[0] == "?" else ""
        self.line(f"%{name} = tensor.empty({size}) : {shape(*dims)}")
        return f"%{name}"

    def filled(self, name, dims, value="%zero"):
        init, t = self.empty(f"{name}_empty", dims), shape(*dims)
        self.line(f"%{name}_init = linalg.fill ins({value} : f32) "
                  f"outs({init} : {t}) -> {t}")
        return f"%{name}_init"

    def pad(self, name, x, dims):
        """One row of zeros around each image; returns value and type."""
        n, h, w, c = dims
        result = shape(n, h + 2, w + 2, c)
        self.line(f"%{name} = tensor.pad {x} low[0, 1, 1, 0] "
                  "high[0, 1, 1, 0] {")
        self.line("^bb0(%n: index, %h: index, %w: index, %c: index):")
        self.line("  tensor.yield %zero : f32")
        self.line(f"}} : {shape(*dims)} to {result}")
        return f"%{name}", result

    def named(self, name, op, ins, dims, init, strides=(1, 1)):
        """A convolution or pooling `op`; `ins` are (value, type) pairs."""
        values = ", ".join(v for v, _ in ins)
        types, t = ", ".join(t for _, t in ins), shape(*dims)
        self.line(f"%{name} = linalg.{op} {{dilations = dense<1> : "
                  f"tensor<2xi64>, strides = dense<{list(strides)}> : "
                  f"tensor<2xi64>}} ins({values} : {types}) "
                  f"outs({init} : {t}) -> {t}")
        return f"%{name}"

    def generic(self, name, maps, ins, dims, body, init=None,
                iterators=None):
        """A linalg.generic; the body sees %a, %b, ... and %out and leaves its
        result in %r."""
        out = shape(*(dims if iterators is None else dims[:1]))
        init = init or self.empty(f"{name}_empty", dims)
        kinds = iterators or ["parallel"] * len(dims)
        kinds = ", ".join(f'"{k}"' for k in kinds)
        values = ", ".join(v for v, _ in ins)
        types = ", ".join(t for _, t in ins)
        names = [f"%{chr(97 + i)}: f32" for i in range(len(ins))]
        self.line(f"%{name} = linalg.generic {{indexing_maps = "
                  f"[{', '.join(maps)}], iterator_types = [{kinds}]}} "
                  f"ins({values} : {types}) outs({init} : {out}) {{")
        self.line(f"^bb0({', '.join(names)}, %out: f32):")
        for text in body:
            self.line("  " + text)
        self.line("  linalg.yield %r : f32")
        self.line(f"}} -> {out}")
        return f"%{name}"

    def conv3x3(self, name, x, dims, cout):
        padded = self.pad(f"{name}_pad", x, dims)
        out = (*dims[:3], cout)
        return self.named(name, "conv_2d_nhwc_hwcf",
                          [padded, self.constant(f"{name}_weight")], out,
                          self.filled(name, out))

    def bias(self, name, x, dims):
        maps = (["#pixel", "#channel", "#pixel"] if len(dims) == 4
                else ["#matrix", "#column", "#matrix"])
        return self.generic(f"{name}_biased", maps,
                            [(x, shape(*dims)), self.constant(f"{name}_bias")],
                            dims, ["%r = arith.addf %a, %b : f32"])

    def batch_norm(self, name, x, dims):
        ins = [self.constant(f"{name}_{part}")
               for part in ("gamma", "beta", "mean", "variance")]
        return self.generic(
            name, ["#pixel"] + ["#channel"] * 4 + ["#pixel"],
            [(x, shape(*dims))] + ins, dims,
            ["%0 = arith.subf %a, %d : f32",
             "%1 = arith.addf %e, %epsilon : f32",
             "%2 = math.rsqrt %1 : f32",
             "%3 = arith.mulf %0, %2 : f32",
             "%4 = arith.mulf %3, %b : f32",
             "%r = arith.addf %4, %c : f32"])

    def relu(self, name, x, dims):
        return self.generic(name, ["#pixel"] * 2, [(x, shape(*dims))], dims,
                            ["%r = arith.maximumf %a, %zero : f32"])

    def relu6(self, name, x, dims):
        return self.generic(name, ["#pixel"] * 2, [(x, shape(*dims))], dims,
                            ["%0 = arith.maximumf %a, %zero : f32",
                             "%r = arith.minimumf %0, %six : f32"])

    def window(self, name, size):
        self.line(f"%{name}_window = tensor.empty() : {shape(*size)}")
        return f"%{name}_window", shape(*size)

    def reduce(self, name, x, dims, start, combine):
        """Reduces a matrix along its rows."""
        init = self.filled(name, dims[:1], start)
        return self.generic(name, ["#matrix", "#row"], [(x, shape(*dims))],
                            dims, [f"%r = arith.{combine} %a, %out : f32"],
                            init, ["parallel", "reduction"])

    def softmax(self, x, dims):
        t, maps = shape(*dims), ["#matrix", "#row", "#matrix"]
        top = self.reduce("largest", x, dims, "%lowest", "maximumf")
        e = self.generic("exponentials", maps,
                         [(x, t), (top, shape(dims[0]))], dims,
                         ["%0 = arith.subf %a, %b : f32",
                          "%r = math.exp %0 : f32"])
        total = self.reduce("total", e, dims, "%zero", "addf")
        return self.generic("probabilities", maps,
                            [(e, t), (total, shape(dims[0]))], dims,
                            ["%r = arith.divf %a, %b : f32"])

    def scalars(self):
        for name, value in (("zero", "0.0"), ("six", "6.0"),
                            ("sixteen", "16.0"),
                            ("lowest", "0xFF800000"),
                            ("epsilon", f"{EPSILON:.1e}")):
            self.line(f"%{name} = arith.constant {value} : f32")
        if self.batch == "?":
            self.line("%first = arith.constant 0 : index")
            self.line("%batch = tensor.dim %input, %first : "
                      f"{shape('?', 8, 8, 1)}")

    def residual_block(self, x, dims):
        """depthwise 3x3, ReLU6, 1x1, added to its own input, ReLU."""
        t = shape(*dims)
        padded = self.pad("depthwise_pad", x, dims)
        y = self.named("depthwise", "depthwise_conv_2d_nhwc_hwc",
                       [padded, self.constant("depthwise_weight")], dims,
                       self.filled("depthwise", dims))
        y = self.relu6("relu6", self.bias("depthwise", y, dims), dims)
        y = self.named("pointwise", "conv_2d_nhwc_hwcf",
                       [(y, t), self.constant("pointwise_weight")], dims,
                       self.filled("pointwise", dims))
        y = self.bias("pointwise", y, dims)
        y = self.generic("sum", ["#pixel"] * 3, [(x, t), (y, t)], dims,
                         ["%r = arith.addf %a, %b : f32"])
        return self.relu("relu2", y, dims)

    def global_mean(self, x, dims):
        n, h, w, c = dims
        pooled = (n, 1, 1, c)
        y = self.named("mean_sum", "pooling_nhwc_sum",
                       [(x, shape(*dims)), self.window("mean", (h, w))],
                       pooled, self.filled("mean_sum", pooled), (h, w))
        y = self.generic("mean", ["#pixel"] * 2, [(y, shape(*pooled))],
                         pooled, ["%r = arith.divf %a, %sixteen : f32"])
        self.line(f"%features = tensor.collapse_shape {y} [[0], [1, 2, 3]] : "
                  f"{shape(*pooled)} into {shape(n, c)}")
        return "%features"

    def main(self):
        """Emits the body of @main; returns the result and its type."""
        n = self.batch
        large, small, deep = (n, 8, 8, 16), (n, 4, 4, 16), (n, 4, 4, 32)
        self.scalars()
        x = self.conv3x3("conv1", "%input", (n, 8, 8, 1), 16)
        x = self.relu("relu1", self.batch_norm("bn1", x, large), large)
        x = self.residual_block(x, large)
        x = self.named("pool", "pooling_nhwc_max",
                       [(x, shape(*large)), self.window("pool", (2, 2))],
                       small, self.filled("pool", small, "%lowest"), (2, 2))
        x = self.conv3x3("conv2", x, small, 32)
        x = self.relu("relu3", self.batch_norm("bn2", x, deep), deep)
        x, logits = self.global_mean(x, deep), shape(n, 10)
        w, wt = self.constant("dense_weight")
        init = self.filled("dense", (n, 10))
        self.line(f"%dense = linalg.matmul ins({x}, {w} : {shape(n, 32)}, "
                  f"{wt}) outs({init} : {logits}) -> {logits}")
        x = self.bias("dense", "%dense", (n, 10))
        return self.softmax(x, (n, 10)), logits


def write(weights, batch):
    """The text of the model; `batch` is "1" or "?" for a dynamic one."""
    writer = Writer(weights, batch)
    result, kind = writer.main()
    what = "dynamic batch" if batch == "?" else f"batch {batch}"
    return "\n".join([
        HEADER.format(what=what) + MAPS + "module {",
        f"  func.func @main(%input: {shape(batch, 8, 8, 1)}) -> {kind} {{",
        *writer.lines, f"    return {result} : {kind}", "  }", "}", ""])
