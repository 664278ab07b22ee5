#===- floats.py - Float code in the benchmark -----------------------------===#
#
# Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
#===-----------------------------------------------------------------------===#
"""Our f32 contractions against those of oneDNN and OpenBLAS, on the numbers of
the integer rows, and instrumented models against plain ones."""

import numpy as np

import kernels
import rivals
import shapes
import workers
from compiler import sizes
from measure import Row
from models import cases, own_entrant


def model_text(shape, operands):
    """The layer in f32, its bias as the start of every sum."""
    dims, maps, parallel, reduction = kernels.loops(shape)
    x_dims, source, pad = shape.x_shape, "%x", ""
    x_type = kernels.tensor(shape.x_shape, "f32")
    if isinstance(shape, shapes.Conv) and shape.pad:
        p = shape.pad
        x_dims, source = (1, shape.h + 2 * p, shape.w + 2 * p, shape.c), "%p"
        pad = f"""
  %zero = arith.constant 0.0 : f32
  %p = tensor.pad %x low[0, {p}, {p}, 0] high[0, {p}, {p}, 0] {{
  ^bb0(%i: index, %j: index, %k: index, %l: index):
    tensor.yield %zero : f32
  }} : {x_type} to {kernels.tensor(x_dims, "f32")}"""
    w_type = kernels.tensor(shape.w_shape, "f32")
    y_type = kernels.tensor(shape.y_shape, "f32")
    n, rank = shape.channels, len(shape.y_shape)
    contraction = ", ".join(f"affine_map<({dims}) -> ({m})>" for m in maps)
    iterators = ['"parallel"'] * parallel + ['"reduction"'] * reduction
    return f"""\
func.func @main(%x: {x_type}) -> {y_type} {{
  %w = arith.constant {kernels.hex_dense(operands.w.astype(np.float32))} : {w_type}
  %bias = arith.constant {kernels.hex_dense(operands.bias.astype(np.float32))} : tensor<{n}xf32>{pad}
  %e = tensor.empty() : {y_type}
  %init = linalg.broadcast ins(%bias : tensor<{n}xf32>) outs(%e : {y_type})
      dimensions = [{", ".join(str(i) for i in range(rank - 1))}]
  %y = linalg.generic {{indexing_maps = [{contraction}],
      iterator_types = [{", ".join(iterators)}]}}
      ins({source}, %w : {kernels.tensor(x_dims, "f32")}, {w_type})
      outs(%init : {y_type}) {{
  ^bb0(%a: f32, %b: f32, %c: f32):
    %product = arith.mulf %a, %b : f32
    %sum = arith.addf %c, %product : f32
    linalg.yield %sum : f32
  }} -> {y_type}
  return %y : {y_type}
}}
"""


def float_row(bench, target, shape, name):
    operands = kernels.make_operands(shape, "a8")
    exact = rivals.exact_result(shape, operands)
    files = rivals.Files(bench.folder / f"{shape.name}_f32", shape, operands)
    model = files.folder / "model.mlir"
    model.write_text(model_text(shape, operands))
    library = bench.compiler.compile(model, target)
    ours = rivals.Entrant("qdot f32", bench.qdot(),
                          (library, files("x_f32"), *sizes(library)),
                          rivals.checks(exact)["f32"], "f32")
    others = [one for one in bench.library_entrants(target, shape, files, exact)
              if one.output == "f32"]
    first, *rest = bench.measure([ours, *others])
    yield Row("float", name, first, rest, shapes.FLOAT_KERNEL_GOAL,
              shape.operations)


def float_rows(bench):
    listed = shapes.SMOKE[1:2] if bench.options.smoke else shapes.FLOATS
    return bench.rows("float", [
        (f"{target}/{shape.name}", target, shape)
        for target in bench.options.targets for shape in listed], float_row)


# --- calibration -----------------------------------------------------------


def calibrate_row(bench, model, target, name):
    """The instrumented model against the plain one, with the same results."""
    x = model.input(bench.folder / f"{model.name}.input")
    observed = bench.folder / f"{model.name}.observed.mlir"
    observed.write_text(bench.compiler.optimize(
        model.file, "--qdot-prepare", "--qdot-observe"))
    prepared = bench.folder / f"{model.name}.prepared.mlir"
    prepared.write_text(bench.compiler.optimize(model.file, "--qdot-prepare"))
    worker = bench.worker("instrumented", workers.start_instrumented,
                          bench.options.build)
    plain, counted = (bench.compiler.compile(file, target)
                      for file in (prepared, observed))
    path = bench.folder / "reference.bin"
    bench.qdot().ask("load", "reference", plain, x, *sizes(plain))
    bench.qdot().ask("run", "reference", path)
    bench.qdot().ask("drop", "reference")
    want = path.read_bytes()

    def check(raw):
        return None if raw == want else "not the bytes of the plain model"
    ours, rest = bench.measure(
        [rivals.Entrant("qdot instrumented", worker,
                        (counted, x, *sizes(counted)), check, "f32"),
         own_entrant(bench, "qdot plain", plain, x, check, "f32")])
    yield Row("calibrate", name, ours, [rest], shapes.CALIBRATE_GOAL)


def calibrate_rows(bench):
    return bench.rows("calibrate", cases(bench), calibrate_row)
