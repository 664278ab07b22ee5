#!/usr/bin/python3
#===- emulate_models.py - Real models on CPUs that are not here -----------===#
#
# Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
#===-----------------------------------------------------------------------===#
"""emulate_models.py MODELS --target T --emulator E --only NAME... --temp DIR

Quantizes `model.mlir` of each model, runs a few samples as portable code here
and as code of the target in an emulator, and compares every byte."""

import argparse
import pathlib
import sys

import numpy as np

from cases.rules import CONTRACTS
from execute import run
from execute_models import load

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from emulation.emulate import Program  # noqa: E402

CALIBRATION = 8


def check(name, contract, args):
    model, folder = args.models / name / "model.mlir", args.temp / name
    folder.mkdir(parents=True, exist_ok=True)
    samples = load(args.models / name / "test.npy", model, args.samples)
    np.save(folder / "test.npy", samples)
    np.save(folder / "calib.npy",
            load(args.models / name / "calib.npy", model, CALIBRATION))
    integer = folder / "integer.mlir"
    run("qdot", "quantize", model, "--data", folder / "calib.npy", "-o",
        integer, f"--numerics={contract}", "--quiet")
    run("qdot", "run", integer, "--data", folder / "test.npy", "-o",
        folder / "want.npy", "--target", "generic", "--quiet")
    run("qdot", "compile", integer, "--target", args.target, "-o",
        folder / "model.s")
    want = np.load(folder / "want.npy")
    size = want.nbytes // len(samples)
    program = Program(folder, folder / "model.s", ["qdot_main"], args.emulator)
    got = program.call([(0, [x], [size], None) for x in samples])
    different = int((np.frombuffer(got, np.uint8)
                     != want.reshape(-1).view(np.uint8)).sum())
    print(f"{name}, {args.target}, {contract}: {want.nbytes} bytes, "
          f"{different} differ; {program.statistics}", flush=True)
    return not different


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("models", type=pathlib.Path)
    parser.add_argument("--target", required=True)
    parser.add_argument("--emulator", required=True,
                        choices=["bochs", "vnniemu"])
    parser.add_argument("--only", nargs="+", required=True)
    parser.add_argument("--samples", type=int, default=3)
    parser.add_argument("--temp", required=True, type=pathlib.Path)
    args = parser.parse_args()
    args.temp = args.temp.resolve() / args.target
    good = [check(name, CONTRACTS[number % 3], args)
            for number, name in enumerate(args.only)]
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
