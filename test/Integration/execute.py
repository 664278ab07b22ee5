#!/usr/bin/python3
#===- execute.py - Compiled code, reference and numpy give the same bytes -===#
#
# Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
#===-----------------------------------------------------------------------===#
"""execute.py GROUP... --temp DIR [--numerics C...] [--targets T...]

For every case of a group (generate.py): integerize it, compile it for the
targets, run it on full-range data, and compare every byte with numpy
(cases/rules.py) and with qdot's interpreter (under tosa-single every function,
under the other contracts every fifth). --model=C computes the numpy model under
another contract; the comparison must then fail."""

import argparse
import ctypes
import pathlib
import subprocess
import sys

import numpy as np

from cases.rules import CONTRACTS, Rules
from generate import GROUPS, generate

DYNAMIC = (3, 1)  # The batches that a dynamic size is run with.


def dtype(q):
    return {8: np.int8, 16: np.int16, 32: np.int32}[max(q.bits, 8)]


def run(*command):
    """Runs a program; what it printed is in the exception."""
    result = subprocess.run([str(c) for c in command], capture_output=True,
                            text=True)
    if result.returncode:
        raise RuntimeError(f"{' '.join(map(str, command))}\n"
                           f"{result.stderr[-4000:]}")
    return result.stdout


def fill(rng, shape, q, kind):
    """Codes: everything at random with a third of extremes, or extremes only."""
    marks = [q.lo, q.hi, q.lo, q.hi, int(np.clip(0, q.lo, q.hi)), q.zero,
             q.lo + 1, q.hi - 1]
    codes = rng.integers(q.lo, q.hi + 1, shape)
    share = {"mixed": 0.34, "extreme": 1.0}.get(kind, 0)
    codes = np.where(rng.random(shape) < share, rng.choice(marks, shape), codes)
    if kind == "every":  # Every code in turn, for tables and elementwise.
        codes = (np.arange(codes.size) % (q.hi - q.lo + 1) + q.lo).reshape(shape)
    if kind in ("lowest", "highest"):
        codes = np.full(shape, q.lo if kind == "lowest" else q.hi)
    return np.ascontiguousarray(codes.astype(dtype(q)))


def concrete(shape, batch):
    return tuple(batch if size is None else size for size in shape)


def samples(function, seed):
    """(batch, inputs) of one function."""
    rng = np.random.default_rng(seed)
    is_dynamic = any(None in shape for shape, _ in function.inputs)
    for number, kind in enumerate(("mixed", "mixed", "extreme", "every",
                                   "lowest", "highest")):
        batch = DYNAMIC[number % 2]
        yield (batch if is_dynamic else None,
               [fill(rng, concrete(shape, batch), q, kind)
                for shape, q in function.inputs])


class Library:
    """A compiled module."""

    def __init__(self, path):
        self.library = ctypes.CDLL(str(path))

    def call(self, function, batch, inputs):
        guard = 64
        outputs = []
        for shape, q in [(s, q) for _, s, q in function.outputs]:
            shape = concrete(shape, batch)
            size = int(np.prod(shape)) * np.dtype(dtype(q)).itemsize
            raw = np.full(size + 2 * guard, 0xA5, np.uint8)
            outputs.append((raw, shape, dtype(q)))
        arguments = [ctypes.c_void_p(x.ctypes.data) for x in inputs]
        arguments += [ctypes.c_void_p(raw.ctypes.data + guard)
                      for raw, _, _ in outputs]
        if batch is not None:
            arguments.append(ctypes.c_int64(batch))
        status = getattr(self.library, "qdot_" + function.name)(*arguments)
        assert status == 0, f"{function.name} returned {status}"
        results = []
        for raw, shape, kind in outputs:
            edges = np.concatenate([raw[:guard], raw[-guard:]])
            assert (edges == 0xA5).all(), f"{function.name} wrote outside"
            results.append(raw[guard:-guard].view(kind).reshape(shape))
        return results


def compare(function, what, expected, got, inputs, problems):
    for number, (want, have) in enumerate(zip(expected, got, strict=True)):
        want = np.asarray(want).reshape(have.shape)
        if np.array_equal(want, have):
            continue
        different = np.argwhere(want != have)
        at = tuple(different[0])
        problems.append(f"{function.name}: {what}, result {number}: "
                        f"{len(different)} of {have.size} values differ, first "
                        f"at {[int(i) for i in at]}: expected {want[at]}, got "
                        f"{have[at]}")


def check_signature(functions, text, contract):
    """Every argument and result is an integer: nothing stayed in float."""
    for line in text.splitlines():
        if line.lstrip().startswith("func.func"):
            assert "xf32>" not in line and "tensor<f32>" not in line, line
    assert "arith.mulf" not in text and "qdot.dequantize" not in text, contract


def check_reference(function, module, folder, calls, problems):
    """One run of the interpreter over all calls with the same batch."""
    for batch in {batch for batch, _, _ in calls}:
        chosen = [c for c in calls if c[0] == batch]
        data, outputs = [], []
        for number in range(len(function.inputs)):
            path = folder / f"in{number}.npy"
            stacked = np.stack([inputs[number] for _, inputs, _ in chosen])
            if batch is not None:
                stacked = stacked.reshape(-1, *stacked.shape[2:])
            np.save(path, stacked)
            data += ["--data", path]
        for number in range(len(function.outputs)):
            outputs += ["-o", folder / f"out{number}.npy"]
        more = ["--batch", batch] if batch is not None else []
        run("qdot", "run", module, "--entry", function.name, *more, *data,
            *outputs, "--target", "reference")
        for number, (_, shape, _) in enumerate(function.outputs):
            got = np.load(folder / f"out{number}.npy")
            want = np.stack([o[number] for _, _, o in chosen])
            compare(function, "reference against compiled",
                    [got.reshape(want.shape)], [want], None, problems)


def execute(group, contract, model_contract, args):
    functions, text = generate(group)
    folder = args.temp / f"{group}-{contract}"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "model.mlir").write_text(text)
    module = folder / "integer.mlir"
    run("qdot-opt", "--pass-pipeline=builtin.module(qdot-integerize{numerics="
        f"{contract} allow=none quantize-signature=true}})",
        folder / "model.mlir", "-o", module)
    check_signature(functions, module.read_text(), contract)
    libraries = []
    for target in args.targets:
        run("qdot", "compile", module, "--target", target, "-o",
            folder / f"{target}.so")
        libraries.append((target, Library(folder / f"{target}.so")))
    rules, problems, count = Rules(model_contract), [], 0
    for seed, function in enumerate(functions):
        calls = []
        for batch, inputs in samples(function, seed):
            expected = function.model(rules, inputs)
            for target, library in libraries:
                got = library.call(function, batch, inputs)
                compare(function, f"numpy against {target}", expected, got,
                        inputs, problems)
                count += sum(y.size for y in got)
            calls.append((batch, inputs, got))
        # Contracts differ in one op only, which execute_scalars.py covers.
        if args.reference and (contract == CONTRACTS[0] or seed % 5 == 0):
            check_reference(function, module, folder, calls, problems)
    for problem in problems[:args.show]:
        print(f"{group}, {contract}: {problem}")
    print(f"{group}, {contract}: {len(functions)} functions, {count} values, "
          f"{len(problems)} differences")
    return not problems


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("groups", nargs="+", choices=GROUPS)
    parser.add_argument("--numerics", nargs="+", default=CONTRACTS,
                        choices=CONTRACTS)
    parser.add_argument("--model", choices=CONTRACTS)
    parser.add_argument("--targets", nargs="+", default=["generic", "host"])
    parser.add_argument("--no-reference", dest="reference",
                        action="store_false")
    parser.add_argument("--temp", required=True, type=pathlib.Path)
    parser.add_argument("--show", type=int, default=20)
    args = parser.parse_args()
    args.temp = args.temp.resolve()
    good = [execute(group, contract, args.model or contract, args)
            for group in args.groups for contract in args.numerics]
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
