#===- products.py - Activations times activations, and NCHW ---------------===#
#
# Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
#===-----------------------------------------------------------------------===#
"""More groups of sweep.py: right sides that are no constant, operands
whose channels are not the last dimension, and products of two layers."""

import numpy as np

from .function import Random
from .integer import IntegerFunction, sum_bounds
from .sweep import (ACTIVATIONS, S8, U7, add_residual, biases, choose, dense,
                    finish, patches, weights)


def product_bounds(x, y, zeros, k, bias):
    """A1 for two activations."""
    ends = [(p - zeros[0]) * (q - zeros[1])
            for p in (x.codes.lo, x.codes.hi) for q in (y.codes.lo, y.codes.hi)]
    return (int(k * min(0, *ends) + min(0, bias.min())),
            int(k * max(0, *ends) + max(0, bias.max())))


def activations(count, seed):
    """Products of two activations with zero points, of every K: each side in
    both orders, read in place or made by a layer, also by itself; batches and
    rows may be open."""
    r = Random(seed)
    for i in range(count):
        contract, output, codes = choose(r)
        f = IntegerFunction(f"product_{i}")
        m, n, k = r.size(1, 19), r.pick(r.size(1, 20), r.size(1, 150)), (
            1 + i * 47 % 130)
        kind = r.pick("batch", "open batch", "plain", "open rows", "itself")
        lead = {"batch": (r.size(1, 3),), "open batch": (None,)}.get(kind, ())
        b = ["d0"] * len(lead)
        row, column, inner = (f"d{j + len(lead)}" for j in range(3))
        left, right = [row, inner], r.pick([inner, column], [column, inner])
        if kind == "open rows":
            m = None
        elif r.size(0, 4) == 0:
            left = left[::-1]
        sizes = {row: m, column: n, inner: k}
        x = f.input((*lead, *(sizes[l] for l in left)), codes)
        if kind == "itself":
            y, right = x, [column if l == row else l for l in left]
            n = sizes[column] = m
        elif kind == "plain" and r.size(0, 1) and right[0] == column:
            source = f.input((n, r.size(1, 40)), r.pick(*ACTIVATIONS))
            y = dense(f, r, source, k, contract, "i8")
        else:
            y = f.input((*lead, *(sizes[l] for l in right)),
                        r.pick(*ACTIVATIONS))
        zeros = [r.pick(0, v.codes.zero, r.size(v.codes.lo, v.codes.hi))
                 for v in (x, y)]

        def compute(matmul, a, c, flips=(left[0] == inner, right[0] == column)):
            a, c = (v.swapaxes(-1, -2) if flip else v
                    for v, flip in zip((a, c), flips))
            return matmul(a, c)

        bias = biases(r, n)
        acc = f.contraction(
            x, y, [[*b, *left], [*b, *right], [*b, row, column]], 3 + len(b),
            (*lead, m, n), bias, [len(lead) + 1],
            product_bounds(x, y, zeros, k, bias), compute, zeros)
        f.result(finish(f, r, acc, k, None, contract, output))
        yield f


def variable_weights(count, seed):
    """Convolutions whose weights are an argument, in both orders."""
    r = Random(seed)
    for i in range(count):
        contract, output, codes = choose(r)
        f = IntegerFunction(f"variable_{i}")
        c, o = r.pick(1, 3, 4, 8, 13), r.pick(1, 5, 8, 17, 40)
        h, w, kh, kw = r.size(3, 6), r.size(3, 9), r.size(1, 3), r.size(1, 3)
        x = f.input((1, h, w, c), codes)
        layout = r.pick("hwcf", "fhwc", "fchw")
        sizes = dict(h=kh, w=kw, c=c, f=o)
        y = f.input([sizes[l] for l in layout], r.pick(S8, S8, U7))
        d = dict(f="d3", h="d4", w="d5", c="d6")
        maps = [["d0", "d1 + d4", "d2 + d5", "d6"], [d[l] for l in layout],
                ["d0", "d1", "d2", "d3"]]
        zeros = (codes.zero, 0)

        def compute(_, a, b, formula=f"nabhwc,{layout}->nabf",
                    taps=(kh, kw)):
            return np.einsum(formula, patches(a, taps, (1, 1), (1, 1)), b)

        bias = biases(r, o)
        acc = f.contraction(
            x, y, maps, 7, (1, h - kh + 1, w - kw + 1, o), bias, [3],
            product_bounds(x, y, zeros, kh * kw * c, bias), compute, zeros)
        f.result(finish(f, r, acc, kh * kw * c, None, contract, output))
        yield f


def conv_nchw(f, r, x, taps, strides, dilations, pads, outputs, contract,
              output, kind="plain"):
    """NCHW. Plain: weights FCHW. "grouped": x is NGCHW, weights GFCHW.
    "depthwise": weights CHW, or CMHW for more than one of `outputs`."""
    lead = len(x.shape) - 2
    if any(map(any, pads)):
        x = f.pad(x, [*[(0, 0)] * lead, *pads], x.codes.zero)
    size = [(a - (k - 1) * d - 1) // s + 1 for a, k, s, d
            in zip(x.shape[-2:], taps, strides, dilations)]
    ins, letters, out = {
        "plain": ("nc", "fchw", "nfab"), "grouped": ("ngc", "gfchw", "ngfab"),
        "depthwise": ("nc", "cmhw", "ncmab") if outputs > 1 else (
            "nc", "chw", "ncab")}[kind]
    sizes = dict(zip(ins, x.shape), **dict(zip("hw", taps)), f=outputs,
                 m=outputs, **dict(zip("ab", size)))
    w = weights(r, [sizes[letter] for letter in letters])
    loops = [*out, *[l for l in letters if l not in out]]
    d = {letter: f"d{i}" for i, letter in enumerate(loops)}
    rows = [f"{d[o]} * {s} + {d[k]} * {e}" for o, k, s, e
            in zip("ab", "hw", strides, dilations)]
    maps = [[*[d[l] for l in ins], *rows], [d[l] for l in letters],
            [d[l] for l in out]]
    channels = [i for i, l in enumerate(out) if l in letters]
    bias = biases(r, [sizes[out[i]] for i in channels])
    reduced = tuple(i for i, l in enumerate(letters) if l not in out)
    bounds = sum_bounds(w, reduced, x.codes.lo, x.codes.hi, bias)

    def compute(_, a, b):
        flat = a.reshape(-1, *a.shape[-2:])
        view = patches(flat, taps, strides, dilations)
        left = view.reshape(*a.shape[:-2], *view.shape[1:]).astype(np.float64)
        return np.einsum(f"{ins}abhw,{letters}->{out}", left,
                         b.astype(np.float64), optimize=True).astype(np.int64)

    shape = [sizes[l] for l in out]
    acc = f.contraction(x, f.constant(w), maps, len(loops), shape, bias,
                        channels, bounds, compute)
    terms = taps[0] * taps[1] * (sizes["c"] if kind != "depthwise" else 1)
    return finish(f, r, acc, terms, out.index("f") if "f" in out else None,
                  contract, output)


def channels_first(count, seed):
    """Convolutions in NCHW, alone and after each other, with pads between."""
    r = Random(seed)
    for i in range(count):
        contract, output, codes = choose(r)
        kind = ("plain", "depthwise", "grouped", "chain")[i % 4]
        f = IntegerFunction(f"nchw_{kind}_{i}")
        taps = [r.size(1, 3), r.pick(1, 2, 3, 5)]
        strides, dilations = ([r.pick(1, 1, 2) for _ in taps],
                              [r.pick(1, 1, 2) for _ in taps])
        image = [(k - 1) * d + 1 + r.size(0, 6)
                 for k, d in zip(taps, dilations)]
        pads = [(r.size(0, 1), r.size(0, 1)) for _ in taps]
        c = r.pick(1, 3, 4, 8, 13, 24)
        outputs = r.pick(1, 2, 3) if kind == "depthwise" else r.pick(1, 5, 8, 17)
        group = (r.pick(2, 3),) if kind == "grouped" else ()
        x = f.input((r.size(1, 2), *group, c, *image), codes)
        y = conv_nchw(f, r, x, taps, strides, dilations, pads, outputs,
                      contract, "i8" if kind == "chain" else output,
                      "plain" if kind == "chain" else kind)
        if kind == "chain":
            z = conv_nchw(f, r, y, [3, 3], [1, 1], [1, 1], [(1, 1), (1, 1)],
                          y.shape[1], contract, "i8")
            y = add_residual(f, r, z, y, contract) if i % 8 == 3 else z
        f.result(y)
        yield f


def gates(count, seed):
    """What a layer's end computes on a table's entry: products with another
    layer (SwiGLU), residual sums, a second table."""
    r = Random(seed)
    for i in range(count):
        contract, _, codes = choose(r)
        f = IntegerFunction(f"gate_{i}")
        m, k = r.pick(None, 1, 3, 8), r.size(1, 24)
        n = r.pick(7, 16, 20, 32, 48, 64, 70, 96)
        x = f.input((m, k), codes)
        a, b = (dense(f, r, x, n, contract, "i8") for _ in range(2))
        tables = [r.rng.permutation(256).astype(np.uint8).view(np.int8)
                  for _ in range(2)]
        y = f.lookup(a, tables[0])
        if i % 3 == 0:
            y = f.requantize(f.multiply(y, b, [r.size(-128, 127), b.codes.zero]),
                             [2.0**-7], None, r.size(-128, 127), -128, 127,
                             contract)
        else:
            y = add_residual(f, r, y, b, contract)
        f.result(f.lookup(y, tables[1]) if i % 3 == 2 else y)
        yield f
