#!/bin/bash
#===- benchmark.sh - Measure qdot and its rivals side by side --------------===#
#
# Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
#===------------------------------------------------------------------------===#
# tools/benchmark.sh [--setup] [--quick] [--only REGEX] [--target NAMES]
#                    [--markdown] ...                  (--help: all of them)
# tools/benchmark.sh --cross [-o FILE] [--only REGEX]
#
# Takes the programs in build/ as they are. Writes build/benchmark.csv and
# build/benchmark-peers.csv; docs/Performance.md explains them. --setup first
# installs the rivals on Debian 12: oneDNN, OpenBLAS and python3-onnx with
# apt-get (as root or through sudo), onnxruntime-node with npm into
# build/benchmark. A rival that is missing is left out and named. --cross builds
# a static AArch64 program for machines with that processor instead.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

packages=(g++ libdnnl-dev libopenblas-dev python3-numpy python3-onnx
  # Counts the instructions of AArch64 kernels.
  qemu-user)
onnxruntime=onnxruntime-node@1.30.0

apt() {
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get -q -y --no-install-recommends "$@" >&2
}

setup() {
  local as_root=() folder=${QDOT_BUILD_DIR:-$root/build}/benchmark
  [[ $(id -u) == 0 ]] || as_root=(sudo)
  command -v npm >/dev/null || packages+=(nodejs npm)
  # Lists that are missing or old are fetched only if they are needed.
  apt install "${packages[@]}" || { apt update && apt install "${packages[@]}"; }
  mkdir -p "$folder"
  # Its install script fetches CUDA libraries; the one for CPUs is in the package.
  npm install --prefix "$folder" --ignore-scripts --no-audit --no-fund \
    "$onnxruntime" >&2
}

arguments=() program=benchmark.py
for argument in "$@"; do
  case $argument in
    --setup) setup ;;
    --cross) program=standalone.py ;;
    *) arguments+=("$argument") ;;
  esac
done
exec /usr/bin/python3 "$root/benchmarks/$program" "${arguments[@]}"
