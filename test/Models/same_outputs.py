#!/usr/bin/python3
#===- same_outputs.py - Forms of one model compute the same bytes ---------===#
#
# Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
#===-----------------------------------------------------------------------===#
"""same_outputs.py MODEL FORM... --build BUILD --data FOLDER [--samples 83]

Calibrates MODEL on FOLDER/calib.npy, quantizes it and each FORM (other batch,
TOSA, NCHW, other storage of the weights) with these statistics, and runs all on
the first samples of FOLDER/test.npy, whose number is no multiple of a batch.
The int8 outputs must be the same, byte for byte. MODEL itself is also taken
through bytecode: the integer module, as text, must then be the same, and so
must the outputs of an integer module in bytecode."""

import argparse
import pathlib
import sys
import tempfile

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tools"))
import driver


class Forms:
    """Quantizes and runs with one statistics file."""

    def __init__(self, options, folder):
        self.programs = driver.Driver(options.build)
        self.folder, self.data = folder, options.data
        self.samples = options.samples
        self.stats = folder / "stats.json"
        self.programs.calibrate(options.models[0],
                                [options.data / "calib.npy"], self.stats)

    def quantize(self, model, name):
        output = self.folder / name
        self.programs.quantize(model, self.stats, output)
        return output

    def run(self, quantized, text):
        """The outputs of a quantized model; `text` tells its argument."""
        dims, _ = driver.argument_types(text)[0]
        samples = np.load(self.data / "test.npy")[:self.samples]
        test = self.folder / "test.npy"
        np.save(test, driver.arrange(samples, dims))
        return self.programs.run(quantized, [test],
                                 [self.folder / "out.npy"])[0]


def check_bytecode(forms, model, expected):
    """What differs when the model, or its integer form, is bytecode."""
    binary = forms.folder / "model.mlirbc"
    driver.call(forms.programs.bin / "qdot-opt", "--emit-bytecode", model,
                "-o", binary)
    text = forms.quantize(model, "text.mlir").read_text()
    if forms.quantize(binary, "binary.mlir").read_text() != text:
        yield "bytecode input gives another integer module"
    outputs = forms.run(forms.quantize(model, "int8.mlirbc"),
                        model.read_text())
    if outputs.tobytes() != expected.tobytes():
        yield "an integer module in bytecode gives other outputs"


def main():
    parser = argparse.ArgumentParser(description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="+", type=pathlib.Path)
    parser.add_argument("--build", required=True)
    parser.add_argument("--data", required=True, type=pathlib.Path)
    parser.add_argument("--samples", type=int, default=83)
    options = parser.parse_args()
    problems = []
    with tempfile.TemporaryDirectory() as path:
        forms = Forms(options, pathlib.Path(path))
        outputs = [forms.run(forms.quantize(model, "int8.mlir"),
                             model.read_text()) for model in options.models]
        problems += [f"{model.name} gives other outputs"
                     for model, found in zip(options.models, outputs)
                     if found.tobytes() != outputs[0].tobytes()]
        if len(np.unique(outputs[0].round(3), axis=0)) < 5:
            problems.append("the outputs are nearly constant")
        problems += check_bytecode(forms, options.models[0], outputs[0])
    print(f"{options.models[0].parent.name}: {len(options.models)} forms; "
          + ("; ".join(problems) or "the same outputs"))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
