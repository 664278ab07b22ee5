#!/usr/bin/python3
#===- demo_table.py - Float and int8 side by side -------------------------===#
#
# Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
#===-----------------------------------------------------------------------===#
"""demo_table.py DATA_FOLDER OUT_FOLDER: compares the outputs that tools/demo.sh
left, times the two compiled libraries and prints one table. Fails when a
library computes other bits than `qdot run` did, or int8 loses two points."""

import ctypes
import pathlib
import subprocess
import sys
import time

import numpy as np

SIZE = "/usr/lib/llvm-22/bin/llvm-size"


class Variant:
    """One column: the library, and the outputs of `qdot run`."""

    def __init__(self, library, outputs):
        self.path, self.outputs = library, np.load(outputs)
        self.entry = ctypes.CDLL(str(library.resolve())).qdot_main

    def run(self, images):
        """Calls the C entry point on each image; returns the outputs and the
        seconds."""
        result = np.empty_like(self.outputs)
        pairs = [(ctypes.c_void_p(x.ctypes.data), ctypes.c_void_p(y.ctypes.data))
                 for x, y in zip(images, result)]
        start = time.perf_counter()
        for x, y in pairs:
            self.entry(x, y)
        return result, time.perf_counter() - start

    def sections(self):
        """Bytes by kind of section: (constants, code)."""
        text = subprocess.run([SIZE, "-A", self.path], check=True,
                              capture_output=True, text=True).stdout
        rows = [line.split() for line in text.splitlines()
                if line.startswith(".")]
        total = lambda *names: sum(int(size) for name, size, *_ in rows
                                   if name.startswith(names))
        return total(".rodata", ".data.rel.ro"), total(".text")


def measure(variants, images, rounds=30):
    """Fastest microseconds per image of each variant. The rounds of the
    variants alternate, so that a busy machine slows both."""
    best = [np.inf] * len(variants)
    for _ in range(rounds):
        for i, variant in enumerate(variants):
            best[i] = min(best[i], variant.run(images)[1])
    return [1e6 * seconds / len(images) for seconds in best]


def table(rows):
    lines = [("", "float", "int8", "")] + rows
    widths = [max(len(str(line[i])) for line in lines) for i in range(4)]
    for name, left, right, note in lines:
        print(f"  {name:<{widths[0]}}  {left:>{widths[1]}}  "
              f"{right:>{widths[2]}}  {note}".rstrip())


def ratio(pair):
    return f"{pair[0] / pair[1]:.1f}x"


def row(name, pair, form):
    return (name, form.format(pair[0]), form.format(pair[1]), ratio(pair))


def main():
    data, out = map(pathlib.Path, sys.argv[1:])
    images, labels = np.load(data / "test.npy"), np.load(data / "labels.npy")
    variants = [Variant(out / "digits.so", out / "float.npy"),
                Variant(out / "digits8.so", out / "int8.npy")]
    same = all((v.run(images)[0] == v.outputs).all() for v in variants)
    right = [int((v.outputs.argmax(1) == labels).sum()) for v in variants]
    agree = (variants[0].outputs.argmax(1)
             == variants[1].outputs.argmax(1)).mean()
    constants, code = zip(*(v.sections() for v in variants))
    files = [v.path.stat().st_size for v in variants]
    percent = [f"{100 * n / len(images):.2f} %" for n in right]
    table([(f"accuracy on {len(images)} images", *percent,
            f"same answer on {100 * agree:.2f} %"),
           row("constants (weights), bytes", constants, "{:,}"),
           row("code, bytes", code, "{:,}"),
           row("shared library, bytes", files, "{:,}"),
           row("time per image, us", measure(variants, images), "{:.1f}")])
    if not same:
        print("error: a compiled library and `qdot run` disagree")
    return 0 if same and right[0] - right[1] <= 0.02 * len(images) else 1


if __name__ == "__main__":
    sys.exit(main())
