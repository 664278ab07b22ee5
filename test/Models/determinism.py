#!/usr/bin/python3
#===- determinism.py - The same input gives the same bytes ----------------===#
#
# Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
#===-----------------------------------------------------------------------===#
"""determinism.py MODEL --build BUILD --data CALIB [--runs 20]

Calibrates, quantizes and compiles a model again and again, on one to four
threads, with the threads of MLIR on and off, with other sizes of the
environment (which moves the stack) and in other folders. Statistics, integer
model (text and bytecode), prepared model and objects of float and int8 must
have the same bytes each time."""

import argparse
import hashlib
import os
import pathlib
import subprocess
import sys
import tempfile


def steps(binaries, model, data, run):
    """The commands of one run; each writes the file behind its -o."""
    qdot, opt = binaries / "qdot", binaries / "qdot-opt"
    threading = ["--mlir-disable-threading"] if run % 2 else []
    threads = f"--threads={run % 4 + 1}"
    pipeline = "--pass-pipeline=builtin.module(qdot-quantize{stats=stats.json})"
    return [
        [qdot, "calibrate", model, "--data", data, threads, "-o", "stats.json"],
        [qdot, "quantize", model, "--stats", "stats.json", "-o", "int8.mlir"],
        [qdot, "quantize", model, "--data", data, threads, "-o",
         "int8.mlirbc"],
        [opt, model, pipeline, *threading, "-o", "opt.mlir"],
        [opt, "int8.mlir", "--qdot-lower-to-llvm", *threading, "-o",
         "llvm.mlir"],
        [qdot, "compile", "int8.mlir", "-o", "int8.o"],
        [qdot, "compile", model, "-o", "float.o"],
        [qdot, "run", "int8.mlir", "--data", data, threads, "-o", "out.npy"]]


def digests(binaries, model, data, run):
    """The digest of each file that one run writes."""
    with tempfile.TemporaryDirectory(prefix="x" * (run + 1)) as folder:
        environment = {**os.environ, "QDOT_PADDING": "x" * 1000 * run}
        for command in steps(binaries, model, data, run):
            subprocess.run(command, cwd=folder, env=environment, check=True,
                           stderr=subprocess.DEVNULL)
        return {path.name: hashlib.sha256(path.read_bytes()).hexdigest()
                for path in sorted(pathlib.Path(folder).iterdir())}


def main():
    parser = argparse.ArgumentParser(description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=pathlib.Path)
    parser.add_argument("--build", type=pathlib.Path, required=True)
    parser.add_argument("--data", type=pathlib.Path, required=True)
    parser.add_argument("--runs", type=int, default=20)
    options = parser.parse_args()
    binaries = options.build.resolve() / "bin"
    model, data = options.model.resolve(), options.data.resolve()
    first = digests(binaries, model, data, 0)
    failed = set()
    for run in range(1, options.runs):
        again = digests(binaries, model, data, run)
        failed |= {name for name in first.keys() | again.keys()
                   if first.get(name) != again.get(name)}
    print(f"{options.model.name}: {len(first)} files, {options.runs} runs; "
          + (f"not the same: {', '.join(sorted(failed))}" if failed
             else "the same bytes"))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
