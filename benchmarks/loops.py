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

DOTS = re.compile(r"(\{vex\} )?vpdp(busd|bssd|bsud|buud)|(s|u|us|su)dot"
                  r"|(s|u|us)mmla")
# What AVX2 makes of a dot product; a multiplication of bytes or words each.
MULTIPLIES = re.compile(r"vpmaddubsw|vpmaddwd")


# How the architectures spell jumps and the stack.
JUMPS = re.compile(r"j\w+|b|b\.\w+|cbn?z|tbn?z")
STACK = re.compile(r"\(%rsp|\[sp\b")


@dataclasses.dataclass
class Loop:
    """Instructions as (mnemonic, operands), the jump back included."""
    function: str
    start: int
    code: list
    triple: str

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
                if STACK.search(operands)]

    def text(self):
        """The body as assembly, without the jump."""
        return "".join(f"\t{name}\t{re.sub(r' <.*>', '', operands)}\n"
                       for name, operands in self.code[:-1])


def disassemble(path):
    """The triple of an object file, and all (function, [(address, mnemonic,
    operands)])."""
    done = subprocess.run(
        [LLVM / "llvm-objdump", "-d", "--no-show-raw-insn", path],
        capture_output=True, text=True, check=True)
    is_arm = "file format elf64-littleaarch64" in done.stdout
    return (f"{'aarch64' if is_arm else 'x86_64'}-linux-gnu",
            list(functions(done.stdout)))


def functions(text):
    """The functions in the text of a disassembly."""
    name, code = None, []
    for line in text.splitlines():
        if title := re.fullmatch(r"[0-9a-f]+ <(.*)>:", line):
            if name:
                yield name, code
            name, code = title[1], []
        elif found := re.match(r"\s*([0-9a-f]+):\s+(\{vex\}\s+)?(\S+)\s*(.*)",
                               line):
            operands = re.sub(r"\s*(# |//).*", "", found[4]).strip()
            mnemonic = ("{vex} " if found[2] else "") + found[3]
            code.append((int(found[1], 16), mnemonic, operands))
    if name:
        yield name, code


def backward_jumps(code):
    """(target, address) of each jump to a lower address."""
    for address, name, operands in code:
        target = re.search(r"(?:^|, )0x([0-9a-f]+)", operands)
        if (JUMPS.fullmatch(name) and target
                and int(target[1], 16) <= address):
            yield int(target[1], 16), address


def inner_loops(path):
    """The innermost loops of all functions."""
    triple, found = disassemble(path)
    for function, code in found:
        jumps = list(backward_jumps(code))
        for start, end in jumps:
            if any(start <= a and b <= end and (a, b) != (start, end)
                   for a, b in jumps):
                continue
            yield Loop(function, start, [(n, o) for at, n, o in code
                                         if start <= at <= end], triple)


def dot_loops(path):
    """Innermost loops that multiply bytes, most multiplications first."""
    found = [loop for loop in inner_loops(path)
             if loop.dots or loop.multiplies]
    return sorted(found, key=lambda loop: -(loop.dots + loop.multiplies))


# --- llvm-mca --------------------------------------------------------------

ITERATIONS = 200


def total_cycles(text, triple, cpu, iterations):
    """Cycles of so many iterations, by llvm-mca."""
    done = subprocess.run(
        [LLVM / "llvm-mca", f"-mtriple={triple}", f"-mcpu={cpu}",
         f"-iterations={iterations}", "-instruction-info=0",
         "-resource-pressure=0"],
        input=text, capture_output=True, text=True, check=False)
    if done.returncode:
        raise ValueError(f"llvm-mca refuses the loop: {done.stderr[:300]}")
    return int(re.search(r"Total Cycles:\s+(\d+)", done.stdout)[1])


def cycles(text, triple, cpu):
    """Cycles of one iteration; those of the first ones, which fill the
    pipeline, do not count."""
    first = total_cycles(text, triple, cpu, ITERATIONS)
    both = total_cycles(text, triple, cpu, 2 * ITERATIONS)
    return (both - first) / ITERATIONS


def independent_dots(name, operands):
    """Text of nothing but dot instructions of the same form, as many as hide
    their latency."""
    if width := re.search(r"%([xyz])mm", operands):
        return 12, "".join(f"\t{name}\t%{width[1]}mm14, %{width[1]}mm15, "
                           f"%{width[1]}mm{i}\n" for i in range(12))
    # The accumulator is written; z3.b[1] and v15.4b[3] stay what they are. An
    # operand with a lane must be one of the first eight or sixteen registers.
    kind, element = re.match(r"([vz])\d+(\.\w+)", operands).groups()
    sources = re.sub(r"\b([vz])\d+", r"\g<1>0", operands.split(", ", 1)[1])
    return 24, "".join(f"\t{name}\t{kind}{i}{element}, {sources}\n"
                       for i in range(8, 32))


def independent_rate(loop, cpu):
    """Dot instructions per cycle of a loop with nothing but independent ones
    of the same kind."""
    name, operands = next(c for c in loop.code if DOTS.match(c[0]))
    count, text = independent_dots(name, operands)
    return count / cycles(text, loop.triple, cpu)


def pair_rate(loop, cpu):
    """Dot instructions per cycle of a loop with nothing but independent pairs
    of a load and a dot instruction: what a product of one row, whose every dot
    instruction reads weights of its own, cannot exceed."""
    name, operands = next(c for c in loop.code if DOTS.match(c[0]))
    count, text = independent_dots(name, operands)
    kind = operands[0]
    # Neither accumulators nor sources of the dot instructions.
    free = [1, 2, 3, 4, 5, 6]
    pairs = []
    for number, dot in enumerate(text.splitlines(keepends=True)):
        register = free[number % len(free)]
        pairs.append(f"\tldr\tz{register}, [x0, #{number}, mul vl]\n"
                     if kind == "z" else
                     f"\tldr\tq{register}, [x0, #{16 * number}]\n")
        pairs.append(dot)
    return count / cycles("".join(pairs), loop.triple, cpu)


def relative_rate(loop, cpu):
    """(dots per cycle, the same in relation to independent dots)."""
    rate = loop.dots / cycles(loop.text(), loop.triple, cpu)
    return rate, rate / independent_rate(loop, cpu)
