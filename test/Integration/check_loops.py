#!/usr/bin/python3
#===- check_loops.py - Instructions of the inner loops --------------------===#
#
# Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
#===-----------------------------------------------------------------------===#
"""check_loops.py KIND... --targets T... --temp DIR

Compiles kernels of the benchmark and looks at the inner loops that multiply
bytes: only the instructions that the target is for, as many as the tile has,
and nothing on the stack. With 7-bit activations, AVX2 must not widen. AArch64:
activations are signed; one row, taps, and short reductions are multiplied by
sdot even where smmla exists."""

import argparse
import pathlib
import re
import sys

from execute import run

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "benchmarks"))
import kernels  # noqa: E402
import loops  # noqa: E402
from shapes import Conv, Gemm  # noqa: E402

SHAPES = {"dense": Gemm(512, 512, 512), "row": Gemm(1, 1024, 1024),
          "conv": Conv(56, 56, 64, 64, 3, 1, 1),
          "pointwise": Conv(56, 56, 24, 144, 1, 1, 0),
          "depthwise": Conv(28, 28, 32, 0, 3, 1, 1)}

# The products of a target, and what operands of the widest loop look like.
PRODUCTS = {
    "x86-avx2": (r"vpmaddubsw|vpmaddwd", r"%ymm"),
    "x86-avxvnni": (r"\{vex\} vpdpbusd", r"%ymm"),
    "x86-avxvnniint8": (r"\{vex\} vpdpbusd|vpdpb(ssd|uud|sud)", r"%ymm"),
    "x86-avx512vnni": (r"(\{vex\} )?vpdpbusd", r"%zmm"),
    "aarch64-dotprod": (r"sdot", r"v\d+\.4s, v\d+\.16b, v\d+\.4b\[\d\]"),
    "aarch64-i8mm": (r"smmla", r"v\d+\.4s, v\d+\.16b, v\d+\.16b"),
    "aarch64-sve": (r"smmla", r"z\d+\.s, z\d+\.b, z\d+\.b"),
}
# Where pairs of rows do not pay.
SDOT_KINDS = {"row", "depthwise", "pointwise"}
SDOT_PRODUCTS = {
    "aarch64-i8mm": PRODUCTS["aarch64-dotprod"],
    "aarch64-sve": (r"sdot", r"[vz]\d+\.(4s|s), "),
}
# Least products of the widest loop: fewer cannot hide their latency.
LEAST = {"x86-avx2": 8, "x86-avxvnni": 10, "x86-avxvnniint8": 10,
         "x86-avx512vnni": 10, "aarch64-dotprod": 16, "aarch64-i8mm": 16,
         "aarch64-sve": 8}
ANY_PRODUCT = re.compile(r"(\{vex\} )?(vpdp|vpmadd)|([us]|us|su)(dot|mmla)|"
                         r"[us]ml[as]l|[us]mull")


def complaints(found, target, kind, activations):
    """What is wrong with the loops of one object."""
    uses_sdot = kind in SDOT_KINDS and target in SDOT_PRODUCTS
    products, shape = (SDOT_PRODUCTS if uses_sdot else PRODUCTS)[target]
    if not found:
        yield "no inner loop multiplies bytes"
        return
    widest = found[0]
    if widest.dots + widest.multiplies < LEAST[target]:
        yield f"only {widest.dots + widest.multiplies} products in a loop"
    if kind != "depthwise" and not any(
            re.fullmatch(products, name) and re.search(shape, operands)
            for name, operands in widest.code):
        yield f"no {products} of {shape} in the widest loop"
    for loop in found:
        where = f"loop at {loop.start:#x}"
        others = {name for name, _ in loop.code if ANY_PRODUCT.match(name)
                  and not re.fullmatch(products, name)}
        if others:
            yield f"{where}: {', '.join(sorted(others))}"
        if loop.stack_accesses:
            yield (f"{where}: {len(loop.stack_accesses)} on the stack, such as "
                   f"{loop.stack_accesses[0]}")
        if (target == "x86-avx2" and activations == "a7"
                and not loop.count("vpmaddubsw")):
            yield f"{where}: widens, though every pair fits i16"


def check(kind, target, activations, folder):
    shape = SHAPES[kind]
    operands = kernels.make_operands(shape, activations)
    model, path = folder / "model.mlir", folder / "model.o"
    model.write_text(kernels.model_text(shape, operands, activations,
                                        target.startswith("aarch64")))
    run("qdot", "compile", model, "--target", target, "-o", path)
    found = loops.dot_loops(path)
    counts = [f"{loop.dots + loop.multiplies}/{len(loop.code)}"
              for loop in found]
    name = f"{kind}, {target}, {activations}"
    print(f"{name}: products/instructions {', '.join(counts)}")
    wrong = list(complaints(found, target, kind, activations))
    for complaint in wrong:
        print(f"{name}: {complaint}")
    return not wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kinds", nargs="+", choices=SHAPES)
    parser.add_argument("--targets", nargs="+", choices=PRODUCTS,
                        required=True)
    parser.add_argument("--temp", required=True, type=pathlib.Path)
    args = parser.parse_args()
    args.temp.mkdir(parents=True, exist_ok=True)
    good = [check(kind, target, activations, args.temp)
            for kind in args.kinds for target in args.targets
            for activations in (("a8", "a7") if target == "x86-avx2"
                                else ("a8",))]
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
