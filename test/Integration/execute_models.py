#!/usr/bin/python3
#===- execute_models.py - Real models: compiled code equals the reference -===#
#
# Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
#===-----------------------------------------------------------------------===#
"""execute_models.py MODELS --temp DIR [--samples N] [--others N]
                     [--only NAME...] [--against TARGET] [--targets TARGET...]
                     [--main]

Quantizes every variant of every model in the folder MODELS, runs it as compiled
code (generic, host, or --targets, those that the CPU has) and in qdot's
interpreter (or --against), and compares every byte of the outputs. The contracts
take turns. --main: `model.mlir` alone, not its variants."""

import argparse
import pathlib
import sys

import numpy as np

from cases.rules import CONTRACTS
from execute import run
from execute_x86 import FLAGS, runs_here


def load(path, model, count):
    """The first samples, in the layout of the variant."""
    data = np.load(path, mmap_mode="r")[:count]
    if model.stem.endswith("nchw") and data.ndim == 4:
        data = data.transpose(0, 3, 1, 2)
    return np.ascontiguousarray(data)


def check(model, contract, args):
    """True when all ways to run the model give the same bytes."""
    folder = args.temp / f"{model.parent.name}-{model.stem}"
    folder.mkdir(parents=True, exist_ok=True)
    tested = (args.samples if model.stem == "model" or args.others is None
              else args.others)
    for name, count in (("calib", args.calibration), ("test", tested)):
        np.save(folder / f"{name}.npy",
                load(model.parent / f"{name}.npy", model, count))
    integer = folder / "integer.mlir"
    run("qdot", "quantize", model, "--data", folder / "calib.npy", "-o",
        integer, f"--numerics={contract}", "--quiet")
    outputs = {}
    for target in (args.against, *args.targets):
        run("qdot", "run", integer, "--data", folder / "test.npy", "-o",
            folder / f"{target}.npy", "--target", target, "--quiet")
        outputs[target] = np.load(folder / f"{target}.npy")
    want = outputs.pop(args.against)
    different = {target: int((got.view(np.uint8) != want.view(np.uint8)).sum())
                 for target, got in outputs.items()}
    print(f"{model.parent.name}/{model.name}, {contract}: {want.nbytes} bytes, "
          f"different: {different}", flush=True)
    return not any(different.values())


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("models", type=pathlib.Path)
    parser.add_argument("--temp", required=True, type=pathlib.Path)
    parser.add_argument("--samples", type=int, default=3)
    parser.add_argument("--others", type=int,
                        help="samples of variants other than model.mlir")
    parser.add_argument("--calibration", type=int, default=8)
    parser.add_argument("--only", nargs="+", required=True)
    parser.add_argument("--against", default="reference")
    parser.add_argument("--main", action="store_true")
    parser.add_argument("--targets", nargs="+", default=["generic", "host"])
    args = parser.parse_args()
    args.temp = args.temp.resolve()
    args.targets = [t for t in args.targets if t not in FLAGS or runs_here(t)]
    models = [path for name in args.only
              for path in sorted((args.models / name).glob(
                  "model.mlir" if args.main else "model*.mlir"))
              if path.stem != "model_tokens"]  # Integers in, another test.
    assert models, "no models"
    good = [check(model, CONTRACTS[number % 3], args)
            for number, model in enumerate(models)]
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
