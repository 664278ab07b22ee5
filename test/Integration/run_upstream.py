#!/usr/bin/python3
#===- run_upstream.py - Run a float model through stock LLVM tools --------===#
#
# Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
#===-----------------------------------------------------------------------===#
"""Compiles `@main(tensor<Bx..xf32>) -> tensor<Bx..xf32>` with mlir-opt,
mlir-translate and clang of LLVM 22 (nothing of qdot), runs it on every sample
of a .npy file and compares the outputs with another one.

  run_upstream.py model.mlir --data test.npy --ref ref.npy [--tolerance 1e-5]

The samples are fed B at a time; for a dynamic batch B is --batch.
"""

import argparse
import ctypes
import pathlib
import re
import subprocess
import sys
import tempfile

import numpy as np

LLVM = pathlib.Path("/usr/lib/llvm-22/bin")
RUNNER_UTILS = LLVM.parent / "lib" / "libmlir_c_runner_utils.so"

TOSA = ["--tosa-to-linalg-pipeline", "--tosa-to-tensor", "--tosa-to-arith"]
LOWERING = [
    "--canonicalize", "--cse",
    "--one-shot-bufferize=bufferize-function-boundaries "
    "function-boundary-type-conversion=identity-layout-map",
    "--convert-linalg-to-loops", "--expand-strided-metadata",
    "--lower-affine", "--convert-scf-to-cf", "--llvm-request-c-wrappers",
    "--convert-math-to-llvm", "--convert-math-to-libm",
    "--convert-arith-to-llvm", "--finalize-memref-to-llvm",
    "--convert-func-to-llvm", "--convert-cf-to-llvm",
    "--reconcile-unrealized-casts"]


def descriptor(rank):
    """The ctypes layout of a ranked memref of f32."""
    class MemRef(ctypes.Structure):
        _fields_ = [("allocated", ctypes.c_void_p),
                    ("aligned", ctypes.c_void_p),
                    ("offset", ctypes.c_int64),
                    ("sizes", ctypes.c_int64 * rank),
                    ("strides", ctypes.c_int64 * rank)]
    return MemRef


def describe(array):
    """A descriptor of a contiguous numpy array, which must stay alive."""
    strides = [s // array.itemsize for s in array.strides]
    index = ctypes.c_int64 * array.ndim
    return descriptor(array.ndim)(array.ctypes.data, array.ctypes.data, 0,
                                  index(*array.shape), index(*strides))


def compile_model(model, folder):
    """Compiles the model to a shared library and loads it."""
    text = pathlib.Path(model).read_text()
    passes = (TOSA if "tosa." in text else []) + LOWERING
    run = lambda *command: subprocess.run(command, check=True)
    run(LLVM / "mlir-opt", model, *passes, "-o", folder / "m.llvm.mlir")
    run(LLVM / "mlir-translate", "--mlir-to-llvmir", folder / "m.llvm.mlir",
        "-o", folder / "m.ll")
    run(LLVM / "clang", "-O2", "-shared", "-fPIC", "-Wno-override-module",
        folder / "m.ll", "-o", folder / "m.so", "-lm", RUNNER_UTILS,
        f"-Wl,-rpath,{RUNNER_UTILS.parent}")
    return ctypes.CDLL(str(folder / "m.so"))


def signature(model):
    """Input dimensions (None for `?`) and the rank of the result."""
    text = pathlib.Path(model).read_text()
    found = re.search(r"func\.func @main\(%\w+: tensor<([\dx?]+)xf32>\) -> "
                      r"tensor<([\dx?]+)xf32>", text)
    dims = [None if d == "?" else int(d) for d in found[1].split("x")]
    return dims, found[2].count("x") + 1


def call(library, x, rank):
    """Runs @main on one batch and copies its result."""
    result = descriptor(rank)()
    library._mlir_ciface_main(ctypes.byref(result),
                              ctypes.byref(describe(x)))
    count = int(np.prod(result.sizes[:]))
    data = ctypes.cast(result.aligned, ctypes.POINTER(ctypes.c_float))
    y = np.ctypeslib.as_array(data, (count,)).reshape(result.sizes[:]).copy()
    ctypes.CDLL(None).free(ctypes.c_void_p(result.allocated))
    return y


def run_model(model, samples, batch):
    """The outputs of the model on all samples, concatenated."""
    dims, rank = signature(model)
    size = batch if dims[0] is None else dims[0]
    with tempfile.TemporaryDirectory() as folder:
        library = compile_model(model, pathlib.Path(folder))
        parts = []
        for start in range(0, len(samples), size):
            x = np.ascontiguousarray(samples[start:start + size])
            parts.append(call(library, x.reshape(-1, *dims[1:]), rank))
    return np.concatenate(parts)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("--data", required=True)
    parser.add_argument("--ref", required=True)
    parser.add_argument("--tolerance", type=float, default=1e-5)
    parser.add_argument("--batch", type=int, default=7)
    options = parser.parse_args()
    reference = np.load(options.ref)
    found = run_model(options.model, np.load(options.data), options.batch)
    worst = float(np.abs(found - reference).max())
    print(f"{len(found)} samples, largest difference {worst:.3g}")
    return 0 if worst <= options.tolerance else 1


if __name__ == "__main__":
    sys.exit(main())
