#===- rivals.py - Who takes part in a row, and whether the result is right ===#
#
# Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
#===-----------------------------------------------------------------------===#
"""For one kernel: how each implementation is loaded, and how its output is
compared with the exact result.

An integer rival may differ from qdot by one code, as its own contract rounds
ties otherwise. A sum that saturated is off by far more."""

import dataclasses
import itertools
import typing

import numpy as np

import kernels
from shapes import Gemm

SERIAL = itertools.count()


@dataclasses.dataclass
class Entrant:
    """One implementation in one row."""
    name: str
    worker: object
    load: tuple                 # the words after `load ID`
    check: typing.Callable      # of the raw output: None, or what is wrong
    output: str = "u8"          # u8, f32 (of the same row) or s32 (less work)
    note: str = ""              # why it cannot be compared, if so
    identity: str = dataclasses.field(
        default_factory=lambda: str(next(SERIAL)))
    overhead: float = 0.0       # seconds in a result that are not its own


@dataclasses.dataclass
class Exact:
    """The result, in the forms that are compared."""
    sums: np.ndarray            # i32 with bias
    codes: np.ndarray           # u8
    bias: np.ndarray


def exact_result(shape, operands):
    sums = kernels.accumulate(shape, operands)
    return Exact(sums, kernels.requantize(sums, operands.scale), operands.bias)


# --- checks: None, or what is wrong ----------------------------------------


def difference(got, want, limit):
    """What is wrong if the values differ by more than `limit`."""
    if got.size != want.size:
        return f"{got.size} values instead of {want.size}"
    error = np.abs(got.reshape(want.shape).astype(np.float64) - want)
    if not error.max() > limit:
        return None
    return (f"{(error > limit).mean():.1%} of the values wrong, "
            f"up to {error.max():.0f}")


def checks(exact):
    """The check for each kind of output."""
    size = np.abs(exact.sums).max()
    return {
        "qdot": lambda raw: difference(
            np.frombuffer(raw, np.uint8) ^ 0x80, exact.codes, 0),
        "u8": lambda raw: difference(
            np.frombuffer(raw, np.uint8), exact.codes, 1),
        "s32": lambda raw: difference(
            np.frombuffer(raw, np.int32), exact.sums, 0),
        "f32": lambda raw: difference(
            np.frombuffer(raw, np.float32), exact.sums, 1e-5 * size),
        "f32 without bias": lambda raw: difference(
            np.frombuffer(raw, np.float32), exact.sums - exact.bias,
            1e-5 * size)}


# --- files -----------------------------------------------------------------


class Files:
    """The operands as raw files, written when somebody asks."""

    def __init__(self, folder, shape, operands):
        self.folder, self.shape, self.operands = folder, shape, operands
        self.folder.mkdir(parents=True, exist_ok=True)

    def __call__(self, name):
        path = self.folder / name
        self.array(name).tofile(path)
        return path

    def array(self, name):
        o = self.operands
        if name.startswith("x"):
            x = o.x.transpose(0, 3, 1, 2) if "nchw" in name else o.x
            if "signed" in name:
                return x ^ 0x80
            return np.ascontiguousarray(
                x.astype(np.float32) if "f32" in name else x)
        return {"w": o.w, "bias": o.bias, "scale": o.scale}[name]


# --- who takes part --------------------------------------------------------


def qdot_entrant(worker, library, shape, files, exact, signed):
    x = files("x_signed" if signed else "x")
    size, result = int(np.prod(shape.x_shape)), int(np.prod(shape.y_shape))
    return Entrant("qdot", worker, (library, x, size, result),
                   checks(exact)["qdot"])


def onednn_entrants(worker, shape, files, exact):
    if isinstance(shape, Gemm):
        numbers = ("gemm", shape.m, shape.n, shape.k)
        kinds = [("u8", "plain"), ("s32", "plain"), ("f32", "plain")]
    else:
        numbers = ("conv", shape.h, shape.w, shape.c, shape.o, shape.r,
                   shape.stride, shape.pad)
        kinds = [("u8", "plain"), ("s32", "plain"), ("f32", "plain"),
                 ("f32", "any")]
    operands = [files(name) for name in ("x", "w", "bias", "scale")]
    for kind, layout in kinds:
        name = {"u8": "onednn u8s8u8", "s32": "onednn u8s8s32",
                "f32": "onednn f32"}[kind]
        yield Entrant(name + (" blocked" if layout == "any" else ""), worker,
                      (kind, layout, *numbers, *operands),
                      checks(exact)[kind], kind)


def openblas_entrants(worker, shape, files, exact):
    if isinstance(shape, Gemm):
        yield Entrant("openblas f32", worker,
                      (shape.m, shape.n, shape.k, files("x"), files("w")),
                      checks(exact)["f32 without bias"], "f32")


def reordered_check(check, shape, element):
    """The check of an output in NCHW order."""
    n, h, w, c = shape.y_shape

    def run(raw):
        array = np.frombuffer(raw, element)
        if array.size != n * h * w * c:
            return "wrong size"
        return check(np.ascontiguousarray(
            array.reshape(n, c, h, w).transpose(0, 2, 3, 1)).tobytes())
    return run


def onnxruntime_gemms(worker, shape, files, exact, overhead):
    import onnx_models
    for kind in ("u8s8u8", "u8u8u8", "u8s8s32", "f32"):
        path = files.folder / f"{kind}.onnx"
        onnx_models.save_gemm(path, shape, files.operands, kind)
        # The zero point of x is in the bias; f32 knows neither.
        output = kind[4:] if kind != "f32" else "f32"
        check = checks(exact)["f32 without bias" if kind == "f32" else output]
        x = files("x_f32" if kind == "f32" else "x")
        load = (path, x) + (("u8u8",) if kind == "u8u8u8" else ())
        yield Entrant(f"ort {kind}", worker, load, check, output,
                      overhead=overhead)


def onnxruntime_convs(worker, shape, files, exact, overhead):
    import onnx_models
    for kind, layout in (("u8s8u8", "nhwc"), ("u8s8u8", "nchw"),
                         ("u8u8u8", "nhwc"), ("f32", "nchw")):
        path = files.folder / f"{kind}_{layout}.onnx"
        onnx_models.save_conv(path, shape, files.operands, kind, layout)
        output = kind[4:] if kind != "f32" else "f32"
        check = checks(exact)[output]
        if layout == "nchw":
            element = np.float32 if kind == "f32" else np.uint8
            check = reordered_check(check, shape, element)
        x = files("x" + ("_nchw" if layout == "nchw" else "")
                  + ("_f32" if kind == "f32" else ""))
        load = (path, x) + (("u8u8",) if kind == "u8u8u8" else ())
        yield Entrant(f"ort {kind} {layout}", worker, load, check, output,
                      overhead=overhead)


def onnxruntime_entrants(worker, shape, files, exact, note, overhead):
    make = (onnxruntime_gemms if isinstance(shape, Gemm)
            else onnxruntime_convs)
    for entrant in make(worker, shape, files, exact, overhead):
        entrant.note = note
        yield entrant
