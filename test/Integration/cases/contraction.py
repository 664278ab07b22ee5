#===- contraction.py - Sums of products -----------------------------------===#
#
# Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
#===-----------------------------------------------------------------------===#
"""Convolutions of every layout, matmul and its relatives, generic
contractions. The models know neither linalg nor index maps: a convolution is a
loop over its taps, a contraction one einsum over centered integers."""

import numpy as np

from .function import Function, Random
from .rules import Quant, quantize_exact

BIASES = ("zero", "scalar", "broadcast", "full", "quantized")
CLAMPS = (None, ("max", (0.0, np.inf)), ("max", (0.0, 6.0)),
          ("select", (0.0, 6.0)), ("clamp", (-1.5, 2.25)))


def add_bias(f, r, shape, channels, real_scale, form, like):
    """The initial value. Returns it and its integers, which broadcast over the
    output. `channels` are output dimensions; `real_scale` has the output's
    rank."""
    if not channels and form in ("broadcast", "quantized"):
        form = "full"
    if form == "full" and None in shape:
        form = "broadcast" if channels else "scalar"
    if form == "zero":
        return f.fill(shape, 0.0, like), np.int64(0)
    if form == "scalar":
        value = np.float32(r.rng.uniform(-1, 1))
        return f.fill(shape, value, like), quantize_exact(value, real_scale)
    spread = 2000 * float(np.mean(real_scale))
    if form == "full":
        values = r.rng.normal(0, spread, shape).astype(np.float32)
        return f.constant(values), quantize_exact(values, real_scale)
    sizes = [shape[d] for d in channels]
    values = r.rng.normal(0, spread, sizes).astype(np.float32)
    q = None
    if form == "quantized" and len(sizes) == 1:
        q = Quant(r.scale(1e-6, 1e-5, sizes[0]), 0, -2**31, 2**31 - 1, 32,
                  (0,), sizes)
        raw = f.constant(values)
        bias = type(raw)(f.quantized(raw.name, raw.shape, q), raw.shape)
        # The scale of a bias is an f64 (Q7), as MLIR reads it.
        scales = np.array([np.float64(t) for t in q.texts])
        values = quantize_exact(values, scales) * scales
    else:
        bias = f.constant(values)
    empty = f.empty(shape, like)
    added = [d for d in range(len(shape)) if d not in channels]
    if added:
        init = f.named("broadcast", [bias], empty)
        head, _, _ = f.lines[-1].rpartition(" -> ")
        f.lines[-1] = f"{head} dimensions = {added}"
    else:
        init = bias
    spread_shape = [shape[d] if d in channels else 1
                    for d in range(len(shape))]
    return init, quantize_exact(values.reshape(spread_shape), real_scale)


#===----------------------------------------------------------------------===#
# Convolutions
#===----------------------------------------------------------------------===#

# Operation, and the layouts of input, weight and output: n batch, g group,
# c input channel, f output channel (per group), 0 1 2 spatial.
CONVOLUTIONS = {
    "conv_2d_nhwc_hwcf": ("n01c", "01cf", "n01f"),
    "conv_2d_nhwc_fhwc": ("n01c", "f01c", "n01f"),
    "conv_2d_nchw_fchw": ("nc01", "fc01", "nf01"),
    "conv_2d_nhwgc_gfhwc": ("n01gc", "gf01c", "n01gf"),
    "conv_2d_ngchw_gfchw": ("ngc01", "gfc01", "ngf01"),
    "conv_2d_ngchw_fgchw": ("ngc01", "fgc01", "ngf01"),
    "conv_2d": ("01", "01", "01"),
    "depthwise_conv_2d_nhwc_hwc": ("n01g", "01g", "n01g"),
    "depthwise_conv_2d_nchw_chw": ("ng01", "g01", "ng01"),
    "depthwise_conv_2d_nhwc_hwcm": ("n01g", "01gf", "n01gf"),
    "conv_1d": ("0", "0", "0"),
    "conv_1d_nwc_wcf": ("n0c", "0cf", "n0f"),
    "conv_1d_ncw_fcw": ("nc0", "fc0", "nf0"),
    "depthwise_conv_1d_nwc_wc": ("n0g", "0g", "n0g"),
    "depthwise_conv_1d_ncw_cw": ("ng0", "g0", "ng0"),
    "depthwise_conv_1d_nwc_wcm": ("n0g", "0gf", "n0gf"),
    "conv_3d": ("012", "012", "012"),
    "conv_3d_ndhwc_dhwcf": ("n012c", "012cf", "n012f"),
    "conv_3d_ncdhw_fcdhw": ("nc012", "fc012", "nf012"),
    "depthwise_conv_3d_ndhwc_dhwc": ("n012g", "012g", "n012g"),
    "depthwise_conv_3d_ncdhw_cdhw": ("ng012", "g012", "ng012"),
    "depthwise_conv_3d_ndhwc_dhwcm": ("n012g", "012gf", "n012gf"),
}
PLAIN = ("conv_1d", "conv_2d", "conv_3d")  # No attributes, no channels.


def to_canonical(array, layout, order):
    """Axes in `order`, those that the layout lacks with size 1."""
    for letter in order:
        if letter not in layout:
            layout += letter
            array = array[..., None]
    return array.transpose([layout.index(letter) for letter in order])


def convolve(x, w, strides, dilations):
    """x (n, g, c, spatial), w (g, f, c, taps), centered integers, no padding;
    the result is (n, g, f, spatial)."""
    rank = len(strides)
    taps = w.shape[3:]
    out = [(size - (k - 1) * d - 1) // s + 1 for size, k, s, d
           in zip(x.shape[3:], taps, strides, dilations)]
    acc = np.zeros((x.shape[0], w.shape[0], w.shape[1], *out), np.int64)
    for tap in np.ndindex(*taps):
        window = tuple(slice(t * d, t * d + (o - 1) * s + 1, s) for t, d, o, s
                       in zip(tap, dilations, out, strides))
        part = x[(slice(None),) * 3 + window]
        weights = w[(slice(None),) * 3 + tap]
        left = part.transpose(1, 0, *range(3, 3 + rank), 2)
        product = np.einsum("g...c,gfc->g...f", left, weights)
        acc += product.transpose(1, 0, 2 + rank, *range(2, 2 + rank))
    return acc


def conv(name, op, r, dynamic=False, pad=False, per="channel", quirk=None):
    """One convolution with random shape, strides, dilations, bias, clamp."""
    layouts = CONVOLUTIONS[op]
    rank = int(op.split("conv_")[1][0])
    spatial = "012"[:rank]
    small = rank == 3
    sizes = dict(n=1 if r.size(0, 2) else 2, g=r.size(1, 7),
                 c=r.size(1, 9), f=r.size(1, 9))
    strides = [1 if op in PLAIN else r.size(1, 3) for _ in spatial]
    dilations = [1 if op in PLAIN else r.size(1, 3) for _ in spatial]
    taps = [r.size(1, 3) for _ in spatial]
    out = [r.size(1, 3 if small else 5) for _ in spatial]
    slack = [r.size(0, s - 1) for s in strides]
    full = [(o - 1) * s + (k - 1) * d + 1 + e for o, s, k, d, e
            in zip(out, strides, taps, dilations, slack)]
    pads = [(r.size(0, min(2, n // 3)), r.size(0, min(2, n // 3)))
            if pad else (0, 0) for n in full]

    def shape(layout, space):
        values = dict(sizes, **dict(zip(spatial, space)))
        return tuple(values[letter] for letter in layout)

    x_shape = shape(layouts[0], [n - a - b for n, (a, b) in zip(full, pads)])
    y_shape = shape(layouts[2], out)
    if dynamic:
        x_shape, y_shape = (None, *x_shape[1:]), (None, *y_shape[1:])
    f = Function(name)
    q_x = r.activation()
    x = padded = f.input(x_shape, q_x)
    amounts = [pads[spatial.index(letter)] if letter in spatial else (0, 0)
               for letter in layouts[0]]
    if pad:
        padded = add_pad(f, x, amounts, 0.0)
        # The padded tensor has its own annotation, on the same type.
        padded.name = f.quantized(padded.name, padded.shape, q_x)
    axes = [a for a, letter in enumerate(layouts[1]) if letter in "gf"]
    if per == "tensor":
        axes = []
    values, q_w = r.weights(shape(layouts[1], taps), tuple(axes))
    if quirk == "i4":
        q_w = Quant(q_w.scales * 18, 0, -7, 7, 4, axes, q_w.shape)
    if quirk == "zero":
        q_w = Quant(q_w.scales, r.size(-128, 127), -128, 127, 8, axes,
                    q_w.shape)
    w = f.weight(values, q_w)
    terms = np.prod(taps) * (sizes["c"] if "c" in layouts[1] else 1)
    q_y = r.output(q_x.scale, q_w.scales, terms)
    scales = channel_scales(q_w, layouts[1], layouts[2])
    real = np.float64(q_x.scale) * scales.astype(np.float64)
    channels = [d for d, letter in enumerate(layouts[2]) if letter in "gf"]
    init, bias = add_bias(f, r, y_shape, channels, real, r.pick(*BIASES), x)
    attributes = "" if op in PLAIN else (
        f"{{strides = dense<{strides}> : tensor<{rank}xi64>, "
        f"dilations = dense<{dilations}> : tensor<{rank}xi64>}}")
    y = f.named(op, [padded, w], init, attributes)
    form = r.pick(*CLAMPS)
    if form:
        y = f.clamp(y, form[1], form[0])
    f.result(y, q_y)

    def model(rules, inputs):
        codes = np.pad(inputs[0].astype(np.int64), amounts,
                       constant_values=q_x.zero)
        xc = to_canonical(codes - q_x.zero, layouts[0], "ngc" + spatial)
        wc = to_canonical(w.codes - q_w.zeros_for(w.codes.ndim), layouts[1],
                          "gfc" + spatial)
        acc = convolve(xc, wc, strides, dilations)
        order = "ngf" + spatial
        missing = [a for a, letter in enumerate(order)
                   if letter not in layouts[2]]
        left = [letter for letter in order if letter in layouts[2]]
        acc = acc.squeeze(tuple(missing))
        acc = acc.transpose([left.index(letter) for letter in layouts[2]])
        multipliers = rules.combine(q_x.scale, scales, q_y.scale)
        return [rules.to_type(acc + bias, multipliers, q_y,
                              form and form[1])]

    f.model = model
    return f


def add_pad(f, x, amounts, value):
    """tensor.pad with a constant."""
    low = ", ".join(str(a) for a, _ in amounts)
    high = ", ".join(str(b) for _, b in amounts)
    scalar = f.scalar(value)
    shape = [n and n + a + b for n, (a, b) in zip(x.shape, amounts)]
    indices = ", ".join(f"%i{i}: index" for i in range(len(shape)))
    y = type(x)(f.fresh(), shape)
    f.line(f"{y.name} = tensor.pad {x.name} low[{low}] high[{high}] {{")
    f.line(f"^bb0({indices}):")
    f.line(f"tensor.yield {scalar} : f32")
    f.line(f"}} : {x.type} to {y.type}")
    return y


def channel_scales(q_w, weight_layout, output_layout):
    """Weight scales, shaped to broadcast over the output."""
    table = q_w.scales_for(len(weight_layout))
    reduced = [c for c in weight_layout if c not in output_layout]
    table = to_canonical(table, weight_layout, [*output_layout, *reduced])
    return table.reshape(table.shape[:len(output_layout)])


#===----------------------------------------------------------------------===#
# Matmul and generic contractions
#===----------------------------------------------------------------------===#

NAMED = {"mk,kn->mn": "matmul", "bmk,bkn->bmn": "batch_matmul",
         "mk,k->m": "matvec", "k,kn->n": "vecmat", "k,k->": "dot",
         "bmk,bk->bm": "batch_matvec", "bk,bkn->bn": "batch_vecmat",
         "bmk,bkn->mn": "batch_reduce_matmul"}


def affine_maps(formula):
    """Loops in the order of appearance, output letters first."""
    operands, out = formula.split("->")
    letters = list(dict.fromkeys(out + operands.replace(",", "")))
    head = "(" + ", ".join(f"d{i}" for i in range(len(letters))) + ") -> "
    return letters, [
        head + "(" + ", ".join(f"d{letters.index(c)}" for c in term) + ")"
        for term in [*operands.split(","), out]]


def emit(f, formula, form, lhs, rhs, init):
    letters, maps = affine_maps(formula)
    if form == "named":
        return f.named(NAMED[formula], [lhs, rhs], init)
    attribute = ", ".join(f"affine_map<{m}>" for m in maps)
    if form == "maps":  # The named op with explicit maps.
        op = "batch_matmul" if formula.count("b") == 3 else "matmul"
        return f.named(op, [lhs, rhs], init, f"indexing_maps = [{attribute}]")
    if form == "contract":
        return f.named("contract", [lhs, rhs], init,
                       f"indexing_maps = [{attribute}]")
    out = formula.split("->")[1]
    kinds = ["parallel" if c in out else "reduction" for c in letters]

    def body(f, args):
        product = f.assign(f"arith.mulf {args[0]}, {args[1]} : f32")
        return f.assign(f"arith.addf {args[2]}, {product} : f32")

    return f.generic(maps, kinds, [lhs, rhs], init, body)


def contraction(name, formula, r, sizes, form="named", weight=1,
                channels=None, dynamic=None, quirk=None, clamp=True):
    """`weight` is the number of the constant operand, or None. `channels` are
    the letters along which its scales vary."""
    terms, out = formula.split("->")[0].split(","), formula.split("->")[1]
    f = Function(name)
    operands, types = [], []
    for number, term in enumerate(terms):
        shape = tuple(sizes[c] for c in term)
        if number == weight:
            axes = [a for a, c in enumerate(term)
                    if c in (out if channels is None else channels)]
            values, q = r.weights(shape, tuple(axes))
            if quirk == "zero":
                q = Quant(q.scales, r.size(-128, 127), -128, 127, 8, axes,
                          q.shape)
            operands.append(f.weight(values, q))
        else:
            is_wide = quirk == "i16" and not types
            q = (Quant(r.scale(1e-5, 1e-4), r.size(-9, 9), -2**15, 2**15 - 1,
                       16) if is_wide else r.activation())
            if dynamic and term.startswith(dynamic):
                shape = (None, *shape[1:])
            operands.append(f.input(shape, q))
        types.append(q)
    count = np.prod([sizes[c] for c in set("".join(terms)) - set(out)])
    act = types[0] if weight != 0 else types[1]
    other = types[1] if act is types[0] else types[0]
    q_y = r.output(act.scale * (256 if quirk == "i16" else 1), other.scales,
                   count)
    if quirk == "to16":
        q_y = Quant(q_y.scale / 256, 77, -2**15, 2**15 - 1, 16)
    shape = tuple(None if c == dynamic else sizes[c] for c in out)
    scales = (channel_scales(other, terms[weight], out)
              if weight is not None else other.scale.reshape([1] * len(out)))
    real = np.float64(act.scale) * scales.astype(np.float64)
    dims = [d for d, c in enumerate(out)
            if weight is not None and c in terms[weight]]
    form_of_bias = r.pick(*BIASES) if out else "zero"
    init, bias = add_bias(f, r, shape, dims, real, form_of_bias, operands[0])
    y = emit(f, formula, form, *operands, init)
    bounds = r.pick(*CLAMPS) if clamp and out else None
    if bounds:
        y = f.clamp(y, bounds[1], bounds[0])
    f.result(y, q_y)

    def model(rules, inputs):
        inputs = list(inputs)
        codes = [operand.codes if operand.codes is not None
                 else inputs.pop(0).astype(np.int64) for operand in operands]
        centered = [c - q.zeros_for(c.ndim) for c, q in zip(codes, types)]
        acc = np.einsum(formula, *centered)
        multipliers = rules.combine(act.scale, scales, q_y.scale)
        return [rules.to_type(acc + bias, multipliers, q_y,
                              bounds and bounds[1])]

    f.model = model
    return f


#===----------------------------------------------------------------------===#
# Groups
#===----------------------------------------------------------------------===#

def conv_group(ops, seed, repeat):
    r = Random(seed)
    for op in ops:
        for i in range(repeat):
            yield conv(f"{op}_{i}", op, r, pad=i % 3 == 1,
                       dynamic=i % 5 == 2 and op not in PLAIN,
                       per=("channel", "channel", "tensor")[i % 3],
                       quirk={3: "zero", 4: "i4"}.get(i % 7))


def convolutions_2d():
    return conv_group(["conv_2d_nhwc_hwcf", "conv_2d_nhwc_fhwc",
                       "conv_2d_nchw_fchw"], 1, 18)


def convolutions_grouped():
    return conv_group(["conv_2d_nhwgc_gfhwc", "conv_2d_ngchw_gfchw",
                       "conv_2d_ngchw_fgchw"], 2, 14)


def convolutions_depthwise():
    return conv_group([op for op in CONVOLUTIONS
                       if op.startswith("depthwise_conv_2d")], 3, 14)


def convolutions_1d_3d():
    return conv_group([op for op in CONVOLUTIONS
                       if "_1d" in op or "_3d" in op or op == "conv_2d"], 4, 5)


def matmul_sweep():
    """K from 1 to 130, odd M and N."""
    r = Random(5)
    for k in range(1, 131):
        sizes = dict(m=1 + 2 * r.size(0, 3), n=1 + 2 * r.size(0, 8), k=k)
        yield contraction(f"k{k}", "mk,kn->mn", r, sizes,
                          channels=r.pick("n", ""))


def contractions():
    r = Random(6)
    formulas = [("mk,kn->mn", "named"), ("km,kn->mn", "maps"),
                ("mk,nk->mn", "maps"), ("bmk,bkn->bmn", "named"),
                ("bmk,bnk->bmn", "maps"), ("mk,k->m", "named"),
                ("k,kn->n", "named"), ("k,k->", "named"),
                ("bmk,bk->bm", "named"), ("bk,bkn->bn", "named"),
                ("bmk,bkn->mn", "named"), ("mk,kn->mn", "contract"),
                ("mk,kn->nm", "generic"), ("kam,nk->man", "generic"),
                ("mkl,lnk->mn", "generic"), ("abk,cdk->acbd", "generic"),
                ("bmk,kn->bmn", "generic"), ("mk,nk->mn", "generic")]
    for number, (formula, form) in enumerate(formulas):
        for weight in (1, 0, None):
            for quirk in (None, "zero", "i16", "to16"):
                if weight is None and quirk == "zero":
                    continue
                sizes = {c: r.size(1, 9) for c in "abcdmnkl"}
                tag = f"{'rl'[1 - weight] if weight is not None else 'xx'}"
                yield contraction(
                    f"{form}_{number}_{tag}_{quirk or 'i8'}", formula, r,
                    sizes, form, weight, quirk=quirk,
                    channels=None if r.size(0, 2) else "")


def dynamic():
    """The first size of activations and results is open."""
    r = Random(7)
    for i in range(6):
        sizes = {c: r.size(1, 17) for c in "bmnkl"}
        yield contraction(f"matmul_{i}", "mk,kn->mn", r, sizes, dynamic="m")
        yield contraction(f"batch_{i}", "bmk,bkn->bmn", r, sizes, weight=None,
                          dynamic="b")
        yield contraction(f"generic_{i}", "bmk,kn->bmn", r, sizes, "generic",
                          dynamic="b")
    for op in ("conv_2d_nhwc_hwcf", "conv_2d_nchw_fchw",
               "depthwise_conv_2d_nhwc_hwc", "conv_2d_nhwgc_gfhwc"):
        for i in range(3):
            yield conv(f"{op}_{i}", op, r, dynamic=True, pad=i == 1)
