#!/usr/bin/python3
#===- standalone.py - A benchmark for machines that cannot build it -------===#
#
# Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
#===-----------------------------------------------------------------------===#
"""Cross compiles kernels, their data and exact results into one static AArch64
program, which needs nothing on the machine that runs it. docs/Performance.md
says how to read what it prints."""

import argparse
import os
import pathlib
import re
import subprocess
import sys

import kernels
import shapes
from compiler import Compiler
from workers import Failed

ROOT = pathlib.Path(__file__).resolve().parent.parent
GCC = "aarch64-linux-gnu-gcc"
TARGETS = ["generic", "aarch64-dotprod", "aarch64-i8mm", "aarch64-sve"]
# Rows of the tables gemm and conv; the largest weights are left out.
LARGEST = 4 << 20


def chosen(options):
    if options.smoke:
        return shapes.SMOKE
    every = [*shapes.GEMMS, *shapes.CONVS]
    small = [s for s in every
             if s.channels * s.terms <= LARGEST]
    return [s for s in small if re.search(options.only, s.name)]


def signed(codes):
    """u8 codes as s8 = u8 - 128, as bytes."""
    return (codes ^ 0x80).tobytes()


def kernel_files(shape, prefix, folder, compiler):
    """Object and data of one kernel; returns what the linker gets."""
    operands = kernels.make_operands(shape, "a8")
    model = folder / f"{prefix}.mlir"
    model.write_text(kernels.model_text(shape, operands, "a8", signed=True))
    (folder / f"{prefix}.in").write_bytes(signed(operands.x))
    exact = kernels.requantize(kernels.accumulate(shape, operands),
                               operands.scale)
    (folder / f"{prefix}.out").write_bytes(signed(exact))
    data = folder / f"{prefix}.S"
    data.write_text("".join(
        f'.section .rodata\n.balign 64\n.global {prefix}_{kind}\n'
        f'{prefix}_{kind}: .incbin "{folder / prefix}.{kind}"\n'
        for kind in ("in", "out")))
    code = folder / f"{prefix}.o"
    compiler.call("compile", model, f"--target={','.join(TARGETS)}",
                  f"--prefix={prefix}", "-o", code)
    return [code, data]


def table_text(named):
    """kernels.h."""
    lines = []
    for prefix, _ in named:
        lines.append(f"int32_t {prefix}_main(const int8_t *, int8_t *);\n"
                     f"const char *{prefix}_main_target(void);\n"
                     f"extern const int8_t {prefix}_in[], {prefix}_out[];\n")
    lines.append("static const Kernel kernels[] = {\n")
    for prefix, shape in named:
        size = shape.channels * (shape.m if shape.table == "gemm"
                                 else shape.oh * shape.ow)
        lines.append(f'  {{"{shape.name}", {prefix}_main, {prefix}_main_target,'
                     f" {prefix}_in, {prefix}_out, {size}, "
                     f"{shape.operations}.0}},\n")
    names = ", ".join(f'"{t}"' for t in TARGETS)
    return (f"{''.join(lines)}  {{0, 0, 0, 0, 0, 0, 0}}}};\n"
            f"static const char *const targets[] = {{{names}, 0}};\n")


def build(options):
    folder = options.build / "benchmark" / "standalone"
    folder.mkdir(parents=True, exist_ok=True)
    compiler = Compiler(options.build, folder)
    named, files = [], []
    for number, shape in enumerate(chosen(options)):
        prefix = f"kernel{number}"
        print(f"compiling {shape.name}", file=sys.stderr)
        files += kernel_files(shape, prefix, folder, compiler)
        named.append((prefix, shape))
    (folder / "kernels.h").write_text(table_text(named))
    subprocess.run([GCC, "-O2", "-Wall", "-Werror", "-static", f"-I{folder}",
                    ROOT / "benchmarks" / "standalone.c", *files, "-lm", "-o",
                    options.output], check=True)


def main():
    parser = argparse.ArgumentParser(prog="tools/benchmark.sh --cross",
                                     description=__doc__)
    parser.add_argument("--build", type=pathlib.Path,
                        default=os.environ.get("QDOT_BUILD_DIR",
                                               ROOT / "build"))
    parser.add_argument("-o", dest="output", type=pathlib.Path,
                        help="the program (build/qdot-benchmark-aarch64)")
    parser.add_argument("--only", default="", metavar="REGEX",
                        help="kernels whose name matches")
    parser.add_argument("--smoke", action="store_true",
                        help="tiny kernels, for the test of this program")
    options = parser.parse_args()
    options.build = options.build.resolve()
    options.output = options.output or options.build / "qdot-benchmark-aarch64"
    try:
        build(options)
    except FileNotFoundError as error:
        sys.exit(f"error: {error.filename} is missing; install "
                 "gcc-aarch64-linux-gnu")
    except (Failed, subprocess.CalledProcessError) as error:
        sys.exit(f"error: {error}")
    print(f"{options.output}: copy it to the machine and run it there")


if __name__ == "__main__":
    main()
