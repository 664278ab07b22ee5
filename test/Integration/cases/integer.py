#===- integer.py - Writes one function of the integer form ----------------===#
#
# Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
#===-----------------------------------------------------------------------===#
"""A function in the form that `qdot quantize` writes, built op by op. Every
value knows how numpy computes it from the inputs, so the model of a function
grows with its text; the matmul that it uses is a parameter. Codes are int64 in the model; sums are exact, because
products and sums of bytes are far below 2^53 in f64."""

import itertools

import numpy as np

from .function import dense, dims, tensor
from .rules import apply_f32, apply_fixed, clamp, decompose


class Codes:
    """What the elements of a tensor of bytes are: a range of integers, read
    with or without sign."""

    def __init__(self, lo, hi, zero=None):
        self.lo, self.hi = lo, hi
        self.zero = lo if zero is None else zero
        self.is_unsigned = hi > 127
        self.dtype = np.uint8 if self.is_unsigned else np.int8

    @property
    def extension(self):
        return "extui" if self.is_unsigned else "extsi"

    @property
    def attribute(self):
        """The annotation of an argument, which bounds its codes."""
        storage = "u8" if self.is_unsigned else "i8"
        if (self.lo, self.hi) not in ((0, 255), (-128, 127)):
            storage += f"<{self.lo}:{self.hi}>"
        return ("qdot.quantized = #qdot.quantized<!quant.uniform"
                f"<{storage}:f32, 1.0:{self.zero}>>")


SIGNED = Codes(-128, 127)


class Value:
    """`compute(matmul, inputs)` gives the codes."""

    def __init__(self, name, shape, element, codes, compute):
        self.name, self.shape, self.element = name, tuple(shape), element
        self.codes, self.compute = codes, compute

    @property
    def type(self):
        return tensor(self.shape, self.element)


def loop_map(count, expressions):
    """`affine_map<(d0, ...) -> (...)>`."""
    loops = ", ".join(f"d{i}" for i in range(count))
    return f"affine_map<({loops}) -> ({', '.join(expressions)})>"


def constant_array(array):
    """The exact bits; MLIR wants splats in plain form."""
    array = np.ascontiguousarray(array)
    if array.size and (array == array.flat[0]).all():
        element = {"f4": "f32", "i4": "i32", "i1": "i8"}[array.dtype.str[1:]]
        value = (f"0x{int(array.flat[:1].view(np.uint32)[0]):08X}"
                 if element == "f32" else int(array.flat[0]))
        return f"dense<{value}> : {tensor(array.shape, element)}"
    return dense(array)


def sum_bounds(w, axes, lo, hi, bias):
    """A1: the interval of every partial sum, over all outputs."""
    w = w.astype(np.int64)
    ends = np.stack([w * lo, w * hi])
    low = np.minimum(ends.min(0), 0).sum(axes).min() + min(0, bias.min())
    high = np.maximum(ends.max(0), 0).sum(axes).max() + max(0, bias.max())
    return int(low), int(high)


class IntegerFunction:
    """One function; `outputs` holds the values that it returns."""

    def __init__(self, name):
        self.name = name
        self.inputs, self.outputs, self.lines = [], [], []
        self.counter = itertools.count()

    def assign(self, text):
        name = f"%v{next(self.counter)}"
        self.lines.append(f"  {name} = {text}")
        return name

    def input(self, shape, codes):
        number = len(self.inputs)
        value = Value(f"%arg{number}", shape, "i8", codes,
                      lambda matmul, inputs: inputs[number].astype(np.int64))
        self.inputs.append(value)
        return value

    def constant(self, array):
        element = {"f4": "f32", "i4": "i32", "i1": "i8"}[array.dtype.str[1:]]
        array = np.ascontiguousarray(array)
        name = self.assign(f"arith.constant {constant_array(array)}")
        return Value(name, array.shape, element, SIGNED,
                     lambda matmul, inputs: array.astype(np.int64))

    def empty(self, shape, element, like):
        """`like` has the dynamic size."""
        size = ""
        if None in shape:
            zero = self.assign("arith.constant 0 : index")
            size = self.assign(f"tensor.dim {like.name}, {zero} : {like.type}")
        return self.assign(f"tensor.empty({size}) : {tensor(shape, element)}")

    def pad(self, x, amounts, code):
        """P2: `amounts` (low, high) per dimension."""
        shape = [n and n + a + b for n, (a, b) in zip(x.shape, amounts)]
        value = self.assign(f"arith.constant {(code + 128) % 256 - 128} : i8")
        low, high = (", ".join(str(a[i]) for a in amounts) for i in (0, 1))
        indices = ", ".join(f"%i{i}: index" for i in range(len(shape)))
        name = self.assign(f"tensor.pad {x.name} low[{low}] high[{high}] {{\n"
                           f"  ^bb0({indices}):\n"
                           f"    tensor.yield {value} : i8\n"
                           f"  }} : {x.type} to {tensor(shape, 'i8')}")
        return Value(name, shape, "i8", x.codes, lambda matmul, inputs: np.pad(
            x.compute(matmul, inputs), amounts, constant_values=code))

    def initial(self, shape, bias, channels, like):
        """The bias, spread over the result along `channels`."""
        small = self.constant(np.asarray(bias, np.int32))
        if len(channels) == len(shape):
            return small.name
        empty = self.empty(shape, "i32", like)
        added = [d for d in range(len(shape)) if d not in channels]
        return self.assign(
            f"linalg.broadcast ins({small.name} : {small.type}) outs({empty} : "
            f"{tensor(shape, 'i32')}) dimensions = {added}")

    def contraction(self, x, w, maps, loops, shape, bias, channels, bounds,
                    compute, zeros=(0, 0)):
        """`maps` are lists of expressions of x, w and the result, whose loops
        come first; `channels` are the dimensions of `bias` in the result;
        `compute(matmul, x, w)` are the sums without bias. The body subtracts
        `zeros` from x and w where they are not 0."""
        init = self.initial(shape, bias, channels, x)
        kinds = ", ".join(['"parallel"'] * len(shape)
                          + ['"reduction"'] * (loops - len(shape)))
        texts = ", ".join(loop_map(loops, m) for m in maps)
        factors, centered = ["%d", "%e"], ""
        for at, zero in enumerate(zeros):
            if zero:
                offset = self.scalar(zero, "i32")
                centered += (f"    %z{at} = arith.subi {factors[at]}, {offset}"
                             " : i32\n")
                factors[at] = f"%z{at}"
        name = self.assign(
            f"linalg.generic {{indexing_maps = [{texts}], "
            f"iterator_types = [{kinds}]}} "
            f"ins({x.name}, {w.name} : {x.type}, {w.type}) "
            f"outs({init} : {tensor(shape, 'i32')}) attrs = "
            f"{{qdot.accumulator = #qdot.accumulator<{bounds[0]} to "
            f"{bounds[1]}>}} {{\n"
            "  ^bb0(%a: i8, %b: i8, %c: i32):\n"
            f"    %d = arith.{x.codes.extension} %a : i8 to i32\n"
            f"    %e = arith.{w.codes.extension} %b : i8 to i32\n"
            f"{centered}"
            f"    %f = arith.muli {factors[0]}, {factors[1]} : i32\n"
            "    %g = arith.addi %c, %f : i32\n"
            "    linalg.yield %g : i32\n"
            f"  }} -> {tensor(shape, 'i32')}")
        spread = np.asarray(bias, np.int64).reshape(
            [np.shape(bias)[channels.index(d)] if d in channels else 1
             for d in range(len(shape))])
        return Value(name, shape, "i32", None, lambda matmul, inputs: spread
                     + compute(matmul, x.compute(matmul, inputs) - zeros[0],
                               w.compute(matmul, inputs) - zeros[1]))

    def requantize(self, acc, real, channel, zero, lo, hi, contract):
        """R4, R5. `real` is one multiplier, or one per position of the
        dimension `channel`."""
        is_f32 = contract == "f32"
        fixed = [decompose(value) for value in np.atleast_1d(real)]
        m = (np.atleast_1d(real).astype(np.float32) if is_f32
             else np.array([f[0] for f in fixed], np.int32))
        s = np.array([f[1] for f in fixed], np.int8)
        parts = [m] if is_f32 else [m, s]
        types = ["f32"] if is_f32 else ["i32", "i8"]
        rank = len(acc.shape)
        identity = [f"d{i}" for i in range(rank)]
        operands, maps = [acc], [identity]
        if channel is None:
            names = [self.scalar(p[0], t) for p, t in zip(parts, types)]
        else:
            operands += [self.constant(p) for p in parts]
            maps += [[f"d{channel}"]] * len(parts)
            names = ["%m", "%s"][:len(parts)]
        arguments = [f"{n}: {t}" for n, t in zip(names, types)
                     if channel is not None]
        out = self.empty(acc.shape, "i8", acc)
        of_out = tensor(acc.shape, "i8")
        texts = ", ".join(loop_map(rank, m) for m in [*maps, identity])
        kinds = ", ".join(['"parallel"'] * rank)
        name = self.assign(
            f"linalg.generic {{indexing_maps = [{texts}], "
            f"iterator_types = [{kinds}]}} "
            f"ins({', '.join(v.name for v in operands)} : "
            f"{', '.join(v.type for v in operands)}) outs({out} : {of_out}) {{\n"
            f"  ^bb0({', '.join(['%a: i32', *arguments, '%o: i8'])}):\n"
            f"    %q = qdot.requantize %a, {', '.join(names)} "
            f"zero_point({zero}) clamp({lo}, {hi}) contract "
            f"{contract.replace('-', '_')} : i32, {types[0]} -> i8\n"
            "    linalg.yield %q : i8\n"
            f"  }} -> {of_out}")
        spread = [1] * rank
        if channel is not None:
            spread[channel] = len(m)

        def compute(matmul, inputs):
            sums = acc.compute(matmul, inputs)
            scaled = (apply_f32(sums, m.reshape(spread)) if is_f32 else
                      apply_fixed(sums, m.reshape(spread), s.reshape(spread),
                                  contract == "tosa-double"))
            return clamp(scaled + zero, lo, hi)

        return Value(name, acc.shape, "i8", Codes(-128, 127, zero), compute)

    def scalar(self, value, element):
        if element == "f32":
            bits = int(np.float32(value).view(np.uint32))
            return self.assign(f"arith.constant 0x{bits:08X} : f32")
        return self.assign(f"arith.constant {int(value)} : {element}")

    def elementwise(self, inputs, element, lines, compute):
        """An elementwise op over values of one shape, as %a, %b, ...; its
        result is %r in `lines`. `compute` gets the codes."""
        shape, rank = inputs[0].shape, len(inputs[0].shape)
        empty, of_out = self.empty(shape, element, inputs[0]), tensor(shape, element)
        maps = [loop_map(rank, [f"d{i}" for i in range(rank)])] * (len(inputs) + 1)
        kinds = ", ".join(['"parallel"'] * rank)
        arguments = ", ".join(f"%{chr(97 + i)}: i8" for i in range(len(inputs)))
        body = "".join(f"    {line}\n" for line in lines)
        name = self.assign(
            f"linalg.generic {{indexing_maps = [{', '.join(maps)}], "
            f"iterator_types = [{kinds}]}} "
            f"ins({', '.join(v.name for v in inputs)} : "
            f"{', '.join(v.type for v in inputs)}) outs({empty} : {of_out}) {{\n"
            f"  ^bb0({arguments}, %o: {element}):\n{body}"
            f"    linalg.yield %r : {element}\n"
            f"  }} -> {of_out}")
        return Value(name, shape, element, SIGNED if element == "i8" else None,
                     lambda matmul, values: compute(
                         *(v.compute(matmul, values) for v in inputs)))

    def centered(self, inputs, zeros):
        """Lines that make %c, %d of the codes %a, %b."""
        lines = []
        for x, code, result, zero in zip(inputs, "ab", "cd", zeros):
            constant = self.scalar(zero, "i32")
            lines += [f"%{code}w = arith.{x.codes.extension} %{code} : i8 to i32",
                      f"%{result} = arith.subi %{code}w, {constant} : i32"]
        return lines

    def add(self, a, b, factors, zeros):
        """E1 without its requantization: the i32 sum."""
        m, n = (self.scalar(factor, "i32") for factor in factors)
        return self.elementwise(
            [a, b], "i32", [*self.centered((a, b), zeros),
                            f"%e = arith.muli %c, {m} : i32",
                            f"%f = arith.muli %d, {n} : i32",
                            "%r = arith.addi %e, %f : i32"],
            lambda x, y: ((x - zeros[0]) * factors[0]
                          + (y - zeros[1]) * factors[1]))

    def multiply(self, a, b, zeros):
        """E2 without its requantization: the i32 product."""
        return self.elementwise(
            [a, b], "i32", [*self.centered((a, b), zeros),
                            "%r = arith.muli %c, %d : i32"],
            lambda x, y: (x - zeros[0]) * (y - zeros[1]))

    def lookup(self, x, table):
        """256 entries, the first for -128."""
        constant = self.constant(table)
        return self.elementwise(
            [x], "i8", [f"%r = qdot.lookup %a in {constant.name} : "
                        "tensor<256xi8>"],
            lambda codes: table.astype(np.int64)[codes + 128])

    def result(self, *values):
        self.outputs += values

    def model(self, matmul, inputs):
        return [value.compute(matmul, inputs) for value in self.outputs]

    def text(self):
        args = ", ".join(f"{v.name}: {v.type} {{{v.codes.attribute}}}"
                         for v in self.inputs)
        types = ", ".join(v.type for v in self.outputs)
        names = ", ".join(v.name for v in self.outputs)
        return "\n".join([f"func.func @{self.name}({args}) -> ({types}) {{",
                          *self.lines, f"  return {names} : {types}", "}", ""])
