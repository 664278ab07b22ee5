#===- floats.py - Contractions in f32 and their exact results -------------===#
#
# Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
#===-----------------------------------------------------------------------===#
"""Functions of one f32 contraction each, as index maps, and the one result
that they may have: every element is a chain of fused multiply-adds in the order
of the reduction loops, from its initial value."""

import dataclasses
import itertools

import numpy as np


def fma(a, b, c):
    """f32(a * b + c) with one rounding. The product is exact in f64; the sum is
    rounded to odd there, so that rounding it again changes nothing."""
    with np.errstate(all="ignore"):
        product = a.astype(np.float64) * b.astype(np.float64)
        c = c.astype(np.float64)
        total = product + c
        part = total - product
        error = (product - (total - part)) + (c - part)
        bits = np.ascontiguousarray(total).view(np.int64)
        inexact = np.isfinite(total) & np.isfinite(error) & (error != 0)
        away = np.where((error > 0) == (total > 0), 1, -1)
        odd = np.where(inexact & (bits % 2 == 0), bits + away, bits)
        return odd.view(np.float64).astype(np.float32)


@dataclasses.dataclass
class Contraction:
    """`sizes` of loops by name; None where the size is that of the batch.
    `maps`: for both inputs and the result, a dictionary of loops and factors
    per dimension. Loops that are not in the result are summed, in their order
    in `sizes`."""
    name: str
    sizes: dict
    maps: tuple
    constant: bool = True   # the second input
    filled: bool = True     # the result starts with zeros, else an argument
    extra: dict = dataclasses.field(default_factory=dict)  # sizes of inputs

    @property
    def is_dynamic(self):
        return None in self.sizes.values()

    def extents(self, batch):
        return {loop: batch if size is None else size
                for loop, size in self.sizes.items()}

    def shape(self, operand, batch=None):
        """The smallest that all loops fit in; None for the batch."""
        shape = []
        for dim in self.maps[operand]:
            if batch is None and any(self.sizes[l] is None for l in dim):
                shape.append(None)
                continue
            extents = self.extents(batch)
            shape.append(1 + sum(f * (extents[l] - 1) for l, f in dim.items()))
        return tuple(shape)

    def text(self, weights):
        """The function; `weights`: the second input, if constant."""
        def type_of(operand):
            dims = "x".join("?" if s is None else str(s)
                            for s in self.shape(operand))
            return f"tensor<{dims}xf32>"

        def map_of(operand):
            dims = ", ".join(" + ".join(f"{l} * {f}" for l, f in dim.items())
                             for dim in self.maps[operand])
            return f"affine_map<({', '.join(self.sizes)}) -> ({dims})>"
        x, w, y = map(type_of, range(3))
        used = {loop for dim in self.maps[2] for loop in dim}
        kinds = ", ".join('"parallel"' if loop in used else '"reduction"'
                          for loop in self.sizes)
        arguments = [f"%x: {x}"]
        arguments += [] if self.constant else [f"%w: {w}"]
        arguments += [] if self.filled else [f"%i: {y}"]
        lines = [f"func.func @{self.name}({', '.join(arguments)}) -> {y} {{"]
        if self.constant:
            raw = np.ascontiguousarray(weights).tobytes().hex().upper()
            lines += [f'%w = arith.constant dense<"0x{raw}"> : {w}']
        if self.filled:
            dynamic = ""
            if self.is_dynamic:
                at = [dim for dim in self.shape(0)].index(None)
                lines += [f"%at = arith.constant {at} : index",
                          f"%n = tensor.dim %x, %at : {x}"]
                dynamic = "%n"
            lines += [f"%e = tensor.empty({dynamic}) : {y}",
                      "%zero = arith.constant 0.0 : f32",
                      f"%i = linalg.fill ins(%zero : f32) outs(%e : {y}) -> {y}"]
        maps = ", ".join(map_of(operand) for operand in range(3))
        lines += [
            f"%r = linalg.generic {{indexing_maps = [{maps}], iterator_types = "
            f"[{kinds}]}} ins(%x, %w : {x}, {w}) outs(%i : {y}) {{",
            "^bb0(%a: f32, %b: f32, %s: f32):",
            "%p = arith.mulf %a, %b : f32", "%t = arith.addf %s, %p : f32",
            f"linalg.yield %t : f32 }} -> {y}", f"return %r : {y}", "}"]
        return "\n".join(lines)

    def result(self, x, w, init, batch):
        """The exact result."""
        extents = self.extents(batch)
        used = [loop for dim in self.maps[2] for loop in dim]
        summed = [loop for loop in self.sizes if loop not in used]
        grid = np.ix_(*[np.arange(extents[loop]) for loop in used])
        total = init.copy()
        for at in itertools.product(*[range(extents[l]) for l in summed]):
            where = dict(zip(used, grid)) | dict(zip(summed, at))
            a, b = (value[tuple(sum(f * where[l] for l, f in dim.items())
                                for dim in self.maps[operand])]
                    for operand, value in ((0, x), (1, w)))
            shape = total.shape
            total = fma(np.broadcast_to(a, shape), np.broadcast_to(b, shape),
                        total)
        return total


def loops(text):
    """Dimensions as in "n h+2*k c" to a tuple of dictionaries."""
    def dim(word):
        terms = {}
        for term in word.split("+"):
            factor, _, loop = term.rpartition("*")
            terms[loop] = int(factor or 1)
        return terms
    return tuple(dim(word) for word in text.split())


def make(name, sizes, x, w, y, **more):
    return Contraction(name, sizes, (loops(x), loops(w), loops(y)), **more)


def dense(name, m, n, k, w="k n", **more):
    return make(name, {"m": m, "n": n, "k": k}, "m k", w, "m n", **more)


def conv(name, n, h, w, c, f, kh, kw, stride=1, dilation=1, **more):
    rows, columns = (f"{stride}*{out}+{dilation}*{tap}"
                     for out, tap in (("h", "r"), ("w", "s")))
    return make(name, {"n": n, "h": h, "w": w, "f": f, "r": kh, "s": kw, "c": c},
                f"n {rows} {columns} c", "r s c f", "n h w f", **more)


def depthwise(name, n, h, w, c, kh, kw, stride=1, dilation=1, **more):
    rows, columns = (f"{stride}*{out}+{dilation}*{tap}"
                     for out, tap in (("h", "r"), ("w", "s")))
    return make(name, {"n": n, "h": h, "w": w, "c": c, "r": kh, "s": kw},
                f"n {rows} {columns} c", "r s c", "n h w c", **more)


def cases():
    for m, n, k in ((1, 1, 1), (1, 16, 9), (2, 3, 5), (3, 33, 17), (5, 7, 130),
                    (12, 32, 64), (13, 31, 63), (25, 70, 40), (1, 200, 65),
                    (17, 1, 12), (14, 48, 3)):
        yield dense(f"dense_{m}_{n}_{k}", m, n, k)
        yield dense(f"computed_{m}_{n}_{k}", m, n, k, constant=False)
    yield dense("transposed", 7, 19, 21, w="n k")
    yield dense("transposed_computed", 7, 19, 21, w="n k", constant=False)
    yield dense("no_terms_left_out", 4, 24, 11, filled=False)
    yield dense("open_batch", None, 37, 29)
    yield dense("open_batch_computed", None, 8, 6, constant=False, filled=False)
    for b in (3, None):
        kind = "open" if b is None else "static"
        yield make(f"batch_matmul_{kind}", {"b": b, "m": 5, "n": 18, "k": 7},
                   "b m k", "b k n", "b m n", constant=False)
    yield make("batch_of_weights", {"b": 3, "m": 5, "n": 18, "k": 7},
               "b m k", "b k n", "b m n")
    yield make("matrix_vector", {"m": 21, "k": 13}, "m k", "k", "m")
    yield make("vector_matrix", {"n": 21, "k": 13}, "k", "k n", "n")
    yield make("weights_first", {"m": 6, "n": 20, "k": 9}, "k n", "m k", "m n")
    yield conv("conv", 1, 5, 7, 3, 18, 3, 3)
    yield conv("conv_strided", 2, 4, 9, 5, 33, 3, 2, stride=2)
    yield conv("conv_dilated", 1, 3, 13, 4, 8, 2, 3, dilation=2, filled=False)
    yield conv("conv_pointwise", 2, 3, 5, 24, 40, 1, 1)
    yield conv("conv_open", None, 3, 6, 4, 17, 3, 3)
    yield conv("conv_one_channel", 1, 6, 6, 1, 6, 5, 5)
    yield conv("conv_computed", 1, 3, 4, 5, 12, 2, 2, constant=False)
    yield depthwise("depthwise", 1, 5, 6, 17, 3, 3)
    yield depthwise("depthwise_strided", 2, 3, 5, 40, 3, 3, stride=2)
    yield depthwise("depthwise_dilated", 1, 4, 4, 8, 2, 2, dilation=3)
    yield depthwise("depthwise_open", None, 3, 4, 5, 5, 5, constant=False)
    yield make("depthwise_multiplied",
               {"n": 1, "h": 3, "w": 4, "c": 5, "m": 2, "r": 3, "s": 3},
               "n h+r w+s c", "r s c m", "n h w c m")
    yield make("grouped", {"n": 1, "h": 3, "w": 4, "g": 3, "f": 9, "r": 3,
                           "s": 3, "c": 4},
               "n h+r w+s g c", "g r s c f", "n h w g f")
    for stride in (1, 2):
        yield make(f"nchw_{stride}", {"n": 2, "f": 14, "h": 4, "w": 19, "c": 3,
                                      "r": 3, "s": 3},
                   f"n c {stride}*h+r {stride}*w+s", "f c r s", "n f h w")
    yield make("nchw_open", {"n": None, "f": 5, "h": 4, "w": 9, "c": 3, "r": 3,
                             "s": 3}, "n c h+r w+s", "f c r s", "n f h w")
    yield make("nchw_depthwise", {"n": 1, "c": 4, "h": 5, "w": 18, "r": 3,
                                  "s": 3}, "n c h+r w+s", "c r s", "n c h w")
    yield make("conv_1d", {"n": 2, "w": 15, "f": 10, "s": 4, "c": 3},
               "n w+s c", "s c f", "n w f")
