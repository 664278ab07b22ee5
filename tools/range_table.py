#!/usr/bin/python3
#===- range_table.py - Accuracy of every range method, model by model -----===#
#
# Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
#===-----------------------------------------------------------------------===#
"""Quantizes each model of a folder with each range method, for activations and
weights alike, and prints one table in Markdown: accuracy in percent.

  range_table.py [FOLDER] [--build build] [--only REGEX] [--samples N]
                 [--methods LIST] [--weight-bits LIST] [--effects] [--digits]
                 [--check] [--impaired]

FOLDER (default: $QDOT_MODELS) is as for accuracy.py, of which this takes
`model.mlir` alone. Accuracy is top-1, of next tokens for stories260k, and
100 - 100 * (root mean square error / root mean square of the targets) for
models with targets. --check fails when `auto` is more than 0.2 points below the
best method of a row; what a method has beyond the float model is chance, so the
best counts at most as much as float.

--effects prints another table instead: bias correction and equalization of
channels, with ranges from minimum and maximum, one scale per channel and per
tensor of weights."""

import argparse
import os
import pathlib
import re
import sys
import tempfile

import numpy as np

import accuracy
import driver

METHODS = ["minmax", "percentile:99.9", "percentile:99.99", "mse", "entropy",
           "aciq-gauss", "aciq-laplace", "octav", "auto"]
# How far `auto` may be below the best method, in points.
ALLOWED = 0.2


def accuracy_of(outputs, labels, unscored):
    """In percent; see the text at the top."""
    if labels.dtype.kind == "f":
        error = np.sqrt(np.mean((outputs - labels.reshape(outputs.shape)) ** 2))
        return 100 - 100 * float(error / np.sqrt(np.mean(labels ** 2)))
    right = outputs.argmax(-1) == labels
    return 100 * float(right[labels != unscored].mean())


class Model:
    """One model, calibrated once."""

    def __init__(self, programs, name, model, data, folder, samples):
        self.programs, self.name, self.model = programs, name, model
        self.folder = pathlib.Path(folder)
        self.labels = np.load(data / "labels.npy")[:samples]
        self.unscored = accuracy.UNSCORED.get(name, -1)
        self.allow = accuracy.ALLOW.get(name, "softmax,keep-float")
        text = model.read_text()
        for part, count in (("calib", None), ("test", samples)):
            loaded = np.load(data / f"{part}.npy")[:count]
            np.save(self.folder / f"{part}.npy",
                    accuracy.input_of(text, loaded))
        self.stats = {name: self.folder / f"{name}.json"
                      for name in ("plain", "equal")}
        self.calibrate("plain")

    def calibrate(self, name, *options):
        """Records one of the statistics files."""
        self.programs.calibrate(self.model, [self.folder / "calib.npy"],
                                self.stats[name], *options)

    def run(self, model):
        """The accuracy of a model, float or quantized."""
        outputs = self.programs.run(model, [self.folder / "test.npy"],
                                    [self.folder / "out.npy"])[0]
        return accuracy_of(outputs, self.labels, self.unscored)

    def measure(self, *options):
        """The accuracy after quantization with these options."""
        quantized = self.folder / "quantized.mlir"
        stats = self.stats["equal" if "--equalize" in options else "plain"]
        self.programs.quantize(self.model, stats, quantized,
                               f"--allow={self.allow}", *options)
        return self.run(quantized)


def rows_of(programs, case, options):
    """(label, float accuracy, accuracy of each method) for each weight width."""
    name, model, data = case
    with tempfile.TemporaryDirectory() as folder:
        it = Model(programs, name, model, data, folder, options.samples)
        real = it.run(model)
        for bits in options.weight_bits.split(","):
            scores = [it.measure(f"--weight-bits={bits}",
                                 *options_of(method, options.impaired))
                      for method in options.methods.split(",")]
            yield f"{name} | {bits}", real, scores


def options_of(method, impaired):
    """How `qdot quantize` is told a method."""
    weights = "percentile:60" if impaired and method == "auto" else method
    return f"--range={method}", f"--weight-range={weights}"


EFFECTS = {"plain": [], "bias correction": ["--correct-biases"],
           "equalization": ["--equalize"],
           "both": ["--equalize", "--correct-biases"]}


def effects_of(programs, case, options):
    """(label, float accuracy, accuracy of each of EFFECTS) for each width and
    granularity of weights."""
    name, model, data = case
    with tempfile.TemporaryDirectory() as folder:
        it = Model(programs, name, model, data, folder, options.samples)
        it.calibrate("equal", "--equalize")
        real = it.run(model)
        for bits in options.weight_bits.split(","):
            for granularity in ("channel", "tensor"):
                scores = [it.measure(f"--weight-bits={bits}",
                                     f"--weight-granularity={granularity}",
                                     *words) for words in EFFECTS.values()]
                yield f"{name} | {bits}, {granularity}", real, scores


def problem_of(label, methods, real, scores):
    """How `auto` falls behind in a row, or None."""
    if "auto" not in methods:
        return None
    mine, best = scores[methods.index("auto")], max(scores)
    if mine >= min(best, real) - ALLOWED - 1e-9:
        return None
    return (f"{label}: auto has {mine:.2f}, "
            f"{methods[scores.index(best)]} has {best:.2f}")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=pathlib.Path,
                        default=os.environ.get("QDOT_MODELS"))
    parser.add_argument("--build", type=pathlib.Path,
                        default=os.environ.get("QDOT_BUILD_DIR",
                                               accuracy.ROOT / "build"))
    parser.add_argument("--only", default="", metavar="REGEX")
    parser.add_argument("--samples", type=int, metavar="N")
    parser.add_argument("--methods", default=",".join(METHODS))
    parser.add_argument("--weight-bits", default="8,4")
    parser.add_argument("--effects", action="store_true")
    parser.add_argument("--digits", action="store_true")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--impaired", action="store_true",
                        help="clip the weights of `auto` hard, to see --check "
                             "fail")
    return parser.parse_args()


def main():
    options = arguments()
    methods = list(EFFECTS) if options.effects else options.methods.split(",")
    cases = [] if options.folder is None else accuracy.models_in(
        pathlib.Path(options.folder))
    cases = [case for case in cases if case[1].stem == "model"]
    if options.digits or options.folder is None:
        cases += accuracy.own_models()[:1]
    print("| model | weights | float | " + " | ".join(methods) + " |")
    print("|---" * (3 + len(methods)) + "|")
    problems = []
    for case in cases:
        if not re.search(options.only, case[0]):
            continue
        rows = effects_of if options.effects else rows_of
        for label, real, scores in rows(driver.Driver(options.build), case,
                                        options):
            cells = [f"{score:.2f}" for score in [real, *scores]]
            print(f"| {label} | " + " | ".join(cells) + " |", flush=True)
            problems.append(problem_of(label, methods, real, scores))
    problems = [problem for problem in problems if problem]
    for problem in problems:
        print(problem)
    return 1 if options.check and problems else 0


if __name__ == "__main__":
    sys.exit(main())
