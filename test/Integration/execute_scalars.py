#!/usr/bin/python3
#===- execute_scalars.py - qdot's scalar ops, compiled, against exact values ===#
#
# Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
#===-----------------------------------------------------------------------===#
"""execute_scalars.py GROUP... --temp DIR [--targets T...]

Compiles qdot.requantize, qdot.lookup, qdot.quantize and qdot.dequantize
(cases/scalars.py), runs them on full-range data and compares every bit with
exact arithmetic and with qdot's interpreter."""

import argparse
import ctypes
import pathlib
import sys

import numpy as np

from cases.scalars import GROUPS
from execute import run

KINDS = {"i8": np.int8, "i16": np.int16, "i32": np.int32, "f32": np.float32}


def result_type(text):
    """Shape and element type of the only function's result."""
    _, _, after = text.partition(") -> tensor<")
    *sizes, element = after.partition(">")[0].split("x")
    return [int(s) for s in sizes], KINDS[element]


def bits(array):
    """Floats as their bits, so that -0.0 and 0.0 differ."""
    if array.dtype == np.float32:
        return array.view(np.uint32)
    return array


def check(name, what, inputs, want, got):
    different = np.flatnonzero(bits(want).ravel() != bits(got).ravel())
    if not different.size:
        return 0
    at = different[0]
    operands = ", ".join(str(x.ravel()[at]) for x in inputs)
    print(f"{name}: {what}: {different.size} of {want.size} differ, first "
          f"({operands}): expected {want.ravel()[at]}, got {got.ravel()[at]}")
    return different.size


def run_reference(module, case, calls, shape, kind, temp):
    """All calls in one run of the interpreter."""
    data = []
    for number, parts in enumerate(zip(*calls)):
        np.save(temp / f"in{number}.npy", np.stack(parts))
        data += ["--data", temp / f"in{number}.npy"]
    run("qdot", "run", module, "--entry", case.name, *data, "-o",
        temp / "out.npy", "--target", "reference")
    return np.load(temp / "out.npy").reshape(len(calls), *shape).astype(kind)


def is_finite(calls):
    """Files with NaN and infinity are refused by the driver."""
    return [c for c in calls if all(np.isfinite(x).all() for x in c)]


def execute(group, args):
    cases = list(GROUPS[group]())
    temp = args.temp / group
    temp.mkdir(parents=True, exist_ok=True)
    module = temp / "model.mlir"
    module.write_text("\n".join(case.text() for case in cases))
    libraries = {}
    for target in args.targets:
        run("qdot", "compile", module, "--target", target, "-o",
            temp / f"{target}.so")
        libraries[target] = ctypes.CDLL(str(temp / f"{target}.so"))
    bad = count = 0
    for seed, case in enumerate(cases):
        shape, kind = result_type(case.text())
        calls = case.data(seed)
        wanted = [np.asarray(case.model(c)).astype(kind) for c in calls]
        for target, library in libraries.items():
            for inputs, want in zip(calls, wanted):
                got = np.empty(shape, kind)
                pointers = [ctypes.c_void_p(np.ascontiguousarray(a).ctypes.data)
                            for a in [*inputs, got]]
                assert getattr(library, "qdot_" + case.name)(*pointers) == 0
                bad += check(case.name, target, inputs, want, got)
                count += got.size
        finite = is_finite(calls)
        if args.reference and finite:
            got = run_reference(module, case, finite, shape, kind, temp)
            for inputs, result in zip(finite, got):
                bad += check(case.name, "reference", inputs,
                             np.asarray(case.model(inputs)).astype(kind), result)
    print(f"{group}: {len(cases)} functions, {count} values, {bad} differences")
    return bad == 0


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("groups", nargs="+", choices=GROUPS)
    parser.add_argument("--targets", nargs="+", default=["generic", "host"])
    parser.add_argument("--no-reference", dest="reference",
                        action="store_false")
    parser.add_argument("--temp", required=True, type=pathlib.Path)
    args = parser.parse_args()
    args.temp = args.temp.resolve()
    return 0 if all([execute(group, args) for group in args.groups]) else 1


if __name__ == "__main__":
    sys.exit(main())
