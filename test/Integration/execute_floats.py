#!/usr/bin/python3
#===- execute_floats.py - Tiles of f32 contractions give exact results ----===#
#
# Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
#===-----------------------------------------------------------------------===#
"""execute_floats.py --targets T... --temp DIR [--only REGEX]

Compiles the contractions of cases/floats.py and compares every byte with a
chain of fused multiply-adds in numpy: numbers of all magnitudes, infinities,
cancellation. Buffers lie between forbidden pages. Targets that this machine
cannot run in its own process go through `qdot run` (QEMU)."""

import argparse
import ctypes
import pathlib
import platform
import re
import sys

import numpy as np

from cases.floats import cases
from execute import run
from execute_x86 import FLAGS, runs_here
from guarded import Arena

BATCHES = (5, 1, 16)


def values(rng, shape):
    """Normal numbers, one in eight of them of any magnitude."""
    x = rng.standard_normal(shape).astype(np.float32)
    scale = np.exp2(rng.integers(-60, 60, shape).astype(np.float32))
    return np.where(rng.random(shape) < 0.125, x * scale, x).astype(np.float32)


def operands(case, weights, batch, rng, has_infinity):
    """(inputs of the function, x, w, initial value)"""
    x = values(rng, case.shape(0, batch))
    if has_infinity and x.size > 8:
        x.flat[3] = np.inf
    w = weights if case.constant else values(rng, case.shape(1, batch))
    init = values(rng, case.shape(2, batch))
    if case.filled:
        init[...] = 0
    inputs = [x] + [w] * (not case.constant) + [init] * (not case.filled)
    return inputs, x, w, init


class Compiled:
    """A module for a target of this machine."""

    def __init__(self, model, target, folder):
        path = folder / f"{target}.so"
        run("qdot", "compile", model, "--target", target, "-o", path)
        self.library, self.arena = ctypes.CDLL(str(path)), Arena()

    def call(self, case, inputs, shape, batch):
        function = getattr(self.library, "qdot_" + case.name)
        return self.arena.call(function, inputs, [(shape, np.float32)],
                               batch if case.is_dynamic else None,
                               len(case.name))[0]


class Emulated:
    """A module for another machine."""

    def __init__(self, model, target, folder):
        self.model, self.target, self.folder = model, target, folder

    def call(self, case, inputs, shape, batch):
        words = ["--batch", batch] if case.is_dynamic else []
        for number, x in enumerate(inputs):
            path = self.folder / f"in{number}.npy"
            np.save(path, x if case.is_dynamic else x[None])
            words += ["--data", path]
        out = self.folder / "out.npy"
        run("qdot", "run", self.model, "--entry", case.name, "--target",
            self.target, *words, "-o", out)
        return np.load(out).reshape(shape)


def same(a, b):
    """The same bytes, or both NaN."""
    return (a.view(np.int32) == b.view(np.int32)) | (np.isnan(a) & np.isnan(b))


def is_compiled(target):
    here = {"x86_64": "x86", "aarch64": "aarch64"}[platform.machine()]
    return target.startswith((here, "generic"))


def runnable(targets):
    """The targets without those that this machine cannot run."""
    missing = [target for target in targets
               if target in FLAGS and not runs_here(target)]
    for target in missing:
        print(f"{target} is left out: this machine cannot run it")
    return [target for target in targets if target not in missing]


def implementations_of(model, targets, folder):
    """The module for each target, by its name."""
    return {target: (Compiled if is_compiled(target) else Emulated)(
        model, target, folder) for target in targets}


def is_exact(name, target, want, have):
    """Whether two results are the same; prints where they are not."""
    wrong = np.argwhere(~same(want, have))
    if len(wrong):
        at = tuple(int(i) for i in wrong[0])
        print(f"{name}, {target}: {len(wrong)} of {want.size} differ, first at "
              f"{at}: expected {want[at]}, got {have[at]}")
    return not len(wrong)


def check(case, number, weights, implementations):
    """Whether all implementations give the one result."""
    good = True
    for batch in BATCHES if case.is_dynamic else (None,):
        rng = np.random.default_rng(1000 + number)
        # `qdot run` refuses infinities.
        is_here = all(isinstance(i, Compiled) for i in implementations.values())
        inputs, x, w, init = operands(case, weights, batch or 1, rng,
                                      is_here and number % 4 == 0)
        want = case.result(x, w, init, batch or 1)
        for target, implementation in implementations.items():
            have = implementation.call(case, inputs, want.shape, batch)
            good &= is_exact(f"{case.name}, batch {batch}", target, want, have)
    return good


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--targets", nargs="+", required=True)
    parser.add_argument("--temp", required=True, type=pathlib.Path)
    parser.add_argument("--only", default="", type=re.compile)
    args = parser.parse_args()
    args.targets = runnable(args.targets)
    if not args.targets:
        return 0
    args.temp.mkdir(parents=True, exist_ok=True)
    chosen = [case for case in cases() if args.only.search(case.name)]
    constants = [values(np.random.default_rng(number), case.shape(1))
                 if case.constant else None
                 for number, case in enumerate(chosen)]
    model = args.temp / "floats.mlir"
    model.write_text("\n".join(map(lambda c, w: c.text(w), chosen, constants)))
    implementations = implementations_of(model, args.targets, args.temp)
    good = [check(case, number, weights, implementations)
            for number, (case, weights) in enumerate(zip(chosen, constants))]
    print(f"{sum(good)} of {len(good)} contractions are exact on "
          f"{', '.join(args.targets)}")
    return 0 if good and all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
