#===- activation_bits.py - Activations of 7 bits on every target ----------===#
#
# Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
#===-----------------------------------------------------------------------===#
"""activation_bits.py MODEL CALIBRATION TEST LABELS --build DIR --temp DIR

Quantizes a model with activations of 7 bits, all of them, some and `auto`, in
every contract, and compares the outputs of every target that runs here with the
reference interpreter's, byte for byte. With 7 bits for all, every contraction
must know that its activations are at most 127, and accuracy must hold."""

import argparse
import pathlib
import re
import subprocess
import sys

import numpy as np

from cases.rules import CONTRACTS
from execute_x86 import FLAGS, runs_here

BITS = ["7", "conv=7", "auto", "7,conv_1=8"]
MIN_ACCURACY = 0.98


def call(*words):
    return subprocess.run([str(word) for word in words], check=True, text=True,
                          capture_output=True).stdout


def highest_activations(bin_dir, model):
    """The largest activation that each contraction has to expect."""
    text = call(bin_dir / "qdot-opt", model, "--qdot-use-unsigned",
                "--qdot-fuse-epilogues")
    return [int(high) for high in
            re.findall(r"qdot.lhs_range = array<i64: -?\d+, (\d+)>", text)]


def main():
    parser = argparse.ArgumentParser()
    for name in ("model", "calibration", "test", "labels", "--build", "--temp"):
        parser.add_argument(name, type=pathlib.Path)
    args = parser.parse_args()
    args.temp.mkdir(parents=True, exist_ok=True)
    bin_dir, stats = args.build / "bin", args.temp / "stats.json"
    quantized, output = args.temp / "int.mlir", args.temp / "out.npy"
    call(bin_dir / "qdot", "calibrate", "--quiet", args.model,
         f"--data={args.calibration}", "-o", stats)
    targets = [target for target in FLAGS if runs_here(target)]
    labels, problems = np.load(args.labels), []
    for bits in BITS:
        for contract in CONTRACTS if bits == "7" else CONTRACTS[:1]:
            what = f"--activation-bits={bits} --numerics={contract}"
            call(bin_dir / "qdot", "quantize", "--quiet", args.model,
                 f"--stats={stats}", *what.split(), "-o", quantized)
            outputs = {}
            for target in ["reference", *targets]:
                call(bin_dir / "qdot", "run", "--quiet", quantized,
                     f"--data={args.test}", "-o", output, f"--target={target}")
                outputs[target] = np.load(output)
                if not np.array_equal(outputs[target], outputs["reference"]):
                    problems.append(f"{what}: {target} differs")
            accuracy = float((outputs["reference"].argmax(1) == labels).mean())
            highest = highest_activations(bin_dir, quantized)
            print(f"{what}: accuracy {accuracy:.4f}, activations up to {highest}"
                  f", the same on {', '.join(targets)}")
            if accuracy < MIN_ACCURACY:
                problems.append(f"{what}: accuracy {accuracy}")
            # Narrow values that share storage with others keep their zero.
            most = max(highest) if bits == "7" else min(highest)
            if most > (127 if bits == "7" else 191):
                problems.append(f"{what}: activations up to {highest}")
    if problems:
        sys.exit("\n".join(problems))


main()
