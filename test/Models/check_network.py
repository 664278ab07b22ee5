#!/usr/bin/python3
#===- check_network.py - Quantize a network and measure what it costs -----===#
#
# Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
#===-----------------------------------------------------------------------===#
"""check_network.py NAME --build BUILD [--min-sqnr DB] [--allow REASONS]

Writes the network NAME of networks.py (or takes NAME.mlir), calibrates it on
200 random samples, quantizes it, and runs both on 100 others. Prints one line
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
from networks import NETWORKS


def samples(text, function, count, seed):
    """Normally distributed samples for each argument of a function."""
    random = np.random.default_rng(seed)
    return [random.normal(0, 1, (count, *dims[1:])).astype(np.float32)
            for dims, _ in driver.argument_types(text, function)]


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
        path = pathlib.Path(options.name)
        self.text = (path.read_text() if path.suffix == ".mlir"
                     else NETWORKS[options.name]())
        self.model = folder / "model.mlir"
        self.model.write_text(self.text)
        self.entry = f"--entry={options.entry}"

    def quantize(self):
        """Writes int8.mlir; models that hold their scales need no data."""
        output, allow = self.folder / "int8.mlir", self.options.allow
        words = [f"--allow={allow}"] if allow else []
        if self.options.has_scales:
            self.programs.quantize(self.model, None, output, *words)
            return output
        data = save(self.folder, "calib",
                    samples(self.text, self.options.entry, 200, 1))
        stats = self.folder / "stats.json"
        self.programs.calibrate(self.model, data, stats, self.entry)
        self.programs.quantize(self.model, stats, output, *words)
        return output

    def run(self, model, name, data, *words):
        count = driver.result_count(self.text, self.options.entry)
        outputs = [self.folder / f"{name}{i}.npy" for i in range(count)]
        return self.programs.run(model, data, outputs, self.entry, *words)

    def measure(self):
        """Prints what came out; returns the complaints."""
        quantized = self.quantize()
        data = save(self.folder, "test",
                    samples(self.text, self.options.entry, 100, 2))
        real = self.run(self.model, "float", data)
        small = self.run(quantized, "int8", data)
        ratios = [sqnr(r, s) for r, s in zip(real, small)]
        text = quantized.read_text()
        print(f"{self.options.name}: SQNR "
              + ", ".join(f"{ratio:.1f}" for ratio in ratios)
              + f" dB, {driver.integer_layers(text)} integer layers, float: "
              f"{driver.float_islands(text) or '-'}")
        yield from (f"result {i} has an SQNR of {ratio:.1f} dB"
                    for i, ratio in enumerate(ratios)
                    if not ratio >= self.options.min_sqnr)
        if not driver.integer_layers(text):
            yield "nothing was quantized"
        if self.options.reference:
            exact = self.run(quantized, "exact", data, "--target=reference")
            yield from (f"result {i} differs from the reference interpreter"
                        for i, (s, e) in enumerate(zip(small, exact))
                        if s.tobytes() != e.tobytes())


def main():
    parser = argparse.ArgumentParser(description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name")
    parser.add_argument("--build", required=True)
    parser.add_argument("--min-sqnr", type=float, default=25.0)
    parser.add_argument("--allow", default="")
    parser.add_argument("--entry", default="main")
    parser.add_argument("--has-scales", action="store_true",
                        help="the model is QDQ or fake-quant: no calibration")
    parser.add_argument("--no-reference", dest="reference",
                        action="store_false")
    parser.add_argument("--print", action="store_true",
                        help="print the model and stop")
    options = parser.parse_args()
    if options.print:
        print(NETWORKS[options.name](), end="")
        return 0
    with tempfile.TemporaryDirectory() as folder:
        complaints = list(Check(options, pathlib.Path(folder)).measure())
    for complaint in complaints:
        print(f"{options.name}: {complaint}")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
