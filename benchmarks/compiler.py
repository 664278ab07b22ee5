#===- compiler.py - What `qdot` makes for the benchmark -------------------===#
#
# Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
#===-----------------------------------------------------------------------===#
"""Compiles models; a result is kept until the model, the options or the
programs change."""

import hashlib
import pathlib
import re
import shutil
import subprocess

from workers import Failed


class Compiler:
    """The programs of one build folder; results go to `folder`, where those
    of other programs are deleted."""

    def __init__(self, build, folder):
        self.program = pathlib.Path(build) / "bin" / "qdot"
        parts = [self.program, pathlib.Path(build) / "lib" / "libqdot.so"]
        version = "".join(f"{part.stat().st_mtime_ns} {part.stat().st_size} "
                          for part in parts if part.exists())
        name = hashlib.sha256(version.encode()).hexdigest()[:16]
        self.folder = folder / "compiled" / name
        for other in self.folder.parent.glob("*"):
            if other != self.folder:
                shutil.rmtree(other)
        self.folder.mkdir(parents=True, exist_ok=True)

    def call(self, *words):
        return self.execute(self.program, *words)

    def optimize(self, model, *passes):
        """What `qdot-opt` prints."""
        return self.execute(self.program.with_name("qdot-opt"), model, *passes)

    @staticmethod
    def execute(program, *words):
        done = subprocess.run([str(word) for word in (program, *words)],
                              text=True, capture_output=True, check=False)
        if done.returncode < 0:
            raise Failed(f"{program.name} {words[0]} crashed (signal "
                         f"{-done.returncode})")
        if done.returncode:
            lines = done.stderr.strip().splitlines() or ["no message"]
            raise Failed(next((line for line in lines if "error" in line),
                              lines[0])[:300])
        return done.stdout

    def has_option(self, command, option):
        return option in self.call(command, "--help")

    def cached(self, model, words, suffix):
        """The path that the result of these words has."""
        key = hashlib.sha256()
        key.update(pathlib.Path(model).read_bytes())
        key.update(repr([str(word) for word in words]).encode())
        return self.folder / f"{key.hexdigest()[:24]}{suffix}"

    def compile(self, model, target, *options):
        """The shared library of a model."""
        library = self.cached(model, (target, *options), ".so")
        if not library.exists():
            self.call("compile", model, f"--target={target}", *options,
                      "-o", library)
        return library

    def quantize(self, model, data, *options):
        """The integer form of a model, calibrated on a .npy file."""
        quantized = self.cached(model, (data, *options), ".mlir")
        if not quantized.exists():
            self.call("quantize", "--quiet", model, f"--data={data}",
                      *options, "-o", quantized)
        return quantized


def sizes(library):
    """Bytes of the input and of the output, by the header beside a library."""
    text = library.with_suffix(".h").read_text()
    result = []
    for name in ("INPUT0", "OUTPUT0"):
        element = re.search(rf"/\* {name.lower()}: (\w+)", text)[1]
        width = {"float": 4, "int32_t": 4, "int8_t": 1, "uint8_t": 1}[element]
        count = re.search(rf"MAIN_{name}_SIZE (\d+)", text)[1]
        result.append(width * int(count))
    return tuple(result)
