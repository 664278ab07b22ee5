#!/usr/bin/python3
#===- compile_targets.py - Every target compiles, always alike -------------===#
#
# Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
#===-----------------------------------------------------------------------===#
"""compile_targets.py MODEL TEMP_FOLDER: compiles a model for every target, twice
each, and twenty times for one; objects of one target must be equal, byte for
byte. Also libraries, assembly and LLVM IR."""

import filecmp, pathlib, subprocess, sys

model, temp = sys.argv[1], pathlib.Path(sys.argv[2])
targets = ["generic", "host", "x86-avx2", "x86-avxvnni", "x86-avxvnniint8",
           "x86-avx512vnni", "aarch64-dotprod", "aarch64-i8mm", "aarch64-sve"]


def compile_twice(target, kind):
    for i in (0, 1):
        subprocess.run(["qdot", "compile", model, "--target", target, "-o",
                        temp / f"{i}" / f"model{kind}"], check=True)
    same = filecmp.cmp(temp / "0" / f"model{kind}", temp / "1" / f"model{kind}",
                       shallow=False)
    assert same, (target, kind)


for i in (0, 1):
    (temp / f"{i}").mkdir()
for target in targets:
    compile_twice(target, ".o")
for kind in (".a", ".so"):
    for target in ("x86-avx2", "aarch64-dotprod"):
        compile_twice(target, kind)
for i in range(20):
    object_file = temp / f"object{i}.o"
    subprocess.run(["qdot", "compile", model, "-o", object_file], check=True)
    assert filecmp.cmp(object_file, temp / "object0.o", shallow=False), i
subprocess.run(["qdot", "compile", model, "-o", temp / "a.s"], check=True)
assert "qdot_main:" in (temp / "a.s").read_text()
subprocess.run(["qdot", "compile", model, "-o", temp / "a.ll"], check=True)
assert "@qdot_main(" in (temp / "a.ll").read_text()
