#!/usr/bin/python3
#===- tflite_vectors.py - Kernels of TFLite with their scales -------------===#
#
# Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
#===-----------------------------------------------------------------------===#
"""tflite_vectors.py --temp DIR [--count N] [--seed S] [--targets T...]

Writes 8-bit kernels of TFLite the way they come as float TOSA between quant.qcast
and quant.dcast, where one kernel often becomes several operations: depthwise and
transposed convolutions, elementwise operations with a quantized constant of any
shape, averages that count no padding, means over axes, hard swish, ELU, PReLU,
softmax. Full-range bytes, any zero points. All must become integer code (softmax
aside) and lie within 0.51 steps of the real result of the bytes (PReLU, which
rounds twice: 1.51). Case i is the same for every count."""

import numpy as np

from tosa_vectors import arrays, integers, run, run_cases, tensor

SCALE = 0.05


class Function:
    """The text of a function. Values are (name, array of what they hold)."""

    def __init__(self, rng):
        self.rng, self.lines, self.types, self.data = rng, [], [], []

    def emit(self, text, array):
        name = f"%v{len(self.lines)}"
        self.lines.append(f"  {name} = {text}")
        return name, np.asarray(array)

    def quantize(self, name, shape, scale, zero):
        real = tensor(shape, "f32")
        kind = tensor(shape, f"!quant.uniform<i8:f32, {scale!r}:{zero}>")
        codes, _ = self.emit(f"quant.qcast {name} : {real} to {kind}", 0)
        return self.emit(f"quant.dcast {codes} : {kind} to {real}", 0)[0]

    def argument(self, shape, zero=None):
        zero = int(integers(self.rng, (), "i8")) if zero is None else zero
        real = ((integers(self.rng, shape, "i8") - zero)
                * np.float32(SCALE)).astype(np.float32)
        self.types.append(tensor(shape, "f32"))
        self.data.append(real)
        name = f"%x{len(self.types) - 1}"
        return self.quantize(name, shape, SCALE, zero), real.astype(float)

    def weights(self, shape, scales, axis=0):
        """Bytes with scales along an axis, or one for all."""
        codes = self.rng.integers(-127, 128, shape)
        each = ", ".join(f"{s!r}:0" for s in scales)
        kind = tensor(shape, f"!quant.uniform<i8:f32:{axis}, {{{each}}}>"
                      if len(scales) > 1 else f"!quant.uniform<i8:f32, {each}>")
        stored = tensor(shape, "i8")
        data, _ = self.emit(
            f"arith.constant dense<{codes.tolist()}> : {stored}", 0)
        cast, _ = self.emit(f"quant.scast {data} : {stored} to {kind}", 0)
        along = [-1 if i == axis else 1 for i in range(len(shape))]
        return self.emit(f"quant.dcast {cast} : {kind} to {tensor(shape, 'f32')}",
                         codes * np.float32(scales).astype(float).reshape(
                             along if len(scales) > 1 else [1] * len(shape)))

    def constant(self, values, element="f32"):
        values = np.asarray(values, np.float32 if element == "f32" else int)
        kind = tensor(values.shape, element)
        return self.emit(f'"tosa.const"() {{values = dense<{values.tolist()}> : '
                         f"{kind}}} : () -> {kind}", values.astype(float))

    def sizes(self, values):
        kind = f"!tosa.shape<{len(values)}>"
        name, _ = self.emit(f"tosa.const_shape {{values = dense<{list(values)}> : "
                            f"tensor<{len(values)}xindex>}} : () -> {kind}", 0)
        return name, kind

    def op(self, name, operands, array, attributes="", element="f32"):
        """`operands` are values, or (name, type)."""
        kinds = [o[1] if isinstance(o[1], str) else tensor(
            o[1].shape, "i1" if o[1].dtype == bool else
            "i8" if o[1].dtype == np.int8 else "f32") for o in operands]
        return self.emit(f'"tosa.{name}"({", ".join(o[0] for o in operands)}) '
                         f"{{{attributes}}} : ({', '.join(kinds)}) -> "
                         f"{tensor(array.shape, element)}", array)

    def mul(self, a, b):
        zero, _ = self.constant(np.zeros(1), "i8")
        return self.op("mul", [a, b, (zero, "tensor<1xi8>")], a[1] * b[1])

    def clamp(self, x, low, high):
        return self.op("clamp", [x], np.clip(x[1], low, high),
                       f"min_val = {low:e} : f32, max_val = {high:e} : f32")

    def number(self, value, rank):
        return self.constant(np.full([1] * rank, value))

    def select(self, x, other):
        """`x` where it is not negative, else `other`."""
        isPositive = self.op("greater_equal",
                             [x, self.number(0.0, x[1].ndim)], x[1] >= 0,
                             element="i1")
        return self.op("select", [isPositive, x, other],
                       np.where(x[1] >= 0, x[1], other[1]))


#===-----------------------------------------------------------------------===#
# Kernels
#===-----------------------------------------------------------------------===#


def slide(x, kernel, stride, dilation, pads):
    """Each tap of a window with what it reads, zeros around."""
    padded = np.pad(x, [(0, 0), pads[:2], pads[2:], (0, 0)])
    sizes = [(padded.shape[i + 1] - (kernel[i] - 1) * dilation[i] - 1)
             // stride[i] + 1 for i in (0, 1)]
    for tap in np.ndindex(*kernel):
        at = [slice(t * d, t * d + (n - 1) * s + 1, s) for t, d, n, s in
              zip(tap, dilation, sizes, stride)]
        yield tap, padded[:, at[0], at[1]]


def fit(size, kernel, stride, dilation):
    """Padding of both sides that leaves nothing over."""
    reach = (kernel - 1) * dilation + 1
    pad = max(0, reach - size)
    pad += -(size + pad - reach) % stride
    return [pad // 2, pad - pad // 2]


def depthwise(f):
    rng = f.rng
    channels, multiplier = int(rng.choice([1, 3, 17])), int(rng.integers(1, 4))
    sizes, kernel, stride, dilation = (rng.integers(1, n, 2).tolist()
                                       for n in (7, 4, 3, 3))
    x = f.argument([2, *sizes, channels])
    count = channels if multiplier == 1 else 1
    scales = rng.uniform(0.001, 0.02, count).tolist()
    w = f.weights([*kernel, channels, multiplier], scales, 2)
    b = f.constant(rng.normal(size=channels * multiplier))
    pads = [p for i in (0, 1) for p in fit(sizes[i], kernel[i], stride[i],
                                           dilation[i])]
    total = sum((part[..., None] * w[1][tap]).reshape(*part.shape[:3], -1)
                for tap, part in slide(x[1], kernel, stride, dilation, pads))
    zero = f.constant([0.0])
    y = f.op("depthwise_conv2d", [x, w, b, zero, zero], total + b[1],
             f"acc_type = f32, pad = {arrays(pads)}, stride = {arrays(stride)}, "
             f"dilation = {arrays(dilation)}")
    return f.clamp(y, 0.0, 6.0) if rng.random() < 0.5 else y


def transposed(f):
    rng = f.rng
    sizes, kernel, stride = (rng.integers(1, 5, 2).tolist() for _ in "skt")
    pads = rng.integers(1 - min(kernel), 3, 4).tolist()
    whole = [(n - 1) * s + k for n, s, k in zip(sizes, stride, kernel)]
    for i in (0, 1):
        pads[2 * i + 1] = max(pads[2 * i + 1], 1 - whole[i] - pads[2 * i])
    channels, outputs = (int(v) for v in rng.choice([1, 3, 8], 2))
    x = f.argument([2, *sizes, channels])
    scales = rng.uniform(0.001, 0.02, outputs if rng.random() < 0.6 else 1)
    w = f.weights([outputs, *kernel, channels], scales.tolist())
    b = f.constant(rng.normal(size=outputs))
    total = np.zeros([2, *whole, outputs])
    for row, column in np.ndindex(*sizes):
        total[:, row * stride[0]:row * stride[0] + kernel[0],
              column * stride[1]:column * stride[1] + kernel[1]] += np.einsum(
                  "nc,oyxc->nyxo", x[1][:, row, column], w[1])
    wider = [max(0, p) for p in pads]
    total = np.pad(total, [(0, 0), wider[:2], wider[2:], (0, 0)])
    cut = [max(0, -p) for p in pads]
    total = total[:, cut[0]:total.shape[1] - cut[1],
                  cut[2]:total.shape[2] - cut[3]]
    zero = f.constant([0.0])
    return f.op("transpose_conv2d", [x, w, b, zero, zero], total + b[1],
                f"acc_type = f32, out_pad = {arrays(pads)}, "
                f"stride = {arrays(stride)}")


def with_constant(f):
    name, apply = [("add", np.add), ("sub", np.subtract), ("mul", np.multiply),
                   ("maximum", np.maximum), ("minimum", np.minimum)][
                       f.rng.integers(5)]
    isChoice = name in ("maximum", "minimum")
    shape = [[2, 3, 5], [1, 1, 5], [1, 3, 1], [1, 1, 1]][f.rng.integers(4)]
    x = f.argument([[2, 3, 5], [2, 1, 5]][f.rng.integers(2)],
                   0 if isChoice else None)
    c = f.weights(shape, [SCALE if isChoice else 0.013])
    operands = [x, c] if f.rng.random() < 0.5 else [c, x]
    if name == "mul":
        return f.mul(*operands)
    # Chosen values keep their scale.
    f.result = (SCALE, 0) if isChoice else None
    return f.op(name, operands, apply(operands[0][1], operands[1][1]))


def average_pool(f):
    rng = f.rng
    kernel, stride = rng.integers(1, 4, 2).tolist(), rng.integers(1, 3, 2).tolist()
    stride = [min(s, k) for s, k in zip(stride, kernel)]
    sizes = rng.integers(3, 8, 2).tolist()
    pads = [p for i in (0, 1) for p in fit(sizes[i], kernel[i], stride[i], 1)]
    x = f.argument([2, *sizes, int(rng.choice([1, 3, 17]))])
    total, count = (sum(part for _, part in slide(v, kernel, stride, (1, 1), pads))
                    for v in (x[1], np.ones_like(x[1])))
    zero = f.constant([0.0])
    y = f.op("avg_pool2d", [x, zero, zero], total / count,
             f"kernel = {arrays(kernel)}, stride = {arrays(stride)}, "
             f"pad = {arrays(pads)}, acc_type = f32")
    return f.clamp(y, -1.0, 1.0) if rng.random() < 0.3 else y


def mean(f):
    x = f.argument([2, 3, 4, 5])
    axes = [[1, 2], [2, 1], [3], [1, 2, 3], [0]][f.rng.integers(5)]
    y = x
    for axis in axes:
        y = f.op("reduce_sum", [y], y[1].sum(axis, keepdims=True),
                 f"axis = {axis} : i32")
    return f.mul(y, f.number(y[1].size / x[1].size, 4))


def hard_swish(f):
    x = f.argument([2, 3, 5])
    three = f.number(3.0, 3)
    inner = f.clamp(f.op("add", [x, three], x[1] + 3), 0.0, 6.0)
    return f.mul(f.mul(x, inner), f.number(1 / 6, 3))


def elu(f):
    x = f.argument([2, 3, 5])
    power = f.op("exp", [x], np.exp(x[1]))
    return f.select(x, f.op("sub", [power, f.number(1.0, 3)], power[1] - 1))


def prelu(f):
    f.tolerance = 1.51
    x = f.argument([2, 3, 5])
    slopes = (f.weights([1, 1, 5], [0.008]) if f.rng.random() < 0.5 else
              f.constant(f.rng.uniform(-0.5, 1, [1, 1, 5])))
    return f.select(x, f.mul(x, slopes))


def softmax(f):
    """With the factor beta, or the logarithm."""
    x = f.argument([2, 3, 7])
    largest = f.op("reduce_max", [x], x[1].max(2, keepdims=True),
                   "axis = 2 : i32")
    shifted = f.op("sub", [x, largest], x[1] - largest[1])
    isLog = f.rng.random() < 0.5
    if not isLog:
        shifted = f.mul(shifted, f.number(0.5, 3))
    power = f.op("exp", [shifted], np.exp(shifted[1]))
    total = f.op("reduce_sum", [power], power[1].sum(2, keepdims=True),
                 "axis = 2 : i32")
    if not isLog:
        return f.mul(power, f.op("reciprocal", [total], 1 / total[1]))
    total = f.op("log", [total], np.log(total[1]))
    return f.op("sub", [shifted, total], shifted[1] - total[1])


KERNELS = [depthwise, transposed, with_constant, average_pool, mean, hard_swish,
           transposed, elu, with_constant, prelu, softmax]


def check(number, options):
    """Whether case `number` is integer code, and right."""
    turn, kernel = divmod(number, len(KERNELS))
    f = Function(np.random.default_rng([options.seed, number]))
    f.result, f.tolerance = None, 0.51
    name, want = KERNELS[kernel](f)
    scale, zero = f.result or (float(np.float32(
        max(1e-3, np.abs(want).max()) / f.rng.uniform(60, 160))),
        int(integers(f.rng, (), "i8")))
    name = f.quantize(name, want.shape, scale, zero)
    arguments = ", ".join(f"%x{i}: {t}" for i, t in enumerate(f.types))
    kind = tensor(want.shape, "f32")
    model, codes = options.temp / "model.mlir", options.temp / "model8.mlir"
    model.write_text(f"func.func @main({arguments}) -> {kind} {{\n"
                     + "\n".join(f.lines) + f"\n  return {name} : {kind}\n}}\n")
    data = []
    for index, array in enumerate(f.data):
        np.save(options.temp / f"x{index}.npy", array)
        data += ["--data", options.temp / f"x{index}.npy"]
    target = options.targets[turn % len(options.targets)]
    what = f"case {number}, {KERNELS[kernel].__name__} on {target}"
    error = run("qdot", "quantize", "--quiet", model, "-o", codes) or run(
        "qdot", "run", "--quiet", codes, *data, "-o", options.temp / "out.npy",
        "--target", target)
    if error:
        print(f"{what}: {error}")
        return False
    steps = np.float64(np.float32(scale))
    got = np.load(options.temp / "out.npy") / steps + zero
    distance = np.abs(got - np.clip(want / steps + zero, -128, 127)).max()
    if distance > f.tolerance:
        print(f"{what}: off by {distance} steps")
    return distance <= f.tolerance


if __name__ == "__main__":
    run_cases(check, __doc__, 44)
