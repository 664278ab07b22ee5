#!/usr/bin/python3
#===- check_errors.py - What the driver says about bad input ---------------===#
#
# Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
#===-----------------------------------------------------------------------===#
"""check_errors.py DIGITS_FOLDER TEMP_FOLDER: runs the driver on bad input. Each
case must exit with 1, print the expected text and leave no file."""

import os
import pathlib
import shutil
import subprocess
import sys

import numpy as np

digits, temp = map(pathlib.Path, sys.argv[1:])
os.chdir(temp)
model, data = str(digits / "digits.mlir"), str(digits / "test.npy")
samples = np.load(data)
failures = 0


def expect(text, *command, **environment):
    """Runs `qdot COMMAND`, which must fail with `text` on stderr."""
    global failures
    before = set(os.listdir())
    done = subprocess.run([shutil.which("qdot"), *map(str, command)],
                          capture_output=True, text=True,
                          env={**os.environ, **environment})
    left = set(os.listdir()) - before
    if done.returncode == 1 and text in done.stderr and not left:
        return
    failures += 1
    print(f"{' '.join(map(str, command))}: exit code {done.returncode}, files "
          f"{sorted(left)}\n  expected {text!r}\n  got {done.stderr[-800:]!r}")


def save(name, array):
    np.save(name, array)
    return name


def write(name, content):
    pathlib.Path(name).write_bytes(content)
    return name


def header(text, version=b"\x01\x00"):
    size = len(text).to_bytes(2 if version[0] == 1 else 4, "little")
    return b"\x93NUMPY" + version + size + text.encode()


def changed(position, value):
    copy = samples.copy()
    copy[position[0]].flat[position[1]] = value
    return copy


def run(text, file, path=model):
    expect(text, "run", path, "--data", file, "-o", "out.npy")


# --- data ------------------------------------------------------------------
good = pathlib.Path(data).read_bytes()
run("cannot read 'missing.npy'", "missing.npy")
run("nan.npy: sample 7, element 3: the value is NaN",
    save("nan.npy", changed((7, 3), np.nan)))
run("inf.npy: sample 399, element 0: the value is -Inf",
    save("inf.npy", changed((399, 0), -np.inf)))
run("no elements", save("empty.npy", samples[:0]))
run("0.1 is not exactly representable as f32",
    save("f64.npy", samples.astype("f8") + 0.1))
run("elements of type '>f4'", save("big.npy", samples.astype(">f4")))
run("elements of type '<c8'", save("complex.npy", samples.astype("c8")))
run("Fortran order", save("fortran.npy", np.asfortranarray(samples)))
run("wrong.npy: data of shape 400x4x8x1 does not fit argument #0 of shape "
    "1x8x8x1: expected samples of shape 8x8x1 on the first axis, got 4x8x1",
    save("wrong.npy", samples[:, :4]))
run("no axis of samples", save("scalar.npy", np.float32(3)))
run("expected 102400 bytes of data", write("short.npy", good[:-5]))
run("got 102403", write("long.npy", good + b"abc"))
run("truncated", write("head.npy", good[:60]))
run("not an .npy file", write("text.npy", b"hello"))
run("not an .npy file", write("nothing.npy", b""))
run("unknown .npy version 9.0",
    write("version.npy", good[:6] + b"\x09" + good[7:]))
shape = "{'descr': '<f4', 'fortran_order': False, 'shape': (%s, ), }\n"
run("is too large", write("overflow.npy", header(shape % f"{2**62}, {2**62}")))
run("expected 16000000000 bytes",
    write("claims.npy", header(shape % "4000000000")))
run("too long", write("header.npy", b"\x93NUMPY\x02\x00\xff\xff\xff\xff{}"))
run("structured", write("struct.npy", header(
    "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,), }")))
run("unexpected key 'descr'", write("twice.npy", header(
    "{'descr': '<f4', 'descr': '<f4', 'shape': (1,), }")))
run("expected the keys", write("keys.npy", header("{'descr': '<f4', }")))
run("expected a size", write("size.npy", header(shape % "-1")))
run("text after the dictionary", write("tail.npy", header(
    shape.strip() % "1" + "x")))
run("more than 32 dimensions", write("rank.npy", header(shape % ("1, " * 33))))
expect("expected one --data file per argument, 1, got more: ", "run", model,
       "--data", data, "--data", data, "-o", "out.npy")

# --- models ----------------------------------------------------------------
pair = save("pair.npy", np.ones((3, 2), "f4"))
run("cannot read 'missing.mlir'", data, "missing.mlir")
run("malformed.mlir:2:10: error: use of undeclared SSA value name", pair,
    "malformed.mlir")
run("the model has no public function", pair, "empty.mlir")
run("the model has no public function", pair, "private.mlir")
run("choose a function with --entry: a, b", pair, "two.mlir")
run("dense_resource 'gone' has no data", pair, "resource.mlir")
run("Symbols not found: [ elsewhere ]", pair, "external.mlir")
run("status 1: a result does not have one row per sample", pair, "rows.mlir")
expect("resource.mlir:2:8: error", "compile", "resource.mlir", "-o", "out.o")
expect("unsupported.mlir:2:8: error: 'tensor.scatter' op on tensors cannot be "
       "lowered to loops", "compile", "unsupported.mlir", "-o", "out.so")

# --- options ---------------------------------------------------------------
base = ["run", model, "--data", data]
expect("the model has no public function 'f'; it has: main", *base, "-o",
       "out.npy", "--entry=f")
expect("there is no directory 'nowhere'", *base, "-o", "nowhere/out.npy")
expect("it is a directory", *base, "-o", temp)
expect("expected one -o file per result, 1, got 2", *base, "-o", "a.npy",
       "-o", "b.npy")
expect("give -o for the results, or --time", *base)
# Outputs are no inputs, by whatever name, and no other output.
(temp / "own").mkdir()
for name in (model, data):
    shutil.copy(name, temp / "own")
own_model, own_data = "own/digits.mlir", "own/test.npy"
os.symlink("test.npy", "own/link.npy")
own = ["run", own_model, "--data", own_data]
for name in (own_data, "./" + own_data, "own/link.npy", own_model):
    expect(f"cannot write '{name}': the command uses this file, too", *own, "-o",
           name)
own_files = {name: (temp / name).read_bytes() for name in (own_model, own_data)}
expect("cannot write 'own/digits.mlir'", "calibrate", own_model, "--data",
       own_data, "-o", own_model)
expect("cannot write 'own/test.npy'", "calibrate", own_model, "--data", own_data,
       "-o", own_data)
expect("cannot write './own/digits.mlir'", "quantize", own_model, "--data",
       own_data, "-o", "./own/digits.mlir")
expect("cannot write 'own/test.npy'", "quantize", own_model, "--data", data,
       "--target-drop=1", "--test", own_data, "-o", own_data)
expect("cannot write 'out.so': the command uses this file, too", "compile", model,
       "-o", "out.so", "--header=out.so")
expect("cannot write 'own/digits.mlir'", "compile", own_model, "-o", "out.so",
       "--header", own_model)
expect("cannot write 'own/test.npy'", "compare", own_model, model, "--data",
       own_data, "--json", own_data)
for name, content in own_files.items():
    assert (temp / name).read_bytes() == content, name
shutil.rmtree(temp / "own")
expect("--channel-axis=0: expected another axis than 0, which holds the samples",
       "calibrate", model, "--data", data, "-o", "out.json", "--channel-axis=0")
for option in ("max-accuracy-drop", "min-accuracy-drop", "min-agreement",
               "min-sqnr", "max-mse"):
    expect(f"--{option} must be a number, got nan", "compare", model, model,
           "--data", data, f"--{option}=nan")
expect("--to is an option of 'qdot stats convert', not of 'show'", "stats",
       "show", "a.json", "--to=csv")
expect("--names is an option of 'qdot stats convert', not of 'merge'", "stats",
       "merge", "a.json", "--names=b.csv")
expect("-o is an option of 'qdot stats merge' and 'convert', not of 'diff'",
       "stats", "diff", "a.json", "b.json", "-o", "out.txt")
expect("--threads must be at least 1, got 0", *base, "-o", "out.npy", "--threads=0")
expect("--batch must be at least 1, got 0", *base, "-o", "out.npy", "--batch=0")
expect("unknown target 'z80'; expected one of generic, host, x86-avx2", *base,
       "-o", "out.npy", "--target=z80")
if os.uname().machine == "aarch64":
    for targets in ("x86-avx2", "x86-avx2,x86-avxvnni"):
        expect("cannot run target 'x86-avx2' (x86_64)", *base, "-o", "out.npy",
               f"--target={targets}")
else:  # QEMU would run it.
    arm = [*base, "-o", "out.npy", "--target=aarch64-i8mm"]
    expect("target 'aarch64-i8mm' (aarch64) needs QEMU on this machine", *arm,
           PATH="/nowhere")
    expect("install qemu-user-static", *arm, PATH="/nowhere")
if shutil.which("qemu-aarch64-static"):
    expect("target 'aarch64-i8mm' (aarch64) needs the C library for aarch64 (no"
           " '/nowhere/lib/ld-linux-aarch64.so.1'); install libc6-arm64-cross",
           *arm, QEMU_LD_PREFIX="/nowhere")
    expect("status 2: this machine can run none of its targets", *arm,
           QEMU_CPU="neoverse-n1")
    expect("status 2: this machine can run none of its targets, or not the one "
           "that QDOT_TARGET asks for", *arm[:-1],
           "--target=aarch64-dotprod,aarch64-sve", QDOT_TARGET="aarch64-i8mm")
    expect("qemu-aarch64-static' ended with exit code 1", *arm, QEMU_CPU="z80")
    expect("--time of target 'aarch64-i8mm' needs a machine that can run it",
           *arm, "--time")
both = ["compile", model, "-o", "out.o", "--target"]
expect("unknown target 'z80'", *both, "x86-avx2,z80")
expect("unknown target ''", *both, "x86-avx2,")
expect("unknown target 'reference'", *both, "generic,reference")
expect("one object cannot hold code for 'x86-avx2' (x86_64) and "
       "'aarch64-dotprod' (aarch64)", *both, "x86-avx2,aarch64-dotprod")
expect("'aarch64-i8mm' (aarch64) and 'x86-avx2' (x86_64)", *both,
       "generic,aarch64-i8mm,x86-avx2")
expect("target 'x86-avx2' is listed twice", *both,
       "x86-avx2,x86-avx512vnni,x86-avx2")
write("names.mlir", (b"func.func @f(%x: tensor<2xf32>) -> tensor<2xf32> "
                     b"{ return %x : tensor<2xf32> }\n"
                     b"func.func @f_target(%x: tensor<2xf32>) -> tensor<2xf32> "
                     b"{ return %x : tensor<2xf32> }\n"))
expect("several targets need the name 'qdot_f_target' twice", "compile",
       "names.mlir", "-o", "out.o", "--target=generic,x86-avx2")
expect("target 'generic' is listed twice", *both, "generic,generic")
expect("target 'host' cannot be one of several; name the target itself ('",
       *both, "generic,host")
for text in ("257", "-1", "two", "1.5"):
    expect(f"--threads must be a number from 0 to 256, got '{text}'", "compile",
           model, "-o", "out.o", f"--threads={text}")
expect("--min-work must not be negative, got -1", "compile", model, "-o",
       "out.o", "--min-work=-1")
expect("--layer-threads must be a number from 0 to 256, got 'x'", *base, "-o",
       "out.npy", "--layer-threads=x")
expect("--layer-threads needs compiled code; --target=reference has none", *base,
       "-o", "out.npy", "--target=reference", "--layer-threads=2")
expect("cannot tell the kind of output", "compile", model, "-o", "out.exe")
expect("is not a C identifier", "compile", model, "-o", "out.o",
       "--prefix=1a")
expect("there is no directory 'nowhere'", "compile", model, "-o", "out.o",
       "--header=nowhere/out.h")
expect("no command given")
expect("Unknown subcommand", "frobnicate")
expect("must be specified at least once", "run", model)
expect("expected 'qdot stats show', 'merge', 'diff' or 'convert', got 'print'", "stats", "print", "a")

# --- statistics ------------------------------------------------------------
subprocess.run(["qdot", "calibrate", model, "--data", data, "-o",
                "good.json"], check=True)
write("bad.json", b'{"a":')
save("huge.npy", samples * np.float32(1e38))
subprocess.run(["qdot", "calibrate", model, "--data", "huge.npy", "-o",
                "huge.json", "--quiet"], check=True, capture_output=True)
quantize = ["quantize", model, "-o", "out.mlir"]
expect("bad.json:1:2", *quantize, "--stats=bad.json")
expect("missing.json: cannot read statistics", *quantize,
       "--stats=missing.json")
expect("Inf of", *quantize, "--stats=huge.json")
expect("give --stats or --data, not both", *quantize, "--stats=good.json",
       "--data", data)
expect("nothing was quantized", *quantize)
expect("--io is float or quantized, not 'int'", *quantize,
       "--stats=good.json", "--io=int")
expect("expected numerics=", *quantize, "--stats=good.json", "--numerics=x")
expect("parentheses", *quantize, "--stats=good.json", "--keep-float=(")
expect("got 'x'", *quantize, "--stats=good.json", "--range=x")
expect("cannot read statistics", "stats", "show", "missing.json")
expect("stats diff takes two files, got 1", "stats", "diff", "good.json")
expect("nan.npy: sample 7", "calibrate", model, "--data", "nan.npy", "-o",
       "out.json")

print(f"{failures} failures")
sys.exit(failures != 0)
