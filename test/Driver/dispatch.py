#!/usr/bin/python3
#===- dispatch.py - One object for several targets -------------------------===#
#
# Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
#===-----------------------------------------------------------------------===#
"""dispatch.py MODEL --data F.npy --temp DIR --targets A,B,... [--cc CC]
               [--native] [--emulate CPU=TARGET ...] [--force CPU ...]

Compiles a model with one input and one output for several targets at once and
links a static program. --native forces each variant that this machine can run,
by QDOT_TARGET, and expects status 2 for the others. --emulate runs the program
in QEMU's user mode on CPU, where it must choose TARGET (`none`: status 2).
--force does that, too, with each variant forced, which must be chosen up to the
best one of the CPU, and status 2 expected for better ones.
Whatever runs must give the bytes of `qdot run --target=reference`."""

import argparse
import os
import pathlib
import subprocess
import sys

import numpy as np

# From worst to best.
ORDER = ["generic", "aarch64-dotprod", "aarch64-i8mm", "aarch64-sve"]

MAIN = """
#include "model.h"
#include <stdio.h>

int main(void) {
  static float input[QDOT_MAIN_INPUT0_SIZE], output[QDOT_MAIN_OUTPUT0_SIZE];
  static char workspace[QDOT_MAIN_WORKSPACE_SIZE + 1];
  const char *target = qdot_main_target();
  fprintf(stderr, "%s", target ? target : "none");
  if (qdot_main_workspace_size() != QDOT_MAIN_WORKSPACE_SIZE)
    return 4;
  for (long call = 0; fread(input, sizeof input, 1, stdin) == 1; ++call) {
    int32_t status = call % 2 ? qdot_main(input, output)
                              : qdot_main_in_workspace(input, output, workspace);
    if (status != 0)
      return status;
    fwrite(output, sizeof output, 1, stdout);
  }
  return 0;
}
"""


def is_runnable(target, args):
    """Whether this machine can run code for the target, tried on the identity."""
    (args.temp / "id.mlir").write_text(
        "func.func @main(%x: tensor<1xf32>) -> tensor<1xf32> "
        "{ return %x : tensor<1xf32> }")
    np.save(args.temp / "one.npy", np.float32([1]))
    return subprocess.run(
        ["qdot", "run", args.temp / "id.mlir", "--data", args.temp / "one.npy",
         "-o", args.temp / "native.npy", "--target", target],
        capture_output=True).returncode == 0


def check(command, wish, want, args, data, expected):
    """Runs the program; `want` is the target that it must choose."""
    environment = {k: v for k, v in os.environ.items() if k != "QDOT_TARGET"}
    if wish is not None:
        environment["QDOT_TARGET"] = wish
    done = subprocess.run(command, input=data.tobytes(), capture_output=True,
                          env=environment)
    # QEMU also warns about features that it lacks.
    chosen = done.stderr.decode().splitlines()[-1]
    label = f"{' '.join(map(str, command[:-1])) or 'native'}, {wish}"
    status = 2 if want == "none" else 0
    output = b"" if want == "none" else expected.tobytes()
    if (chosen, done.returncode) != (want, status) or done.stdout != output:
        sys.exit(f"{label}: expected {want}, got {chosen}, status "
                 f"{done.returncode}, same bytes: {done.stdout == output}")
    print(f"{label}: {chosen}")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model")
    parser.add_argument("--data", required=True)
    parser.add_argument("--targets", required=True)
    parser.add_argument("--temp", required=True, type=pathlib.Path)
    parser.add_argument("--cc", default="cc")
    parser.add_argument("--qemu", default="qemu-x86_64-static")
    parser.add_argument("--native", action="store_true")
    parser.add_argument("--emulate", nargs="+", default=[])
    parser.add_argument("--force", nargs="+", default=[])
    args = parser.parse_args()
    args.temp.mkdir(parents=True, exist_ok=True)

    data = np.load(args.data)[:6]
    np.save(args.temp / "data.npy", data)
    subprocess.run(["qdot", "run", args.model, "--data", args.temp / "data.npy",
                    "--target=reference", "-o", args.temp / "reference.npy"],
                   check=True)
    expected = np.load(args.temp / "reference.npy")
    subprocess.run(["qdot", "compile", args.model, "--target", args.targets,
                    "-o", args.temp / "model.o"], check=True)
    (args.temp / "main.c").write_text(MAIN)
    program = args.temp / "main.out"
    subprocess.run([args.cc, "-static", "-O1", "-Wall", "-Werror",
                    args.temp / "main.c", args.temp / "model.o", "-lm", "-o",
                    program], check=True)
    targets = args.targets.split(",")
    if args.native:
        best = "none"
        for target in ("generic", "x86-avx2", "x86-avxvnni", "x86-avxvnniint8",
                       "x86-avx512vnni"):
            runs = target in targets and is_runnable(target, args)
            best = target if runs else best
            check([program], target, target if runs else "none", args, data,
                  expected)
        for wish in (None, ""):
            check([program], wish, best, args, data, expected)
        for wish in ("z80", "x86", "generic "):
            check([program], wish, "none", args, data, expected)
    best = dict(case.rsplit("=", 1) for case in args.emulate)
    for cpu, want in best.items():
        check([args.qemu, "-cpu", cpu, program], None, want, args, data,
              expected)
    for cpu in args.force:
        runs = ORDER.index(best[cpu])
        for wish in targets:
            want = wish if ORDER.index(wish) <= runs else "none"
            check([args.qemu, "-cpu", cpu, program], wish, want, args, data,
                  expected)


if __name__ == "__main__":
    main()
