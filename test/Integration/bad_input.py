#!/usr/bin/python3
#===- bad_input.py - What the driver says to broken input -----------------===#
#
# Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
#===-----------------------------------------------------------------------===#
"""bad_input.py GROUP --build BUILD

Runs the cases of one group, each in a folder of its own. A refused command
must exit with 1 (never by a signal), say on stderr what is wrong, and leave
the folder as it was: no output, complete or partial. An accepted one must exit
with 0. Every case runs; the exit code is 1 when one of them went otherwise."""

import argparse
import io
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

import numpy as np

MODEL = """\
func.func @main(%x: tensor<1x4xf32>) -> tensor<1x3xf32> {
  %w = arith.constant dense<[[1.0, -0.5, 0.25], [0.5, 1.0, -1.0],
                             [-0.25, 0.5, 0.75], [1.0, 0.125, -0.5]]>
    : tensor<4x3xf32>
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<1x3xf32>
  %i = linalg.fill ins(%zero : f32) outs(%e : tensor<1x3xf32>)
    -> tensor<1x3xf32>
  %y = linalg.matmul ins(%x, %w : tensor<1x4xf32>, tensor<4x3xf32>)
    outs(%i : tensor<1x3xf32>) -> tensor<1x3xf32>
  return %y : tensor<1x3xf32>
}
"""


def normal(*shape, seed=0):
    return np.random.default_rng(seed).normal(0, 1, shape).astype(np.float32)


def npy(array):
    """The bytes of an .npy file."""
    out = io.BytesIO()
    np.save(out, array)
    return out.getvalue()


def header(text):
    """An .npy file of version 1.0 with this header and no data."""
    data = text.encode()
    return b"\x93NUMPY\x01\x00" + len(data).to_bytes(2, "little") + data


class Cases:
    """Runs commands and collects what went wrong."""

    def __init__(self, build):
        self.qdot = pathlib.Path(build).resolve() / "bin" / "qdot"
        self.problems, self.count = [], 0
        self.folder = None

    def write(self, **files):
        """Starts a case: a fresh folder with the model, good data, and the
        given files (model for model.mlir, data for data.npy, ...)."""
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="qdot-bad-"))
        files = {"model": MODEL, "data": npy(normal(20, 4)), **files}
        ends = {"data": ".npy", "stats": ".json", "other": ".npy"}
        for name, content in files.items():
            path = self.folder / (name + ends.get(name, ".mlir"))
            if content is not None:
                path.write_bytes(content if isinstance(content, bytes)
                                 else content.encode())

    def call(self, command):
        return subprocess.run([self.qdot, *command.split()], cwd=self.folder,
                              capture_output=True, text=True, errors="replace",
                              timeout=300, check=False)

    def listing(self):
        return sorted(os.listdir(self.folder))

    def problem(self, name, command, text):
        self.problems.append(f"{name}: qdot {command}\n    "
                             + text.strip().replace("\n", "\n    ")[:1500])

    def refuses(self, name, command, *says):
        """The command fails as it should; stderr matches each of `says`."""
        self.count += 1
        before = self.listing()
        done = self.call(command)
        if done.returncode != 1:
            self.problem(name, command,
                         f"exit code {done.returncode}\n{done.stderr}")
        for pattern in says:
            if not re.search(pattern, done.stderr):
                self.problem(name, command, f"stderr does not match "
                                            f"'{pattern}':\n{done.stderr}")
        if self.listing() != before:
            self.problem(name, command, f"left {self.listing()}")

    def accepts(self, name, command):
        self.count += 1
        done = self.call(command)
        if done.returncode:
            self.problem(name, command,
                         f"exit code {done.returncode}\n{done.stderr}")
        return done.returncode == 0

    def check(self, name, holds, text):
        self.count += 1
        if not holds:
            self.problem(name, "", text)


# --- the groups ------------------------------------------------------------

COMMANDS = ("calibrate model.mlir --data data.npy -o out.json",
            "quantize model.mlir --data data.npy -o out.mlir",
            "run model.mlir --data data.npy -o out.npy")


def models(c):
    """Files that are no model, or not one that can be run."""
    broken = {
        "missing": (None, "model.mlir.*[Nn]o such file"),
        "empty": ("", "no public function"),
        "text": ("this is no MLIR", "model.mlir:1:1: error"),
        "cut off": (MODEL[:200], "model.mlir:[0-9]+:[0-9]+: error"),
        "bytecode cut off": (b"ML\xefR\x0d", "model.mlir.*error"),
        "type error": (MODEL.replace("4x3xf32>)", "5x3xf32>)"),
                       "model.mlir:[0-9]+:[0-9]+: error"),
        "unknown op": (MODEL.replace("linalg.matmul", "linalg.magic"),
                       "magic"),
        "unknown dialect": ('"foo.bar"() : () -> ()',
                            "model.mlir:1:.*unregistered dialect"),
        "only a declaration": ("func.func private @main(tensor<1x4xf32>)",
                               "no public function"),
        "scalar argument": ("func.func @main(%x: f32) -> f32 "
                            "{ return %x : f32 }", "f32"),
        "unranked argument": (
            "func.func @main(%x: tensor<*xf32>) -> tensor<*xf32> "
            "{ return %x : tensor<*xf32> }", r"tensor<\*xf32>"),
        "no result": ("func.func @main(%x: tensor<1x4xf32>) { return }",
                      "result"),
        "complex elements": (
            "func.func @main(%x: tensor<1x4xcomplex<f32>>) -> "
            "tensor<1x4xcomplex<f32>> { return %x : tensor<1x4xcomplex<f32>> "
            "}", "complex"),
    }
    for name, (text, says) in broken.items():
        for command in COMMANDS:
            c.write(model=text)
            c.refuses(name, command, says)
    c.write(model=None)
    (c.folder / "model.mlir").mkdir()
    c.refuses("a folder", COMMANDS[2], "model.mlir.*[Dd]irectory")
    c.write()
    c.refuses("a device", "run /dev/zero --data data.npy -o out.npy",
              "/dev/zero.*device")
    c.refuses("data from a device", "run model.mlir --data /dev/zero -o out.npy",
              "/dev/zero.*device")
    c.refuses("no such entry", COMMANDS[2] + " --entry other", "other")
    c.refuses("output in no folder",
              "run model.mlir --data data.npy -o no/out.npy", "no/out.npy")
    c.refuses("unknown target", COMMANDS[2] + " --target=z80", "z80")
    c.refuses("unknown option", COMMANDS[2] + " --colour", "colour")
    c.refuses("no command", "", "no command")


def arrays(c):
    """.npy files that are broken or do not fit the model."""
    good = npy(normal(20, 4))
    dict_text = ("{'descr': '<f4', 'fortran_order': False, "
                 "'shape': %s, }\n")
    broken = {
        "missing": (None, "data.npy.*[Nn]o such file"),
        "empty file": (b"", "data.npy"),
        "cut off in the header": (good[:40], "data.npy"),
        "cut off in the data": (good[:-5], "data.npy"),
        "bytes behind the data": (good + b"xx", "data.npy"),
        "wrong magic": (b"\x93NUMPX" + good[6:], "data.npy"),
        "version 9": (good[:6] + b"\x09" + good[7:], "version"),
        "header is no dictionary": (header("[1, 2]\n"), "data.npy"),
        "header without shape": (
            header("{'descr': '<f4', 'fortran_order': False}\n"), "shape"),
        "header larger than the file": (
            b"\x93NUMPY\x02\x00\xff\xff\xff\x7f{", "data.npy"),
        "shape of 2^60": (header(dict_text % "(1152921504606846976, 4)"),
                          "data.npy"),
        "shape that overflows": (
            header(dict_text % "(4294967296, 4294967296, 4)"), "data.npy"),
        "negative shape": (header(dict_text % "(-3, 4)"), "data.npy"),
        "half with NaN": (npy(np.full((5, 4), np.nan, np.float16)), "NaN"),
        "big endian": (npy(np.zeros((5, 4), ">f4")), ">f4|endian"),
        "complex": (npy(np.zeros((5, 4), np.complex64)), "c8|complex"),
        "objects": (npy(np.array([[None] * 4], object)), "O|object"),
        "strings": (npy(np.array([["a"] * 4])), "U1|string"),
        "Fortran order": (npy(np.asfortranarray(normal(5, 4))), "[Ff]ortran"),
        "no samples": (npy(np.zeros((0, 4), np.float32)),
                       "data.npy.*0x4 has no elements"),
        "no dimensions": (npy(np.float32(1)), "data.npy"),
        "wrong rank": (npy(normal(5, 2, 2)), "2x2|shape|rank"),
        "wrong size": (npy(normal(5, 7)), "7"),
    }
    for name, (data, says) in broken.items():
        for command in COMMANDS:
            c.write(data=data)
            c.refuses(name, command, says)
    for element in (np.float64, np.int32, np.uint8, np.int64):
        data = np.arange(20, dtype=element).reshape(5, 4)
        c.write(data=npy(data), other=npy(data.astype(np.float32)))
        if (c.accepts(element.__name__, COMMANDS[2]) and
                c.accepts("as float", "run model.mlir --data other.npy -o "
                                      "float.npy")):
            c.check(element.__name__,
                    (c.folder / "out.npy").read_bytes()
                    == (c.folder / "float.npy").read_bytes(), "other values")
    c.write()
    c.refuses("two files for one argument",
              "run model.mlir --data data.npy --data data.npy -o out.npy",
              "argument")
    c.accepts("calibrate", COMMANDS[0])
    c.accepts("quantize", "quantize model.mlir --stats out.json -o q.mlir")
    c.write(other=npy(np.zeros(7, np.int32)),
            q=(c.folder / "q.mlir").read_bytes())
    c.refuses("labels of another data set",
              "compare model.mlir q.mlir --data data.npy --labels other.npy",
              "7|20")


def statistics_of(c, model=MODEL):
    """The statistics file of a model."""
    c.write(model=model)
    if not c.accepts("calibrate", COMMANDS[0]):
        return "{}"
    return (c.folder / "out.json").read_text()


def statistics(c):
    """Statistics that are broken, or not of this model."""
    good = statistics_of(c)
    other = statistics_of(c, MODEL.replace("0.125", "0.126"))
    more = statistics_of(c, MODEL.replace(
        "return %y", "%z = linalg.add ins(%y, %y : tensor<1x3xf32>, "
        "tensor<1x3xf32>) outs(%e : tensor<1x3xf32>) -> tensor<1x3xf32>\n  "
        "return %z"))
    tree = json.loads(good)
    first = tree["values"][0]

    def changed(**fields):
        return json.dumps({**tree, "values": [{**first, **fields},
                                              *tree["values"][1:]]})
    broken = {
        "missing": (None, "stats.json.*[Nn]o such file"),
        "empty": ("", "stats.json"),
        "no JSON": ("][", "stats.json"),
        "cut off": (good[:len(good) // 2], "stats.json"),
        "a list": ("[]", "stats.json"),
        "another format": (good.replace("qdot-statistics", "recipe"),
                           "format|recipe"),
        "a later version": (json.dumps({**tree, "version": 99}), "99"),
        "of a changed model": (other, "another model", "changed value"),
        "of a larger model": (more, "another model", "missing value"),
        "without one value": (json.dumps({**tree,
                                          "values": tree["values"][1:]}),
                              "digest of the sites"),
        "a value twice": (json.dumps({**tree, "values": tree["values"] * 2}),
                          "stats.json"),
        "min over max": (changed(min=5, max=-5), "stats.json"),
        "min is text": (changed(min="low"), "stats.json"),
        "min is NaN": (re.sub(r'"min": [^,]*', '"min": NaN', good),
                       "stats.json"),
        "min is 1e999": (re.sub(r'"min": [^,]*', '"min": -1e999', good),
                         "stats.json"),
        "negative count": (changed(count=-1), "stats.json"),
        "count that disagrees": (changed(count=7), "stats.json"),
        "saw NaN": (changed(nan=3), "NaN|stats.json"),
        "deep nesting": ("[" * 200000, "stats.json"),
        "bytes that are no text": (b"\xff\xfe\x00{", "stats.json"),
    }
    for name, (text, *says) in broken.items():
        c.write(stats=text)
        c.refuses(name, "quantize model.mlir --stats stats.json -o out.mlir",
                  *says)
    c.write(stats=good)
    c.accepts("the good file",
              "quantize model.mlir --stats stats.json -o out.mlir")
    c.refuses("stats and data", "quantize model.mlir --stats stats.json "
                                "--data data.npy -o other.mlir", "not both")
    c.refuses("neither", "quantize model.mlir -o other.mlir", "--stats")


def values(c):
    """NaN and infinity in data and in weights."""
    for bad, says in ((np.nan, "NaN"), (np.inf, "[Ii]nf"), (-np.inf, "[Ii]nf")):
        data = normal(20, 4)
        data[7, 2] = bad
        c.write(data=npy(data))
        for command in COMMANDS[:2]:
            c.refuses(f"{bad} in the data", command,
                      f"data.npy: sample 7, element 2.*{says}")
    for bits, number in (("0x7FC00000", "nan"), ("0x7F800000", "inf"),
                         ("0xFF800000", "-inf")):
        c.write(model=MODEL.replace("0.125", bits))
        for command in COMMANDS[:2]:
            c.refuses(f"{number} in the weights", command,
                      rf"model.mlir:2:8: .*holds {number} at \[3, 1\]")
    c.write(model=MODEL.replace("0.125", "3.0e38").replace("-0.5]", "3.0e38]"),
            data=npy(np.full((4, 4), 3.0e38, np.float32)))
    c.refuses("the model overflows", COMMANDS[1], "[Ii]nf")


def quantized_outputs(c, name, data, model=MODEL, options="", exact=True):
    """Float and integer outputs of a model that must work; `exact` compares
    the latter with those of the reference interpreter."""
    c.write(model=model, data=npy(data))
    commands = ("quantize model.mlir --data data.npy -o q.mlir " + options,
                "run model.mlir --data data.npy -o float.npy",
                "run q.mlir --data data.npy -o int8.npy",
                "run q.mlir --data data.npy -o exact.npy --target="
                + ("reference" if exact else "generic"))
    for command in commands:
        if not c.accepts(name, command):
            return None
    real, small, exact = (np.load(c.folder / f"{n}.npy")
                          for n in ("float", "int8", "exact"))
    c.check(name, small.tobytes() == exact.tobytes(),
            "two targets give other bytes")
    return real, small


def ranges(c):
    """Data whose range is odd: it must work, and well."""
    cases = {
        "all zero": np.zeros((9, 4)),
        "constant": np.full((9, 4), 3.7),
        "constant, negative": np.full((9, 4), -0.02),
        "positive": np.abs(normal(50, 4)) + 5,
        "negative": -np.abs(normal(50, 4)) - 5,
        "1e30": normal(50, 4) * 1e30,
        "1e-30": normal(50, 4) * 1e-30,
        "one value far out": np.concatenate([normal(50, 4), [[1e6, 0, 0, 0]]]),
        "one sample": normal(1, 4),
    }
    for name, data in cases.items():
        found = quantized_outputs(c, name, data.astype(np.float32))
        if found is None:
            continue
        real, small = found
        largest = float(np.abs(real).max())
        error = float(np.abs(real - small).max())
        # A result is a sum of four inputs, each off by half a step of its own
        # range, and is off by half a step itself.
        limit = (0.02 * max(largest, float(np.abs(data).max())))
        c.check(name, np.isfinite(small).all() and error <= limit,
                f"error {error} over {limit}, largest value {largest}")
    denormal = (normal(50, 4) * 1e-42).astype(np.float32)
    found = quantized_outputs(c, "denormal", denormal)
    if found is not None:
        c.check("denormal", np.isfinite(found[1]).all(), "not finite")
    weights = {"zero": "0.0", "huge": "1.0e30", "tiny": "1.0e-30",
               "denormal": "1.0e-42"}
    for name, number in weights.items():
        model = re.sub(r"(?<=[\[ ])-?[0-9.]+, -?[0-9.]+(?=\])",
                       f"{number}, {number}", MODEL)
        data = normal(50, 4)
        found = quantized_outputs(c, f"{name} weights", data, model)
        if found is not None:
            real, small = found
            limit = 0.02 * np.abs(real).max(0) + 0.02 * np.abs(real).max()
            c.check(f"{name} weights",
                    bool((np.abs(real - small) <= limit).all()),
                    f"error {np.abs(real - small).max(0)} over {limit}")


def shapes(c):
    """Rank 0, no elements: refused with a reason, or right."""
    square = ("func.func @main(%x: {t}) -> {t} {{\n  %e = tensor.empty() : "
              "{t}\n  %y = linalg.mul ins(%x, %x : {t}, {t}) outs(%e : {t}) "
              "-> {t}\n  return %y : {t}\n}}\n")
    c.write(model=square.format(t="tensor<f32>"), data=npy(normal(5)))
    for command in COMMANDS[:2]:
        c.refuses("rank 0", command, "tensor<f32>")
    if c.accepts("rank 0 in float", COMMANDS[2]):
        c.check("rank 0 in float", (np.load(c.folder / "out.npy")
                                    == normal(5) ** 2).all(), "other values")
    for command in COMMANDS:
        c.write(model=square.format(t="tensor<1x0xf32>"),
                data=npy(np.zeros((5, 0), np.float32)))
        c.refuses("no elements", command, "no elements|size 0")
        c.write(model=square.format(t="tensor<0x4xf32>"))
        c.refuses("batch of 0", command, "size 0|0x4")
    inner = MODEL.replace("%y = linalg.matmul ins(%x", """\
%sum = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>,
      affine_map<(i, j) -> ()>], iterator_types = ["reduction", "reduction"]}
      ins(%x : tensor<1x4xf32>) outs(%f : tensor<f32>) {
    ^bb0(%a: f32, %o: f32):
      %r = arith.addf %a, %o : f32
      linalg.yield %r : f32
    } -> tensor<f32>
  %k = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>,
      affine_map<(i, j) -> ()>, affine_map<(i, j) -> (i, j)>],
      iterator_types = ["parallel", "parallel"]}
      ins(%x, %sum : tensor<1x4xf32>, tensor<f32>)
      outs(%g : tensor<1x4xf32>) {
    ^bb0(%a: f32, %b: f32, %o: f32):
      %r = arith.addf %a, %b : f32
      linalg.yield %r : f32
    } -> tensor<1x4xf32>
  %y = linalg.matmul ins(%k""").replace("  %zero =", """\
  %null = arith.constant 0.0 : f32
  %f0 = tensor.empty() : tensor<f32>
  %f = linalg.fill ins(%null : f32) outs(%f0 : tensor<f32>) -> tensor<f32>
  %g = tensor.empty() : tensor<1x4xf32>
  %zero =""")
    found = quantized_outputs(c, "rank 0 inside", normal(50, 4), inner)
    if found is not None:
        error = np.abs(found[0] - found[1]).max()
        c.check("rank 0 inside", error <= 0.05 * np.abs(found[0]).max(),
                f"error {error}")
    empty = MODEL.replace("return %y", """\
%s = tensor.extract_slice %y[0, 0] [1, 0] [1, 1] : tensor<1x3xf32> to tensor<1x0xf32>
  %c = tensor.concat dim(1) %y, %s : (tensor<1x3xf32>, tensor<1x0xf32>) -> tensor<1x3xf32>
  return %c""")
    for command in COMMANDS[:2]:
        c.write(model=empty)
        c.refuses("no elements inside", command, "tensor<1x0xf32> has size 0")


# Of two values: their elements are not at the same place.
ATAN2 = MODEL.replace("return %y", """\
%one = arith.constant 1.0 : f32
  %n = linalg.mul ins(%y, %y : tensor<1x3xf32>, tensor<1x3xf32>)
    outs(%e : tensor<1x3xf32>) -> tensor<1x3xf32>
  %t = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>,
      affine_map<(i, j) -> (i, 0)>, affine_map<(i, j) -> (i, j)>],
      iterator_types = ["parallel", "parallel"]}
      ins(%y, %n : tensor<1x3xf32>, tensor<1x3xf32>)
      outs(%e : tensor<1x3xf32>) {
    ^bb0(%a: f32, %b: f32, %o: f32):
      %d = arith.addf %b, %one : f32
      %r = math.atan2 %a, %d : f32
      linalg.yield %r : f32
    } -> tensor<1x3xf32>
  %z = linalg.add ins(%t, %y : tensor<1x3xf32>, tensor<1x3xf32>)
    outs(%e : tensor<1x3xf32>) -> tensor<1x3xf32>
  return %z""")

LOOP = MODEL.replace("return %y", """\
%c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c3 = arith.constant 3 : index
  %l = scf.for %k = %c0 to %c3 step %c1 iter_args(%s = %y)
      -> (tensor<1x3xf32>) {
    %p = tensor.extract %s[%c0, %c0] : tensor<1x3xf32>
    %q = tensor.extract %s[%c0, %k] : tensor<1x3xf32>
    %m = arith.addf %p, %q : f32
    %u = tensor.insert %m into %s[%c0, %k] : tensor<1x3xf32>
    scf.yield %u : tensor<1x3xf32>
  }
  %z = linalg.add ins(%l, %y : tensor<1x3xf32>, tensor<1x3xf32>)
    outs(%e : tensor<1x3xf32>) -> tensor<1x3xf32>
  return %z""")


def unsupported(c):
    """An operation in the middle that has no integer form: an error that names
    it and the cause; float with --allow."""
    for name, model, op, reason in (
            ("atan2", ATAN2, "linalg.generic", "unsupported-body"),
            ("loop", LOOP, "scf.for", "unsupported-op")):
        c.write(model=model)
        c.refuses(name, COMMANDS[1], "model.mlir:[0-9]+:[0-9]+: error", op,
                  reason)
        c.refuses(name, COMMANDS[1] + " --allow=softmax", reason)
        # The interpreter knows no loops.
        found = quantized_outputs(c, name, normal(50, 4), model,
                                  f"--allow={reason}", op != "scf.for")
        if found is not None:
            error = np.abs(found[0] - found[1]).max()
            c.check(name, error <= 0.1 * np.abs(found[0]).max(),
                    f"error {error}")
    c.write(model=MODEL.replace("f32", "f64"))
    c.refuses("f64", COMMANDS[1], "f64|nothing")
    c.write(model=MODEL.replace("arith.constant dense<[[1.0, -0.5",
                                "arith.constant dense<[[1.0, -0.5")
            .replace("return %y", "%u = call @other(%y) : (tensor<1x3xf32>) "
                     "-> tensor<1x3xf32>\n  return %u")
            + "func.func private @other(tensor<1x3xf32>) -> tensor<1x3xf32>\n")
    for command in COMMANDS:
        c.refuses("a function without body", command, "other")


GROUPS = {f.__name__: f for f in (models, arrays, statistics, values, ranges,
                                  shapes, unsupported)}


def main():
    parser = argparse.ArgumentParser(description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("group", choices=GROUPS)
    parser.add_argument("--build", required=True)
    options = parser.parse_args()
    cases = Cases(options.build)
    with tempfile.TemporaryDirectory() as folder:
        tempfile.tempdir = folder
        GROUPS[options.group](cases)
    for problem in cases.problems:
        print(problem)
    print(f"{options.group}: {cases.count} cases, {len(cases.problems)} "
          "problems")
    return 1 if cases.problems or not cases.count else 0


if __name__ == "__main__":
    sys.exit(main())
