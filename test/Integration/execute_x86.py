#!/usr/bin/python3
#===- execute_x86.py - Every kernel, on every x86 target ------------------===#
#
# Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
#===-----------------------------------------------------------------------===#
"""execute_x86.py GROUP... --temp DIR [--targets T...] [--full]

Compiles the functions of cases/sweep.py for the x86 targets, calls them with
full-range data between forbidden pages and compares every byte with numpy.
Targets that this CPU cannot run are left out (execute_emulated.py runs those).
--full: every M and N from 1 to 17 with every K from 1 to 130 as constants.
--threads: every kernel is shared by ranges of its units, in any order.
--saturating: numpy computes what vpmaddubsw would without a proof; the
comparison must then fail."""

import argparse
import ctypes
import os
import pathlib
import shutil
import signal
import sys
import time

import numpy as np

from cases import sweep
from execute import run
from guarded import Arena
from shares import Shares

FLAGS = {"generic": set(), "x86-avx2": {"avx2", "fma"},
         "x86-avxvnni": {"avx_vnni"}, "x86-avxvnniint8": {"avx_vnni_int8"},
         "x86-avx512vnni": {"avx512_vnni", "avx512vl", "avx512bw"}}
BATCHES = range(1, 18)


def cpu_flags():
    """What the CPU has, as Linux names it."""
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("flags"):
            return set(line.split(":")[1].split())
    return set()


def runs_here(target):
    return FLAGS[target] <= cpu_flags()


def fill(rng, shape, codes, kind):
    """Codes of the range: a third of them extremes, or nothing else."""
    values = rng.integers(codes.lo, codes.hi + 1, shape)
    share = 1.0 if kind == "extreme" else 0.34
    ends = rng.choice([codes.lo, codes.hi], shape)
    return np.where(rng.random(shape) < share, ends, values).astype(codes.dtype)


def samples(function, seed, batches=BATCHES):
    """(batch, inputs); an open size takes all values of `batches`."""
    if hasattr(function, "samples"):
        yield from ((None, inputs) for inputs in function.samples)
        return
    rng = np.random.default_rng(seed)
    is_open = any(None in x.shape for x in function.inputs)
    for number, batch in enumerate(batches if is_open else (None,) * 2):
        kind = ("mixed", "extreme")[number % 2]
        yield batch, [fill(rng, [batch if n is None else n for n in x.shape],
                           x.codes, kind) for x in function.inputs]


def result_types(function, batch):
    return [([batch if n is None else n for n in y.shape],
             {"i8": np.int8, "i32": np.int32}[y.element])
            for y in function.outputs]


def difference(want, got):
    """A sentence about the first difference, or None."""
    want = want.reshape(got.shape)
    wrong = np.argwhere(want != got)
    if not len(wrong):
        return None
    at = tuple(wrong[0])
    return (f"{len(wrong)} of {got.size} values differ, first at "
            f"{[int(i) for i in at]}: expected {want[at]}, got {got[at]}")


class Checker:
    """Calls the functions of a module for several targets. What is going on is
    in `note`, which survives a crash."""

    def __init__(self, matmul, note):
        self.matmul, self.note, self.arena = matmul, note, Arena()
        self.problems, self.values = [], 0

    def check(self, libraries, function, seed):
        for number, (batch, inputs) in enumerate(samples(function, seed)):
            expected = function.model(self.matmul, inputs)
            for target, library in libraries:
                where = f"{target}: {function.name}, batch {batch}"
                self.note.set(f"{where}, placement {number}")
                call = getattr(library, "qdot_" + function.name)
                try:
                    results = self.arena.call(
                        call, inputs, result_types(function, batch), batch,
                        number + seed)
                except AssertionError as error:
                    self.problems.append(f"{where}: {error}")
                    continue
                for i, (want, got) in enumerate(zip(expected, results)):
                    self.values += got.size
                    wrong = difference(want, got)
                    if wrong:
                        self.problems.append(f"{where}, result {i}: {wrong}")


class Note:
    """A text in memory that a child shares with its parent."""

    def __init__(self):
        import mmap
        self.memory = mmap.mmap(-1, 4096)

    def set(self, text):
        self.memory[:256] = text.encode()[:256].ljust(256, b"\0")

    def get(self):
        return self.memory[:256].rstrip(b"\0").decode()


def in_child(action, note):
    """True if `action()` returned true; a crash is told with the note."""
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            status = 0 if action() else 1
        except BaseException:  # Nothing of the parent may run twice.
            import traceback
            traceback.print_exc()
        sys.stdout.flush()
        os._exit(status)
    status = os.waitpid(child, 0)[1]
    if os.WIFSIGNALED(status):
        name = signal.Signals(os.WTERMSIG(status)).name
        print(f"{name} in {note.get()}")
    return status == 0


def execute(name, functions, targets, args):
    """One module."""
    started = time.monotonic()
    folder = args.temp / name
    folder.mkdir(parents=True, exist_ok=True)
    model = folder / "model.mlir"
    model.write_text("\n".join(f.text() for f in functions))
    for target in targets:
        run("qdot", "compile", model, "--target", target, "-o",
            folder / f"{target}.so", *args.compile)
    compiled = time.monotonic()
    note = Note()

    def check():
        checker = Checker(sweep.saturating_matmul if args.saturating
                          else sweep.exact_matmul, note)
        libraries = [(t, ctypes.CDLL(str(folder / f"{t}.so"))) for t in targets]
        pools = [Shares(seed) for seed in range(len(targets))]
        if args.threads:
            for pool, (_, library) in zip(pools, libraries):
                pool.install(library)
        for seed, function in enumerate(functions):
            checker.check(libraries, function, seed)
        for problem in checker.problems[:args.show]:
            print(f"{name}: {problem}")
        print(f"{name}: {len(functions)} functions, {checker.values} values, "
              f"{len(checker.problems)} problems; "
              f"{sum(pool.calls for pool in pools)} calls shared; "
              f"{compiled - started:.1f} s to compile, "
              f"{time.monotonic() - compiled:.1f} s to run")
        return not checker.problems and (
            not args.threads or all(pool.calls for pool in pools))

    is_good = in_child(check, note)
    if is_good and not args.keep:
        shutil.rmtree(folder)
    return is_good


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("groups", nargs="*", choices=[*sweep.GROUPS, []])
    parser.add_argument("--temp", required=True, type=pathlib.Path)
    parser.add_argument("--targets", nargs="+", choices=FLAGS,
                        default=["x86-avx2", "x86-avxvnni", "x86-avx512vnni"])
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--part", type=int, nargs=2, default=(0, 1),
                        metavar=("I", "N"), help="every N-th function, from I")
    parser.add_argument("--only", help="functions whose name contains this")
    parser.add_argument("--saturating", action="store_true")
    parser.add_argument("--threads", action="store_true")
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("--show", type=int, default=20)
    args = parser.parse_args()
    args.temp = args.temp.resolve()
    args.compile = ["--threads=8", "--min-work=1"] if args.threads else []
    targets = [t for t in args.targets if runs_here(t)]
    for target in set(args.targets) - set(targets):
        print(f"this CPU cannot run {target}")
    modules = [(g, list(sweep.GROUPS[g]())[args.part[0]::args.part[1]])
               for g in args.groups]
    if args.full:
        modules = ((f"k{k}", f) for k, f in enumerate(sweep.every_tile(), 1))
    good = []
    for name, functions in modules:
        chosen = [f for f in functions if not args.only or args.only in f.name]
        if chosen and targets:
            good.append(execute(name, chosen, targets, args))
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
