#===- mca.py - Inner loops of dot products by llvm-mca --------------------===#
#
# Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
#===-----------------------------------------------------------------------===#
"""The table `mca`: dot instructions per cycle of each inner loop, in relation
to a loop of nothing but independent dot instructions, as llvm-mca models them;
and all instructions per dot instruction, as Bochs or QEMU count them. Neither
needs the CPU. AArch64: activations are s8; the tiles of other libraries, made
by our generator, stand beside ours."""

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

# Models of llvm-mca that are right about these instructions, and the share of
# the independent dot instructions that is to be reached.
CPUS = {
    "x86-avx512vnni": {"icelake-server": 0.97},
    "x86-avxvnni": {"alderlake": 0.97},
    "aarch64-dotprod": {"neoverse-n1": 0.90, "neoverse-n2": 0.95,
                        "neoverse-v1": 0.97, "neoverse-v2": 0.97,
                        "cortex-a55": 0.70},
    "aarch64-i8mm": {"neoverse-n2": 0.95, "neoverse-v1": 0.97,
                     "neoverse-v2": 0.97},
    "aarch64-sve": {"neoverse-n2": 0.95, "neoverse-v1": 0.97,
                    "neoverse-v2": 0.97},
}
# Instructions are counted for these targets: products of one dot instruction,
# the limit of instructions for each, the emulator, and what it needs.
COUNTS = {
    "x86-avx512vnni": (64, 1.15, "bochs", "bochs-bin"),
    "aarch64-dotprod": (16, 1.2, "qemu_aarch64", "qemu-aarch64"),
    "aarch64-i8mm": (32, 1.2, "qemu_aarch64", "qemu-aarch64"),
}
# Tiles of other libraries (their sources; rows x columns).
PEERS = {
    "aarch64-dotprod": {
        "MLAS, IREE 8x8": "dot rows 8 vectors 2 lanes 4 unroll 4 load 16",
        "XNNPACK 4x16": "dot rows 4 vectors 4 lanes 4 unroll 4 load 16",
        "KleidiAI 16x4": "dot rows 16 vectors 1 lanes 4 unroll 4 load 16"},
    "aarch64-i8mm": {
        "MLAS, IREE, KleidiAI 8x8": "matrix rows 8 vectors 2 lanes 4 unroll 4",
        "XNNPACK 4x16": "matrix rows 4 vectors 4 lanes 4 unroll 4",
        "KleidiAI 16x4": "matrix rows 16 vectors 1 lanes 4 unroll 4"},
    # At 256 bits.
    "aarch64-sve": {
        "KleidiAI 16x8":
            "scalable_matrix rows 16 vectors 1 lanes 4 unroll 4"},
}
COUNTED = "512x512x512"
# llvm-mca's figure of a loop depends a little on where the loop starts.
PEER_GOAL = 0.999


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


def measured(name, rate):
    return Measured(name, 1 / rate, 1 / rate)


def rate_row(name, loop, cpu, goal):
    """One inner loop."""
    rate, relative = loops.relative_rate(loop, cpu)
    return RateRow("mca", name, measured("qdot", rate),
                   [measured("independent dots", rate / relative)], goal)


def pair_row(name, loop, cpu, goal):
    """The same beside independent loads and dot instructions."""
    return RateRow("mca", name,
                   measured("qdot", loops.relative_rate(loop, cpu)[0]),
                   [measured("independent pairs of load and dot",
                             loops.pair_rate(loop, cpu))], goal)


def different_loops(path):
    """Loops with dot instructions that differ, those with most of them
    first."""
    seen = {}
    for loop in loops.dot_loops(path):
        if loop.dots:
            seen.setdefault(loop.text(), loop)
    return list(seen.values())


def rate_rows(target, shape, path):
    """Every loop; of AArch64, with more CPUs, the one with most dots."""
    found = different_loops(path)
    if is_arm(target):
        found = found[:1]
    for cpu, goal in CPUS[target].items():
        where = f"{target}/{cpu}" if is_arm(target) else target
        for number, loop in enumerate(found, 1):
            yield rate_row(f"{where}/{shape.name}/{number}: {loop.dots} dots of "
                           f"{len(loop.code)}", loop, cpu, goal)
            if is_arm(target) and shape.name.startswith("1x"):
                yield pair_row(f"{where}/{shape.name}/{number} to loads",
                               loop, cpu, goal)


def is_arm(target):
    return target.startswith("aarch64")


# --- tiles of others -------------------------------------------------------


def forced(contract, kernel):
    """A model, lowered to `qdot.contract`, with this kernel."""
    before, behind = contract.split("attributes {", 1)
    return f"{before}attributes {{kernel = #qdot.kernel<{kernel}>, {behind}"


def peer_rows(target, shape, path, contract, compile_to, folder):
    """Our widest loop against those of the peers' tiles."""
    own = different_loops(path)[:1]
    if not own or not PEERS.get(target):
        return
    widest = {}
    for peer, kernel in PEERS[target].items():
        model, code = folder / "forced.mlir", folder / "forced.o"
        model.write_text(forced(contract, kernel))
        compile_to(model, target, code)
        widest[peer] = different_loops(code)[0]
    for cpu in CPUS[target]:
        rates = {peer: loops.relative_rate(loop, cpu)[0]
                 for peer, loop in widest.items()}
        yield RateRow("mca", f"{target}/{cpu}/{shape.name} to tiles of others",
                      measured("qdot", loops.relative_rate(own[0], cpu)[0]),
                      [measured(f"{peer}, {widest[peer].dots} dots of "
                                f"{len(widest[peer].code)}", rate)
                       for peer, rate in rates.items()], PEER_GOAL)


# --- instructions ----------------------------------------------------------


def instructions(code, shape, operands, emulator, folder):
    """Of one call, in an emulator: of two less those of one."""
    from emulation.emulate import Program
    program = Program(folder, code, ["qdot_main"], emulator)
    size = shape.m * shape.n
    counts = []
    for repeats in (1, 2):
        program.call([(0, [operands.x], [size], None)], repeats)
        counts.append(program.instructions)
    return counts[1] - counts[0]


def count_row(target, shape, model, operands, compile_to, folder):
    """All instructions of a call for each dot instruction that it needs."""
    products, limit, emulator, _ = COUNTS[target]
    # Bochs wants other assembly in places; GNU's assembler wants to be told
    # what AArch64 instructions there are.
    code = folder / f"counted.{'s' if emulator == 'bochs' else 'o'}"
    compile_to(model, target, code)
    count = instructions(code, shape, operands, emulator, folder)
    dots = shape.m * shape.n * shape.k / products
    return CountRow("mca", f"{target}/{shape.name}/instructions",
                    Measured("qdot", count / dots, count / dots),
                    [Measured("limit", limit, limit)], 1)


def wants_count(target, shape):
    return (shape.name == COUNTED and target in COUNTS
            and shutil.which(COUNTS[target][3]))


# --- rows ------------------------------------------------------------------


def target_rows(target, shape, tools, folder):
    """Rows of one kernel. `tools` are compile_to(model, target, output) and
    contract(model), the text of the model as `qdot.contract`."""
    compile_to, contract = tools
    operands = kernels.make_operands(shape, "a8")
    model, path = folder / "model.mlir", folder / "model.o"
    model.write_text(kernels.model_text(shape, operands, "a8", is_arm(target)))
    compile_to(model, target, path)
    yield from rate_rows(target, shape, path)
    if shape.name == COUNTED and PEERS.get(target):
        yield from peer_rows(target, shape, path, contract(model), compile_to,
                             folder)
    if wants_count(target, shape):
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

    def contract(model):
        return bench.compiler.optimize(
            model, "--pass-pipeline=builtin.module(qdot-fuse-epilogues)")

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
                yield from target_rows(target, shape, (compile_to, contract),
                                       folder)
            except (Failed, ValueError) as error:
                bench.fail(f"mca/{target}/{shape.name}", error)
