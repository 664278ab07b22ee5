#!/usr/bin/python3
#===- networks.py - Full-size networks with random weights ----------------===#
#
# Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
#===-----------------------------------------------------------------------===#
"""networks.py FOLDER [--size N] [--only NAMES]

Writes MobileNetV2 and ResNet18 (N x N pixels, NHWC) and two blocks of BERT base
(N / 2 + 16 positions) with random weights, each in a folder with data for
`tools/benchmark.sh --models FOLDER`. Their times mean something, their results
do not."""

import argparse
import pathlib
import sys

import numpy as np

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parents[1] / folder)
                for folder in ("test/Models", "tools")]
from builder import Function, affine, module

SAMPLES = 2


def conv_norm(f, x, channels, size, stride=1):
    """A convolution with its batch normalization folded into a bias."""
    return f.bias(f.conv(x, channels, size, stride))


def mobilenet_v2(size):
    f = Function(1)
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
    f = Function(2)
    x = f.relu(conv_norm(f, f.argument(1, size, size, 3), 64, 7, 2))
    x = f.pool(f.pad(x, [0, 1, 1, 0], value=-np.inf), "max", 3, 2)
    for channels, first in ((64, 1), (128, 2), (256, 2), (512, 2)):
        for stride in (first, 1):
            y = f.relu(conv_norm(f, x, channels, 3, stride))
            y = conv_norm(f, y, channels, 3)
            if y.dims != x.dims:
                x = conv_norm(f, x, channels, 1, stride)
            x = f.relu(f.add(x, y))
    return f, f.dense(f.mean(x), 1000)


def layer_norm(f, x):
    """Over the last dimension of a matrix."""
    rows, columns = x.dims
    plus, per_row = ["%r = arith.addf %a, %out : f32"], affine(2, [0])
    size, epsilon = f.scalar(columns), f.scalar(1e-12)

    def join(body, a, b, of_row):
        same = affine(2, range(2))
        return f.generic([same, per_row if of_row else affine(2, [1]), same],
                         [a, b], f.empty(x.dims), body)
    total = f.reduce(x, 0.0, plus)
    x = join([f"%m = arith.divf %b, {size} : f32",
              "%r = arith.subf %a, %m : f32"], x, total, True)
    squares = f.reduce(f.elementwise(["%r = arith.mulf %a, %a : f32"], x), 0.0,
                       plus)
    x = join([f"%m = arith.divf %b, {size} : f32",
              f"%v = arith.addf %m, {epsilon} : f32",
              "%s = math.rsqrt %v : f32", "%r = arith.mulf %a, %s : f32"],
             x, squares, True)
    x = join(["%r = arith.mulf %a, %b : f32"], x, f.vector(columns, 0.5, 1.5),
             False)
    return f.bias(x)


def attention(f, x, count):
    """Self-attention of `count` heads on [positions, features]."""
    t, c = x.dims
    q, k, v = (f.transpose(f.reshape("expand", f.dense(x, c),
                                     (t, count, c // count), "[[0], [1, 2]]"),
                           (1, 0, 2)) for _ in range(3))
    scores = f.named("batch_matmul", [q, f.transpose(k, (0, 2, 1))],
                     f.filled((count, t, t)))
    weights = f.softmax(f.scale(scores, (c // count) ** -0.5))
    y = f.named("batch_matmul", [weights, v], f.filled(q.dims))
    y = f.reshape("collapse", f.transpose(y, (1, 0, 2)), (t, c),
                  "[[0], [1, 2]]")
    return f.dense(y, c)


def bert_blocks(size):
    f = Function(3)
    x = f.reshape("collapse", f.argument(1, size // 2 + 16, 768),
                  (size // 2 + 16, 768), "[[0, 1], [2]]")
    for _ in range(2):
        x = layer_norm(f, f.add(x, attention(f, x, 12)))
        y = f.dense(f.gelu(f.dense(x, 3072)), 768)
        x = layer_norm(f, f.add(x, y))
    return f, f.reshape("expand", x, (1, *x.dims), "[[0, 1], [2]]")


NETWORKS = {make.__name__: make for make in (mobilenet_v2, resnet18,
                                             bert_blocks)}


def write(folder, make, size):
    folder.mkdir(parents=True, exist_ok=True)
    f, result = make(size)
    (folder / "model.mlir").write_text(module(f.finish(result)))
    dims = (size // 2 + 16, 768) if make is bert_blocks else (size, size, 3)
    for name in ("calib", "test"):
        np.save(folder / f"{name}.npy",
                f.random.normal(0, 1, (SAMPLES, *dims)).astype(np.float32))
    np.save(folder / "labels.npy", np.zeros(SAMPLES, np.int64))


def main():
    parser = argparse.ArgumentParser(description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--size", type=int, default=224)
    parser.add_argument("--only", default=",".join(NETWORKS), metavar="NAMES",
                        help="some of " + ", ".join(NETWORKS))
    options = parser.parse_args()
    for name in options.only.split(","):
        if name not in NETWORKS:
            parser.error(f"unknown network {name}; expected one of "
                         f"{', '.join(NETWORKS)}")
        write(options.folder / name, NETWORKS[name], options.size)


if __name__ == "__main__":
    sys.exit(main())
