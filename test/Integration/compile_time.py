#===- compile_time.py - Quantizing and compiling is linear ----------------===#
#
# Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
#===-----------------------------------------------------------------------===#
"""compile_time.py PROGRAM TEMP

Quantizes and compiles models of 1 and of 4 million weights, more layers and
wider ones, and fails when processor time or memory grow faster than the weights
by more than the limits below. These are far above what is measured
(docs/Performance.md) and far below what anything quadratic would need."""

import os
import pathlib
import sys

import numpy as np

import dense_model

TARGETS = ["generic", "x86-avx2", "x86-avx512vnni"]
# Processor seconds of the larger model in those of the smaller one. Linear is
# 4 or less (there is a fixed part), quadratic 16.
MAX_RATIO = 8.0
# Peak memory may grow by this many times the bytes of the f32 weights: the
# model in text, as read, and what is made of it.
MAX_MEMORY = 6.0
# Time of a model this small is all fixed cost; it is not compared.
MIN_SECONDS = 0.05


def spend(*command):
    """Runs a program: (processor seconds, peak memory in bytes)."""
    process = os.posix_spawn(command[0], [str(w) for w in command], os.environ)
    _, status, usage = os.wait4(process, 0)
    if status:
        sys.exit(f"{' '.join(str(w) for w in command)}: status {status}")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024


def best(*command):
    """The least of two runs: noise only adds."""
    return np.minimum(spend(*command), spend(*command))


def measure(program, folder, width, layers):
    """What each step spends on one model, and the bytes of its weights."""
    model = folder / f"dense_{width}_{layers}.mlir"
    size = dense_model.write_model(model, width, layers)
    stats, quantized = model.with_suffix(".json"), model.with_suffix(".mlirbc")
    spend(program, "calibrate", "--quiet", model,
          f"--data={model.with_suffix('.npy')}", "-o", stats)
    spent = {"quantize": best(program, "quantize", "--quiet", model,
                              f"--stats={stats}", "-o", quantized)}
    for target in TARGETS:
        spent[target] = best(program, "compile", "--quiet", quantized,
                             f"--target={target}", "-o", folder / "model.o")
    return spent, size


def main():
    program, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    small, small_size = measure(program, folder, 512, 4)
    problems = []
    for width, layers in ((512, 16), (1024, 4)):
        large, large_size = measure(program, folder, width, layers)
        for step, (seconds, memory) in large.items():
            ratio = seconds / max(small[step][0], MIN_SECONDS)
            growth = (memory - small[step][1]) / (large_size - small_size)
            line = (f"{width}x{width} x {layers}, {step}: {seconds:.2f} s is "
                    f"{ratio:.1f} times that of a quarter, memory grows by "
                    f"{growth:.1f} times the weights")
            print(line)
            if ratio > MAX_RATIO or growth > MAX_MEMORY:
                problems.append(line)
    if problems:
        sys.exit("not linear:\n" + "\n".join(problems))


main()
