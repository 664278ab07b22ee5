#===- builder.py - Small networks as linalg on tensors --------------------===#
#
# Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
#===-----------------------------------------------------------------------===#
"""Writes functions in MLIR, layer by layer, with weights from a seeded
generator: the same call gives the same text on every machine."""

import collections
import math

import numpy as np

Value = collections.namedtuple("Value", "name dims")


def type_of(dims, element="f32"):
    """The tensor type with these dimensions; () has rank 0."""
    return f"tensor<{''.join(f'{d}x' for d in dims)}{element}>"


def literal(value):
    """A float in a form that MLIR reads back exactly."""
    bits = np.float32(value).view(np.uint32)
    return f"0x{bits:08X}"


def affine(rank, results):
    """#map text: `results` are dimension numbers, or expressions."""
    dims = ", ".join(f"d{i}" for i in range(rank))
    texts = [f"d{r}" if isinstance(r, int) else r for r in results]
    return f"affine_map<({dims}) -> ({', '.join(texts)})>"


class Function:
    """The body of one function under construction."""

    def __init__(self, seed=0, name="main"):
        self.random = np.random.default_rng(seed)
        self.name, self.lines, self.arguments, self.count = name, [], [], 0

    # --- text --------------------------------------------------------------

    def fresh(self, dims):
        self.count += 1
        return Value(f"%v{self.count}", tuple(dims))

    def emit(self, dims, text):
        """A line `%new = text`; returns the new value."""
        value = self.fresh(dims)
        self.lines.append(f"    {value.name} = {text}")
        return value

    def argument(self, *dims, element="f32"):
        value = Value(f"%arg{len(self.arguments)}", dims)
        self.arguments.append(f"{value.name}: {type_of(dims, element)}")
        return value

    def finish(self, *results, visibility=""):
        """The text of the whole function."""
        head = ", ".join(self.arguments)
        types = ", ".join(type_of(r.dims) for r in results)
        names = ", ".join(r.name for r in results)
        return "\n".join(
            [f"  func.func {visibility}@{self.name}({head}) -> ({types}) {{"]
            + self.lines + [f"    return {names} : {types}", "  }"])

    # --- values ------------------------------------------------------------

    def constant(self, array):
        array = np.asarray(array, "<f4")
        data = "0x" + array.tobytes().hex().upper()
        text = f'"{data}"' if array.size > 1 else literal(array.reshape(-1)[0])
        return self.emit(array.shape, f"arith.constant dense<{text}> : "
                                      f"{type_of(array.shape)}")

    def weight(self, *dims, fan=None):
        """Random weights that keep the variance of what they multiply."""
        fan = fan or math.prod(dims[:-1])
        return self.constant(self.random.normal(0, math.sqrt(2 / fan), dims))

    def vector(self, size, low=-0.5, high=0.5):
        return self.constant(self.random.uniform(low, high, size))

    def scalar(self, value):
        self.count += 1
        name = f"%s{self.count}"
        self.lines.append(f"    {name} = arith.constant {literal(value)} : f32")
        return name

    def empty(self, dims):
        return self.emit(dims, f"tensor.empty() : {type_of(dims)}")

    def filled(self, dims, value=0.0):
        scalar, init, t = self.scalar(value), self.empty(dims), type_of(dims)
        return self.emit(dims, f"linalg.fill ins({scalar} : f32) "
                               f"outs({init.name} : {t}) -> {t}")

    # --- models that hold their scales ---------------------------------------

    def cast(self, x, element):
        """quant.qcast to a quantized element type, and quant.dcast back."""
        real, small = type_of(x.dims), type_of(x.dims, element)
        q = self.emit(x.dims, f"quant.qcast {x.name} : {real} to {small}")
        return self.emit(x.dims, f"quant.dcast {q.name} : {small} to {real}")

    def ranged(self, x, low, high, storage="i8"):
        """Rounds to 256 steps from `low` to `high`."""
        scale = (high - low) / 255
        zero = round(-low / scale) - (128 if storage == "i8" else 0)
        return self.cast(x, f"!quant.uniform<{storage}:f32, {scale!r}:{zero}>")

    def ranged_weight(self, rows, columns, stored=False):
        """A matrix with one scale per column, as a float constant that is
        rounded or, when `stored`, as a constant of integers."""
        array = self.random.normal(0, math.sqrt(2 / rows), (rows, columns))
        scales = np.abs(array).max(0) / 127
        numbers = ", ".join(repr(float(scale)) for scale in scales)
        element = f"!quant.uniform<i8<-127:127>:f32:1, {{{numbers}}}>"
        if not stored:
            return self.cast(self.constant(array), element)
        dims, data = array.shape, np.rint(array / scales).astype(np.int8)
        ints = self.emit(dims, f'arith.constant dense<"0x'
                               f'{data.tobytes().hex().upper()}"> : '
                               f'{type_of(dims, "i8")}')
        q = self.emit(dims, f"quant.scast {ints.name} : {type_of(dims, 'i8')} "
                            f"to {type_of(dims, element)}")
        return self.emit(dims, f"quant.dcast {q.name} : "
                               f"{type_of(dims, element)} to {type_of(dims)}")

    def fake_quantized(self, x, scale, zero, low, high):
        """Rounding written in arithmetic, as quantization-aware training
        leaves it; `scale` is a number, or a vector along the last axis."""
        z, lo, hi = (self.scalar(v) for v in (zero, low, high))
        ins = [x]
        if isinstance(scale, Value):
            ins, s = [x, scale], "%b"
        else:
            s = self.scalar(scale)
        return self.elementwise([f"%0 = arith.divf %a, {s} : f32",
                                 "%1 = math.roundeven %0 : f32",
                                 f"%2 = arith.addf %1, {z} : f32",
                                 f"%3 = arith.maximumf %2, {lo} : f32",
                                 f"%4 = arith.minimumf %3, {hi} : f32",
                                 f"%5 = arith.subf %4, {z} : f32",
                                 f"%r = arith.mulf %5, {s} : f32"], *ins)

    # --- operations --------------------------------------------------------

    def named(self, op, ins, init, attributes=""):
        t = type_of(init.dims)
        names = ", ".join(v.name for v in ins)
        types = ", ".join(type_of(v.dims) for v in ins)
        return self.emit(init.dims,
                         f"linalg.{op} {attributes}ins({names} : {types}) "
                         f"outs({init.name} : {t}) -> {t}")

    def generic(self, maps, ins, init, body, reduced=()):
        """A linalg.generic with the affine maps `maps` (results last); `body`
        sees %a, %b, ... and %out and leaves its result in %r. `reduced` are
        the reduction dimensions."""
        rank = maps[0].split("->")[0].count("d")
        kinds = ", ".join('"reduction"' if i in reduced else '"parallel"'
                          for i in range(rank))
        names = ", ".join(v.name for v in ins)
        types = ", ".join(type_of(v.dims) for v in ins)
        block = "".join(f"%{chr(97 + i)}: f32, " for i in range(len(ins)))
        t = type_of(init.dims)
        lines = "\n".join(f"      {line}" for line in body)
        return self.emit(init.dims, (
            f"linalg.generic {{indexing_maps = [{', '.join(maps)}], "
            f"iterator_types = [{kinds}]}} ins({names} : {types}) "
            f"outs({init.name} : {t}) {{\n    ^bb0({block}%out: f32):\n"
            f"{lines}\n      linalg.yield %r : f32\n    }} -> {t}"))

    def elementwise(self, body, *ins):
        """Applies a body to values that are broadcast as numpy does."""
        dims = np.broadcast_shapes(*(v.dims for v in ins))
        rank = len(dims)

        def index(value):
            skip = rank - len(value.dims)
            return affine(rank, ["0" if size == 1 and dims[skip + i] != 1
                                 else skip + i
                                 for i, size in enumerate(value.dims)])
        maps = [index(v) for v in ins] + [affine(rank, range(rank))]
        return self.generic(maps, ins, self.empty(dims), body)

    def add(self, x, y):
        return self.elementwise(["%r = arith.addf %a, %b : f32"], x, y)

    def sub(self, x, y):
        return self.elementwise(["%r = arith.subf %a, %b : f32"], x, y)

    def mul(self, x, y):
        return self.elementwise(["%r = arith.mulf %a, %b : f32"], x, y)

    def bias(self, x):
        return self.add(x, self.vector(x.dims[-1]))

    def scale(self, x, factor):
        s = self.scalar(factor)
        return self.elementwise([f"%r = arith.mulf %a, {s} : f32"], x)

    def relu(self, x):
        zero = self.scalar(0.0)
        return self.elementwise([f"%r = arith.maximumf %a, {zero} : f32"], x)

    def relu6(self, x):
        zero, six = self.scalar(0.0), self.scalar(6.0)
        return self.elementwise([f"%0 = arith.maximumf %a, {zero} : f32",
                                 f"%r = arith.minimumf %0, {six} : f32"], x)

    def tanh(self, x):
        return self.elementwise(["%r = math.tanh %a : f32"], x)

    def sigmoid(self, x):
        one = self.scalar(1.0)
        return self.elementwise(["%0 = arith.negf %a : f32",
                                 "%1 = math.exp %0 : f32",
                                 f"%2 = arith.addf %1, {one} : f32",
                                 f"%r = arith.divf {one}, %2 : f32"], x)

    def gelu(self, x):
        half, one = self.scalar(0.5), self.scalar(1.0)
        root = self.scalar(math.sqrt(0.5))
        return self.elementwise([f"%0 = arith.mulf %a, {root} : f32",
                                 "%1 = math.erf %0 : f32",
                                 f"%2 = arith.addf %1, {one} : f32",
                                 f"%3 = arith.mulf %a, {half} : f32",
                                 "%r = arith.mulf %3, %2 : f32"], x)

    def hard_swish(self, x):
        zero, six = self.scalar(0.0), self.scalar(6.0)
        three, sixth = self.scalar(3.0), self.scalar(1 / 6)
        return self.elementwise([f"%0 = arith.addf %a, {three} : f32",
                                 f"%1 = arith.maximumf %0, {zero} : f32",
                                 f"%2 = arith.minimumf %1, {six} : f32",
                                 f"%3 = arith.mulf %a, %2 : f32",
                                 f"%r = arith.mulf %3, {sixth} : f32"], x)

    def leaky_relu(self, x, slope=0.1):
        zero, s = self.scalar(0.0), self.scalar(slope)
        return self.elementwise([f"%0 = arith.mulf %a, {s} : f32",
                                 f"%1 = arith.cmpf ogt, %a, {zero} : f32",
                                 "%r = arith.select %1, %a, %0 : f32"], x)

    def batch_norm(self, x):
        c = x.dims[-1]
        y = self.mul(x, self.vector(c, 0.5, 1.5))
        return self.add(y, self.vector(c))

    def pad(self, x, low, high=None, value=0.0):
        """Pads by these amounts per dimension."""
        high = high or low
        dims = [d + l + h for d, l, h in zip(x.dims, low, high)]
        scalar = self.scalar(value)
        block = ", ".join(f"%i{i}: index" for i in range(len(dims)))
        return self.emit(dims, (
            f"tensor.pad {x.name} low[{', '.join(map(str, low))}] "
            f"high[{', '.join(map(str, high))}] {{\n    ^bb0({block}):\n"
            f"      tensor.yield {scalar} : f32\n    }} : "
            f"{type_of(x.dims)} to {type_of(dims)}"))

    def conv(self, x, channels, size=3, stride=1, padding=None, dilation=1):
        """NHWC convolution with HWCF weights, `same` padding unless told."""
        n, h, w, c = x.dims
        reach = dilation * (size - 1)
        p = reach // 2 if padding is None else padding
        if p:
            x = self.pad(x, [0, p, p, 0])
        out = (n, *((d + 2 * p - reach - 1) // stride + 1 for d in (h, w)),
               channels)
        attributes = (f"{{dilations = dense<{dilation}> : tensor<2xi64>, "
                      f"strides = dense<{stride}> : tensor<2xi64>}} ")
        return self.named("conv_2d_nhwc_hwcf",
                          [x, self.weight(size, size, c, channels)],
                          self.filled(out), attributes)

    def depthwise(self, x, stride=1):
        """3x3 depthwise convolution with `same` padding."""
        n, h, w, c = x.dims
        x = self.pad(x, [0, 1, 1, 0])
        out = (n, (h - 1) // stride + 1, (w - 1) // stride + 1, c)
        attributes = ("{dilations = dense<1> : tensor<2xi64>, "
                      f"strides = dense<{stride}> : tensor<2xi64>}} ")
        return self.named("depthwise_conv_2d_nhwc_hwc",
                          [x, self.weight(3, 3, c, fan=9)],
                          self.filled(out), attributes)

    def pool(self, x, kind, size, stride):
        """`max` or `sum` over windows of an NHWC value."""
        n, h, w, c = x.dims
        out = (n, (h - size) // stride + 1, (w - size) // stride + 1, c)
        start = -np.inf if kind == "max" else 0.0
        attributes = ("{dilations = dense<1> : tensor<2xi64>, "
                      f"strides = dense<{stride}> : tensor<2xi64>}} ")
        return self.named(f"pooling_nhwc_{kind}",
                          [x, self.empty((size, size))],
                          self.filled(out, start), attributes)

    def mean(self, x, keep=False):
        """The mean over h and w of an NHWC value: [n, c], or [n, 1, 1, c]."""
        n, h, w, c = x.dims
        out = (n, 1, 1, c) if keep else (n, c)
        total = self.generic(
            [affine(4, range(4)),
             affine(4, [0, "0", "0", 3] if keep else [0, 3])],
            [x], self.filled(out), ["%r = arith.addf %a, %out : f32"], (1, 2))
        size = self.scalar(h * w)
        return self.elementwise([f"%r = arith.divf %a, {size} : f32"], total)

    def dense(self, x, size):
        """Matrix [n, k] times weights [k, size], with bias."""
        y = self.named("matmul", [x, self.weight(x.dims[1], size)],
                       self.filled((x.dims[0], size)))
        return self.bias(y)

    def reduce(self, x, start, body):
        """Reduces the last dimension."""
        rank = len(x.dims)
        return self.generic([affine(rank, range(rank)),
                             affine(rank, range(rank - 1))], [x],
                            self.filled(x.dims[:-1], start), body, (rank - 1,))

    def softmax(self, x):
        """Over the last dimension."""
        rank = len(x.dims)
        maps = [affine(rank, range(rank)), affine(rank, range(rank - 1)),
                affine(rank, range(rank))]
        top = self.reduce(x, -np.inf, ["%r = arith.maximumf %a, %out : f32"])
        e = self.generic(maps, [x, top], self.empty(x.dims),
                         ["%0 = arith.subf %a, %b : f32",
                          "%r = math.exp %0 : f32"])
        total = self.reduce(e, 0.0, ["%r = arith.addf %a, %out : f32"])
        return self.generic(maps, [e, total], self.empty(x.dims),
                            ["%r = arith.divf %a, %b : f32"])

    def concat(self, axis, *parts):
        dims = list(parts[0].dims)
        dims[axis] = sum(p.dims[axis] for p in parts)
        names = ", ".join(p.name for p in parts)
        types = ", ".join(type_of(p.dims) for p in parts)
        return self.emit(dims, f"tensor.concat dim({axis}) {names} : "
                               f"({types}) -> {type_of(dims)}")

    def slice(self, x, offsets, sizes):
        ones = ", ".join("1" for _ in sizes)
        return self.emit(sizes, (
            f"tensor.extract_slice {x.name}[{', '.join(map(str, offsets))}] "
            f"[{', '.join(map(str, sizes))}] [{ones}] : {type_of(x.dims)} to "
            f"{type_of(sizes)}"))

    def reshape(self, op, x, dims, groups):
        """tensor.collapse_shape or expand_shape."""
        shape = (f" output_shape [{', '.join(map(str, dims))}]"
                 if op == "expand" else "")
        return self.emit(dims, f"tensor.{op}_shape {x.name} {groups}{shape} : "
                               f"{type_of(x.dims)} into {type_of(dims)}")

    def transpose(self, x, order):
        dims = [x.dims[i] for i in order]
        init = self.empty(dims)
        return self.emit(dims, (
            f"linalg.transpose ins({x.name} : {type_of(x.dims)}) "
            f"outs({init.name} : {type_of(dims)}) permutation = "
            f"{list(order)}"))


def module(*functions):
    """The text of a module of finished functions."""
    return "\n".join(["module {", *functions, "}", ""])
