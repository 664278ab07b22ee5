#!/usr/bin/python3
#===- check_network.py - Quantize a network and measure what it costs -----===#
#
# Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
#===-----------------------------------------------------------------------===#
"""check_network.py NAME --build BUILD [--min-sqnr DB] [--allow REASONS]
                 [--entry FUNCTIONS]

Writes the network NAME of networks.py, calibrates each of its functions on 200
random samples (unless it holds its scales), quantizes it, and runs both on 100 others. Prints one line
per result. Fails when the ratio of signal to quantization noise of a result is
below --min-sqnr, when an operation stays in float for a reason that is not
allowed, or when the compiled integer model gives other bytes than the
reference interpreter."""

import argparse
import pathlib
import sys
import tempfile

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tools"))
import driver
from networks import NETWORKS, WITH_SCALES


def samples(text, function, count, seed):
    """Samples for each argument of a function: normally distributed, or
    integers from 0 to 49."""
    random = np.random.default_rng(seed)
    return [random.normal(0, 1, (count, *dims[1:])).astype(element)
            if element == np.float32 else
            random.integers(0, 50, (count, *dims[1:])).astype(element)
            for dims, element in driver.argument_types(text, function)]


def save(folder, name, arrays):
    paths = [folder / f"{name}{i}.npy" for i in range(len(arrays))]
    for path, array in zip(paths, arrays):
        np.save(path, array)
    return paths


def sqnr(real, small):
    """Signal to quantization noise in dB; infinite when equal."""
    signal = (real.astype(np.float64) ** 2).sum()
    noise = ((real.astype(np.float64) - small) ** 2).sum()
    if noise == 0:
        return np.inf
    return 10 * np.log10(signal / noise) if signal else -np.inf


class Check:
    """One network on its way through the chain."""

    def __init__(self, options, folder):
        self.options, self.folder = options, folder
        self.programs = driver.Driver(options.build)
        self.has_scales = options.name in WITH_SCALES
        self.text = NETWORKS[options.name]()
        self.model = self.write("model", self.text)
        self.real = self.model
        if self.has_scales:
            self.real = self.write("plain", NETWORKS[options.name](plain=True))

    def write(self, name, text):
        path = self.folder / f"{name}.mlir"
        path.write_text(text)
        return path

    def calibrate(self):
        """One statistics file for all functions."""
        files = []
        for entry in self.options.entry:
            data = save(self.folder, "calib",
                        samples(self.text, entry, 200, 1))
            files.append(self.folder / f"{entry}.json")
            self.programs.calibrate(self.model, data, files[-1],
                                    f"--entry={entry}")
        if len(files) == 1:
            return files[0]
        self.programs.merge(files, self.folder / "all.json")
        return self.folder / "all.json"

    def quantize(self):
        """Writes int8.mlir; models that hold their scales need no data."""
        output, allow = self.folder / "int8.mlir", self.options.allow
        stats = None if self.has_scales else self.calibrate()
        self.programs.quantize(self.model, stats, output,
                               *[f"--allow={allow}"] if allow else [])
        return output

    def run(self, model, name, entry, data, *words):
        count = driver.result_count(self.text, entry)
        outputs = [self.folder / f"{name}{i}.npy" for i in range(count)]
        return self.programs.run(model, data, outputs, f"--entry={entry}",
                                 *words)

    def measure(self):
        """Prints what came out; returns the complaints."""
        quantized = self.quantize()
        text = quantized.read_text()
        print(f"{self.options.name}: {driver.integer_layers(text)} integer "
              f"layers, float: {driver.float_islands(text) or '-'}")
        if not driver.integer_layers(text):
            yield "nothing was quantized"
        for entry in self.options.entry:
            yield from self.compare(quantized, entry)

    def compare(self, quantized, entry):
        """Float, compiled integers and interpreted integers, one function."""
        data = save(self.folder, "test", samples(self.text, entry, 100, 2))
        real = self.run(self.real, "float", entry, data)
        small = self.run(quantized, "int8", entry, data)
        exact = self.run(quantized, "exact", entry, data,
                         "--target=reference")
        for i, (r, s, e) in enumerate(zip(real, small, exact)):
            ratio = sqnr(r, s)
            print(f"  {entry} result {i}: SQNR {ratio:.1f} dB")
            if not ratio >= self.options.min_sqnr:
                yield f"{entry} result {i}: the SQNR is below the limit"
            if s.tobytes() != e.tobytes():
                yield (f"{entry} result {i}: compiled code and reference "
                       "interpreter differ")


def main():
    parser = argparse.ArgumentParser(description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name")
    parser.add_argument("--build", type=pathlib.Path, required=True)
    parser.add_argument("--min-sqnr", type=float, default=25.0)
    parser.add_argument("--allow", default="")
    parser.add_argument("--entry", default=["main"],
                        type=lambda names: names.split(","))
    parser.add_argument("--print", action="store_true",
                        help="print the model and stop")
    options = parser.parse_args()
    if options.print:
        print(NETWORKS[options.name](), end="")
        return 0
    with tempfile.TemporaryDirectory() as folder:
        try:
            complaints = list(Check(options, pathlib.Path(folder)).measure())
        except driver.Failed as failure:
            complaints = [str(failure)]
    for complaint in complaints:
        print(f"{options.name}: {complaint}")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
