#!/usr/bin/python3
#===- threads.py - Models whose layers threads share -----------------------===#
#
# Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
#===-----------------------------------------------------------------------===#
"""threads.py MODEL --data X.npy --temp DIR [--targets T...] [--batch N]
              [--min-work N] [--shared N]
threads.py NETWORK --build DIR --temp DIR ...

Compiles a model, or a network of test/Models/networks.py after quantization,
with and without --threads. Every byte must be the same: with ranges in any
order, and on the pool with 1 to 8 threads, from three callers at once. At least
`--shared` layers must be shared."""

import argparse
import concurrent.futures
import ctypes
import pathlib
import re
import subprocess
import sys

import numpy as np

from execute_x86 import runs_here
from shares import Shares

MODELS = pathlib.Path(__file__).resolve().parents[1] / "Models"
TYPES = {"float": np.float32, "int8_t": np.int8, "uint8_t": np.uint8,
         "int32_t": np.int32}


def qdot(*words):
    done = subprocess.run(["qdot", *map(str, words)], capture_output=True,
                          text=True, check=False)
    if done.returncode:
        sys.exit(f"qdot {words[0]} failed: {done.stderr[-2000:]}")


def make_network(args):
    """The integer form of a network, and samples."""
    sys.path.insert(0, str(MODELS))
    import networks
    text = getattr(networks, args.model)()
    source, target = args.temp / "float.mlir", args.temp / "int8.mlir"
    source.write_text(text)
    sizes = re.search(r"@main\(%\w+: tensor<([\dx]+)xf32>", text)[1]
    shape = [4, *map(int, sizes.split("x")[1:])]
    data = np.random.default_rng(5).standard_normal(shape).astype("f4")
    np.save(args.temp / "data.npy", data)
    qdot("quantize", source, "--data", args.temp / "data.npy", "--quiet", "-o",
         target, *args.quantize)
    return target, data


class Library:
    """One compiled form of the model."""

    def __init__(self, model, path, args, *options):
        qdot("compile", model, "-o", path, *options)
        self.library = ctypes.CDLL(str(path))
        header = path.with_suffix(".h").read_text()
        types = re.search(r"int32_t qdot_main\(const (\w+) \*input0, "
                          r"(\w+) \*output0(, int64_t batch)?\)", header)
        size = int(re.search(r"MAIN_OUTPUT0_SIZE (\d+)", header)[1])
        self.batch = [ctypes.c_int64(args.batch)] if types[3] else []
        self.group = args.batch if types[3] else int(
            re.search(r"MAIN_INPUT0_DIM0 (\d+)", header)[1])
        self.input, self.output = TYPES[types[1]], TYPES[types[2]]
        self.bytes = size * np.dtype(self.output).itemsize * (
            args.batch if types[3] else 1)

    def run(self, data):
        result = b""
        for at in range(0, len(data) // self.group * self.group, self.group):
            source = np.ascontiguousarray(data[at:at + self.group], self.input)
            target = ctypes.create_string_buffer(b"\x5a" * self.bytes,
                                                 self.bytes)
            status = self.library.qdot_main(source.ctypes.data_as(
                ctypes.c_void_p), target, *self.batch)
            assert status == 0, f"returned {status}"
            result += target.raw
        return result


def check(model, data, target, args):
    """How many layers are shared; a message if a byte differs."""
    name = target.replace(",", "-")
    plain = Library(model, args.temp / f"plain-{name}.so", args,
                    f"--target={target}")
    shared = Library(model, args.temp / f"shared-{name}.so", args,
                     f"--target={target}", "--threads=8",
                     f"--min-work={args.min_work}")
    expected = plain.run(data)
    pool = Shares()
    if not pool.install(shared.library):
        return 0, None
    for order in range(3):
        if shared.run(data) != expected:
            return pool.calls, f"ranges of order {order} change the result"
    pool.remove(shared.library)
    calls = pool.calls
    with concurrent.futures.ThreadPoolExecutor(3) as callers:
        for threads in range(1, 9):
            shared.library.qdot_set_threads(threads)
            results = list(callers.map(shared.run, [data] * 3))
            if set(results) != {expected}:
                return calls, f"{threads} threads change the result"
    assert pool.calls == calls, "the replaced pool was called again"
    return calls // (3 * max(1, len(data) // shared.group)), None


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model")
    parser.add_argument("--data", type=pathlib.Path)
    parser.add_argument("--temp", required=True, type=pathlib.Path)
    parser.add_argument("--targets", nargs="+", default=[
        "generic", "x86-avx2", "x86-avx512vnni", "generic,x86-avx2"])
    parser.add_argument("--batch", type=int, default=1)
    parser.add_argument("--min-work", type=int, default=1)
    parser.add_argument("--shared", type=int, default=1)
    parser.add_argument("--quantize", nargs="*", default=[])
    args = parser.parse_args()
    args.temp.mkdir(parents=True, exist_ok=True)
    args.temp = args.temp.resolve()
    if args.data:
        model, data = args.model, np.load(args.data)[:12]
    else:
        model, data = make_network(args)
    good = True
    for target in args.targets:
        if not runs_here(target.split(",")[-1]):
            print(f"{target}: this CPU cannot run it")
            continue
        layers, problem = check(model, data, target, args)
        if not problem and layers < args.shared:
            problem = f"expected at least {args.shared} shared layers"
        print(f"{target}: {layers} layers shared, {problem or 'same bytes'}")
        good = good and not problem
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
