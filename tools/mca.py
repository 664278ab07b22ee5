#!/usr/bin/python3
#===- mca.py - What llvm-mca says about the inner loops of VNNI kernels ---===#
#
# Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
#===-----------------------------------------------------------------------===#
"""tools/mca.py [--only REGEX] [--loop FILE.o CPU]

Prints the table `mca` of tools/benchmark.sh: for each inner loop of the
benchmark's kernels the dot instructions per cycle, and in relation to a loop of
independent dot instructions. --loop: the same for the loops of an object."""

import argparse
import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "benchmarks"))

import loops  # noqa: E402


def print_object(path, cpu):
    for loop in loops.dot_loops(path):
        if loop.dots:
            rate, relative = loops.relative_rate(loop, cpu)
            print(f"{loop.function}+{loop.start:#x}: {loop.dots} dots of "
                  f"{len(loop.code)} instructions, {rate:.3f} per cycle, "
                  f"{relative:.3f}, {len(loop.stack_accesses)} on the stack")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", type=pathlib.Path,
                        default=os.environ.get("QDOT_BUILD_DIR",
                                               ROOT / "build"))
    parser.add_argument("--only", default=".", metavar="REGEX")
    parser.add_argument("--loop", nargs=2, metavar=("FILE", "CPU"))
    args = parser.parse_args()
    if args.loop:
        return print_object(*args.loop)
    only = f"^mca/.*({args.only})"
    return subprocess.run(
        [sys.executable, ROOT / "benchmarks" / "benchmark.py", "--build",
         args.build, "--out", args.build / "mca", "--only", only,
         "--without", "onednn,openblas,onnxruntime"], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
