#===- loops.py - Inner loops of compiled code -----------------------------===#
#
# Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
#===-----------------------------------------------------------------------===#
"""Finds the innermost loops of an object file in its disassembly, and what
llvm-mca says about them."""

import dataclasses
import os
import pathlib
import re
import subprocess

LLVM = pathlib.Path(os.environ.get("LLVM", "/usr/lib/llvm-22/bin"))

DOTS = re.compile(r"(\{vex\} )?vpdp(busd|bssd|bsud|buud)")
# What AVX2 makes of a dot product; a multiplication of bytes or words each.
MULTIPLIES = re.compile(r"vpmaddubsw|vpmaddwd")


@dataclasses.dataclass
class Loop:
    """Instructions as (mnemonic, operands), the jump back included."""
    function: str
    start: int
    code: list

    def count(self, pattern):
        return sum(1 for name, _ in self.code if re.match(pattern, name))

    @property
    def dots(self):
        return self.count(DOTS)

    @property
    def multiplies(self):
        return self.count(MULTIPLIES)

    @property
    def stack_accesses(self):
        """Operands on the stack: spilled values."""
        return [f"{name} {operands}" for name, operands in self.code
                if "(%rsp" in operands]

    def text(self):
        """The body as assembly, without the jump."""
        return "".join(f"\t{name}\t{operands}\n"
                       for name, operands in self.code[:-1])


def disassemble(path):
    """(function, [(address, mnemonic, operands)]) of an object file."""
    done = subprocess.run(
        [LLVM / "llvm-objdump", "-d", "--no-show-raw-insn", path],
        capture_output=True, text=True, check=True)
    name, code = None, []
    for line in done.stdout.splitlines():
        if title := re.fullmatch(r"[0-9a-f]+ <(.*)>:", line):
            if name:
                yield name, code
            name, code = title[1], []
        elif found := re.match(r"\s*([0-9a-f]+):\s+(\{vex\}\s+)?(\S+)\s*(.*)",
                               line):
            operands = re.sub(r"\s*#.*", "", found[4]).strip()
            mnemonic = ("{vex} " if found[2] else "") + found[3]
            code.append((int(found[1], 16), mnemonic, operands))
    if name:
        yield name, code


def backward_jumps(code):
    """(target, address) of each jump to a lower address."""
    for address, name, operands in code:
        target = re.match(r"0x([0-9a-f]+)", operands)
        if name.startswith("j") and target and int(target[1], 16) <= address:
            yield int(target[1], 16), address


def inner_loops(path):
    """The innermost loops of all functions."""
    for function, code in disassemble(path):
        jumps = list(backward_jumps(code))
        for start, end in jumps:
            if any(start <= a and b <= end and (a, b) != (start, end)
                   for a, b in jumps):
                continue
            yield Loop(function, start, [(n, o) for at, n, o in code
                                         if start <= at <= end])


def dot_loops(path):
    """Innermost loops that multiply bytes, most multiplications first."""
    found = [loop for loop in inner_loops(path)
             if loop.dots or loop.multiplies]
    return sorted(found, key=lambda loop: -(loop.dots + loop.multiplies))


# --- llvm-mca --------------------------------------------------------------

ITERATIONS = 200


def cycles(text, cpu):
    """Cycles of one iteration, by llvm-mca."""
    done = subprocess.run(
        [LLVM / "llvm-mca", "-mtriple=x86_64-linux-gnu", f"-mcpu={cpu}",
         f"-iterations={ITERATIONS}", "-instruction-info=0",
         "-resource-pressure=0"],
        input=text, capture_output=True, text=True, check=True)
    return int(re.search(r"Total Cycles:\s+(\d+)", done.stdout)[1]) / ITERATIONS


def independent_rate(loop, cpu):
    """Dot instructions per cycle of a loop with nothing but independent ones
    of the same kind."""
    name, operands = next(c for c in loop.code if DOTS.match(c[0]))
    width = re.search(r"%([xyz])mm", operands)[1]
    text = "".join(f"\t{name}\t%{width}mm14, %{width}mm15, %{width}mm{i}\n"
                   for i in range(12))
    return 12 / cycles(text, cpu)


def relative_rate(loop, cpu):
    """(dots per cycle, the same in relation to independent dots)."""
    rate = loop.dots / cycles(loop.text(), cpu)
    return rate, rate / independent_rate(loop, cpu)
