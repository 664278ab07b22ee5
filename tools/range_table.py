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
models with targets. `auto:channel` is `auto` with statistics of the channels of
activations (calibrate --channel-axis=-1), which no other method uses. The last
column names the best method of a row where it is more than 0.2 points above
`auto`, by how much, and the 95 % confidence interval of that difference (a
bootstrap over the samples; both methods see the same). A second table has no
labels, hence less chance: the power of the float outputs over that of what
quantization adds to them, in decibels.

--check fails when `auto` is more than 0.2 points below the best method of a
row; what a method has beyond the float model is chance, so the best counts at
most as much as float.

--effects prints another table instead: bias correction and equalization of
channels, with ranges from minimum and maximum, one scale per channel and per
tensor of weights."""

import argparse
import hashlib
import os
import pathlib
import re
import sys
import tempfile

import numpy as np

import accuracy
import driver

METHODS = ["minmax", "percentile:99.9", "percentile:99.99", "mse", "entropy",
           "aciq-gauss", "aciq-laplace", "octav", "mean-extremes",
           "moving-average", "auto", "auto:channel"]
# How each statistics file is recorded.
STATISTICS = {"tensor": [], "channel": ["--channel-axis=-1"],
              "equal": ["--equalize"]}
# How far `auto` may be below the best method, in points.
ALLOWED = 0.2


class Scores:
    """What the outputs of a model are worth: accuracy, and how far they are
    from those of the float model."""

    def __init__(self, outputs, labels, unscored):
        self.outputs = outputs.reshape(len(labels), -1).astype(np.float64)
        self.is_target = labels.dtype.kind == "f"
        # Of each sample: what it adds above and below the line.
        if self.is_target:
            targets = labels.reshape(len(labels), -1).astype(np.float64)
            self.parts = ((self.outputs - targets) ** 2, targets ** 2)
        else:
            counts = labels != unscored
            right = (outputs.argmax(-1) == labels) & counts
            self.parts = [part.reshape(len(labels), -1)
                          for part in (right, counts)]
        self.parts = np.stack([part.sum(-1) for part in self.parts])

    def accuracy(self, picked=slice(None)):
        """In percent, see the text at the top; of `picked` samples (the last
        axis of an array of indices)."""
        above, below = self.parts[:, picked].sum(-1)
        if self.is_target:
            return 100 - 100 * np.sqrt(above / below)
        return 100 * above / below

    def fidelity(self, real):
        """The ratio of signal to noise against the float outputs `real`."""
        noise = np.square(self.outputs - real.outputs).sum()
        signal = np.square(real.outputs).sum()
        return 10 * np.log10(signal / noise) if noise else np.inf

    def lead_over(self, other, draws=2000):
        """Ends of the 95 % confidence interval of the difference in accuracy:
        percentiles over samples that are drawn with replacement, the same for
        both sides (Efron 1979)."""
        count = self.parts.shape[1]
        picked = np.random.default_rng(0).integers(0, count, (draws, count))
        return np.percentile(self.accuracy(picked) - other.accuracy(picked),
                             [2.5, 97.5])


class Model:
    """One model, calibrated once."""

    def __init__(self, programs, name, model, data, folder, samples):
        self.programs, self.name, self.model = programs, name, model
        self.folder, self.known = pathlib.Path(folder), {}
        self.labels = np.load(data / "labels.npy")[:samples]
        self.unscored = accuracy.UNSCORED.get(name, -1)
        text = model.read_text()
        for part, count in (("calib", None), ("test", samples)):
            loaded = np.load(data / f"{part}.npy")[:count]
            np.save(self.folder / f"{part}.npy",
                    accuracy.input_of(text, loaded))
        self.stats = {}

    def statistics(self, name):
        """One of the statistics files of STATISTICS, recorded when needed."""
        if name not in self.stats:
            self.stats[name] = self.folder / f"{name}.json"
            self.programs.calibrate(self.model, [self.folder / "calib.npy"],
                                    self.stats[name], *STATISTICS[name])
        return self.stats[name]

    def run(self, model):
        """The scores of a model, float or quantized. Methods may agree on all
        ranges; then one run is enough."""
        digest = hashlib.sha256(model.read_bytes()).digest()
        if digest not in self.known:
            outputs = self.programs.run(model, [self.folder / "test.npy"],
                                        [self.folder / "out.npy"])[0]
            self.known[digest] = Scores(outputs, self.labels, self.unscored)
        return self.known[digest]

    def measure(self, stats, *options):
        """The scores after quantization with these statistics and options."""
        quantized = self.folder / "quantized.mlir"
        self.programs.quantize(self.model, self.statistics(stats), quantized,
                               *options)
        return self.run(quantized)


def rows_of(programs, case, options):
    """(label, scores of float, scores of each method) for each weight width."""
    name, model, data = case
    with tempfile.TemporaryDirectory() as folder:
        it = Model(programs, name, model, data, folder, options.samples)
        real = it.run(model)
        for bits in options.weight_bits.split(","):
            scores = [it.measure(*options_of(method, options.impaired),
                                 f"--weight-bits={bits}")
                      for method in options.methods.split(",")]
            yield f"{name} | {bits}", real, scores


def options_of(method, impaired):
    """The statistics of a method, and how `qdot quantize` is told it."""
    name = method.removesuffix(":channel")
    stats = "tensor" if name == method else "channel"
    weights = "percentile:60" if impaired and method == "auto" else name
    return stats, f"--range={name}", f"--weight-range={weights}"


EFFECTS = {"plain": [], "bias correction": ["--correct-biases"],
           "equalization": ["--equalize"],
           "both": ["--equalize", "--correct-biases"]}


def effects_of(programs, case, options):
    """(label, scores of float, scores of each of EFFECTS) for each width and
    granularity of weights."""
    name, model, data = case
    with tempfile.TemporaryDirectory() as folder:
        it = Model(programs, name, model, data, folder, options.samples)
        real = it.run(model)
        for bits in options.weight_bits.split(","):
            for granularity in ("channel", "tensor"):
                scores = [it.measure("equal" if "--equalize" in words
                                     else "tensor", f"--weight-bits={bits}",
                                     f"--weight-granularity={granularity}",
                                     *words) for words in EFFECTS.values()]
                yield f"{name} | {bits}, {granularity}", real, scores


def best_of(methods, scores):
    """(name, scores) of the best method, and the scores of `auto`. With other
    statistics it is no other method."""
    pairs = [pair for pair in zip(methods, scores) if pair[0] != "auto:channel"]
    name, best = max(pairs, key=lambda pair: pair[1].accuracy())
    return name, best, scores[methods.index("auto")]


def lead_of(methods, scores):
    """The last cell of a row: what is more than ALLOWED above `auto`."""
    name, best, mine = best_of(methods, scores)
    lead = best.accuracy() - mine.accuracy()
    if lead <= ALLOWED + 1e-9:
        return "-"
    low, high = best.lead_over(mine)
    return f"{name} {lead:+.2f} [{low:+.2f}, {high:+.2f}]"


def problem_of(label, methods, real, scores):
    """How `auto` falls behind in a row, or None."""
    name, best, mine = best_of(methods, scores)
    limit = min(best.accuracy(), real.accuracy()) - ALLOWED
    if mine.accuracy() >= limit - 1e-9:
        return None
    return (f"{label}: auto has {mine.accuracy():.2f}, "
            f"{name} has {best.accuracy():.2f}")


def fidelity_row(label, real, scores):
    """A row of the second table, its best cells in bold."""
    cells = [f"{score.fidelity(real):.1f}" for score in scores]
    best = max(cells, key=float)
    return f"| {label} | " + " | ".join(
        f"**{cell}**" if cell == best else cell for cell in cells) + " |"


def print_table(head, rows):
    """In Markdown; each row as soon as it is known."""
    print("| model | weights | " + " | ".join(head) + " |")
    print("|---" * (2 + len(head)) + "|")
    for row in rows:
        print(row, flush=True)


def rows_and_notes(options, methods, notes):
    """The rows of the first table. Adds a (problem, row of the second table)
    for each to `notes`."""
    rows = effects_of if options.effects else rows_of
    for case in cases_of(options):
        programs = driver.Driver(options.build)
        for label, real, scores in rows(programs, case, options):
            cells = [f"{score.accuracy():.2f}" for score in [real, *scores]]
            problem = None
            if "auto" in methods:
                cells.append(lead_of(methods, scores))
                problem = problem_of(label, methods, real, scores)
            notes.append((problem, fidelity_row(label, real, scores)))
            yield f"| {label} | " + " | ".join(cells) + " |"


def cases_of(options):
    """(name, file, folder of data) of what is to be measured."""
    cases = [] if options.folder is None else accuracy.models_in(
        pathlib.Path(options.folder))
    cases = [case for case in cases if case[1].stem == "model"]
    if options.digits or options.folder is None:
        cases += accuracy.own_models()[:1]
    return [case for case in cases if re.search(options.only, case[0])]


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
    last = ["best is above auto by"] if "auto" in methods else []
    notes = []
    print_table(["float", *methods, *last],
                rows_and_notes(options, methods, notes))
    if not options.effects:
        print("\nSignal to noise at the outputs, in dB:\n")
        print_table(methods, [fidelity for _, fidelity in notes])
    problems = [problem for problem, _ in notes if problem]
    for problem in problems:
        print(problem)
    return 1 if options.check and problems else 0


if __name__ == "__main__":
    sys.exit(main())
