#!/usr/bin/python3
#===- onnx_vectors.py - QLinear operations of ONNX, bit for bit -----------===#
#
# Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
#===-----------------------------------------------------------------------===#
"""onnx_vectors.py --temp DIR [--count N] [--seed S] [--targets T...]

Writes QLinearConv (grouped as well), QLinearMatMul and Gemm the way importers
bring models that hold their scales: QuantizeLinear and DequantizeLinear as
arithmetic or in the quant dialect, around float operations with integer weights,
signed or unsigned, per tensor or per channel, any zero points. Quantizes them with
--numerics=f32 and compares every result with the formulas of ONNX
(docs/Operators.md) in the arithmetic of ONNX Runtime:
clamp(rint(f32(sum (x - zx)(w - zw) + bias) * f32(sx sw / sy)) + zy)."""

import numpy as np

from tosa_vectors import LIMITS, integers, is_exact, run, run_cases, tensor

f32 = np.float32


class Function:
    """The text of a function of one argument %x."""

    def __init__(self, isDialect):
        self.lines, self.isDialect = [], isDialect

    def emit(self, text):
        name = f"%v{len(self.lines)}"
        self.lines.append(f"  {name} = {text}")
        return name

    def constant(self, data, element):
        kind = tensor(data.shape, element)
        return self.emit(f'arith.constant dense<"0x{data.tobytes().hex()}"> : '
                         f"{kind}" if data.size > 1 else
                         f"arith.constant dense<{data.ravel()[0]!s}> : {kind}")

    def generic(self, operands, maps, shape, element, body):
        """`operands` are (name, type); `maps` and `body` are text."""
        loops = ", ".join(f"d{i}" for i in range(len(shape)))
        maps = ", ".join(f"affine_map<({loops}) -> ({m})>" for m in [*maps, loops])
        kinds = [kind[kind.index("<") + 1:-1].split("x")[-1] for _, kind in operands]
        arguments = "".join(f"%a{i}: {k}, " for i, k in enumerate(kinds))
        result = tensor(shape, element)
        empty = self.emit(f"tensor.empty() : {result}")
        lines = "\n".join(f"    {line}" for line in body)
        return self.emit(
            f"linalg.generic {{indexing_maps = [{maps}], iterator_types = ["
            + ", ".join(['"parallel"'] * len(shape)) + "]} ins("
            + ", ".join(name for name, _ in operands) + " : "
            + ", ".join(kind for _, kind in operands) + f") outs({empty} : "
            f"{result}) {{\n  ^bb0({arguments}%o: {element}):\n{lines}\n  }} -> "
            f"{result}")

    def activation(self, value, shape, scale, zero, element):
        """QuantizeLinear and DequantizeLinear, per tensor."""
        real = tensor(shape, "f32")
        if self.isDialect:
            kind = tensor(shape, f"!quant.uniform<{element}:f32, {float(scale)!r}:"
                                 f"{zero}>")
            codes = self.emit(f"quant.qcast {value} : {real} to {kind}")
            return self.emit(f"quant.dcast {codes} : {kind} to {real}")
        low, high = (bound - zero for bound in LIMITS[element])
        loops = ", ".join(f"d{i}" for i in range(len(shape)))
        return self.generic([(value, real)], [loops], shape, "f32", [
            f"%s = arith.constant {float(scale):.9e} : f32",
            f"%low = arith.constant {low}.0 : f32",
            f"%high = arith.constant {high}.0 : f32",
            "%0 = arith.divf %a0, %s : f32", "%1 = math.roundeven %0 : f32",
            "%2 = arith.maximumf %1, %low : f32",
            "%3 = arith.minimumf %2, %high : f32", "%4 = arith.mulf %3, %s : f32",
            "linalg.yield %4 : f32"])

    def weights(self, data, scales, zeros, element, axis):
        """DequantizeLinear of a constant, per tensor (one scale) or channel."""
        real, stored = tensor(data.shape, "f32"), tensor(data.shape, "i8")
        codes = self.constant(data.astype(np.uint8).view(np.int8), "i8")
        if self.isDialect:
            each = [f"{float(s)!r}:{z}" for s, z in zip(scales, zeros)]
            head = f"!quant.uniform<{element}:f32"
            kind = tensor(data.shape, f"{head}:{axis}, {{{', '.join(each)}}}>"
                          if len(scales) > 1 else f"{head}, {each[0]}>")
            codes = self.emit(f"quant.scast {codes} : {stored} to {kind}")
            return self.emit(f"quant.dcast {codes} : {kind} to {real}")
        place = f"d{axis}" if len(scales) > 1 else "0"
        loops = ", ".join(f"d{i}" for i in range(data.ndim))
        sizes = [len(scales)]
        operands = [(codes, stored),
                    (self.constant(np.int32(zeros), "i32"), tensor(sizes, "i32")),
                    (self.constant(scales, "f32"), tensor(sizes, "f32"))]
        extension = "extui" if element == "u8" else "extsi"
        return self.generic(operands, [loops, place, place], data.shape, "f32", [
            f"%0 = arith.{extension} %a0 : i8 to i32",
            "%1 = arith.subi %0, %a1 : i32", "%2 = arith.sitofp %1 : i32 to f32",
            "%3 = arith.mulf %2, %a2 : f32", "linalg.yield %3 : f32"])

    def bias(self, data, shape, axis):
        kind = tensor(shape, "f32")
        empty = self.emit(f"tensor.empty() : {kind}")
        value = self.constant(data, "f32")
        others = [i for i in range(len(shape)) if i != axis]
        return self.emit(f"linalg.broadcast ins({value} : "
                         f"{tensor(data.shape, 'f32')}) outs({empty} : {kind}) "
                         f"dimensions = {others}")

    def expand(self, value, shape, axis, groups):
        """Splits `axis` into groups; returns the value and its shape."""
        to = [*shape[:axis], groups, shape[axis] // groups, *shape[axis + 1:]]
        split = [[i] for i in range(axis)] + [[axis, axis + 1]] + [
            [i + 1] for i in range(axis + 1, len(shape))]
        text = (f"tensor.expand_shape {value} {split} output_shape {to} : "
                f"{tensor(shape, 'f32')} into {tensor(to, 'f32')}")
        return self.emit(text), to, split


def emit_convolution(f, x, w, start, groups, shapes):
    """NCHW; grouped ones as torch-mlir writes them."""
    name, split = "conv_2d_nchw_fchw", None
    if groups > 1:
        name = "conv_2d_ngchw_gfchw"
        x, shapes[0], _ = f.expand(x, shapes[0], 1, groups)
        w, shapes[1], _ = f.expand(w, shapes[1], 0, groups)
        start, shapes[2], split = f.expand(start, shapes[2], 1, groups)
    kinds = [tensor(shape, "f32") for shape in shapes]
    y = f.emit(f"linalg.{name} {{dilations = dense<1> : tensor<2xi64>, strides = "
               f"dense<1> : tensor<2xi64>}} ins({x}, {w} : {kinds[0]}, {kinds[1]})"
               f" outs({start} : {kinds[2]}) -> {kinds[2]}")
    if not split:
        return y
    n, _, _, height, width = shapes[2]
    whole = tensor([n, shapes[2][1] * shapes[2][2], height, width], "f32")
    return f.emit(f"tensor.collapse_shape {y} {split} : {kinds[2]} into {whole}")


def convolve(x, w, groups):
    """Exact sums of integers."""
    n, _, height, width = x.shape
    outputs, channels, rows, columns = w.shape
    parts = x.reshape(n, groups, channels, height, width)
    filters = w.reshape(groups, outputs // groups, channels, rows, columns)
    result = np.zeros([n, groups, outputs // groups, height - rows + 1,
                       width - columns + 1], int)
    for i, j in np.ndindex(rows, columns):
        taken = parts[..., i:i + result.shape[3], j:j + result.shape[4]]
        result += np.einsum("ngchw,gfc->ngfhw", taken, filters[..., i, j])
    return result.reshape(n, outputs, *result.shape[3:])


def create_case(rng):
    """Text, data and exact result of one function."""
    f = Function(bool(rng.random() < 0.5))
    kind = ["u8", "i8"]
    xe, ye, we = rng.choice(kind), rng.choice(kind), rng.choice(kind)
    zx, zy = int(integers(rng, (), xe)), int(integers(rng, (), ye))
    is_convolution = bool(rng.random() < 0.6)
    if is_convolution:
        groups, each, outputs = (int(v) for v in rng.choice([1, 2, 3, 5], 3))
        kernel, padding = int(rng.integers(1, 4)), int(rng.integers(0, 2))
        x = integers(rng, [2, groups * each, 6, 7], xe)
        w = integers(rng, [groups * outputs, each, kernel, kernel], we)
    else:
        m, k, n = (int(v) for v in rng.choice([1, 2, 5, 16, 33], 3))
        x, w, padding = integers(rng, [m, k], xe), integers(rng, [k, n], we), 0
    axis = 0 if is_convolution else 1
    count = w.shape[axis] if rng.random() < 0.6 else 1
    scales = rng.uniform(0.001, 0.02, count).astype(f32)
    zeros = [int(integers(rng, (), we)) if we == "u8" else 0] * count
    along = [-1 if i == axis else 1 for i in range(w.ndim)]
    pads = [(0, 0), (0, 0)] + [(padding, padding)] * (x.ndim - 2)
    left = np.pad(x - zx, pads)
    right = w - np.reshape(zeros, along if count > 1 else [1] * w.ndim)
    total = convolve(left, right, groups) if is_convolution else left @ right
    bias = rng.integers(-20000, 20000, w.shape[axis])
    channels = [-1 if i == 1 else 1 for i in range(total.ndim)]
    total = total + bias.reshape(channels)
    sx = f32(rng.uniform(0.001, 0.1))
    sums = (sx * scales).astype(f32)
    sy = f32(sums.max() * max(1, np.abs(total).max()) / rng.uniform(80, 200))
    factors = np.broadcast_to((sums / sy).astype(f32), bias.shape)
    codes = np.rint(total.astype(f32) * factors.reshape(channels)) + zy
    codes = np.clip(codes, *LIMITS[ye])
    want = ((codes - zy).astype(f32) * sy).astype(f32)

    value = f.activation("%x", x.shape, sx, zx, xe)
    weights = f.weights(w, scales, zeros, we, axis)
    exact = bias * np.broadcast_to(sums.astype(float), bias.shape)
    start = f.bias(exact.astype(f32), total.shape, 1)
    if is_convolution:
        if padding:
            zero = f.emit("arith.constant 0.0 : f32")
            value = f.emit(
                f"tensor.pad {value} low[0, 0, {padding}, {padding}] high[0, 0, "
                f"{padding}, {padding}] {{\n  ^bb0(%i: index, %j: index, %k: index, "
                f"%l: index):\n    tensor.yield {zero} : f32\n  }} : "
                f"{tensor(x.shape, 'f32')} to {tensor(left.shape, 'f32')}")
        y = emit_convolution(f, value, weights, start, groups,
                             [left.shape, w.shape, total.shape])
    else:
        kinds = [tensor(s, "f32") for s in (x.shape, w.shape, total.shape)]
        y = f.emit(f"linalg.matmul ins({value}, {weights} : {kinds[0]}, {kinds[1]})"
                   f" outs({start} : {kinds[2]}) -> {kinds[2]}")
    y = f.activation(y, total.shape, sy, zy, ye)
    result = tensor(total.shape, "f32")
    text = (f"func.func @main(%x: {tensor(x.shape, 'f32')}) -> {result} {{\n"
            + "\n".join(f.lines) + f"\n  return {y} : {result}\n}}\n")
    return text, ((x - zx).astype(f32) * sx).astype(f32), want


def check(number, options):
    """Whether case `number` has the bits of ONNX."""
    text, data, want = create_case(np.random.default_rng([options.seed, number]))
    model, codes = options.temp / "model.mlir", options.temp / "model8.mlir"
    model.write_text(text)
    np.save(options.temp / "x.npy", data)
    target = options.targets[number % len(options.targets)]
    error = run("qdot", "quantize", "--quiet", model, "-o", codes,
                "--numerics=f32") or run(
        "qdot", "run", "--quiet", codes, "--data", options.temp / "x.npy", "-o",
        options.temp / "out.npy", "--target", target)
    return is_exact(f"case {number} on {target}", error,
                    options.temp / "out.npy", want)


if __name__ == "__main__":
    run_cases(check, __doc__, 60)
