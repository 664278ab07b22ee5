#!/usr/bin/python3
#===- mutate_models.py - Which changes of a model statistics survive -----===#
#
# Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
#===-----------------------------------------------------------------------===#
"""mutate_models.py --temp FOLDER [--count 300] [--seed 1]

Writes a small network, its statistics, and COUNT random changes of the network.
Harmless ones (names, locations, batch, layout of weights, order of independent
operations, unused code) must be accepted with the statistics of the original,
real ones (weights, sizes, strides, operations, bounds, operands, layers) be
refused as of another model. The figure of issue 5 is --count 10000.
"""

import argparse
import copy
import pathlib
import random
import re
import subprocess
import sys

import numpy as np

HERE = pathlib.Path(__file__).resolve().parent
MAP2 = "affine_map<(b, n) -> (b, n)>"
MAP4 = "affine_map<(b, h, w, c) -> (b, h, w, c)>"


def dense(values):
    def text(v):
        if np.ndim(v):
            return "[" + ", ".join(map(text, v)) + "]"
        return repr(float(np.float32(v)))
    return f"dense<{text(values)}>"


def shape(*sizes):
    return "x".join("?" if s is None else str(s) for s in sizes) + "xf32"


class Network:
    """Parameters of the text; a mutation changes some of them."""

    def __init__(self):
        rng = np.random.default_rng(0)
        weights = lambda *s: rng.normal(size=s).astype("f4")
        self.batch = 1
        self.w = {"first": weights(3, 3, 2, 4), "left": weights(1, 1, 4, 4),
                  "right": weights(1, 1, 4, 4), "dense": weights(36, 3)}
        self.bias = {"first": weights(4), "dense": weights(3)}
        self.stride = 1
        self.activation = "maximumf"
        self.bound = 0.0
        self.join = "subf"
        self.swap_operands = False
        self.layout = {name: False for name in self.w}
        self.right_first = False
        self.prefix = ""
        self.locations = False
        self.comments = False
        self.dead = 0
        self.extra_layer = False
        self.skip_right = False
        self.other_function = False

    def text(self, rng):
        self.rng, self.lines, self.number = rng, [], 0
        b = self.batch
        x = self.name("x")
        head = f"func.func @main({x}: tensor<{shape(b, 5, 5, 2)}>) -> "
        size = (5 - 3) // self.stride + 1
        self.emit("%zero = arith.constant 0.0 : f32")
        self.emit(f"%bound = arith.constant {self.bound!r} : f32")
        if b is None:
            self.emit("%c0 = arith.constant 0 : index")
            self.emit(f"%batch = tensor.dim {x}, %c0 : tensor<{shape(b, 5, 5, 2)}>")
        for _ in range(self.dead):
            self.emit(f"{self.name('dead')} = arith.constant 1.0 : f32")
        h = self.conv(x, "first", (5, 2), (size, 4), self.stride)
        h = self.elementwise([h], (b, size, size, 4), MAP4, self.bias["first"],
                             "addf", "affine_map<(b, h, w, c) -> (c)>")
        h = self.clamp(h, (b, size, size, 4), MAP4)
        sides = ["left", "right"]
        if self.skip_right:
            sides = ["left"]
        if self.right_first:
            sides.reverse()
        out = {s: self.conv(h, s, (size, 4), (size, 4), 1) for s in sides}
        left, right = out["left"], out.get("right", h)
        if self.swap_operands:
            left, right = right, left
        h = self.elementwise([left, right], (b, size, size, 4), MAP4, None,
                             self.join, None)
        if self.extra_layer:
            h = self.clamp(h, (b, size, size, 4), MAP4)
        flat = size * size * 4
        r = self.name("flat")
        self.emit(f"{r} = tensor.collapse_shape {h} [[0], [1, 2, 3]] : tensor<"
                  f"{shape(b, size, size, 4)}> into tensor<{shape(b, flat)}>")
        y = self.matmul(r, flat)
        y = self.elementwise([y], (b, 3), MAP2, self.bias["dense"], "addf",
                             "affine_map<(b, n) -> (n)>")
        self.emit(f"return {y} : tensor<{shape(b, 3)}>")
        body = "\n".join("  " + line for line in self.lines)
        text = head + f"tensor<{shape(b, 3)}> {{\n{body}\n}}\n"
        if self.other_function:
            text += ("func.func @helper(%i: i32) -> i32 {\n"
                     "  %s = arith.addi %i, %i : i32\n  return %s : i32\n}\n")
        # Errors are at the module, which needs a place of its own.
        return f"module {{\n{text}}}\n"

    def name(self, hint):
        self.number += 1
        return f"%{self.prefix}{hint}_{self.number}"

    def emit(self, line):
        if self.locations and not line.startswith("}"):
            line += f' loc("{self.prefix}f.py":{self.rng.randint(1, 9999)}:1)'
        if self.comments and self.rng.random() < 0.2:
            self.lines.append("// " + str(self.rng.random()))
        self.lines.append(line)

    def empty(self, sizes):
        e = self.name("empty")
        batch = "%batch" if sizes[0] is None else ""
        self.emit(f"{e} = tensor.empty({batch}) : tensor<{shape(*sizes)}>")
        return e

    def filled(self, sizes):
        e, f = self.empty(sizes), self.name("fill")
        kind = f"tensor<{shape(*sizes)}>"
        self.emit(f"{f} = linalg.fill ins(%zero : f32) outs({e} : {kind}) -> "
                  f"{kind}")
        return f

    def constant(self, values):
        c = self.name("w")
        kind = f"tensor<{shape(*values.shape)}>"
        self.emit(f"{c} = arith.constant {dense(values)} : {kind}")
        return c, kind

    def conv(self, x, which, source, target, stride):
        w, op = self.w[which], "conv_2d_nhwc_hwcf"
        if self.layout[which]:
            w, op = w.transpose(3, 0, 1, 2), "conv_2d_nhwc_fhwc"
        c, weight_type = self.constant(w)
        out_size = (self.batch, target[0], target[0], target[1])
        init, y = self.filled(out_size), self.name("conv")
        in_type = f"tensor<{shape(self.batch, source[0], source[0], source[1])}>"
        out_type = f"tensor<{shape(*out_size)}>"
        self.emit(f"{y} = linalg.{op} {{dilations = dense<1> : tensor<2xi64>, "
                  f"strides = dense<{stride}> : tensor<2xi64>}} ins({x}, {c} : "
                  f"{in_type}, {weight_type}) outs({init} : {out_type}) -> "
                  f"{out_type}")
        return y

    def matmul(self, x, flat):
        w = self.w["dense"][:flat]
        init, y = self.filled((self.batch, 3)), self.name("dense")
        maps = ""
        if self.layout["dense"]:
            w = w.T
            maps = (" indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<"
                    "(m, n, k) -> (n, k)>, affine_map<(m, n, k) -> (m, n)>]")
        c, weight_type = self.constant(w)
        self.emit(f"{y} = linalg.matmul{maps} ins({x}, {c} : tensor<"
                  f"{shape(self.batch, flat)}>, {weight_type}) outs({init} : "
                  f"tensor<{shape(self.batch, 3)}>) -> "
                  f"tensor<{shape(self.batch, 3)}>")
        return y

    def elementwise(self, inputs, sizes, identity, bias, op, bias_map):
        kinds = [f"tensor<{shape(*sizes)}>"] * len(inputs)
        maps = [identity] * len(inputs)
        if bias is not None:
            c, kind = self.constant(bias)
            inputs, kinds, maps = inputs + [c], kinds + [kind], maps + [bias_map]
        return self.generic(inputs, kinds, maps + [identity], sizes,
                            f"%r = arith.{op} %a, %b : f32", "%a: f32, %b: f32")

    def clamp(self, x, sizes, identity):
        return self.generic([x], [f"tensor<{shape(*sizes)}>"], [identity] * 2,
                            sizes, f"%r = arith.{self.activation} %a, %bound : "
                            "f32", "%a: f32")

    def generic(self, inputs, kinds, maps, sizes, body, arguments):
        out, y = self.empty(sizes), self.name("y")
        kind = f"tensor<{shape(*sizes)}>"
        loops = ", ".join(['"parallel"'] * len(sizes))
        self.lines.append(
            f"{y} = linalg.generic {{indexing_maps = [{', '.join(maps)}], "
            f"iterator_types = [{loops}]}} ins({', '.join(inputs)} : "
            f"{', '.join(kinds)}) outs({out} : {kind}) {{")
        self.lines.append(f"^bb0({arguments}, %o: f32):")
        self.lines.append("  " + body)
        self.lines.append("  linalg.yield %r : f32")
        self.emit(f"}} -> {kind}")
        return y


HARMLESS = {
    "names": lambda n, r: setattr(n, "prefix", f"p{r.randint(0, 10**6)}_"),
    "locations": lambda n, r: setattr(n, "locations", True),
    "comments": lambda n, r: setattr(n, "comments", True),
    "batch": lambda n, r: setattr(n, "batch", r.choice([None, *range(2, 9)])),
    "layout": lambda n, r: n.layout.update({r.choice(sorted(n.layout)): True}),
    "order": lambda n, r: setattr(n, "right_first", True),
    "unused code": lambda n, r: setattr(n, "dead", r.randint(1, 3)),
    "other function": lambda n, r: setattr(n, "other_function", True),
}


def change_weight(network, rng):
    weights = network.w[rng.choice(sorted(network.w))].reshape(-1)
    weights[rng.randrange(weights.size)] *= np.float32(
        rng.choice([0.5, -1, 1.0000001, 2]))




REAL = {
    "weight": change_weight,
    "bias": lambda n, r: n.bias[r.choice(sorted(n.bias))].__imul__(
        np.float32(r.choice([0.5, -1, 3]))),
    "stride": lambda n, r: setattr(n, "stride", 2),
    "activation": lambda n, r: setattr(n, "activation", "minimumf"),
    "bound": lambda n, r: setattr(n, "bound", r.choice([-1.0, -0.5, 0.25])),
    "operation": lambda n, r: setattr(n, "join", r.choice(["addf", "mulf"])),
    "operands": lambda n, r: setattr(n, "swap_operands", True),
    "more layers": lambda n, r: setattr(n, "extra_layer", True),
    "fewer layers": lambda n, r: setattr(n, "skip_right", True),
}


def mutate(rng):
    """A network and the names of its real changes."""
    network = Network()
    for change in rng.sample(sorted(HARMLESS), rng.randint(1, 4)):
        HARMLESS[change](network, rng)
    real = []
    if rng.random() < 0.5:
        real = rng.sample(sorted(REAL), rng.choice([1, 1, 2]))
        for change in real:
            REAL[change](network, rng)
    return network, real


def run(command, text):
    return subprocess.run(command, input=text, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def make_statistics(path):
    text = Network().text(random.Random(0))
    result = run(["qdot-opt", "--qdot-prepare", "--qdot-observe"], text)
    if result.returncode:
        sys.exit(result.stderr + text)
    result = run([sys.executable, HERE.parent / "Annotate/Inputs"
                  / "make_statistics.py", path], result.stdout)
    if result.returncode:
        sys.exit(result.stderr)


MARK = "// -----\n"


def annotate(texts, statistics):
    """The first error per text, or None."""
    result = run(["qdot-opt", "--split-input-file", "-o", "/dev/null",
                  "--pass-pipeline=builtin.module(qdot-prepare,qdot-annotate{"
                  f"stats={statistics}}})", "--mlir-disable-threading",
                  "--mlir-print-op-on-diagnostic=false"],
                 MARK.join(texts))
    starts, line = [], 1
    for text in texts:
        starts.append(line)
        line += text.count("\n") + 1
    errors = [None] * len(texts)
    for start, what in re.findall(
            r"^<stdin>:(\d+):\d+: error: ([^\n]*)",
            result.stderr, flags=re.M):
        index = max(i for i, s in enumerate(starts) if s <= int(start))
        errors[index] = errors[index] or what
    if any(errors) != (result.returncode != 0):
        sys.exit(f"exit {result.returncode}:\n{result.stderr[:3000]}")
    return errors


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--temp", required=True, type=pathlib.Path)
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    options.temp.mkdir(parents=True, exist_ok=True)
    statistics = options.temp / "base.json"
    make_statistics(statistics)
    rng = random.Random(options.seed)
    accepted = refused = 0
    while accepted + refused < options.count:
        size = min(250, options.count - accepted - refused)
        mutants = [mutate(rng) for _ in range(size)]
        texts = [network.text(rng) for network, _ in mutants]
        for (_, real), text, error in zip(mutants, texts,
                                          annotate(texts, statistics)):
            wanted = bool(real)
            if bool(error) != wanted or (
                    error and "was recorded on another model" not in error):
                sys.exit(f"real changes {real}: {error}\n{text}")
            refused += wanted
            accepted += not wanted
    print(f"{accepted} harmless changes accepted, {refused} real ones refused")


main()
