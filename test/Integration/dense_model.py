#===- dense_model.py - A model of dense layers of any size ----------------===#
#
# Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
#===-----------------------------------------------------------------------===#
"""dense_model.py WIDTH LAYERS OUT.mlir

Writes LAYERS dense layers of WIDTH x WIDTH weights with bias and ReLU, their
weights normally distributed in dense_resource, and OUT.npy with four samples to
calibrate on."""

import pathlib
import sys

import numpy as np


def layer(index, width, x):
    """The text of one layer that reads `x`."""
    row, square = f"tensor<1x{width}xf32>", f"tensor<{width}x{width}xf32>"
    identity = "affine_map<(i, j) -> (i, j)>"
    return f"""\
  %w{index} = arith.constant dense_resource<w{index}> : {square}
  %b{index} = arith.constant dense_resource<b{index}> : {row}
  %y{index} = linalg.matmul ins({x}, %w{index} : {row}, {square}) outs(%b{index} : {row}) -> {row}
  %r{index} = linalg.generic {{indexing_maps = [{identity}, {identity}], iterator_types = ["parallel", "parallel"]}}
      ins(%y{index} : {row}) outs(%e : {row}) {{
  ^bb0(%a: f32, %o: f32):
    %m = arith.maximumf %a, %zero : f32
    linalg.yield %m : f32
  }} -> {row}
"""


def write_resource(file, name, values, is_first):
    file.write(f'{"" if is_first else ","}\n  {name}: "0x04000000')
    file.write(values.astype("<f4").tobytes().hex().upper())
    file.write('"')


def write_model(path, width, layers):
    """The model and its samples; returns the bytes of the weights."""
    random = np.random.default_rng(1)
    row = f"tensor<1x{width}xf32>"
    with open(path, "w", encoding="ascii") as file:
        file.write(f"func.func @main(%x: {row}) -> {row} {{\n"
                   "  %zero = arith.constant 0.0 : f32\n"
                   f"  %e = tensor.empty() : {row}\n")
        for index in range(layers):
            file.write(layer(index, width, f"%r{index - 1}" if index else "%x"))
        file.write(f"  return %r{layers - 1} : {row}\n}}\n"
                   "{-#\n  dialect_resources: { builtin: {")
        for index in range(layers):
            scale = np.sqrt(2 / width)
            weights = random.standard_normal((width, width), np.float32) * scale
            write_resource(file, f"w{index}", weights, index == 0)
            bias = random.standard_normal(width, np.float32) * 0.1
            write_resource(file, f"b{index}", bias, False)
        file.write("\n} }\n#-}\n")
    samples = random.standard_normal((4, width), np.float32)
    np.save(pathlib.Path(path).with_suffix(".npy"), samples)
    return layers * (width * width + width) * 4


if __name__ == "__main__":
    write_model(sys.argv[3], int(sys.argv[1]), int(sys.argv[2]))
