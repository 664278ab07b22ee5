#!/bin/bash
#===- demo.sh - The main job on the shipped model, from clone to table -----===#
#
# Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
#===------------------------------------------------------------------------===#
# tools/demo.sh [--no-build]
#
# Calibrates, quantizes, compiles and runs models/digits in float and in int8,
# and prints both side by side. Everything it makes is left in build/demo.
# With --no-build it takes the programs in QDOT_BUILD_DIR as they are.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
build=${QDOT_BUILD_DIR:-$PWD/build}
[[ ${1:-} == --no-build ]] || tools/setup.sh

data=models/digits
out=$build/demo
rm -rf "$out"
mkdir -p "$out"

# Prints a command, then runs it.
step() {
  echo "+ ${*//$PWD\//}"
  "$@"
}

PATH=$build/bin:$PATH
step qdot calibrate $data/digits.mlir --data $data/calib.npy -o $out/stats.json
step qdot quantize $data/digits.mlir --stats $out/stats.json -o $out/digits8.mlir
step qdot compile $data/digits.mlir --target=host -o $out/digits.so
step qdot compile $out/digits8.mlir --target=host -o $out/digits8.so
step qdot run $data/digits.mlir --data $data/test.npy -o $out/float.npy
step qdot run $out/digits8.mlir --data $data/test.npy -o $out/int8.npy
echo
/usr/bin/python3 tools/demo_table.py $data $out
