#!/usr/bin/python3
#===- check_float_loops.py - Instructions of the loops in f32 -------------===#
#
# Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
#===-----------------------------------------------------------------------===#
"""check_float_loops.py --targets T... --temp DIR

Compiles the f32 kernels of the benchmark. The inner loops that multiply must be
fused multiply-adds on the widest vectors, enough of them to hide their latency,
two of five instructions at least, and nothing on the stack."""

import argparse
import pathlib
import re
import sys

from execute import run

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "benchmarks"))
import floats  # noqa: E402
import kernels  # noqa: E402
import loops  # noqa: E402
from shapes import FLOATS  # noqa: E402

WIDEST = {"x86-avx2": r"%ymm", "x86-avx512vnni": r"%zmm",
          "aarch64-dotprod": r"v\d+\.4s"}
FUSED = r"vf[n]?madd\d+ps|fmla"
UNFUSED = r"v?mulps|fmul"
LEAST = 10


def complaints(loop, target):
    fused = [operands for name, operands in loop.code
             if re.match(FUSED, name)]
    if len(fused) < LEAST:
        yield f"only {len(fused)} multiply-adds"
    if not all(re.search(WIDEST[target], operands) for operands in fused):
        yield "not on the widest vectors"
    if 2.5 * len(fused) < len(loop.code):
        yield f"{len(fused)} multiply-adds in {len(loop.code)} instructions"
    if loop.stack_accesses:
        yield f"on the stack: {loop.stack_accesses[0]}"


def check(shape, target, folder):
    model, path = folder / "model.mlir", folder / "model.o"
    operands = kernels.make_operands(shape, "a8")
    model.write_text(floats.model_text(shape, operands))
    run("qdot", "compile", model, "--target", target, "-o", path)
    found = [loop for loop in loops.inner_loops(path)
             if loop.count(FUSED) or loop.count(UNFUSED)]
    name = f"{shape.name}, {target}"
    print(f"{name}: multiply-adds/instructions "
          + ", ".join(f"{l.count(FUSED)}/{len(l.code)}" for l in found))
    wrong = [text for loop in found for text in complaints(loop, target)]
    for text in wrong or ([] if found else ["no loop multiplies"]):
        print(f"{name}: {text}")
    return bool(found) and not wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--targets", nargs="+", choices=WIDEST, required=True)
    parser.add_argument("--temp", required=True, type=pathlib.Path)
    args = parser.parse_args()
    args.temp.mkdir(parents=True, exist_ok=True)
    good = [check(shape, target, args.temp)
            for shape in FLOATS for target in args.targets]
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
