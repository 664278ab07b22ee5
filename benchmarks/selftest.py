#!/usr/bin/python3
#===- selftest.py - The benchmark's own logic -----------------------------===#
#
# Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
#===-----------------------------------------------------------------------===#
"""Which rival decides a row, what the tables say about wrong and missing
results, the exact result against plain loops, and the ONNX form of networks."""

import csv
import itertools
import pathlib
import tempfile
import unittest

import numpy as np

import kernels
import networks
import report
import rivals
import shapes
from measure import Measured, Row, measure
from workers import Failed


def row(rivals_, ours=None, **options):
    ours = ours or Measured("qdot", 1e-6, 2e-6)
    return Row("gemm", "t/1x1x1", ours, rivals_, 1.1, 1000, **options)


def rival(name, best, **options):
    return Measured(name, best, best, **options)


class Choice(unittest.TestCase):
    """Which rival a row is about."""

    def test_wrong_counts_and_is_marked(self):
        one = row([rival("slow", 2e-6), rival("fast", 5e-7, problem="off")])
        self.assertEqual(report.cells(one), ["gemm", "t/1x1x1", "GOP/s", "1",
                                             "2", "fast (wrong)", "0.5", "1.1"])
        self.assertEqual(one.fastest(True).name, "slow")
        self.assertIs(one.is_met, False)

    def test_wrong_does_not_count_for_models(self):
        one = row([rival("slow", 2e-6), rival("fast", 5e-7, problem="off")],
                  only_right=True)
        self.assertEqual(one.peer.name, "slow")
        self.assertIs(one.is_met, True)

    def test_less_work_does_not_count(self):
        one = row([rival("slow", 2e-6), rival("s32", 5e-7, output="s32")])
        self.assertEqual(one.peer.name, "slow")

    def test_incomparable_only_if_alone(self):
        other = rival("other", 5e-7, note="uses more")
        self.assertEqual(row([rival("slow", 2e-6), other]).peer.name, "slow")
        self.assertEqual(report.cells(row([other]))[5],
                         "other (not comparable: uses more)")

    def test_nobody(self):
        one = row([Measured("gone", absent="no library")])
        self.assertEqual(report.cells(one)[3:], ["1", "", "", "", "1.1"])
        self.assertIsNone(one.is_met)

    def test_ours_wrong_has_no_ratio(self):
        one = row([rival("slow", 2e-6)],
                  Measured("qdot", 1e-6, 1e-6, problem="off"))
        self.assertEqual(report.cells(one)[3:7], ["wrong", "0.5", "slow", ""])

    def test_times(self):
        one = Row("model", "m", Measured("qdot", 1e-6, 1e-6),
                  [rival("ort", 2.5e-6)], None)
        self.assertEqual(report.cells(one)[2:],
                         ["us", "1", "2.5", "ort", "2.5", ""])


class FakeWorker:
    """Answers as a worker would; `fails` names a command that it refuses."""

    def __init__(self, output=b"", times="1e-6 2e-6", fails=None):
        self.output, self.times, self.fails = output, times, fails
        self.asked = []

    def ask(self, command, identity, *words):
        self.asked.append(command)
        if command == self.fails:
            raise Failed("refused")
        if command == "run":
            words[0].write_bytes(self.output)
        return self.times.split() if command == "result" else []


class Turns(unittest.TestCase):

    def entrant(self, worker):
        return rivals.Entrant("one", worker, (), lambda raw:
                              None if raw == b"right" else "off")

    def test_right_wrong_and_refusing(self):
        workers = [FakeWorker(b"right"), FakeWorker(b"left"),
                   FakeWorker(fails="load")]
        right, wrong, absent = measure([self.entrant(w) for w in workers], 3, 1)
        self.assertEqual((right.best, right.median, right.problem),
                         (1e-6, 2e-6, None))
        self.assertEqual(wrong.problem, "off")
        self.assertEqual((absent.absent, absent.best), ("refused", None))
        self.assertEqual(workers[0].asked.count("time"), 3)
        self.assertEqual(workers[2].asked.count("time"), 0)


class Files(unittest.TestCase):

    def test_csv_and_document(self):
        rows = [row([rival("slow", 2e-6)])]
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            report.write_all(folder, rows)
            with open(folder / "benchmark.csv", newline="") as file:
                header, line = csv.reader(file)
            self.assertEqual(header, ["table", "row", "unit", "ours", "peer",
                                      "best_peer", "ratio", "goal"])
            self.assertEqual(len(line), len(header))
            document = folder / "page.md"
            document.write_text(f"a\n{report.BEGIN}\nold\n{report.END}\nb\n")
            report.update_document(document, ["new"])
            self.assertEqual(document.read_text(),
                             f"a\n{report.BEGIN}\nnew\n{report.END}\nb\n")


def plain_sum(shape, o, y):
    """One accumulator, by its definition."""
    if isinstance(shape, shapes.Gemm):
        return sum(int(o.x[y[0], k]) * int(o.w[k, y[1]])
                   for k in range(shape.k)) + int(o.bias[y[1]])
    total = int(o.bias[y[3]])
    for i, j in itertools.product(range(shape.r), repeat=2):
        h, w = (y[d] * shape.stride + t - shape.pad
                for d, t in ((1, i), (2, j)))
        if not (0 <= h < shape.h and 0 <= w < shape.w):
            continue
        x = o.x[0, h, w].astype(int)
        total += (int(x @ o.w[i, j, :, y[3]].astype(int)) if shape.o
                  else int(x[y[3]]) * int(o.w[i, j, y[3]]))
    return total


def plain_code(total, scale):
    """R1, R2 and R4 on Python's integers."""
    fraction, exponent = np.frexp(np.float64(scale))
    m, s = int(np.floor(fraction * 2.0**31 + 0.5)), 31 - int(exponent)
    return min(max(((total * m + (1 << (s - 1))) >> s) + 128, 0), 255)


class ExactResult(unittest.TestCase):

    def test_against_plain_loops(self):
        for shape, name in itertools.product(shapes.SMOKE, shapes.RANGES):
            operands = kernels.make_operands(shape, name)
            exact = rivals.exact_result(shape, operands)
            for y in np.ndindex(*shape.y_shape):
                total = plain_sum(shape, operands, y)
                self.assertEqual(exact.sums[y], total)
                self.assertEqual(exact.codes[y],
                                 plain_code(total, operands.scale[y[-1]]))

    def test_a_wrong_value_is_found(self):
        shape = shapes.SMOKE[0]
        exact = rivals.exact_result(shape, kernels.make_operands(shape, "a8"))
        codes = exact.codes ^ 0x80
        check = rivals.checks(exact)["qdot"]
        self.assertIsNone(check(codes.tobytes()))
        codes.flat[7] ^= 1
        self.assertIn("wrong", check(codes.tobytes()))
        self.assertIn("values instead of", check(b""))


class OnnxForm(unittest.TestCase):

    def nodes(self, name):
        f, result = networks.NETWORKS[name](32)
        arrays = dict(f.arrays)
        ranges = {value: (-1.0, 1.0) for value in f.rounded()}
        return f, result, f.quantized(ranges, arrays), arrays

    def test_nodes_read_what_is_there(self):
        for name in networks.NETWORKS:
            f, result, quantized, arrays = self.nodes(name)
            for nodes in (f.nodes, quantized):
                known = {"arg0", *arrays}
                for node in nodes:
                    self.assertLessEqual(set(node.inputs), known, node)
                    self.assertNotIn(node.output, known)
                    known.add(node.output)
                self.assertIn(result.name[1:], known)

    def test_layers_have_integers_on_both_sides(self):
        _, _, nodes, arrays = self.nodes("resnet18")
        makers = {node.output: node for node in nodes}
        readers = {i: node for node in nodes for i in node.inputs}
        for node in nodes:
            if node.kind not in ("Conv", "Gemm"):
                continue
            self.assertEqual({makers[i].kind for i in node.inputs},
                             {"DequantizeLinear"})
            reader = readers[node.output]
            if reader.kind == "Relu":
                reader = readers[reader.output]
            self.assertEqual(reader.kind, "QuantizeLinear")
            weight = arrays[makers[node.inputs[1]].inputs[0]]
            self.assertEqual((weight.dtype, np.abs(weight).max()),
                             (np.int8, 127))


if __name__ == "__main__":
    unittest.main()
