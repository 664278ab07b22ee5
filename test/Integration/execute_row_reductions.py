#!/usr/bin/python3
#===- execute_row_reductions.py - Reductions of f32 rows are exact --------===#
#
# Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
#===-----------------------------------------------------------------------===#
"""execute_row_reductions.py --targets T... --temp DIR

Compiles maxima, minima and sums of rows and compares every byte with numpy:
sums in the order of the row, NaN that spreads, +0 above -0. Buffers lie between
forbidden pages. Targets that this machine cannot run in its own process go
through `qdot run` (QEMU), without infinities and NaN, which it refuses."""

import argparse
import pathlib
import sys

import numpy as np

from execute_floats import (implementations_of, is_compiled, is_exact,
                            runnable, values)

# Around the lengths of vectors, in rows and columns.
SHAPES = [(8, 64), (16, 16), (1, 64), (7, 40), (13, 37), (33, 19), (3, 9, 24),
          (2, 16, 5), (2, 17, 33)]
BODIES = {
    "max": ("0xFF800000", "", "arith.maximumf %a, %o"),
    "min": ("0x7F800000", "", "arith.minimumf %o, %a"),
    "sum": ("-0.0", "", "arith.addf %o, %a"),
    "square": ("0.5", "%s = arith.mulf %a, %a : f32", "arith.addf %s, %o"),
    "spread": ("0.0", "%d = arith.subf %a, %m : f32\n"
               "    %s = arith.mulf %d, %d : f32", "arith.addf %o, %s"),
}


class Case:
    """One reduction of the last dimension."""
    is_dynamic = False

    def __init__(self, kind, shape):
        self.kind, self.shape = kind, shape
        self.name = f"{kind}_{'x'.join(map(str, shape))}"

    def text(self):
        init, before, combine = BODIES[self.kind]
        dims = [f"d{at}" for at in range(len(self.shape))]
        loops = ", ".join(dims)
        full = f"affine_map<({loops}) -> ({loops})>"
        row = f"affine_map<({loops}) -> ({', '.join(dims[:-1])})>"
        x = f"tensor<{'x'.join(map(str, self.shape))}xf32>"
        y = f"tensor<{'x'.join(map(str, self.shape[:-1]))}xf32>"
        has_mean = self.kind == "spread"
        mean = f", %mean: {y}" if has_mean else ""
        maps = ", ".join([full] + [row] * has_mean + [row])
        kinds = ", ".join(['"parallel"'] * (len(dims) - 1) + ['"reduction"'])
        ins = f"%x, %mean : {x}, {y}" if has_mean else f"%x : {x}"
        argument = "%m: f32, " if has_mean else ""
        return f"""
func.func @{self.name}(%x: {x}{mean}) -> {y} {{
  %c = arith.constant {init} : f32
  %e = tensor.empty() : {y}
  %i = linalg.fill ins(%c : f32) outs(%e : {y}) -> {y}
  %r = linalg.generic {{indexing_maps = [{maps}], iterator_types = [{kinds}]}}
      ins({ins}) outs(%i : {y}) {{
  ^bb0(%a: f32, {argument}%o: f32):
    {before}
    %n = {combine} : f32
    linalg.yield %n : f32
  }} -> {y}
  return %r : {y}
}}"""

    def inputs(self, rng, has_special):
        """Rows of ordinary numbers; of zeros of both signs and less (more);
        with infinities of both signs; with NaN of both signs."""
        x = values(rng, self.shape)
        rows = x.reshape(-1, self.shape[-1])
        sign = -1 if self.kind == "max" else 1
        for number, row in enumerate(rows):
            at = rng.integers(0, len(row), 2)
            if number % 5 == 1:
                np.copyto(row, sign * np.abs(row))
                row[at] = rng.choice(np.float32([0.0, -0.0]), 2)
            elif number % 5 == 2:
                np.copyto(row, rng.choice(np.float32([0.0, -0.0]), len(row)))
            elif number % 5 == 3 and has_special:
                row[at] = [-np.inf, np.inf]
            elif number % 5 == 4 and has_special and number % 2:
                bits = rng.choice(np.uint32([0xFFC00000, 0x7FC00000]))
                row[at[:1]] = bits.view(np.float32)
        return [x] + [values(rng, self.shape[:-1])] * (self.kind == "spread")

    def result(self, x, mean=None):
        init = BODIES[self.kind][0]
        out = np.full(self.shape[:-1], int(init, 16) if init[1:2] == "x" else 0,
                      np.uint32).view(np.float32)
        if init[1:2] != "x":
            out[...] = float(init)
        with np.errstate(all="ignore"):
            for at in range(self.shape[-1]):
                out = self.step(x[..., at], mean, out)
        return out.astype(np.float32)

    def step(self, a, mean, out):
        if self.kind in ("max", "min"):
            best = (np.maximum if self.kind == "max" else np.minimum)(a, out)
            # numpy leaves the sign of equal zeros open.
            zeros = np.signbit(a) & np.signbit(out) if self.kind == "max" else \
                np.signbit(a) | np.signbit(out)
            zero = np.where(zeros, np.float32(-0.0), np.float32(0.0))
            return np.where((a == 0) & (out == 0), zero, best)
        if self.kind == "spread":
            a = a - mean
        return out + (a if self.kind == "sum" else a * a)


def check(case, number, implementations):
    inputs = case.inputs(np.random.default_rng(number),
                         all(map(is_compiled, implementations)))
    want = case.result(*inputs)
    return all([is_exact(case.name, target, want,
                         implementation.call(case, inputs, want.shape, None))
                for target, implementation in implementations.items()])


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--targets", nargs="+", required=True)
    parser.add_argument("--temp", required=True, type=pathlib.Path)
    parser.add_argument("--few", action="store_true")
    args = parser.parse_args()
    args.targets = runnable(args.targets)
    args.temp.mkdir(parents=True, exist_ok=True)
    shapes = SHAPES[4:6] if args.few else SHAPES
    cases = [Case(kind, shape) for kind in BODIES for shape in shapes]
    model = args.temp / "rows.mlir"
    model.write_text("\n".join(case.text() for case in cases))
    implementations = implementations_of(model, args.targets, args.temp)
    good = [check(case, number, implementations)
            for number, case in enumerate(cases)]
    print(f"{sum(good)} of {len(good)} reductions are exact on "
          f"{', '.join(args.targets)}")
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
