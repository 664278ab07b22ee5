#===- movement.py - Reshape, transpose, slice, pad, concat, gather --------===#
#
# Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
#===-----------------------------------------------------------------------===#
"""Rule P3: values that only move. The operands come in their own types, so a
conversion to the result's type goes first; then not a bit may change."""

import numpy as np

from .contraction import add_pad
from .function import Function, Random, tensor
from .rules import Quant, quantize


def unary_move(name, r, shape, build, move):
    """`build(f, x)` writes the op; `move(codes)` does the same."""
    f = Function(name)
    q_x = r.activation()
    q_y = q_x if r.size(0, 1) else Quant(q_x.scale * r.scale(0.7, 2), r.zero())
    x = f.input(shape, q_x)
    f.result(build(f, x), q_y)
    f.model = lambda rules, inputs: [
        move(rules.convert(inputs[0], q_x, q_y), q_y)]
    return f


def binary_move(name, r, shapes, build, move):
    f = Function(name)
    q_y = r.activation()
    types = [q_y if r.size(0, 1) else
             Quant(q_y.scale * r.scale(0.7, 1.4), r.zero()) for _ in shapes]
    values = [f.input(s, q) for s, q in zip(shapes, types)]
    f.result(build(f, *values), q_y)
    f.model = lambda rules, inputs: [move(*[
        rules.convert(i, q, q_y) for i, q in zip(inputs, types)])]
    return f


def transpose(f, x, order):
    out = f.empty([x.shape[d] for d in order], x)
    y = f.named("transpose", [x], out)
    head, _, _ = f.lines[-1].rpartition(" -> ")
    f.lines[-1] = f"{head} permutation = {list(order)}"
    return y


def reshape(f, x, op, groups, shape):
    sizes = ("" if op == "collapse_shape" else
             f" output_shape {list(shape)}")
    return type(x)(f.assign(f"tensor.{op} {x.name} {groups}{sizes} : "
                            f"{x.type} into {tensor(shape)}"), shape)


def extract(f, x, starts, sizes, steps):
    return type(x)(f.assign(
        f"tensor.extract_slice {x.name}{list(starts)} {list(sizes)} "
        f"{list(steps)} : {x.type} to {tensor(sizes)}"), sizes)


def window(starts, sizes, steps):
    return tuple(slice(a, a + (n - 1) * s + 1, s)
                 for a, n, s in zip(starts, sizes, steps))


def insert(f, part, whole, starts, steps):
    return type(whole)(f.assign(
        f"tensor.insert_slice {part.name} into {whole.name}{list(starts)} "
        f"{list(part.shape)} {list(steps)} : {part.type} into {whole.type}"),
        whole.shape)


def concat(f, axis, *parts):
    shape = list(parts[0].shape)
    shape[axis] = sum(p.shape[axis] for p in parts)
    return type(parts[0])(f.assign(
        f"tensor.concat dim({axis}) {', '.join(p.name for p in parts)} : "
        f"({', '.join(p.type for p in parts)}) -> {tensor(shape)}"), shape)


def gather_rows(f, x, rows):
    """linalg.generic that reads rows of `x` by an index tensor."""
    index = f.constant(np.asarray(rows, np.int32))
    out = f.empty((len(rows), x.shape[1]))
    y = f.fresh()
    f.line(f"{y} = linalg.generic {{indexing_maps = [affine_map<(d0, d1) -> "
           f"(d0)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = "
           f"[\"parallel\", \"parallel\"]}} ins({index.name} : "
           f"tensor<{len(rows)}xi32>) outs({out.name} : {out.type}) {{")
    f.line("^bb0(%row: i32, %old: f32):")
    f.line("%r = arith.index_cast %row : i32 to index")
    f.line("%c = linalg.index 1 : index")
    f.line(f"%e = tensor.extract {x.name}[%r, %c] : {x.type}")
    f.line("linalg.yield %e : f32")
    f.line(f"}} -> {out.type}")
    return type(x)(y, out.shape)


def tensor_gather(f, x, index, axes, shape):
    """tensor.gather; `index` has one coordinate per axis in its last dim."""
    index = f.constant(np.asarray(index, np.int32))
    of_index = tensor(index.shape, "i32")
    return type(x)(f.assign(
        f"tensor.gather {x.name}[{index.name}] gather_dims({list(axes)}) : "
        f"({x.type}, {of_index}) -> {tensor(shape)}"), shape)


def extremum(f, a, b, op):
    return f.elementwise([a, b], lambda f, args: f.assign(
        f"arith.{op} {args[0]}, {args[1]} : f32"), like=a)


def moves():
    r = Random(30)
    for i in range(4):
        yield unary_move(f"transpose_{i}", r, (2, 3, 5, 4),
                         lambda f, x: transpose(f, x, (0, 3, 1, 2)),
                         lambda c, q: c.transpose(0, 3, 1, 2))
        yield unary_move(f"transpose_dynamic_{i}", r, (None, 3, 5),
                         lambda f, x: transpose(f, x, (0, 2, 1)),
                         lambda c, q: c.transpose(0, 2, 1))
        yield unary_move(f"collapse_{i}", r, (2, 3, 5, 7), lambda f, x: reshape(
            f, x, "collapse_shape", "[[0], [1, 2, 3]]", (2, 105)),
            lambda c, q: c.reshape(2, 105))
        yield unary_move(f"expand_{i}", r, (4, 15), lambda f, x: reshape(
            f, x, "expand_shape", "[[0, 1], [2, 3]]", (2, 2, 3, 5)),
            lambda c, q: c.reshape(2, 2, 3, 5))
        steps = (1, 2, 3)
        yield unary_move(
            f"slice_{i}", r, (4, 9, 11),
            lambda f, x: extract(f, x, (1, 0, 2), (2, 5, 3), steps),
            lambda c, q: c[window((1, 0, 2), (2, 5, 3), steps)])
        for value in (0.0, 0.37, -np.inf):
            amounts = [(0, 0), (1, 2), (0, 3)]
            name = {0.0: "zero", 0.37: "value"}.get(value, "lowest")
            yield unary_move(
                f"pad_{name}_{i}", r, (2, 3, 4),
                lambda f, x, v=value: add_pad(f, x, amounts, v),
                lambda c, q, v=value: np.pad(
                    c, amounts, constant_values=int(quantize(np.float32([v]), q)[0])))
        rows = r.rng.integers(0, 9, 7)
        yield unary_move(f"gather_{i}", r, (9, 5),
                         lambda f, x, n=rows: gather_rows(f, x, n),
                         lambda c, q, n=rows: c[n])
        yield unary_move(f"tensor_gather_{i}", r, (9, 5), lambda f, x, n=rows:
                         tensor_gather(f, x, n[:, None], (0,), (7, 5)),
                         lambda c, q, n=rows: c[n])
        yield unary_move(
            f"tensor_gather_last_{i}", r, (5, 9, 3), lambda f, x, n=rows:
            tensor_gather(f, x, n[:, None], (1,), (7, 5, 1, 3)),
            lambda c, q, n=rows: c[:, n].transpose(1, 0, 2)[:, :, None])
        both = np.stack([rows % 5, rows], 1).reshape(7, 1, 2)
        yield unary_move(f"tensor_gather_two_{i}", r, (5, 9, 3), lambda f, x,
                         n=both: tensor_gather(f, x, n, (0, 1), (7, 1, 3)),
                         lambda c, q, n=both: c[n[..., 0], n[..., 1]])
        # A conversion from type to type alone.
        yield unary_move(f"convert_{i}", r, (2, 256), lambda f, x: x,
                         lambda c, q: c)


def joins():
    r = Random(31)
    for i in range(8):
        yield binary_move(f"concat_{i}", r, [(2, 3, 5), (2, 1, 5), (2, 4, 5)],
                          lambda f, *parts: concat(f, 1, *parts),
                          lambda *c: np.concatenate(c, 1))

        def inserted(part, whole):
            whole = whole.copy()
            whole[window((1, 1), (2, 3), (2, 2))] = part
            return whole

        yield binary_move(
            f"insert_{i}", r, [(2, 3), (5, 7)],
            lambda f, a, b: insert(f, a, b, (1, 1), (2, 2)), inserted)
        for op, fold in (("maximumf", np.maximum), ("minimumf", np.minimum)):
            yield binary_move(f"{op}_{i}", r, [(2, 3, 5), (2, 3, 5)],
                              lambda f, a, b, op=op: extremum(f, a, b, op), fold)


def conversions():
    """From type to type, every code, many ratios."""
    r = Random(32)
    for i in range(60):
        f = Function(f"convert_{i}")
        q_x = r.activation()
        q_y = Quant(q_x.scale * r.scale(1e-3, 1e3), r.zero())
        if i % 5 == 1:
            q_y = Quant(q_x.scale * r.pick(0.5, 1.0, 2.0, 4.0), r.zero())
        if i % 5 == 2:
            q_y = Quant(q_x.scale / 256, r.size(-300, 300), -2**15, 2**15 - 1,
                        16)
        x = f.input((1, 256), q_x)
        f.result(x, q_y)
        f.model = lambda rules, inputs, q_x=q_x, q_y=q_y: [
            rules.convert(inputs[0], q_x, q_y)]
        yield f
