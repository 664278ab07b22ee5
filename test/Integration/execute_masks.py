#!/usr/bin/python3
#===- execute_masks.py - Tensors of i1 in compiled code -------------------===#
#
# Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
#===-----------------------------------------------------------------------===#
"""execute_masks.py --targets T... --temp DIR

Runs functions that read a mask of i1, constant or computed, where code for
vectors could be made: an elementwise op on bytes, the epilogue of a contraction,
the sum of an f32 row; and masks as argument and result. Compares every byte with
numpy. LLVM packs i1 in vectors, but not in memory."""

import argparse
import pathlib

import numpy as np

from tosa_vectors import is_exact, run

ROWS, COLUMNS, DEPTH = 6, 40, 32
SAME = "affine_map<(i, j) -> (i, j)>"


def generic(inputs, result, body, maps=None, kinds=("parallel",) * 2,
            init="%e"):
    """`inputs` and `result` are pairs of name and type; `body` is text."""
    names = ", ".join(i[0] for i in inputs)
    types = ", ".join(i[1] for i in inputs)
    elements = [k[1][:-1].split("x")[-1] for k in [*inputs, result]]
    arguments = ", ".join(f"%{'abcd'[i]}: {e}" for i, e in enumerate(elements))
    maps = ", ".join(maps or [SAME] * (len(inputs) + 1))
    kinds = ", ".join(f'"{kind}"' for kind in kinds)
    return (f"  {result[0]} = linalg.generic {{indexing_maps = [{maps}], "
            f"iterator_types = [{kinds}]}} ins({names} : {types}) outs({init} : "
            f"{result[1]}) {{\n  ^bb0({arguments}):\n{body}  }} -> {result[1]}\n")


def tensor(*dims):
    return f"tensor<{'x'.join(map(str, dims))}>"


def masks(rng, is_computed):
    """The text that makes %m, and its values."""
    codes = rng.integers(0, 2, (ROWS, COLUMNS))
    kind = tensor(ROWS, COLUMNS, "i1")
    if not is_computed:
        words = str(codes.astype(bool).tolist()).lower()
        return f"  %m = arith.constant dense<{words}> : {kind}\n", codes
    codes = rng.integers(0, 3, (ROWS, COLUMNS))
    bytes_ = tensor(ROWS, COLUMNS, "i8")
    return (f"  %w = arith.constant dense<{codes.tolist()}> : {bytes_}\n"
            f"  %n = tensor.empty() : {kind}\n" + generic(
                [("%w", bytes_)], ("%m", kind),
                "    %o = arith.constant 1 : i8\n"
                "    %r = arith.cmpi ugt, %a, %o : i8\n"
                "    linalg.yield %r : i1\n", init="%n"), codes > 1)


def select_bytes(rng, made, mask):
    kind = tensor(ROWS, COLUMNS, "i8")
    x = rng.integers(-128, 128, (ROWS, COLUMNS)).astype(np.int8)
    text = made + f"  %e = tensor.empty() : {kind}\n" + generic(
        [("%m", tensor(ROWS, COLUMNS, "i1")), ("%x", kind)], ("%y", kind),
        "    %z = arith.constant 7 : i8\n"
        "    %r = arith.select %a, %b, %z : i8\n    linalg.yield %r : i8\n")
    return kind, x, kind, text, np.where(mask, x, np.int8(7))


def select_sums(rng, made, mask):
    """Behind a contraction, which would be one kernel with it."""
    kind, sums = tensor(ROWS, DEPTH, "i8"), tensor(ROWS, COLUMNS, "i32")
    x = rng.integers(-128, 128, (ROWS, DEPTH)).astype(np.int8)
    w = rng.integers(-128, 128, (DEPTH, COLUMNS)).astype(np.int8)
    weights = tensor(DEPTH, COLUMNS, "i8")
    maps = [f"affine_map<(i, j, k) -> ({m})>" for m in ("i, k", "k, j", "i, j")]
    text = (made + f"  %k = arith.constant dense<{w.tolist()}> : {weights}\n"
            "  %zero = arith.constant 0 : i32\n"
            f"  %s = tensor.empty() : {sums}\n"
            f"  %f = linalg.fill ins(%zero : i32) outs(%s : {sums}) -> {sums}\n"
            + generic([("%x", kind), ("%k", weights)], ("%t", sums),
                      "    %p = arith.extsi %a : i8 to i32\n"
                      "    %q = arith.extsi %b : i8 to i32\n"
                      "    %u = arith.muli %p, %q : i32\n"
                      "    %v = arith.addi %c, %u : i32\n"
                      "    linalg.yield %v : i32\n", maps,
                      ("parallel", "parallel", "reduction"), "%f")
            + generic([("%m", tensor(ROWS, COLUMNS, "i1")), ("%t", sums)],
                      ("%y", sums), "    %z = arith.constant 9 : i32\n"
                      "    %r = arith.select %a, %b, %z : i32\n"
                      "    linalg.yield %r : i32\n", init="%s"))
    return kind, x, sums, text, np.where(mask, x.astype(int) @ w, 9)


def sum_rows(rng, made, mask):
    kind, sums = tensor(ROWS, COLUMNS, "f32"), tensor(ROWS, "f32")
    # Small integers: every order of the sum is exact.
    x = rng.integers(-99, 99, (ROWS, COLUMNS)).astype(np.float32)
    text = (made + "  %zero = arith.constant 0.0 : f32\n"
            f"  %s = tensor.empty() : {sums}\n"
            f"  %f = linalg.fill ins(%zero : f32) outs(%s : {sums}) -> {sums}\n"
            + generic([("%x", kind), ("%m", tensor(ROWS, COLUMNS, "i1"))],
                      ("%y", sums), "    %r = arith.select %b, %a, %zero : f32\n"
                      "    %v = arith.addf %c, %r : f32\n"
                      "    linalg.yield %v : f32\n",
                      [SAME, SAME, "affine_map<(i, j) -> (i)>"],
                      ("parallel", "reduction"), "%f"))
    return kind, x, sums, text, np.where(mask, x, 0).sum(1)


def combine(rng, made, mask):
    """A mask as argument, a bool array, and one as result, bytes."""
    kind = tensor(ROWS, COLUMNS, "i1")
    x = rng.random((ROWS, COLUMNS)) < 0.5
    text = made + f"  %e = tensor.empty() : {kind}\n" + generic(
        [("%m", kind), ("%x", kind)], ("%y", kind),
        "    %r = arith.xori %a, %b : i1\n    linalg.yield %r : i1\n")
    return kind, x, kind, text, (x ^ (mask != 0)).astype(np.int8)


CASES = [(make, is_computed)
         for make in (select_bytes, select_sums, sum_rows, combine)
         for is_computed in (False, True)]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--targets", nargs="+", required=True)
    parser.add_argument("--temp", required=True, type=pathlib.Path)
    options = parser.parse_args()
    options.temp.mkdir(parents=True, exist_ok=True)
    model, data, out = (options.temp / name
                        for name in ("m.mlir", "x.npy", "o.npy"))
    good = 0
    for number, (make, is_computed) in enumerate(CASES):
        rng = np.random.default_rng(number)
        argument, x, result, text, want = make(rng, *masks(rng, is_computed))
        model.write_text(f"func.func @main(%x: {argument}) -> {result} {{\n"
                         f"{text}  return %y : {result}\n}}\n")
        np.save(data, x)
        for target in options.targets:
            error = run("qdot", "run", "--quiet", model, "--data", data, "-o",
                        out, "--target", target)
            good += is_exact(f"{make.__name__} on {target}", error, out, want)
    print(f"{good} of {len(CASES) * len(options.targets)} masks are exact")


if __name__ == "__main__":
    main()
