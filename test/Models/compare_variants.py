#!/usr/bin/python3
#===- compare_variants.py - One model, written in different ways ----------===#
#
# Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
#===-----------------------------------------------------------------------===#
"""compare_variants.py MODEL VARIANT... --build BUILD --data CALIB

Calibrates and quantizes each file on the same samples, and demands the same
integers of all, whatever the layout: scales and zero points, weights, biases,
multipliers, shifts and proven accumulator ranges. With --stats-of-first, every
file is quantized with the statistics of the first, which only works when the
sites are the same.

Variants that sum in another order (NCHW) have other last bits in their float
values. --ulps N allows the ranges, and so the scales, N units in the last place
of f32; an integer constant may then differ by one part in 2^20, or by one.
Zero points and weights must be equal all the same."""

import argparse
import pathlib
import re
import sys
import tempfile

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tools"))
import driver


class Integers:
    """What is integer in a quantized module, without its layout."""

    def __init__(self, text):
        types = re.findall(r"qdot\.quantize .*?!quant\.uniform<i8:f32, "
                           r"([^:>]+)(?::(-?\d+))?>", text)
        types += re.findall(r"qdot\.quantized<!quant\.uniform<i8:f32, "
                            r"([^:>]+)(?::(-?\d+))?>", text)
        self.scales = sorted({float(s) for s, _ in types})
        self.zeros = sorted({(float(s), int(z or 0)) for s, z in types})
        self.zeros = [z for _, z in self.zeros]
        self.bounds = sorted(
            (int(a), int(b)) for a, b in
            re.findall(r"qdot\.accumulator<(-?\d+) to (-?\d+)>", text))
        constants = list(self.constants(text))
        self.weights = {key for key in constants if key[0] == "i8"}
        # Multipliers and biases, largest tensors first.
        self.words = sorted((key[1] for key in constants if key[0] == "i32"),
                            key=lambda values: (-len(values), values))

    @staticmethod
    def constants(text):
        """(element type, sorted elements) of each integer constant."""
        pattern = r"arith\.constant dense<(.*?)> : tensor<((?:\d+x)*)(i8|i32)>"
        for body, dims, element in set(re.findall(pattern, text)):
            size = int(np.prod([int(d) for d in dims.split("x")[:-1]]))
            kind = driver.ELEMENTS[element]
            if body.startswith('"0x'):
                values = np.frombuffer(bytes.fromhex(body[3:-1]), kind)
            else:
                values = np.array(re.findall(r"-?\d+", body), np.int64)
            if len(values) == 1:
                values = np.repeat(values, size)
            yield element, tuple(sorted(int(v) for v in values))


def close(left, right, ulps):
    """Equal shape, and values within `ulps` of f32 (relative)."""
    if len(left) != len(right):
        return False
    return bool((np.abs(np.subtract(left, right, dtype=np.float64))
                 <= ulps * 2.0 ** -23 * np.abs(left)).all())


def words_agree(left, right, ulps):
    """Equal, or with --ulps within one part in 2^20, or one."""
    if ulps == 0 or len(left) != len(right):
        return left == right
    return all(len(a) == len(b) and bool(
        (np.abs(np.subtract(a, b)) <= np.maximum(
            1, np.abs(np.array(a, np.float64)) * 2.0 ** -20)).all())
        for a, b in zip(left, right))


def differences(first, other, ulps):
    """What is not the same in two modules."""
    if not close(first.scales, other.scales, ulps):
        yield f"scales {first.scales} and {other.scales}"
    for name in ("zeros", "weights"):
        if getattr(first, name) != getattr(other, name):
            yield name
    bounds = [np.array(x.bounds).reshape(-1, 2) for x in (first, other)]
    if len(bounds[0]) != len(bounds[1]):
        yield "number of accumulators"
    elif (np.abs(bounds[0] - bounds[1]) > 2 * ulps).any():
        yield f"accumulators {first.bounds} and {other.bounds}"
    if not words_agree(first.words, other.words, ulps):
        yield "biases or multipliers"


def quantize(programs, model, calib, folder, stats=None):
    """The integers of a model, and its statistics file."""
    dims, _ = driver.argument_types(model.read_text())[0]
    data = folder / "calib.npy"
    np.save(data, driver.arrange(calib, dims))
    if stats is None:
        stats = folder / f"{model.stem}.json"
        programs.calibrate(model, [data], stats)
    output = folder / f"{model.stem}.int8.mlir"
    programs.quantize(model, stats, output)
    return Integers(output.read_text()), stats


def main():
    parser = argparse.ArgumentParser(description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="+", type=pathlib.Path)
    parser.add_argument("--build", required=True)
    parser.add_argument("--data", required=True)
    parser.add_argument("--ulps", type=int, default=0)
    parser.add_argument("--stats-of-first", action="store_true")
    options = parser.parse_args()
    programs, failed = driver.Driver(options.build), False
    calib = np.load(options.data)
    with tempfile.TemporaryDirectory() as path:
        folder = pathlib.Path(path)
        first, stats = quantize(programs, options.models[0], calib, folder)
        if not first.scales or not first.weights or not first.words:
            sys.exit(f"{options.models[0]}: no integers were found")
        for model in options.models[1:]:
            other, _ = quantize(programs, model, calib, folder,
                                stats if options.stats_of_first else None)
            found = list(differences(first, other, options.ulps))
            failed |= bool(found)
            print(f"{model.parent.name}/{model.stem}: "
                  + ("; ".join(found) or "the same integers"))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
