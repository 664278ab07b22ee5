#!/usr/bin/python3
#===- generate.py - Writes the modules of the execution tests -------------===#
#
# Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
#===-----------------------------------------------------------------------===#
"""generate.py GROUP [-o FILE] | --list

Prints the module of one group of cases: one function per case, in the
annotated form. The same group is always the same text."""

import argparse
import sys

from cases import contraction, elementwise, movement

GROUPS = {
    "conv-2d": contraction.convolutions_2d,
    "conv-grouped": contraction.convolutions_grouped,
    "conv-depthwise": contraction.convolutions_depthwise,
    "conv-1d-3d": contraction.convolutions_1d_3d,
    "matmul-sweep": contraction.matmul_sweep,
    "contractions": contraction.contractions,
    "dynamic": contraction.dynamic,
    "pairs": elementwise.pairs,
    "affine": elementwise.affines,
    "tables": elementwise.tables,
    "pools": elementwise.pools,
    "reductions": elementwise.reductions,
    "moves": movement.moves,
    "joins": movement.joins,
    "conversions": movement.conversions,
}


def generate(group):
    """The functions of a group and the text of its module."""
    functions = list(GROUPS[group]())
    names = [f.name for f in functions]
    assert len(set(names)) == len(names), "two cases with one name"
    return functions, "\n".join(f.text() for f in functions)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("group", nargs="?", choices=GROUPS)
    parser.add_argument("--list", action="store_true")
    parser.add_argument("-o", default="-")
    args = parser.parse_args()
    if args.list:
        print("\n".join(GROUPS))
        return
    text = generate(args.group)[1]
    if args.o == "-":
        sys.stdout.write(text)
    else:
        with open(args.o, "w") as file:
            file.write(text)


if __name__ == "__main__":
    main()
