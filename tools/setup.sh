#!/bin/bash
#===- setup.sh - Install what is missing, configure, build -----------------===#
#
# Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
#===------------------------------------------------------------------------===#
# tools/setup.sh [ninja target...]    (default: everything)
#
# Prepares a Debian 12 machine and builds into build/. Packages are installed
# with apt-get only where some are missing, as root or through sudo. The
# compilers are clang-22 and its linker unless CC and CXX say otherwise.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

packages=(
  llvm-22-dev llvm-22-tools libmlir-22-dev mlir-22-tools clang-22 lld-22
  cmake ninja-build ccache g++ dpkg-dev file zlib1g-dev
  python3 python3-numpy python3-sklearn libgtest-dev libgmock-dev
  qemu-user-static gcc-aarch64-linux-gnu libc6-dev-arm64-cross
  bochs bochs-term bochsbios vgabios
  libclang-rt-22-dev parallel openmpi-bin
)

say() { echo "setup: $*" >&2; }
die() { echo "setup: error: $*" >&2; exit 1; }

is_installed() {
  [[ $(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null) == installed ]]
}

# Whether apt's lists offer the package.
is_offered() {
  [[ $(LC_ALL=C apt-cache policy "$1" 2>/dev/null) == *'Candidate: '[!\(]* ]]
}

all_offered() {
  local package
  for package in "$@"; do is_offered "$package" || return 1; done
}

# The prefix that makes a command run as root, in the array `as_root`.
find_root() {
  as_root=()
  [[ $(id -u) == 0 ]] && return
  command -v sudo >/dev/null ||
    die "not root and no sudo; ask an administrator for: apt-get install $*"
  as_root=(sudo)
}

apt() {
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q "$@" >&2
}

install_packages() {
  local missing=() package
  for package in "${packages[@]}"; do
    is_installed "$package" || missing+=("$package")
  done
  [[ ${#missing[@]} == 0 ]] && return
  command -v apt-get >/dev/null ||
    die "no apt-get; this script knows Debian 12 only, install: ${missing[*]}"
  find_root "${missing[@]}"
  say "installing ${missing[*]}"
  all_offered "${missing[@]}" || apt update
  for package in "${missing[@]}"; do
    is_offered "$package" ||
      die "apt does not know $package; Debian 12 with bookworm-security has it"
  done
  # Lists that are old may name files that the mirror no longer has.
  apt install -y --no-install-recommends "${missing[@]}" ||
    { apt update && apt install -y --no-install-recommends "${missing[@]}"; }
}

configure() {
  local options=(-G Ninja -DCMAKE_C_COMPILER_LAUNCHER=ccache
                 -DCMAKE_CXX_COMPILER_LAUNCHER=ccache)
  if [[ ! -e build/CMakeCache.txt && -z ${CC:-}${CXX:-} ]]; then
    options+=(-DCMAKE_C_COMPILER=clang-22 -DCMAKE_CXX_COMPILER=clang++-22)
    for kind in EXE SHARED MODULE; do
      options+=("-DCMAKE_${kind}_LINKER_FLAGS=-fuse-ld=lld")
    done
  fi
  cmake -S . -B build "${options[@]}" >build-configure.log 2>&1 ||
    { cat build-configure.log >&2; die "cmake failed"; }
  mv build-configure.log build/configure.log
}

install_packages
configure
export CCACHE_BASEDIR=$PWD CCACHE_NOHASHDIR=1
export CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
cmake --build build --target "${@:-all}" >&2
