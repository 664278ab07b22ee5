#===- driver.py - The programs of qdot, called from Python ----------------===#
#
# Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
#===-----------------------------------------------------------------------===#
"""What scripts and tests need to take a model through the chain: calibrate,
quantize and run it, and read what came out."""

import collections
import pathlib
import re
import subprocess

import numpy as np

ELEMENTS = {"f32": np.float32, "f64": np.float64, "i8": np.int8,
            "ui8": np.uint8, "i32": np.int32, "i64": np.int64}


class Failed(Exception):
    """A program of qdot that did not exit with 0; holds what it printed."""


def call(*command):
    """Runs a program; returns its standard output."""
    done = subprocess.run([str(word) for word in command], text=True,
                          capture_output=True, check=False)
    if done.returncode:
        text = " ".join(str(word) for word in command)
        raise Failed(f"{text}: exit code {done.returncode}\n{done.stderr}")
    return done.stdout


class Driver:
    """The programs of one build folder. Paths may be str or Path."""

    def __init__(self, build):
        self.bin = pathlib.Path(build) / "bin"

    def calibrate(self, model, data, stats, *options):
        """Records the statistics of `model` on the arrays in `data`."""
        call(self.bin / "qdot", "calibrate", "--quiet", model,
             *[f"--data={path}" for path in data], "-o", stats, *options)

    def merge(self, files, output):
        """One statistics file from several."""
        call(self.bin / "qdot", "stats", "--quiet", "merge", *files,
             "-o", output)

    def quantize(self, model, stats, output, *options):
        """Writes the integer form of `model`; without `stats` the model must
        hold its scales."""
        ranges = [] if stats is None else [f"--stats={stats}"]
        call(self.bin / "qdot", "quantize", "--quiet", model, *ranges,
             "-o", output, *options)

    def run(self, model, data, outputs, *options):
        """Runs a model, float or integer; returns its results as arrays."""
        call(self.bin / "qdot", "run", "--quiet", model,
             *[f"--data={path}" for path in data],
             *[word for path in outputs for word in ("-o", path)], *options)
        return [np.load(path) for path in outputs]


# --- reading models --------------------------------------------------------


def argument_types(text, function="main"):
    """(dimensions, numpy type) of each argument of a function in MLIR text;
    a dimension `?` is None."""
    found = re.search(rf"func\.func @{function}\((.*?)\)\s*(?:->|\{{|attr)",
                      text, re.S)
    types = re.findall(r"tensor<((?:[\d?]+x)*)(\w+)", found[1])
    return [([None if d == "?" else int(d) for d in dims.split("x")[:-1]],
             ELEMENTS[element]) for dims, element in types]


def result_count(text, function="main"):
    """How many results a function in MLIR text has."""
    found = re.search(rf"func\.func @{function}\(.*?\)\s*->\s*(.*?)\s*\{{\s*$",
                      text, re.S | re.M)
    return found[1].count("tensor<")


def arrange(samples, dims):
    """The samples in the layout of an argument with these dimensions (the
    first is the batch): images of [h, w, c] become [c, h, w] where it wants
    them so."""
    want, have = list(dims[1:]), list(samples.shape[1:])
    if want != have and len(have) == 3 and want == [have[2], *have[:2]]:
        samples = samples.transpose(0, 3, 1, 2)
    return np.ascontiguousarray(samples)


def integer_layers(text):
    """The contractions and sums that accumulate in integers."""
    return text.count("qdot.accumulator = ")


def float_islands(text):
    """How many operations stayed in float, for each reason."""
    return dict(sorted(collections.Counter(
        re.findall(r'qdot\.island = "([^"]+)"', text)).items()))
