#!/usr/bin/python3
#===- presets.py - Presets against the formulas of the tools --------------===#
#
# Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
#===-----------------------------------------------------------------------===#
"""presets.py --build BUILD --temp DIR

Calibrates a model with many arguments of random ranges and one dense layer,
annotates it with each preset, and compares every scale, zero point and weight
code with the formulas of the tools, transcribed in numpy with their types:

* tflite: tensorflow/lite/tools/optimize/quantization_utils.cc,
  GetAsymmetricQuantizationParams, SymmetricPerChannelQuantization
* onnxruntime: onnxruntime/python/tools/quantization/quant_utils.py,
  compute_scale_zp (int8 activations, symmetric int8 weights per tensor)
* tensorrt: amax / 127, rounded half to even, clipped to [-128, 127]
* pytorch: torch/ao/quantization/observer.py, _calculate_qparams (quint8
  activations, per-channel symmetric qint8 weights), and quantization by the
  reciprocal as in ATen/native/quantized"""

import argparse
import pathlib
import re
import subprocess
import sys

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tools"))
import driver  # noqa: E402

f32 = np.float32
COUNT, ROWS, COLUMNS = 40, 16, 24


def half_away(x):
    return np.sign(x) * np.floor(np.abs(x.astype(np.float64)) + 0.5)


class TfLite:
    def activation(self, low, high):
        low, high = min(low, f32(0)), max(high, f32(0))
        scale = (high - low) / (f32(127) - f32(-128))
        zero = f32(-128) - low / scale
        return scale, int(np.clip(half_away(zero), -128, 127))

    def weights(self, w):
        half_range = np.abs(w).max(axis=0)
        scale = half_range / f32(127)
        codes = half_away(w * (f32(1) / scale))
        return scale, np.clip(codes, -127, 127)


class OnnxRuntime:
    def activation(self, low, high):
        low, high = min(low, f32(0)), max(high, f32(0))
        scale = np.float64(high - low) / (np.float64(127) - np.float64(-128))
        return f32(scale), int(np.round(-128 - np.float64(low) / scale))

    def weights(self, w):
        most = np.abs(w).max()
        scale = f32(np.float64(most - -most) / np.float64(254))
        return np.full(w.shape[1], scale), np.clip(
            np.rint(w / scale), -127, 127)


class TensorRT:
    def activation(self, low, high):
        return max(-low, high) / f32(127), 0

    def weights(self, w):
        scale = np.abs(w).max(axis=0) / f32(127)
        return scale, np.clip(np.rint(w / scale), -128, 127)


class PyTorch:
    eps = np.finfo(f32).eps

    def activation(self, low, high):
        low, high = min(low, f32(0)), max(high, f32(0))
        scale = max((high - low) / f32(255), self.eps)
        zero = int(np.clip(0 - np.rint(low / scale), 0, 255))
        return scale, zero - 128

    def weights(self, w):
        scale = np.maximum(np.abs(w).max(axis=0) / f32(127.5), self.eps)
        codes = np.rint(w * (f32(1) / scale))
        return scale, np.clip(codes, -128, 127)


TOOLS = {"tflite": TfLite(), "onnxruntime": OnnxRuntime(),
         "tensorrt": TensorRT(), "pytorch": PyTorch()}


def model_text(weights):
    """Adds each argument to itself; the first one meets the weights, too."""
    row = f"tensor<1x{ROWS}xf32>"
    out = f"tensor<1x{COLUMNS}xf32>"
    values = weights.tobytes().hex().upper()
    lines = [f'  %w = arith.constant dense<"0x{values}"> : '
             f"tensor<{ROWS}x{COLUMNS}xf32>",
             "  %z = arith.constant 0.0 : f32",
             f"  %e = tensor.empty() : {row}", f"  %f = tensor.empty() : {out}",
             f"  %i = linalg.fill ins(%z : f32) outs(%f : {out}) -> {out}",
             f"  %m = linalg.matmul ins(%x0, %w : {row}, "
             f"tensor<{ROWS}x{COLUMNS}xf32>) outs(%i : {out}) -> {out}"]
    for i in range(COUNT):
        lines.append(f"  %y{i} = linalg.add ins(%x{i}, %x{i} : {row}, {row}) "
                     f"outs(%e : {row}) -> {row}")
    results = ", ".join(["%m"] + [f"%y{i}" for i in range(COUNT)])
    kinds = ", ".join([out] + [row] * COUNT)
    arguments = ", ".join(f"%x{i}: {row}" for i in range(COUNT))
    return (f"func.func @main({arguments}) -> ({kinds}) {{\n"
            + "\n".join(lines) + f"\n  return {results} : {kinds}\n}}\n")


def annotate(build, model, stats, preset):
    done = subprocess.run(
        [build / "bin" / "qdot-opt", model, "--mlir-print-elementsattrs-with-"
         "hex-if-larger=-1", f"--qdot-annotate-values=stats={stats} "
         f"preset={preset}"], text=True, capture_output=True, check=False)
    if done.returncode:
        sys.exit(done.stderr)
    return done.stdout


def activations_of(text):
    """(scale, zero point) of each argument."""
    found = re.findall(r"main/input_(\d+)#.*?!quant.uniform<i8:f32, "
                       r"([^:>]+)(?::(-?\d+))?>", text)
    return {int(n): (float(s), int(z or 0)) for n, s, z in found}


def weights_of(text):
    """(scales of the columns, codes or None) of the dense layer."""
    kind = re.search(rf"tensor<{ROWS}x{COLUMNS}x!quant.uniform<i8(?:<-127:127>)?"
                     r":f32(?::1)?, (?:\{(.*?)\}|([^>]*))>", text)
    if kind[1]:
        scales = [float(s.split(":")[0]) for s in kind[1].split(",")]
    else:
        scales = [float(kind[2])] * COLUMNS
    codes = re.search(rf"dense<(\[\[.*?\]\])> : tensor<{ROWS}x{COLUMNS}xi8>",
                      text)
    return np.array(scales), codes and np.array(eval(codes[1]))


def check(name, tool, text, data, weights):
    """Complaints about one preset."""
    chosen = activations_of(text)
    for i, x in enumerate(data):
        scale, zero = tool.activation(x.min(), x.max())
        if chosen[i] != (float(f32(scale)), zero):
            yield (f"{name}: [{x.min()}, {x.max()}]: got {chosen[i]}, "
                   f"expected {(float(scale), zero)}")
    scales, codes = weights_of(text)
    wanted, wanted_codes = tool.weights(weights)
    if (scales != wanted.astype(np.float64)).any():
        yield f"{name}: weight scales {scales}, expected {wanted}"
    if codes is None:  # the rounding of qdot.quantize, rule Q6
        low = -127 if name == "onnxruntime" else -128
        codes = np.clip(np.rint(weights / scales.astype(f32)), low, 127)
    if (codes != wanted_codes).any():
        yield f"{name}: {(codes != wanted_codes).sum()} weight codes differ"


def main():
    parser = argparse.ArgumentParser(description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, required=True)
    parser.add_argument("--temp", type=pathlib.Path, required=True)
    options = parser.parse_args()
    options.temp.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(11)
    weights = random.normal(0, 1, (ROWS, COLUMNS)).astype(f32)
    # Ties: multiples of half a step in some columns.
    weights[:, 0] = (np.arange(ROWS) - 8) * f32(0.5)
    weights[0, 0] = 127
    data = []
    for i in range(COUNT):
        ends = random.normal(0, 10.0 ** random.integers(-3, 4), 2)
        low, high = sorted(ends.astype(f32))
        data.append(random.uniform(low, high, (2, ROWS)).astype(f32))
    data[1], data[2] = np.abs(data[1]), -np.abs(data[2])
    # A zero point that is a tie: -128 + 0.5 and -128 + 1.5 steps.
    data[3][:, :2], data[3][:, 2:] = [f32(-0.5), f32(254.5)], 0
    data[4][:, :2], data[4][:, 2:] = [f32(-1.5), f32(253.5)], 0
    model, stats = options.temp / "model.mlir", options.temp / "s.json"
    model.write_text(model_text(weights))
    paths = [options.temp / f"x{i}.npy" for i in range(COUNT)]
    for path, x in zip(paths, data):
        np.save(path, x)
    driver.Driver(options.build).calibrate(model, paths, stats)
    failed = 0
    for name, tool in TOOLS.items():
        text = annotate(options.build, model, stats, name)
        for complaint in check(name, tool, text, data, weights):
            failed += 1
            print(complaint)
    print(f"{len(TOOLS)} presets, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
