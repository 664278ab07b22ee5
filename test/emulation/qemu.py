#===- qemu.py - Calls functions compiled for AArch64, in QEMU -------------===#
#
# Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
#===-----------------------------------------------------------------------===#
"""Links an object of `qdot compile` to a static AArch64 program (guarded.c) and
runs it in QEMU's user mode on any CPU that QEMU knows; on an AArch64 machine,
without QEMU."""

import pathlib
import platform
import subprocess

import numpy as np

HERE = pathlib.Path(__file__).resolve().parent
GCC = "aarch64-linux-gnu-gcc"


class Crash(Exception):
    """What the program died of; `call` is the number of the call, or None."""

    def __init__(self, text):
        super().__init__(text)
        words = text.split()
        self.call = (int(words[1].rstrip(":"))
                     if words[:1] == ["call"] else None)


class Program:
    """An object file, with the names of its functions."""

    def __init__(self, folder, code, names):
        declared = "".join(f"extern Function {name};\n" for name in names)
        (folder / "functions.h").write_text(
            f"{declared}static Function *const functions[] = "
            f"{{{', '.join(names)}, 0}};\n")
        self.path = folder / "guarded"
        subprocess.run([GCC, "-O1", "-Wall", "-Werror", "-static",
                        f"-I{folder}", HERE / "guarded.c", code, "-lm", "-o",
                        self.path], check=True)

    def call(self, calls, cpu):
        """`calls` are (function, inputs, types of outputs as (shape, dtype),
        batch or None, placement); the bytes of all outputs, in order."""
        parts = []
        for function, inputs, types, batch, placement in calls:
            sizes = [int(np.prod(shape)) * np.dtype(kind).itemsize
                     for shape, kind in types]
            words = [function, len(inputs), len(types),
                     -1 if batch is None else batch, placement,
                     *[x.nbytes for x in inputs], *sizes, *[1] * len(inputs),
                     *[np.dtype(kind).itemsize for _, kind in types]]
            parts.append(np.array(words, np.int64).tobytes())
            parts += [np.ascontiguousarray(x).tobytes() for x in inputs]
        emulator = ([] if platform.machine() == "aarch64" and cpu == "max"
                    else ["qemu-aarch64-static", "-cpu", cpu])
        done = subprocess.run([*emulator, self.path], input=b"".join(parts),
                              capture_output=True, check=False)
        if done.returncode:
            lines = done.stderr.decode().strip().splitlines()
            raise Crash(lines[-1] if lines else f"exit {done.returncode}")
        return done.stdout
