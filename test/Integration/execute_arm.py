#!/usr/bin/python3
#===- execute_arm.py - Every kernel, on every AArch64 target --------------===#
#
# Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
#===-----------------------------------------------------------------------===#
"""execute_arm.py GROUP... --temp DIR [--targets T...] [--full] [--cpu C...]

Compiles the functions of cases/sweep.py for the AArch64 targets, calls them in
QEMU with full-range data between forbidden pages and compares every byte with
numpy. `aarch64-sve` runs at vector lengths of 128, 256 and 512 bits, the others
on a CPU without SVE; --cpu names others, as QEMU does.
--full: every M and N from 1 to 17 with every K from 1 to 130 as constants.
--saturating: numpy computes what sums of 16 bits would be; the comparison must
then fail."""

import argparse
import pathlib
import shutil
import sys
import time

import numpy as np

from cases import sweep
from execute import run
from execute_x86 import BATCHES, difference, result_types, samples

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from emulation.qemu import Crash, Program  # noqa: E402

# CPUs that a target runs on.
CPUS = {"aarch64-dotprod": ["neoverse-n1"],
        "aarch64-i8mm": ["max,sve=off"],
        "aarch64-sve": ["max,sve128=on", "max,sve256=on", "max,sve512=on"]}


class Calls:
    """All calls of the functions of a module, and their exact results."""

    def __init__(self, functions, matmul, batches):
        self.functions, self.calls, self.expected = functions, [], []
        for seed, function in enumerate(functions):
            for number, (batch, inputs) in enumerate(
                    samples(function, seed, batches)):
                self.calls.append((seed, inputs, result_types(function, batch),
                                   batch, number + seed))
                self.expected.append(function.model(matmul, inputs))

    def name(self, number):
        function, _, _, batch, placement = self.calls[number]
        return (f"{self.functions[function].name}, batch {batch}, "
                f"placement {placement}")

    def problems(self, output):
        """Sentences about wrong results."""
        at = 0
        for number, (_, _, types, _, _) in enumerate(self.calls):
            for i, (shape, kind) in enumerate(types):
                size = int(np.prod(shape)) * np.dtype(kind).itemsize
                got = np.frombuffer(output[at:at + size], kind).reshape(shape)
                at += size
                wrong = difference(self.expected[number][i], got)
                if wrong:
                    yield f"{self.name(number)}, result {i}: {wrong}"
        if at != len(output):
            yield f"{len(output)} bytes of results, expected {at}"


def execute_on(cpu, program, calls):
    """Sentences about what went wrong on one CPU."""
    try:
        return list(calls.problems(program.call(calls.calls, cpu)))
    except Crash as crash:
        where = "" if crash.call is None else f"{calls.name(crash.call)}: "
        return [f"{where}{crash}"]


def compile_for(target, model, folder, functions):
    """The program of a target."""
    folder.mkdir(parents=True, exist_ok=True)
    run("qdot", "compile", model, "--target", target, "-o", folder / "model.o")
    return Program(folder, folder / "model.o",
                   [f"qdot_{f.name}" for f in functions])


def execute(name, functions, args):
    """One module; True if all is right."""
    started = time.monotonic()
    folder = args.temp / name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "model.mlir").write_text("\n".join(f.text() for f in functions))
    calls = Calls(functions, sweep.saturating_matmul if args.saturating
                  else sweep.exact_matmul, args.batches)
    modelled, is_good = time.monotonic(), True
    for target in args.targets:
        begun = time.monotonic()
        program = compile_for(target, folder / "model.mlir", folder / target,
                              functions)
        compiled = time.monotonic()
        for cpu in args.cpu or CPUS[target]:
            problems = execute_on(cpu, program, calls)
            for problem in problems[:args.show]:
                print(f"{name}, {target} on {cpu}: {problem}")
            print(f"{name}, {target} on {cpu}: {len(functions)} functions, "
                  f"{len(calls.calls)} calls, {len(problems)} problems",
                  flush=True)
            is_good &= not problems
        print(f"{name}, {target}: {compiled - begun:.1f} s to compile, "
              f"{time.monotonic() - compiled:.1f} s to run; numpy "
              f"{modelled - started:.1f} s", flush=True)
    if is_good and not args.keep:
        shutil.rmtree(folder)
    return is_good


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("groups", nargs="*", choices=[*sweep.GROUPS, []])
    parser.add_argument("--temp", required=True, type=pathlib.Path)
    parser.add_argument("--targets", nargs="+", choices=CPUS,
                        default=["aarch64-dotprod", "aarch64-i8mm",
                                 "aarch64-sve"])
    parser.add_argument("--cpu", nargs="+")
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--batches", type=int, nargs="+", default=BATCHES)
    parser.add_argument("--part", type=int, nargs=2, default=(0, 1),
                        metavar=("I", "N"), help="every N-th function, from I")
    parser.add_argument("--only", help="functions whose name contains this")
    parser.add_argument("--saturating", action="store_true")
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("--show", type=int, default=20)
    args = parser.parse_args()
    args.temp = args.temp.resolve()
    modules = [(g, list(sweep.GROUPS[g]())[args.part[0]::args.part[1]])
               for g in args.groups]
    if args.full:
        modules = ((f"k{k}", f) for k, f in enumerate(sweep.every_tile(), 1))
    good = []
    for name, functions in modules:
        chosen = [f for f in functions if not args.only or args.only in f.name]
        if chosen:
            good.append(execute(name, chosen, args))
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
