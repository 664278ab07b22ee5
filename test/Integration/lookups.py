#!/usr/bin/python3
#===- lookups.py - Table lookups of every byte, on every target -----------===#
#
# Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
#===-----------------------------------------------------------------------===#
"""lookups.py --build BUILD --temp FOLDER --targets NAMES [--spoil]

Looks up all 256 bytes at every place of vectors of many lengths, signed and
unsigned, in random tables. --spoil changes one entry of the table that the
results are compared with."""

import argparse
import pathlib
import sys

import numpy as np

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parents[1] / "Models"),
                str(pathlib.Path(__file__).resolve().parents[2] / "tools")]
import driver
from builder import module

SIZES = (1, 5, 8, 13, 16, 24, 31, 32, 48, 64, 72, 100, 129)
MAP = "affine_map<(i, j) -> (i, j)>"


def function(tables):
    """`table[x + 128]` for one argument of each size; where the result is
    read again, by the second table, with bytes of its own sign."""
    arguments, types, names, lines = [], [], [], []
    for number, table in enumerate(tables):
        lines.append(f'%t{number} = arith.constant dense<"0x'
                     f'{table.tobytes().hex().upper()}"> : tensor<256xi8>')
    for at, size in enumerate(SIZES):
        t = f"tensor<1x{size}xi8>"
        arguments.append(f"%x{at}: {t}")
        types.append(t)
        names.append(f"%y{at}")
        lines.append(f"""%e{at} = tensor.empty() : {t}
    %y{at} = linalg.generic {{indexing_maps = [{MAP}, {MAP}], iterator_types = ["parallel", "parallel"]}} ins(%x{at} : {t}) outs(%e{at} : {t}) {{
    ^bb0(%a: i8, %o: i8):
      %0 = qdot.lookup %a in %t0 : tensor<256xi8>
      %1 = qdot.lookup %0 in %t1 : tensor<256xi8>
      linalg.yield %1 : i8
    }} -> {t}""")
    body = "\n    ".join(lines)
    return (f"  func.func @main({', '.join(arguments)}) -> "
            f"({', '.join(types)}) {{\n    {body}\n    return "
            f"{', '.join(names)} : {', '.join(types)}\n  }}")


def main():
    parser = argparse.ArgumentParser(description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, required=True)
    parser.add_argument("--temp", type=pathlib.Path, required=True)
    parser.add_argument("--targets", required=True,
                        type=lambda names: names.split(","))
    parser.add_argument("--spoil", action="store_true")
    options = parser.parse_args()
    options.temp.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(5)
    tables = [random.permutation(256).astype(np.uint8) for _ in range(2)]
    model = options.temp / "lookups.mlir"
    model.write_text(module(function(tables)))
    # Row r, place p holds byte r + p: every byte at every place.
    inputs = [np.add.outer(np.arange(256), np.arange(size)).astype(np.uint8)
              .view(np.int8) for size in SIZES]
    paths = [options.temp / f"x{at}.npy" for at in range(len(SIZES))]
    for path, data in zip(paths, inputs):
        np.save(path, data)
    if options.spoil:
        tables[0][77] ^= 1
    failed = False
    programs = driver.Driver(options.build)
    for target in options.targets:
        outputs = programs.run(
            model, paths, [options.temp / f"y{at}.npy"
                           for at in range(len(SIZES))], f"--target={target}")
        for size, x, y in zip(SIZES, inputs, outputs):
            first = tables[0][x.astype(int) + 128].view(np.int8)
            want = tables[1][first.astype(int) + 128].view(np.int8)
            if (y != want).any():
                failed = True
                print(f"{target}: {size} bytes: {(y != want).sum()} differ")
    if not failed:
        print("every byte at every place")
    return failed


if __name__ == "__main__":
    sys.exit(main())
