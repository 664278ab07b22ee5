#!/usr/bin/python3
#===- execute_cross.py - The same cases, compiled for AArch64, in QEMU ----===#
#
# Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
#===-----------------------------------------------------------------------===#
"""execute_cross.py GROUP... --temp DIR [--target T] [--cpu C] [--numerics C]

Compiles a group of generate.py for an AArch64 target, links one static program
that calls every function, runs it under qemu-aarch64-static and compares every
byte with numpy (cases/rules.py)."""

import argparse
import pathlib
import subprocess
import sys

import numpy as np

from cases.rules import CONTRACTS, Rules
from execute import compare, concrete, dtype, run, samples
from generate import GROUPS, generate

HEAD = """#include "model.h"
#include <stdio.h>

static _Alignas(64) char in[8][1 << 20], out[8][1 << 20];

static int get(void *data, size_t bytes) {
  return fread(data, 1, bytes, stdin) == bytes;
}

int main(void) {
  int64_t batch = 1;
"""


def sizes(values):
    """C expressions of the bytes of arguments or results."""
    for shape, q in values:
        count = int(np.prod([n for n in shape if n is not None]))
        yield f"{count * np.dtype(dtype(q)).itemsize} * batch"


def create_call(function, calls):
    """C code: read the batch and the inputs, call, write the results."""
    results = [(shape, q) for _, shape, q in function.outputs]
    is_dynamic = any(None in shape for shape, _ in function.inputs)
    arguments = [f"(const void *)in[{i}]" for i in range(len(function.inputs))]
    arguments += [f"(void *)out[{i}]" for i in range(len(results))]
    arguments += ["batch"] if is_dynamic else []
    lines = [f"  for (int call = 0; call < {calls}; ++call) {{",
             "    if (!get(&batch, sizeof batch)) return 2;"]
    lines += [f"    if (!get(in[{i}], {size})) return 2;"
              for i, size in enumerate(sizes(function.inputs))]
    lines.append(f"    if (qdot_{function.name}({', '.join(arguments)})) "
                 "return 3;")
    lines += [f"    fwrite(out[{i}], 1, {size}, stdout);"
              for i, size in enumerate(sizes(results))]
    return "\n".join([*lines, "  }", ""])


def execute(group, args):
    functions, text = generate(group)
    folder = args.temp / f"{group}-{args.numerics}"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "float.mlir").write_text(text)
    run("qdot-opt", "--pass-pipeline=builtin.module(qdot-integerize{numerics="
        f"{args.numerics} allow=none quantize-signature=true}})",
        folder / "float.mlir", "-o", folder / "integer.mlir")
    run("qdot", "compile", folder / "integer.mlir", "--target", args.target,
        "-o", folder / "model.o")
    calls = [list(samples(f, seed)) for seed, f in enumerate(functions)]
    (folder / "main.c").write_text(
        HEAD + "".join(map(create_call, functions, map(len, calls)))
        + "  return 0;\n}\n")
    run("aarch64-linux-gnu-gcc", "-static", "-O1", "-Wall", "-Werror",
        folder / "main.c", folder / "model.o", "-lm", "-o", folder / "main")
    data = b"".join(np.int64(batch or 1).tobytes()
                    + b"".join(x.tobytes() for x in inputs)
                    for parts in calls for batch, inputs in parts)
    output = subprocess.run(
        ["qemu-aarch64-static", "-cpu", args.cpu, str(folder / "main")],
        input=data, capture_output=True, check=True).stdout
    rules, problems, at = Rules(args.numerics), [], 0
    for function, parts in zip(functions, calls):
        for batch, inputs in parts:
            got = []
            for _, shape, q in function.outputs:
                shape = concrete(shape, batch)
                kind = np.dtype(dtype(q))
                size = int(np.prod(shape)) * kind.itemsize
                got.append(np.frombuffer(output[at:at + size], kind).reshape(shape))
                at += size
            compare(function, f"numpy against {args.target}",
                    function.model(rules, inputs), got, inputs, problems)
    assert at == len(output), "more output than results"
    print("\n".join(problems[:20]))
    print(f"{group}, {args.numerics}, {args.target}: {len(functions)} "
          f"functions, {len(output)} bytes, {len(problems)} differences")
    return not problems


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("groups", nargs="+", choices=GROUPS)
    parser.add_argument("--target", default="aarch64-dotprod")
    parser.add_argument("--cpu", default="max")
    parser.add_argument("--numerics", default=CONTRACTS[0], choices=CONTRACTS)
    parser.add_argument("--temp", required=True, type=pathlib.Path)
    args = parser.parse_args()
    args.temp = args.temp.resolve()
    return 0 if all([execute(group, args) for group in args.groups]) else 1


if __name__ == "__main__":
    sys.exit(main())
