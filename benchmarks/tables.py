#===- tables.py - The rows of each table ----------------------------------===#
#
# Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
#===-----------------------------------------------------------------------===#
"""One function per table; each yields rows as they are measured. TABLES names
them. Another table is another function (and module)."""

import os
import re

import kernels
import rivals
import shapes
import workers
from mca import mca_rows  # before models, which finds tools/mca.py
from floats import calibrate_rows, float_rows
from measure import Measured, Row, measure
from models import model_rows
from workers import Absent, Failed

QUICK = {"1x1024x1024", "64x768x768", "512x512x512", "3136x64x576"}


class Bench:
    """What all tables need: options, the compiler, the running workers."""

    def __init__(self, options, compiler, folder):
        self.options, self.compiler, self.folder = options, compiler, folder
        self.messages = []          # why something was left out
        self.failed = []            # names of rows of ours without a result
        self.workers = {}           # by name; None if absent
        self.core = max(os.sched_getaffinity(0))

    def say(self, text):
        if text not in self.messages:
            self.messages.append(text)

    def fail(self, row, error):
        """Notes that ours did not get as far as a row."""
        self.failed.append(row)
        self.say(f"{row} is left out: {error}")

    def wants(self, row):
        return re.search(self.options.only, row) is not None

    def worker(self, name, start, *arguments):
        """A worker on the benchmark's core, started once; None if absent."""
        if name not in self.workers:
            try:
                if name.split()[0] in self.options.without:
                    raise Absent("left out by --without")
                self.workers[name] = start(self.folder, [self.core], *arguments)
            except (Absent, OSError) as error:
                self.workers[name] = None
                self.say(f"{name.split()[0]} is absent: {error}")
        return self.workers[name]

    def qdot(self):
        return self.worker("qdot", workers.start_qdot)

    def onnxruntime(self):
        return self.worker("onnxruntime", workers.start_onnxruntime,
                           self.options.build)

    def onnxruntime_overhead(self):
        """Seconds that a trip of the loop costs; measured once."""
        if not hasattr(self, "overhead"):
            import onnx_models
            path, x = self.folder / "overhead.onnx", self.folder / "zeros"
            onnx_models.save_overhead(path)
            x.write_bytes(bytes(64))
            entrant = rivals.Entrant("overhead", self.onnxruntime(), (path, x),
                                     lambda raw: None)
            self.overhead = self.measure([entrant])[0].best or 0.0
        return self.overhead

    def library_entrants(self, target, shape, files, exact):
        """Kernels of the libraries that are installed."""
        for name, start, make in (
                ("onednn", workers.start_onednn, rivals.onednn_entrants),
                ("openblas", workers.start_openblas, rivals.openblas_entrants)):
            worker = self.worker(f"{name} {target}", start, target)
            if worker:
                yield from make(worker, shape, files, exact)

    def rows(self, table, cases, make):
        """The rows that `make(self, *case, name)` yields for every (name, *case)
        that is wanted; a case without a result of ours is noted."""
        for name, *case in cases:
            if not self.wants(f"{table}/{name}"):
                continue
            try:
                yield from make(self, *case, name)
            except Failed as error:
                self.fail(f"{table}/{name}", error)

    def measure(self, entrants):
        return measure(entrants, self.options.rounds, self.options.turn)

    def close(self):
        for worker in filter(None, self.workers.values()):
            worker.close()


# --- gemm and conv ---------------------------------------------------------


def kernel_model(bench, shape, operands, activations):
    """The file of the kernel's model."""
    folder = bench.folder / f"{shape.name}_{activations}"
    folder.mkdir(parents=True, exist_ok=True)
    model = folder / "model.mlir"
    model.write_text(kernels.model_text(shape, operands, activations,
                                        bench.options.signed))
    return model


def kernel_rivals(bench, target, shape, files, exact):
    """The rivals that are installed."""
    yield from bench.library_entrants(target, shape, files, exact)
    worker = bench.onnxruntime()
    if worker:
        beyond = workers.beyond(target)
        yield from rivals.onnxruntime_entrants(
            worker, shape, files, exact, f"uses {beyond}" if beyond else "",
            bench.onnxruntime_overhead())


def kernel_row(bench, target, shape, activations, name):
    """One kernel: data, ours, the rivals, their turns."""
    operands = kernels.make_operands(shape, activations)
    exact = rivals.exact_result(shape, operands)
    model = kernel_model(bench, shape, operands, activations)
    files = rivals.Files(model.parent, shape, operands)
    entrants, ours = [], None
    try:
        library = bench.compiler.compile(model, target)
        entrants.append(rivals.qdot_entrant(bench.qdot(), library, shape, files,
                                            exact, bench.options.signed))
    except Failed as error:
        ours = Measured("qdot", absent=str(error))
    entrants += kernel_rivals(bench, target, shape, files, exact)
    results = bench.measure(entrants)
    return Row(shape.table, name, ours or results.pop(0), results,
               shapes.goal(target, shape, activations), shape.operations)


def kernel_rows(bench, listed):
    """Rows of the listed shapes, targets outermost. The range of activations
    matters only where byte products may saturate: on AVX2."""
    for target in bench.options.targets:
        ranges = ["a8", "a7"] if target == "x86-avx2" else ["a8"]
        for activations in ranges:
            for shape in listed:
                name = f"{target}/{activations}/{shape.name}"
                if bench.wants(f"{shape.table}/{name}"):
                    yield kernel_row(bench, target, shape, activations, name)


def listed(bench, table, full):
    if bench.options.smoke:
        return [shape for shape in shapes.SMOKE if shape.table == table]
    if bench.options.quick:
        return [shape for shape in full
                if table == "conv" or shape.name in QUICK]
    return full


def gemm_rows(bench):
    return kernel_rows(bench, listed(bench, "gemm", shapes.GEMMS))


def conv_rows(bench):
    return kernel_rows(bench, listed(bench, "conv", shapes.CONVS))


# --- threads ---------------------------------------------------------------


def thread_entrants(bench, shape, target, pair):
    """Two threads, then one, on the same two cores."""
    operands = kernels.make_operands(shape, "a8")
    exact = rivals.exact_result(shape, operands)
    model = kernel_model(bench, shape, operands, "a8")
    files = rivals.Files(model.parent, shape, operands)
    for name, options in (("qdot 2 threads", ["--threads=2"]),
                          ("qdot 1 thread", [])):
        library = bench.compiler.compile(model, target, *options)
        entrant = rivals.qdot_entrant(pair, library, shape, files, exact,
                                      bench.options.signed)
        entrant.name = name
        yield entrant


def thread_rows(bench):
    """Ours on two threads against ours on one; the wall clock decides."""
    cores = sorted(os.sched_getaffinity(0))[-2:]
    if len(cores) < 2:
        return bench.say("threads are left out: there is one core")
    if not bench.compiler.has_option("compile", "--threads"):
        return bench.say(
            "threads are left out: `qdot compile` has no --threads")
    pair = workers.start_qdot(bench.folder, cores)
    for target in bench.options.targets:
        for shape in [] if bench.options.smoke else shapes.THREADED:
            name = f"{target}/{shape.name}"
            if not bench.wants(f"threads/{name}"):
                continue
            try:
                entrants = list(thread_entrants(bench, shape, target, pair))
            except Failed as error:
                bench.fail(f"threads/{name}", error)
                continue
            two, one = bench.measure(entrants)
            yield Row("threads", name, two, [one], shapes.THREADS_GOAL,
                      shape.operations)
    pair.close()


TABLES = {"gemm": gemm_rows, "conv": conv_rows, "model": model_rows,
          "float": float_rows, "calibrate": calibrate_rows,
          "threads": thread_rows, "mca": mca_rows}
