#!/usr/bin/python3
#===- random_networks.py - Networks that nobody wrote ---------------------===#
#
# Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
#===-----------------------------------------------------------------------===#
"""random_networks.py float|scales FIRST END --build BUILD --temp FOLDER
                      [--targets NAMES] [--spoil]

Makes a network from each seed from FIRST to END - 1, in forms that front ends
produce, quantizes it and compares every target with the reference interpreter,
byte for byte. `float` networks are calibrated on random samples and must keep
some likeness to the float network; `scales` are quantized layers as ONNX has
them, between quant.qcast and quant.dcast, whose bytes are computed here. With
--spoil the reference is changed in one place, so that the comparison fails."""

import argparse
import pathlib
import sys

import numpy as np

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parents[1] / "Models"),
                str(pathlib.Path(__file__).resolve().parents[2] / "tools")]
import driver
from builder import Function, affine, module, type_of

OPTIONS = ([], ["--numerics=f32"], ["--numerics=tosa-double"],
           ["--activation-bits=7"], ["--weight-bits=4"],
           ["--activation-scheme=symmetric", "--range=mse"])


class Network(Function):
    """An image [n, h, w, c] on its way through random layers."""

    def pick(self, *choices):
        return choices[self.random.integers(len(choices))]

    def constant(self, array):
        """In f32, or in 16 bits with an extension on tensors or in a body."""
        kind = self.random.integers(8) if np.size(array) > 1 else 7
        if kind > 1:
            return super().constant(array)
        dims, t = np.shape(array), type_of(np.shape(array))
        half = np.asarray(array, "<f2").tobytes().hex().upper()
        h = self.emit(dims, f'arith.constant dense<"0x{half}"> : '
                            f'{type_of(dims, "f16")}')
        if kind == 0:
            return self.emit(dims, f"arith.extf {h.name} : "
                                   f"{type_of(dims, 'f16')} to {t}")
        maps = ", ".join([affine(len(dims), range(len(dims)))] * 2)
        loops = ", ".join(['"parallel"'] * len(dims))
        init = self.empty(dims)
        return self.emit(dims, (
            f"linalg.generic {{indexing_maps = [{maps}], iterator_types = "
            f"[{loops}]}} ins({h.name} : {type_of(dims, 'f16')}) outs("
            f"{init.name} : {t}) {{\n    ^bb0(%a: f16, %o: f32):\n"
            "      %r = arith.extf %a : f16 to f32\n"
            f"      linalg.yield %r : f32\n    }} -> {t}"))

    def tensor_op(self, x):
        """Arithmetic on whole tensors."""
        op = self.pick("arith.negf", "math.absf", "math.tanh")
        return self.emit(x.dims, f"{op} {x.name} : {type_of(x.dims)}")

    def activation(self, x):
        return self.pick(self.relu, self.relu6, self.tanh, self.sigmoid,
                         self.gelu, self.hard_swish, self.leaky_relu,
                         self.tensor_op)(x)

    def reverse(self, x):
        """Copies an axis from its end to its start."""
        axis, rank = self.pick(1, 2, 3), len(x.dims)
        source = [f"{x.dims[i] - 1} - d{i}" if i == axis else i
                  for i in range(rank)]
        maps = f"{affine(rank, source)}, {affine(rank, range(rank))}"
        loops, t = ", ".join(['"parallel"'] * rank), type_of(x.dims)
        init = self.empty(x.dims)
        return self.emit(x.dims, (
            f"linalg.generic {{indexing_maps = [{maps}], iterator_types = "
            f"[{loops}]}} ins({x.name} : {t}) outs({init.name} : "
            f"{t}) {{\n    ^bb0(%a: f32, %o: f32):\n      linalg.yield %a : "
            f"f32\n    }} -> {t}"))

    def any_conv(self, x):
        """A convolution whose loops are in random order; the window may run
        backwards, the weights lie in any order."""
        n, h, w, c = x.dims
        kh, kw = self.pick(1, 2, 3), self.pick(1, 3)
        kh, kw = min(kh, h), min(kw, w)
        sh, sw = self.pick(1, 2), self.pick(1, 1, 2)
        out = (n, (h - kh) // sh + 1, (w - kw) // sw + 1,
               self.pick(1, 3, 8, 17))
        d = [f"d{i}" for i in self.random.permutation(7)]
        row = (f"{d[1]} * {sh} + {d[4]}" if self.pick(0, 1) else
               f"{d[1]} * {sh} - {d[4]} + {kh - 1}")
        sizes = dict(zip(d[3:], (out[3], kh, kw, c)))
        order = [d[3 + i] for i in self.random.permutation(4)]
        maps = [affine(7, [d[0], row, f"{d[2]} * {sw} + {d[5]}", d[6]]),
                affine(7, order), affine(7, d[:4])]
        weight = self.weight(*(sizes[i] for i in order), fan=kh * kw * c)
        return self.bias(self.generic(
            maps, [x, weight], self.filled(out),
            ["%0 = arith.mulf %a, %b : f32", "%r = arith.addf %0, %out : f32"],
            [int(i[1:]) for i in d[4:]]))

    def named_conv(self, x):
        return self.bias(self.conv(x, self.pick(4, 8, 16), size=self.pick(1, 3),
                                   stride=self.pick(1, 2),
                                   dilation=self.pick(1, 1, 2)))

    def move(self, x):
        kind, (n, h, w, c) = self.random.integers(5), x.dims
        if kind == 0:
            return self.transpose(x, (0, 2, 1, 3))
        if kind == 1:
            return self.pad(x, [0, 1, 0, 2], [0, 0, 2, 1])
        if kind == 2 and h > 1:
            return self.slice(x, (0, h // 2, 0, 0), (n, h - h // 2, w, c))
        if kind == 3:
            return self.concat(self.pick(1, 2, 3), x, self.activation(x))
        return self.reverse(x)

    def join(self, x):
        gate = self.reshape("expand", self.mean(x),
                            (x.dims[0], 1, 1, x.dims[3]), "[[0, 1, 2], [3]]")
        return self.pick(lambda: self.add(x, self.activation(x)),
                         lambda: self.mul(x, self.sigmoid(gate)),
                         lambda: self.sub(self.activation(x), x),
                         lambda: self.batch_norm(x))()

    def small_pool(self, x):
        size = min(2, x.dims[1], x.dims[2])
        y = self.pool(x, self.pick("max", "sum"), size, self.pick(1, 2))
        return self.scale(y, 0.25)


def float_network(seed):
    """The text, the dimensions of the argument, and options to quantize."""
    f = Network(seed)
    dims = (f.pick(1, 1, 2), f.pick(3, 5, 8), f.pick(4, 7), f.pick(1, 3, 8))
    x = f.argument(*dims)
    for _ in range(f.random.integers(2, 5)):
        x = f.pick(f.any_conv, f.named_conv, f.depthwise, f.activation, f.move,
                   f.join, f.small_pool, f.reverse)(x)
    x = f.activation(f.any_conv(x))
    return module(f.finish(f.dense(f.mean(x), 5), x)), dims, f.pick(*OPTIONS)


# --- models that hold their scales -------------------------------------------


def quantized(storage, scale, zero):
    return f"!quant.uniform<{storage}:f32, {float(scale)!r}:{zero}>"


def scaled_layer(seed):
    """QLinearMatMul with a bias, weights stored transposed and dequantized
    before they are turned, or QLinearConv, padded behind the dequantize.
    Returns the text, a sample of the signed signature, and its result."""
    f = Network(seed)
    r, storage = f.random, f.pick("u8", "i8")
    low = 0 if storage == "u8" else -128
    sx, zx = np.float32(r.uniform(.01, .05)), int(r.integers(low, low + 256))
    k, n, pad = f.pick(1, 4, 16, 19), f.pick(1, 8, 17), int(f.pick(0, 1))
    dims = (1, f.pick(2, 5), f.pick(3, 4), k)
    x = r.integers(-128, 128, dims)
    w = r.integers(-128, 128, (n, k))
    scales = r.uniform(.001, .02, n).astype("f4")
    bias = r.integers(-3000, 3000, n)
    real = np.pad(x - (zx - low - 128), ((0, 0), (pad, 0), (0, pad), (0, 0)))
    total = real @ w.T + bias
    sy = np.float32(np.abs(total * (sx * scales)).max() / 100)
    zy = int(r.integers(-100, 100))
    factor = (sx * scales / sy).astype("f4")
    y = np.clip(np.rint(total.astype("f4") * factor) + zy, -128, 127)
    a = f.cast(f.argument(*dims), quantized(storage, sx, zx))
    if pad:
        a = f.pad(a, [0, 1, 0, 0], [0, 0, 1, 0])
    rows = a.dims[1] * a.dims[2]
    flat = f.reshape("collapse", a, (rows, k), "[[0, 1, 2], [3]]")
    weight = stored(f, w, "i8", scales)
    y0 = f.named("matmul", [flat, f.transpose(weight, (1, 0))],
                 f.filled((rows, n)))
    y0 = f.add(y0, stored(f, bias, "i32", sx * scales))
    y0 = f.reshape("expand", y0, (*a.dims[:3], n), "[[0, 1, 2], [3]]")
    return (module(f.finish(f.cast(y0, quantized("i8", sy, zy)))),
            x.astype("i1"), y.astype("i1"))


def stored(f, array, element, scales):
    """An integer constant with a scale for each index of its first axis."""
    data, dims = array.astype(f"<i{int(element[1:]) // 8}"), array.shape
    numbers = ", ".join(repr(float(s)) for s in scales)
    small = type_of(dims, f"!quant.uniform<{element}:f32:0, {{{numbers}}}>")
    plain = type_of(dims, element)
    text = f'"0x{data.tobytes().hex().upper()}"' if data.size > 1 else data.item()
    i = f.emit(dims, f"arith.constant dense<{text}> : {plain}")
    q = f.emit(dims, f"quant.scast {i.name} : {plain} to {small}")
    return f.emit(dims, f"quant.dcast {q.name} : {small} to {type_of(dims)}")


# --- running -------------------------------------------------------------------


class Runner:
    def __init__(self, options):
        self.options, self.folder = options, options.temp
        self.programs = driver.Driver(options.build)

    def path(self, name):
        return self.folder / name

    def run(self, model, count, *words):
        outputs = [self.path(f"out{i}.npy") for i in range(count)]
        return self.programs.run(self.path(model), [self.path("x.npy")],
                                 outputs, *words)

    def float_case(self, seed):
        text, dims, options = float_network(seed)
        self.path("m.mlir").write_text(text)
        random = np.random.default_rng(seed)
        x = random.normal(0, 1, (8 * dims[0], *dims[1:])).astype("f4")
        np.save(self.path("x.npy"), x)
        self.programs.calibrate(self.path("m.mlir"), [self.path("x.npy")],
                                self.path("s.json"))
        self.programs.quantize(self.path("m.mlir"), self.path("s.json"),
                               self.path("q.mlir"), *options)
        real = self.run("m.mlir", 2)
        exact = self.compare(2)
        for a, b in zip(real, exact):
            noise = ((a - b) ** 2).sum()
            if not noise <= 0.1 * (a ** 2).sum() + 1e-12:
                yield f"{options}: noise {noise} of {(a ** 2).sum()}"
        yield from self.complaints

    def scales_case(self, seed):
        text, x, y = scaled_layer(seed)
        self.path("m.mlir").write_text(text)
        np.save(self.path("x.npy"), x)
        self.programs.quantize(self.path("m.mlir"), None, self.path("q.mlir"),
                               "--numerics=f32", "--io=quantized")
        exact = self.compare(1)
        if exact[0].tobytes() != y.tobytes():
            yield f"the reference differs from ONNX in {(exact[0] != y).sum()}"
        yield from self.complaints

    def compare(self, count):
        """The results of the interpreter; what else differs are complaints."""
        self.complaints = []
        exact = self.run("q.mlir", count, "--target=reference")
        expected = [a.copy() for a in exact]
        if self.options.spoil:
            expected[0].reshape(-1)[-1] += 1
        for target in self.options.targets:
            for a, b in zip(expected, self.run("q.mlir", count,
                                               f"--target={target}")):
                if a.tobytes() != b.tobytes():
                    self.complaints.append(f"{target}: {(a != b).sum()} of "
                                           f"{a.size} differ")
        return exact


def main():
    parser = argparse.ArgumentParser(description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kind", choices=("float", "scales"))
    parser.add_argument("first", type=int)
    parser.add_argument("end", type=int)
    parser.add_argument("--build", type=pathlib.Path, required=True)
    parser.add_argument("--temp", type=pathlib.Path, required=True)
    parser.add_argument("--targets", default="generic,host",
                        type=lambda names: names.split(","))
    parser.add_argument("--spoil", action="store_true")
    options = parser.parse_args()
    options.temp.mkdir(parents=True, exist_ok=True)
    runner = Runner(options)
    case = runner.float_case if options.kind == "float" else runner.scales_case
    failed = False
    for seed in range(options.first, options.end):
        try:
            complaints = list(case(seed))
        except driver.Failed as failure:
            complaints = [str(failure)]
        for complaint in complaints:
            print(f"{options.kind} {seed}: {complaint}")
        failed |= bool(complaints)
    if not failed:
        print(f"{options.end - options.first} networks equal the reference")
    return failed


if __name__ == "__main__":
    sys.exit(main())
