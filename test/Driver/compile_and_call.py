#!/usr/bin/python3
#===- compile_and_call.py - A compiled model equals qdot run ---------------===#
#
# Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
#===-----------------------------------------------------------------------===#
"""compile_and_call.py MODEL --data F.npy --target T --temp DIR [...]

Compiles a model with one input and one output through `qdot compile`, calls it
from C (and C++, with --cxx) and compares every byte of its results with the
results of `qdot run`. --qemu runs an AArch64 program; --kind is what it is linked
with: o, a or so (so without --qemu).
"""

import argparse
import pathlib
import signal
import subprocess
import sys

import numpy as np

MAIN = r"""
#include "model.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef QDOT_MAIN_INPUT0_SCALE
/* Usable in constant expressions. */
static const double scale = QDOT_MAIN_INPUT0_SCALE;
static const int zero_point = QDOT_MAIN_INPUT0_ZERO_POINT;
#endif

int main(int argc, char **argv) {
  static char input[IN_BYTES], output[OUT_BYTES];
  long calls = argc == 2 ? atol(argv[1]) : 0;
#ifdef QDOT_MAIN_INPUT0_SCALE
  if (!(scale > 0) || zero_point < -128)
    return 4;
#endif
  while (calls-- > 0) {
    if (fread(input, 1, sizeof input, stdin) != sizeof input)
      return 2;
    if (qdot_main((const void *)input, (void *)output BATCH) != 0)
      return 3;
    fwrite(output, 1, sizeof output, stdout);
  }
  return 0;
}
"""
# C++ does not convert void pointers.
MAIN_CXX = MAIN.replace("(const void *)input", "(const IN_TYPE *)input") \
               .replace("(void *)output", "(OUT_TYPE *)output")
C_TYPES = {"float32": "float", "float64": "double", "int8": "int8_t",
           "uint8": "uint8_t", "int16": "int16_t", "int32": "int32_t",
           "int64": "int64_t"}


def build(args, temp, source, language, library, macros):
    """Compiles the caller; returns the command that runs it."""
    cxx = language == "c++"
    path = temp / ("main.cpp" if cxx else "main.c")
    path.write_text(source)
    compiler = args.cxx if cxx else args.cc
    standard = "-std=c++17" if cxx else "-std=c11"
    program = temp / f"main.{'cxx' if cxx else 'c'}.out"
    link = [f"-Wl,-rpath,{temp}"] if library.suffix == ".so" else ["-static"]
    subprocess.run([compiler, standard, "-Wall", "-Wextra", "-Werror", *macros,
                    path, library, *link, "-lm", "-o", program], check=True)
    emulator = (["qemu-aarch64-static", "-L", "/usr/aarch64-linux-gnu", "-cpu",
                 args.qemu] if args.qemu else [])
    return [*emulator, str(program)]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model")
    parser.add_argument("--data", required=True)
    parser.add_argument("--target", default="generic")
    parser.add_argument("--run-target", default="generic")
    parser.add_argument("--temp", required=True, type=pathlib.Path)
    parser.add_argument("--cc", default="cc")
    parser.add_argument("--cxx")
    parser.add_argument("--qemu", help="CPU to emulate")
    parser.add_argument("--kind", choices=["o", "a", "so"])
    parser.add_argument("--group", type=int, default=1,
                        help="samples per call, the model's batch")
    parser.add_argument("--dynamic", action="store_true",
                        help="pass --group as the batch argument")
    parser.add_argument("--limit", type=int)
    parser.add_argument("--tolerance", type=float, default=0)
    args = parser.parse_args()
    args.temp.mkdir(parents=True, exist_ok=True)
    temp = args.temp.resolve()

    data = np.load(args.data)[:args.limit]
    data = data[:len(data) // args.group * args.group]
    np.save(temp / "data.npy", data)
    subprocess.run(["qdot", "run", args.model, "--data", temp / "data.npy",
                    "--target", args.run_target, "-o", temp / "run.npy"],
                   check=True)
    expected = np.load(temp / "run.npy")

    library = temp / f"libmodel.{args.kind or ('o' if args.qemu else 'so')}"
    subprocess.run(["qdot", "compile", args.model, "--target", args.target,
                    "-o", library, "--header", temp / "model.h"],
                   check=True)
    calls = len(data) // args.group
    macros = [f"-DIN_BYTES={data.nbytes // calls}",
              f"-DOUT_BYTES={expected.nbytes // calls}",
              f"-DIN_TYPE={C_TYPES[data.dtype.name]}",
              f"-DOUT_TYPE={C_TYPES[expected.dtype.name]}",
              f"-DBATCH={f',{args.group}' if args.dynamic else ''}"]
    languages = [("c", MAIN)] + ([("c++", MAIN_CXX)] if args.cxx else [])
    for language, source in languages:
        command = build(args, temp, source, language, library, macros)
        output = subprocess.run([*command, str(calls)], input=data.tobytes(),
                                capture_output=True, check=False)
        if output.returncode:
            status = -output.returncode
            sys.exit(f"{language}: " + (signal.Signals(status).name
                                        if status > 0 else
                                        f"exit code {output.returncode}"))
        output = output.stdout
        got = np.frombuffer(output, expected.dtype).reshape(expected.shape)
        if output == expected.tobytes():
            print(f"{language}: {len(data)} samples, same bytes")
            continue
        error = np.abs(got.astype(float) - expected.astype(float)).max()
        print(f"{language}: largest difference {error:.3g}")
        if not error <= args.tolerance:
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
