#===- mca.py - Inner loops of VNNI kernels by llvm-mca --------------------===#
#
# Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
#===-----------------------------------------------------------------------===#
"""The table `mca`: dot instructions per cycle of each inner loop, in relation
to a loop of nothing but independent dot instructions, as llvm-mca models them;
and all instructions per dot instruction, as Bochs counts them. Neither needs
the CPU."""

import dataclasses
import pathlib
import shutil
import sys

import kernels
import loops
import shapes
from measure import Measured, Row
from workers import Failed

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "test"))

# Models of llvm-mca that are right about these instructions.
CPUS = {"x86-avx512vnni": "icelake-server", "x86-avxvnni": "alderlake"}
LANES = {"x86-avx512vnni": 16, "x86-avxvnni": 8}
RATE_GOAL, COUNT_GOAL = 0.97, 1.15
COUNTED = "512x512x512"


@dataclasses.dataclass
class RateRow(Row):
    """`best` of ours and of the rival are cycles per dot instruction."""

    @property
    def unit(self):
        return "dots/cycle"

    def value(self, seconds):
        return seconds and 1 / seconds


@dataclasses.dataclass
class CountRow(Row):
    """`best` is the number of instructions per dot instruction; the rival is
    the limit, and the ratio is to reach 1."""

    @property
    def unit(self):
        return "instructions/dot"

    def value(self, seconds):
        return seconds


def rate_row(target, name, loop):
    """One inner loop."""
    rate, relative = loops.relative_rate(loop, CPUS[target])
    return RateRow("mca", f"{target}/{name}", Measured("qdot", 1 / rate, 1 / rate),
                   [Measured("independent dots", relative / rate,
                             relative / rate)], RATE_GOAL)


def rate_rows(target, shape, path):
    """Loops that differ, those with most dot instructions first."""
    seen = set()
    for loop in loops.dot_loops(path):
        if loop.dots and loop.text() not in seen:
            seen.add(loop.text())
            yield rate_row(target, f"{shape.name}/{len(seen)}: {loop.dots} dots "
                           f"of {len(loop.code)}", loop)


# --- instructions ----------------------------------------------------------


def instructions(assembly, shape, operands, folder):
    """Of one call, in Bochs: of two less those of one."""
    from emulation.emulate import Program
    program = Program(folder, assembly, ["qdot_main"], "bochs")
    size = shape.m * shape.n
    counts = []
    for repeats in (1, 2):
        program.call([(0, [operands.x], [size], None)], repeats)
        counts.append(program.instructions)
    return counts[1] - counts[0]


def count_row(target, shape, model, operands, compile_to, folder):
    """All instructions of a call for each dot instruction that it needs."""
    assembly = folder / "counted.s"
    compile_to(model, target, assembly)
    count = instructions(assembly, shape, operands, folder)
    dots = shape.m * shape.n * shape.k / (4 * LANES[target])
    return CountRow("mca", f"{target}/{shape.name}/instructions",
                    Measured("qdot", count / dots, count / dots),
                    [Measured("limit", COUNT_GOAL, COUNT_GOAL)], 1)


# --- rows ------------------------------------------------------------------


def target_rows(target, shape, compile_to, folder):
    """Rows of one kernel; `compile_to(model, target, output)`."""
    operands = kernels.make_operands(shape, "a8")
    model, path = folder / "model.mlir", folder / "model.o"
    model.write_text(kernels.model_text(shape, operands, "a8"))
    compile_to(model, target, path)
    yield from rate_rows(target, shape, path)
    if shape.name == COUNTED and target == "x86-avx512vnni" and shutil.which(
            "bochs-bin"):
        yield count_row(target, shape, model, operands, compile_to, folder)


def mca_rows(bench):
    """The table, as tables.py wants it."""
    if not (loops.LLVM / "llvm-mca").exists():
        bench.say("mca is left out: there is no llvm-mca")
        return
    folder = bench.folder / "mca"
    folder.mkdir(parents=True, exist_ok=True)

    def compile_to(model, target, path):
        bench.compiler.call("compile", model, f"--target={target}", "-o", path)

    every = [*shapes.GEMMS, *shapes.CONVS]
    if bench.options.smoke:
        every = shapes.SMOKE[:1]
    elif bench.options.quick:
        every = [s for s in every if s.name == COUNTED]
    for target in CPUS:
        for shape in every:
            if not bench.wants(f"mca/{target}/{shape.name}"):
                continue
            try:
                yield from target_rows(target, shape, compile_to, folder)
            except Failed as error:
                bench.fail(f"mca/{target}/{shape.name}", error)
