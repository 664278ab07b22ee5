#!/usr/bin/python3
#===- networks.py - Full-size networks with random weights ----------------===#
#
# Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
#===-----------------------------------------------------------------------===#
"""networks.py FOLDER [--size N] [--only NAMES] [--onnx]

Writes MobileNetV2 and ResNet18 (N x N pixels, NHWC) and two blocks of BERT base
(N / 2 + 16 positions) with random weights, each in a folder with data for
`tools/benchmark.sh --models FOLDER`. Their times mean something, their results
do not."""

import argparse
import importlib.util
import pathlib
import subprocess
import sys
import tempfile

import numpy as np

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parents[1] / folder)
                for folder in ("test/Models", "tools")]
from builder import Value, module
from twin import Twin

SAMPLES = 2


def conv_norm(f, x, channels, size, stride=1):
    """A convolution with its batch normalization folded into a bias."""
    return f.bias(f.conv(x, channels, size, stride))


def mobilenet_v2(size):
    f = Twin(1)
    x = f.relu6(conv_norm(f, f.argument(1, size, size, 3), 32, 3, 2))
    for expand, channels, count, first in (
            (1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2),
            (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1)):
        for stride in [first] + [1] * (count - 1):
            y = x
            if expand > 1:
                y = f.relu6(conv_norm(f, y, expand * x.dims[3], 1))
            y = f.relu6(f.bias(f.depthwise(y, stride)))
            y = conv_norm(f, y, channels, 1)
            x = f.add(x, y) if y.dims == x.dims else y
    x = f.mean(f.relu6(conv_norm(f, x, 1280, 1)))
    return f, f.dense(x, 1000)


def resnet18(size):
    f = Twin(2)
    x = f.relu(conv_norm(f, f.argument(1, size, size, 3), 64, 7, 2))
    x = f.max_pool(x, 3, 2, 1)
    for channels, first in ((64, 1), (128, 2), (256, 2), (512, 2)):
        for stride in (first, 1):
            y = f.relu(conv_norm(f, x, channels, 3, stride))
            y = conv_norm(f, y, channels, 3)
            if y.dims != x.dims:
                x = conv_norm(f, x, channels, 1, stride)
            x = f.relu(f.add(x, y))
    return f, f.dense(f.mean(x), 1000)


def attention(f, x, count):
    """Self-attention of `count` heads on [positions, features]."""
    t, c = x.dims
    q, k, v = (f.transpose(f.reshape("expand", f.dense(x, c),
                                     (t, count, c // count), "[[0], [1, 2]]"),
                           (1, 0, 2)) for _ in range(3))
    scores = f.batch_matmul(q, f.transpose(k, (0, 2, 1)))
    weights = f.softmax(f.scale(scores, (c // count) ** -0.5))
    y = f.transpose(f.batch_matmul(weights, v), (1, 0, 2))
    y = f.reshape("collapse", y, (t, c), "[[0], [1, 2]]")
    return f.dense(y, c)


def bert_blocks(size):
    f = Twin(3)
    x = f.reshape("collapse", f.argument(1, size // 2 + 16, 768),
                  (size // 2 + 16, 768), "[[0, 1], [2]]")
    for _ in range(2):
        x = f.layer_norm(f.add(x, attention(f, x, 12)))
        y = f.dense(f.gelu(f.dense(x, 3072)), 768)
        x = f.layer_norm(f.add(x, y))
    return f, f.reshape("expand", x, (1, *x.dims), "[[0, 1], [2]]")


NETWORKS = {make.__name__: make for make in (mobilenet_v2, resnet18,
                                             bert_blocks)}


def write(folder, make, size):
    folder.mkdir(parents=True, exist_ok=True)
    f, result = make(size)
    (folder / "model.mlir").write_text(module(f.finish(result)))
    dims = f.input.dims[1:]
    for name in ("calib", "test"):
        np.save(folder / f"{name}.npy",
                f.random.normal(0, 1, (SAMPLES, *dims)).astype(np.float32))
    np.save(folder / "labels.npy", np.zeros(SAMPLES, np.int64))
    return f, result


def ranges_of(f, folder, program):
    """{name: (least, largest)} of the values that are rounded, by running a
    function that returns them all."""
    names = f.rounded()
    made = [Value(f"%{name}", f.dims[name]) for name in names[1:]]
    data = folder / "calib.npy"
    with tempfile.TemporaryDirectory() as temp:
        temp = pathlib.Path(temp)
        (temp / "model.mlir").write_text(module(f.finish(*made)))
        subprocess.run([program, "run", temp / "model.mlir", f"--data={data}",
                        "-o", temp / "y.npy"], check=True)
        values = [np.load(data)] + [np.load(temp / f"y.{i}.npy")
                                    for i in range(len(made))]
    return {name: (float(v.min()), float(v.max()))
            for name, v in zip(names, values)}


def main():
    parser = argparse.ArgumentParser(description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--size", type=int, default=224)
    parser.add_argument("--only", default=",".join(NETWORKS), metavar="NAMES",
                        help="some of " + ", ".join(NETWORKS))
    parser.add_argument("--onnx", action="store_true",
                        help="also for ONNX Runtime, in f32 and in integers "
                             "(needs python3-onnx)")
    parser.add_argument("--build", type=pathlib.Path,
                        default=pathlib.Path(__file__).parents[1] / "build",
                        help="whose qdot finds the ranges for --onnx")
    options = parser.parse_args()
    if options.onnx and not importlib.util.find_spec("onnx"):
        parser.error("--onnx needs the package python3-onnx")
    for name in options.only.split(","):
        if name not in NETWORKS:
            parser.error(f"unknown network {name}; expected one of "
                         f"{', '.join(NETWORKS)}")
        folder = options.folder / name
        f, result = write(folder, NETWORKS[name], options.size)
        if options.onnx:
            f.save_onnx(folder / "model_f32.onnx", result)
            f.save_onnx(folder / "model_int8.onnx", result, ranges_of(
                f, folder, options.build.resolve() / "bin" / "qdot"))


if __name__ == "__main__":
    sys.exit(main())
