#===- function.py - Writes one annotated function -------------------------===#
#
# Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
#===-----------------------------------------------------------------------===#
"""A function of MLIR in the annotated form, built line by line, and with it
the numpy model that computes the same from rules.py."""

import numpy as np

from .rules import Quant, quantize

ELEMENTS = {np.dtype(np.float32): "f32", np.dtype(np.int32): "i32",
            np.dtype(np.int8): "i8", np.dtype(np.int64): "i64"}


def dims(shape):
    return "".join(f"{'?' if d is None else d}x" for d in shape)


def tensor(shape, element="f32"):
    """`tensor<2x?xf32>`; None is a dynamic size."""
    return f"tensor<{dims(shape)}{element}>"


def nested(texts, shape):
    """Per-axis values in the braces of a sub-channel type."""
    if not shape:
        return texts[0]
    step = len(texts) // shape[0]
    parts = [nested(texts[i * step:(i + 1) * step], shape[1:])
             for i in range(shape[0])]
    return "{" + ", ".join(parts) + "}"


def quant_type(q, rank):
    """`!quant.uniform<...>` of a tensor of `rank` dimensions."""
    storage = f"i{q.bits}"
    if (q.lo, q.hi) != (-2**(q.bits - 1), 2**(q.bits - 1) - 1):
        storage += f"<{q.lo}:{q.hi}>"
    texts = [f"{s}:{z}" if z else s for s, z in zip(q.texts, q.zeros)]
    if not q.axes:
        return f"!quant.uniform<{storage}:f32, {texts[0]}>"
    if len(q.axes) == 1:
        return (f"!quant.uniform<{storage}:f32:{q.axes[0]}, "
                f"{{{', '.join(texts)}}}>")
    shape = [1] * rank
    for axis, size in zip(q.axes, q.shape):
        shape[axis] = size
    blocks = ", ".join(f"{axis}:1" for axis in q.axes)
    return (f"!quant.uniform<{storage}:f32:{{{blocks}}}, "
            f"{nested(texts, shape)}>")


def dense(array):
    """The exact bits of a constant."""
    array = np.ascontiguousarray(array)
    return (f"dense<\"0x{array.tobytes().hex().upper()}\"> : "
            f"{tensor(array.shape, ELEMENTS[array.dtype])}")


class Value:
    """An SSA value of f32 elements; `q` and `codes` where it has them."""

    def __init__(self, name, shape, q=None, codes=None):
        self.name, self.shape, self.q, self.codes = name, tuple(shape), q, codes

    @property
    def type(self):
        return tensor(self.shape)


class Function:
    """`model(rules, inputs)` takes and returns lists of integer arrays."""

    def __init__(self, name):
        self.name, self.model = name, None
        # Prepared models read sizes from arguments, others from any value.
        self.sizes_of_arguments = sum(name.encode()) % 2 == 0
        self.inputs, self.outputs, self.lines = [], [], []
        self.count = 0

    def fresh(self):
        self.count += 1
        return f"%v{self.count}"

    def line(self, text):
        self.lines.append("  " + text)

    def assign(self, text):
        """`%vN = text`; returns the name."""
        name = self.fresh()
        self.line(f"{name} = {text}")
        return name

    def quantized(self, name, shape, q):
        """quantize and dequantize, as annotation leaves it."""
        of_q = tensor(shape, quant_type(q, len(shape)))
        code = self.assign(f"qdot.quantize {name} : {tensor(shape)} -> {of_q}")
        return self.assign(f"qdot.dequantize {code} : {of_q} -> {tensor(shape)}")

    def input(self, shape, q):
        """An activation. None in `shape` is the dynamic batch."""
        name = f"%arg{len(self.inputs)}"
        self.inputs.append((tuple(shape), q))
        return Value(self.quantized(name, shape, q), shape, q)

    def constant(self, array):
        array = np.ascontiguousarray(array)
        if array.dtype == np.float64:
            array = array.astype(np.float32)
        return Value(self.assign(f"arith.constant {dense(array)}"), array.shape)

    def weight(self, array, q):
        """A quantized constant; `codes` are what it holds."""
        array = np.asarray(array, np.float32)
        raw = self.constant(array)
        return Value(self.quantized(raw.name, array.shape, q), array.shape, q,
                     quantize(array, q))

    def empty(self, shape, like=None):
        """`like`, or an argument, gives the dynamic first size."""
        if None not in shape:
            return Value(self.assign(f"tensor.empty() : {tensor(shape)}"), shape)
        zero = self.assign("arith.constant 0 : index")
        if self.sizes_of_arguments:
            like = next(Value(f"%arg{i}", s) for i, (s, _)
                        in enumerate(self.inputs) if s[0] is None)
        size = self.assign(f"tensor.dim {like.name}, {zero} : {like.type}")
        return Value(self.assign(f"tensor.empty({size}) : {tensor(shape)}"),
                     shape)

    def fill(self, shape, value, like=None):
        scalar = self.scalar(value)
        empty = self.empty(shape, like)
        return Value(self.assign(
            f"linalg.fill ins({scalar} : f32) outs({empty.name} : {empty.type}) "
            f"-> {empty.type}"), shape)

    def scalar(self, value):
        bits = int(np.array(value, np.float32).view(np.uint32))
        return self.assign(f"arith.constant 0x{bits:08X} : f32")

    def named(self, op, ins, out, attributes=""):
        """A named linalg op."""
        names = ", ".join(v.name for v in ins)
        types = ", ".join(v.type for v in ins)
        return Value(self.assign(
            f"linalg.{op} {attributes} ins({names} : {types}) "
            f"outs({out.name} : {out.type}) -> {out.type}"), out.shape)

    def generic(self, maps, kinds, ins, out, body):
        """`body(function, argument names)` writes lines, returns the yield."""
        names = ", ".join(v.name for v in ins)
        types = ", ".join(v.type for v in ins)
        operands = f"ins({names} : {types}) " if ins else ""
        result = self.fresh()
        maps = ", ".join(f"affine_map<{m}>" for m in maps)
        kinds = ", ".join(f'"{k}"' for k in kinds)
        self.line(f"{result} = linalg.generic {{indexing_maps = [{maps}], "
                  f"iterator_types = [{kinds}]}} {operands}"
                  f"outs({out.name} : {out.type}) {{")
        args = [self.fresh() for _ in range(len(ins) + 1)]
        self.line(f"^bb0({', '.join(f'{a}: f32' for a in args)}):")
        self.line(f"linalg.yield {body(self, args)} : f32")
        self.line(f"}} -> {out.type}")
        return Value(result, out.shape)

    def elementwise(self, ins, body, like=None):
        """A parallel generic over the shape of the first operand; operands
        with size 1 where the result has another one are broadcast."""
        rank = max(len(v.shape) for v in ins)
        shape = tuple(max((v.shape[i - rank] or 0 for v in ins
                           if len(v.shape) + i >= rank), default=1) or None
                      for i in range(rank))
        loops = [f"d{i}" for i in range(rank)]
        head = f"({', '.join(loops)}) -> "
        maps = []
        for v in ins:
            offset = rank - len(v.shape)
            exprs = ["0" if v.shape[i] == 1 and shape[i + offset] != 1
                     else loops[i + offset] for i in range(len(v.shape))]
            maps.append(f"{head}({', '.join(exprs)})")
        maps.append(f"{head}({', '.join(loops)})")
        return self.generic(maps, ["parallel"] * rank, ins,
                            self.empty(shape, like), body)

    def clamp(self, x, bounds, form="max"):
        """An activation function in one of the forms that models use."""
        lo, hi = bounds

        def body(f, args):
            low, high = f.scalar(lo), f.scalar(hi)
            y = args[0]
            if form == "select":
                keep = f.assign(f"arith.cmpf ugt, {y}, {low} : f32")
                y = f.assign(f"arith.select {keep}, {y}, {low} : f32")
                below = f.assign(f"arith.cmpf olt, {y}, {high} : f32")
                return f.assign(f"arith.select {below}, {y}, {high} : f32")
            if form == "clamp":
                return f.assign(f"math.clampf {y} to [{low}, {high}] : f32")
            y = f.assign(f"arith.maximumf {y}, {low} : f32")
            if np.isinf(hi):
                return y
            return f.assign(f"arith.minimumf {y}, {high} : f32")

        return self.elementwise([x], body, like=x)

    def result(self, x, q):
        name = self.quantized(x.name, x.shape, q)
        self.outputs.append((name, x.shape, q))

    def text(self):
        args = ", ".join(f"%arg{i}: {tensor(s)}"
                         for i, (s, _) in enumerate(self.inputs))
        types = [tensor(shape) for _, shape, _ in self.outputs]
        names = ", ".join(name for name, _, _ in self.outputs)
        return "\n".join([
            f"func.func @{self.name}({args}) -> ({', '.join(types)}) {{",
            *self.lines, f"  return {names} : {', '.join(types)}", "}", ""])


class Random:
    """Random shapes, types and values of one group; a seed fixes everything."""

    def __init__(self, seed):
        self.rng = np.random.default_rng(seed)

    def pick(self, *choices):
        return choices[self.rng.integers(len(choices))]

    def size(self, lo, hi):
        return int(self.rng.integers(lo, hi + 1))

    def scale(self, lo=1e-3, hi=1.0, count=None):
        return np.exp(self.rng.uniform(np.log(lo), np.log(hi), count))

    def zero(self):
        return int(self.pick(-128, 127, 0, self.size(-128, 127)))

    def activation(self, lo=1e-3, hi=1.0):
        return Quant(self.scale(lo, hi), self.zero())

    def weights(self, shape, axes=(), limit=127):
        """Values and a symmetric type; a few beyond the range, a few ties."""
        sizes = [shape[a] for a in axes]
        q = Quant(self.scale(1e-3, 0.1, int(np.prod(sizes)) if axes else None),
                  0, -limit, limit, axes=axes, shape=sizes)
        codes = self.rng.integers(-limit - 3, limit + 4, shape)
        codes = codes + self.rng.choice([0.0, 0.5, 0.25], shape)
        return (codes * q.scales_for(len(shape))).astype(np.float32), q

    def output(self, s_x, s_w, terms):
        """A type in which most results are not saturated."""
        spread = float(s_x) * float(np.mean(s_w)) * np.sqrt(terms) * 74 * 74
        return Quant(spread / self.rng.uniform(20, 90), self.zero())
