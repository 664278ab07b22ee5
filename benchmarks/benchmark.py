#!/usr/bin/python3
#===- benchmark.py - qdot and its rivals, side by side --------------------===#
#
# Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
#===-----------------------------------------------------------------------===#
"""Measures qdot's code and the same work in oneDNN, ONNX Runtime and OpenBLAS,
in turns, on one core; `--setup` installs those first. docs/Performance.md
explains rows and columns. Exit code 1: a result of ours was wrong or
missing."""

import argparse
import os
import pathlib
import subprocess
import sys
import time

import report
import tables
import workers
from compiler import Compiler

ROOT = pathlib.Path(__file__).resolve().parent.parent


def arguments(words=None):
    parser = argparse.ArgumentParser(prog="tools/benchmark.sh",
                                     description=__doc__)
    parser.add_argument("--build", type=pathlib.Path,
                        default=os.environ.get("QDOT_BUILD_DIR",
                                               ROOT / "build"))
    parser.add_argument("--out", type=pathlib.Path, metavar="FOLDER",
                        help="for results and temporary files "
                             "(the build folder)")
    parser.add_argument("--target", metavar="NAMES",
                        help="targets, with commas (AVX2 and the best of here)")
    parser.add_argument("--only", default="", metavar="REGEX",
                        help="rows whose table/row matches")
    parser.add_argument("--without", default="", metavar="NAMES",
                        help="leave out onednn, openblas or onnxruntime")
    parser.add_argument("--models", metavar="FOLDER",
                        default=os.environ.get(
                            "QDOT_MODELS", ROOT.parent / "shared" / "models"))
    parser.add_argument("--rounds", type=int, default=8)
    parser.add_argument("--turn", type=float, default=12, metavar="MS")
    parser.add_argument("--samples", type=int, default=1000,
                        help="of each model's test data, for its accuracy")
    parser.add_argument("--quick", action="store_true",
                        help="fewer rows and turns, under a minute")
    parser.add_argument("--smoke", action="store_true",
                        help="tiny rows, for the test of this program")
    parser.add_argument("--signed", action="store_true",
                        help="kernels take s8 activations, as quantize writes")
    parser.add_argument("--markdown", type=pathlib.Path, metavar="FILE",
                        nargs="?", const=ROOT / "docs" / "Performance.md",
                        help="put the tables into this document "
                             "(docs/Performance.md), between its markers")
    return settle(parser.parse_args(words), parser)


def settle(options, parser):
    """Fills in what depends on other options."""
    if options.quick or options.smoke:
        options.rounds = min(options.rounds, 4)
        options.turn = min(options.turn, 4 if options.quick else 1)
        options.samples = min(options.samples, 200)
    options.out = options.out or options.build
    options.without = set(filter(None, options.without.split(",")))
    options.targets = (options.target.split(",") if options.target
                       else workers.default_targets())
    for target in options.targets:
        if target not in workers.NEEDS:
            parser.error(f"unknown target {target}")
        if not workers.runs_here(target):
            parser.error(f"this machine cannot run {target}")
    return options


def caption():
    """Where and when, for the head of the tables."""
    commit = subprocess.run(["git", "-C", str(ROOT), "rev-parse", "--short",
                             "HEAD"], text=True, capture_output=True,
                            check=False).stdout.strip()
    return (f"{workers.cpu()[0]}, {time.strftime('%Y-%m-%d')}, "
            f"commit {commit or 'unknown'}")


def measure_all(bench):
    """All rows; each is printed when it is known."""
    rows = []
    for table, make in tables.TABLES.items():
        for row in make(bench):
            rows.append(row)
            print(f"{table}/" + " | ".join(cell for cell in report.shown(row)
                                           if cell), file=sys.stderr)
    return rows


def main():
    options = arguments()
    start = time.monotonic()
    folder = options.out / "benchmark"
    folder.mkdir(parents=True, exist_ok=True)
    bench = tables.Bench(options, Compiler(options.build, folder), folder)
    rows = measure_all(bench)
    bench.close()
    report.write_all(options.out, rows)
    print(f"\n{caption()}\n")
    print("\n".join(report.plain(rows)))
    for message in bench.messages:
        print(f"note: {message}")
    if options.markdown:
        report.update_document(options.markdown,
                               [f"Measured on {caption()}.", "",
                                *report.markdown(rows)])
    print(f"{len(rows)} rows in {options.out / 'benchmark.csv'}, "
          f"{time.monotonic() - start:.0f} s")
    failed = bench.failed + [row.name for row in rows
                             if row.ours.problem or row.ours.absent]
    if failed:
        sys.exit(f"error: no right result of ours: {', '.join(failed)}")


if __name__ == "__main__":
    main()
