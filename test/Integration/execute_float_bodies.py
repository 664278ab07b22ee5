#!/usr/bin/python3
#===- execute_float_bodies.py - Float islands agree on every target -------===#
#
# Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
#===-----------------------------------------------------------------------===#
"""execute_float_bodies.py --targets T... --temp DIR [--count N] [--seed N]

Elementwise bodies of random f32 operations of the arith and math dialects, with
every kind of operand (zeros of both signs, subnormal, huge; infinities and NaN
where no target goes through `qdot run`, which refuses them). Every target gives
the bits of the first one; any NaN equals any other."""

import argparse
import pathlib
import random
import sys

import numpy as np

from execute_floats import (implementations_of, is_compiled, is_exact,
                            runnable, values)

UNARY = """arith.negf math.absf math.sqrt math.rsqrt math.exp math.tanh math.floor
    math.ceil math.roundeven math.round math.trunc math.erf math.log math.exp2
    math.log1p math.expm1 math.sin math.cos math.atan math.log2 math.cbrt""".split()
BINARY = """arith.addf arith.subf arith.mulf arith.divf arith.maximumf
    arith.minimumf arith.maxnumf arith.minnumf arith.remf math.copysign
    math.powf math.atan2""".split()
PREDICATES = "oeq ogt oge olt ole one ord ueq ugt uge ult ule une uno".split()
CONSTANTS = """0.0 -0.0 1.0 6.0 -1.5 3.4e38 1.0e-40 0x7F800000 0xFF800000
    0x7FC00000""".split()
SPECIAL = np.float32([0.0, -0.0, 1, -1, 0.5, 1.5, 2.5, -2.5, 3e38, -3e38, 1e-40,
                      -1e-40, 88.8, -88, 1e-20, 8388609, -0.49999997,
                      np.inf, -np.inf, np.nan])
SIZES = [1, 7, 16, 37, 64, 257]


class Body:
    """One function of two tensors, with up to six operations per element."""
    is_dynamic = False

    def __init__(self, number, rng):
        self.name, self.size = f"body_{number}", rng.choice(SIZES)
        self.lines, self.values = [], ["%a", "%b"]
        for at in range(rng.randint(1, 6)):
            self.add(at, rng)

    def add(self, at, rng):
        a, b, c, d = (rng.choice(self.values) for _ in range(4))
        kind, result = rng.random(), f"%v{at}"
        if kind < 0.4:
            line = f"{rng.choice(UNARY)} {a}"
        elif kind < 0.85:
            if rng.random() < 0.3:
                self.lines.append(
                    f"%c{at} = arith.constant {rng.choice(CONSTANTS)}")
                a, b = rng.choice([(a, f"%c{at}"), (f"%c{at}", b)])
            line = f"{rng.choice(BINARY)} {a}, {b}"
        elif kind < 0.95:
            self.lines.append(
                f"%p{at} = arith.cmpf {rng.choice(PREDICATES)}, {a}, {b}")
            line = f"arith.select %p{at}, {c}, {d}"
        else:
            line = f"math.fma {a}, {b}, {c}"
        self.lines.append(f"{result} = {line}")
        self.values.append(result)

    def text(self):
        t, m = f"tensor<{self.size}xf32>", "affine_map<(i) -> (i)>"
        lines = "\n    ".join(f"{line} : f32" for line in self.lines)
        return f"""
func.func @{self.name}(%x: {t}, %y: {t}) -> {t} {{
  %e = tensor.empty() : {t}
  %r = linalg.generic {{indexing_maps = [{m}, {m}, {m}],
      iterator_types = ["parallel"]}} ins(%x, %y : {t}, {t}) outs(%e : {t}) {{
  ^bb0(%a: f32, %b: f32, %o: f32):
    {lines}
    linalg.yield {self.values[-1]} : f32
  }} -> {t}
  return %r : {t}
}}"""

    def inputs(self, rng, special):
        """Half ordinary numbers, half special ones."""
        both = [values(rng, (self.size,)) for _ in range(2)]
        return [np.where(rng.random(self.size) < 0.5, x,
                         rng.choice(special, self.size)).astype(np.float32)
                for x in both]


def check(body, inputs, implementations):
    want, good = None, True
    for target, implementation in implementations.items():
        have = implementation.call(body, inputs, (body.size,), None)
        want = have if want is None else want
        good &= is_exact(body.name, target, want, have)
    if not good:
        print(body.text(), *inputs, sep="\n")
    return good


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--targets", nargs="+", required=True)
    parser.add_argument("--temp", required=True, type=pathlib.Path)
    parser.add_argument("--count", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    args.temp.mkdir(parents=True, exist_ok=True)
    targets = runnable(args.targets)
    rng = random.Random(args.seed)
    bodies = [Body(number, rng) for number in range(args.count)]
    model = args.temp / "bodies.mlir"
    model.write_text("\n".join(body.text() for body in bodies))
    implementations = implementations_of(model, targets, args.temp)
    special = (SPECIAL if all(map(is_compiled, targets))
               else SPECIAL[np.isfinite(SPECIAL)])
    numbers = np.random.default_rng(args.seed)
    good = [check(body, body.inputs(numbers, special), implementations)
            for body in bodies]
    print(f"{sum(good)} of {len(good)} bodies agree on {', '.join(targets)}")
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
