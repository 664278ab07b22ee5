#===- emulate.py - Calls compiled functions on a CPU that is not here -----===#
#
# Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
#===-----------------------------------------------------------------------===#
"""Links assembly of `qdot compile` to a static program (calls.c) and runs it in
an emulator: `bochs`, `vnniemu`, which is linked in and also runs natively what
the CPU has, or `qemu_aarch64`, which counts instructions (guarded calls of
AArch64 code: qemu.py)."""

import os
import pathlib
import re
import subprocess
import sys

import numpy as np

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
import bochs  # noqa: E402

CLANG = bochs.LLVM / "clang"
GCC_ARM = "aarch64-linux-gnu-gcc"


def avoid_errors_of_bochs(text):
    """Bochs 2.7 takes the short displacement of vpextrw with an EVEX prefix for
    bytes, where it counts words: vpextrw gets long ones."""
    return re.sub(r"^(\s*)vpextrw\b", r"\1{disp32} vpextrw", text, flags=re.M)


class Program:
    """Assembly of `qdot compile`, or an object where the emulator is not bochs,
    with the names of its functions."""

    def __init__(self, folder, assembly, names, emulator):
        self.folder, self.emulator = folder, emulator
        self.statistics, self.instructions = "", 0
        declared = "".join(f"extern Function {name};\n" for name in names)
        (folder / "functions.h").write_text(
            f"{declared}static Function *const functions[] = "
            f"{{{', '.join(names)}, 0}};\n")
        self.path = folder / "calls"
        flags = ["-O1", "-Wall", "-Werror", "-static"]
        is_arm = emulator == "qemu_aarch64"
        compiler = [GCC_ARM, "-Wa,-march=armv8.6-a+sve"] if is_arm else [CLANG, "-mno-avx"]
        if emulator == "bochs":
            assembly.write_text(avoid_errors_of_bochs(assembly.read_text()))
        sources = [HERE / "calls.c", assembly]
        if emulator == "vnniemu":
            sources.append(HERE / "vnniemu.c")
        subprocess.run([*compiler, *flags, f"-I{folder}", *sources, "-lm", "-o",
                        self.path], check=True)

    def call(self, calls, repeats=1):
        """`calls` are (function, inputs, sizes of outputs, batch or None);
        the bytes of all outputs, in order."""
        data = b""
        for function, inputs, sizes, batch in calls:
            words = [function, len(inputs), len(sizes),
                     -1 if batch is None else batch,
                     *[x.nbytes for x in inputs], *sizes]
            data += np.array(words, np.int64).tobytes()
            data += b"".join(np.ascontiguousarray(x).tobytes() for x in inputs)
        output = getattr(self, f"run_{self.emulator}")(data, str(repeats))
        expected = sum(sum(sizes) for _, _, sizes, _ in calls)
        assert len(output) == expected, "more or less output than results"
        return output

    def run_bochs(self, data, repeats):
        result = bochs.run(self.path, ["in", "out", repeats], {"in": data},
                           root=os.environ.get("QDOT_BOCHS", ""))
        assert result.status == 0, (f"exit code {result.status}: "
                                    f"{result.stderr.decode()}")
        self.instructions = result.instructions
        self.statistics = f"{result.instructions} instructions in Bochs"
        return result.files["out"]

    def run_vnniemu(self, data, repeats):
        (self.folder / "in").write_bytes(data)
        result = subprocess.run(
            [self.path, self.folder / "in", self.folder / "out", repeats],
            capture_output=True, text=True, check=False,
            env=dict(os.environ, VNNIEMU_STATS="1"))
        assert result.returncode == 0, (f"exit code {result.returncode}: "
                                        f"{result.stderr}")
        self.statistics = result.stderr.strip()
        return (self.folder / "out").read_bytes()

    def run_qemu_aarch64(self, data, repeats):
        plugin = self.folder / "qemu_count.so"
        subprocess.run([CLANG, "-shared", "-fPIC", "-O1", "-Wall", "-Werror",
                        HERE / "qemu_count.c", "-o", plugin], check=True)
        (self.folder / "in").write_bytes(data)
        result = subprocess.run(
            ["qemu-aarch64", "-cpu", os.environ.get("QEMU_CPU", "max"),
             "-plugin", plugin, self.path, self.folder / "in",
             self.folder / "out", repeats],
            capture_output=True, text=True, check=False)
        assert result.returncode == 0, (f"exit code {result.returncode}: "
                                        f"{result.stderr}")
        self.instructions = int(re.search(r"(\d+) instructions",
                                          result.stderr)[1])
        self.statistics = f"{self.instructions} instructions in QEMU"
        return (self.folder / "out").read_bytes()
