#===- sweep.py - Contractions of every shape ------------------------------===#
#
# Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
#===-----------------------------------------------------------------------===#
"""Functions in the integer form whose shapes, weights and ranges reach every
path of the kernels: full and partial tiles, every tail of K, blocks that a
proof lets use shorter sequences and blocks that it does not."""

import numpy as np

from .function import Random
from .integer import Codes, IntegerFunction, SIGNED, sum_bounds
from .rules import CONTRACTS

U8, U7, S8, S7 = (Codes(0, 255), Codes(0, 127), SIGNED, Codes(-128, -1))
ACTIVATIONS = (U8, S8, U8, S8, U7, S7, Codes(3, 200, 17), Codes(-100, 90, 5))


def weights(r, shape, style=None):
    """i8 weights; the styles differ in which sums of products fit i16. An
    array stands for itself."""
    if isinstance(style, np.ndarray):
        return style
    style = style or r.pick("full", "full", "extreme", "gauss", "half", "small",
                            "outliers", "sparse", "lowest", "highest")
    rng = r.rng
    if style in ("lowest", "highest"):
        return np.full(shape, -128 if style == "lowest" else 127, np.int8)
    if style == "extreme":
        return rng.choice(np.array([-128, 127, -127, 0], np.int8), shape)
    if style == "gauss":
        values = np.rint(rng.normal(0, 40, shape))
        return np.clip(values, -128, 127).astype(np.int8)
    if style in ("half", "small"):
        limit = 64 if style == "half" else 15
        return rng.integers(-limit, limit + 1, shape).astype(np.int8)
    values = rng.integers(-128, 128, shape)
    if style == "full":
        values = np.where(rng.random(shape) < 0.3,
                          rng.choice([-128, 127], shape), values)
    elif style == "outliers":
        values = np.where(rng.random(shape) < 0.04, values, values // 12)
    elif style == "sparse":
        values = np.where(rng.random(shape) < 0.15, values, 0)
    return values.astype(np.int8)


def biases(r, count):
    scale = r.pick(0, 10, 3000, 100000)
    return r.rng.integers(-scale, scale + 1, count).astype(np.int32)


def multipliers(r, terms, count):
    """Real multipliers that spread the sums over the output's codes; some
    channels saturate, some are nearly constant."""
    typical = 45 / (np.sqrt(terms) * 5500)
    return typical * np.exp(r.rng.normal(0, r.pick(0.2, 1.5), count))


def finish(f, r, acc, terms, channel, contract, output):
    """Returns the sums, or a requantization of them."""
    if output == "i32":
        return acc
    per_tensor = channel is None or r.size(0, 3) == 0
    count = 1 if per_tensor else acc.shape[channel]
    real = multipliers(r, terms, count)
    lo, hi = r.pick((-128, 127), (-128, 127), (-128, 60), (-20, 127), (-7, 8))
    zero = r.pick(lo, 0, r.size(-128, 127), hi)
    return f.requantize(acc, real, None if per_tensor else channel, zero, lo,
                        hi, contract)


def exact_matmul(x, w):
    return (x.astype(np.float64) @ w.astype(np.float64)).astype(np.int64)


def saturating_matmul(x, w):
    """What `vpmaddubsw` without a proof computes."""
    x, w = (np.concatenate([a, np.zeros_like(a.take([0], axis))], axis)
            if a.shape[axis] % 2 else a for a, axis in ((x, -1), (w, -2)))
    even = x[..., :, 0::2, None] * w[..., None, 0::2, :]
    odd = x[..., :, 1::2, None] * w[..., None, 1::2, :]
    return np.clip(even + odd, -2**15, 2**15 - 1).sum(-2)


def dense(f, r, x, n, contract, output, style=None, is_transposed=False,
          batch=False):
    """x[(b,) m, k] times w[(b,) k, n], w[(b,) n, k] if transposed."""
    k, lead = x.shape[-1], x.shape[:-2] if batch else ()
    w = weights(r, (*lead, *((n, k) if is_transposed else (k, n))), style)
    bias = biases(r, n)
    axes = -1 if is_transposed else -2
    bounds = sum_bounds(w, axes, x.codes.lo, x.codes.hi, bias)
    b = ["d0"] if batch else []
    i = len(b)
    row, column, inner = (f"d{i + j}" for j in range(3))
    maps = [[*b, row, inner],
            [*b, *((column, inner) if is_transposed else (inner, column))],
            [*b, row, column]]
    acc = f.contraction(x, f.constant(w), maps, i + 3, (*x.shape[:-1], n), bias,
                        [i + 1], bounds,
                        lambda matmul, a, c: matmul(
                            a, c.swapaxes(-1, -2) if is_transposed else c))
    return finish(f, r, acc, k, i + 1, contract, output)


def patches(x, taps, strides, dilations):
    """x (n, h, w, ...) as (n, oh, ow, kh, kw, ...), a view."""
    spans = [(k - 1) * d + 1 for k, d in zip(taps, dilations)]
    view = np.lib.stride_tricks.sliding_window_view(x, spans, axis=(1, 2))
    view = view[:, ::strides[0], ::strides[1],
                ..., ::dilations[0], ::dilations[1]]
    rank = x.ndim
    order = [0, 1, 2, rank, rank + 1, *range(3, rank)]
    return view.transpose(order)


def conv(f, r, x, taps, strides, dilations, pads, outputs, contract, output,
         groups=None, depth=None, style=None):
    """NHWC. Plain: weights HWCF, `outputs` channels. `groups`: x is NHWGC,
    weights HWGCF. `depth`: depthwise, weights HWC (depth 0) or HWCM."""
    if any(map(any, pads)):
        x = f.pad(x, [(0, 0), *pads, *[(0, 0)] * (len(x.shape) - 3)],
                  x.codes.zero)
    n, h, w_in = x.shape[:3]
    size = [(a - (k - 1) * d - 1) // s + 1 for a, k, s, d
            in zip((h, w_in), taps, strides, dilations)]
    c = x.shape[-1]
    if depth is not None:
        inner, tail, ins, formula = (), (c, depth) if depth else (c,), "c", (
            "nabhwc,hwcm->nabcm" if depth else "nabhwc,hwc->nabc")
    elif groups:
        inner, tail, ins, formula = (c,), (groups, outputs), "gc", (
            "nabhwgc,hwgcf->nabgf")
    else:
        inner, tail, ins, formula = (c,), (outputs,), "c", (
            "nabhwc,hwcf->nabf")
    letters = formula.split("->")[0].split(",")[1]
    sizes = dict(zip("hw", taps), c=c, m=depth, g=groups, f=outputs)
    w = weights(r, [sizes[letter] for letter in letters], style)
    out_letters = formula.split("->")[1]
    loops = [*out_letters, *[l for l in letters if l not in out_letters]]
    d = {letter: f"d{i}" for i, letter in enumerate(loops)}
    rows = [f"{d[o]} * {s} + {d[k]} * {e}" for o, k, s, e
            in zip("ab", "hw", strides, dilations)]
    maps = [[d["n"], *rows, *[d[l] for l in ins]], [d[l] for l in letters],
            [d[l] for l in out_letters]]
    bias = biases(r, tail)
    reduced = tuple(i for i, l in enumerate(letters) if l not in out_letters)
    bounds = sum_bounds(w, reduced, x.codes.lo, x.codes.hi, bias)

    def compute(_, a, b):
        left = patches(a, taps, strides, dilations).astype(np.float64)
        return np.einsum(formula, left, b.astype(np.float64),
                         optimize=True).astype(np.int64)

    acc = f.contraction(x, f.constant(w), maps, len(loops), (n, *size, *tail),
                        bias, list(range(3, 3 + len(tail))), bounds, compute)
    return finish(f, r, acc, taps[0] * taps[1] * (inner[0] if inner else 1),
                  2 + len(tail), contract, output)


def add_residual(f, r, a, b, contract):
    """conv -> add -> relu: E1 on two tensors of codes."""
    k = 20
    factors = [int(2**k * r.rng.uniform(0.2, 1.5)) for _ in range(2)]
    acc = f.add(a, b, factors, [a.codes.zero, b.codes.zero])
    zero = r.size(-128, 127)
    return f.requantize(acc, [2.0**-k], None, zero, r.pick(-128, zero), 127,
                        contract)


#===----------------------------------------------------------------------===#
# Groups
#===----------------------------------------------------------------------===#

def choose(r):
    """Contract, kind of output and activations of one case."""
    return (r.pick(*CONTRACTS), "i32" if r.size(0, 6) == 0 else "i8",
            r.pick(*ACTIVATIONS))


def some_columns(k):
    """One or two N for one K; with all K, every N meets every K modulo 4."""
    return [1 + (5 * k + i) % 17 for i in ((0, 8) if k <= 64 else (0,))]


def dense_rows(ks, columns, seed):
    """Every K of `ks`, with every N of `columns(k)`; M is open. A function has
    all N of one K and some kind of activation."""
    for k in ks:
        r = Random([seed, k])
        f = IntegerFunction(f"rows_{k}")
        x = f.input((None, k), r.pick(*ACTIVATIONS))
        for n in columns(k):
            contract, output, _ = choose(r)
            f.result(dense(f, r, x, n, contract, output,
                           is_transposed=r.size(0, 1) == 1))
        yield f


def dense_tiles(shapes, seed):
    """(m, n, k), all constant."""
    r = Random(seed)
    for m, n, k in shapes:
        contract, output, codes = choose(r)
        f = IntegerFunction(f"tile_{m}_{n}_{k}")
        x = f.input((m, k), codes)
        f.result(dense(f, r, x, n, contract, output,
                       is_transposed=r.size(0, 1) == 1))
        yield f


def covering_tiles(step=1):
    """Every M and N from 1 to 17, and with them every K from 1 to 130."""
    pairs = [(m, n) for m in range(1, 18) for n in range(1, 18)]
    return [(m, n, 1 + i * 47 % 130) for i, (m, n) in enumerate(pairs)][::step]


def random_conv(name, r, kind):
    contract, output, codes = choose(r)
    taps = [r.pick(1, 1, 2, 3, 3, 4, 5, 7), r.pick(1, 2, 3, 3, 5, 7)]
    if kind == "pointwise":
        taps = [1, 1]
    strides, dilations = ([r.pick(1, 1, 2, 3) for _ in taps],
                          [r.pick(1, 1, 1, 2, 3) for _ in taps])
    size = [r.size(1, 7), r.size(1, 11)]
    full = [(o - 1) * s + (k - 1) * d + 1 + r.size(0, s - 1)
            for o, s, k, d in zip(size, strides, taps, dilations)]
    pads = [(r.size(0, min(3, n - 1)), 0) if n > 1 else (0, 0) for n in full]
    pads = [(a, r.size(0, min(3, n - a - 1))) if n > a + 1 else (a, 0)
            for (a, _), n in zip(pads, full)]
    if r.size(0, 2) == 0:
        pads = [(0, 0), (0, 0)]
    image = [n - a - b for n, (a, b) in zip(full, pads)]
    c = {"few": r.pick(1, 2, 3), "depthwise": r.size(1, 130)}.get(
        kind, r.pick(1, 3, 4, 5, 8, 13, 16, 24, 31, 33, 64))
    outputs = r.pick(1, 3, 7, 8, 9, 16, 17, 24, 33, 65)
    groups = r.pick(2, 3, 5) if kind == "grouped" else None
    depth = r.pick(0, 0, 1, 2, 3) if kind == "depthwise" else None
    if depth:
        c = r.size(1, 40)
    if kind == "grouped":
        c, outputs = r.pick(1, 2, 3, 4, 8, 9), r.pick(1, 2, 5, 8, 17)
    f = IntegerFunction(name)
    x = f.input((r.pick(1, 1, 2), *image, *([groups] if groups else []), c),
                codes)
    f.result(conv(f, r, x, taps, strides, dilations, pads, outputs, contract,
                  output, groups, depth))
    return f


def bordered(count, seed):
    """Padding with the byte 0, of which rows of taps are left out: with wide
    reductions, and with more of it than a window has rows."""
    r = Random(seed)
    for i in range(count):
        taps = [r.pick(2, 3, 3, 5), r.pick(1, 3)]
        strides = [r.pick(1, 1, 2, 3), r.pick(1, 2)]
        dilations = [r.pick(1, 1, 2, 3), 1]
        image = [r.size(1, 9), r.size(1, 9)]
        pads = []
        for n, k, d in zip(image, taps, dilations):
            span = (k - 1) * d + 1
            most = span + 2 if n < 5 else span - 1
            pads.append((r.size(max(0, span - n), most), r.size(0, most)))
        f = IntegerFunction(f"border_{i}")
        x = f.input((r.pick(1, 1, 2), *image, r.pick(5, 16, 64, 67, 96)),
                    r.pick(U8, Codes(-128, 127, -128), U7))
        contract, output, _ = choose(r)
        f.result(conv(f, r, x, taps, strides, dilations, pads,
                      r.pick(1, 7, 16, 33), contract, output))
        yield f


def convolutions(kind, count, seed):
    r = Random(seed)
    for i in range(count):
        yield random_conv(f"{kind}_{i}", r, kind)


def depthwise_channels(seed, channels=range(1, 131)):
    """3x3, every number of channels."""
    r = Random(seed)
    for c in channels:
        contract, output, codes = choose(r)
        f = IntegerFunction(f"channels_{c}")
        stride = r.size(1, 2)
        x = f.input((1, 5, 4 + r.size(0, 3), c), codes)
        f.result(conv(f, r, x, [3, 3], [stride] * 2, [1, 1],
                      [(1, 1), (1, 1)], None, contract, output, depth=0))
        yield f


def batches(count, seed):
    """Batched dense layers, and products of two activations."""
    r = Random(seed)
    for i in range(count):
        contract, output, codes = choose(r)
        b, m, n, k = r.size(1, 4), r.size(1, 17), r.size(1, 20), r.size(1, 70)
        f = IntegerFunction(f"batch_{i}")
        is_open = r.size(0, 2) == 0
        if i % 2:
            x = f.input((b, m, k), codes)
            f.result(dense(f, r, x, n, contract, output, batch=True,
                           is_transposed=r.size(0, 1) == 1))
            yield f
            continue
        lead = (None if is_open else b,)
        x = f.input((*lead, m, k), codes)
        is_transposed = r.size(0, 1) == 1
        y = f.input((*lead, *((n, k) if is_transposed else (k, n))),
                    r.pick(*ACTIVATIONS))
        ends = [p * q for p in (x.codes.lo, x.codes.hi)
                for q in (y.codes.lo, y.codes.hi)]
        bounds = (k * min(0, *ends), k * max(0, *ends))
        right = ["d0", "d2", "d3"] if is_transposed else ["d0", "d3", "d2"]
        acc = f.contraction(
            x, y, [["d0", "d1", "d3"], right, ["d0", "d1", "d2"]], 4,
            (*lead, m, n), np.zeros(n), [2], bounds,
            lambda matmul, a, c, t=is_transposed: matmul(
                a, c.swapaxes(-1, -2) if t else c))
        f.result(finish(f, r, acc, k, None, contract, output))
        yield f


def chains(count, seed):
    """Residual adds, depthwise before pointwise, and a value with two uses."""
    r = Random(seed)
    for i in range(count):
        contract, _, codes = choose(r)
        f = IntegerFunction(f"chain_{i}")
        n = None if i % 4 == 3 else r.size(1, 2)
        c, h, w = r.pick(3, 8, 16, 17, 24), r.size(2, 6), r.size(2, 9)
        x = f.input((n, h, w, c), codes)
        same = dict(strides=[1, 1], dilations=[1, 1], contract=contract,
                    output="i8")
        around = [(1, 1), (1, 1)]
        if i % 3 == 0:  # conv -> conv -> add -> relu
            y = conv(f, r, x, [3, 3], pads=around, outputs=c, **same)
            z = conv(f, r, y, [3, 3], pads=around, outputs=c, **same)
            f.result(add_residual(f, r, z, x if i % 2 else y, contract))
        elif i % 3 == 1:  # depthwise -> pointwise
            y = conv(f, r, x, [3, 3], pads=around, outputs=None, depth=0,
                     **same)
            f.result(conv(f, r, y, [1, 1], pads=[(0, 0)] * 2,
                          outputs=r.pick(5, 16, 24), **same))
        else:  # two convolutions, added; one of them is a result as well
            y = conv(f, r, x, [1, 1], pads=[(0, 0)] * 2, outputs=9, **same)
            z = conv(f, r, x, [3, 3], pads=around, outputs=9, **same)
            f.result(add_residual(f, r, y, z, contract), z)
        yield f


def free_channels(count, seed):
    """Three layers or more, so that the channels in between have a free order:
    with depthwise layers, residuals, pads and several readers among them."""
    r = Random(seed)
    for i in range(count):
        contract, _, codes = choose(r)
        f = IntegerFunction(f"free_{i}")
        c, h, w = r.pick(8, 12, 16, 24, 64), r.size(2, 6), r.size(2, 9)
        style = r.pick("full", "gauss", "outliers", "half")
        x = f.input((1, h, w, r.pick(3, 8)), codes)

        def layer(x, taps, outputs, depth=None):
            edge = (taps // 2, taps // 2)
            return conv(f, r, x, [taps] * 2, [1, 1], [1, 1], [edge, edge],
                        outputs, contract, "i8", depth=depth, style=style)

        y = layer(x, r.pick(1, 3), c)
        if i % 2:
            y = layer(y, 3, None, depth=0)
        z = layer(y, 3 if c < 64 else 1, c)
        if i % 3 == 0:
            z = add_residual(f, r, z, y, contract)
        f.result(layer(z, 1, r.pick(5, 16)))
        if i % 4 == 0:
            f.result(layer(y, 1, 9))
        if i % 5 == 0:
            f.result(z)
        yield f


def adversaries(seed):
    """For every column, the activations that make its partial sums as large
    and as small as they can be: what a proof for i16 must have foreseen."""
    r = Random(seed)
    for style in ("full", "extreme", "gauss", "half", "outliers", "lowest"):
        for codes in (U8, U7, S8):
            k, n = r.size(20, 130), r.size(5, 40)
            f = IntegerFunction(f"worst_{style}_{codes.lo + 128}_{codes.hi}")
            x = f.input((2 * n, k), codes)
            w = weights(r, (k, n), style)
            f.result(dense(f, r, x, n, "tosa-single", "i32", w))
            up = np.where(w.T > 0, codes.hi, codes.lo)
            down = np.where(w.T > 0, codes.lo, codes.hi)
            f.samples = [[np.concatenate([up, down]).astype(codes.dtype)]]
            yield f


def operand_pairs():
    """Every byte meets every byte, in each of four positions of a group."""
    code = np.arange(256)
    for codes, tag in ((U8, "u8"), (S8, "s8")):
        for kind in ("all", "alone"):
            f = IntegerFunction(f"pairs_{kind}_{tag}")
            k, r = 12, Random(1)
            x = f.input((256, k), codes)
            w = np.stack([code * (2 * j + 1) + 3 * j for j in range(k)])
            w = ((w + 128) % 256 - 128).astype(np.int8)
            if kind == "alone":  # One weight per column fits any i16 proof.
                columns = np.concatenate([
                    np.where(np.arange(k)[:, None] == j, w, 0)
                    for j in range(4)], axis=1)
                w = columns.astype(np.int8)
            zeros = np.zeros(w.shape[1], np.int32)
            f.result(f.contraction(
                x, f.constant(w), [["d0", "d2"], ["d2", "d1"], ["d0", "d1"]],
                3, (256, w.shape[1]), zeros, [1],
                sum_bounds(w, 0, codes.lo, codes.hi, zeros),
                lambda matmul, a, c: matmul(a, c)))
            f.samples = [[((code[:, None] * (2 * np.arange(k) + 1)
                            + 7 * np.arange(k)) % 256 + codes.lo)
                          .astype(codes.dtype)]]
            yield f
        f = IntegerFunction(f"pairs_depthwise_{tag}")
        odd = np.array([1, 3, 5])[:, None]
        w = (code * odd % 256 - 128).astype(np.int8)[None]
        x = f.input((1, 256, 3, 256), codes)
        f.result(conv(f, Random(2), x, [1, 3], [1, 1], [1, 1], [(0, 0)] * 2,
                      None, "f32", "i32", depth=0, style=w))
        rows = code[None, :, None, None] * odd + np.zeros(256, int)
        f.samples = [[(rows % 256 + codes.lo).astype(codes.dtype)]]
        yield f


from . import products, words  # Behind what they take from here.

GROUPS = {
    "rows": lambda: dense_rows(range(1, 131), some_columns, 11),
    "all-rows": lambda: dense_rows(range(1, 131), lambda k: range(1, 18), 11),
    "tiles": lambda: dense_tiles(covering_tiles(), 12),
    # Tiles of eight rows by twelve columns, in loops of several iterations.
    "panels": lambda: dense_tiles(
        [(m, n, k) for m in (7, 8, 16) for n in (12, 13, 24)
         for k in (121, 128, 136, 200)], 37),
    # Rows that end within vectors of 16 columns, joined by four.
    "ends": lambda: dense_tiles(
        [(12, n, 24) for n in (36, 40, 43, 44, 47, 56, 72, 104)], 38),
    "conv": lambda: [*convolutions("plain", 60, 13),
                     *convolutions("few", 30, 14),
                     *convolutions("pointwise", 30, 15),
                     *convolutions("grouped", 30, 16)],
    "border": lambda: bordered(30, 35),
    "words": lambda: words.heavy(39),
    "depthwise": lambda: [*convolutions("depthwise", 40, 17),
                          *depthwise_channels(18)],
    "batch": lambda: batches(60, 19),
    "activations": lambda: [*products.activations(130, 32),
                            *products.variable_weights(20, 33)],
    "nchw": lambda: products.channels_first(48, 34),
    "chain": lambda: chains(48, 20),
    "gate": lambda: products.gates(36, 40),
    "free": lambda: free_channels(24, 36),
    "pairs": operand_pairs,
    "worst": lambda: adversaries(31),
    # A covering subset, for emulators.
    "few": lambda: [
        *dense_rows((1, 2, 3, 4, 7, 33, 130), some_columns, 21),
        *dense_tiles(covering_tiles(29), 22),
        *convolutions("plain", 4, 23), *convolutions("few", 3, 24),
        *convolutions("grouped", 3, 25), *convolutions("depthwise", 5, 26),
        *depthwise_channels(27, (1, 8, 17, 130)),
        *list(batches(4, 28))[1::2], *chains(6, 29), *products.gates(3, 41)],
    # Bochs 2.7 knows no gathers from addresses in zmm16 to 31, which LLVM
    # makes of these.
    "products": lambda: list(batches(4, 28))[::2],
}


def every_tile():
    """All 37,570 products of M, N and K, in parts of one K."""
    for k in range(1, 131):
        yield list(dense_tiles([(m, n, k) for m in range(1, 18)
                                for n in range(1, 18)], [30, k]))
