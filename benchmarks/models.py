#===- models.py - Whole models in the benchmark ---------------------------===#
#
# Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
#===-----------------------------------------------------------------------===#
"""Batch 1, f32 in and f32 out: our integer code with full 8-bit weights
against ONNX Runtime's forms of the same model, and against our own f32 code.

Ours is right if it gives the bytes of the target `generic` and loses no more
accuracy against f32 than tools/accuracy.py allows. A rival is right if it
loses no more than that against its own f32 form."""

import pathlib
import sys

import numpy as np

import rivals
import shapes
import workers
from compiler import sizes
from measure import Row

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.append(str(ROOT / "tools"))
import accuracy  # noqa: E402
import driver    # noqa: E402

# Forms in ONNX Runtime: file, words after the input.
FORMS = {"f32": ("model_f32.onnx", ()), "int8": ("model_int8.onnx", ()),
         "int8_rr": ("model_int8_rr.onnx", ()),
         "int8 u8u8": ("model_int8.onnx", ("u8u8",))}

# The models of --quick.
QUICK = {"digits", "ic_resnet8", "kws_dscnn"}


class Model:
    """One folder with model.mlir or NAME.mlir, calib.npy, test.npy and
    labels.npy."""

    def __init__(self, folder, samples):
        self.name, self.folder = folder.name, folder
        own = folder / f"{folder.name}.mlir"
        self.file = own if own.exists() else folder / "model.mlir"
        self.samples = np.load(folder / "test.npy")[:samples]
        self.labels = np.load(folder / "labels.npy")[:samples]
        self.metric = accuracy.metric_of(self.name, self.labels)

    def input(self, path):
        """Writes the samples in the layout of the model's argument. Batch
        and layout: `driver.arrange`."""
        text = self.file.read_text()
        dims, _ = driver.argument_types(text)[0]
        driver.arrange(self.samples, dims).astype(np.float32).tofile(path)
        return path

    def outputs(self, raw):
        """[samples, ...] of raw f32 results."""
        values = np.frombuffer(raw, np.float32)
        if self.labels.ndim > 1:
            return values.reshape(*self.labels.shape, -1)
        return values.reshape(len(self.labels), -1)

    def problem(self, raw, reference):
        """What is wrong with results, given those in f32; None if right."""
        if len(raw) != len(reference):
            return "wrong size"
        scores = [self.metric.score(self.outputs(r), self.labels)
                  for r in (reference, raw)]
        return accuracy.problem_of(self.name, self.metric, scores)


def found_models(bench):
    """The project's own model, then those of the folder, if there is one."""
    samples = bench.options.samples
    folders = [ROOT / "models" / "digits"]
    other = pathlib.Path(bench.options.models)
    if bench.options.smoke:
        pass
    elif other.is_dir():
        folders += sorted(folder for folder in other.iterdir()
                          if (folder / "test.npy").exists())
    else:
        bench.say(f"models other than our own are left out: no folder {other}")
    if bench.options.quick:
        folders = [folder for folder in folders if folder.name in QUICK]
    return [Model(folder, samples) for folder in folders]


# --- ours ------------------------------------------------------------------


def raw_result(worker, load, folder):
    """All results of a program that is not timed."""
    path = folder / "reference.bin"
    worker.ask("load", "reference", *load)
    worker.ask("run", "reference", path)
    worker.ask("drop", "reference")
    return path.read_bytes()


def own_entrant(bench, name, library, x, check, output):
    return rivals.Entrant(name, bench.qdot(), (library, x, *sizes(library)),
                          check, output)


def own_entrants(bench, model, target, bits, x):
    """Our integer code, then our f32 code."""
    quantized = bench.compiler.quantize(model.file, model.folder / "calib.npy",
                                        "--allow=all",
                                        f"--activation-bits={bits}")
    generic = bench.compiler.compile(quantized, "generic")
    small = bench.compiler.compile(quantized, target)
    large = bench.compiler.compile(model.file, target)
    want = raw_result(bench.qdot(), (generic, x, *sizes(generic)), bench.folder)
    real = raw_result(bench.qdot(), (large, x, *sizes(large)), bench.folder)

    def check(raw):
        if raw != want:
            return "not the bytes of the target generic"
        return model.problem(raw, real)
    return [own_entrant(bench, "qdot", small, x, check, "int8"),
            own_entrant(bench, "qdot f32", large, x, lambda raw: None, "f32")]


# --- ONNX Runtime ----------------------------------------------------------


def wrapped(model, file, folder):
    import onnx_models
    path = folder / f"{model.name}_{file}"
    onnx_models.wrap(model.folder / file, path)
    return path


def rival_entrants(bench, model, target, x):
    """The forms of the model that its folder has."""
    worker = bench.onnxruntime()
    if not worker or not (model.folder / "model_f32.onnx").exists():
        return []
    reference = wrapped(model, FORMS["f32"][0], bench.folder)
    real = raw_result(worker, (reference, x), bench.folder)
    beyond = workers.beyond(target)
    return [rivals.Entrant(
        f"ort {form}", worker, (wrapped(model, file, bench.folder), x, *words),
        lambda raw: model.problem(raw, real), form,
        f"uses {beyond}" if beyond else "",
        overhead=bench.onnxruntime_overhead())
            for form, (file, words) in FORMS.items()
            if (model.folder / file).exists()]


# --- rows ------------------------------------------------------------------


def rows_of(bench, case, target, name):
    model, bits = case
    x = model.input(bench.folder / f"{model.name}.input")
    own = own_entrants(bench, model, target, bits, x)
    others = rival_entrants(bench, model, target, x)
    small, large, *rest = bench.measure(own + others)
    is_avx2 = target == "x86-avx2"
    if rest:
        yield Row("model", f"{name} to onnxruntime", small, rest,
                  shapes.MODEL_GOAL if is_avx2 else None, only_right=True)
    yield Row("model", f"{name} to own f32", small, [large],
              shapes.FLOAT_GOAL if is_avx2 else None, only_right=True)


def cases(bench):
    """(name, model, target) of all models."""
    return [(f"{target}/{model.name}", model, target)
            for model in found_models(bench)
            for target in bench.options.targets]


def model_rows(bench):
    """Activations of fewer bits make no difference but on AVX2."""
    quantized = [(name + " auto" * (bits == "auto"), (model, bits), target)
                 for name, model, target in cases(bench)
                 for bits in (("8", "auto") if target == "x86-avx2" else ("8",))]
    return bench.rows("model", quantized, rows_of)
