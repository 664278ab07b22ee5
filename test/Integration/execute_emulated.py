#!/usr/bin/python3
#===- execute_emulated.py - Kernels for CPUs that are not here ------------===#
#
# Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
#===-----------------------------------------------------------------------===#
"""execute_emulated.py GROUP... --target T --emulator E --temp DIR

Compiles groups of cases/sweep.py for a target, runs them in an emulator
(test/emulation) and compares every byte with numpy."""

import argparse
import pathlib
import shutil
import sys

import numpy as np

from cases import sweep
from execute import run
from execute_x86 import difference, result_types, samples

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from emulation.emulate import Program  # noqa: E402

BATCHES = (1, 3, 17)


def execute(group, args):
    functions = list(sweep.GROUPS[group]())[args.part[0]::args.part[1]]
    folder = args.temp / f"{group}-{args.target}"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "model.mlir").write_text("\n".join(f.text() for f in functions))
    run("qdot", "compile", folder / "model.mlir", "--target", args.target,
        "-o", folder / "model.s")
    program = Program(folder, folder / "model.s",
                      [f"qdot_{f.name}" for f in functions], args.emulator)
    calls, kinds, expected = [], [], []
    for number, function in enumerate(functions):
        for batch, inputs in samples(function, number, BATCHES):
            types = result_types(function, batch)
            sizes = [int(np.prod(shape)) * np.dtype(kind).itemsize
                     for shape, kind in types]
            calls.append((number, inputs, sizes, batch))
            kinds.append(types)
            expected.append(function.model(sweep.exact_matmul, inputs))
    output, at, problems = program.call(calls), 0, []
    for (number, _, sizes, batch), types, wanted in zip(calls, kinds, expected):
        for i, size in enumerate(sizes):
            shape, kind = types[i]
            got = np.frombuffer(output[at:at + size], kind).reshape(shape)
            at += size
            wrong = difference(wanted[i], got)
            if wrong:
                problems.append(f"{functions[number].name}, batch {batch}, "
                                f"result {i}: {wrong}")
    for problem in problems[:20]:
        print(f"{args.target}: {problem}")
    print(f"{group}, {args.target}: {len(functions)} functions, {len(output)} "
          f"bytes, {len(problems)} problems; {program.statistics}")
    if not problems:
        shutil.rmtree(folder)
    return not problems


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("groups", nargs="+", choices=sweep.GROUPS)
    parser.add_argument("--target", required=True)
    parser.add_argument("--emulator", required=True,
                        choices=["bochs", "vnniemu"])
    parser.add_argument("--part", type=int, nargs=2, default=(0, 1),
                        metavar=("I", "N"), help="every N-th function, from I")
    parser.add_argument("--temp", required=True, type=pathlib.Path)
    args = parser.parse_args()
    args.temp = args.temp.resolve()
    return 0 if all([execute(group, args) for group in args.groups]) else 1


if __name__ == "__main__":
    sys.exit(main())
