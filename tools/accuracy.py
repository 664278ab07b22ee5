#!/usr/bin/python3
#===- accuracy.py - Accuracy of float and int8, model by model ------------===#
#
# Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
#===-----------------------------------------------------------------------===#
"""Calibrates, quantizes and runs every variant of every model of a folder, and
prints one table: accuracy of float and int8, how often both give the same
answer, what runs in integers and what stayed in float.

  accuracy.py [FOLDER] [--build build] [--only REGEX] [--samples N]
              [--activation-bits BITS] [--json FILE] [--check]

FOLDER (default: $QDOT_MODELS) holds one folder per model, or is itself one;
each has calib.npy, test.npy, labels.npy and *.mlir. Without a folder, or
besides it with --digits, the project's own models are measured. `official` is
the agreement with int8_official.npy, where the folder has it. --check fails
when a variant loses more than its limit below."""

import argparse
import json
import os
import pathlib
import re
import sys
import tempfile

import numpy as np

import driver

ROOT = pathlib.Path(__file__).resolve().parent.parent

# Points of top-1 that int8 may lose against float on test.npy.
MAX_DROP = {"mnist_mlp": 0.2, "mnist_lenet": 0.2, "kws_dscnn": 0.7,
            "ic_resnet8": 1.0, "digits": 1.0}
# Mean squared error that int8 may have against the labels.
MAX_ERROR = {"sine_mlp": 1.0e-3}
# Cross entropy per token that int8 may lose. Of a model whose normalization
# and attention stay in float, the table tells how much is integer.
MAX_ENTROPY_RISE = {"stories260k": 0.1}
# Labels of this value are not scored (the first token of a story).
UNSCORED = {"stories260k": 1}


# --- what is measured ------------------------------------------------------


class Top1:
    """Percentage of right answers; more is better."""
    name, limits, better = "top-1 %", MAX_DROP, -1

    def score(self, outputs, labels):
        return 100 * float((outputs.argmax(-1) == labels).mean())

    def agreement(self, left, right):
        return 100 * float((left.argmax(-1) == right.argmax(-1)).mean())


class SquaredError:
    """Mean squared error; less is better."""
    name, limits, better = "MSE", MAX_ERROR, 1

    def score(self, outputs, labels):
        return float(((outputs - labels.reshape(outputs.shape)) ** 2).mean())

    def agreement(self, left, right):
        return float(((left - right.reshape(left.shape)) ** 2).mean())


class CrossEntropy(Top1):
    """Cross entropy of the next token, in nats; less is better."""
    name, limits, better = "cross entropy", MAX_ENTROPY_RISE, 1

    def __init__(self, unscored):
        self.unscored = unscored

    def score(self, outputs, labels):
        shifted = outputs.astype(np.float64)
        shifted -= shifted.max(-1, keepdims=True)
        log = shifted - np.log(np.exp(shifted).sum(-1, keepdims=True))
        picked = np.take_along_axis(log, labels[..., None], -1)[..., 0]
        return float(-picked[labels != self.unscored].mean())


def metric_of(model, labels):
    """What counts for a model, by its labels."""
    if labels.dtype.kind == "f":
        return SquaredError()
    return CrossEntropy(UNSCORED.get(model, -1)) if labels.ndim > 1 else Top1()


# --- one variant -----------------------------------------------------------


def official_outputs(folder, samples):
    """The outputs of the authors' int8 model as real numbers, or None."""
    path = folder / "int8_official.npy"
    if not path.exists():
        return None
    params = json.loads((folder / "int8_official_params.json").read_text())
    quantized = params["ops"][-1]["output"]["q"]
    return ((np.load(path)[:samples].astype(np.float64) - quantized["zero_point"][0])
            * quantized["scale"][0])


def tokens_of(embedded, text):
    """The tokens whose embeddings these are; the table is the first constant
    of the model that wants tokens."""
    found = re.search(r'dense<"0x(\w+)"> : tensor<(\d+)x(\d+)xf32>', text)
    table = np.frombuffer(bytes.fromhex(found[1]), "<f4")
    index = {row.tobytes(): i for i, row in
             enumerate(table.reshape(int(found[2]), int(found[3])))}
    rows = embedded.reshape(-1, embedded.shape[-1])
    tokens = np.array([index[row.tobytes()] for row in rows], np.int32)
    return tokens.reshape(embedded.shape[:-1])


def input_of(text, samples):
    """The samples in the form of the model's argument."""
    dims, element = driver.argument_types(text)[0]
    if element == np.int32 and samples.dtype == np.float32:
        return tokens_of(samples, text)
    return driver.arrange(samples, dims)


def run_chain(programs, model, data, out, options, samples):
    """Takes one file through the chain; returns the outputs in float and in
    int8 of the first `samples`, and the text of the integer form."""
    text, arrays = model.read_text(), {}
    for name, count in (("calib", None), ("test", samples)):
        arrays[name] = out / f"{name}.npy"
        loaded = np.load(data / f"{name}.npy")[:count]
        np.save(arrays[name], input_of(text, loaded))
    stats, quantized = out / "stats.json", out / "int8.mlir"
    programs.calibrate(model, [arrays["calib"]], stats)
    programs.quantize(model, stats, quantized, *options)
    runs = [programs.run(m, [arrays["test"]], [out / f"{name}.npy"])[0]
            for name, m in (("float", model), ("int8", quantized))]
    return *runs, quantized.read_text()


def measure(programs, name, model, data, options):
    """The row of one variant."""
    samples, how = options.samples, []
    if options.activation_bits:
        how.append(f"--activation-bits={options.activation_bits}")
    labels = np.load(data / "labels.npy")[:samples]
    metric = metric_of(name, labels)
    with tempfile.TemporaryDirectory() as out:
        real, small, text = run_chain(programs, model, data,
                                      pathlib.Path(out), how, samples)
    scores = [metric.score(y, labels) for y in (real, small)]
    official = official_outputs(data, samples)
    return {"model": name, "variant": model.stem, "metric": metric.name,
            "float": scores[0], "int8": scores[1],
            "difference": scores[1] - scores[0],
            "agreement": metric.agreement(real, small),
            "official": (None if official is None
                         else metric.agreement(small, official)),
            "integer_layers": driver.integer_layers(text),
            "float_islands": driver.float_islands(text),
            "problem": problem_of(name, metric, scores)}


def problem_of(name, metric, scores):
    """How a result is outside its limit, or None."""
    limit = metric.limits.get(name)
    if limit is None:
        return None
    loss = (scores[1] if isinstance(metric, SquaredError)
            else metric.better * (scores[1] - scores[0]))
    # Scores are multiples of one sample; the margin is for their rounding.
    if not loss <= limit + 1e-9:
        return f"{metric.name}: {loss:.6g} is over the limit {limit}"
    return None


# --- all of them -----------------------------------------------------------


def own_models():
    """(name, file, folder of data) of the variants of models/digits."""
    data = ROOT / "models" / "digits"
    return [("digits", folder / f"{name}.mlir", data) for folder, name in
            ((data, "digits"), (data, "digits_dynamic"),
             (ROOT / "test" / "Models", "digits_tosa"),
             (ROOT / "test" / "Models", "digits_nchw"))]


def models_in(folder):
    """(name, file, folder of data) of each variant of each model."""
    folders = [folder] if (folder / "test.npy").exists() else sorted(
        path for path in folder.iterdir() if (path / "test.npy").exists())
    return [(path.name, model, path) for path in folders
            for model in sorted(path.glob("*.mlir"))]


def number(value, metric):
    if value is None:
        return "-"
    return f"{value:.2f}" if metric == "top-1 %" else f"{value:.4g}"


def line(row):
    """The cells of one row; of a variant that failed, the reason."""
    if "float" not in row:
        return [row["model"], row["variant"]] + ["failed"] + [""] * 7
    islands = ", ".join(f"{count} {reason}" for reason, count in
                        row["float_islands"].items())
    same = "MSE" if row["metric"] == "MSE" else "top-1 %"
    return ([row["model"], row["variant"], row["metric"]]
            + [number(row[k], row["metric"])
               for k in ("float", "int8", "difference")]
            + [number(row[k], same) for k in ("agreement", "official")]
            + [str(row["integer_layers"]), islands or "-"])


HEADER = ["model", "variant", "metric", "float", "int8", "difference",
          "agreement", "official", "integer layers", "float operations"]


def print_table(rows):
    lines = [HEADER] + [line(row) for row in rows]
    widths = [max(len(cells[i]) for cells in lines)
              for i in range(len(HEADER))]
    for cells in lines:
        print("  ".join(cell.ljust(width)
                        for cell, width in zip(cells, widths)).rstrip())


def arguments():
    parser = argparse.ArgumentParser(description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=pathlib.Path,
                        default=os.environ.get("QDOT_MODELS"))
    parser.add_argument("--build", type=pathlib.Path,
                        default=os.environ.get("QDOT_BUILD_DIR",
                                               ROOT / "build"))
    parser.add_argument("--only", default="", metavar="REGEX",
                        help="measure model/variant names that match")
    parser.add_argument("--digits", action="store_true",
                        help="measure the project's own models too")
    parser.add_argument("--samples", type=int, metavar="N",
                        help="test on the first N samples only")
    parser.add_argument("--activation-bits", metavar="BITS",
                        help="passed to 'qdot quantize': 7, auto, REGEX=7")
    parser.add_argument("--json", type=pathlib.Path, metavar="FILE")
    parser.add_argument("--check", action="store_true")
    return parser.parse_args()


def main():
    options = arguments()
    cases = [] if options.folder is None else models_in(
        pathlib.Path(options.folder))
    if options.digits or options.folder is None:
        cases += own_models()
    cases = [case for case in cases
             if re.search(options.only, f"{case[0]}/{case[1].stem}")]
    programs, rows = driver.Driver(options.build), []
    for name, model, data in cases:
        try:
            rows.append(measure(programs, name, model, data, options))
        except driver.Failed as failure:
            rows.append({"model": name, "variant": model.stem,
                         "problem": str(failure)})
    print_table(rows)
    problems = [row for row in rows if row["problem"]]
    for row in problems:
        print(f"{row['model']}/{row['variant']}: {row['problem']}")
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1) + "\n")
    if not rows:
        print("no model was measured")
    failed = [row for row in problems if "float" not in row]
    return 1 if not rows or failed or (options.check and problems) else 0


if __name__ == "__main__":
    sys.exit(main())
