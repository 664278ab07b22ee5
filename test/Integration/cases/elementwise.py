#===- elementwise.py - Add, sub, mul, affine, tables, pooling -------------===#
#
# Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
#===-----------------------------------------------------------------------===#
"""Rules E1 to E4, T1 and the conversion between types."""

import numpy as np

from .contraction import CLAMPS
from .function import Function, Random
from .rules import (Quant, choose_add, choose_affine, dequantize, quantize)

LINE = np.arange(-128, 128)  # Every code of an 8-bit value.


def pair(name, op, r, shapes, same=False):
    """Two activations, broadcast against each other."""
    f = Function(name)
    q_a = r.activation(1e-2, 1)
    q_b = q_a if same else Quant(q_a.scale * r.scale(1e-2, 10), r.zero())
    a = f.input(shapes[0], q_a)
    b = a if same else f.input(shapes[1], q_b)
    # For dynamic sizes, the destination is as large as the wider operand.
    like = a if len(a.shape) >= len(b.shape) else b
    y = f.elementwise([a, b], lambda f, args: f.assign(
        f"arith.{op}f {args[0]}, {args[1]} : f32"), like=like)
    bounds = r.pick(*CLAMPS)
    if bounds:
        y = f.clamp(y, bounds[1], bounds[0])
    spread = (float(q_a.scale) * float(q_b.scale) * 4000 if op == "mul"
              else max(float(q_a.scale), float(q_b.scale)))
    q_y = Quant(spread * r.scale(0.3, 3), r.zero())
    f.result(y, q_y)

    def model(rules, inputs):
        x_a = inputs[0].astype(np.int64) - q_a.zero
        x_b = x_a if same else inputs[1].astype(np.int64) - q_b.zero
        if op == "mul":
            acc = x_a * x_b
            real = rules.combine(q_a.scale, q_b.scale, q_y.scale)
        else:
            (m_a, m_b), k = choose_add([q_a.scale, q_b.scale], q_y.scale)
            acc = x_a * m_a + x_b * (m_b if op == "add" else -m_b)
            real = 2.0**-k
        return [rules.to_type(acc, real, q_y, bounds and bounds[1])]

    f.model = model
    return f


def affine(name, r, shape, axes, order, dead=False):
    """a * x + b along `axes`."""
    f = Function(name)
    q_x = r.activation(1e-2, 1)
    x = f.input(shape, q_x)
    sizes = [shape[i] if i in axes else 1 for i in range(len(shape))]
    a = r.rng.normal(0, 1, sizes).astype(np.float32)
    b = r.rng.normal(0, 5, sizes).astype(np.float32)
    if dead:
        a.flat[0], b.flat[-1] = 0, 1e6
        a.flat[-1] = 1e-5
    operands = [x, f.constant(a), f.constant(b)]

    def body(f, args):
        x, a, b = args[:3]
        if order == "mul-add":
            x = f.assign(f"arith.mulf {x}, {a} : f32")
            return f.assign(f"arith.addf {x}, {b} : f32")
        if order == "sub":  # b - a x
            x = f.assign(f"arith.mulf {a}, {x} : f32")
            return f.assign(f"arith.subf {b}, {x} : f32")
        return f.assign(f"arith.{order}f {x}, {b} : f32")

    y = f.elementwise(operands, body, like=x)
    bounds = r.pick(*CLAMPS)
    if bounds:
        y = f.clamp(y, bounds[1], bounds[0])
    q_y = Quant(float(q_x.scale) * r.scale(0.3, 2), r.zero())
    f.result(y, q_y)
    real_a, real_b = {"mul-add": (a, b), "sub": (-a, b), "add": (a * 0 + 1, b),
                      "mul": (b, b * 0)}[order]

    def model(rules, inputs):
        w, c, unit = choose_affine(real_a, real_b, q_x.scale)
        acc = (inputs[0].astype(np.int64) - q_x.zero) * w + c
        return [rules.to_type(acc, unit / np.float64(q_y.scale), q_y,
                              bounds and bounds[1])]

    f.model = model
    return f


#===----------------------------------------------------------------------===#
# Tables
#===----------------------------------------------------------------------===#

def call(op, *more):
    """A scalar op with constants behind its operand."""
    def step(f, x):
        constants = [f.scalar(value) for value in more]
        return f.assign(f"{op} {', '.join([x, *constants])} : f32")
    return step


def binary_self(op):
    return lambda f, x: f.assign(f"{op} {x}, {x} : f32")


def flipped(op, value):
    return lambda f, x: f.assign(f"{op} {f.scalar(value)}, {x} : f32")


F = np.float32
UNARY = {
    "exp": ([call("math.exp")], lambda x: np.exp(np.float64(x))),
    "tanh": ([call("math.tanh")], lambda x: np.tanh(np.float64(x))),
    "abs": ([call("math.absf")], np.abs),
    "neg": ([call("arith.negf")], np.negative),
    "square": ([binary_self("arith.mulf")], lambda x: x * x),
    "sqrt": ([call("math.absf"), call("math.sqrt")],
             lambda x: np.sqrt(np.abs(x))),
    "log": ([call("math.absf"), call("arith.addf", 1.0), call("math.log")],
            lambda x: np.log(np.float64(np.abs(x) + F(1)))),
    "sigmoid": ([call("arith.negf"), call("math.exp"), call("arith.addf", 1.0),
                 flipped("arith.divf", 1.0)],
                lambda x: F(1) / (F(np.exp(np.float64(-x))) + F(1))),
    "rsqrt": ([binary_self("arith.mulf"), call("arith.addf", 0.5),
               call("math.rsqrt")],
              lambda x: 1 / np.sqrt(np.float64(x * x + F(0.5)))),
    "erf": ([call("math.erf")], None),
    # 1/x: infinite and NaN entries.
    "inverse": ([flipped("arith.divf", 1.0)], lambda x: F(1) / x),
    "x_over_x": ([binary_self("arith.divf")], lambda x: x / x),
    "log_negative": ([call("math.log")], lambda x: np.log(np.float64(x))),
    "ceil": ([call("math.ceil")], np.ceil),
    "affine": ([call("arith.mulf", 0.7), call("arith.addf", -1.25)],
               lambda x: F(x * F(0.7)) + F(-1.25)),
    "clamp": ([call("arith.maximumf", -0.5), call("arith.minimumf", 0.75)],
              lambda x: np.minimum(np.maximum(x, F(-0.5)), F(0.75))),
}


def erf(x):
    import math
    return np.array([math.erf(v) for v in np.float64(x)])


def unary(name, steps, function, r):
    """One chain; its whole table is the model."""
    f = Function(name)
    q_x = r.activation(1e-2, 0.1)
    with np.errstate(all="ignore"):
        reals = dequantize(LINE, q_x)
        values = np.float32((function or erf)(reals))
    finite = values[np.isfinite(values)]
    spread = float(finite.max(initial=0)) - float(finite.min(initial=0))
    q_y = Quant(max(spread, 1e-3) / 255 * r.scale(0.5, 2), r.zero())
    x = f.input((2, 137), q_x)

    def body(f, args):
        y = args[0]
        for step in steps:
            y = step(f, y)
        return y

    f.result(f.elementwise([x], body), q_y)
    table = quantize(values, q_y)
    f.model = lambda rules, inputs: [table[inputs[0].astype(np.int64) + 128]]
    return f


#===----------------------------------------------------------------------===#
# Pooling and reductions
#===----------------------------------------------------------------------===#

POOLS = {"pooling_nhwc_": "n01c", "pooling_nchw_": "nc01",
         "pooling_nwc_": "n0c", "pooling_ncw_": "nc0",
         "pooling_ndhwc_": "n012c"}


def scale_by(f, x, count, form):
    """Division by the count, or multiplication with its f32 reciprocal."""
    if form == "sum":
        return x, np.float64(1)
    if form == "div":
        return (f.elementwise([x], lambda f, a: call(
            "arith.divf", count)(f, a[0]), like=x), np.float64(1) / count)
    factor = np.float32(1) / np.float32(count)
    return (f.elementwise([x], lambda f, a: call(
        "arith.mulf", factor)(f, a[0]), like=x), np.float64(factor))


def pool(name, prefix, kind, r, dynamic=False):
    layout = POOLS[prefix]
    spatial = [c for c in layout if c in "012"]
    values = {"n": 2, "c": r.size(1, 9)}
    taps, strides, dilations = ([r.size(1, 3) for _ in spatial]
                                for _ in range(3))
    out = [r.size(1, 4) for _ in spatial]
    full = [(o - 1) * s + (k - 1) * d + 1 + r.size(0, s - 1) for o, s, k, d
            in zip(out, strides, taps, dilations)]

    def shape(space):
        sizes = dict(values, **dict(zip(spatial, space)))
        return tuple(None if dynamic and c == "n" else sizes[c]
                     for c in layout)

    f = Function(name)
    q_x = r.activation()
    x = f.input(shape(full), q_x)
    start = {"sum": 0.0, "max": -np.inf, "min": np.inf}[kind]
    window = f.empty(taps)
    rank = len(spatial)
    y = f.named(prefix + kind, [x, window], f.fill(shape(out), start, x),
                f"{{strides = dense<{strides}> : tensor<{rank}xi64>, "
                f"dilations = dense<{dilations}> : tensor<{rank}xi64>}}")
    count = int(np.prod(taps))
    form = r.pick("div", "mul", "sum")
    factor, bounds = np.float64(1), None
    if kind == "sum":
        y, factor = scale_by(f, y, count, form)
        bounds = r.pick(None, (0.0, 6.0))
        if bounds:
            y = f.clamp(y, bounds)
    q_y = Quant(q_x.scale * factor * count * r.scale(0.5, 1.2), r.zero())
    if kind != "sum" and r.size(0, 1):
        q_y = q_x
    f.result(y, q_y)

    def windows(codes):
        for tap in np.ndindex(*taps):
            index = iter(slice(t * d, t * d + (o - 1) * s + 1, s)
                         for t, d, o, s in zip(tap, dilations, out, strides))
            yield codes[tuple(next(index) if c in "012" else slice(None)
                              for c in layout)]

    def model(rules, inputs):
        codes = inputs[0].astype(np.int64)
        if kind != "sum":
            fold = np.maximum if kind == "max" else np.minimum
            return [fold.reduce(list(windows(rules.convert(codes, q_x, q_y))))]
        acc = sum(windows(codes - q_x.zero))
        return [rules.to_type(acc, average(rules, q_x, factor, q_y), q_y,
                              bounds)]

    f.model = model
    return f


def average(rules, q_x, factor, q_y):
    """E4."""
    return rules.combine(q_x.scale, factor, q_y.scale)


def mean(name, shape, axes, kind, r, named):
    """A reduction over `axes`: global average pooling and the like."""
    f = Function(name)
    q_x = r.activation()
    x = f.input(shape, q_x)
    kept = [d for d in range(len(shape)) if d not in axes]
    out = tuple(shape[d] for d in kept)
    op = {"sum": "addf", "max": "maximumf", "min": "minimumf"}[kind]
    start = {"sum": 0.0, "max": -np.inf, "min": np.inf}[kind]
    init = f.fill(out, start, x)
    if named:
        y = type(x)(f.assign(
            f"linalg.reduce {{ arith.{op} }} ins({x.name} : {x.type}) "
            f"outs({init.name} : {init.type}) dimensions = {list(axes)}"), out)
    else:
        loops = [f"d{i}" for i in range(len(shape))]
        head = f"({', '.join(loops)}) -> "
        y = f.generic(
            [f"{head}({', '.join(loops)})",
             f"{head}({', '.join(loops[d] for d in kept)})"],
            ["parallel" if d in kept else "reduction"
             for d in range(len(shape))], [x], init,
            lambda f, a: f.assign(f"arith.{op} {a[0]}, {a[1]} : f32"))
    count = int(np.prod([shape[a] for a in axes]))
    factor = np.float64(1)
    if kind == "sum":
        y, factor = scale_by(f, y, count, r.pick("div", "mul", "sum"))
    q_y = Quant(q_x.scale * factor * np.sqrt(count) * r.scale(0.5, 2), r.zero())
    if kind != "sum":
        q_y = q_x
    f.result(y, q_y)

    def model(rules, inputs):
        codes = inputs[0].astype(np.int64)
        if kind != "sum":
            fold = np.max if kind == "max" else np.min
            return [fold(codes, axis=tuple(axes))]
        acc = (codes - q_x.zero).sum(axis=tuple(axes))
        return [rules.to_type(acc, average(rules, q_x, factor, q_y), q_y)]

    f.model = model
    return f


#===----------------------------------------------------------------------===#
# Groups
#===----------------------------------------------------------------------===#

def pairs():
    r = Random(20)
    shapes = [((2, 3, 5), (2, 3, 5)), ((2, 3, 5), (5,)), ((3, 1, 5), (1, 4, 1)),
              ((17,), (17,)), ((None, 7), (None, 7)), ((None, 3, 2), (None, 1, 2)),
              ((1, 9), (2, 9)), ((4,), (3, 4)), ((255,), (1,))]
    for op in ("add", "sub", "mul"):
        for i, shape in enumerate(shapes):
            yield pair(f"{op}_{i}", op, r, shape)
        yield pair(f"{op}_all", op, r, ((256, 1), (1, 256)))
    yield pair("add_self", "add", r, ((2, 9), (2, 9)), same=True)


def affines():
    r = Random(21)
    for i, (shape, axes) in enumerate([
            ((2, 3, 4), (2,)), ((2, 3, 4), (1,)), ((3, 5), (0, 1)),
            ((256, 7), (1,)), ((2, 2, 17), (0, 2))]):
        for order in ("mul-add", "sub", "add", "mul"):
            yield affine(f"{order.replace('-', '_')}_{i}", r, shape, axes,
                         order)
    for i in range(3):
        yield affine(f"dead_{i}", r, (64, 5), (1,), "mul-add", dead=True)


def tables():
    r = Random(22)
    for name, (steps, function) in UNARY.items():
        for i in range(3):
            yield unary(f"{name}_{i}", steps, function, r)


def pools():
    r = Random(23)
    for prefix in POOLS:
        for kind in ("sum", "max", "min"):
            if kind == "min" and "c" in prefix.split("_")[1][1:2]:
                continue  # There are no NCHW minimum poolings.
            for i in range(6 if kind == "sum" else 3):
                yield pool(f"{prefix}{kind}_{i}", prefix, kind, r, i == 2)


def reductions():
    r = Random(24)
    cases = [((2, 7, 5, 3), (1, 2)), ((2, 3, 9, 4), (2, 3)), ((3, 130), (1,)),
             ((17, 4), (0,)), ((2, 3, 4, 5), (0, 3)), ((2, 3, 5), (0, 1, 2)),
             ((None, 4, 6), (1,)), ((1, 33, 1), (1,))]
    for i, (shape, axes) in enumerate(cases):
        for kind in ("sum", "sum", "max", "min"):
            for named in (False, True):
                yield mean(f"{kind}_{i}_{'n' if named else 'g'}_{r.size(0, 10**9)}",
                           shape, axes, kind, r, named)
