#!/usr/bin/python3
#===- fuzz.py - Fuzz the parser of statistics files ----------------------===#
#
# Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
#===-----------------------------------------------------------------------===#
"""fuzz.py --temp FOLDER [--runs 20000] [--seed 1] [--clang clang++-22]

Builds fuzz_parse.cpp and the parser with libFuzzer, AddressSanitizer and
UndefinedBehaviorSanitizer and runs it. Any finding fails. The figure of issue
5 is --runs 1000000.
"""

import argparse
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
SOURCES = ["AtomicFile", "Consistency", "ExactSum", "File", "Format",
           "Histogram", "Parse", "Reader"]


def build(options, program):
    files = [ROOT / "test/Statistics/fuzz_parse.cpp"]
    files += [ROOT / f"lib/Statistics/{name}.cpp" for name in SOURCES]
    subprocess.run(
        [options.clang, "-std=c++17", "-O1", "-g1",
         "-fsanitize=fuzzer,address,undefined", "-fno-sanitize-recover=all",
         "-DQDOT_VERSION=\"0\"", f"-I{ROOT}/include", "-Wall", "-Wextra",
         *map(str, files), "-o", str(program)], check=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--temp", required=True, type=pathlib.Path)
    parser.add_argument("--runs", type=int, default=20000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--clang", default="clang++-22")
    options = parser.parse_args()
    options.temp.mkdir(parents=True, exist_ok=True)
    program = options.temp / "fuzz_parse"
    build(options, program)
    result = subprocess.run(
        [program.resolve(), f"-runs={options.runs}", f"-seed={options.seed}",
         "-max_len=4096", "-timeout=5", "-rss_limit_mb=512",
         "-print_final_stats=1"],
        cwd=options.temp, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True)
    print(result.stdout[-3000:])
    executed = f"stat::number_of_executed_units: {options.runs}"
    if result.returncode or executed not in result.stdout:
        sys.exit("the fuzzer found something")
    print(f"{options.runs} runs without a finding")


main()
